package frameworks

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/gin-gonic/gin"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/require"
	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/proc"
	"github.com/zeromicro/go-zero/rest"
)

// text is what the loggers of all the frameworks write to.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

var logs text

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultWriter = &logs
	slog.SetDefault(slog.New(slog.NewTextHandler(&logs, nil))) // echo's
	chimiddleware.DefaultLogger = chimiddleware.RequestLogger(&chimiddleware.DefaultLogFormatter{Logger: log.New(&logs, "", 0), NoColor: true})
	logx.SetWriter(logx.NewWriter(&logs))
	os.Exit(m.Run())
}

// merchant is a shop whose platform is the simulator. One browser has a session.
type merchant struct {
	*shop
	platform *faceidtest.Server
	base     string // of the framework's server

	open     *faceid.PageSession // of the browser that has a session
	query    string              // of the request, as the framework hands it on
	deadline time.Duration       // that the framework sets the handler, 0 without one
	record   *faceid.FaceRecord
	err      error
}

const cookie = "session=the-browsers-own"

func newMerchant(t *testing.T) *merchant {
	m := &merchant{platform: faceidtest.Start(t)}
	client := m.platform.Client()
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	m.shop = &shop{client: client, session: func(r *http.Request) *faceid.PageSession {
		m.query, m.deadline = r.URL.RawQuery, 0
		if at, limited := r.Context().Deadline(); limited {
			m.deadline = time.Until(at)
		}
		if r.Header.Get("Cookie") != cookie {
			return nil
		}
		return m.open
	}, show: func(w http.ResponseWriter, r *http.Request, record *faceid.FaceRecord, err error) {
		m.record, m.err = record, err
		http.Redirect(w, r, "/result", http.StatusSeeOther)
	}}
	return m
}

// callback opens an order and returns the address that its browser comes back to.
func (m *merchant) callback(t *testing.T, ending faceidtest.Ending) string {
	t.Helper()
	login, err := m.client.StartH5(t.Context(), faceid.H5Request{
		Person:      faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"},
		RedirectURL: m.base + "/back?next=a%2Bb+c%20d", From: faceid.FromBrowser,
	})
	require.NoError(t, err)
	m.open = &login.Session
	m.platform.Script(m.open.OrderNo, ending)
	back, err := m.platform.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	return back.URL.String()
}

// comesBack sends a browser to an address, and returns the status of the answer.
func (m *merchant) comesBack(t *testing.T, address, cookie string) int {
	t.Helper()
	m.record, m.err, m.query = nil, nil, ""
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	r.Header.Set("Cookie", cookie)
	w, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, w.Body.Close())
	return w.StatusCode
}

// serve serves the routes of a framework.
func serve(routes func(*shop) http.Handler) func(*testing.T, *merchant) {
	return func(t *testing.T, m *merchant) {
		server := httptest.NewServer(routes(m.shop))
		t.Cleanup(server.Close)
		m.base = server.URL
	}
}

// serveGoZero serves go-zero as a configuration file has it, on a port of its own.
func serveGoZero(t *testing.T, m *merchant) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	require.NoError(t, l.Close())
	var c rest.RestConf
	require.NoError(t, conf.LoadFromYamlBytes(fmt.Appendf(nil, goZeroYAML, port), &c))
	server, err := rest.NewServer(c)
	require.NoError(t, err)
	logx.SetWriter(logx.NewWriter(&logs)) // NewServer has set one of its own
	goZeroRoutes(server, m.shop)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		goZeroStart(server)
	}()
	t.Cleanup(func() {
		proc.Shutdown()
		<-ended
	})
	address := l.Addr().String()
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	m.base = "http://" + address
}

const goZeroYAML = `
Name: shop
Host: 127.0.0.1
Port: %d
Middlewares:
  Log: false
`
