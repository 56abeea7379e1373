package faceidtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// A param is one row of a documented parameter table. The value of a list is
// its JSON text.
type param struct {
	name     string
	optional bool
	list     bool
	ok       func(string) bool
}

const apiVersion = "1.0.0"

// readQuery validates the parameters in a URL, and returns the code of the
// first complaint. Each must be there once, by its exact name.
func (s *Server) readQuery(in *incoming, table []param) (map[string]string, string) {
	q, err := url.ParseQuery(in.rawQuery)
	if err != nil {
		return nil, "66660000"
	}
	v := make(map[string]string, len(q))
	for name, values := range q {
		if len(values) != 1 {
			in.why = "a parameter appears twice"
			return nil, "66660000"
		}
		v[name] = values[0]
	}
	return v, s.validate(in, v, table)
}

// readBody validates a JSON body and the copy of orderNo in the query.
func (s *Server) readBody(in *incoming, table []param) (map[string]string, string) {
	if !isJSON(in.header) {
		in.why = "the content type is not application/json"
		return nil, "400106"
	}
	v, bad := s.decode(in, table)
	if bad != "" {
		return nil, bad
	}
	if bad = s.validate(in, v, table); bad != "" {
		return nil, bad
	}
	q, err := url.ParseQuery(in.rawQuery)
	copies := q["orderNo"]
	switch {
	case err != nil:
		return nil, "66660000"
	case s.lenient && len(copies) == 0: // live systems accept a request without the copy
	case len(copies) != 1 || copies[0] != v["orderNo"]:
		in.why = "the URL has no ?orderNo= with the body's orderNo"
		return nil, "66660000"
	case len(q) != 1 && !s.lenient:
		in.why = "the URL has more than ?orderNo="
		return nil, "66660000"
	}
	return v, ""
}

// isJSON accepts application/json in UTF-8.
func isJSON(h http.Header) bool {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, given := params["charset"]
	return err == nil && kind == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

// decode reads an object of strings, and of lists where the table has them. A
// body that is not JSON is refused as no request, and a value of another type
// as a wrong parameter.
func (s *Server) decode(in *incoming, table []param) (map[string]string, string) {
	in.why = "the body is not a JSON object of strings with each name once"
	members, twice, err := splitObject(in.body)
	if err != nil || !utf8.Valid(in.body) {
		return nil, "400106"
	}
	if twice {
		return nil, "66660000"
	}
	isList := map[string]bool{}
	for _, p := range table {
		isList[p.name] = p.list
	}
	v := make(map[string]string, len(members))
	for name, raw := range members {
		if isList[name] {
			if raw[0] != '[' {
				in.why = name + " is not a list"
				return nil, "66660000"
			}
			v[name] = string(raw)
			continue
		}
		if s.lenient && string(raw) == "null" {
			continue // the value counts as absent
		}
		text, ok := stringOf(raw)
		if !ok {
			if isNumber := raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'; !isNumber || !s.lenient {
				return nil, "66660000"
			}
			text = string(raw)
		}
		v[name] = text
	}
	in.why = ""
	return v, ""
}

// stringOf reads a JSON string. null is no string.
func stringOf(raw json.RawMessage) (text string, ok bool) {
	err := json.Unmarshal(raw, &text)
	return text, err == nil && string(raw) != "null"
}

// splitObject keeps names as they are spelled. encoding/json alone matches
// names without regard to case, and hides a name that is given twice.
func splitObject(body []byte) (members map[string]json.RawMessage, twice bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false, errors.New("the text is not a JSON object")
	}
	members = map[string]json.RawMessage{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, false, err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, false, err
		}
		key, _ := name.(string)
		_, again := members[key]
		twice = twice || again
		members[key] = raw
	}
	if _, err := dec.Token(); err != nil {
		return nil, false, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, false, errors.New("the text has more than one JSON value")
	}
	return members, twice, nil
}

// otherNames are the names that live clients send instead of those of a page.
var otherNames = map[string][]string{
	"appId":    {"app_id", "webankAppId"}, // older clients, and those that follow the pages of queryphotoinfo
	"faceId":   {"h5faceId"},              // clients that follow the page of the PC on a phone
	"h5faceId": {"faceId"},
}

// tolerate puts values that came under another name, or are left out by live
// clients, where the table wants them.
func tolerate(v map[string]string, table []param) {
	for _, p := range table {
		if v[p.name] != "" || p.optional {
			continue
		}
		for _, other := range otherNames[p.name] {
			if v[other] != "" {
				v[p.name] = v[other]
			}
		}
		if _, given := v[p.name]; p.name == "from" && !given {
			v[p.name] = "browser"
		}
	}
}

// validate compares values with their table, and returns the code of the first
// complaint.
func (s *Server) validate(in *incoming, v map[string]string, table []param) string {
	for _, name := range []string{"orderNo", "order_no"} {
		if isOrderNo(v[name]) {
			in.orderNo = v[name]
		}
	}
	if s.lenient {
		tolerate(v, table)
	}
	known := make(map[string]bool, len(table))
	for _, p := range table {
		known[p.name] = true
		value, given := v[p.name]
		if value == "" && given && p.optional && s.lenient {
			delete(v, p.name)
			continue
		}
		if !given && p.optional {
			continue
		}
		if !given {
			in.why = p.name + " is missing"
			return "66660000"
		}
		if !p.ok(value) {
			in.why = p.name + " is ill-formed"
			return "66660000"
		}
	}
	for name := range v {
		if !known[name] && !s.lenient {
			in.why = "there is a parameter that the table does not have"
			return "66660000"
		}
		if !known[name] {
			delete(v, name) // the parameter is tolerated and has no effect
		}
	}
	if v["version"] != apiVersion {
		in.why = "version is not " + apiVersion
		return "400106"
	}
	return ""
}

// some accepts every text that is not empty. It and the functions after it tell
// which values the tables allow.
func some(v string) bool { return v != "" }

func isOrderNo(v string) bool { return isAlnum(v, 1, 32) }
func isNonce(v string) bool   { return isAlnum(v, 32, 32) }

// whatever accepts every value, for tables that say "any other value".
func whatever(string) bool { return true }

// atMost accepts up to most bytes and the empty value, for tables that say "any
// other value", and pages that tell what an empty one means.
func atMost(most int) func(string) bool { return func(v string) bool { return len(v) <= most } }

// upTo accepts one to most bytes. The tables count bytes.
func upTo(most int) func(string) bool {
	return func(v string) bool { return len(v) >= 1 && len(v) <= most }
}

// isUserID refuses special characters. The documents do not list these, so the
// marks that are common in IDs pass.
func isUserID(v string) bool {
	return isAlnum(strings.NewReplacer("_", "0", "-", "0").Replace(v), 1, 32)
}

func oneOf(values ...string) func(string) bool {
	return func(v string) bool {
		for _, want := range values {
			if v == want {
				return true
			}
		}
		return false
	}
}

func isAlnum(v string, least, most int) bool {
	for _, c := range []byte(v) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(v) >= least && len(v) <= most
}

var (
	tokenParams = []param{
		{name: "appId", ok: some},
		{name: "secret", ok: some},
		{name: "grant_type", ok: oneOf("client_credential")},
		{name: "version", ok: some},
	}
	ticketParams = []param{
		{name: "appId", ok: some},
		{name: "access_token", ok: some},
		{name: "type", ok: oneOf("SIGN", "NONCE")},
		{name: "version", ok: some},
		{name: "user_id", ok: isUserID, optional: true},
	}
)
