// Command will tells how 意愿核身 works, on the embedded simulator: a person
// shows the face and answers aloud, in a browser with two questions, and in an
// App; one gives the right answers, one a wrong one.
//
//	go run ./examples/will
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func main() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // for real: faceid.New(faceid.WithApp(appID, secret))

	fmt.Println("In a mobile browser, two questions:")
	check(browser(ctx, client, platform))
	fmt.Println("\nIn an App, and the answer is wrong:")
	platform.ScriptDefault(faceidtest.WrongAnswer())
	check(app(ctx, client, platform))
}

// The invented person, and what they are asked.
var (
	person = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}
	will   = faceid.Will{Rounds: []faceid.WillRound{
		{Question: "您好，请问您是否自愿办理本次业务？请回答：我自愿", Answers: []string{"我自愿", "自愿"}},
		{Question: "请问您是否已阅读并同意合同条款？请回答：我同意", Answers: []string{"我同意", "同意"}},
	}}
)

func browser(ctx context.Context, client *faceid.Client, platform *faceidtest.Server) error {
	login, err := client.StartWillH5(ctx, faceid.WillH5Request{ // when the user clicks: answer 303 to login.URL
		Person: person, Will: will, RedirectURL: "https://merchant.example/back", From: faceid.FromBrowser,
	})
	if err != nil {
		return err
	}
	fmt.Println("  opened order", login.Session.OrderNo)
	back, err := platform.Visit(ctx, login.URL) // the person answers, and comes back
	if err != nil {
		return err
	}
	return comesBack(ctx, client, back, &login.Session)
}

// comesBack is the handler of the RedirectURL. It finds the session of this browser
// first, and what ConfirmWillReturn says is the decision: the record alone, which
// brings the evidence, lets nobody in.
func comesBack(ctx context.Context, client *faceid.Client, back *http.Request, session *faceid.PageSession) error {
	record, decision := client.ConfirmWillReturn(ctx, back, session)
	if decision == nil {
		evidence, err := client.WaitWillResult(ctx, faceid.GetWillFaceResultRequest{OrderNo: session.OrderNo, H5File: faceid.WillH5Audio})
		if err != nil {
			return err
		}
		record = evidence
	}
	return tell(record, decision)
}

func app(ctx context.Context, client *faceid.Client, platform *faceidtest.Server) error {
	launch, err := client.StartWillSDK(ctx, faceid.WillSDKRequest{
		Platform: faceid.PlatformHarmony, Person: person, Will: will, Licence: "licence-from-console",
	})
	if err != nil {
		return err
	}
	fmt.Println("  opened order", launch.OrderNo)
	result, err := platform.RunSDK(ctx, launch.Params)
	if err != nil {
		return err
	}
	if report := faceid.ParseSDKResult(result.Domain, result.Code); !report.Queryable() {
		fmt.Println("  the App reports:", report.Code.Gloss())
		return nil
	}
	// What an App reports is a claim: the platform's own record decides.
	record, decision := client.ConfirmWill(ctx, faceid.GetWillFaceResultRequest{OrderNo: launch.OrderNo, GetFile: faceid.FilesPhoto, AppFile: faceid.WillAppNoVideo})
	return tell(record, decision)
}

// tell shows a decision, and the evidence that came with it. There is no record if
// nobody was compared.
func tell(record *faceid.WillRecord, decision error) error {
	var bad *faceid.Error
	switch {
	case decision == nil:
		fmt.Printf("  passed: similarity %s (charged: %s)\n", record.Similarity, record.Charged())
	case !errors.Is(decision, faceid.ErrNotPassed) || !errors.As(decision, &bad):
		return decision
	default:
		fmt.Printf("  did not pass: %s (charged: %s)\n", bad.Gloss(), record.Charged())
	}
	if record == nil {
		return nil
	}
	for _, turn := range record.Turns {
		fmt.Printf("  round %s: %q, heard %q, wanted one of %q, %d bytes of audio\n",
			turn.ID, turn.StandText, turn.UserAnswer, turn.Answers(), len(turn.UserAudio))
	}
	return nil
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
