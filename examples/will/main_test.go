package main

import (
	"context"
	"fmt"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// The callback of a page that was left, kept by somebody until the order had
// passed in another browser, lets nobody in; the genuine one does.
func Example_comesBack() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	login, err := client.StartWillH5(ctx, faceid.WillH5Request{
		Person: person, Will: will, RedirectURL: "https://merchant.example/back", From: faceid.FromBrowser,
	})
	check(err)
	back, err := platform.Visit(ctx, login.URL)
	check(err)

	kept := platform.Callback("https://merchant.example/back", login.Session.OrderNo, "3003")
	check(comesBack(ctx, client, kept, &login.Session))
	check(comesBack(ctx, client, back, &login.Session))
	stranger := login.Session
	stranger.OrderNo = "another1"
	fmt.Println(" ", comesBack(ctx, client, back, &stranger) != nil)
	// Output:
	// did not pass: the verification was interrupted half-way (charged: unknown)
	//   passed: similarity 97 (charged: yes)
	//   round 0: "您好，请问您是否自愿办理本次业务？请回答：我自愿", heard "我自愿", wanted one of ["我自愿" "自愿"], 48 bytes of audio
	//   round 1: "请问您是否已阅读并同意合同条款？请回答：我同意", heard "我同意", wanted one of ["我同意" "同意"], 48 bytes of audio
	//   true
}
