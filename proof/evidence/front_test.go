package evidence

import (
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
)

// front stands before the simulator: what the processes ask meets faults there.
type front struct {
	sim      *faceidtest.Server
	out      atomic.Bool // the platform has an outage
	requests atomic.Int64
	faults   atomic.Int64

	mu   sync.Mutex
	rand *rand.Rand
}

// begins is how long before today the platform's clock begins, so that a bill of its last
// day can be asked for.
const begins = 12 * 24 * time.Hour

// newFront starts the platform. Its client shares the token with the processes, and meets
// no fault.
func newFront(t *testing.T, tokens string) (*front, platform) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	sim := faceidtest.Start(t, faceidtest.WithPublicURL("http://"+l.Addr().String()), faceidtest.WithStart(time.Now().Add(-begins)))
	f := &front{sim: sim, rand: trial.Rand(4)}
	server := &http.Server{Handler: f, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	store, err := faceid.NewFileStore(tokens)
	require.NoError(t, err)
	p := platform{sim, sim.Client(faceid.WithStore(store))}
	_, err = p.client.NonceTicket(t.Context(), "user1") // so that no process has to mint a token
	require.NoError(t, err)
	return f, p
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.requests.Add(1)
	if fault, met := f.draw(r.URL.Path); met {
		f.faults.Add(1)
		r = r.WithContext(faceidtest.WithFault(r.Context(), fault))
	}
	f.sim.ServeHTTP(w, r)
}

// draw returns the fault that a request meets: always one during an outage, and otherwise
// one in fifty.
func (f *front) draw(path string) (faceidtest.Fault, bool) {
	if strings.HasPrefix(path, "/api/oauth2/") {
		return faceidtest.Fault{}, false // the fleet's trial is about tokens
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.out.Load() {
		outages := []faceidtest.Fault{
			faceidtest.FaultStatus(http.StatusBadGateway, "<html>"), faceidtest.FaultStatus(http.StatusServiceUnavailable, ""),
			faceidtest.FaultDropBefore(), faceidtest.FaultBody(""),
		}
		return outages[f.rand.IntN(len(outages))], true
	}
	if f.rand.IntN(50) > 0 {
		return faceidtest.Fault{}, false
	}
	faults := []faceidtest.Fault{
		faceidtest.FaultStatus(http.StatusGatewayTimeout, ""), faceidtest.FaultDropBefore(), faceidtest.FaultDropAfter(),
		faceidtest.FaultTruncate(f.rand.IntN(2000)), faceidtest.FaultDelay(200 * time.Millisecond),
	}
	return faults[f.rand.IntN(len(faults))], true
}
