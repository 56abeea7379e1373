package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// Photo and video are uploaded first, and the check gets their URLs. The files are gone
// after 2 hours.
func ExampleClient_UploadFile() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	upload := func(file string) (address, md5 string) {
		room := must(client.CreateUploadUrl(ctx, faceid.CreateUploadUrlRequest{TargetAction: "VideoLivenessCompare"}))
		return room.ResourceURL, must(client.UploadFile(ctx, room.UploadURL, strings.NewReader(file), int64(len(file))))
	}
	request := faceid.VideoLivenessCompareRequest{LivenessType: faceid.LivenessDigits, ValidateData: "0123"} // digits of your own
	request.ImageURL, request.ImageMD5 = upload("a photo")
	request.VideoURL, request.VideoMD5 = upload("what the App recorded while it showed the digits")
	result, err := faceid.Confirm(client.VideoLivenessCompare(ctx, request))
	fmt.Println("passed:", result.Passed(), err)
	// Output: passed: true <nil>
}

// CompareFaceLiveness takes both files in the request.
func ExampleClient_CompareFaceLiveness() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.ScriptCheck("CompareFaceLiveness", faceidtest.Check{Result: "FailedOperation.CompareLowSimilarity"})

	photo, video := []byte("\xff\xd8\xff\xe0 a photo"), []byte("a video of somebody who shakes the head, then blinks")
	_, err := faceid.Confirm(client.CompareFaceLiveness(ctx, faceid.CompareFaceLivenessRequest{
		Image: photo, Video: video, LivenessType: faceid.LivenessAction, ValidateData: "4,2",
	}))
	fmt.Println("somebody else:", errors.Is(err, faceid.FamilyNotSamePerson))
	// Output: somebody else: true
}

// The client SDK shows lights to a person, and records the reflections.
func ExampleClient_DetectReflectLivenessAndCompare() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	upload := func(action, file string) (address, md5 string) {
		room := must(client.CreateUploadUrl(ctx, faceid.CreateUploadUrlRequest{TargetAction: action}))
		return room.ResourceURL, must(client.UploadFile(ctx, room.UploadURL, strings.NewReader(file), int64(len(file))))
	}
	device, deviceMD5 := upload("GenerateReflectSequence", "the package that the SDK made of its device")
	lights := must(client.GenerateReflectSequence(ctx, faceid.GenerateReflectSequenceRequest{DeviceDataURL: device, DeviceDataMD5: deviceMD5}))
	fmt.Println("the SDK gets the lights:", lights.ReflectSequenceURL != "")

	var request faceid.DetectReflectLivenessAndCompareRequest
	request.LiveDataURL, request.LiveDataMD5 = upload("DetectReflectLivenessAndCompare", "the package that the SDK made of the person")
	request.ImageURL, request.ImageMD5 = upload("DetectReflectLivenessAndCompare", "a photo")
	result, err := faceid.Confirm(client.DetectReflectLivenessAndCompare(ctx, request))
	fmt.Println("passed:", result.Passed(), err)
	// Output:
	// the SDK gets the lights: true
	// passed: true <nil>
}

// The international SDK takes a selfie, which is compared with a photo.
func ExampleClient_ConfirmFaceIdIntl() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	opened := must(client.GetFaceIdTokenIntl(ctx, faceid.GetFaceIdTokenIntlRequest{CheckMode: faceid.IntlSelfieCompare, Image: []byte("\xff\xd8\xff\xe0 a photo")}))
	must(platform.RunIntlSDK(ctx, opened.SDKToken)) // The App does this.
	result, err := client.ConfirmFaceIdIntl(ctx, faceid.GetFaceIdResultIntlRequest{SDKToken: opened.SDKToken}, faceid.PersonAsOpened)
	fmt.Println("passed:", result.Passed(), err)
	// Output: passed: true <nil>
}

// The older flow only finds out whether a live person is there.
func ExampleClient_ConfirmLiveness() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	opened := must(client.ApplyLivenessToken(ctx, faceid.ApplyLivenessTokenRequest{}))
	_, err := client.ConfirmLiveness(ctx, faceid.GetLivenessResultRequest{SDKToken: opened.SDKToken})
	fmt.Println("not yet:", errors.Is(err, faceid.ErrNoResult))
	must(platform.RunIntlSDK(ctx, opened.SDKToken)) // The App does this.
	result, err := client.ConfirmLiveness(ctx, faceid.GetLivenessResultRequest{SDKToken: opened.SDKToken})
	fmt.Println("alive:", result.Passed(), err)
	// Output:
	// not yet: true
	// alive: true <nil>
}
