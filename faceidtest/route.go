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
	merchantAPI routeKind = iota // backends call it: the allow-list holds, and answers have the envelope
	webPage                      // browsers open it: refusals are pages
	cloudAPI                     // an action of API 3.0, with its own signatures and its own envelope
	ownControl                   // a path of the simulator's own
	storage                      // the storage of API 3.0, which takes and gives files
)

const (
	pathToken      = "/api/oauth2/access_token" //nolint:gosec // this is a path and no secret
	pathTicket     = "/api/oauth2/api_ticket"
	pathPlusFaceID = "/api/server/getPlusFaceId"
	pathAdvFaceID  = "/api/server/getAdvFaceId"
	pathFaceID     = "/api/server/getfaceid"
	pathH5FaceID   = "/api/server/h5/geth5faceid"
	pathRecord     = "/api/v2/base/queryfacerecord"
	pathPhotos     = "/api/v2/base/queryphotoinfo"
	pathLogin      = "/api/web/login"
	pathPCLogin    = "/api/pc/login"
	pathFinish     = "/api/web/finish" // the path to which all login pages send their form

	pathWillFaceID  = "/api/server/getWillFaceId"
	pathWillLogin   = "/api/web/willLogin"
	pathWillResult  = "/api/server/getWillFaceResult"
	pathIDCardOCR   = "/api/server/getOcrResult"
	pathBankCardOCR = "/api/server/getBankCardOcrResult"
	pathOCRCertID   = "/api/server/getOcrCertId"
	pathNFCResult   = "/api/v2/nfcpaas/getIdcardNfcResult"
)

// allRoutes returns all paths of the simulator. A new call needs one line here.
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

		"/sim/order":    {method: http.MethodPost, handle: s.simOrder, kind: ownControl},
		"/sim/card":     {method: http.MethodPost, handle: s.simCard, kind: ownControl},
		"/sim/sdk":      {method: http.MethodPost, handle: s.simSDK, kind: ownControl},
		"/sim/ocr":      {method: http.MethodPost, handle: s.simOCR, kind: ownControl},
		"/sim/nfc":      {method: http.MethodPost, handle: s.simNFC, kind: ownControl},
		"/sim/visit":    {method: http.MethodPost, handle: s.simVisit, kind: ownControl},
		"/sim/fault":    {method: http.MethodPost, handle: s.simFault, kind: ownControl},
		"/sim/requests": {method: http.MethodGet, handle: s.simRequests, kind: ownControl},
		"/sim/advance":  {method: http.MethodPost, handle: s.simAdvance, kind: ownControl},
		"/sim/status":   {method: http.MethodGet, handle: s.simStatus, kind: ownControl},
	}
	maps.Copy(routes, s.cloudRoutes())
	return routes
}

// mustPath panics for a path that the platform does not have, as a fault queued
// there would silently do nothing.
func (s *Server) mustPath(who, path string) {
	if _, ok := s.routes[path]; !ok {
		panic("faceidtest: " + who + ": the platform has no path " + path)
	}
}

// incoming is a request that came with or without a socket.
type incoming struct {
	ctx                          context.Context
	method, host, path, rawQuery string
	header                       http.Header
	body                         []byte
	remote                       string
	orderNo                      string // for the log: the order number, if its form is right
	why                          string // for the log: the parameter that was refused, and the reason
}

// A reply is the answer of a handler. If raw or page is set, that is the body.
// Otherwise the body is an envelope, or a page about the code if the path is a
// page's.
type reply struct {
	code, msg string
	outer     object // the fields beside code and msg
	result    object

	status   int // 0 stands for 200
	raw      []byte
	page     *page
	kind     string // the content type of raw
	location string
}

const (
	typeJSON = "application/json;charset=UTF-8"
	typeHTML = "text/html;charset=UTF-8"
)

// accept makes a success. Its bizSeqNo and its times are invented.
func (s *Server) accept(result object, outer ...member) reply {
	fields := append(object{{"bizSeqNo", s.seqNo()}, {"transactionTime", stamp(s.now())}}, outer...)
	return reply{code: "0", msg: "请求成功", outer: fields, result: result}
}

func refuse(code string) reply { return reply{code: code, msg: messages[code]} }

// seqNo makes a random number of 32 digits that begin with the day.
func (s *Server) seqNo() string {
	return s.now().In(beijing).Format("060102") + randomFrom("0123456789", 26)
}

// beijing is the zone of the platform's times, wherever the simulator runs.
var beijing = time.FixedZone("UTC+8", 8*60*60)

func stamp(t time.Time) string { return t.In(beijing).Format("20060102150405") }

// handle answers a request as the platform does, without the network's trouble.
func (s *Server) handle(in *incoming, rt route, known bool) reply {
	switch {
	case !known:
		return htmlError(http.StatusNotFound)
	case in.method != rt.method:
		return htmlError(http.StatusMethodNotAllowed)
	case rt.kind == merchantAPI && !s.mayCall(in.remote):
		return refuse("400103")
	case rt.kind != cloudAPI && !s.withinLimit(in.path): // an action counts later, once its signature is verified
		return refuse("400506")
	}
	return rt.handle(in)
}

// render writes a reply as an HTTP answer.
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
		if r.outer == nil { // a refusal has a serial number, too
			s.mu.Lock()
			r.outer = object{{"bizSeqNo", s.seqNo()}, {"transactionTime", stamp(s.now())}}
			s.mu.Unlock()
		}
		d.body, kind = s.dialect.envelope(r, rt.codeIsNumber), typeJSON
	}
	d.header.Set("Date", s.clientsTime().UTC().Format(http.TimeFormat))
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

// mayCall applies the allow-list, which concerns backends only: browsers come
// from anywhere.
func (s *Server) mayCall(remote string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.allowed == nil {
		return true
	}
	ip, err := netip.ParseAddr(remote)
	return err == nil && s.allowed[ip.Unmap()]
}
