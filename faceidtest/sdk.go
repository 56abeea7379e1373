package faceidtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// An SDKResult is what a phone's SDK reports to its app.
type SDKResult struct {
	Platform string // "android", "ios" or "harmony"
	Domain   string // empty on success; OCR never has one
	Code     string // "0" on success
	Message  string
}

// These are the error domains. Only an order that ended with success, or in the
// domain of the compare server, can be queried.
const (
	domainParams        = "WBFaceErrorDomainParams"
	domainInputParams   = "WBFaceErrorDomainInputParams" // the name on iOS
	domainLoginServer   = "WBFaceErrorDomainLoginServer"
	domainCompareServer = "WBFaceErrorDomainCompareServer"
	domainNative        = "WBFaceErrorDomainNativeProcess"
)

// A phone is one platform's SDK: the names of its launch parameters, and its
// codes.
type phone struct {
	platform, paramDomain string
	badParams             string // the code of parameters that the SDK itself refuses
	digit                 string // the platform's digit in the codes of face verification
	names                 launchNames
	optional              []string // parameters that the App adds by itself
	switches              []SDKSwitch
	maxUserID             int
	livenessOnly          bool // the SDK also runs without a faceId, for liveness only
}

// launchNames are the names of the launch parameters, "" for a parameter that
// the SDK does not have. The id is what the upload answered.
type launchNames struct {
	id, orderNo, appID, version, nonce, userID, sign, licence string
}

func (n launchNames) all() []string {
	return slices.DeleteFunc([]string{n.id, n.orderNo, n.appID, n.version, n.nonce, n.userID, n.sign, n.licence},
		func(name string) bool { return name == "" })
}

var (
	// The pages of Android have a verifyMode in InputData, which is the same for
	// every launch. So the App may write it, and a backend need not send it.
	android = phone{platform: "android", paramDomain: domainParams, badParams: "11000", digit: "1", maxUserID: 32,
		optional: []string{"verifyMode"}, switches: []SDKSwitch{RecordVideo},
		names: launchNames{"faceId", "agreementNo", "openApiAppId", "openApiAppVersion", "openApiNonce", "openApiUserId", "openApiSign", "keyLicence"}}
	ios = phone{platform: "ios", paramDomain: domainInputParams, badParams: "12000", digit: "2", maxUserID: 32,
		switches: []SDKSwitch{RecordVideo, LivenessOnly},
		names:    launchNames{"faceId", "orderNo", "appId", "apiVersion", "nonce", "userid", "sign", "licence"}}
	harmony = phone{platform: "harmony", paramDomain: domainParams, badParams: "13000", digit: "3", maxUserID: 30,
		names: launchNames{"faceId", "orderNo", "appId", "version", "nonce", "userId", "sign", "licence"}}

	// The SDKs of will and of Basic for iOS write appid in lower case.
	willIOS = phone{platform: "ios", paramDomain: domainInputParams, badParams: "12000", digit: "2", maxUserID: 32,
		switches: []SDKSwitch{RecordVideo},
		names:    launchNames{"faceId", "orderNo", "appid", "apiVersion", "nonce", "userid", "sign", "licence"}}
	basicIOS = willIOS.alsoLivenessOnly()
)

func (p phone) alsoLivenessOnly() phone {
	p.livenessOnly = true
	return p
}

// RunSDK runs an SDK on a phone, with launch parameters in the names of one
// platform. The order of the faceId decides which product's SDK runs: that of
// Plus, Enhanced, Basic or will. The platform is the one whose names fit best.
// Unknown, missing and misnamed parameters end in the domain of wrong
// parameters. The launch uses up its NONCE ticket, and then the person ends as
// scripted. Cards and chips have methods of their own, [Server.RunOCR] and
// [Server.RunNFC].
//
// Basic on iOS, which writes appid, also runs with a faceId that is absent or
// empty: this is liveness only. Such a launch makes the order, so its order
// number must be new, and nobody is compared.
//
// The switches are those that the App has set. Without [RecordVideo] the order
// has no video, even if one is scripted. Without [LivenessOnly] the person is
// compared.
//
// The error is for misuse only: the parameters are those of no platform, the
// platform's SDK does not have a switch, or this person cannot end as scripted.
func (s *Server) RunSDK(ctx context.Context, params map[string]string, switches ...SDKSwitch) (SDKResult, error) {
	if err := ctx.Err(); err != nil {
		return SDKResult{}, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return SDKResult{}, errClosed
	}
	p, ok := phoneOf(s.phonesFor(params["faceId"]), params)
	if !ok {
		return SDKResult{}, errNoPlatform("RunSDK")
	}
	if why := p.lacks(switches); why != "" {
		return SDKResult{}, errors.New("faceidtest: RunSDK: " + why)
	}
	if code, msg := p.validate(params); code != "" {
		return SDKResult{p.platform, p.paramDomain, code, msg}, nil
	}
	o, bad := s.sdkLogin(p, params)
	if bad != "" {
		return SDKResult{p.platform, domainLoginServer, bad, messages[bad]}, nil
	}
	o.livenessOnly = o.livenessOnly || slices.Contains(switches, LivenessOnly)
	e := s.scripted(o.no)
	if why := o.cannotEnd(e, p.platform); why != "" {
		return SDKResult{}, fmt.Errorf("faceidtest: RunSDK: order %s is scripted to end with %s, %s", o.no, e.Code, why)
	}
	e = s.finish(o, e, true)
	if !slices.Contains(switches, RecordVideo) {
		o.ending.Video, o.ending.Will.Video = nil, nil
	}
	return p.report(o, e), nil
}

func errNoPlatform(who string) error {
	return errors.New("faceidtest: " + who + ": no platform has launch parameters of these names")
}

// phonesFor returns the SDKs that may be meant. The launch parameters do not
// name a product, but the order has one. The caller holds the lock.
func (s *Server) phonesFor(faceID string) []phone {
	if o := s.faces[faceID]; o != nil && o.product.phones != nil {
		return o.product.phones
	}
	return slices.Concat(plus.phones, basic.phones) // the SDKs of Enhanced and of will have the same names
}

// phoneOf finds the platform by the names of the parameters: the one that has
// most of them, and at least three. So a launch with one misnamed parameter
// still finds its platform, and the SDK refuses the name.
func phoneOf(phones []phone, params map[string]string) (phone, bool) {
	best, most := phone{}, 2
	for _, p := range phones {
		hits := 0
		for _, name := range p.names.all() {
			if _, ok := params[name]; ok {
				hits++
			}
		}
		if hits > most {
			best, most = p, hits
		}
	}
	return best, most > 2
}

// validate refuses what the SDK itself refuses before it asks the platform.
func (p phone) validate(params map[string]string) (code, msg string) {
	names := p.names.all()
	for _, name := range names {
		if params[name] == "" && !(name == p.names.id && p.livenessOnly) {
			return p.badParams, "传入的 " + name + " 为空"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		switch {
		case slices.Contains(p.optional, name) && params[name] == "":
			return p.badParams, "传入的 " + name + " 为空"
		case !slices.Contains(names, name) && !slices.Contains(p.optional, name):
			return p.badParams, "传入参数为空: 没有名为 " + name + " 的参数"
		}
	}
	switch {
	case len(params[p.names.userID]) > p.maxUserID:
		return p.badParams, fmt.Sprintf("%s 超过 %d 位", p.names.userID, p.maxUserID)
	case p.digit == ios.digit && len(params[p.names.orderNo]) > 32:
		return "12006", "订单号不能为0或者超过32位"
	case p.digit == ios.digit && len(params[p.names.nonce]) != 32:
		return "12007", "nonce 字符串位数不为32位"
	}
	return "", ""
}

// signedLaunch is the platform's part of every launch. It finds the app whose
// NONCE ticket made the signature, and uses the ticket up. The caller holds the
// lock.
func (s *Server) signedLaunch(p phone, v map[string]string) (*app, string) {
	n := p.names
	version := v[n.version]
	if n.version == "" { // this SDK knows the version by itself
		version = apiVersion
	}
	switch {
	case !isOrderNo(v[n.orderNo]) || !isUserID(v[n.userID]) || !isNonce(v[n.nonce]):
		return nil, "66660000"
	case version != apiVersion:
		return nil, "400106"
	}
	a := s.apps[v[n.appID]]
	if a == nil || !s.launch(a, v[n.userID], v[n.sign], v[n.appID], v[n.userID], version, v[n.nonce]) {
		return nil, "400101"
	}
	return a, ""
}

// sdkLogin launches a face or will verification. The caller holds the lock.
func (s *Server) sdkLogin(p phone, v map[string]string) (*order, string) {
	n := p.names
	a, bad := s.signedLaunch(p, v)
	if bad != "" {
		return nil, bad
	}
	if v["faceId"] == "" { // validate permits this for liveness only
		return s.livenessOrder(a, v[n.orderNo], v[n.userID])
	}
	return s.entered(a, inSDK, v["faceId"], v[n.orderNo], v[n.userID])
}

// livenessOrder makes the order of a launch without an upload. The caller holds
// the lock.
func (s *Server) livenessOrder(a *app, no, userID string) (*order, string) {
	switch {
	case !a.may(basic):
		return nil, notOpened
	case a.taken(no):
		return nil, "66660000"
	}
	o := s.newOrder(a, basic, no, userID)
	o.livenessOnly, o.opened = true, true
	return o, ""
}

// unfinished are the ends without a result that an SDK reports by itself: the
// last three digits of its code, and its words. The keys are the codes that a
// browser brings back. Any other end without a result is risk control's.
var unfinished = map[string][2]string{
	"66660016": {"006", "视频大小不满足要求"},
	"66660018": {"007", "超时"},
	"400604":   {"004", "视频录制中出错"},
	"":         {"010", "风险控制超出次数"},
}

// report tells the end as the SDK does. Codes of the comparison pass through if
// the order can be queried, and the phone has codes of its own.
func (p phone) report(o *order, e Ending) SDKResult {
	native := func(code, msg string) SDKResult {
		return SDKResult{p.platform, domainNative, "4" + p.digit + code, msg}
	}
	switch {
	case e.Code == "0":
		return SDKResult{p.platform, "", "0", "成功"}
	case e.FrontEnd && e.Code == "3003":
		return native("000", "用户取消")
	case e.FrontEnd:
		return native("002", "权限异常，未获取权限")
	case e.Native:
		return native(e.Code, o.product.native[p.platform][e.Code])
	case e.NoResult:
		end, known := unfinished[e.Code]
		if !known {
			end = unfinished[""]
		}
		return native(end[0], end[1])
	}
	return SDKResult{p.platform, domainCompareServer, e.Code, e.message(o.product)}
}
