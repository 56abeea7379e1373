package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// A sample that lets a browser in must decide by ConfirmReturn or
// ConfirmWillReturn: people copy samples, and each check that a sample leaves out
// is left out everywhere.
//
// A function of a block of Go, of an example program or of a godoc Example is
// refused if it, with all that it calls there,
//
//   - checks a callback by VerifyCallback, opens a login page, or is the handler of
//     a program that opens one, and
//   - decides on a record or on the callback: calls ConfirmFace or ConfirmWill, or
//     asks Passed, Err, Confirm, CodePassed or FamilyPassed of what QueryFaceRecord,
//     GetWillFaceResult, WaitFaceFiles, WaitWillResult or VerifyCallback returned, and
//   - does not decide by ConfirmReturn or ConfirmWillReturn.
//
// What an App reports is decided by ConfirmFace: a function that reads it with
// ParseSDKResult is not a browser's. A function that itself calls VerifyCallback
// and decides is refused in any case. The pieces may be shown where they are
// explained, marked by a comment (before a block, or of the function):
//
//	<!-- doccheck: pieces -->
//	//doccheck:pieces
//
// A mark is a fault where the function would not be refused.

// piecesMark is the comment of a function that may decide by hand, since it shows
// the pieces of ConfirmReturn.
const piecesMark = "//doccheck:pieces"

// sdkCalls says of the library's calls what they mean to this check.
var sdkCalls = map[string]does{
	"VerifyCallback": {verifies: true},
	"StartH5":        {opens: true}, "OpenH5": {opens: true}, "StartPC": {opens: true}, "OpenPC": {opens: true},
	"StartWillH5": {opens: true}, "OpenWillH5": {opens: true}, "LoginURL": {opens: true},
	"ConfirmFace": {decides: true}, "ConfirmWill": {decides: true},
	"ConfirmReturn": {safely: true}, "ConfirmWillReturn": {safely: true},
	"ParseSDKResult": {fromApp: true},
}

// asked are the calls whose result decides nothing until the caller asks it whether
// the person passed.
var asked = map[string]bool{
	"QueryFaceRecord": true, "GetWillFaceResult": true, "WaitFaceFiles": true, "WaitWillResult": true, "VerifyCallback": true,
}

// does says what a function does when a person comes back in a browser.
type does struct {
	verifies bool // it verifies a callback
	opens    bool // it opens a login page
	decides  bool // it decides by hand
	safely   bool // it decides by ConfirmReturn or ConfirmWillReturn
	fromApp  bool // it reads the report of an App
	handles  bool // it is an HTTP handler
}

// with adds what another function does.
func (d does) with(other does) does {
	return does{
		d.verifies || other.verifies, d.opens || other.opens, d.decides || other.decides,
		d.safely || other.safely, d.fromApp || other.fromApp, d.handles || other.handles,
	}
}

// A sample is a set of functions that may call each other, and that are read
// together.
type sample struct {
	fset  *token.FileSet
	funcs []*sampleFunc
	place func(token.Pos) string
}

// sampleFunc is a function, or a literal inside one.
type sampleFunc struct {
	name   string // "" for a literal
	pos    token.Pos
	own    does          // what its body does, without the literals inside
	calls  []string      // the names that it calls
	inner  []*sampleFunc // the literals inside
	pieces bool          // it is marked: it may decide by hand
}

// checkDecisions returns the faults of all samples: of the pages, the example
// programs and the godoc Examples.
func checkDecisions(root string, pages map[string]*page) ([]string, error) {
	var faults []string
	for _, p := range sortedPages(pages) {
		faults = append(faults, p.decisions()...)
	}
	dirs, err := filepath.Glob(filepath.Join(root, "examples", "*"))
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		files, err := sources(dir, func(name string) bool { return !strings.HasSuffix(name, "_test.go") })
		if err != nil {
			return nil, err
		}
		found, err := readSample(root, files, nil)
		if err != nil {
			return nil, err
		}
		faults = append(faults, found.faults()...)
	}
	for _, dir := range published {
		files, err := sources(filepath.Join(root, dir), func(name string) bool { return strings.HasSuffix(name, "_test.go") })
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			found, err := readSample(root, []string{file}, func(name string) bool { return strings.HasPrefix(name, "Example") })
			if err != nil {
				return nil, err
			}
			faults = append(faults, found.faults()...)
		}
	}
	return faults, nil
}

// sources returns the Go files of a folder whose names are wanted.
func sources(dir string, wanted func(string) bool) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	return slices.DeleteFunc(files, func(file string) bool { return !wanted(file) }), err
}

// readSample reads files of one package. It keeps the functions that are wanted
// and those that they call; if wanted is nil, it keeps all.
func readSample(root string, files []string, wanted func(string) bool) (*sample, error) {
	s := &sample{fset: token.NewFileSet()}
	s.place = func(pos token.Pos) string {
		at := s.fset.Position(pos)
		name, err := filepath.Rel(root, at.Filename)
		if err != nil {
			name = at.Filename
		}
		return fmt.Sprintf("%s:%d", filepath.ToSlash(name), at.Line)
	}
	for _, file := range files {
		f, err := parser.ParseFile(s.fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		s.add(f)
	}
	if wanted != nil {
		s.keep(wanted)
	}
	return s, nil
}

// keep drops the functions that are neither wanted nor called by a wanted one.
func (s *sample) keep(wanted func(string) bool) {
	kept := map[*sampleFunc]bool{}
	var visit func(f *sampleFunc)
	visit = func(f *sampleFunc) {
		if kept[f] {
			return
		}
		kept[f] = true
		for _, callee := range s.callees(f) {
			visit(callee)
		}
	}
	for _, f := range s.funcs {
		if f.name != "" && wanted(f.name) {
			visit(f)
		}
	}
	s.funcs = slices.DeleteFunc(s.funcs, func(f *sampleFunc) bool { return !kept[f] })
}

// decisions returns the faults of a page: those of each block, and that of all
// blocks together, since a reader puts them together.
func (p *page) decisions() (faults []string) {
	whole := &sample{fset: token.NewFileSet()}
	all := &sampleFunc{name: p.path}
	for _, b := range p.blocks {
		if b.lang != "go" {
			continue
		}
		s := &sample{fset: token.NewFileSet(), place: func(token.Pos) string { return fmt.Sprintf("%s:%d", p.path, b.number) }}
		f, err := parseBlock(s.fset, b.text)
		if err != nil {
			continue // the compiler reports it
		}
		s.add(f)
		for _, f := range s.funcs {
			f.pieces = f.pieces || b.pieces
		}
		found := s.faults()
		faults = append(faults, found...)
		if len(found) == 0 && !b.pieces {
			all.inner = append(all.inner, s.funcs...)
		}
	}
	if d := whole.closure(all, map[*sampleFunc]bool{}); d.verifies && d.decides && !d.safely {
		faults = append(faults, fmt.Sprintf("%s:1: its blocks together %s", p.path, unsafeDecision))
	}
	return faults
}

// parseBlock parses a block, which is a file, declarations or statements.
func parseBlock(fset *token.FileSet, text string) (f *ast.File, err error) {
	const mode = parser.ParseComments | parser.SkipObjectResolution
	for _, form := range []string{"%s", "package p\n%s", "package p\nfunc _() {\n%s}\n"} {
		if f, err = parser.ParseFile(fset, "", fmt.Sprintf(form, text), mode); err == nil {
			return f, nil
		}
	}
	return nil, err
}

// add reads the functions of a file.
func (s *sample) add(f *ast.File) {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			found := s.read(fn.Name.Name, fn.Type, fn.Body)
			found.pos = fn.Pos()
			if fn.Doc != nil {
				found.pieces = slices.ContainsFunc(fn.Doc.List, func(c *ast.Comment) bool { return c.Text == piecesMark })
			}
		}
	}
}

// read notes what a function does, and returns the note.
func (s *sample) read(name string, kind *ast.FuncType, body *ast.BlockStmt) *sampleFunc {
	f := &sampleFunc{name: name, pos: body.Pos()}
	s.funcs = append(s.funcs, f)
	f.own.handles = isHandler(kind)
	answers := map[string]bool{} // variables that hold the answer of a call in asked
	isAnswer := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && answers[id.Name] || asks(e)
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			f.inner = append(f.inner, s.read("", n.Type, n.Body))
			return false
		case *ast.AssignStmt:
			if len(n.Rhs) == 1 && asks(n.Rhs[0]) {
				if id, ok := n.Lhs[0].(*ast.Ident); ok {
					answers[id.Name] = true
				}
			}
		case *ast.ValueSpec:
			if len(n.Values) == 1 && asks(n.Values[0]) {
				answers[n.Names[0].Name] = true
			}
		case *ast.Ident:
			f.own.decides = f.own.decides || len(answers) > 0 && (n.Name == "CodePassed" || n.Name == "FamilyPassed")
		case *ast.CallExpr:
			name := called(n)
			f.calls = append(f.calls, name)
			f.own = f.own.with(sdkCalls[name])
			switch name {
			case "Confirm": // which decides on a check, unless its argument is a record
				f.own.decides = f.own.decides || slices.ContainsFunc(n.Args, isAnswer)
			case "Passed", "Err":
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
					f.own.decides = f.own.decides || isAnswer(sel.X)
				}
			}
		}
		return true
	})
	return f
}

// asks reports whether an expression is a call in asked, or must around one.
func asks(e ast.Expr) bool {
	c, ok := e.(*ast.CallExpr)
	return ok && (asked[called(c)] || called(c) == "must" && slices.ContainsFunc(c.Args, asks))
}

// called returns the name that a call calls, without its package or receiver.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// isHandler reports whether the first parameters are those of an http.Handler.
func isHandler(t *ast.FuncType) bool {
	var kinds []string
	for _, p := range t.Params.List {
		kind := p.Type
		if star, ok := kind.(*ast.StarExpr); ok {
			kind = star.X
		}
		name := ""
		if sel, ok := kind.(*ast.SelectorExpr); ok {
			name = sel.Sel.Name
		}
		for range max(1, len(p.Names)) {
			kinds = append(kinds, name)
		}
	}
	return len(kinds) >= 2 && kinds[0] == "ResponseWriter" && kinds[1] == "Request"
}

// callees returns the literals inside a function, and the functions of the sample
// whose names it calls.
func (s *sample) callees(f *sampleFunc) []*sampleFunc {
	found := slices.Clone(f.inner)
	for _, other := range s.funcs {
		if other.name != "" && slices.Contains(f.calls, other.name) {
			found = append(found, other)
		}
	}
	return found
}

// closure returns what a function does together with all that it calls.
func (s *sample) closure(f *sampleFunc, seen map[*sampleFunc]bool) does {
	if seen[f] {
		return does{}
	}
	seen[f] = true
	d := f.own
	for _, callee := range s.callees(f) {
		inner := s.closure(callee, seen)
		inner.handles = false // a function that calls a handler is not one itself
		d = d.with(inner)
	}
	return d
}

// unsafeDecision completes the sentence of a fault.
const unsafeDecision = "decide on a browser without ConfirmReturn or ConfirmWillReturn"

// faults names the functions that decide by hand, each time the innermost one.
func (s *sample) faults() (faults []string) {
	opens := false
	for _, f := range s.funcs {
		opens = opens || f.own.opens
	}
	bad := map[*sampleFunc]bool{}
	for _, f := range s.funcs {
		d := s.closure(f, map[*sampleFunc]bool{})
		browser := d.verifies || (d.opens || f.own.handles && opens) && !d.fromApp
		bad[f] = f.own.verifies && f.own.decides || browser && d.decides && !d.safely
	}
	for _, f := range s.funcs {
		blamed := slices.ContainsFunc(s.callees(f), func(callee *sampleFunc) bool { return bad[callee] })
		what := "func " + f.name
		switch f.name {
		case "":
			what = "a func literal"
		case "_":
			what = "the block"
		}
		switch {
		case f.pieces && !bad[f] && !blamed:
			faults = append(faults, fmt.Sprintf("%s: %s is marked %q, and there is nothing to excuse", s.place(f.pos), what, piecesMark))
		case bad[f] && !f.pieces && !blamed && !s.excused(f):
			faults = append(faults, fmt.Sprintf("%s: %s: it must not %s", s.place(f.pos), what, unsafeDecision))
		}
	}
	return faults
}

// excused reports whether a literal stands in a function that is marked.
func (s *sample) excused(f *sampleFunc) bool {
	return slices.ContainsFunc(s.funcs, func(outer *sampleFunc) bool {
		return slices.Contains(outer.inner, f) && (outer.pieces || s.excused(outer))
	})
}
