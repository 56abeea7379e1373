package faceidtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A cloudField is one row of a documented table of API 3.0.
type cloudField struct {
	name     string
	required bool
	read     func(path string, raw json.RawMessage) (any, reply)
	plain    func(string) bool // for a field that may come encrypted: whether its plain text is valid
}

// args are the values of a request: string, int64, bool, args and lists of
// them. A value that is not given, or is null, is absent.
type args map[string]any

func (a args) text(name string) string { v, _ := a[name].(string); return v }
func (a args) sub(name string) args    { v, _ := a[name].(args); return v }
func (a args) list(name string) []any  { v, _ := a[name].([]any); return v }
func (a args) yes(name string) bool    { v, _ := a[name].(bool); return v }

func (a args) number(name string, otherwise int64) int64 {
	if v, ok := a[name].(int64); ok {
		return v
	}
	return otherwise
}

// readArgs reads the body of a request and compares it with its table.
func readArgs(body []byte, table []cloudField) (args, reply) {
	if !utf8.Valid(body) {
		return nil, cloudRefuse("InvalidParameter", "The body is not UTF-8.")
	}
	return readObject("", body, table)
}

func readObject(path string, raw []byte, table []cloudField) (args, reply) {
	members, twice, err := splitObject(raw)
	if err != nil || twice {
		return nil, cloudRefuse("InvalidParameter", "`"+path+"` is not a JSON object with each name once.")
	}
	if path != "" {
		path += "."
	}
	v := args{}
	for _, f := range table {
		raw, given := members[f.name]
		delete(members, f.name)
		if !given || string(raw) == "null" {
			if f.required {
				return nil, cloudRefuse("MissingParameter", "The request is missing a required parameter `"+path+f.name+"`.")
			}
			continue
		}
		value, bad := f.read(path+f.name, raw)
		if bad.code != "" {
			return nil, bad
		}
		v[f.name] = value
	}
	if len(members) > 0 { // the answer does not repeat the name, which may hold anything
		return nil, cloudRefuse("UnknownParameter", "There is a parameter that the table has not.")
	}
	return v, reply{}
}

func (f cloudField) must() cloudField {
	f.required = true
	return f
}

func wrongType(path string) reply {
	return cloudRefuse("InvalidParameter", "The type of parameter `"+path+"` is not valid.")
}

func wrongValue(path string) reply {
	return cloudRefuse("InvalidParameterValue", "The value of parameter `"+path+"` is not valid.")
}

func textField(name string, ok func(string) bool) cloudField {
	return cloudField{name: name, read: func(path string, raw json.RawMessage) (any, reply) {
		v, isText := stringOf(raw)
		switch {
		case !isText:
			return nil, wrongType(path)
		case !ok(v):
			return nil, wrongValue(path)
		}
		return v, reply{}
	}}
}

// encryptableField is a text that may come encrypted. Its value is compared
// with the table by decrypt, once it is plain.
func encryptableField(name string, ok func(string) bool) cloudField {
	f := textField(name, anyText)
	f.plain = ok
	return f
}

func flagField(name string) cloudField {
	return cloudField{name: name, read: func(path string, raw json.RawMessage) (any, reply) {
		if v := string(raw); v == "true" || v == "false" {
			return v == "true", reply{}
		}
		return nil, wrongType(path)
	}}
}

func numberField(name string, least, most int64) cloudField {
	return cloudField{name: name, read: func(path string, raw json.RawMessage) (any, reply) {
		v, err := strconv.ParseInt(string(raw), 10, 64)
		switch {
		case err != nil:
			return nil, wrongType(path)
		case v < least || v > most:
			return nil, wrongValue(path)
		}
		return v, reply{}
	}}
}

func objectField(name string, table ...cloudField) cloudField {
	return cloudField{name: name, read: func(path string, raw json.RawMessage) (any, reply) {
		return readObject(path, raw, table)
	}}
}

// listField is a list. Each of its items is read like the field.
func listField(least, most int, item cloudField) cloudField {
	return cloudField{name: item.name, read: func(path string, raw json.RawMessage) (any, reply) {
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, wrongType(path)
		}
		if len(items) < least || len(items) > most {
			return nil, wrongValue(path)
		}
		l := []any{}
		for i, raw := range items {
			v, bad := item.read(path+"."+strconv.Itoa(i), bytes.TrimSpace(raw))
			if bad.code != "" {
				return nil, bad
			}
			l = append(l, v)
		}
		return l, reply{}
	}}
}

// anyText accepts every text. It and the functions after it tell which values
// the tables allow. API 3.0 counts characters.
func anyText(string) bool { return true }

func chars(most int) func(string) bool {
	return func(v string) bool { return utf8.RuneCountInString(v) <= most }
}

// isBack accepts a web address, or none. It refuses an address that has the
// parameter that the platform appends: a handler would read the wrong one of
// the two.
func isBack(appended string) func(string) bool {
	return func(v string) bool { return v == "" || chars(1024)(v) && isCallback(v) && !hasQuery(v, appended) }
}

func hasQuery(v, name string) bool {
	u, err := url.Parse(v)
	return err == nil && u.Query().Has(name)
}

// isCloudID refuses a check digit in lower case.
func isCloudID(v string) bool { return !strings.HasSuffix(v, "x") }

// digits accepts a text of those characters only.
func digits(which string) func(string) bool {
	return func(v string) bool { return strings.Trim(v, which) == "" }
}

// cloudPicture accepts the base64 of a picture, of at most that length.
func cloudPicture(most int) func(string) bool {
	return func(v string) bool {
		if v == "" {
			return true
		}
		if len(v) > most || strings.ContainsAny(v, "\r\n") { // Go's decoder skips line breaks
			return false
		}
		b, err := base64.StdEncoding.Strict().DecodeString(v)
		return err == nil && isPicture(b) && !bytes.HasPrefix(b, []byte("BM"))
	}
}

// texts returns the strings of a list.
func texts(l []any) []string {
	var all []string
	for _, v := range l {
		text, _ := v.(string)
		all = append(all, text)
	}
	return all
}
