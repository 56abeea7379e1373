package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/faceid-go/faceid"
)

// output is what the program prints. Spans come from several goroutines.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// scraped runs the program once, as somebody with a Prometheus does, and returns what it
// printed and what a scrape brings.
var scraped = sync.OnceValues(func() (string, map[string]*dto.MetricFamily) {
	var out output
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var families map[string]*dto.MetricFamily
	err := run(ctx, "127.0.0.1:0", &out, func(url string) {
		defer stop()
		response, err := http.Get(url)
		if err != nil {
			panic(err)
		}
		defer response.Body.Close()
		parser := expfmt.NewTextParser(model.LegacyValidation)
		if families, err = parser.TextToMetricFamilies(response.Body); err != nil {
			panic(err)
		}
	})
	if err != nil {
		panic(err)
	}
	return out.text.String(), families
})

func TestRunExportsEveryKindOfEvent(t *testing.T) {
	out, families := scraped()
	for _, span := range []string{
		`"Name":"checkout"`, `"Name":"faceid call StartH5 /api/server/getPlusFaceId"`, `"Name":"faceid decision ConfirmReturn"`,
		`"Name":"faceid callback ConfirmReturn"`, `"Name":"faceid refresh"`, `"Name":"faceid store Load"`, `"Name":"POST /api/v2/base/queryfacerecord"`,
	} {
		require.True(t, strings.Contains(out, span), span)
	}
	for _, private := range []string{"李测试", "110101199003074477", "a-secret-of-another-app", "secret=", "sign=", "newSignature"} {
		require.False(t, strings.Contains(out, private), private)
		require.False(t, strings.Contains(fmt.Sprint(families), private), private)
	}
	for _, series := range []string{
		`faceid_decisions_total faceid_family="Passed"`, `faceid_decisions_total faceid_family="SuspectedFake"`, `faceid_decisions_total error_type="Store"`,
		`faceid_callbacks_total faceid_family="Forged"`, `faceid_refreshes_total error_type="Credential"`, `faceid_calls_total error_type="Account"`,
		`faceid_calls_total error_type="Service"`, `faceid_store_troubles_total faceid_op="Load"`, `http_client_request_duration_seconds error_type="connection"`,
	} {
		name, label, _ := strings.Cut(series, " ")
		require.True(t, slices.Contains(labelsOf(families[name]), label), series)
	}
	require.Equal(t, []float64{2, 2, 1}, gauges(families["faceid_orders_unfinished"]))
	require.Equal(t, []float64{0}, counters(families["faceid_foreign_refreshes_total"]))
}

func TestRunPrintsAndEndsWithoutListen(t *testing.T) {
	var out output
	require.NoError(t, run(t.Context(), "", &out, nil))
	require.Contains(t, out.text.String(), `faceid_decisions_total{faceid_charged="yes",faceid_code="face/0",faceid_family="Passed",faceid_op="ConfirmReturn",faceid_product="plus"} 2`)
	require.Contains(t, out.text.String(), "faceid_call_duration_seconds is a histogram")
}

// labelsOf returns the labels of all series, as name="value".
func labelsOf(family *dto.MetricFamily) (all []string) {
	for _, m := range family.GetMetric() {
		for _, l := range m.GetLabel() {
			all = append(all, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
		}
	}
	return all
}

func gauges(family *dto.MetricFamily) (all []float64) {
	for _, m := range family.GetMetric() {
		all = append(all, m.GetGauge().GetValue())
	}
	return all
}

func counters(family *dto.MetricFamily) (all []float64) {
	for _, m := range family.GetMetric() {
		all = append(all, m.GetCounter().GetValue())
	}
	return all
}

// An expression is a query of Prometheus, and where it stands.
type expression struct{ where, text string }

type dashboard struct {
	Panels []struct {
		ID          int
		Type, Title string
		Description string
		GridPos     struct{ H, W, X, Y int }
		Targets     []struct{ Expr, LegendFormat string }
	}
	Templating struct {
		List []struct{ Name, Definition string }
	}
}

func readDashboard(t *testing.T) (d dashboard, all []expression) {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &d))
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all = append(all, expression{p.Title, target.Expr})
		}
	}
	for _, v := range d.Templating.List {
		if v.Definition != "" {
			all = append(all, expression{v.Name, v.Definition})
		}
	}
	return d, all
}

type rules struct {
	Groups []struct {
		Rules []struct {
			Alert, Record, Expr string
			Labels, Annotations map[string]string
		}
	}
}

func readAlerts(t *testing.T) (r rules, all []expression) {
	t.Helper()
	text, err := os.ReadFile("alerts.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &r))
	for _, g := range r.Groups {
		for _, rule := range g.Rules {
			all = append(all, expression{rule.Alert + rule.Record, rule.Expr})
		}
	}
	return r, all
}

var (
	metricName = regexp.MustCompile(`\b((?:faceid|http)_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher    = regexp.MustCompile(`(\w+)(=~|!~|!=|=)"([^"]*)"`)
	grouping   = regexp.MustCompile(`\b(?:by|on|group_left) \(([^)]*)\)`)
	legend     = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}`)
	// ofPrometheus are labels that Prometheus adds: by its own configuration, and to
	// histograms.
	ofPrometheus = []string{"job", "le"}
)

func TestDashboardAndAlertsNameOnlyWhatIsExported(t *testing.T) {
	_, families := scraped()
	labels, values := map[string]bool{}, map[string]bool{}
	for name, family := range families {
		for _, label := range labelsOf(family) {
			key, _, _ := strings.Cut(label, "=")
			labels[name+" "+key], labels[key], values[label] = true, true, true
		}
	}
	for _, l := range ofPrometheus {
		labels[l] = true
	}
	used := map[string]bool{}
	_, panels := readDashboard(t)
	_, alerts := readAlerts(t)
	require.Greater(t, len(panels), 20)
	require.Greater(t, len(alerts), 12)
	for _, e := range slices.Concat(panels, alerts) {
		names := 0
		selectors := grouping.ReplaceAllString(e.text, "")
		for _, m := range metricName.FindAllStringSubmatch(selectors, -1) {
			name := base(m[1], families)
			require.NotNil(t, families[name], "%s: nothing exports %s", e.where, m[1])
			used[name] = true
			names++
			for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
				if l[1] == "job" {
					continue
				}
				require.True(t, labels[name+" "+l[1]], "%s: %s has no label %s", e.where, name, l[1])
				for value := range strings.SplitSeq(l[3], "|") {
					known := value == "" || values[fmt.Sprintf("%s=%q", l[1], value)] || isFamily(value)
					require.True(t, known, "%s: no %s is %q", e.where, l[1], value)
				}
			}
		}
		require.True(t, names > 0 || strings.Contains(e.text, "faceid:"), "%s: the expression names no metric", e.where)
		for _, g := range grouping.FindAllStringSubmatch(e.text, -1) {
			for label := range strings.SplitSeq(g[1], ",") {
				require.True(t, labels[strings.TrimSpace(label)], "%s: there is no label %q", e.where, label)
			}
		}
	}
	for name := range families {
		require.True(t, used[name] || name == "target_info", "%s is shown nowhere", name)
	}
}

// base returns the name of the metric that a series is of.
func base(series string, families map[string]*dto.MetricFamily) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if name := strings.TrimSuffix(series, suffix); name != series && families[name] != nil {
			return name
		}
	}
	return series
}

// isFamily reports whether value is a family that the program has not met.
func isFamily(value string) bool {
	return slices.Contains([]faceid.Family{faceid.ErrNetwork, faceid.ErrBadAnswer, faceid.ErrUnknownCode, faceid.ErrRateLimited, faceid.FamilyUnsigned}, faceid.Family(value))
}

func TestDashboardIsWellFormed(t *testing.T) {
	d, _ := readDashboard(t)
	ids, taken := map[int]string{}, map[[2]int]string{}
	for _, p := range d.Panels {
		require.Empty(t, ids[p.ID], p.Title)
		ids[p.ID] = p.Title
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Empty(t, taken[[2]int{x, y}], "%s lies over another panel", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		if p.Type == "row" {
			continue
		}
		require.NotEmpty(t, p.Description, p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			for _, m := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
				require.Contains(t, target.Expr, m[1], "%s: the legend names what the expression has not", p.Title)
			}
			for _, m := range metricName.FindAllStringSubmatch(grouping.ReplaceAllString(target.Expr, ""), -1) {
				require.Contains(t, m[2], `job=~"$job"`, p.Title)
			}
		}
	}
}

// alertTests are the files of the unit tests of the alerts.
var alertTests = []string{"alerts_test.yaml", "alerts_days_test.yaml"}

// testedAlerts returns the alerts that some unit test expects to fire, and those that
// some unit test expects to keep quiet.
func testedAlerts(t *testing.T) (fires, quiet map[string]bool) {
	t.Helper()
	fires, quiet = map[string]bool{}, map[string]bool{}
	for _, name := range alertTests {
		var tests struct {
			Tests []struct {
				Rules []struct {
					Alert string `yaml:"alertname"`
					Fired []any  `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			}
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, &tests))
		for _, test := range tests.Tests {
			for _, rule := range test.Rules {
				fires[rule.Alert] = fires[rule.Alert] || len(rule.Fired) > 0
				quiet[rule.Alert] = quiet[rule.Alert] || len(rule.Fired) == 0
			}
		}
	}
	return fires, quiet
}

func TestAlertsFireAndKeepQuiet(t *testing.T) {
	r, _ := readAlerts(t)
	fires, quiet := testedAlerts(t)
	for _, g := range r.Groups {
		for _, rule := range g.Rules {
			if rule.Alert == "" {
				continue
			}
			require.True(t, fires[rule.Alert], "no test has %s fire", rule.Alert)
			require.True(t, quiet[rule.Alert], "no test keeps %s quiet", rule.Alert)
			require.Contains(t, []string{"warning", "critical"}, rule.Labels["severity"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["description"], rule.Alert)
		}
	}

	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed: make rules needs it")
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, append([]string{"test", "rules"}, alertTests...)} {
		said, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput()
		require.NoError(t, err, string(said))
	}
}

// Every expression of the dashboard is one that Prometheus understands.
func TestDashboardIsUnderstoodByPrometheus(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed")
	}
	_, all := readDashboard(t)
	var file strings.Builder
	fmt.Fprintln(&file, "groups: [{name: dashboard, rules: [")
	for i, e := range all {
		if !strings.HasPrefix(e.text, "label_values(") {
			text := strings.NewReplacer("$__rate_interval", "5m", "$job", ".*").Replace(e.text)
			fmt.Fprintf(&file, "{record: r%d, expr: %q},\n", i, text)
		}
	}
	_, _ = io.WriteString(&file, "]}]\n")
	path := t.TempDir() + "/rules.yaml"
	require.NoError(t, os.WriteFile(path, []byte(file.String()), 0o600))
	said, err := exec.CommandContext(t.Context(), "promtool", "check", "rules", path).CombinedOutput()
	require.NoError(t, err, string(said))
}
