package wire_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestAnswerFindsMembersInEveryDialect(t *testing.T) {
	for name, body := range map[string]string{
		"string code, fields in result":     `{"code":"0","msg":"ok","result":{"faceId":"f","bizSeqNo":"inner"}}`,
		"number code, fields at the top":    `{"code":0,"msg":"ok","faceId":"f","bizSeqNo":"inner","result":null}`,
		"both places":                       `{"code":"0","bizSeqNo":"inner","faceId":"f","result":{"faceId":"f"}}`,
		"unknown members and false success": `{"code":"0","success":false,"x":[1,{}],"result":{"faceId":"f","bizSeqNo":"inner","success":false,"oriCode":"0"}}`,
		"blanks and escapes":                "\n {\t\"code\" : \"\\u0030\" , \"result\" : {\"face\\u0049d\":\"f\",\"bizSeqNo\":\"inner\"} } ",
	} {
		t.Run(name, func(t *testing.T) {
			a, err := parse(body)
			require.NoError(t, err)
			require.Equal(t, "0", a.Code)
			text, err := a.Text("faceId")
			require.NoError(t, err)
			require.Equal(t, "f", text)
			require.Equal(t, "inner", a.OuterText("bizSeqNo"))
		})
	}
}

func TestAnswerTellsNamesApartByCase(t *testing.T) {
	a, err := parse(`{"Code":"0","code":"66660004","result":{"FaceId":"no","faceid":"no"}}`)
	require.NoError(t, err)
	require.Equal(t, "66660004", a.Code)
	text, err := a.Text("faceId")
	require.NoError(t, err)
	require.Empty(t, text)
}

func TestAnswerErrorsQuoteNothing(t *testing.T) {
	for name, body := range map[string]string{
		"empty":            ``,
		"html":             `<html>canary</html>`,
		"truncated":        `{"code":"0","msg":"canary`,
		"array":            `["canary"]`,
		"two values":       `{"code":"0"}{"canary":1}`,
		"null":             `null`,
		"no code":          `{"msg":"canary"}`,
		"null code":        `{"code":null,"msg":"canary"}`,
		"empty code":       `{"code":""}`,
		"boolean code":     `{"code":true,"msg":"canary"}`,
		"object code":      `{"code":{"canary":1}}`,
		"result is text":   `{"code":"0","result":"canary"}`,
		"result is a list": `{"code":"0","result":["canary"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(body)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestAnswerErrorsNameTheMember(t *testing.T) {
	a, err := parse(`{"code":0,"result":{"t":{},"o":"x","l":{},"m":5,"b":"canary!"}}`, "m", "b")
	require.NoError(t, err)
	_, err = a.Text("t")
	require.ErrorContains(t, err, `"t"`)
	_, err = a.Object("o")
	require.ErrorContains(t, err, `"o"`)
	_, err = a.Array("l")
	require.ErrorContains(t, err, `"l"`)
	_, err = file(a, "m")
	require.ErrorContains(t, err, `"m"`)
	_, err = file(a, "b")
	require.ErrorContains(t, err, `"b"`)
	require.NotContains(t, err.Error(), "canary")
}

func TestAnswerFileStandsAtTheTopOrInResult(t *testing.T) {
	for text, want := range map[string]string{
		`{"code":"0","photo":"QQ=="}`:                                             "A",
		`{"code":"0","result":{"photo":"QQ=="}}`:                                  "A",
		`{"code":"0","photo":"Qg==","result":{"photo":"QQ=="}}`:                   "A",
		`{"result":{"photo":"QQ=="},"photo":"Qg==","code":"0"}`:                   "A",
		`{"code":"0","photo":"Qg==","result":{"photo":null}}`:                     "B",
		`{"code":"0","photo":"Qg==","result":null}`:                               "B",
		`{"code":"0","photo":"Qg==","result":{"photo":""}}`:                       "",
		`{"code":"0","photo":null,"result":{"Photo":"QQ=="}}`:                     "",
		`{"code":"0","result":{"inner":{"photo":"QQ=="},"result":{"photo":"A"}}}`: "",
	} {
		a, err := parse(text, "photo")
		require.NoError(t, err)
		got, err := file(a, "photo")
		require.NoError(t, err)
		require.Equal(t, want, string(got.Data), text)
		require.EqualValues(t, len(want), got.Size)
	}
}

func TestAnswerRawKeepsUnknownMembersAndEmptiesFiles(t *testing.T) {
	a, err := parse(`{"code":"0", "photo":"QUJD","new":1,"result":{"photo":"QUJD","video":"QUJD","other":"QUJD","alsoNew":{"x":[1]}}}`, "photo", "video")
	require.NoError(t, err)
	require.Equal(t, `{"code":"0", "photo":"","new":1,"result":{"photo":"","video":"","other":"QUJD","alsoNew":{"x":[1]}}}`, string(a.Raw()))
}

// Objects and lists must be the same in result and outside of it, too.
func TestAnswerRefusesTwoValuesOfOneMember(t *testing.T) {
	const same, other = `{"code":"0","o":{"a":1},"l":[{"a":1}],"result":{"o":{ "a":1},"l":[{"a": 1}]}}`, `{"code":"0","o":{"a":1},"l":[{"a":1}],"result":{"o":{"a":2},"l":[]}}`
	for text, good := range map[string]bool{same: true, other: false} {
		a, err := parse(text)
		require.NoError(t, err)
		_, object := a.Object("o")
		_, array := a.Array("l")
		_, objects := a.Objects("l")
		for _, err := range []error{object, array, objects} {
			if good {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, "the same in result and outside of it")
			}
		}
	}
}

func TestTimeIsInChina(t *testing.T) {
	require.Equal(t, "2022-04-15T15:43:41+08:00", wire.Time("20220415154341").Format("2006-01-02T15:04:05Z07:00"))
	for _, bad := range []string{"", "2022", "99999999999999", "2022-04-15 15:43:41"} {
		require.True(t, wire.Time(bad).IsZero(), bad)
	}
}

// FuzzAnswer makes sure that Answer never panics, and accepts only what
// encoding/json accepts. There are two intended differences: names are exact, and
// the code must be present.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"code":"0","msg":"ok","result":{"orderNo":"1","photo":"QUJD","riskInfo":{"deviceInfoLevel":"1"},"photoList":["QUJD",null]}}`,
		`{"code":0,"photo":"QU\nJD"}`, `{"code":-5008}`, `{"code":"0","code":"1"}`, `null`, `[]`, `{`, `{"code":{}}`, `{"code":"0","result":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parse(string(body), "photo")
		var plain map[string]any
		valid := json.Unmarshal(body, &plain) == nil && plain != nil
		if err == nil && !valid {
			t.Fatalf("accepted a text that is not a JSON object: %q", body)
		}
		if err != nil {
			return
		}
		switch code := plain["code"].(type) {
		case string:
			if code != a.Code {
				t.Fatalf("code %q, want %q", a.Code, code)
			}
		case float64:
			if code == 0 && a.Code == "" || code != 0 && a.Code == "0" {
				t.Fatalf("code %q of %v", a.Code, code)
			}
		default:
			t.Fatalf("accepted a code of type %T", code)
		}
		_, _ = a.Text("orderNo")
		_, _ = a.Object("riskInfo")
		_, _ = file(a, "photo")
		if !json.Valid(a.Raw()) {
			t.Fatal("Raw is not JSON")
		}
	})
}

func TestAnswerObjectsComeAsAnArrayOrAlone(t *testing.T) {
	for body, want := range map[string]int{
		`[{"a":1},{"a":2}]`: 2, `{"a":1}`: 1, `[]`: 0, `null`: 0, `"x"`: -1, `[1]`: -1, `[null]`: -1, `7`: -1,
	} {
		a, err := parse(`{"code":"0","result":{"list":` + body + `}}`)
		require.NoError(t, err)
		all, err := a.Objects("list")
		if want < 0 {
			var bad *wire.TypeError
			require.ErrorAs(t, err, &bad, body)
			require.Equal(t, "list", bad.Field)
			continue
		}
		require.NoError(t, err, body)
		require.Len(t, all, want, body)
		for _, o := range all {
			text, err := o.Text("a")
			require.NoError(t, err)
			require.NotEmpty(t, text)
		}
		none, err := a.Objects("other")
		require.NoError(t, err)
		require.Empty(t, none)
	}
}

// Time takes the texts that package time takes, and no others.
func TestTimeReadsWhatPackageTimeReads(t *testing.T) {
	china := time.FixedZone("UTC+8", 8*60*60)
	want := func(text string) time.Time {
		parsed, err := time.ParseInLocation("20060102150405", text, china)
		if err != nil {
			return time.Time{}
		}
		return parsed
	}
	for _, text := range []string{
		"", "20220415", "2022-04-15 15:43", "20220415154341", "202204151543411", "2022041515434", "2022041515434x", "/0220415154341", "20220415:54341",
		"20220229000000", "20240229235959", "00000101000000", "99991231235959", "20221301000000", "20220001000000", "20220100000000", "20220132000000",
		"20220631000000", "20220415240000", "20220415236000", "20220415235960", "２0220415154341", "-2022041515434", "+2022041515434", " 2022041515434",
	} {
		require.Equal(t, want(text), wire.Time(text), text)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := fmt.Sprintf("%04d%02d%02d%02d%02d%02d", random.IntN(10_000), random.IntN(14), random.IntN(33), random.IntN(26), random.IntN(62), random.IntN(62))
		require.Equal(t, want(text), wire.Time(text), text)
	}
}
