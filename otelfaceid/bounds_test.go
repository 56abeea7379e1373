package otelfaceid_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// constants returns the values of the string constants of the library whose type has one of these
// names, and all paths of the platform that its sources name.
func constants(t *testing.T, types ...string) (values, paths []string) {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				named, ok := n.Type.(*ast.Ident)
				for i := range n.Values {
					lit, isText := n.Values[i].(*ast.BasicLit)
					if ok && isText && strings.Contains(" "+strings.Join(types, " ")+" ", " "+named.Name+" ") {
						text, _ := strconv.Unquote(lit.Value)
						values = append(values, text)
					}
				}
			case *ast.BasicLit:
				if text, _ := strconv.Unquote(n.Value); strings.HasPrefix(text, "/api/") && !strings.HasSuffix(text, "/") {
					paths = append(paths, text)
				}
			}
			return true
		})
	}
	return values, paths
}

func TestBoundsKnowEveryFamilyProductKindAndPath(t *testing.T) {
	families, paths := constants(t, "Family")
	require.Greater(t, len(families), 35)
	require.Greater(t, len(paths), 15)
	r := record(t)
	for _, family := range families {
		r.Observe(t.Context(), faceid.Event{Kind: faceid.EventDecision, Op: "A", Family: faceid.Family(family), Err: errors.New("x")})
		require.Equal(t, family, attributes(r.span("faceid decision A"))["faceid.family"])
		r.spans()
	}
	products, _ := constants(t, "Product")
	require.Len(t, products, 8)
	for i := range 300 { // what comes first takes nothing from what is known
		r.Observe(t.Context(), faceid.Event{Kind: faceid.EventCall, Op: "A", Product: "x-" + faceid.Product(strings.Repeat("y", i%30)), Endpoint: fmt.Sprint("Invented", i)})
	}
	r.spans()
	for _, product := range products {
		r.Observe(t.Context(), faceid.Event{Kind: faceid.EventCall, Op: "A", Product: faceid.Product(product)})
		require.Equal(t, product, attributes(r.span("faceid call A"))["faceid.product"])
		r.spans()
	}
	kinds, _ := constants(t, "EventKind")
	require.Len(t, kinds, 5)
	for _, kind := range kinds {
		r.Observe(t.Context(), faceid.Event{Kind: faceid.EventKind(kind), Op: "A"})
		require.Equal(t, kind, attributes(r.span("faceid " + kind + " A"))["faceid.kind"])
		r.spans()
	}
	for _, path := range paths {
		if strings.Contains(path, "ogin") || strings.Contains(path, "%") { // people's browsers go there
			continue
		}
		r.Observe(t.Context(), faceid.Event{Kind: faceid.EventCall, Op: "A", Endpoint: path})
		require.Equal(t, path, attributes(r.span("faceid call A " + path))["faceid.endpoint"])
		r.spans()
	}
}

// A hostile platform, and whoever lets strangers choose what is called, cannot make
// more series than these.
func TestObserveBoundsTheSeriesOfHostileEvents(t *testing.T) {
	r := record(t)
	r.Observe(t.Context(), faceid.Event{Kind: faceid.EventCall, Op: "StartH5", Endpoint: "/api/server/getPlusFaceId", Code: faceid.CodePassed})
	for i := range 5000 {
		any := "x" + strconv.Itoa(i)
		e := faceid.Event{
			Op: "Op" + any, Endpoint: "/" + any, Product: faceid.Product(any), Code: faceid.Code("face/" + strconv.Itoa(i) + "9"),
			Family: faceid.Family(any), HTTPStatus: i, Err: errors.New(any),
		}
		if i%2 == 0 {
			e.Op, e.Endpoint, e.Product = "StartH5", "Act"+any, faceid.ProductPlus
		}
		for _, kind := range []faceid.EventKind{faceid.EventCall, faceid.EventDecision, faceid.EventCallback, faceid.EventRefresh, faceid.EventStore, faceid.EventKind(any)} {
			e.Kind = kind
			r.Observe(t.Context(), e)
		}
	}
	total := 0
	for name := range r.collect() {
		n := len(r.points(name))
		require.LessOrEqual(t, n, 1000, name)
		total += n
	}
	require.LessOrEqual(t, total, 3000)
	r.Observe(t.Context(), faceid.Event{Kind: faceid.EventCall, Op: "StartH5", Endpoint: "/api/server/getPlusFaceId", Code: faceid.CodePassed})
	require.EqualValues(t, 2, r.points("faceid.calls")["faceid.code=face/0,faceid.endpoint=/api/server/getPlusFaceId,faceid.op=StartH5"], "what is known keeps its series")
	for series := range r.points("faceid.calls") {
		require.NotContains(t, series, "face/1")
		require.NotContains(t, series, "endpoint=/x")
	}
}

// The same with a real Client, whose platform answers a new code, status and number
// each time.
func TestObserveBoundsTheSeriesOfHostileAnswers(t *testing.T) {
	sim := faceidtest.Start(t)
	r := record(t)
	n := 0
	hostile := roundTripper(func(request *http.Request) (*http.Response, error) {
		if strings.HasPrefix(request.URL.Path, "/api/oauth2/") {
			return sim.RoundTrip(request)
		}
		n++
		body := fmt.Sprintf(`{"code":"%d","msg":"%s","bizSeqNo":"%s %d"}`, 700000+n, personName, personIDNo, n)
		return &http.Response{StatusCode: 200 + n%700, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
	})
	client := r.client(sim, faceid.WithHTTPClient(&http.Client{Transport: r.Transport(hostile)}))
	for i := range 300 {
		_, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: fmt.Sprint("order", i)})
		require.Error(t, err)
	}
	for name := range r.collect() {
		require.LessOrEqual(t, len(r.points(name)), 70, name)
	}
	for _, s := range r.spans() {
		require.NotContains(t, fmt.Sprint(s.Attributes()), personIDNo)
	}
}

func TestTransportBoundsTheHostsOfMetrics(t *testing.T) {
	r := record(t)
	for i := range 200 {
		response, err := r.Transport(answers(200, "")).RoundTrip(request(t, http.MethodGet, fmt.Sprintf("https://h%d.example:%d/", i, 1000+i)))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	require.LessOrEqual(t, len(r.points(requestSum)), 17)
	require.Len(t, r.spans(), 200)
}

func TestBoundsLetNoIllFormedValueIntoSpans(t *testing.T) {
	r := record(t)
	r.Observe(t.Context(), faceid.Event{
		Kind: faceid.EventCall, Op: personName, Endpoint: "/" + personIDNo, Product: personName, OrderNo: personName, BizSeqNo: "a b",
		RequestID: strings.Repeat("a", 65), Code: faceid.Code("cloud/" + personIDNo), Family: personName, Err: errors.New(personName),
	})
	all := r.spans()
	require.Len(t, all, 1)
	require.Equal(t, map[string]string{
		"faceid.kind": "call", "faceid.op": "_OTHER", "faceid.endpoint": "_OTHER", "faceid.product": "_OTHER", "faceid.code": "_OTHER",
		"faceid.family": "_OTHER", "error.type": "_OTHER",
	}, attributes(all[0]))
	for code, want := range map[faceid.Code]string{
		"face/12345": "face/12345", "face/-1": "face/-1", "cloud/FailedOperation.Something": "cloud/FailedOperation.Something",
		"face/unreadable": "_OTHER", "cloud/a b": "_OTHER", faceid.CodePassed: "face/0",
	} {
		r.Observe(t.Context(), faceid.Event{Kind: faceid.EventCall, Op: "A", Code: code})
		require.Equal(t, want, attributes(r.span("faceid call A"))["faceid.code"])
		r.spans()
	}
}
