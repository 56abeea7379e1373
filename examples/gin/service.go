package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/hibiken/asynq"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	faceidasynq "github.com/faceid-go/faceid/evidence/asynq"
	"github.com/faceid-go/faceid/redisstore"
)

type config struct {
	public   string           // base URL under which browsers reach the service
	products []faceid.Product // that the appID was opened for; nil: all
	proxies  []string         // that are believed who the visitor is
	limit    int              // verifications that one address may begin in limitPeriod
	log      *slog.Logger
	options  []faceid.Option
	stores   stores

	// For tests with the simulator's clock. The zero values are right for production.
	now   func() time.Time
	speed float64       // how many times faster than the real time the clock runs
	pace  time.Duration // how often the queue is looked into; 0: as asynq does
}

// service is one process of a fleet. Everything that another process needs is in Redis or
// in the bucket.
type service struct {
	config
	client  *faceid.Client
	memory  *memory
	metrics *metrics
	keeper  *evidence.Keeper
	engine  *faceidasynq.Engine
	queue   *asynq.Client
	workers *asynq.Server
	cookie  string // its name
}

// newService builds the service. It begins no work: see serve.
func newService(ctx context.Context, cfg config) (*service, error) {
	u, err := url.Parse(cfg.public)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/")+u.RawQuery != "" {
		return nil, errors.New("the public URL must be http or https, with a host and nothing else")
	}
	cfg.public = u.Scheme + "://" + u.Host
	if cfg.products == nil {
		cfg.products = []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic}
	}
	s := &service{config: cfg, memory: &memory{cfg.stores.redis}, cookie: "session"}
	if s.secure() {
		s.cookie = "__Host-session" // no neighbouring subdomain can plant a session of its own on our visitor
	}
	if s.metrics, err = newMetrics(); err != nil {
		return nil, err
	}
	store, err := redisstore.New(cfg.stores.redis)
	if err != nil {
		return nil, err
	}
	options := slices.Concat(cfg.options, []faceid.Option{ // these come last, since the simulator's options have a store of their own
		faceid.WithStore(store), faceid.WithCallbackOnce(s.memory.first), faceid.WithLogger(cfg.log), faceid.WithObserver(s.metrics.telemetry.Observe),
	})
	if s.client, err = faceid.New(options...); err != nil {
		return nil, err
	}
	return s, s.openEvidence(ctx)
}

// secure reports whether browsers reach the service by https.
func (s *service) secure() bool { return strings.HasPrefix(s.public, "https:") }

// routes are what visitors reach.
func (s *service) routes() (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode) // the debug mode prints every route, and writes headers with cookies when it recovers
	router := gin.New()          // not gin.Default: see logged and recovered
	// gin believes X-Forwarded-For of everybody unless it is told whom to believe, and then
	// a visitor chooses the address that the limit counts.
	if err := router.SetTrustedProxies(s.proxies); err != nil {
		return nil, errors.New("-proxies must be addresses or networks, as 10.0.0.7,10.1.0.0/16")
	}
	router.RedirectTrailingSlash = false // a redirect would carry the callback into a second address
	layout, err := layout.Clone()
	if err != nil {
		return nil, err
	}
	router.SetHTMLTemplate(layout)
	router.Use(s.logged(), s.recovered(), s.guarded())
	router.GET("/", s.form)
	router.POST("/verify", s.page(s.verify)) // never GET: a prefetch would open an order and burn its URL
	router.GET("/back", s.page(s.back))
	router.GET("/result", s.page(s.result))
	router.POST("/again", s.page(s.again))
	return router, nil
}

// admin is what only the operators reach.
func (s *service) admin() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if s.stores.redis.Ping(ctx).Err() != nil {
			http.Error(w, "Redis does not answer", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}

// serve answers until ctx ends. Requests under way end first, then the looks at orders;
// last the client saves what it is fetching.
func (s *service) serve(ctx context.Context, l, admin net.Listener) error {
	routes, err := s.routes()
	if err != nil {
		return err
	}
	endWork, err := s.work()
	if err != nil {
		return err
	}
	public, operators := s.server(routes), s.server(s.admin())
	served := make(chan error, 2)
	go func() { served <- public.Serve(l) }()
	go func() { served <- operators.Serve(admin) }()
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 25*time.Second)
	defer cancel()
	err = errors.Join(err, public.Shutdown(ctx))
	endWork()
	return errors.Join(err, operators.Shutdown(ctx), s.client.Close(ctx), s.metrics.close(ctx))
}

func (s *service) server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		// A silent client must not keep a connection for ever. Writing gets more time than
		// the longest handler takes: see back.
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
	}
}

// work begins to look at the orders that are due, and returns what ends that.
func (s *service) work() (end func(), err error) {
	mux := asynq.NewServeMux()
	mux.Handle(faceidasynq.Type, s.engine)
	mux.HandleFunc(typeReturned, s.lookAtOnce)
	if err := s.workers.Start(mux); err != nil {
		return nil, fmt.Errorf("the workers: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	full := make(chan struct{})
	go func() {
		defer close(full)
		_ = s.engine.KeepFull(ctx, time.Minute)
	}()
	return func() {
		s.workers.Shutdown() // looks that do not end in time are made again by another process
		stop()
		<-full
	}, nil
}
