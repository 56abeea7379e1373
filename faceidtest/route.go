package faceidtest

import (
	"context"
	"maps"
	"net/http"
	"net/netip"
	"time"
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
	cloudAPI                     // an action of API 3.0: signed, an envelope of its own
	ownControl                   // the simulator's own, not the platform's
)

const (
	pathToken      = "/api/oauth2/access_token" //nolint:gosec // a path
	pathTicket     = "/api/oauth2/api_ticket"
	pathPlusFaceID = "/api/server/getPlusFaceId"
	pathAdvFaceID  = "/api/server/getAdvFaceId"
	pathFaceID     = "/api/server/getfaceid"
	pathH5FaceID   = "/api/server/h5/geth5faceid"
	pathRecord     = "/api/v2/base/queryfacerecord"
	pathPhotos     = "/api/v2/base/queryphotoinfo"
	pathLogin      = "/api/web/login"
	pathPCLogin    = "/api/pc/login"
	pathFinish     = "/api/web/finish" // of all login pages

	pathWillFaceID  = "/api/server/getWillFaceId"
	pathWillLogin   = "/api/web/willLogin"
	pathWillResult  = "/api/server/getWillFaceResult"
	pathIDCardOCR   = "/api/server/getOcrResult"
	pathBankCardOCR = "/api/server/getBankCardOcrResult"
	pathOCRCertID   = "/api/server/getOcrCertId"
	pathNFCResult   = "/api/v2/nfcpaas/getIdcardNfcResult"
)

// allRoutes is the table another product joins with one line per path.
func (s *Server) allRoutes() map[string]route {
	routes := map[string]route{
		pathToken:      {method: http.MethodGet, handle: s.accessToken},
		pathTicket:     {method: http.MethodGet, handle: s.apiTicket},
		pathPlusFaceID: {method: http.MethodPost, handle: s.uploadOf(plus)},
		pathAdvFaceID:  {method: http.MethodPost, handle: s.uploadOf(enhanced)},
		pathFaceID:     {method: http.MethodPost, handle: s.uploadOf(basic)},
		pathH5FaceID:   {method: http.MethodPost, handle: s.uploadOf(basicPC)},
		pathRecord:     {method: http.MethodPost, handle: s.faceRecord},
		pathPhotos:     {method: http.MethodPost, handle: s.photoInfo, codeIsNumber: true},
		pathLogin:      {method: http.MethodGet, handle: s.webLogin, kind: webPage},
		pathPCLogin:    {method: http.MethodGet, handle: s.pcLogin, kind: webPage},
		pathFinish:     {method: http.MethodPost, handle: s.webFinish, kind: webPage},

		pathWillFaceID:  {method: http.MethodPost, handle: s.uploadOf(will), codeIsNumber: true},
		pathWillLogin:   {method: http.MethodGet, handle: s.webLogin, kind: webPage},
		pathWillResult:  {method: http.MethodPost, handle: s.willResult},
		pathIDCardOCR:   {method: http.MethodGet, handle: s.idCardResult},
		pathBankCardOCR: {method: http.MethodGet, handle: s.bankCardResult},
		pathOCRCertID:   {method: http.MethodPost, handle: s.ocrCertID, codeIsNumber: true},
		pathNFCResult:   {method: http.MethodPost, handle: s.nfcResult},

		"/sim/order":   {method: http.MethodPost, handle: s.simOrder, kind: ownControl},
		"/sim/card":    {method: http.MethodPost, handle: s.simCard, kind: ownControl},
		"/sim/sdk":     {method: http.MethodPost, handle: s.simSDK, kind: ownControl},
		"/sim/ocr":     {method: http.MethodPost, handle: s.simOCR, kind: ownControl},
		"/sim/nfc":     {method: http.MethodPost, handle: s.simNFC, kind: ownControl},
		"/sim/advance": {method: http.MethodPost, handle: s.simAdvance, kind: ownControl},
		"/sim/status":  {method: http.MethodGet, handle: s.simStatus, kind: ownControl},
	}
	maps.Copy(routes, s.cloudRoutes())
	return routes
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
	why                          string // for the log: which parameter was refused, and for what
}

// A reply is what a handler decided. With raw or page set it is that body;
// otherwise it is an envelope or, on a page's path, a page about the code.
type reply struct {
	code, msg string
	outer     object // beside code and msg
	result    object

	status   int // 0: 200
	raw      []byte
	page     *page
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
	case rt.kind != cloudAPI && !s.withinLimit(in.path): // an action is counted once it is authorized
		return refuse("400506")
	}
	return rt.handle(in)
}

// render spells a reply.
func (s *Server) render(in *incoming, r reply, rt route) delivery {
	d := delivery{status: r.status, header: http.Header{}, body: r.raw, cut: -1}
	if d.status == 0 {
		d.status = http.StatusOK
	}
	kind := r.kind
	switch {
	case r.raw != nil || r.location != "":
	case rt.kind == webPage:
		if r.page == nil {
			r.page = refusalPage(r)
		}
		d.body, kind = r.page.render(pageLanguage(in.header)), typeHTML
	case rt.kind == cloudAPI:
		d.body, kind = cloudEnvelope(r), "application/json"
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
		d.header.Set("Content-Security-Policy", pagePolicy)
		d.header.Set("X-Content-Type-Options", "nosniff")
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
