package evidence_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"gocloud.dev/blob/memblob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// A day of WeChat is compared with the platform's bill. One flow was forgotten by a
// process that died, and is found on the bill while the platform still has its result.
func ExampleKeeper_Reconcile() {
	ctx := context.Background()
	day := time.Now().AddDate(0, 0, -2)
	platform := faceidtest.NewServer(faceidtest.WithStart(day)) // the simulator, two days ago
	defer platform.Close()
	client := platform.Client()
	keeper, err := evidence.New(evidence.Options{
		Client: client, Bucket: memblob.OpenBucket(nil), Ledger: evidence.NewMemoryLedger(), Now: platform.Now,
		OnOutcome: func(context.Context, evidence.Outcome) error { return nil },
		Expect: func(context.Context, evidence.Order) (faceid.Person, error) {
			return faceid.Person{Name: "李测试", IDNo: "110101199003074477"}, nil
		},
	})
	check(err)
	for _, forgotten := range []bool{false, true} {
		flow, err := client.DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: "李测试", IDCard: "110101199003074477"})
		check(err)
		_, err = platform.RunMiniProgram(ctx, flow.BizToken)
		check(err)
		if forgotten {
			continue
		}
		_, err = keeper.Step(ctx, evidence.Order{Kind: evidence.WeChat, Number: flow.BizToken, RuleID: faceidtest.RulePlus, OpenedAt: platform.Now()})
		check(err)
	}

	platform.Advance(48 * time.Hour) // it is today, and the bill is there
	bill, err := keeper.Reconcile(ctx, day, faceidtest.RulePlus, faceid.ProductPlus)
	check(err)
	fmt.Printf("ledger %d, billed %d, unknown %d\n", bill.Local, bill.Billed, len(bill.Unknown))
	for _, flow := range bill.Unknown {
		progress, err := keeper.Adopt(ctx, flow.Order)
		check(err)
		fmt.Println("adopted:", progress.State, progress.Outcome.Family, len(progress.Files), "files")
	}
	bill, err = keeper.Reconcile(ctx, day, faceidtest.RulePlus, faceid.ProductPlus)
	check(err)
	fmt.Println("agrees:", bill.Agrees())
	// Output:
	// ledger 1, billed 2, unknown 1
	// adopted: done faceid: Passed 5 files
	// agrees: true
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
