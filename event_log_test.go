package faceid_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// The outcome of a person is no trouble in the log, and a verification that nobody
// finished is not even news.
func TestEventIsLoggedAsLoudAsItsTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		sim := faceidtest.Start(t)
		var mu sync.Mutex
		client := newClient(sim, faceid.WithLogger(slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return log.Write(p)
		}), &slog.HandlerOptions{Level: slog.LevelDebug}))), faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
			return cb.OrderNo != "replayed", nil
		}))
		good := finish(t, sim, client, "passes")
		sim.Script("fails", faceidtest.NotSamePerson())
		finish(t, sim, client, "fails")
		replayed := finish(t, sim, client, "replayed")
		for name, test := range loudRows(t, sim, client, good, replayed) {
			takeLog(&log)
			_ = test.call()
			require.Equal(t, test.want, takeLog(&log), name)
		}
	})
}

// takeLog takes the lines out of a log. It keeps the level, the kind and the rest,
// without the parts that differ from run to run.
func takeLog(log *bytes.Buffer) (all []string) {
	for line := range strings.Lines(log.String()) {
		var kept []string
		for _, part := range strings.Fields(line)[1:] {
			if !strings.HasPrefix(part, "seq=") && !strings.HasPrefix(part, "duration=") {
				kept = append(kept, part)
			}
		}
		line, _, _ = strings.Cut(strings.Join(kept, " "), ` error=`)
		all = append(all, strings.TrimPrefix(line, "level="))
	}
	log.Reset()
	return all
}

// logOfCall is the line that a query for a record logs.
func logOfCall(level, op, more string) string {
	return level + ` msg="faceid call" op=` + op + ` endpoint=` + pathRecord + ` product=plus order=` + more
}

// loudRow is a call, and the lines that it logs.
type loudRow struct {
	call func() error
	want []string
}

// decideOnReturn has ConfirmReturn decide on a way back for the order that passes.
func decideOnReturn(t *testing.T, client *faceid.Client, r *http.Request) func() error {
	return func() error {
		return second(client.ConfirmReturn(t.Context(), r, &faceid.PageSession{Product: faceid.ProductPlus, OrderNo: "passes"}))
	}
}

// loudRows are calls, decisions and callbacks of every loudness.
func loudRows(t *testing.T, sim *faceidtest.Server, client *faceid.Client, good, replayed *http.Request) map[string]loudRow {

	confirm := func(ctx context.Context, orderNo string) func() error {
		return func() error {
			return second(client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: orderNo, Product: faceid.ProductPlus}))
		}
	}
	return map[string]loudRow{
		"a pass": {decideOnReturn(t, client, good), []string{
			logOfCall("DEBUG", "ConfirmReturn", "passes code=0 charged=yes status=200 attempts=1"),
			`DEBUG msg="faceid callback" op=ConfirmReturn product=plus order=passes code=0`,
			`INFO msg="faceid decision" op=ConfirmReturn product=plus order=passes code=0 charged=yes family=Passed`,
		}},
		"no pass": {confirm(t.Context(), "fails"), []string{
			logOfCall("DEBUG", "ConfirmFace", "fails code=66660004 charged=yes status=200 attempts=1"),
			`INFO msg="faceid decision" op=ConfirmFace product=plus order=fails code=66660004 charged=yes family=NotSamePerson`,
		}},
		"a sweep": {func() error {
			return second(client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "nobody", Product: faceid.ProductPlus}))
		}, []string{logOfCall("DEBUG", "QueryFaceRecord", "nobody code=66660011 status=200 attempts=1 family=NoResult")}},
		"no result": {confirm(t.Context(), "nobody"), []string{
			logOfCall("DEBUG", "ConfirmFace", "nobody code=66660011 status=200 attempts=1 family=NoResult"),
			`INFO msg="faceid decision" op=ConfirmFace product=plus order=nobody code=66660011 family=NoResult`,
		}},
		"trouble": {func() error {
			sim.FailNext(pathRecord, faceidtest.FaultStatus(500, "x"))
			return confirm(t.Context(), "passes")()
		}, []string{
			logOfCall("WARN", "ConfirmFace", "passes status=500 attempts=1 family=Service"),
			`WARN msg="faceid decision" op=ConfirmFace product=plus order=passes family=Service`,
		}},
		"the caller left": {confirm(canceled(), "passes"), []string{
			logOfCall("DEBUG", "ConfirmFace", "passes attempts=1"),
			`DEBUG msg="faceid decision" op=ConfirmFace product=plus order=passes`,
		}},
		"forged": {decideOnReturn(t, client, changed(good, "newSignature", strings.Repeat("0", 40))), []string{
			`WARN msg="faceid callback" op=ConfirmReturn product=plus order=passes family=Forged`,
			`INFO msg="faceid decision" op=ConfirmReturn product=plus order=passes family=Forged`,
		}},
		"unsigned": {func() error { return second(client.VerifyCallback(t.Context(), changed(good, "newSignature", ""))) }, []string{`WARN msg="faceid callback" op=VerifyCallback family=Unsigned`}},
		"replayed": {func() error { return second(client.VerifyCallback(t.Context(), replayed)) }, []string{
			`INFO msg="faceid callback" op=VerifyCallback order=replayed code=0 family=Replayed`,
		}},
		"another tab": {decideOnReturn(t, client, replayed), []string{
			`INFO msg="faceid callback" op=ConfirmReturn product=plus order=passes family=OtherOrder`,
			`INFO msg="faceid decision" op=ConfirmReturn product=plus order=passes family=OtherOrder`,
		}},
	}
}
