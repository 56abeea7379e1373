package faceid_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

const (
	pathToken    = "/api/oauth2/access_token"
	pathTicket   = "/api/oauth2/api_ticket"
	pathPlus     = "/api/server/getPlusFaceId"
	pathAdv      = "/api/server/getAdvFaceId"
	pathBasic    = "/api/server/getfaceid"
	pathPC       = "/api/server/h5/geth5faceid"
	pathWill     = "/api/server/getWillFaceId"
	pathWillEnd  = "/api/server/getWillFaceResult"
	pathOCR      = "/api/server/getOcrResult"
	pathBankCard = "/api/server/getBankCardOcrResult"
	pathNFC      = "/api/server/getOcrCertId"
	pathNFCEnd   = "/api/v2/nfcpaas/getIdcardNfcResult"
	pathRecord   = "/api/v2/base/queryfacerecord"
	pathPhotos   = "/api/v2/base/queryphotoinfo"
)

// An invented person; the number has a valid check digit.
var somebody = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

func h5Request(orderNo string) faceid.H5Request {
	return faceid.H5Request{OrderNo: orderNo, Person: somebody, RedirectURL: "https://merchant.example/back?lang=zh&x=a%2Fb"}
}

func smallPNG(t testing.TB) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))))
	return b.Bytes()
}

// finish opens a verification in the browser and lets the person end it.
func finish(t testing.TB, sim *faceidtest.Server, c *faceid.Client, orderNo string) *http.Request {
	t.Helper()
	login, err := c.StartH5(t.Context(), h5Request(orderNo))
	require.NoError(t, err)
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	return back
}

// roundTripper is an http.RoundTripper made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// fuzzPlatform answers every token and ticket call.
var fuzzPlatform = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
	body := `{"code":"0","tickets":[{"value":"ticket_string","expire_in":"3600"}]}`
	if r.URL.Path == pathToken {
		body = `{"code":"0","access_token":"accessToken_string","expire_in":"7200"}`
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
})}
