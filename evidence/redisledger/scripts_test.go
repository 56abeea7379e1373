package redisledger_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
)

// A key that somebody has removed is an error. Without it no order would be late, and none
// would ever be looked at.
func TestScriptsTellOfALostKey(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		admin := s.client(t)
		for _, lost := range []string{"meta", "entries", "all", "unfinished"} {
			l := s.ledger(t)
			save(t, l, entry("order1"))
			keys, err := admin.Keys(t.Context(), "*:"+lost).Result()
			require.NoError(t, err)
			require.NoError(t, admin.Del(t.Context(), keys...).Err())
			var damaged []string
			for _, unfinished := range []bool{false, true} {
				if err := errorOf(t, l, evidence.Query{Unfinished: unfinished}); err != nil {
					require.ErrorContains(t, err, "damaged")
					damaged = append(damaged, err.Error())
				}
			}
			require.NotEmpty(t, damaged, lost)
			if lost == "meta" {
				_, err := l.Save(t.Context(), entry("order2"))
				require.ErrorContains(t, err, "damaged")
			}
		}
	})
}

// A value of somebody else under a key of the ledger is an error, and stays.
func TestScriptsLeaveAnotherValue(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		admin, l := s.client(t), s.ledger(t)
		for _, key := range []string{"meta", "entries", "all", "unfinished"} {
			save(t, l, entry("order1"))
			name := "{test1}:evidence:" + key
			require.NoError(t, admin.Set(t.Context(), name, "another value", 0).Err())
			e := entry("order1")
			e.Version = 1
			_, err := l.Save(t.Context(), e)
			require.Error(t, err)
			require.NotErrorIs(t, err, evidence.ErrConflict)
			require.Error(t, l.Delete(t.Context(), e.Order.Key()))
			require.Error(t, errors.Join(errorOf(t, l, evidence.Query{}), errorOf(t, l, evidence.Query{Unfinished: true})))
			require.Equal(t, "another value", admin.Get(t.Context(), name).Val())
			require.NoError(t, admin.FlushAll(t.Context()).Err())
		}
	})
}

// An entry whose record is damaged is neither overwritten nor deleted, because its place
// in the sorted sets is not known.
func TestScriptsLeaveADamagedRecord(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		l, admin := s.ledger(t), s.client(t)
		save(t, l, entry("order1"))
		require.NoError(t, admin.HSet(t.Context(), "{test1}:evidence:entries", "face-h5/order1", "{").Err())
		for _, version := range []int64{0, 1} {
			e := entry("order1")
			e.Version = version
			_, err := l.Save(t.Context(), e)
			require.ErrorContains(t, err, "damaged")
		}
		require.ErrorContains(t, l.Delete(t.Context(), "face-h5/order1"), "damaged")
	})
}

// A server may forget the scripts, as after a restart.
func TestScriptsMayBeForgotten(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		l, admin := s.ledger(t), s.client(t)
		for range 2 {
			require.NoError(t, admin.ScriptFlush(t.Context()).Err())
			e := entry("order1")
			save(t, l, e)
			require.NoError(t, admin.ScriptFlush(t.Context()).Err())
			require.Equal(t, []string{"order1"}, numbers(t, l, evidence.Query{}))
			require.NoError(t, admin.ScriptFlush(t.Context()).Err())
			require.NoError(t, l.Delete(t.Context(), e.Order.Key()))
		}
	})
}
