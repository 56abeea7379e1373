package simulate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// serve runs the simulator until the test ends and returns its first line.
func serve(t *testing.T, args ...string) faceidtest.Keys {
	t.Helper()
	read, write := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		err := Run(ctx, "simulator", append([]string{"-addr", "127.0.0.1:0"}, args...), write, io.Discard)
		_ = write.CloseWithError(err)
		done <- err
	}()
	lines := bufio.NewReader(read)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	var keys faceidtest.Keys
	if err := json.Unmarshal(first, &keys); err != nil {
		t.Fatal(err)
	}
	return keys
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "simulator.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigSetsMerchantIds(t *testing.T) {
	public, err := json.Marshal(faceidtest.NewServer().CloudSM2Key()) // any SM2 key will do
	if err != nil {
		t.Fatal(err)
	}
	keys := serve(t, "-config", file(t, `{"merchants": ["merchant7", {"merchant_id": "merchant8", "settings": ["h5"], "sm2_key": `+string(public)+`}]}`))
	told := map[string]faceidtest.EidKeys{}
	for _, m := range keys.Eids {
		told[m.MerchantID] = m
	}
	if m := told["merchant8"]; !m.RealName || !slices.Equal(m.Settings, []string{"h5"}) {
		t.Errorf("merchant8 %+v", m)
	}
	if m := told["merchant7"]; m.MerchantID == "" || m.RealName || len(m.Settings) > 0 {
		t.Errorf("merchant7 %+v", m)
	}
}

func TestConfigSetsWhatTheConsoleAndTheTestSet(t *testing.T) {
	path := file(t, `{
		"apps": [{"app_id": "TIDA0007", "secret": "sevensecret", "nfc_key": "0123456789abcdef0123456789abcdef"}],
		"accounts": [{"secret_id": "AKIDseven", "secret_key": "sevenkey", "token": "seventoken"}],
		"rules": [{"rule_id": "seven", "product": "plus", "settings": ["compares", "mini-program"]}],
		"merchants": ["merchant7"],
		"dialect": {"SuccessTrue": true},
		"at_start": [{"path": "/sim/fault", "body": {"path": "/api/oauth2/access_token", "fault": "status", "status": 502}}]
	}`)
	keys := serve(t, "-config", path)
	if keys.AppID != "TIDA0007" || keys.NFCKey != "0123456789abcdef0123456789abcdef" || keys.Token != "seventoken" {
		t.Errorf("keys %+v", keys)
	}
	var told bool
	for _, r := range keys.Rules {
		told = told || r.RuleID == "seven" && r.Product == "plus" && slices.Equal(r.Settings, []string{"compares", "mini-program"})
	}
	if !told {
		t.Errorf("rules %+v", keys.Rules)
	}
	token := keys.BaseURL + "/api/oauth2/access_token?appId=TIDA0007&secret=sevensecret&grant_type=client_credential&version=1.0.0"
	for i, want := range []string{"", `"success":true`} { // the queued fault first
		res, err := http.Get(token)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if (res.StatusCode == http.StatusBadGateway) != (i == 0) || !strings.Contains(string(body), want) {
			t.Errorf("answer %d: %d %s", i, res.StatusCode, body)
		}
	}
}

// Where the documents can be read in two ways, a flag and a field of the file choose
// the other one.
func TestEachReadingHasAFlagAndAField(t *testing.T) {
	quits := func(sim *faceidtest.Server) (*faceid.Client, *faceid.PageLogin, *http.Request, error) {
		sim.ScriptDefault(faceidtest.Quits())
		client := sim.Client()
		login, err := client.StartH5(t.Context(), faceid.H5Request{Person: faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}, RedirectURL: "https://shop.example/back"})
		if err != nil {
			t.Fatal(err)
		}
		back, err := sim.Visit(t.Context(), login.URL)
		return client, login, back, err
	}
	for flag, shows := range map[string]func(*faceidtest.Server) bool{
		"fragment-after-query": func(sim *faceidtest.Server) bool {
			return sim.Callback("https://shop.example/#/back", "order1", "0").URL.Query().Has("newSignature")
		},
		"unsigned-front-end": func(sim *faceidtest.Server) bool {
			_, _, back, err := quits(sim)
			return err == nil && !back.URL.Query().Has("newSignature")
		},
		"reentry": func(sim *faceidtest.Server) bool {
			client, login, _, _ := quits(sim)
			again, err := client.LoginURL(t.Context(), &login.Session)
			if err != nil {
				t.Fatal(err)
			}
			_, err = sim.Visit(t.Context(), again)
			return err == nil
		},
	} {
		field := strings.ReplaceAll(flag, "-", "_")
		for _, args := range [][]string{nil, {"-" + flag}, {"-config", file(t, `{"`+field+`": true}`)}} {
			_, c, err := parse("simulator", args, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			opts, err := c.options()
			if err != nil {
				t.Fatal(err)
			}
			if got := shows(faceidtest.Start(t, opts...)); got != (args != nil) {
				t.Errorf("%s with %q: %v", flag, args, got)
			}
		}
	}
}

func TestConfigOpensTheProductsOfAnApp(t *testing.T) {
	_, c, err := parse("simulator", []string{"-config", file(t, `{"apps": [{"app_id": "TIDA0007", "secret": "sevensecret", "products": ["plus"]}]}`)}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	opts, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	client := faceidtest.Start(t, opts...).Client()
	person := faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}
	_, plus := client.OpenH5(t.Context(), faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back"})
	_, enhanced := client.OpenH5(t.Context(), faceid.H5Request{Product: faceid.ProductEnhanced, Person: person, RedirectURL: "https://shop.example/back"})
	if plus != nil || !errors.Is(enhanced, faceid.ErrAccount) {
		t.Errorf("plus: %v; enhanced: %v", plus, enhanced)
	}
}

func TestConfigRefusesWhatItDoesNotKnow(t *testing.T) {
	for text, part := range map[string]string{
		`{"app": []}`:                "unknown field",
		`{} {}`:                      "stands behind",
		`{`:                          "unexpected EOF",
		`{"speed": 1000}`:            "WithSpeed",
		`{"apps": [{"app_id": ""}]}`: "WithApp",
		`{"rules": [{"rule_id": "x", "product": "plus", "settings": ["flies"]}]}`:                                          `"flies" is unknown`,
		`{"rules": [{"rule_id": "x", "product": "plus", "settings": ["h5", "mini-program"]}]}`:                             "one channel",
		`{"merchants": [{"merchant_id": "x", "settings": ["flies"]}]}`:                                                     `"flies" is unknown`,
		`{"merchants": [{"merchant_id": "x", "settings": ["typed"]}]}`:                                                     "WithMerchant",
		`{"merchants": [{"merchant_id": "x", "sm2_key": "x"}]}`:                                                            "is no PEM",
		`{"merchants": [{"merchant_id": "x", "sm2_key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}]}`: "is no public key",
		`{"merchants": [{"merchant": "x"}]}`:                                                                               "unknown field",
		`{"at_start": [{"path": "/api/x"}]}`:                                                                               "does not begin with /sim/",
		`{"at_start": [{"path": "/sim/order", "body": {"ending": "flies"}}]}`:                                              "the ending is unknown",
		`{"apps": [{"app_id": "TIDA0007", "secret": "x", "products": ["flies"]}]}`:                                         "WithAppProducts",
	} {
		var out, errOut strings.Builder
		err := Run(t.Context(), "simulator", []string{"-addr", "127.0.0.1:0", "-config", file(t, text)}, &out, &errOut)
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for args, part := range map[string]string{"-dialect Klingon": "none of CodeAsNumber", "-config /nowhere.json": "no such file", "-speed 0": "-speed is 0"} {
		err := Run(t.Context(), "simulator", append([]string{"-addr", "127.0.0.1:0"}, strings.Fields(args)...), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestCurlAloneVerifiesAPerson(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "sha1sum", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("FACEID_TEST_E2E") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	keys := serve(t)
	for ending, last := range map[string]string{"passes": "passed: 0", "not-same-person": "not passed: 66660004"} {
		script := exec.CommandContext(t.Context(), "bash", "../../examples/simulator/kyc1.sh", keys.BaseURL, keys.AppID, keys.Secret, ending)
		out, err := script.CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if err != nil || !strings.HasPrefix(lines[len(lines)-1], last) {
			t.Errorf("%s: %v\n%s", ending, err, out)
		}
	}
}
