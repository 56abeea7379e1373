package faceid_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestQueryPhotoInfoGivesPhotosToTheirWriters(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	photos := [][]byte{[]byte("\xff\xd8\xffone"), []byte("\xff\xd8\xfftwo")}
	sim.ScriptDefault(faceidtest.Ending{Photos: photos})
	finish(t, sim, client, "order1")
	var got [3]bytes.Buffer
	info, err := client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{
		OrderNo: "order1", MediaTo: func(name string) io.Writer { return &got[photoIndex(t, name)] },
	})
	require.NoError(t, err)
	require.Empty(t, info.Photos)
	require.Equal(t, []int64{6, 6}, info.Sizes)
	require.Equal(t, photos, [][]byte{got[0].Bytes(), got[1].Bytes()})
	require.Empty(t, got[2].Bytes())
}

func TestQueryPhotoInfoMustSayWhosePhotosTheyAre(t *testing.T) {
	sim := faceidtest.Start(t)
	sim.FailNext(pathPhotos, faceidtest.FaultBody(`{"code":0,"result":{"photoList":["QUJD"]}}`))
	_, err := newClient(sim).QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrBadAnswer)

	for _, list := range []string{`["QUJD"]`, `[]`} {
		sim.FailNext(pathPhotos, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order2","photoList":`+list+`}}`))
		var photo bytes.Buffer
		info, err := newClient(sim).QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{
			OrderNo: "order1", MediaTo: func(string) io.Writer { return &photo },
		})
		require.ErrorIs(t, err, faceid.ErrBadAnswer, "the photos are somebody else's")
		require.ErrorContains(t, err, "another order")
		require.Nil(t, info)
		require.Empty(t, photo.Bytes())
	}
}

// Whatever is wrong with a photo, no later one is written. The error of the writer is
// reported as its own.
func TestQueryPhotoInfoWritesPhotosUntilOneIsWrong(t *testing.T) {
	full := errors.New("disk full")
	for name, test := range map[string]struct {
		list string
		bad  io.Writer
		want error
	}{
		"not base64":       {`["QUJD","!","REVG"]`, io.Discard, faceid.ErrBadAnswer},
		"no string":        {`["QUJD",{},"REVG"]`, io.Discard, faceid.ErrBadAnswer},
		"the disk is full": {`["QUJD","QUJD","REVG"]`, failingWriter{full}, full},
	} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			sim.FailNext(pathPhotos, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","photoList":`+test.list+`}}`))
			var first, last bytes.Buffer
			info, err := newClient(sim).QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{
				OrderNo: "order1", MediaTo: func(name string) io.Writer { return []io.Writer{&first, test.bad, &last}[photoIndex(t, name)] },
			})
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, "photoList[1]")
			require.Nil(t, info)
			require.Equal(t, "ABC", first.String())
			require.Empty(t, last.Bytes())
			if errors.Is(test.want, full) {
				require.NotErrorIs(t, err, faceid.ErrBadAnswer)
			}
		})
	}
}

// photoIndex reads the number in a name such as photoList[1].
func photoIndex(t *testing.T, name string) int {
	t.Helper()
	var i int
	_, err := fmt.Sscanf(name, "photoList[%d]", &i)
	require.NoError(t, err, name)
	return i
}

func TestQueryPhotoInfoReadsTheDocumentsAnswers(t *testing.T) {
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

func TestQueryPhotoInfoSendsTheDocumentedRequest(t *testing.T) {
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
