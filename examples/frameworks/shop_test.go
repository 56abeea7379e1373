package frameworks

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

var frameworks = map[string]func(*testing.T, *merchant){
	"gin": serve(ginRoutes), "echo": serve(echoRoutes), "chi": serve(chiRoutes), "go-zero": serveGoZero, "kratos": serve(kratosRoutes),
}

// A genuine callback passes through each framework as the platform has written it.
func TestRoutesHandTheCallbackOnUnaltered(t *testing.T) {
	for name, serve := range frameworks {
		t.Run(name, func(t *testing.T) {
			m := newMerchant(t)
			serve(t, m)
			callback := m.callback(t, faceidtest.Passes())
			require.Equal(t, http.StatusSeeOther, m.comesBack(t, callback, cookie))
			require.NoError(t, m.err)
			require.Equal(t, m.open.OrderNo, m.record.OrderNo)
			u, err := url.Parse(callback)
			require.NoError(t, err)
			require.Contains(t, callback, "next=a%2Bb+c%20d&")
			require.Equal(t, u.RawQuery, m.query)
			if m.deadline != 0 {
				require.Greater(t, m.deadline, 20*time.Second, "the framework cuts off what takes longer")
			}
		})
	}
}

// What is not this browser's callback is refused through each framework.
func TestRoutesRefuseWhatIsNotGenuine(t *testing.T) {
	for name, serve := range frameworks {
		t.Run(name, func(t *testing.T) {
			m := newMerchant(t)
			serve(t, m)
			other := m.callback(t, faceidtest.Passes())
			callback := m.callback(t, faceidtest.NotSamePerson())
			forged, err := url.Parse(callback)
			require.NoError(t, err)
			query := forged.Query()
			query.Set("code", "0")
			forged.RawQuery = query.Encode()

			m.comesBack(t, forged.String(), cookie)
			require.ErrorIs(t, m.err, faceid.ErrBadSignature)
			m.comesBack(t, other, cookie)
			require.ErrorIs(t, m.err, faceid.ErrOtherOrder)
			var argument *faceid.ArgumentError
			m.comesBack(t, callback, "")
			require.ErrorAs(t, m.err, &argument, "there is no session")
			m.comesBack(t, callback, cookie)
			require.ErrorIs(t, m.err, faceid.ErrNotPassed)
		})
	}
}

// The loggers of the frameworks, with the settings of the page, write where the browser came
// back to, and nothing of the query.
func TestRoutesLogNoQuery(t *testing.T) {
	for name, serve := range frameworks {
		t.Run(name, func(t *testing.T) {
			m := newMerchant(t)
			serve(t, m)
			before := len(logs.String())
			callback := m.callback(t, faceidtest.Passes())
			m.comesBack(t, callback, cookie)
			require.NoError(t, m.err)
			u, err := url.Parse(callback)
			require.NoError(t, err)
			if name != "go-zero" && name != "kratos" { // these log no request then
				require.Eventually(t, func() bool { return strings.Contains(logs.String()[before:], "/back") }, 10*time.Second, time.Millisecond)
			}
			lines := logs.String()[before:]
			for _, part := range []string{m.open.OrderNo, u.Query().Get("newSignature"), m.open.FaceID, cookie, "next="} {
				require.NotEmpty(t, part)
				require.NotContains(t, lines, part)
			}
		})
	}
}

// The tracer of go-zero writes the address that it reads into the span of each request.
func TestGoZeroStartHidesTheQueryFromSpans(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	m := newMerchant(t)
	serveGoZero(t, m)
	callback := m.callback(t, faceidtest.Passes())
	m.comesBack(t, callback, cookie)
	require.NoError(t, m.err)
	require.Eventually(t, func() bool { return len(spans.Ended()) > 0 }, 10*time.Second, time.Millisecond)
	target := ""
	for _, span := range spans.Ended() {
		for _, attribute := range span.Attributes() {
			if attribute.Key == "http.target" {
				target = attribute.Value.Emit()
			}
			require.NotContains(t, attribute.Value.Emit(), m.open.OrderNo)
		}
	}
	require.Equal(t, "/back", target)
}
