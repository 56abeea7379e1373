// Package sizes checks that no function and no file of the repository is too long
// to be read at once.
package sizes

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	maxFunc = 50  // lines of a function, from func to its closing brace
	maxFile = 500 // lines of a file
)

// tooLong names the functions and the files below root that are too long, tests
// included. It skips generated files.
func tooLong(root string) (found []string, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		long, err := inFile(filepath.ToSlash(name), text)
		found = append(found, long...)
		return err
	})
	return found, err
}

// inFile names what is too long in one file.
func inFile(name string, text []byte) (found []string, err error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(f) {
		return nil, err
	}
	if n := bytes.Count(text, []byte("\n")); n > maxFile {
		found = append(found, fmt.Sprintf("%s: %d lines", name, n))
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		begin := fset.Position(fn.Pos()).Line
		if n := fset.Position(fn.End()).Line - begin + 1; n > maxFunc {
			found = append(found, fmt.Sprintf("%s:%d: func %s has %d lines", name, begin, fn.Name.Name, n))
		}
	}
	return found, nil
}
