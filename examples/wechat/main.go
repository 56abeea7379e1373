// Command wechat tells how a verification in WeChat works (API 3.0, DetectAuth),
// on the embedded simulator: on a page with two tries, and in a mini program
// that asks for the will.
//
//	go run ./examples/wechat
//
// With TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY set, FACEID_RULE_ID
// from the console, and the person in FACEID_NAME and FACEID_ID_NO, it opens one
// flow on the real platform instead and prints its URL; with FACEID_BIZ_TOKEN it
// tells how that flow ended. Some of these without the rest, or one that is empty,
// is refused.
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
		client, err := faceid.New(faceid.WithCloud(common.NewCredential(env["TENCENTCLOUD_SECRET_ID"], env["TENCENTCLOUD_SECRET_KEY"]), "ap-guangzhou"))
		check(err)
		check(real(ctx, client, env))
		return
	}
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // for real: faceid.New(faceid.WithCloud(credential, "ap-guangzhou"))

	fmt.Println("The platform is the embedded simulator.")
	fmt.Println("A page in WeChat; the second try passes:")
	platform.ScriptCloudDefault(faceidtest.CloudTries(2016, 0))
	check(page(ctx, client, platform))
	fmt.Println("\nA mini program that asks for the will; the answer is wrong:")
	platform.ScriptCloudDefault(faceidtest.CloudWrongAnswer())
	check(miniProgram(ctx, client, platform))
}

var person = faceid.DetectAuthRequest{ // an invented person
	Name: "李测试", IDCard: "110101199003074477", RedirectURL: "https://merchant.example/back",
}

func page(ctx context.Context, client *faceid.Client, platform *faceidtest.Server) error {
	request := person
	request.RuleID = faceidtest.RulePlus
	flow, err := client.DetectAuth(ctx, request) // keep flow.BizToken in the user's session, with the time
	if err != nil {
		return err
	}
	back, err := platform.VisitCloud(ctx, flow.URL) // answer 303 to flow.URL; it works once
	if err != nil {
		return err
	}
	fmt.Println("  the redirect brings this session's token:", faceid.RedirectBizToken(back) == flow.BizToken)
	return decide(ctx, client, flow, request.RuleID, time.Now())
}

func miniProgram(ctx context.Context, client *faceid.Client, platform *faceidtest.Server) error {
	request := person
	request.RuleID = faceidtest.RuleWill
	request.IntentionQuestions = []faceid.IntentionQuestion{{Question: "请问您是否自愿办理本次业务？请回答：我自愿", Answers: []string{"我自愿"}}}
	flow, err := client.DetectAuth(ctx, request)
	if err != nil {
		return err
	}
	if _, err := platform.RunMiniProgram(ctx, flow.BizToken); err != nil { // wx.startVerify with the BizToken
		return err
	}
	return decide(ctx, client, flow, request.RuleID, time.Now())
}

// decide names the person: a RuleId can be set so that whichever card the person
// shows counts. It asks for the texts only: media are megabytes.
func decide(ctx context.Context, client *faceid.Client, flow *faceid.DetectAuthResult, ruleID string, createdAt time.Time) error {
	result, err := client.ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{
		BizToken: flow.BizToken, RuleID: ruleID, InfoType: faceid.InfoText, WillAsked: flow.WillAsked,
	}, faceid.Person{Name: person.Name, IDNo: person.IDCard})
	switch {
	case errors.Is(err, faceid.ErrNotPassed):
		fmt.Println("  did not pass:", err)
	case errors.Is(err, faceid.ErrNoResult):
		fmt.Println("  not ended yet: ask again")
		return nil
	case err != nil:
		return err
	default:
		fmt.Println("  passed, similarity", result.Text.Sim)
	}
	fmt.Printf("  final: %t, attempts: %d, of them charged: %d\n",
		result.Final(createdAt, time.Now()), len(result.Text.LivenessDetail), result.ChargeCount())
	return nil
}

func real(ctx context.Context, client *faceid.Client, env map[string]string) error {
	ruleID := env["FACEID_RULE_ID"]
	person.Name, person.IDCard = env["FACEID_NAME"], env["FACEID_ID_NO"]
	if token := env["FACEID_BIZ_TOKEN"]; token != "" {
		return decide(ctx, client, &faceid.DetectAuthResult{BizToken: token}, ruleID, time.Now())
	}
	flow, err := client.DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: ruleID, Name: person.Name, IDCard: person.IDCard})
	if err != nil {
		return err
	}
	fmt.Println("BizToken", flow.BizToken)
	fmt.Println("Open this in WeChat:", flow.URL)
	return nil
}

// settings returns the variables of the real platform, or nil if none is set.
func settings(lookup func(string) (string, bool)) (map[string]string, error) {
	return environment(lookup, []string{"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "FACEID_RULE_ID", "FACEID_NAME", "FACEID_ID_NO"}, "FACEID_BIZ_TOKEN")
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
