package hide_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"
	"unsafe"

	"github.com/faceid-go/faceid/internal/hide"
	"github.com/stretchr/testify/require"
)

type hidden[T any] = hide.Fields[T]

type card struct {
	hidden[card]

	Number string
	Owner  *owner `json:",omitempty"`
}

type owner struct {
	hidden[owner]

	Name string
}

var secret = card{Number: "canary-number", Owner: &owner{Name: "canary-name"}}

func TestFieldsPrintAsTheNameOfTheirType(t *testing.T) {
	const name = "hide_test.card{…}"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		require.Equal(t, name, fmt.Sprintf(verb, secret))
		require.Equal(t, name, fmt.Sprintf(verb, &secret))
		for _, around := range []any{[]card{secret}, map[string]*card{"c": &secret}, struct{ C card }{secret}} {
			require.NotContains(t, fmt.Sprintf(verb, around), "canary")
		}
	}
	require.Equal(t, "<nil>", fmt.Sprint((*card)(nil)))
}

func TestFieldsAreLoggedAsTheNameOfTheirType(t *testing.T) {
	for _, v := range []any{secret, &secret} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		require.Contains(t, log.String(), `"v":"hide_test.card{…}"`)
		log.Reset()
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		require.Contains(t, log.String(), "v=hide_test.card{…}")
	}
}

// Encoders store a value with hidden fields as if Fields were not there.
func TestFieldsAreNotSeenByEncoders(t *testing.T) {
	text, err := json.Marshal(secret)
	require.NoError(t, err)
	require.Equal(t, `{"Number":"canary-number","Owner":{"Name":"canary-name"}}`, string(text))
	var back card
	require.NoError(t, json.Unmarshal([]byte(`{"hidden":{"x":1},"Fields":2,"Number":"canary-number","Owner":{"Name":"canary-name"}}`), &back))
	require.Equal(t, secret, back)

	var stored bytes.Buffer
	back = card{}
	require.NoError(t, gob.NewEncoder(&stored).Encode(secret))
	require.NoError(t, gob.NewDecoder(&stored).Decode(&back))
	require.Equal(t, secret, back)

	text, err = xml.Marshal(secret)
	require.NoError(t, err)
	require.Equal(t, `<card><Number>canary-number</Number><Owner><Name>canary-name</Name></Owner></card>`, string(text))
}

func TestFieldsTakeNoMemoryAndCompareAsBefore(t *testing.T) {
	require.Equal(t, unsafe.Sizeof(""), unsafe.Sizeof(owner{}))
	same, other := owner{Name: "n"}, owner{Name: "o"}
	require.True(t, same == owner{Name: "n"})
	require.False(t, same == other)
}
