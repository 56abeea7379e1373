package redisstore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slowContext knows its deadline, but its timer is late.
type slowContext struct{ context.Context }

func (slowContext) Deadline() (time.Time, bool) { return time.Now().Add(-1), true }

func TestTheSocketsDeadlineIsTheContexts(t *testing.T) {
	answer := make(chan reply, 1)
	answer <- reply{err: errors.New("i/o timeout")}

	_, err := await(slowContext{context.Background()}, answer)

	require.ErrorIs(t, err, context.DeadlineExceeded)
}
