package otelfaceid_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/otelfaceid"
)

func TestNewNamesTheOptionThatIsWrong(t *testing.T) {
	for want, opt := range map[string]otelfaceid.Option{
		"WithTracerProvider": otelfaceid.WithTracerProvider(nil),
		"WithMeterProvider":  otelfaceid.WithMeterProvider(nil),
		"an option is nil":   nil,
	} {
		telemetry, err := otelfaceid.New(opt)
		require.ErrorContains(t, err, want)
		require.Nil(t, telemetry)
	}
}

func TestNewUsesTheGlobalProviders(t *testing.T) {
	tracers := otel.GetTracerProvider()
	defer otel.SetMeterProvider(noop.NewMeterProvider())
	defer otel.SetTracerProvider(tracers)
	r := &recorder{t: t, ended: tracetest.NewSpanRecorder(), reader: metric.NewManualReader()}
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(r.ended)))
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(r.reader)))
	telemetry, err := otelfaceid.New()
	require.NoError(t, err)
	telemetry.Observe(t.Context(), faceid.Event{Kind: faceid.EventRefresh, Op: "refresh"})
	r.span("faceid refresh")
	require.Equal(t, map[string]int64{"": 1}, r.points("faceid.refreshes"))
}

func TestTelemetryIsSafeForConcurrentUse(t *testing.T) {
	r := record(t)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 50 {
				r.Observe(t.Context(), faceid.Event{Kind: faceid.EventCall, Op: "Op" + strconv.Itoa(i), Product: "p"})
				sent, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://h"+strconv.Itoa(worker)+".example/", nil)
				if err != nil {
					panic(err)
				}
				response, err := r.Transport(answers(200, "x")).RoundTrip(sent)
				if err != nil {
					panic(err)
				}
				_ = response.Body.Close()
			}
		})
	}
	all.Wait()
	require.Len(t, r.spans(), 800)
	require.Len(t, r.points("faceid.calls"), 50)
	require.Len(t, r.points(requestSum), 8)
}
