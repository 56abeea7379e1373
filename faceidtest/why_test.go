package faceidtest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// A refused parameter is named in the log, its value is not.
func TestARefusedParameterIsNamed(t *testing.T) {
	sim := faceidtest.Start(t)
	for query, why := range map[string]string{
		"app_id=canary&secret=canary&grant_type=client_credential&version=1.0.0":          "appId is missing",
		"appId=canary&secret=canary&grant_type=canary&version=1.0.0":                      "grant_type is ill-formed",
		"appId=canary&secret=canary&grant_type=client_credential&version=2":               "version is not 1.0.0",
		"appId=canary&secret=canary&grant_type=client_credential&version=1.0.0&canary=1":  "there is a parameter that the table has not",
		"appId=canary&secret=canary&grant_type=client_credential&version=1.0.0&version=1": "a parameter appears twice",
	} {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, sim.BaseURL()+"/api/oauth2/access_token?"+query, nil)
		require.NoError(t, err)
		response, err := sim.RoundTrip(request)
		require.NoError(t, err)
		response.Body.Close()
		all := sim.Requests()
		require.Equal(t, why, all[len(all)-1].Why)
	}
}
