package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestDropDoesNotCountAsWritten(t *testing.T) {
	var w bytes.Buffer
	for video, wrote := range map[io.Writer]bool{wire.Drop: false, &w: true} {
		plan := wire.Plan{Root: places, To: func(name string) io.Writer {
			if name == "video" {
				return video
			}
			return wire.Drop
		}}
		doc, err := wire.Read(strings.NewReader(`{"code":"0","video":"QUJD","photo":"QUJD"}`), -1, &plan)
		require.NoError(t, err)
		require.Equal(t, wrote, plan.Wrote())
		got, err := doc.File("photo")
		require.NoError(t, err)
		require.Equal(t, wire.Received{Size: 3, Written: true}, got)
	}
}

// FuzzRead compares Read with encoding/json and encoding/base64: the files are the
// same, and the remaining text is the same without them. There are five intended
// differences: names are exact; no name stands twice in an object; nothing nests
// deeper, and no name is longer, than any answer needs; a bad file is an error only
// for a caller that asks for it; and text that is not UTF-8 is not base64.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"code":"0","result":{"orderNo":"1","photo":"QUJD","photoList":["QUJD",null,"QQ=="],"turns":[{"audio":"QUJD"}]}}`,
		`{"photo":"QU\nJD","video":"\u0051Q=="}`, `{"photo":"QU\/+"}`, `{"photo":["QUJD"],"turns":{"audio":"QUJD"}}`, `{"photo":"QUJ`, `{"photo":"QUJD","photo":"!"}`,
		`{"a":{"b":[1,true,null,-1.5e3,"\ud83d\ude00"]},"photo":"=","video":"QQ=\r="}`, "{\"photo\":\"QU\nJD\"}", `{"Photo":"QUJD","PHOTO":"!"}`,
		`{"photo":"QUJDQUJDQU\/DQUJD\r\nQUJDQUJD\nQUJDQ\r\nUJDQ\u0055JD\/+\/\/QUJDQUJD\r\r\n\nQUJDQUJDQQ=="}`,
	} {
		f.Add([]byte(seed), uint8(1))
		f.Add([]byte(seed), uint8(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, step uint8) {
		var r io.Reader = bytes.NewReader(text)
		if step > 0 {
			r = &turns{r: r, sizes: []int{int(step), 1, int(step) * 3}}
		}
		doc, err := wire.Read(r, -1, &wire.Plan{Root: places})
		var want map[string]json.RawMessage
		valid := json.Unmarshal(text, &want) == nil && want != nil
		agreesOnErrors(t, text, valid, err)
		if err != nil {
			return
		}
		agreesOnFiles(t, doc, want)
		leavesTheRest(t, doc, text)
		agreesWithAWriter(t, doc, text)
	})
}

// agreesOnErrors compares the error of Read with what encoding/json says.
func agreesOnErrors(t *testing.T, text []byte, valid bool, err error) {
	t.Helper()
	twice, deep := walked(text)
	if (valid && !twice && !deep) != (err == nil) {
		t.Fatalf("encoding/json says %v, Read says %v", valid, err)
	}
	if valid && twice && !deep && !errors.Is(err, wire.ErrRepeated) || valid && deep && !twice && !errors.Is(err, wire.ErrTooMuch) {
		t.Fatalf("a name twice: %v, too deep: %v, but Read says %v", twice, deep, err)
	}
	var bad *wire.SyntaxError
	if !errors.As(err, &bad) {
		return
	}
	// The offset of encoding/json is behind the wrong byte. The blank makes the end
	// of an unfinished text a wrong byte.
	var first *json.SyntaxError
	if !errors.As(json.Unmarshal(append(text, ' '), new(json.RawMessage)), &first) || bad.Offset != first.Offset-1 || bad.Ended != (bad.Offset == int64(len(text))) {
		t.Fatalf("%+v of %d bytes, want %+v", bad, len(text), first)
	}
}

// agreesOnFiles compares the files of doc with those that encoding/base64 decodes.
func agreesOnFiles(t *testing.T, doc *wire.Document, want map[string]json.RawMessage) {
	t.Helper()
	for _, name := range []string{"photo", "video"} {
		got, err := doc.File(name)
		var text *string
		wantErr := json.Unmarshal(orNull(want[name]), &text)
		var data []byte
		if wantErr == nil && text != nil {
			data, wantErr = base64.StdEncoding.DecodeString(*text)
		}
		if (wantErr == nil) != (err == nil) || err == nil && !bytes.Equal(data, got.Data) {
			t.Fatalf("%s: %q %v, want %q %v", name, got.Data, err, data, wantErr)
		}
	}
}

// leavesTheRest makes sure that the remaining text is the same document with empty
// files.
func leavesTheRest(t *testing.T, doc *wire.Document, text []byte) {
	t.Helper()
	again, err := wire.ReadBytes(doc.Text, places)
	if err != nil || !bytes.Equal(again.Text, doc.Text) {
		t.Fatalf("the remaining text changes when it is read again: %v", err)
	}
	if !reflect.DeepEqual(emptied(t, text), emptied(t, doc.Text)) {
		t.Fatalf("%q remains of %q", doc.Text, text)
	}
}

// agreesWithAWriter reads the text again with a writer for each file, and compares
// the files that were written with those of doc.
func agreesWithAWriter(t *testing.T, doc *wire.Document, text []byte) {
	t.Helper()
	written := map[string]*bytes.Buffer{}
	doc2, err := wire.Read(bytes.NewReader(text), -1, &wire.Plan{Root: places, To: func(name string) io.Writer {
		written[name] = &bytes.Buffer{}
		return written[name]
	}})
	var bad *wire.TypeError
	if errors.As(err, &bad) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"photo", "video"} {
		kept, err := doc.File(name)
		sent, err2 := doc2.File(name)
		if errors.As(err2, &bad) && strings.HasPrefix(bad.Want, "written") {
			continue // a file before this one was not base64
		}
		if (err == nil) != (err2 == nil) || kept.Size != sent.Size && err == nil {
			t.Fatalf("%s: kept %v %v, written %v %v", name, kept.Size, err, sent.Size, err2)
		}
		if sent.Written && !bytes.Equal(kept.Data, written[name].Bytes()) {
			t.Fatalf("%s: kept %q, written %q", name, kept.Data, written[name])
		}
	}
}
