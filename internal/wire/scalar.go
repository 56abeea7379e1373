package wire

import "bytes"

// quoted copies a string to rest and returns where the string begins there.
func (s *scanner) quoted() (from int, err error) {
	from = len(s.rest)
	part := s.buf.in[s.at:s.end]
	if end := plainEnd(part); end < len(part) && part[end] == '"' { // nearly always
		s.take(end + 1)
		return from, nil
	}
	err = s.copyString()
	if err == nil || isSyntaxError(err) { // a wrong byte comes before the end of the text
		if at := wrongInString(s.rest[from:]); at >= 0 {
			err = s.wrong(from, at)
		}
	}
	return from, err
}

// wrong returns the error for the byte at an index of the value that begins at from in rest.
// The index is the length of the value if something is missing at its end.
func (s *scanner) wrong(from, at int) error {
	missing := len(s.rest) - from - at
	return &SyntaxError{Offset: s.offset() - int64(missing), Ended: missing == 0 && s.at == s.end}
}

func isSyntaxError(err error) bool {
	_, ok := err.(*SyntaxError) //nolint:errorlint // the scanner's errors are not wrapped
	return ok
}

// plainEnd returns the index of the first byte of a string that is not a plain character: the
// quote at its end, a backslash or a control character. It returns the length of quoted if
// there is no such byte. The string begins with a quote, and its end may be missing.
func plainEnd(quoted []byte) int {
	for i := 1; i < len(quoted); i++ {
		if c := quoted[i]; c == '"' || c == '\\' || isControl(c) {
			return i
		}
	}
	return len(quoted)
}

// copyString copies a string to rest, whatever is in it.
func (s *scanner) copyString() error {
	for s.take(1); ; {
		if err := s.need(); err != nil {
			return err
		}
		part := s.buf.in[s.at:s.end]
		end := stringEnd(part)
		if end < len(part) {
			s.take(end + 1)
			return nil
		}
		s.take(len(part))
		if end > len(part) { // the second byte of the last escape has not arrived
			if err := s.need(); err != nil {
				return err
			}
			s.take(1)
		}
	}
}

// stringEnd returns the index of the quote that ends a string. If part has no such
// quote, it returns the length of part, or one more if the second byte of the last
// escape has not arrived. Each byte is searched once for a quote and once for a
// backslash: a string of nothing but escapes would otherwise take quadratic time.
func stringEnd(part []byte) int {
	for i, quote := 0, -1; ; {
		if quote < i {
			if quote = bytes.IndexByte(part[i:], '"'); quote < 0 {
				quote = len(part)
			} else {
				quote += i
			}
		}
		escape := bytes.IndexByte(part[i:quote], '\\')
		if escape < 0 {
			return quote
		}
		if i += escape + 2; i > len(part) {
			return i
		}
	}
}

// wrongInString returns the index of the first byte that no string of JSON has in its
// place, or -1. The string begins with a quote, and its end may be missing.
func wrongInString(quoted []byte) int {
	for i := 1; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case isControl(c):
			return i
		case c == '\\':
			_, length, ok := escape(quoted[i:])
			if !ok {
				return i + length
			}
			if length == 0 { // only a part of the escape has arrived
				return -1
			}
			i += length - 1
		}
	}
	return -1
}

// literal copies a number, true, false or null to rest.
func (s *scanner) literal() error {
	from := len(s.rest)
	for {
		more, err := s.more()
		if err != nil {
			return err
		}
		n := 0
		for s.at+n < s.end && !endsLiteral(s.buf.in[s.at+n]) {
			n++
		}
		if s.take(n); s.at < s.end || !more {
			break
		}
	}
	if at := wrongInLiteral(s.rest[from:]); at >= 0 {
		return s.wrong(from, at)
	}
	return nil
}

func beginsLiteral(c byte) bool {
	return c == '-' || isDigit(c) || c == 't' || c == 'f' || c == 'n'
}

func endsLiteral(c byte) bool { return c == ',' || c == ']' || c == '}' || isBlank(c) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// wrongInLiteral returns -1 if text is a number, true, false or null. Otherwise it returns
// the index of the first byte that is wrong, or the length of text if something is missing at
// its end.
func wrongInLiteral(text []byte) int {
	at, whole := 0, false
	switch text[0] {
	case 't':
		at, whole = wordEnd(text, "true")
	case 'f':
		at, whole = wordEnd(text, "false")
	case 'n':
		at, whole = wordEnd(text, "null")
	default:
		at, whole = numberEnd(text)
	}
	if whole && at == len(text) {
		return -1
	}
	return at
}

// wordEnd returns how many bytes text has in common with a word, and whether that is the
// whole word.
func wordEnd(text []byte, word string) (n int, whole bool) {
	for n < min(len(text), len(word)) && text[n] == word[n] {
		n++
	}
	return n, n == len(word)
}

// numberEnd returns how many bytes of text belong to a number, and whether that is a whole
// number as JSON writes it.
func numberEnd(text []byte) (n int, whole bool) {
	if text[0] == '-' {
		n++
	}
	if n < len(text) && text[n] == '0' {
		n++ // no digit follows a zero at the beginning
	} else if n, whole = digitsFrom(text, n); !whole {
		return n, false
	}
	if n < len(text) && text[n] == '.' {
		if n, whole = digitsFrom(text, n+1); !whole {
			return n, false
		}
	}
	if n < len(text) && (text[n] == 'e' || text[n] == 'E') {
		if n++; n < len(text) && (text[n] == '+' || text[n] == '-') {
			n++
		}
		return digitsFrom(text, n)
	}
	return n, true
}

// digitsFrom returns the index behind the digits that begin at n, and whether there are any.
func digitsFrom(text []byte, n int) (end int, some bool) {
	for end = n; end < len(text) && isDigit(text[end]); end++ {
	}
	return end, end > n
}
