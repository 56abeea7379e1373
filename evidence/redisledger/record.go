package redisledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/faceid-go/faceid/evidence"
)

// A record is the text of an entry in Redis: its version, the request that saved it, its
// place, and the entry as JSON, with a space between each two. The place and the key of
// the order are the member of the sorted sets, whose score is the time when the order is
// due. So the sets are in the order that evidence.Ledger wants, and a script can tell when
// an order was opened and decided without reading its entry.

var (
	errDamaged = errors.New("an entry is damaged")
	errAnswer  = errors.New("the answer of Redis is not what the script returns")
)

const undecided = "----------------"

// placeOf returns when the order was opened and when it was decided.
func placeOf(e evidence.Entry) string {
	if e.Outcome == nil {
		return sortable(e.Order.OpenedAt) + undecided
	}
	return sortable(e.Order.OpenedAt) + sortable(e.Outcome.DecidedAt)
}

// sortable writes a time in 16 bytes that are in the order of the times, in microseconds.
func sortable(t time.Time) string { return fmt.Sprintf("%016x", uint64(t.UnixMicro())^1<<63) }

// bound is the sortable time of a Query, or nothing if the Query has none.
func bound(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return sortable(t)
}

// score writes a time as a score, in microseconds. Scores are exact between the years 1684
// and 2255, and in order always.
func score(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

// read reads a record. Its error does not quote the record, which may hold the token of a
// flow.
func read(record string) (evidence.Entry, error) {
	parts := strings.SplitN(record, " ", 4)
	if len(parts) != 4 {
		return evidence.Entry{}, errDamaged
	}
	var e evidence.Entry
	version, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || json.Unmarshal([]byte(parts[3]), &e) != nil {
		return evidence.Entry{}, errDamaged
	}
	e.Version = version
	return e, nil
}
