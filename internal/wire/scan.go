package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
)

// scanner walks over a JSON text while it arrives. It knows so much of JSON as
// shows the places; whether the rest is JSON, encoding/json says afterwards.
type scanner struct {
	src  io.Reader
	desk *desk
	at   int // desk.in[at:end] arrived and is not read yet
	end  int
	past int64 // bytes of the text before desk.in
	most int   // of desk.in that was ever used
	err  error // of src

	plan     *Plan
	withheld bool            // files, from writers
	given    map[string]bool // to writers
	wiped    bool            // desk.out is
	rest     []byte
	cuts     []cut
	lost     int64 // bytes of the text that are not in rest
	files    map[string]*decoded
	names    [][]byte // of the members of all objects that are open, innermost last
	values   int      // that were read
	spare    *chunk   // wiped, for the next file
}

// A cut is where something was left out.
type cut struct {
	at   int   // in what is left
	lost int64 // bytes of the text so far
}

// maxDepth is far more than any answer needs. encoding/json allows 10000, which
// costs megabytes of stack.
const maxDepth = 100

// maxName is far more than any name has, in bytes with its quotes. A long one
// would be unescaped again and again.
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

// value reads one value at a place, and the blanks before it.
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
	if p == File && c != '"' && c != 'n' { // neither a file nor null
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
	if err == nil && p == Watched && s.plan.Watch != nil {
		s.withheld = s.withheld || !s.allows(s.rest[from:])
	}
	return err
}

// allows shows a value to Plan.Watch. A null is as good as absent; what is no
// text, or no JSON, is not the right one.
func (s *scanner) allows(raw []byte) bool {
	if !json.Valid(raw) {
		return false
	}
	text, ok := scalar(raw)
	return isNull(raw) || ok && s.plan.Watch(text)
}

// object reads an object. No two of its members may have the same name: some
// readers of JSON take the first of them and others the last, so that they would
// come to two decisions.
func (s *scanner) object(p *Place, place string, depth int) error {
	outer := len(s.names)
	err := s.members(p, place, depth)
	s.names = s.names[:outer]
	return err
}

func (s *scanner) members(p *Place, place string, depth int) error {
	outer := len(s.names)
	var many map[string]bool // the names, once there are many
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

// once adds a name to those of an object, which begin at outer and stand in many
// as soon as a search in it is faster.
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

// behind takes what follows an element: a comma, or the end of its container.
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

// member finds the place of a member by its name.
func (p *Place) member(name []byte, place string) (*Place, string) {
	if p == nil || p.Members == nil {
		return nil, ""
	}
	member := p.Members[string(name)]
	if member == nil {
		return nil, ""
	}
	return member, join(place, string(name))
}

// quoted takes a string, and says where it begins in rest.
func (s *scanner) quoted() (from int, err error) {
	from = len(s.rest)
	for s.take(1); ; {
		if err := s.need(); err != nil {
			return from, err
		}
		part := s.desk.in[s.at:s.end]
		end := stringEnd(part)
		if end < len(part) {
			s.take(end + 1)
			return from, nil
		}
		s.take(len(part))
		if end > len(part) { // the last escape is cut off
			if err := s.need(); err != nil {
				return from, err
			}
			s.take(1)
		}
	}
}

// stringEnd finds the quote that ends a string. Without one it is the length of
// part, or one more if the last escape lacks its second byte. No byte is searched
// twice for the same: strings may be nothing but escapes.
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

// literal takes what is neither container nor string.
func (s *scanner) literal() error {
	for {
		more, err := s.more()
		if err != nil || !more {
			return err // whoever needs more will see the end
		}
		n := 0
		for s.at+n < s.end && !endsLiteral(s.desk.in[s.at+n]) {
			n++
		}
		if s.take(n); s.at < s.end {
			return nil
		}
	}
}

// next takes blanks and shows the byte behind them.
func (s *scanner) next() (byte, error) {
	for {
		if err := s.need(); err != nil {
			return 0, err
		}
		n := 0
		for s.at+n < s.end && isBlank(s.desk.in[s.at+n]) {
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

// take takes n bytes that arrived into what is left.
func (s *scanner) take(n int) {
	if free := cap(s.rest) - len(s.rest); free < n {
		s.rest = slices.Grow(s.rest, max(n, cap(s.rest))) // doubled: append alone would copy a long text many times
	}
	s.rest = append(s.rest, s.desk.in[s.at:s.at+n]...)
	s.at += n
}

func (s *scanner) peek() byte { return s.desk.in[s.at] }

// need is more where the text cannot end.
func (s *scanner) need() error {
	more, err := s.more()
	if err == nil && !more {
		return &SyntaxError{s.offset(), true}
	}
	return err
}

// more reports whether there is a byte to peek at.
func (s *scanner) more() (bool, error) {
	if s.at < s.end {
		return true, nil
	}
	return s.fill()
}

// fill reads on, behind what is not read yet. It reports whether anything came.
func (s *scanner) fill() (bool, error) {
	if most := s.plan.MaxRest; most > 0 && int64(len(s.rest)) > most {
		return false, ErrTooMuch
	}
	s.past += int64(s.at)
	s.end = copy(s.desk.in[:], s.desk.in[s.at:s.end])
	s.at = 0
	for range 100 {
		if s.err != nil {
			break
		}
		var n int
		n, s.err = s.src.Read(s.desk.in[s.end:])
		s.end += n
		s.most = max(s.most, s.end)
		if n > 0 {
			return true, nil
		}
	}
	switch s.err {
	case nil:
		return false, io.ErrNoProgress
	case io.EOF: //nolint:errorlint // what wraps an end is trouble
		return false, nil
	}
	return false, s.err
}

func (s *scanner) offset() int64 { return s.past + int64(s.at) }

func (s *scanner) unexpected() error { return &SyntaxError{Offset: s.offset()} }

// leave gives the desk back.
func (s *scanner) leave() {
	clear(s.desk.in[:s.most])
	clear(s.desk.names[:])
	if !s.wiped {
		clear(s.desk.out[:])
	}
	desks.Put(s.desk)
	if s.spare != nil {
		chunks.Put(s.spare)
	}
}

// first returns what is wrong first: what document found, or something before
// it, where encoding/json sees more.
func (s *scanner) first(found error) error {
	_, bad := found.(*SyntaxError) //nolint:errorlint // it is the scanner's own
	switch {
	case found == nil && json.Valid(s.rest):
		return nil
	case found == nil: // unless it is before the end
		found = &SyntaxError{s.offset(), true}
	case !bad:
		return found
	}
	var wrong *json.SyntaxError // the blank stands for what was found
	if errors.As(json.Unmarshal(append(s.rest, ' '), new(json.RawMessage)), &wrong) && wrong.Offset <= int64(len(s.rest)) {
		return s.locate(wrong)
	}
	return found
}

// locate finds the place in the whole text of what encoding/json did not like in
// what is left of it.
func (s *scanner) locate(wrong *json.SyntaxError) error {
	e := &SyntaxError{Offset: wrong.Offset - 1} // it counts what it has read
	for i := len(s.cuts) - 1; i >= 0; i-- {
		if int64(s.cuts[i].at) <= e.Offset {
			e.Offset += s.cuts[i].lost
			break
		}
	}
	return e
}
