package wire_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

type inner struct {
	ErrCode *int
	IDCard  string `json:"IdCard"`
}

type outer struct {
	inner
	Text  *inner
	List  []inner
	Named map[string]inner
	Other string `json:"-"`
}

func TestExactOverwritesNamesThatDifferByCase(t *testing.T) {
	for text, want := range map[string]string{
		`{"Text":{"ErrCode":1,"errcode":0}}`:                      `{"Text":{"ErrCode":1,"-------":0}}`,
		`{"Text":{"err\u0063ode":0,"ERRCODE" : 0}}`:               `{"Text":{"------------":0,"-------" : 0}}`,
		`{"text":{"ErrCode":0}}`:                                  `{"----":{"ErrCode":0}}`,
		`{"errCode":1,"ErrCode":2}`:                               `{"-------":1,"ErrCode":2}`,
		`{"List":[{"idcard":"1"}, {"IdCard":"2"} ],"x":[1,[]]}`:   `{"List":[{"------":"1"}, {"IdCard":"2"} ],"x":[1,[]]}`,
		`{"Named":{"errcode":{"errcode":0}}}`:                     `{"Named":{"errcode":{"-------":0}}}`,
		`{"Unknown":{"errcode":0},"Text":null,"List":[],"a":{} }`: `{"Unknown":{"errcode":0},"Text":null,"List":[],"a":{} }`,
		` {"Text" : { "IdCard" : "a \" } , errcode" } } `:         ` {"Text" : { "IdCard" : "a \" } , errcode" } } `,
		`{"Other":"x","other":"y"}`:                               `{"Other":"x","other":"y"}`,
		`{"IdCard":"no JSON","idcard":`:                           `{"IdCard":"no JSON","idcard":`,
		`[{"errcode":0}]`:                                         `[{"errcode":0}]`,
		`-1.5e3`:                                                  `-1.5e3`,
	} {
		b := []byte(text)
		wire.Exact(b, reflect.TypeFor[*outer]())
		require.Equal(t, want, string(b))
	}
}

func TestStringsLeavesOutNamesAndLongStrings(t *testing.T) {
	require.Equal(t, []string{"李测试", "a\"b", "3"}, wire.Strings([]byte(`{"Name":"李测试","x":["a\"b",2,{"long":"123456789012345"},"3"],"n":null}`), 14))
	require.Empty(t, wire.Strings([]byte(`{"Name":`), 10))
}

// FuzzExact makes sure that encoding/json never takes a member whose name differs by
// case, once Exact has prepared the text.
func FuzzExact(f *testing.F) {
	f.Add(`{"Text":{"ErrCode":1,"errcode":0}}`)
	f.Add(`{"List":[{"IdCard":"\\"},{}],"ſ":1,"Named":{"":{}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		b := []byte(text)
		wire.Exact(b, reflect.TypeFor[outer]())
		require.Equal(t, json.Valid([]byte(text)), json.Valid(b))
		require.Len(t, b, len(text))
		wire.Strings(b, 100)
		var strict struct{ Text wire.Object }
		var loose outer
		if json.Unmarshal(b, &loose) != nil || json.Unmarshal(b, &strict) != nil || loose.Text == nil {
			return
		}
		if strict.Text != nil && loose.Text.ErrCode != nil {
			require.Contains(t, strict.Text, "ErrCode")
		}
		if loose.Text.IDCard != "" {
			require.True(t, strings.Contains(text, "IdCard") || strings.Contains(text, `\u`))
		}
	})
}
