package faceid_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// streamed answers requests for one path with these bodies in turn, and hands
// the rest to the simulator.
type streamed struct {
	rest   http.RoundTripper
	path   string
	bodies []io.Reader
	asked  int
}

func (s *streamed) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != s.path {
		return s.rest.RoundTrip(r)
	}
	body := s.bodies[min(s.asked, len(s.bodies)-1)]
	s.asked++
	return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(body), Request: r}, nil
}

// film is a file of noise, and its base64.
func film(size int) ([]byte, string) {
	data := make([]byte, size)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data, base64.StdEncoding.EncodeToString(data)
}

var errBroken = errors.New("connection reset")

// A query whose answer breaks off is repeated, but not after the caller's writer
// got a byte of it.
func TestAQueryThatWroteIsNotRepeated(t *testing.T) {
	video, text := film(300_000)
	whole := `{"code":"0","result":{"orderNo":"order1","similarity":"90","video":"` + text + `"}}`
	broken := func(at int) io.Reader {
		return io.MultiReader(strings.NewReader(whole[:at]), iotest.ErrReader(errBroken))
	}
	for name, test := range map[string]struct {
		at    int
		to    bool
		asked int
	}{
		"before the video":    {60, true, 2},
		"in the video":        {200_000, true, 1},
		"behind the video":    {len(whole) - 1, true, 1},
		"in a video kept":     {200_000, false, 2},
		"behind a video kept": {len(whole) - 1, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				transport := &streamed{sim, pathRecord, []io.Reader{broken(test.at), strings.NewReader(whole)}, 0}
				client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(transport)}))
				var w bytes.Buffer
				query := faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesVideo}
				if test.to {
					query.VideoTo = &w
				}
				record, err := client.ConfirmFace(t.Context(), query)
				require.Equal(t, test.asked, transport.asked)
				if test.asked == 1 {
					require.ErrorIs(t, err, faceid.ErrNetwork)
					require.Nil(t, record)
					require.True(t, bytes.HasPrefix(video, w.Bytes()))
					return
				}
				require.NoError(t, err)
				require.EqualValues(t, len(video), record.VideoSize)
				require.True(t, bytes.Equal(video, append(record.Video, w.Bytes()...)))
			})
		})
	}
}

func TestAnActionThatWroteIsNotRepeated(t *testing.T) {
	_, text := film(300_000)
	whole := answerOf(`"Text":{"ErrCode":0},"VideoData":{"LivenessVideo":"` + text + `"}`)
	for name, to := range map[string]func(string) io.Writer{"written": func(string) io.Writer { return io.Discard }, "kept": toNobody, "nowhere": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &cloudExchange{answers: []string{whole[:200_000], whole}, cut: true}
				_, err := cloudClient(t, e).GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", MediaTo: to})
				if name == "written" {
					require.ErrorIs(t, err, faceid.ErrNetwork)
					require.Len(t, e.requests, 1)
					return
				}
				require.NoError(t, err)
				require.Len(t, e.requests, 2)
			})
		})
	}
}

// A refusal of the signature would be worth another try; with bytes of a file in
// the caller's writer it is not.
func TestARefusalThatWroteIsNotRepeated(t *testing.T) {
	for asked, to := range map[int]io.Writer{1: io.Discard, 2: nil} {
		synctest.Test(t, func(t *testing.T) {
			sim := faceidtest.Start(t)
			refusal := func() io.Reader { return strings.NewReader(`{"photo":"QUJD","code":"400101","msg":"m"}`) }
			transport := &streamed{sim, pathRecord, []io.Reader{refusal(), refusal()}, 0}
			client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(transport)}))
			_, err := client.SignTicket(t.Context())
			require.NoError(t, err)
			time.Sleep(5 * time.Minute) // until a refusal is not believed at once
			_, err = client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto, PhotoTo: to})
			require.ErrorIs(t, err, faceid.ErrCredential)
			require.Equal(t, asked, transport.asked)
		})
	}
}

// Neither is it asked again where there is no result, and yet a file of it.
func TestAWaitThatWroteIsNotRepeated(t *testing.T) {
	for name, ask := range map[string]func(*faceid.Client, context.Context, faceid.QueryFaceRecordRequest) (*faceid.FaceRecord, error){
		"ConfirmFace": (*faceid.Client).ConfirmFace, "WaitFaceFiles": (*faceid.Client).WaitFaceFiles,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				transport := &streamed{sim, pathRecord, []io.Reader{
					strings.NewReader(`{"code":"66660011","msg":"m"}`),
					strings.NewReader(`{"photo":"QUJD","code":"66660011","msg":"m"}`),
					strings.NewReader(`{"code":"0","result":{"orderNo":"order1","similarity":"90","photo":"QUJD"}}`),
				}, 0}
				client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(transport)}))
				var w bytes.Buffer
				record, err := ask(client, t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto, PhotoTo: &w, Wait: true})
				require.ErrorIs(t, err, faceid.ErrNoResult)
				require.Nil(t, record)
				require.Equal(t, 2, transport.asked)
				require.Equal(t, "ABC", w.String())
			})
		})
	}
}

// A writer that panics, or asks the client itself, leaves nothing open and
// nothing behind.
func TestAWriterMayPanicAndAsk(t *testing.T) {
	sim := faceidtest.Start(t)
	_, text := film(300_000)
	whole := `{"code":"0","result":{"orderNo":"order1","photo":"QUJD","video":"` + text + `"}}`
	closed := 0
	client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != pathRecord {
			return sim.RoundTrip(r)
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Request: r, Body: struct {
			io.Reader
			io.Closer
		}{strings.NewReader(whole), closerFunc(func() { closed++ })}}, nil
	}))}))
	query := faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll}
	bad := query
	bad.VideoTo = writerFunc(func([]byte) (int, error) { panic("the writer's own") })
	_, err := client.QueryFaceRecord(t.Context(), bad)
	require.ErrorIs(t, err, faceid.ErrCaller)
	require.ErrorContains(t, err, "a writer that receives media panicked: string")
	require.NotContains(t, err.Error(), "the writer's own", "it may quote anything")
	require.Equal(t, 1, closed)

	var w bytes.Buffer
	outer := query
	outer.VideoTo = writerFunc(func(p []byte) (int, error) {
		inner, err := client.QueryFaceRecord(t.Context(), query)
		if err != nil || base64.StdEncoding.EncodeToString(inner.Video) != text {
			return 0, errors.Join(errors.New("the inner answer"), err)
		}
		return w.Write(p)
	})
	record, err := client.QueryFaceRecord(t.Context(), outer)
	require.NoError(t, err)
	require.Equal(t, "ABC", string(record.Photo))
	require.Equal(t, text, base64.StdEncoding.EncodeToString(w.Bytes()))
}

type closerFunc func()

func (f closerFunc) Close() error { f(); return nil }

// A body that stops in the middle is given up, and the query repeated.
func TestABodyThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		const whole = `{"code":"0","result":{"orderNo":"order1","photo":"QUJD"}}`
		transport := &streamed{sim, pathRecord, []io.Reader{strings.NewReader(whole[:50]), strings.NewReader(whole)}, 0}
		client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(endless{transport})}))
		begun := time.Now()
		record, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto})
		require.NoError(t, err)
		require.Equal(t, "ABC", string(record.Photo))
		require.Equal(t, 2, transport.asked)
		require.InDelta(t, 30, time.Since(begun).Seconds(), 15)
	})
}

// The patience for a body is for the platform: a writer may be slow.
func TestAWriterMayTakeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		video, text := film(300_000)
		sim := faceidtest.Start(t)
		transport := &streamed{sim, pathRecord, []io.Reader{
			strings.NewReader(`{"code":"0","result":{"orderNo":"order1","video":"` + text + `"}}`),
		}, 0}
		client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(withContext{transport})}))
		w := &slowWriter{}
		_, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesVideo, VideoTo: w})
		require.NoError(t, err)
		require.True(t, bytes.Equal(video, w.all))
		require.Greater(t, w.writes, 3)
	})
}

type slowWriter struct {
	all    []byte
	writes int
}

func (w *slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Minute)
	w.writes++
	w.all = append(w.all, p...)
	return len(p), nil
}

// endless lets the first body hang at its end, until its request's context ends.
type endless struct{ *streamed }

func (e endless) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := e.streamed.RoundTrip(r)
	if err == nil && r.URL.Path == e.path && e.asked == 1 {
		response.Body = io.NopCloser(io.MultiReader(response.Body, readerFunc(func([]byte) (int, error) {
			<-r.Context().Done()
			return 0, r.Context().Err()
		})))
	}
	return response, err
}

// withContext ends bodies with their request's context, as net/http does.
type withContext struct{ http.RoundTripper }

func (w withContext) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		body := response.Body
		response.Body = struct {
			io.Reader
			io.Closer
		}{readerFunc(func(p []byte) (int, error) {
			if err := r.Context().Err(); err != nil {
				return 0, err
			}
			return body.Read(p)
		}), body}
	}
	return response, err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// What is wrong with an answer is said with its place, and nothing of it.
func TestABadAnswerSaysWhere(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	const begin = `{"code":"0","result":{"orderNo":"order1","photo":"QUJD"`
	for body, want := range map[string]string{
		begin + `,"video":"QUJDx"}}`: `member "video" is not base64`,
		begin + "\x01" + `}}`:        fmt.Sprintf("not JSON at byte %d ", len(begin)),
		begin:                        fmt.Sprintf("JSON that ends too early, at byte %d ", len(begin)),
		begin + `,"n":no}}`:          fmt.Sprintf("not JSON at byte %d ", len(begin+`,"n":n`)),
	} {
		sim.FailNext(pathRecord, faceidtest.FaultBody(body))
		_, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
		require.ErrorIs(t, err, faceid.ErrBadAnswer, body)
		require.ErrorContains(t, err, want)
	}
	e := &cloudExchange{answers: []string{answerOf(`"VideoData":{"LivenessVideo":"QUJDx"}`)}}
	_, err := cloudClient(t, e).GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"})
	require.ErrorContains(t, err, `member "VideoData.LivenessVideo" is not base64`)
}

// A pass of somebody else's order shows nobody's face to the caller's writers.
func TestAnotherOrdersFilesAreNotWritten(t *testing.T) {
	sim := faceidtest.Start(t)
	for path, body := range map[string]string{
		pathRecord: `{"code":"0","result":{"orderNo":"order2","photo":"QUJD","video":"QUJD"}}`,
		pathPhotos: `{"code":"0","result":{"orderNo":"order2","photoList":["QUJD"]}}`,
	} {
		sim.FailNext(path, faceidtest.FaultBody(body))
		var w bytes.Buffer
		var err error
		if path == pathRecord {
			_, err = newClient(sim).QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", PhotoTo: &w, VideoTo: &w})
		} else {
			_, err = newClient(sim).QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1", MediaTo: func(string) io.Writer { return &w }})
		}
		require.ErrorContains(t, err, "another order")
		require.Empty(t, w.String())
	}
}

// The photo of an upload is encoded once, into the body.
func TestAPhotoIsSentOnce(t *testing.T) {
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

// Of a request with a photo there is one copy: its body. Of an answer whose files
// go to writers there is none.
func TestPhotosAreNotCopied(t *testing.T) {
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
	for name, test := range map[string]struct {
		body int
		call func() error
	}{
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
		least := uint64(1 << 60) // of some runs: others allocate, too
		for range 10 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			require.NoError(t, test.call(), name)
			runtime.ReadMemStats(&after)
			least = min(least, after.TotalAlloc-before.TotalAlloc)
		}
		require.Less(t, least, uint64(test.body+test.body/50+64<<10), name)
	}
}

// An answer that names two orders is a bad answer, and its files reach no writer:
// neither if the wrong order comes first, nor if both stand side by side.
func TestAnAnswerThatNamesTwoOrdersIsBad(t *testing.T) {
	sim := faceidtest.Start(t)
	for _, body := range []string{
		`{"code":"0","orderNo":"order2","result":{"orderNo":"order1","similarity":"90","video":"QUJD"}}`,
		`{"code":"0","result":{"orderNo":"order2","orderNo":"order1","similarity":"90","video":"QUJD"}}`,
	} {
		query := faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesVideo}
		sim.FailNext(pathRecord, faceidtest.FaultBody(body), faceidtest.FaultBody(body))
		record, err := newClient(sim).ConfirmFace(t.Context(), query)
		require.ErrorIs(t, err, faceid.ErrBadAnswer, body)
		require.Nil(t, record)
		var w bytes.Buffer
		query.VideoTo = &w
		record, err = newClient(sim).ConfirmFace(t.Context(), query)
		require.ErrorIs(t, err, faceid.ErrBadAnswer, body)
		require.Nil(t, record)
		require.Empty(t, w.String())
	}
}
