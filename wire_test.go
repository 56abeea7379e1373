package faceid_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
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
	var body map[string]string // every value is a string, but for will's list
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

func TestCredentialAnswersOfTheDocuments(t *testing.T) {
	for _, page := range []string{"plus", "enhanced", "basic"} {
		client, mock, _ := documented(t)
		for path, file := range map[string]string{pathToken: "access_token.", pathTicket + ".*type=SIGN": "api_ticket_sign.", pathTicket + ".*type=NONCE": "api_ticket_nonce."} {
			text, err := os.ReadFile("testdata/answers/" + file + page + ".json")
			require.NoError(t, err)
			mock.RegisterResponder("GET", "=~"+path, httpmock.NewStringResponder(200, string(text)))
		}
		token, err := client.AccessToken(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, token)
		sign, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, wireTicket, sign)
		nonce, err := client.NonceTicket(t.Context(), "user1")
		require.NoError(t, err)
		require.Equal(t, wireTicket, nonce)
	}
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
	var values []string
	for _, name := range names {
		if body[name] != "" { // what is absent is not signed
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

// uploads are the four upload calls behind one signature.
var uploads = map[string]struct {
	path, file string
	signed     []string // the values that are signed, by name
	live       bool     // has a liveInterType
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

func TestUploadRequest(t *testing.T) {
	photo := smallPNG(t)
	own := map[string]string{"sourcePhotoStr": base64.StdEncoding.EncodeToString(photo), "sourcePhotoType": "1"}
	for op, upload := range uploads {
		for name, test := range map[string]struct {
			person faceid.Person
			live   faceid.LiveInterType
			want   map[string]string
		}{
			"authority source": {somebody, "", map[string]string{"name": somebody.Name, "idNo": somebody.IDNo}},
			"real time only":   {somebody, faceid.LiveRealTimeOnly, map[string]string{"name": somebody.Name, "idNo": somebody.IDNo, "liveInterType": "1"}},
			"own photo":        {faceid.Person{UserID: "user1", Photo: photo, PhotoType: faceid.PhotoWatermarked}, "", own},
		} {
			if test.live != "" && !upload.live {
				continue
			}
			t.Run(op+" "+name, func(t *testing.T) {
				client, mock, rec := documented(t)
				replay(t, mock, upload.path, upload.file, func(result map[string]any) { result["orderNo"] = "order1" })
				_, err := upload.call(t.Context(), client, "order1", test.person, test.live)
				require.NoError(t, err)

				address, kind, body := rec.last()
				require.Equal(t, "https://kyc1.qcloud.com"+upload.path+"?orderNo=order1", address.String())
				require.Equal(t, "POST application/json", kind)
				checkSigned(t, body, upload.signed...)
				want := maps.Clone(test.want)
				for name, value := range map[string]string{"appId": wireAppID, "orderNo": "order1", "userId": "user1", "version": "1.0.0"} {
					want[name] = value
				}
				require.Equal(t, want, body, "these and no others")
			})
		}
	}
}

// respellings are the ways in which answers are known to waver. None changes
// what an answer means.
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

// respelt answers path with a documented answer in one of those ways, with or
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

// Every upload answer that the documents print, field by field, however it is
// spelt.
func TestUploadAnswersOfTheDocuments(t *testing.T) {
	at := time.Date(2021, 6, 21, 18, 32, 29, 0, time.FixedZone("", 8*3600))
	tx := opened{"order1", "tx0375fa5243984381ea7b7013f13795", "kyc1.qcloud.com", "21062120001184438418322908010297", at}
	wb := tx
	wb.id = "wb0375fa5243984381ea7b7013f13795"
	app := opened{orderNo: "order1", id: "cc1184c3995c71a731357f9812aab988", bizSeqNo: "业务流水号"}
	for file, test := range map[string]struct {
		op   string
		want opened
	}{
		"getPlusFaceId.h5": {"GetPlusFaceID", tx}, "getPlusFaceId.app": {"GetPlusFaceID", app},
		"getAdvFaceId.h5": {"GetAdvFaceID", tx}, "getAdvFaceId.app": {"GetAdvFaceID", app},
		"getfaceid.basic-app": {"GetFaceID", opened{"order1", "175177e03bc53d57222418e18c731488", "", "业务流水号", time.Date(2020, 10, 19, 11, 3, 5, 0, at.Location())}},
		"geth5faceid.pc":      {"GetH5FaceID", wb},
	} {
		for dialect := range respellings {
			t.Run(file+" "+dialect, func(t *testing.T) {
				client, mock, _ := documented(t)
				upload := uploads[test.op]
				respelt(t, mock, upload.path, file, dialect, func(result map[string]any) { result["orderNo"] = "order1" })
				got, err := upload.call(t.Context(), client, "order1", somebody, "")
				require.NoError(t, err)
				require.True(t, test.want.at.Equal(got.at), got.at)
				got.at = test.want.at
				require.Equal(t, test.want, got)
			})
		}
	}
}

func TestRecordRequest(t *testing.T) {
	for name, test := range map[string]struct {
		request faceid.QueryFaceRecordRequest
		want    map[string]string
	}{
		"decision only": {faceid.QueryFaceRecordRequest{}, map[string]string{}},
		"all":           {faceid.QueryFaceRecordRequest{GetFile: faceid.FilesAll, QueryVersion: faceid.QueryVersion10}, map[string]string{"getFile": "1", "queryVersion": "1.0"}},
		"photo":         {faceid.QueryFaceRecordRequest{GetFile: faceid.FilesPhoto}, map[string]string{"getFile": "2"}},
		"video":         {faceid.QueryFaceRecordRequest{GetFile: faceid.FilesVideo}, map[string]string{"getFile": "3"}},
		"product":       {faceid.QueryFaceRecordRequest{Product: faceid.ProductBasic, LivenessOnly: true}, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, rec := documented(t)
			replay(t, mock, pathRecord, "queryfacerecord.plus-app", func(result map[string]any) {
				result["orderNo"], result["photo"], result["video"] = "order1", "cGhvdG8=", "dmlkZW8="
			})
			test.request.OrderNo = "order1"
			_, err := client.QueryFaceRecord(t.Context(), test.request)
			require.NoError(t, err)

			address, kind, body := rec.last()
			require.Equal(t, "https://kyc1.qcloud.com/api/v2/base/queryfacerecord?orderNo=order1", address.String())
			require.Equal(t, "POST application/json", kind)
			checkSigned(t, body, "appId", "orderNo", "version", "nonce")
			for name, value := range map[string]string{"appId": wireAppID, "orderNo": "order1", "version": "1.0.0"} {
				test.want[name] = value
			}
			require.Equal(t, test.want, body, "these and no others")
		})
	}
}

// Every record that the documents print, field by field, however it is spelt.
func TestRecordAnswersOfTheDocuments(t *testing.T) {
	china := time.FixedZone("", 8*3600)
	app := faceid.FaceRecord{
		LiveRate: faceid.Score{Value: 99, Present: true}, Similarity: faceid.Score{Value: 97, Present: true},
		Risk: &faceid.RiskInfo{DeviceInfoLevel: "1"}, SDKVersion: "v4.5.2.1", BizSeqNo: "22041520001184442415491408594474",
		OccurredTime: time.Date(2022, 4, 15, 15, 43, 41, 0, china), TransactionTime: time.Date(2022, 4, 15, 15, 49, 14, 0, china),
	}
	h5 := faceid.FaceRecord{
		LiveRate: faceid.Score{Value: 99, Present: true}, Similarity: faceid.Score{Value: 88.01, Present: true},
		SDKVersion: "1.12.12", TRTCFlag: "Y", BizSeqNo: "22032920001184453211174015790894",
		OccurredTime: time.Date(2022, 3, 29, 10, 47, 17, 0, china), TransactionTime: time.Date(2022, 3, 29, 11, 17, 40, 0, china),
	}
	for file, want := range map[string]faceid.FaceRecord{
		"queryfacerecord.plus-app": app, "queryfacerecord.enhanced-app": app, "queryfacerecord.plus-h5": h5,
		"queryfacerecord.enhanced-h5": h5, "queryfacerecord.basic-app": h5, "queryfacerecord.pc-h5": h5,
	} {
		for dialect := range respellings {
			t.Run(file+" "+dialect, func(t *testing.T) {
				client, mock, _ := documented(t)
				respelt(t, mock, pathRecord, file, dialect, func(result map[string]any) {
					result["orderNo"], result["photo"], result["video"] = "order1", "//8=", "dmlk\r\nZW8="
				})
				record, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
				require.NoError(t, err)
				require.True(t, record.Passed())
				require.NotContains(t, string(record.Raw), "dmlk")
				require.Contains(t, string(record.Raw), `"appId"`)
				require.True(t, want.OccurredTime.Equal(record.OccurredTime) && want.TransactionTime.Equal(record.TransactionTime))
				want := want
				want.ResultCode, want.OrderNo, want.Message = faceid.CodePassed, "order1", "请求成功"
				want.Photo, want.PhotoSize, want.Video, want.VideoSize = []byte("\xff\xff"), 2, []byte("video"), 5
				want.OccurredTime, want.TransactionTime, want.Raw = record.OccurredTime, record.TransactionTime, record.Raw
				require.Equal(t, want, *record)
			})
		}
	}
}

func TestPhotoAnswersOfTheDocuments(t *testing.T) {
	for _, channel := range []string{"plus-app", "plus-h5", "enhanced-app", "enhanced-h5", "basic-app", "pc-h5"} {
		for dialect := range respellings {
			t.Run(channel+" "+dialect, func(t *testing.T) {
				client, mock, _ := documented(t)
				respelt(t, mock, pathPhotos, "queryphotoinfo."+channel, dialect, func(result map[string]any) {
					result["orderNo"], result["photoList"] = "order1", []any{"//8=", "MQ==", "Mw=="}
				})
				info, err := client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1"})
				require.NoError(t, err)
				require.Equal(t, "2018-09-07T14:26:53+08:00", info.OccurredTime.Format(time.RFC3339))
				info.OccurredTime, info.Raw = time.Time{}, nil
				require.Equal(t, &faceid.PhotoInfo{
					ResultCode: faceid.CodePassed, Message: "请求成功", OrderNo: "order1", BizSeqNo: "业务流水号",
					Photos: [][]byte{[]byte("\xff\xff"), []byte("1"), []byte("3")}, Sizes: []int64{2, 1, 1},
				}, info)
			})
		}
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

// loginQuery takes a login URL apart.
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

func TestThePCPageHasItsOwnParameters(t *testing.T) {
	client, mock, _ := documented(t)
	replay(t, mock, pathPC, "geth5faceid.pc", func(result map[string]any) { result["orderNo"] = "order1" })
	login, err := client.StartPC(t.Context(), faceid.PCRequest{OrderNo: "order1", Person: somebody, RedirectURL: "https://merchant.example/back?x=a%2Fb"})
	require.NoError(t, err)
	address, query := loginQuery(t, login)
	require.Equal(t, "https://kyc1.qcloud.com/api/pc/login", address)
	checkSigned(t, query, "appId", "userId", "orderNo", "version", "h5faceId", "nonce")
	require.Equal(t, map[string]string{
		"appId": wireAppID, "version": "1.0.0", "orderNo": "order1", "userId": "user1",
		"h5faceId": "wb0375fa5243984381ea7b7013f13795", "url": "https://merchant.example/back?x=a%2Fb",
	}, query, "these and no others: no from, no resultType, no redirectType")
}

func TestTheEnhancedPageIsThatOfMobileH5(t *testing.T) {
	client, mock, _ := documented(t)
	replay(t, mock, pathAdv, "getAdvFaceId.h5", func(result map[string]any) { result["orderNo"] = "order1" })
	r := h5Request("order1")
	r.Product = faceid.ProductEnhanced
	login, err := client.StartH5(t.Context(), r)
	require.NoError(t, err)
	address, query := loginQuery(t, login)
	require.Equal(t, "https://kyc1.qcloud.com/api/web/login", address)
	checkSigned(t, query, "appId", "userId", "orderNo", "version", "faceId", "nonce")
	require.Equal(t, "tx0375fa5243984381ea7b7013f13795", query["faceId"])
}

// launchNames are the documents' tables of launch parameters: for each product
// and phone, what each of the values is called there.
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

// otherNames are those of the SDKs that are not for faces alone.
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
				for _, u := range rec.urls { // reading a card uploads nothing
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

// Basic on iOS without a faceId checks liveness alone: nothing is uploaded.
func TestLivenessOnlyUploadsNothing(t *testing.T) {
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
