package faceidtest

import (
	"fmt"
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
	pieces map[string][]string
}{pieces: map[string][]string{}}

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
	// The page has its key before its facts.
	text = append(text, pieces[0]...)
	text = append(append(text, template.HTMLEscapeString(p.Key)...), pieces[1]...)
	for i, f := range p.Facts {
		text = append(append(text, template.HTMLEscapeString(f.Value)...), pieces[i+2]...)
	}
	return text, true
}

// pieces returns the pieces of the page's shape, and keeps them.
func (p *page) pieces() []string {
	shape := *p
	shape.Key, shape.Facts = pageMark, slices.Clone(p.Facts)
	for i := range shape.Facts {
		shape.Facts[i].Value = pageMark
	}
	key := fmt.Sprint(shape.Kind, shape.Lang, shape.Title, shape.Action, shape.Facts, shape.Endings)
	shapes.Lock()
	defer shapes.Unlock()
	pieces := shapes.pieces[key]
	if pieces == nil && len(shapes.pieces) < maxShapes {
		pieces = strings.Split(string(shape.renderWhole()), pageMark)
		shapes.pieces[key] = pieces
	}
	return pieces
}
