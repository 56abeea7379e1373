package wire

import (
	"io"
	"slices"
	"strconv"
)

// scanner walks over a JSON text while it arrives, and finds the places of a Plan. It takes
// nothing that encoding/json refuses, so that no text has to be read twice. FuzzRead compares
// the two.
type scanner struct {
	src   io.Reader
	buf   *buffers
	at    int // buf.in[at:end] has arrived and is not read yet
	end   int
	past  int64 // the number of bytes of the text before buf.in
	most  int   // the number of bytes of buf.in that were ever used
	plain int   // the number of bytes of buf.plain that were ever used
	err   error // the error of src

	plan     *Plan
	withheld bool                // no further file goes to a writer
	given    map[string]bool     // the names of the files that a writer got
	rest     []byte              // the text without its files
	files    map[string]*decoded // the files by their places
	top      []span              // the members of the outermost object; nil if the text is no object
	names    [][]byte            // the names in all objects that have begun and not ended, innermost last
	values   int                 // the number of values that were read
	spare    *chunk              // a wiped chunk for the next file
	big      []byte              // memory that was taken for a file and was too much; nil if there is none
	escaped  bool                // the piece of a file that was read last had escapes
	length   int64               // the number of bytes that the text should have; 0 or less if that is not known
}

// A span says where a member of the outermost object stands in scanner.rest: its name at
// rest[name:nameEnd], with quotes, and its value at rest[from:to].
type span struct{ name, nameEnd, from, to int }

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
// value that is neither a string nor a number is not allowed.
func (s *scanner) allows(raw []byte) bool {
	text, ok := scalarBytes(raw)
	return isNull(raw) || ok && (len(text) == 0 || string(text) == s.plan.Own)
}

// object reads an object. No two of its members may have the same name: some
// readers of JSON take the first of them and others the last, and two such readers
// could come to two decisions.
func (s *scanner) object(p *Place, place string, depth int) error {
	outer := len(s.names)
	if depth == 1 {
		s.top = s.buf.top[:0]
	}
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
		m := span{name: len(s.rest)}
		var name []byte
		if name, err = s.name(); err != nil {
			return err
		}
		m.nameEnd = len(s.rest)
		if many, err = s.once(name, outer, many); err != nil {
			return err
		}
		member, inner := p.member(name, place)
		if err = s.colon(); err != nil {
			return err
		}
		m.from = len(s.rest)
		if err = s.value(member, inner, depth); err != nil {
			return err
		}
		if m.to = len(s.rest); depth == 1 {
			s.top = append(s.top, m)
		}
		var last bool
		if last, err = s.behind('}'); last || err != nil {
			return err
		}
		_, err = s.next()
	}
	return err
}

// name reads the name of a member.
func (s *scanner) name() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.unexpected()
	}
	from, err := s.quoted()
	switch {
	case err != nil:
		return nil, err
	case len(s.rest)-from > maxName:
		return nil, ErrTooMuch
	}
	return nameOf(s.rest[from:]), nil
}

// colon reads the colon behind a name, and the blanks before and behind it.
func (s *scanner) colon() error {
	c, err := s.next()
	switch {
	case err != nil:
		return err
	case c != ':':
		return s.unexpected()
	}
	s.take(1)
	_, err = s.next()
	return err
}

// outermost returns the outermost object, or nil if the text is no object.
func (s *scanner) outermost() Object {
	if s.top == nil {
		return nil
	}
	o := make(Object, len(s.top))
	for i, m := range s.top {
		o[i] = member{nameOf(s.rest[m.name:m.nameEnd]), s.rest[m.from:m.to:m.to]}
	}
	return o
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

// next copies blanks to rest and returns the byte behind them.
func (s *scanner) next() (byte, error) {
	if s.at < s.end && !isBlank(s.peek()) { // nearly always
		return s.peek(), nil
	}
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

func isBlank(c byte) bool { return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t') }

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
	clear(s.buf.plain[:s.plain])
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
