package faceidtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

// A Dialect changes how answers are spelled, and never what they mean. Live
// answers and the documents' examples differ in all these points. With the zero
// value, an answer has this form:
//
//   - The code is a string. On queryphotoinfo, getWillFaceId and
//     getOcrCertId it is a number, as their examples print it.
//   - expire_in is a number.
//   - The business fields are in result.
//   - Uploads have "success": false, except getWillFaceId and getOcrCertId,
//     whose examples have nothing beside code, msg and result.
//   - A will verification of one round has no willTurnsData.
type Dialect struct {
	CodeAsNumber     bool // code is a number everywhere
	CodeAsString     bool // code is a string everywhere
	NumbersAsStrings bool // expire_in is a string
	FlatResult       bool // the fields of result stand at the top level
	NoOptimalDomain  bool // uploads name no optimalDomain
	EscapedSlashes   bool // every / is written \/
	LineBreaks       bool // base64 breaks after 76 characters
	SuccessFalse     bool // "success": false in every envelope and result
	SuccessTrue      bool // "success": true in every envelope and result
	OriCode          bool // "oriCode" in every result
	NoEcho           bool // results do not repeat the orderNo
	TurnsAsObject    bool // willTurnsData of one round is an object; that of several rounds stays an array
	TurnsNull        bool // willTurnsData of one round is null
	NFCInnerCode     bool // the result of an NFC query also has code, msg and transactionTime, as its table says
}

// These are the values of an answer. The members of an object are written in
// their order.
type (
	member struct {
		name  string
		value any // string, bool, nil or one of the types below
	}
	object []member
	list   []any
	number int64  // written as a string if NumbersAsStrings says so
	media  []byte // written in base64
)

// envelope writes an answer of the API.
func (d Dialect) envelope(r reply, codeIsNumber bool) []byte {
	result := d.result(r)
	out := object{{"code", d.code(r.code, codeIsNumber)}, {"msg", r.msg}}
	out = append(out, r.outer...)
	if d.SuccessFalse || d.SuccessTrue {
		out = append(out, member{"success", d.SuccessTrue})
	}
	switch {
	case result == nil:
	case d.FlatResult:
		for _, m := range result {
			out = out.with(m)
		}
	default:
		out = append(out, member{"result", result})
	}
	b := d.write(nil, out)
	if d.EscapedSlashes {
		// In JSON, a slash occurs inside strings only.
		b = bytes.ReplaceAll(b, []byte("/"), []byte(`\/`))
	}
	return b
}

func (d Dialect) result(r reply) object {
	if r.result == nil {
		return nil
	}
	var out object
	for _, m := range r.result {
		if m.name == "orderNo" && d.NoEcho || m.name == "optimalDomain" && d.NoOptimalDomain {
			continue
		}
		if m.name == "success" && d.SuccessTrue {
			m.value = true
		}
		out = append(out, m)
	}
	if d.SuccessFalse || d.SuccessTrue {
		out = out.with(member{"success", d.SuccessTrue})
	}
	if d.OriCode {
		out = append(out, member{"oriCode", r.code})
	}
	return out
}

// with adds m, unless the object has a member of that name.
func (o object) with(m member) object {
	for _, old := range o {
		if old.name == m.name {
			return o
		}
	}
	return append(o, m)
}

func (d Dialect) code(code string, isNumber bool) any {
	if (isNumber || d.CodeAsNumber) && !d.CodeAsString {
		if n, err := strconv.ParseInt(code, 10, 64); err == nil {
			return json.Number(strconv.FormatInt(n, 10))
		}
	}
	return code
}

func (d Dialect) write(b []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		b = append(b, '{')
		for i, m := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(writeString(b, m.name), ':')
			b = d.write(b, m.value)
		}
		return append(b, '}')
	case list:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = d.write(b, item)
		}
		return append(b, ']')
	case media:
		return d.writeMedia(b, v)
	case number:
		if d.NumbersAsStrings {
			return append(strconv.AppendInt(append(b, '"'), int64(v), 10), '"')
		}
		return strconv.AppendInt(b, int64(v), 10)
	case json.Number:
		return append(b, v...)
	case string:
		return writeString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	default:
		return append(b, "null"...)
	}
}

func (d Dialect) writeMedia(b []byte, m media) []byte {
	b = append(b, '"')
	if !d.LineBreaks {
		b = base64.StdEncoding.AppendEncode(b, m)
		return append(b, '"')
	}
	text := base64.StdEncoding.EncodeToString(m)
	for ; len(text) > 76; text = text[76:] {
		b = append(append(b, text[:76]...), `\r\n`...)
	}
	return append(append(b, text...), '"')
}

// writeString writes a string as JSON.
func writeString(b []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	var buf strings.Builder
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // the encoding of a string cannot fail
	return append(b, strings.TrimSuffix(buf.String(), "\n")...)
}

// isPlain reports whether a string is ASCII that stands for itself in JSON.
func isPlain(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
