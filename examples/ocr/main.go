// Command ocr tells how an ID card and a bank card are read in an App, on the
// embedded simulator.
//
//	go run ./examples/ocr
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

	fmt.Println("An ID card, with warnings and without an end:")
	platform.ScriptIDCardDefault(faceidtest.IDCard{Name: person.Name, Number: person.IDNo, ValidDate: "20190128-长期", FrontWarnCode: "10010100", NoCrops: true})
	check(idCard(ctx, client, platform))
	fmt.Println("\nThe wrong side up:")
	platform.ScriptIDCardDefault(faceidtest.IDCard{FrontCode: "66661006"})
	check(idCard(ctx, client, platform))
	fmt.Println("\nA bank card:")
	check(bankCard(ctx, client, platform))
}

// The invented person whose cards are expected.
var person = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477", BankCardNo: "6200000000000000"}

func idCard(ctx context.Context, client *faceid.Client, platform *faceidtest.Server) error {
	launch, err := client.StartOCR(ctx, faceid.OCRRequest{ // nothing is uploaded: the order begins with the launch
		Product: faceid.ProductIDCardOCR, Platform: faceid.PlatformAndroid, UserID: "user1",
	})
	if err != nil {
		return err
	}
	if _, err := platform.RunOCR(ctx, launch.Params, faceidtest.CardIDCard); err != nil { // the App takes both sides
		return err
	}
	card, err := client.ConfirmOCR(ctx, faceid.GetOCRResultRequest{OrderNo: launch.OrderNo, GetFile: true}, person, faceid.OCRBothSides)
	switch {
	case errors.Is(err, faceid.ErrNotPassed):
		fmt.Printf("  not read: %v\n  front read: %t, back read: %t\n", err, card.FrontRead(), card.BackRead())
		return nil
	case err != nil:
		return err
	}
	fmt.Printf("  read: %s, %s, born %s\n", card.Name, card.Sex, card.Birth.Format("2006-01-02")) // an invented card: yours go into no log
	fmt.Printf("  valid from %s, long term: %t\n", card.ValidDate.From.Format("2006-01-02"), card.ValidDate.LongTerm)
	fmt.Printf("  warnings of the front: %s (position 1: %t, position 2: %t)\n", card.FrontWarnCode, card.FrontWarnCode.Has(1), card.FrontWarnCode.Has(2))
	fmt.Printf("  picture of the front: %d bytes (cut out: %t)\n", len(card.FrontImage()), len(card.FrontCrop) > 0)
	return nil
}

func bankCard(ctx context.Context, client *faceid.Client, platform *faceidtest.Server) error {
	platform.ScriptBankCardDefault(faceidtest.BankCard{Number: person.BankCardNo, ValidDate: "12/2030", MultiWarnCode: "[-9111, -9112]"})
	launch, err := client.StartOCR(ctx, faceid.OCRRequest{
		Product: faceid.ProductBankCardOCR, Platform: faceid.PlatformIOS, UserID: "user1", Licence: "licence-from-console",
	})
	if err != nil {
		return err
	}
	if _, err := platform.RunOCR(ctx, launch.Params, faceidtest.CardBankCard); err != nil {
		return err
	}
	card, err := client.ConfirmBankCardOCR(ctx, faceid.GetBankCardOCRResultRequest{OrderNo: launch.OrderNo}, person)
	if err != nil {
		return err
	}
	fmt.Printf("  read: a number of %d digits, valid until %s\n", len(card.BankCardNo), card.ValidUntil.Format("2006-01-02"))
	for _, warning := range card.Warnings() {
		fmt.Println("  warning:", warning.Gloss())
	}
	return nil
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
