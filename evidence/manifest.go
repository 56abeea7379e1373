package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Manifest is the last object that is written for an order. An order whose manifest is
// there is complete.
type Manifest struct {
	Version int      `json:"version"`           // 1
	Outcome Outcome  `json:"outcome"`           // how the order ended; without the token of a flow and without a ReqID
	Files   []File   `json:"files"`             // the files that are whole in the bucket, by name
	Missing []string `json:"missing,omitempty"` // the files that never came, by the platform's names
}

const manifestVersion = 1

func (k *Keeper) writeManifest(ctx context.Context, e Entry) error {
	files := slices.Clone(e.Files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	outcome := *e.Outcome
	if outcome.Order.isFlow() {
		outcome.Order.Number = "" // a bucket is read by more people than a ledger
	}
	outcome.Order.ReqID = ""
	text, err := json.MarshalIndent(Manifest{Version: manifestVersion, Outcome: outcome, Files: files, Missing: e.Missing}, "", "  ")
	if err != nil {
		return err
	}
	err = patiently(ctx, func(ctx context.Context) error {
		return k.bucket.WriteAll(ctx, e.Order.folder()+manifestName, append(text, '\n'), &blob.WriterOptions{ContentType: "application/json"})
	})
	if err != nil {
		return fmt.Errorf("evidence: the bucket: %w", err)
	}
	return nil
}

// ErrNoManifest says that an order is not complete.
var ErrNoManifest = errors.New("evidence: the order has no manifest")

// asOpened returns the order as the ledger has it. Its OpenedAt says where its files are,
// and a caller may know only about when that was. An order that is not in the ledger is
// returned as it is.
func (k *Keeper) asOpened(ctx context.Context, o Order) (Order, error) {
	if err := o.validate(k.now()); err != nil {
		return o, err
	}
	e, err := k.Ledger.Load(ctx, o.Key())
	switch {
	case errors.Is(err, ErrNoEntry):
		return o, nil
	case err != nil:
		return o, fmt.Errorf("evidence: the ledger: %w", err)
	}
	return e.Order, nil
}

// Manifest reads the manifest of an order. The error is ErrNoManifest if there is none.
func (k *Keeper) Manifest(ctx context.Context, o Order) (*Manifest, error) {
	o, err := k.asOpened(ctx, o)
	if err != nil {
		return nil, err
	}
	var text []byte
	err = patiently(ctx, func(ctx context.Context) (err error) {
		text, err = k.bucket.ReadAll(ctx, o.folder()+manifestName)
		return err
	})
	switch {
	case gcerrors.Code(err) == gcerrors.NotFound:
		return nil, ErrNoManifest
	case err != nil:
		return nil, fmt.Errorf("evidence: the bucket: %w", err)
	}
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("evidence: the manifest is damaged: %w", err)
	}
	if m.Version != manifestVersion {
		return nil, fmt.Errorf("evidence: the manifest has version %d, and this package knows version %d", m.Version, manifestVersion)
	}
	return m, nil
}

// removeStrays removes the objects in the folder that the entry does not name.
func (k *Keeper) removeStrays(ctx context.Context, e Entry) error {
	named := map[string]bool{e.Order.folder() + manifestName: true}
	for _, f := range e.Files {
		named[f.Object] = true
	}
	return k.removeFrom(ctx, e.Order, func(object string) bool { return !named[object] })
}

func (k *Keeper) removeFrom(ctx context.Context, o Order, wanted func(object string) bool) error {
	list := k.bucket.List(&blob.ListOptions{Prefix: o.folder()})
	for {
		var object *blob.ListObject
		err := patiently(ctx, func(ctx context.Context) (err error) { object, err = list.Next(ctx); return err })
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case object.IsDir || !wanted(object.Key):
			continue
		}
		if err := deleteObject(ctx, k.bucket, object.Key); err != nil {
			return err
		}
	}
}

// Delete removes all files of an order, its manifest, and last its entry in the ledger.
// It is safe to call again after an error.
func (k *Keeper) Delete(ctx context.Context, o Order) error {
	o, err := k.asOpened(ctx, o)
	if err != nil {
		return err
	}
	manifest := o.folder() + manifestName
	if err := k.removeFrom(ctx, o, func(object string) bool { return object != manifest }); err != nil {
		return fmt.Errorf("evidence: the bucket: %w", err)
	}
	if err := deleteObject(ctx, k.bucket, manifest); err != nil {
		return fmt.Errorf("evidence: the bucket: %w", err)
	}
	if err := k.Ledger.Delete(ctx, o.Key()); err != nil {
		return fmt.Errorf("evidence: the ledger: %w", err)
	}
	return nil
}

// DeleteOpenedBefore deletes every order that is Done and was opened before that time. It
// returns how many it has deleted. Orders that are not Done stay.
func (k *Keeper) DeleteOpenedBefore(ctx context.Context, opened time.Time) (int, error) {
	n := 0
	for e, err := range k.Ledger.Entries(ctx, Query{OpenedBefore: opened}) {
		if err != nil {
			return n, fmt.Errorf("evidence: the ledger: %w", err)
		}
		if e.State != Done {
			continue
		}
		if err := k.Delete(ctx, e.Order); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
