// Command checks tells how the checks of API 3.0 work, on the embedded simulator:
// one question and one answer, with personal fields encrypted on the way. It asks
// about an identity, a bank card, a phone number and a photo.
//
//	go run ./examples/checks
//
// With TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY set, and the person in
// FACEID_NAME and FACEID_ID_NO, it makes one real IdCardVerification instead,
// which is charged. FACEID_ENCRYPT=SM4-GCM or AES-256-CBC encrypts it. Some of
// these without the rest, or one that is empty, is refused.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"log"
	"os"
	"slices"
	"strings"
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
		check(real(ctx, env))
		return
	}
	fmt.Println("The platform is the embedded simulator.")
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client(faceid.WithFieldEncryption(faceid.FieldEncryption{ // for real: the zero value has the platform's keys
		RSAKey: platform.CloudRSAKey(), SM2Key: platform.CloudSM2Key(),
	}))

	fmt.Println("Name and ID number:")
	check(identity(ctx, client))
	fmt.Println("The same, of somebody else:")
	platform.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "-1"})
	check(identity(ctx, client))
	fmt.Println("The same, while the source of data is down:")
	platform.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "-4"})
	check(identity(ctx, client))

	fmt.Println("A bank card that was reported lost:")
	platform.ScriptCheck("BankCard4EVerification", faceidtest.Check{Result: "-13"})
	check(report(client.BankCard4EVerification(ctx, faceid.BankCard4EVerificationRequest{
		Name: name, IDCard: idNo, Phone: "13800138000", BankCard: "6222020000000000000",
	})))
	fmt.Println("How long a phone number has been in service:")
	check(inService(ctx, client))
	fmt.Println("Somebody who is not of age:")
	platform.ScriptCheck("MinorsVerification", faceidtest.Check{Result: "-1"})
	check(report(client.MinorsVerification(ctx, faceid.MinorsVerificationRequest{Type: faceid.MinorsByPerson, Name: name, IDCard: idNo})))
	fmt.Println("A photo with the similarity of a stranger:")
	platform.ScriptCheck("ImageRecognitionV2", faceidtest.Check{Result: "FailedOperation.CompareLowSimilarity"})
	check(report(client.ImageRecognitionV2(ctx, faceid.ImageRecognitionV2Request{Name: name, IDCard: idNo, Image: photo()})))
	fmt.Println("The same photo, looked at for forgery:")
	platform.ScriptCheck("DetectAIFakeFaces", faceidtest.Check{AttackRiskLevel: "High", AttackRiskTypes: []string{"SuspectedSynthesisImage"}})
	check(report(client.DetectAIFakeFaces(ctx, faceid.DetectAIFakeFacesRequest{FaceInput: photo(), FaceInputType: faceid.FacePicture})))
}

const name, idNo = "李测试", "110101199003074477" // an invented person

func identity(ctx context.Context, client *faceid.Client) error {
	return report(client.IdCardVerification(ctx, faceid.IdCardVerificationRequest{Name: name, IDCard: idNo}))
}

// report tells an answer, and what a merchant would do with it.
func report(result faceid.Result, err error) error {
	if err != nil { // there is no answer: result is not looked at
		if errors.Is(err, faceid.ErrService) {
			fmt.Println("  no answer, try again later:", err)
			return nil
		}
		return err
	}
	switch result.Family() {
	case faceid.FamilyPassed:
		fmt.Print("  passed")
	case faceid.FamilyIdentityMismatch, faceid.FamilyIdentityMalformed:
		fmt.Print("  ask for the data again")
	case faceid.FamilyCardUnusable:
		fmt.Print("  ask for another card")
	default:
		fmt.Print("  turn away")
	}
	if err := result.Err(); err != nil {
		fmt.Print(": ", err)
	}
	fmt.Println("; charged:", result.Charged())
	return nil
}

func inService(ctx context.Context, client *faceid.Client) error {
	result, err := faceid.Confirm(client.MobileNetworkTimeVerification(ctx, faceid.MobileNetworkTimeVerificationRequest{Mobile: "13800138000"}))
	if err != nil {
		return err
	}
	if from, _, ok := result.Months(); ok {
		fmt.Println("  at least", from, "months")
	}
	return nil
}

// photo is a picture of nobody.
func photo() []byte {
	var b bytes.Buffer
	check(jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	return b.Bytes()
}

func real(ctx context.Context, env map[string]string) error {
	opts := []faceid.Option{faceid.WithCloud(common.NewCredential(env["TENCENTCLOUD_SECRET_ID"], env["TENCENTCLOUD_SECRET_KEY"]), "ap-guangzhou")}
	if algorithm := env["FACEID_ENCRYPT"]; algorithm != "" {
		opts = append(opts, faceid.WithFieldEncryption(faceid.FieldEncryption{Algorithm: faceid.EncryptionAlgorithm(algorithm)}))
	}
	client, err := faceid.New(opts...)
	if err != nil {
		return err
	}
	return report(client.IdCardVerification(ctx, faceid.IdCardVerificationRequest{Name: env["FACEID_NAME"], IDCard: env["FACEID_ID_NO"]}))
}

// settings returns the variables of the real platform, or nil if none is set.
func settings(lookup func(string) (string, bool)) (map[string]string, error) {
	return environment(lookup, []string{"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "FACEID_NAME", "FACEID_ID_NO"}, "FACEID_ENCRYPT")
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
