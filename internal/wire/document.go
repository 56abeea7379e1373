package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Place describes one place of a document and the files below it. A file is a
// string of base64 text. A Place is an object of which some members are
// described, a list, File or Watched. A nil Place describes nothing. The document
// may have a value of any type at a place; only a string at a File is decoded.
type Place struct {
	Members map[string]*Place // the described members by their exact names
	Each    *Place            // the elements of a list; a value that is no list counts as a list of one
}

// Places that describe a single value.
var (
	// File is the place of a file.
	File = &Place{}
	// Watched is the place of a string or a number that Plan.Own is compared with.
	Watched = &Place{}
)

// Drop is a writer for Plan.To. It drops what it gets, and Plan.Wrote
// does not count these bytes as written.
var Drop io.Writer = dropped{}

type dropped struct{}

func (dropped) Write(data []byte) (int, error) { return len(data), nil }

// Files returns the place of an object whose members with these names are files.
func Files(names ...string) *Place {
	p := &Place{Members: map[string]*Place{}}
	for _, name := range names {
		p.Members[name] = File
	}
	return p
}

// Plan says where the files of a document go while Read reads it.
type Plan struct {
	Root *Place
	// Envelope is a member at the top level. The files in it are named without its
	// name.
	Envelope string
	// To, if set, returns the writer that gets a file while it arrives, or nil to
	// keep the file in memory. A name looks like "turns[0].audio". To is not called
	// for an empty file.
	To func(name string) io.Writer
	// Own, if set, is the string or number that a Watched place should hold. No later file
	// goes to a writer after a Watched place held another one that was not empty, after a
	// Watched place had a value of another type, or after a file that was not base64. If
	// To is set, such a later file is neither written nor kept in memory.
	Own string
	// MaxRest, if set, is the most bytes that the document may have without its
	// files. It bounds the number of values, too: one for every valueRoom bytes.
	MaxRest int64

	wrote  bool
	inFile bool // Read is reading a file now
}

// valueRoom is how many bytes of MaxRest are needed for every value. An empty
// object takes three bytes of JSON and hundreds in memory; with this bound the
// memory for all values is a small multiple of MaxRest.
const valueRoom = 128

// mostValues returns how many values the document may have.
func (p *Plan) mostValues() int {
	if p.MaxRest <= 0 {
		return math.MaxInt
	}
	return int(p.MaxRest / valueRoom)
}

// InFile reports whether Read is reading a file now. The reader that Read reads
// from may ask.
func (p *Plan) InFile() bool { return p != nil && p.inFile }

// Errors of a text that may be JSON all the same.
var (
	// ErrTooMuch says that a text is larger than Plan.MaxRest, has too many values
	// for it, has a name that is too long, or nests too deeply.
	ErrTooMuch = errors.New("too large, too many values, too long a name or too deeply nested")
	// ErrRepeated says that two members of one object have the same name.
	ErrRepeated = errors.New("two members of one object have the same name")
)

// Wrote reports whether any byte went to a writer other than Drop. The document
// must not be read a second time then.
func (p *Plan) Wrote() bool { return p != nil && p.wrote }

// Document is a JSON object whose files were taken out.
type Document struct {
	Text  []byte // the JSON text, with an empty string in the place of each file
	Top   Object
	files map[string]*decoded // the files by their places, as in "result.turns[0].audio"
}

// decoded is one file of a document.
type decoded struct {
	data    []byte
	size    int64
	written bool
	bad     bool // the file is not base64
	held    bool // no writer got the file, because something before it was wrong
}

func (f *decoded) typeError(name string) error {
	if f.bad {
		return &TypeError{name, "base64"}
	}
	return &TypeError{name, "written: something before it was wrong"}
}

// SyntaxError says that a text is not JSON. Its message quotes nothing of the text.
type SyntaxError struct {
	Offset int64 // the first byte that cannot stand in its place
	Ended  bool  // the text ends at Offset
}

func (e *SyntaxError) Error() string {
	if e.Ended {
		return fmt.Sprintf("JSON that ends too early, at byte %d", e.Offset)
	}
	return fmt.Sprintf("not JSON at byte %d", e.Offset)
}

// WriteError says that a writer of Plan.To failed.
type WriteError struct {
	Name string
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("writing %s: %v", e.Name, e.Err) }

// Unwrap returns the writer's own error.
func (e *WriteError) Unwrap() error { return e.Err }

// Read reads one JSON object from r and takes its files out while it arrives.
// size is the expected length of the text in bytes, or -1 if it is not known.
// Bytes that went to a writer stay written when a later part of the text is wrong.
// Errors are those of r as they are, *SyntaxError, ErrNotObject, ErrRepeated,
// ErrTooMuch and *WriteError. A file that is not base64 is an error only when the
// caller asks for this file.
//
// Read takes the texts that encoding/json takes, but is stricter in three points: names
// are exact, no name may stand twice in an object, and the length of a name and the depth
// of the document are bounded.
func Read(r io.Reader, size int64, plan *Plan) (*Document, error) {
	if plan == nil {
		plan = &Plan{}
	}
	b := borrow(size)
	s := &b.scanner
	*s = scanner{src: r, buf: b, plan: plan, names: b.names[:0], length: size}
	defer s.leave()
	if most := int64(8 << 20); size > 0 { // the length that a sender claims is not trusted
		if plan.Root != nil {
			most = 4 << 10 // the long part of such a text is its files
		}
		s.rest = make([]byte, 0, min(size, most))
	}
	if err := s.document(); err != nil {
		return nil, err
	}
	if most := plan.MaxRest; most > 0 && int64(len(s.rest)) > most {
		return nil, ErrTooMuch
	}
	top := s.outermost()
	if top == nil {
		return nil, ErrNotObject
	}
	return &Document{s.rest, top, s.files}, nil
}

// ReadBytes is Read for a text in memory, and keeps all files in memory. Without
// its files a text is no longer than with them, so in effect only the number of
// its values is bounded.
func ReadBytes(text []byte, root *Place) (*Document, error) {
	return Read(bytes.NewReader(text), int64(len(text)), &Plan{Root: root, MaxRest: max(int64(len(text)), 1<<20)})
}

// Received is a file of a document as the caller gets it.
type Received struct {
	Data    []byte // nil if the file went to a writer
	Size    int64
	Written bool
}

// File returns the file at the top level with this name.
func (d *Document) File(name string) (Received, error) { return d.file(name, name, d.Top.Member(name)) }

// file returns the file at a place. raw is the JSON that remained in its place.
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

// short returns the name of the file at a place: the place without the envelope.
func (p *Plan) short(place string) string {
	if name, ok := strings.CutPrefix(place, p.Envelope+"."); ok && p.Envelope != "" {
		return name
	}
	return place
}
