package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
)

// in looks variables up in an environment that has only these.
func in(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, set := env[name]; return value, set }
}

// once stops the command as soon as it serves.
type once struct {
	trail
	stop func()
}

func (o *once) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("/metrics")) { // its last line
		o.stop()
	}
	return o.trail.Write(p)
}

// started runs the command until it serves, and returns what it printed or its error.
func started(t *testing.T, args string, env map[string]string) (string, error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &once{stop: stop}
	err := run(ctx, append([]string{"-addr", "127.0.0.1:0", "-metrics", "127.0.0.1:0"}, strings.Fields(args)...), in(env), out, io.Discard)
	return out.String(), err
}

// By itself the command serves a verification from the form to the result.
func TestRunServesByItself(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, log, done := &trail{}, &trail{}, make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"-addr", "127.0.0.1:0", "-metrics", "127.0.0.1:0"}, in(nil), out, log)
	}()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "/metrics\n") }, awhile, tick, log)
	require.Contains(t, out.String(), "with the simulator at http://127.0.0.1:")
	require.Contains(t, out.String(), "a Redis inside this process")
	urls := regexp.MustCompile(`http://[0-9.:]+`).FindAllString(out.String(), -1)
	b := (&shop{t: t, base: urls[0]}).browser()
	require.Contains(t, b.comeBack(b.end(b.verify(faceid.ProductPlus), "passes")), "<h1>通过 Passed")
	w := b.get(urls[2] + "/metrics")
	require.Equal(t, http.StatusOK, w.status)
	require.Contains(t, w.body, "faceid_decisions_total")
	stop()
	require.NoError(t, <-done)
	require.NotContains(t, log.String(), "level=ERROR")
}

// On the simulator everybody may pass, so nothing that failed to mount leads visitors there, and
// nothing that a fleet needs is kept in one process.
func TestRunRefusesHalfAConfiguration(t *testing.T) {
	t.Parallel()
	const secret = "a-secret-that-nobody-may-see"
	app := map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret}
	with := func(name, value string) map[string]string {
		return map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret, name: value}
	}
	server := miniredis.RunT(t)
	server.RequireAuth("the-password")
	stores := "-redis redis://" + server.Addr() + " -bucket file://" + t.TempDir()
	for _, test := range []struct {
		args string
		env  map[string]string
		want string
	}{
		{"-public https://shop.example", nil, "FACEID_APP_ID and FACEID_SECRET are not set"},
		{"-addr 0.0.0.0:0", nil, "-public"},
		{"-addr :0 -public https://shop.example", nil, "FACEID_APP_ID and FACEID_SECRET are not set"},
		{"-redis redis://" + server.Addr(), nil, "-redis is for the real platform"},
		{"-simulator false", nil, "all settings are flags"},
		{"-redis=", app, "-redis is empty"},
		{"-limit 0", nil, "-limit"},
		{"-public http://127.0.0.1/face", nil, "the public URL"},
		{"-proxies proxy.example", nil, "-proxies must be"},
		{"", app, "-redis and -bucket"},
		{"-redis redis://" + server.Addr(), app, "-redis and -bucket"},
		{"-simulator", app, "which of the two"},
		{stores, with("FACEID_PRODUCT", "Plus"), "FACEID_PRODUCT is none of"},
		{stores, with("FACEID_PRODUCT", ""), "FACEID_PRODUCT is set, but empty"},
		{stores, with("FACEID_SECRET", secret+"\n"), "FACEID_SECRET has a line break"},
		{stores, map[string]string{"FACEID_APP_ID": "IDAXXXXX"}, "FACEID_SECRET is not set, but FACEID_APP_ID is"},
		{stores, app, "does not answer, or wants another password"},
		{stores, with("REDIS_PASSWORD", ""), "REDIS_PASSWORD is set, but empty"},
		{"-bucket mem:// -redis redis://:the-password@" + server.Addr(), app, "set REDIS_PASSWORD"},
		{"-bucket mem:// -redis the-password@:@", app, "-redis is no URL"},
		{"-redis redis://" + server.Addr() + " -bucket gone://the-password", with("REDIS_PASSWORD", "the-password"), "-bucket cannot be opened"},
	} {
		line, err := started(t, test.args, test.env)
		require.ErrorContains(t, err, test.want, test.args)
		require.NotContains(t, err.Error(), secret)
		require.NotContains(t, err.Error(), "the-password")
		require.NotContains(t, line, secret)
	}
	line, err := started(t, stores+" -public https://shop.example -proxies 10.0.0.0/8,127.0.0.1", with("REDIS_PASSWORD", "the-password"))
	require.NoError(t, err)
	require.Contains(t, line, "with the real platform and Redis at "+server.Addr())
	line, err = started(t, "-addr :0 -public https://shop.example -simulator", nil)
	require.NoError(t, err)
	require.Contains(t, line, "the simulator")
}

// What listens for others, or is shown to others, is not private.
func TestPrivateIsThisMachineOnly(t *testing.T) {
	t.Parallel()
	for address, alone := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, ":8080": false, "0.0.0.0:8080": false, "192.168.1.5:80": false,
	} {
		listens, err := net.ResolveTCPAddr("tcp", address)
		require.NoError(t, err)
		require.Equal(t, alone, private(listens, "http://LocalHost:1"), address)
		require.False(t, private(listens, "https://localhost.shop.example"))
	}
	require.False(t, private(&net.UnixAddr{Name: "shop.sock", Net: "unix"}, "http://127.0.0.1"))
}

// The stores of a process by itself are gone with it.
func TestOpenStoresLeavesNothingBehind(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	s, err := openStores(t.Context(), settings{}, in(nil))
	require.NoError(t, err)
	require.NoError(t, s.bucket.WriteAll(t.Context(), "a", []byte("b"), nil))
	require.NoError(t, s.redis.Set(t.Context(), "a", "b", 0).Err())
	address := s.redis.(*redis.Client).Options().Addr
	there, err := filepath.Glob(filepath.Join(temp, "gin-evidence-*"))
	require.NoError(t, err)
	require.Len(t, there, 1)
	s.close()
	left, err := filepath.Glob(filepath.Join(temp, "*"))
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = net.Dial("tcp", address)
	require.Error(t, err)
}
