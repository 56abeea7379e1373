//go:build linux

package siege

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
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

// A vault opens the records of one secret under one key of the store.
type vault struct {
	key  string // with the name of the secret
	aead cipher.AEAD
}

// sealed is what a sealed record begins with.
const sealed = "faceid 2 "

// newVault is the vault of an appID at a host that is not the platform's: the key
// of its store is "appID@host#" and 8 bytes that only the secret gives.
func newVault(appID, baseURL, secret string) (*vault, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, err
	}
	id, err1 := hkdf.Key(sha256.New, []byte(secret), nil, "faceid record 2 name", 8)
	seal, err2 := hkdf.Key(sha256.New, []byte(secret), nil, "faceid record 2 seal", 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &vault{appID + "@" + base.Host + "#" + hex.EncodeToString(id), aead}, nil
}

// open reads "faceid 2 <base64 of nonce, sealed JSON and tag>". There is one way
// to spell a record: bits that base64 leaves over and lines that it skips are
// damage.
func (v *vault) open(text []byte) (*record, error) {
	spelled, ok := strings.CutPrefix(string(text), sealed)
	if !ok {
		return nil, fmt.Errorf("no record: %.40q", text)
	}
	box, err := base64.StdEncoding.Strict().DecodeString(spelled)
	switch {
	case err != nil:
		return nil, err
	case base64.StdEncoding.EncodeToString(box) != spelled:
		return nil, errors.New("the record is spelled in another way")
	case len(box) < v.aead.NonceSize():
		return nil, errors.New("the record ends in its nonce")
	}
	nonce, rest := box[:v.aead.NonceSize()], box[v.aead.NonceSize():]
	body, err := v.aead.Open(nil, nonce, rest, []byte(sealed+v.key))
	if err != nil {
		return nil, err
	}
	var ages struct{ Token struct{ Age time.Duration } }
	r := new(record)
	if err := errors.Join(json.Unmarshal(body, r), json.Unmarshal(body, &ages)); err != nil {
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

// strangers are the files in dir that the store does not need: a record, a lock
// and their guard may be there, and what is being written.
func strangers(dir string) (names []string) {
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		switch filepath.Ext(f.Name()) {
		case ".record", ".lock", ".guard":
		default:
			if !strings.HasPrefix(f.Name(), ".new-") {
				names = append(names, f.Name())
			}
		}
	}
	return names
}

// load reads the record in dir: nil if there is none.
func (v *vault) load(dir string) (*record, error) {
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
	r, err := v.open(text)
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
func (w *watcher) run(t *testing.T, v *vault, dir string, stop <-chan struct{}) {
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
			if _, err := v.open(text); err != nil {
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
