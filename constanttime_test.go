package faceid

import (
	_ "embed"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:embed callback.go
var callbackSource string

// Time cannot be tested on a noisy machine, so the source is: in claimed.verify
// what the request claims meets what we computed in ConstantTimeCompare only.
func TestSignaturesAreComparedInConstantTime(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "callback.go", callbackSource, 0)
	require.NoError(t, err)
	compared := 0
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Name.Name != "verify" || len(f.Recv.List[0].Names) != 1 || f.Recv.List[0].Names[0].Name != "c" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "ConstantTimeCompare" && mentions(n, "signSet") {
					compared++
				}
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					require.False(t, mentions(n, "signSet") || mentions(n, "got"), "compared with %s", n.Op)
				}
			}
			return true
		})
	}
	require.Equal(t, 1, compared)
}

func mentions(n ast.Node, name string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == name
		return true
	})
	return found
}
