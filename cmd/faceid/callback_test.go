package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
)

func TestCallbackVerifiesWithTheStore(t *testing.T) {
	term, sim, client := onSimulator(t)
	genuine := sim.Callback("https://shop.example/back", "order1", "0").URL.String()
	failed := sim.Callback("https://shop.example/back", "order2", "66660004").URL.String()

	var got verified
	require.Equal(t, exitOK, term.json(&got, "callback", genuine))
	require.True(t, got.Genuine && got.Passed)
	require.Equal(t, "order1", got.OrderNo)

	got = verified{}
	require.Equal(t, exitOK, term.json(&got, "callback", failed), "genuine, although nobody passed")
	require.False(t, got.Passed)
	require.Equal(t, "66660004", got.Code)
	require.NotEmpty(t, got.Meaning.ZH)

	term.input = genuine + "\n"
	r := term.run("callback", "-", "--lang", "zh")
	require.Equal(t, exitOK, r.code)
	require.Contains(t, r.out, "不能证明通过")
	require.Len(t, sim.Mints(sim.AppID()), 1)

	ticket, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	alone := newTerminal(t)
	alone.env[setup.Ticket] = ticket
	require.Equal(t, exitUsage, alone.run("callback", genuine).code, "the appID is signed")
	alone.env[setup.AppID] = sim.AppID()
	require.Equal(t, exitOK, alone.run("callback", genuine).code)
}

func TestCallbackTellsWhatSpoiledIt(t *testing.T) {
	term, sim, _ := onSimulator(t)
	genuine := sim.Callback("https://shop.example/back", "order1", "0").URL
	with := func(change func(q url.Values)) string {
		q := genuine.Query()
		change(q)
		return "https://shop.example/back?" + q.Encode()
	}
	for name, try := range map[string]struct{ url, why, hint string }{
		"another order":  {with(func(q url.Values) { q.Set("orderNo", "order2") }), "No SIGN ticket", ""},
		"another code":   {with(func(q url.Values) { q.Set("code", "1") }), "No SIGN ticket", ""},
		"no signature":   {with(func(q url.Values) { q.Del("newSignature") }), "no signature", ""},
		"escaped":        {strings.ReplaceAll(genuine.String(), "&", "&amp;"), "", "&amp; is written as &"},
		"encoded twice":  {"https://shop.example/back?" + url.QueryEscape(genuine.RawQuery), "", "percent-decoded once more"},
		"a second value": {genuine.String() + "&code=0&orderNo=order9", "No SIGN ticket", "second value"},
		"a fragment":     {"https://shop.example/?a=b#/back?" + genuine.RawQuery, "", "behind the #"},
	} {
		t.Run(name, func(t *testing.T) {
			var got verified
			require.Equal(t, exitNo, term.json(&got, "callback", try.url))
			require.False(t, got.Genuine || got.Passed)
			require.Contains(t, got.Why.EN, try.why)
			if try.hint == "" {
				require.Nil(t, got.Hint)
				return
			}
			require.NotNil(t, got.Hint, got.Why.EN)
			require.Contains(t, got.Hint.EN, try.hint)
		})
	}
	require.Equal(t, exitUsage, term.run("callback", "https://shop.example/back").code)
}

func TestCallbackRepeatsNothingThatAStrangerWrote(t *testing.T) {
	term, _, _ := onSimulator(t)
	r := term.run("callback", "https://shop.example/back?orderNo=%1b[31mevil&code=<b>&newSignature=x")
	require.Equal(t, exitNo, r.code)
	require.NotContains(t, r.out, "evil")
	require.NotContains(t, r.out, "<b>")
}

func TestCallbackSaysThatTheStoreIsDown(t *testing.T) {
	term, sim, _ := onSimulator(t)
	genuine := sim.Callback("https://shop.example/back", "order1", "0").URL.String()
	term.env[setup.Store] = "redis://127.0.0.1:1"
	r := term.run("callback", genuine)
	require.Equal(t, exitTrouble, r.code, "nobody can tell whether it is genuine")
	require.Contains(t, r.err, string(faceid.ErrStore))
}

func TestCallbackWithoutATicketIsNoForgery(t *testing.T) {
	term, sim, _ := onSimulator(t)
	genuine := sim.Callback("https://shop.example/back", "order1", "0").URL.String()
	records, err := filepath.Glob(filepath.Join(strings.TrimPrefix(term.env[setup.Store], "file:"), "*.record"))
	require.NoError(t, err)
	require.Len(t, records, 1)
	saved := time.Now().Add(-61 * time.Minute)
	require.NoError(t, os.Chtimes(records[0], saved, saved))
	old := term.run("callback", genuine)
	term.env[setup.Store] = "file:" + t.TempDir() // another store than that of the backend
	empty := term.run("callback", genuine)
	for _, r := range []result{old, empty} {
		require.Equal(t, exitTrouble, r.code, "nobody can tell whether it is genuine")
		require.Contains(t, r.err, "no SIGN ticket")
		require.Empty(t, r.out)
	}
}
