package main

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/otelfaceid"
)

// metrics are those of the SDK and of the orders, for Prometheus. They name no person and no
// order.
type metrics struct {
	registry  *prometheus.Registry
	provider  *sdkmetric.MeterProvider
	telemetry *otelfaceid.Telemetry
}

func newMetrics() (*metrics, error) {
	m := &metrics{registry: prometheus.NewRegistry()} // not the default one, where any package may add what it likes
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(m.registry))
	if err != nil {
		return nil, err
	}
	m.provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	m.telemetry, err = otelfaceid.New(otelfaceid.WithMeterProvider(m.provider))
	return m, err
}

// observe adds the orders that have no end, by age.
func (m *metrics) observe(k *evidence.Keeper) error {
	_, err := m.telemetry.ObserveOrders(unfinished(k))
	return err
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) close(ctx context.Context) error { return m.provider.Shutdown(ctx) }
