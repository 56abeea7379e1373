package otelfaceid_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/otelfaceid"
)

// An invented person.
const (
	personName = "李测试"
	personIDNo = "110101199003074477"
	personUser = "user1"
)

// recorder keeps what a Telemetry exports.
type recorder struct {
	*otelfaceid.Telemetry
	t      testing.TB
	ended  *tracetest.SpanRecorder
	tracer *trace.TracerProvider
	reader *metric.ManualReader
	meters *metric.MeterProvider
}

func record(t testing.TB, opts ...otelfaceid.Option) *recorder {
	t.Helper()
	r := &recorder{t: t, ended: tracetest.NewSpanRecorder(), reader: metric.NewManualReader()}
	r.tracer = trace.NewTracerProvider(trace.WithSpanProcessor(r.ended))
	r.meters = metric.NewMeterProvider(metric.WithReader(r.reader), metric.WithCardinalityLimit(0))
	opts = append([]otelfaceid.Option{otelfaceid.WithTracerProvider(r.tracer), otelfaceid.WithMeterProvider(r.meters)}, opts...)
	var err error
	r.Telemetry, err = otelfaceid.New(opts...)
	require.NoError(t, err)
	return r
}

// options are those of a Client that is observed in every way.
func (r *recorder) options(base http.RoundTripper) []faceid.Option {
	return []faceid.Option{faceid.WithObserver(r.Observe), faceid.WithHTTPClient(&http.Client{Transport: r.Transport(base)})}
}

// client is an observed client of the simulator.
func (r *recorder) client(sim *faceidtest.Server, opts ...faceid.Option) *faceid.Client {
	r.t.Helper()
	opts = append(append(sim.Options(), r.options(sim)...), opts...)
	client, err := faceid.New(opts...)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = client.Close(context.Background()) })
	return client
}

// collect returns the metrics by name.
func (r *recorder) collect() map[string]metricdata.Metrics {
	r.t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(r.t, r.reader.Collect(context.Background(), &all))
	byName := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			byName[m.Name] = m
		}
	}
	return byName
}

// points returns the series of a metric: their attributes, as "a=b,c=d", and their sum,
// of a histogram the count.
func (r *recorder) points(name string) map[string]int64 {
	r.t.Helper()
	points := map[string]int64{}
	add := func(set attribute.Set, n int64) { points[set.Encoded(attribute.DefaultEncoder())] = n }
	switch data := r.collect()[name].Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Value)
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, int64(p.Count))
		}
	}
	return points
}

// spans returns the spans that have ended, and forgets them.
func (r *recorder) spans() []trace.ReadOnlySpan {
	all := r.ended.Ended()
	r.ended.Reset()
	return all
}

// span returns the only span of this name.
func (r *recorder) span(name string) trace.ReadOnlySpan {
	r.t.Helper()
	var found []trace.ReadOnlySpan
	for _, s := range r.ended.Ended() {
		if s.Name() == name {
			found = append(found, s)
		}
	}
	require.Len(r.t, found, 1, name)
	return found[0]
}

// attributes returns the attributes of a span as texts.
func attributes(s trace.ReadOnlySpan) map[string]string {
	all := map[string]string{}
	for _, a := range s.Attributes() {
		all[string(a.Key)] = a.Value.String()
	}
	return all
}
