package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
)

// scanner walks over a JSON text while it arrives. It knows only as much of JSON as
// it needs to find the places of a Plan. encoding/json validates the rest
// afterwards.
type scanner struct {
	src  io.Reader
	buf  *buffers
	at   int // buf.in[at:end] has arrived and is not read yet
	end  int
	past int64 // the number of bytes of the text before buf.in
	most int   // the number of bytes of buf.in that were ever used
	err  error // the error of src

	plan     *Plan
	withheld bool            // no further file goes to a writer
	given    map[string]bool // the names of the files that a writer got
	rest     []byte          // the text without its files
	cuts     []cut
	lost     int64               // the number of bytes of the text that are not in rest
	files    map[string]*decoded // the files by their places
	names    [][]byte            // the names in all objects that have begun and not ended, innermost last
	values   int                 // the number of values that were read
	spare    *chunk              // a wiped chunk for the next file
	big      []byte              // memory that was taken for a file and was too much; nil if there is none
	escaped  bool                // the piece of a file that was read last had escapes
	length   int64               // the number of bytes that the text should have; 0 or less if that is not known
}

// A cut is a position at which a file was left out.
type cut struct {
	at   int   // the position in scanner.rest
	lost int64 // the number of bytes that were left out up to here
}

// maxDepth is far more than any answer needs. encoding/json allows a depth of
// 10000, which costs megabytes of stack.
const maxDepth = 100

// maxName is the longest name with its quotes, in bytes. It is far more than any
// answer needs. Without a bound the time for unescaping long names would add up.
const maxName = 1 << 10

func (s *scanner) document() error {
	if err := s.value(s.plan.Root, "", 0); err != nil {
		return err
	}
	for {
		more, err := s.more()
		if err != nil || !more {
			return err
		}
		if !isBlank(s.peek()) {
			return s.unexpected()
		}
		s.take(1)
	}
}

// value reads the blanks before a value and the value at a place.
func (s *scanner) value(p *Place, place string, depth int) error {
	c, err := s.next()
	if err != nil {
		return err
	}
	if s.values++; s.values > s.plan.mostValues() {
		return ErrTooMuch
	}
	if p != nil && p.Each != nil && c != '[' {
		p, place = p.Each, place+"[0]"
	}
	if p == File && c != '"' && c != 'n' { // the value is neither a string nor null
		s.withheld = true
	}
	from := len(s.rest)
	switch {
	case (c == '{' || c == '[') && depth == maxDepth:
		return ErrTooMuch
	case c == '{':
		err = s.object(p, place, depth+1)
	case c == '[':
		err = s.array(p, place, depth+1)
	case c == '"' && p == File:
		err = s.file(place)
	case c == '"':
		_, err = s.quoted()
	case beginsLiteral(c):
		err = s.literal()
	default:
		return s.unexpected()
	}
	if err == nil && p == Watched && s.plan.Own != "" {
		s.withheld = s.withheld || !s.allows(s.rest[from:])
	}
	return err
}

// allows compares a value with Plan.Own. A null counts as absent and is allowed. A
// value that is not JSON, or neither a string nor a number, is not allowed.
func (s *scanner) allows(raw []byte) bool {
	if !json.Valid(raw) {
		return false
	}
	text, ok := scalarBytes(raw)
	return isNull(raw) || ok && (len(text) == 0 || string(text) == s.plan.Own)
}

// object reads an object. No two of its members may have the same name: some
// readers of JSON take the first of them and others the last, and two such readers
// could come to two decisions.
func (s *scanner) object(p *Place, place string, depth int) error {
	outer := len(s.names)
	err := s.members(p, place, depth)
	s.names = s.names[:outer]
	return err
}

func (s *scanner) members(p *Place, place string, depth int) error {
	outer := len(s.names)
	var many map[string]bool // the names, if there are many
	s.take(1)
	c, err := s.next()
	if err == nil && c == '}' {
		s.take(1)
		return nil
	}
	for err == nil {
		if c != '"' {
			return s.unexpected()
		}
		var from int
		if from, err = s.quoted(); err != nil {
			return err
		}
		if len(s.rest)-from > maxName {
			return ErrTooMuch
		}
		name := nameOf(s.rest[from:])
		if many, err = s.once(name, outer, many); err != nil {
			return err
		}
		member, inner := p.member(name, place)
		if c, err = s.next(); err != nil {
			return err
		}
		if c != ':' {
			return s.unexpected()
		}
		s.take(1)
		if err = s.value(member, inner, depth); err != nil {
			return err
		}
		var last bool
		if last, err = s.behind('}'); last || err != nil {
			return err
		}
		c, err = s.next()
	}
	return err
}

func (s *scanner) array(p *Place, place string, depth int) error {
	s.take(1)
	c, err := s.next()
	if err == nil && c == ']' {
		s.take(1)
		return nil
	}
	var each *Place
	if p != nil {
		each = p.Each
	}
	for i := 0; err == nil; i++ {
		inner := ""
		if each != nil {
			inner = place + "[" + strconv.Itoa(i) + "]"
		}
		if err = s.value(each, inner, depth); err != nil {
			return err
		}
		var last bool
		if last, err = s.behind(']'); last {
			return err
		}
	}
	return err
}

// once adds a name to the names of an object and returns ErrRepeated if it is among
// them. These names begin at s.names[outer]. From the 17th name on they stand in
// the map many, where a search is faster than in a list.
func (s *scanner) once(name []byte, outer int, many map[string]bool) (map[string]bool, error) {
	mine := s.names[outer:]
	const few = 16
	switch {
	case len(mine) < few:
		for _, other := range mine {
			if string(other) == string(name) {
				return nil, ErrRepeated
			}
		}
		s.names = append(s.names, name)
		return nil, nil
	case many == nil:
		many = make(map[string]bool, 2*few)
		for _, other := range mine {
			many[string(other)] = true
		}
	}
	if many[string(name)] {
		return many, ErrRepeated
	}
	many[string(name)] = true
	return many, nil
}

// behind reads what follows an element: a comma, or the end of its container.
func (s *scanner) behind(end byte) (last bool, err error) {
	c, err := s.next()
	switch {
	case err != nil:
		return false, err
	case c != ',' && c != end:
		return false, s.unexpected()
	}
	s.take(1)
	return c == end, nil
}

// member returns the description and the place of the member with this name.
func (p *Place) member(name []byte, place string) (*Place, string) {
	if p == nil || p.Members == nil {
		return nil, ""
	}
	member := p.Members[string(name)]
	if member == nil || member == Watched { // nobody asks for the place of a value that is only watched
		return member, ""
	}
	return member, join(place, string(name))
}

// quoted copies a string to rest and returns where the string begins there.
func (s *scanner) quoted() (from int, err error) {
	from = len(s.rest)
	for s.take(1); ; {
		if err := s.need(); err != nil {
			return from, err
		}
		part := s.buf.in[s.at:s.end]
		end := stringEnd(part)
		if end < len(part) {
			s.take(end + 1)
			return from, nil
		}
		s.take(len(part))
		if end > len(part) { // the second byte of the last escape has not arrived
			if err := s.need(); err != nil {
				return from, err
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

// literal copies a number, true, false or null to rest.
func (s *scanner) literal() error {
	for {
		more, err := s.more()
		if err != nil || !more {
			return err // a caller that needs more bytes reports the end
		}
		n := 0
		for s.at+n < s.end && !endsLiteral(s.buf.in[s.at+n]) {
			n++
		}
		if s.take(n); s.at < s.end {
			return nil
		}
	}
}

// next copies blanks to rest and returns the byte behind them.
func (s *scanner) next() (byte, error) {
	for {
		if err := s.need(); err != nil {
			return 0, err
		}
		n := 0
		for s.at+n < s.end && isBlank(s.buf.in[s.at+n]) {
			n++
		}
		if s.take(n); s.at < s.end {
			return s.peek(), nil
		}
	}
}

func beginsLiteral(c byte) bool {
	return c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f' || c == 'n'
}

func endsLiteral(c byte) bool { return c == ',' || c == ']' || c == '}' || isBlank(c) }

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// take copies the next n bytes to rest.
func (s *scanner) take(n int) {
	if free := cap(s.rest) - len(s.rest); free < n {
		s.rest = slices.Grow(s.rest, max(n, cap(s.rest))) // append alone would copy a long text many times
	}
	s.rest = append(s.rest, s.buf.in[s.at:s.at+n]...)
	s.at += n
}

func (s *scanner) peek() byte { return s.buf.in[s.at] }

// need makes sure that there is a byte to peek at. The end of the text is an error
// here.
func (s *scanner) need() error {
	more, err := s.more()
	if err == nil && !more {
		return &SyntaxError{s.offset(), true}
	}
	return err
}

// more reports whether there is a byte to peek at, and reads on if necessary.
func (s *scanner) more() (bool, error) {
	if s.at < s.end {
		return true, nil
	}
	return s.fill()
}

// fill reads more bytes behind the unread ones. It reports whether any came.
func (s *scanner) fill() (bool, error) {
	if most := s.plan.MaxRest; most > 0 && int64(len(s.rest)) > most {
		return false, ErrTooMuch
	}
	s.past += int64(s.at)
	s.end = copy(s.buf.in, s.buf.in[s.at:s.end])
	s.at = 0
	for range 100 {
		if s.err != nil {
			break
		}
		var n int
		n, s.err = s.src.Read(s.buf.in[s.end:])
		s.end += n
		s.most = max(s.most, s.end)
		if s.err != nil && s.err != io.EOF { //nolint:errorlint // an error that wraps io.EOF is a failure
			s.most = len(s.buf.in) // a reader that fails may have written more than it says
		}
		if n > 0 {
			return true, nil
		}
	}
	switch s.err {
	case nil:
		return false, io.ErrNoProgress
	case io.EOF: //nolint:errorlint // an error that wraps io.EOF is not the end of the text
		return false, nil
	}
	return false, s.err
}

func (s *scanner) offset() int64 { return s.past + int64(s.at) }

func (s *scanner) unexpected() error { return &SyntaxError{Offset: s.offset()} }

// leave wipes the buffers and gives them back.
func (s *scanner) leave() {
	clear(s.buf.in[:s.most])
	clear(s.buf.names[:])
	clear(s.buf.plain[:])
	if s.buf.out != nil {
		clear(s.buf.out[:])
	}
	if s.spare != nil {
		chunkPool.Put(s.spare)
	}
	buf := s.buf
	*s = scanner{}
	buf.giveBack()
}

// first returns the first error in the text. This is either found, the error of
// document, or one before it that only encoding/json sees.
func (s *scanner) first(found error) error {
	_, bad := found.(*SyntaxError) //nolint:errorlint // the scanner's errors are not wrapped
	switch {
	case found == nil && json.Valid(s.rest):
		return nil
	case found == nil: // rest is not valid, at the latest at its end
		found = &SyntaxError{s.offset(), true}
	case !bad:
		return found
	}
	var wrong *json.SyntaxError // a blank stands for the byte that the scanner refused
	if errors.As(json.Unmarshal(append(s.rest, ' '), new(json.RawMessage)), &wrong) && wrong.Offset <= int64(len(s.rest)) {
		return s.locate(wrong)
	}
	return found
}

// locate returns the error of encoding/json with its offset in the whole text
// instead of its offset in rest.
func (s *scanner) locate(wrong *json.SyntaxError) error {
	e := &SyntaxError{Offset: wrong.Offset - 1} // Offset of encoding/json is behind the byte
	for i := len(s.cuts) - 1; i >= 0; i-- {
		if int64(s.cuts[i].at) <= e.Offset {
			e.Offset += s.cuts[i].lost
			break
		}
	}
	return e
}
