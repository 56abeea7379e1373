package sqlledger_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/memblob"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// keeperOf returns a Keeper with this ledger, and with the simulator and a bucket in memory.
func keeperOf(t *testing.T, l evidence.Ledger) *evidence.Keeper {
	t.Helper()
	k, err := evidence.New(evidence.Options{
		Client: faceidtest.Start(t).Client(), Bucket: memblob.OpenBucket(nil), Ledger: l,
		OnOutcome: func(context.Context, evidence.Outcome) error { return nil },
	})
	require.NoError(t, err)
	return k
}
