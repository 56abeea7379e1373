package faceidtest

import (
	"bytes"
	"encoding/base64"
	"strings"
	"time"
)

// An order is one verification, from its upload on.
type order struct {
	app        *app
	no, userID string
	faceID     string
	uploaded   time.Time
	opened     bool // by a browser or an SDK
	finished   time.Time
	ending     Ending
	seqNo      string
	isOver     bool
}

const (
	maxPhotoText  = 1048576
	maxPhotoBytes = 500 << 10
)

var plusFaceIDParams = []param{
	{name: "appId", ok: some},
	{name: "orderNo", ok: isOrderNo},
	{name: "name", ok: some, optional: true},
	{name: "idNo", ok: some, optional: true},
	{name: "userId", ok: isUserID},
	{name: "sourcePhotoStr", ok: some, optional: true},
	{name: "sourcePhotoType", ok: oneOf("1", "2"), optional: true},
	{name: "liveInterType", ok: atMost1, optional: true},
	{name: "version", ok: some},
	{name: "sign", ok: some},
	{name: "nonce", ok: isNonce},
}

// plusFaceID opens a verification,
// https://cloud.tencent.com/document/product/1007/114178 and its app sibling.
func (s *Server) plusFaceID(in *incoming) reply {
	v, bad := s.readBody(in, plusFaceIDParams)
	if bad == "" {
		if bad = checkSource(v); bad != "" {
			in.why = "name and idNo, or sourcePhotoStr and sourcePhotoType, are missing or ill-formed"
		}
	}
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, now := s.apps[v["appId"]], s.now()
	if a == nil || !a.signed(now, v["sign"], v["appId"], v["userId"], v["version"], v["nonce"]) {
		return refuse("400101")
	}
	if a.orders[v["orderNo"]] != nil {
		in.why = "orderNo was used before"
		return refuse("66660000") // an order number is unique per call
	}
	o := &order{app: a, no: v["orderNo"], userID: v["userId"], uploaded: now,
		faceID: "tx" + randomHex(30), seqNo: s.seqNo()}
	a.orders[o.no], s.faces[o.faceID] = o, o
	return s.accept(object{
		{"bizSeqNo", o.seqNo},
		{"transactionTime", stamp(now)},
		{"orderNo", o.no},
		{"faceId", o.faceID},
		{"optimalDomain", in.host},
		{"success", false}, // so printed, and without a meaning
	})
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
	o.ending, o.finished, o.isOver = e.filled(overSDK), s.now(), true
	return o.ending
}

// mayEnter reports whether the person may come (again): after a front-end code
// the documents say to enter once more, any other end is final.
func (o *order) mayEnter() bool { return !o.isOver || o.ending.FrontEnd }
