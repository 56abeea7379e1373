package credential

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInspectTellsWhatARecordSays(t *testing.T) {
	s, err := newSeal("app", "secret")
	require.NoError(t, err)
	stored := s.sealed(&record{
		Token:    Ticket{"token", 2 * time.Hour, time.Minute},
		Sign:     Ticket{"sign", time.Hour, 30 * time.Second},
		Minting:  &mark{By: "x", Age: time.Second, Lease: 30 * time.Second},
		Throttle: &throttle{Step: 1, Age: time.Second, Refused: true, Reason: Reason{Code: "400103", Family: "Account"}},
		Deaths:   &deaths{Count: 2, Age: 59 * time.Minute},
	})

	got, err := Inspect(s.name, "secret", stored, 2*time.Second)

	require.NoError(t, err)
	require.Equal(t, &Snapshot{
		Token: Ticket{"token", 2 * time.Hour, time.Minute + 2*time.Second}, Sign: Ticket{"sign", time.Hour, 32 * time.Second}, Signs: true,
		Minting: 3 * time.Second, Throttled: firstThrottle - 3*time.Second, Refused: true, Reason: Reason{Code: "400103", Family: "Account"}, Deaths: 2,
	}, got)

	old, err := Inspect(s.name, "secret", stored, 2*time.Hour)
	require.NoError(t, err)
	require.False(t, old.Signs)
	require.Zero(t, old.Deaths, "deaths count for an hour")
	require.Zero(t, old.Reason, "an old refusal explains nothing")
	require.Zero(t, old.Throttled)
}

func TestInspectRefusesOtherRecords(t *testing.T) {
	s, err := newSeal("app", "secret")
	require.NoError(t, err)
	stored := s.sealed(&record{Token: Ticket{"token", time.Hour, 0}})
	for what, try := range map[string][2]string{"another secret": {s.name, "other"}, "another name": {"app2#12", "secret"}, "no name": {"app", "secret"}} {
		_, err := Inspect(try[0], try[1], stored, 0)
		require.Error(t, err, what)
	}
	_, err = Inspect(s.name, "secret", stored[:20], 0)
	require.ErrorIs(t, err, errBadRecord)
}
