package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gocloud.dev/blob"

	"github.com/faceid-go/faceid/evidence"
)

// The bucket has a folder for each order, as 2026/11/29/face-h5/order1/. Its day is that of
// OpenedAt in UTC, so an order whose OpenedAt is unknown is looked for.

const dayLayout = "2006/01/02/"

// run is one run.
type run struct {
	Options
	days   map[string][]time.Time // the days of the folders of orders of unknown age, by key
	inARow atomic.Int32           // orders in trouble since one was not
}

// folderOf returns the folder of an order.
func folderOf(o evidence.Order) string { return o.OpenedAt.UTC().Format(dayLayout) + o.Key() + "/" }

// dated are the folders on the way to a day: of a year, of a month, of a day.
var dated = regexp.MustCompile(`^\d{4}/(\d{2}/){0,2}$`)

// findFolders finds the folders of the orders of unknown age. It lists days, kinds and
// orders, and no files.
func (r *run) findFolders(ctx context.Context, all []evidence.Order) error {
	r.days = map[string][]time.Time{}
	var kinds []evidence.Kind
	wanted := map[string]bool{}
	for _, o := range all {
		if !o.OpenedAt.IsZero() {
			continue
		}
		wanted[o.Key()] = true
		if !slices.Contains(kinds, o.Kind) {
			kinds = append(kinds, o.Kind)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	days, err := r.dayFolders(ctx)
	if err != nil {
		return err
	}
	for _, folder := range days {
		day, err := time.Parse(dayLayout, folder)
		if err != nil {
			continue // 2026/13/ is nobody's
		}
		for _, kind := range kinds {
			err := r.subfolders(ctx, folder+string(kind)+"/", func(name string) {
				if key := strings.TrimSuffix(strings.TrimPrefix(name, folder), "/"); wanted[key] {
					r.days[key] = append(r.days[key], day)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// dayFolders lists the folders of days.
func (r *run) dayFolders(ctx context.Context) (days []string, err error) {
	for level := []string{""}; len(level) > 0; {
		var below []string
		for _, folder := range level {
			err := r.subfolders(ctx, folder, func(name string) {
				switch {
				case !dated.MatchString(name):
				case strings.Count(name, "/") == 3:
					days = append(days, name)
				default:
					below = append(below, name)
				}
			})
			if err != nil {
				return nil, err
			}
		}
		level = below
	}
	return days, nil
}

// subfolders calls found for the folders within a folder, with their whole names.
func (r *run) subfolders(ctx context.Context, folder string, found func(string)) error {
	list := r.Bucket.List(&blob.ListOptions{Prefix: folder, Delimiter: "/"})
	for {
		object, err := list.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("the bucket cannot be listed: %w", err)
		case object.IsDir:
			found(object.Key)
		}
	}
}

// empty reports whether a folder has no object.
func (r *run) empty(ctx context.Context, folder string) (bool, error) {
	_, err := r.Bucket.List(&blob.ListOptions{Prefix: folder}).Next(ctx)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}
