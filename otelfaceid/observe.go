package otelfaceid

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/faceid-go/faceid"
)

// These are the attributes of our own. The others are those of the semantic conventions.
const (
	keyKind     = attribute.Key("faceid.kind")
	keyOp       = attribute.Key("faceid.op")
	keyEndpoint = attribute.Key("faceid.endpoint")
	keyProduct  = attribute.Key("faceid.product")
	keyCode     = attribute.Key("faceid.code")
	keyCharged  = attribute.Key("faceid.charged")
	keyFamily   = attribute.Key("faceid.family")
	keyAttempts = attribute.Key("faceid.attempts")
	keyOrder    = attribute.Key("faceid.order_no")
	keySeq      = attribute.Key("faceid.biz_seq_no")
	keyRequest  = attribute.Key("faceid.request_id")
)

// These are the values of error.type beside the families.
const (
	typeCanceled = "canceled"
	typeTimeout  = "timeout"
)

// labels are the values of an event that a metric may have. Each has few values; "" is
// left out.
type labels struct {
	kind, op, endpoint, product, code, charged, family, errorType string
}

func (t *Telemetry) labelsOf(e faceid.Event) labels {
	l := labels{
		kind: t.bounds.kind.of(string(e.Kind)), op: t.bounds.op.of(e.Op), endpoint: t.bounds.endpoint.of(e.Endpoint),
		product: t.bounds.product.of(string(e.Product)), code: metricCode(e.Code), family: t.bounds.family.of(string(e.Family)),
	}
	if e.Charged != faceid.ChargedUnknown {
		l.charged = e.Charged.String()
	}
	l.errorType = errorType(e, l.family)
	return l
}

// errorType returns what is wrong, or "" if nothing is. A person who did not pass, an
// order without a result and a callback that is not believed are no faults of this
// service: as errors they would keep alerts awake, and sampled traces full.
func errorType(e faceid.Event, family string) string {
	switch {
	case e.Err == nil, errors.Is(e.Err, faceid.ErrNotPassed):
		return ""
	case errors.Is(e.Err, context.DeadlineExceeded) && family == "":
		return typeTimeout
	case family == "": // the caller's own cancellation, or the exchange beside it failed
		return typeCanceled
	}
	switch e.Family {
	case faceid.ErrNoResult, faceid.FamilyUnsigned, faceid.FamilyForged, faceid.FamilyReplayed, faceid.FamilyOtherOrder:
		return ""
	}
	return family
}

// span makes the span of an event, and returns the context that holds it.
func (t *Telemetry) span(ctx context.Context, e faceid.Event, l labels, ended time.Time) context.Context {
	kind := trace.SpanKindInternal
	if e.Kind == faceid.EventCall {
		kind = trace.SpanKindClient
	}
	ctx, span := t.tracer.Start(ctx, l.spanName(), trace.WithSpanKind(kind), trace.WithTimestamp(ended.Add(-max(e.Duration, 0))),
		trace.WithAttributes(append(l.attributes(), t.details(e)...)...))
	if l.errorType != "" {
		span.SetStatus(codes.Error, l.errorType)
	}
	span.End(trace.WithTimestamp(ended))
	return ctx
}

// spanName names a span by what it is about: "faceid call StartH5 /api/server/getPlusFaceId",
// "faceid decision ConfirmReturn", "faceid refresh".
func (l labels) spanName() string {
	name := "faceid " + l.kind
	if l.op != l.kind {
		name += " " + l.op
	}
	if l.endpoint != "" && l.endpoint != l.op {
		name += " " + l.endpoint
	}
	return name
}

// attributes returns all labels, for a span. The code is not among them: a span may
// have one that a metric may not.
func (l labels) attributes() []attribute.KeyValue {
	return some(pair{keyKind, l.kind}, pair{keyOp, l.op}, pair{keyEndpoint, l.endpoint}, pair{keyProduct, l.product},
		pair{keyCharged, l.charged}, pair{keyFamily, l.family}, pair{semconv.ErrorTypeKey, l.errorType})
}

// details returns what only a span may have.
func (t *Telemetry) details(e faceid.Event) []attribute.KeyValue {
	all := some(pair{keyCode, spanCode(e.Code)})
	if e.Attempts > 0 {
		all = append(all, keyAttempts.Int(e.Attempts))
	}
	if e.HTTPStatus > 0 {
		all = append(all, semconv.HTTPResponseStatusCode(e.HTTPStatus))
	}
	if t.numbers {
		all = append(all, some(pair{keyOrder, number(e.OrderNo)}, pair{keySeq, number(e.BizSeqNo)}, pair{keyRequest, number(e.RequestID)})...)
	}
	return all
}

// pair is an attribute that is left out if its value is "".
type pair struct {
	key   attribute.Key
	value string
}

// some returns the attributes of the pairs that have a value.
func some(pairs ...pair) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, len(pairs))
	for _, p := range pairs {
		if p.value != "" {
			all = append(all, p.key.String(p.value))
		}
	}
	return all
}
