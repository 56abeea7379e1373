package faceid_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/stretchr/testify/require"
)

func TestACodeIsScoped(t *testing.T) {
	code := faceid.CodeH5BadMessage
	require.Equal(t, "300101", code.Number())
	require.Equal(t, "h5-frontend", code.Scope())
	require.Equal(t, faceid.FamilyInterrupted, code.Family())
	require.Equal(t, faceid.ErrUnknownCode, faceid.Code("face/300101").Family(), "the same number elsewhere is another code")
	require.False(t, errors.Is(faceid.Code("face/300101"), code))
}

func TestEveryCodeOfTheCatalogueHasAFamilyConstantOfOurs(t *testing.T) {
	known := map[faceid.Family]bool{
		faceid.ErrCredential: true, faceid.ErrRateLimited: true, faceid.ErrNoResult: true, faceid.ErrAccount: true, faceid.ErrRequest: true,
		faceid.ErrService: true, faceid.ErrExpired: true, faceid.ErrNetwork: true, faceid.ErrUnknownCode: true,
		faceid.FamilyPassed: true, faceid.FamilyNotSamePerson: true, faceid.FamilyIdentityMismatch: true, faceid.FamilySuspectedFake: true,
		faceid.FamilyCaptureFailed: true, faceid.FamilyMediaUnusable: true, faceid.FamilyDocumentUnsupported: true,
		faceid.FamilyIdentityMalformed: true, faceid.FamilyAttemptsExceeded: true, faceid.FamilyTimedOut: true,
		faceid.FamilyClientOutdated: true, faceid.FamilySourcePhotoUnusable: true, faceid.FamilyBrowserUnsupported: true,
		faceid.FamilyCameraDenied: true, faceid.FamilyInterrupted: true, faceid.FamilyWillMismatch: true,
		faceid.FamilyUnreadable: true, faceid.FamilyDeviceUnsupported: true, faceid.FamilyNotOnRecord: true, faceid.FamilyCardUnusable: true,
	}
	for key, entry := range catalog.Entries {
		if entry.Kind == catalog.Note { // a remark beside a result is not a result
			require.Equal(t, faceid.ErrUnknownCode, faceid.Code(key.Scope+"/"+key.Code).Family())
			continue
		}
		require.True(t, known[faceid.Family(entry.Family)], "%v: %s", key, entry.Family)
		code := faceid.Code(key.Scope + "/" + key.Code)
		require.Equal(t, faceid.Family(entry.Family), code.Family())
		require.ErrorIs(t, code, code.Family())
		require.NotEmpty(t, code.Gloss())
		require.NotEmpty(t, code.Handling())
	}
}

func TestAnErrorReadsOutsideInAndIsFoundByFamilyAndCode(t *testing.T) {
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

// What was an outcome on a query is a bad request on an upload: nobody was in
// front of a camera.
func TestAnOutcomeCodeOnAnUploadIsARequestError(t *testing.T) {
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

// What the platform says is cut before it is searched for private values, which
// would cost as much as there are of both. The cut shows no half of one.
func TestALongTextIsCut(t *testing.T) {
	sim := faceidtest.Start(t)
	say := func(message string) error {
		sim.FailNext("IdCardVerification", faceidtest.FaultBody(`{"Response":{"Error":{"Code":"FailedOperation","Message":"`+message+`"},"RequestId":"r"}}`))
		_, err := sim.Client().IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{Name: "李测试", IDCard: "110101199003074477"})
		require.Error(t, err)
		return err
	}
	var told *faceid.Error
	require.ErrorAs(t, say(strings.Repeat("很抱歉", 100_000)), &told)
	require.Equal(t, strings.Repeat("很抱歉", 100)+"…", told.Message)

	// Bytes that are no UTF-8 become one character, however many they are: a stranger
	// may send them.
	claimed := &faceid.UnsignedError{}
	for _, sent := range []string{strings.Repeat("%ff", 20_000), strings.Repeat("%ff", 16<<10-4) + "1101011990"} {
		r := httptest.NewRequest(http.MethodGet, "https://m.example/back?code=3004&orderNo="+sent, nil)
		_, err := sim.Client().VerifyCallback(t.Context(), r)
		require.ErrorIs(t, err, faceid.ErrUnsigned)
		if errors.As(err, &claimed) {
			require.Equal(t, "…", claimed.UnverifiedOrderNo)
		}
	}

	// So many private values that nothing else is left, and one that the cut halves.
	for shift := range 20 {
		err := say(strings.Repeat("x", shift) + strings.Repeat("110101199003074477", 10_000))
		require.ErrorAs(t, err, &told)
		require.NotContains(t, told.Message, "1101")
		require.True(t, strings.HasSuffix(told.Message, "…"))
	}
}
