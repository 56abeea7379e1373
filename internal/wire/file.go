package wire

import (
	"bytes"
	"encoding/base64"
	"io"
	"slices"
	"strconv"
	"sync"
)

// file decodes the string that begins here, and leaves an empty one in its
// place.
func (s *scanner) file(place string) error {
	s.rest = append(s.rest, `""`...)
	s.at++
	f := &incoming{scanner: s, name: s.plan.short(place)}
	s.plan.inFile = true
	defer func() { s.plan.inFile = false }()
	for last := false; !last; {
		if err := s.need(); err != nil {
			return err
		}
		text, used, end, err := s.piece()
		if err != nil {
			return err
		}
		if used == 0 { // an escape that has not arrived as a whole
			if more, err := s.fill(); err != nil {
				return err
			} else if !more {
				return &SyntaxError{s.past + int64(s.end), true}
			}
			continue
		}
		if err := f.feed(text); err != nil {
			return err
		}
		s.at += used
		last = end
	}
	if lost := s.offset() - int64(len(s.rest)); lost != s.lost {
		s.lost = lost
		s.cuts = append(s.cuts, cut{len(s.rest), lost})
	}
	s.keep(place, f.finish())
	return nil
}

// keep keeps the last file of a place. An empty one is as good as none: there may
// be millions.
func (s *scanner) keep(place string, f *decoded) {
	if f.size == 0 && !f.bad {
		delete(s.files, place)
		return
	}
	if s.files == nil {
		s.files = map[string]*decoded{}
	}
	s.files[place] = f
	s.withheld = s.withheld || f.bad
}

// piece is what arrived of a string: its text without escapes and line breaks,
// and how many bytes of desk.in that were. Control characters may still be in it:
// to look for them would cost as much as the decoding, which finds them.
func (s *scanner) piece() (text []byte, used int, last bool, err error) {
	part := s.desk.in[s.at:s.end]
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

// notBase64 stands for whatever a string may hold and base64 may not.
const notBase64 = '!'

// unescape undoes escapes in place, up to the end of the string or to an escape
// that has not arrived as a whole.
func (s *scanner) unescape(part []byte) (text []byte, used int, last bool, err error) {
	text = part[:0]
	for i := 0; ; {
		run := i
		for i < len(part) && !special[part[i]] {
			i++
		}
		text = append(text, part[run:i]...)
		switch {
		case i == len(part):
			return text, i, false, nil
		case part[i] == '"':
			return text, i + 1, true, nil
		case part[i] != '\\':
			return nil, 0, false, &SyntaxError{Offset: s.offset() + int64(i)}
		}
		c, length, ok := escape(part[i:])
		switch {
		case !ok:
			return nil, 0, false, &SyntaxError{Offset: s.offset() + int64(i+length)}
		case length == 0:
			return text, i, false, nil
		case c != '\n' && c != '\r':
			text = append(text, c)
		}
		i += length
	}
}

// special are the bytes that a JSON string cannot hold as they are.
var special = func() (is [256]bool) {
	for c := range byte(' ') {
		is[c] = true
	}
	is['"'], is['\\'] = true, true
	return is
}()

// escape reads the escape that text begins with; its length is 0 if it has not
// arrived as a whole. If it is none, length is how much of it could be one.
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

// isNoDigit reports whether a byte is no hexadecimal digit.
func isNoDigit(c byte) bool {
	return (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F')
}

// incoming is a file on its way.
type incoming struct {
	*scanner
	name   string
	opened bool
	back   bool // held back from its writer
	w      io.Writer
	parts  []*chunk // of what is kept
	size   int64
	group  [4]byte // the characters that do not make three bytes yet
	held   int
	padded bool // nothing may follow
	bad    bool
}

// feed decodes the next piece.
func (f *incoming) feed(piece []byte) error {
	text := piece
	if f.held > 0 {
		n := copy(f.group[f.held:], text)
		text = text[n:]
		if f.held += n; f.held == len(f.group) {
			f.held = 0
			if err := f.decode(f.group[:]); err != nil {
				return err
			}
		}
	}
	whole := len(text) / 4 * 4
	if err := f.decode(text[:whole]); err != nil {
		return err
	}
	if whole < len(text) {
		f.held = copy(f.group[:], text[whole:])
	}
	if f.bad || f.padded || slices.ContainsFunc(f.group[:f.held], isControl) {
		if i := slices.IndexFunc(piece, isControl); i >= 0 { // not even JSON
			return &SyntaxError{Offset: f.offset() + int64(i)}
		}
	}
	return nil
}

func isControl(c byte) bool { return c < ' ' }

// decode decodes whole groups.
func (f *incoming) decode(text []byte) error {
	for len(text) > 0 && !f.bad {
		if !f.opened {
			if err := f.open(); err != nil {
				return err
			}
		}
		room := f.room()
		part := text[:min(len(text), len(room)/3*4)]
		text = text[len(part):]
		n, err := base64.StdEncoding.Decode(room, part)
		f.bad = err != nil || f.padded
		f.padded = n < len(part)/4*3
		if f.bad {
			break
		}
		f.size += int64(n)
		if f.w != nil && n > 0 {
			f.plan.wrote = f.plan.wrote || f.w != Drop
			if err := write(f.w, room[:n]); err != nil {
				return &WriteError{f.name, err}
			}
		}
	}
	return nil
}

// open finds out where the file goes.
func (f *incoming) open() error {
	f.opened = true
	if f.plan.To == nil {
		return nil
	}
	if f.back = f.withheld; f.back {
		return nil
	}
	if f.w = f.plan.To(f.name); f.w == nil {
		return nil
	}
	if f.given[f.name] {
		return &TypeError{f.name, "the only one of its name"}
	}
	if f.given == nil {
		f.given = map[string]bool{}
	}
	f.given[f.name] = true
	return nil
}

// room is where the next bytes are decoded to.
func (f *incoming) room() []byte {
	if f.w != nil {
		f.wiped = false
		return f.desk.out[:]
	}
	used := int(f.size % int64(len(chunk{})))
	if used == 0 {
		f.parts = append(f.parts, f.chunk())
	}
	return f.parts[len(f.parts)-1][used:]
}

func write(w io.Writer, data []byte) error {
	n, err := w.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	return err
}

// finish gathers the file, and gives its chunks back.
func (f *incoming) finish() *decoded {
	defer f.giveBack()
	switch {
	case f.bad || f.held > 0:
		return &decoded{bad: true}
	case f.w != nil:
		return &decoded{size: f.size, written: true}
	case f.size == 0:
		return &decoded{}
	}
	data := make([]byte, f.size)
	for i, at := 0, data; len(at) > 0; i++ {
		at = at[copy(at, f.parts[i][:]):]
	}
	return &decoded{data: data, size: f.size, held: f.back}
}

// giveBack wipes the chunks of a file. A bad one may have written behind its size.
func (f *incoming) giveBack() {
	for i, part := range f.parts {
		used := int64(len(part))
		if !f.bad {
			used = min(used, f.size-int64(i)*used)
		}
		clear(part[:used])
		f.done(part)
	}
	f.parts = nil
}

// chunk takes a chunk: the one that the file before has left, or another.
func (s *scanner) chunk() *chunk {
	if c := s.spare; c != nil {
		s.spare = nil
		return c
	}
	return chunks.Get().(*chunk)
}

// done keeps a chunk for the next file: of small ones there may be thousands, and
// a pool promises nothing.
func (s *scanner) done(c *chunk) {
	if s.spare == nil {
		s.spare = c
		return
	}
	chunks.Put(c)
}

// A desk is what one reading works on.
type desk struct {
	in  [64 << 10]byte // as it arrived
	out [48 << 10]byte // decoded, on its way to a writer

	names [32][]byte // where scanner.names begins
}

// A chunk is a part of a file whose length is not known yet: a whole number of
// groups.
type chunk [192 << 10]byte

// Desks and chunks hold pictures of people: they are wiped before they are used
// again.
var (
	desks  = sync.Pool{New: func() any { return new(desk) }}
	chunks = sync.Pool{New: func() any { return new(chunk) }}
)
