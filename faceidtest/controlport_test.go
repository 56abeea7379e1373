package faceidtest_test

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

const controlJSON = "application/json"

func (m *merchant) control(path string, body any) answer {
	b, err := json.Marshal(body)
	require.NoError(m.t, err)
	return m.postRaw(path, "", controlJSON, string(b))
}

func TestControlVisitGoesThroughAPage(t *testing.T) {
	m := ready(t)
	login := m.freshLogin(orderNo, m.upload(orderNo))
	a := m.control("/sim/visit", map[string]string{"url": login})
	require.Equal(t, 200, a.status, a.body)
	back, err := url.Parse(a.m["callback"].(string))
	require.NoError(t, err)
	require.Equal(t, "0", back.Query().Get("code"))
	require.Equal(t, orderNo, back.Query().Get("orderNo"))
	require.Len(t, back.Query().Get("newSignature"), 40)

	a = m.control("/sim/visit", map[string]string{"url": login})
	require.Equal(t, 400, a.status, "a login URL works once")
	require.Equal(t, 400, m.control("/sim/visit", map[string]string{"url": ""}).status)

	c := newCaller(t)
	flow := c.good("DetectAuth", obj{"RuleId": faceidtest.RulePlus, "RedirectUrl": "https://m.example/back"})
	w := &merchant{t: t, http: c.http, base: c.base}
	a = w.control("/sim/visit", map[string]string{"url": flow.text("Url")})
	require.Equal(t, 200, a.status, a.body)
	require.Contains(t, a.m["callback"], "https://m.example/back?BizToken=")
}

func TestControlFaultQueuesTrouble(t *testing.T) {
	for name, x := range map[string]struct {
		fault  map[string]any
		status int
		code   string
	}{
		"code":   {map[string]any{"fault": "code", "code": "400506"}, 200, "400506"},
		"status": {map[string]any{"fault": "status", "status": 502, "body": "<html>"}, 502, ""},
		"body":   {map[string]any{"fault": "body", "body": `{"code":"17"}`}, 200, "17"},
		"delay":  {map[string]any{"fault": "delay", "seconds": 0.001}, 200, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.complete(orderNo)
			x.fault["path"] = "/api/v2/base/queryfacerecord"
			x.fault["times"] = 2
			require.Equal(t, 200, m.control("/sim/fault", x.fault).status)
			for range 2 {
				a := m.postRaw("/api/v2/base/queryfacerecord", "?orderNo="+orderNo, controlJSON, "{}")
				require.Equal(t, x.status, a.status, a.body)
			}
			requests := m.sim.Requests()
			require.Equal(t, name, requests[len(requests)-1].Fault)
			m.record(orderNo) // the third one meets no fault
		})
	}
}

func TestControlFaultRefusesWhatItDoesNotKnow(t *testing.T) {
	m := ready(t)
	for name, fault := range map[string]map[string]any{
		"no path":          {"fault": "hang"},
		"an unknown path":  {"path": "/x", "fault": "hang"},
		"no fault":         {"path": recordPath},
		"an unknown fault": {"path": recordPath, "fault": "fire"},
		"no code":          {"path": recordPath, "fault": "code"},
		"status 99":        {"path": recordPath, "fault": "status", "status": 99},
		"a long delay":     {"path": recordPath, "fault": "delay", "seconds": 3601},
		"a negative delay": {"path": recordPath, "fault": "delay", "seconds": -1},
		"no chunk":         {"path": recordPath, "fault": "slow-body", "seconds": 1},
		"negative bytes":   {"path": recordPath, "fault": "truncate", "bytes": -1},
		"too often":        {"path": recordPath, "fault": "hang", "times": 10_001},
	} {
		a := m.control("/sim/fault", fault)
		require.Equal(t, 400, a.status, name)
		require.NotEmpty(t, a.m["error"], name)
	}
}

func TestControlFaultBoundsTheQueue(t *testing.T) {
	m := ready(t)
	many := map[string]any{"path": recordPath, "fault": "status", "status": 502, "times": 9_999}
	one := map[string]any{"path": recordPath, "fault": "status", "status": 502}
	require.Equal(t, 200, m.control("/sim/fault", many).status)
	require.Equal(t, 200, m.control("/sim/fault", one).status)
	a := m.control("/sim/fault", one)
	require.Equal(t, 400, a.status)
	require.Equal(t, "no more than 10000 faults may wait at a path, and 10000 do", a.m["error"])
	require.Equal(t, 502, m.record(orderNo).status)
	require.Equal(t, 200, m.control("/sim/fault", one).status, "one has been met")
	many["path"] = photosPath
	require.Equal(t, 200, m.control("/sim/fault", many).status, "each path has its own")
}

func TestControlRequestsTellTheLast(t *testing.T) {
	m := ready(t)
	for range 120 {
		m.signLives(m.ticket)
	}
	a := m.get("/sim/requests", nil)
	all := a.m["requests"].([]any)
	require.Len(t, all, 100)
	last := all[99].(map[string]any)
	require.NotEmpty(t, last["path"])
	require.NotEmpty(t, last["method"])
	_, err := time.Parse(time.RFC3339, last["time"].(string))
	require.NoError(t, err)
}
