package faceid_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

func TestUploadsSendTheDocumentedRequest(t *testing.T) {
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

// Every upload answer that the documents print is read field by field, however it is
// spelt.
func TestUploadsReadTheDocumentsAnswers(t *testing.T) {
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

func TestUploadsValidateTheirArguments(t *testing.T) {
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

// The photo of an upload is encoded once, straight into the body.
func TestUploadsEncodeAPhotoOnce(t *testing.T) {
	photo := append([]byte("\xff\xd8\xff"), bytes.Repeat([]byte{7}, 300_000)...)
	sim := faceidtest.Start(t)
	var bodies []string
	client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == pathPlus {
			text, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			bodies = append(bodies, string(text))
			r.Body = io.NopCloser(bytes.NewReader(text))
		}
		return sim.RoundTrip(r)
	})}))
	person := faceid.Person{UserID: "user1", Photo: photo, PhotoType: faceid.PhotoClear}
	_, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: person})
	require.NoError(t, err)
	require.Len(t, bodies, 1)
	require.Contains(t, bodies[0], fmt.Sprintf(`"sourcePhotoStr":"%s"`, base64.StdEncoding.EncodeToString(photo)))
	require.Contains(t, bodies[0], `"sourcePhotoType":"2"`)
}

// copyRow is a call and the length of the body that it needs.
type copyRow struct {
	body int
	call func() error
}

// A request with a photo holds one copy of it, in its body. An answer whose files go to
// writers holds none.
func TestUploadsAndAnswersCopyNoPhotos(t *testing.T) {
	photo := append([]byte("\xff\xd8\xff"), bytes.Repeat([]byte{7}, 400_000)...)
	_, video := film(1 << 20)
	answers := map[string]string{
		pathToken:  `{"code":"0","access_token":"` + strings.Repeat("t", 64) + `","expire_in":"7200"}`,
		pathTicket: `{"code":"0","tickets":[{"value":"` + strings.Repeat("s", 64) + `","expire_in":"3600"}]}`,
		pathPlus:   `{"code":"0","result":{"orderNo":"order1","faceId":"face1"}}`,
		pathRecord: `{"code":"0","result":{"orderNo":"order1","video":"` + video + `"}}`,
		"/":        answerOf(`"VideoData":{"LivenessVideo":"` + video + `"}`),
	}
	client, err := faceid.New(
		faceid.WithApp("TIDA0001", "secret"), faceid.WithStore(faceid.NewMemoryStore()), faceid.WithCloud(common.NewCredential(cloudID, cloudKey), "ap-guangzhou"),
		faceid.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			answer := answers[r.URL.Path]
			if r.Header.Get("X-TC-Action") == "DetectAuth" {
				answer = answerOf(`"BizToken":"b1"`)
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
		})}))
	require.NoError(t, err)
	for name, test := range map[string]copyRow{
		"upload": {base64.StdEncoding.EncodedLen(len(photo)), func() error {
			person := faceid.Person{UserID: "user1", Photo: photo, PhotoType: faceid.PhotoClear}
			_, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: person})
			return err
		}},
		"action": {base64.StdEncoding.EncodedLen(len(photo)), func() error {
			_, err := client.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1", Image: photo})
			return err
		}},
		"record to a writer": {0, func() error {
			_, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesVideo, VideoTo: io.Discard})
			return err
		}},
		"result to a writer": {0, func() error {
			_, err := client.GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{
				BizToken: "b", RuleID: "1", MediaTo: func(string) io.Writer { return io.Discard },
			})
			return err
		}},
	} {

		requireOneCopy(t, name, test)
	}
}

// requireOneCopy expects that a call allocates little more than its body.
func requireOneCopy(t *testing.T, name string, test copyRow) {
	least := uint64(1 << 60) // The least of some runs counts, as other goroutines allocate, too.
	for range 10 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		require.NoError(t, test.call(), name)
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	require.Less(t, least, uint64(test.body+test.body/50+64<<10), name)
}
