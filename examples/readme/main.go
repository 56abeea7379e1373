package main

import (
	"context"
	"fmt"
	"log"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func main() {
	ctx := context.Background()
	platform := faceidtest.NewServer() // the platform, played inside this process
	defer platform.Close()
	client := platform.Client() // in production: faceid.New(faceid.WithApp(appID, secret))

	// The user clicks. Your handler opens a verification and answers 303 to login.URL.
	login, err := client.StartH5(ctx, faceid.H5Request{
		Person:      faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"},
		RedirectURL: "https://merchant.example/back",
		From:        faceid.FromBrowser,
	})
	check(err)

	// The user's browser opens the page, and comes back to RedirectURL.
	back, err := platform.Visit(ctx, login.URL)
	check(err)

	// Your handler of RedirectURL decides. login.Session comes from this browser's own session.
	record, err := client.ConfirmReturn(ctx, back, &login.Session)
	check(err) // errors.Is(err, faceid.ErrNotPassed): this person did not pass
	fmt.Println("passed:", record.Passed(), "similarity:", record.Similarity)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
