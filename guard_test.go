package faceid_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// panicking is the merchant's code: each part of it panics when it is told to.
type panicking struct {
	faceid.Store
	sim *faceidtest.Server
	how func()

	mu  sync.Mutex
	bad string
	log bytes.Buffer
}

func (p *panicking) at(part string) {
	p.mu.Lock()
	bad := p.bad == part
	p.mu.Unlock()
	if bad {
		p.how()
	}
}

func (p *panicking) set(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bad = part
}

func (p *panicking) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

func (p *panicking) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	p.at("Load")
	return p.Store.Load(ctx, key)
}

func (p *panicking) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	p.at("CompareAndSwap")
	return p.Store.CompareAndSwap(ctx, key, old, record)
}

func (p *panicking) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	p.at("Lock")
	l, err := p.Store.Lock(ctx, key, lease)
	return panickingLock{l, p}, err
}

type panickingLock struct {
	faceid.Lock
	p *panicking
}

func (l panickingLock) Left() time.Duration { l.p.at("Left"); return l.Lock.Left() }

func (l panickingLock) Unlock(ctx context.Context) error {
	_ = l.Lock.Unlock(ctx)
	l.p.at("Unlock")
	return nil
}

func (p *panicking) Enabled(context.Context, slog.Level) bool { p.at("Enabled"); return true }

func (p *panicking) Handle(ctx context.Context, r slog.Record) error {
	if r.Message != "faceid: a panic" {
		p.at("Handle")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return slog.NewTextHandler(&p.log, nil).Handle(ctx, r)
}

func (p *panicking) WithAttrs([]slog.Attr) slog.Handler { return p }

func (p *panicking) WithGroup(string) slog.Handler { return p }

func (p *panicking) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == pathRecord || r.URL.Path == pathTicket {
		p.at("transport " + r.URL.Path)
	}
	response, err := p.sim.RoundTrip(r)
	if err == nil && r.URL.Path == pathRecord {
		body := response.Body
		response.Body = struct {
			io.Reader
			io.Closer
		}{readerFunc(func(data []byte) (int, error) { p.at("body"); return body.Read(data) }), body}
	}
	return response, err
}

func (p *panicking) client(t *testing.T) *faceid.Client {
	client, err := faceid.New(append(p.sim.Options(), faceid.WithApp(p.sim.AppID(), ""), faceid.WithStore(p), faceid.WithLogger(slog.New(p)),
		faceid.WithHTTPClient(&http.Client{Transport: suite.watch(p)}),
		faceid.WithSecretProvider(func(context.Context) (string, error) { p.at("secret"); return p.sim.Secret(), nil }),
		faceid.WithObserver(func(_ context.Context, e faceid.Event) { suite.see(e); p.at("observer") }),
		faceid.WithCallbackOnce(func(context.Context, *faceid.Callback) (bool, error) { p.at("once"); return true, nil }))...)
	require.NoError(t, err)
	return client
}

// askTicket asks for a SIGN ticket.
func askTicket(ctx context.Context, p *panicking, c *faceid.Client) error {
	_, err := c.SignTicket(ctx)
	return err
}

// askMedia fetches the files of a record into writers of the merchant's.
func askMedia(ctx context.Context, p *panicking, c *faceid.Client) error {
	_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll, MediaTo: func(string) io.Writer {
		p.at("MediaTo")
		return writerFunc(func(data []byte) (int, error) { p.at("writer"); return len(data), nil })
	}})
	return err
}

// guardRow is a call that meets a panic, what its error says, and whether a pair is
// there before.
type guardRow struct {
	call func(context.Context, *panicking, *faceid.Client) error
	says string
	also error
	warm bool // the pair is there already
}

// guardRows are the parts of a merchant's that may panic.
var guardRows = map[string]guardRow{
	"Load":                    {askTicket, "the store of WithStore panicked: ", faceid.ErrStore, false},
	"CompareAndSwap":          {askTicket, "the store of WithStore panicked: ", faceid.ErrStore, false},
	"Lock":                    {askTicket, "the store of WithStore panicked: ", faceid.ErrStore, false},
	"secret":                  {askTicket, "the function of WithSecretProvider panicked: ", nil, false},
	"transport " + pathTicket: {askTicket, "the HTTP transport panicked: ", nil, false},
	"transport " + pathRecord: {askMedia, "the HTTP transport panicked: ", nil, true},
	"body":                    {askMedia, "the HTTP transport panicked: ", nil, true},
	"MediaTo":                 {askMedia, "the function that gives the writers of media panicked: ", nil, true},
	"writer":                  {askMedia, "a writer that receives media panicked: ", nil, true},
}

// The merchant's code may panic wherever it runs. The error of the call says whose
// panic it was, the log has the type and the stack, and once that code behaves all is
// as before.
func TestGuardSaysWhosePanicItWas(t *testing.T) {
	suite.canary("canary-of-a-panic", "panic")

	for part, test := range guardRows {
		for kind, how := range map[string]func(){
			"string":              func() { panic("canary-of-a-panic") },
			"*errors.errorString": func() { panic(errors.New("canary-of-a-panic")) },
			"runtime.boundsError (runtime error: index out of range [17]": func() { var none []int; _ = none[len("canary-of-a-panic")] },
		} {
			t.Run(part+" "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := &panicking{Store: faceid.NewMemoryStore(), sim: faceidtest.Start(t), how: how}
					client := p.client(t)
					finish(t, p.sim, client, "order1")
					time.Sleep(3 * time.Hour) // No ticket serves any more.
					if test.warm {
						require.NoError(t, askTicket(t.Context(), p, client))
					}
					p.set(part)
					begun := time.Now()
					err := test.call(t.Context(), p, client)
					require.Less(t, time.Since(begun), time.Minute)
					require.ErrorIs(t, err, faceid.ErrCaller)
					var told *faceid.Error
					require.ErrorAs(t, err, &told)
					require.Equal(t, faceid.ErrCaller, told.Family)
					if test.also != nil {
						require.ErrorIs(t, err, test.also)
					}
					require.ErrorContains(t, err, test.says+kind)
					suite.see(err)
					require.Contains(t, p.logged(), "guard_test.go", "the stack")
					require.Contains(t, p.logged(), strings.Fields(kind)[0])
					suite.add(p.logged())
					p.set("")
					time.Sleep(time.Minute)
					require.NoError(t, test.call(t.Context(), p, client))
				})
			})
		}
	}
}

// A lock that cannot tell how long it is held is not relied on.
func TestGuardDoesNotRelyOnALockThatPanics(t *testing.T) {
	for part, ok := range map[string]bool{"Left": false, "Unlock": true} {
		synctest.Test(t, func(t *testing.T) {
			p := &panicking{Store: faceid.NewMemoryStore(), sim: faceidtest.Start(t), how: func() { panic("canary-of-a-panic") }}
			client := p.client(t)
			p.set(part)
			_, err := client.SignTicket(t.Context())
			require.Equal(t, ok, err == nil, "%s: %v", part, err)
			if !ok {
				require.ErrorIs(t, err, faceid.ErrStore)
				require.Zero(t, p.sim.Calls(pathToken), "no lease, no mint")
			}
			require.Contains(t, p.logged(), "the store of WithStore", part)
			p.set("")
			time.Sleep(time.Minute)
			_, err = client.SignTicket(t.Context())
			require.NoError(t, err)
		})
	}
}

// lockless is a store that returns neither a lock nor an error.
type lockless struct{ faceid.Store }

func (lockless) Lock(context.Context, string, time.Duration) (faceid.Lock, error) { return nil, nil }

func TestGuardTakesAStoreWithoutALockForTrouble(t *testing.T) {
	sim := faceidtest.Start(t)
	_, err := newClient(sim, faceid.WithStore(lockless{faceid.NewMemoryStore()})).SignTicket(t.Context())
	require.ErrorIs(t, err, faceid.ErrStore)
	require.ErrorContains(t, err, "neither a lock nor an error")

	_, err = faceid.New(append(sim.Options(), faceid.WithStore((*faceid.MemoryStore)(nil)))...)
	require.ErrorContains(t, err, "WithStore: store is nil")
}

// A listener that panics changes nothing.
func TestGuardKeepsAPanickingListenerFromChangingAnything(t *testing.T) {
	for part, says := range map[string]string{
		"observer": "the function of WithObserver", "Enabled": "the handler of WithLogger", "Handle": "the handler of WithLogger",
	} {
		t.Run(part, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &panicking{Store: faceid.NewMemoryStore(), sim: faceidtest.Start(t), how: func() { panic("canary-of-a-panic") }}
				client := p.client(t)
				p.set(part)
				login := openedPage(t, client, faceid.ProductPlus, "order1")
				back, err := p.sim.Visit(t.Context(), login.URL)
				require.NoError(t, err)
				record, err := client.ConfirmReturn(t.Context(), back, &login.Session)
				require.NoError(t, err)
				require.True(t, record.Passed())
				time.Sleep(21 * time.Minute)
				_, err = client.SignTicket(t.Context()) // The pair is refreshed in the background.
				require.NoError(t, err)
				synctest.Wait()
				require.Len(t, p.sim.Mints(p.sim.AppID()), 2)
				require.Contains(t, p.logged(), says)
				require.Contains(t, p.logged(), "panicking).at", "the stack")
				suite.add(p.logged())
			})
		})
	}
}

// The function of WithCallbackOnce decides last, and its panic is no decision.
func TestGuardTakesAPanicOfTheOnceHookForNoDecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &panicking{Store: faceid.NewMemoryStore(), sim: faceidtest.Start(t), how: func() { panic("canary-of-a-panic") }}
		client := p.client(t)
		login := openedPage(t, client, faceid.ProductPlus, "order1")
		back, err := p.sim.Visit(t.Context(), login.URL)
		require.NoError(t, err)
		p.set("once")
		record, err := client.ConfirmReturn(t.Context(), back, &login.Session)
		require.Nil(t, record)
		require.ErrorIs(t, err, faceid.ErrCaller)
		require.ErrorContains(t, err, "the function of WithCallbackOnce panicked: string")
		cb, err := client.VerifyCallback(t.Context(), back)
		require.Nil(t, cb)
		require.ErrorIs(t, err, faceid.ErrCaller)
		ctx, cancel := context.WithCancel(t.Context())
		p.how = func() { cancel(); panic("canary-of-a-panic") }
		_, err = client.ConfirmReturn(ctx, back, &login.Session)
		var told *faceid.Error
		require.ErrorAs(t, err, &told)
		require.Equal(t, faceid.ErrCaller, told.Family, "whoever has left")
		p.set("")
		_, err = client.ConfirmReturn(t.Context(), back, &login.Session)
		require.NoError(t, err)
	})
}

// A goroutine of the library that is ended from outside holds no caller.
func TestGuardReportsAndLogsTheEndOfAGoroutine(t *testing.T) {
	for _, part := range []string{"Load", "CompareAndSwap", "Lock", "Left", "secret", "transport " + pathTicket} {
		t.Run(part, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &panicking{Store: faceid.NewMemoryStore(), sim: faceidtest.Start(t)}
				p.how = runtime.Goexit
				client := p.client(t)
				p.set(part)
				_, err := client.SignTicket(t.Context())
				require.ErrorIs(t, err, faceid.ErrCaller)
				require.ErrorContains(t, err, "ended its goroutine")
				require.Contains(t, p.logged(), "panicking).at", "the stack")
				p.set("")
				time.Sleep(time.Minute)
				_, err = client.SignTicket(t.Context())
				require.NoError(t, err)
			})
		})
	}
}

// A callback asks for the secret, too, where no refresh has taken place yet.
func TestGuardKeepsAnExitingProviderFromSpoilingACallback(t *testing.T) {
	for what, how := range map[string]func(){"panic": func() { panic("canary-of-a-panic") }, "goexit": runtime.Goexit} {
		synctest.Test(t, func(t *testing.T) {
			p := &panicking{Store: faceid.NewMemoryStore(), sim: faceidtest.Start(t), how: how}
			client := p.client(t)
			back := finish(t, p.sim, newClient(p.sim, faceid.WithStore(p.Store)), "order1")
			p.set("secret")
			_, err := client.VerifyCallback(t.Context(), back)
			require.ErrorIs(t, err, faceid.ErrCaller, what)
			require.NotErrorIs(t, err, faceid.ErrBadSignature)
			p.set("")
			time.Sleep(time.Second)
			_, err = client.VerifyCallback(t.Context(), back)
			require.NoError(t, err)
		})
	}
}

// fragile is a context that panics when a goroutine of this kind asks it for the hooks
// of net/http.
type fragile struct {
	context.Context
	where string
}

func (f fragile) Value(key any) any {
	if fmt.Sprintf("%T", key) == "httptrace.clientEventContextKey" && bytes.Contains(debug.Stack(), []byte(f.where)) {
		panic("canary-of-a-panic")
	}
	return f.Context.Value(key)
}

// A panic that no guard catches on a goroutine of the library ends neither the process
// nor the wait for that goroutine.
func TestGuardThatMissesAPanicEndsNeitherProcessNorWait(t *testing.T) {
	for where, says := range map[string]string{").fly(": "the refresh panicked: string", ").nonceTicket(": "the fetch of a NONCE ticket panicked: string"} {
		synctest.Test(t, func(t *testing.T) {
			p := &panicking{Store: faceid.NewMemoryStore(), sim: faceidtest.Start(t)}
			client := p.client(t)
			login, err := client.StartH5(fragile{t.Context(), where}, h5Request("order1"))
			require.Nil(t, login)
			require.ErrorIs(t, err, faceid.ErrCredential)
			require.ErrorContains(t, err, says)
			require.Contains(t, p.logged(), "fragile.Value", "the stack")
			suite.see(err)
			suite.add(p.logged())
			time.Sleep(time.Minute)
			_, err = client.StartH5(t.Context(), h5Request("order2"))
			require.NoError(t, err)
		})
	}
}
