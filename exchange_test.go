package faceid_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestExchangeGivesUpAHungConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		sim.FailNext(pathPlus, faceidtest.FaultHang())
		begun := time.Now()
		_, err = client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
		require.ErrorIs(t, err, faceid.ErrNetwork)
		require.NotErrorIs(t, err, context.Canceled, "nobody cancelled")
		require.Equal(t, 30*time.Second, time.Since(begun))
	})
}

// A video may take minutes, as long as bytes arrive.
func TestExchangeDoesNotCutOffASlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		finish(t, sim, client, "order1")
		sim.FailNext(pathRecord, faceidtest.FaultSlowBody(100, 20*time.Second))
		begun := time.Now()
		_, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
		require.NoError(t, err)
		require.Greater(t, time.Since(begun), time.Minute)
	})
}

// A base URL with https for a server without TLS is a usual mistake, and crypto/tls speaks of
// a record only.
func TestExchangeNamesAServerWithoutTLS(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	address := strings.Replace(server.URL, "http:", "https:", 1)
	for name, options := range map[string][]faceid.Option{"own transport": nil, "an http.Client": {faceid.WithHTTPClient(&http.Client{Transport: &http.Transport{}})}} {
		c, err := faceid.New(append(options, faceid.WithApp("TIDA0001", "secret"), faceid.WithBaseURL(address), faceid.WithStore(faceid.NewMemoryStore()))...)
		require.NoError(t, err)
		_, err = c.SignTicket(t.Context())
		require.ErrorIs(t, err, faceid.ErrNetwork, name)
		require.ErrorIs(t, err, http.ErrSchemeMismatch, name)
		require.ErrorContains(t, err, "server gave HTTP response to HTTPS client", name)
		require.NotContains(t, err.Error(), server.URL[len("http://"):], name)
	}
}

func TestExchangeFollowsNoRedirect(t *testing.T) {
	var followed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	for name, client := range map[string]*http.Client{"own": nil, "given": {}} {
		t.Run(name, func(t *testing.T) {
			opts := []faceid.Option{faceid.WithApp("TIDA0001", "canary-secret"), faceid.WithBaseURL(server.URL), faceid.WithStore(faceid.NewMemoryStore())}
			if client != nil {
				opts = append(opts, faceid.WithHTTPClient(client))
			}
			c, err := faceid.New(opts...)
			require.NoError(t, err)
			_, err = c.SignTicket(t.Context())
			require.ErrorIs(t, err, faceid.ErrBadAnswer)
			var e *faceid.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, http.StatusTemporaryRedirect, e.HTTPStatus)
			require.False(t, followed.Load(), "the secret is in the query")
		})
	}
}

// A round tripper of the caller's own may quote the address, which holds the secret.
func TestExchangeErrorQuotesNoAddress(t *testing.T) {
	const secret = "canary+secret/="
	for name, fail := range map[string]func(r *http.Request) error{
		"quotes the URL":    func(r *http.Request) error { return errors.New("cannot reach " + r.URL.String()) },
		"quotes the secret": func(*http.Request) error { return errors.New("bad " + secret) },
		"wraps the URL":     func(r *http.Request) error { return &wrapped{r.URL.String(), syscall.ECONNRESET} },
	} {
		t.Run(name, func(t *testing.T) {
			c, err := faceid.New(faceid.WithApp("TIDA0001", secret), faceid.WithStore(faceid.NewMemoryStore()), faceid.WithHTTPClient(&http.Client{
				Transport: roundTripper(func(r *http.Request) (*http.Response, error) { return nil, fail(r) }),
			}))
			require.NoError(t, err)
			_, err = c.SignTicket(t.Context())
			require.ErrorIs(t, err, faceid.ErrNetwork)
			for e := err; e != nil; e = errors.Unwrap(e) {
				require.NotContains(t, e.Error(), "canary")
			}
			if name == "wraps the URL" {
				require.ErrorIs(t, err, syscall.ECONNRESET, "the cause stays recognisable")
			}
		})
	}
}

type wrapped struct {
	text string
	err  error
}

func (w *wrapped) Error() string { return w.text }

func (w *wrapped) Unwrap() error { return w.err }

func TestExchangeReturnsTheWritersErrorAndRepeatsNothing(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	finish(t, sim, client, "order1")
	full := errors.New("disk full")
	_, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{
		OrderNo: "order1", GetFile: faceid.FilesAll, PhotoTo: failingWriter{full}, VideoTo: io.Discard,
	})
	require.ErrorIs(t, err, full)
	require.Equal(t, 1, sim.Calls(pathRecord))
}

// The time-outs of package net claim to be context.DeadlineExceeded. They are network
// errors, which are repeated and never taken for the caller's deadline.
func TestExchangeTellsATimeoutOfTheNetworkFromTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		failing := ""
		client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == failing {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
			}
			return sim.RoundTrip(r)
		})}))
		failing = pathPlus
		_, err := client.StartH5(t.Context(), h5Request("order1"))
		require.ErrorIs(t, err, faceid.ErrNetwork)
		require.NotErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, context.DeadlineExceeded)

		failing = pathRecord
		calls := 0
		client = newClient(sim, faceid.WithObserver(func(_ context.Context, e faceid.Event) { calls += e.Attempts }),
			faceid.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path == failing {
					return nil, context.DeadlineExceeded // http.Client.Timeout returns this, too.
				}
				return sim.RoundTrip(r)
			})}))
		_, err = client.SignTicket(t.Context())
		require.NoError(t, err)
		calls = 0
		_, err = client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.ErrorIs(t, err, faceid.ErrNetwork)
		require.Equal(t, 3, calls)
	})
}

func TestExchangeErrorQuotesNoMalformedRedirect(t *testing.T) {
	const secret = "my~canary+with/signs="
	c, err := faceid.New(faceid.WithApp("TIDA0001", secret), faceid.WithStore(faceid.NewMemoryStore()), faceid.WithHTTPClient(&http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			h := http.Header{"Location": {"https://x%zz/?secret=my%7Ecanary%2bwith%2fsigns%3d"}}
			return &http.Response{StatusCode: 302, Header: h, Body: http.NoBody, Request: r}, nil
		}),
	}))
	require.NoError(t, err)
	_, err = c.SignTicket(t.Context())
	require.ErrorContains(t, err, "redirect")
	require.NotContains(t, err.Error(), "canary")
}

// A writer that panics, or calls the client itself, leaves nothing open and nothing
// behind.
func TestExchangeSurvivesAWriterThatPanicsOrAsks(t *testing.T) {
	sim := faceidtest.Start(t)
	_, text := film(300_000)
	whole := `{"code":"0","result":{"orderNo":"order1","photo":"QUJD","video":"` + text + `"}}`
	closed := 0
	client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != pathRecord {
			return sim.RoundTrip(r)
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Request: r, Body: struct {
			io.Reader
			io.Closer
		}{strings.NewReader(whole), closerFunc(func() { closed++ })}}, nil
	}))}))
	query := faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll}
	bad := query
	bad.VideoTo = writerFunc(func([]byte) (int, error) { panic("the writer's own") })
	_, err := client.QueryFaceRecord(t.Context(), bad)
	require.ErrorIs(t, err, faceid.ErrCaller)
	require.ErrorContains(t, err, "a writer that receives media panicked: string")
	require.NotContains(t, err.Error(), "the writer's own", "it may quote anything")
	require.Equal(t, 1, closed)

	var w bytes.Buffer
	outer := query
	outer.VideoTo = writerFunc(func(p []byte) (int, error) {
		inner, err := client.QueryFaceRecord(t.Context(), query)
		if err != nil || base64.StdEncoding.EncodeToString(inner.Video) != text {
			return 0, errors.Join(errors.New("the inner answer"), err)
		}
		return w.Write(p)
	})
	record, err := client.QueryFaceRecord(t.Context(), outer)
	require.NoError(t, err)
	require.Equal(t, "ABC", string(record.Photo))
	require.Equal(t, text, base64.StdEncoding.EncodeToString(w.Bytes()))
}

type closerFunc func()

func (f closerFunc) Close() error { f(); return nil }

// A body that stops in the middle is given up, and the query is repeated.
func TestExchangeGivesUpABodyThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		const whole = `{"code":"0","result":{"orderNo":"order1","photo":"QUJD"}}`
		transport := &streamed{sim, pathRecord, []io.Reader{strings.NewReader(whole[:50]), strings.NewReader(whole)}, 0}
		client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(endless{transport})}))
		begun := time.Now()
		record, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto})
		require.NoError(t, err)
		require.Equal(t, "ABC", string(record.Photo))
		require.Equal(t, 2, transport.asked)
		require.InDelta(t, 30, time.Since(begun).Seconds(), 15)
	})
}

// The time limit of a body is for the platform: a writer may be slow.
func TestExchangeLetsAWriterTakeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		video, text := film(300_000)
		sim := faceidtest.Start(t)
		transport := &streamed{sim, pathRecord, []io.Reader{
			strings.NewReader(`{"code":"0","result":{"orderNo":"order1","video":"` + text + `"}}`),
		}, 0}
		client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(withContext{transport})}))
		w := &slowWriter{}
		_, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesVideo, VideoTo: w})
		require.NoError(t, err)
		require.True(t, bytes.Equal(video, w.all))
		require.Greater(t, w.writes, 3)
	})
}

type slowWriter struct {
	all    []byte
	writes int
}

func (w *slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Minute)
	w.writes++
	w.all = append(w.all, p...)
	return len(p), nil
}

// endless is a transport whose first body hangs at its end, until the context of the
// request ends.
type endless struct{ *streamed }

func (e endless) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := e.streamed.RoundTrip(r)
	if err == nil && r.URL.Path == e.path && e.asked == 1 {
		response.Body = io.NopCloser(io.MultiReader(response.Body, readerFunc(func([]byte) (int, error) {
			<-r.Context().Done()
			return 0, r.Context().Err()
		})))
	}
	return response, err
}

// withContext is a transport that ends bodies with the context of the request, as
// net/http does.
type withContext struct{ http.RoundTripper }

func (w withContext) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		body := response.Body
		response.Body = struct {
			io.Reader
			io.Closer
		}{readerFunc(func(p []byte) (int, error) {
			if err := r.Context().Err(); err != nil {
				return 0, err
			}
			return body.Read(p)
		}), body}
	}
	return response, err
}

// The error of a bad answer names the place, and quotes nothing of the answer.
func TestExchangeSaysWhereAnAnswerIsBad(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	const begin = `{"code":"0","result":{"orderNo":"order1","photo":"QUJD"`
	for body, want := range map[string]string{
		begin + `,"video":"QUJDx"}}`: `member "video" is not base64`,
		begin + "\x01" + `}}`:        fmt.Sprintf("not JSON at byte %d ", len(begin)),
		begin:                        fmt.Sprintf("JSON that ends too early, at byte %d ", len(begin)),
		begin + `,"n":no}}`:          fmt.Sprintf("not JSON at byte %d ", len(begin+`,"n":n`)),
	} {
		sim.FailNext(pathRecord, faceidtest.FaultBody(body))
		_, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
		require.ErrorIs(t, err, faceid.ErrBadAnswer, body)
		require.ErrorContains(t, err, want)
	}
	e := &cloudExchange{answers: []string{answerOf(`"VideoData":{"LivenessVideo":"QUJDx"}`)}}
	_, err := cloudClient(t, e).GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"})
	require.ErrorContains(t, err, `member "VideoData.LivenessVideo" is not base64`)
}
