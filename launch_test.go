package faceid_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// Every bad argument is found before anything is sent, and the error names it.
func TestBadArgumentsAreRefusedBeforeAnythingIsSent(t *testing.T) {
	ctx := t.Context()
	png := smallPNG(t)
	with := func(change func(p *faceid.Person)) faceid.Person {
		p := somebody
		change(&p)
		return p
	}
	plus := func(orderNo string, p faceid.Person) func(c *faceid.Client) error {
		return func(c *faceid.Client) error {
			_, err := c.GetPlusFaceID(ctx, faceid.GetPlusFaceIDRequest{OrderNo: orderNo, Person: p})
			return err
		}
	}
	h5 := func(change func(r *faceid.H5Request)) func(c *faceid.Client) error {
		return func(c *faceid.Client) error {
			r := h5Request("order1")
			change(&r)
			_, err := c.StartH5(ctx, r)
			_, err2 := c.OpenH5(ctx, r)
			return errors.Join(err, err2)
		}
	}
	sdk := func(p faceid.Platform, person faceid.Person) func(c *faceid.Client) error {
		return func(c *faceid.Client) error {
			_, err := c.StartSDK(ctx, faceid.SDKRequest{Platform: p, Person: person})
			return err
		}
	}
	launch := func(r faceid.SDKRequest) func(c *faceid.Client) error {
		return func(c *faceid.Client) error { _, err := c.StartSDK(ctx, r); return err }
	}
	user := faceid.Person{UserID: "user1"}
	pc := func(change func(r *faceid.PCRequest)) func(c *faceid.Client) error {
		return func(c *faceid.Client) error {
			r := faceid.PCRequest{OrderNo: "order1", Person: somebody, RedirectURL: "https://merchant.example/back"}
			change(&r)
			_, err := c.StartPC(ctx, r)
			_, err2 := c.OpenPC(ctx, r)
			return errors.Join(err, err2)
		}
	}
	login := func(change func(s *faceid.PageSession)) func(c *faceid.Client) error {
		return func(c *faceid.Client) error {
			s := &faceid.PageSession{OrderNo: "order1", UserID: "user1", FaceID: "tx1", RedirectURL: "https://merchant.example/", OpenedAt: time.Now()}
			change(s)
			_, err := c.LoginURL(ctx, s)
			return err
		}
	}
	for name, test := range map[string]struct {
		field, limit string
		call         func(c *faceid.Client) error
	}{
		"no order":             {"OrderNo", "empty", plus("", somebody)},
		"order of 33":          {"OrderNo", "32", plus(strings.Repeat("x", 33), somebody)},
		"order with a hyphen":  {"OrderNo", "letters and digits", plus("a-b", somebody)},
		"order in Chinese":     {"OrderNo", "letters and digits", plus("订单", somebody)},
		"no user":              {"UserID", "empty", plus("o", with(func(p *faceid.Person) { p.UserID = "" }))},
		"user of 33":           {"UserID", "32", plus("o", with(func(p *faceid.Person) { p.UserID = strings.Repeat("u", 33) }))},
		"user with an at sign": {"UserID", "letters, digits", plus("o", with(func(p *faceid.Person) { p.UserID = "a@b" }))},
		"Harmony user of 31":   {"UserID", "30", sdk(faceid.PlatformHarmony, with(func(p *faceid.Person) { p.UserID = strings.Repeat("u", 31) }))},
		"no platform":          {"Platform", "PlatformAndroid", sdk("", somebody)},
		"name without idNo":    {"IDNo", "empty", plus("o", with(func(p *faceid.Person) { p.IDNo = "" }))},
		"idNo without name":    {"Name", "empty", plus("o", with(func(p *faceid.Person) { p.Name = "" }))},
		"name beside a photo":  {"IDNo", "both or neither", plus("o", faceid.Person{UserID: "u", Name: "n", Photo: png, PhotoType: faceid.PhotoClear})},
		"nobody":               {"Name", "required", plus("o", faceid.Person{UserID: "u"})},
		"name with a newline":  {"Name", "control", plus("o", with(func(p *faceid.Person) { p.Name = "a\nb" }))},
		"name in broken UTF-8": {"Name", "UTF-8", plus("o", with(func(p *faceid.Person) { p.Name = "a\xff" }))},
		"idNo with a blank":    {"IDNo", "holds a blank", plus("o", with(func(p *faceid.Person) { p.IDNo += " " }))},
		"photo too big":        {"Photo", "512000", plus("o", faceid.Person{UserID: "u", Photo: append(png, make([]byte, 512000)...), PhotoType: faceid.PhotoClear})},
		"photo is a GIF":       {"Photo", "JPG, PNG or BMP", plus("o", faceid.Person{UserID: "u", Photo: []byte("GIF89a" + strings.Repeat("x", 50)), PhotoType: faceid.PhotoClear})},
		"photo of no type":     {"PhotoType", "PhotoClear", plus("o", faceid.Person{UserID: "u", Photo: png})},
		"type of no photo":     {"PhotoType", "no Photo", plus("o", with(func(p *faceid.Person) { p.PhotoType = faceid.PhotoClear }))},
		"no redirect":          {"RedirectURL", "empty", h5(func(r *faceid.H5Request) { r.RedirectURL = "" })},
		"relative redirect":    {"RedirectURL", "absolute", h5(func(r *faceid.H5Request) { r.RedirectURL = "/back" })},
		"javascript redirect":  {"RedirectURL", "http", h5(func(r *faceid.H5Request) { r.RedirectURL = "javascript:alert(1)" })},
		"redirect of no host":  {"RedirectURL", "absolute", h5(func(r *faceid.H5Request) { r.RedirectURL = "https:///back" })},
		"redirect with user":   {"RedirectURL", "user info", h5(func(r *faceid.H5Request) { r.RedirectURL = "https://a:b@merchant.example/" })},
		"redirect not a URL":   {"RedirectURL", "not a URL", h5(func(r *faceid.H5Request) { r.RedirectURL = "https://a.example/%zz" })},
		"redirect with code":   {"RedirectURL", `"code"`, h5(func(r *faceid.H5Request) { r.RedirectURL = "https://merchant.example/?code=1" })},
		"H5 order":             {"OrderNo", "letters", h5(func(r *faceid.H5Request) { r.OrderNo = "a b" })},
		"H5 user":              {"UserID", "empty", h5(func(r *faceid.H5Request) { r.Person.UserID = "" })},
		"another product":      {"Product", "ProductPlus", h5(func(r *faceid.H5Request) { r.Product = "other" })},
		"Basic has no H5":      {"Product", "StartPC", h5(func(r *faceid.H5Request) { r.Product = faceid.ProductBasic })},
		"will has its own H5":  {"Product", "ProductPlus", h5(func(r *faceid.H5Request) { r.Product = faceid.ProductWill })},
		"an App of no product": {"Product", "ProductBasic", launch(faceid.SDKRequest{Product: faceid.ProductNFC, Platform: faceid.PlatformIOS, Person: somebody})},
		"an App's order":       {"OrderNo", "letters", launch(faceid.SDKRequest{Platform: faceid.PlatformIOS, Person: somebody, OrderNo: "a b"})},
		"an App's photo":       {"Photo", "image", launch(faceid.SDKRequest{Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", Photo: []byte("GIF89a"), PhotoType: faceid.PhotoClear}})},
		"liveness on Android":  {"LivenessOnly", "PlatformIOS", launch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformAndroid, Person: user, LivenessOnly: true})},
		"liveness of Plus":     {"LivenessOnly", "ProductBasic", launch(faceid.SDKRequest{Platform: faceid.PlatformIOS, Person: user, LivenessOnly: true})},
		"liveness of somebody": {"Person", "UserID only", launch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: somebody, LivenessOnly: true})},
		"liveness of a photo":  {"Person", "UserID only", launch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", Photo: png}, LivenessOnly: true})},
		"liveness, photo type": {"Person", "UserID only", launch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", PhotoType: faceid.PhotoClear}, LivenessOnly: true})},
		"liveness of a name":   {"Person", "UserID only", launch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", Name: "n"}, LivenessOnly: true})},
		"liveness of a number": {"Person", "UserID only", launch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "u", IDNo: "n"}, LivenessOnly: true})},
		"liveness of nobody":   {"UserID", "empty", launch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, LivenessOnly: true})},
		"liveness order":       {"OrderNo", "letters", launch(faceid.SDKRequest{Product: faceid.ProductBasic, Platform: faceid.PlatformIOS, Person: user, LivenessOnly: true, OrderNo: "-"})},
		"PC order":             {"OrderNo", "letters", pc(func(r *faceid.PCRequest) { r.OrderNo = "a b" })},
		"PC user":              {"UserID", "32", pc(func(r *faceid.PCRequest) { r.Person.UserID = strings.Repeat("u", 33) })},
		"PC of nobody":         {"Name", "required", pc(func(r *faceid.PCRequest) { r.Person.Name, r.Person.IDNo = "", "" })},
		"PC redirect":          {"RedirectURL", "empty", pc(func(r *faceid.PCRequest) { r.RedirectURL = "" })},
		"PC redirect taken":    {"RedirectURL", `"newSign"`, pc(func(r *faceid.PCRequest) { r.RedirectURL += "?newSign=1" })},
		"no session":           {"PageSession", "nil", func(c *faceid.Client) error { _, err := c.LoginURL(ctx, nil); return err }},
		"session of no face":   {"FaceID", "empty", login(func(s *faceid.PageSession) { s.FaceID = "" })},
		"session of no order":  {"OrderNo", "empty", login(func(s *faceid.PageSession) { s.OrderNo = "" })},
		"session of no user":   {"UserID", "empty", login(func(s *faceid.PageSession) { s.UserID = "" })},
		"session to elsewhere": {"RedirectURL", "absolute", login(func(s *faceid.PageSession) { s.RedirectURL = "x" })},
		"NONCE of no user":     {"UserID", "empty", func(c *faceid.Client) error { _, err := c.NonceTicket(ctx, ""); return err }},
		"record of no order": {"OrderNo", "empty", func(c *faceid.Client) error {
			_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{})
			_, err2 := c.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{})
			_, err3 := c.QueryPhotoInfo(ctx, faceid.QueryPhotoInfoRequest{})
			return errors.Join(err, err2, err3)
		}},
		"waiting for what is not there": {"GetFile", "FilesAll", func(c *faceid.Client) error {
			_, err := c.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: "o", GetFile: "9"})
			return err
		}},
		"a callback of no request": {"Request", "nil", func(c *faceid.Client) error {
			_, err := c.VerifyCallback(ctx, nil)
			_, err2 := c.VerifyCallback(ctx, &http.Request{})
			return errors.Join(err, err2)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			err := test.call(newClient(sim))
			require.ErrorIs(t, err, faceid.ErrRequest)
			var bad *faceid.ArgumentError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, test.field, bad.Field)
			require.Contains(t, bad.Reason, test.limit)
			require.Empty(t, sim.Requests(), "nothing was sent")
		})
	}
}

func TestEveryUploadChecksItsArguments(t *testing.T) {
	for op, upload := range uploads {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		for field, try := range map[string]func() error{
			"OrderNo": func() error { _, err := upload.call(t.Context(), client, "", somebody, ""); return err },
			"Name": func() error {
				_, err := upload.call(t.Context(), client, "order1", faceid.Person{UserID: "u"}, "")
				return err
			},
		} {
			err := try()
			var bad *faceid.ArgumentError
			require.ErrorAs(t, err, &bad, op)
			require.Equal(t, field, bad.Field)
			require.ErrorContains(t, err, op)
		}
		require.Empty(t, sim.Requests())
	}
}

func TestLimitsAreExact(t *testing.T) {
	photo := append(smallPNG(t), make([]byte, 512000)...)[:512000]
	person := faceid.Person{UserID: strings.Repeat("u", 32), Photo: photo, PhotoType: faceid.PhotoWatermarked}
	for op, upload := range uploads {
		client := newClient(faceidtest.Start(t))
		_, err := upload.call(t.Context(), client, strings.Repeat("9", 32), person, "")
		require.NoError(t, err, op)
		larger := person
		larger.Photo = append(photo[:len(photo):len(photo)], 0)
		_, err = upload.call(t.Context(), client, "order2", larger, "")
		require.ErrorIs(t, err, faceid.ErrRequest, op)
	}
	for sdk := range launchNames {
		product, platform, _ := strings.Cut(sdk, " ")
		sim := faceidtest.Start(t)
		client := newClient(sim)
		request := faceid.SDKRequest{Product: faceid.Product(product), Platform: faceid.Platform(platform), Person: somebody, Licence: "licence"}
		most := map[string]int{"android": 32, "ios": 32, "harmony": 30}[platform]
		request.Person.UserID = strings.Repeat("u", most)
		launch, err := client.StartSDK(t.Context(), request)
		require.NoError(t, err)
		result, err := sim.RunSDK(t.Context(), launch.Params)
		require.NoError(t, err)
		require.Equal(t, "0", result.Code, "%s %s", sdk, result.Domain)
		request.Person.UserID += "u"
		_, err = client.StartSDK(t.Context(), request)
		require.ErrorIs(t, err, faceid.ErrRequest, sdk)
	}
}

func TestAnOldSessionCostsNoTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		session, err := client.OpenH5(t.Context(), h5Request("order1"))
		require.NoError(t, err)
		time.Sleep(5*time.Minute - 1)
		loginURL, err := client.LoginURL(t.Context(), session)
		require.NoError(t, err)
		_, err = sim.Visit(t.Context(), loginURL)
		require.NoError(t, err)
		before := sim.Calls(pathTicket)
		time.Sleep(1)
		_, err = client.LoginURL(t.Context(), session)
		require.ErrorIs(t, err, faceid.ErrExpired)
		require.Equal(t, before, sim.Calls(pathTicket))
		require.Equal(t, session.OpenedAt.Add(5*time.Minute), session.ExpiresAt())
	})
}

func TestIfOneHalfOfALaunchFailsTheOtherIsGivenUp(t *testing.T) {
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

// The NONCE ticket is fetched where nobody above could catch a panic.
func TestAPanicBesideTheUploadFailsTheLaunchOnly(t *testing.T) {
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

func TestTheLoginPageLivesOnThePlatformOnly(t *testing.T) {
	for name, test := range map[string]struct{ domain, base, want string }{
		"as documented":      {"kyc1.qcloud.com", "", "https://kyc1.qcloud.com"},
		"another host":       {"kyc3.qcloud.com", "", "https://kyc3.qcloud.com"},
		"cloud API":          {"kyc.tencentcloudapi.com", "", "https://kyc.tencentcloudapi.com"},
		"upper case":         {"KYC3.QCloud.com", "", "https://KYC3.QCloud.com"},
		"with a port":        {"kyc1.qcloud.com:8443", "", "https://kyc1.qcloud.com:8443"},
		"none":               {"", "", "https://kyc1.qcloud.com"},
		"added":              {"face.bank.example", "", "https://face.bank.example"},
		"stranger":           {"evil.example", "", "https://kyc1.qcloud.com"},
		"lookalike":          {"evilqcloud.com", "", "https://kyc1.qcloud.com"},
		"suffix in front":    {"qcloud.com.evil.example", "", "https://kyc1.qcloud.com"},
		"with a path":        {"kyc1.qcloud.com/x", "", "https://kyc1.qcloud.com"},
		"with a user":        {"kyc1.qcloud.com@evil.example", "", "https://kyc1.qcloud.com"},
		"user of a platform": {"evil.example#.qcloud.com", "", "https://kyc1.qcloud.com"},
		"with a scheme":      {"https://kyc1.qcloud.com", "", "https://kyc1.qcloud.com"},
		"with a backslash":   {`evil.example\.qcloud.com`, "", "https://kyc1.qcloud.com"},
		"an odd port":        {"kyc1.qcloud.com:x", "", "https://kyc1.qcloud.com"},
		"the base's host":    {"127.0.0.1:18080", "http://127.0.0.1:18080", "http://127.0.0.1:18080"},
		"not the base":       {"127.0.0.1:18081", "http://127.0.0.1:18080", "https://kyc1.qcloud.com"},
		"none, with a proxy": {"", "https://egress.shop.example", "https://kyc1.qcloud.com"},
		"through a proxy":    {"kyc2.qcloud.com", "https://egress.shop.example", "https://kyc2.qcloud.com"},
		"the proxy itself":   {"egress.shop.example", "https://egress.shop.example", "https://egress.shop.example"},
		"another platform":   {"", "https://kyc2.qcloud.com.", "https://kyc2.qcloud.com"},
	} {
		t.Run(name, func(t *testing.T) {
			opts := []faceid.Option{faceid.WithLoginDomain("bank.example")}
			if test.base != "" {
				opts = append(opts, faceid.WithBaseURL(test.base))
			}
			client, _, _ := documented(t, opts...)
			loginURL, err := client.LoginURL(t.Context(), &faceid.PageSession{
				OrderNo: "order1", UserID: "user1", FaceID: "tx1", OptimalDomain: test.domain, RedirectURL: "https://merchant.example/", OpenedAt: time.Now(),
			})
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(loginURL, test.want+"/api/web/login?"), loginURL)
		})
	}
}

// Whatever a session holds, the URL leads to a host of the platform and carries
// each value once, as it was.
func FuzzLoginURL(f *testing.F) {
	f.Add("order1", "user1", "tx1", "kyc1.qcloud.com", "https://merchant.example/?a=b%2Fc&d=%E4%B8%AD#f")
	f.Add("1", "u", "f&sign=x", "evil.example", "http://[::1]:80/")
	f.Add("1", "u", "f", "x.qcloud.com#@evil", "https://merchant.example/?q=a+b;c")
	client, err := faceid.New(faceid.WithApp(wireAppID, wireSecret), faceid.WithHTTPClient(fuzzPlatform), faceid.WithStore(faceid.NewMemoryStore()))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, orderNo, userID, faceID, domain, redirect string) {
		loginURL, err := client.LoginURL(t.Context(), &faceid.PageSession{
			OrderNo: orderNo, UserID: userID, FaceID: faceID, OptimalDomain: domain, RedirectURL: redirect, OpenedAt: time.Now(),
		})
		if err != nil {
			require.ErrorIs(t, err, faceid.ErrRequest)
			return
		}
		address, err := url.Parse(loginURL)
		require.NoError(t, err)
		require.Equal(t, "https", address.Scheme)
		require.Nil(t, address.User)
		host := strings.ToLower(address.Hostname())
		require.True(t, host == "qcloud.com" || strings.HasSuffix(host, ".qcloud.com") ||
			host == "webank.com" || strings.HasSuffix(host, ".webank.com") ||
			host == "tencentcloudapi.com" || strings.HasSuffix(host, ".tencentcloudapi.com"), loginURL)
		query, err := url.ParseQuery(address.RawQuery)
		require.NoError(t, err)
		for name, value := range map[string]string{"orderNo": orderNo, "userId": userID, "faceId": faceID, "url": redirect} {
			require.Equal(t, []string{value}, query[name])
		}
		require.Equal(t, faceid.Sign(wireTicket, wireAppID, userID, orderNo, "1.0.0", faceID, query.Get("nonce")), query.Get("sign"))
	})
}
