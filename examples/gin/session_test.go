package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
)

func remember(t *testing.T) (*memory, *miniredis.Miniredis) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return &memory{client}, server
}

// A session lives for as long as its browser comes back, and Redis does not hold its cookie.
func TestSessionExpires(t *testing.T) {
	t.Parallel()
	m, server := remember(t)
	ctx := t.Context()
	token := newToken()
	require.Len(t, token, 26)
	require.NotEqual(t, token, newToken())
	who := &session{UserID: "user1", Login: &faceid.PageSession{OrderNo: "order1"}}
	require.NoError(t, m.keep(ctx, token, who))
	require.NotContains(t, server.Dump(), token)
	for range 3 {
		server.FastForward(sessionLife - time.Second)
		got, err := m.session(ctx, token)
		require.NoError(t, err)
		require.Equal(t, who, got)
	}
	server.FastForward(sessionLife)
	got, err := m.session(ctx, token)
	require.NoError(t, err)
	require.Nil(t, got)
}

// What was stored first stays, for an hour.
func TestSettleKeepsTheFirstEnd(t *testing.T) {
	t.Parallel()
	m, server := remember(t)
	ctx := t.Context()
	none, err := m.outcome(ctx, "order1")
	require.NoError(t, err)
	require.Nil(t, none)
	refused := &outcome{Gloss: "refused", Remedy: faceid.RemedyReenter}
	require.NoError(t, m.settle(ctx, "order1", refused))
	require.NoError(t, m.settle(ctx, "order1", &outcome{Passed: true}))
	got, err := m.outcome(ctx, "order1")
	require.NoError(t, err)
	require.Equal(t, refused, got)
	server.FastForward(outcomeLife)
	got, err = m.outcome(ctx, "order1")
	require.NoError(t, err)
	require.Nil(t, got)
}

// A callback is new once, for as long as its ticket may sign.
func TestFirstIsTrueOnce(t *testing.T) {
	t.Parallel()
	m, server := remember(t)
	cb := &faceid.Callback{OrderNo: "order1", Code: faceid.CodePassed}
	for i, want := range []bool{true, false, false} {
		got, err := m.first(t.Context(), cb)
		require.NoError(t, err)
		require.Equal(t, want, got, i)
	}
	server.FastForward(onceLife - time.Second)
	got, err := m.first(t.Context(), cb)
	require.NoError(t, err)
	require.False(t, got)
	got, err = m.first(t.Context(), &faceid.Callback{OrderNo: "order2", Code: faceid.CodePassed})
	require.NoError(t, err)
	require.True(t, got)
}

// An address may begin so often, and after the period again; a network of IPv6 counts as one.
func TestBeginCountsByAddress(t *testing.T) {
	t.Parallel()
	m, server := remember(t)
	ctx := t.Context()
	require.NoError(t, m.begin(ctx, "203.0.113.7", 2))
	require.NoError(t, m.begin(ctx, "::ffff:203.0.113.7", 2))
	require.ErrorIs(t, m.begin(ctx, "203.0.113.7", 2), errTooOften)
	require.NoError(t, m.begin(ctx, "203.0.113.8", 2))
	require.NoError(t, m.begin(ctx, "2001:db8::1", 2))
	require.NoError(t, m.begin(ctx, "2001:db8::2", 2))
	require.ErrorIs(t, m.begin(ctx, "2001:db8:0:0:ffff::3", 2), errTooOften)
	require.NoError(t, m.begin(ctx, "2001:db8:0:1::3", 2))
	require.ErrorIs(t, m.begin(ctx, "nobody", 2), errTooOften)
	server.FastForward(limitPeriod)
	require.NoError(t, m.begin(ctx, "203.0.113.7", 2))
}

// No error tells what Redis said, which may name its address or its user.
func TestMemoryTellsNothingOfRedis(t *testing.T) {
	t.Parallel()
	m, server := remember(t)
	server.SetError("NOAUTH of shop at 10.1.2.3")
	ctx := t.Context()
	_, sessionErr := m.session(ctx, "token")
	_, outcomeErr := m.outcome(ctx, "order1")
	_, firstErr := m.first(ctx, &faceid.Callback{})
	for _, err := range []error{sessionErr, outcomeErr, firstErr, m.keep(ctx, "token", &session{}), m.settle(ctx, "order1", &outcome{}), m.begin(ctx, "203.0.113.7", 1)} {
		require.Equal(t, errMemory, err)
	}
	require.NotContains(t, errMemory.Error(), "10.1.2.3")
	ended, cancel := context.WithCancelCause(ctx)
	cancel(errors.New("gone"))
	require.Equal(t, errMemory, m.keep(ended, "token", &session{}))
}

// The cookie is for this host alone, no script reads it, and it survives the way back from
// another site.
func TestCookieIsSafe(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *config) { c.public = "https://shop.example" })
	w := s.browser().post("/verify", person(faceid.ProductPlus))
	require.Equal(t, http.StatusSeeOther, w.status)
	cookie := w.header.Get("Set-Cookie")
	require.Regexp(t, `^__Host-session=[A-Z2-7]{26}; Path=/; HttpOnly; Secure; SameSite=Lax$`, cookie)
	token := strings.TrimPrefix(strings.Split(cookie, ";")[0], "__Host-session=")
	require.NotContains(t, w.location, token)
	require.NotContains(t, s.seen.String(), token)

	plain := open(t).browser().post("/verify", person(faceid.ProductPlus)).header.Get("Set-Cookie")
	require.Regexp(t, `^session=[A-Z2-7]{26}; Path=/; HttpOnly; SameSite=Lax$`, plain)
}

// A cookie that the service has not given never becomes a session: whoever plants one on a
// visitor knows nothing of the session that the visitor gets.
func TestCookieIsNotTakenOver(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	b.header.Set("Cookie", "session=PLANTEDPLANTEDPLANTEDPLANT")
	w := b.post("/verify", person(faceid.ProductPlus))
	require.Equal(t, http.StatusSeeOther, w.status)
	require.NotContains(t, w.header.Get("Set-Cookie"), "PLANTED")
	require.Contains(t, b.get("/result").body, "No result yet")
	require.NotContains(t, b.get("/result").body, "/again", "the planted cookie has no order")
}

// After the session has expired, the callback is one of nobody, and the person begins anew.
func TestBackAfterTheSessionExpired(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	callback := b.end(b.verify(faceid.ProductPlus), "passes")
	b.server.FastForward(sessionLife)
	require.Equal(t, http.StatusForbidden, b.get(callback).status)
	require.Zero(t, b.queries())
	require.Contains(t, b.comeBack(b.end(b.verify(faceid.ProductPlus), "passes")), "<h1>通过 Passed")
}
