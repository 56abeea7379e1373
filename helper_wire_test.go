package faceid_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// browsers are the ways to begin a verification in a browser.
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

// The helpers below are for the requests, byte for byte as the documents' tables have
// them, and for the documents' own answers.

const (
	wireAppID  = "IDAXXXXX"
	wireSecret = "wire-secret"
	wireToken  = "accessToken_string" // the token in the documents' answers
	wireTicket = "ticket_string"
)

// documented makes a client whose platform answers what the documents print.
func documented(t *testing.T, opts ...faceid.Option) (*faceid.Client, *httpmock.MockTransport, *recorder) {
	mock := httpmock.NewMockTransport()
	answer := func(file string) httpmock.Responder {
		text, err := os.ReadFile("testdata/answers/" + file + ".json")
		require.NoError(t, err)
		return httpmock.NewStringResponder(200, string(text))
	}
	mock.RegisterResponder("GET", "=~"+pathToken, answer("access_token.plus"))
	mock.RegisterResponder("GET", "=~"+pathTicket+".*type=SIGN", answer("api_ticket_sign.plus"))
	mock.RegisterResponder("GET", "=~"+pathTicket+".*type=NONCE", answer("api_ticket_nonce.plus"))
	mock.RegisterResponder("POST", "=~"+pathPlus, answer("getPlusFaceId.h5"))
	mock.RegisterResponder("POST", "=~"+pathAdv, answer("getAdvFaceId.h5"))
	mock.RegisterResponder("POST", "=~"+pathBasic, answer("getfaceid.basic-app"))
	mock.RegisterResponder("POST", "=~"+pathPC, answer("geth5faceid.pc"))
	mock.RegisterResponder("POST", "=~"+pathRecord, answer("queryfacerecord.plus-app"))
	mock.RegisterResponder("POST", "=~"+pathPhotos, answer("queryphotoinfo.plus-app"))
	rec := &recorder{next: mock}
	client, err := faceid.New(append([]faceid.Option{
		faceid.WithApp(wireAppID, wireSecret), faceid.WithHTTPClient(&http.Client{Transport: rec}), faceid.WithStore(faceid.NewMemoryStore()),
	}, opts...)...)
	require.NoError(t, err)
	return client, mock, rec
}

// replay makes a documented answer usable, as the documents print another order's
// number, and asterisks in the place of media.
func replay(t *testing.T, mock *httpmock.MockTransport, path, file string, change func(result map[string]any)) {
	text, err := os.ReadFile("testdata/answers/" + file + ".json")
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(text, &answer))
	change(answer["result"].(map[string]any))
	mock.RegisterResponder("POST", "=~"+path, httpmock.NewJsonResponderOrPanic(200, answer))
}

// recorder is a transport that keeps the requests.
type recorder struct {
	mu     sync.Mutex
	next   http.RoundTripper
	urls   []*url.URL
	types  []string
	bodies []map[string]string
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.urls = append(r.urls, request.URL)
	r.types = append(r.types, request.Method+" "+request.Header.Get("Content-Type"))
	var body map[string]string // Every value is a string, except for will's list.
	if request.Body != nil {
		text, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(text, &members); err != nil {
			return nil, err
		}
		body = map[string]string{}
		for name, raw := range members {
			var value string
			switch err := json.Unmarshal(raw, &value); {
			case name == "willContentList":
				value = string(raw)
			case err != nil:
				return nil, err
			}
			body[name] = value
		}
	}
	r.bodies = append(r.bodies, body)
	return r.next.RoundTrip(request)
}

func (r *recorder) last() (*url.URL, string, map[string]string) {
	n := len(r.urls) - 1
	return r.urls[n], r.types[n], r.bodies[n]
}

// checkSigned removes sign and nonce from a body and verifies them.
func checkSigned(t *testing.T, body map[string]string, names ...string) {
	var values []string
	for _, name := range names {
		if body[name] != "" { // A value that is absent is not part of the signature.
			values = append(values, body[name])
		}
	}
	if slices.Contains(names, "nonce") {
		require.Len(t, body["nonce"], 32)
	} else {
		require.NotContains(t, body, "nonce")
	}
	require.Equal(t, faceid.Sign(wireTicket, values...), body["sign"])
	delete(body, "sign")
	delete(body, "nonce")
}

// uploads are the four upload calls with one function type.
var uploads = map[string]struct {
	path, file string
	signed     []string // the names of the values that are signed
	live       bool     // whether it has a liveInterType
	call       func(ctx context.Context, c *faceid.Client, orderNo string, p faceid.Person, live faceid.LiveInterType) (opened, error)
}{
	"GetPlusFaceID": {pathPlus, "getPlusFaceId.h5", []string{"appId", "userId", "version", "nonce"}, true,
		func(ctx context.Context, c *faceid.Client, orderNo string, p faceid.Person, live faceid.LiveInterType) (opened, error) {
			r, err := c.GetPlusFaceID(ctx, faceid.GetPlusFaceIDRequest{OrderNo: orderNo, Person: p, LiveInterType: live})
			if err != nil {
				return opened{}, err
			}
			return opened{r.OrderNo, r.FaceID, r.OptimalDomain, r.BizSeqNo, r.TransactionTime}, nil
		}},
	"GetAdvFaceID": {pathAdv, "getAdvFaceId.h5", []string{"appId", "userId", "version", "nonce"}, true,
		func(ctx context.Context, c *faceid.Client, orderNo string, p faceid.Person, live faceid.LiveInterType) (opened, error) {
			r, err := c.GetAdvFaceID(ctx, faceid.GetAdvFaceIDRequest{OrderNo: orderNo, Person: p, LiveInterType: live})
			if err != nil {
				return opened{}, err
			}
			return opened{r.OrderNo, r.FaceID, r.OptimalDomain, r.BizSeqNo, r.TransactionTime}, nil
		}},
	"GetFaceID": {pathBasic, "getfaceid.basic-app", []string{"appId", "userId", "version", "nonce"}, false,
		func(ctx context.Context, c *faceid.Client, orderNo string, p faceid.Person, _ faceid.LiveInterType) (opened, error) {
			r, err := c.GetFaceID(ctx, faceid.GetFaceIDRequest{OrderNo: orderNo, Person: p})
			if err != nil {
				return opened{}, err
			}
			return opened{r.OrderNo, r.FaceID, "", r.BizSeqNo, r.TransactionTime}, nil
		}},
	"GetH5FaceID": {pathPC, "geth5faceid.pc", []string{"appId", "orderNo", "name", "idNo", "userId", "version"}, false,
		func(ctx context.Context, c *faceid.Client, orderNo string, p faceid.Person, _ faceid.LiveInterType) (opened, error) {
			r, err := c.GetH5FaceID(ctx, faceid.GetH5FaceIDRequest{OrderNo: orderNo, Person: p})
			if err != nil {
				return opened{}, err
			}
			return opened{r.OrderNo, r.H5FaceID, r.OptimalDomain, r.BizSeqNo, r.TransactionTime}, nil
		}},
}

type opened struct {
	orderNo, id, optimalDomain, bizSeqNo string
	at                                   time.Time
}

// respellings are the ways in which the spelling of answers is known to vary. None
// changes the meaning of an answer.
var respellings = map[string]func(answer map[string]any){
	"as printed":     func(map[string]any) {},
	"code as number": func(a map[string]any) { a["code"] = 0 },
	"code as string": func(a map[string]any) { a["code"] = "0" },
	"flat": func(a map[string]any) {
		for name, value := range a["result"].(map[string]any) {
			a[name] = value
		}
		delete(a, "result")
	},
	"serial number outside": func(a map[string]any) {
		if result := a["result"].(map[string]any); a["bizSeqNo"] == nil {
			a["bizSeqNo"] = result["bizSeqNo"]
			delete(result, "bizSeqNo")
		}
	},
	"serial number inside": func(a map[string]any) {
		if a["bizSeqNo"] != nil {
			a["result"].(map[string]any)["bizSeqNo"] = a["bizSeqNo"]
			delete(a, "bizSeqNo")
		}
	},
	"success true": func(a map[string]any) { a["success"], a["result"].(map[string]any)["success"] = true, true },
	"oriCode":      func(a map[string]any) { a["result"].(map[string]any)["oriCode"] = "0" },
	"fields to come": func(a map[string]any) {
		a["later"], a["result"].(map[string]any)["later"] = []any{1, nil}, map[string]any{"x": "y"}
	},
}

// respelt has a path answered with a documented answer in one of those ways, with or
// without escaped slashes.
func respelt(t *testing.T, mock *httpmock.MockTransport, path, file, dialect string, change func(result map[string]any)) {
	text, err := os.ReadFile("testdata/answers/" + file + ".json")
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(text, &answer))
	change(answer["result"].(map[string]any))
	respellings[dialect](answer)
	body, err := json.Marshal(answer)
	require.NoError(t, err)
	for _, method := range []string{"GET", "POST"} {
		mock.RegisterResponder(method, "=~"+path, httpmock.NewStringResponder(200, strings.ReplaceAll(string(body), "/", `\/`)))
	}
}

// loginQuery returns the address and the query of a login URL.
func loginQuery(t *testing.T, login *faceid.PageLogin) (address string, query map[string]string) {
	u, err := url.Parse(login.URL)
	require.NoError(t, err)
	query = map[string]string{}
	for name, values := range u.Query() {
		require.Len(t, values, 1)
		query[name] = values[0]
	}
	return u.Scheme + "://" + u.Host + u.Path, query
}

// launchNames are the documents' tables of launch parameters: for each product and
// phone, the name of each value.
var launchNames = map[string]string{
	"plus android":     "faceId=faceId orderNo=agreementNo appId=openApiAppId version=openApiAppVersion nonce=openApiNonce userId=openApiUserId sign=openApiSign licence=keyLicence",
	"enhanced android": "faceId=faceId orderNo=agreementNo appId=openApiAppId version=openApiAppVersion nonce=openApiNonce userId=openApiUserId sign=openApiSign licence=keyLicence",
	"basic android":    "faceId=faceId orderNo=agreementNo appId=openApiAppId version=openApiAppVersion nonce=openApiNonce userId=openApiUserId sign=openApiSign licence=keyLicence",
	"plus ios":         "faceId=faceId orderNo=orderNo appId=appId version=apiVersion nonce=nonce userId=userid sign=sign licence=licence",
	"enhanced ios":     "faceId=faceId orderNo=orderNo appId=appId version=apiVersion nonce=nonce userId=userid sign=sign licence=licence",
	"basic ios":        "faceId=faceId orderNo=orderNo appId=appid version=apiVersion nonce=nonce userId=userid sign=sign licence=licence",
	"plus harmony":     "faceId=faceId orderNo=orderNo appId=appId version=version nonce=nonce userId=userId sign=sign licence=licence",
	"enhanced harmony": "faceId=faceId orderNo=orderNo appId=appId version=version nonce=nonce userId=userId sign=sign licence=licence",
	"basic harmony":    "faceId=faceId orderNo=orderNo appId=appId version=version nonce=nonce userId=userId sign=sign licence=licence",
}

// otherNames are the names of the SDKs for will, cards and chips.
var otherNames = map[string]string{
	"will android":         "faceId=faceId orderNo=agreementNo appId=openApiAppId version=openApiAppVersion nonce=openApiNonce userId=openApiUserId sign=openApiSign licence=keyLicence",
	"will ios":             "faceId=faceId orderNo=orderNo appId=appid version=apiVersion nonce=nonce userId=userid sign=sign licence=licence",
	"will harmony":         "faceId=faceId orderNo=orderNo appId=appId version=version nonce=nonce userId=userId sign=sign licence=licence",
	"ocr-idcard android":   "orderNo=orderNo appId=openApiAppId version=openApiAppVersion nonce=openApiNonce userId=openApiUserId sign=openApiSign",
	"ocr-idcard ios":       "orderNo=orderNo appId=appId version=version nonce=nonce userId=userId sign=sign licence=license",
	"ocr-idcard harmony":   "orderNo=orderNo appId=appId nonce=nonce userId=userId sign=sign",
	"ocr-bankcard android": "orderNo=orderNo appId=openApiAppId version=openApiAppVersion nonce=openApiNonce userId=openApiUserId sign=openApiSign",
	"ocr-bankcard ios":     "orderNo=orderNo appId=appId version=version nonce=nonce userId=userId sign=sign licence=license",
	"ocr-bankcard harmony": "orderNo=orderNo appId=appId nonce=nonce userId=userId sign=sign",
	"nfc android":          "orderNo=orderNo appId=openApiAppId version=openApiAppVersion nonce=openApiNonce userId=openApiUserId sign=openApiSign ocrCertId=openApiOcrCertId",
	"nfc ios":              "orderNo=orderNo appId=appId version=version nonce=nonce userId=userId sign=sign ocrCertId=ocrCertId",
}

// startApp launches any product in an App.
func startApp(ctx context.Context, c *faceid.Client, product, platform, orderNo, userID, licence string) (*faceid.SDKLaunch, error) {
	person, phone := somebody, faceid.Platform(platform)
	person.UserID = userID
	switch p := faceid.Product(product); p {
	case faceid.ProductWill:
		return c.StartWillSDK(ctx, faceid.WillSDKRequest{Platform: phone, OrderNo: orderNo, Person: person, Will: asked, Licence: licence})
	case faceid.ProductIDCardOCR, faceid.ProductBankCardOCR:
		return c.StartOCR(ctx, faceid.OCRRequest{Product: p, Platform: phone, OrderNo: orderNo, UserID: userID, Licence: licence})
	case faceid.ProductNFC:
		return c.StartNFC(ctx, faceid.NFCRequest{Platform: phone, OrderNo: orderNo, UserID: userID})
	default:
		return c.StartSDK(ctx, faceid.SDKRequest{Product: p, Platform: phone, OrderNo: orderNo, Person: person, Licence: licence})
	}
}
