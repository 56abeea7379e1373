package redisledger_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
)

// A record that is no record any more is an error, and never taken for a missing one. The
// error does not quote it.
func TestReadTellsOfADamagedRecord(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		admin := s.client(t)
		const good = `7 request 8008000000000000---------------- {"order":{"kind":"face-h5","number":"order1"},"next":"2026-11-29T08:00:00Z"}`
		for name, record := range map[string]string{
			"nothing":       "",
			"a text":        "the-token",
			"no JSON":       strings.Replace(good, "}", "the-token", 1),
			"no number":     strings.Replace(good, "7", "the-token", 1),
			"another order": strings.Replace(good, "order1", "the-token", 1),
			"a bad time":    strings.Replace(good, "2026-11-29", "the-token", 1),
		} {
			l := s.ledger(t)
			save(t, l, entry("order1"))
			keys, err := admin.Keys(t.Context(), "*:entries").Result()
			require.NoError(t, err)
			for _, key := range keys {
				require.NoError(t, admin.HSet(t.Context(), key, "face-h5/order1", record).Err())
			}
			_, err = l.Load(t.Context(), "face-h5/order1")
			require.ErrorContains(t, err, "redisledger: Load: an entry is damaged", name)
			require.NotErrorIs(t, err, evidence.ErrNoEntry)
			require.NotContains(t, err.Error(), "the-token")
			if name == "another order" {
				continue // a list does not ask for an order
			}
			err = errorOf(t, l, evidence.Query{})
			require.ErrorContains(t, err, "redisledger: Entries: an entry is damaged", name)
			require.NotContains(t, err.Error(), "the-token")
		}
	})
}
