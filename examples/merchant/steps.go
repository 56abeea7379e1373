package main

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// A step is something that ran for an order: a call of the SDK, a request of
// it, or what the site and the browser did.
type step struct {
	At     time.Time
	Took   time.Duration
	Kind   string // site, call or wire
	What   string // of the site a text, else a name of the SDK or the platform
	Signed string // with what: a text
	Sent   string // parameters, without secrets and persons
	Result string // a text, or a word of the SDK's or of HTTP
	Rigged bool   // it met a fault of the page What if
}

// Millis is how long it took.
func (s step) Millis() string { return millis(s.Took) }

func millis(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64)
}

// A trace collects the steps of an order, from all goroutines.
type trace struct {
	mu     sync.Mutex
	steps  []step
	faults []prepared // that the requests of the order meet
}

const maxSteps = 100

func (t *trace) add(s step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, before := range t.steps { // a call began when the site was done, whatever its clock says
		if end := before.At.Add(before.Took); s.Kind == "call" && before.Kind == "site" && s.At.Before(end) {
			s.At = end
		}
	}
	if len(t.steps) < maxSteps {
		t.steps = append(t.steps, s)
	}
}

// site adds what the site did, since begin.
func (t *trace) site(begin time.Time, what, signed, sent, result string) {
	t.add(step{At: begin, Took: time.Since(begin), Kind: "site", What: what, Signed: signed, Sent: sent, Result: result})
}

// list returns the steps in the order in which they began.
func (t *trace) list() []step {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Clone(t.steps)
	slices.SortStableFunc(all, func(a, b step) int { return a.At.Compare(b.At) })
	return all
}

type traceKey struct{}

// with has the calls under ctx told to t: the SDK keeps a context's values.
func (t *trace) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

func traceOf(ctx context.Context) *trace {
	t, _ := ctx.Value(traceKey{}).(*trace)
	return t
}

// observe is the SDK's report of a call with all its attempts.
func observe(ctx context.Context, e faceid.Event) {
	t := traceOf(ctx)
	if t == nil {
		return
	}
	const late = 150 * time.Microsecond // it comes a moment after the end, and belongs above its requests
	s := step{At: time.Now().Add(-e.Duration - late), Took: e.Duration, Kind: "call", What: e.Op, Sent: e.Endpoint, Result: "ok"}
	if kind := string(e.Kind); e.Kind != faceid.EventCall && kind != e.Op {
		s.What = kind + " " + e.Op
	}
	if s.Sent == e.Op { // the method of API 3.0 has the name of its action
		s.Sent = ""
	}
	switch {
	case e.Family == faceid.FamilyPassed: // ok: a card that was read has passed nothing
	case e.Family != "":
		s.Result = string(e.Family)
	case e.Err != nil:
		s.Result = "cancelled"
	}
	if e.Attempts > 1 {
		s.Result += " ×" + strconv.Itoa(e.Attempts)
	}
	t.add(s)
}

// tap sees the requests of the SDK on their way.
type tap struct{ next http.RoundTripper }

// RoundTrip notes a request: its path and the names of what it carries.
func (t tap) RoundTrip(r *http.Request) (*http.Response, error) {
	to := traceOf(r.Context())
	if to == nil {
		return t.next.RoundTrip(r)
	}
	s := step{At: time.Now(), Kind: "wire"}
	s.What, s.Signed, s.Sent = describe(r)
	if f, ok := to.fault(cmp.Or(r.Header.Get("X-TC-Action"), r.URL.Path)); ok {
		s.Rigged, r = true, r.WithContext(faceidtest.WithFault(r.Context(), f))
	}
	res, err := t.next.RoundTrip(r)
	s.Took, s.Result = time.Since(s.At), "no answer"
	if err == nil {
		s.Result = "HTTP " + strconv.Itoa(res.StatusCode)
	}
	to.add(s)
	return res, err
}

// describe tells a request without what is secret or personal in it.
func describe(r *http.Request) (what, signed, sent string) {
	if action := r.Header.Get("X-TC-Action"); action != "" {
		return action, "with-tc3", redacted(bodyNames(r))
	}
	what, signed = r.Method+" "+r.URL.Path, "with-sign"
	query := r.URL.Query()
	switch r.URL.Path {
	case "/api/oauth2/access_token":
		signed = "with-secret"
	case "/api/oauth2/api_ticket":
		signed = "with-token"
		what += " " + query.Get("type")
	}
	values := map[string]string{}
	for name := range query {
		values[name] = query.Get(name)
	}
	for name, value := range bodyNames(r) {
		values[name] = value
	}
	return what, signed, redacted(values)
}

// bodyNames are the parameters of a JSON body: values that are no strings are
// left out.
func bodyNames(r *http.Request) map[string]string {
	if r.GetBody == nil {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	var raw map[string]json.RawMessage
	if json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(&raw) != nil {
		return nil
	}
	values := map[string]string{}
	for name, value := range raw {
		var text string
		_ = json.Unmarshal(value, &text) // not a string: not shown
		values[name] = text
	}
	return values
}

// harmless are the parameters whose values may be shown.
var harmless = map[string]bool{
	"appId": true, "app_id": true, "version": true, "grant_type": true, "type": true, "orderNo": true, "order_no": true,
	"getFile": true, "code": true, "get_file": true, "getWillFile": true, "willType": true, "nfcType": true,
	"InfoType": true, "RuleId": true, "MerchantId": true, "Date": true,
}

func redacted(values map[string]string) string {
	var shown []string
	for name, value := range values {
		if !harmless[name] {
			value = "••••"
		}
		shown = append(shown, name+"="+value)
	}
	slices.Sort(shown)
	return strings.Join(shown, " ")
}

// redactURL is a URL as a step shows it: its path and its parameters' names.
func redactURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	values := map[string]string{}
	for name := range u.Query() {
		values[name] = u.Query().Get(name)
	}
	return strings.TrimSuffix(u.Path+"?"+redacted(values), "?")
}
