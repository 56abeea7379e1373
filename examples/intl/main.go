// Command intl tells how the international flow works, on the embedded
// simulator: in a browser (a document and a face), and in an App.
//
//	go run ./examples/intl
//
// With TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY set it opens one flow
// in a browser on the real platform instead and prints its URL; with
// FACEID_BIZ_TOKEN it tells how that flow ended. FACEID_REGION is ap-singapore
// if it is not set.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

func main() {
	ctx := context.Background()
	if id, key := os.Getenv("TENCENTCLOUD_SECRET_ID"), os.Getenv("TENCENTCLOUD_SECRET_KEY"); id != "" && key != "" {
		client, err := faceid.New(faceid.WithIntl(common.NewCredential(id, key), cmp.Or(os.Getenv("FACEID_REGION"), "ap-singapore")))
		check(err)
		if token := os.Getenv("FACEID_BIZ_TOKEN"); token != "" {
			person = faceid.Person{Name: os.Getenv("FACEID_NAME"), IDNo: os.Getenv("FACEID_ID_NO")}
			check(decide(ctx, client, token))
			return
		}
		flow, err := client.ApplyWebVerificationBizTokenIntl(ctx, request)
		check(err)
		fmt.Println("BizToken", flow.BizToken)
		fmt.Println("Open this within ten minutes:", flow.VerificationURL)
		return
	}
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // for real: faceid.New(faceid.WithIntl(credential, "ap-singapore"))

	holder := faceidtest.IDCard{Name: person.Name, Number: person.IDNo}
	stranger := faceidtest.IDCard{Name: "WONG Siu Ming", Number: "A123456(3)"}
	for _, story := range []struct {
		title  string
		ending faceidtest.CloudEnding
	}{
		{"In a browser, a document and a face:", faceidtest.CloudEnding{Card: holder}},
		{"Somebody else, with a document of their own:", faceidtest.CloudEnding{Card: stranger}},
		{"The face is not alive:", faceidtest.CloudTries(1004)},
		{"The person leaves:", faceidtest.CloudQuits()},
	} {
		fmt.Println(story.title)
		platform.ScriptCloudDefault(story.ending)
		check(browser(ctx, client, platform))
	}
	fmt.Println("In an App, somebody alive:")
	platform.ScriptCloudDefault(faceidtest.CloudPasses())
	check(app(ctx, client, platform))
}

// The invented person whom the merchant expects. What is read from the document
// is compared with it.
var person = faceid.Person{Name: "CHAN Tai Man", IDNo: "C668668(E)"}

var request = faceid.ApplyWebVerificationBizTokenIntlRequest{
	RedirectURL: "https://merchant.example/back",
	Config:      &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlHKIDCard, Language: "en"},
}

func browser(ctx context.Context, client *faceid.Client, platform *faceidtest.Server) error {
	flow, err := client.ApplyWebVerificationBizTokenIntl(ctx, request) // keep flow.BizToken in the user's session
	if err != nil {
		return err
	}
	if _, err := platform.VisitCloud(ctx, flow.VerificationURL); err != nil { // answer 303 to it; it works once
		return err
	}
	return decide(ctx, client, flow.BizToken)
}

func decide(ctx context.Context, client *faceid.Client, bizToken string) error {
	result, err := client.ConfirmWebVerificationIntl(ctx, faceid.GetWebVerificationResultIntlRequest{BizToken: bizToken}, person)
	switch {
	case errors.Is(err, faceid.ErrNotPassed):
		fmt.Println("  did not pass:", err)
	case errors.Is(err, faceid.ErrNoResult):
		fmt.Println("  not ended yet: ask again while the token lives")
	case err != nil:
		return err
	default:
		fmt.Printf("  passed; documents read: %d, attempts: %d, video: %d bytes\n", len(result.OCRResult), len(result.VerificationDetailList), len(result.Video))
	}
	return nil
}

func app(ctx context.Context, client *faceid.Client, platform *faceidtest.Server) error {
	flow, err := client.ApplySdkVerificationToken(ctx, faceid.ApplySdkVerificationTokenRequest{CheckMode: faceid.IntlLiveness, SecurityLevel: 3})
	if err != nil {
		return err
	}
	if _, err := platform.RunIntlSDK(ctx, flow.SDKToken); err != nil {
		return err
	}
	// IntlLiveness sees that somebody is alive, whoever it is: AnyPerson says so.
	result, err := client.ConfirmSdkVerification(ctx, faceid.GetSdkVerificationResultRequest{SDKToken: flow.SDKToken}, faceid.AnyPerson)
	if err != nil {
		return err
	}
	fmt.Println("  passed; charged:", result.ChargeCount)
	return nil
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
