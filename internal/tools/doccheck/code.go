package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// imports are the packages that a fragment may use without an import of its own.
var imports = map[string]string{
	"faceid": "github.com/faceid-go/faceid", "faceidtest": "github.com/faceid-go/faceid/faceidtest", "redisstore": "github.com/faceid-go/faceid/redisstore",
	"sqlstore":   "github.com/faceid-go/faceid/sqlstore",
	"otelfaceid": "github.com/faceid-go/faceid/otelfaceid",
	"evidence":   "github.com/faceid-go/faceid/evidence", "sqlledger": "github.com/faceid-go/faceid/evidence/sqlledger", "blob": "gocloud.dev/blob", "age": "filippo.io/age",
	"faceidriver": "github.com/faceid-go/faceid/evidence/river", "river": "github.com/riverqueue/river", "riversqlite": "github.com/riverqueue/river/riverdriver/riversqlite",
	"faceidasynq": "github.com/faceid-go/faceid/evidence/asynq", "asynq": "github.com/hibiken/asynq",
	"common": "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common", "redis": "github.com/redis/go-redis/v9",
	"require": "github.com/stretchr/testify/require", "catalog": "github.com/faceid-go/faceid/internal/catalog",
	"bytes": "bytes", "context": "context", "json": "encoding/json", "errors": "errors", "fmt": "fmt", "io": "io", "log": "log", "slog": "log/slog",
	"http": "net/http", "httptest": "net/http/httptest", "url": "net/url", "os": "os", "sort": "sort", "strings": "strings", "sync": "sync",
	"synctest": "testing/synctest", "testing": "testing", "time": "time", "sha1": "crypto/sha1", "hex": "encoding/hex", "rand": "math/rand", "sql": "database/sql", "wire": "github.com/faceid-go/faceid/internal/wire",
}

// checkCode compiles every block of Go. It writes nothing into the repository: the
// flag -overlay shows the go command files that are not there. Messages name the
// lines of the page.
func checkCode(root string, pages map[string]*page) ([]string, error) {
	c := &coder{root: root, overlay: map[string]string{}}
	var err error
	if c.root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	if c.temp, err = os.MkdirTemp("", "doccheck"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(c.temp)
	for _, p := range sortedPages(pages) {
		for _, b := range p.blocks {
			switch {
			case b.from != "":
				c.compare(p, b)
			case b.lang == "go":
				if err := c.add(p, b); err != nil {
					return nil, err
				}
			}
		}
	}
	return c.faults, c.run()
}

// A coder collects the blocks of all pages, and compiles and runs them.
type coder struct {
	root, temp  string
	overlay     map[string]string
	build       []string // packages to compile
	tests       []string // packages whose tests are to be compiled
	programs    []string // packages to run
	ownTests    []string // packages of a block of their own whose tests are to be run
	faults      []string
	blocks, all int
}

// add places a block where it can be compiled.
func (c *coder) add(p *page, b block) error {
	c.blocks++
	dir := fmt.Sprintf("internal/tools/doccheck/block%d", c.blocks)
	if strings.HasPrefix(b.text, "package ") || strings.Contains(b.text, "\npackage ") {
		return c.addFile(p, b, dir)
	}
	return c.addFragment(p, b, dir)
}

// addFile places a block that is a whole file: a program, a test or a package.
func (c *coder) addFile(p *page, b block, dir string) error {
	f, err := parser.ParseFile(token.NewFileSet(), "", b.text, parser.PackageClauseOnly)
	if err != nil {
		c.faults = append(c.faults, p.at(b.number, "%v", err))
		return nil
	}
	file := "block.go"
	switch {
	case f.Name.Name == "main":
		c.programs = append(c.programs, "./"+dir)
	case strings.HasSuffix(f.Name.Name, "_test"), strings.Contains(b.text, "\nfunc Test"):
		file = "block_test.go"
		c.ownTests = append(c.ownTests, "./"+dir)
	}
	c.build = append(c.build, "./"+dir)
	return c.place(dir+"/"+file, fmt.Sprintf("//line %s:%d\n%s", filepath.Join(c.root, p.path), b.number, b.text))
}

// addFragment places a block of declarations or statements: in the package that
// the block names, or in dir beside the preamble of its page.
func (c *coder) addFragment(p *page, b block, dir string) error {
	name := "fragment"
	if b.in != "" {
		pkg, err := packageOf(filepath.Join(c.root, b.in))
		if err != nil {
			return err
		}
		dir, name = b.in, pkg
	}
	c.build = append(c.build, "./"+dir)
	file := fmt.Sprintf("%s/zz_block%d.go", dir, c.blocks)
	if b.test {
		file, name = fmt.Sprintf("%s/zz_block%d_test.go", dir, c.blocks), name+"_test"
		c.tests = append(c.tests, "./"+dir)
	}
	text, err := fragment(name, filepath.Join(c.root, p.path), b, p.preamble)
	if err != nil {
		c.faults = append(c.faults, p.at(b.number, "%v", err))
		return nil
	}
	if err := c.place(file, text); err != nil || b.in != "" || p.preamble == "" {
		return err
	}
	shared, err := declarations(name, "", p.preamble)
	if err != nil {
		c.faults = append(c.faults, p.at(1, "the page's preamble: %v", err))
		return nil
	}
	return c.place(dir+"/preamble.go", shared)
}

// compare checks that a block is a copy of lines of the file that it names.
func (c *coder) compare(p *page, b block) {
	text, err := os.ReadFile(filepath.Join(c.root, filepath.FromSlash(b.from)))
	switch {
	case err != nil:
		c.faults = append(c.faults, p.at(b.number, "there is no %s", b.from))
	case filepath.Ext(b.from) != ".go" || b.lang != "go":
		c.faults = append(c.faults, p.at(b.number, "a copy must be of Go"))
	case !strings.Contains(unindented(string(text)), unindented(b.text)):
		c.faults = append(c.faults, p.at(b.number, "these lines are not in %s", b.from))
	}
}

// unindented takes the blanks off both ends of each line. It begins with a line break, so
// that a copy is one of whole lines.
func unindented(text string) string {
	out := "\n"
	for line := range strings.Lines(strings.Trim(text, "\n")) {
		out += strings.TrimSpace(line) + "\n"
	}
	return out
}

// place adds a file to the overlay: the go command reads text at path.
func (c *coder) place(path, text string) error {
	c.all++
	real := filepath.Join(c.temp, fmt.Sprintf("%d.go", c.all))
	c.overlay[filepath.Join(c.root, filepath.FromSlash(path))] = real
	return os.WriteFile(real, []byte(text), 0o600)
}

// packageOf returns the name of the package in a folder.
func packageOf(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		if f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly); err == nil && !strings.HasSuffix(f.Name.Name, "_test") {
			return f.Name.Name, nil
		}
	}
	return "", fmt.Errorf("no package in %s", dir)
}

// fragment makes a file of a block, which holds declarations or statements.
func fragment(name, path string, b block, preamble string) (string, error) {
	at := fmt.Sprintf("//line %s:%d\n", path, b.number)
	if text, err := declarations(name, at, b.text); err == nil {
		return text, nil
	}
	open := "func fragment" + fmt.Sprint(b.number) + "() {\n"
	f, err := parser.ParseFile(token.NewFileSet(), path, "package p\n"+open+at+b.text+"}\n", parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	used := "" // a fragment may end before it uses its variables
	for _, id := range declared(f.Decls[0].(*ast.FuncDecl).Body) {
		used += "\t_ = " + id + "\n"
	}
	return declarations(name, "", open+at+b.text+used+"}\n")
}

// declared returns the variables that a body declares, without those of inner blocks.
func declared(body *ast.BlockStmt) (names []string) {
	add := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" && !slices.Contains(names, id.Name) {
			names = append(names, id.Name)
		}
	}
	for _, s := range body.List {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				for _, e := range s.Lhs {
					add(e)
				}
			}
		case *ast.DeclStmt:
			if g := s.Decl.(*ast.GenDecl); g.Tok == token.VAR {
				for _, v := range g.Specs {
					for _, id := range v.(*ast.ValueSpec).Names {
						add(id)
					}
				}
			}
		}
	}
	return names
}

// declarations makes a file of declarations, with the imports that they need.
func declarations(name, at, text string) (string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+text, 0)
	if err != nil {
		return "", err
	}
	needed := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && id.Obj == nil && imports[id.Name] != "" && id.Name != name {
				needed[id.Name] = true
			}
		}
		return true
	})
	for _, i := range f.Imports { // the block imports these itself
		for name, path := range imports {
			if i.Path.Value == fmt.Sprintf("%q", path) {
				delete(needed, name)
			}
		}
	}
	out := "package " + name + "\n"
	for name := range needed {
		out += fmt.Sprintf("import %s %q\n", name, imports[name])
	}
	return out + at + text, nil
}

// run compiles every block, and runs the programs and the tests.
func (c *coder) run() error {
	overlay, err := json.Marshal(map[string]any{"Replace": c.overlay})
	if err != nil {
		return err
	}
	file := filepath.Join(c.temp, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return err
	}
	if c.blocks == 0 {
		return nil
	}
	slices.Sort(c.build)
	c.goes("compile", append([]string{"build", "-overlay", file}, slices.Compact(slices.DeleteFunc(c.build, func(p string) bool { return slices.Contains(c.ownTests, p) }))...)...)
	slices.Sort(c.tests)
	if len(c.tests) > 0 {
		c.goes("compile tests", append([]string{"test", "-overlay", file, "-run", "^$"}, slices.Compact(c.tests)...)...)
	}
	for _, p := range c.ownTests {
		// go test would run it in its folder, which is not there.
		binary := filepath.Join(c.temp, filepath.Base(p))
		if c.goes("compile a test", "test", "-c", "-vet=off", "-overlay", file, "-o", binary, p) {
			c.runs("test", c.temp, binary)
		}
	}
	for _, p := range c.programs {
		c.goes("run", "run", "-overlay", file, p)
	}
	return nil
}

// goes runs the go command in the root of the repository.
func (c *coder) goes(what string, args ...string) bool { return c.runs(what, c.root, "go", args...) }

// runs reports whether a command succeeded. If it failed, its output is a fault.
func (c *coder) runs(what, dir, name string, args ...string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		text := strings.ReplaceAll(cmp.Or(out.String(), err.Error()), c.root+"/", "")
		c.faults = append(c.faults, fmt.Sprintf("%s: %v\n%s", what, err, strings.TrimSpace(text)))
		return false
	}
	return true
}
