// Package otelfaceid makes spans and metrics of OpenTelemetry for a faceid.Client.
//
//	telemetry, err := otelfaceid.New()
//	client, err := faceid.New(
//		faceid.WithApp(appID, secret),
//		faceid.WithObserver(telemetry.Observe),
//		faceid.WithHTTPClient(&http.Client{Transport: telemetry.Transport(nil)}),
//	)
//
// Telemetry.Observe makes a span of every faceid.Event, under the span of the caller's
// context, and counts it. Telemetry.Transport traces the HTTP requests themselves.
// Unlike otelhttp it exports neither a query nor a header nor a body, because the
// queries of the platform hold the secret and the access token.
//
// No span and no metric has a secret, a token, a person, or the text of an error. Spans
// have the order number and the serial numbers of the platform, unless
// WithoutNumbers leaves them out. Every attribute of a metric has few values, whatever
// the platform answers: any further value becomes "_OTHER".
//
// # Metrics
//
//   - faceid.calls: the exchanges with the platform, retries included
//   - faceid.call.attempts: the HTTP requests that they needed
//   - faceid.call.duration: how long they took, in seconds
//   - faceid.decisions: the decisions on people, by family, code and charge
//   - faceid.decision.duration: how long they took, in seconds
//   - faceid.callbacks: the callbacks that were examined
//   - faceid.refreshes: the refreshes of the credentials
//   - faceid.refresh.duration: how long they took, in seconds
//   - faceid.foreign_refreshes: how often another system fetched a token for the appID
//   - faceid.store.troubles: operations on the credential store that failed
//   - faceid.orders.unfinished: orders without an outcome, by age; see
//     Telemetry.ObserveOrders
//   - http.client.request.duration: the requests of Telemetry.Transport, in seconds
//
// The attribute error.type is there only if something is wrong. It is absent for a
// person who did not pass, for an order without a result, and for a callback that a
// stranger made up. The attribute faceid.family tells these apart.
package otelfaceid
