package faceid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// A deciding member that stands twice in one answer, or outside and inside the result
// with two values, makes a bad answer, as two readers could see two values.

// decisions returns calls that decide on a body, each with a body that passes.
func decisions(t testing.TB, answer func() string) map[string]struct {
	pass   string
	decide func(context.Context) error
} {
	c, photo := bombClient(t, func() io.Reader { return strings.NewReader(answer()) }), smallPNG(t)
	return map[string]struct {
		pass   string
		decide func(context.Context) error
	}{
		"face": {`{"code":"0","result":{"orderNo":"order1","similarity":"90","liveRate":"99"}}`, func(ctx context.Context) error {
			_, err := c.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			return err
		}},
		"face, flat": {`{"code":"0","orderNo":"order1","similarity":"90","liveRate":"99"}`, func(ctx context.Context) error {
			_, err := c.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			return err
		}},
		"will": {`{"code":"0","result":{"orderNo":"order1","similarity":"90","faceCode":"0","willCode":"0"}}`, func(ctx context.Context) error {
			_, err := c.ConfirmWill(ctx, faceid.GetWillFaceResultRequest{OrderNo: "order1"})
			return err
		}},
		"WeChat": {`{"Response":{"Text":{"ErrCode":0,"Name":"李测试","IdCard":"110101199003074477","LiveStatus":0,"Comparestatus":0,"Sim":"90"},"IsVerifyIntention":false,"RequestId":"r"}}`, func(ctx context.Context) error {
			_, err := c.ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, somebody)
			return err
		}},
		"E证通": {`{"Response":{"Text":{"ErrCode":0,"LiveStatus":0,"Comparestatus":0,"Sim":"90"},"IsVerifyIntention":false,"RequestId":"r"}}`, func(ctx context.Context) error {
			_, err := c.ConfirmEid(ctx, faceid.GetEidResultRequest{EidToken: "e"}, faceid.AnyPerson)
			return err
		}},
		"an App": {`{"Response":{"Result":"0","Similarity":90,"Name":"李测试","IdCard":"110101199003074477","RequestId":"r"}}`, func(ctx context.Context) error {
			return second(c.ConfirmFaceId(ctx, faceid.GetFaceIdResultRequest{FaceIDToken: "t"}, somebody))
		}},
		"a chip": {`{"Response":{"ResultCode":"0","Name":"李测试","IdNum":"110101199003074477","RequestId":"r"}}`, func(ctx context.Context) error {
			return second(c.ConfirmWxNFC(ctx, faceid.GetWxNFCResultRequest{NFCToken: "t"}, somebody))
		}},
		"abroad": {`{"Response":{"ErrorCode":0,"VerificationDetailList":[{"ErrorCode":0,"LivenessErrorCode":0,"CompareErrorCode":0,"Similarity":90}],"RequestId":"r"}}`, func(ctx context.Context) error {
			_, err := c.ConfirmWebVerificationIntl(ctx, faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, faceid.AnyPerson)
			return err
		}},
		"a check": {`{"Response":{"Result":"0","Description":"ok","RequestId":"r"}}`, func(ctx context.Context) error {
			_, err := faceid.Confirm(c.IdCardVerification(ctx, faceid.IdCardVerificationRequest{Name: "李测试", IDCard: "110101199003074477"}))
			return err
		}},
		"a check of a face": {`{"Response":{"Result":"Success","Description":"ok","Sim":90,"RequestId":"r"}}`, func(ctx context.Context) error {
			_, err := faceid.Confirm(c.ImageRecognitionV2(ctx, faceid.ImageRecognitionV2Request{Name: "李测试", IDCard: "110101199003074477", Image: photo}))
			return err
		}},
	}
}

// saidTwice returns all texts that say one member of a JSON text a second time: before
// it or behind it, with another value, with the same one, and spelt with an escape.
func saidTwice(text string) map[string]string {
	all := map[string]string{}
	decoder := json.NewDecoder(strings.NewReader(text))
	depth, key := []json.Delim{}, false
	for {
		token, err := decoder.Token()
		if err != nil {
			return all
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				depth, key = append(depth, token), token == '{'
			} else {
				depth = depth[:len(depth)-1]
				key = len(depth) > 0 && depth[len(depth)-1] == '{'
			}
			continue
		case string:
			if key {
				end := int(decoder.InputOffset())
				from := end - len(token) - 2
				value := valueBehind(text[end+1:])
				escaped := `"\u00` + strconv.FormatInt(int64(token[0]), 16) + token[1:] + `"`
				for name, other := range map[string]string{"the same": value, "null": "null", "a number": "7", "a text": `"x"`, "an object": "{}", "a list": "[]"} {
					all[token+" before, "+name] = text[:from] + `"` + token + `":` + other + `,` + text[from:]
					all[token+" behind, "+name] = text[:end+1+len(value)] + `,"` + token + `":` + other + text[end+1+len(value):]
					all[token+" escaped, "+name] = text[:end+1+len(value)] + `,` + escaped + `:` + other + text[end+1+len(value):]
				}
			}
		}
		key = len(depth) > 0 && depth[len(depth)-1] == '{' && !key
	}
}

// valueBehind returns the first JSON value of a text.
func valueBehind(text string) string {
	decoder := json.NewDecoder(strings.NewReader(text))
	var value json.RawMessage
	_ = decoder.Decode(&value)
	return string(value)
}

func TestAnswersThatSayAMemberTwiceDecideNothing(t *testing.T) {
	var body string
	for name, test := range decisions(t, func() string { return body }) {
		body = test.pass
		require.NoError(t, test.decide(t.Context()), name)
		texts := saidTwice(test.pass)
		require.Greater(t, len(texts), 3*6*2, name)
		for what, text := range texts {
			body = text
			require.True(t, json.Valid([]byte(body)), body)
			err := test.decide(t.Context())
			require.ErrorIs(t, err, faceid.ErrBadAnswer, "%s: %s: %s", name, what, body)
			require.NotErrorIs(t, err, faceid.ErrNotPassed, "%s: %s", name, what)
			suite.see(err)
		}
	}
}

// outerAndInner are answers whose outer and inner members say different things.
var outerAndInner = map[string]bool{
	`{"code":"0","orderNo":"order1","similarity":90,"result":{"orderNo":"order1","similarity":"90","code":0}}`:                                                   true,
	`{"code":"0","orderNo":null,"similarity":null,"result":{"orderNo":"order1","similarity":"90"}}`:                                                              true,
	`{"code":"0","bizSeqNo":"1","msg":"a","transactionTime":"1","result":{"orderNo":"order1","similarity":"90","bizSeqNo":"2","msg":"b","transactionTime":"2"}}`: true,
	`{"code":"0","orderNo":"order2","result":{"orderNo":"order1","similarity":"90"}}`:                                                                            false,
	`{"code":"0","orderNo":"","result":{"orderNo":"order1","similarity":"90"}}`:                                                                                  false,
	`{"code":"0","orderNo":{},"result":{"orderNo":"order1","similarity":"90"}}`:                                                                                  false,
	`{"code":"0","similarity":"0","result":{"orderNo":"order1","similarity":"90"}}`:                                                                              false,
	`{"code":"0","similarity":"分数为空","result":{"orderNo":"order1","similarity":"90"}}`:                                                                           false,
	`{"code":"0","liveRate":"1","result":{"orderNo":"order1","similarity":"90","liveRate":"99"}}`:                                                                false,
	`{"code":"0","result":{"code":"66660004","orderNo":"order1","similarity":"90"}}`:                                                                             false,
	`{"code":"0","result":{"code":true,"orderNo":"order1","similarity":"90"}}`:                                                                                   false,
}

func TestAnswersWhoseOuterAndInnerMembersDisagreeDecideNothing(t *testing.T) {
	var body string
	tests := decisions(t, func() string { return body })
	for text, good := range outerAndInner {
		body = text
		err := tests["face"].decide(t.Context())
		if good {
			require.NoError(t, err, text)
		} else {
			require.ErrorIs(t, err, faceid.ErrBadAnswer, text)
			require.NotErrorIs(t, err, faceid.ErrNotPassed, text)
		}
	}
	for text, good := range map[string]bool{
		`{"code":"0","faceCode":"1","result":{"orderNo":"order1","similarity":"90","faceCode":"0","willCode":"0"}}`: false,
		`{"code":"0","willCode":"1","result":{"orderNo":"order1","similarity":"90","faceCode":"0","willCode":"0"}}`: false,
		`{"code":"0","willCode":0,"result":{"orderNo":"order1","similarity":"90","faceCode":"0","willCode":"0"}}`:   true,
	} {
		body = text
		if err := tests["will"].decide(t.Context()); good {
			require.NoError(t, err, text)
		} else {
			require.ErrorIs(t, err, faceid.ErrBadAnswer, text)
		}
	}
	inside := strings.TrimSuffix(strings.TrimPrefix(tests["WeChat"].pass, `{"Response":`), "}")
	for beside, good := range map[string]bool{
		`"Other":1`: true, `"RequestId":"r"`: true, `"RequestId":null`: true, `"Error":null`: true,
		`"Error":{"Code":"FailedOperation","Message":"m"}`: false, `"Error":{}`: false, `"RequestId":"other"`: false,
		`"Text":{"ErrCode":1002}`: false, `"IsVerifyIntention":true`: false,
	} {
		for _, text := range []string{`{` + beside + `,"Response":` + inside + `}`, `{"Response":` + inside + `,` + beside + `}`} {
			body = text
			err := tests["WeChat"].decide(t.Context())
			if good {
				require.NoError(t, err, text)
			} else {
				require.ErrorIs(t, err, faceid.ErrBadAnswer, text)
				require.NotErrorIs(t, err, faceid.ErrNotPassed, text)
			}
		}
	}
}

// A similarity of 0 stands for a comparison that did not take place, however it is
// written, and wherever a face is compared.
func TestAnswersWithASimilarityOfZeroComparedNobody(t *testing.T) {
	var body string
	for name, test := range decisions(t, func() string { return body }) {
		for _, zero := range []string{`0`, `0.0`, `0e1`, `"0"`, `"0.00"`, `null`, `-0`} {
			body = strings.NewReplacer(`"similarity":"90"`, `"similarity":`+zero, `"Sim":"90"`, `"Sim":`+zero, `"Sim":90`, `"Sim":`+zero, `"Similarity":90`, `"Similarity":`+zero).Replace(test.pass)
			if body == test.pass {
				continue // This call compares no face.
			}
			err := test.decide(t.Context())
			if strings.HasPrefix(name, "E证通") || name == "abroad" { // AnyPerson needs no comparison with anybody's data.
				continue
			}
			if !errors.Is(err, faceid.ErrBadAnswer) { // This score is of another type.
				require.ErrorIs(t, err, faceid.ErrNotCompared, "%s: %s", name, body)
				require.ErrorIs(t, err, faceid.ErrNotPassed, "%s: %s", name, body)
			}
		}
	}
}

// If an answer is taken for a pass, a reader who takes the first of several members
// with one name sees a pass, and so does a reader who takes the last.
func FuzzDecision(f *testing.F) {
	var body string
	tests := decisions(f, func() string { return body })
	for _, test := range tests {
		f.Add(test.pass)
		for _, text := range saidTwice(test.pass) {
			f.Add(text)
		}
	}
	f.Add(`{"code":"0","orderNo":"order2","result":{"orderNo":"order1","similarity":"90"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		body = text
		for name, test := range tests {
			if test.decide(t.Context()) != nil {
				continue
			}
			for _, first := range []bool{true, false} {
				v := reading(text, first)
				switch {
				case name == "WeChat":
					face := at(v, "Response", "Text")
					require.Equal(t, "0", at(face, "ErrCode"), text)
					if number := toText(at(face, "IdCard")); isASCIIText(number) { // Other numbers may have wide digits.
						require.Equal(t, somebody.IDNo, strings.ToUpper(alphanumeric(number)), text)
					}
				case name == "a check":
					require.Equal(t, "0", at(v, "Response", "Result"), text)
				case strings.HasPrefix(name, "face"):
					require.Equal(t, "0", at(v, "code"), text)
					for _, orderNo := range []any{at(v, "orderNo"), at(v, "result", "orderNo")} {
						require.Contains(t, []any{nil, "order1"}, orderNo, text)
					}
				}
			}
		}
	})
}

// reading reads a JSON text. Of several members with one name it takes the first or the
// last, and it keeps numbers as texts. It shares no code with the library.
func reading(text string, first bool) any {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var value func() any
	value = func() any {
		token, err := decoder.Token()
		if err != nil {
			return nil
		}
		switch token := token.(type) {
		case json.Number:
			return token.String()
		case json.Delim:
			if token == '[' {
				list := []any{}
				for decoder.More() {
					list = append(list, value())
				}
				_, _ = decoder.Token()
				return list
			}
			object := map[string]any{}
			for decoder.More() {
				name, _ := decoder.Token()
				v := value()
				key, _ := name.(string)
				if _, known := object[key]; !known || !first {
					object[key] = v
				}
			}
			_, _ = decoder.Token()
			return object
		}
		return token
	}
	return value()
}

func at(v any, path ...string) any {
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

func isASCIIText(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > '~' }) < 0
}

// alphanumeric returns a number without the characters between its digits.
func alphanumeric(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, text)
}

func toText(v any) string {
	text, _ := v.(string)
	return text
}
