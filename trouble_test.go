package faceid_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
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

// What can go wrong on the wire, for an upload (never repeated once it may have
// left) and for a query (repeated).
func TestTroubleGivesOneClearError(t *testing.T) {
	big := `{"code":"0","result":{"faceId":"` + strings.Repeat("f", 4096) + `"}}`
	for name, test := range map[string]struct {
		fault    faceidtest.Fault
		is       error
		status   int
		attempts int // of a query that meets the fault every time
	}{
		"HTML 502":                  {faceidtest.FaultStatus(502, "<html>Bad Gateway</html>"), faceid.ErrService, 502, 3},
		"HTML 503":                  {faceidtest.FaultStatus(503, "<html></html>"), faceid.ErrService, 503, 3},
		"HTML 500":                  {faceidtest.FaultStatus(500, "<html></html>"), faceid.ErrService, 500, 1},
		"HTML 403":                  {faceidtest.FaultStatus(403, "<html></html>"), faceid.ErrBadAnswer, 403, 1},
		"code 0 under HTTP 500":     {faceidtest.FaultStatus(500, `{"code":"0","result":{"faceId":"f"}}`), faceid.ErrBadAnswer, 500, 1},
		"truncated":                 {faceidtest.FaultTruncate(10), faceid.ErrNetwork, 200, 3},
		"over the bound":            {faceidtest.FaultBody(big), faceid.ErrBadAnswer, 200, 1},
		"HTML 200":                  {faceidtest.FaultBody("<html>maintenance</html>"), faceid.ErrBadAnswer, 200, 1},
		"empty body":                {faceidtest.FaultBody(""), faceid.ErrBadAnswer, 200, 1},
		"no code":                   {faceidtest.FaultBody(`{"msg":"ok"}`), faceid.ErrBadAnswer, 200, 1},
		"code null":                 {faceidtest.FaultBody(`{"code":null}`), faceid.ErrBadAnswer, 200, 1},
		"code true":                 {faceidtest.FaultBody(`{"code":true}`), faceid.ErrBadAnswer, 200, 1},
		"result is text":            {faceidtest.FaultBody(`{"code":"0","result":"ok"}`), faceid.ErrBadAnswer, 200, 1},
		"result missing":            {faceidtest.FaultBody(`{"code":"0","msg":"ok"}`), faceid.ErrBadAnswer, 200, 1},
		"faceId and photo are maps": {faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","faceId":{},"photo":{}}}`), faceid.ErrBadAnswer, 200, 1},
		"another order's answer":    {faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order2","faceId":"f"}}`), faceid.ErrBadAnswer, 200, 1},
		"unknown code":              {faceidtest.FaultCode("12345678", "?"), faceid.ErrUnknownCode, 200, 1},
		"almost 0":                  {faceidtest.FaultBody(`{"code":"00"}`), faceid.ErrUnknownCode, 200, 1},
		"0.0":                       {faceidtest.FaultBody(`{"code":0.0}`), faceid.ErrUnknownCode, 200, 1},
		"code as number":            {faceidtest.FaultBody(`{"code":66660000}`), faceid.ErrRequest, 200, 1},
		"signature refused":         {faceidtest.FaultCode("400101", ""), faceid.ErrCredential, 200, 1},
		"IP not allowed":            {faceidtest.FaultCode("400103", ""), faceid.ErrAccount, 200, 1},
		"rate limit":                {faceidtest.FaultCode("400506", ""), faceid.ErrRateLimited, 200, 3},
		"busy":                      {faceidtest.FaultCode("999999", ""), faceid.ErrService, 200, 3},
		"in arrears":                {faceidtest.FaultCode("66660002", ""), faceid.ErrAccount, 200, 1},
		"connection reset":          {faceidtest.FaultDropBefore(), faceid.ErrNetwork, 0, 3},
		"answer lost":               {faceidtest.FaultDropAfter(), faceid.ErrNetwork, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim, faceid.WithMaxAnswer(4096))
				faults := []faceidtest.Fault{test.fault, test.fault, test.fault}
				check := func(err error) {
					t.Helper()
					require.ErrorIs(t, err, test.is)
					var e *faceid.Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, test.status, e.HTTPStatus)
					require.Equal(t, "order1", e.OrderNo)
					require.NotContains(t, err.Error(), sim.Secret())
					require.NotContains(t, err.Error(), "<html>")
				}

				sim.FailNext(pathPlus, faults...)
				_, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
				check(err)
				require.Equal(t, 1, sim.Calls(pathPlus), "an upload that may have left is not sent again")

				sim.FailNext(pathRecord, faults...)
				record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
				check(err)
				require.Nil(t, record)
				require.Equal(t, test.attempts, sim.Calls(pathRecord))
			})
		})
	}
}

func TestAQueryIsRepeatedUntilItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		finish(t, sim, client, "order1")
		sim.FailNext(pathRecord, faceidtest.FaultDropAfter(), faceidtest.FaultStatus(502, "x"))
		_, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.NoError(t, err)
		require.Equal(t, 3, sim.Calls(pathRecord))
	})
}

func TestAnUploadThatNeverLeftIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		sim.FailNext(pathPlus, faceidtest.FaultRefuse(), faceidtest.FaultRefuse())
		_, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
		require.NoError(t, err)
	})
}

func TestAMintIsNeverRepeated(t *testing.T) {
	for name, fault := range map[string]faceidtest.Fault{
		"answer lost": faceidtest.FaultDropAfter(), "HTML 502": faceidtest.FaultStatus(502, "x"), "busy": faceidtest.FaultCode("999999", ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.FailNext(pathToken, fault)
				_, err := client.SignTicket(t.Context())
				require.Error(t, err)
				require.Equal(t, 1, sim.Calls(pathToken))
			})
		})
	}
}

func TestAWaitEndsWithTheCallersContext(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error{
		"hung answer": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
			sim.FailNext(pathRecord, faceidtest.FaultHang())
			_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			return err
		},
		"hung upload beside a NONCE ticket": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
			sim.FailNext(pathPlus, faceidtest.FaultHang())
			_, err := c.StartH5(ctx, h5Request("order1"))
			return err
		},
		"between retries": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
			sim.FailNext(pathRecord, faceidtest.FaultCode("400506", ""), faceidtest.FaultCode("400506", ""))
			_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			return err
		},
		"for files that lag": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
			_, err := c.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
			return err
		},
		"for a refresh": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
			sim.RevokeTokens(sim.AppID())
			sim.FailNext(pathToken, faceidtest.FaultHang())
			_, err := newClient(sim).SignTicket(ctx)
			return err
		},
	} {
		for kind, end := range map[string]struct {
			cause error
			ctx   func(context.Context) (context.Context, context.CancelFunc)
		}{
			"deadline": {context.DeadlineExceeded, func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 100*time.Millisecond)
			}},
			"cancel": {context.Canceled, func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(100*time.Millisecond, cancel)
				return ctx, cancel
			}},
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sim := faceidtest.Start(t)
					client := newClient(sim)
					_, err := client.SignTicket(t.Context())
					require.NoError(t, err)
					ctx, cancel := end.ctx(t.Context())
					defer cancel()
					begun := time.Now()
					err = call(ctx, sim, client)
					require.ErrorIs(t, err, end.cause, "the last error stays reachable: %v", err)
					require.Equal(t, 100*time.Millisecond, time.Since(begun))
				})
			})
		}
	}
}

func TestAHungConnectionIsGivenUp(t *testing.T) {
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

// A video may take minutes, as long as it keeps coming.
func TestASlowBodyIsNotCutOff(t *testing.T) {
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

func TestARedirectIsNotFollowed(t *testing.T) {
	var followed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	for name, client := range map[string]*http.Client{"own": nil, "given": {}} {
		t.Run(name, func(t *testing.T) {
			opts := []faceid.Option{faceid.WithApp("TIDA0001", "canary-secret"), faceid.WithBaseURL(server.URL)}
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

func TestTheBoundHoldsWithAndWithoutALength(t *testing.T) {
	for name, chunked := range map[string]bool{"Content-Length": false, "chunked": true} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !chunked {
					w.Header().Set("Content-Length", "100000000")
				}
				chunk := []byte(strings.Repeat(" ", 64<<10))
				for sent.Load() < 100_000_000 {
					n, err := w.Write(chunk)
					sent.Add(int64(n))
					if err != nil || r.Context().Err() != nil {
						return
					}
				}
			}))
			defer server.Close()
			c, err := faceid.New(faceid.WithApp("TIDA0001", "secret"), faceid.WithBaseURL(server.URL), faceid.WithMaxAnswer(1<<20))
			require.NoError(t, err)
			_, err = c.SignTicket(t.Context())
			require.ErrorIs(t, err, faceid.ErrBadAnswer)
			require.ErrorContains(t, err, "WithMaxAnswer")
			require.Less(t, sent.Load(), int64(50_000_000), "reading stops at the bound")
		})
	}
}

// A round tripper of the caller's may quote the address, which holds the secret.
func TestAddressesNeverReachAnError(t *testing.T) {
	const secret = "canary+secret/="
	for name, fail := range map[string]func(r *http.Request) error{
		"quotes the URL":    func(r *http.Request) error { return errors.New("cannot reach " + r.URL.String()) },
		"quotes the secret": func(*http.Request) error { return errors.New("bad " + secret) },
		"wraps the URL":     func(r *http.Request) error { return &wrapped{r.URL.String(), syscall.ECONNRESET} },
	} {
		t.Run(name, func(t *testing.T) {
			c, err := faceid.New(faceid.WithApp("TIDA0001", secret), faceid.WithHTTPClient(&http.Client{
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

func TestTheWritersErrorComesBackAndNothingIsRepeated(t *testing.T) {
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

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestWrongSecretAndForeignAddress(t *testing.T) {
	sim := faceidtest.Start(t)
	client, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), "canary-wrong"))...)
	require.NoError(t, err)
	_, err = client.StartH5(t.Context(), h5Request("order1"))
	require.ErrorIs(t, err, faceid.ErrCredential)
	require.ErrorIs(t, err, faceid.CodeBadSignature)
	require.NotContains(t, err.Error(), "canary")

	sim.AllowIPs("203.0.113.7")
	_, err = newClient(sim).StartH5(t.Context(), h5Request("order1"))
	require.ErrorIs(t, err, faceid.ErrAccount)
	require.ErrorIs(t, err, faceid.CodeIPNotAllowed)
}

func TestTheObserverSeesEveryCall(t *testing.T) {
	var events []faceid.Event
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim, faceid.WithObserver(func(e faceid.Event) { events = append(events, e) }))
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		sim.FailNext(pathRecord, faceidtest.FaultStatus(502, "x"), faceidtest.FaultDelay(time.Second))
		_, err = client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.ErrorIs(t, err, faceid.ErrNoResult)

		var ops []string
		for _, e := range events {
			ops = append(ops, string(e.Kind)+" "+e.Op)
		}
		require.Equal(t, []string{"call access_token", "call api_ticket", "refresh refresh", "call QueryFaceRecord"}, ops)
		last := events[3]
		require.Equal(t, 2, last.Attempts)
		require.Equal(t, faceid.ErrNoResult, last.Family)
		require.Equal(t, err, last.Err)
		require.Greater(t, last.Duration, time.Second)
	})
}
