//go:build linux

package siege

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
	"github.com/stretchr/testify/require"
)

// damage is one way to spoil a file.
type damage struct {
	kind string
	what string
	text []byte
}

// everyDamage flips each bit of each byte, and all eight; cuts at each byte; and
// appends. The short form flips one bit of each byte.
func everyDamage(whole []byte) (all []damage) {
	with := func(i int, mask byte) []byte {
		text := append([]byte(nil), whole...)
		text[i] ^= mask
		return text
	}
	draw := trial.Rand(4)
	for i := range whole {
		for _, bit := range draw.Perm(8)[:trial.Pick(8, 1)] {
			all = append(all, damage{"a bit flipped", fmt.Sprintf("bit %d of byte %d", bit, i), with(i, 1<<bit)})
		}
		all = append(all, damage{"a byte inverted", fmt.Sprintf("byte %d", i), with(i, 0xff)})
		all = append(all, damage{"cut", fmt.Sprintf("after %d bytes", i), whole[:i:i]})
	}
	for _, more := range []string{"\x00", " ", "\n", "}", "garbage", string(whole)} {
		all = append(all, damage{"something appended", fmt.Sprintf("%.8q", more), append(whole[:len(whole):len(whole)], more...)})
	}
	return all
}

// A record that was damaged anywhere is replaced by one mint, and nothing else is
// left of it: there is no byte that does not matter.
func everyByteOfTheRecord(t *testing.T, report *trial.Report) {
	var mu sync.Mutex
	counts := map[string]int{}
	saved := savedRecord(t)
	all := append(everyDamage(saved), damage{"two megabytes of zeros", "", make([]byte, 2<<20)})
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for part := range workers {
		wg.Go(func() {
			b := newBench(t)
			if err := b.believes(saved); err != nil {
				t.Errorf("without damage: %v", err)
				return
			}
			for i, d := range all {
				if i%workers != part || t.Failed() {
					continue
				}
				if err := b.recoversFrom(d, saved); err != nil {
					t.Errorf("%s, %s: %v", d.kind, d.what, err)
				}
				mu.Lock()
				counts[d.kind]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.False(t, t.Failed())
	report.Say("Every byte of a record of %d bytes, each time read by a client that has just started. Each time it was replaced by one mint, and no other file was left; none was taken for valid.", len(saved))
	report.Table([]string{"damage to the record", "replaced by one mint"}, counted(counts)...)
}

// savedRecord is a record as a client saved it, with an earlier ticket in it.
func savedRecord(t *testing.T) []byte {
	b := newBench(t)
	for range 2 {
		_, err := b.ticket()
		require.NoError(t, err)
		b.sim.Advance(30 * time.Minute)
		old := time.Now().Add(-30 * time.Minute)
		require.NoError(t, os.Chtimes(found(b.dir, ".record"), old, old))
	}
	_, err := b.ticket()
	require.NoError(t, err)
	saved, err := os.ReadFile(found(b.dir, ".record"))
	require.NoError(t, err)
	return saved
}

// A bench is a platform and a store. All benches have the same app, so that the record
// of one can be unsealed in another.
type bench struct {
	sim   *faceidtest.Server
	dir   string
	vault *vault
}

func newBench(t *testing.T) *bench {
	sim := faceidtest.Start(t)
	v, err := newVault(sim.AppID(), sim.BaseURL(), sim.Secret())
	require.NoError(t, err)
	return &bench{sim, filepath.Join(inMemory(t), "store"), v}
}

// inMemory returns a directory in memory, or another one where there is none.
func inMemory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "faceid-siege")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// ticket returns the ticket that a client signs with right after its start.
func (b *bench) ticket() (string, error) {
	store, err := faceid.NewFileStore(b.dir)
	if err != nil {
		return "", err
	}
	client, err := faceid.New(faceid.WithBaseURL(b.sim.BaseURL()), faceid.WithApp(b.sim.AppID(), b.sim.Secret()),
		faceid.WithHTTPClient(&http.Client{Transport: b.sim}), faceid.WithStore(store), faceid.WithBackgroundRefresh(false))
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return client.SignTicket(ctx)
}

// put puts a text in the place of the record.
func (b *bench) put(text []byte) error {
	path := found(b.dir, ".record")
	if path == "" { // the first time
		if _, err := b.ticket(); err != nil {
			return err
		}
		path = found(b.dir, ".record")
	}
	return os.WriteFile(path, text, 0o600)
}

// believes puts a record there that nothing has happened to: unless its ticket is
// what a client signs with, the damages prove nothing.
func (b *bench) believes(saved []byte) error {
	was, err := b.vault.open(saved)
	if err != nil {
		return err
	}
	if err := b.put(saved); err != nil {
		return err
	}
	ticket, err := b.ticket()
	if err == nil && ticket != was.Sign.Value {
		err = fmt.Errorf("the record was not used")
	}
	return err
}

// recoversFrom puts a damaged record in the place of the saved one, and has a
// client start.
func (b *bench) recoversFrom(d damage, saved []byte) error {
	was, err := b.vault.open(saved)
	if err != nil {
		return err
	}
	if err := b.put(d.text); err != nil {
		return err
	}
	mints := len(b.sim.Mints(b.sim.AppID()))
	ticket, err := b.ticket()
	if err != nil {
		return err
	}
	minted := len(b.sim.Mints(b.sim.AppID())) - mints
	switch {
	case ticket == was.Sign.Value:
		return fmt.Errorf("the damaged record was taken for valid")
	case b.sim.Left(ticket) <= 0:
		return fmt.Errorf("garbage was taken for a ticket")
	case minted != 1:
		return fmt.Errorf("%d mints", minted)
	}
	if left := strangers(b.dir); len(left) > 0 {
		return fmt.Errorf("files are left: %q", left)
	}
	if r, err := b.vault.load(b.dir); err != nil || r == nil || r.Sign.Value != ticket {
		return fmt.Errorf("the ticket is not the stored one: %w", err)
	}
	return nil
}

// A lock file that a dead process left, damaged anywhere, holds nobody up for
// longer than a lease: its own, or the one that the damage has made of it.
func everyByteOfTheLock(t *testing.T, report *trial.Report) {
	const lease, left = 3 * time.Second, 100 * time.Millisecond
	const lateness = time.Second // a look every 250 ms, and a busy machine
	text := aLock(t, lease)
	var mu sync.Mutex
	counts := map[string]int{}
	longest := map[string]time.Duration{}
	var wg sync.WaitGroup
	base := t.TempDir()
	turns := make(chan struct{}, 32)
	for i, d := range everyDamage(text) {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			dir := filepath.Join(base, fmt.Sprint(i))
			waited, err := takesTheLock(dir, d.text, lease-left)
			if !noError(t, err) {
				return
			}
			became, bound := "free at once", lateness
			if named := leaseOf(d.text); named > 0 {
				became, bound = "obeyed to its end", max(named-lease+left, 0)+lateness
				if named > lease {
					became = "obeyed to the end of a longer lease"
				}
			}
			if waited > bound {
				t.Errorf("%s, %s: the lock was free after %v", d.kind, d.what, waited)
			}
			mu.Lock()
			defer mu.Unlock()
			counts[d.kind+": "+became]++
			longest[d.kind+": "+became] = max(longest[d.kind+": "+became], waited)
		})
	}
	wg.Wait()
	var rows [][]any
	for _, kind := range sorted(counts) {
		rows = append(rows, []any{kind, counts[kind], seconds(longest[kind])})
	}
	report.Say("Every byte of a lock file of %d bytes that a dead process left with %v of its lease of %v to go. It has no checksum: the worst that a damage makes of it is a longer lease.", len(text), left, lease)
	report.Table([]string{"damage to the lock", "times", "longest wait for it"}, rows...)
}

func noError(t *testing.T, err error) bool {
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

// aLock returns the text of a lock as the file store writes it.
func aLock(t *testing.T, lease time.Duration) []byte {
	dir := filepath.Join(t.TempDir(), "store")
	store, err := faceid.NewFileStore(dir)
	require.NoError(t, err)
	_, err = store.Lock(t.Context(), lockKey, lease)
	require.NoError(t, err)
	text, err := os.ReadFile(found(dir, ".lock"))
	require.NoError(t, err)
	return text
}

const lockKey = "TIDA0001"

// takesTheLock plants a lock file of that age and tells how long it took to get
// past it.
func takesTheLock(dir string, text []byte, age time.Duration) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	store, err := faceid.NewFileStore(dir)
	if err != nil {
		return 0, err
	}
	first, err := store.Lock(ctx, lockKey, time.Hour)
	if err != nil {
		return 0, err
	}
	path := found(dir, ".lock")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return 0, err
	}
	then := time.Now().Add(-age)
	if err := os.Chtimes(path, then, then); err != nil {
		return 0, err
	}
	began := time.Now()
	second, err := store.Lock(ctx, lockKey, time.Hour)
	waited := time.Since(began)
	if err != nil {
		return waited, err
	}
	_ = first.Unlock(ctx) // not its own any more: nothing happens
	if holder(dir) != os.Getpid() {
		return waited, fmt.Errorf("the lock is not held")
	}
	return waited, second.Unlock(ctx)
}

// leaseOf returns the lease that a lock file names, or 0 if it names no holder.
func leaseOf(text []byte) time.Duration {
	var lock struct {
		Token string
		Lease time.Duration
		PID   int
	}
	if json.Unmarshal(text, &lock) != nil || lock.Token == "" {
		return 0
	}
	return max(lock.Lease, 0)
}
