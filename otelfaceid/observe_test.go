package otelfaceid_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/otelfaceid"
)

func TestObserveMakesASpanWhereTheEventHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record(t)
		ctx, parent := r.tracer.Tracer("shop").Start(t.Context(), "checkout")
		began := time.Now()
		time.Sleep(3 * time.Second)
		r.Observe(ctx, faceid.Event{
			Kind: faceid.EventCall, Op: "StartH5", Endpoint: "/api/server/getPlusFaceId", Product: faceid.ProductPlus,
			OrderNo: "order1", BizSeqNo: "seq1", RequestID: "11111111-2222-3333-4444-555555555555",
			HTTPStatus: 200, Duration: 3 * time.Second, Attempts: 2,
		})
		s := r.span("faceid call StartH5 /api/server/getPlusFaceId")
		require.Equal(t, began, s.StartTime())
		require.Equal(t, time.Now(), s.EndTime())
		require.Equal(t, parent.SpanContext().SpanID(), s.Parent().SpanID())
		require.Equal(t, trace.SpanKindClient, s.SpanKind())
		require.Equal(t, codes.Unset, s.Status().Code)
		require.Equal(t, map[string]string{
			"faceid.kind": "call", "faceid.op": "StartH5", "faceid.endpoint": "/api/server/getPlusFaceId", "faceid.product": "plus",
			"faceid.order_no": "order1", "faceid.biz_seq_no": "seq1", "faceid.request_id": "11111111-2222-3333-4444-555555555555",
			"faceid.attempts": "2", "http.response.status_code": "200",
		}, attributes(s))
		require.Equal(t, map[string]int64{"faceid.endpoint=/api/server/getPlusFaceId,faceid.op=StartH5,faceid.product=plus": 1}, r.points("faceid.calls"))
		require.Equal(t, map[string]int64{"faceid.endpoint=/api/server/getPlusFaceId,faceid.op=StartH5": 2}, r.points("faceid.call.attempts"))
		require.Equal(t, map[string]int64{"faceid.endpoint=/api/server/getPlusFaceId,faceid.op=StartH5": 1}, r.points("faceid.call.duration"))
	})
}

// eventRow is an event, the name of its span, what is wrong with it, and the series that
// it adds.
type eventRow struct {
	event      faceid.Event
	name, kind string
	errorType  string
	metric     string
	series     string
}

var eventRows = map[string]eventRow{
	"a pass": {
		faceid.Event{Kind: faceid.EventDecision, Op: "ConfirmReturn", Product: faceid.ProductPlus, Code: faceid.CodePassed, Charged: faceid.ChargedYes, Family: faceid.FamilyPassed},
		"faceid decision ConfirmReturn", "decision", "", "faceid.decisions",
		"faceid.charged=yes,faceid.code=face/0,faceid.family=Passed,faceid.op=ConfirmReturn,faceid.product=plus",
	},
	"somebody else": {
		faceid.Event{Kind: faceid.EventDecision, Op: "ConfirmFace", Code: faceid.CodeNotSamePerson, Charged: faceid.ChargedYes, Family: faceid.FamilyNotSamePerson, Err: fmt.Errorf("x: %w", faceid.ErrNotPassed)},
		"faceid decision ConfirmFace", "decision", "", "faceid.decisions",
		"faceid.charged=yes,faceid.code=face/66660004,faceid.family=NotSamePerson,faceid.op=ConfirmFace",
	},
	"no decision": {
		faceid.Event{Kind: faceid.EventDecision, Op: "ConfirmFace", Family: faceid.ErrNetwork, Err: errors.New("x")},
		"faceid decision ConfirmFace", "decision", "Network", "faceid.decisions", "error.type=Network,faceid.family=Network,faceid.op=ConfirmFace",
	},
	"a forgery": {
		faceid.Event{Kind: faceid.EventCallback, Op: "VerifyCallback", Family: faceid.FamilyForged, Err: faceid.ErrBadSignature},
		"faceid callback VerifyCallback", "callback", "", "faceid.callbacks", "faceid.family=Forged,faceid.op=VerifyCallback",
	},
	"a callback": {
		faceid.Event{Kind: faceid.EventCallback, Op: "VerifyCallback"},
		"faceid callback VerifyCallback", "callback", "", "faceid.callbacks", "faceid.op=VerifyCallback",
	},
	"no result": {
		faceid.Event{Kind: faceid.EventCall, Op: "QueryFaceRecord", Endpoint: "/api/v2/base/queryfacerecord", Code: faceid.CodeNoResult, Family: faceid.ErrNoResult, Err: errors.New("x")},
		"faceid call QueryFaceRecord /api/v2/base/queryfacerecord", "call", "", "faceid.calls",
		"faceid.code=face/66660011,faceid.endpoint=/api/v2/base/queryfacerecord,faceid.family=NoResult,faceid.op=QueryFaceRecord",
	},
	"a call that was given up": {
		faceid.Event{Kind: faceid.EventCall, Op: "DetectAuth", Endpoint: "DetectAuth", Err: context.Canceled},
		"faceid call DetectAuth", "call", "canceled", "faceid.calls", "error.type=canceled,faceid.endpoint=DetectAuth,faceid.op=DetectAuth",
	},
	"a deadline": {
		faceid.Event{Kind: faceid.EventCall, Op: "DetectAuth", Endpoint: "DetectAuth", Err: fmt.Errorf("x: %w", context.DeadlineExceeded)},
		"faceid call DetectAuth", "call", "timeout", "faceid.calls", "error.type=timeout,faceid.endpoint=DetectAuth,faceid.op=DetectAuth",
	},
	"a refresh": {
		faceid.Event{Kind: faceid.EventRefresh, Op: "refresh", Duration: time.Second},
		"faceid refresh", "refresh", "", "faceid.refreshes", "",
	},
	"a refresh that failed": {
		faceid.Event{Kind: faceid.EventRefresh, Op: "refresh", Family: faceid.ErrCredential, Err: errors.New("x")},
		"faceid refresh", "refresh", "Credential", "faceid.refreshes", "error.type=Credential",
	},
	"a foreign refresh": {
		faceid.Event{Kind: faceid.EventRefresh, Op: "foreign", Family: faceid.ErrCredential, Err: faceid.ErrForeignRefresh},
		"faceid refresh foreign", "refresh", "Credential", "faceid.foreign_refreshes", "",
	},
	"trouble with the store": {
		faceid.Event{Kind: faceid.EventStore, Op: "Lock", Family: faceid.ErrStore, Err: errors.New("x")},
		"faceid store Lock", "store", "Store", "faceid.store.troubles", "error.type=Store,faceid.op=Lock",
	},
}

func TestObserveTellsTroubleFromOutcomes(t *testing.T) {
	for name, row := range eventRows {
		t.Run(name, func(t *testing.T) {
			r := record(t)
			before := r.points(row.metric)[row.series]
			r.Observe(t.Context(), row.event)
			require.Equal(t, before+1, r.points(row.metric)[row.series], r.points(row.metric))
			s := r.span(row.name)
			require.Equal(t, row.kind, attributes(s)["faceid.kind"])
			require.Equal(t, row.errorType, attributes(s)["error.type"])
			require.Equal(t, string(row.event.Family), attributes(s)["faceid.family"])
			if row.errorType == "" {
				require.Equal(t, codes.Unset, s.Status().Code)
			} else {
				require.Equal(t, codes.Error, s.Status().Code)
				require.Equal(t, row.errorType, s.Status().Description)
			}
			if row.event.Kind != faceid.EventCall {
				require.Equal(t, trace.SpanKindInternal, s.SpanKind())
			}
		})
	}
}

func TestObserveCountsAForeignRefreshApart(t *testing.T) {
	r := record(t)
	r.Observe(t.Context(), eventRows["a foreign refresh"].event)
	require.Empty(t, r.points("faceid.refreshes"))
	require.Empty(t, r.points("faceid.refresh.duration"))
}

func TestObserveExportsZerosFromTheStart(t *testing.T) {
	r := record(t)
	require.Equal(t, map[string]int64{"": 0}, r.points("faceid.foreign_refreshes"))
	require.Equal(t, map[string]int64{
		"error.type=Store,faceid.op=Load": 0, "error.type=Store,faceid.op=CompareAndSwap": 0,
		"error.type=Store,faceid.op=Lock": 0, "error.type=Store,faceid.op=Unlock": 0,
	}, r.points("faceid.store.troubles"))
}

func TestWithoutNumbersLeavesThemOut(t *testing.T) {
	r := record(t, otelfaceid.WithoutNumbers())
	r.Observe(t.Context(), faceid.Event{Kind: faceid.EventCall, Op: "A", OrderNo: "order1", BizSeqNo: "seq1", RequestID: "request1"})
	require.Equal(t, map[string]string{"faceid.kind": "call", "faceid.op": "A"}, attributes(r.span("faceid call A")))
}

func TestObserveNeverExportsTheTextOfAnError(t *testing.T) {
	r := record(t)
	r.Observe(t.Context(), faceid.Event{Kind: faceid.EventStore, Op: "Load", Family: faceid.ErrStore, Err: errors.New(personName)})
	s := r.span("faceid store Load")
	require.NotContains(t, fmt.Sprint(s.Attributes(), s.Status(), s.Events(), r.collect()), personName)
}
