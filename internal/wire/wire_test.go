package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestCodeAndFieldsInEveryDialect(t *testing.T) {
	for name, body := range map[string]string{
		"string code, fields in result":     `{"code":"0","msg":"ok","result":{"faceId":"f","bizSeqNo":"inner"}}`,
		"number code, fields at the top":    `{"code":0,"msg":"ok","faceId":"f","bizSeqNo":"inner","result":null}`,
		"both places":                       `{"code":"0","bizSeqNo":"inner","faceId":"top","result":{"faceId":"f"}}`,
		"unknown members and false success": `{"code":"0","success":false,"x":[1,{}],"result":{"faceId":"f","bizSeqNo":"inner","success":false,"oriCode":"0"}}`,
		"blanks and escapes":                "\n {\t\"code\" : \"\\u0030\" , \"result\" : {\"face\\u0049d\":\"f\",\"bizSeqNo\":\"inner\"} } ",
	} {
		t.Run(name, func(t *testing.T) {
			a, err := wire.ParseAnswer([]byte(body))
			require.NoError(t, err)
			require.Equal(t, "0", a.Code)
			text, err := a.Text("faceId")
			require.NoError(t, err)
			require.Equal(t, "f", text)
			require.Equal(t, "inner", a.OuterText("bizSeqNo"))
		})
	}
}

func TestNamesThatDifferByCaseAreDifferent(t *testing.T) {
	a, err := wire.ParseAnswer([]byte(`{"Code":"0","code":"66660004","result":{"FaceId":"no","faceid":"no"}}`))
	require.NoError(t, err)
	require.Equal(t, "66660004", a.Code)
	text, err := a.Text("faceId")
	require.NoError(t, err)
	require.Empty(t, text)
}

func TestBadAnswersAreErrorsThatQuoteNothing(t *testing.T) {
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
			_, err := wire.ParseAnswer([]byte(body))
			require.Error(t, err)
			require.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestWrongTypesNameTheField(t *testing.T) {
	a, err := wire.ParseAnswer([]byte(`{"code":0,"result":{"t":{},"o":"x","l":{},"m":5,"b":"canary!"}}`))
	require.NoError(t, err)
	_, err = a.Text("t")
	require.ErrorContains(t, err, `"t"`)
	_, err = a.Object("o")
	require.ErrorContains(t, err, `"o"`)
	_, err = a.Array("l")
	require.ErrorContains(t, err, `"l"`)
	_, _, err = a.Media("m", nil)
	require.ErrorContains(t, err, `"m"`)
	_, _, err = a.Media("b", nil)
	require.ErrorContains(t, err, `"b"`)
	require.NotContains(t, err.Error(), "canary")
}

func TestMediaGoesToBytesOrToTheWriter(t *testing.T) {
	data := bytes.Repeat([]byte{0, 1, 2, 0xff}, 1000)
	plain := base64.StdEncoding.EncodeToString(data)
	broken := strings.Join([]string{plain[:76], plain[76:152], plain[152:]}, `\r\n`)
	for name, text := range map[string]string{
		"plain":           plain,
		"line breaks":     broken,
		"escaped slashes": strings.ReplaceAll(plain, "/", `\/`),
	} {
		t.Run(name, func(t *testing.T) {
			a, err := wire.ParseAnswer([]byte(`{"code":"0","result":{"photo":"` + text + `","none":"","null":null}}`))
			require.NoError(t, err)
			got, n, err := a.Media("photo", nil)
			require.NoError(t, err)
			require.Equal(t, data, got)
			require.EqualValues(t, len(data), n)

			var w bytes.Buffer
			got, n, err = a.Media("photo", &w)
			require.NoError(t, err)
			require.Nil(t, got)
			require.EqualValues(t, len(data), n)
			require.Equal(t, data, w.Bytes())

			for _, absent := range []string{"none", "null", "missing"} {
				got, n, err = a.Media(absent, nil)
				require.NoError(t, err)
				require.Empty(t, got)
				require.Zero(t, n)
			}
		})
	}
}

func TestTheWritersOwnErrorIsKept(t *testing.T) {
	full := errors.New("disk full")
	a, err := wire.ParseAnswer([]byte(`{"code":"0","photo":"AAAA"}`))
	require.NoError(t, err)
	_, _, err = a.Media("photo", writerFunc(func([]byte) (int, error) { return 0, full }))
	require.ErrorIs(t, err, full)
	_, _, err = a.Media("photo", writerFunc(func(p []byte) (int, error) { return len(p) - 1, nil }))
	require.ErrorIs(t, err, io.ErrShortWrite)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestRawKeepsTheUnknownAndDropsMedia(t *testing.T) {
	a, err := wire.ParseAnswer([]byte(`{"code":"0","photo":"QUJD","new":1,"result":{"photo":"QUJD","video":"QUJD","alsoNew":{"x":[1]}}}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"code":"0","new":1,"result":{"alsoNew":{"x":[1]}}}`, string(a.Raw("photo", "video")))
	_, n, err := a.Media("photo", nil)
	require.NoError(t, err)
	require.EqualValues(t, 3, n, "Raw does not change the answer")
}

func TestTimesAreInChina(t *testing.T) {
	require.Equal(t, "2022-04-15T15:43:41+08:00", wire.Time("20220415154341").Format("2006-01-02T15:04:05Z07:00"))
	for _, bad := range []string{"", "2022", "99999999999999", "2022-04-15 15:43:41"} {
		require.True(t, wire.Time(bad).IsZero(), bad)
	}
}

// The decoder agrees with encoding/json about what is an answer, and never
// panics. Intended differences: names match exactly, and code must be there.
func FuzzParseAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"code":"0","msg":"ok","result":{"orderNo":"1","photo":"QUJD","riskInfo":{"deviceInfoLevel":"1"},"photoList":["QUJD",null]}}`,
		`{"code":0,"photo":"QU\nJD"}`, `{"code":-5008}`, `{"code":"0","code":"1"}`, `null`, `[]`, `{`, `{"code":{}}`, `{"code":"0","result":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := wire.ParseAnswer(body)
		var plain map[string]any
		valid := json.Unmarshal(body, &plain) == nil && plain != nil
		if err == nil && !valid {
			t.Fatalf("accepted what is no JSON object: %q", body)
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
		data, n, err := a.Media("photo", nil)
		var w bytes.Buffer
		_, m, err2 := a.Media("photo", &w)
		if (err == nil) != (err2 == nil) || n != m || err == nil && !bytes.Equal(data, w.Bytes()) {
			t.Fatal("bytes and writer disagree")
		}
		if list, err := a.Array("photoList"); err == nil {
			for _, raw := range list {
				_, _, _ = wire.Media("photoList", raw, nil)
			}
		}
		if !json.Valid(a.Raw("photo", "photoList")) {
			t.Fatal("Raw is not JSON")
		}
	})
}

func TestObjectsComeAsAnArrayOrAlone(t *testing.T) {
	for body, want := range map[string]int{
		`[{"a":1},{"a":2}]`: 2, `{"a":1}`: 1, `[]`: 0, `null`: 0, `"x"`: -1, `[1]`: -1, `[null]`: -1, `7`: -1,
	} {
		a, err := wire.ParseAnswer([]byte(`{"code":"0","result":{"list":` + body + `}}`))
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

// Media inside the objects of a list are dropped, too, however the list is
// spelt; what is spelt in no known way is dropped whole.
func TestRawDropsMediaInsideLists(t *testing.T) {
	for body, want := range map[string]string{
		`[{"id":"0","audio":"QQ=="},{"id":"1","audio":"QQ=="}]`: `[{"id":"0"},{"id":"1"}]`,
		`{"id":"0","audio":"QQ=="}`:                             `{"id":"0"}`,
		`[]`:                                                    `[]`,
		`["QQ=="]`:                                              `null`,
		`"QQ=="`:                                                `null`,
		`[{"audio":"QQ=="},"QQ=="]`:                             `null`,
	} {
		for _, answer := range []string{`{"code":"0","result":{"turns":%}}`, `{"code":"0","turns":%}`} {
			a, err := wire.ParseAnswer([]byte(strings.Replace(answer, "%", body, 1)))
			require.NoError(t, err)
			require.JSONEq(t, strings.Replace(answer, "%", want, 1), string(a.Raw("turns.audio")))
		}
	}
	o, err := wire.ParseObject([]byte(`{"a":"1","b":"QQ==","c":{"b":"2"}}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"a":"1","c":{"b":"2"}}`, string(o.JSON("b")))
	require.JSONEq(t, `{"b":"2"}`, string(o.Member("c")))
	require.JSONEq(t, `null`, string(o.Member("d")))
}
