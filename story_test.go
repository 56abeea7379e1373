package faceid_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestABrowserVerificationThatPasses(t *testing.T) {
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

func TestABrowserVerificationThatDoesNotPass(t *testing.T) {
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

func TestEveryEndingGivesItsOutcome(t *testing.T) {
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
		"too slow":          {faceidtest.TimesOut(), faceid.CodeTimedOut, faceid.FamilyTimedOut},
		"quits":             {faceidtest.Quits(), faceid.CodeH5Interrupted, faceid.ErrNoResult},
		"camera refused":    {faceidtest.NoCamera(), faceid.CodeH5NoCamera, faceid.ErrNoResult},
		"blocked":           {faceidtest.Blocked(), faceid.CodeAttemptsExceeded, faceid.ErrNoResult},
		"unable browser":    {faceidtest.BrowserUnsupported(), faceid.CodeH5NoRecording, faceid.ErrNoResult},
		"an unknown code":   {faceidtest.Ending{Code: "66669999"}, "face/66669999", faceid.ErrUnknownCode},
		"not recorded live": {faceidtest.Ending{Code: "400604"}, faceid.CodeVideoNotLive, faceid.FamilyMediaUnusable},
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

func TestAnAppVerificationOnEveryPlatform(t *testing.T) {
	for _, platform := range []faceid.Platform{faceid.PlatformAndroid, faceid.PlatformIOS, faceid.PlatformHarmony} {
		for name, photo := range map[string][]byte{"authority": nil, "own photo": smallPNG(t)} {
			t.Run(string(platform)+" "+name, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				person := somebody
				if photo != nil {
					person = faceid.Person{UserID: "user1", Photo: photo, PhotoType: faceid.PhotoClear}
				}
				launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{Platform: platform, Person: person, Licence: "licence"})
				require.NoError(t, err)

				var received map[string]string // as the App gets it
				text, err := json.Marshal(launch.Params)
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(text, &received))
				result, err := sim.RunSDK(t.Context(), received)
				require.NoError(t, err)
				require.Equal(t, faceidtest.SDKResult{Platform: string(platform), Code: "0", Message: result.Message}, result)

				record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo})
				require.NoError(t, err)
				require.Equal(t, launch.OrderNo, record.OrderNo)

				again, err := sim.RunSDK(t.Context(), received)
				require.NoError(t, err)
				require.Equal(t, "400101", again.Code, "a launch works once")
			})
		}
	}
}

func TestOpenH5AndLoginURLWorkAcrossAStoredSession(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	session, err := client.OpenH5(t.Context(), h5Request(""))
	require.NoError(t, err)
	text, err := json.Marshal(session)
	require.NoError(t, err)
	require.NotContains(t, string(text), somebody.Name)
	require.NotContains(t, string(text), somebody.IDNo)
	var stored faceid.H5Session
	require.NoError(t, json.Unmarshal(text, &stored))

	loginURL, err := client.LoginURL(t.Context(), &stored)
	require.NoError(t, err)
	back, err := sim.Visit(t.Context(), loginURL)
	require.NoError(t, err)
	cb, err := client.VerifyCallback(t.Context(), back)
	require.NoError(t, err)
	require.Equal(t, session.OrderNo, cb.OrderNo)
	require.Equal(t, session.FaceID, cb.FaceID)

	_, err = sim.Visit(t.Context(), loginURL)
	var refused *faceidtest.PageError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "400101", refused.Code, "a login URL works once")
}

// A warm launch costs one round trip: the upload and the NONCE ticket overlap.
func TestAWarmStartTakesOneRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		for _, start := range []func() error{
			func() error { _, err := client.StartH5(t.Context(), h5Request("")); return err },
			func() error {
				_, err := client.StartSDK(t.Context(), faceid.SDKRequest{Platform: faceid.PlatformIOS, Person: somebody})
				return err
			},
		} {
			sim.FailNext(pathPlus, faceidtest.FaultDelay(100*time.Millisecond))
			sim.FailNext(pathTicket, faceidtest.FaultDelay(100*time.Millisecond))
			begun := time.Now()
			require.NoError(t, start())
			require.Equal(t, 100*time.Millisecond, time.Since(begun))
		}
	})
}

func TestTheClientSurvivesEveryDialect(t *testing.T) {
	for name, dialect := range map[string]faceidtest.Dialect{
		"as documented":       {},
		"code as number":      {CodeAsNumber: true},
		"code as string":      {CodeAsString: true},
		"expire_in as string": {NumbersAsStrings: true},
		"flat":                {FlatResult: true},
		"no optimalDomain":    {NoOptimalDomain: true},
		"escaped slashes":     {EscapedSlashes: true},
		"line breaks":         {LineBreaks: true},
		"success false":       {SuccessFalse: true},
		"success true":        {SuccessTrue: true},
		"oriCode":             {OriCode: true},
		"all at once": {
			CodeAsNumber: true, NumbersAsStrings: true, FlatResult: true, NoOptimalDomain: true,
			EscapedSlashes: true, LineBreaks: true, SuccessFalse: true, OriCode: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t, faceidtest.WithDialect(dialect))
			client := newClient(sim)
			photo := []byte{0xff, 0xd8, 0xff, 0xfe, 0xff, 0xef, 0xbf}
			for len(photo) < 200 { // more than one line of base64, with slashes
				photo = append(photo, photo...)
			}
			sim.ScriptDefault(faceidtest.Ending{Photo: photo, TRTC: true, Risk: map[string]string{"deviceInfoLevel": "1", "LivenessInfoTag": "03"}})
			_, err := client.VerifyCallback(t.Context(), finish(t, sim, client, "order1"))
			require.NoError(t, err)
			record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{
				OrderNo: "order1", GetFile: faceid.FilesAll, QueryVersion: faceid.QueryVersion10,
			})
			require.NoError(t, err)
			require.Equal(t, photo, record.Photo)
			require.Equal(t, "Y", record.TRTCFlag)
			require.NotEmpty(t, record.SDKVersion)
			require.Equal(t, "1", record.Risk.DeviceInfoLevel)
			require.Equal(t, "03", record.Risk.LivenessInfoTag)
			photos, err := client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1"})
			require.NoError(t, err)
			require.Equal(t, photo, photos.Photos[0])
		})
	}
}

func TestAPassMustSayWhoseItIs(t *testing.T) {
	sim := faceidtest.Start(t, faceidtest.WithDialect(faceidtest.Dialect{NoEcho: true}))
	client := newClient(sim)
	finish(t, sim, client, "order1")
	_, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
}
