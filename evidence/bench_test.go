package evidence_test

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
	_ "modernc.org/sqlite"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/sqlledger"
	"github.com/faceid-go/faceid/faceidtest"
)

// archived is the size of the video of each order in BenchmarkArchive.
const archived = 1 << 20

// opened returns n orders whose person has passed, with a video each.
func opened(b *testing.B, sim *faceidtest.Server, client *faceid.Client, n int) []evidence.Order {
	b.Helper()
	passes := faceidtest.Passes()
	passes.Video = make([]byte, archived)
	orders := make([]evidence.Order, n)
	for i := range orders {
		login, err := client.StartH5(ctx, faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back", From: faceid.FromBrowser})
		require.NoError(b, err)
		sim.Script(login.Session.OrderNo, passes)
		_, err = sim.Visit(ctx, login.URL)
		require.NoError(b, err)
		orders[i] = evidence.Order{Kind: evidence.FaceH5, Number: login.Session.OrderNo, OpenedAt: time.Now(), Product: faceid.ProductPlus}
	}
	return orders
}

// inSQLite returns a ledger in a file. It does not wait for the disk at each commit, because
// a benchmark of the disk says nothing about this package.
func inSQLite(b *testing.B) (*sqlledger.Ledger, *sql.DB) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "evidence.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	require.NoError(b, err)
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	ledger, err := sqlledger.New(ctx, db, sqlledger.SQLite)
	require.NoError(b, err)
	return ledger, db
}

// together is how many orders each way archives in a turn.
const together = 32

// BenchmarkArchive sets the way of an order into ledger and bucket beside a bare loop that
// writes the record's files and nothing else. Each order has a video of 1 MiB. The two
// ways take turns, so that a busy minute of the machine hits both alike.
func BenchmarkArchive(b *testing.B) {
	sim := faceidtest.Start(b)
	sim.URL() // the answers come over a port, as those of the platform do
	client := sim.Client(faceid.WithHTTPClient(&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}))
	bare, keeper := bareLoop(b, client), withKeeper(b, client)
	b.SetBytes(2 * together * archived)
	var took [2]time.Duration
	for b.Loop() {
		b.StopTimer()
		orders := opened(b, sim, client, 2*together)
		b.StartTimer()
		took[0] += timeOf(orders[:together], bare)
		took[1] += timeOf(orders[together:], keeper)
	}
	each := func(d time.Duration) float64 { return float64(d) / float64(b.N*together) }
	b.ReportMetric(each(took[0]), "bare-ns")
	b.ReportMetric(each(took[1]), "keeper-ns")
	b.ReportMetric(float64(time.Second)/each(took[1]), "orders/s")
}

// timeOf archives orders with as many workers as there are cores.
func timeOf(orders []evidence.Order, archive func(evidence.Order)) time.Duration {
	begun := time.Now()
	var all sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := worker; i < len(orders); i += runtime.GOMAXPROCS(0) {
				archive(orders[i])
			}
		})
	}
	all.Wait()
	return time.Since(begun)
}

// bareLoop writes the files of a record into a folder.
func bareLoop(b *testing.B, client *faceid.Client) func(evidence.Order) {
	dir := b.TempDir()
	return func(o evidence.Order) {
		var open []*os.File
		_, err := client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{
			OrderNo: o.Number, Product: o.Product, GetFile: faceid.FilesAll,
			MediaTo: func(name string) io.Writer {
				f, err := os.Create(filepath.Join(dir, name+o.Number))
				require.NoError(b, err)
				open = append(open, f)
				return f
			},
		})
		require.NoError(b, err)
		require.Len(b, open, 2)
		for _, f := range open {
			require.NoError(b, f.Close())
		}
	}
}

// withKeeper archives with a ledger in SQLite and a folder as the bucket.
func withKeeper(b *testing.B, client *faceid.Client) func(evidence.Order) {
	bucket, err := fileblob.OpenBucket(b.TempDir(), &fileblob.Options{Metadata: fileblob.MetadataDontWrite, NoTempDir: true})
	require.NoError(b, err)
	b.Cleanup(func() { _ = bucket.Close() })
	ledger, _ := inSQLite(b)
	keeper, err := evidence.New(evidence.Options{
		Client: client, Bucket: bucket, Ledger: ledger,
		OnOutcome: func(context.Context, evidence.Outcome) error { return nil },
	})
	require.NoError(b, err)
	return func(o evidence.Order) {
		p, err := keeper.Step(ctx, o)
		require.NoError(b, err)
		require.NoError(b, p.Trouble)
		require.Equal(b, evidence.Done, p.State)
	}
}

// BenchmarkIdleOrder says what an order costs whose person never comes: the looks until
// its end, and its bytes in SQLite.
func BenchmarkIdleOrder(b *testing.B) {
	const many = 10_000
	for b.Loop() {
		sim := faceidtest.Start(b)
		client := sim.Client()
		login, err := client.StartH5(ctx, faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back", From: faceid.FromBrowser})
		require.NoError(b, err)
		ledger, db := inSQLite(b)
		keeper, err := evidence.New(evidence.Options{
			Client: client, Bucket: memblob.OpenBucket(nil), Ledger: ledger, Now: sim.Now,
			OnOutcome: func(context.Context, evidence.Outcome) error { return nil },
		})
		require.NoError(b, err)
		o := evidence.Order{Kind: evidence.FaceH5, Number: login.Session.OrderNo, OpenedAt: sim.Now(), Product: faceid.ProductPlus, Ref: "contract 1"}
		looks := 0
		for p := (evidence.Progress{}); p.State != evidence.Done; looks++ {
			p, err = keeper.Step(ctx, o)
			require.NoError(b, err)
			sim.Advance(p.Wait)
		}
		for range many {
			o.Number, o.OpenedAt = faceid.NewOrderNo(), sim.Now()
			require.NoError(b, keeper.Open(ctx, o))
		}
		b.ReportMetric(float64(looks), "looks")
		var size int64
		require.NoError(b, db.QueryRowContext(ctx, `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`).Scan(&size))
		b.ReportMetric(float64(size)/many, "B/order")
	}
}
