package faceidtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestAllowIPsRefusesOtherAddresses(t *testing.T) {
	m := ready(t)
	m.sim.AllowIPs("203.0.113.7")
	require.Equal(t, "400103", m.get(tokenPath, m.tokenQuery()).code())
	m.sim.SetRemoteIP("203.0.113.7")
	require.Equal(t, "0", m.get(tokenPath, m.tokenQuery()).code())
	m.sim.SetRemoteIP("::ffff:203.0.113.7")
	require.Equal(t, "0", m.get(tokenPath, m.tokenQuery()).code())
}

func TestAllowIPsIsNotForBrowsers(t *testing.T) {
	m := ready(t)
	login := m.freshLogin(orderNo, m.upload(orderNo))
	m.sim.AllowIPs()

	_, err := m.visit(login)

	require.NoError(t, err)
	require.Equal(t, "400103", m.record(orderNo).code())
}

func TestDenyActionsTakesThePermissionOfOneKey(t *testing.T) {
	c := newCaller(t, faceidtest.WithCloudAccount("AKIDMine", "my-key"), faceidtest.WithCloudAccount("AKIDOther", "other-key"))
	c.sim.DenyActions(c.id, "DetectAuth")
	c.refused("UnauthorizedOperation", "DetectAuth", goodBodies["DetectAuth"])
	c.good("GetEidToken", goodBodies["GetEidToken"])
	c.sim.DenyActions(c.id)
	c.refused("UnauthorizedOperation", "GetEidToken", goodBodies["GetEidToken"])
	require.Panics(t, func() { c.sim.DenyActions("AKIDNobody", "DetectAuth") })
	require.Panics(t, func() { c.sim.DenyActions(c.id, "DetectNothing") })
	require.Empty(t, c.sim.Calls("DetectNothing"))

	c.key = "wrong"
	c.refused("AuthFailure.SignatureFailure", "DetectAuth", goodBodies["DetectAuth"]) // a permission counts after the signature
	c.id, c.key, c.token = "AKIDOther", "other-key", ""
	c.good("DetectAuth", goodBodies["DetectAuth"])
}

func TestRateLimitIsASlidingWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMerchant(t)
		m.sim.RateLimit(tokenPath, 2, time.Second)
		for _, want := range []string{"0", "0", "400506", "400506"} {
			require.Equal(t, want, m.get(tokenPath, m.tokenQuery()).code())
		}
		time.Sleep(time.Second - 1)
		require.Equal(t, "400506", m.get(tokenPath, m.tokenQuery()).code())
		time.Sleep(1)
		require.Equal(t, "0", m.get(tokenPath, m.tokenQuery()).code())
	})
}
