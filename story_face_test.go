package faceid_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestFaceInABrowserPasses(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim, faceid.WithProduct(faceid.ProductPlus))

	back := finish(t, sim, client, "order1")
	require.Equal(t, "merchant.example", back.Host)
	require.Equal(t, "a/b", back.URL.Query().Get("x"), "the merchant's own query survives, encoded once")
	cb, err := client.VerifyCallback(t.Context(), back)
	require.NoError(t, err)
	require.True(t, cb.Passed())
	require.Equal(t, "order1", cb.OrderNo)

	record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: cb.OrderNo, GetFile: faceid.FilesAll})
	require.NoError(t, err)
	require.True(t, record.Passed())
	require.Equal(t, faceid.Score{Value: 97, Present: true}, record.Similarity)
	require.Equal(t, faceid.ChargedYes, record.Charged())
	require.NotEmpty(t, record.Photo)
	require.EqualValues(t, len(record.Video), record.VideoSize)
	require.WithinDuration(t, sim.Now(), record.OccurredTime, time.Minute)

	photos, err := client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: cb.OrderNo})
	require.NoError(t, err)
	require.NotEmpty(t, photos.Photos)
	require.Equal(t, record.Photo, photos.Photos[0])
}

func TestFaceInABrowserDoesNotPass(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	sim.Script("order1", faceidtest.NotSamePerson())

	cb, err := client.VerifyCallback(t.Context(), finish(t, sim, client, "order1"))
	require.NoError(t, err)
	require.False(t, cb.Passed())
	require.Equal(t, faceid.CodeNotSamePerson, cb.Code)

	record, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.NoError(t, err, "a bad end is an outcome of the raw query")
	require.False(t, record.Passed())
	require.Equal(t, faceid.FamilyNotSamePerson, record.Family())

	record, err = client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrNotPassed)
	require.ErrorIs(t, err, faceid.CodeNotSamePerson)
	require.ErrorIs(t, err, faceid.FamilyNotSamePerson)
	require.NotNil(t, record, "the record comes with the error")
}

func TestFaceEndingsGiveTheirOutcomes(t *testing.T) {
	for name, test := range map[string]struct {
		ending   faceidtest.Ending
		callback faceid.Code
		confirm  error
	}{
		"passes":            {faceidtest.Passes(), faceid.CodePassed, nil},
		"somebody else":     {faceidtest.NotSamePerson(), faceid.CodeNotSamePerson, faceid.FamilyNotSamePerson},
		"name and number":   {faceidtest.IdentityMismatch(), faceid.CodeIdentityMismatch, faceid.FamilyIdentityMismatch},
		"a screen":          {faceidtest.SuspectedFake(), faceid.CodeSuspectedFake, faceid.FamilySuspectedFake},
		"no face":           {faceidtest.NoFace(), faceid.CodeNoFace, faceid.FamilyCaptureFailed},
		"too slow":          {faceidtest.TimesOut(), faceid.CodeTimedOut, faceid.ErrNoResult},
		"quits":             {faceidtest.Quits(), faceid.CodeH5Interrupted, faceid.ErrNoResult},
		"camera refused":    {faceidtest.NoCamera(), faceid.CodeH5NoCamera, faceid.ErrNoResult},
		"blocked":           {faceidtest.Blocked(), faceid.CodeAttemptsExceeded, faceid.ErrNoResult},
		"unable browser":    {faceidtest.BrowserUnsupported(), faceid.CodeH5NoRecording, faceid.ErrNoResult},
		"an unknown code":   {faceidtest.Ending{Code: "66669999"}, "face/66669999", faceid.ErrUnknownCode},
		"not recorded live": {faceidtest.Ending{Code: "400604"}, faceid.CodeVideoNotLive, faceid.ErrNoResult},
	} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client := newClient(sim)
			sim.ScriptDefault(test.ending)

			cb, err := client.VerifyCallback(t.Context(), finish(t, sim, client, "order1"))
			require.NoError(t, err)
			require.Equal(t, test.callback, cb.Code)
			record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			if test.confirm == nil {
				require.NoError(t, err)
				require.True(t, record.Passed())
				return
			}
			require.ErrorIs(t, err, test.confirm)
			require.False(t, record.Passed())
			require.False(t, cb.Passed())
		})
	}
}

func TestFaceInAnAppOfEveryProductOnEveryPlatform(t *testing.T) {
	for sdk := range launchNames {
		product, platform, _ := strings.Cut(sdk, " ")
		for name, photo := range map[string][]byte{"authority": nil, "own photo": smallPNG(t)} {
			t.Run(sdk+" "+name, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim, faceid.WithProduct(faceid.Product(product)))
				person := somebody
				if photo != nil {
					person = faceid.Person{UserID: "user1", Photo: photo, PhotoType: faceid.PhotoClear}
				}
				launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{Platform: faceid.Platform(platform), Person: person, Licence: "licence"})
				require.NoError(t, err)
				require.Equal(t, faceid.Product(product), launch.Product)

				var received map[string]string // The App gets the parameters like this.
				text, err := json.Marshal(launch.Params)
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(text, &received))
				result, err := sim.RunSDK(t.Context(), received)
				require.NoError(t, err)
				require.Equal(t, faceidtest.SDKResult{Platform: platform, Code: "0", Message: result.Message}, result)
				require.True(t, faceid.ParseSDKResult(result.Domain, result.Code).Queryable())

				record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo})
				require.NoError(t, err)
				require.Equal(t, launch.OrderNo, record.OrderNo)
				require.Equal(t, faceid.ChargedYes, record.Charged())

				again, err := sim.RunSDK(t.Context(), received)
				require.NoError(t, err)
				require.Equal(t, "400101", again.Code, "a launch works once")
				require.False(t, faceid.ParseSDKResult(again.Domain, again.Code).Queryable())
			})
		}
	}
}

func TestFaceInABrowserOfEveryProduct(t *testing.T) {
	for name, start := range browsers {
		for _, ending := range []faceidtest.Ending{faceidtest.Passes(), faceidtest.NotSamePerson(), faceidtest.NoCamera()} {
			t.Run(name+" "+ending.Code, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.ScriptDefault(ending)
				login, err := start(t.Context(), client, "order1")
				require.NoError(t, err)
				back, err := sim.Visit(t.Context(), login.URL)
				require.NoError(t, err)
				require.Equal(t, "a/b", back.URL.Query().Get("x"))
				cb, err := client.VerifyCallback(t.Context(), back)
				require.NoError(t, err)
				require.Equal(t, ending.Code, cb.Code.Number())
				require.Equal(t, login.Session.FaceID, cb.FaceID)
				require.Equal(t, login.Session.OrderNo, cb.OrderNo)
				record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
				require.Equal(t, ending.Code == "0", err == nil)
				require.Equal(t, ending.Code == "0", record.Passed())
				require.Equal(t, ending.Code == "0", cb.Passed())
				_, err = sim.Visit(t.Context(), login.URL)
				var refused *faceidtest.PageError
				require.ErrorAs(t, err, &refused, "a login URL works once")
			})
		}
	}
}
