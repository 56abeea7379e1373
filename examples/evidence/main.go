// Command evidence shows how a merchant loses no result and no file, on the embedded
// simulator: seven people pass, fail, leave or never come, and three days pass in a
// second. The ledger is a SQLite file, and the bucket is a folder:
//
//	go run ./examples/evidence
//	go run ./examples/evidence -dir ./kept
//
// With -dir the ledger and the files stay for you to look at. Run it twice: the orders of
// the first run are still known.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "modernc.org/sqlite"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/sqlledger"
	"github.com/faceid-go/faceid/faceidtest"
)

var person = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

func main() {
	dir := flag.String("dir", "", "where the ledger and the files are kept (default: a folder that is removed at the end)")
	flag.Parse()
	ctx := context.Background()
	if *dir == "" {
		temp, err := os.MkdirTemp("", "faceid-evidence")
		check(err)
		defer os.RemoveAll(temp)
		*dir = temp
	}
	fmt.Println("The platform is the embedded simulator.")
	platform := faceidtest.NewServer()
	defer platform.Close()
	shop := open(ctx, *dir, platform)
	defer shop.bucket.Close()

	opened := shop.verify(ctx, platform)
	fmt.Printf("%d orders were opened. Now three days pass.\n", len(opened))
	for day := 0; ; {
		n, err := shop.keeper.RunDue(ctx, 4)
		check(err)
		next, waiting := shop.next(ctx)
		if !waiting {
			break
		}
		if n == 0 {
			platform.Advance(max(next.Sub(platform.Now()), time.Second))
		}
		if d := int(platform.Now().Sub(opened[0].OpenedAt).Hours() / 24); d > day {
			day = d
			fmt.Printf("day %d\n", day)
		}
	}
	shop.report(ctx, opened)
}

// shop is the merchant.
type shop struct {
	client *faceid.Client
	bucket *blob.Bucket
	ledger evidence.Ledger
	keeper *evidence.Keeper
}

func open(ctx context.Context, dir string, platform *faceidtest.Server) *shop {
	check(os.MkdirAll(filepath.Join(dir, "files"), 0o700))
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "ledger.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	check(err)
	ledger, err := sqlledger.New(ctx, db, sqlledger.SQLite)
	check(err)
	bucket, err := fileblob.OpenBucket(filepath.Join(dir, "files"), nil)
	check(err)
	s := &shop{client: platform.Client(), bucket: bucket, ledger: ledger}
	s.keeper, err = evidence.New(evidence.Options{
		Client: s.client, Bucket: bucket, Ledger: ledger, Now: platform.Now,
		OnOutcome: func(_ context.Context, o evidence.Outcome) error {
			fmt.Printf("told: %-12s passed: %-5v %s\n", o.Order.Ref, o.Passed, o.Family)
			return nil // In a shop, the row of the contract is changed here.
		},
		Expect: func(context.Context, evidence.Order) (faceid.Person, error) {
			return person, nil // In a shop, the person is looked up by the Ref.
		},
	})
	check(err)
	return s
}

// verify opens orders whose people end in every way.
func (s *shop) verify(ctx context.Context, platform *faceidtest.Server) []evidence.Order {
	lagging := faceidtest.Passes()
	lagging.FileLag = map[string]time.Duration{"video": 3 * time.Hour}
	people := []struct {
		ref   string
		comes bool
		ends  faceidtest.Ending
	}{
		{"passes", true, faceidtest.Passes()},
		{"somebody", true, faceidtest.NotSamePerson()},
		{"late video", true, lagging},
		{"quits", true, faceidtest.Quits()},
		{"never comes", false, faceidtest.Ending{}},
	}
	var all []evidence.Order
	for _, p := range people {
		login, err := s.client.StartH5(ctx, faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back", From: faceid.FromBrowser})
		check(err)
		o := evidence.Order{Kind: evidence.FaceH5, Number: login.Session.OrderNo, OpenedAt: platform.Now(), Product: faceid.ProductPlus, Ref: p.ref}
		check(s.keeper.Open(ctx, o))
		all = append(all, o)
		if p.comes {
			platform.Script(o.Number, p.ends)
			_, err := platform.Visit(ctx, login.URL)
			check(err)
		}
	}
	for ref, codes := range map[string][]int{"WeChat": {0}, "WeChat tries": {1004, 1004}} {
		flow, err := s.client.DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: person.Name, IDCard: person.IDNo})
		check(err)
		o := evidence.Order{Kind: evidence.WeChat, Number: flow.BizToken, RuleID: faceidtest.RulePlus, OpenedAt: platform.Now(), Ref: ref}
		check(s.keeper.Open(ctx, o))
		all = append(all, o)
		platform.ScriptCloud(o.Number, faceidtest.CloudTries(codes...))
		_, err = platform.RunMiniProgram(ctx, flow.BizToken)
		check(err)
	}
	return all
}

// next returns when the next order is due. waiting is false if none is.
func (s *shop) next(ctx context.Context) (at time.Time, waiting bool) {
	for e, err := range s.ledger.Entries(ctx, evidence.Query{Unfinished: true, Limit: 1}) {
		check(err)
		return e.Next, true
	}
	return time.Time{}, false
}

func (s *shop) report(ctx context.Context, opened []evidence.Order) {
	fmt.Println("\nWhat is kept:")
	for _, o := range opened {
		m, err := s.keeper.Manifest(ctx, o)
		check(err)
		var files []string
		for _, f := range m.Files {
			files = append(files, f.Name)
		}
		fmt.Printf("%-12s %-14s %s\n", o.Ref, m.Outcome.Family, strings.Join(files, ", "))
	}
	fmt.Println("\nWhat is charged:")
	charges, err := s.keeper.Charges(ctx, opened[0].OpenedAt.Add(-time.Hour), opened[0].OpenedAt.Add(96*time.Hour))
	check(err)
	for _, c := range charges {
		fmt.Printf("%s %-7s orders: %d, passed: %d, charged: %d\n", c.Day, c.Product, c.Orders, c.Passed, c.Charged)
	}
	late := 0
	for e, err := range s.keeper.Late(ctx, 0) {
		check(err)
		late++
		fmt.Println("without an end:", e.Order.Ref)
	}
	fmt.Printf("orders without an end: %d of %d\n", late, len(opened))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
