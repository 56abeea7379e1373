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

// fuzzed has files wherever a type can have them.
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

// A typed answer is what encoding/json reads from the same text, once its names
// are exact. Intended differences: a list of numbers is no file; no name stands
// twice in an object; nothing nests deeper than any answer does.
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
			t.Fatalf("encoding/json reads it, we say %v", err)
		case wantErr == nil && bad != nil:
			require.Equal(t, "a string", bad.Want)
			require.Contains(t, string(text), "[")
		}
	})
}
