package faceidtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
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
