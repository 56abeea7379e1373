package faceidtest_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// cloudRequests are requests of API 3.0 that are accepted, by their actions.
// The token is that of the last flow.
var cloudRequests = map[string]func(s *scene) obj{
	"DetectAuth":                       func(*scene) obj { return goodBodies["DetectAuth"] },
	"GetDetectInfoEnhanced":            func(s *scene) obj { return obj{"BizToken": s.token, "RuleId": faceidtest.RulePlus} },
	"GetEidToken":                      func(*scene) obj { return goodBodies["GetEidToken"] },
	"CheckEidTokenStatus":              func(s *scene) obj { return obj{"EidToken": s.token} },
	"GetEidResult":                     func(s *scene) obj { return obj{"EidToken": s.token} },
	"ApplyWebVerificationBizTokenIntl": func(*scene) obj { return goodBodies["ApplyWebVerificationBizTokenIntl"] },
	"GetWeChatBillDetails": func(s *scene) obj {
		return obj{"Date": s.sim.Now().In(china).AddDate(0, 0, -2).Format("2006-01-02"), "Cursor": 0}
	},
	"NoSuchAction": func(*scene) obj { return obj{} },
}

func isCloud(base string) bool { return cloudRequests[base] != nil || base == "Url" }

// setHeader changes what signs or carries the next request of API 3.0.
func (s *scene) setHeader(change string) {
	name, value, _ := strings.Cut(change, "=")
	switch name {
	case "time":
		d, err := time.ParseDuration(value)
		require.NoError(s.t, err)
		s.c.at = time.Now().Add(d)
	case "later":
		d, err := time.ParseDuration(value)
		require.NoError(s.t, err)
		s.header = map[string]string{"X-TC-Timestamp": strconv.FormatInt(time.Now().Add(d).Unix(), 10)}
	case "key":
		s.c.key = value
	case "id":
		s.c.id = value
	case "token":
		s.c.token = value
	case "host":
		s.c.base = "https://" + value
	case "X-TC-Version":
		s.c.version = value
	case "X-TC-Region":
		s.c.region = value
	default:
		s.header = map[string]string{name: value}
	}
}

// flow opens a flow of an action, and keeps its token and its Url.
func (s *scene) flow(action string) {
	a := s.c.good(action, goodBodies[action])
	for _, name := range []string{"BizToken", "EidToken"} {
		if token, ok := a.m[name].(string); ok {
			s.token = token
		}
	}
	for _, name := range []string{"Url", "VerificationURL"} {
		if page, ok := a.m[name].(string); ok {
			s.urlOf3 = page
		}
	}
}

// runFlow makes the person of the flow come, and make attempts with these codes.
func (s *scene) runFlow(codes string) {
	var tries []int
	for _, code := range strings.Split(codes, ",") {
		n, err := strconv.Atoi(code)
		require.NoError(s.t, err)
		tries = append(tries, n)
	}
	s.sim.ScriptCloud(s.token, faceidtest.CloudTries(tries...))
	_, err := s.sim.VisitCloud(s.t.Context(), s.urlOf3)
	require.NoError(s.t, err)
}

// cloudAnswer makes a request of API 3.0, or opens the Url of a flow.
func (s *scene) cloudAnswer(action string, changes []string) string {
	if action == "Url" {
		req, err := http.NewRequest(http.MethodGet, s.urlOf3, nil)
		require.NoError(s.t, err)
		a := s.do(req)
		if keyOfPage.MatchString(a.body) {
			return "page"
		}
		_, code, _ := strings.Cut(a.body, `data-code="`)
		code, _, _ = strings.Cut(code, `"`)
		return code
	}
	text, err := json.Marshal(changed(s, cloudRequests[action](s), changes))
	require.NoError(s.t, err)
	req := s.c.request(action, text)
	for name, value := range s.header {
		switch {
		case name == "scope":
			from, to, _ := strings.Cut(value, ">")
			req.Header.Set("Authorization", strings.Replace(req.Header.Get("Authorization"), "/"+from+"/", "/"+to+"/", 1))
		case name == "signed":
			from, to, _ := strings.Cut(value, ">")
			req.Header.Set("Authorization", strings.Replace(req.Header.Get("Authorization"), from, to, 1))
		case name == "Host":
			req.Host = value
		case value == "":
			req.Header.Del(name)
		default:
			req.Header.Set(name, value)
		}
	}
	if code := s.c.do(req).code(); code != "" {
		return code
	}
	return "ok"
}

// changed returns a body with changes.
func changed(s *scene, body obj, changes []string) obj {
	body = plus(body)
	for _, change := range changes {
		name, value, given := strings.Cut(change, "=")
		if strings.HasPrefix(change, "-") {
			delete(body, change[1:])
			continue
		}
		require.True(s.t, given, change)
		v := spelled(value)
		if json.Unmarshal([]byte(value), &v) != nil {
			v = spelled(value)
		}
		body[name] = v
	}
	return body
}
