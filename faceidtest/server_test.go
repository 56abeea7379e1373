package faceidtest_test

import (
	"errors"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestCloseEndsEverything(t *testing.T) {
	for where, place := range map[string]func(*merchant) *merchant{"in process": func(m *merchant) *merchant { return m }, "over a port": overPort} {
		t.Run(where, func(t *testing.T) {
			m := place(newMerchant(t))
			m.sim.FailNext(tokenPath, faceidtest.FaultHang())
			failed := make(chan error)
			go func() {
				res, err := m.http.Get(m.tokenURL())
				if err == nil {
					res.Body.Close()
				}
				failed <- err
			}()
			for m.sim.Calls(tokenPath) == 0 {
				runtime.Gosched()
			}

			m.sim.Close()
			m.sim.Close()

			require.Error(t, <-failed)
			_, err := m.http.Get(m.tokenURL())
			require.Error(t, err)
			require.NotContains(t, errors.Unwrap(err).Error(), m.secret)
		})
	}
}

func TestServerIsSafeForConcurrentUse(t *testing.T) {
	m := ready(t)
	done := make(chan error)
	for i := range 8 {
		go func() {
			order := "order" + string(rune('a'+i))
			for range 20 {
				m.sim.Script(order, faceidtest.NoFace())
				m.sim.Advance(time.Millisecond)
				_, _ = m.sim.Requests(), m.sim.Mints(m.appID)
			}
			req, err := http.NewRequest(http.MethodGet, m.tokenURL(), nil)
			if err == nil {
				_, err = m.sim.RoundTrip(req)
			}
			done <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
}
