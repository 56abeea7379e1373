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
	realTimeOnly bool // liveInterType 1
	livenessOnly bool // launched without a faceId, so nobody is compared
	uploaded     time.Time
	opened       bool // by a browser or an SDK
	finished     time.Time
	overSDK      bool // the end came from an SDK
	ending       Ending
	seqNo        string
	isOver       bool

	rounds   []round // of a will verification
	nod      bool    // whose person nods and says nothing
	idCard   *IDCard // in front of a scan, which saw one of the two
	bankCard *BankCard
	chip     *chip // of a document that is read by NFC
}

const (
	maxPhotoText  = 1048576
	maxPhotoBytes = 500 << 10
)

// uploadParams is the table of an upload: what all of them have, and its own
// rows.
func uploadParams(own ...param) []param {
	return append([]param{
		{name: "appId", ok: some},
		{name: "orderNo", ok: isOrderNo},
		{name: "name", ok: some, optional: true},
		{name: "idNo", ok: some, optional: true},
		{name: "userId", ok: isUserID},
		{name: "sourcePhotoStr", ok: some, optional: true},
		{name: "sourcePhotoType", ok: oneOf("1", "2"), optional: true},
		{name: "version", ok: some},
		{name: "sign", ok: some},
	}, own...)
}

var (
	nonceParam         = param{name: "nonce", ok: isNonce}
	liveInterTypeParam = param{name: "liveInterType", ok: atMost1, optional: true}
)

func (s *Server) uploadOf(p *product) func(*incoming) reply {
	return func(in *incoming) reply { return s.upload(in, p) }
}

// upload opens a verification,
// https://cloud.tencent.com/document/product/1007/114178 and its siblings.
func (s *Server) upload(in *incoming, p *product) reply {
	v, bad := s.readBody(in, p.params)
	if bad == "" {
		if bad = checkSource(v); bad != "" {
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
		signed = append(signed, v[name]) // an absent one is empty and adds nothing
	}
	a := s.apps[v["appId"]]
	if a == nil || !a.signed(s.now(), v["sign"], signed...) {
		return refuse("400101")
	}
	if a.orders[v["orderNo"]] != nil {
		in.why = "orderNo was used before"
		return refuse("66660000") // an order number is unique per call
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
	return s.accept(append(result, member{"success", false})) // so printed, and without a meaning
}

// shortReply is a good answer as some examples print it: nothing beside code and
// msg, and the serial number within.
func shortReply(result object) reply {
	return reply{code: "0", msg: "成功", outer: object{}, result: result}
}

// newOrder is known from now on. The caller holds the lock.
func (s *Server) newOrder(a *app, p *product, no, userID string) *order {
	o := &order{app: a, product: p, no: no, userID: userID, uploaded: s.now(), seqNo: s.seqNo()}
	a.orders[no] = o
	return o
}

// checkSource holds the comparison source against its rules: a photo with its
// type, or a name with its identity number.
func checkSource(v map[string]string) string {
	photo, hasPhoto := v["sourcePhotoStr"]
	_, hasType := v["sourcePhotoType"]
	switch {
	case hasPhoto != hasType:
		return "66660000"
	case hasPhoto:
		return checkPhoto(photo)
	case v["name"] == "" || v["idNo"] == "":
		return "66660000"
	}
	return ""
}

func checkPhoto(text string) string {
	// Go's decoder would skip line breaks, the platform does not.
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

// isPicture knows JPG, PNG and BMP by their first bytes.
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

// finish lets the order's person end so. The caller holds the lock.
func (s *Server) finish(o *order, e Ending, overSDK bool) Ending {
	e = e.filled(overSDK)
	if o.rounds != nil {
		e.Will = e.Will.filled(e.Code, o.rounds, o.nod)
	}
	if e.NoVideo && overSDK {
		e.Video, e.Will.Video = nil, nil
	}
	o.ending, o.finished, o.overSDK, o.isOver = e, s.now(), overSDK, true
	return o.ending
}

// inBrowser stands for a phone's platform where there is a browser.
const inBrowser = ""

// cannotEnd tells why this order's person cannot end so there, or "".
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
		return "which takes an upload without liveInterType 0"
	case e.Code == "3005" && !o.realTimeOnly:
		return "which takes an upload with liveInterType 1"
	case o.livenessOnly && (e.Code == "66660004" || e.Code == "66660010"):
		return "but without a faceId nobody is compared"
	}
	return ""
}

// mayEnter reports whether the person may come (again). The documents want a new
// faceId for every verification, so an end is the last one; with WithReentry a
// front-end code and an end that the SDK reports by itself are not.
func (s *Server) mayEnter(o *order) bool {
	return !o.isOver || s.reentry && (o.ending.FrontEnd || o.ending.Native)
}
