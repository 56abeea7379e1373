package doctor

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/faceidtest"
)

const (
	tokenPath  = "/api/oauth2/access_token"
	ticketPath = "/api/oauth2/api_ticket"
	queryPath  = "/api/v2/base/queryfacerecord"
)

// patient is a backend with its simulator, its store, and a doctor who looks at it.
type patient struct {
	t   *testing.T
	sim *faceidtest.Server
	env map[string]string
	doc *Doctor
}

// newPatient returns a healthy backend on a port, whose store is a folder. Nobody has
// fetched credentials yet.
func newPatient(t *testing.T, opts ...faceidtest.Option) *patient {
	t.Helper()
	sim := faceidtest.Start(t, opts...)
	p := &patient{t: t, sim: sim, doc: &Doctor{Transport: &http.Transport{}}, env: map[string]string{
		setup.AppID: sim.AppID(), setup.Secret: sim.Secret(), setup.BaseURL: sim.URL(), setup.Store: "file:" + filepath.Join(t.TempDir(), "store"),
		setup.CloudID: sim.CloudSecretID(), setup.CloudKey: sim.CloudSecretKey(), setup.CloudEndpoint: sim.URL(),
	}}
	return p
}

// only leaves one door: kyc1 or API 3.0.
func (p *patient) only(door string) {
	drop := []string{setup.AppID, setup.Secret}
	if door == "kyc1" {
		drop = []string{setup.CloudID, setup.CloudKey}
	}
	for _, name := range drop {
		delete(p.env, name)
	}
}

// sharedStore puts the store into Redis.
func (p *patient) sharedStore() {
	p.env[setup.Store] = "redis://" + miniredis.RunT(p.t).Addr()
}

// examine runs the doctor.
func (p *patient) examine() []Finding {
	p.t.Helper()
	env, err := setup.Read(func(name string) (string, bool) { v, ok := p.env[name]; return v, ok }, "")
	require.NoError(p.t, err)
	p.doc.App, err = env.App()
	require.NoError(p.t, err)
	p.doc.Cloud, err = env.Cloud()
	require.NoError(p.t, err)
	p.doc.OpenStore = env.Store
	return p.doc.Run(p.t.Context())
}

// client is a process of the backend.
func (p *patient) client(opts ...faceid.Option) *faceid.Client {
	p.t.Helper()
	env, err := setup.Read(func(name string) (string, bool) { v, ok := p.env[name]; return v, ok }, "")
	require.NoError(p.t, err)
	app, err := env.App()
	require.NoError(p.t, err)
	store, err := env.Store()
	require.NoError(p.t, err)
	p.t.Cleanup(store.Close)
	client, err := faceid.New(append(append(app.Options(), faceid.WithStore(store)), opts...)...)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = client.Close(context.Background()) })
	return client
}

// runs makes one call, so that the store has credentials.
func (p *patient) runs() *faceid.Client {
	p.t.Helper()
	client := p.client()
	_, err := client.SignTicket(p.t.Context())
	require.NoError(p.t, err)
	return client
}

// ages makes the records of the folder older.
func (p *patient) ages(by time.Duration) {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.env[setup.Store][len("file:"):], "*.record"))
	require.NoError(p.t, err)
	require.NotEmpty(p.t, files)
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(p.t, err)
		require.NoError(p.t, os.Chtimes(f, time.Time{}, info.ModTime().Add(-by)))
	}
}

// behindTLS puts a TLS server in front of the simulator, and returns its transport, which
// trusts it.
func (p *patient) behindTLS() *http.Transport {
	front := httptest.NewUnstartedServer(p.sim)
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that the doctor gives up
	front.StartTLS()
	p.t.Cleanup(front.Close)
	p.env[setup.BaseURL], p.env[setup.CloudEndpoint] = front.URL, front.URL
	return front.Client().Transport.(*http.Transport).Clone()
}

// behindProxy sends everything through a proxy that answers CONNECT with that status.
func (p *patient) behindProxy(status int) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	p.t.Cleanup(proxy.Close)
	p.through(proxy.URL)
}

func (p *patient) through(proxy string) {
	p.env[setup.BaseURL], p.env[setup.CloudEndpoint] = "https://kyc1.qcloud.com", "https://faceid.tencentcloudapi.com"
	at, err := url.Parse(proxy)
	require.NoError(p.t, err)
	p.doc.Transport.Proxy = http.ProxyURL(at)
}

// closedPort returns an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// answering returns the address of a server that always answers so.
func answering(t *testing.T, status int, body string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// deaf returns an address that accepts connections and reads nothing.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// dialing connects to one address, whatever the host.
func dialing(to string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, to)
	}
}

// hangingUp returns the address of a server that takes each request and answers none.
func hangingUp(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// nobodyKnows is a transport whose name server knows no name.
func nobodyKnows(t *testing.T) *http.Transport {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			answer := append([]byte(nil), buf[:n]...)
			answer[2], answer[3] = 0x81, 0x83 // an answer: no such name
			_, _ = conn.WriteTo(answer, from)
		}
	}()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	return &http.Transport{DialContext: (&net.Dialer{Resolver: resolver}).DialContext}
}

// written is all that findings say, for machines.
func written(t *testing.T, findings []Finding) string {
	t.Helper()
	text, err := json.Marshal(findings)
	require.NoError(t, err)
	return string(text)
}
