package faceid_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// cloudFiles are the files that were written, by name.
type cloudFiles map[string]*bytes.Buffer

func (f cloudFiles) to(name string) io.Writer {
	if f[name] == nil {
		f[name] = &bytes.Buffer{}
	}
	return f[name]
}

func (f cloudFiles) names() []string { return slices.Sorted(maps.Keys(f)) }

type fullDisk struct{ err error }

func (w fullDisk) Write([]byte) (int, error) { return 0, w.err }

// shortDisk is a writer that takes less than it is given and returns no error.
type shortDisk struct{}

func (shortDisk) Write(p []byte) (int, error) { return len(p) - 1, nil }

// flowEnding is the code that a flow ends with and the error that its decision
// returns.
type flowEnding struct {
	code int
	want error
}

func TestMediaToGetsTheFilesOfAFlow(t *testing.T) {
	for name, test := range map[string]flowEnding{"passed": {0, nil}, "somebody else": {2016, faceid.ErrNotPassed}} {
		t.Run(name, func(t *testing.T) {
			sim, client := cloudSim(t)
			ending := faceidtest.CloudTries(test.code)
			ending.BestFrame, ending.Video = []byte("the best frame"), []byte("the video")
			sim.ScriptCloudDefault(ending)
			opened, err := client.DetectAuth(t.Context(), auth(""))
			require.NoError(t, err)
			suite.canary(opened.BizToken, "BizToken")
			_, err = sim.VisitCloud(t.Context(), opened.URL)
			require.NoError(t, err)
			query := faceid.GetDetectInfoEnhancedRequest{
				BizToken: opened.BizToken, RuleID: "plus1", InfoType: faceid.InfoText | faceid.InfoBestFrame | faceid.InfoVideo, BestFramesCount: 3,
			}
			kept, err := client.ConfirmDetect(t.Context(), query, faceid.AnyPerson)
			require.ErrorIs(t, err, test.want)
			require.Len(t, kept.BestFrame.BestFrames, 3)
			query.MediaTo = toNobody
			again, err := client.ConfirmDetect(t.Context(), query, faceid.AnyPerson)
			require.ErrorIs(t, err, test.want)
			again.RequestID = kept.RequestID
			faceid.Undecide(kept)
			faceid.Undecide(again)
			require.Equal(t, kept, again, "a nil writer keeps all")

			requireFilesOfFlow(t, test, client, query, kept)

			files := cloudFiles{}
			query.MediaTo = func(name string) io.Writer {
				if name == "BestFrame.BestFrames[1]" {
					return files.to(name)
				}
				return nil
			}
			result, err := client.GetDetectInfoEnhanced(t.Context(), query)
			require.NoError(t, err)
			require.Len(t, files, 1)
			require.Equal(t, [][]byte{kept.BestFrame.BestFrames[0], nil, kept.BestFrame.BestFrames[2]}, result.BestFrame.BestFrames)
			require.Equal(t, kept.VideoData.LivenessVideo, result.VideoData.LivenessVideo)
		})
	}
}

// requireFilesOfFlow expects that the files of a flow go to their writers, and that
// the result does not keep them.
func requireFilesOfFlow(t *testing.T, test flowEnding, client *faceid.Client, query faceid.GetDetectInfoEnhancedRequest, kept *faceid.GetDetectInfoEnhancedResult) {
	for who, get := range map[string]func(context.Context, faceid.GetDetectInfoEnhancedRequest) (*faceid.GetDetectInfoEnhancedResult, error){
		"get": client.GetDetectInfoEnhanced, "confirm": func(ctx context.Context, r faceid.GetDetectInfoEnhancedRequest) (*faceid.GetDetectInfoEnhancedResult, error) {
			return client.ConfirmDetect(ctx, r, faceid.AnyPerson)
		},
	} {
		files := cloudFiles{}
		query.MediaTo = files.to
		result, err := get(t.Context(), query)
		if who == "get" {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, test.want)
		}
		require.Equal(t, []string{
			"BestFrame.BestFrame", "BestFrame.BestFrames[0]", "BestFrame.BestFrames[1]", "BestFrame.BestFrames[2]", "VideoData.LivenessVideo",
		}, files.names())
		for i, frame := range kept.BestFrame.BestFrames {
			require.Equal(t, string(frame), files[fmt.Sprintf("BestFrame.BestFrames[%d]", i)].String())
		}
		require.Equal(t, "the best frame", files["BestFrame.BestFrame"].String())
		require.Equal(t, "the video", files["VideoData.LivenessVideo"].String())
		require.Nil(t, result.BestFrame.BestFrame)
		require.Equal(t, [][]byte{nil, nil, nil}, result.BestFrame.BestFrames)
		require.Nil(t, result.VideoData.LivenessVideo)
		require.EqualValues(t, test.code, *result.Text.ErrCode)
		suite.see(query, result, err)
	}
}

func TestMediaToGetsTheFilesOfWillAndEid(t *testing.T) {
	const answer = `"Text":{"ErrCode":0},"IsVerifyIntention":true,"IntentionVerifyType":"1","IdCardData":{"OcrFront":"QQ==","OcrBack":"","Avatar":null},` +
		`"IntentionActionResult":{"FinalResultDetailCode":-201,"Details":[{"Video":null,"ScreenShot":[]},{"Video":"Qg==","ScreenShot":["","Qw=="]}]}`
	want := []string{"IdCardData.OcrFront", "IntentionActionResult.Details[1].ScreenShot[1]", "IntentionActionResult.Details[1].Video"}
	client := cloudClient(t, &cloudExchange{answers: []string{answerOf(answer)}})

	files := cloudFiles{}
	detected, err := client.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", MediaTo: files.to}, faceid.AnyPerson)
	require.ErrorIs(t, err, faceid.FamilyWillMismatch)
	require.Equal(t, want, files.names(), "what is empty is not offered")
	require.Nil(t, detected.IntentionActionResult.Details[1].Video)

	files = cloudFiles{}
	eid, err := client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e", MediaTo: files.to}, faceid.AnyPerson)
	require.ErrorIs(t, err, faceid.FamilyWillMismatch)
	require.Equal(t, want, files.names())
	require.Equal(t, "C", files[want[1]].String())
	require.Nil(t, eid.IDCardData.OCRFront)
	suite.see(detected, eid, err)
}

func TestMediaToGetsTheFilesOfAnInternationalFlow(t *testing.T) {
	sim, client := cloudSim(t)
	opened, err := client.ApplyWebVerificationBizTokenIntl(t.Context(), faceid.ApplyWebVerificationBizTokenIntlRequest{
		RedirectURL: "https://merchant.example/back", Config: &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlHKIDCard},
	})
	require.NoError(t, err)
	suite.canary(opened.BizToken, "BizToken")
	files := cloudFiles{}
	query := faceid.GetWebVerificationResultIntlRequest{BizToken: opened.BizToken, MediaTo: files.to}
	_, err = client.ConfirmWebVerificationIntl(t.Context(), query, faceid.AnyPerson)
	require.ErrorIs(t, err, faceid.ErrNoResult)
	require.Empty(t, files)
	_, err = sim.VisitCloud(t.Context(), opened.VerificationURL)
	require.NoError(t, err)

	kept, err := client.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: opened.BizToken}, faceid.AnyPerson)
	require.NoError(t, err)
	require.NotEmpty(t, kept.OCRResult[0].CardImage)
	result, err := client.ConfirmWebVerificationIntl(t.Context(), query, faceid.AnyPerson)
	require.NoError(t, err)
	require.True(t, result.State() == faceid.IntlPassed)
	require.Subset(t, files.names(), []string{"BestFrameBase64", "OCRResult[0].CardImageBase64", "VideoBase64"})
	require.Equal(t, string(kept.Video), files["VideoBase64"].String())
	require.Equal(t, string(kept.OCRResult[0].CardImage), files["OCRResult[0].CardImageBase64"].String())
	require.Nil(t, result.Video)
	require.Nil(t, result.BestFrame)
	require.Nil(t, result.OCRResult[0].CardImage)
	suite.see(query, result)
}

func TestMediaToSaysThatAFileCannotBeWritten(t *testing.T) {
	full := errors.New("no space left on device")
	for name, get := range map[string]struct {
		answer string
		call   func(c *faceid.Client, to func(string) io.Writer) (bool, error)
	}{
		"GetDetectInfoEnhanced": {`"BestFrame":{"BestFrame":"QQ=="},"VideoData":{"LivenessVideo":"Qg=="}`, func(c *faceid.Client, to func(string) io.Writer) (bool, error) {
			r, err := c.GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", MediaTo: to})
			return r == nil, err
		}},
		"ConfirmDetect": {`"BestFrame":{"BestFrame":"QQ=="},"VideoData":{"LivenessVideo":"Qg=="}`, func(c *faceid.Client, to func(string) io.Writer) (bool, error) {
			r, err := c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", MediaTo: to}, faceid.AnyPerson)
			return r == nil, err
		}},
		"ConfirmEid": {`"BestFrame":{"BestFrames":["QQ==","Qg=="]}`, func(c *faceid.Client, to func(string) io.Writer) (bool, error) {
			r, err := c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e", MediaTo: to}, faceid.AnyPerson)
			return r == nil, err
		}},
		"ConfirmWebVerificationIntl": {`"ErrorCode":0,"VideoBase64":"QQ==","BestFrameBase64":"Qg=="`, func(c *faceid.Client, to func(string) io.Writer) (bool, error) {
			r, err := c.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b", MediaTo: to}, faceid.AnyPerson)
			return r == nil, err
		}},
	} {
		for disk, want := range map[io.Writer]error{fullDisk{full}: full, shortDisk{}: io.ErrShortWrite} {
			var offered []string
			e := &cloudExchange{answers: []string{answerOf(get.answer)}}
			none, err := get.call(cloudClient(t, e), func(name string) io.Writer { offered = append(offered, name); return disk })
			require.True(t, none, name)
			require.ErrorIs(t, err, want)
			require.NotErrorIs(t, err, faceid.ErrBadAnswer)
			require.NotErrorIs(t, err, faceid.ErrNotPassed)
			var failed *faceid.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, name, failed.Op)
			require.Len(t, offered, 1, "nothing more is written")
			require.ErrorContains(t, err, "writing "+offered[0])
			require.Len(t, e.requests, 1, "and nothing is asked again")
			suite.see(err)
		}
	}
}

// Files are written while they arrive. An error in front of a file keeps the file from
// its writer, and so does an HTTP status of failure.
func TestMediaToGetsNothingBehindABadFile(t *testing.T) {
	for name, answer := range map[string]string{
		"another file is no base64": `"BestFrame":{"BestFrame":"!","BestFrames":["QQ=="]},"VideoData":{"LivenessVideo":"QQ=="},"BestFrameBase64":"!","VideoBase64":"QQ==","IdCardData":{"OcrFront":"QQ=="}`,
		"another file is a number":  `"BestFrame":{"BestFrame":7,"BestFrames":["QQ=="]},"BestFrameBase64":7,"VideoBase64":"QQ==","IdCardData":{"OcrFront":"QQ=="}`,
		"another file is a list":    `"BestFrame":{"BestFrame":[65],"BestFrames":["QQ=="]},"BestFrameBase64":[65],"VideoBase64":"QQ=="`,
		"an HTTP status":            `"BestFrame":{"BestFrame":"QQ=="},"BestFrameBase64":"QQ=="`,
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(answer)}}
			if name == "an HTTP status" {
				e.status = 500
			}
			client := cloudClient(t, e)
			files := cloudFiles{}
			_, err := client.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", MediaTo: files.to}, faceid.AnyPerson)
			require.Error(t, err)
			_, err = client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e", MediaTo: files.to}, faceid.AnyPerson)
			require.Error(t, err)
			_, err = client.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b", MediaTo: files.to}, faceid.AnyPerson)
			require.Error(t, err)
			for name := range files {
				require.Contains(t, []string{"BestFrame.BestFrame", "BestFrameBase64"}, name)
				require.Empty(t, files[name].String())
			}
		})
	}
}

// One MediaTo function serves every call that brings files. It excludes the short form
// of a record.
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
