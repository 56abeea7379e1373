package faceid_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// In an App of China with the client SDK of API 3.0, the App gets the token and the
// ClientConfig. The decision names the person out of the merchant's own data.
func ExampleClient_ConfirmFaceId() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // In production: faceid.New(faceid.WithCloud(credential, "ap-guangzhou")).

	flow := must(client.GetFaceIdToken(ctx, faceid.GetFaceIdTokenRequest{CompareLib: faceid.CompareBusiness, Name: liCeshi.Name, IDCard: liCeshi.IDNo}))
	must(platform.RunAppSDK(ctx, flow.FaceIDToken)) // The App does this with the token and the ClientConfig.
	query := faceid.GetFaceIdResultRequest{FaceIDToken: flow.FaceIDToken, UsedCos: flow.UsedCos}
	result, err := client.ConfirmFaceId(ctx, query, liCeshi)
	fmt.Println("passed:", result.Passed(), err, "- charged:", result.Charged())
	_, err = client.ConfirmFaceId(ctx, query, faceid.Person{Name: "王测试", IDNo: "110101199003070011"})
	fmt.Println("somebody else's account:", errors.Is(err, faceid.ErrOtherPerson))
	// Output:
	// passed: true <nil> - charged: yes
	// somebody else's account: true
}

// A video shows that its person is live if they read digits that nobody could know
// before. New digits are asked for before every video.
func ExampleClient_GetLiveCode() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	code := must(client.GetLiveCode(ctx, faceid.GetLiveCodeRequest{}))
	video := []byte("what the App recorded while it showed the digits")
	result, err := faceid.Confirm(client.LivenessRecognition(ctx, faceid.LivenessRecognitionRequest{
		Name: liCeshi.Name, IDCard: liCeshi.IDNo, LivenessType: faceid.LivenessDigits, ValidateData: code.LiveCode, Video: video,
	}))
	fmt.Println(len(code.LiveCode), "digits, passed:", result.Passed(), err)
	// Output: 4 digits, passed: true <nil>
}

// A person may move their face instead: the platform tells in which order.
func ExampleClient_GetActionSequence() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.ScriptCheck("LivenessCompare", faceidtest.Check{Result: "FailedOperation.ActionOpenMouth"})

	order := must(client.GetActionSequence(ctx, faceid.GetActionSequenceRequest{}))
	_, err := faceid.Confirm(client.LivenessCompare(ctx, faceid.LivenessCompareRequest{
		LivenessType: faceid.LivenessAction, ValidateData: order.ActionSequence, VideoURL: "https://merchant.example/v.mp4", ImageURL: "https://merchant.example/p.jpg",
	}))
	fmt.Println("the mouth stayed shut:", errors.Is(err, faceid.FamilyCaptureFailed))
	// Output: the mouth stayed shut: true
}

// A mini program of WeChat reads the chip of a document with a token, and returns
// another one for the data.
func ExampleClient_ConfirmWxNFC() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.ScriptCloudDefault(faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: liCeshi.Name, Number: liCeshi.IDNo}})

	opened := must(client.GetNFCToken(ctx, faceid.GetNFCTokenRequest{}))
	read := must(platform.RunNFCMiniProgram(ctx, opened.Token)) // The mini program does this, and hands over its NFCToken.
	document, err := client.ConfirmWxNFC(ctx, faceid.GetWxNFCResultRequest{NFCToken: read.Token}, liCeshi)
	fmt.Println("passed:", document.Passed(), err)
	_, told := document.Genuine()
	fmt.Println("the answer tells of a travel document:", told)
	// Output:
	// passed: true <nil>
	// the answer tells of a travel document: false
}

// MinorsVerification tells whether somebody is of age.
func ExampleClient_MinorsVerification() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.ScriptCheck("MinorsVerification", faceidtest.Check{Result: "-1", AgeRange: "[8,16)"})

	result, err := faceid.Confirm(client.MinorsVerification(ctx, faceid.MinorsVerificationRequest{Type: faceid.MinorsByPerson, Name: "王测试", IDCard: "110101199003070011"}))
	from, below, _ := result.Ages()
	fmt.Println("too young:", errors.Is(err, faceid.FamilyUnderAge), "-", from, "to", below)
	// Output: too young: true - 8 to 16
}
