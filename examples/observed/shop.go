package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
	"gocloud.dev/blob/memblob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

const (
	backURL    = "https://merchant.example/back"
	pathUpload = "/api/server/getPlusFaceId"
	pathRecord = "/api/v2/base/queryfacerecord"
)

// shop is a merchant whose people verify themselves.
type shop struct {
	platform *faceidtest.Server
	watch    *watch
	tracer   trace.Tracer
	store    *weakStore
	client   *faceid.Client
	keeper   *evidence.Keeper
	came     int
}

func newShop(ctx context.Context, w *watch) (*shop, error) {
	s := &shop{platform: faceidtest.NewServer(), watch: w, tracer: w.tracers.Tracer("shop"), store: &weakStore{Store: faceid.NewMemoryStore()}}
	var err error
	if s.client, err = s.newClient(); err != nil {
		return nil, err
	}
	s.keeper, err = evidence.New(evidence.Options{
		Client: s.client, Bucket: memblob.OpenBucket(nil), Ledger: evidence.NewMemoryLedger(),
		OnOutcome: func(context.Context, evidence.Outcome) error { return nil },
	})
	if err != nil {
		return nil, err
	}
	// Nobody runs the keeper here, so these two orders grow old.
	for _, age := range []time.Duration{25 * time.Hour, 50 * time.Hour} {
		order := evidence.Order{Kind: evidence.FaceH5, Number: faceid.NewOrderNo(), OpenedAt: time.Now().Add(-age)}
		if err := s.keeper.Open(ctx, order); err != nil {
			return nil, err
		}
	}
	_, err = w.telemetry.ObserveOrders(s.late)
	return s, err
}

// newClient returns a Client that is watched: its events by the observer, and its HTTP
// requests by the transport.
func (s *shop) newClient(more ...faceid.Option) (*faceid.Client, error) {
	opts := append(s.platform.Options(), // for real: faceid.WithApp(appID, secret)
		faceid.WithStore(s.store),
		faceid.WithObserver(s.watch.telemetry.Observe),
		faceid.WithHTTPClient(&http.Client{Transport: s.watch.telemetry.Transport(s.platform)}), // for real: Transport(nil)
	)
	return faceid.New(append(opts, more...)...)
}

// late counts the orders without an end that are older than age.
func (s *shop) late(ctx context.Context, age time.Duration) (n int, err error) {
	for _, err := range s.keeper.Late(ctx, age) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func (s *shop) close() {
	_ = s.client.Close(context.Background())
	s.platform.Close()
}

// everybody has people come in all the ways that the dashboard shows.
func (s *shop) everybody(ctx context.Context) error {
	for _, ending := range []faceidtest.Ending{faceidtest.Passes(), faceidtest.NotSamePerson(), faceidtest.SuspectedFake(), faceidtest.NoFace(), faceidtest.Quits()} {
		if err := s.checkout(ctx, ending, nil); err != nil {
			return err
		}
	}
	for _, code := range []string{"400103", "999999"} { // the allow-list, and a platform that is busy
		s.platform.FailNext(pathUpload, faceidtest.FaultCode(code, ""))
		if err := s.checkout(ctx, faceidtest.Passes(), nil); err != nil {
			return err
		}
	}
	s.platform.FailNext(pathRecord, faceidtest.FaultDropAfter()) // a lost answer: asked again
	if err := s.checkout(ctx, faceidtest.Passes(), nil); err != nil {
		return err
	}
	if err := s.checkout(ctx, faceidtest.Passes(), forge); err != nil {
		return err
	}
	s.store.broken.Store(true) // the tickets of a forged callback are looked for in the store
	err := s.checkout(ctx, faceidtest.Passes(), forge)
	s.store.broken.Store(false)
	if err != nil {
		return err
	}
	return s.wrongSecret(ctx)
}

// keepComing has somebody come after each pause, until ctx ends.
func (s *shop) keepComing(ctx context.Context, pause time.Duration) error {
	endings := []faceidtest.Ending{faceidtest.Passes(), faceidtest.Passes(), faceidtest.Passes(), faceidtest.NotSamePerson()}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.checkout(ctx, endings[s.came%len(endings)], nil); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// checkout is a verification in a browser, under one span of the merchant's own. meddle,
// if it is not nil, changes the callback.
func (s *shop) checkout(ctx context.Context, ending faceidtest.Ending, meddle func(*http.Request)) error {
	ctx, span := s.tracer.Start(ctx, "checkout")
	defer span.End()
	s.came++
	s.platform.ScriptDefault(ending)
	login, err := s.client.StartH5(ctx, faceid.H5Request{
		Person:      faceid.Person{UserID: fmt.Sprint("user", s.came), Name: "李测试", IDNo: "110101199003074477"}, // invented
		RedirectURL: backURL, From: faceid.FromBrowser,
	})
	if err != nil {
		return told(err)
	}
	back, err := s.platform.Visit(ctx, login.URL) // the person's browser goes there and comes back
	if err != nil {
		return err
	}
	if meddle != nil {
		meddle(back)
	}
	_, err = s.client.ConfirmReturn(ctx, back, &login.Session)
	return told(err)
}

// told returns nil for what the telemetry has told already, and any other error.
func told(err error) error {
	var e *faceid.Error
	if errors.As(err, &e) || errors.Is(err, faceid.ErrNotPassed) || errors.Is(err, faceid.ErrBadSignature) {
		return nil
	}
	return err
}

// forge gives a callback a signature of somebody's own making.
func forge(back *http.Request) {
	query := back.URL.Query()
	query.Set("newSignature", "0000000000000000000000000000000000000000")
	back.URL.RawQuery = query.Encode()
}

// wrongSecret is a process that was started with a secret of another app: its refresh
// fails.
func (s *shop) wrongSecret(ctx context.Context) error {
	client, err := s.newClient(faceid.WithApp(s.platform.AppID(), "a-secret-of-another-app"), faceid.WithStore(faceid.NewMemoryStore()))
	if err != nil {
		return err
	}
	_, err = client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: faceid.NewOrderNo()})
	return errors.Join(told(err), client.Close(ctx))
}

// weakStore is a store that can be out of order.
type weakStore struct {
	faceid.Store
	broken atomic.Bool
}

// Load fails while the store is out of order.
func (s *weakStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if s.broken.Load() {
		return nil, 0, errors.New("the store is out of order")
	}
	return s.Store.Load(ctx, key)
}
