package faceid_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// bomb is an answer that is made to cost the reader more than the sender.
type bomb struct {
	name string
	body string // the members in front of those of the answer, with a comma
}

// repeatTo repeats a text up to a size.
func repeatTo(text string, size int) string { return strings.Repeat(text, size/len(text)) }

// numberedNames returns members of an object, each with another name.
func numberedNames(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// escapedNames returns members whose names consist of escapes.
func escapedNames(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		b.WriteString(`"` + strings.Repeat(`\u0041`, 160))
		for _, digit := range fmt.Sprintf("%06d", i) {
			fmt.Fprintf(&b, `\u%04x`, digit)
		}
		b.WriteString(`":0,`)
	}
	return strings.TrimSuffix(b.String(), ",")
}

const bombSize = 6 << 20

// bombs are answers that cost much. The own members of an answer stand in the place of
// %s.
func bombs(size int) []bomb {
	list := func(element string) string {
		return `"Text":{"ErrCode":0,"LivenessDetail":[` + strings.TrimSuffix(repeatTo(element+",", size), ",") + `]},`
	}
	return []bomb{
		{name: "empty-objects", body: list(`{}`)},
		{name: "nulls", body: list(`null`)},
		{name: "small-objects", body: list(`{"Seq":"1"}`)},
		{name: "wrong-types", body: list(`0`)},
		{name: "keys", body: numberedNames(size) + ","},
		{name: "keys-inside", body: `"Text":{` + numberedNames(size) + `},`},
		{name: "escaped-keys", body: `"` + repeatTo(`\u0041`, size) + `":0,`},
		{name: "escaped-names", body: escapedNames(size) + ","},
		{name: "nesting", body: `"x":` + repeatTo(`[`, size/2) + repeatTo(`]`, size/2) + `,`},
		{name: "nested-objects", body: `"x":` + repeatTo(`{"a":`, size/2) + `0` + repeatTo(`}`, size/10) + `,`},
		{name: "deep-lists", body: `"x":[` + repeatTo(strings.Repeat("[", 90)+strings.Repeat("]", 90)+",", size) + `0],`},
		{name: "numbers", body: `"x":[` + repeatTo(`0,`, size) + `0],`},
		{name: "long-number", body: `"x":` + repeatTo(`9`, size) + `,`},
		{name: "letters", body: `"Description":"` + repeatTo(`x`, size) + `","msg":"` + repeatTo(`x`, 10) + `",`},
		{name: "escapes", body: `"Description":"` + repeatTo(`\u0000`, size) + `",`},
		{name: "han", body: `"msg":"` + repeatTo(`验`, size) + `","Text":{"ErrMsg":"` + repeatTo(`验`, size/2) + `"},`},
		{name: "refusal", body: `"Error":{"Code":"` + repeatTo("A", 64) + `","Message":"` + repeatTo(`李测试 `, size) + `"},"msg":"` + repeatTo(`李测试 `, size/2) + `",`},
		{name: "blanks", body: repeatTo(" ", size)},
		{name: "empty-files", body: `"photoList":[` + repeatTo(`"",`, size) + `""],`},
		{name: "bad-files", body: `"photoList":[` + repeatTo(`"QUJDQUJD!!!!",`, size) + `""],"BestFrame":{"BestFrames":[` + repeatTo(`"QUJD!!!!",`, size/2) + `""]},`},
		{name: "small-files", body: `"photoList":[` + repeatTo(`"QQ==",`, size) + `""],"BestFrame":{"BestFrames":[` + repeatTo(`"QQ==",`, size/2) + `""]},`},
	}
}

// bombCall is a call that gets a bomb, and the bound of that call.
type bombCall struct {
	name   string
	bound  int64
	answer func(inside string) string
	call   func(context.Context, *faceid.Client) error
}

func bombCalls() []bombCall {
	kyc1 := func(inside string) string {
		return `{"code":"0",` + inside + `"result":{"orderNo":"order1","similarity":"90"}}`
	}
	inResult := func(inside string) string {
		return `{"code":"0","result":{` + inside + `"orderNo":"order1","similarity":"90"}}`
	}
	response := func(inside string) string { return `{"Response":{` + inside + `"RequestId":"r"}}` }
	const text, whole = 1 << 20, 4 << 20 // These are the default of WithMaxAnswerText, and the WithMaxAnswer of bombClient.
	return []bombCall{
		{"ConfirmFace", text, kyc1, func(ctx context.Context, c *faceid.Client) error {
			_, err := c.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			return err
		}},
		{"ConfirmWill", text, inResult, func(ctx context.Context, c *faceid.Client) error {
			_, err := c.ConfirmWill(ctx, faceid.GetWillFaceResultRequest{OrderNo: "order1"})
			return err
		}},
		{"QueryPhotoInfo", text, inResult, func(ctx context.Context, c *faceid.Client) error {
			_, err := c.QueryPhotoInfo(ctx, faceid.QueryPhotoInfoRequest{OrderNo: "order1"})
			return err
		}},
		{"ConfirmDetect", text, response, func(ctx context.Context, c *faceid.Client) error {
			_, err := c.ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: "t", RuleID: "1", InfoType: faceid.InfoText}, somebody)
			return err
		}},
		{"IdCardVerification", text, response, func(ctx context.Context, c *faceid.Client) error {
			_, err := c.IdCardVerification(ctx, faceid.IdCardVerificationRequest{IDCard: somebody.IDNo, Name: somebody.Name})
			return err
		}},
		{"GetDetectInfo", whole, func(inside string) string {
			return response(`"DetectInfo":` + quoted(`{`+inside+`"IdCardData":null}`) + `,`)
		}, func(ctx context.Context, c *faceid.Client) error {
			got, err := c.GetDetectInfo(ctx, faceid.GetDetectInfoRequest{BizToken: "t", RuleID: "1"})
			if err == nil {
				_, err = got.Info()
			}
			return err
		}},
		{"CallKYC1", whole, kyc1, func(ctx context.Context, c *faceid.Client) error {
			_, err := c.CallKYC1(ctx, faceid.KYC1Call{Method: http.MethodPost, Path: "/x", Params: map[string]string{"name": "李测试"}})
			return err
		}},
		{"CallCloud", whole, response, func(ctx context.Context, c *faceid.Client) error {
			var got map[string]any
			_, err := c.CallCloud(ctx, faceid.CloudCall{Site: faceid.SiteChina, Action: "Any"}, map[string]string{"Name": "李测试"}, &got)
			return err
		}},
	}
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// allocatedBy returns how much a call allocates: the least of some runs, as other
// goroutines allocate, too.
func allocatedBy(runs int, call func()) uint64 {
	least := uint64(1 << 62)
	for range runs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		call()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// mostTimesTheBound is what WithMaxAnswerText and WithMaxAnswer promise: no answer
// costs more than so many times its bound.
const mostTimesTheBound = 8

func TestWithMaxAnswerTextBoundsWhatAnAnswerCosts(t *testing.T) {
	if raceDetector {
		t.Skip("what is allocated is counted without the race detector: go test")
	}
	for _, call := range bombCalls() {
		// One size is beyond the bound, and one just fits.
		for _, size := range []int{bombSize, int(call.bound) - 4<<10, int(call.bound) / 3} {
			for _, b := range bombs(size) {
				body := call.answer(b.body)
				c := bombClient(t, func() io.Reader { return strings.NewReader(body) })
				cost := allocatedBy(2, func() { _ = call.call(t.Context(), c) })
				require.Less(t, float64(cost)/float64(call.bound), float64(mostTimesTheBound), "%s: %s of %d bytes cost %d", call.name, b.name, size, cost)
			}
		}
	}
}

// BenchmarkHostileAnswers has bombs at the bound and beyond. The figure x-text is the
// most that a call allocates whose text is bounded by WithMaxAnswerText, divided by
// that bound; x-whole is the same for calls whose answer is bounded as a whole.
func BenchmarkHostileAnswers(b *testing.B) {
	for i, bomb := range bombs(1 << 10) {
		b.Run(bomb.name, func(b *testing.B) {
			worst := map[string]float64{}
			for _, call := range bombCalls() {
				unit := "x-text"
				if call.bound > 1<<20 {
					unit = "x-whole"
				}
				for _, size := range []int{bombSize, int(call.bound) - 4<<10, int(call.bound) / 3} {
					body := call.answer(bombs(size)[i].body)
					c := bombClient(b, func() io.Reader { return strings.NewReader(body) })
					cost := allocatedBy(1, func() { _ = call.call(b.Context(), c) })
					worst[unit] = max(worst[unit], float64(cost)/float64(call.bound))
				}
			}
			for b.Loop() { // The memory was measured above; the loop only counts time.
			}
			for unit, times := range worst {
				b.ReportMetric(times, unit)
			}
		})
	}
}

// An answer that is large only once it is unpacked is bounded by its unpacked size.
func TestWithMaxAnswerBoundsACompressedAnswerByWhatItHolds(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, `{"code":"0","msg":"`+repeatTo("x", 200<<20)+`"}`)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/oauth2/") {
			answer, _ := fuzzPlatform.Transport.RoundTrip(r)
			_, _ = io.Copy(w, answer.Body)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}))
	t.Cleanup(server.Close)
	c, err := faceid.New(faceid.WithApp("TIDA0001", "secret"), faceid.WithStore(faceid.NewMemoryStore()), faceid.WithBaseURL(server.URL))
	require.NoError(t, err)
	_, err = c.SignTicket(t.Context())
	require.NoError(t, err)
	cost := allocatedBy(2, func() {
		_, err = c.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.ErrorIs(t, err, faceid.ErrBadAnswer)
		require.ErrorContains(t, err, "WithMaxAnswerText")
	})
	require.Less(t, cost, uint64(mostTimesTheBound<<20))
}

// The largest answers of the documents are far inside the bounds.
func TestWithMaxAnswerTextLetsALargeHonestAnswerThrough(t *testing.T) {
	attempts := strings.TrimSuffix(strings.Repeat(`{"ReqTime":"1700000000000","Seq":"s","Idcard":"110101199003074477","Name":"李测试","Sim":"90","IsNeedCharge":true,"Errcode":0,"Errmsg":"ok","Livestatus":0,"Livemsg":"ok","Comparestatus":0,"Comparemsg":"ok","CompareLibType":"权威库","LivenessMode":3},`, 500), ",")
	body := `{"Response":{"Text":{"ErrCode":0,"LivenessDetail":[` + attempts + `]},"IsVerifyIntention":false,"RequestId":"r"}}`
	c := bombClient(t, func() io.Reader { return strings.NewReader(body) })
	got, err := c.GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "t", RuleID: "1", InfoType: faceid.InfoText})
	require.NoError(t, err)
	require.Len(t, got.Text.LivenessDetail, 500)
}

// An answer that arrives a byte at a time is given up once everything but its files has
// taken a minute. A file may take as long as it likes, as long as bytes arrive.
func TestExchangeGivesUpAnAnswerThatDrips(t *testing.T) {
	for name, test := range map[string]struct {
		fast, slow string // slow arrives at a byte every 20 seconds
		atMost     time.Duration
		err        error
	}{
		"a decision":       {`{"code":"0","msg":"`, `0000000000`, 3*70*time.Second + 5*time.Second, faceid.ErrNetwork},
		"blanks in front":  {``, `          `, 3*70*time.Second + 5*time.Second, faceid.ErrNetwork},
		"a slow file":      {`{"code":"0","result":{"orderNo":"order1","similarity":"90","photo":"QQQQ`, strings.Repeat("QQQQ", 30) + `"}}`, time.Hour, nil},
		"a few slow bytes": {`{"code":"0","result":{"orderNo":"order1","similarity":"90"`, `}}`, 41 * time.Second, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := bombClient(t, func() io.Reader {
					return io.MultiReader(strings.NewReader(test.fast), &dripping{rest: test.slow, every: 20 * time.Second})
				})
				began := time.Now()
				record, err := c.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto})
				if test.err != nil {
					require.ErrorIs(t, err, test.err)
					require.ErrorContains(t, err, "the parts of the answer that are not files took longer than 1m0s")
				} else {
					require.NoError(t, err)
					require.True(t, record.Passed())
				}
				require.LessOrEqual(t, time.Since(began), test.atMost)
			})
		})
	}
}

// dripping is a reader that gives a byte at a time.
type dripping struct {
	rest  string
	every time.Duration
}

func (d *dripping) Read(p []byte) (int, error) {
	if d.rest == "" {
		return 0, io.EOF
	}
	time.Sleep(d.every)
	n := copy(p[:1], d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

func TestWithMaxAnswerHoldsWithAndWithoutALength(t *testing.T) {
	for name, chunked := range map[string]bool{"Content-Length": false, "chunked": true} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !chunked {
					w.Header().Set("Content-Length", "100000000")
				}
				chunk := []byte(strings.Repeat(" ", 64<<10))
				for sent.Load() < 100_000_000 {
					n, err := w.Write(chunk)
					sent.Add(int64(n))
					if err != nil || r.Context().Err() != nil {
						return
					}
				}
			}))
			defer server.Close()
			c, err := faceid.New(faceid.WithApp("TIDA0001", "secret"), faceid.WithBaseURL(server.URL), faceid.WithMaxAnswer(1<<20), faceid.WithStore(faceid.NewMemoryStore()))
			require.NoError(t, err)
			_, err = c.SignTicket(t.Context())
			require.ErrorIs(t, err, faceid.ErrBadAnswer)
			require.ErrorContains(t, err, "WithMaxAnswer")
			require.Less(t, sent.Load(), int64(50_000_000), "reading stops at the bound")
		})
	}
}
