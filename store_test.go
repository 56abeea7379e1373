package faceid_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestStoresKeepTheirContract(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		store := faceid.NewMemoryStore()
		faceidtest.TestStore(t, func() faceid.Store { return store })
	})
	t.Run("file", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.Chmod(dir, 0o700))
		broken := filepath.Join(t.TempDir(), "gone")
		faceidtest.TestStore(t, func() faceid.Store { return newFileStore(t, dir) },
			faceidtest.StoreBroken(func() faceid.Store {
				store := newFileStore(t, broken)
				require.NoError(t, os.RemoveAll(broken))
				require.NoError(t, os.WriteFile(broken, []byte("a file in its place"), 0o600))
				return store
			}))
	})
}

func TestMemoryStoreKeepsItsContract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := faceid.NewMemoryStore()
		ctx := t.Context()
		_, _, err := store.Load(ctx, "a")
		require.ErrorIs(t, err, faceid.ErrNotFound)
		swap := func(old, record string) bool {
			var before []byte
			if old != "" {
				before = []byte(old)
			}
			ok, err := store.CompareAndSwap(ctx, "a", before, []byte(record))
			require.NoError(t, err)
			return ok
		}
		require.False(t, swap("x", "1"))
		require.True(t, swap("", "1"))
		require.False(t, swap("", "2"))
		require.True(t, swap("1", "2"))
		time.Sleep(time.Hour)
		record, age, err := store.Load(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, "2", string(record))
		require.Equal(t, time.Hour, age)
		record[0] = 'x'
		again, _, _ := store.Load(ctx, "a")
		require.Equal(t, "2", string(again), "the caller's bytes are its own")

		requireLeases(ctx, t, store)
		for _, call := range []func() error{
			func() error { _, _, err := store.Load(canceled(), "a"); return err },
			func() error { _, err := store.CompareAndSwap(canceled(), "a", nil, nil); return err },
			func() error { _, err := store.Lock(canceled(), "a", time.Minute); return err },
		} {
			require.ErrorIs(t, call(), context.Canceled)
		}
	})
}

// requireLeases expects that a lock is held until it is given back or its lease
// ends.
func requireLeases(ctx context.Context, t *testing.T, store *faceid.MemoryStore) {
	lock, err := store.Lock(ctx, "a", time.Minute)
	require.NoError(t, err)
	_, err = store.Lock(ctx, "b", time.Minute)
	require.NoError(t, err, "keys do not block each other")
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err = store.Lock(short, "a", time.Minute)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, 59*time.Second, lock.Left())

	begun := time.Now()
	second, err := store.Lock(ctx, "a", time.Minute)
	require.NoError(t, err)
	require.Equal(t, 59*time.Second, time.Since(begun), "a lost lease frees the lock")
	require.LessOrEqual(t, lock.Left(), time.Duration(0))
	require.NoError(t, lock.Unlock(ctx), "the loser's Unlock changes nothing")
	_, err = store.Lock(short, "a", time.Minute)
	require.Error(t, err)

	time.AfterFunc(time.Second, func() { _ = second.Unlock(ctx) })
	begun = time.Now()
	third, err := store.Lock(ctx, "a", time.Minute)
	require.NoError(t, err)
	require.Equal(t, time.Second, time.Since(begun))
	require.NoError(t, third.Unlock(ctx))
}

func TestMemoryStoreZeroValueIsEmpty(t *testing.T) {
	sim := faceidtest.Start(t)
	_, err := newClient(sim, faceid.WithStore(new(faceid.MemoryStore))).SignTicket(t.Context())
	require.NoError(t, err)
}
