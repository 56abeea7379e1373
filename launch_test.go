package faceid_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// onlyUser is a person of whom nothing but a user ID is given.
var onlyUser = faceid.Person{UserID: "user1"}

// personWith is somebody after a change.
func personWith(change func(p *faceid.Person)) faceid.Person {
	p := somebody
	change(&p)
	return p
}

// askPlus uploads a person for Plus.
func askPlus(orderNo string, p faceid.Person) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetPlusFaceID(ctx, faceid.GetPlusFaceIDRequest{OrderNo: orderNo, Person: p})
		return err
	}
}

// askH5 starts and opens an H5 login with a request that is changed first.
func askH5(change func(r *faceid.H5Request)) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		r := h5Request("order1")
		change(&r)
		_, err := c.StartH5(ctx, r)
		_, err2 := c.OpenH5(ctx, r)
		return errors.Join(err, err2)
	}
}

// askSDK launches a person in an App.
func askSDK(p faceid.Platform, person faceid.Person) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		_, err := c.StartSDK(ctx, faceid.SDKRequest{Platform: p, Person: person})
		return err
	}
}

// askLaunch launches an App with a whole request.
func askLaunch(r faceid.SDKRequest) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error { _, err := c.StartSDK(ctx, r); return err }
}

// askPC starts and opens a PC login with a request that is changed first.
func askPC(change func(r *faceid.PCRequest)) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		r := faceid.PCRequest{OrderNo: "order1", Person: somebody, RedirectURL: "https://merchant.example/back"}
		change(&r)
		_, err := c.StartPC(ctx, r)
		_, err2 := c.OpenPC(ctx, r)
		return errors.Join(err, err2)
	}
}

// askLogin asks for the login URL of a session that is changed first.
func askLogin(change func(s *faceid.PageSession)) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		s := &faceid.PageSession{OrderNo: "order1", UserID: "user1", FaceID: "tx1", RedirectURL: "https://merchant.example/", OpenedAt: time.Now()}
		change(s)
		_, err := c.LoginURL(ctx, s)
		return err
	}
}

// launchArgument is a call with a bad argument and what is said of it.
type launchArgument struct {
	field, limit string
	call         func(ctx context.Context, c *faceid.Client) error
}

// launchArguments are launches and queries with bad arguments.
var launchArguments = map[string]launchArgument{
	"no order":             {"OrderNo", "empty", askPlus("", somebody)},
	"order of 33":          {"OrderNo", "32", askPlus(strings.Repeat("x", 33), somebody)},
	"order with a hyphen":  {"OrderNo", "letters and digits", askPlus("a-b", somebody)},
	"order in Chinese":     {"OrderNo", "letters and digits", askPlus("订单", somebody)},
	"no user":              {"UserID", "empty", askPlus("o", personWith(func(p *faceid.Person) { p.UserID = "" }))},
	"user of 33":           {"UserID", "32", askPlus("o", personWith(func(p *faceid.Person) { p.UserID = strings.Repeat("u", 33) }))},
	"user with an at sign": {"UserID", "letters, digits", askPlus("o", personWith(func(p *faceid.Person) { p.UserID = "a@b" }))},
	"Harmony user of 31":   {"UserID", "30", askSDK(faceid.PlatformHarmony, personWith(func(p *faceid.Person) { p.UserID = strings.Repeat("u", 31) }))},
	"no platform":          {"Platform", "PlatformAndroid", askSDK("", somebody)},
	"name without idNo":    {"IDNo", "empty", askPlus("o", personWith(func(p *faceid.Person) { p.IDNo = "" }))},
	"idNo without name":    {"Name", "empty", askPlus("o", personWith(func(p *faceid.Person) { p.Name = "" }))},
	"name beside a photo":  {"IDNo", "both or neither", askPlus("o", faceid.Person{UserID: "u", Name: "n", Photo: tinyPNG, PhotoType: faceid.PhotoClear})},
	"nobody":               {"Name", "required", askPlus("o", faceid.Person{UserID: "u"})},
	"name with a newline":  {"Name", "control", askPlus("o", personWith(func(p *faceid.Person) { p.Name = "a\nb" }))},
	"name in broken UTF-8": {"Name", "UTF-8", askPlus("o", personWith(func(p *faceid.Person) { p.Name = "a\xff" }))},
	"idNo with a blank":    {"IDNo", "holds a blank", askPlus("o", personWith(func(p *faceid.Person) { p.IDNo += " " }))},
	"photo too big":        {"Photo", "512000", askPlus("o", faceid.Person{UserID: "u", Photo: append(tinyPNG, make([]byte, 512000)...), PhotoType: faceid.PhotoClear})},
	"photo is a GIF":       {"Photo", "JPG, PNG or BMP", askPlus("o", faceid.Person{UserID: "u", Photo: []byte("GIF89a" + strings.Repeat("x", 50)), PhotoType: faceid.PhotoClear})},
	"photo of no type":     {"PhotoType", "PhotoClear", askPlus("o", faceid.Person{UserID: "u", Photo: tinyPNG})},
	"type of no photo":     {"PhotoType", "no Photo", askPlus("o", personWith(func(p *faceid.Person) { p.PhotoType = faceid.PhotoClear }))},
	"no redirect":          {"RedirectURL", "empty", askH5(func(r *faceid.H5Request) { r.RedirectURL = "" })},
	"relative redirect":    {"RedirectURL", "absolute", askH5(func(r *faceid.H5Request) { r.RedirectURL = "/back" })},
	"javascript redirect":  {"RedirectURL", "http", askH5(func(r *faceid.H5Request) { r.RedirectURL = "javascript:alert(1)" })},
	"redirect of no host":  {"RedirectURL", "absolute", askH5(func(r *faceid.H5Request) { r.RedirectURL = "https:///back" })},
	"redirect with user":   {"RedirectURL", "user info", askH5(func(r *faceid.H5Request) { r.RedirectURL = "https://a:b@merchant.example/" })},
	"redirect not a URL":   {"RedirectURL", "not a URL", askH5(func(r *faceid.H5Request) { r.RedirectURL = "https://a.example/%zz" })},
	"redirect with code":   {"RedirectURL", `"code"`, askH5(func(r *faceid.H5Request) { r.RedirectURL = "https://merchant.example/?code=1" })},
	"H5 order":             {"OrderNo", "letters", askH5(func(r *faceid.H5Request) { r.OrderNo = "a b" })},
	"H5 user":              {"UserID", "empty", askH5(func(r *faceid.H5Request) { r.Person.UserID = "" })},
	"another product":      {"Product", "ProductPlus", askH5(func(r *faceid.H5Request) { r.Product = "other" })},
	"Basic has no H5":      {"Product", "StartPC", askH5(func(r *faceid.H5Request) { r.Product = faceid.ProductBasic })},
	"will has its own H5":  {"Product", "ProductPlus", askH5(func(r *faceid.H5Request) { r.Product = faceid.ProductWill })},
	"an App of no product": {"Product", "ProductBasic", askLaunch(faceid.SDKRequest{Product: faceid.ProductNFC, Platform: faceid.PlatformIOS, Person: somebody})},
	"an App's order":       {"OrderNo", "letters", askLaunch(faceid.SDKRequest{Platform: faceid.PlatformIOS, Person: somebody, OrderNo: "a b"})},
	"an App's photo":       {"Photo", "image", askLaunch(faceid.SDKRequest{Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", Photo: []byte("GIF89a"), PhotoType: faceid.PhotoClear}})},
	"liveness on Android":  {"LivenessOnly", "PlatformIOS", askLaunch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformAndroid, Person: onlyUser, LivenessOnly: true})},
	"liveness of Plus":     {"LivenessOnly", "ProductBasic", askLaunch(faceid.SDKRequest{Platform: faceid.PlatformIOS, Person: onlyUser, LivenessOnly: true})},
	"liveness of somebody": {"Person", "UserID only", askLaunch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: somebody, LivenessOnly: true})},
	"liveness of a photo":  {"Person", "UserID only", askLaunch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", Photo: tinyPNG}, LivenessOnly: true})},
	"liveness, photo type": {"Person", "UserID only", askLaunch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", PhotoType: faceid.PhotoClear}, LivenessOnly: true})},
	"liveness of a name":   {"Person", "UserID only", askLaunch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", Name: "n"}, LivenessOnly: true})},
	"liveness of a number": {"Person", "UserID only", askLaunch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", IDNo: "n"}, LivenessOnly: true})},
	"liveness of nobody":   {"UserID", "empty", askLaunch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, LivenessOnly: true})},
	"liveness order":       {"OrderNo", "letters", askLaunch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: onlyUser, LivenessOnly: true, OrderNo: "-"})},
	"PC order":             {"OrderNo", "letters", askPC(func(r *faceid.PCRequest) { r.OrderNo = "a b" })},
	"PC user":              {"UserID", "32", askPC(func(r *faceid.PCRequest) { r.Person.UserID = strings.Repeat("u", 33) })},
	"PC of nobody":         {"Name", "required", askPC(func(r *faceid.PCRequest) { r.Person.Name, r.Person.IDNo = "", "" })},
	"PC redirect":          {"RedirectURL", "empty", askPC(func(r *faceid.PCRequest) { r.RedirectURL = "" })},
	"PC redirect taken":    {"RedirectURL", `"newSign"`, askPC(func(r *faceid.PCRequest) { r.RedirectURL += "?newSign=1" })},
	"no session":           {"PageSession", "nil", func(ctx context.Context, c *faceid.Client) error { _, err := c.LoginURL(ctx, nil); return err }},
	"session of no face":   {"FaceID", "empty", askLogin(func(s *faceid.PageSession) { s.FaceID = "" })},
	"session of no order":  {"OrderNo", "empty", askLogin(func(s *faceid.PageSession) { s.OrderNo = "" })},
	"session of no user":   {"UserID", "empty", askLogin(func(s *faceid.PageSession) { s.UserID = "" })},
	"session to elsewhere": {"RedirectURL", "absolute", askLogin(func(s *faceid.PageSession) { s.RedirectURL = "x" })},
	"NONCE of no user":     {"UserID", "empty", func(ctx context.Context, c *faceid.Client) error { _, err := c.NonceTicket(ctx, ""); return err }},
	"record of no order": {"OrderNo", "empty", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{})
		_, err2 := c.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{})
		_, err3 := c.QueryPhotoInfo(ctx, faceid.QueryPhotoInfoRequest{})
		return errors.Join(err, err2, err3)
	}},
	"waiting for what is not there": {"GetFile", "FilesAll", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: "o", GetFile: "9"})
		return err
	}},
	"a callback of no request": {"Request", "nil", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.VerifyCallback(ctx, nil)
		_, err2 := c.VerifyCallback(ctx, &http.Request{})
		return errors.Join(err, err2)
	}},
}

// Every bad argument is found before anything is sent, and the error names it.
func TestLaunchRefusesBadArgumentsBeforeAnythingIsSent(t *testing.T) {

	for name, test := range launchArguments {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			err := test.call(t.Context(), newClient(sim))
			require.ErrorIs(t, err, faceid.ErrRequest)
			var bad *faceid.ArgumentError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, test.field, bad.Field)
			require.Contains(t, bad.Reason, test.limit)
			require.Empty(t, sim.Requests(), "nothing was sent")
		})
	}
}

func TestLaunchGivesUpOneHalfIfTheOtherFails(t *testing.T) {
	for name, test := range map[string]struct {
		upload, nonce faceidtest.Fault
		want          faceid.Code
	}{
		"upload refused": {faceidtest.FaultCode("66660003", ""), faceidtest.FaultHang(), faceid.CodeTrialUsedUp},
		"NONCE refused":  {faceidtest.FaultHang(), faceidtest.FaultCode("400103", ""), faceid.CodeIPNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				_, err := client.SignTicket(t.Context())
				require.NoError(t, err)
				begun := time.Now()
				sim.FailNext(pathPlus, test.upload)
				sim.FailNext(pathTicket, test.nonce)
				_, err = client.StartH5(t.Context(), h5Request("order1"))
				require.ErrorIs(t, err, test.want)
				require.Zero(t, time.Since(begun))
			})
		})
	}
}

// The NONCE ticket is fetched on a goroutine where the caller could not catch a panic.
func TestLaunchAloneFailsByAPanicBesideTheUpload(t *testing.T) {
	sim := faceidtest.Start(t)
	bad := false
	client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if bad && r.URL.Query().Get("type") == "NONCE" {
			panic("canary")
		}
		return sim.RoundTrip(r)
	})}))
	_, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	bad = true
	login, err := client.StartH5(t.Context(), h5Request("order1"))
	require.ErrorIs(t, err, faceid.ErrCaller)
	require.ErrorContains(t, err, "the HTTP transport panicked: string")
	require.NotContains(t, err.Error(), "canary")
	require.Nil(t, login)
	bad = false
	_, err = client.StartH5(t.Context(), h5Request("order2"))
	require.NoError(t, err)
}

// A warm launch costs one round trip, as the upload and the NONCE ticket overlap.
func TestLaunchTakesOneRoundTripWhenWarm(t *testing.T) {
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

func TestLaunchParametersHaveEachSDKsOwnNames(t *testing.T) {
	answers := map[string][2]string{
		"plus": {pathPlus, "getPlusFaceId.app"}, "enhanced": {pathAdv, "getAdvFaceId.app"}, "basic": {pathBasic, "getfaceid.basic-app"},
		"will": {pathWill, "getWillFaceId.app"}, "nfc": {pathNFC, "getOcrCertId.nfc"},
	}
	tables := maps.Clone(launchNames)
	maps.Copy(tables, otherNames)
	for sdk, table := range tables {
		for _, licence := range []string{"licence", ""} {
			t.Run(sdk+" "+licence, func(t *testing.T) {
				product, platform, _ := strings.Cut(sdk, " ")
				client, mock, rec := documented(t)
				if answer, ok := answers[product]; ok {
					replay(t, mock, answer[0], answer[1], func(result map[string]any) {
						result["orderNo"], result["faceId"], result["ocrCertId"] = "order1", "face1", "cert1"
					})
				}
				launch, err := startApp(t.Context(), client, product, platform, "order1", "user1", licence)
				require.NoError(t, err)
				require.Equal(t, faceid.Product(product), launch.Product)
				for _, u := range rec.urls { // Reading a card uploads nothing.
					require.False(t, strings.HasPrefix(product, "ocr-") && strings.Contains(u.Path, "/server/"), u.Path)
				}
				want := map[string]string{
					"faceId": "face1", "ocrCertId": "cert1", "orderNo": "order1", "appId": wireAppID, "version": "1.0.0", "userId": "user1", "licence": licence,
				}
				for _, entry := range strings.Fields(table) {
					ours, theirs, _ := strings.Cut(entry, "=")
					switch {
					case ours == "nonce":
						want[ours] = launch.Params[theirs]
						require.Len(t, want[ours], 32)
					case ours == "sign":
						continue
					case want[ours] == "":
						require.NotContains(t, launch.Params, theirs)
						continue
					}
					require.Equal(t, want[ours], launch.Params[theirs], ours)
					delete(launch.Params, theirs)
				}
				require.Len(t, launch.Params, 1, "these and no others, but for the signature")
				for _, sign := range launch.Params {
					require.Equal(t, faceid.Sign(wireTicket, wireAppID, "user1", "1.0.0", want["nonce"]), sign)
				}
			})
		}
	}
}

// Basic on iOS without a faceId tests liveness alone, so nothing is uploaded.
func TestStartSDKUploadsNothingForLivenessOnly(t *testing.T) {
	client, _, rec := documented(t)
	launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{
		Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, OrderNo: "order1", Person: faceid.Person{UserID: "user1"}, LivenessOnly: true,
	})
	require.NoError(t, err)
	require.NotContains(t, launch.Params, "faceId")
	require.Empty(t, launch.FaceID)
	for _, u := range rec.urls {
		require.NotContains(t, u.Path, "/server/")
	}
	require.Equal(t, faceid.Sign(wireTicket, wireAppID, "user1", "1.0.0", launch.Params["nonce"]), launch.Params["sign"])
}
