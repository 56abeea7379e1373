package arrows

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../../.."

// use is one name that a file uses and another file declares.
type use struct{ from, to, name string }

func TestArrowsPointDown(t *testing.T) {
	var up []string
	for _, u := range uses(t, sources(t, root)) {
		if fault := judge(u); fault != "" {
			up = append(up, fault)
		}
	}
	require.Empty(t, up, "a lower room names what stands above it: move the declaration down, or the use up")
}

func TestArrowsKnowEveryFile(t *testing.T) {
	var known, there []string
	for _, r := range rooms {
		known = append(known, r.files...)
	}
	for path := range sources(t, root) {
		there = append(there, strings.TrimSuffix(filepath.Base(path), ".go"))
	}
	for _, name := range there {
		require.Contains(t, known, name, "the file stands in no room of rooms.go")
	}
	for _, name := range known {
		_, err := os.Stat(filepath.Join(root, name+".go"))
		require.NoError(t, err, "rooms.go names a file that is gone")
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(known))), len(known), "a file stands in two rooms")
}

// The table of CONTRIBUTING.md leads to every file.
func TestArrowsKnowTheRoomsOfContributing(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	var patterns []string
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([a-z0-9_*]+\\.go)`").FindAllStringSubmatch(cells[1], -1) {
				patterns = append(patterns, m[1])
			}
		}
	}
	for path := range sources(t, root) {
		named := slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, err := filepath.Match(pattern, filepath.Base(path))
			return err == nil && ok
		})
		require.True(t, named, "%s stands in no row of CONTRIBUTING.md", filepath.Base(path))
	}
}

func TestArrowsStandInTheirOrder(t *testing.T) {
	var lower []string
	for _, r := range rooms {
		require.Subset(t, lower, r.below, "%s may name rooms below it only", r.name)
		lower = append(lower, r.name)
	}
}

func TestArrowsThatPointUpAreFound(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("package faceid\n"+text), 0o600))
	}
	write("product.go", "type Product string\n\nfunc plain(p Product) int { return len(p) }\n")
	write("errors.go", "type Error struct{ record *FaceRecord }\n")                              // a type of a feature
	write("codes.go", "var wait = waitOf(nil)\n")                                                // a function of a feature
	write("event.go", "func order(r interface{ order() string }) string { return r.order() }\n") // an interface names nobody
	write("facerecord.go", "type FaceRecord struct{ Product Product }\n\nfunc waitOf(*FaceRecord) int { return plain(\"\") }\n")

	var up []string
	for _, u := range uses(t, sources(t, dir)) {
		if fault := judge(u); fault != "" {
			up = append(up, fault)
		}
	}
	require.Equal(t, []string{
		"codes.go (ground) names waitOf of facerecord.go (face)",
		"errors.go (ground) names FaceRecord of facerecord.go (face)",
	}, up)
}

// judge says what is wrong with a use, "" if nothing is.
func judge(u use) string {
	from, to := roomOf(u.from), roomOf(u.to)
	if u.to == "client.go" || from.name == to.name || slices.Contains(from.below, to.name) {
		return ""
	}
	return fmt.Sprintf("%s (%s) names %s of %s (%s)", u.from, from.name, u.name, u.to, to.name)
}

func roomOf(file string) room {
	for _, r := range rooms {
		if slices.Contains(r.files, strings.TrimSuffix(file, ".go")) {
			return r
		}
	}
	return room{name: "no room"}
}

// sources returns the text of the files of a package that are compiled here.
func sources(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	all := map[string][]byte{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_other.go") {
			continue
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		all[path] = text
	}
	return all
}

// uses type-checks the files as one package and returns every use of a name,
// a method or a field that another of the files declares, once, in order.
func uses(t *testing.T, files map[string][]byte) []use {
	t.Helper()
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, path := range slices.Sorted(maps.Keys(files)) {
		file, err := parser.ParseFile(fset, path, files[path], parser.SkipObjectResolution)
		require.NoError(t, err)
		parsed = append(parsed, file)
	}
	exports := exportData(t)
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	pkg, err := config.Check("faceid", fset, parsed, info)
	require.NoError(t, err)

	file := func(pos token.Pos) string { return filepath.Base(fset.Position(pos).Filename) }
	found := map[use]bool{}
	for ident, object := range info.Uses {
		if object.Pkg() == pkg {
			found[use{file(ident.Pos()), file(object.Pos()), object.Name()}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b use) int {
		return strings.Compare(a.from+" "+a.to+" "+a.name, b.from+" "+b.to+" "+b.name)
	})
}

// exportData asks the go command where the compiled packages are that the root
// imports.
func exportData(t *testing.T) map[string]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Export", ".")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	exports := map[string]string{}
	for read := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		err := read.Decode(&p)
		if err == io.EOF {
			return exports
		}
		require.NoError(t, err)
		exports[p.ImportPath] = p.Export
	}
}
