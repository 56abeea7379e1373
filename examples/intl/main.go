// Command intl tells how the international flow works, on the embedded
// simulator: in a browser (a document and a face), and in an App.
//
//	go run ./examples/intl
//
// With TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and FACEID_REGION (as in
// ap-singapore) set it opens one flow in a browser on the real platform instead
// and prints its URL; with FACEID_BIZ_TOKEN, and the person in FACEID_NAME and
// FACEID_ID_NO, it tells how that flow ended. Some of these without the rest, or
// one that is empty, is refused.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
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
		client, err := faceid.New(faceid.WithIntl(common.NewCredential(env["TENCENTCLOUD_SECRET_ID"], env["TENCENTCLOUD_SECRET_KEY"]), env["FACEID_REGION"]))
		check(err)
		if token := env["FACEID_BIZ_TOKEN"]; token != "" {
			person = faceid.Person{Name: env["FACEID_NAME"], IDNo: env["FACEID_ID_NO"]}
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

	fmt.Println("The platform is the embedded simulator.")
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

// settings are the variables of the real platform, nil if none is set: to open a
// flow or, with a token, to decide on one, which takes the person as well.
func settings(lookup func(string) (string, bool)) (map[string]string, error) {
	required, flow := []string{"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "FACEID_REGION"}, []string{"FACEID_BIZ_TOKEN", "FACEID_NAME", "FACEID_ID_NO"}
	if _, there := lookup("FACEID_BIZ_TOKEN"); there {
		return environment(lookup, append(required, flow...))
	}
	return environment(lookup, required, flow...)
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
