package faceid_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// troubleRow is a fault, the error that it becomes, and how often a query is tried
// that meets it every time.
type troubleRow struct {
	fault    faceidtest.Fault
	is       error
	status   int
	attempts int // the attempts of a query that meets the fault every time
}

// troubleRows are what can go wrong on the wire.
func troubleRows(big string) map[string]troubleRow {
	return map[string]troubleRow{
		"HTML 502":                  {faceidtest.FaultStatus(502, "<html>Bad Gateway</html>"), faceid.ErrService, 502, 3},
		"HTML 503":                  {faceidtest.FaultStatus(503, "<html></html>"), faceid.ErrService, 503, 3},
		"HTTP 429":                  {faceidtest.FaultStatus(429, "slow down"), faceid.ErrRateLimited, 429, 3},
		"an outcome under HTTP 502": {faceidtest.FaultStatus(502, `{"code":"66660004","result":{"orderNo":"order1"}}`), nil, 502, 1},
		"HTML 500":                  {faceidtest.FaultStatus(500, "<html></html>"), faceid.ErrService, 500, 1},
		"HTML 403":                  {faceidtest.FaultStatus(403, "<html></html>"), faceid.ErrBadAnswer, 403, 1},
		"code 0 under HTTP 500":     {faceidtest.FaultStatus(500, `{"code":"0","result":{"faceId":"f"}}`), faceid.ErrBadAnswer, 500, 1},
		"truncated":                 {faceidtest.FaultTruncate(10), faceid.ErrNetwork, 200, 3},
		"over the bound":            {faceidtest.FaultBody(big), faceid.ErrBadAnswer, 200, 1},
		"HTML 200":                  {faceidtest.FaultBody("<html>maintenance</html>"), faceid.ErrBadAnswer, 200, 1},
		"empty body":                {faceidtest.FaultBody(""), faceid.ErrBadAnswer, 200, 1},
		"no code":                   {faceidtest.FaultBody(`{"msg":"ok"}`), faceid.ErrBadAnswer, 200, 1},
		"code null":                 {faceidtest.FaultBody(`{"code":null}`), faceid.ErrBadAnswer, 200, 1},
		"code true":                 {faceidtest.FaultBody(`{"code":true}`), faceid.ErrBadAnswer, 200, 1},
		"result is text":            {faceidtest.FaultBody(`{"code":"0","result":"ok"}`), faceid.ErrBadAnswer, 200, 1},
		"result missing":            {faceidtest.FaultBody(`{"code":"0","msg":"ok"}`), faceid.ErrBadAnswer, 200, 1},
		"faceId and photo are maps": {faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","faceId":{},"photo":{}}}`), faceid.ErrBadAnswer, 200, 1},
		"another order's answer":    {faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order2","faceId":"f"}}`), faceid.ErrBadAnswer, 200, 1},
		"unknown code":              {faceidtest.FaultCode("12345678", "?"), faceid.ErrUnknownCode, 200, 1},
		"almost 0":                  {faceidtest.FaultBody(`{"code":"00"}`), faceid.ErrUnknownCode, 200, 1},
		"0.0":                       {faceidtest.FaultBody(`{"code":0.0}`), faceid.ErrUnknownCode, 200, 1},
		"code as number":            {faceidtest.FaultBody(`{"code":66660000}`), faceid.ErrRequest, 200, 1},
		"signature refused":         {faceidtest.FaultCode("400101", ""), faceid.ErrCredential, 200, 1},
		"IP not allowed":            {faceidtest.FaultCode("400103", ""), faceid.ErrAccount, 200, 1},
		"rate limit":                {faceidtest.FaultCode("400506", ""), faceid.ErrRateLimited, 200, 3},
		"busy":                      {faceidtest.FaultCode("999999", ""), faceid.ErrService, 200, 3},
		"in arrears":                {faceidtest.FaultCode("66660002", ""), faceid.ErrAccount, 200, 1},
		"connection reset":          {faceidtest.FaultDropBefore(), faceid.ErrNetwork, 0, 3},
		"answer lost":               {faceidtest.FaultDropAfter(), faceid.ErrNetwork, 0, 3},
	}
}

// Each trouble on the wire is met by an upload, which is never repeated once it may
// have left, and by a query, which is repeated.
func TestKYC1GivesOneClearErrorForEachTrouble(t *testing.T) {
	big := `{"code":"0","result":{"faceId":"` + strings.Repeat("f", 4096) + `"}}`
	for name, test := range troubleRows(big) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim, faceid.WithMaxAnswer(4096))
				faults := []faceidtest.Fault{test.fault, test.fault, test.fault}
				check := func(err error) {
					t.Helper()
					if test.is == nil {
						require.Error(t, err)
						require.NotErrorIs(t, err, faceid.ErrNotPassed)
					} else {
						require.ErrorIs(t, err, test.is)
					}
					var e *faceid.Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, test.status, e.HTTPStatus)
					require.Equal(t, "order1", e.OrderNo)
					require.NotContains(t, err.Error(), sim.Secret())
					require.NotContains(t, err.Error(), "<html>")
				}

				sim.FailNext(pathPlus, faults...)
				_, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
				check(err)
				require.Equal(t, 1, sim.Calls(pathPlus), "an upload that may have left is not sent again")

				sim.FailNext(pathRecord, faults...)
				record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
				check(err)
				require.Nil(t, record)
				require.Equal(t, test.attempts, sim.Calls(pathRecord))
			})
		})
	}
}
