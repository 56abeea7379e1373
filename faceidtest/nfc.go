package faceidtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// These are the kinds of documents that NFC reads. They are the nfcType of the
// upload, and NFC_TYPE on Android.
const (
	nfcIDCard = "1"
	nfcPermit = "3" // the home-return permit of Hong Kong and Macao residents
)

// A chip is a document that a phone is to read, or has read.
type chip struct {
	kind, certID string
	document     NFCDocument
	reqID        string // empty until the document has been read
	queries      int
}

var certParams = []param{
	{name: "appId", ok: some},
	{name: "orderNo", ok: isOrderNo},
	{name: "userId", ok: isUserID},
	{name: "version", ok: some},
	{name: "sign", ok: some},
	{name: "nonce", ok: isNonce},
	{name: "nfcType", ok: oneOf(nfcIDCard, nfcPermit)},
}

// ocrCertID opens the reading of a document. It is the only upload that signs
// the orderNo and not the userId.
func (s *Server) ocrCertID(in *incoming) reply {
	v, bad := s.readBody(in, certParams)
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[v["appId"]]
	if a == nil || !a.signed(s.now(), v["sign"], v["appId"], v["orderNo"], v["version"], v["nonce"]) {
		return refuse("400101")
	}
	if bad := a.refuses(in, nfcReading, v["orderNo"]); bad != "" {
		return refuse(bad)
	}
	o := s.newOrder(a, nfcReading, v["orderNo"], v["userId"])
	o.chip = &chip{kind: v["nfcType"], certID: randomHex(32)}
	return shortReply(object{{"bizSeqNo", o.seqNo}, {"orderNo", o.no}, {"ocrCertId", o.chip.certID}})
}

// An NFCResult is what a phone's NFC SDK reports to its app.
type NFCResult struct {
	Platform  string // "android" or "ios"
	Code      string // "0" on success
	Message   string
	OrderNo   string
	OCRCertID string // the ocrCertId of the launch
	ReqID     string // set on success; it can be queried for 5 minutes, 10 times at most
}

// nfcPhones are the SDKs for NFC. Harmony has none. The table for Android
// allows 30 characters in a userId, and the one for iOS does not say.
var nfcPhones = []phone{
	{platform: android.platform, badParams: nfcBadParams, maxUserID: 30,
		names: launchNames{id: "openApiOcrCertId", orderNo: "orderNo", appID: "openApiAppId", version: "openApiAppVersion", nonce: "openApiNonce", userID: "openApiUserId", sign: "openApiSign"}},
	{platform: ios.platform, badParams: nfcBadParams, maxUserID: 30,
		names: launchNames{id: "ocrCertId", orderNo: "orderNo", appID: "appId", version: "version", nonce: "nonce", userID: "userId", sign: "sign"}},
}

const (
	nfcBadParams    = "600102"
	nfcOtherKind    = "66664024"
	certExpired     = "66664002"
	androidOnlyCode = "600106"
	iosOnlyCode     = "66664026"
)

// nfcTerminal are the SDKs' own codes. Most are codes of both SDKs.
var nfcTerminal = map[string]string{
	"600100":        "该设备不支持 NFC 功能",
	"600101":        "用户退出本次识别",
	nfcBadParams:    "请求参数异常，请校验参数",
	"600103":        "本次识别超时，请重试",
	"600104":        "网络不给力，请稍后重试",
	"600105":        "网络不给力，请重试",
	androidOnlyCode: "初始化失败，请重试",
	"66664020":      "读卡时勿移动卡片，请重试",
	"66664021":      "设备不支持 NFC，请更换手机重试",
	"66664022":      "网络不给力,请稍后重试",
	"66664023":      "设备 NFC 异常，请重启 NFC 后重试",
	nfcOtherKind:    "证件类型不正确，请重试",
	"66664025":      "该设备不支持 NFC 功能",
	iosOnlyCode:     "读卡时勿移动卡片，请重试",
	"66664027":      "网络不给力,请稍后重试",
	"66664028":      "请求参数异常，请重试",
	"66664029":      "网络不给力,请稍后重试",
	"66664030":      "请求参数异常，请重试",
}

// RunNFC runs a phone that reads a document with the NFC SDK. The extras are
// what the App adds by itself; they are nil for an identity card. A home-return
// permit needs them: on Android NFC_TYPE "3" with travel_card_no,
// travel_card_birth and travel_card_validate, on iOS passportNumber,
// dateOfBirth and expiryDate (the dates have 6 digits). Without them the SDK
// looks for an identity card, and finds another kind of document.
//
// The launch uses up its NONCE ticket. A reading that fails can be launched
// again while the ocrCertId lives, 5 minutes. A reading that succeeds uses the
// ocrCertId up.
//
// The error is for misuse only: the parameters are those of no platform, or the
// scripted SDKCode is one that this platform does not have.
func (s *Server) RunNFC(ctx context.Context, params, extras map[string]string) (NFCResult, error) {
	if err := ctx.Err(); err != nil {
		return NFCResult{}, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return NFCResult{}, errClosed
	}
	p, ok := phoneOf(nfcPhones, params)
	if !ok {
		return NFCResult{}, errNoPlatform("RunNFC")
	}
	r := NFCResult{Platform: p.platform, OrderNo: params[p.names.orderNo], OCRCertID: params[p.names.id]}
	end := func(code string) (NFCResult, error) {
		r.Code, r.Message = code, nfcTerminal[code]
		if r.Message == "" {
			r.Message = messages[code]
		}
		return r, nil
	}
	kind, goodExtras := p.nfcKind(extras)
	if code, _ := p.validate(params); code != "" || !goodExtras {
		return end(nfcBadParams)
	}
	a, bad := s.signedLaunch(p, params)
	if bad != "" {
		return end(nfcBadParams) // the platform calls it 登录参数校验不通过
	}
	o := s.certified(a, r.OrderNo, r.OCRCertID, params[p.names.userID])
	if o == nil {
		return end(certExpired)
	}
	o.opened = true
	d := s.documents.of(o.no).filled(o.chip.kind)
	switch {
	case d.SDKCode == androidOnlyCode && p.platform != android.platform, d.SDKCode == iosOnlyCode && p.platform != ios.platform:
		return NFCResult{}, fmt.Errorf("faceidtest: RunNFC: order %s is scripted to end with %s, which the SDK of %s does not have", o.no, d.SDKCode, p.platform)
	case d.SDKCode != "":
		return end(d.SDKCode)
	case kind != o.chip.kind:
		return end(nfcOtherKind)
	}
	s.over(o, true)
	o.chip.document, o.chip.reqID = d, randomText(40) // the query's table allows 40 characters
	r.ReqID = o.chip.reqID
	r.Code, r.Message = "0", "识别成功"
	return r, nil
}

// nfcKind returns the kind of document that the extras make the SDK look for.
// ok is false if the extras are not complete.
func (p phone) nfcKind(extras map[string]string) (kind string, ok bool) {
	if p.platform == ios.platform {
		if len(extras) == 0 {
			return nfcIDCard, true
		}
		return nfcPermit, hasExactly(extras, "passportNumber", "dateOfBirth", "expiryDate") &&
			isDigits(extras["dateOfBirth"], 6) && isDigits(extras["expiryDate"], 6)
	}
	extras = maps.Clone(extras)
	if wait, given := extras["NFC_TIME"]; given && (wait == "" || !isDigits(wait, len(wait))) {
		return "", false
	}
	delete(extras, "NFC_TIME")
	switch kind, given := extras["NFC_TYPE"]; {
	case !given:
		return nfcIDCard, len(extras) == 0
	case kind == nfcPermit:
		return nfcPermit, hasExactly(extras, "NFC_TYPE", "travel_card_no", "travel_card_birth", "travel_card_validate")
	default:
		return nfcIDCard, kind == nfcIDCard && len(extras) == 1
	}
}

// hasExactly reports whether v has these names, each with a value, and no
// others.
func hasExactly(v map[string]string, names ...string) bool {
	missing := slices.ContainsFunc(names, func(name string) bool { return v[name] == "" })
	return !missing && len(v) == len(names)
}

func isDigits(v string, n int) bool {
	for _, c := range []byte(v) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(v) == n
}

// certified finds the order of an ocrCertId that this user may still launch, or
// returns nil. The caller holds the lock.
func (s *Server) certified(a *app, no, certID, userID string) *order {
	o := a.orders[no]
	if o == nil || o.chip == nil || o.chip.certID != certID || o.userID != userID || o.isOver {
		return nil
	}
	if !s.now().Before(o.uploaded.Add(s.scaled(certLife))) {
		return nil
	}
	return o
}
