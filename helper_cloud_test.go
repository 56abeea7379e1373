package faceid_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

const (
	cloudID  = "canary-secret-id-of-the-cloud"
	cloudKey = "canary-secret-key-of-the-cloud"
)

// cloudExchange is a transport that answers API 3.0 with what one test prepared, and
// notes the requests.
type cloudExchange struct {
	status  int
	answers []string // the answers in turn; the last one is repeated
	errs    []error
	cut     bool // whether the first answer breaks off

	requests []*http.Request
	bodies   []string
}

func (e *cloudExchange) RoundTrip(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	i := len(e.requests)
	e.requests, e.bodies = append(e.requests, r), append(e.bodies, string(text))
	if i < len(e.errs) && e.errs[i] != nil {
		return nil, e.errs[i]
	}
	status := e.status
	if status == 0 {
		status = 200
	}
	answer := e.answers[min(i, len(e.answers)-1)]
	var body io.Reader = strings.NewReader(answer)
	if e.cut && i == 0 {
		body = io.MultiReader(body, iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(body), Request: r}, nil
}

func cloudClient(t *testing.T, e *cloudExchange, opts ...faceid.Option) *faceid.Client {
	suite.canary(cloudID, "secret id")
	suite.canary(cloudKey, "secret key")
	client, err := faceid.New(append([]faceid.Option{
		faceid.WithCloud(common.NewTokenCredential(cloudID, cloudKey, "canary-session-token"), "ap-guangzhou"),
		faceid.WithIntl(common.NewCredential(cloudID, cloudKey), "ap-singapore"),
		faceid.WithHTTPClient(&http.Client{Transport: e}), faceid.WithObserver(func(_ context.Context, e faceid.Event) { suite.see(e) }),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

const fine = `{"Response":{"Answer":"yes","RequestId":"request-1"}}`

func cloudError(code, message string) string {
	text, _ := json.Marshal(map[string]any{"Response": map[string]any{"Error": map[string]string{"Code": code, "Message": message}, "RequestId": "request-1"}})
	return string(text)
}

// The helpers below are for typed actions with prepared answers: for their requests,
// their refusals and their decisions.

func answerOf(fields string) string { return `{"Response":{` + fields + `,"RequestId":"request-1"}}` }

func nods(n int, text string) []faceid.IntentionActionConfig {
	var all []faceid.IntentionActionConfig
	for range n {
		all = append(all, faceid.IntentionActionConfig{Text: text})
	}
	return all
}

// nodding is the setting that asks for nods.
var nodding = &faceid.RuleIDConfig{IntentionType: faceid.RuleIntentionNod}

func toNobody(string) io.Writer { return nil }

// The helpers below are for API 3.0, from the opening of a flow to the decision and the
// bill.

func auth(extra string) faceid.DetectAuthRequest {
	return faceid.DetectAuthRequest{RuleID: "plus1", Name: somebody.Name, IDCard: somebody.IDNo, RedirectURL: "https://merchant.example/back?x=1", Extra: extra}
}

func cloudSim(t *testing.T, opts ...faceidtest.Option) (*faceidtest.Server, *faceid.Client) {
	sim := faceidtest.Start(t, append([]faceidtest.Option{
		faceidtest.WithRule("plus1", "plus"), faceidtest.WithRule("enhanced1", "enhanced"), faceidtest.WithRule("will1", "will"), faceidtest.WithRule("intl1", "intl"),
	}, opts...)...)
	suite.canary(sim.CloudSecretID(), "secret id")
	suite.canary(sim.CloudSecretKey(), "secret key")
	return sim, newClient(sim)
}

const otherIDNo = "11010119900307643X" // another invented number with a valid check digit

func second[T any](_ T, err error) error { return err }

// pasted are keys that were copied with something of the page around them.
var pasted = map[string]string{
	"a line break":     "canary-pasted-key\n",
	"a carriage":       "canary-pasted-key\r\n",
	"a blank":          " canary-pasted-key",
	"a tab":            "canary-pasted-key\t",
	"a blank inside":   "canary-pasted key",
	"a wide letter":    "canary-pasted-keyＡ",
	"a wide blank":     "canary-pasted-key\u3000",
	"a byte order":     "\ufeffcanary-pasted-key",
	"a zero":           "canary-pasted-key\x00",
	"what is no UTF-8": "canary-pasted-key\xff",
}

// holds is a credential that returns these values.
type holds struct {
	common.CredentialIface
	id, key, token string
}

func (h *holds) GetCredential() (id, key, token string) { return h.id, h.key, h.token }
