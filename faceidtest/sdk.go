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
	Domain   string // empty on success, and always from OCR
	Code     string // "0" on success
	Message  string
}

// Error domains. Only success and the compare server can be queried.
const (
	domainParams        = "WBFaceErrorDomainParams"
	domainInputParams   = "WBFaceErrorDomainInputParams" // as iOS says it
	domainLoginServer   = "WBFaceErrorDomainLoginServer"
	domainCompareServer = "WBFaceErrorDomainCompareServer"
	domainNative        = "WBFaceErrorDomainNativeProcess"
)

// A phone is one platform's SDK: the names of its launch parameters and its
// codes.
type phone struct {
	platform, paramDomain string
	badParams             string // the code of parameters that the SDK itself refuses
	digit                 string // of the platform, in the codes of face verification
	names                 launchNames
	maxUserID             int
	livenessOnly          bool // is what it does without a faceId
}

// launchNames are the parameters' names, "" where an SDK has none. The id is
// what the upload answered.
type launchNames struct {
	id, orderNo, appID, version, nonce, userID, sign, licence string
}

func (n launchNames) all() []string {
	return slices.DeleteFunc([]string{n.id, n.orderNo, n.appID, n.version, n.nonce, n.userID, n.sign, n.licence},
		func(name string) bool { return name == "" })
}

var (
	android = phone{platform: "android", paramDomain: domainParams, badParams: "11000", digit: "1", maxUserID: 32,
		names: launchNames{"faceId", "agreementNo", "openApiAppId", "openApiAppVersion", "openApiNonce", "openApiUserId", "openApiSign", "keyLicence"}}
	ios = phone{platform: "ios", paramDomain: domainInputParams, badParams: "12000", digit: "2", maxUserID: 32,
		names: launchNames{"faceId", "orderNo", "appId", "apiVersion", "nonce", "userid", "sign", "licence"}}
	harmony = phone{platform: "harmony", paramDomain: domainParams, badParams: "13000", digit: "3", maxUserID: 30,
		names: launchNames{"faceId", "orderNo", "appId", "version", "nonce", "userId", "sign", "licence"}}

	// Will's and Basic's SDKs for iOS write appid in lower case.
	willIOS = phone{platform: "ios", paramDomain: domainInputParams, badParams: "12000", digit: "2", maxUserID: 32,
		names: launchNames{"faceId", "orderNo", "appid", "apiVersion", "nonce", "userid", "sign", "licence"}}
	basicIOS = willIOS.alsoLivenessOnly()
)

func (p phone) alsoLivenessOnly() phone {
	p.livenessOnly = true
	return p
}

// RunSDK is a phone that runs an SDK with launch parameters in one platform's
// own names. The order of the faceId decides whose SDK it is, Plus's,
// Enhanced's, Basic's or will's; the platform is the one whose names fit best.
// Unknown, missing and misnamed parameters end in the domain of wrong
// parameters. The launch uses up its NONCE ticket, then the person ends as
// scripted. Cards and chips have methods of their own, [Server.RunOCR] and
// [Server.RunNFC].
//
// Basic on iOS (it says appid) runs without a faceId, too, absent or empty:
// liveness only. Such a launch makes the order, so its order number must be
// new, and nobody is compared.
//
// The error is for misuse only: parameters of no platform, or an ending that
// this person cannot have.
func (s *Server) RunSDK(ctx context.Context, params map[string]string) (SDKResult, error) {
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
	if code, msg := p.check(params); code != "" {
		return SDKResult{p.platform, p.paramDomain, code, msg}, nil
	}
	o, bad := s.sdkLogin(p, params)
	if bad != "" {
		return SDKResult{p.platform, domainLoginServer, bad, messages[bad]}, nil
	}
	e := s.scripted(o.no)
	if why := o.cannotEnd(e, p.platform); why != "" {
		return SDKResult{}, fmt.Errorf("faceidtest: RunSDK: order %s is scripted to end with %s, %s", o.no, e.Code, why)
	}
	return p.report(o, s.finish(o, e, true)), nil
}

func errNoPlatform(who string) error {
	return errors.New("faceidtest: " + who + ": no platform has launch parameters of these names")
}

// phonesFor are the SDKs that may be meant: the parameters do not name their
// product, but the order has one. The caller holds the lock.
func (s *Server) phonesFor(faceID string) []phone {
	if o := s.faces[faceID]; o != nil && o.product.phones != nil {
		return o.product.phones
	}
	return slices.Concat(plus.phones, basic.phones) // Enhanced's and will's have no names but these
}

// phoneOf guesses the platform: most of its names, and at least three, so that
// a misnamed parameter is still its own mistake.
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

// check is what the SDK itself looks at before it asks the platform.
func (p phone) check(params map[string]string) (code, msg string) {
	names := p.names.all()
	for _, name := range names {
		if params[name] == "" && !(name == p.names.id && p.livenessOnly) {
			return p.badParams, "传入的 " + name + " 为空"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if !slices.Contains(names, name) {
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

// signedLaunch is the platform's side of every launch: the app whose NONCE
// ticket signed it, which is used up now. The caller holds the lock.
func (s *Server) signedLaunch(p phone, v map[string]string) (*app, string) {
	n := p.names
	version := v[n.version]
	if n.version == "" { // its SDK knows it by itself
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

// sdkLogin is the launch of a face or will verification. The caller holds the
// lock.
func (s *Server) sdkLogin(p phone, v map[string]string) (*order, string) {
	n := p.names
	a, bad := s.signedLaunch(p, v)
	if bad != "" {
		return nil, bad
	}
	if v["faceId"] == "" { // check has let it pass: liveness only
		return s.livenessOrder(a, v[n.orderNo], v[n.userID])
	}
	return s.entered(a, inSDK, v["faceId"], v[n.orderNo], v[n.userID])
}

// livenessOrder begins where no upload came before. The caller holds the lock.
func (s *Server) livenessOrder(a *app, no, userID string) (*order, string) {
	if a.orders[no] != nil {
		return nil, "66660000"
	}
	o := s.newOrder(a, basic, no, userID)
	o.livenessOnly, o.opened = true, true
	return o, ""
}

// report is the end as the SDK tells it: codes of the comparison pass through,
// the phone's own stay with the phone.
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
	case e.NoResult && e.Code == "66660017":
		return native("010", "风险控制超出次数")
	case e.Native:
		return native(e.Code, o.product.native[p.platform][e.Code])
	}
	return SDKResult{p.platform, domainCompareServer, e.Code, e.message(o.product)}
}
