package otelfaceid_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/otelfaceid"
)

// A Client is observed. Spans and metrics go to a recorder and a reader here; a merchant
// gives the providers of an exporter.
func Example() {
	ctx := context.Background()
	spans, reader := tracetest.NewSpanRecorder(), metric.NewManualReader()
	telemetry, err := otelfaceid.New(
		otelfaceid.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans))),
		otelfaceid.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))),
	)
	check(err)
	platform := faceidtest.NewServer()
	defer platform.Close()
	client, err := faceid.New(append(platform.Options(), // for real: faceid.WithApp(appID, secret)
		faceid.WithObserver(telemetry.Observe),
		faceid.WithHTTPClient(&http.Client{Transport: telemetry.Transport(platform)}), // for real: Transport(nil)
	)...)
	check(err)

	_, err = client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	fmt.Println("no result:", err != nil)
	check(client.Close(ctx))
	for _, span := range spans.Ended() {
		fmt.Println(span.Name())
	}
	var all metricdata.ResourceMetrics
	check(reader.Collect(ctx, &all))
	for _, m := range all.ScopeMetrics[0].Metrics {
		if m.Name == "faceid.refreshes" {
			fmt.Println(m.Name, m.Data.(metricdata.Sum[int64]).DataPoints[0].Value)
		}
	}
	// Unordered output:
	// no result: true
	// GET /api/oauth2/access_token
	// faceid call refresh /api/oauth2/access_token
	// GET /api/oauth2/api_ticket
	// faceid call refresh /api/oauth2/api_ticket?type=SIGN
	// faceid refresh
	// POST /api/v2/base/queryfacerecord
	// faceid call QueryFaceRecord /api/v2/base/queryfacerecord
	// faceid.refreshes 1
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
