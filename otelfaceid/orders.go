package otelfaceid

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// keyOlder is the attribute of an order's age.
const keyOlder = attribute.Key("faceid.older_than")

// orderAges are the ages by which unfinished orders are counted. The platform forgets
// results and files after 3 days.
var orderAges = []struct {
	label string
	age   time.Duration
}{{"1h", time.Hour}, {"24h", 24 * time.Hour}, {"48h", 48 * time.Hour}}

// patience is how long the orders may be counted at one collection.
const patience = 10 * time.Second

// ObserveOrders exports faceid.orders.unfinished: how many orders were opened more than
// 1, 24 and 48 hours ago (attribute faceid.older_than: "1h", "24h" and "48h") and have
// no end yet. unfinished is called for each of these ages at every collection. It returns
// the number of orders that are older than age, and has 10 seconds for all three; with
// package evidence it counts what Keeper.Late returns. If it fails or panics, that
// collection has no such metric, and the error goes to the handler of otel.SetErrorHandler.
// So it must name no person.
//
// The metric ends with the Unregister method of what ObserveOrders returns. Where
// several processes read one ledger each of them exports the same numbers: take their
// maximum, not their sum.
func (t *Telemetry) ObserveOrders(unfinished func(ctx context.Context, age time.Duration) (int, error)) (metric.Registration, error) {
	if unfinished == nil {
		return nil, errors.New("otelfaceid: ObserveOrders: the function is nil")
	}
	gauge, err := t.meter.Int64ObservableGauge("faceid.orders.unfinished", metric.WithUnit("{order}"),
		metric.WithDescription("Orders that have no end yet and were opened longer ago than faceid.older_than."))
	if err != nil {
		return nil, fmt.Errorf("otelfaceid: %w", err)
	}
	registration, err := t.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		counts := make([]int, len(orderAges)) // all or none: half of them would look like none that are older
		for i, a := range orderAges {
			var err error
			if counts[i], err = guarded(ctx, unfinished, a.age); err != nil {
				return err
			}
		}
		for i, a := range orderAges {
			o.ObserveInt64(gauge, int64(counts[i]), with(pair{keyOlder, a.label}))
		}
		return nil
	}, gauge)
	if err != nil {
		return nil, fmt.Errorf("otelfaceid: %w", err)
	}
	return registration, nil
}

// guarded calls count. A panic would end the process, because exporters collect in
// goroutines of their own.
func guarded(ctx context.Context, count func(context.Context, time.Duration) (int, error), age time.Duration) (n int, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("otelfaceid: the function of ObserveOrders panicked")
		}
	}()
	if n, err = count(ctx, age); err != nil {
		return 0, fmt.Errorf("otelfaceid: the function of ObserveOrders: %w", err)
	}
	return n, nil
}
