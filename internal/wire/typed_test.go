package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

type typedAnswer struct {
	embedded
	Video  []byte
	Frames [][]byte
	Deep   *struct {
		List []*typedAnswer
		Text string
	}
	Own   ownBytes
	Raw   json.RawMessage
	Named map[string][]byte
	Any   any
	Small *[]byte `json:"small,omitempty"`
	Loop  loop
}

type loop []loop

type embedded struct{ Photo namedBytes }

// A typed answer is read as encoding/json reads it, but its names are exact.
func TestFillSetsTheFilesOfEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"Video":null}`, `{"Video":""}`, `{"Video":"QUJD"}`,
		`{"Frames":["QUJD","",null,"Qg=="]}`, `{"Frames":[]}`, `{"Photo":"QUJD","small":"QUJD"}`, `{"small":null}`,
		`{"Deep":{"List":[{"Video":"QUJD"},null,{"Deep":{"List":[{"Frames":["QUJD"]}],"Text":"QUJD"}}],"Text":"t"}}`,
		`{"Own":"QUJD","Raw":"QUJD","Named":{"a":"QUJD"},"Any":{"Video":"QUJD"},"Loop":[[],[[]]]}`,
	} {
		var want, got typedAnswer
		require.NoError(t, json.Unmarshal([]byte(text), &want))
		doc, err := wire.ReadBytes([]byte(`{"Response":`+text+`}`), &wire.Place{Members: map[string]*wire.Place{"Response": wire.PlaceOf(reflect.TypeOf(&got))}})
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(doc.Top.Member("Response"), &got))
		require.NoError(t, doc.Fill("Response", &got))
		require.Equal(t, want, got, text)
	}
	for text, field := range map[string]string{
		`{"Video":"!"}`: "Video", `{"Frames":["QUJD","!"]}`: "Frames[1]", `{"Video":[65]}`: "Video", `{"Deep":{"List":[{"Video":"!"}]}}`: "Deep.List[0].Video",
	} {
		var got typedAnswer
		doc, err := wire.ReadBytes([]byte(text), wire.PlaceOf(reflect.TypeOf(got)))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(doc.Text, &got))
		var bad *wire.TypeError
		require.ErrorAs(t, doc.Fill("", &got), &bad, text)
		require.Equal(t, field, bad.Field)
	}
}

// Lent has fields with the same names as Spare.
type Lent struct {
	Photo, Video []byte
	Mine         []byte `json:"mine"`
}

// Spare has fields with the same names as Lent.
type Spare struct {
	Photo []byte
	Video []byte `json:"Video"`
	Mine  []byte
}

// withEmbedded returns new structs that embed others.
var withEmbedded = []func() any{
	func() any { return new(struct{ Lent }) },
	func() any { return new(struct{ *Lent }) },
	func() any {
		return new(struct {
			Lent `json:"lent"`
		})
	},
	func() any {
		return new(struct {
			*Lent `json:"lent"`
			Photo []byte
		})
	},
	func() any {
		return new(struct {
			*Lent
			Spare
		})
	},
	func() any {
		return new(struct {
			Lent
			*Spare `json:"-"`
			Photo  string
		})
	},
}

func TestFillSetsTheFilesOfEmbeddedStructs(t *testing.T) {
	const inside = `"Photo":"QUJD","Video":"Qg==","mine":"QQ=="`
	for _, text := range []string{
		`{"lent":{` + inside + `},` + inside + `}`, `{` + inside + `}`, `{"lent":{` + inside + `}}`, `{}`, `{"lent":null,"Bytes":"QQ=="}`,
		`{"-":"QQ==","Photo":"QQ=="}`,
	} {
		for _, empty := range withEmbedded {
			want, got := empty(), empty()
			doc, err := wire.ReadBytes([]byte(text), wire.PlaceOf(reflect.TypeOf(got)))
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal([]byte(text), want))
			wire.Exact(doc.Text, reflect.TypeOf(got))
			require.NoError(t, json.Unmarshal(doc.Text, got))
			require.NoError(t, doc.Fill("", got), "%T %s", got, text)
			require.Equal(t, want, got, text)
		}
	}
	var both struct {
		Lent
		Spare
	}
	doc, err := wire.ReadBytes([]byte(`{"Photo":"!","Video":"QUJD"}`), wire.PlaceOf(reflect.TypeOf(both)))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(doc.Text, &both))
	require.NoError(t, doc.Fill("", &both), "of two fields with one name none counts")
	require.Equal(t, "ABC", string(both.Spare.Video), "except a field whose tag gives the name")
}

// fuzzed has a file in every place where a type can have one.
type fuzzed struct {
	Lent
	A *struct {
		Lent `json:"l"`
		P    *[]byte `json:"p"`
		Next *fuzzed `json:"n"`
	} `json:"a"`
	F [][]byte          `json:"f"`
	L []fuzzed          `json:"i"`
	M map[string][]byte `json:"m"`
	O ownBytes          `json:"o"`
	R json.RawMessage   `json:"r"`
	T string            `json:"t"`
}

// FuzzTyped compares Fill with encoding/json on a text whose names Exact has
// prepared. There are three intended differences: a list of numbers is not a file;
// no name stands twice in an object; and nothing nests deeper, and no name is
// longer, than any answer needs.
func FuzzTyped(f *testing.F) {
	for _, seed := range []string{
		`{"Photo":"QUJD","mine":"QQ==","a":{"l":{"Photo":"Qg=="},"p":"QQ==","n":{"f":["QQ==","",null]}},"i":[{"Video":"QQ=="},{}]}`,
		`{"i":[{"Photo":"QQ=="},{"Photo":"Qg=="}],"i":[{}],"i":[{},{}]}`, `{"a":{"p":"QUJD"},"a":null,"a":{"p":null}}`, `{"f":["QQ=="],"f":[],"f":[null,""]}`,
		`{"m":{"k":"QQ=="},"o":"QQ==","r":{"Photo":"QQ=="},"t":"QQ=="}`, `{"f":"QQ==","Photo":[65]}`, `{"f":[["QQ=="]],"PHOTO":"QQ==","l":{"Photo":"QQ=="}}`,
		`{"Photo":"!","a":{"n":{"a":{"n":{"mine":"QQ\u003d="}}}}}`,
	} {
		f.Add([]byte(seed))
	}
	place := wire.PlaceOf(reflect.TypeFor[*fuzzed]())
	f.Fuzz(func(t *testing.T, text []byte) {
		whole := bytes.Clone(text)
		wire.Exact(whole, reflect.TypeFor[*fuzzed]())
		var want, got fuzzed
		wantErr := json.Unmarshal(whole, &want)

		doc, err := wire.ReadBytes(text, place)
		if err == nil {
			wire.Exact(doc.Text, reflect.TypeFor[*fuzzed]())
			if err = json.Unmarshal(doc.Text, &got); err == nil {
				err = doc.Fill("", &got)
			}
		}
		var bad *wire.TypeError
		switch {
		case err == nil && wantErr == nil:
			require.Equal(t, want, got)
		case err == nil:
			require.ErrorContains(t, wantErr, "illegal base64")
		case wantErr == nil && errors.Is(err, wire.ErrRepeated):
			twice, _ := walked(text)
			require.True(t, twice)
		case wantErr == nil && errors.Is(err, wire.ErrTooMuch):
			_, deep := walked(text)
			require.True(t, deep)
		case wantErr == nil && !errors.As(err, &bad) && !errors.Is(err, wire.ErrNotObject):
			t.Fatalf("encoding/json reads the text, but Read or Fill says %v", err)
		case wantErr == nil && bad != nil:
			require.Equal(t, "a string", bad.Want)
			require.Contains(t, string(text), "[")
		}
	})
}
