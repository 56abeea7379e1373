package faceid_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestRetryRepeatsAQueryUntilItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		finish(t, sim, client, "order1")
		sim.FailNext(pathRecord, faceidtest.FaultDropAfter(), faceidtest.FaultStatus(502, "x"))
		_, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.NoError(t, err)
		require.Equal(t, 3, sim.Calls(pathRecord))
	})
}

func TestRetryRepeatsAnUploadThatNeverLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		sim.FailNext(pathPlus, faceidtest.FaultRefuse(), faceidtest.FaultRefuse())
		_, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
		require.NoError(t, err)
	})
}

// waits are calls that wait, by the thing that they wait for.
var waits = map[string]func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error{
	"hung answer": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
		sim.FailNext(pathRecord, faceidtest.FaultHang())
		_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		return err
	},
	"hung upload beside a NONCE ticket": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
		sim.FailNext(pathPlus, faceidtest.FaultHang())
		_, err := c.StartH5(ctx, h5Request("order1"))
		return err
	},
	"between retries": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
		sim.FailNext(pathRecord, faceidtest.FaultCode("400506", ""), faceidtest.FaultCode("400506", ""))
		_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		return err
	},
	"for files that lag": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
		_, err := c.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
		return err
	},
	"for a refresh": func(ctx context.Context, sim *faceidtest.Server, c *faceid.Client) error {
		sim.RevokeTokens(sim.AppID())
		sim.FailNext(pathToken, faceidtest.FaultHang())
		_, err := newClient(sim).SignTicket(ctx)
		return err
	},
}

func TestRetryEndsEveryWaitWithTheCallersContext(t *testing.T) {
	for name, call := range waits {
		for kind, end := range map[string]struct {
			cause error
			ctx   func(context.Context) (context.Context, context.CancelFunc)
		}{
			"deadline": {context.DeadlineExceeded, func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 100*time.Millisecond)
			}},
			"cancel": {context.Canceled, func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(100*time.Millisecond, cancel)
				return ctx, cancel
			}},
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sim := faceidtest.Start(t)
					client := newClient(sim)
					_, err := client.SignTicket(t.Context())
					require.NoError(t, err)
					ctx, cancel := end.ctx(t.Context())
					defer cancel()
					begun := time.Now()
					err = call(ctx, sim, client)
					require.ErrorIs(t, err, end.cause, "the last error stays reachable: %v", err)
					require.Equal(t, 100*time.Millisecond, time.Since(begun))
				})
			})
		}
	}
}

// A failed mint is repeated by the credentials or not at all, never by the call that
// needed it.
func TestRetryDoesNotRepeatTheMintThatACallNeeds(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, c *faceid.Client) error{
		"query": func(ctx context.Context, c *faceid.Client) error {
			_, err := c.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: "o"})
			return err
		},
		"ticket": func(ctx context.Context, c *faceid.Client) error { _, err := c.NonceTicket(ctx, "u"); return err },
		"launch": func(ctx context.Context, c *faceid.Client) error {
			_, err := c.StartH5(ctx, h5Request("o"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				for range 20 {
					sim.FailNext(pathToken, faceidtest.FaultCode("400506", ""))
				}
				err := call(t.Context(), newClient(sim))
				require.ErrorIs(t, err, faceid.ErrRateLimited)
				require.Equal(t, 1, sim.Calls(pathToken))
			})
		})
	}
}

// A query whose answer breaks off is repeated, unless the caller's writer has got a
// byte of it.
func TestRetryDoesNotRepeatAQueryThatWrote(t *testing.T) {
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

func TestRetryDoesNotRepeatAnActionThatWrote(t *testing.T) {
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

// A refusal of the signature is worth another try, but not once the caller's writer has
// got bytes of a file.
func TestRetryDoesNotRepeatARefusalThatWrote(t *testing.T) {
	for asked, to := range map[int]io.Writer{1: io.Discard, 2: nil} {
		synctest.Test(t, func(t *testing.T) {
			sim := faceidtest.Start(t)
			refusal := func() io.Reader { return strings.NewReader(`{"photo":"QUJD","code":"400101","msg":"m"}`) }
			transport := &streamed{sim, pathRecord, []io.Reader{refusal(), refusal()}, 0}
			client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(transport)}))
			_, err := client.SignTicket(t.Context())
			require.NoError(t, err)
			time.Sleep(5 * time.Minute) // After this time a refusal is not believed at once.
			_, err = client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto, PhotoTo: to})
			require.ErrorIs(t, err, faceid.ErrCredential)
			require.Equal(t, asked, transport.asked)
		})
	}
}
