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
	// The handler of the RedirectURL finds the session of this browser first.
	if _, err := client.ConfirmWillReturn(ctx, back, &login.Session); err != nil && !errors.Is(err, faceid.ErrNotPassed) {
		return err
	}
	record, err := client.WaitWillResult(ctx, faceid.GetWillFaceResultRequest{OrderNo: login.Session.OrderNo, H5File: faceid.WillH5Audio})
	if err != nil {
		return err
	}
	tell(record)
	return nil
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
	record, err := client.ConfirmWill(ctx, faceid.GetWillFaceResultRequest{OrderNo: launch.OrderNo, GetFile: faceid.FilesPhoto, AppFile: faceid.WillAppNoVideo})
	if err != nil && !errors.Is(err, faceid.ErrNotPassed) {
		return err
	}
	tell(record)
	return nil
}

// tell shows a record and its evidence.
func tell(record *faceid.WillRecord) {
	if record.Passed() {
		fmt.Printf("  passed: similarity %s (charged: %s)\n", record.Similarity, record.Charged())
	} else {
		fmt.Printf("  did not pass: %s (face %s, answers %s, charged: %s)\n",
			record.Gloss(), record.FaceCode.Number(), record.WillCode.Number(), record.Charged())
	}
	for _, turn := range record.Turns {
		fmt.Printf("  round %s: %q, heard %q, wanted one of %q, %d bytes of audio\n",
			turn.ID, turn.StandText, turn.UserAnswer, turn.Answers(), len(turn.UserAudio))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
