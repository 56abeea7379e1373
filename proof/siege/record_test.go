//go:build linux

package siege

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// record is as much of a stored record as the trial judges by. It is decoded
// here and not by the library, whose own idea of "whole" is on trial.
type record struct {
	Token   struct{ Value string }
	Sign    struct{ Value string }
	Minting *struct{ By string }
	age     time.Duration // of the token
}

type stage int

const (
	whole  stage = iota // token and SIGN ticket
	marked              // a mint is under way
	half                // the token is there, its SIGN ticket is not
)

func (r *record) stage() stage {
	switch {
	case r.Minting != nil:
		return marked
	case r.Sign.Value == "":
		return half
	}
	return whole
}

// decode reads "faceid 1 <sum> <JSON>", where sum is the first half of the
// SHA-256 of the JSON.
func decode(text []byte) (*record, error) {
	parts := bytes.SplitN(text, []byte(" "), 4)
	if len(parts) != 4 || string(parts[0]) != "faceid" || string(parts[1]) != "1" {
		return nil, fmt.Errorf("no record: %.40q", text)
	}
	if sum := sha256.Sum256(parts[3]); hex.EncodeToString(sum[:16]) != string(parts[2]) {
		return nil, errors.New("the checksum is another's")
	}
	var ages struct{ Token struct{ Age time.Duration } }
	r := new(record)
	if err := errors.Join(json.Unmarshal(parts[3], r), json.Unmarshal(parts[3], &ages)); err != nil {
		return nil, err
	}
	r.age = ages.Token.Age
	return r, nil
}

// found is the one file in dir with that suffix, or "".
func found(dir, suffix string) string {
	files, _ := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if len(files) != 1 {
		return ""
	}
	return files[0]
}

// load reads the record in dir: nil if there is none.
func load(dir string) (*record, error) {
	file, err := os.Open(found(dir, ".record"))
	if err != nil {
		return nil, nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	text := make([]byte, info.Size())
	if _, err := file.ReadAt(text, 0); err != nil && len(text) > 0 {
		return nil, err
	}
	r, err := decode(text)
	if err != nil {
		return nil, err
	}
	r.age += time.Since(info.ModTime())
	return r, nil
}

// holder is the process that holds the lock, 0 if nobody does.
func holder(dir string) int {
	var lock struct {
		PID   int
		Lease time.Duration
	}
	path := found(dir, ".lock")
	text, err := os.ReadFile(path)
	info, err2 := os.Stat(path)
	if err != nil || err2 != nil || json.Unmarshal(text, &lock) != nil || time.Since(info.ModTime()) >= lock.Lease {
		return 0
	}
	return lock.PID
}

// A watcher reads the record all the time. Whenever it looks there is none, or a
// whole one, or exactly what the trial itself has planted.
type watcher struct {
	mu      sync.Mutex
	planted []byte
	reads   int
	none    int
	seen    map[string]bool // different records
	garbage int
	strays  int // most .new-* files at once
}

func (w *watcher) plant(garbage []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.planted = garbage
}

// run watches until the end of the test, or until stop is closed.
func (w *watcher) run(t *testing.T, dir string, stop <-chan struct{}) {
	path := ""
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-t.Context().Done():
			return
		case <-time.After(time.Millisecond):
		}
		if path == "" {
			path = found(dir, ".record")
		}
		text, err := os.ReadFile(path)
		w.mu.Lock()
		w.reads++
		switch {
		case err != nil && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)):
			w.none++
		case err != nil:
			t.Errorf("the watcher cannot read: %v", err)
		case w.planted != nil && bytes.Equal(text, w.planted):
			w.garbage++
		default:
			if _, err := decode(text); err != nil {
				t.Errorf("the record is neither the old one nor the new one: %v", err)
			}
			w.seen[string(text)] = true
		}
		if n%50 == 0 {
			strays, _ := filepath.Glob(filepath.Join(dir, ".new-*"))
			w.strays = max(w.strays, len(strays))
		}
		w.mu.Unlock()
	}
}
