//go:build unix

package faceid_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// BenchmarkCallers has so many callers verify people at once, over TLS. A verification is a
// launch (two requests) and a query. Each way has a transport of its own, as it comes: that
// of the SDK is its default, and that of the hand-written client has as many idle connections
// as there are callers. The figures are of all callers together: verifications in a second
// while the connections are opened and afterwards, the slowest of a hundred afterwards, the CPU
// time of this process for a verification then, and new connections for a verification.
func BenchmarkCallers(b *testing.B) {
	p := startBench(b, 0).overTLS()
	for _, callers := range []int{1, 8, 64, 512} {
		if testing.Short() && callers > 8 {
			continue
		}
		for name, open := range map[string]func(*testing.B, int, *atomic.Int64) func(context.Context) error{
			"faceid": p.verifier, "net-http": p.handmadeVerifier,
		} {
			b.Run(fmt.Sprint(name, "/", callers), func(b *testing.B) {
				var connections atomic.Int64
				verify := open(b, callers, &connections)
				rounds := max(16, 4096/callers)
				b.ResetTimer()
				cold := rushOf(b, callers, 1, verify)
				settling := rushOf(b, callers, rounds/2, verify) // opens the last connections
				warm := rushOf(b, callers, rounds*max(1, b.N), verify)
				b.ReportMetric(cold.perSecond, "cold/s")
				b.ReportMetric(warm.perSecond, "warm/s")
				b.ReportMetric(float64(warm.slow), "p99-ns")
				b.ReportMetric(float64(warm.cpu), "cpu-ns")
				b.ReportMetric(float64(connections.Load())/float64(warm.done+settling.done+cold.done), "conns/verification")
			})
		}
	}
}

// rush is what callers at once took.
type rush struct {
	done      int
	perSecond float64
	slow, cpu time.Duration // the slowest of a hundred; CPU time of this process for each
}

// rushOf has each caller verify so many people, one after the other.
func rushOf(b *testing.B, callers, each int, verify func(context.Context) error) rush {
	took := make([]time.Duration, callers*each)
	errs := make([]error, callers)
	start, cpu := time.Now(), cpuTime(b)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for j := range each {
				began := time.Now()
				if errs[i] = verify(b.Context()); errs[i] != nil {
					return
				}
				took[i*each+j] = time.Since(began)
			}
		})
	}
	all.Wait()
	elapsed, used := time.Since(start), cpuTime(b)-cpu
	for _, err := range errs {
		require.NoError(b, err)
	}
	slices.Sort(took)
	n := len(took)
	return rush{n, float64(n) / elapsed.Seconds(), took[n*99/100], used / time.Duration(n)}
}

// cpuTime is the CPU time that this process has used.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// verifier verifies with the SDK on its default transport.
func (p *bench) verifier(b *testing.B, _ int, connections *atomic.Int64) func(context.Context) error {
	client := p.client(b)
	faceid.OnHandshake(client, func() { connections.Add(1) })
	return func(ctx context.Context) error {
		login, err := client.StartH5(ctx, h5Request(""))
		if err != nil {
			return err
		}
		record, err := client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: login.Session.OrderNo})
		if err == nil && record.Similarity.Value != 97 {
			err = fmt.Errorf("not the answer to this query")
		}
		return err
	}
}

// handmadeVerifier verifies with net/http and encoding/json, and no more than is needed.
func (p *bench) handmadeVerifier(b *testing.B, callers int, connections *atomic.Int64) func(context.Context) error {
	own := *p
	transport := &http.Transport{MaxIdleConns: 2 * callers, MaxIdleConnsPerHost: 2 * callers, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{
		RootCAs: p.roots, VerifyConnection: func(tls.ConnectionState) error { connections.Add(1); return nil },
	}}
	b.Cleanup(transport.CloseIdleConnections)
	own.http = &http.Client{Transport: transport}
	return own.handmadeVerification
}

// handmadeVerification uploads a person, fetches a NONCE ticket at the same time, makes the
// login URL, and queries the record.
func (p *bench) handmadeVerification(ctx context.Context) error {
	const appID, version, userID, ticket = "TIDA0001", "1.0.0", "user1", "ticket_string"
	order, nonce := faceid.NewOrderNo(), faceid.NewNonce()
	var fetched struct {
		Tickets []struct{ Value string }
	}
	var ticketErr error
	var both sync.WaitGroup
	both.Go(func() {
		ticketErr = p.handmadeJSON(ctx, http.MethodGet, pathTicket+"?"+url.Values{
			"app_id": {appID}, "access_token": {"token"}, "type": {"NONCE"}, "version": {version}, "user_id": {userID},
		}.Encode(), nil, &fetched)
	})
	var opened struct {
		Code   string
		Result struct{ FaceID string }
	}
	err := p.handmadeJSON(ctx, http.MethodPost, pathPlus+"?orderNo="+order, map[string]string{
		"appId": appID, "orderNo": order, "userId": userID, "version": version, "nonce": nonce, "name": "李测试", "idNo": "110101199003074477",
		"sign": joinSortHex(ticket, appID, userID, version, nonce),
	}, &opened)
	both.Wait()
	if err != nil || ticketErr != nil || opened.Code != "0" || len(fetched.Tickets) == 0 {
		return fmt.Errorf("no page: %w, %w", err, ticketErr)
	}
	page := "https://kyc1.qcloud.com/api/web/login?" + url.Values{
		"appId": {appID}, "version": {version}, "nonce": {nonce}, "orderNo": {order}, "faceId": {opened.Result.FaceID}, "userId": {userID},
		"url": {"https://shop.example/back"}, "from": {"app"}, "sign": {joinSortHex(fetched.Tickets[0].Value, appID, userID, order, version, opened.Result.FaceID, nonce)},
	}.Encode()
	if len(page) < 100 {
		return fmt.Errorf("no page")
	}
	_, err = p.handmadeQuery(ctx, order, "")
	return err
}

// handmadeJSON makes one request.
func (p *bench) handmadeJSON(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(into)
}
