package setup

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
)

// A product that nobody knows would decide nothing, and nobody would notice.
func TestAppRefusesAProductThatDoesNotExist(t *testing.T) {
	app, err := env(t, AppID, "TIDA0001", Secret, "invented", Product, "plus").App()
	require.NoError(t, err)
	require.Equal(t, faceid.ProductPlus, app.Product)

	_, err = env(t, AppID, "TIDA0001", Secret, "invented", Product, "pluss").App()
	require.ErrorIs(t, err, ErrSetup)
	require.ErrorContains(t, err, "FACEID_PRODUCT must be one of [plus enhanced basic")
	require.NotContains(t, err.Error(), "pluss", "an error quotes no value")
}
