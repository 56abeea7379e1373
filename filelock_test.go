package faceid_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// A lock file may claim any lease. A process waits for at most ten minutes by its own
// clock, and does not wait for a file that is no lock.
func TestFileLockIsNotWaitedForLong(t *testing.T) {
	const year = "31536000000000000"
	for name, row := range map[string]struct {
		text string
		age  time.Duration // the age of the file
		want time.Duration
	}{
		"a lease of a minute":            {`{"token":"a","lease":60000000000}`, 0, time.Minute},
		"a minute, half of it gone":      {`{"token":"a","lease":60000000000}`, 30 * time.Second, 30 * time.Second},
		"a minute, all of it gone":       {`{"token":"a","lease":60000000000}`, time.Minute, 0},
		"a minute, from the future":      {`{"token":"a","lease":60000000000}`, -time.Hour, time.Minute},
		"a lease of years":               {`{"token":"a","lease":` + year + `0}`, 0, 10 * time.Minute},
		"a lease of years, from years":   {`{"token":"a","lease":` + year + `0}`, 365 * 24 * time.Hour, 0},
		"a lease of years, to come":      {`{"token":"a","lease":` + year + `0}`, -365 * 24 * time.Hour, 10 * time.Minute},
		"a lease that is no number":      {`{"token":"a","lease":"60000000000"}`, 0, 0},
		"a lease that no number can be":  {`{"token":"a","lease":` + year + year + `}`, 0, 0},
		"a lock of no process":           {`{"token":"a","lease":60000000000,"pid":"x"}`, 0, 0},
		"no lease":                       {`{"token":"a"}`, 0, 0},
		"a lease of nothing, to come":    {`{"token":"a","lease":0}`, -time.Hour, 0},
		"a negative lease":               {`{"token":"a","lease":-60000000000}`, 0, 0},
		"a negative lease, to come":      {`{"token":"a","lease":-60000000000}`, -time.Hour, 0},
		"no token":                       {`{"lease":60000000000}`, 0, 0},
		"an empty token":                 {`{"token":"","lease":60000000000}`, 0, 0},
		"an empty file":                  {``, 0, 0},
		"garbage":                        {"\x00\xff{", 0, 0},
		"a lock, and garbage":            {`{"token":"a","lease":60000000000}}`, 0, 0},
		"a lock in the middle of a book": {`{"token":"a","lease":60000000000}` + strings.Repeat(" ", 4096), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			store := newFileStore(t, dir)
			path := faceid.FileStorePath(dir, "TIDA0001", ".lock")
			require.NoError(t, os.WriteFile(path, []byte(row.text), 0o600))
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				then := start.Add(-row.age)
				require.NoError(t, os.Chtimes(path, then, then))
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				lock, err := store.Lock(ctx, "TIDA0001", time.Minute)
				require.NoError(t, err)
				require.InDelta(t, row.want.Seconds(), time.Since(start).Seconds(), 0.5)
				require.NoError(t, lock.Unlock(ctx))
				require.NoFileExists(t, path)
			})
		})
	}
}

// A lock file of 64 MiB is no lock, and is not read to its end.
func TestFileLockOf64MiBIsNoLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	store := newFileStore(t, dir)
	path := faceid.FileStorePath(dir, "TIDA0001", ".lock")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Truncate(path, 64<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	lock, err := store.Lock(t.Context(), "TIDA0001", time.Minute)
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
	require.NoError(t, lock.Unlock(t.Context()))
}

// A caller who asks for a longer lease than others would wait for is told the lease
// that was granted.
func TestFileLockLeaseIsAtMostTenMinutes(t *testing.T) {
	lock, err := newFileStore(t, filepath.Join(t.TempDir(), "store")).Lock(t.Context(), "TIDA0001", time.Hour)
	require.NoError(t, err)
	require.LessOrEqual(t, lock.Left(), 10*time.Minute)
	require.Greater(t, lock.Left(), 9*time.Minute)
	require.NoError(t, lock.Unlock(t.Context()))
}
