// Command observed shows how a merchant watches verifications with OpenTelemetry: the
// spans of each checkout on stdout, and the metrics as Prometheus reads them. People
// pass, fail, forge and meet a platform, a store and a secret that are out of order:
//
//	go run ./examples/observed
//	go run ./examples/observed -listen 127.0.0.1:9464
//
// With -listen the metrics are under /metrics, and people keep coming until the program
// is interrupted. Beside this file are dashboard.json for Grafana, and alerts.yaml with
// rules for Prometheus; alerts_test.yaml and alerts_days_test.yaml
// show when each of them fires. Everything runs
// on the embedded simulator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/faceid-go/faceid/otelfaceid"
)

func main() {
	listen := flag.String("listen", "", "where /metrics is, as 127.0.0.1:9464; people keep coming then (default: the metrics are printed, and the program ends)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen, os.Stdout, nil); err != nil {
		log.Fatal(err)
	}
}

// run lets people come. shown, if it is not nil, is told of the address of the metrics.
func run(ctx context.Context, listen string, out io.Writer, shown func(url string)) (err error) {
	fmt.Fprintln(out, "The platform is the embedded simulator.")
	w, err := newWatch(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	s, err := newShop(ctx, w)
	if err != nil {
		return err
	}
	defer s.close() // before the providers, so that the last spans are exported
	if err := s.everybody(ctx); err != nil {
		return err
	}
	if listen == "" {
		return w.print(out)
	}
	end, err := w.serve(listen, out, shown)
	if err != nil {
		return err
	}
	defer end()
	return s.keepComing(ctx, time.Second)
}

// watch is where spans and metrics go.
type watch struct {
	telemetry *otelfaceid.Telemetry
	tracers   *trace.TracerProvider
	meters    *metric.MeterProvider
	registry  *prometheus.Registry
}

// newWatch prints spans to out. A merchant exports them by otlptrace instead, in
// batches.
func newWatch(out io.Writer) (*watch, error) {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(out))
	if err != nil {
		return nil, err
	}
	service := resource.NewSchemaless(attribute.String("service.name", "shop"))
	w := &watch{tracers: trace.NewTracerProvider(trace.WithSyncer(spans), trace.WithResource(service)), registry: prometheus.NewRegistry()}
	// The names of dashboard.json and alerts.yaml are those of this strategy. What the
	// scope would add to every series is the same everywhere.
	reader, err := otelprometheus.New(otelprometheus.WithRegisterer(w.registry), otelprometheus.WithoutScopeInfo(),
		otelprometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		return nil, err
	}
	w.meters = metric.NewMeterProvider(metric.WithReader(reader), metric.WithResource(service))
	w.telemetry, err = otelfaceid.New(otelfaceid.WithTracerProvider(w.tracers), otelfaceid.WithMeterProvider(w.meters))
	return w, err
}

// serve serves the metrics until end is called.
func (w *watch) serve(listen string, out io.Writer, shown func(url string)) (end func(), err error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l) //nolint:errcheck // it ends with Close
	url := "http://" + l.Addr().String() + "/metrics"
	fmt.Fprintln(out, "The metrics are "+url+" until you interrupt the program.")
	if shown != nil {
		shown(url)
	}
	return func() { _ = server.Close() }, nil
}

// print prints the counters and gauges. Histograms have a line for each bucket.
func (w *watch) print(out io.Writer) error {
	families, err := w.registry.Gather()
	if err != nil {
		return err
	}
	for _, family := range families {
		if family.GetType() == dto.MetricType_HISTOGRAM {
			fmt.Fprintf(out, "# %s is a histogram with %d series\n", family.GetName(), len(family.GetMetric()))
			continue
		}
		if _, err := expfmt.MetricFamilyToText(out, family); err != nil {
			return err
		}
	}
	return nil
}

// close exports what is left.
func (w *watch) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(w.tracers.Shutdown(ctx), w.meters.Shutdown(ctx))
}
