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
// which are compared with them. Some of these without the rest, or one that is
// empty, is refused.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/emmansun/gmsm/sm2"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

func main() {
	ctx := context.Background()
	env, err := settings(os.LookupEnv)
	check(err)
	if env != nil {
		var key *faceid.EidKey
		if text := env["FACEID_EID_KEY"]; text != "" { // before a flow is opened
			if key, err = faceid.ParseEidKey(text); err != nil {
				log.Fatal("FACEID_EID_KEY: ", err)
			}
		}
		client, err := faceid.New(faceid.WithCloud(common.NewCredential(env["TENCENTCLOUD_SECRET_ID"], env["TENCENTCLOUD_SECRET_KEY"]), "ap-guangzhou"))
		check(err)
		person := faceid.Person{Name: env["FACEID_NAME"], IDNo: env["FACEID_ID_NO"]}
		flow, err := client.GetEidToken(ctx, faceid.GetEidTokenRequest{
			MerchantID: env["FACEID_MERCHANT_ID"], Name: person.Name, IDCard: person.IDNo,
			Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven}, // the person cannot bring somebody else's
		})
		check(err)
		fmt.Println("Open this once, within ten minutes:", flow.URL)
		check(finish(ctx, client, flow.EidToken, key, person))
		return
	}
	fmt.Println("The platform is the embedded simulator.")
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
	key, err := faceid.ParseEidKey(hex.EncodeToString(private.D.FillBytes(make([]byte, 32))))
	check(err)
	check(finish(ctx, client, flow.EidToken, key, person))
}

func finish(ctx context.Context, client *faceid.Client, eidToken string, key *faceid.EidKey, person faceid.Person) error {
	status, err := client.WaitEid(ctx, eidToken) // asks every second
	if err != nil {
		return err
	}
	fmt.Println("The flow is", status)
	query := faceid.GetEidResultRequest{EidToken: eidToken, InfoType: faceid.InfoText}
	if key == nil { // nobody tells who it was: the flow was opened with name and number, and EidInputGiven
		result, err := client.ConfirmEid(ctx, query, faceid.PersonAsOpened)
		if err != nil {
			return err
		}
		fmt.Println("The person of the flow passed, similarity", result.Text.Sim)
		return nil
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

// settings returns the variables of the real platform, or nil if none is set.
func settings(lookup func(string) (string, bool)) (map[string]string, error) {
	return environment(lookup, []string{"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "FACEID_MERCHANT_ID", "FACEID_NAME", "FACEID_ID_NO"}, "FACEID_EID_KEY")
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
		case name == "FACEID_EID_KEY": // a PEM has line breaks
		case strings.TrimSpace(value) != value, strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }):
			return nil, fmt.Errorf("%s has a line break in it, a blank at an end, or what cannot be printed", name)
		}
		if env == nil {
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
