package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/faceidtest"
)

// terminal runs commands with an environment of their own, as in a pipe.
type terminal struct {
	t     *testing.T
	env   map[string]string
	input string
}

// result is what a command wrote, and its exit code.
type result struct {
	code     int
	out, err string
}

func newTerminal(t *testing.T) *terminal { return &terminal{t: t, env: map[string]string{}} }

// onSimulator is a terminal of a merchant whose backend runs against a simulator on a port.
// The store has credentials already.
func onSimulator(t *testing.T, opts ...faceidtest.Option) (*terminal, *faceidtest.Server, *faceid.Client) {
	t.Helper()
	sim := faceidtest.Start(t, opts...)
	dir := filepath.Join(t.TempDir(), "store")
	term := newTerminal(t)
	term.env = map[string]string{setup.AppID: sim.AppID(), setup.Secret: sim.Secret(), setup.BaseURL: sim.URL(), setup.Store: "file:" + dir}
	store, err := faceid.NewFileStore(dir)
	require.NoError(t, err)
	client, err := faceid.New(faceid.WithApp(sim.AppID(), sim.Secret()), faceid.WithBaseURL(sim.URL()), faceid.WithStore(store))
	require.NoError(t, err)
	_, err = client.SignTicket(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	return term, sim, client
}

// run runs one command.
func (term *terminal) run(args ...string) result {
	term.t.Helper()
	var out, errOut bytes.Buffer
	lookup := func(name string) (string, bool) { v, ok := term.env[name]; return v, ok }
	code := run(term.t.Context(), args, lookup, strings.NewReader(term.input), &out, &errOut)
	for _, name := range []string{setup.Secret, setup.Ticket, setup.CloudKey} {
		if secret := term.env[name]; secret != "" {
			require.NotContains(term.t, out.String()+errOut.String(), secret, name)
		}
	}
	return result{code, out.String(), errOut.String()}
}

// json runs one command with --json, and reads what it wrote into v.
func (term *terminal) json(v any, args ...string) int {
	term.t.Helper()
	r := term.run(append(args, "--json")...)
	require.NoError(term.t, json.Unmarshal([]byte(r.out), v), r.out+r.err)
	require.Equal(term.t, 1, strings.Count(r.out, "\n"), "one line for machines")
	return r.code
}
