package faceidtest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// A rule is one line of docs/simulator-rules.md, and the test that shows it.
type rule struct {
	en, zh  string
	source  string // the number of the platform's page; "" for a choice where the pages are silent
	steps   string // what happens before, by the names of the steps, with semicolons
	request string // the request, and the changes to a good one
	want    string
}

// scene is where a rule is tried: one app, and one account of API 3.0.
type scene struct {
	*merchant
	c                    *caller
	faceID, nonceValue   string
	reqID, token, urlOf3 string
	header               map[string]string
}

// try makes the request of a rule and returns the answer in a word.
func (r rule) try(t *testing.T) (got string) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{merchant: ready(t)}
		s.c = s.caller()
		for _, step := range strings.Split(r.steps, "; ") {
			if step != "" {
				s.step(step)
			}
		}
		got = s.answer(r.request)
	})
	return got
}

// answer makes a request and returns its code, or its HTTP status if that is not
// 200. A page that lets the person begin is "page", and an answer of API 3.0
// without an error "ok".
func (s *scene) answer(request string) string {
	words := strings.Fields(request)
	if isCloud(words[0]) {
		return s.cloudAnswer(words[0], words[1:])
	}
	a := s.do(s.build(words[0], words[1:]))
	switch code := regexp.MustCompile(`data-code="([^"]*)"`).FindStringSubmatch(a.body); {
	case a.status != http.StatusOK:
		return "HTTP " + strconv.Itoa(a.status)
	case code != nil:
		return code[1]
	case keyOfPage.MatchString(a.body):
		return "page"
	}
	return codeOf(a)
}

// step does what happens before a request.
func (s *scene) step(step string) {
	name, value, _ := strings.Cut(step, " ")
	if wait, ok := strings.CutPrefix(step, "+"); ok {
		d, err := time.ParseDuration(wait)
		require.NoError(s.t, err)
		time.Sleep(d)
		return
	}
	if again, ok := strings.CutSuffix(name, "×"); ok {
		n, err := strconv.Atoi(again)
		require.NoError(s.t, err)
		for range n {
			s.answer(value)
		}
		return
	}
	do, known := steps[name]
	require.True(s.t, known, step)
	do(s, value)
}

// steps are the steps by their names. The page of the rules explains them.
var steps = map[string]func(s *scene, value string){
	"mint":   func(s *scene, _ string) { s.mustMint() },
	"ticket": func(s *scene, _ string) { s.mustTicket(s.merchant.token, "SIGN", "") },
	"login":  func(s *scene, _ string) { s.login() },
	"nonce":  func(s *scene, _ string) { s.nonceValue = s.nonceTicket() },
	"upload": func(s *scene, _ string) { s.faceID = s.upload(orderNo) },
	"enter":  func(s *scene, _ string) { require.Equal(s.t, "page", s.answer("login")) },
	"end": func(s *scene, value string) {
		s.sim.Script(orderNo, endingOf(s.t, value))
		s.faceID = s.upload(orderNo)
		_, err := s.visit(s.freshLogin(orderNo, s.faceID))
		require.NoError(s.t, err)
	},
	"scan":   func(s *scene, _ string) { s.scan(orderNo, faceidtest.CardIDCard) },
	"read":   func(s *scene, _ string) { s.reqID = s.read(orderNo) },
	"secret": func(s *scene, value string) { s.sim.SetSecret(s.appID, value) },
	"allow":  func(s *scene, value string) { s.sim.AllowIPs(value) },
	"limit": func(s *scene, value string) {
		path := value
		if full := map[string]string{"access_token": tokenPath}[value]; full != "" {
			path = full
		}
		s.sim.RateLimit(path, 1, time.Second)
	},
	"header": func(s *scene, value string) { s.setHeader(value) },
	"flow":   func(s *scene, value string) { s.flow(value) },
	"run":    func(s *scene, value string) { s.runFlow(value) },
}

func endingOf(t *testing.T, name string) faceidtest.Ending {
	t.Helper()
	e, known := map[string]faceidtest.Ending{"pass": faceidtest.Passes(), "quit": faceidtest.Quits(), "blocked": faceidtest.Blocked(),
		"fake": faceidtest.SuspectedFake()}[name]
	require.True(t, known, name)
	return e
}

// build makes a request to kyc1: a good one with changes.
func (s *scene) build(base string, changes []string) *http.Request {
	good, known := goodRequests[base]
	require.True(s.t, known, base)
	method, path, v := good(s)
	kind, query := "application/json", url.Values{}
	for _, change := range changes {
		name, value, given := strings.Cut(change, "=")
		switch {
		case strings.HasPrefix(change, "-"):
			delete(v, change[1:])
		case name == "method:":
			method = value
		case name == "content-type:":
			kind = value
		case name == "copy:":
			query.Set("orderNo", value)
		case name == "rounds:":
			n, err := strconv.Atoi(value)
			require.NoError(s.t, err)
			v["willContentList"] = rounds(strings.Split(strings.Repeat("q,a,", n), ",")[:2*n]...)
		case name == "question:":
			v["willContentList"] = rounds(fmt.Sprint(spelled(value)), "是")
		case change == "lower":
			v["sign"] = strings.ToLower(v["sign"].(string))
		case change == "signed":
			s.signAgain(base, v)
		default:
			require.True(s.t, given, change)
			v[name] = spelled(value)
		}
	}
	if strings.Contains(path, "/oauth2/") || strings.Contains(path, "/login") || strings.Contains(path, "OcrResult") {
		for name, value := range v {
			query.Set(name, fmt.Sprint(value))
		}
		return s.request(method, path, query, "", nil)
	}
	if !query.Has("orderNo") {
		query.Set("orderNo", fmt.Sprint(v["orderNo"]))
	}
	return s.request(method, path, query, kind, v)
}

// spelled reads a value such as a×33, which is 33 letters.
func spelled(value string) any {
	letter, times, found := strings.Cut(value, "×")
	if n, err := strconv.Atoi(times); found && err == nil {
		return strings.Repeat(letter, n)
	}
	return value
}
