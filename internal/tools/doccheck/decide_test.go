package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	// badSamples decide on a browser by hand.
	badSamples = map[string]string{
		"the claim is forgotten": `
callback, err := client.VerifyCallback(ctx, r)
if err == nil && callback.OrderNo == order {
	_, err = client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: order})
}`,
		"all checks by hand": `
callback, err := faceid.VerifyCallback(r.URL.Query(), appID, ticket)
if err != nil || callback.OrderNo != order || !callback.Passed() {
	return
}
_, err = client.ConfirmWill(ctx, faceid.GetWillFaceResultRequest{OrderNo: order})`,
		"the callback alone": `
callback, err := client.VerifyCallback(ctx, r)
letIn(err == nil && callback.Passed())`,
		"its code": `
callback, err := client.VerifyCallback(ctx, r)
letIn(err == nil && callback.Code == faceid.CodePassed)`,
		"the record alone": `
login, err := client.StartH5(ctx, faceid.H5Request{})
back, err := platform.Visit(ctx, login.URL)
record, err := client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: login.Session.OrderNo})
letIn(record.Passed())`,
		"the record alone, asked for its error": `
login := must(client.StartPC(ctx, faceid.PCRequest{}))
record := must(client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: login.Session.OrderNo}))
letIn(record.Err() == nil)`,
		"the record alone, confirmed": `
login, err := client.StartWillH5(ctx, faceid.WillH5Request{})
_, err = faceid.Confirm(client.GetWillFaceResult(ctx, faceid.GetWillFaceResultRequest{OrderNo: login.Session.OrderNo}))`,
		"the evidence alone": `
login, err := client.StartH5(ctx, faceid.H5Request{})
record, err := client.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: login.Session.OrderNo})
letIn(err == nil && record.Passed())`,
		"the evidence of a will alone": `
login, err := client.StartWillH5(ctx, faceid.WillH5Request{})
record, err := client.WaitWillResult(ctx, faceid.GetWillFaceResultRequest{OrderNo: login.Session.OrderNo})
letIn(record.Err() == nil)`,
		"the record alone, by its family": `
login, err := client.StartPC(ctx, faceid.PCRequest{})
record, err := client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: login.Session.OrderNo})
letIn(record.Family() == faceid.FamilyPassed)`,
		"the record alone, confirmed later": `
login, err := client.StartH5(ctx, faceid.H5Request{})
record, err := client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: login.Session.OrderNo})
_, err = faceid.Confirm(record, err)`,
		"the record alone, in a declaration": `
login, err := client.StartH5(ctx, faceid.H5Request{})
var record, trouble = client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: login.Session.OrderNo})
letIn(trouble == nil && record.Passed())`,
		"in two functions": `
func back(w http.ResponseWriter, r *http.Request) {
	if cb, err := client.VerifyCallback(r.Context(), r); err == nil && decide(cb.OrderNo) {
		letIn()
	}
}

func decide(order string) bool {
	_, err := client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: order})
	return err == nil
}`,
		"in two methods, and safe elsewhere": `
func (s *shop) back(w http.ResponseWriter, r *http.Request) {
	if cb := s.verify(r); cb != nil && s.decide(cb.OrderNo) {
		letIn()
	}
}

func (s *shop) verify(r *http.Request) *faceid.Callback {
	cb, _ := s.client.VerifyCallback(r.Context(), r)
	return cb
}

func (s *shop) decide(order string) bool {
	_, err := s.client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: order})
	return err == nil
}

func (s *shop) other(w http.ResponseWriter, r *http.Request) { s.client.ConfirmReturn(ctx, r, session) }`,
		"a handler that looks at the record alone": `
func verify(w http.ResponseWriter, r *http.Request) {
	login, err := client.StartH5(r.Context(), faceid.H5Request{RedirectURL: "https://shop.example/back"})
}

func back(w http.ResponseWriter, r *http.Request) {
	_, err := client.ConfirmFace(r.Context(), faceid.QueryFaceRecordRequest{OrderNo: order})
}`,
		"a handler in a literal": `
http.HandleFunc("GET /back", func(w http.ResponseWriter, r *http.Request) {
	callback, err := client.VerifyCallback(r.Context(), r)
	_, err = client.ConfirmFace(r.Context(), faceid.QueryFaceRecordRequest{OrderNo: callback.OrderNo})
})`,
		"both ways at once": `
callback, err := client.VerifyCallback(ctx, r)
if callback.Passed() {
	_, err = client.ConfirmReturn(ctx, r, session)
}`,
	}
	// goodSamples decide by ConfirmReturn, or not on a browser.
	goodSamples = map[string]string{
		"the call": `
record, err := client.ConfirmReturn(ctx, r, session)
letIn(record.Passed())`,
		"the call, in a handler that opens nothing": `
func back(w http.ResponseWriter, r *http.Request) {
	_, err := client.ConfirmWillReturn(r.Context(), r, session)
}`,
		"an App": `
launch, err := client.StartSDK(ctx, faceid.SDKRequest{})
_, err = client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo})`,
		"an App's report, beside a page": `
func verify(w http.ResponseWriter, r *http.Request) { client.StartH5(r.Context(), faceid.H5Request{}) }

func back(w http.ResponseWriter, r *http.Request) { client.ConfirmReturn(r.Context(), r, session) }

func appDone(w http.ResponseWriter, r *http.Request) {
	if faceid.ParseSDKResult(domain, code).Queryable() {
		client.ConfirmFace(r.Context(), faceid.QueryFaceRecordRequest{OrderNo: order})
	}
}`,
		"a signature that is shown": `
callback, err := client.VerifyCallback(ctx, r)
fmt.Println(callback, err)`,
		"words for an order that is over": `
func back(w http.ResponseWriter, r *http.Request) {
	if over {
		_, err := client.VerifyCallback(r.Context(), r)
		return
	}
	decide(r)
}

func decide(r *http.Request) { client.ConfirmReturn(ctx, r, session) }`,
		"evidence": `
login, err := client.StartH5(ctx, faceid.H5Request{})
record, err := client.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: login.Session.OrderNo})
fmt.Println(record.PhotoSize)`,
		"a check": `
login, err := client.StartH5(ctx, faceid.H5Request{})
_, err = faceid.Confirm(client.IdCardVerification(ctx, faceid.IdCardVerificationRequest{}))`,
	}
)

// declares reports whether a sample is functions and not statements.
func declares(text string) bool { return strings.HasPrefix(text, "\nfunc ") }

// places are the files where a sample may stand.
var places = map[string]func(text string) (name, content string){
	"a page": func(text string) (string, string) { return "docs/b.md", "# B\n\n```go" + text + "\n```\n" },
	"a program": func(text string) (string, string) {
		if !declares(text) {
			text = "\nfunc main() {" + text + "\n}"
		}
		return "examples/bad/main.go", "package main\n" + text + "\n"
	},
	"an Example": func(text string) (string, string) {
		if declares(text) {
			return "example_test.go", "package faceid_test\n\nfunc ExampleClient() { verify(nil, nil); back(nil, nil) }\n" + text + "\n"
		}
		return "example_test.go", "package faceid_test\n\nfunc ExampleClient() {" + text + "\n}\n"
	},
}

// decisionsOf returns the faults of the samples in these files.
func decisionsOf(t *testing.T, files map[string]string) []string {
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	pages, err := readPages(root)
	require.NoError(t, err)
	faults, err := checkDecisions(root, pages)
	require.NoError(t, err)
	return faults
}

func TestCheckDecisionsRefusesUnsafeSamples(t *testing.T) {
	for where, place := range places {
		for name, text := range badSamples {
			file, content := place(text)
			faults := decisionsOf(t, map[string]string{file: content})
			require.Len(t, faults, 1, "%s in %s", name, where)
			require.Contains(t, faults[0], file+":", "%s in %s", name, where)
			require.Contains(t, faults[0], "without ConfirmReturn", "%s in %s", name, where)
		}
		for name, text := range goodSamples {
			file, content := place(text)
			require.Empty(t, decisionsOf(t, map[string]string{file: content}), "%s in %s", name, where)
		}
	}
}

func TestCheckDecisionsAllowsMarkedPieces(t *testing.T) {
	bad, good := badSamples["all checks by hand"], goodSamples["the call"]
	const mark = "<!-- doccheck: pieces -->\n"
	block := func(text string) string { return "```go" + text + "\n```\n\n" }
	require.Empty(t, decisionsOf(t, map[string]string{"docs/b.md": "# B\n\n" + mark + block(bad)}))
	require.Len(t, decisionsOf(t, map[string]string{"docs/b.md": "# B\n\n" + mark + block(bad) + block(bad)}), 1, "one block only")

	stale := decisionsOf(t, map[string]string{"docs/b.md": "# B\n\n" + mark + block(good)})
	require.Len(t, stale, 1)
	require.Contains(t, stale[0], "nothing to excuse")

	const function = "\n//doccheck:pieces\nfunc ExampleClient() {"
	require.Empty(t, decisionsOf(t, map[string]string{"example_test.go": "package p\n" + function + bad + "\n}\n"}))
	require.Len(t, decisionsOf(t, map[string]string{"example_test.go": "package p\n" + function + good + "\n}\n"}), 1)
	require.Empty(t, decisionsOf(t, map[string]string{"example_test.go": "package p\n" + function + badSamples["a handler in a literal"] + "\n}\n"}))

	require.Contains(t, parsePage("b.md", mark+"```sh\nmake\n```\n").faults[0], "a mark for Go")
}

func TestCheckDecisionsReadsTheBlocksOfAPageTogether(t *testing.T) {
	const verify = "```go\ncallback, err := client.VerifyCallback(ctx, r)\n```\n\n"
	const confirm = "```go\n_, err := client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: callback.OrderNo})\n```\n\n"
	const safely = "```go\n_, err := client.ConfirmReturn(ctx, r, session)\n```\n\n"
	faults := decisionsOf(t, map[string]string{"docs/b.md": "# B\n\n" + verify + "and\n\n" + confirm})
	require.Len(t, faults, 1)
	require.Contains(t, faults[0], "docs/b.md:1: its blocks together")
	require.Empty(t, decisionsOf(t, map[string]string{"docs/b.md": "# B\n\n" + verify + confirm + safely}))
	require.Empty(t, decisionsOf(t, map[string]string{"docs/b.md": "# B\n\n" + confirm}))
}

// Tests may take ConfirmReturn apart; godoc Examples may not.
func TestCheckDecisionsReadsOnlyTheExamplesOfATestFile(t *testing.T) {
	bad := badSamples["the claim is forgotten"]
	require.Empty(t, decisionsOf(t, map[string]string{"a_test.go": "package p\n\nfunc TestIt(t *testing.T) {" + bad + "\n}\n"}))
	require.Empty(t, decisionsOf(t, map[string]string{"examples/x/main_test.go": "package p\n\nfunc TestIt(t *testing.T) {" + bad + "\n}\n"}))
	require.Len(t, decisionsOf(t, map[string]string{"faceidtest/a_test.go": "package p\n\nfunc Example() { help() }\n\nfunc help() {" + bad + "\n}\n"}), 1)
}
