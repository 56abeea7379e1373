package faceidtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// A route is one path of the platform.
type route struct {
	method       string
	handle       func(*incoming) reply
	kind         routeKind
	codeIsNumber bool
}

type routeKind int

const (
	merchantAPI routeKind = iota // called by a backend: allow-list, envelope
	webPage                      // opened by a browser: refusals are pages
	ownControl                   // the simulator's own, not the platform's
)

const (
	pathToken      = "/api/oauth2/access_token"
	pathTicket     = "/api/oauth2/api_ticket"
	pathPlusFaceID = "/api/server/getPlusFaceId"
	pathRecord     = "/api/v2/base/queryfacerecord"
	pathPhotos     = "/api/v2/base/queryphotoinfo"
	pathLogin      = "/api/web/login"
	pathFinish     = "/api/web/finish"
)

// allRoutes is the table another product joins with one line per path.
func (s *Server) allRoutes() map[string]route {
	return map[string]route{
		pathToken:      {method: http.MethodGet, handle: s.accessToken},
		pathTicket:     {method: http.MethodGet, handle: s.apiTicket},
		pathPlusFaceID: {method: http.MethodPost, handle: s.plusFaceID},
		pathRecord:     {method: http.MethodPost, handle: s.faceRecord},
		pathPhotos:     {method: http.MethodPost, handle: s.photoInfo, codeIsNumber: true},
		pathLogin:      {method: http.MethodGet, handle: s.webLogin, kind: webPage},
		pathFinish:     {method: http.MethodPost, handle: s.webFinish, kind: webPage},
		"/sim/order":   {method: http.MethodPost, handle: s.simOrder, kind: ownControl},
		"/sim/sdk":     {method: http.MethodPost, handle: s.simSDK, kind: ownControl},
		"/sim/advance": {method: http.MethodPost, handle: s.simAdvance, kind: ownControl},
		"/sim/status":  {method: http.MethodGet, handle: s.simStatus, kind: ownControl},
	}
}

// mustPath panics for a path the platform does not have: queueing trouble
// there would silently do nothing.
func (s *Server) mustPath(who, path string) {
	if _, ok := s.routes[path]; !ok {
		panic("faceidtest: " + who + ": no path " + path)
	}
}

// incoming is a request, however it came.
type incoming struct {
	ctx                          context.Context
	method, host, path, rawQuery string
	header                       http.Header
	body                         []byte
	remote                       string
	orderNo                      string // for the log, once it is well-formed
}

// A reply is what a handler decided. With raw set it is that body; otherwise
// it is an envelope or, on a page's path, a page about the code.
type reply struct {
	code, msg string
	outer     object // beside code and msg
	result    object

	status   int // 0: 200
	raw      []byte
	kind     string // content type of raw
	location string
}

const (
	typeJSON = "application/json;charset=UTF-8"
	typeHTML = "text/html;charset=UTF-8"
)

// accept is a good answer; its bizSeqNo and times are invented.
func (s *Server) accept(result object, outer ...member) reply {
	fields := append(object{{"bizSeqNo", s.seqNo()}, {"transactionTime", stamp(s.now())}}, outer...)
	return reply{code: "0", msg: "请求成功", outer: fields, result: result}
}

func refuse(code string) reply { return reply{code: code, msg: messages[code]} }

// seqNo is 32 digits that start with the day.
func (s *Server) seqNo() string {
	return s.now().In(beijing).Format("060102") + randomFrom("0123456789", 26)
}

// The platform's times are UTC+8, wherever the simulator runs.
var beijing = time.FixedZone("UTC+8", 8*60*60)

func stamp(t time.Time) string { return t.In(beijing).Format("20060102150405") }

// handle is the platform without the network's trouble.
func (s *Server) handle(in *incoming, rt route, known bool) reply {
	switch {
	case !known:
		return htmlError(http.StatusNotFound)
	case in.method != rt.method:
		return htmlError(http.StatusMethodNotAllowed)
	case rt.kind == merchantAPI && !s.mayCall(in.remote):
		return refuse("400103")
	case !s.withinLimit(in.path):
		return refuse("400506")
	}
	return rt.handle(in)
}

// render spells a reply.
func (s *Server) render(r reply, rt route) delivery {
	d := delivery{status: r.status, header: http.Header{}, body: r.raw, cut: -1}
	if d.status == 0 {
		d.status = http.StatusOK
	}
	kind := r.kind
	switch {
	case r.raw != nil || r.location != "":
	case rt.kind == webPage:
		d.body, kind = refusalPage(r), typeHTML
	default:
		if r.outer == nil { // a refusal has its serial number too
			s.mu.Lock()
			r.outer = object{{"bizSeqNo", s.seqNo()}, {"transactionTime", stamp(s.now())}}
			s.mu.Unlock()
		}
		d.body, kind = s.dialect.envelope(r, rt.codeIsNumber), typeJSON
	}
	if kind != "" {
		d.header.Set("Content-Type", kind)
	}
	if rt.kind == webPage {
		d.header.Set("Cache-Control", "no-store")
		d.header.Set("Referrer-Policy", "no-referrer")
	}
	if r.location != "" {
		d.header.Set("Location", r.location)
	}
	if d.status == http.StatusMethodNotAllowed && rt.method != "" {
		d.header.Set("Allow", rt.method)
	}
	return d
}

// mayCall applies the allow-list, which is for backends: browsers come from
// anywhere.
func (s *Server) mayCall(remote string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.allowed == nil {
		return true
	}
	ip, err := netip.ParseAddr(remote)
	return err == nil && s.allowed[ip.Unmap()]
}

// A param is one row of a documented parameter table.
type param struct {
	name     string
	optional bool
	ok       func(string) bool
}

const apiVersion = "1.0.0"

// readQuery checks the parameters in a URL and returns the code of the first
// complaint. What is there must be there once, by its exact name.
func (s *Server) readQuery(in *incoming, table []param) (map[string]string, string) {
	q, err := url.ParseQuery(in.rawQuery)
	if err != nil {
		return nil, "66660000"
	}
	if s.lenient && !q.Has("appId") && q.Has("app_id") {
		q["appId"] = q["app_id"]
	}
	v := make(map[string]string, len(q))
	for name, values := range q {
		if len(values) != 1 {
			return nil, "66660000"
		}
		v[name] = values[0]
	}
	return v, s.check(in, v, table)
}

// readBody checks a JSON body and the copy of orderNo in the query.
func (s *Server) readBody(in *incoming, table []param) (map[string]string, string) {
	if !isJSON(in.header) {
		return nil, "400106"
	}
	v, bad := s.decode(in.body)
	if bad != "" {
		return nil, bad
	}
	if bad = s.check(in, v, table); bad != "" {
		return nil, bad
	}
	q, err := url.ParseQuery(in.rawQuery)
	copies := q["orderNo"]
	switch {
	case err != nil:
		return nil, "66660000"
	case s.lenient && len(copies) == 0: // many leave it out and live
	case len(copies) != 1 || copies[0] != v["orderNo"]:
		return nil, "66660000"
	case len(q) != 1 && !s.lenient:
		return nil, "66660000"
	}
	return v, ""
}

// isJSON wants application/json in UTF-8.
func isJSON(h http.Header) bool {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, given := params["charset"]
	return err == nil && kind == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

// decode reads an object of strings. Anything that is not JSON is not a
// request; a value that is not a string is a wrong parameter.
func (s *Server) decode(body []byte) (map[string]string, string) {
	members, twice, err := splitObject(body)
	if err != nil || !utf8.Valid(body) {
		return nil, "400106"
	}
	if twice {
		return nil, "66660000"
	}
	v := make(map[string]string, len(members))
	for name, raw := range members {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil || string(raw) == "null" {
			if isNumber := raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'; !isNumber || !s.lenient {
				return nil, "66660000"
			}
			text = string(raw)
		}
		v[name] = text
	}
	return v, ""
}

// splitObject keeps names as they are spelled: encoding/json alone would match
// them without regard to case and hide a name given twice.
func splitObject(body []byte) (members map[string]json.RawMessage, twice bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false, errors.New("not an object")
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
		return nil, false, errors.New("more than one value")
	}
	return members, twice, nil
}

// check holds values against their table.
func (s *Server) check(in *incoming, v map[string]string, table []param) string {
	if isOrderNo(v["orderNo"]) {
		in.orderNo = v["orderNo"]
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
		if !given || !p.ok(value) {
			return "66660000"
		}
	}
	for name := range v {
		if !known[name] && !s.lenient {
			return "66660000"
		}
	}
	if v["version"] != apiVersion {
		return "400106"
	}
	return ""
}

// What the tables allow.
func some(v string) bool { return v != "" }

func isOrderNo(v string) bool { return isAlnum(v, 1, 32) }
func isNonce(v string) bool   { return isAlnum(v, 32, 32) }
func atMost1(v string) bool   { return len(v) == 1 }

// isUserID refuses special characters. The documents do not list them; marks
// that are common in IDs pass.
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
