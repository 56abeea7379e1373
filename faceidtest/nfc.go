package faceidtest

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm4"
)

// The kinds of documents that NFC reads, nfcType in the upload and NFC_TYPE on
// Android.
const (
	nfcIDCard = "1"
	nfcPermit = "3" // of Hong Kong and Macao residents, to travel home
)

// maxReads is how often a reqId can be queried.
const maxReads = 10

// A chip is a document that a phone is to read, or has read.
type chip struct {
	kind, certID string
	document     NFCDocument
	reqID        string // once it has been read
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
	if a.orders[v["orderNo"]] != nil {
		in.why = "orderNo was used before"
		return refuse("66660000")
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
	OCRCertID string // that the reading was opened with
	ReqID     string // on success: to be queried for 5 minutes, 10 times at most
}

// nfcPhones are the SDKs for NFC. There is none for Harmony. The table for
// Android gives 30 characters to a userId, the other does not say.
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

// nfcTerminal are the codes of both SDKs.
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

// RunNFC is a phone that reads a document with the NFC SDK. The extras are what
// the App adds by itself, nil for an identity card. A home-return permit needs
// them: on Android NFC_TYPE "3" with travel_card_no, travel_card_birth and
// travel_card_validate, on iOS passportNumber, dateOfBirth and expiryDate (the
// dates have 6 digits). Without them the SDK looks for an identity card, and
// finds another kind of document.
//
// The launch uses up its NONCE ticket. A reading that fails can be launched
// again while the ocrCertId lives, 5 minutes; one that succeeds uses it up.
//
// The error is for misuse only: parameters of no platform, or a scripted
// SDKCode that this platform has not.
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
	if code, _ := p.check(params); code != "" || !goodExtras {
		return end(nfcBadParams)
	}
	a, bad := s.signedLaunch(p, params)
	if bad != "" {
		return end(nfcBadParams) // 登录参数校验不通过
	}
	o := s.certified(a, r.OrderNo, r.OCRCertID, params[p.names.userID])
	if o == nil {
		return end(certExpired)
	}
	o.opened = true
	d := s.documents.of(o.no).filled(o.chip.kind)
	switch {
	case d.SDKCode == androidOnlyCode && p.platform != android.platform, d.SDKCode == iosOnlyCode && p.platform != ios.platform:
		return NFCResult{}, fmt.Errorf("faceidtest: RunNFC: order %s is scripted to end with %s, which the SDK of %s has not", o.no, d.SDKCode, p.platform)
	case d.SDKCode != "":
		return end(d.SDKCode)
	case kind != o.chip.kind:
		return end(nfcOtherKind)
	}
	o.finished, o.overSDK, o.isOver = s.now(), true, true
	o.chip.document, o.chip.reqID = d, randomText(40) // as long as the query's table allows
	r.ReqID = o.chip.reqID
	r.Code, r.Message = "0", "识别成功"
	return r, nil
}

// nfcKind is the kind of document that the extras make the SDK look for, and
// whether they are complete.
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

// hasExactly wants these names, each with a value, and no others.
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

// certified is the order that an ocrCertId still opens for that user, or nil.
// The caller holds the lock.
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

var nfcResultParams = []param{
	{name: "appId", ok: some},
	{name: "orderNo", ok: isOrderNo},
	{name: "nonce", ok: isNonce},
	{name: "version", ok: some},
	{name: "sign", ok: some},
	{name: "reqId", ok: upTo(40)}, // not signed
	{name: "getPhoto", ok: atMost1, optional: true},
}

// nfcResult tells what was read, encrypted with the app's key.
func (s *Server) nfcResult(in *incoming) reply {
	v, bad := s.readBody(in, nfcResultParams)
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, now := s.apps[v["appId"]], s.now()
	if a == nil || !a.signed(now, v["sign"], v["appId"], v["orderNo"], v["version"], v["nonce"]) {
		return refuse("400101")
	}
	o := a.orders[v["orderNo"]]
	switch {
	case o == nil || o.chip == nil || o.chip.reqID == "" || o.chip.reqID != v["reqId"]:
		return refuse("66664004")
	case !now.Before(o.finished.Add(s.scaled(readLife))):
		return refuse("66664005")
	case o.chip.queries >= maxReads:
		return refuse("66664003")
	}
	o.chip.queries++
	if code := o.chip.document.Code; code != "0" {
		return refuse(code)
	}
	text := s.dialect.write(nil, o.read(v["getPhoto"] == "1"))
	result := object{{"bizSeqNo", o.seqNo}, {"nfcEnResult", media(encrypt(a.nfcKey, text))}}
	if s.dialect.NFCInnerCode {
		result = append(object{{"code", "0"}, {"msg", "请求成功"}, {"transactionTime", stamp(now)}}, result...)
	}
	return s.accept(result)
}

// read is what the chip told. Each kind of document has fields of its own.
func (o *order) read(photos bool) object {
	d := o.chip.document
	r := object{{"orderNo", o.no}, {"reqId", o.chip.reqID}, {"name", d.Name}}
	if o.chip.kind == nfcPermit {
		r = append(r, member{"enName", d.EnglishName}, member{"sex", d.Sex}, member{"birth", d.Birth},
			member{"idcard", d.Number}, member{"validDateEnd", d.ValidTo})
		return r.file("portraitPhoto", d.Portrait, photos)
	}
	r = append(r, member{"sex", d.Sex}, member{"nation", d.Nation}, member{"birth", d.Birth}, member{"address", d.Address},
		member{"idcard", d.Number}, member{"validDateBegin", d.ValidFrom}, member{"validDateEnd", d.ValidTo}, member{"signingOrganization", d.Authority})
	return r.file("frontPhoto", d.FrontPhoto, photos).file("backPhoto", d.BackPhoto, photos).file("portraitPhoto", d.Portrait, photos)
}

// encrypt is SM4 in ECB mode with PKCS#7 padding: the platform's choice.
func encrypt(hexKey string, text []byte) []byte {
	key, err := hex.DecodeString(hexKey)
	if err != nil {
		panic("faceidtest: NFC key: " + err.Error()) // WithNFCKey has decoded it before
	}
	block, err := sm4.NewCipher(key)
	if err != nil {
		panic("faceidtest: NFC key: " + err.Error()) // it has 16 bytes
	}
	text = padding.NewPKCS7Padding(sm4.BlockSize).Pad(bytes.Clone(text))
	cipher.NewECBEncrypter(block).CryptBlocks(text, text)
	return text
}
