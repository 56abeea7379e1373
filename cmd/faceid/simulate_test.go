package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestSimulateServesThePlatform(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		lookup := func(string) (string, bool) { return "", false }
		ended <- run(ctx, []string{"simulate", "-addr", "127.0.0.1:0", "-app-id", "TIDA0009", "-secret", "anything", "-speed", "20"}, lookup, nil, write, io.Discard)
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	require.True(t, lines.Scan())
	var keys faceidtest.Keys
	require.NoError(t, json.Unmarshal(lines.Bytes(), &keys))
	require.Equal(t, "TIDA0009", keys.AppID)
	go func() {
		r, err := http.Get(keys.BaseURL + "/api/oauth2/access_token?appId=TIDA0009&secret=anything&grant_type=client_credential&version=1.0.0")
		if err == nil {
			_ = r.Body.Close()
		}
	}()
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), `"/api/oauth2/access_token" http=200`)
	require.NotContains(t, lines.Text(), "anything")
	stop()
	go func() { _, _ = io.Copy(io.Discard, read) }()
	require.Equal(t, exitOK, <-ended)
}

func TestSimulateSaysWhatItCannotUse(t *testing.T) {
	for args, says := range map[string]string{
		"-speed 0":                       "-speed is 0",
		"-flies":                         "-flies",
		"-speed 1000":                    "WithSpeed",
		"-config /nowhere.json":          "no such file",
		"-app-id TIDA0009":               "-secret, which is missing",
		"-addr 127.0.0.1:0 -dialect Elf": "none of CodeAsNumber",
	} {
		a := runWith(t.Context(), nil, "", append([]string{"simulate"}, strings.Fields(args)...)...)
		require.Equal(t, exitUsage, a.code, "%s: %s", args, a.err)
		require.Contains(t, a.err, says)
	}
	a := runWith(t.Context(), nil, "", "simulate", "-addr", "256.0.0.1:0")
	require.Equal(t, exitTrouble, a.code, a.err)
	a = runWith(t.Context(), nil, "", "simulate", "--help")
	require.Equal(t, exitOK, a.code)
	require.Contains(t, a.err, "-unsigned-front-end")
}
