//go:build amd64 && !purego

package fastbase64

import "github.com/emmansun/base64"

func decode(dst, src []byte) (int, bool) {
	n, err := base64.StdEncoding.Decode(dst, src)
	return n, err == nil
}

func appendEncode(dst, src []byte) []byte { return base64.StdEncoding.AppendEncode(dst, src) }
