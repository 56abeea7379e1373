package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Place is a place of a document where files may stand, as base64 text: an
// object of which some members matter, a list, or one of File and Watched. Nil
// is a place where nothing does. What stands there has any type: only a string
// at a File is taken for one.
type Place struct {
	Members map[string]*Place // by their exact names
	Each    *Place            // of a list; anything else counts as a list of one
}

// The places where a journey ends.
var (
	File    = &Place{}
	Watched = &Place{} // a string or number here is shown to Plan.Watch
)

// Drop is for Plan.To: what goes there is dropped, and does not count as written.
var Drop io.Writer = dropped{}

type dropped struct{}

func (dropped) Write(data []byte) (int, error) { return len(data), nil }

// Files is an object of which these members are files.
func Files(names ...string) *Place {
	p := &Place{Members: map[string]*Place{}}
	for _, name := range names {
		p.Members[name] = File
	}
	return p
}

// Plan says what is to become of the files in a document.
type Plan struct {
	Root *Place
	// Envelope is the member whose files go by their names alone.
	Envelope string
	// To, if set, gives the writer that a file goes to while it arrives, or nil to
	// keep it. A file is named as in "turns[0].audio", and an empty one has no name.
	To func(name string) io.Writer
	// Watch, if set, sees the strings and numbers at the Watched places. Once it
	// says false, something else stands there, or a file is none, no file that comes
	// behind goes to a writer, and with To set none can be had.
	Watch func(text string) bool
	// MaxRest, if set, bounds what is left of the document without its files, in
	// bytes. It bounds the number of values, too: one for every valueRoom bytes.
	MaxRest int64

	wrote  bool
	inFile bool // one is arriving
}

// valueRoom is how many bytes of a text there must be for every value in it, so
// that its values cost some times the text and no more: an empty object is three
// bytes of JSON, and hundreds in memory.
const valueRoom = 128

// mostValues is the bound of a text's values.
func (p *Plan) mostValues() int {
	if p.MaxRest <= 0 {
		return math.MaxInt
	}
	return int(p.MaxRest / valueRoom)
}

// InFile reports whether a file is arriving: the reader that Read reads from may ask.
func (p *Plan) InFile() bool { return p != nil && p.inFile }

// What is wrong with a text that may be JSON all the same.
var (
	// ErrTooMuch says that a text is larger than Plan.MaxRest, has too many values
	// for it, a name that is too long, or nests too deeply.
	ErrTooMuch = errors.New("too large, too many values, too long a name or too deeply nested")
	// ErrRepeated says that two members of one object have the same name.
	ErrRepeated = errors.New("two members of one object have the same name")
)

// Wrote reports whether any byte went to a writer: then the document must not be
// read a second time.
func (p *Plan) Wrote() bool { return p != nil && p.wrote }

// Document is a JSON object without its files.
type Document struct {
	Text  []byte // where a file stood, there is an empty string
	Top   Object
	files map[string]*decoded // by their places, as in "result.turns[0].audio"
}

// decoded is a file of a document.
type decoded struct {
	data    []byte
	size    int64
	written bool
	bad     bool // it is not base64
	held    bool // back from the writers
}

func (f *decoded) typeError(name string) error {
	if f.bad {
		return &TypeError{name, "base64"}
	}
	return &TypeError{name, "written: something before it was wrong"}
}

// SyntaxError says that a text is not JSON. It quotes nothing of it.
type SyntaxError struct {
	Offset int64 // of the first byte that cannot stand there
	Ended  bool  // the text ends there
}

func (e *SyntaxError) Error() string {
	if e.Ended {
		return fmt.Sprintf("JSON that ends too early, at byte %d", e.Offset)
	}
	return fmt.Sprintf("not JSON at byte %d", e.Offset)
}

// WriteError is the trouble of a writer that Plan.To gave.
type WriteError struct {
	Name string
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("writing %s: %v", e.Name, e.Err) }

// Unwrap returns the writer's own error.
func (e *WriteError) Unwrap() error { return e.Err }

// Read reads one JSON object and takes its files out while it arrives; size is
// how long the text may be expected to be, -1 if that is not known. The rest is
// for encoding/json. Bytes that are written before an error shows up behind them
// stay written. Errors are those of r as they are, *SyntaxError, ErrNotObject,
// ErrRepeated, ErrTooMuch and *WriteError; a file that is not base64 is one only
// where it is asked for.
//
// Where the two differ, this and reading the whole by encoding/json and
// encoding/base64: names are exact, no name may stand twice in an object, and
// its length and the depth are bounded.
func Read(r io.Reader, size int64, plan *Plan) (*Document, error) {
	if plan == nil {
		plan = &Plan{}
	}
	d := desks.Get().(*desk)
	s := &scanner{src: r, desk: d, plan: plan, wiped: true, names: d.names[:0]}
	defer s.leave()
	if most := int64(8 << 20); size > 0 { // a length is a claim
		if plan.Root != nil {
			most = 4 << 10 // what is long is a file
		}
		s.rest = make([]byte, 0, min(size, most))
	}
	if err := s.first(s.document()); err != nil {
		return nil, err
	}
	if most := plan.MaxRest; most > 0 && int64(len(s.rest)) > most {
		return nil, ErrTooMuch
	}
	top, err := ParseObject(s.rest)
	if top == nil {
		return nil, cmp.Or(err, ErrNotObject)
	}
	return &Document{s.rest, top, s.files}, nil
}

// ReadBytes is Read for a text that is there, and keeps all files. What is left
// without them is as large as the text at most, so only its values are bounded.
func ReadBytes(text []byte, root *Place) (*Document, error) {
	return Read(bytes.NewReader(text), int64(len(text)), &Plan{Root: root, MaxRest: max(int64(len(text)), 1<<20)})
}

// Received is a file of a document.
type Received struct {
	Data    []byte // nil if it went to a writer
	Size    int64
	Written bool
}

// File returns a file at the top level.
func (d *Document) File(name string) (Received, error) { return d.file(name, name, d.Top.Member(name)) }

// file returns what stood at a place whose JSON is raw.
func (d *Document) file(place, name string, raw json.RawMessage) (Received, error) {
	f := d.files[place]
	switch {
	case len(raw) == 0 || isNull(raw):
		return Received{}, nil
	case raw[0] != '"':
		return Received{}, &TypeError{name, "a string"}
	case f == nil:
		return Received{}, nil
	case f.bad || f.held:
		return Received{}, f.typeError(name)
	}
	return Received{f.data, f.size, f.written}, nil
}

// short is the name that a file goes by.
func (p *Plan) short(place string) string {
	if name, ok := strings.CutPrefix(place, p.Envelope+"."); ok && p.Envelope != "" {
		return name
	}
	return place
}
