package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
)

// A person who closes the page has evidence as well. Their pass lets nobody in, and what is
// not a pass ends the order.
func TestEvidenceOfWhoeverDoesNotComeBack(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	passed := b.verify(faceid.ProductPlus)
	callback := b.end(passed, "passes")
	other := b.browser()
	refused := other.verify(faceid.ProductPlus)
	other.end(refused, "not-same-person")
	b.platform.Advance(8 * time.Minute)
	require.True(t, b.done(faceid.ProductPlus, parameter(t, passed, "orderNo")).Outcome.Passed)
	require.False(t, b.reached(evidence.Told, faceid.ProductPlus, parameter(t, refused, "orderNo")).Outcome.Passed)
	require.Contains(t, b.get("/result").body, "No result yet")
	require.Contains(t, other.get("/result").body, "<h1>未通过 Not passed")
	require.Contains(t, b.comeBack(callback), "<h1>通过 Passed", "the person may still come back")
}

// A task whose order was deleted is given up, and a ledger that does not answer is asked again.
func TestLookAtOnceKnowsWhatToRepeat(t *testing.T) {
	t.Parallel()
	s := open(t)
	task := asynq.NewTask(typeReturned, []byte("face-h5/order1"))
	require.ErrorIs(t, s.lookAtOnce(t.Context(), task), asynq.RevokeTask)
	s.server.SetError("LOADING")
	err := s.lookAtOnce(t.Context(), task)
	require.Error(t, err)
	require.NotErrorIs(t, err, asynq.RevokeTask)
	s.server.SetError("")
}

// An order that the ledger does not take is given to no browser: the person begins anew.
func TestVerifyGivesNoOrderThatTheLedgerDoesNotHave(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.server.HSet("{gin-evidence}:evidence:all", "x", "y") // another type than the ledger's
	w := s.browser().post("/verify", person(faceid.ProductPlus))
	require.Equal(t, http.StatusServiceUnavailable, w.status)
	require.Empty(t, w.location)
	require.Empty(t, w.header.Get("Set-Cookie"))
}

// The metrics count the decisions and the orders without an end, and name nobody.
func TestMetricsNameNobody(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	login := b.verify(faceid.ProductPlus)
	callback := b.end(login, "passes")
	b.comeBack(callback)
	b.get(change(t, callback, "orderNo", "order1"))
	b.browser().verify(faceid.ProductPlus) // whoever never comes
	b.done(faceid.ProductPlus, parameter(t, login, "orderNo"))
	b.platform.Advance(2 * time.Hour)
	w := httptest.NewRecorder()
	b.admin().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	text := w.Body.String()
	require.Regexp(t, `(?m)^faceid_decisions_total\{.*faceid_family="Passed".*\} 1$`, text)
	require.Regexp(t, `(?m)^faceid_orders_unfinished\{faceid_older_than="1h".*\} 1$`, text)
	require.Regexp(t, `(?m)^faceid_orders_unfinished\{faceid_older_than="24h".*\} 0$`, text)
	for _, secret := range []string{
		personIDNo, personName, url.QueryEscape(personName), b.platform.Secret(), b.platform.AppID(),
		parameter(t, login, "orderNo"), parameter(t, login, "userId"), parameter(t, callback, "newSignature"), "order1",
	} {
		require.NotContains(t, text, secret)
	}
	require.Equal(t, http.StatusNotFound, b.get("/metrics").status, "visitors do not reach it")
}

// The health of a process is that of its Redis.
func TestHealthIsThatOfRedis(t *testing.T) {
	t.Parallel()
	s := open(t)
	health := func() int {
		w := httptest.NewRecorder()
		s.admin().ServeHTTP(w, httptest.NewRequest("GET", "/healthz", nil))
		return w.Code
	}
	require.Equal(t, http.StatusOK, health())
	s.server.SetError("LOADING")
	require.Equal(t, http.StatusServiceUnavailable, health())
	s.server.SetError("")
}
