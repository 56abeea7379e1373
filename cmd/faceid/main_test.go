package main

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// fullDisk is an output that takes some bytes and no more.
type fullDisk struct {
	room int
	err  error
}

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		n := d.room
		d.room = 0
		return n, d.err
	}
	d.room -= len(p)
	return len(p), nil
}

func TestRunDoesNotSayYesToAnOutputThatWasCutOff(t *testing.T) {
	for _, args := range [][]string{{"explain", "66660015"}, {"explain", "66660015", "--json"}, {"help"}, {"version"}, {"completion", "bash"}, {"--help"}} {
		for _, room := range []int{0, 5} {
			var errOut bytes.Buffer
			out := &fullDisk{room: room, err: syscall.ENOSPC}
			code := run(t.Context(), args, func(string) (string, bool) { return "", false }, strings.NewReader(""), out, &errOut)
			require.Equal(t, exitTrouble, code, args)
			require.Contains(t, errOut.String(), syscall.ENOSPC.Error(), args)
		}
	}
}

func TestRunIsSilentWhenAReaderGoesAway(t *testing.T) {
	var errOut bytes.Buffer
	code := run(t.Context(), []string{"explain", "66660015"}, func(string) (string, bool) { return "", false }, strings.NewReader(""), &fullDisk{err: syscall.EPIPE}, &errOut)
	require.Equal(t, exitTrouble, code)
	require.Empty(t, errOut.String())
}
