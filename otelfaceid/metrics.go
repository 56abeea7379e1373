package otelfaceid

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/faceid-go/faceid"
)

// callBuckets are in seconds. A call is tens of milliseconds as a rule; one with
// retries, or with a video, may take a minute.
var callBuckets = []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// httpBuckets are those of the semantic conventions, in seconds.
var httpBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// storeOps are the operations of a Store that may be in trouble.
var storeOps = []string{"Load", "CompareAndSwap", "Lock", "Unlock"}

type instruments struct {
	calls, attempts, decisions, callbacks, refreshes, foreign, store metric.Int64Counter
	callTime, decisionTime, refreshTime, requestTime                 metric.Float64Histogram
}

// make makes the instruments.
func (i *instruments) make(meter metric.Meter) error {
	var errs []error
	counter := func(name, unit, description string) metric.Int64Counter {
		c, err := meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		errs = append(errs, err)
		return c
	}
	seconds := func(name, description string, buckets []float64) metric.Float64Histogram {
		h, err := meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(buckets...))
		errs = append(errs, err)
		return h
	}
	i.calls = counter("faceid.calls", "{call}", "Exchanges with the platform, each with all its retries.")
	i.attempts = counter("faceid.call.attempts", "{request}", "HTTP requests of the exchanges with the platform.")
	i.callTime = seconds("faceid.call.duration", "Duration of exchanges with the platform, retries included.", callBuckets)
	i.decisions = counter("faceid.decisions", "{decision}", "Decisions on people. A decision that is made again counts again.")
	i.decisionTime = seconds("faceid.decision.duration", "Duration of decisions on people.", callBuckets)
	i.callbacks = counter("faceid.callbacks", "{callback}", "Callbacks that were looked at. Without a family the callback was verified.")
	i.refreshes = counter("faceid.refreshes", "{refresh}", "Refreshes of the credentials.")
	i.refreshTime = seconds("faceid.refresh.duration", "Duration of refreshes of the credentials.", callBuckets)
	i.foreign = counter("faceid.foreign_refreshes", "{refresh}", "Fresh tokens that another system killed by fetching one for the same appID.")
	i.store = counter("faceid.store.troubles", "{trouble}", "Operations of the credential store that failed.")
	i.requestTime = seconds("http.client.request.duration", "Duration of HTTP client requests.", httpBuckets)
	return errors.Join(errs...)
}

// zero exports the counters whose first event must raise an alert. Prometheus sees no
// increase in a counter that begins with 1.
func (i *instruments) zero(ctx context.Context) {
	i.foreign.Add(ctx, 0)
	for _, op := range storeOps {
		i.store.Add(ctx, 0, with(pair{keyOp, op}, pair{semconv.ErrorTypeKey, string(faceid.ErrStore)}))
	}
}

// count counts an event.
func (i *instruments) count(ctx context.Context, e faceid.Event, l labels) {
	took := max(e.Duration.Seconds(), 0)
	op, endpoint, product, code := pair{keyOp, l.op}, pair{keyEndpoint, l.endpoint}, pair{keyProduct, l.product}, pair{keyCode, l.code}
	charged, family, errorType := pair{keyCharged, l.charged}, pair{keyFamily, l.family}, pair{semconv.ErrorTypeKey, l.errorType}
	switch e.Kind {
	case faceid.EventCall:
		i.calls.Add(ctx, 1, with(op, endpoint, product, code, family, errorType))
		i.attempts.Add(ctx, int64(max(e.Attempts, 0)), with(op, endpoint))
		i.callTime.Record(ctx, took, with(op, endpoint, errorType))
	case faceid.EventDecision:
		i.decisions.Add(ctx, 1, with(op, product, code, charged, family, errorType))
		i.decisionTime.Record(ctx, took, with(op, errorType))
	case faceid.EventCallback:
		i.callbacks.Add(ctx, 1, with(op, family, errorType))
	case faceid.EventRefresh:
		if errors.Is(e.Err, faceid.ErrForeignRefresh) { // what was noticed is no refresh of ours
			i.foreign.Add(ctx, 1)
			return
		}
		i.refreshes.Add(ctx, 1, with(errorType))
		i.refreshTime.Record(ctx, took, with(errorType))
	case faceid.EventStore:
		i.store.Add(ctx, 1, with(op, errorType))
	}
}

// with returns the pairs that have a value as an option of a measurement.
func with(pairs ...pair) metric.MeasurementOption { return withAll(some(pairs...)) }

func withAll(all []attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(all...))
}
