package faceid_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// errAway is what a hook says whose database is out of reach.
var errAway = errors.New("the database is away")

// callbackRow is a callback and what its events tell.
type callbackRow struct {
	once     func(context.Context, *faceid.Callback) (bool, error)
	change   func(good, bad *http.Request) *http.Request // good belongs to the order of the session
	canceled bool
	family   faceid.Family
	verified bool          // the event tells order and code
	code     faceid.Code   // the code of a verified callback
	returns  faceid.Family // the family that ConfirmReturn decides on
	elsewise faceid.Family // the family of ConfirmReturn's event, where it differs
}

// callbackRows are callbacks of every kind.
var callbackRows = map[string]callbackRow{
	"a pass":        {verified: true, code: faceid.CodePassed, returns: faceid.FamilyPassed},
	"another claim": {change: func(_, bad *http.Request) *http.Request { return bad }, verified: true, code: faceid.CodeNotSamePerson, elsewise: faceid.FamilyOtherOrder, returns: faceid.FamilyOtherOrder},
	"forged":        {change: func(g, _ *http.Request) *http.Request { return changed(g, "newSignature", strings.Repeat("0", 40)) }, family: faceid.FamilyForged, returns: faceid.FamilyForged},
	"malformed":     {change: func(g, _ *http.Request) *http.Request { r := changed(g); r.URL.RawQuery += "&%zz"; return r }, family: faceid.FamilyForged, returns: faceid.FamilyForged},
	"twice":         {change: func(g, _ *http.Request) *http.Request { return twice(g, "code") }, family: faceid.FamilyForged, returns: faceid.FamilyForged},
	"unsigned":      {change: func(g, _ *http.Request) *http.Request { return changed(g, "newSignature", "") }, family: faceid.FamilyUnsigned, returns: faceid.FamilyUnsigned},
	"empty":         {change: func(g, _ *http.Request) *http.Request { r := changed(g); r.URL.RawQuery = ""; return r }, family: faceid.FamilyUnsigned, returns: faceid.FamilyUnsigned},
	"a stranger's": {change: func(g, _ *http.Request) *http.Request {
		return changed(g, "newSignature", "", "orderNo", somebody.Name, "code", somebody.IDNo)
	}, family: faceid.FamilyUnsigned, returns: faceid.FamilyUnsigned},
	"replayed":        {once: func(context.Context, *faceid.Callback) (bool, error) { return false, nil }, family: faceid.FamilyReplayed, verified: true, code: faceid.CodePassed, returns: faceid.FamilyReplayed},
	"not told":        {once: func(context.Context, *faceid.Callback) (bool, error) { return true, errAway }, family: faceid.ErrCaller, verified: true, code: faceid.CodePassed, returns: faceid.ErrCaller},
	"not hers":        {once: func(context.Context, *faceid.Callback) (bool, error) { return true, faceid.ErrOtherOrder }, family: faceid.FamilyOtherOrder, verified: true, code: faceid.CodePassed, returns: faceid.FamilyOtherOrder},
	"the caller left": {change: func(g, _ *http.Request) *http.Request { return changed(g, "newSignature", strings.Repeat("0", 40)) }, canceled: true, family: "", returns: ""},
}

// Every callback that was looked at is one event.
func TestEventIsOneForEveryCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // A forged callback waits a second for the store.
		for name, test := range callbackRows {
			var seen events
			sim := faceidtest.Start(t)
			opts := []faceid.Option{seen.option()}
			if test.once != nil {
				opts = append(opts, faceid.WithCallbackOnce(test.once))
			}
			client := newClient(sim, opts...)
			mine, other := openedPage(t, client, faceid.ProductPlus, "order1"), openedPage(t, client, faceid.ProductPlus, "order2")
			good, err := sim.Visit(t.Context(), mine.URL)
			require.NoError(t, err)
			sim.Script("order2", faceidtest.NotSamePerson())
			bad, err := sim.Visit(t.Context(), other.URL)
			require.NoError(t, err)
			r := good
			if test.change != nil {
				r = test.change(good, bad)
			}
			ctx := t.Context()
			if test.canceled {
				ctx = canceled()
			}

			seen.take()
			begin := time.Now()
			cb, err := client.VerifyCallback(ctx, r)
			took := time.Since(begin)
			e := seen.one(t, faceid.EventCallback)
			want := faceid.Event{Kind: faceid.EventCallback, Op: "VerifyCallback", Family: test.family, Err: err, Duration: took}
			if test.verified {
				want.OrderNo, want.Code = "order1", test.code
				if r == bad {
					want.OrderNo = "order2"
				}
			}
			if cb == nil && test.verified { // Only the error tells of the callback.
				want.Code = ""
			}
			require.Equal(t, want, e, name)

			requireReturnEvents(ctx, t, name, test, &seen, client, mine, r)
		}
	})
}

// requireReturnEvents has ConfirmReturn decide on a callback and compares both
// events, that of the callback and that of the decision.
func requireReturnEvents(ctx context.Context, t *testing.T, name string, test callbackRow, seen *events, client *faceid.Client, mine *faceid.PageLogin, r *http.Request) {
	begin := time.Now()
	_, err := client.ConfirmReturn(ctx, r, &mine.Session)
	took := time.Since(begin)
	all := seen.take()
	require.GreaterOrEqual(t, len(all), 2, "a callback and a decision, %s", name)
	e := all[len(all)-2]
	require.Equal(t, faceid.EventCallback, e.Kind, name)
	require.Equal(t, "ConfirmReturn", e.Op, name)
	require.Equal(t, "order1", e.OrderNo, "the session's, %s", name)
	require.Equal(t, faceid.ProductPlus, e.Product, name)
	if test.elsewise == "" {
		require.Equal(t, test.family, e.Family, name)
		require.Equal(t, test.code, e.Code, name)
	} else {
		require.Equal(t, test.elsewise, e.Family, name)
		require.Empty(t, e.Code, name)
	}
	require.LessOrEqual(t, e.Duration, took, name)
	d := all[len(all)-1]
	require.Equal(t, faceid.EventDecision, d.Kind, name)
	require.Equal(t, test.returns, d.Family, name)
	require.Equal(t, err, d.Err, name)
	require.Equal(t, took, d.Duration, name)
	for _, e := range all[:len(all)-2] {
		require.Equal(t, faceid.EventCall, e.Kind, name)
	}
}

// Arguments that hold no callback make no event of a callback, and refused arguments
// decide nothing.
func TestEventIsNotToldWithoutACallback(t *testing.T) {
	var seen events
	client := newClient(faceidtest.Start(t), seen.option())
	_, err := client.VerifyCallback(t.Context(), nil)
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.Empty(t, seen.take())
	_, err = client.ConfirmReturn(t.Context(), nil, &faceid.PageSession{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.Equal(t, []string{"decision ConfirmReturn"}, told(seen.take()))
}
