package faceid_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
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
		"HTTP 429":                  {faceidtest.FaultStatus(429, "slow down"), faceid.ErrRateLimited, 429, 3},
		"an outcome under HTTP 502": {faceidtest.FaultStatus(502, `{"code":"66660004","result":{"orderNo":"order1"}}`), nil, 502, 1},
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
					if test.is == nil {
						require.Error(t, err)
						require.NotErrorIs(t, err, faceid.ErrNotPassed)
					} else {
						require.ErrorIs(t, err, test.is)
					}
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

// A mint whose answer was lost leaves everybody with a dying token: it is
// repeated at once. Any other failed mint left the old token alone, and is not.
func TestAMintIsRepeatedOnlyIfItsAnswerWasLost(t *testing.T) {
	for name, test := range map[string]struct {
		fault faceidtest.Fault
		calls int
		ok    bool
	}{
		"answer lost":   {faceidtest.FaultDropAfter(), 2, true},
		"request lost":  {faceidtest.FaultDropBefore(), 2, true},
		"HTML 502":      {faceidtest.FaultStatus(502, "x"), 2, true},
		"never arrives": {faceidtest.FaultHang(), 2, true},
		"busy":          {faceidtest.FaultCode("999999", ""), 1, false},
		"refused":       {faceidtest.FaultCode("400101", ""), 1, false},
		"never left":    {faceidtest.FaultRefuse(), 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.FailNext(pathToken, test.fault)
				begun := time.Now()
				_, err := client.SignTicket(t.Context())
				require.Equal(t, test.ok, err == nil, "%v", err)
				require.Equal(t, test.calls, sim.Calls(pathToken))
				require.LessOrEqual(t, time.Since(begun), 10*time.Second)
				if name != "never arrives" { // that one we gave up, the platform may not have
					require.Zero(t, sim.ConcurrentMints(sim.AppID()), "a lost mint is over before the next")
				}
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
			c, err := faceid.New(faceid.WithApp("TIDA0001", "secret"), faceid.WithBaseURL(server.URL), faceid.WithMaxAnswer(1<<20), faceid.WithStore(faceid.NewMemoryStore()))
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
		client := newClient(sim, faceid.WithObserver(func(_ context.Context, e faceid.Event) { events = append(events, e) }))
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		sim.FailNext(pathRecord, faceidtest.FaultStatus(502, "x"), faceidtest.FaultDelay(time.Second))
		_, err = client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.ErrorIs(t, err, faceid.ErrNoResult)

		var ops []string
		for _, e := range events {
			ops = append(ops, string(e.Kind)+" "+e.Op)
		}
		require.Equal(t, []string{"call refresh", "call refresh", "refresh refresh", "call QueryFaceRecord"}, ops)
		last := events[3]
		require.Equal(t, 2, last.Attempts)
		require.Equal(t, faceid.ErrNoResult, last.Family)
		require.Equal(t, err, last.Err)
		require.Greater(t, last.Duration, time.Second)
	})
}

// net's own time-outs claim to be context.DeadlineExceeded. They are network
// errors: repeated, and never taken for the caller's.
func TestATimeoutOfTheNetworkIsNotTheCallers(t *testing.T) {
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
					return nil, context.DeadlineExceeded // as http.Client.Timeout does
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

// A refresh has a time of its own. When it is over, no caller's context has
// ended: it is trouble, and has a family.
func TestTheTimeOfARefreshIsNotTheCallers(t *testing.T) {
	for name, test := range map[string]struct {
		path   string // never answers
		locked bool   // the store is
		family faceid.Family
	}{
		"no token":       {pathToken, false, faceid.ErrNetwork},
		"no SIGN ticket": {pathTicket, false, faceid.ErrNetwork},
		"no lock":        {"", true, faceid.ErrStore},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				if test.path != "" {
					sim.FailNext(test.path, slices.Repeat([]faceidtest.Fault{faceidtest.FaultHang()}, 20)...)
				}
				var store faceid.Store = faceid.NewMemoryStore()
				if test.locked {
					store = lockedStore{faceid.NewMemoryStore()}
				}
				var events []faceid.Event
				client := newClient(sim, faceid.WithStore(store), faceid.WithObserver(func(_ context.Context, e faceid.Event) { events = append(events, e) }))
				_, err := client.StartH5(t.Context(), h5Request(""))
				require.NoError(t, t.Context().Err())
				require.ErrorIs(t, err, test.family)
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				synctest.Wait()
				for _, e := range events {
					if e.Kind != faceid.EventStore { // which tells what the store said
						require.NotErrorIs(t, e.Err, context.DeadlineExceeded, "%s %s", e.Kind, e.Op)
					}
				}
			})
		})
	}
}

// lockedStore has given its lock to somebody who keeps it.
type lockedStore struct{ *faceid.MemoryStore }

func (lockedStore) Lock(ctx context.Context, _ string, _ time.Duration) (faceid.Lock, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A failed mint is repeated by the credentials or not at all, whatever the call
// that needed it.
func TestACallDoesNotRepeatTheMintItNeeds(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, c *faceid.Client) error{
		"query": func(ctx context.Context, c *faceid.Client) error {
			_, err := c.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: "o"})
			return err
		},
		"ticket": func(ctx context.Context, c *faceid.Client) error { _, err := c.NonceTicket(ctx, "u"); return err },
		"launch": func(ctx context.Context, c *faceid.Client) error {
			_, err := c.StartH5(ctx, h5Request("o"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				for range 20 {
					sim.FailNext(pathToken, faceidtest.FaultCode("400506", ""))
				}
				err := call(t.Context(), newClient(sim))
				require.ErrorIs(t, err, faceid.ErrRateLimited)
				require.Equal(t, 1, sim.Calls(pathToken))
			})
		})
	}
}

func TestWhatThePlatformPutsIntoCodesAndNumbersLeaksNowhere(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	ticket, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	for _, body := range []string{
		`{"code":"` + ticket + `","msg":"x"}`,
		`{"code":"` + sim.Secret() + `","msg":"x"}`,
		`{"code":"1","msg":"x","bizSeqNo":"` + somebody.IDNo + `"}`,
		`{"code":"0","msg":"x","bizSeqNo":"` + somebody.IDNo + `","result":{"orderNo":"another"}}`,
		`{"code":"1","msg":"` + strings.Repeat("QUJD", 50) + `"}`,
	} {
		sim.FailNext(pathPlus, faceidtest.FaultBody(body))
		_, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
		require.Error(t, err)
		suite.see(err)
		for _, canary := range []string{ticket, sim.Secret(), somebody.IDNo, "QUJDQUJD"} {
			require.NotContains(t, err.Error(), canary)
		}
	}
}

// The platform may quote whom it was asked to verify, by whatever call.
func TestUploadErrorsQuoteNobody(t *testing.T) {
	person := faceid.Person{UserID: "user1", Name: somebody.Name, IDNo: "C01234567x"}
	for op, upload := range uploads {
		for field, word := range map[string]string{"name": person.Name, "idNo": person.IDNo, "idNo in capitals": strings.ToUpper(person.IDNo)} {
			sim := faceidtest.Start(t)
			sim.FailNext(upload.path, faceidtest.FaultCode("66660000", "参数 ["+word+"] 不合法"))
			_, err := upload.call(t.Context(), newClient(sim), "order1", person, "")
			require.ErrorIs(t, err, faceid.CodeBadParameter, op)
			require.ErrorContains(t, err, "参数 [[redacted]] 不合法", "%s %s", op, field)
			require.NotContains(t, err.Error(), word, "%s %s", op, field)
			suite.see(err)
		}
	}
}

func TestAMalformedRedirectIsNotQuoted(t *testing.T) {
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

func TestClosingAClientClosesItsIdleConnections(t *testing.T) {
	sim := faceidtest.Start(t)
	var open atomic.Int64
	server := httptest.NewUnstartedServer(sim)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.Start()
	defer server.Close()
	c, err := faceid.New(faceid.WithApp(sim.AppID(), sim.Secret()), faceid.WithBaseURL(server.URL), faceid.WithStore(faceid.NewMemoryStore()))
	require.NoError(t, err)
	_, err = c.SignTicket(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), open.Load(), "one connection serves both calls")
	require.NoError(t, c.Close(t.Context()))
	require.Eventually(t, func() bool { return open.Load() == 0 }, 5*time.Second, time.Millisecond)
}
