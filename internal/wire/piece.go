package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
)

// piece returns the next part of a string that has arrived: its text without
// escapes and line breaks, and how many bytes of the input it takes. The text may
// still hold control characters. A search for them would cost as much as the
// decoding, which finds them anyway.
func (s *scanner) piece() (text []byte, used int, last bool, err error) {
	part := s.buf.in[s.at:s.end]
	if s.escaped { // the piece before had escapes: a search would soon find the next one
		return s.unescape(part)
	}
	run := part
	if quote := bytes.IndexByte(part, '"'); quote >= 0 {
		run, last = part[:quote], true
	}
	if bytes.IndexByte(run, '\\') >= 0 {
		return s.unescape(part)
	}
	used = len(run)
	if last {
		used++
	}
	return run, used, last, nil
}

// unescape copies the text of a piece without its escapes. It stops at the end of the
// string, at an escape of which only a part has arrived, or when the copy is full. The text
// may still hold control characters, as that of piece.
func (s *scanner) unescape(part []byte) (text []byte, used int, last bool, err error) {
	text = s.buf.plain[:]
	part = part[:min(len(part), len(text))] // the copy is never longer than the piece
	s.plain = max(s.plain, len(part))
	n, i := 0, 0
	s.escaped = false
	for quote := -1; ; {
		if quote < i {
			quote = indexFrom(part, i, '"')
		}
		copied, read := unescapeCommon(text[n:], part[i:quote])
		s.escaped = s.escaped || copied < read
		n += copied
		i += read
		switch {
		case i == len(part):
			return text[:n], i, false, nil
		case part[i] == '"':
			return text[:n], i + 1, true, nil
		case part[i] != '\\': // one of the last bytes of a run
			text[n] = part[i]
			n++
			i++
			continue
		}
		c, length, ok := escape(part[i:])
		switch {
		case !ok:
			return nil, 0, false, s.badEscape(text[:n], i+length)
		case length == 0:
			return text[:n], i, false, nil
		case c != '\n' && c != '\r':
			text[n] = c
			n++
		}
		i += length
		s.escaped = true
	}
}

// unescapeCommon copies src to dst, which is not shorter, without the escapes that
// senders of base64 write. It stops at any other escape and before the last bytes of src,
// and returns how many bytes it has written and read.
//
// An escape comes after some 25 bytes of such a text. So bytes.IndexByte and copy would be
// called so often that their calls took most of the time. This loop looks at eight bytes at
// once, and has no branch that depends on which escape comes next, because a processor
// cannot predict that.
func unescapeCommon(dst, src []byte) (n, i int) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for len(src)-i >= 12 { // eight bytes, and two escapes that may begin with the last of them
		word := binary.LittleEndian.Uint64(src[i : i+8 : i+8])
		binary.LittleEndian.PutUint64(dst[n:n+8:n+8], word)
		differ := word ^ '\\'*ones
		found := (differ - ones) &^ differ & highs // the lowest bit belongs to the first backslash
		if found == 0 {
			i += 8
			n += 8
			continue
		}
		at := bits.TrailingZeros64(found) / 8
		i += at
		n += at
		left := meanings[src[i+1]]
		if left == uncommon {
			break
		}
		dst[n] = '/'
		n += int(left)
		next := binary.LittleEndian.Uint16(src[i+2 : i+4 : i+4])
		both := (uint32(left|(next^('n'<<8|'\\'))) - 1) >> 31 // 1 if \n follows a line break, as it does in \r\n
		i += 2 + 2*int(both)
	}
	return n, i
}

// meanings tells how many bytes are left of the escape with this second byte: one of a
// slash, none of a line break.
var meanings = func() (all [256]uint16) {
	for i := range all {
		all[i] = uncommon
	}
	all['/'], all['n'], all['r'] = 1, 0, 0
	return all
}()

// uncommon marks an escape that unescapeCommon leaves to the function escape.
const uncommon = 2

// indexFrom returns the index of the first c in part that is not before i, or the length
// of part.
func indexFrom(part []byte, i int, c byte) int {
	if at := bytes.IndexByte(part[i:], c); at >= 0 {
		return i + at
	}
	return len(part)
}

// badEscape returns the error for an escape that is wrong at an index of the piece. A
// control character in the text before it is the error instead.
func (s *scanner) badEscape(text []byte, at int) error {
	if slices.ContainsFunc(text, isControl) {
		return s.control()
	}
	return &SyntaxError{Offset: s.offset() + int64(at)}
}

// control returns the error for the first control character that has arrived and is not read
// yet. There must be one.
func (s *scanner) control() error {
	return &SyntaxError{Offset: s.offset() + int64(slices.IndexFunc(s.buf.in[s.at:s.end], isControl))}
}

func isControl(c byte) bool { return c < ' ' }

// notBase64 stands for any character that base64 does not have.
const notBase64 = '!'

// escape reads the escape at the beginning of text. The length is 0 if only a part
// of the escape has arrived. If ok is false, text does not begin with an escape,
// and length is the number of its bytes that could belong to one.
func escape(text []byte) (c byte, length int, ok bool) {
	if len(text) < 2 {
		return 0, 0, true
	}
	switch text[1] {
	case '/':
		return '/', 2, true
	case 'n', 'r':
		return '\n', 2, true
	case '"', '\\', 'b', 'f', 't':
		return notBase64, 2, true
	case 'u':
		digits := text[2:min(6, len(text))]
		if i := slices.IndexFunc(digits, isNoDigit); i >= 0 {
			return 0, 2 + i, false
		}
		if len(digits) < 4 {
			return 0, 0, true
		}
		code, _ := strconv.ParseUint(string(digits), 16, 16)
		c = notBase64
		if code == '\n' || code == '\r' || code >= ' ' && code < 0x7f {
			c = byte(code)
		}
		return c, 6, true
	}
	return 0, 1, false
}

// isNoDigit reports whether a byte is not a hexadecimal digit.
func isNoDigit(c byte) bool {
	return (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F')
}
