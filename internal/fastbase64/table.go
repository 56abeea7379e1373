//go:build !amd64 || purego

package fastbase64

import "encoding/base64"

func decode(dst, src []byte) (int, bool) { return decodeTable(dst, src) }

func appendEncode(dst, src []byte) []byte { return base64.StdEncoding.AppendEncode(dst, src) }
