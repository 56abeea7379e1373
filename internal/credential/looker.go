package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
)

// looker decides who looks into the store. Of the callers that have a copy, one looks at
// a time. Two looks are some time apart, however many requests strangers send and
// however slow the store is.
type looker struct {
	mu   sync.Mutex
	busy bool
	last *look // the last look, nil if there was none
}

// look is one look into the store that has ended.
type look struct {
	ended time.Time
	err   error     // why the look failed
	known time.Time // when the last look began whose answer is known; a look whose caller left has no answer
}

// begin reports whether the caller looks now. A caller with a copy does not wait while
// another caller looks.
func (l *looker) begin(now time.Time, hasCopy bool, every time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy && hasCopy || l.last != nil && clock.Elapsed(l.last.ended, now) < every {
		return false
	}
	l.busy = true
	return true
}

// end ends a look. If the caller left before its end, the result of the look before
// remains.
func (l *looker) end(began time.Time, left bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ended := &look{ended: time.Now(), err: err, known: began}
	if left {
		ended.known = time.Time{}
		if l.last != nil {
			ended.known, ended.err = l.last.known, l.last.err
		}
	}
	l.busy, l.last = false, ended
}

// since reports whether a look has ended that began at the given time or later, and
// whose caller stayed to its end.
func (l *looker) since(asked time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last != nil && !l.last.known.Before(asked)
}

// trouble returns why the last look failed, or nil if it did not.
func (l *looker) trouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		return nil
	}
	return l.last.err
}

// current returns the pair in memory, nil if there is none, and how long it has been
// held. Reading the clocks is most of the cost of a fresh ticket, so this is the only place
// that does it. If the copy is older than old, one caller looks into the store before,
// because another process may have refreshed. If the store fails, the copy still
// serves. Without a known secret nobody can look; the next refresh asks for it.
func (k *Keeper) current(ctx context.Context, old time.Duration) (*Pair, time.Duration) {
	now := time.Now()
	p := k.cur.Load()
	held := p.elapsed(now)
	if p != nil && held <= p.scaled(old) || k.known.Load() == nil || !k.looks.begin(now, p != nil, p.scaled(old)) {
		return p, held
	}
	var trouble error
	defer func() { k.looks.end(now, ctx.Err() != nil, trouble) }()
	trouble = k.look(ctx)
	p = k.cur.Load()
	return p, p.elapsed(time.Now())
}

// look compares the copy with the store while a caller waits.
func (k *Keeper) look(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	found, err := k.read(short, k.known.Load())
	switch {
	case err != nil && ctx.Err() == nil:
		k.watch.StoreTrouble(ctx, "Load", err)
		return storeFailed(err)
	case err != nil:
		return nil // the end of the caller's context is no trouble of the store
	case found.older || found.pair == nil:
		// This process has the pair that lives. The store failed to save it, or lost it.
		k.saveAgain(short, found.stored)
	}
	return nil
}

// found is what a read of the store found.
type found struct {
	pair   *Pair  // nil if there is no usable record
	stored []byte // the record's bytes for the next swap, nil if there is no record
	older  bool   // pair is this process's own, and the record in the store is older
}

// read reads the store and makes the pair there the current one, unless the current one
// is this process's own and newer, or was replaced during the read. An error means that
// the store failed; read does not tell the watcher of it.
func (k *Keeper) read(ctx context.Context, s *seal) (found, error) {
	before := k.cur.Load()
	stored, age, err := k.store.Load(ctx, s.name)
	switch {
	case errors.Is(err, ErrNotFound):
		return found{}, nil
	case err != nil:
		return found{}, err
	}
	r, err := k.unsealed(s, stored)
	if err != nil {
		k.watch.StoreTrouble(ctx, "Load", fmt.Errorf("%w; it is replaced", err))
		return found{stored: stored}, nil
	}
	now := time.Now()
	p := &Pair{record: r.aged(min(max(age, 0), mostAge)), at: now, seal: s}
	switch {
	case before != nil && before.seal != s && p.Token.Value == "":
		return found{pair: p, stored: stored}, nil // the pair of the former secret may still serve
	case before != nil && before.seal != s && k.known.Load() != s:
		return found{pair: p, stored: stored}, nil // a refresh has learnt another secret since, and its pair is the current one
	case before == nil || before.seal != s:
	case before.same(p) && p.Token.Value == "": // without a token there is no age to compare
	case before.same(p):
		// A store whose clock was set back must not make the pair young again.
		if more := before.Token.Age + before.elapsed(now) - p.Token.Age - p.elapsed(now); more > 0 {
			p.record = p.aged(more)
		}
		p.own = before.own
	case before.own && before.newerThan(p, now):
		return found{pair: before, stored: stored, older: true}, nil
	}
	if k.replace(before, p) && before != nil && !before.same(p) {
		k.refreshedElsewhere()
	}
	return found{pair: p, stored: stored}, nil
}

// opened is a record that was unsealed, and the bytes that it was in. Nobody changes it.
type opened struct {
	seal   *seal
	stored []byte
	record *record
}

// unsealed is s.unseal, and remembers the last record: every launch reads the store, and
// nearly always finds what it found before.
func (k *Keeper) unsealed(s *seal, stored []byte) (*record, error) {
	if last := k.last.Load(); last != nil && last.seal == s && bytes.Equal(last.stored, stored) {
		return last.record, nil
	}
	r, err := s.unseal(stored)
	if err == nil {
		k.last.Store(&opened{s, bytes.Clone(stored), r})
	}
	return r, err
}

// replace makes p the current pair, unless the current one is not the pair from before the
// read any more, and p is not newer than it: a read may be slow. A pair of the former secret
// is never newer than p. Neither is a copy of the pair before, for which another reader, who
// found nothing new a moment earlier, may have exchanged it meanwhile.
func (k *Keeper) replace(before, p *Pair) bool {
	for !k.cur.CompareAndSwap(before, p) {
		before = k.cur.Load()
		if before.seal == p.seal && !p.newerThan(before, time.Now()) || before.seal != p.seal && k.known.Load() != p.seal {
			return false
		}
	}
	return true
}

// refreshedElsewhere forgets that refreshes failed here, because another process has
// refreshed.
func (k *Keeper) refreshedElsewhere() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.back = backoff{}
}

// saveAgain saves the current pair to the store once more, if it still serves.
func (k *Keeper) saveAgain(ctx context.Context, stored []byte) {
	mine, s := k.cur.Load(), k.known.Load()
	now := time.Now()
	if mine == nil || mine.seal != s || mine.verdict(now).Sign == No && !mine.half() {
		return
	}
	if r, err := s.unseal(stored); err == nil && r.Minting != nil {
		if own := k.ours.Load(); own == nil || *own != r.Minting.By {
			return // another process is minting, or died while it did: the next refresh finds out
		}
	}
	again := &Pair{record: mine.present(now), at: now, seal: s, own: mine.own}
	if _, err := k.put(ctx, stored, again); err == nil {
		k.cur.CompareAndSwap(mine, again)
	}
}

// put swaps a record into the store and returns its bytes there. It tells the watcher
// if it fails.
func (k *Keeper) put(ctx context.Context, stored []byte, p *Pair) ([]byte, error) {
	text := p.seal.sealed(p.record)
	swapped, err := k.store.CompareAndSwap(ctx, p.seal.name, stored, text)
	switch {
	case err != nil:
		k.watch.StoreTrouble(ctx, "CompareAndSwap", err)
		return nil, storeFailed(err)
	case !swapped:
		k.watch.StoreTrouble(ctx, "CompareAndSwap", errLostSwap)
		return nil, errLostSwap
	}
	return text, nil
}

// glance reads the store once and returns the pair there, nil if there is none or the
// store fails.
func (k *Keeper) glance(ctx context.Context) *Pair {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	found, err := k.read(ctx, k.known.Load())
	if err != nil {
		return nil
	}
	return found.pair
}

// awaitLook waits until a look into the store has begun and ended, or until there is
// another SIGN ticket. Two looks are a second apart, so the copy may be older than the
// ticket that signed a callback. If another process is fetching a ticket just now,
// awaitLook waits for it, too, for at most fallbackAfter.
func (k *Keeper) awaitLook(ctx context.Context) {
	asked, first := time.Now(), k.cur.Load()
	if first == nil { // without a known ticket nobody is kept waiting
		k.current(ctx, lookToLaunch)
		return
	}
	for p := first; clock.Elapsed(asked, time.Now()) < p.scaled(fallbackAfter); {
		p, _ = k.current(ctx, lookToLaunch)
		settled := p.Minting == nil && !p.half()
		if settled && (p.Sign.Value != first.Sign.Value || k.looks.since(asked)) {
			return
		}
		if clock.Sleep(ctx, p.scaled(100*time.Millisecond)) != nil {
			return
		}
	}
}
