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
	platform := faceidtest.NewServer() // the platform inside this process: no account, no network
	defer platform.Close()
	client, err := faceid.New(platform.Options()...) // for real: faceid.New(faceid.WithApp(appID, secret))
	check(err)

	login, err := client.StartH5(ctx, faceid.H5Request{ // when the user clicks: answer 303 to login.URL
		Person:      faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"},
		RedirectURL: "https://merchant.example/back",
		From:        faceid.FromBrowser,
	})
	check(err)
	back, err := platform.Visit(ctx, login.URL) // the person's browser goes there and comes back
	check(err)

	record, err := client.ConfirmReturn(ctx, back, &login.Session) // in the handler of RedirectURL, with the session of this browser
	check(err)                                                     // errors.Is(err, faceid.ErrNotPassed): somebody else
	fmt.Println("passed:", record.Passed(), "similarity:", record.Similarity)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
