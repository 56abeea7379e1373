package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// repo holds the names that documents may mention.
type repo struct {
	root         string
	targets      map[string]bool            // of the Makefile
	ciExamples   string                     // the script that runs the examples
	variables    map[string]bool            // environment variables that Go or make reads
	names        map[string]map[string]bool // exported names by published package, "Type.Method" too
	words        map[string]bool            // capitalised words of the sources and tables
	undocumented []string                   // faults: exported names without a comment
}

// published are the packages whose API others build on.
var published = map[string]string{"faceid": ".", "faceidtest": "faceidtest", "redisstore": "redisstore", "sqlstore": "sqlstore",
	"evidence": "evidence", "sqlledger": "evidence/sqlledger", "otelfaceid": "otelfaceid",
}

var (
	target   = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`)
	variable = regexp.MustCompile(`\b(?:FACEID|TENCENTCLOUD)_[A-Z_]+\b`)
	word     = regexp.MustCompile(`\b[A-Z][a-z0-9]+[A-Z]\w*\b`)
)

// readRepo reads the names that documents may mention.
func readRepo(root string) (*repo, error) {
	r := &repo{root: root, targets: map[string]bool{}, variables: map[string]bool{}, names: map[string]map[string]bool{}, words: map[string]bool{}}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		return nil, err
	}
	for _, m := range target.FindAllSubmatch(makefile, -1) {
		r.targets[string(m[1])] = true
	}
	examples, err := os.ReadFile(filepath.Join(root, ".ci/examples"))
	if err != nil {
		return nil, err
	}
	r.ciExamples = string(examples)
	r.sees(makefile)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".go", ".json", ".tsv", ".yaml"}, filepath.Ext(path)) || strings.HasSuffix(filepath.ToSlash(path), "doccheck/main_test.go") {
			return err // that test invents names
		}
		text, err := os.ReadFile(path)
		r.sees(text)
		return err
	})
	if err != nil {
		return nil, err
	}
	for name, dir := range published {
		r.names[name] = map[string]bool{}
		if err := r.readPackage(name, filepath.Join(root, dir)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// sees notes the environment variables and the capitalised words of a text.
func (r *repo) sees(text []byte) {
	for _, v := range variable.FindAll(text, -1) {
		r.variables[string(v)] = true
	}
	for _, w := range word.FindAll(text, -1) {
		r.words[string(w)] = true
	}
}

// readPackage notes the exported names of a package, and which of them have no
// comment.
func (r *repo) readPackage(name, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, file, text, parser.ParseComments)
		if err != nil {
			return err
		}
		n := naming{r: r, pkg: name, fset: fset, generated: bytes.Contains(text[:min(len(text), 200)], []byte("DO NOT EDIT"))}
		for _, d := range f.Decls {
			n.decl(d)
		}
	}
	return nil
}

// naming notes the exported names of one file.
type naming struct {
	r         *repo
	pkg       string
	fset      *token.FileSet
	generated bool
}

// note adds a name, and a fault if it has no comment.
func (n naming) note(owner string, id *ast.Ident, documented bool) {
	if !id.IsExported() {
		return
	}
	name := id.Name
	n.r.names[n.pkg][name] = true
	if owner != "" {
		name = owner + "." + name
		n.r.names[n.pkg][name] = true
	}
	if !documented {
		n.r.undocumented = append(n.r.undocumented, fmt.Sprintf("%s: %s.%s has no comment", n.fset.Position(id.Pos()), n.pkg, name))
	}
}

// selfSpeaking are the methods that need no comment: an interface of the standard
// library fixes their meaning.
var selfSpeaking = map[string]bool{"Error": true, "String": true}

// decl notes the names of a declaration.
func (n naming) decl(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		owner := ""
		if d.Recv != nil {
			owner = receiver(d.Recv.List[0].Type)
			if !ast.IsExported(owner) {
				return
			}
		}
		n.note(owner, d.Name, d.Doc != nil || owner != "" && selfSpeaking[d.Name.Name])
	case *ast.GenDecl:
		group := false // the comment of a constant holds for those after it, too
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				n.note("", s.Name, d.Doc != nil || s.Doc != nil || s.Comment != nil)
				if s.Name.IsExported() {
					n.members(s)
				}
			case *ast.ValueSpec:
				group = group || d.Doc != nil || s.Doc != nil || s.Comment != nil
				for _, id := range s.Names {
					n.note("", id, group)
				}
			}
		}
	}
}

// members notes the fields of a struct and the methods of an interface. A field
// needs no comment of its own if a comment heads its lines, up to the next blank
// line, or if it is one of plainFields.
func (n naming) members(s *ast.TypeSpec) {
	var fields *ast.FieldList
	switch t := s.Type.(type) {
	case *ast.StructType:
		fields = t.Fields
	case *ast.InterfaceType:
		fields = t.Methods
	default:
		return
	}
	headed, last := false, 0
	for _, f := range fields.List {
		start := n.fset.Position(f.Pos()).Line
		headed = f.Doc != nil || headed && start == last+1
		last = n.fset.Position(f.End()).Line
		for _, id := range f.Names {
			n.note(s.Name.Name, id, n.generated || headed || f.Comment != nil || plainFields[id.Name])
		}
	}
}

// plainFields are fields that mean the same in every type, so they need no comment
// of their own.
var plainFields = map[string]bool{
	"OrderNo": true, "Product": true, "Platform": true, "Person": true, "FaceID": true, "UserID": true, "Code": true, "Message": true,
	"BizSeqNo": true, "TransactionTime": true, "OccurredTime": true, "From": true, "Family": true,
}

// receiver returns the name of a method's receiver type.
func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}
