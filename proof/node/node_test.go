package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

const (
	chinaModels = "node_modules/tencentcloud-sdk-nodejs/tencentcloud/services/faceid/v20180301/faceid_models.d.ts"
	chinaClient = "node_modules/tencentcloud-sdk-nodejs/tencentcloud/services/faceid/v20180301/faceid_client.d.ts"
	intlClient  = "node_modules/tencentcloud-sdk-nodejs-intl-en/tencentcloud/faceid/v20180301/faceid_client.js"
	intlModels  = "node_modules/tencentcloud-sdk-nodejs-intl-en/tencentcloud/faceid/v20180301/models.js"
)

// sdks skips the test where the SDKs are not installed, except in CI.
func sdks(t *testing.T) (china, intl map[string]declaration) {
	t.Helper()
	_, err := exec.LookPath("node")
	var text [2][]byte
	for i, path := range []string{chinaModels, intlModels} {
		if err == nil {
			text[i], err = os.ReadFile(path)
		}
	}
	if err != nil {
		if os.Getenv("FACEID_TEST_E2E") != "" {
			require.NoError(t, err)
		}
		t.Skipf("make e2e installs what is missing: %v", err)
	}
	return readTypeScript(string(text[0])), readJavaScript(string(text[1]))
}

// tape keeps what the simulator answered, by RequestId.
type tape struct {
	mu  sync.Mutex
	all map[string]any
}

func (x *tape) keep(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		var envelope struct{ Response map[string]any }
		read := json.NewDecoder(bytes.NewReader(answer.Body.Bytes()))
		read.UseNumber()
		if read.Decode(&envelope) == nil && envelope.Response != nil {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.all[envelope.Response["RequestId"].(string)] = envelope.Response
		}
	})
}

type line struct {
	Site, Action string
	Answer       map[string]any
}

// flows runs flows.js and returns its lines, and what really came.
func flows(t *testing.T) (lines []line, raw map[string]any) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	// The simulator's pages are at the address that the SDKs call.
	sim := faceidtest.Start(t, faceidtest.WithPublicURL("http://"+l.Addr().String()))
	record := &tape{all: map[string]any{}}
	server := &http.Server{Handler: record.keep(sim)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })

	keys, err := json.Marshal(sim.Keys())
	require.NoError(t, err)
	out, err := exec.CommandContext(t.Context(), "node", "flows.js", string(keys)).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Logf("%s", failed.Stderr)
	}
	require.NoError(t, err)
	read := json.NewDecoder(bytes.NewReader(out))
	read.UseNumber()
	for read.More() {
		var l line
		require.NoError(t, read.Decode(&l))
		lines = append(lines, l)
	}
	return lines, record.all
}

func TestOfficialNodeSDKsCompleteTheirFlows(t *testing.T) {
	china, intl := sdks(t)
	declared := map[string]map[string]declaration{"cn": china, "intl": intl}
	lines, raw := flows(t)
	called := map[string]bool{}
	for _, l := range lines {
		called[l.Site+" "+l.Action] = true
		came := raw[l.Answer["RequestId"].(string)]
		require.NotNil(t, came, l.Action)
		came = without(declared[l.Site], l.Action+"Response", came)
		require.Equal(t, present(came), present(l.Answer), "%s: the SDK lost or changed something", l.Action)
		require.Contains(t, declared[l.Site], l.Action+"Response")
		require.Empty(t, compare(declared[l.Site], l.Action+"Response", l.Action, came), "%s of %s", l.Action, l.Site)
	}
	// Each action with types was called, on a site whose SDK has it.
	for name := range readSpecification(t, "cn").Actions {
		if !slices.Contains(differences["cn"], name+": "+gone) {
			require.Contains(t, called, "cn "+name)
		}
	}
	for name := range readSpecification(t, "intl").Actions {
		if !slices.Contains(differences["intl"], name+": "+gone) {
			require.Contains(t, called, "intl "+name)
		}
	}
	for _, name := range strings.Fields("DetectAIFakeFaces LivenessCompare") {
		require.Contains(t, called, "intl "+name)
	}
}

// differences are the known rows of coverage, by site. The pinned SDK of the international
// site is older than its pages. A new action of an SDK is a row that is not here: give it
// types, or a line here.
var differences = map[string][]string{
	"cn":   {"ImageRecognition: " + gone},     // closed to new customers; the international site has it
	"intl": {"VideoLivenessCompare: " + gone}, // the SDK is older than the action
}

func readSpecification(t *testing.T, site string) (spec specification) {
	t.Helper()
	text, err := os.ReadFile("../../internal/cloudspec/" + site + ".json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &spec))
	return spec
}

// The official clients are compared with the specification, so that no new action of the
// platform is overlooked.
func TestOfficialNodeSDKsHaveTheTypedActions(t *testing.T) {
	sdks(t)
	for site, path := range map[string]string{"cn": chinaClient, "intl": intlClient} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		upstream := readMethods(string(text))
		require.Greater(t, len(upstream), 10, site)
		rows := coverage(upstream, readSpecification(t, site))
		t.Logf("%s: %d actions in the SDK; %s", site, len(upstream), strings.Join(rows, "; "))
		require.Equal(t, differences[site], rows, "%s: the SDK and the specification differ in these actions", site)
	}
}

func TestCoverageTellsEveryDifference(t *testing.T) {
	text := "    Same(req?: SameRequest, cb?: x): y;\n    New(req: NewRequest, cb?: x): y;\n    Old(req, cb) {\n    constructor(clientConfig: z);\n"
	upstream := readMethods(text)
	require.Equal(t, []string{"New", "Old", "Same"}, upstream)
	spec := specification{Actions: map[string]json.RawMessage{"Same": nil, "Lost": nil}, Retired: map[string]string{"Old": "Same", "Older": "Same"}}
	require.Equal(t, []string{"Lost: " + gone, "New: " + notTyped, "Old: " + revived}, coverage(upstream, spec))
	spec = specification{Actions: map[string]json.RawMessage{"New": nil, "Old": nil}, Shared: map[string][]string{"Same": nil}}
	require.Empty(t, coverage(upstream, spec))
}

// undeclared are fields of the platform's pages that the pinned SDK of the
// international site does not declare yet, by structure. A field that a newer SDK
// declares has to leave this list.
var undeclared = map[string][]string{
	"OCRResult":                         {"HeadImageBase64", "CardBackImageBase64", "OriginalCardInfo"},
	"VerificationDetail":                {"LivenessInfoTag"},
	"ApplySdkVerificationTokenResponse": {"ServerParamInfo"},
}

// without returns the value of a structure without the fields that its SDK is known
// not to declare.
func without(declared map[string]declaration, kind string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, inner := range v {
			if declared[kind][name] != "" || !slices.Contains(undeclared[kind], name) {
				kept[name] = without(declared, declared[kind][name], inner)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, inner := range v {
			kept[i] = without(declared, strings.TrimPrefix(kind, "[]"), inner)
		}
		return kept
	}
	return value
}

func TestDeclarationsAreReadFromBothSDKs(t *testing.T) {
	china, intl := sdks(t)
	require.Equal(t, "[]IntentionQuestion", china["DetectAuthRequest"]["IntentionQuestions"])
	require.Equal(t, "DetectInfoText", china["GetDetectInfoEnhancedResponse"]["Text"])
	require.Equal(t, "string", intl["ApplySdkVerificationTokenResponse"]["SdkToken"])
	require.Equal(t, "number", intl["GetSdkVerificationResultResponse"]["ChargeCount"])
	spec, err := os.ReadFile("../../internal/cloudspec/intl.json")
	require.NoError(t, err)
	for kind, names := range undeclared {
		require.Contains(t, intl, kind)
		for _, name := range names {
			require.Contains(t, string(spec), `"name": "`+name+`"`, "the pages do not have it")
			require.NotContains(t, intl[kind], name, "%s declares it: take it out of undeclared", kind)
		}
	}
	require.Greater(t, len(china), 80)
	require.Greater(t, len(intl), 60)
	for name, fields := range china {
		require.NotEmpty(t, fields, name)
	}
}

func TestCompareFindsWhatIsNotDeclared(t *testing.T) {
	declared := map[string]declaration{
		"R": {"Text": "string", "Count": "number", "On": "boolean", "Inner": "I", "List": "[]I", "Names": "[]string"},
		"I": {"Code": "number"},
	}
	for text, want := range map[string][]string{
		`{"Text":"a","Count":1,"On":true,"Inner":{"Code":2},"List":[{"Code":null}],"Names":["b"]}`: nil,
		`{"Text":null,"List":null}`: nil,
		`{"Text":1}`:                {"R.Text is a json.Number, declared is string"},
		`{"Count":"1"}`:             {"R.Count is a string, declared is number"},
		`{"Other":1}`:               {"R.Other is not declared"},
		`{"Inner":{"code":1}}`:      {"R.Inner.code is not declared"},
		`{"List":{"Code":1}}`:       {"R.List is a map[string]interface {}, declared is []I"},
		`{"List":[{"Code":"1"}]}`:   {"R.List[0].Code is a string, declared is number"},
	} {
		read := json.NewDecoder(strings.NewReader(text))
		read.UseNumber()
		var value any
		require.NoError(t, read.Decode(&value))
		require.Equal(t, want, compare(declared, "R", "R", value), text)
	}
}
