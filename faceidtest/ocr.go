package faceidtest

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Card is what an App's OCR SDK is told to scan. The launch parameters do not
// tell it: an ID card and a bank card are launched with the same ones.
type Card string

// These are the cards that a backend can query.
const (
	CardIDCard   Card = "id-card"
	CardBankCard Card = "bank-card"
)

var productOf = map[Card]*product{CardIDCard: idCardOCR, CardBankCard: bankCardOCR}

// ocrPhones are the SDKs for OCR. Harmony comes first, because its names are
// among those of iOS, and phoneOf prefers the first of equal matches. The
// tables for Android allow 30 characters in a userId, and the others do not
// say.
var ocrPhones = []phone{
	{platform: harmony.platform, badParams: "100100", maxUserID: 30,
		names: launchNames{orderNo: "orderNo", appID: "appId", nonce: "nonce", userID: "userId", sign: "sign"}},
	{platform: android.platform, badParams: "-20000", maxUserID: 30,
		names: launchNames{orderNo: "orderNo", appID: "openApiAppId", version: "openApiAppVersion", nonce: "openApiNonce", userID: "openApiUserId", sign: "openApiSign"}},
	{platform: ios.platform, badParams: "100100", maxUserID: 30,
		names: launchNames{orderNo: "orderNo", appID: "appId", version: "version", nonce: "nonce", userID: "userId", sign: "sign", licence: "license"}},
}

const ocrTimedOut = "200102"

// ocrTerminal are the SDKs' own codes, by card and by platform.
var ocrTerminal = map[Card]map[string]map[string]string{
	CardIDCard:   {android.platform: withCode(ocrAndroid, "200100", "用户授权时取消"), ios.platform: withCode(withCode(ocrIOS, "300101", "不合法请求(300102)"), "300102", "网络出小差啦"), harmony.platform: ocrHarmony},
	CardBankCard: {android.platform: ocrAndroid, ios.platform: ocrIOS, harmony.platform: ocrHarmony},
}

var (
	ocrAndroid = map[string]string{
		"-20000": "传入参数有误", "200101": "用户取消操作", ocrTimedOut: "识别超时", "100101": "无网络", "100102": "不支持 2G 网络",
		"100103": "无相机权限", "100105": "权限异常", "-10000": "登录错误", "-30000": "内部服务错误", "300101": "解码 emg 异常 (包括 emg 为空)",
	}
	ocrIOS = map[string]string{
		"100100": "传入 SDK 参数不合法", "100101": "无网络，请确认", "100102": "不支持 2G 网络",
		"100103": "无相机权限", "200101": "用户取消操作", ocrTimedOut: "识别超时",
	}
	ocrHarmony = map[string]string{
		"100100": "传入 SDK 参数不合法", "100101": "SDK 未登录", "100103": "App 没有相机权限", "200101": "用户取消操作",
		ocrTimedOut: "识别超时", "300101": "不合法请求(300102)", "300102": "网络出小差啦", "400100": "SDK 重复进入",
	}
)

func withCode(table map[string]string, code, msg string) map[string]string {
	more := map[string]string{code: msg}
	for code, msg := range table {
		more[code] = msg
	}
	return more
}

// RunOCR runs a phone that scans a card with the OCR SDK. OCR has no upload:
// the launch makes the order, so its number must be new, and the backend may
// query it afterwards. The result has no domain. Its codes are those of the
// SDK's own table, and a phone that could read nothing runs out of time. The
// launch uses up its NONCE ticket.
//
// The error is for misuse only: the card is unknown, the parameters are those
// of no platform, or the scripted SDKCode is one that this platform does not
// have.
func (s *Server) RunOCR(ctx context.Context, params map[string]string, card Card) (SDKResult, error) {
	if err := ctx.Err(); err != nil {
		return SDKResult{}, context.Cause(ctx)
	}
	if ocrTerminal[card] == nil {
		return SDKResult{}, errors.New("faceidtest: RunOCR: the card is neither CardIDCard nor CardBankCard")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return SDKResult{}, errClosed
	}
	p, ok := phoneOf(ocrPhones, params)
	if !ok {
		return SDKResult{}, errNoPlatform("RunOCR")
	}
	if code, _ := p.validate(params); code != "" {
		return SDKResult{Platform: p.platform, Code: code, Message: ocrTerminal[card][p.platform][code]}, nil
	}
	a, bad := s.signedLaunch(p, params)
	no := params[p.names.orderNo]
	switch {
	case bad != "":
	case !a.may(productOf[card]):
		bad = notOpened
	case a.taken(no):
		bad = "66660000" // an order number is unique per scan
	}
	if bad != "" {
		return p.ocrRefused(bad), nil
	}
	return s.scan(p, a, card, no, params[p.names.userID])
}

// ocrRefused is the result of a launch that the platform refuses. On Android
// the platform's codes pass through, and they differ from those elsewhere. The
// other SDKs have one code of their own.
func (p phone) ocrRefused(code string) SDKResult {
	switch {
	case p.platform != android.platform:
		return SDKResult{Platform: p.platform, Code: "300101", Message: "不合法请求(300102)"}
	case code == notOpened:
		return SDKResult{Platform: p.platform, Code: "400104", Message: "无权限访问此请求"}
	case code == "400106":
		return SDKResult{Platform: p.platform, Code: "400502", Message: "请求上送版本参数错误"}
	}
	return SDKResult{Platform: p.platform, Code: "400101", Message: "不合法请求"}
}

// scan makes the order and ends it. The caller holds the lock.
func (s *Server) scan(p phone, a *app, card Card, no, userID string) (SDKResult, error) {
	idCard, bankCard := s.idCards.of(no).filled(), s.bankCards.of(no).filled()
	sdkCode, read := idCard.SDKCode, idCard.front() || idCard.back()
	if card == CardBankCard {
		sdkCode, read = bankCard.SDKCode, bankCard.Code == "0"
	}
	r := SDKResult{Platform: p.platform, Code: sdkCode}
	switch own := ocrTerminal[card][p.platform]; {
	case sdkCode == "" && read:
		r.Code, r.Message = "0", "识别成功"
	case sdkCode == "":
		r.Code, r.Message = ocrTimedOut, own[ocrTimedOut]
	case own[sdkCode] == "":
		return SDKResult{}, fmt.Errorf("faceidtest: RunOCR: order %s is scripted to end with %s, which the SDK of %s does not have", no, sdkCode, p.platform)
	default:
		r.Message = own[sdkCode]
	}
	o := s.newOrder(a, productOf[card], no, userID)
	o.idCard, o.bankCard = &idCard, &bankCard
	s.over(o, true)
	o.ending.NoResult = sdkCode != ""
	return r, nil
}

// ocrParams returns the table of both queries. Their parameters have other
// spellings than those of all other calls.
func ocrParams(own ...param) []param {
	return append([]param{
		{name: "app_id", ok: some},
		{name: "order_no", ok: isOrderNo},
		{name: "get_file", ok: atMost(1), optional: true}, // any value but 1 means no files
		{name: "nonce", ok: isNonce},
		{name: "version", ok: some},
		{name: "sign", ok: some},
	}, own...)
}

// scanned finds the order that a signed OCR query names, or returns the code of
// the refusal. The caller holds the lock.
func (s *Server) scanned(v map[string]string, path, missing string) (*order, string) {
	o, bad := s.queried(v["app_id"], map[string]string{"orderNo": v["order_no"], "version": v["version"], "nonce": v["nonce"], "sign": v["sign"]}, path)
	if bad == "66660011" { // OCR does not have this code
		bad = missing
	}
	return o, bad
}

// idCardResult answers the query for an ID card.
func (s *Server) idCardResult(in *incoming) reply {
	v, bad := s.readQuery(in, ocrParams(param{name: "get_native", ok: atMost(1), optional: true}))
	if bad != "" {
		return idCardOCR.refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, bad := s.scanned(v, pathIDCardOCR, "66660020")
	if bad != "" {
		return idCardOCR.refuse(bad)
	}
	c, files := o.idCard, v["get_file"] == "1" && s.filesAfter(o, o.idCard.FilesLag)
	result := s.scanObject(o)
	if c.Code == "0" && !c.BackOnly {
		result = append(result, member{"frontCode", c.FrontCode})
	}
	if c.Code == "0" && !c.FrontOnly {
		result = append(result, member{"backCode", c.BackCode})
	}
	if c.front() {
		result = append(result, member{"name", c.Name}, member{"sex", c.Sex}, member{"nation", c.Nation}, member{"birth", c.Birth},
			member{"address", c.Address}, member{"idcard", c.Number}, member{"frontWarnCode", c.FrontWarnCode},
			member{"frontMultiWarning", c.FrontMultiWarning}, member{"frontClarity", c.FrontClarity})
		if v["get_native"] == "1" {
			result = append(result, member{"nativePlace", c.NativePlace})
		}
		if files {
			result = append(result, member{"frontPhoto", media(c.FrontPhoto)}, member{"frontCrop", media(c.FrontCrop)}, member{"headPhoto", media(c.HeadPhoto)})
		}
	}
	if c.back() {
		result = append(result, member{"validDate", c.ValidDate}, member{"authority", c.Authority}, member{"backWarnCode", c.BackWarnCode},
			member{"backMultiWarning", c.BackMultiWarning}, member{"backClarity", c.BackClarity})
		if files {
			result = append(result, member{"backPhoto", media(c.BackPhoto)}, member{"backCrop", media(c.BackCrop)})
		}
	}
	return s.scanReply(o, c.Code, result)
}

// bankCardResult answers the query for a bank card.
func (s *Server) bankCardResult(in *incoming) reply {
	v, bad := s.readQuery(in, ocrParams())
	if bad != "" {
		return bankCardOCR.refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// No code of its table means an unknown order. 66660000 is about order
	// numbers: the table tells the caller to make sure that the number is right.
	o, bad := s.scanned(v, pathBankCardOCR, "66660000")
	if bad != "" {
		return bankCardOCR.refuse(bad)
	}
	c, result := o.bankCard, s.scanObject(o)
	if c.Code == "0" {
		result = append(result, member{"bankCardNo", c.Number}, member{"bankCardValidDate", c.ValidDate},
			member{"warnCode", c.WarnCode}, member{"multiWarnCode", c.MultiWarnCode}, member{"clarity", c.Clarity})
		if v["get_file"] == "1" && s.filesAfter(o, c.FilesLag) {
			result = append(result, member{"bankcardCropPhoto", media(c.CropPhoto)}, member{"bankcardNoPhoto", media(c.NumberPhoto)}, member{"originBankcardPhoto", media(c.OriginPhoto)})
		}
	}
	return s.scanReply(o, c.Code, result)
}

// front reports whether OCR read the portrait side.
func (c IDCard) front() bool { return c.Code == "0" && c.FrontCode == "0" && !c.BackOnly }

// back reports whether OCR read the emblem side.
func (c IDCard) back() bool { return c.Code == "0" && c.BackCode == "0" && !c.FrontOnly }

// scanObject returns the fields with which both results begin.
func (s *Server) scanObject(o *order) object {
	return object{
		{"bizSeqNo", o.seqNo},
		{"transactionTime", stamp(s.now())},
		{"orderNo", o.no},
		{"operateTime", o.finished.In(beijing).Format(time.DateTime)},
		{"success", false},
	}
}

func (s *Server) scanReply(o *order, code string, result object) reply {
	r := s.accept(result)
	if code != "0" {
		r.code, r.msg = code, o.product.message(code)
	}
	return r
}

func (s *Server) filesAfter(o *order, lag time.Duration) bool {
	return !s.now().Before(o.finished.Add(lag))
}

// refuse makes a refusal in this product's words.
func (p *product) refuse(code string) reply { return reply{code: code, msg: p.message(code)} }
