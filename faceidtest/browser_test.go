package faceidtest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVisitExplainsOtherAnswers(t *testing.T) {
	m := newMerchant(t)
	for name, address := range map[string]string{"no URL": "%zz?sign=canary", "no host": "/api/web/login?sign=canary", "elsewhere": m.base + "/nothing?sign=canary"} {
		t.Run(name, func(t *testing.T) {
			_, err := m.visit(address)
			require.ErrorContains(t, err, "faceidtest: Visit:")
			require.NotContains(t, err.Error(), "canary")
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := m.sim.Visit(ctx, m.base+"/api/web/login")
	require.ErrorIs(t, err, context.Canceled)
}

func TestCallbackForgesARequest(t *testing.T) {
	m := ready(t)
	faceID := m.upload(orderNo)
	q := m.sim.Callback("https://shop.example/back", orderNo, "66660004").URL.Query()
	require.Equal(t, sign(m.appID, orderNo, "66660004", m.ticket), q.Get("newSignature"))
	require.Equal(t, faceID, q.Get("faceId"))
}

func TestCallbackForgesWithTheTicketToCome(t *testing.T) {
	m := newMerchant(t)
	q := m.sim.Callback("https://shop.example/back", orderNo, "0").URL.Query()
	again := m.sim.Callback("https://shop.example/back", orderNo, "0").URL.Query()
	require.Equal(t, 0, m.sim.Calls(ticketPath))

	m.login()

	require.Equal(t, sign(m.appID, orderNo, "0", m.ticket), q.Get("newSignature"))
	require.Equal(t, q.Get("newSignature"), again.Get("newSignature"))
}
