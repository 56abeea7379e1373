package faceid_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

var (
	faceLiveness   = faceid.CompareFaceLivenessRequest{Image: inventedJPG, Video: inventedMP4, LivenessType: faceid.LivenessAction, ValidateData: "4,2"}
	videoLiveness  = faceid.VideoLivenessCompareRequest{ImageURL: "https://b.example/p", ImageMD5: someMD5, VideoURL: "https://b.example/v", VideoMD5: someMD5, LivenessType: faceid.LivenessSilent}
	reflectRequest = faceid.DetectReflectLivenessAndCompareRequest{LiveDataURL: "https://b.example/l", LiveDataMD5: someMD5, ImageURL: "https://b.example/p", ImageMD5: someMD5}
	lightsRequest  = faceid.GenerateReflectSequenceRequest{DeviceDataURL: "https://b.example/d", DeviceDataMD5: someMD5, SecurityLevel: "3"}
)

const someMD5 = "0123456789abcdef0123456789ABCDEF"

// intlCheck calls one of the three checks that only the international site has.
func intlCheck(t *testing.T, name string, c *faceid.Client) (faceid.Result, error) {
	switch name {
	case "CompareFaceLiveness":
		return checked(c.CompareFaceLiveness(t.Context(), faceLiveness))
	case "VideoLivenessCompare":
		return checked(c.VideoLivenessCompare(t.Context(), videoLiveness))
	}
	return checked(c.DetectReflectLivenessAndCompare(t.Context(), reflectRequest))
}

var intlCheckBodies = map[string]string{
	"CompareFaceLiveness":             `{"ImageBase64":"` + checkedJPG + `","VideoBase64":"` + checkedMP4 + `","LivenessType":"ACTION","ValidateData":"4,2"}`,
	"VideoLivenessCompare":            `{"ImageUrl":"https://b.example/p","ImageMd5":"` + someMD5 + `","VideoUrl":"https://b.example/v","VideoMd5":"` + someMD5 + `","LivenessType":"SILENT"}`,
	"DetectReflectLivenessAndCompare": `{"LiveDataUrl":"https://b.example/l","LiveDataMd5":"` + someMD5 + `","ImageUrl":"https://b.example/p","ImageMd5":"` + someMD5 + `"}`,
}

func TestIntlChecksSendTheirFieldsAndDecide(t *testing.T) {
	for action, body := range intlCheckBodies {
		for name, test := range map[string]struct {
			answer string
			want   error // nil is a pass
		}{
			"passes":         {answerOf(`"Result":"Success","Sim":91.5`), nil},
			"no similarity":  {answerOf(`"Result":"Success","Sim":0`), faceid.ErrNotCompared},
			"another":        {answerOf(`"Result":"FailedOperation.CompareLowSimilarity","Sim":31`), faceid.FamilyNotSamePerson},
			"told as error":  {cloudError("FailedOperation.CompareLowSimilarity", "m"), faceid.FamilyNotSamePerson},
			"internal error": {cloudError("InternalError.CompareLowSimilarity", "m"), faceid.FamilyNotSamePerson},
			"no download":    {cloudError("FailedOperation.DownLoadError", "m"), faceid.ErrService},
			"not activated":  {cloudError("UnauthorizedOperation.Nonactivated", "m"), faceid.ErrAccount},
			"no result":      {answerOf(`"Sim":99`), faceid.ErrBadAnswer},
			"unknown":        {answerOf(`"Result":"FailedOperation.Novel","Sim":99`), faceid.ErrUnknownCode},
		} {
			e := &cloudExchange{answers: []string{test.answer}}
			result, err := faceid.Confirm(intlCheck(t, action, cloudClient(t, e)))
			suite.see(result, err)
			require.JSONEq(t, body, e.bodies[0])
			require.Equal(t, action, e.requests[0].Header.Get("X-TC-Action"))
			require.Equal(t, "ap-singapore", e.requests[0].Header.Get("X-TC-Region"))
			require.ErrorIs(t, err, test.want, "%s: %s", action, name)
			if result != nil {
				require.Equal(t, test.want == nil, result.Passed(), "%s: %s", action, name)
				require.Equal(t, faceid.ChargedUnknown, result.Charged())
			}
			isOutcome := test.want == faceid.FamilyNotSamePerson || test.want == faceid.ErrNotCompared //nolint:errorlint // the table's own
			require.Equal(t, isOutcome, errors.Is(err, faceid.ErrNotPassed), "%s: %s", action, name)
		}
		e := &cloudExchange{answers: []string{fine}, errs: []error{errors.New("lost")}}
		_, err := intlCheck(t, action, cloudClient(t, e))
		require.ErrorIs(t, err, faceid.ErrNetwork)
		require.Len(t, e.requests, 1, "it may be charged")
		_, err = intlCheck(t, action, sitedClient(t, e, true, false))
		require.ErrorIs(t, err, faceid.ErrDoorClosed)
		require.ErrorContains(t, err, "WithIntl")
	}
}

// intlCheckArguments are calls with a bad argument, and its field.
func intlCheckArguments(t *testing.T) map[string]intlArgument {
	face := func(change func(*faceid.CompareFaceLivenessRequest)) func(*faceid.Client) error {
		r := faceLiveness
		change(&r)
		return func(c *faceid.Client) error { return second(c.CompareFaceLiveness(t.Context(), r)) }
	}
	video := func(change func(*faceid.VideoLivenessCompareRequest)) func(*faceid.Client) error {
		r := videoLiveness
		change(&r)
		return func(c *faceid.Client) error { return second(c.VideoLivenessCompare(t.Context(), r)) }
	}
	light := func(change func(*faceid.DetectReflectLivenessAndCompareRequest)) func(*faceid.Client) error {
		r := reflectRequest
		change(&r)
		return func(c *faceid.Client) error { return second(c.DetectReflectLivenessAndCompare(t.Context(), r)) }
	}
	return map[string]intlArgument{
		"no photo":        {"Image", face(func(r *faceid.CompareFaceLivenessRequest) { r.Image = nil })},
		"a large photo":   {"Image", face(func(r *faceid.CompareFaceLivenessRequest) { r.Image = bigJPG(3<<20 + 4) })},
		"no video":        {"Video", face(func(r *faceid.CompareFaceLivenessRequest) { r.Video = nil })},
		"a large video":   {"Video", face(func(r *faceid.CompareFaceLivenessRequest) { r.Video = make([]byte, 6<<20+1) })},
		"digits":          {"LivenessType", face(func(r *faceid.CompareFaceLivenessRequest) { r.LivenessType = faceid.LivenessDigits })},
		"three movements": {"ValidateData", face(func(r *faceid.CompareFaceLivenessRequest) { r.ValidateData = "1,2,3" })},
		"movement 5":      {"ValidateData", face(func(r *faceid.CompareFaceLivenessRequest) { r.ValidateData = "5" })},
		"silent, asked": {"ValidateData", face(func(r *faceid.CompareFaceLivenessRequest) {
			r.LivenessType = faceid.LivenessSilent
		})},
		"no URL":      {"VideoURL", video(func(r *faceid.VideoLivenessCompareRequest) { r.VideoURL = "" })},
		"no address":  {"ImageURL", video(func(r *faceid.VideoLivenessCompareRequest) { r.ImageURL = "p.jpg" })},
		"no MD5":      {"ImageMD5", video(func(r *faceid.VideoLivenessCompareRequest) { r.ImageMD5 = "" })},
		"a short MD5": {"VideoMD5", video(func(r *faceid.VideoLivenessCompareRequest) { r.VideoMD5 = someMD5[1:] })},
		"no type":     {"LivenessType", video(func(r *faceid.VideoLivenessCompareRequest) { r.LivenessType = "" })},
		"3 digits": {"ValidateData", video(func(r *faceid.VideoLivenessCompareRequest) {
			r.LivenessType, r.ValidateData = faceid.LivenessDigits, "123"
		})},
		"another order": {"ValidateData", video(func(r *faceid.VideoLivenessCompareRequest) {
			r.LivenessType, r.ValidateData = faceid.LivenessAction, "3,4"
		})},
		"lights, no MD5":   {"LiveDataMD5", light(func(r *faceid.DetectReflectLivenessAndCompareRequest) { r.LiveDataMD5 = strings.Repeat("g", 32) })},
		"lights, no image": {"ImageURL", light(func(r *faceid.DetectReflectLivenessAndCompareRequest) { r.ImageURL = "" })},
		"no device": {"DeviceDataURL", func(c *faceid.Client) error {
			return second(c.GenerateReflectSequence(t.Context(), faceid.GenerateReflectSequenceRequest{}))
		}},
		"level of a device": {"SecurityLevel", func(c *faceid.Client) error {
			r := lightsRequest
			r.SecurityLevel = "5"
			return second(c.GenerateReflectSequence(t.Context(), r))
		}},
	}
}

type intlArgument struct {
	field string
	call  func(*faceid.Client) error
}

// What the platform says of a file may repeat its address, which lets its bearer read it.
func TestIntlChecksQuoteNoAddress(t *testing.T) {
	const address, sum = "https://b.example/canary-address", "0123456789abcdef0123456789abcdef"
	e := &cloudExchange{answers: []string{answerOf(`"Result":"FailedOperation.DownLoadError","Description":"cannot get ` + address + `"`)}}
	c := sitedClient(t, e, false, true)
	_, err := c.VideoLivenessCompare(t.Context(), faceid.VideoLivenessCompareRequest{
		ImageURL: address, ImageMD5: sum, VideoURL: address, VideoMD5: sum, LivenessType: faceid.LivenessDigits, ValidateData: "0123",
	})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "canary-address")
	_, err = c.DetectReflectLivenessAndCompare(t.Context(), faceid.DetectReflectLivenessAndCompareRequest{
		LiveDataURL: address, LiveDataMD5: sum, ImageURL: address, ImageMD5: sum,
	})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "canary-address")
}

func TestIntlChecksRefuseBadArguments(t *testing.T) {
	for name, test := range intlCheckArguments(t) {
		e := &cloudExchange{answers: []string{fine}}
		var refused *faceid.ArgumentError
		err := test.call(cloudClient(t, e))
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, test.field, refused.Field, name)
		require.Empty(t, e.requests, name)
		suite.see(err)
	}
	e := &cloudExchange{answers: []string{answerOf(`"Result":"Success","Sim":99`)}}
	silent := faceLiveness
	silent.LivenessType, silent.ValidateData = faceid.LivenessSilent, ""
	require.NoError(t, second(cloudClient(t, e).CompareFaceLiveness(t.Context(), silent)))
	require.Contains(t, e.bodies[0], `"ValidateData":""`, "the field is documented as required")
	read := videoLiveness
	read.LivenessType, read.ValidateData = faceid.LivenessDigits, "0123"
	require.NoError(t, second(cloudClient(t, e).VideoLivenessCompare(t.Context(), read)))
}

func TestGenerateReflectSequenceNeedsTheSequence(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"ReflectSequenceUrl":"https://b.example/s","ReflectSequenceMd5":"m"`)}}
	lights, err := cloudClient(t, e).GenerateReflectSequence(t.Context(), lightsRequest)
	require.NoError(t, err)
	require.Equal(t, "https://b.example/s", lights.ReflectSequenceURL)
	require.JSONEq(t, `{"DeviceDataUrl":"https://b.example/d","DeviceDataMd5":"`+someMD5+`","SecurityLevel":"3"}`, e.bodies[0])
	e = &cloudExchange{answers: []string{answerOf(`"ReflectSequenceUrl":"https://b.example/s"`)}}
	_, err = cloudClient(t, e).GenerateReflectSequence(t.Context(), lightsRequest)
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
}
