package faceid_test

import (
	"fmt"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestErrorReadsOutsideInAndIsFoundByFamilyAndCode(t *testing.T) {
	err := fmt.Errorf("checkout: %w", &faceid.Error{
		Op: "QueryFaceRecord", Code: faceid.CodeBadSignature, Message: "签名校验不通过", Family: faceid.ErrCredential,
		OrderNo: "order1", BizSeqNo: "22041520001184442415491408594474", HTTPStatus: 200,
	})
	require.EqualError(t, err, "checkout: faceid: QueryFaceRecord: 签名校验不通过: the signature was refused "+
		"(code 400101, family Credential, order order1, seq 22041520001184442415491408594474)")
	require.ErrorIs(t, err, faceid.ErrCredential)
	require.ErrorIs(t, err, faceid.CodeBadSignature)
	require.NotErrorIs(t, err, faceid.ErrService)
	require.NotErrorIs(t, err, faceid.CodePassed)
	var e *faceid.Error
	require.ErrorAs(t, err, &e)
	require.NotEmpty(t, e.Handling())
	require.NotErrorIs(t, &faceid.Error{}, faceid.Family(""), "no family is no family")
	require.NotErrorIs(t, &faceid.Error{}, faceid.Code(""))
}

// A code that is an outcome on a query is a bad request on an upload, as nobody was in
// front of a camera.
func TestErrorOfAnOutcomeCodeOnAnUploadIsARequestError(t *testing.T) {
	for code, family := range map[string]faceid.Family{
		"66660015": faceid.ErrRequest, "66660044": faceid.ErrRequest, "66660046": faceid.ErrRequest, "66660004": faceid.ErrRequest,
		"66660017": faceid.ErrRequest, "66660002": faceid.ErrAccount, "400506": faceid.ErrRateLimited,
	} {
		sim := faceidtest.Start(t)
		sim.FailNext(pathPlus, faceidtest.FaultCode(code, ""))
		_, err := newClient(sim).GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
		require.ErrorIs(t, err, family, code)
		var e *faceid.Error
		require.ErrorAs(t, err, &e)
		require.ErrorIs(t, err, e.Code.Family(), "what the person typed, not what we did")
		require.Equal(t, code, e.Code.Number())
		require.Equal(t, map[bool]string{true: "kyc1", false: "face"}[family != faceid.ErrRequest], e.Code.Scope(), "shared codes have one name")
	}
}
