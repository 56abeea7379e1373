package faceidtest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// An App records no video unless it was told to, and a browser always records
// one.
func TestRecordVideoIsOffByDefault(t *testing.T) {
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.Ending{Video: []byte("x"), Will: faceidtest.WillPart{Video: []byte("x")}})
	for _, platform := range []string{"android", "ios", "harmony"} {
		m.runWill(platform, platform)
		r := m.willResult(platform, "1", "1").result()
		require.NotContains(t, r, "video")
		require.NotContains(t, r, "willUserVideo")
		for _, name := range []string{"photo", "willScrnShotImage", "willUserAudio", "willReadAudio"} {
			require.Contains(t, r, name)
		}
		for _, product := range sdkProducts {
			m.run(m.launchFor(product, platform, product+platform, m.uploadFor(product, product+platform), m.nonceTicket()))
			require.NotContains(t, m.record(product+platform, "getFile", "1").result(), "video", platform)
			require.Contains(t, m.record(product+platform, "getFile", "1").result(), "photo", platform)
		}
	}
	m.completeWill("browser")
	r := m.willResult("browser", "1", "1").result()
	require.Equal(t, []any{"eA==", "eA=="}, []any{r["video"], r["willUserVideo"]})
}

func TestRecordVideoRecordsOnAndroidAndIOS(t *testing.T) {
	m := recording(t)
	for _, platform := range []string{"android", "ios"} {
		m.runWill(platform, platform)
		r := m.willResult(platform, "1", "1").result()
		require.Contains(t, r, "video")
		require.Contains(t, r, "willUserVideo")
		for _, product := range sdkProducts {
			m.run(m.launchFor(product, platform, product+platform, m.uploadFor(product, product+platform), m.nonceTicket()))
			require.Contains(t, m.record(product+platform, "getFile", "3").result(), "video", platform)
		}
	}
}

// iOS has a switch for the comparison, in the SDKs of Plus and Enhanced.
func TestLivenessOnlyLeavesTheComparisonOut(t *testing.T) {
	m := ready(t, faceidtest.WithReentry())
	m.switches = []faceidtest.SDKSwitch{faceidtest.LivenessOnly}
	m.sim.Script("enhanced", faceidtest.Ending{Similarity: "97.0"})
	for _, product := range []string{"plus", "enhanced"} {
		require.Equal(t, "0", m.run(m.launchFor(product, "ios", product, m.uploadFor(product, product), m.nonceTicket())).Code)
		r := m.record(product, "getFile", "1").result()
		require.Equal(t, "99", r["liveRate"])
		require.Contains(t, r, "photo")
		require.NotContains(t, r, "similarity")
	}
	m.sim.Script("other", faceidtest.NotSamePerson())
	_, err := m.sim.RunSDK(t.Context(), m.launch("ios", "other", m.upload("other"), m.nonceTicket()), faceidtest.LivenessOnly)
	require.ErrorContains(t, err, "nobody is compared")

	// The switch is that of one launch: the next one compares.
	m.sim.Script("again", faceidtest.Quits())
	faceID := m.upload("again")
	m.run(m.launch("ios", "again", faceID, m.nonceTicket()))
	m.switches = nil
	m.sim.Script("again", faceidtest.Passes())
	require.Equal(t, "0", m.run(m.launch("ios", "again", faceID, m.nonceTicket())).Code)
	require.Equal(t, "97.0", m.record("again").result()["similarity"])
}

// A switch that the documents of an SDK do not have is a mistake of the test,
// and leaves the launch as it is.
func TestSDKSwitchOfAnotherSDKIsMisuse(t *testing.T) {
	m := ready(t)
	faceID, basicID, willID := m.upload("plus"), m.uploadFor("basic", "basic"), m.uploadWill("will")
	for name, c := range map[string]struct {
		params map[string]string
		one    faceidtest.SDKSwitch
	}{
		"Harmony records":        {m.launch("harmony", "plus", faceID, m.nonceTicket()), faceidtest.RecordVideo},
		"Harmony leaves out":     {m.launch("harmony", "plus", faceID, m.nonceTicket()), faceidtest.LivenessOnly},
		"Android leaves out":     {m.launch("android", "plus", faceID, m.nonceTicket()), faceidtest.LivenessOnly},
		"Basic leaves out":       {m.launchFor("basic", "ios", "basic", basicID, m.nonceTicket()), faceidtest.LivenessOnly},
		"will leaves out":        {m.launchWill("ios", "will", willID, m.nonceTicket()), faceidtest.LivenessOnly},
		"a name that nobody has": {m.launch("ios", "plus", faceID, m.nonceTicket()), "flies"},
	} {
		_, err := m.sim.RunSDK(t.Context(), c.params, c.one)
		require.ErrorContains(t, err, "has no switch", name)
		require.Equal(t, "uploaded", m.sim.OrderState(m.appID, "plus"))
	}
}

func TestSDKSwitchesAreNamedOverAPort(t *testing.T) {
	m := overPort(newMerchant(t))
	m.login()
	run := func(order string, switches ...string) answer {
		text, err := json.Marshal(map[string]any{"params": m.launch("ios", order, m.upload(order), m.nonceTicket()), "switches": switches})
		require.NoError(t, err)
		return m.postRaw("/sim/sdk", "", "application/json", string(text))
	}
	require.Equal(t, "0", run("order1", "record-video", "liveness-only").code())
	r := m.record("order1", "getFile", "3").result()
	require.Contains(t, r, "video")
	require.NotContains(t, r, "similarity")
	require.Equal(t, 400, run("order2", "flies").status)
}
