package wire

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"sync"

	"github.com/faceid-go/faceid/internal/fastbase64"
)

// file decodes the file that begins here and leaves an empty string in its place.
func (s *scanner) file(place string) error {
	s.rest = append(s.rest, `""`...)
	s.at++
	f := &incoming{scanner: s, name: s.plan.short(place)}
	begin := s.offset()
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
		if used == 0 { // only a part of the next escape has arrived
			if more, err := s.fill(); err != nil {
				return err
			} else if !more {
				return &SyntaxError{s.past + int64(s.end), true}
			}
			continue
		}
		if end && s.offset() == begin { // all of it is here
			f.most = int64(len(text)) / 4 * 3
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

// keep remembers the file that was read last at a place. An empty file is not
// remembered: a text may hold millions of them.
func (s *scanner) keep(place string, f *decoded) {
	if f.size == 0 && !f.bad {
		return
	}
	if s.files == nil {
		s.files = map[string]*decoded{}
	}
	s.files[place] = f
	s.withheld = s.withheld || f.bad
}

// piece returns the next part of a string that has arrived: its text without
// escapes and line breaks, and how many bytes of the input it takes. The text may
// still hold control characters. A search for them would cost as much as the
// decoding, which finds them anyway.
func (s *scanner) piece() (text []byte, used int, last bool, err error) {
	part := s.buf.in[s.at:s.end]
	if s.skipped == len(s.buf.skips) { // the text was full of escapes: most of a long part would be searched in vain
		part = part[:min(len(part), denseText)]
	}
	s.skipped = 0
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

// denseText is how much is searched behind a piece that was full of escapes. It holds more
// than one escape, so that at least one of them is whole.
const denseText = 2 << 10

// notBase64 stands for any character that base64 does not have.
const notBase64 = '!'

// unescape undoes escapes in place. It stops at the end of the string, at an escape of
// which only a part has arrived, or when the skips are full. The text may still hold control
// characters, as that of piece.
func (s *scanner) unescape(part []byte) (text []byte, used int, last bool, err error) {
	text = part[:0]
	for i, quote := 0, -1; ; {
		if quote < i {
			quote = indexFrom(part, i, '"')
		}
		if i < quote && part[i] != '\\' {
			run := indexFrom(part[:quote], i, '\\')
			text = append(text, part[i:run]...)
			i = run
		}
		switch {
		case i == len(part) || s.skipped == len(s.buf.skips):
			return text, i, false, nil
		case part[i] == '"':
			return text, i + 1, true, nil
		}
		c, length, ok := escape(part[i:])
		switch {
		case !ok:
			return nil, 0, false, s.badEscape(text, i+length)
		case length == 0:
			return text, i, false, nil
		case c != '\n' && c != '\r':
			text = append(text, c)
		}
		i += length
		s.buf.skips[s.skipped] = skip{len(text), i - len(text)}
		s.skipped++
	}
}

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
	if i := slices.IndexFunc(text, isControl); i >= 0 {
		at = s.rawIndex(i)
	}
	return &SyntaxError{Offset: s.offset() + int64(at)}
}

// A skip is a place from which on the text of a piece is shorter than what arrived.
type skip struct {
	at   int // the index in the text without escapes
	lost int // the number of bytes that are not in it, up to there
}

// rawIndex returns the index in what arrived that belongs to an index of the text of the
// last piece.
func (s *scanner) rawIndex(i int) int {
	lost := 0
	for _, k := range s.buf.skips[:s.skipped] {
		if k.at > i {
			break
		}
		lost = k.lost
	}
	return i + lost
}

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

// incoming is a file while it arrives.
type incoming struct {
	*scanner
	name   string
	opened bool // open was called
	back   bool // no writer gets the file, because something before it was wrong
	w      io.Writer
	most   int64    // the most bytes that the file can have, if all of its text is here; 0 before
	data   []byte   // memory for the whole file, if there is no writer; nil while the file goes into parts
	parts  []*chunk // the decoded bytes before there was data
	size   int64    // the number of decoded bytes
	fed    int64    // the number of characters of this piece that were decoded
	group  [4]byte  // the beginning of the next group of four characters
	held   int      // the number of characters in group
	padded bool     // the padding was read, so nothing may follow
	bad    bool     // the file is not base64
}

// feed decodes the next piece.
func (f *incoming) feed(piece []byte) error {
	text := piece
	f.fed = 0
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
		if i := slices.IndexFunc(piece, isControl); i >= 0 { // the text is not even JSON
			return &SyntaxError{Offset: f.offset() + int64(f.rawIndex(i))}
		}
	}
	return nil
}

func isControl(c byte) bool { return c < ' ' }

// decode decodes whole groups of four characters.
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
		n, ok := fastbase64.Decode(room, part)
		f.bad = !ok || f.padded
		f.padded = n < len(part)/4*3
		if f.bad {
			break
		}
		f.size += int64(n)
		f.fed += int64(len(part))
		if f.w != nil && n > 0 {
			f.plan.wrote = f.plan.wrote || f.w != Drop
			if err := write(f.w, room[:n]); err != nil {
				return &WriteError{f.name, err}
			}
		}
	}
	return nil
}

// open finds out which writer gets the file.
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

// room returns the buffer for the next decoded bytes.
func (f *incoming) room() []byte {
	if f.w != nil {
		if f.buf.out == nil {
			f.buf.out = outPool.Get().(*[48 << 10]byte)
		}
		return f.buf.out[:]
	}
	used := int(f.size % int64(len(chunk{})))
	if f.data == nil && used == 0 {
		f.gather()
	}
	if f.data != nil {
		if len(f.data)-int(f.size) < 3 { // the text is longer than its sender said
			f.data = append(f.data, make([]byte, len(f.data)+3)...)
		}
		return f.data[f.size:]
	}
	if used == 0 {
		f.parts = append(f.parts, f.chunk())
	}
	return f.parts[len(f.parts)-1][used:]
}

// trust is how many bytes of memory one byte that has arrived is good for. A sender may
// claim any length.
const trust = 8

// gather takes memory for the whole file, once it is known how long the file can be and
// enough of the text has arrived. What has been decoded before moves there.
func (f *incoming) gather() {
	most := f.most
	if most == 0 {
		left := f.length - f.offset() - f.fed
		if most = f.size + left/4*3 + 3; left <= 0 || most > trust*(f.past+int64(f.end)) {
			return
		}
	}
	if int64(len(f.big)) >= most {
		f.data, f.big = f.big, nil
	} else {
		f.data = make([]byte, most)
	}
	at := f.data
	for i := range f.parts {
		at = at[copy(at, f.parts[i][:]):]
	}
	f.giveBack()
}

func write(w io.Writer, data []byte) error {
	n, err := w.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	return err
}

// finish returns the whole file and gives its chunks back.
func (f *incoming) finish() *decoded {
	defer f.giveBack()
	switch {
	case f.bad || f.held > 0:
		if f.data != nil { // a text may hold thousands of such files
			f.big = f.data
		}
		return &decoded{bad: true}
	case f.w != nil:
		return &decoded{size: f.size, written: true}
	case f.size == 0:
		return &decoded{}
	}
	return &decoded{data: f.bytes(), size: f.size, held: f.back}
}

// bytes returns the bytes of a file that is kept in memory. A file that is much shorter
// than it could have been leaves its memory to the next one.
func (f *incoming) bytes() []byte {
	size := int(f.size)
	if f.data != nil && len(f.data)-size <= size/32+3 {
		return f.data[:size:size]
	}
	data := make([]byte, size)
	if f.data != nil {
		copy(data, f.data)
		f.big = f.data
		return data
	}
	for i, at := 0, data; len(at) > 0; i++ {
		at = at[copy(at, f.parts[i][:]):]
	}
	return data
}

// giveBack wipes the chunks of a file and gives them back. The decoder may have
// written more than f.size bytes for a bad file, so its chunks are wiped as a whole.
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

// chunk returns a wiped chunk, first the one that done has kept.
func (s *scanner) chunk() *chunk {
	if c := s.spare; c != nil {
		s.spare = nil
		return c
	}
	return chunkPool.Get().(*chunk)
}

// done keeps one chunk for the next file. A document may have thousands of small
// files, and a sync.Pool may drop what it gets.
func (s *scanner) done(c *chunk) {
	if s.spare == nil {
		s.spare = c
		return
	}
	chunkPool.Put(c)
}

// buffers are the buffers of one call of Read.
type buffers struct {
	in  []byte          // bytes of the text as they arrived
	out *[48 << 10]byte // decoded bytes for a writer; nil before a file goes to one

	names [32][]byte // the first backing array of scanner.names
	skips [256]skip  // where the text of the piece that was read last lost bytes
}

// Most answers are short, and a collection of garbage takes what is in a sync.Pool. So a
// short answer has short buffers.
const (
	shortText = 4 << 10
	longText  = 64 << 10
)

// borrow takes buffers for a text of that many bytes, 0 or less if that is not known.
func borrow(length int64) *buffers {
	if length > 0 && length <= shortText {
		return shortPool.Get().(*buffers)
	}
	return longPool.Get().(*buffers)
}

// giveBack gives wiped buffers back.
func (b *buffers) giveBack() {
	if b.out != nil {
		outPool.Put(b.out)
		b.out = nil
	}
	if len(b.in) == shortText {
		shortPool.Put(b)
		return
	}
	longPool.Put(b)
}

// A chunk is a part of a file whose length is not known yet. Its size is a
// multiple of three, so that groups of four characters fill it.
type chunk [192 << 10]byte

// The pools hold buffers that have held pictures of people. They are wiped before
// they are put back.
var (
	shortPool = sync.Pool{New: func() any { return &buffers{in: make([]byte, shortText)} }}
	longPool  = sync.Pool{New: func() any { return &buffers{in: make([]byte, longText)} }}
	outPool   = sync.Pool{New: func() any { return new([48 << 10]byte) }}
	chunkPool = sync.Pool{New: func() any { return new(chunk) }}
)
