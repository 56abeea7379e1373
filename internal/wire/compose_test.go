package wire_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

type picture struct {
	Name   string
	Image  []byte     `json:"ImageBase64,omitempty"`
	Video  namedBytes `json:",omitempty"`
	Inner  *picture   `json:",omitempty"`
	Own    ownBytes   `json:",omitempty"`
	Hidden []byte     `json:"-"`
	silent []byte
}

type selfWritten struct{ Image []byte }

func (selfWritten) MarshalJSON() ([]byte, error) { return []byte(`{"own":1}`), nil }

type unordered struct{ A, B []byte }

func (u unordered) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string][]byte{"a": u.B, "b": u.A})
}

// withDigest writes its file twice, and the file's length.
type withDigest struct{ Image []byte }

func (w withDigest) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"Image": w.Image, "Bytes": len(w.Image), "Again": w.Image})
}

type bytesWithLength []byte

func (b bytesWithLength) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"Bytes": len(b), "Data": []byte(b)})
}

type bytesOrNothing []byte

func (b bytesOrNothing) IsZero() bool { return bytes.Count(b, []byte{0}) == len(b) }

type byPointer struct{ A []byte }

func (*byPointer) MarshalJSON() ([]byte, error) { return []byte(`{"pointer":1}`), nil }

type withPointer struct{ B byPointer }

func TestComposeWritesWhatEncodingJSONWrites(t *testing.T) {
	long, longer := pattern(5000), pattern(300_001)
	for name, request := range map[string]any{
		"nothing":             struct{}{},
		"a map":               map[string]any{"Image": longer},
		"short":               picture{Name: "<n>", Image: []byte("short")},
		"long":                picture{Name: "n", Image: long, silent: long, Hidden: long},
		"two":                 &picture{Image: longer, Video: long},
		"inside":              picture{Inner: &picture{Image: longer}},
		"bytes of their own":  picture{Own: long, Image: long},
		"nil":                 (*picture)(nil),
		"writes itself":       selfWritten{long},
		"in its own order":    unordered{long, longer},
		"the same file twice": picture{Image: long, Video: long},
		"with a digest":       withDigest{long},
		"an embedded digest":  struct{ withDigest }{withDigest{long}},
		"JSON already":        struct{ Image json.RawMessage }{json.RawMessage(`"` + strings.Repeat("QUJD", 5000) + `"`)},
		"with its length":     struct{ Image bytesWithLength }{long},
		"left out": struct {
			Image bytesOrNothing `json:",omitzero"`
			Video []byte
		}{make([]byte, 5000), long},
	} {
		want, err := json.Marshal(request)
		require.NoError(t, err)
		body, rest, err := wire.Compose(request)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, body), name)
		require.True(t, json.Valid(rest), name)
	}
	request := picture{Name: "n", Image: long}
	body, rest, err := wire.Compose(request)
	require.NoError(t, err)
	require.Less(t, len(rest), 200, "rest holds no pictures")
	require.Equal(t, long, request.Image, "Compose does not change the caller's request")
	require.Less(t, cap(body)-len(body), 100, "the body is allocated once, in its final size")
	for _, request := range []any{byPointer{A: long}, &byPointer{A: long}, withPointer{}, &withPointer{byPointer{A: long}}} {
		want, err := json.Marshal(request)
		require.NoError(t, err)
		body, _, err := wire.Compose(request)
		require.NoError(t, err)
		require.Equal(t, string(want), string(body))
	}
	_, _, err = wire.Compose(struct{ C chan int }{})
	require.Error(t, err)
}
