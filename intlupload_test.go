package faceid_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// storage is a transport that takes uploads as one test prepared.
type storage struct {
	status   int
	err      error
	unread   bool // it answers before it reads the file
	hangs    bool // it takes nothing, until the request ends
	requests []*http.Request
	got      []byte
}

func (s *storage) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests = append(s.requests, r)
	switch {
	case s.hangs:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case !s.unread:
		var err error
		if s.got, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	r.Body.Close()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	header := http.Header{"Location": {"https://elsewhere.example/"}}
	return &http.Response{StatusCode: s.status, Header: header, Body: io.NopCloser(strings.NewReader("<Code>AccessDenied</Code>")), Request: r}, nil
}

const uploadTo = "https://bucket.example/room?sign=canary-upload-signature"

func uploadClient(t *testing.T, s *storage, seen *events) *faceid.Client {
	suite.canary("canary-upload-signature", "signature")
	return sitedClient(t, &cloudExchange{}, false, true, faceid.WithHTTPClient(&http.Client{Transport: s}), seen.option())
}

func TestUploadFileStreamsTheWholeFile(t *testing.T) {
	file := bytes.Repeat([]byte("a film "), 100_000)
	for name, reader := range map[string]io.Reader{
		"at once": bytes.NewReader(file), "byte by byte": iotest.OneByteReader(bytes.NewReader(file)), "with its end": iotest.DataErrReader(bytes.NewReader(file)),
	} {
		s, seen := &storage{status: 200}, &events{}
		client := sitedClient(t, &cloudExchange{}, false, true, faceid.WithHTTPClient(&http.Client{Transport: s}), seen.option())
		sum, err := client.UploadFile(t.Context(), uploadTo, reader, int64(len(file)))
		require.NoError(t, err, name)
		want := md5.Sum(file)
		require.Equal(t, hex.EncodeToString(want[:]), sum)
		require.Equal(t, file, s.got)
		r := s.requests[0]
		require.Equal(t, http.MethodPut, r.Method)
		require.EqualValues(t, len(file), r.ContentLength)
		require.Empty(t, r.Header, "a signed URL may not allow other headers")
		e := seen.one(t, faceid.EventCall)
		require.Equal(t, "UploadFile", e.Op)
		require.Equal(t, 200, e.HTTPStatus)
	}
}

func TestUploadFileRefusesBadArguments(t *testing.T) {
	s := &storage{status: 200}
	client := uploadClient(t, s, &events{})
	for field, call := range map[string]func() error{
		"UploadURL": func() error { return second(client.UploadFile(t.Context(), "room", strings.NewReader("x"), 1)) },
		"File":      func() error { return second(client.UploadFile(t.Context(), uploadTo, nil, 1)) },
		"Size":      func() error { return second(client.UploadFile(t.Context(), uploadTo, strings.NewReader("x"), 0)) },
	} {
		var refused *faceid.ArgumentError
		require.ErrorAs(t, call(), &refused, field)
		require.Equal(t, field, refused.Field)
	}
	plain := second(client.UploadFile(t.Context(), "http"+uploadTo[5:], strings.NewReader("x"), 1))
	require.ErrorContains(t, plain, "https")
	require.Empty(t, s.requests)
	require.ErrorIs(t, second(sitedClient(t, &cloudExchange{}, true, false).UploadFile(t.Context(), uploadTo, strings.NewReader("x"), 1)), faceid.ErrDoorClosed)
}

// A file of another size, or one that fails, never arrives as a whole.
func TestUploadFileRefusesAFileThatIsNotItsSize(t *testing.T) {
	broken := errors.New("the disk is broken")
	for name, test := range map[string]struct {
		file io.Reader
		want string
	}{
		"short":  {strings.NewReader("12345"), "fewer bytes"},
		"long":   {strings.NewReader("1234567"), "more bytes"},
		"broken": {io.MultiReader(strings.NewReader("123"), iotest.ErrReader(broken)), "disk"},
		"panics": {panicReader{}, "panicked"},
	} {
		s, seen := &storage{status: 200}, &events{}
		_, err := uploadClient(t, s, seen).UploadFile(t.Context(), uploadTo, test.file, 6)
		require.ErrorIs(t, err, faceid.ErrCaller, name)
		require.ErrorContains(t, err, test.want, name)
		require.Less(t, len(s.got), 6, name)
		require.Equal(t, name == "broken", errors.Is(err, broken), name)
		suite.see(err)
	}
}

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("canary-panic") }

func TestUploadFileTellsWhatTheStorageAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		s    *storage
		want error
	}{
		"expired":   {&storage{status: 403}, faceid.ErrExpired},
		"redirect":  {&storage{status: 307}, faceid.ErrBadAnswer},
		"refused":   {&storage{status: 400}, faceid.ErrRequest},
		"too often": {&storage{status: 429}, faceid.ErrRateLimited},
		"trouble":   {&storage{status: 503}, faceid.ErrService},
		"too early": {&storage{status: 200, unread: true}, faceid.ErrBadAnswer},
		"lost":      {&storage{err: errors.New("lost on the way to " + uploadTo)}, faceid.ErrNetwork},
		"path":      {&storage{err: errors.New("PUT " + strings.TrimPrefix(uploadTo, "https://bucket.example") + " failed")}, faceid.ErrNetwork},
		"query":     {&storage{err: errors.New("bad sign " + uploadTo[strings.LastIndex(uploadTo, "=")+1:])}, faceid.ErrNetwork},
	} {
		sum, err := uploadClient(t, test.s, &events{}).UploadFile(t.Context(), uploadTo, strings.NewReader("123456"), 6)
		require.ErrorIs(t, err, test.want, name)
		require.Empty(t, sum, name)
		require.NotContains(t, err.Error(), "canary", name)
		require.Len(t, test.s.requests, 1, "it is not repeated: %s", name)
		suite.see(err)
	}
}

func TestUploadFileEndsWithItsContextAndWhenItStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := uploadClient(t, &storage{hangs: true}, &events{}).UploadFile(ctx, uploadTo, strings.NewReader("1"), 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		start := time.Now()
		_, err = uploadClient(t, &storage{hangs: true}, &events{}).UploadFile(t.Context(), uploadTo, strings.NewReader("1"), 1)
		require.ErrorIs(t, err, faceid.ErrNetwork)
		require.Equal(t, 30*time.Second, time.Since(start))
	})
}

// slowFile is a file of one byte that comes after a while.
type slowFile struct{ takes time.Duration }

func (f *slowFile) Read(p []byte) (int, error) {
	time.Sleep(f.takes)
	if f.takes = 0; len(p) == 0 {
		return 0, nil
	}
	p[0] = '1'
	return 1, io.EOF
}

// A caller's file may be slower than a stall: only the storage is watched.
func TestUploadFileWaitsForTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := uploadClient(t, &storage{status: 200}, &events{}).UploadFile(t.Context(), uploadTo, &slowFile{time.Minute}, 1)
		require.NoError(t, err)
	})
}

func TestCreateUploadUrlNeedsBothURLs(t *testing.T) {
	e := &cloudExchange{answers: []string{
		answerOf(`"UploadUrl":"https://b.example/u","ResourceUrl":"https://b.example/r","ExpiredTimestamp":1764000000`), answerOf(`"UploadUrl":"https://b.example/u"`),
	}}
	client := cloudClient(t, e)
	room, err := client.CreateUploadUrl(t.Context(), faceid.CreateUploadUrlRequest{TargetAction: "VideoLivenessCompare"})
	require.NoError(t, err)
	require.JSONEq(t, `{"TargetAction":"VideoLivenessCompare"}`, e.bodies[0])
	require.Equal(t, time.Unix(1764000000, 0), room.Expires())
	require.Zero(t, (&faceid.CreateUploadUrlResult{}).Expires())
	require.ErrorIs(t, second(client.CreateUploadUrl(t.Context(), faceid.CreateUploadUrlRequest{TargetAction: "A"})), faceid.ErrBadAnswer)
	var refused *faceid.ArgumentError
	require.ErrorAs(t, second(client.CreateUploadUrl(t.Context(), faceid.CreateUploadUrlRequest{TargetAction: "a b"})), &refused)
}

func TestUploadFileToTheSimulator(t *testing.T) {
	sim, client := cloudSim(t)
	upload := func(file []byte) (address, sum string) {
		room, err := client.CreateUploadUrl(t.Context(), faceid.CreateUploadUrlRequest{TargetAction: "VideoLivenessCompare"})
		require.NoError(t, err)
		sum, err = client.UploadFile(t.Context(), room.UploadURL, bytes.NewReader(file), int64(len(file)))
		require.NoError(t, err)
		return room.ResourceURL, sum
	}
	r := faceid.VideoLivenessCompareRequest{LivenessType: faceid.LivenessDigits, ValidateData: "0123"}
	r.ImageURL, r.ImageMD5 = upload(inventedJPG)
	r.VideoURL, r.VideoMD5 = upload(inventedMP4)
	result, err := faceid.Confirm(client.VideoLivenessCompare(t.Context(), r))
	require.NoError(t, err)
	require.NotEmpty(t, result.BestFrame.URL)
	sim.Advance(2 * time.Hour)
	_, err = client.VideoLivenessCompare(t.Context(), r)
	require.ErrorIs(t, err, faceid.ErrService, "the files are gone")
	suite.see(err, result)
}
