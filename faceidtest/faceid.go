package faceidtest

import (
	"bytes"
	"encoding/base64"
	"strings"
	"time"
)

// An order is one verification, from its upload on.
type order struct {
	app          *app
	product      *product
	no, userID   string
	faceID       string
	realTimeOnly bool // the upload had liveInterType 1
	livenessOnly bool // the launch had no faceId, or the App has switched the comparison off: nobody is compared
	uploaded     time.Time
	opened       bool // a browser or an SDK has opened the order
	finished     time.Time
	overSDK      bool // the end came from an SDK
	ending       Ending
	seqNo        string
	isOver       bool

	rounds   []round // the rounds of a will verification
	nod      bool    // the person of a will verification nods and says nothing
	idCard   *IDCard // the cards in front of a scan, which saw one of the two
	bankCard *BankCard
	chip     *chip // the document that is read by NFC
}

const (
	maxPhotoText  = 1048576
	maxPhotoBytes = 500 << 10
)

// uploadParams returns the table of an upload: the rows that all uploads have,
// and those of its own.
func uploadParams(own ...param) []param {
	return append([]param{
		{name: "appId", ok: some},
		{name: "orderNo", ok: isOrderNo},
		{name: "name", ok: some, optional: true},
		{name: "idNo", ok: some, optional: true},
		{name: "userId", ok: isUserID},
		{name: "sourcePhotoStr", ok: whatever, optional: true},
		{name: "sourcePhotoType", ok: oneOf("1", "2"), optional: true},
		{name: "version", ok: some},
		{name: "sign", ok: some},
	}, own...)
}

var (
	nonceParam         = param{name: "nonce", ok: isNonce}
	liveInterTypeParam = param{name: "liveInterType", ok: atMost(1), optional: true}
)

func (s *Server) uploadOf(p *product) func(*incoming) reply {
	return func(in *incoming) reply { return s.upload(in, p) }
}

// upload answers https://cloud.tencent.com/document/product/1007/114178 and its
// siblings, which open a verification.
func (s *Server) upload(in *incoming, p *product) reply {
	v, bad := s.readBody(in, p.params)
	if bad == "" {
		if bad = validateSource(v); bad != "" {
			in.why = "name and idNo, or sourcePhotoStr and sourcePhotoType, are missing or ill-formed"
		}
	}
	if bad == "" && p.also != nil {
		if in.why = p.also(v); in.why != "" {
			bad = "66660000"
		}
	}
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var signed []string
	for _, name := range p.signed {
		signed = append(signed, v[name]) // an absent value is empty and adds nothing
	}
	a := s.apps[v["appId"]]
	if a == nil || !a.signed(s.now(), v["sign"], signed...) {
		return refuse("400101")
	}
	if bad := a.refuses(in, p, v["orderNo"]); bad != "" {
		return refuse(bad)
	}
	o := s.newOrder(a, p, v["orderNo"], v["userId"])
	o.realTimeOnly = p.realTimeOnly != nil && p.realTimeOnly(v["liveInterType"])
	o.rounds, _ = contentList(v["willContentList"])
	o.nod = v["willType"] == willNod
	o.faceID = p.newFaceID()
	s.faces[o.faceID] = o
	result := object{{"bizSeqNo", o.seqNo}}
	if !p.shortAnswer {
		result = append(result, member{"transactionTime", stamp(o.uploaded)})
	}
	result = append(result, member{"orderNo", o.no}, member{p.idName, o.faceID})
	if p.optimalDomain {
		result = append(result, member{"optimalDomain", s.pageHost(in)})
	}
	if p.shortAnswer {
		return shortReply(result)
	}
	return s.accept(append(result, member{"success", false})) // the examples print this success, which means nothing
}

// refuses returns the code of an upload that the app may not make, or "".
func (a *app) refuses(in *incoming, p *product, orderNo string) string {
	switch {
	case !a.may(p):
		in.why = "the app does not have this product"
		return notOpened
	case a.taken(orderNo):
		in.why = "orderNo was used before"
		return "66660000" // an order number is unique per call
	}
	return ""
}

// shortReply is a success as some examples print it: the envelope has nothing
// beside code, msg and result, and the serial number is in the result.
func shortReply(result object) reply {
	return reply{code: "0", msg: "成功", outer: object{}, result: result}
}

// newOrder registers an order. The caller holds the lock.
func (s *Server) newOrder(a *app, p *product, no, userID string) *order {
	o := &order{app: a, product: p, no: no, userID: userID, uploaded: s.now(), seqNo: s.seqNo()}
	a.orders[no] = o
	s.memory.begun.add(s.due(faceIDLife).Add(pageLife), o)
	return o
}

// validateSource refuses a comparison source that breaks its rules. A source is
// a photo with its type, or a name with its identity number.
func validateSource(v map[string]string) string {
	photo := v["sourcePhotoStr"] // the page explains an empty one: the library's photo is the source
	hasPhoto := photo != ""
	_, hasType := v["sourcePhotoType"]
	switch {
	case hasPhoto != hasType:
		return "66660000"
	case hasPhoto:
		return validatePhoto(photo)
	case v["name"] == "" || v["idNo"] == "":
		return "66660000"
	}
	return ""
}

// validatePhoto refuses a photo that is no picture or too large.
func validatePhoto(text string) string {
	// Go's decoder skips line breaks, and the platform does not.
	if len(text) > maxPhotoText || strings.ContainsAny(text, "\r\n") {
		return "66660000"
	}
	photo, err := base64.StdEncoding.Strict().DecodeString(text)
	switch {
	case err != nil || len(photo) > maxPhotoBytes:
		return "66660000"
	case !isPicture(photo):
		return "66660046"
	}
	return ""
}

// isPicture recognizes JPG, PNG and BMP by their first bytes.
func isPicture(b []byte) bool {
	for _, magic := range []string{"\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "BM"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return false
}

// expired reports whether the faceId is too old to be launched.
func (s *Server) expired(o *order) bool {
	return !s.now().Before(o.uploaded.Add(s.scaled(faceIDLife)))
}

// finish makes the order's person end with e. The caller holds the lock.
func (s *Server) finish(o *order, e Ending, overSDK bool) Ending {
	e = e.filled(overSDK)
	if o.rounds != nil {
		e.Will = e.Will.filled(e.Code, o.rounds, o.nod)
	}
	o.ending = e
	s.over(o, overSDK)
	return o.ending
}

// over marks an order as finished now. The caller holds the lock.
func (s *Server) over(o *order, overSDK bool) {
	o.finished, o.overSDK, o.isOver = s.now(), overSDK, true
	s.memory.ended.add(s.due(resultLife), o)
}

// inBrowser is what stands in the place of a phone's platform if the person is
// in a browser.
const inBrowser = ""

// cannotEnd tells why the person of this order cannot end like this on that
// platform, or returns "".
func (o *order) cannotEnd(e Ending, platform string) string {
	switch {
	case e.Native && platform == inBrowser:
		return "which only an SDK can"
	case e.Native && o.product.native[platform][e.Code] == "":
		return "which this SDK does not report"
	case platform != inBrowser && e.FrontEnd && e.Code != "3003" && e.Code != "3004":
		return "which only a browser can"
	case o.rounds == nil && (e.Code == onlyInWeChat || isWillCode(e.Code)):
		return "which only a will verification can"
	case e.Code == "3005" && !o.realTimeOnly && o.rounds != nil:
		return "which needs an upload without liveInterType 0"
	case e.Code == "3005" && !o.realTimeOnly:
		return "which needs an upload with liveInterType 1"
	case o.livenessOnly && (e.Code == "66660004" || e.Code == "66660010"):
		return "but nobody is compared, because the App runs liveness only"
	}
	return ""
}

// mayEnter reports whether the person may come, or come again. The documents
// want a new faceId for every verification, so nobody comes again after an end.
// WithReentry permits it after a front-end code, and after an end that the SDK
// reports by itself.
func (s *Server) mayEnter(o *order) bool {
	return !o.isOver || s.reentry && (o.ending.FrontEnd || o.ending.Native)
}
