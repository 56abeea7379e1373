// Package wire reads the answers of the platform.
//
// It is lenient where the platform's documents and the recorded answers vary: a
// code or a number may be a string or a number, and business members may stand at
// the top level or in "result". It is exact in four points: names that differ by
// case are different names, no name stands twice in an object, a member that stands
// both in "result" and outside of it has the same value in both, and only the code
// 0 is success.
package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"time"
)

// Answer is one answer of a kyc1 endpoint.
type Answer struct {
	Code     string // the code as it was sent, a number in its own spelling
	Msg      string
	BizSeqNo string
	doc      *Document
	outer    Object
	result   Object

	asked  string // the first part of the name that File was last asked for
	prefix string // the prefix of that file's place
}

// result is the name of the member in which business members may stand.
const result = "result"

// Result returns the root for the Plan of an answer. The described members may
// stand in "result" or at the top level. The order number is Watched in both.
func Result(members map[string]*Place) *Place {
	inner := maps.Clone(members)
	inner["orderNo"] = Watched
	outer := maps.Clone(inner)
	outer[result] = &Place{Members: inner}
	return &Place{Members: outer}
}

// Answer returns the document as an answer of a kyc1 endpoint. A missing code is an
// error. If the code is 0, a result that is not an object is an error, too.
func (d *Document) Answer() (*Answer, error) {
	outer := d.Top
	a := &Answer{doc: d, outer: outer}
	var err error
	if a.Code, err = outer.Text("code"); err != nil {
		return nil, err
	}
	if a.Code == "" {
		return nil, &TypeError{"code", "present"}
	}
	if raw, ok := outer.raw(result); ok {
		if a.result, err = ParseObject(raw); err != nil && a.Code == "0" { // a refusal needs no result
			return nil, &TypeError{result, "an object"}
		}
	}
	if a.Msg, err = outer.Text("msg"); err != nil {
		a.Msg = "" // no code depends on the message
	}
	a.BizSeqNo = a.OuterText("bizSeqNo")
	return a, nil
}

// Member returns a business member, from result if it stands there, otherwise from
// the top level.
func (a *Answer) Member(name string) (json.RawMessage, bool) {
	if raw, ok := a.result.raw(name); ok {
		return raw, true
	}
	return a.outer.raw(name)
}

// disagree reports whether a member stands both in result and at the top level, with
// two values. Two readers of such an answer could come to two decisions.
func (a *Answer) disagree(name string) bool {
	inner, ok := a.result.raw(name)
	if !ok {
		return false
	}
	outer, ok := a.outer.raw(name)
	if !ok {
		return false
	}
	return differ(inner, outer)
}

// differ reports whether two values are different. A number and a string with the
// same text are equal.
func differ(a, b json.RawMessage) bool {
	one, isText := scalarBytes(a)
	two, isText2 := scalarBytes(b)
	if isText && isText2 {
		return !bytes.Equal(one, two)
	}
	return !bytes.Equal(compact(a), compact(b))
}

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	_ = json.Compact(&b, raw) // raw is valid JSON, so there is no error
	return b.Bytes()
}

func disagreement(name string) error { return &TypeError{name, "the same in result and outside of it"} }

// Text returns a member that is a string or a number. It returns "" if the member
// is absent.
func (a *Answer) Text(name string) (string, error) {
	inner, isInner := a.result.raw(name)
	outer, isOuter := a.outer.raw(name)
	switch {
	case isInner && isOuter && differ(inner, outer):
		return "", disagreement(name)
	case isInner:
		return textOf(name, inner)
	case isOuter:
		return textOf(name, outer)
	}
	return "", nil
}

// InnerText returns a member of result as Text does, "" if it is absent there. It is
// for members that have different meanings in result and at the top level.
func (a *Answer) InnerText(name string) (string, error) { return a.result.Text(name) }

// OuterText returns a member of the envelope (bizSeqNo, transactionTime) as text. A
// member at the top level comes before one in result.
func (a *Answer) OuterText(name string) string {
	for _, o := range []Object{a.outer, a.result} {
		if s, err := o.Text(name); err == nil && s != "" {
			return s
		}
	}
	return ""
}

// Object returns a member that is an object. It returns nil if the member is absent.
func (a *Answer) Object(name string) (Object, error) {
	raw, ok := a.Member(name)
	if !ok {
		return nil, nil
	}
	if a.disagree(name) {
		return nil, disagreement(name)
	}
	o, err := ParseObject(raw)
	if err != nil {
		return nil, &TypeError{name, "an object"}
	}
	return o, nil
}

// LooseObject is Object for a member whose wrong type must not spoil the answer. It
// returns nil if the member is not an object.
func (a *Answer) LooseObject(name string) Object {
	raw, ok := a.Member(name)
	if !ok {
		return nil
	}
	o, err := ParseObject(raw)
	if err != nil {
		return nil
	}
	return o
}

// LooseText is Object.LooseText for a business member, from result if it stands
// there, otherwise from the top level.
func (a *Answer) LooseText(name string) string {
	if _, ok := a.result.raw(name); ok {
		return a.result.LooseText(name)
	}
	return a.outer.LooseText(name)
}

// Array returns the elements of a member that is an array. It returns nil if the
// member is absent.
func (a *Answer) Array(name string) ([]json.RawMessage, error) {
	raw, ok := a.Member(name)
	if !ok {
		return nil, nil
	}
	if a.disagree(name) {
		return nil, disagreement(name)
	}
	all, ok := parseArray(raw)
	if !ok {
		return nil, &TypeError{name, "an array"}
	}
	return all, nil
}

// Objects returns the objects of a member. The platform's documents vary here: the
// member may be an array of objects or one object. It returns nil if the member is
// absent.
func (a *Answer) Objects(name string) ([]Object, error) {
	raw, ok := a.Member(name)
	if !ok {
		return nil, nil
	}
	if a.disagree(name) {
		return nil, disagreement(name)
	}
	if o, err := ParseObject(raw); err == nil {
		return []Object{o}, nil
	}
	list, err := a.Array(name)
	if err != nil {
		return nil, &TypeError{name, "an array of objects, or an object"}
	}
	var all []Object
	for _, raw := range list {
		o, err := ParseObject(raw)
		if err != nil || o == nil {
			return nil, &TypeError{name, "an array of objects, or an object"}
		}
		all = append(all, o)
	}
	return all, nil
}

// File returns a file by its name, as in "turns[0].audio". raw is the JSON that
// remained in the place of the file.
func (a *Answer) File(name string, raw json.RawMessage) (Received, error) {
	if len(raw) == 0 || isNull(raw) { // most answers have no files, and the place of one takes memory
		return Received{}, nil
	}
	first := name[:strings.IndexAny(name+".", ".[")]
	if first != a.asked { // a list asks for the same first part many times
		a.asked, a.prefix = first, ""
		if _, ok := a.result.raw(first); ok {
			a.prefix = result + "."
		}
	}
	return a.doc.file(a.prefix+name, name, raw)
}

// Raw returns the answer as JSON without its files.
func (a *Answer) Raw() json.RawMessage { return a.doc.Text }

// Top returns the members at the top level of the answer.
func (a *Answer) Top() Object { return a.outer }

var china = time.FixedZone("UTC+8", 8*60*60)

// Time reads a time of the form yyyyMMddHHmmss in China. It returns the zero time
// for any other text, because no decision depends on these times.
func Time(text string) time.Time {
	if len(text) != len("yyyyMMddHHmmss") {
		return time.Time{}
	}
	var pair [7]int // the number that each pair of digits makes
	for i := range pair {
		tens, ones := text[2*i]-'0', text[2*i+1]-'0'
		if tens > 9 || ones > 9 {
			return time.Time{}
		}
		pair[i] = int(tens)*10 + int(ones)
	}
	month := time.Month(pair[2])
	t := time.Date(pair[0]*100+pair[1], month, pair[3], pair[4], pair[5], pair[6], 0, china)
	// time.Date takes the 31st of June for the first of July, and 24:00 for the next day.
	if t.Month() != month || t.Hour() != pair[4] || t.Minute() != pair[5] || t.Second() != pair[6] {
		return time.Time{}
	}
	return t
}
