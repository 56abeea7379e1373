package setup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
)

// files is the store in a folder. A folder that is missing is an empty store, and is made
// only when something is saved: whoever just looks, perhaps as another user, must leave no
// folder that the backend cannot use.
type files struct {
	dir string

	mu sync.Mutex
	s  *faceid.FileStore // nil: the folder was not there yet
}

// newFiles opens a folder that is there. A faulty one is refused at once.
func newFiles(dir string) (*files, error) {
	f := &files{dir: dir}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	_, err := f.open()
	return f, err
}

// open returns the store, and makes the folder if it is missing.
func (f *files) open() (*faceid.FileStore, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.s != nil {
		return f.s, nil
	}
	s, err := faceid.NewFileStore(f.dir)
	if err == nil {
		f.s = s
	}
	return s, err
}

// Load implements faceid.Store.
func (f *files) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if _, err := os.Lstat(f.dir); errors.Is(err, fs.ErrNotExist) {
		return nil, 0, faceid.ErrNotFound
	}
	s, err := f.open()
	if err != nil {
		return nil, 0, err
	}
	return s.Load(ctx, key)
}

// CompareAndSwap implements faceid.Store.
func (f *files) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	s, err := f.open()
	if err != nil {
		return false, err
	}
	return s.CompareAndSwap(ctx, key, old, record)
}

// Lock implements faceid.Store.
func (f *files) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	s, err := f.open()
	if err != nil {
		return nil, err
	}
	return s.Lock(ctx, key, lease)
}
