package faceidtest_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// With -update the pages of the rules are written anew:
//
//	go test ./faceidtest -run TestRules -update
var update = flag.Bool("update", false, "write docs/simulator-rules.md and its twin")

// stories are the tables of docs/simulator-rules.md.
var stories = []struct {
	name  string
	rules []rule
}{
	{"credentials", rulesOfCredentials},
	{"uploads", rulesOfUploads},
	{"pages", rulesOfPages},
	{"tc3", rulesOfTC3},
	{"flows", rulesOfFlows},
}

func TestRulesHold(t *testing.T) {
	for _, story := range stories {
		for _, r := range story.rules {
			t.Run(story.name+": "+r.en, func(t *testing.T) {
				require.Equal(t, r.want, r.try(t), "%s: %s", r.steps, r.request)
			})
		}
	}
}

func TestRulesAreThoseOfThePages(t *testing.T) {
	for name, chinese := range map[string]bool{"../docs/simulator-rules.md": false, "../docs/simulator-rules.zh-CN.md": true} {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		want := string(b)
		for _, story := range stories {
			want = filled(t, want, story.name, tableOf(story.rules, chinese))
		}
		if *update {
			require.NoError(t, os.WriteFile(name, []byte(want), 0o644))
			continue
		}
		require.Equal(t, want, string(b), "the page is stale: go test ./faceidtest -run TestRules -update")
	}
}

// filled puts a table between its marks on a page.
func filled(t *testing.T, page, name, table string) string {
	begin, end := "<!-- rules: "+name+" -->\n", "<!-- end -->"
	before, rest, found := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	require.True(t, found && closed, "the page has no place for %s", name)
	return before + begin + table + end + after
}

func tableOf(rules []rule, chinese bool) string {
	var b strings.Builder
	head := "| rule | page | before | request | answer |\n"
	if chinese {
		head = "| 规则 | 文档 | 之前 | 请求 | 应答 |\n"
	}
	b.WriteString(head + "|---|---|---|---|---|\n")
	for _, r := range rules {
		text := r.en
		if chinese {
			text = r.zh
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", text, r.link(chinese), code(r.steps), code(r.request), code(r.want))
	}
	return b.String()
}

// link returns the link to the page that a rule comes from.
func (r rule) link(chinese bool) string {
	site, page := "https://cloud.tencent.com/document/product/", r.source
	switch {
	case r.source == "" && chinese:
		return "自定"
	case r.source == "":
		return "by choice"
	case r.source == ownPage && chinese:
		return "该接口的文档"
	case r.source == ownPage:
		return "the page of that call"
	case strings.HasPrefix(page, "api/"):
		site = "https://cloud.tencent.com/document/"
	case strings.HasPrefix(page, "1061/"):
		site = "https://www.tencentcloud.com/document/product/"
	case !strings.Contains(page, "/"):
		page = "1007/" + page
	}
	return "[" + page[strings.LastIndex(page, "/")+1:] + "](" + site + page + ")"
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
