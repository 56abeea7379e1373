// Command nfc tells how the chip of a document is read in an App (实证 NFC), on
// the embedded simulator: an identity card, somebody else's, and a home-return
// permit.
//
//	go run ./examples/nfc
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func main() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	// For real: faceid.New(faceid.WithApp(appID, secret), faceid.WithNFCKey(keyFromConsole)).
	client := platform.Client(faceid.WithNFCKey(platform.NFCKey()))

	fmt.Println("An identity card:")
	platform.ScriptNFCDefault(faceidtest.NFCDocument{Name: person.Name, Number: person.IDNo})
	check(read(ctx, client, platform, faceid.NFCRequest{Platform: faceid.PlatformAndroid, UserID: "user1"}))
	fmt.Println("\nSomebody else's:")
	platform.ScriptNFCDefault(faceidtest.NFCDocument{Name: "王测试", Number: "110101199003070011"})
	check(read(ctx, client, platform, faceid.NFCRequest{Platform: faceid.PlatformIOS, UserID: "user1"}))
	fmt.Println("\nA home-return permit, whose chip wants to know what is printed on it:")
	platform.ScriptNFCDefault(faceidtest.NFCDocument{Name: person.Name, Number: person.IDNo})
	check(read(ctx, client, platform, faceid.NFCRequest{
		Platform: faceid.PlatformIOS, UserID: "user1", NFCType: faceid.NFCHomeReturnPermit,
		Permit: &faceid.TravelPermit{Number: "H12345678", Birth: day(1990, 3, 7), Expiry: day(2040, 1, 31)},
	}))
}

// The invented person whom the document must belong to.
var person = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

func read(ctx context.Context, client *faceid.Client, platform *faceidtest.Server, r faceid.NFCRequest) error {
	launch, err := client.StartNFC(ctx, r)
	if err != nil {
		return err
	}
	result, err := platform.RunNFC(ctx, launch.Params, launch.Extras) // the person holds the document to the phone
	if err != nil {
		return err
	}
	fmt.Printf("  the App reports code %s, and a reqId for 5 minutes and 10 queries\n", result.Code)
	document, err := client.ConfirmNFC(ctx, faceid.GetIDCardNFCResultRequest{OrderNo: launch.OrderNo, ReqID: result.ReqID, GetPhoto: true}, person)
	switch {
	case errors.Is(err, faceid.ErrNotPassed):
		fmt.Println("  refused:", err)
		return nil
	case err != nil:
		return err
	}
	fmt.Printf("  the document is the person's: valid until %s, portrait of %d bytes\n", document.Valid.To.Format("2006-01-02"), len(document.PortraitPhoto))
	return nil
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
