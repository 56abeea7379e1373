package otelfaceid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// tap keeps every value that goes over the wire, by where it stood: those of queries, of
// headers and of bodies, both ways.
type tap struct {
	base http.RoundTripper
	mu   sync.Mutex
	seen map[string]string // value: where
}

func (w *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	for name, values := range r.URL.Query() {
		w.add("query "+name, values[0])
	}
	for name, values := range r.Header {
		w.add("header "+name, values[0])
	}
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		_ = r.Body.Close()
		w.json("request", text)
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	response, err := w.base.RoundTrip(r)
	if err != nil {
		return response, err
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	w.json("answer", text)
	response.Body = io.NopCloser(bytes.NewReader(text))
	return response, nil
}

func (w *tap) json(where string, text []byte) {
	var value any
	if json.Unmarshal(text, &value) == nil {
		w.walk(where, value)
	}
}

func (w *tap) walk(where string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			w.walk(where+"."+name, member)
		}
	case []any:
		for _, element := range value {
			w.walk(where, element)
		}
	case string:
		w.add(where, value)
	}
}

func (w *tap) add(where, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[string]string{}
	}
	w.seen[value] = where
}

// exportable are the places of values that may be exported: numbers of orders and
// answers, codes, times, hosts, the name of the action and the kind of a ticket.
var exportable = regexp.MustCompile(`(?i)(^query type|orderNo|bizSeqNo|RequestId|\.code|ErrCode|X-Tc-Action|X-Tc-Version|query version|Result|transactionTime|occurredTime|optimalDomain)$`)

// requireNothingPrivate searches all that was exported for all that was seen.
func (w *tap) requireNothingPrivate(t *testing.T, exported string) {
	t.Helper()
	searched := 0
	for value, where := range w.seen {
		if len(value) < 6 || exportable.MatchString(where) {
			continue
		}
		searched++
		require.False(t, strings.Contains(exported, value) || strings.Contains(exported, url.QueryEscape(value)), where)
	}
	require.Greater(t, searched, 20, "the tap has seen what there was")
	for _, word := range []string{"secret=", "sign=", "access_token=", "ticket=", "nonce=", "Authorization", "TC3-HMAC"} {
		require.False(t, strings.Contains(exported, word), word)
	}
}

// exported returns all that was exported, as one text.
func (r *recorder) exported() string {
	var text strings.Builder
	for _, s := range r.ended.Ended() {
		fmt.Fprintln(&text, s.Name(), s.Attributes(), s.Status(), s.Events(), s.Links(), s.Resource(), s.InstrumentationScope())
	}
	metrics := r.collect()
	for name, m := range metrics {
		fmt.Fprintln(&text, name, m.Description, m.Unit, r.points(name))
	}
	all, err := json.Marshal(metrics)
	require.NoError(r.t, err)
	return text.String() + string(all)
}

func TestObserveAndTransportExportNoSecretAndNobody(t *testing.T) {
	synctest.Test(t, requireAPrivateFlow)
}

// requireAPrivateFlow verifies people by both doors, with trouble on the way.
func requireAPrivateFlow(t *testing.T) {
	sim := faceidtest.Start(t)
	wire := &tap{base: sim}
	r := record(t)
	client := r.client(sim, faceid.WithHTTPClient(&http.Client{Transport: r.Transport(wire)}))
	login := h5(t, sim, client, faceidtest.Passes())
	_, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: login.Session.OrderNo, GetFile: faceid.FilesAll})
	require.NoError(t, err)
	h5(t, sim, client, faceidtest.NotSamePerson())
	forged := sim.Callback("https://merchant.example/back", login.Session.OrderNo, "0")
	query := forged.URL.Query()
	query.Set("newSignature", "0000000000000000000000000000000000000000")
	forged.URL.RawQuery = query.Encode()
	_, err = client.ConfirmReturn(t.Context(), forged, &login.Session)
	require.ErrorIs(t, err, faceid.ErrBadSignature)

	inWeChat(t, sim, client)
	trouble(t, sim, client)
	require.NoError(t, client.Close(context.Background()))

	exported := r.exported()
	for _, name := range []string{
		"GET /api/oauth2/access_token", "faceid call StartH5 /api/server/getPlusFaceId", "faceid decision ConfirmReturn", "faceid callback ConfirmReturn",
		"faceid refresh", "POST /", "faceid call DetectAuth", "Forged", "NotSamePerson", "Network", "Service",
	} {
		require.True(t, strings.Contains(exported, name), name)
	}
	require.True(t, strings.Contains(exported, login.Session.OrderNo), "the order is in a span")
	wire.requireNothingPrivate(t, exported)
	for _, private := range []string{personName, personIDNo, personUser, sim.Secret(), sim.AppID(), sim.CloudSecretID(), sim.CloudSecretKey(), login.URL, login.Session.FaceID} {
		require.False(t, strings.Contains(exported, private), private)
	}
	for _, m := range r.collect() {
		require.NotContains(t, fmt.Sprint(r.points(m.Name)), login.Session.OrderNo, "an order is no label")
	}
}

// h5 is a verification in a browser.
func h5(t *testing.T, sim *faceidtest.Server, client *faceid.Client, ending faceidtest.Ending) *faceid.PageLogin {
	t.Helper()
	sim.ScriptDefault(ending)
	login, err := client.StartH5(t.Context(), faceid.H5Request{
		Person:      faceid.Person{UserID: personUser, Name: personName, IDNo: personIDNo},
		RedirectURL: "https://merchant.example/back", From: faceid.FromBrowser,
	})
	require.NoError(t, err)
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	if _, err = client.ConfirmReturn(t.Context(), back, &login.Session); !errors.Is(err, faceid.ErrNotPassed) {
		require.NoError(t, err)
	}
	return login
}

// inWeChat is a verification by API 3.0.
func inWeChat(t *testing.T, sim *faceidtest.Server, client *faceid.Client) {
	t.Helper()
	flow, err := client.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: personName, IDCard: personIDNo, RedirectURL: "https://merchant.example/back"})
	require.NoError(t, err)
	_, err = sim.VisitCloud(t.Context(), flow.URL)
	require.NoError(t, err)
	_, err = client.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: flow.BizToken, RuleID: faceidtest.RulePlus}, faceid.Person{Name: personName, IDNo: personIDNo})
	require.NoError(t, err)
}

// trouble has the platform fail, and echo what it was sent.
func trouble(t *testing.T, sim *faceidtest.Server, client *faceid.Client) {
	t.Helper()
	upload := faceid.GetPlusFaceIDRequest{OrderNo: faceid.NewOrderNo(), Person: faceid.Person{UserID: personUser, Name: personName, IDNo: personIDNo}}
	for _, fault := range []faceidtest.Fault{
		faceidtest.FaultCode("999999", personName+" "+personIDNo), faceidtest.FaultDropAfter(), faceidtest.FaultStatus(502, personName),
		faceidtest.FaultBody(`{"code":"` + personIDNo + `","msg":"` + personName + `","bizSeqNo":"` + personIDNo + `","result":{}}`), faceidtest.FaultTruncate(20),
	} {
		sim.FailNext("/api/server/getPlusFaceId", fault)
		_, err := client.GetPlusFaceID(t.Context(), upload)
		require.Error(t, err)
	}
	_, err := client.CallKYC1(t.Context(), faceid.KYC1Call{Method: http.MethodPost, Path: "/api/" + personIDNo, Params: map[string]string{"idNo": personIDNo}})
	require.Error(t, err)
}
