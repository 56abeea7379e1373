package wire_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

// FuzzUnquote compares unquote with encoding/json.
func FuzzUnquote(f *testing.F) {
	for _, seed := range []string{
		`a\u0041\"\\\/\b\f\n\r\t`, `\ud83d\ude00`, `\ud83d`, `\ud83dx`, `\ud83d\u0041`, `\ude00\ud83d`, `\ud83d\ud83d\ude00`, "\xff\\u0041\xe4\xb8", `\u00e4\uFFFD`, `验\u9a8c`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, inner string) {
		var want string
		if json.Unmarshal([]byte(`"`+inner+`"`), &want) != nil {
			return
		}
		require.Equal(t, []string{want}, wire.Strings([]byte(`"`+inner+`"`), 1<<20))
	})
}

func TestParseObjectHasAllMembers(t *testing.T) {
	for _, many := range []int{0, 1, 15, 16, 17, 100} {
		o, err := wire.ParseObject([]byte("{" + numbered(many) + "}"))
		require.NoError(t, err)
		require.NotNil(t, o)
		require.Len(t, o, many)
		for i := range many {
			require.Equal(t, "1", string(o.Member(fmt.Sprint(i))))
		}
	}
	for _, text := range []string{`{}`, ` { "a" : 1 , "\u0062" : [ {"c":2} ] } `, `{"a":{"b":{"c":1}},"d":"e"}`, "{" + numbered(100) + "}"} {
		o, err := wire.ParseObject([]byte(text))
		require.NoError(t, err)
		doc, err := wire.ReadBytes([]byte(text), nil)
		require.NoError(t, err)
		require.Equal(t, o, doc.Top, "the members that Read finds on its way")
	}
}
