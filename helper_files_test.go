package faceid_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// bombClient makes a client that gets the same answer to every call, except for token
// and tickets.
func bombClient(t testing.TB, answer func() io.Reader) *faceid.Client {
	t.Helper()
	c, err := faceid.New(
		faceid.WithApp("TIDA0001", "secret"), faceid.WithStore(faceid.NewMemoryStore()),
		faceid.WithCloud(common.NewCredential("id", "key"), "ap-guangzhou"), faceid.WithIntl(common.NewCredential("id", "key"), "ap-singapore"),
		faceid.WithMaxAnswer(4<<20),
		faceid.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/api/oauth2/") {
				return fuzzPlatform.Transport.RoundTrip(r)
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(answer()), ContentLength: -1, Request: r}, nil
		})}),
	)
	require.NoError(t, err)
	_, err = c.SignTicket(context.Background())
	require.NoError(t, err)
	return c
}

// The helpers below are for the evidence of a verification, which is complete or has
// names for what is missing.

// never is a delay that is longer than any wait.
const never = 72 * time.Hour

// asking is a transport that notes which files the queries of a path ask for, as
// in "1" or "1 2".
type asking struct {
	sim   *faceidtest.Server
	path  string
	asked []string
}

func (a *asking) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == a.path {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var body map[string]string
		if err := json.Unmarshal(text, &body); err != nil {
			return nil, err
		}
		a.asked = append(a.asked, strings.TrimSpace(body["getFile"]+" "+body["getWillFile"]))
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	return a.sim.RoundTrip(r)
}

func (a *asking) client() *faceid.Client {
	return newClient(a.sim, faceid.WithHTTPClient(&http.Client{Transport: a}))
}

// written keeps the bytes that go to each writer, and how often each writer was asked
// for.
type written struct {
	files map[string]*bytes.Buffer
	given map[string]int
}

func (w *written) to(name string) io.Writer {
	if w.files == nil {
		w.files, w.given = map[string]*bytes.Buffer{}, map[string]int{}
	}
	w.given[name]++
	if w.files[name] == nil {
		w.files[name] = new(bytes.Buffer)
	}
	return w.files[name]
}

func (w *written) sizes() map[string]int64 {
	sizes := map[string]int64{}
	for name, file := range w.files {
		sizes[name] = int64(file.Len())
	}
	return sizes
}

func missing(err error) []string {
	var m *faceid.MissingFilesError
	if errors.As(err, &m) {
		return m.Files
	}
	return nil
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// will runs a will verification to its end: in an App with these switches, or in a
// browser.
func (a *asking) will(t *testing.T, will faceid.Will, app bool, switches ...faceidtest.SDKSwitch) *faceid.Client {
	t.Helper()
	client := a.client()
	if app {
		launch, err := client.StartWillSDK(t.Context(), faceid.WillSDKRequest{Platform: faceid.PlatformIOS, OrderNo: "order1", Person: somebody, Will: will, Licence: "licence"})
		require.NoError(t, err)
		result, err := a.sim.RunSDK(t.Context(), launch.Params, switches...)
		require.NoError(t, err)
		require.Equal(t, "0", result.Code)
		return client
	}
	login, err := client.StartWillH5(t.Context(), willH5("order1", will))
	require.NoError(t, err)
	_, err = a.sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	return client
}

// streamed is a transport that answers the requests for one path with these bodies in
// turn, and hands all others to the simulator.
type streamed struct {
	rest   http.RoundTripper
	path   string
	bodies []io.Reader
	asked  int
}

func (s *streamed) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != s.path {
		return s.rest.RoundTrip(r)
	}
	body := s.bodies[min(s.asked, len(s.bodies)-1)]
	s.asked++
	return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(body), Request: r}, nil
}

// film returns a file of noise, and its Base64.
func film(size int) ([]byte, string) {
	data := make([]byte, size)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data, base64.StdEncoding.EncodeToString(data)
}

var errBroken = errors.New("connection reset")

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
