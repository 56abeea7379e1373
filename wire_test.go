package faceid_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// The requests, byte for byte as the documents' tables have them, and the
// documents' own answers.

const (
	wireAppID  = "IDAXXXXX"
	wireSecret = "wire-secret"
	wireToken  = "accessToken_string" // of the documents' answers
	wireTicket = "ticket_string"
)

// documented is a client whose platform answers what the documents print.
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
	mock.RegisterResponder("POST", "=~"+pathRecord, answer("queryfacerecord.plus-app"))
	mock.RegisterResponder("POST", "=~"+pathPhotos, answer("queryphotoinfo.plus-app"))
	rec := &recorder{next: mock}
	client, err := faceid.New(append([]faceid.Option{
		faceid.WithApp(wireAppID, wireSecret), faceid.WithHTTPClient(&http.Client{Transport: rec}), faceid.WithStore(faceid.NewMemoryStore()),
	}, opts...)...)
	require.NoError(t, err)
	return client, mock, rec
}

// replay makes a documented answer usable: the documents print another order's
// number and asterisks in the place of media.
func replay(t *testing.T, mock *httpmock.MockTransport, path, file string, change func(result map[string]any)) {
	text, err := os.ReadFile("testdata/answers/" + file + ".json")
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(text, &answer))
	change(answer["result"].(map[string]any))
	mock.RegisterResponder("POST", "=~"+path, httpmock.NewJsonResponderOrPanic(200, answer))
}

// recorder keeps the requests that went by.
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
	var body map[string]string // every value is a string
	if request.Body != nil {
		text, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &body); err != nil {
			return nil, err
		}
	}
	r.bodies = append(r.bodies, body)
	return r.next.RoundTrip(request)
}

func (r *recorder) last() (*url.URL, string, map[string]string) {
	n := len(r.urls) - 1
	return r.urls[n], r.types[n], r.bodies[n]
}

func TestTokenAndTicketRequests(t *testing.T) {
	client, _, rec := documented(t)
	token, err := client.AccessToken(t.Context())
	require.NoError(t, err)
	require.Equal(t, wireToken, token)
	sign, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	require.Equal(t, wireTicket, sign)
	nonce, err := client.NonceTicket(t.Context(), "user1")
	require.NoError(t, err)
	require.Equal(t, wireTicket, nonce)

	require.Equal(t, []string{
		"https://kyc1.qcloud.com/api/oauth2/access_token?appId=IDAXXXXX&grant_type=client_credential&secret=wire-secret&version=1.0.0",
		"https://kyc1.qcloud.com/api/oauth2/api_ticket?access_token=accessToken_string&appId=IDAXXXXX&type=SIGN&version=1.0.0",
		"https://kyc1.qcloud.com/api/oauth2/api_ticket?access_token=accessToken_string&appId=IDAXXXXX&type=NONCE&user_id=user1&version=1.0.0",
	}, []string{rec.urls[0].String(), rec.urls[1].String(), rec.urls[2].String()})
	require.Equal(t, "GET ", rec.types[0])
	require.Len(t, rec.urls, 3)
}

func TestOlderHostsGetTheirName(t *testing.T) {
	client, _, rec := documented(t, faceid.WithTokenAppIDName("app_id"), faceid.WithBaseURL("https://kyc.qcloud.com"))
	_, err := client.NonceTicket(t.Context(), "user1")
	require.NoError(t, err)
	for _, u := range rec.urls {
		require.Equal(t, "kyc.qcloud.com", u.Host)
		require.Equal(t, wireAppID, u.Query().Get("app_id"))
		require.False(t, u.Query().Has("appId"))
	}
}

// checkSigned takes sign and nonce out of a body and checks them.
func checkSigned(t *testing.T, body map[string]string, names ...string) {
	require.Len(t, body["nonce"], 32)
	var values []string
	for _, name := range names {
		values = append(values, body[name])
	}
	require.Equal(t, faceid.Sign(wireTicket, values...), body["sign"])
	delete(body, "sign")
	delete(body, "nonce")
}

func TestUploadRequest(t *testing.T) {
	photo := smallPNG(t)
	for name, test := range map[string]struct {
		request faceid.GetPlusFaceIDRequest
		want    map[string]string
	}{
		"authority source": {
			faceid.GetPlusFaceIDRequest{Person: somebody},
			map[string]string{"name": somebody.Name, "idNo": somebody.IDNo},
		},
		"real time only": {
			faceid.GetPlusFaceIDRequest{Person: somebody, LiveInterType: faceid.LiveRealTimeOnly},
			map[string]string{"name": somebody.Name, "idNo": somebody.IDNo, "liveInterType": "1"},
		},
		"own photo": {
			faceid.GetPlusFaceIDRequest{Person: faceid.Person{UserID: "user1", Photo: photo, PhotoType: faceid.PhotoWatermarked}},
			map[string]string{"sourcePhotoStr": base64.StdEncoding.EncodeToString(photo), "sourcePhotoType": "1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, rec := documented(t)
			replay(t, mock, pathPlus, "getPlusFaceId.h5", func(result map[string]any) { result["orderNo"] = "order1" })
			test.request.OrderNo = "order1"
			result, err := client.GetPlusFaceID(t.Context(), test.request)
			require.NoError(t, err)

			address, kind, body := rec.last()
			require.Equal(t, "https://kyc1.qcloud.com/api/server/getPlusFaceId?orderNo=order1", address.String())
			require.Equal(t, "POST application/json", kind)
			checkSigned(t, body, "appId", "userId", "version", "nonce")
			for name, value := range map[string]string{"appId": wireAppID, "orderNo": "order1", "userId": "user1", "version": "1.0.0"} {
				test.want[name] = value
			}
			require.Equal(t, test.want, body, "these and no others")

			require.Equal(t, "tx0375fa5243984381ea7b7013f13795", result.FaceID)
			require.Equal(t, "kyc1.qcloud.com", result.OptimalDomain)
			require.Equal(t, "order1", result.OrderNo)
			require.Equal(t, "21062120001184438418322908010297", result.BizSeqNo)
			require.Equal(t, "2021-06-21T18:32:29+08:00", result.TransactionTime.Format(time.RFC3339))
		})
	}
}

func TestTheAppAnswerOfTheDocumentsIsRead(t *testing.T) {
	client, mock, _ := documented(t)
	replay(t, mock, pathPlus, "getPlusFaceId.app", func(result map[string]any) { result["orderNo"] = "order1" })
	result, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
	require.NoError(t, err, "code is the number 0 there")
	require.Equal(t, "cc1184c3995c71a731357f9812aab988", result.FaceID)
	require.Empty(t, result.OptimalDomain)
	require.Equal(t, "业务流水号", result.BizSeqNo)
}

func TestRecordRequestAndAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		request faceid.QueryFaceRecordRequest
		file    string
		want    map[string]string
		record  faceid.FaceRecord
	}{
		"App, decision only": {
			faceid.QueryFaceRecordRequest{}, "queryfacerecord.plus-app", map[string]string{},
			faceid.FaceRecord{
				LiveRate: faceid.Score{Value: 99, Present: true}, Similarity: faceid.Score{Value: 97, Present: true},
				Risk: &faceid.RiskInfo{DeviceInfoLevel: "1"}, SDKVersion: "v4.5.2.1", BizSeqNo: "22041520001184442415491408594474",
			},
		},
		"mobile H5, all files": {
			faceid.QueryFaceRecordRequest{GetFile: faceid.FilesAll, QueryVersion: faceid.QueryVersion10}, "queryfacerecord.plus-h5",
			map[string]string{"getFile": "1", "queryVersion": "1.0"},
			faceid.FaceRecord{
				LiveRate: faceid.Score{Value: 99, Present: true}, Similarity: faceid.Score{Value: 88.01, Present: true},
				SDKVersion: "1.12.12", TRTCFlag: "Y", BizSeqNo: "22032920001184453211174015790894",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, rec := documented(t)
			replay(t, mock, pathRecord, test.file, func(result map[string]any) {
				result["orderNo"], result["photo"], result["video"] = "order1", "cGhvdG8=", "dmlkZW8="
			})
			test.request.OrderNo = "order1"
			record, err := client.QueryFaceRecord(t.Context(), test.request)
			require.NoError(t, err)

			address, kind, body := rec.last()
			require.Equal(t, "https://kyc1.qcloud.com/api/v2/base/queryfacerecord?orderNo=order1", address.String())
			require.Equal(t, "POST application/json", kind)
			checkSigned(t, body, "appId", "orderNo", "version", "nonce")
			for name, value := range map[string]string{"appId": wireAppID, "orderNo": "order1", "version": "1.0.0"} {
				test.want[name] = value
			}
			require.Equal(t, test.want, body, "these and no others")

			require.True(t, record.Passed())
			require.False(t, record.OccurredTime.IsZero())
			require.False(t, record.TransactionTime.IsZero())
			require.Contains(t, string(record.Raw), `"appId"`)
			require.NotContains(t, string(record.Raw), "cGhvdG8=")
			test.record.Code, test.record.OrderNo, test.record.Message = faceid.CodePassed, "order1", "请求成功"
			test.record.Photo, test.record.PhotoSize = []byte("photo"), 5
			test.record.Video, test.record.VideoSize = []byte("video"), 5
			test.record.OccurredTime, test.record.TransactionTime, test.record.Raw = record.OccurredTime, record.TransactionTime, record.Raw
			require.Equal(t, test.record, *record)
		})
	}
}

func TestPhotoRequestAndAnswer(t *testing.T) {
	client, mock, rec := documented(t)
	replay(t, mock, pathPhotos, "queryphotoinfo.plus-h5", func(result map[string]any) {
		result["orderNo"], result["photoList"] = "order1", []any{"Mg==", "MQ==", "Mw=="}
	})
	info, err := client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1"})
	require.NoError(t, err)
	require.Equal(t, [][]byte{[]byte("2"), []byte("1"), []byte("3")}, info.Photos)
	require.Equal(t, []int64{1, 1, 1}, info.Sizes)
	require.Equal(t, "2018-09-07T14:26:53+08:00", info.OccurredTime.Format(time.RFC3339))

	address, _, body := rec.last()
	require.Equal(t, "https://kyc1.qcloud.com/api/v2/base/queryphotoinfo?orderNo=order1", address.String())
	checkSigned(t, body, "appId", "orderNo", "version", "nonce")
	require.Equal(t, map[string]string{
		"appId": wireAppID, "webankAppId": wireAppID, "orderNo": "order1", "version": "1.0.0",
	}, body, "these and no others")

	replay(t, mock, pathPhotos, "queryphotoinfo.plus-h5", func(result map[string]any) { result["orderNo"], result["photoList"] = "order1", nil })
	info, err = client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1"})
	require.NoError(t, err)
	require.Empty(t, info.Photos, "the list may be null")
}

func TestLoginURLIsSignedAndEncodedOnce(t *testing.T) {
	client, mock, rec := documented(t)
	replay(t, mock, pathPlus, "getPlusFaceId.h5", func(result map[string]any) { result["orderNo"] = "order1" })
	r := h5Request("order1")
	r.From, r.ReplaceHistory, r.ShowResultPage = faceid.FromBrowser, true, false
	login, err := client.StartH5(t.Context(), r)
	require.NoError(t, err)
	for _, u := range rec.urls {
		if u.Query().Get("type") == "NONCE" {
			require.Equal(t, "user1", u.Query().Get("user_id"))
		}
	}
	address, err := url.Parse(login.URL)
	require.NoError(t, err)
	require.Equal(t, "https://kyc1.qcloud.com/api/web/login", "https://"+address.Host+address.Path)
	require.Contains(t, login.URL, "url=https%3A%2F%2Fmerchant.example%2Fback%3Flang%3Dzh%26x%3Da%252Fb&")
	query := map[string]string{}
	for name, values := range address.Query() {
		require.Len(t, values, 1)
		query[name] = values[0]
	}
	checkSigned(t, query, "appId", "userId", "orderNo", "version", "faceId", "nonce")
	require.Equal(t, map[string]string{
		"appId": wireAppID, "version": "1.0.0", "orderNo": "order1", "userId": "user1",
		"faceId": "tx0375fa5243984381ea7b7013f13795", "url": r.RedirectURL,
		"from": "browser", "resultType": "1", "redirectType": "1",
	}, query, "these and no others")

	r.From, r.ReplaceHistory, r.ShowResultPage = "", false, true
	login, err = client.StartH5(t.Context(), r)
	require.NoError(t, err)
	address, err = url.Parse(login.URL)
	require.NoError(t, err)
	require.Equal(t, "app", address.Query().Get("from"), "the platform's default")
	require.False(t, address.Query().Has("resultType"))
	require.False(t, address.Query().Has("redirectType"))
}

func TestLaunchParametersHaveEachSDKsOwnNames(t *testing.T) {
	for platform, want := range map[faceid.Platform]map[string]string{
		faceid.PlatformAndroid: {
			"faceId": "tx0375fa5243984381ea7b7013f13795", "agreementNo": "order1", "openApiAppId": wireAppID, "openApiAppVersion": "1.0.0",
			"openApiUserId": "user1", "keyLicence": "licence",
		},
		faceid.PlatformIOS: {
			"faceId": "tx0375fa5243984381ea7b7013f13795", "orderNo": "order1", "appId": wireAppID, "apiVersion": "1.0.0",
			"userid": "user1", "licence": "licence",
		},
		faceid.PlatformHarmony: {
			"faceId": "tx0375fa5243984381ea7b7013f13795", "orderNo": "order1", "appId": wireAppID, "version": "1.0.0",
			"userId": "user1", "licence": "licence",
		},
	} {
		t.Run(string(platform), func(t *testing.T) {
			client, mock, _ := documented(t)
			replay(t, mock, pathPlus, "getPlusFaceId.h5", func(result map[string]any) { result["orderNo"] = "order1" })
			launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{Platform: platform, OrderNo: "order1", Person: somebody, Licence: "licence"})
			require.NoError(t, err)
			nonce, sign := "nonce", "sign"
			if platform == faceid.PlatformAndroid {
				nonce, sign = "openApiNonce", "openApiSign"
			}
			require.Equal(t, faceid.Sign(wireTicket, wireAppID, "user1", "1.0.0", launch.Params[nonce]), launch.Params[sign])
			delete(launch.Params, nonce)
			delete(launch.Params, sign)
			require.Equal(t, want, launch.Params, "these and no others")
		})
	}
}
