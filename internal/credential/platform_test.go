package credential

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// The messages say what is wrong.
func TestErrorSaysWhatIsWrong(t *testing.T) {
	for kind := StoreFailed; kind <= SecretWaits; kind++ {
		e := &Error{Kind: kind}
		require.NotEmpty(t, e.Error(), "%d", kind)
		e.Err = errDown
		require.ErrorIs(t, e, errDown)
		require.Contains(t, e.Error(), ": the store is down")
	}
	left := &LeftError{Ended: context.Canceled, Last: errDown}
	require.Equal(t, "context canceled, after: the store is down", left.Error())
	require.False(t, isKnownRefusal(errors.Join(errDown)))
}
