package simulate

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const secret = "a-secret-that-nobody-may-see"

func TestHalfOfTheSettingsIsRefusedByName(t *testing.T) {
	for args, part := range map[string]string{
		"-app-id TIDA0009":           "-secret, which is missing",
		"-secret " + secret:          "-app-id, which is missing",
		"-app-id= -secret=":          "is empty",
		"-app-id=":                   "-app-id is empty",
		"-secret=":                   "-secret is empty",
		"-app-id TIDA0009 -secret=":  "-secret is empty",
		"-app-id= -secret " + secret: "-app-id is empty",
		"-addr=":                     "-addr is empty",
		"-lenient false -addr :0":    "all settings are flags",
		"-app-id TIDA0009 -secret " + secret + "\n": "-secret has a blank or a line break",
		"-app-id TIDA0009\r\n -secret " + secret:    "-app-id has a blank or a line break",
		"-app-id TIDA0009 -secret x " + secret:      "all settings are flags",
	} {
		over, stop := context.WithCancel(t.Context())
		stop() // it ends as soon as it runs
		var out, errOut bytes.Buffer
		err := Run(over, "simulator", append([]string{"-addr", "127.0.0.1:0"}, strings.Split(args, " ")...), &out, &errOut)
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error()+errOut.String(), secret) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestAnAddressThatOthersReachIsWarnedOf(t *testing.T) {
	for addr, warned := range map[string]bool{"127.0.0.1:0": false, "localhost:0": false, "127.7.7.7:0": false, ":0": true, "0.0.0.0:0": true} {
		over, stop := context.WithCancel(t.Context())
		stop()
		var out, errOut bytes.Buffer
		if err := Run(over, "simulator", []string{"-addr", addr, "-app-id", "TIDA0009", "-secret", secret}, &out, &errOut); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
		if strings.Contains(errOut.String(), "is not loopback") != warned || strings.Contains(errOut.String(), secret) {
			t.Errorf("%s: %s", addr, &errOut)
		}
		if lines := strings.Split(out.String(), "\n"); !slices.ContainsFunc(lines[:1], func(s string) bool { return strings.HasPrefix(s, "{") }) {
			t.Errorf("%s: the first line is not JSON: %s", addr, &out)
		}
	}
}

// curlLine is a line of the document that scripts the simulator: what it sends, and
// where.
var curlLine = regexp.MustCompile(`(?m)^curl (?:-H 'Content-Type: application/json' -d '([^']*)' )?\$sim(/sim/\w+)`)

// A line with … stands for launch parameters, a token or an address of the reader's
// own. All others are answered as they are printed.
func TestSimulatorAnswersTheCurlLinesOfTheDocument(t *testing.T) {
	keys := serve(t)
	for _, page := range []string{"testing.md", "testing.zh-CN.md"} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		tried := 0
		for _, line := range curlLine.FindAllStringSubmatch(string(text), -1) {
			body, path := line[1], line[2]
			if strings.Contains(body, "…") {
				continue
			}
			tried++
			method := http.MethodGet
			if body != "" {
				method = http.MethodPost
			}
			request, err := http.NewRequestWithContext(t.Context(), method, keys.BaseURL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/json")
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if answer.Body.Close(); answer.StatusCode != http.StatusOK {
				t.Errorf("%s: %s: %s", page, line[0], answer.Status)
			}
		}
		if tried < 9 {
			t.Errorf("%s: %d lines were tried", page, tried)
		}
	}
}
