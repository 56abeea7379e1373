// Package fetch brings the evidence of many orders into a bucket in one sitting: it looks
// at each order once, waits for nobody, and goes on where an earlier run ended. Names,
// manifests and encryption are those of package evidence, on whose Keeper it stands.
package fetch

import (
	"context"
	"errors"
	"sync"
	"time"

	"filippo.io/age"
	"gocloud.dev/blob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
)

// Status is what came of an order.
type Status string

// These are the statuses.
const (
	Fetched  Status = "fetched"   // this run has stored its files, and the manifest
	Already  Status = "already"   // the bucket has the manifest, from an earlier run or from the merchant's own Keeper
	NoResult Status = "no-result" // the platform has no result: the person never finished, or it has forgotten
	NotYet   Status = "not-yet"   // the person may still try again
	Held     Status = "held"      // the folder has files and no manifest: another process is at it, or was killed
	Trouble  Status = "trouble"   // there was no answer, or the bucket failed
)

// Item is what came of one order.
type Item struct {
	Order   string          `json:"order"` // evidence.Order.Key: a token is hashed
	Status  Status          `json:"status"`
	Passed  bool            `json:"passed"` // somebody passed; nobody was compared with a person of yours
	Family  string          `json:"family,omitempty"`
	Code    string          `json:"code,omitempty"`
	Folder  string          `json:"folder,omitempty"`  // in the bucket, if there is a manifest
	Files   []evidence.File `json:"files,omitempty"`   // that are whole in the bucket
	Missing []string        `json:"missing,omitempty"` // that the platform did not have, by its names
	Trouble string          `json:"trouble,omitempty"` // what failed
	Again   time.Time       `json:"again,omitzero"`    // when the status NotYet may have changed
}

// Bytes returns the size of the files.
func (i Item) Bytes() (n int64) {
	for _, f := range i.Files {
		n += f.Size
	}
	return n
}

// Complete reports whether everything that the order can have is in the bucket.
func (i Item) Complete() bool {
	return (i.Status == Fetched || i.Status == Already) && len(i.Missing) == 0
}

// Options are what a run works with.
type Options struct {
	Client     *faceid.Client  // with the door of every kind of order
	Bucket     *blob.Bucket    // receives the files
	Recipients []age.Recipient // encrypt every file, if there are any
	Workers    int             // orders that are asked about at once, 1 or more
	TakeOver   bool            // fetch orders that are Held anew

	Now   func() time.Time                           // the clock; nil: time.Now
	Sleep func(context.Context, time.Duration) error // waits for a file that lags; nil: by the clock
}

// errStop ends a run whose other orders would fail in the same way.
var errStop = errors.New("the same trouble awaits all other orders")

// Run fetches the orders, and calls done for each, one call at a time. An order without
// OpenedAt is one of unknown age. The error is the end of ctx: what was begun then left
// nothing behind, and has no Item. Trouble that all orders share, as wrong credentials, or
// that 20 of them have in a row, ends a run early: the others have no Item.
func Run(ctx context.Context, o Options, all []evidence.Order, done func(Item)) error {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	r := &run{Options: o}
	if err := r.findFolders(ctx, all); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan evidence.Order)
	var workers sync.WaitGroup
	var mu sync.Mutex
	for range max(o.Workers, 1) {
		workers.Go(func() {
			for order := range next {
				item, err := r.fetch(ctx, order)
				if err != nil && !errors.Is(err, errStop) {
					continue // the end of ctx, which left nothing
				}
				mu.Lock()
				done(item)
				mu.Unlock()
				if err != nil {
					stop(errStop)
				}
			}
		})
	}
	for _, order := range all {
		select {
		case next <- order:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	workers.Wait()
	if err := context.Cause(ctx); !errors.Is(err, errStop) {
		return err
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
