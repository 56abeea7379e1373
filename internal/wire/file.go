package wire

import (
	"io"
	"math"
	"slices"
	"sync"

	"github.com/faceid-go/faceid/internal/fastbase64"
)

// file decodes the file that begins here and leaves an empty string in its place.
func (s *scanner) file(place string) error {
	s.rest = append(s.rest, `""`...)
	s.at++
	begin := s.offset()
	f := &incoming{scanner: s, name: s.plan.short(place), begin: begin}
	s.plan.inFile = true
	defer func() { s.plan.inFile = false }()
	for last := false; !last; {
		if err := s.need(); err != nil {
			return err
		}
		if more, err := f.ahead(); err != nil {
			return err
		} else if more {
			continue
		}
		text, used, end, err := s.piece()
		if err != nil {
			return err
		}
		if end && s.offset() == begin { // all of it is here
			f.most = int64(len(text)) / 4 * 3
		}
		if !end && !s.escaped && f.held == 0 { // whole groups, so that ahead can go on
			used = used / 4 * 4
			text = text[:used]
		}
		if used == 0 { // only a part of the next escape or group has arrived
			if slices.ContainsFunc(s.buf.in[s.at:s.end], isControl) {
				return s.control()
			}
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

// incoming is a file while it arrives.
type incoming struct {
	*scanner
	name   string
	opened bool // open was called
	back   bool // no writer gets the file, because something before it was wrong
	w      io.Writer
	begin  int64    // the offset of its text
	most   int64    // the most bytes that the file can have, if all of its text is here; 0 before
	data   []byte   // memory for the whole file, if there is no writer; nil while the file goes into parts
	parts  []*chunk // the decoded bytes before there was data
	size   int64    // the number of decoded bytes
	fed    int64    // the number of characters of this piece that were decoded
	group  [4]byte  // the beginning of the next group of four characters
	held   int      // the number of characters in group
	padded bool     // the padding was read, so nothing may follow
	bad    bool     // the file is not base64
	spilt  int64    // how many bytes the decoder may have written when ahead failed; only size bytes count
	failed int64    // how many bytes of the text had arrived when ahead failed
}

// ahead decodes what has arrived of a file that has begun, without a search for its end or for
// escapes, because such a search takes as long as the decoding. It takes whole groups of
// characters if all of them are base64, and reports whether it took any. All other text is left
// to piece and feed.
func (f *incoming) ahead() (some bool, err error) {
	arrived := f.past + int64(f.end)
	if f.size == 0 || f.escaped || f.held > 0 || f.bad || f.padded || f.failed == arrived || f.end-f.at < 4 {
		return false, nil
	}
	f.fed = 0
	room := f.room()
	text := f.buf.in[f.at:f.end]
	text = text[:min(len(text)/4, len(room)/3)*4]
	room = room[:len(text)/4*3]
	n, ok := fastbase64.Decode(room, text)
	if !ok || n < len(room) { // a short n means line breaks or padding
		f.failed, f.spilt = arrived, f.size+int64(len(room))
		return false, nil
	}
	f.at += len(text)
	return true, f.add(room)
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
		if slices.ContainsFunc(piece, isControl) { // the text is not even JSON
			return f.control()
		}
	}
	return nil
}

// decode decodes whole groups of four characters.
func (f *incoming) decode(text []byte) error {
	for len(text) > 0 && !f.bad {
		if err := f.open(); err != nil {
			return err
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
		f.fed += int64(len(part))
		if err := f.add(room[:n]); err != nil {
			return err
		}
	}
	return nil
}

// add counts the next bytes of the file, which stand in its room, and writes them if there is
// a writer.
func (f *incoming) add(data []byte) error {
	f.size += int64(len(data))
	if f.w == nil || len(data) == 0 {
		return nil
	}
	f.plan.wrote = f.plan.wrote || f.w != Drop
	if err := write(f.w, data); err != nil {
		return &WriteError{f.name, err}
	}
	return nil
}

// open finds out which writer gets the file. It does so once, before the first bytes.
func (f *incoming) open() error {
	if f.opened {
		return nil
	}
	f.opened = true
	if f.plan.To == nil {
		return nil
	}
	if f.back = f.withheld; f.back {
		f.w = Drop // nobody gets the file, so it needs no memory
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
		if len(f.data)-int(f.size) < 3 {
			f.grow()
		}
		return f.data[f.size:]
	}
	if int64(len(f.parts))*int64(len(chunk{})) == f.size { // all parts are full
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
		left := f.left()
		if most = f.size + left/4*3 + 3; left <= 0 || most > trust*(f.past+int64(f.end)) {
			return
		}
		most = min(most, f.likely(left))
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

// left returns how many bytes of the text should follow the last one that was decoded.
func (f *incoming) left() int64 { return f.length - f.offset() - f.fed }

// likely returns how many bytes the file has if its text goes on as it began, and a little
// more. A text with escapes is longer than the text of its file without them. If memory were
// taken for all of it, the file would have to be copied into less memory at the end.
func (f *incoming) likely(left int64) int64 {
	read := f.offset() + f.fed - f.begin
	if f.size == 0 || read <= 0 {
		return math.MaxInt64
	}
	all := f.size + int64(float64(f.size)/float64(read)*float64(left))
	return all + all/slack
}

// slack says that memory is taken for a 64th more than a file is likely to have.
const slack = 64

// grow takes more memory for a file that is longer than was likely, or longer than its
// sender said.
func (f *incoming) grow() {
	more := int64(len(f.data))
	if left := f.left(); left > 0 {
		more = min(more, left/4*3)
	}
	data := make([]byte, int64(len(f.data))+more+3)
	copy(data, f.data)
	f.data = data
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
		return &decoded{size: f.size, written: !f.back, held: f.back}
	case f.size == 0:
		return &decoded{}
	}
	return &decoded{data: f.bytes(), size: f.size}
}

// bytes returns the bytes of a file that is kept in memory. A file that is much shorter
// than it could have been leaves its memory to the next one.
func (f *incoming) bytes() []byte {
	size := int(f.size)
	if f.data != nil && len(f.data)-size <= size/slack*2+3 {
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

// giveBack wipes the chunks of a file, and gives them back. The decoder may have written more
// than f.size bytes. Of a bad file nobody knows how many, so its chunks are wiped as a whole.
func (f *incoming) giveBack() {
	for i, part := range f.parts {
		used := int64(len(part))
		if !f.bad {
			used = max(0, min(used, max(f.size, f.spilt)-int64(i)*used))
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

	scanner scanner
	names   [32][]byte    // the first backing array of scanner.names
	top     [16]span      // the first backing array of scanner.top
	plain   [4 << 10]byte // the text of a piece without its escapes
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
