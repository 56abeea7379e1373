// Command bills compares what a merchant counted in WeChat's channels with the
// platform's bill of the day, on the embedded simulator: a day that agrees, and
// one with a flow that was lost.
//
//	go run ./examples/bills
//
// With TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY set it prints the real
// bill of FACEID_DATE (yyyy-MM-dd; the day before yesterday if it is not set).
// Some of these without the rest, or one that is empty, is refused.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

func main() {
	ctx := context.Background()
	env, err := settings(os.LookupEnv)
	check(err)
	if env != nil {
		check(real(ctx, env))
		return
	}
	fmt.Println("The platform is the embedded simulator.")
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

func real(ctx context.Context, env map[string]string) error {
	client, err := faceid.New(faceid.WithCloud(common.NewCredential(env["TENCENTCLOUD_SECRET_ID"], env["TENCENTCLOUD_SECRET_KEY"]), "ap-guangzhou"))
	if err != nil {
		return err
	}
	day := time.Now().AddDate(0, 0, -2)
	if text := env["FACEID_DATE"]; text != "" {
		if day, err = time.ParseInLocation(time.DateOnly, text, time.FixedZone("UTC+8", 8*60*60)); err != nil {
			return errors.New("FACEID_DATE must be a day as yyyy-MM-dd")
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

// settings returns the variables of the real platform, or nil if none is set.
func settings(lookup func(string) (string, bool)) (map[string]string, error) {
	return environment(lookup, []string{"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"}, "FACEID_DATE")
}

// environment returns the variables that are set, or nil if none is set. A variable
// that is empty, has a line break, or is set without all those that are required is
// an error, which names the variable and quotes no value. Otherwise somebody who
// meant the real platform could take the simulator's answers for its own.
func environment(lookup func(string) (string, bool), required []string, optional ...string) (map[string]string, error) {
	var env map[string]string
	set := "" // the name of one that is set
	for _, name := range slices.Concat(required, optional) {
		value, there := lookup(name)
		switch {
		case !there:
			continue
		case value == "":
			return nil, fmt.Errorf("%s is set, but empty", name)
		case strings.TrimSpace(value) != value, strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }):
			return nil, fmt.Errorf("%s has a line break in it, a blank at an end, or what cannot be printed", name)
		case env == nil:
			env, set = map[string]string{}, name
		}
		env[name] = value
	}
	for _, name := range required {
		if env != nil && env[name] == "" {
			return nil, fmt.Errorf("%s is not set, but %s is", name, set)
		}
	}
	return env, nil
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
