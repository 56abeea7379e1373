package faceidtest

import (
	"hash/maphash"
	"html/template"
	"slices"
	"strings"
	"sync"
)

// The page of a verification is the same for many persons, apart from its key
// and the values of its facts, and rendering it costs more than all else that
// the server does for a person. So pages without questions are rendered once,
// with marks in these places.

// maxShapes bounds the pages that are kept. A script may have any code, which
// stands on its page.
const maxShapes = 200

// shapes are the pages that are kept, in the pieces between the marks.
var shapes = struct {
	sync.Mutex
	pieces map[uint64][]string
}{pieces: map[uint64][]string{}}

// pageMark stands where a value belongs. No page has it by chance.
var pageMark = "mark" + randomText(40)

// fromShape renders a page from what is kept. ok is false for a page of which
// nothing is kept.
func (p *page) fromShape() (text []byte, ok bool) {
	if p.made != verifyPage || len(p.Asked) > 0 {
		return nil, false
	}
	pieces := p.pieces()
	if len(pieces) != len(p.Facts)+2 { // a value does not stand where it is expected
		return nil, false
	}
	size := 1 << 9 // for the values
	for _, piece := range pieces {
		size += len(piece)
	}
	// The page has its key before its facts.
	text = append(make([]byte, 0, size), pieces[0]...)
	text = append(append(text, template.HTMLEscapeString(p.Key)...), pieces[1]...)
	for i, f := range p.Facts {
		text = append(append(text, template.HTMLEscapeString(f.Value)...), pieces[i+2]...)
	}
	return text, true
}

// pieces returns the pieces of the page's shape, and keeps them.
func (p *page) pieces() []string {
	key := p.shape()
	shapes.Lock()
	defer shapes.Unlock()
	pieces := shapes.pieces[key]
	if pieces == nil && len(shapes.pieces) < maxShapes {
		marked := *p
		marked.Key, marked.Facts = pageMark, slices.Clone(p.Facts)
		for i := range marked.Facts {
			marked.Facts[i].Value = pageMark
		}
		pieces = strings.Split(string(marked.renderWhole()), pageMark)
		shapes.pieces[key] = pieces
	}
	return pieces
}

// shape is a hash of all that stands on the page of a verification, apart from its key and
// the values of its facts.
func (p *page) shape() uint64 {
	var h maphash.Hash
	h.SetSeed(shapeSeed)
	maphash.WriteComparable(&h, [...]string{p.Kind, p.Lang, p.Title.ZH, p.Title.EN, p.Action})
	maphash.WriteComparable(&h, len(p.Facts))
	for _, f := range p.Facts {
		maphash.WriteComparable(&h, f.Label)
	}
	for _, e := range p.Endings {
		maphash.WriteComparable(&h, e)
	}
	return h.Sum64()
}

var shapeSeed = maphash.MakeSeed()
