package faceid_test

import (
	"context"
	"encoding/json"
	"strings"
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

func TestAnAppVerificationOfEveryProductOnEveryPlatform(t *testing.T) {
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

				var received map[string]string // as the App gets it
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

// What a phone reports is read the same on every platform.
func TestWhatAPhoneReportsIsUnderstood(t *testing.T) {
	for name, test := range map[string]struct {
		ending    faceidtest.Ending
		family    faceid.Family
		queryable bool
	}{
		"passes":        {faceidtest.Passes(), faceid.FamilyPassed, true},
		"somebody else": {faceidtest.NotSamePerson(), faceid.FamilyNotSamePerson, true},
		"a fake":        {faceidtest.SuspectedFake(), faceid.FamilySuspectedFake, true},
		"quits":         {faceidtest.Quits(), faceid.FamilyInterrupted, false},
		"no camera":     {faceidtest.NoCamera(), faceid.FamilyCameraDenied, false},
		"too often":     {faceidtest.Blocked(), faceid.FamilyAttemptsExceeded, false},
	} {
		for sdk := range launchNames {
			t.Run(name+" "+sdk, func(t *testing.T) {
				product, platform, _ := strings.Cut(sdk, " ")
				sim := faceidtest.Start(t)
				sim.ScriptDefault(test.ending)
				client := newClient(sim, faceid.WithProduct(faceid.Product(product)))
				launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{Platform: faceid.Platform(platform), Person: somebody, Licence: "licence"})
				require.NoError(t, err)
				result, err := sim.RunSDK(t.Context(), launch.Params)
				require.NoError(t, err)
				report := faceid.ParseSDKResult(result.Domain, result.Code)
				require.Equal(t, test.family, report.Code.Family())
				require.Equal(t, test.queryable, report.Queryable())
				explained, ok := report.Explain(faceid.Product(product))
				require.True(t, ok)
				require.Equal(t, report.Code, explained.Code)
				record, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo})
				if !test.queryable {
					require.ErrorIs(t, err, faceid.ErrNoResult, "as the report said")
					return
				}
				require.NoError(t, err)
				require.Equal(t, report.Code, record.Code())
			})
		}
	}
}

// An App that leaves the faceId out of a Basic launch gets no pass.
func TestLivenessAloneIsNotAPass(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim, faceid.WithProduct(faceid.ProductBasic))
	launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{
		Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "user1"}, Licence: "licence", LivenessOnly: true,
	})
	require.NoError(t, err)
	result, err := sim.RunSDK(t.Context(), launch.Params)
	require.NoError(t, err)
	require.Equal(t, "0", result.Code, "%v", result)
	record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo})
	require.ErrorIs(t, err, faceid.ErrNotCompared)
	require.True(t, record.LiveRate.Present)
	_, err = client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo, LivenessOnly: true})
	require.NoError(t, err)
}

// browsers are the ways into a browser.
var browsers = map[string]func(ctx context.Context, c *faceid.Client, orderNo string) (*faceid.PageLogin, error){
	"plus": func(ctx context.Context, c *faceid.Client, orderNo string) (*faceid.PageLogin, error) {
		return c.StartH5(ctx, h5Request(orderNo))
	},
	"enhanced": func(ctx context.Context, c *faceid.Client, orderNo string) (*faceid.PageLogin, error) {
		r := h5Request(orderNo)
		r.Product = faceid.ProductEnhanced
		return c.StartH5(ctx, r)
	},
	"PC": func(ctx context.Context, c *faceid.Client, orderNo string) (*faceid.PageLogin, error) {
		return c.StartPC(ctx, faceid.PCRequest{OrderNo: orderNo, Person: somebody, RedirectURL: h5Request("").RedirectURL})
	},
	"PC, own photo": func(ctx context.Context, c *faceid.Client, orderNo string) (*faceid.PageLogin, error) {
		person := faceid.Person{UserID: "user1", Photo: inventedJPG, PhotoType: faceid.PhotoClear}
		return c.StartPC(ctx, faceid.PCRequest{OrderNo: orderNo, Person: person, RedirectURL: h5Request("").RedirectURL})
	},
	"PC, in two steps": func(ctx context.Context, c *faceid.Client, orderNo string) (*faceid.PageLogin, error) {
		session, err := c.OpenPC(ctx, faceid.PCRequest{OrderNo: orderNo, Person: somebody, RedirectURL: h5Request("").RedirectURL})
		if err != nil {
			return nil, err
		}
		loginURL, err := c.LoginURL(ctx, session)
		return &faceid.PageLogin{Session: *session, URL: loginURL}, err
	},
}

var inventedJPG = []byte("\xff\xd8\xff an invented picture")

func TestABrowserVerificationOfEveryProduct(t *testing.T) {
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

// Whoever has been on the page begins anew: the faceId of a session is for one
// visit. A session that nobody has entered may get another URL.
func TestWhoHasBeenOnThePageBeginsAnew(t *testing.T) {
	for name, start := range browsers {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client := newClient(sim)
			sim.Script("order1", faceidtest.NoCamera())
			login, err := start(t.Context(), client, "order1")
			require.NoError(t, err)
			unused, err := client.LoginURL(t.Context(), &login.Session)
			require.NoError(t, err)
			back, err := sim.Visit(t.Context(), unused)
			require.NoError(t, err, "another URL of a session that nobody has entered")
			_, err = client.ConfirmReturn(t.Context(), back, &login.Session)
			require.ErrorIs(t, err, faceid.ErrNotPassed)
			require.Equal(t, faceid.RemedyAllowCamera, faceid.RemedyOf(err))
			require.True(t, faceid.RemedyOf(err).Reenter())

			again, err := client.LoginURL(t.Context(), &login.Session)
			require.NoError(t, err)
			_, err = sim.Visit(t.Context(), again)
			var refused *faceidtest.PageError
			require.ErrorAs(t, err, &refused, "the platform wants a new faceId")

			anew, err := start(t.Context(), client, "order2")
			require.NoError(t, err)
			back, err = sim.Visit(t.Context(), anew.URL)
			require.NoError(t, err)
			record, err := client.ConfirmReturn(t.Context(), back, &anew.Session)
			require.NoError(t, err)
			require.True(t, record.Passed())
		})
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
	var stored faceid.PageSession
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
			check := func(orderNo string) *faceid.FaceRecord {
				record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{
					OrderNo: orderNo, GetFile: faceid.FilesAll, QueryVersion: faceid.QueryVersion10,
				})
				require.NoError(t, err)
				require.Equal(t, photo, record.Photo)
				require.Equal(t, "Y", record.TRTCFlag)
				require.NotEmpty(t, record.SDKVersion)
				photos, err := client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: orderNo})
				require.NoError(t, err)
				require.Equal(t, photo, photos.Photos[0])
				return record
			}
			for way, start := range browsers {
				orderNo := faceid.NewOrderNo()
				login, err := start(t.Context(), client, orderNo)
				require.NoError(t, err)
				back, err := sim.Visit(t.Context(), login.URL)
				require.NoError(t, err)
				_, err = client.VerifyCallback(t.Context(), back)
				require.NoError(t, err)
				record := check(orderNo)
				if way == "plus" {
					require.Equal(t, []faceid.LivenessTag{faceid.LivenessRecapture}, record.Risk.LivenessTags())
				}
			}
			for sdk := range launchNames {
				product, platform, _ := strings.Cut(sdk, " ")
				launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{
					Product: faceid.Product(product), Platform: faceid.Platform(platform), Person: somebody, Licence: "licence",
				})
				require.NoError(t, err)
				_, err = sim.RunSDK(t.Context(), launch.Params)
				require.NoError(t, err)
				record := check(launch.OrderNo)
				require.Equal(t, product != "basic", record.Risk != nil, sdk)
				if record.Risk != nil {
					require.True(t, record.Risk.DeviceInfoLevel.Low())
				}
			}
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
