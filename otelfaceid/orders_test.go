package otelfaceid_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestObserveOrdersCountsByAge(t *testing.T) {
	r := record(t)
	orders := map[time.Duration]int{time.Hour: 7, 24 * time.Hour: 3, 48 * time.Hour: 0}
	registration, err := r.ObserveOrders(func(ctx context.Context, age time.Duration) (int, error) {
		deadline, ok := ctx.Deadline()
		require.True(t, ok)
		require.LessOrEqual(t, time.Until(deadline), 10*time.Second)
		n, known := orders[age]
		require.True(t, known, age)
		return n, nil
	})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"faceid.older_than=1h": 7, "faceid.older_than=24h": 3, "faceid.older_than=48h": 0}, r.points("faceid.orders.unfinished"))
	orders[48*time.Hour] = 2
	require.EqualValues(t, 2, r.points("faceid.orders.unfinished")["faceid.older_than=48h"])

	require.NoError(t, registration.Unregister())
	require.Empty(t, r.points("faceid.orders.unfinished"))
}

func TestObserveOrdersSurvivesAFunctionThatFails(t *testing.T) {
	for name, unfinished := range map[string]func(context.Context, time.Duration) (int, error){
		"an error": func(context.Context, time.Duration) (int, error) { return 5, errors.New("the ledger is away") },
		"an error of the last age": func(_ context.Context, age time.Duration) (int, error) {
			if age == 48*time.Hour {
				return 0, errors.New("the ledger is away")
			}
			return 5, nil
		},
		"a panic": func(context.Context, time.Duration) (int, error) { panic(personName) },
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t)
			_, err := r.ObserveOrders(unfinished)
			require.NoError(t, err)
			var all metricdata.ResourceMetrics
			err = r.reader.Collect(t.Context(), &all)
			require.ErrorContains(t, err, "the function of ObserveOrders")
			require.NotContains(t, err.Error(), personName)
			names := map[string]bool{}
			for _, scope := range all.ScopeMetrics {
				for _, m := range scope.Metrics {
					names[m.Name] = true
				}
			}
			require.True(t, names["faceid.foreign_refreshes"], "the other metrics are exported")
			require.False(t, names["faceid.orders.unfinished"])
		})
	}
	_, err := record(t).ObserveOrders(nil)
	require.ErrorContains(t, err, "nil")
}
