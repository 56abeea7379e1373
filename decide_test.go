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

// confirmReturn calls the decision of the product.
func confirmReturn(ctx context.Context, c *faceid.Client, r *http.Request, s *faceid.PageSession) (faceid.Result, bool, error) {
	if s != nil && s.Product == faceid.ProductWill {
		record, err := c.ConfirmWillReturn(ctx, r, s)
		return record, record != nil, err
	}
	record, err := c.ConfirmReturn(ctx, r, s)
	return record, record != nil, err
}

var pageProducts = []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic, faceid.ProductWill}

func TestConfirmReturnDecidesForEveryPage(t *testing.T) {
	for _, p := range pageProducts {
		t.Run(string(p), func(t *testing.T) {
			sim := faceidtest.Start(t)
			c := newClient(sim)
			login := openedPage(t, c, p, "")
			back, err := sim.Visit(t.Context(), login.URL)
			require.NoError(t, err)

			record, came, err := confirmReturn(t.Context(), c, back, &login.Session)
			require.NoError(t, err)
			require.True(t, came)
			require.True(t, record.Passed())
			require.NoError(t, record.Err())
			require.Equal(t, faceid.FamilyPassed, record.Family())
			require.Equal(t, faceid.CodePassed, record.Code())
			require.Equal(t, faceid.ChargedYes, record.Charged(), "the session knows the product")
		})
	}
}

// returnRow is a way back that fails, and what ConfirmReturn says of it.
type returnRow struct {
	back   *http.Request
	s      *faceid.PageSession
	step   faceid.ReturnStep
	want   error
	record bool
	remedy faceid.Remedy
}

// Every step of the way back is taken, and the error says which one failed.
func TestConfirmReturnSaysWhichStepFailed(t *testing.T) {
	for _, p := range pageProducts {
		t.Run(string(p), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // A forged callback waits a second for the store.
				sim := faceidtest.Start(t)
				c := newClient(sim)
				passes, fails, other := openedPage(t, c, p, "order1"), openedPage(t, c, p, "order2"), openedPage(t, c, p, "order3")
				good, err := sim.Visit(t.Context(), passes.URL)
				require.NoError(t, err)
				sim.Script("order2", faceidtest.NotSamePerson())
				bad, err := sim.Visit(t.Context(), fails.URL)
				require.NoError(t, err)
				foreign, err := sim.Visit(t.Context(), other.URL)
				require.NoError(t, err)

				signature := signatureName(p)
				claims := func(code string) *http.Request { return sim.Callback("https://merchant.example/back", "order1", code) }
				_, err = c.SignTicket(t.Context())
				require.NoError(t, err)

				for name, test := range map[string]returnRow{
					"another session's callback":         {foreign, &passes.Session, faceid.ReturnOrder, faceid.ErrOtherOrder, false, ""},
					"the callback of a tab before":       {good, &other.Session, faceid.ReturnOrder, faceid.ErrOtherOrder, false, ""},
					"another order, and forged":          {changed(good, "orderNo", "order3"), &passes.Session, faceid.ReturnOrder, faceid.ErrOtherOrder, false, ""},
					"an order that differs by case":      {changed(good, "orderNo", "Order1"), &passes.Session, faceid.ReturnOrder, faceid.ErrOtherOrder, false, ""},
					"no signature":                       {changed(good, signature, ""), &passes.Session, faceid.ReturnCallback, faceid.ErrUnsigned, false, ""},
					"no signature, and a hint":           {changed(good, signature, "", "code", "3004"), &passes.Session, faceid.ReturnCallback, faceid.ErrUnsigned, false, faceid.RemedyAllowCamera},
					"another signature":                  {changed(good, signature, strings.Repeat("0", 40)), &passes.Session, faceid.ReturnCallback, faceid.ErrBadSignature, false, ""},
					"no query":                           {changed(good, signature, "", "code", "", "orderNo", ""), &passes.Session, faceid.ReturnCallback, faceid.ErrUnsigned, false, ""},
					"a code of one's own":                {changed(bad, "code", "0"), &fails.Session, faceid.ReturnCallback, faceid.ErrBadSignature, false, ""},
					"an order twice":                     {twice(good, "orderNo"), &passes.Session, faceid.ReturnCallback, faceid.ErrBadSignature, false, ""},
					"a signature twice":                  {twice(good, signature), &passes.Session, faceid.ReturnCallback, faceid.ErrBadSignature, false, ""},
					"did not pass":                       {bad, &fails.Session, faceid.ReturnClaim, faceid.ErrNotPassed, true, ""},
					"did not pass, and its code":         {bad, &fails.Session, faceid.ReturnClaim, faceid.CodeNotSamePerson, true, ""},
					"kept: the camera was refused":       {claims("3004"), &passes.Session, faceid.ReturnClaim, faceid.FamilyCameraDenied, false, faceid.RemedyAllowCamera},
					"kept: interrupted":                  {claims("3003"), &passes.Session, faceid.ReturnClaim, faceid.ErrNotPassed, false, faceid.RemedyReenter},
					"kept: a browser that cannot record": {claims("3001"), &passes.Session, faceid.ReturnClaim, faceid.ErrNotPassed, false, faceid.RemedyOtherWay},
					"kept: another person, but a pass":   {claims("66660004"), &passes.Session, faceid.ReturnClaim, faceid.ErrNotPassed, false, ""},
					"trouble of the platform":            {claims("999999"), &passes.Session, faceid.ReturnClaim, faceid.ErrService, false, ""},
					"a code that is not known":           {claims("987654"), &passes.Session, faceid.ReturnClaim, faceid.ErrUnknownCode, false, ""},
					"a claim that the record denies":     {sim.Callback("https://merchant.example/back", "order2", "0"), &fails.Session, faceid.ReturnRecord, faceid.ErrNotPassed, true, ""},
				} {

					requireReturn(t, c, name, test)
				}
			})
		})
	}
}

// signatureName is the parameter that a product's callback is signed in.
func signatureName(p faceid.Product) string {
	signature := "newSignature"
	if p == faceid.ProductBasic {
		signature = "newSign"
	}
	return signature
}

// requireReturn decides on a way back and compares the result, the error and its
// step.
func requireReturn(t *testing.T, c *faceid.Client, name string, test returnRow) {
	record, came, err := confirmReturn(t.Context(), c, test.back, test.s)
	require.ErrorIs(t, err, test.want, name)
	require.Equal(t, test.record, came, err)
	if came {
		require.False(t, record.Passed(), name)
	}
	require.Equal(t, test.remedy, faceid.RemedyOf(err), name)
	var e *faceid.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, test.step, e.Step, name)
	require.NotEmpty(t, e.Family)
	require.Equal(t, test.s.OrderNo, e.OrderNo, "that of the session, never that of the request")
	for _, sentinel := range []error{faceid.ErrUnsigned, faceid.ErrBadSignature, faceid.ErrOtherOrder, faceid.ErrReplayed, faceid.ErrNoResult} {
		require.Equal(t, errors.Is(test.want, sentinel), errors.Is(err, sentinel), sentinel)
	}
	suite.see(record, err)
}

// A callback that was kept, or that belongs to another session, uses nothing up: its
// person can still come back.
func TestConfirmReturnUsesNothingUpForOthers(t *testing.T) {
	sim := faceidtest.Start(t)
	var asked []string
	c := newClient(sim, faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
		asked = append(asked, cb.ID())
		return len(asked) == 1, nil
	}))
	mine, theirs := openedPage(t, c, faceid.ProductPlus, "order1"), openedPage(t, c, faceid.ProductPlus, "order2")
	back, err := sim.Visit(t.Context(), theirs.URL)
	require.NoError(t, err)

	_, err = c.ConfirmReturn(t.Context(), back, &mine.Session)
	require.ErrorIs(t, err, faceid.ErrOtherOrder)
	_, err = c.ConfirmReturn(t.Context(), sim.Callback("https://merchant.example/back", "order2", "3003"), &theirs.Session)
	require.ErrorIs(t, err, faceid.ErrNotPassed)
	require.Empty(t, asked)

	record, err := c.ConfirmReturn(t.Context(), back, &theirs.Session)
	require.NoError(t, err)
	require.True(t, record.Passed())
	require.Equal(t, []string{"order2/0"}, asked)
}

// A code of the front-end says that no face was compared, so there is no record to ask
// for.
func TestConfirmReturnAsksForNoRecordThatCannotBe(t *testing.T) {
	sim := faceidtest.Start(t)
	c := newClient(sim)
	login := openedPage(t, c, faceid.ProductPlus, "order1")
	sim.Script("order1", faceidtest.NoCamera())
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	_, err = c.ConfirmReturn(t.Context(), back, &login.Session)
	require.ErrorIs(t, err, faceid.CodeH5NoCamera)
	require.Equal(t, faceid.RemedyAllowCamera, faceid.RemedyOf(err))
	require.Zero(t, sim.Calls(pathRecord))
}

// A reload after a decision that failed still decides. A reload after a decision that
// succeeded is a replay, and brings the record.
func TestConfirmReturnDecidesOnAReloadAfterTrouble(t *testing.T) {
	for _, p := range pageProducts {
		t.Run(string(p), func(t *testing.T) {
			sim := faceidtest.Start(t)
			seen := map[string]bool{}
			c := newClient(sim, faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
				first := !seen[cb.ID()]
				seen[cb.ID()] = true
				return first, nil
			}))
			login := openedPage(t, c, p, "")
			back, err := sim.Visit(t.Context(), login.URL)
			require.NoError(t, err)
			path := pathRecord
			if p == faceid.ProductWill {
				path = pathWillEnd
			}

			sim.FailNext(path, faceidtest.FaultStatus(500, "trouble"))
			_, came, err := confirmReturn(t.Context(), c, back, &login.Session)
			require.ErrorIs(t, err, faceid.ErrService)
			require.NotErrorIs(t, err, faceid.ErrNotPassed)
			require.False(t, came)

			record, _, err := confirmReturn(t.Context(), c, back, &login.Session)
			require.NoError(t, err, "the reload decides")
			require.True(t, record.Passed())

			record, came, err = confirmReturn(t.Context(), c, back, &login.Session)
			require.ErrorIs(t, err, faceid.ErrReplayed)
			require.NotErrorIs(t, err, faceid.ErrNotPassed)
			require.True(t, came, "the record comes with it")
			require.True(t, record.Passed())
			var e *faceid.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, faceid.ReturnOnce, e.Step)
			require.Equal(t, faceid.FamilyReplayed, e.Family)
		})
	}
}

// Of many requests with the same callback at the same time one is confirmed.
func TestConfirmReturnConfirmsOneOfManyAtOnce(t *testing.T) {
	sim := faceidtest.Start(t)
	once := make(chan struct{}, 1)
	once <- struct{}{}
	c := newClient(sim, faceid.WithCallbackOnce(func(context.Context, *faceid.Callback) (bool, error) {
		select {
		case <-once:
			return true, nil
		default:
			return false, nil
		}
	}))
	login := openedPage(t, c, faceid.ProductPlus, "")
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	errs := make(chan error, 20)
	for range cap(errs) {
		go func() {
			_, err := c.ConfirmReturn(context.Background(), back, &login.Session)
			errs <- err
		}()
	}
	confirmed := 0
	for range cap(errs) {
		if err := <-errs; err == nil {
			confirmed++
		} else {
			require.ErrorIs(t, err, faceid.ErrReplayed)
		}
	}
	require.Equal(t, 1, confirmed)
}

func TestConfirmReturnSaysThatTheHookFailed(t *testing.T) {
	sim := faceidtest.Start(t)
	broken := errors.New("the database is away")
	c := newClient(sim, faceid.WithCallbackOnce(func(context.Context, *faceid.Callback) (bool, error) { return true, broken }))
	login := openedPage(t, c, faceid.ProductPlus, "")
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	record, err := c.ConfirmReturn(t.Context(), back, &login.Session)
	require.ErrorIs(t, err, broken)
	require.Nil(t, record, "nobody can tell whether it is the first time")
	var e *faceid.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, faceid.ReturnOnce, e.Step)
}

func TestConfirmReturnWaitsForARecordThatLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, p := range pageProducts {
			sim := faceidtest.Start(t)
			c := newClient(sim)
			login := openedPage(t, c, p, "")
			back, err := sim.Visit(t.Context(), login.URL)
			require.NoError(t, err)
			path, code := pathRecord, "66660011"
			if p == faceid.ProductWill {
				path = pathWillEnd
			}
			late := faceidtest.FaultCode(code, "")
			sim.FailNext(path, late, late, late)
			start := time.Now()
			_, _, err = confirmReturn(t.Context(), c, back, &login.Session)
			require.NoError(t, err, p)
			require.Equal(t, 6*time.Second, time.Since(start))

			sim.FailNext(path, late, late, late, late)
			_, came, err := confirmReturn(t.Context(), c, back, &login.Session)
			require.ErrorIs(t, err, faceid.ErrNoResult)
			require.NotErrorIs(t, err, faceid.ErrNotPassed)
			require.False(t, came)
			var e *faceid.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, faceid.ReturnRecord, e.Step)
		}
	})
}

func TestConfirmReturnRefusesWhatItCannotDecideOn(t *testing.T) {
	sim := faceidtest.Start(t)
	c := newClient(sim)
	face, will := openedPage(t, c, faceid.ProductPlus, ""), openedPage(t, c, faceid.ProductWill, "")
	back, err := sim.Visit(t.Context(), face.URL)
	require.NoError(t, err)

	for name, call := range map[string]func() error{
		"no session":          func() error { _, err := c.ConfirmReturn(t.Context(), back, nil); return err },
		"no session of will":  func() error { _, err := c.ConfirmWillReturn(t.Context(), back, nil); return err },
		"an empty session":    func() error { _, err := c.ConfirmReturn(t.Context(), back, &faceid.PageSession{}); return err },
		"no request":          func() error { _, err := c.ConfirmReturn(t.Context(), nil, &face.Session); return err },
		"no URL":              func() error { _, err := c.ConfirmReturn(t.Context(), &http.Request{}, &face.Session); return err },
		"the session of will": func() error { _, err := c.ConfirmReturn(t.Context(), back, &will.Session); return err },
		"a session of face":   func() error { _, err := c.ConfirmWillReturn(t.Context(), back, &face.Session); return err },
		"a strange order": func() error {
			_, err := c.ConfirmReturn(t.Context(), back, &faceid.PageSession{OrderNo: "a b"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			calls := sim.Calls(pathRecord)
			require.ErrorIs(t, call(), faceid.ErrRequest)
			require.Equal(t, calls, sim.Calls(pathRecord))
		})
	}
}

// A scanner that follows the links in a mail does not use up the person's way back.
func TestConfirmReturnUsesNothingUpForAHeadRequest(t *testing.T) {
	sim := faceidtest.Start(t)
	c := newClient(sim)
	login := openedPage(t, c, faceid.ProductPlus, "")
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	scan := back.Clone(t.Context())
	scan.Method = http.MethodHead
	_, err = c.ConfirmReturn(t.Context(), scan, &login.Session)
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.Zero(t, sim.Calls(pathRecord))
	_, err = c.ConfirmReturn(t.Context(), back, &login.Session)
	require.NoError(t, err)
}
