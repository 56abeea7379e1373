// Package evidencetest tests implementations of evidence.Ledger, and engines that call a
// Keeper: job queues and loops.
package evidencetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faceid-go/faceid/evidence"
)

// Ledger tests that a Ledger keeps the contract of evidence.Ledger. open returns an empty
// ledger.
func Ledger(t *testing.T, open func(t *testing.T) evidence.Ledger) {
	for name, test := range map[string]func(*testing.T, evidence.Ledger){
		"KeepsEntries":    keepsEntries,
		"SwapsByVersion":  swapsByVersion,
		"LetsOneWin":      letsOneWin,
		"FindsEntries":    findsEntries,
		"PagesLongLists":  pagesLongLists,
		"HearsTheContext": hearsTheContext,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var begin = time.Date(2026, 11, 29, 8, 0, 0, 123456789, time.UTC)

func entry(number string, opened time.Time) evidence.Entry {
	return evidence.Entry{Order: evidence.Order{Kind: evidence.FaceH5, Number: number, OpenedAt: opened, Ref: "a 合同"}, Next: opened.Add(time.Minute)}
}

func check(t *testing.T, ok bool, what string, args ...any) {
	t.Helper()
	if !ok {
		t.Fatalf(what, args...)
	}
}

func keepsEntries(t *testing.T, l evidence.Ledger) {
	ctx := t.Context()
	e := entry("order1", begin)
	_, err := l.Load(ctx, e.Order.Key())
	check(t, errors.Is(err, evidence.ErrNoEntry), "Load of nothing: %v", err)
	version, err := l.Save(ctx, e)
	check(t, err == nil && version == 1, "Save: version %d, %v", version, err)
	e.Version, e.State, e.Looks = version, evidence.Told, 3
	e.Files = []evidence.File{{Name: "photo", Object: "a/b", Size: 1 << 40, SHA256: "ff", ContentType: "image/jpeg", Encrypted: true}}
	e.Missing, e.Trouble, e.Since = []string{"video"}, "Network", begin
	e.Outcome = &evidence.Outcome{Key: "k", Order: e.Order, Passed: true, Family: "Passed", Charges: 2, ChargedAt: []time.Time{begin, begin.Add(time.Hour)}, DecidedAt: begin, Late: true}
	version, err = l.Save(ctx, e)
	check(t, err == nil && version == 2, "Save: version %d, %v", version, err)
	got, err := l.Load(ctx, e.Order.Key())
	e.Version = 2
	check(t, err == nil && got.Version == e.Version && asText(t, got) == asText(t, e), "Load: %s, %v, want %s", asText(t, got), err, asText(t, e))
	for range 2 {
		err = l.Delete(ctx, e.Order.Key())
		check(t, err == nil, "Delete: %v", err)
	}
	_, err = l.Load(ctx, e.Order.Key())
	check(t, errors.Is(err, evidence.ErrNoEntry), "Load after Delete: %v", err)
	version, err = l.Save(ctx, entry("order1", begin))
	check(t, err == nil && version == 1, "Save after Delete: %d, %v", version, err)
}

// asText writes an entry with all its fields but the version.
func asText(t *testing.T, e evidence.Entry) string {
	t.Helper()
	text, err := json.Marshal(e)
	check(t, err == nil, "%v", err)
	return string(text)
}

func swapsByVersion(t *testing.T, l evidence.Ledger) {
	ctx := t.Context()
	e := entry("order1", begin)
	_, err := l.Save(ctx, withVersion(e, 1))
	check(t, errors.Is(err, evidence.ErrConflict), "Save of a version that is not there: %v", err)
	_, err = l.Save(ctx, e)
	check(t, err == nil, "Save: %v", err)
	for _, stale := range []int64{0, 2, 7} {
		_, err = l.Save(ctx, withVersion(e, stale))
		check(t, errors.Is(err, evidence.ErrConflict), "Save of version %d: %v", stale, err)
	}
	version, err := l.Save(ctx, withVersion(e, 1))
	check(t, err == nil && version == 2, "Save: %d, %v", version, err)
	got, err := l.Load(ctx, e.Order.Key())
	check(t, err == nil && got.Version == 2, "Load: version %d, %v", got.Version, err)
}

func withVersion(e evidence.Entry, version int64) evidence.Entry {
	e.Version = version
	return e
}

func letsOneWin(t *testing.T, l evidence.Ledger) {
	ctx := t.Context()
	for version := range int64(3) {
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				switch _, err := l.Save(ctx, withVersion(entry("order1", begin), version)); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, evidence.ErrConflict):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		check(t, won.Load() == 1 && lost.Load() == 7, "%d of 8 saved version %d", won.Load(), version)
	}
}

func findsEntries(t *testing.T, l evidence.Ledger) {
	ctx := t.Context()
	for i := range 6 {
		e := entry(fmt.Sprint("order", i), begin.Add(time.Duration(i)*time.Hour))
		e.Next, e.Adopted = begin.Add(time.Duration(6-i)*time.Hour), i == 3
		if i >= 4 {
			e.State, e.Outcome = evidence.Done, &evidence.Outcome{DecidedAt: e.Order.OpenedAt.Add(time.Minute)}
		}
		_, err := l.Save(ctx, e)
		check(t, err == nil, "Save: %v", err)
	}
	at := func(hours int) time.Time { return begin.Add(time.Duration(hours) * time.Hour) }
	for name, c := range map[string]struct {
		q    evidence.Query
		want string
	}{
		"all":           {evidence.Query{}, "[order5 order4 order3 order2 order1 order0]"},
		"limit":         {evidence.Query{Limit: 2}, "[order5 order4]"},
		"unfinished":    {evidence.Query{Unfinished: true}, "[order3 order2 order1 order0]"},
		"due":           {evidence.Query{Unfinished: true, DueBy: at(4)}, "[order3 order2]"},
		"due just now":  {evidence.Query{Unfinished: true, DueBy: at(4).Add(-1)}, "[order3]"},
		"opened before": {evidence.Query{OpenedBefore: at(2)}, "[order1 order0]"},
		"and later":     {evidence.Query{OpenedBefore: at(2).Add(1)}, "[order2 order1 order0]"},
		"decided from":  {evidence.Query{DecidedFrom: at(5).Add(time.Minute)}, "[order5]"},
		"decided to":    {evidence.Query{DecidedTo: at(5).Add(time.Minute)}, "[order4]"},
		"adopted":       {evidence.Query{Adopted: true, Limit: 1}, "[order3]"},
		"none":          {evidence.Query{DueBy: begin}, "[]"},
	} {
		got := []string{}
		for e, err := range l.Entries(ctx, c.q) {
			check(t, err == nil, "%s: %v", name, err)
			got = append(got, e.Order.Number)
		}
		check(t, fmt.Sprint(got) == c.want, "%s: got %v, want %s", name, got, c.want)
	}
}

// pagesLongLists writes while it reads, as a Keeper does.
func pagesLongLists(t *testing.T, l evidence.Ledger) {
	ctx := t.Context()
	const n = 1201
	for i := range n {
		_, err := l.Save(ctx, entry(fmt.Sprintf("order%04d", i), begin)) // all have the same times
		check(t, err == nil, "Save: %v", err)
	}
	seen := map[string]bool{}
	for e, err := range l.Entries(ctx, evidence.Query{Unfinished: true, DueBy: begin.Add(time.Hour)}) {
		check(t, err == nil, "Entries: %v", err)
		check(t, !seen[e.Order.Number], "%s comes twice", e.Order.Number)
		seen[e.Order.Number] = true
		e.State, e.Next = evidence.Done, time.Time{}
		_, err := l.Save(ctx, e)
		check(t, err == nil, "Save while reading: %v", err)
	}
	check(t, len(seen) == n, "%d of %d entries came", len(seen), n)
}

func hearsTheContext(t *testing.T, l evidence.Ledger) {
	if _, inMemory := l.(*evidence.MemoryLedger); inMemory {
		return // it waits for nothing
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.Save(over, entry("order1", begin))
	check(t, errors.Is(err, context.Canceled), "Save: %v", err)
	_, err = l.Load(over, "k")
	check(t, errors.Is(err, context.Canceled), "Load: %v", err)
	for _, err := range l.Entries(over, evidence.Query{}) {
		check(t, errors.Is(err, context.Canceled), "Entries: %v", err)
	}
}
