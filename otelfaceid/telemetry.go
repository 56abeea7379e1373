package otelfaceid

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/faceid-go/faceid"
)

// scope is the name of the instrumentation scope of all spans and metrics.
const scope = "github.com/faceid-go/faceid/otelfaceid"

// Telemetry makes spans and metrics. One Telemetry serves any number of Clients, and is
// safe for concurrent use. It has no goroutine and needs no closing: what it made is
// exported by the providers, so shut those down after the Clients.
type Telemetry struct {
	tracer     trace.Tracer
	meter      metric.Meter
	numbers    bool
	bounds     bounds
	instrument instruments
}

// Option configures New. The error of an option names the option.
type Option func(*settings) error

type settings struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
	numbers bool
}

// WithTracerProvider says where spans go. The default is the global provider of
// otel.SetTracerProvider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(s *settings) error {
		if p == nil {
			return errors.New("otelfaceid: WithTracerProvider: the provider is nil")
		}
		s.tracers = p
		return nil
	}
}

// WithMeterProvider says where metrics go. The default is the global provider of
// otel.SetMeterProvider. Set that before New: a metric that is zero from the start, such
// as faceid.foreign_refreshes, is not exported before its first event otherwise.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(s *settings) error {
		if p == nil {
			return errors.New("otelfaceid: WithMeterProvider: the provider is nil")
		}
		s.meters = p
		return nil
	}
}

// WithoutNumbers keeps order numbers, the platform's serial numbers (BizSeqNo) and the
// RequestIds of API 3.0 out of the spans. Metrics never have them. Use it if whoever
// reads your traces must not learn which order a span is about.
func WithoutNumbers() Option {
	return func(s *settings) error {
		s.numbers = false
		return nil
	}
}

// New returns a Telemetry. The error names the option that is wrong, or the instrument
// that the provider of metrics refused.
func New(opts ...Option) (*Telemetry, error) {
	s := settings{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider(), numbers: true}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("otelfaceid: an option is nil")
		}
		if err := opt(&s); err != nil {
			return nil, err
		}
	}
	t := &Telemetry{
		tracer:  s.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		meter:   s.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)),
		numbers: s.numbers,
		bounds:  newBounds(),
	}
	if err := t.instrument.make(t.meter); err != nil {
		return nil, fmt.Errorf("otelfaceid: %w", err)
	}
	t.instrument.zero(context.Background())
	return t, nil
}

// Observe makes a span of the event and counts it. Give it to faceid.WithObserver. The
// span is a child of the span in ctx, and lies where the event happened: it ends now and
// began the event's Duration earlier. Observe does not block.
func (t *Telemetry) Observe(ctx context.Context, e faceid.Event) {
	ended := time.Now()
	l := t.labelsOf(e)
	ctx = t.span(ctx, e, l, ended)
	t.instrument.count(ctx, e, l) // in the span's context, so that exemplars lead to it
}
