// Package wire reads what the platform sends. It is lenient where the
// documents and the recorded answers waver (a code or a number as string or as
// number, business fields at the top level or in "result") and exact where it
// matters: names that differ by case are different names, no name stands twice in
// an object, what stands in "result" and outside of it says the same, and only the
// code 0 is success.
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
	Code     string // as sent, a number in its own spelling
	Msg      string
	BizSeqNo string
	doc      *Document
	outer    Object
	result   Object

	asked  string // File's last first name
	prefix string // of its place
}

// result is the member that business members may stand in.
const result = "result"

// Result is the plan's root of an answer with these members, which stand in
// result or at the top level. The order number is Watched.
func Result(members map[string]*Place) *Place {
	inner := maps.Clone(members)
	inner["orderNo"] = Watched
	outer := maps.Clone(inner)
	outer[result] = &Place{Members: inner}
	return &Place{Members: outer}
}

// Answer reads a document as the answer of a kyc1 endpoint. A missing code is an
// error, and so is a result that is not an object.
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
		a.Msg = "" // a text for people must not spoil the answer
	}
	a.BizSeqNo = a.OuterText("bizSeqNo")
	return a, nil
}

// Member finds a business member: in result, else at the top level.
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

// differ reports whether two values say different things. A number and a string of
// it are the same.
func differ(a, b json.RawMessage) bool {
	one, isText := scalar(a)
	two, isText2 := scalar(b)
	if isText && isText2 {
		return one != two
	}
	return !bytes.Equal(compact(a), compact(b))
}

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	_ = json.Compact(&b, raw) // it is JSON
	return b.Bytes()
}

func disagreement(name string) error { return &TypeError{name, "the same in result and outside of it"} }

// Text returns a member that is a string or a number, "" if it is absent.
func (a *Answer) Text(name string) (string, error) {
	if a.disagree(name) {
		return "", disagreement(name)
	}
	if _, ok := a.result.raw(name); ok {
		return a.result.Text(name)
	}
	return a.outer.Text(name)
}

// InnerText is Text for what an endpoint says in result as well as at the top level,
// each for itself: its value in result, "" if it is absent there.
func (a *Answer) InnerText(name string) (string, error) { return a.result.Text(name) }

// OuterText is Text for the members of the envelope (bizSeqNo,
// transactionTime): the top level comes first there.
func (a *Answer) OuterText(name string) string {
	for _, o := range []Object{a.outer, a.result} {
		if s, err := o.Text(name); err == nil && s != "" {
			return s
		}
	}
	return ""
}

// Object returns a member that is an object, nil if it is absent.
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

// LooseObject is Object for what stands beside the answer: anything else than an
// object is absent.
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

// LooseText is Text for what stands beside the answer.
func (a *Answer) LooseText(name string) string {
	if _, ok := a.result.raw(name); ok {
		return a.result.LooseText(name)
	}
	return a.outer.LooseText(name)
}

// Array returns the elements of a member that is an array, nil if it is absent.
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

// Objects returns a member that is an array of objects, or one object, or
// absent: the documents waver.
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

// File returns a file by its name, as in "turns[0].audio". raw is what stands in
// its place.
func (a *Answer) File(name string, raw json.RawMessage) (Received, error) {
	first := name[:strings.IndexAny(name+".", ".[")]
	if first != a.asked { // a list asks for it again and again
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

// Time reads yyyyMMddHHmmss in China. What it cannot read is the zero time:
// no decision hangs on these times.
func Time(text string) time.Time {
	t, err := time.ParseInLocation("20060102150405", text, china)
	if err != nil {
		return time.Time{}
	}
	return t
}
