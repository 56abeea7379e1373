// Command bills compares what a merchant counted in WeChat's channels with the
// platform's bill of the day, on the embedded simulator: a day that agrees, and
// one with a flow that was lost.
//
//	go run ./examples/bills
//
// With TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY set it prints the real
// bill of FACEID_DATE (yyyy-MM-dd; the day before yesterday if it is not set).
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

func main() {
	ctx := context.Background()
	if id, key := os.Getenv("TENCENTCLOUD_SECRET_ID"), os.Getenv("TENCENTCLOUD_SECRET_KEY"); id != "" && key != "" {
		check(real(ctx, id, key))
		return
	}
	day := time.Now().AddDate(0, 0, -2) // two days ago people were verified, and the merchant kept their tokens
	platform := faceidtest.NewServer(faceidtest.WithStart(day))
	defer platform.Close()
	client := platform.Client() // for real: faceid.New(faceid.WithCloud(credential, "ap-guangzhou"))
	var kept []faceid.LocalFlow
	for _, codes := range [][]int{{0}, {1002, 0}, {1004}, {2016, 2016}} {
		platform.ScriptCloudDefault(faceidtest.CloudTries(codes...))
		flow, err := client.DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: "李测试", IDCard: "110101199003074477"})
		check(err)
		_, err = platform.RunMiniProgram(ctx, flow.BizToken)
		check(err)
		result, err := client.GetDetectInfoEnhanced(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: flow.BizToken, RuleID: faceidtest.RulePlus, InfoType: faceid.InfoText})
		check(err)
		kept = append(kept, faceid.LocalFlow{BizToken: flow.BizToken, ChargeCount: result.ChargeCount()})
	}

	platform.Advance(48 * time.Hour) // it is today
	bill, err := fetch(ctx, client, day)
	check(err)
	fmt.Println("The bill of", day.Format(time.DateOnly), "against what the merchant counted:")
	report(faceid.Reconcile(faceid.ProductPlus, kept, bill))
	fmt.Println("And if the merchant had lost a token:")
	report(faceid.Reconcile(faceid.ProductPlus, kept[1:], bill))
}

// fetch turns the pages of a day's bill.
func fetch(ctx context.Context, client *faceid.Client, day time.Time) (bill []faceid.WeChatBillDetail, err error) {
	for line, err := range client.WeChatBills(ctx, day, "") {
		if err != nil {
			return nil, err
		}
		bill = append(bill, line)
	}
	return bill, nil
}

func report(r *faceid.Reconciliation) {
	fmt.Printf("  counted %d, billed %d, agrees: %t; missing %d, extra %d, different %d, inconsistent %d\n",
		r.Local, r.Billed, r.Agrees(), len(r.Missing), len(r.Extra), len(r.Different), len(r.Inconsistent))
}

func real(ctx context.Context, id, key string) error {
	client, err := faceid.New(faceid.WithCloud(common.NewCredential(id, key), "ap-guangzhou"))
	if err != nil {
		return err
	}
	day := time.Now().AddDate(0, 0, -2)
	if text := os.Getenv("FACEID_DATE"); text != "" {
		if day, err = time.ParseInLocation(time.DateOnly, text, time.FixedZone("UTC+8", 8*60*60)); err != nil {
			return err
		}
	}
	bill, err := fetch(ctx, client, day)
	if err != nil {
		return err
	}
	for _, line := range bill {
		fmt.Println(line.RuleID, "attempts:", len(line.ChargeDetails), "charged:", line.ChargeCount)
	}
	report(faceid.Reconcile("", nil, bill))
	return nil
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
