package faceid_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestCallKYC1GoesThroughTheSameDoor(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	upload := faceid.KYC1Call{
		Method: http.MethodPost, Path: pathPlus, Signed: []string{"appId", "userId", "version", "nonce"},
		Params: map[string]string{"orderNo": "order1", "userId": "user1", "name": somebody.Name, "idNo": somebody.IDNo},
	}
	answer, err := client.CallKYC1(t.Context(), upload)
	require.NoError(t, err)
	var body struct{ Result struct{ FaceID string } }
	require.NoError(t, json.Unmarshal(answer.JSON, &body))
	require.NotEmpty(t, body.Result.FaceID)
	suite.see(upload, answer, *answer)

	_, err = client.CallKYC1(t.Context(), upload)
	require.ErrorIs(t, err, faceid.CodeBadParameter, "the order is used up")

	_, err = client.CallKYC1(t.Context(), faceid.KYC1Call{
		Method: http.MethodPost, Path: pathRecord, Signed: []string{"appId", "orderNo", "version", "nonce"},
		Params: map[string]string{"orderNo": "order1"}, Repeatable: true,
	})
	require.ErrorIs(t, err, faceid.ErrNoResult)

	sim.FailNext(pathRecord, faceidtest.FaultCode("66660004", ""))
	answer, err = client.CallKYC1(t.Context(), faceid.KYC1Call{Method: http.MethodPost, Path: pathRecord, Params: map[string]string{"orderNo": "order1"}})
	require.Error(t, err, "any code other than 0 is an error")
	require.Equal(t, "66660004", answer.Code, "but the answer is there")

	_, err = client.CallKYC1(t.Context(), faceid.KYC1Call{Method: http.MethodPost, Path: pathRecord})
	require.ErrorIs(t, err, faceid.CodeBadParameter, "no parameters are an empty object")
}

func TestCallKYC1IsValidated(t *testing.T) {
	sim := faceidtest.Start(t)
	for field, r := range map[string]faceid.KYC1Call{
		"Method":  {Method: "DELETE", Path: "/x"},
		"Path":    {Method: "GET", Path: "/x?secret=y"},
		"Params":  {Method: "GET", Path: "/x", Params: map[string]string{"sign": "x"}},
		"Signed":  {Method: "GET", Path: "/x", Signed: []string{"orderNo"}},
		"Signed ": {Method: "GET", Path: "/x", Signed: []string{"appId", "nonce", "appId"}},
	} {
		_, err := newClient(sim).CallKYC1(t.Context(), r)
		var bad *faceid.ArgumentError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, strings.TrimSpace(field), bad.Field)
	}
	require.Empty(t, sim.Requests())
}

// The meaning of the parameters of such a call is not known, so none is quoted.
func TestCallKYC1ErrorQuotesNoParameter(t *testing.T) {
	sim := faceidtest.Start(t)
	params := map[string]string{"orderNo": "order1", "userId": "user1", "name": somebody.Name, "idNo": "C01234567"}
	for what, signed := range map[string][]string{"unsigned": nil, "signed": {"appId", "userId", "version", "nonce"}} {
		for name, value := range params {
			sim.FailNext(pathPlus, faceidtest.FaultCode("66660000", "参数 ["+value+"] 不合法"))
			answer, err := newClient(sim).CallKYC1(t.Context(), faceid.KYC1Call{Method: http.MethodPost, Path: pathPlus, Params: params, Signed: signed})
			require.ErrorIs(t, err, faceid.CodeBadParameter)
			want := "参数 [[redacted]] 不合法"
			if name == "orderNo" { // Every error names the order.
				want = "参数 [order1] 不合法"
			}
			require.ErrorContains(t, err, want, "%s %s", what, name)
			require.Equal(t, want, answer.Message)
			suite.see(err)
		}
	}
}
