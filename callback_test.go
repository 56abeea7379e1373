package faceid_test

import (
	"context"
	_ "embed"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

const (
	cbAppID  = "IDAXXXXX"
	cbTicket = "XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS"
	cbSign   = "2A59243EF7DC7F64151939386E88929A911D81E7" // the signature of orderNo596551 with code 0
)

func cbValues() url.Values {
	return url.Values{"code": {"0"}, "orderNo": {"orderNo596551"}, "faceId": {"tx1"}, "newSignature": {cbSign}, "liveRate": {"99"}}
}

func TestVerifyCallbackMakesACallbackReadable(t *testing.T) {
	for name, change := range map[string]func(url.Values){
		"mobile":     func(url.Values) {},
		"lower case": func(v url.Values) { v.Set("newSignature", strings.ToLower(cbSign)) },
		"PC names": func(v url.Values) {
			v.Del("newSignature")
			v.Set("newSign", cbSign)
			v.Del("faceId")
			v.Set("h5faceId", "tx1")
		},
		"with the merchant's":    func(v url.Values) { v.Set("session", "7"); v.Add("session", "8") },
		"both names, same value": func(v url.Values) { v.Set("newSign", strings.ToLower(cbSign)) },
	} {
		t.Run(name, func(t *testing.T) {
			values := cbValues()
			change(values)
			cb, err := faceid.VerifyCallback(values, cbAppID, "other", cbTicket)
			require.NoError(t, err)
			require.Equal(t, &faceid.Callback{
				OrderNo: "orderNo596551", Code: faceid.CodePassed, FaceID: "tx1", LiveRate: faceid.Score{Value: 99, Present: true},
			}, cb)
			require.True(t, cb.Passed())
		})
	}
}

// The documents describe four shapes, which arrive here as a browser brings them.
func TestVerifyCallbackReadsEveryShape(t *testing.T) {
	for shape, test := range map[string]struct {
		query string
		want  faceid.Callback
	}{
		"Plus":     {"faceId=f1&newSignature=S&liveRate=99", faceid.Callback{FaceID: "f1", LiveRate: faceid.Score{Value: 99, Present: true}}},
		"Enhanced": {"h5faceId=f1&newSignature=S&liveRate=99", faceid.Callback{FaceID: "f1", LiveRate: faceid.Score{Value: 99, Present: true}}},
		"PC":       {"h5faceId=f1&newSign=S", faceid.Callback{FaceID: "f1"}},
		"will": {"faceCode=0&willCode=66666006&h5faceId=f1&newSignature=S&liveRate=99", faceid.Callback{
			FaceID: "f1", LiveRate: faceid.Score{Value: 99, Present: true}, FaceCode: faceid.CodePassed, WillCode: faceid.CodeWillMismatch,
		}},
	} {
		for number, code := range map[string]faceid.Code{
			"0": faceid.CodePassed, "66660004": faceid.CodeNotSamePerson, "66666006": faceid.CodeWillMismatch,
			"3004": faceid.CodeH5NoCamera, "3006": faceid.CodeH5NotInWeChat, "300101": faceid.CodeH5BadMessage, "400101": faceid.CodeBadSignature,
		} {
			t.Run(shape+" "+number, func(t *testing.T) {
				query := "code=" + number + "&orderNo=order1&" + strings.Replace(test.query, "=S", "="+faceid.Sign(cbTicket, cbAppID, "order1", number), 1)
				values, err := url.ParseQuery(query)
				require.NoError(t, err)
				cb, err := faceid.VerifyCallback(values, cbAppID, cbTicket)
				require.NoError(t, err)
				want := test.want
				want.OrderNo, want.Code = "order1", code
				require.Equal(t, &want, cb)
				require.Equal(t, number == "0", cb.Passed())
				require.Equal(t, "order1/"+number, cb.ID())
			})
		}
	}
}

// The codes of the parts of a will cannot turn a failure into a pass.
func TestVerifyCallbackCountsTheSignedCodeOnly(t *testing.T) {
	values := url.Values{"code": {"66666006"}, "orderNo": {"order1"}, "faceCode": {"0"}, "willCode": {"0"}}
	values.Set("newSignature", faceid.Sign(cbTicket, cbAppID, "order1", "66666006"))
	cb, err := faceid.VerifyCallback(values, cbAppID, cbTicket)
	require.NoError(t, err)
	require.False(t, cb.Passed())
	values.Add("willCode", "1")
	_, err = faceid.VerifyCallback(values, cbAppID, cbTicket)
	require.ErrorIs(t, err, faceid.ErrBadSignature)
}

// A replay reaches the hook, and the hook decides about it.
func TestWithCallbackOnceAcceptsACallbackOnce(t *testing.T) {
	sim := faceidtest.Start(t)
	var mu sync.Mutex
	seen := map[string]bool{}
	client := newClient(sim, faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		first := !seen[cb.ID()]
		seen[cb.ID()] = true
		return first, nil
	}))
	back := finish(t, sim, client, "order1")

	forged := back.Clone(t.Context())
	forged.URL.RawQuery = strings.Replace(forged.URL.RawQuery, "code=0", "code=1", 1)
	_, err := client.VerifyCallback(t.Context(), forged)
	require.ErrorIs(t, err, faceid.ErrBadSignature)
	require.Empty(t, seen, "a forgery does not reach the hook")

	cb, err := client.VerifyCallback(t.Context(), back)
	require.NoError(t, err)
	require.Equal(t, "order1", cb.OrderNo)
	cb, err = client.VerifyCallback(t.Context(), back)
	require.ErrorIs(t, err, faceid.ErrReplayed)
	require.Equal(t, "order1", cb.OrderNo, "a reload can be sent to its order's page")
	require.NotErrorIs(t, err, faceid.ErrBadSignature)

	_, err = client.VerifyCallback(t.Context(), sim.Callback("https://merchant.example/back", "order1", "66660004"))
	require.NoError(t, err, "another end of the same order is another callback")
	for range 2 {
		_, err = client.VerifyCallback(t.Context(), sim.Callback("https://merchant.example/back", "order1", "3004"))
		require.NoError(t, err, "a person without a camera may find none again")
	}

	requireOneOfAHundred(t, sim, client)
}

// requireOneOfAHundred has a hundred requests bring one callback at the same time
// and expects that one is accepted.
func requireOneOfAHundred(t *testing.T, sim *faceidtest.Server, client *faceid.Client) {
	const hundred = 100
	firsts := make(chan bool, hundred)
	callback := sim.Callback("https://merchant.example/back", "order2", "0")
	for range hundred {
		go func() {
			_, err := client.VerifyCallback(context.WithoutCancel(t.Context()), callback)
			firsts <- err == nil
		}()
	}
	accepted := 0
	for range hundred {
		if <-firsts {
			accepted++
		}
	}
	require.Equal(t, 1, accepted)
}

// After a refresh the platform signs the same callback with another ticket.
func TestWithCallbackOnceKnowsAReplayAcrossRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		seen := map[string]bool{}
		client := newClient(sim, faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
			first := !seen[cb.ID()]
			seen[cb.ID()] = true
			return first, nil
		}))
		before := finish(t, sim, client, "order1")
		_, err := client.VerifyCallback(t.Context(), before)
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)
		burst(t, 1, func() error { _, err := client.SignTicket(t.Context()); return err })
		after := sim.Callback("https://merchant.example/back", "order1", "0")
		require.NotEqual(t, before.URL.Query().Get("newSignature"), after.URL.Query().Get("newSignature"))
		_, err = client.VerifyCallback(t.Context(), after)
		require.ErrorIs(t, err, faceid.ErrReplayed)
	})
}

func TestWithCallbackOnceThatFailsIsNotAFirstTime(t *testing.T) {
	sim := faceidtest.Start(t)
	broken := errors.New("the database is down")
	client := newClient(sim, faceid.WithCallbackOnce(func(context.Context, *faceid.Callback) (bool, error) { return true, broken }))
	cb, err := client.VerifyCallback(t.Context(), finish(t, sim, client, "order1"))
	require.Nil(t, cb)
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, faceid.ErrStore, "the credentials' store is well")
	suite.see(err)
}

func TestVerifyCallbackLeavesAnUnverifiedCallbackUnreadable(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(url.Values)
		appID   string
		tickets []string
	}{
		"other code":      {func(v url.Values) { v.Set("code", "66660004") }, cbAppID, []string{cbTicket}},
		"other order":     {func(v url.Values) { v.Set("orderNo", "orderNo596552") }, cbAppID, []string{cbTicket}},
		"other app":       {func(url.Values) {}, "IDAXXXXY", []string{cbTicket}},
		"other ticket":    {func(url.Values) {}, cbAppID, []string{"other"}},
		"no ticket":       {func(url.Values) {}, cbAppID, nil},
		"short signature": {func(v url.Values) { v.Set("newSignature", cbSign[:39]) }, cbAppID, []string{cbTicket}},
		"long signature":  {func(v url.Values) { v.Set("newSignature", cbSign+"0") }, cbAppID, []string{cbTicket}},
		"no code":         {func(v url.Values) { v.Del("code") }, cbAppID, []string{cbTicket}},
		"no order":        {func(v url.Values) { v.Del("orderNo") }, cbAppID, []string{cbTicket}},
		"code twice":      {func(v url.Values) { v.Add("code", "1") }, cbAppID, []string{cbTicket}},
		"order twice":     {func(v url.Values) { v.Add("orderNo", "x") }, cbAppID, []string{cbTicket}},
		"signature twice": {func(v url.Values) { v.Add("newSignature", "x") }, cbAppID, []string{cbTicket}},
		"two signatures":  {func(v url.Values) { v.Set("newSign", "x") }, cbAppID, []string{cbTicket}},
		"code shifted": {func(v url.Values) {
			v.Set("code", "00")
			v.Set("newSignature", faceid.Sign(cbTicket, cbAppID, "orderNo596551", "00"))
		}, cbAppID, []string{cbTicket}},
		"order with a blank": {func(v url.Values) {
			v.Set("orderNo", "a b")
			v.Set("newSignature", faceid.Sign(cbTicket, cbAppID, "a b", "0"))
		}, cbAppID, []string{cbTicket}},
		"signed by no ticket":  {func(v url.Values) { v.Set("newSignature", faceid.Sign("", cbAppID, "orderNo596551", "0")) }, cbAppID, []string{""}},
		"signed by the secret": {func(v url.Values) { v.Set("newSignature", faceid.Sign("secret", cbAppID, "orderNo596551", "0")) }, cbAppID, []string{cbTicket}},
	} {
		t.Run(name, func(t *testing.T) {
			values := cbValues()
			test.change(values)
			cb, err := faceid.VerifyCallback(values, test.appID, test.tickets...)
			require.ErrorIs(t, err, faceid.ErrBadSignature)
			require.Nil(t, cb)
			require.False(t, cb.Passed())
		})
	}
}

// The body of a request, or a query that is malformed, cannot smuggle anything in.
func TestVerifyCallbackReadsTheQueryOnly(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	good := finish(t, sim, client, "order1")

	posted := httptest.NewRequest(http.MethodPost, "https://merchant.example/back", strings.NewReader(good.URL.RawQuery))
	posted.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err := client.VerifyCallback(t.Context(), posted)
	require.ErrorIs(t, err, faceid.ErrUnsigned)

	broken := httptest.NewRequest(http.MethodGet, "https://merchant.example/back", nil)
	broken.URL.RawQuery = good.URL.RawQuery + "&%zz"
	_, err = client.VerifyCallback(t.Context(), broken)
	require.ErrorIs(t, err, faceid.ErrBadSignature)
}

func TestVerifyCallbackMintsNothingWithoutATicket(t *testing.T) {
	sim := faceidtest.Start(t)
	back := finish(t, sim, newClient(sim), "order1")
	before := sim.Calls(pathToken)
	_, err := newClient(sim).VerifyCallback(t.Context(), back) // This process has just started.
	require.ErrorIs(t, err, faceid.ErrBadSignature)
	require.Equal(t, before, sim.Calls(pathToken))
}

func TestVerifyCallbackAcceptsWhatTheSimulatorForgesForTests(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	_, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	cb, err := client.VerifyCallback(t.Context(), sim.Callback("https://merchant.example/back", "order1", "0"))
	require.NoError(t, err)
	require.True(t, cb.Passed())
}

// Without the ticket nothing passes, whatever the query holds. With the ticket only
// signed values pass.
func FuzzVerifyCallback(f *testing.F) {
	f.Add(cbValues().Encode(), cbTicket)
	f.Add("code=0&orderNo=1&newSign="+faceid.Sign("x", cbAppID, "1", "0"), "x")
	f.Add("code=0&orderNo=a&orderNo=b&newSignature=", "")
	f.Add("code=3004&orderNo=a", "t")
	f.Add("code=66660004&orderNo=01a&newSignature="+faceid.Sign("t", cbAppID, "01a", "66660004"), "t")
	f.Fuzz(func(t *testing.T, query, ticket string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Skip()
		}
		if cb, err := faceid.VerifyCallback(values, cbAppID, "a ticket that the fuzzer does not know", ""); err == nil {
			t.Fatalf("passed without the ticket: %v", cb)
		}
		cb, err := faceid.VerifyCallback(values, cbAppID, ticket)
		if err != nil {
			if cb != nil || cb.Passed() {
				t.Fatal("readable although refused")
			}
			return
		}
		want := faceid.Sign(ticket, cbAppID, cb.OrderNo, cb.Code.Number())
		got := values.Get("newSignature")
		if got == "" {
			got = values.Get("newSign")
		}
		if ticket == "" || !strings.EqualFold(want, got) || len(values["code"]) != 1 || len(values["orderNo"]) != 1 {
			t.Fatalf("accepted %q", query)
		}
	})
}

// A callback that no ticket can make good is refused without a look into the store.
func TestVerifyCallbackRefusesIllFormedCallbacksAtOnce(t *testing.T) {
	good := url.Values{"code": {"0"}, "orderNo": {"order1"}, "newSignature": {strings.Repeat("A", 40)}}
	for name, change := range map[string][]string{
		"a code with a zero in front": {"code", "00"}, "no code": {"code", ""}, "a code of letters": {"code", "zero"},
		"an order with a blank": {"orderNo", "a b"}, "no order": {"orderNo", ""}, "an order that is too long": {"orderNo", strings.Repeat("1", 33)},
		"a short signature": {"newSignature", strings.Repeat("A", 39)}, "a long signature": {"newSignature", strings.Repeat("A", 60000)},
		"a signature of other letters": {"newSignature", strings.Repeat("G", 40)}, "a signature with a blank": {"newSignature", strings.Repeat("A", 39) + " "},
		"twice": {"code", "0", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &lookedInto{Store: faceid.NewMemoryStore()}
				sim := faceidtest.Start(t)
				c := newClient(sim, faceid.WithStore(store))
				q := url.Values{}
				for k, v := range good {
					q[k] = v
				}
				q[change[0]] = change[1:]
				_, err := c.VerifyCallback(t.Context(), &http.Request{URL: &url.URL{RawQuery: q.Encode()}})
				require.Error(t, err)
				require.Zero(t, store.loads, "no look into the store")
				q["newSignature"], q["orderNo"], q["code"] = good["newSignature"], good["orderNo"], good["code"]
				_, err = c.VerifyCallback(t.Context(), &http.Request{URL: &url.URL{RawQuery: q.Encode()}})
				require.ErrorIs(t, err, faceid.ErrBadSignature)
				require.NotZero(t, store.loads, "a well-formed one is looked up")
			})
		})
	}
}

type lookedInto struct {
	faceid.Store
	loads int
}

func (s *lookedInto) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	s.loads++
	return s.Store.Load(ctx, key)
}

//go:embed callback.go
var callbackSource string

// Time cannot be measured on a noisy machine, so the source is examined. In
// claimed.verify the values of the request meet the computed signature in
// ConstantTimeCompare only.
func TestVerifyCallbackComparesSignaturesInConstantTime(t *testing.T) {
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
