package faceid_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// Everything that a Confirm… method or a check returns is alike.
var results = map[string]faceid.Result{
	"FaceRecord":                           (*faceid.FaceRecord)(nil),
	"WillRecord":                           (*faceid.WillRecord)(nil),
	"OCRResult":                            (*faceid.OCRResult)(nil),
	"BankCardResult":                       (*faceid.BankCardResult)(nil),
	"NFCResult":                            (*faceid.NFCResult)(nil),
	"GetDetectInfoEnhancedResult":          (*faceid.GetDetectInfoEnhancedResult)(nil),
	"GetEidResultResult":                   (*faceid.GetEidResultResult)(nil),
	"GetWebVerificationResultIntlResult":   (*faceid.GetWebVerificationResultIntlResult)(nil),
	"GetSdkVerificationResultResult":       (*faceid.GetSdkVerificationResultResult)(nil),
	"IdCardVerificationResult":             (*faceid.IdCardVerificationResult)(nil),
	"DetectAIFakeFacesResult":              (*faceid.DetectAIFakeFacesResult)(nil),
	"MobileNetworkTimeVerificationResult":  (*faceid.MobileNetworkTimeVerificationResult)(nil),
	"empty FaceRecord":                     &faceid.FaceRecord{},
	"empty WillRecord":                     &faceid.WillRecord{},
	"empty OCRResult":                      &faceid.OCRResult{},
	"empty BankCardResult":                 &faceid.BankCardResult{},
	"empty GetDetectInfoEnhancedResult":    &faceid.GetDetectInfoEnhancedResult{},
	"empty GetEidResultResult":             &faceid.GetEidResultResult{},
	"empty GetWebVerificationResultIntl":   &faceid.GetWebVerificationResultIntlResult{},
	"empty GetSdkVerificationResultResult": &faceid.GetSdkVerificationResultResult{},
}

// Nobody passed by a result that did not come, or that is empty.
func TestAResultThatSaysNothingIsNoPass(t *testing.T) {
	for name, r := range results {
		t.Run(name, func(t *testing.T) {
			require.False(t, r.Passed())
			require.Error(t, r.Err())
			require.NotEmpty(t, r.Family())
			require.NotEqual(t, faceid.FamilyPassed, r.Family())
			require.NotEqual(t, faceid.ChargedYes, r.Charged())
			require.NotEqual(t, "0", r.Code().Number())
		})
	}
}

// Passed, Family and Err of a record say the same, whatever its codes are.
func TestTheMethodsOfAResultAgree(t *testing.T) {
	yes := faceid.Score{Value: 97, Present: true}
	for name, test := range map[string]struct {
		r      faceid.Result
		family faceid.Family
		code   faceid.Code
	}{
		"face":                    {&faceid.FaceRecord{ResultCode: faceid.CodePassed, Similarity: yes}, faceid.FamilyPassed, faceid.CodePassed},
		"face, not compared":      {&faceid.FaceRecord{ResultCode: faceid.CodePassed}, faceid.FamilyNotCompared, faceid.CodePassed},
		"face, liveness only":     {&faceid.FaceRecord{ResultCode: faceid.CodePassed, LivenessOnly: true}, faceid.FamilyPassed, faceid.CodePassed},
		"face, another":           {&faceid.FaceRecord{ResultCode: faceid.CodeNotSamePerson, Similarity: yes}, faceid.FamilyNotSamePerson, faceid.CodeNotSamePerson},
		"will":                    {&faceid.WillRecord{ResultCode: faceid.CodePassed, FaceCode: faceid.CodePassed, WillCode: faceid.CodePassed, Similarity: yes}, faceid.FamilyPassed, faceid.CodePassed},
		"will, not compared":      {&faceid.WillRecord{ResultCode: faceid.CodePassed, FaceCode: faceid.CodePassed, WillCode: faceid.CodePassed}, faceid.FamilyNotCompared, faceid.CodePassed},
		"will, wrong answer":      {&faceid.WillRecord{ResultCode: faceid.CodePassed, FaceCode: faceid.CodePassed, WillCode: faceid.CodeWillMismatch, Similarity: yes}, faceid.FamilyWillMismatch, faceid.CodeWillMismatch},
		"will, another":           {&faceid.WillRecord{ResultCode: faceid.CodePassed, FaceCode: faceid.CodeNotSamePerson, WillCode: faceid.CodePassed, Similarity: yes}, faceid.FamilyNotSamePerson, faceid.CodeNotSamePerson},
		"will, a part is missing": {&faceid.WillRecord{ResultCode: faceid.CodePassed, WillCode: faceid.CodePassed, Similarity: yes}, faceid.ErrUnknownCode, ""},
		"a bank card":             {&faceid.BankCardResult{ResultCode: "ocr-bankcard/0", BankCardNo: "6200"}, faceid.FamilyPassed, "ocr-bankcard/0"},
		"no number":               {&faceid.BankCardResult{ResultCode: "ocr-bankcard/0"}, faceid.FamilyUnreadable, "ocr-bankcard/0"},
	} {
		t.Run(name, func(t *testing.T) {
			passed := test.family == faceid.FamilyPassed
			require.Equal(t, passed, test.r.Passed())
			require.Equal(t, test.family, test.r.Family())
			require.Equal(t, test.code, test.r.Code())
			if passed {
				require.NoError(t, test.r.Err())
				return
			}
			require.ErrorIs(t, test.r.Err(), faceid.ErrNotPassed)
			require.ErrorIs(t, test.r.Err(), test.family)
		})
	}
}

// One function serves every call that brings files; the short form of a record
// excludes it.
func TestMediaToIsTheSameEverywhere(t *testing.T) {
	sim := faceidtest.Start(t)
	c := newClient(sim)
	finish(t, sim, c, "order1")
	var photo, video bytes.Buffer
	files := map[string]*bytes.Buffer{"photo": &photo, "video": &video}
	to := func(name string) io.Writer { return files[name] }
	record, err := c.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll, MediaTo: to})
	require.NoError(t, err)
	require.Nil(t, record.Photo)
	require.EqualValues(t, record.PhotoSize, photo.Len())
	require.EqualValues(t, record.VideoSize, video.Len())
	require.NotZero(t, video.Len())

	kept, err := c.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll, MediaTo: func(string) io.Writer { return nil }})
	require.NoError(t, err)
	require.Equal(t, photo.Bytes(), kept.Photo, "a nil writer keeps the file in the record")

	calls := sim.Calls(pathRecord)
	for name, r := range map[string]faceid.QueryFaceRecordRequest{
		"PhotoTo": {OrderNo: "order1", MediaTo: to, PhotoTo: &photo}, "VideoTo": {OrderNo: "order1", MediaTo: to, VideoTo: &video},
	} {
		_, err := c.ConfirmFace(t.Context(), r)
		var bad *faceid.ArgumentError
		require.ErrorAs(t, err, &bad, name)
		require.Equal(t, "MediaTo", bad.Field)
	}
	require.Equal(t, calls, sim.Calls(pathRecord))
}
