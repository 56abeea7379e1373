package faceid_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

func TestCloudTypesOfRequestsSendWhatIsRequiredAndNoMore(t *testing.T) {
	for site, actions := range cloudActions {
		spec := readCloudSpec(t, site)
		for name, call := range actions {
			var want []string
			for _, f := range spec.Actions[name].Request {
				if *f.Required {
					want = append(want, f.Name)
				}
			}
			text, err := json.Marshal(call[0])
			require.NoError(t, err)
			var sent map[string]any
			require.NoError(t, json.Unmarshal(text, &sent))
			var got []string
			for member := range sent {
				got = append(got, member)
			}
			require.ElementsMatch(t, want, got, name)
		}
	}

	text, err := json.Marshal(faceid.GetWeChatBillDetailsRequest{Date: "2026-01-31"})
	require.NoError(t, err)
	require.Equal(t, `{"Date":"2026-01-31","Cursor":0}`, string(text), "the first page has a cursor, too")
	text, err = json.Marshal(faceid.RuleIDConfig{IntentionRecognition: new(bool)})
	require.NoError(t, err)
	require.Equal(t, `{"IntentionRecognition":false}`, string(text))
	text, err = json.Marshal(faceid.WebVerificationConfigIntl{LivenessTimeout: new(uint64), AllowExpiredDocument: new(bool)})
	require.NoError(t, err)
	require.Equal(t, `{"LivenessTimeout":0,"AllowExpiredDocument":false}`, string(text))
}

func TestCloudTypesKeepNamesThatDifferByCaseApart(t *testing.T) {
	pairs := 0
	for _, st := range cloudStructs() {
		for i := range st.NumField() {
			for k := range i {
				a, _ := cloudTag(st.Field(i))
				b, _ := cloudTag(st.Field(k))
				if !strings.EqualFold(a, b) || !ofPlatform(st.Field(i)) || !ofPlatform(st.Field(k)) {
					continue
				}
				pairs++
				require.NotEqual(t, strings.HasSuffix(st.Field(i).Name, "Deprecated"), strings.HasSuffix(st.Field(k).Name, "Deprecated"), st.Name())
				for _, text := range []string{
					fmt.Sprintf(`{%q: "of a", %q: "of b"}`, a, b),
					fmt.Sprintf(`{%q: "of b", %q: "of a"}`, b, a),
				} {
					v := reflect.New(st)
					require.NoError(t, json.Unmarshal([]byte(text), v.Interface()))
					require.Equal(t, "of a", v.Elem().Field(i).String(), "%s %s", st.Name(), text)
					require.Equal(t, "of b", v.Elem().Field(k).String(), "%s %s", st.Name(), text)
				}
			}
		}
	}
	require.Equal(t, 2, pairs)

	for _, text := range []string{
		`{"IdCard": "new", "Idcard": "old"}`, `{"Idcard": "old", "IdCard": "new"}`,
	} {
		var d faceid.ChargeDetail
		require.NoError(t, json.Unmarshal([]byte(text), &d))
		require.Equal(t, "new", d.IDCard)
		require.Equal(t, "old", d.IDCardDeprecated)
	}
	for _, text := range []string{
		`{"VerificationURL": "new", "VerificationUrl": "old"}`, `{"VerificationUrl": "old", "VerificationURL": "new"}`,
	} {
		var r faceid.ApplyWebVerificationBizTokenIntlResult
		require.NoError(t, json.Unmarshal([]byte(text), &r))
		require.Equal(t, "new", r.VerificationURL)
		require.Equal(t, "old", r.VerificationURLDeprecated)
	}
}

func TestCloudTypesReadMediaAsBase64(t *testing.T) {
	picture := append(bytes.Repeat([]byte("picture \xfb\xef\xbe\xff\x00"), 9), '!')
	plain := base64.StdEncoding.EncodeToString(picture)
	var broken strings.Builder
	for part := range slices.Chunk([]byte(plain), 76) {
		fmt.Fprintf(&broken, `%s\r\n`, part) // JSON spells a line break so.
	}
	for _, sign := range []string{"+", "/", "="} { // Base64 for URLs is another encoding.
		require.Contains(t, plain, sign)
	}

	for _, st := range cloudStructs() {
		for i := range st.NumField() {
			f := st.Field(i)
			if !slices.Contains(cloudMedia, st.Name()+"."+f.Name) {
				continue
			}
			name, _ := cloudTag(f)
			for _, text := range []string{plain, broken.String()} {
				quoted := `"` + text + `"`
				var want any = picture
				if f.Type != bytesType {
					quoted, want = "["+quoted+","+quoted+"]", [][]byte{picture, picture}
				}
				v := reflect.New(st)
				require.NoError(t, json.Unmarshal([]byte(`{"`+name+`": `+quoted+`}`), v.Interface()))
				require.Equal(t, want, v.Elem().Field(i).Interface(), "%s.%s", st.Name(), f.Name)

				sent, err := json.Marshal(v.Interface())
				require.NoError(t, err)
				var members map[string]json.RawMessage
				require.NoError(t, json.Unmarshal(sent, &members))
				require.JSONEq(t, strings.ReplaceAll(quoted, `\r\n`, ""), string(members[name]))
			}
			empty := reflect.New(st)
			if f.Type == bytesType {
				require.NoError(t, json.Unmarshal([]byte(`{"`+name+`": ""}`), empty.Interface()), "no picture may be an empty text")
				require.Empty(t, empty.Elem().Field(i).Bytes())
			}
		}
	}
}

func TestCloudTypesReadNullAsNothing(t *testing.T) {
	for _, st := range cloudStructs() {
		members := map[string]any{}
		for i := range st.NumField() {
			name, _ := cloudTag(st.Field(i))
			members[name] = nil
		}
		text, err := json.Marshal(members)
		require.NoError(t, err)
		v := reflect.New(st)
		require.NoError(t, json.Unmarshal(text, v.Interface()), st.Name())
		require.Zero(t, v.Elem().Interface(), st.Name())
	}
}
