// Command eid tells how E证通 works, on the embedded simulator: a token, the
// waiting while a person is in the mini program, the result, and the name that
// only the merchant's private key can read.
//
//	go run ./examples/eid
//
// With TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY set, and
// FACEID_MERCHANT_ID from the console, it opens one flow on the real platform
// instead, for the person in FACEID_NAME and FACEID_ID_NO, prints its URL and
// waits; FACEID_EID_KEY (a PEM or hexadecimal SM2 key) decrypts name and number,
// which are compared with them.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

func main() {
	ctx := context.Background()
	if id, key := os.Getenv("TENCENTCLOUD_SECRET_ID"), os.Getenv("TENCENTCLOUD_SECRET_KEY"); id != "" && key != "" {
		client, err := faceid.New(faceid.WithCloud(common.NewCredential(id, key), "ap-guangzhou"))
		check(err)
		person := faceid.Person{Name: os.Getenv("FACEID_NAME"), IDNo: os.Getenv("FACEID_ID_NO")}
		flow, err := client.GetEidToken(ctx, faceid.GetEidTokenRequest{
			MerchantID: os.Getenv("FACEID_MERCHANT_ID"), Name: person.Name, IDCard: person.IDNo,
			Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven}, // the person cannot bring somebody else's
		})
		check(err)
		fmt.Println("Open this once, within ten minutes:", flow.URL)
		check(finish(ctx, client, flow.EidToken, os.Getenv("FACEID_EID_KEY"), person))
		return
	}
	private, err := sm2.GenerateKey(rand.Reader) // yours is the one whose certificate request you handed in
	check(err)
	platform := faceidtest.NewServer(faceidtest.WithMerchant("merchant1", &private.PublicKey))
	defer platform.Close()
	client := platform.Client() // for real: faceid.New(faceid.WithCloud(credential, "ap-guangzhou"))

	person := faceid.Person{Name: "李测试", IDNo: "110101199003074477"} // an invented person, whom the merchant expects
	platform.ScriptCloudDefault(faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: person.Name, Number: person.IDNo}})
	flow, err := client.GetEidToken(ctx, faceid.GetEidTokenRequest{MerchantID: "merchant1"})
	check(err)
	fmt.Println("The token goes to the mini program, or its URL into a QR code; it lives 600 s.")
	go func() { // the person takes a moment
		time.Sleep(1500 * time.Millisecond)
		if _, err := platform.RunEid(ctx, flow.EidToken); err != nil {
			log.Println(err)
		}
	}()
	check(finish(ctx, client, flow.EidToken, hex.EncodeToString(private.D.FillBytes(make([]byte, 32))), person))
}

func finish(ctx context.Context, client *faceid.Client, eidToken, privateKey string, person faceid.Person) error {
	status, err := client.WaitEid(ctx, eidToken) // asks every second
	if err != nil {
		return err
	}
	fmt.Println("The flow is", status)
	query := faceid.GetEidResultRequest{EidToken: eidToken, InfoType: faceid.InfoText}
	if privateKey == "" { // nobody tells who it was: the flow was opened with name and number, and EidInputGiven
		result, err := client.ConfirmEid(ctx, query, faceid.PersonAsOpened)
		if err != nil {
			return err
		}
		fmt.Println("The person of the flow passed, similarity", result.Text.Sim)
		return nil
	}
	key, err := faceid.ParseEidKey(privateKey)
	if err != nil {
		return err
	}
	query.EidKey = key // decrypts who it was, to be compared with the person who is expected
	result, err := client.ConfirmEid(ctx, query, person)
	if err != nil {
		return err
	}
	fmt.Println("Passed, similarity", result.Text.Sim)
	identity, err := key.Decrypt(result.EidInfo)
	switch {
	case err != nil:
		return err
	case identity == nil:
		fmt.Println("The return of the real name was not granted.")
	default:
		fmt.Printf("The name has %d characters and is for your eyes: %v\n", len([]rune(identity.Name)), identity)
	}
	return nil
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
