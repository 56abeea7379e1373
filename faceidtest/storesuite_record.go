package faceidtest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// This file has the tests of records, ages and keys.

func (r *storeRun) shared() {
	r.swap(r.a, r.key, nil, []byte("one"), true)
	got, _, err := r.b.Load(r.ctx, r.key)
	if err != nil || string(got) != "one" {
		r.failf("what one handle saved, another one does not load (%s, %v): open must return handles on the same storage", short(got), err)
	}
}

func (r *storeRun) notFound() {
	r.missing(r.a, r.key)
	r.swap(r.a, r.key, []byte("old"), []byte("new"), false)
	r.missing(r.a, r.key)
	r.swap(r.a, r.key, []byte{}, []byte("new"), false) // an empty old is not nil
	r.missing(r.b, r.key)
	r.swap(r.b, r.key, []byte("new"), []byte("new"), false)
	r.swap(r.b, r.key, []byte{}, []byte{}, false)
	r.missing(r.a, r.key)
}

func (r *storeRun) createOnce() {
	r.swap(r.a, r.key, nil, []byte("first"), true)
	r.loads(r.a, r.key, []byte("first"))
	r.swap(r.a, r.key, nil, []byte("second"), false)
	r.loads(r.b, r.key, []byte("first"))
	r.swap(r.b, r.key, nil, []byte("first"), false)
	r.loads(r.b, r.key, []byte("first"))
}

func (r *storeRun) replace() {
	r.swap(r.a, r.key, nil, []byte("one"), true)
	r.swap(r.b, r.key, []byte("one"), []byte("two"), true)
	r.loads(r.a, r.key, []byte("two"))
	r.swap(r.a, r.key, []byte("one"), []byte("three"), false)
	r.loads(r.b, r.key, []byte("two"))
	r.swap(r.b, r.key, []byte("two"), []byte("two"), true) // the bytes are equal to old
	r.loads(r.a, r.key, []byte("two"))
}

func (r *storeRun) refuseWrongOld() {
	record := []byte("The record 1")
	r.swap(r.a, r.key, nil, record, true)
	for _, old := range []string{"The record 2", "The record", "The record 1 ", "the record 1", "The record 1\x00", "\x00", ""} {
		r.swap(r.b, r.key, []byte(old), []byte("another"), false)
		r.loads(r.a, r.key, record)
		r.swap(r.b, r.key, []byte(old), []byte(old), false)
		r.loads(r.a, r.key, record)
		r.swap(r.b, r.key, []byte(old), record, false) // the record is there already, but this call did not save it
	}
}

func (r *storeRun) oneOfFifty() {
	var old []byte
	for range 3 {
		type answer struct {
			record  []byte
			swapped bool
			err     error
		}
		answers := make(chan answer, 50)
		for i := range cap(answers) {
			go func() {
				record := fmt.Appendf(nil, "%s number %d", rand.Text(), i)
				swapped, err := r.handles[i%len(r.handles)].CompareAndSwap(r.ctx, r.key, old, record)
				answers <- answer{record, swapped, err}
			}()
		}
		var winners [][]byte
		var err error
		for range cap(answers) {
			a := <-answers
			err = errors.Join(err, a.err)
			if a.swapped {
				winners = append(winners, a.record)
			}
		}
		if err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n")
			r.failf("50 CompareAndSwap at once: %s", first)
		}
		if len(winners) != 1 {
			r.failf("of 50 CompareAndSwap from the same old at once, %d say that they swapped; exactly one may", len(winners))
		}
		r.loads(r.a, r.key, winners[0])
		old = winners[0]
	}
}

func (r *storeRun) anyBytes() {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	big := make([]byte, 64<<10)
	_, _ = rand.Read(big) // rand.Read never fails
	records := [][]byte{
		{}, {0}, []byte("\x00\x00"), all, []byte("\xff\xfe\x80 no UTF-8 \xc3\x28"), []byte(" spaces and lines \r\n\n "),
		[]byte("null"), []byte(`{"json":"\u0000"}`), []byte("汉字"), big, {},
	}
	var old []byte
	for _, record := range records {
		r.swap(r.a, r.key, old, record, true)
		got := r.loads(r.b, r.key, record)
		r.swap(r.b, r.key, nil, []byte("another"), false)
		old = got // the bytes of Load serve as old
	}
}

func (r *storeRun) ownBytes() {
	saved := []byte("the record")
	r.swap(r.a, r.key, nil, saved, true)
	saved[0] = '!'
	r.loads(r.a, r.key, []byte("the record"))
	loaded := r.loads(r.a, r.key, []byte("the record"))
	loaded[0] = '!'
	r.loads(r.a, r.key, []byte("the record"))
	old := []byte("the record")
	r.swap(r.a, r.key, old, []byte("the next"), true)
	old[0] = '!'
	r.loads(r.b, r.key, []byte("the next"))
}

func (r *storeRun) age() {
	var old []byte
	for _, record := range []string{"one", "two", "two"} {
		m := r.mark()
		r.swap(r.a, r.key, old, []byte(record), true)
		m.after = r.now()
		r.aged(r.a, []byte(record), m)
		r.pass(r.blink())
		r.aged(r.a, []byte(record), m)
		r.pass(r.blink() / 2)
		r.aged(r.b, []byte(record), m)
		old = []byte(record)
	}
}

func (r *storeRun) ageAfterRefusal() {
	m := r.mark()
	r.swap(r.a, r.key, nil, []byte("one"), true)
	m.after = r.now()
	r.pass(r.blink())
	r.swap(r.a, r.key, []byte("zero"), []byte("two"), false)
	r.swap(r.b, r.key, nil, []byte("two"), false)
	r.swap(r.a, r.key, []byte("zero"), []byte("one"), false)
	r.aged(r.a, []byte("one"), m)
}

// oddKeys returns keys that begin with k and all differ, in ways that a
// careless store overlooks: a store that cuts, folds, mends or escapes keys,
// makes a path or a pattern of a key, or keeps data of a key under another one.
func oddKeys(k string) []string {
	fill := func(tail string) string { return k + strings.Repeat("k", 200-len(k)-len(tail)) + tail }
	return []string{
		k, k + "A", k + "a", k + "@kyc.example:8443", k + "@kyc.example", k + "_kyc_.._x", k + "\\x", k + ":record", k + ":lock",
		k + ".lock", k + ".json", k + ".record", k + " with spaces ", k + " with spaces", k + "+with+spaces", k + "{tag}", k + "}x{", k + "%7Bx",
		k + "*", k + "*?[]", k + "%", k + "_", k + "'", k + `"`, k + "$0", k + ",", k + ";",
		k + "#0123456789abcdef", k + "#0123456789abcdee", k + "#", k + "@kyc.example:8443#0123456789abcdef",
		k + "/x", k + "//x", k + "/./x", k + "/y/../x", k + "/", k + "/.", k + "/..", k + "%2Fx", k + "/kyc/../../x", k + "/../" + k, k + "/../" + k + "A",
		k + "人脸核身", k + "人脸", k + "\u00e9", k + "e\u0301", k + "\u212a", k + "K", k + "k", k + "\ufffd", k + "\xff", k + "\xfe",
		k + "\n", k + "\r\n", k + "\t", k + "\x00", k + "\x00x", fill("x"), fill("y"), fill("/x"), k + strings.Repeat("核", (200-len(k))/3),
	}
}

func (r *storeRun) keys() {
	keys := oddKeys(r.key)
	for i, key := range keys {
		r.missing(r.a, key)
		r.swap(r.a, key, nil, []byte(strconv.Itoa(i)), true)
	}
	for i, key := range keys {
		r.loads(r.b, key, []byte(strconv.Itoa(i)))
	}
}

// The functions from here on are the steps of these tests.

func (r *storeRun) missing(store aStore, key string) {
	got, _, err := store.Load(r.ctx, key)
	if !errors.Is(err, errNotFound) {
		r.failf("Load of %q, where nothing was saved: %s, %v; want ErrNotFound", key, short(got), err)
	}
}

func (r *storeRun) loads(store aStore, key string, want []byte) []byte {
	got, age, err := store.Load(r.ctx, key)
	switch {
	case err != nil:
		r.failf("Load of %q, where %s was saved: %v", key, short(want), err)
	case !bytes.Equal(got, want):
		r.failf("Load of %q: %s, want %s", key, short(got), short(want))
	case got == nil:
		r.failf("Load of %q: nil for an empty record; nil stands for no record", key)
	case age < 0:
		r.failf("the age is negative: %v", age)
	}
	return got
}

func (r *storeRun) swap(store aStore, key string, old, record []byte, want bool) {
	swapped, err := store.CompareAndSwap(r.ctx, key, old, record)
	if err != nil || swapped != want {
		r.failf("CompareAndSwap of %q from %s to %s: %t, %v; want %t", key, short(old), short(record), swapped, err, want)
	}
}

// saved tells when a record was saved: between two readings.
type saved struct{ before, after reading }

// reading is the time of this machine, and how far the store's own clock was
// moved.
type reading struct {
	at       time.Time
	advanced time.Duration
}

func (s *storeSuite) now() reading { return reading{time.Now(), s.advanced} }

func (s *storeSuite) mark() saved { return saved{before: s.now()} }

func (r *storeRun) aged(store aStore, want []byte, m saved) {
	asked := r.now()
	got, age, err := store.Load(r.ctx, r.key)
	answered := time.Now()
	if err != nil || !bytes.Equal(got, want) {
		r.failf("Load: %s, %v; want %s", short(got), err, short(want))
	}
	least, most := asked.at.Sub(m.after.at), answered.Sub(m.before.at)
	if r.advance != nil {
		least = asked.advanced - m.after.advanced
	}
	if age < 0 || age < least-r.tick || age > most+r.tick {
		r.failf("the age of a record saved between %v and %v ago is %v", least, most, age)
	}
}

func short(b []byte) string {
	if b == nil {
		return "nil"
	}
	if len(b) > 40 {
		return fmt.Sprintf("%q… (%d bytes)", b[:40], len(b))
	}
	return fmt.Sprintf("%q", b)
}
