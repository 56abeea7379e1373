package callbacks

import (
	"crypto/sha1"
	"encoding/hex"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// The rule, written once more from the documents: a callback's newSignature (on
// a PC newSign) is the SHA-1 of appId, orderNo, code and a SIGN ticket, sorted
// and joined, in hex of either case.
// https://cloud.tencent.com/document/product/1007/35895
//
// Nothing here uses the library, neither its signature nor its query parser.

type verdict int

const (
	refused verdict = iota
	unsigned
	genuine
)

func (v verdict) String() string { return [...]string{"refused", "unsigned", "genuine"}[v] }

// A ruling is what the rule says of a query. It has the claims of an unsigned query,
// too.
type ruling struct {
	verdict            verdict
	orderNo, code      string
	faceID             string
	liveRate           float64
	rated              bool
	faceCode, willCode string
	frontal            bool // a page that could not be used may be left twice
}

var (
	platformNames = []string{"code", "orderNo", "faceId", "h5faceId", "newSignature", "newSign", "liveRate", "faceCode", "willCode"}

	codeForm  = regexp.MustCompile(`\A(0|-?[1-9][0-9]{0,9})\z`)
	orderForm = regexp.MustCompile(`\A[0-9A-Za-z]{1,32}\z`)
	signForm  = regexp.MustCompile(`\A[0-9A-Fa-f]{40}\z`)
	scoreForm = regexp.MustCompile(`\A([0-9]+\.?[0-9]*|\.[0-9]+)\z`)
)

// judge applies the rule to the raw query of a request.
func judge(rawQuery, appID string, tickets []string) ruling {
	values, ok := readQuery(rawQuery)
	if !ok {
		return ruling{}
	}
	get := map[string]string{}
	for _, name := range platformNames {
		switch all := values[name]; len(all) {
		case 0:
		case 1:
			get[name] = all[0]
		default:
			return ruling{} // which one was signed?
		}
	}
	sign := get["newSignature"]
	switch other := get["newSign"]; {
	case sign == "":
		sign = other
	case other != "" && !strings.EqualFold(sign, other):
		return ruling{}
	}
	r := claims(get)
	if sign == "" {
		r.verdict = unsigned
		return r
	}
	if !codeForm.MatchString(r.code) || !orderForm.MatchString(r.orderNo) || !signForm.MatchString(sign) {
		return ruling{}
	}
	for _, ticket := range tickets {
		if ticket != "" && strings.EqualFold(sign, signature(ticket, appID, r.orderNo, r.code)) {
			r.verdict = genuine
			return r
		}
	}
	return ruling{}
}

// claims reads the values of a callback, without a verdict.
func claims(get map[string]string) ruling {
	r := ruling{
		orderNo: get["orderNo"], code: get["code"], faceID: get["faceId"],
		faceCode: get["faceCode"], willCode: get["willCode"],
	}
	if r.faceID == "" {
		r.faceID = get["h5faceId"]
	}
	rate := strings.TrimSpace(get["liveRate"]) // not signed, and blanks around a number harm nobody
	if score, err := strconv.ParseFloat(rate, 64); err == nil && scoreForm.MatchString(rate) {
		r.liveRate, r.rated = score, true
	}
	switch r.code {
	case "3001", "3002", "3003", "3004", "3005", "3006", "300101":
		r.frontal = true
	}
	return r
}

// signature computes the signature of the documents. All values are ASCII here, so
// every order of strings is the same.
func signature(ticket string, values ...string) string {
	all := append([]string{ticket}, values...)
	sort.Strings(all)
	sum := sha1.Sum([]byte(strings.Join(all, "")))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// readQuery reads name=value&name=value. It refuses a query with a semicolon or a bad
// escape, since two readers could read it differently.
func readQuery(raw string) (map[string][]string, bool) {
	values := map[string][]string{}
	for _, pair := range strings.Split(raw, "&") {
		if pair == "" {
			continue
		}
		if strings.Contains(pair, ";") {
			return nil, false
		}
		name, value, _ := strings.Cut(pair, "=")
		name, ok := unescape(name)
		value, ok2 := unescape(value)
		if !ok || !ok2 {
			return nil, false
		}
		values[name] = append(values[name], value)
	}
	return values, true
}

func unescape(text string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '+':
			b.WriteByte(' ')
		case c != '%':
			b.WriteByte(c)
		case i+2 >= len(text):
			return "", false
		default:
			n, err := hex.DecodeString(text[i+1 : i+3])
			if err != nil {
				return "", false
			}
			b.WriteByte(n[0])
			i += 2
		}
	}
	return b.String(), true
}
