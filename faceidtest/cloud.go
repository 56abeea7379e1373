package faceidtest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// In this package, "the cloud" means the platform's other API, which Tencent
// Cloud calls API 3.0. It has one path, the action in a header, and
// TC3-HMAC-SHA256 signatures.
const (
	pathCloud    = "/"
	cloudVersion = "2018-03-01"
	maxCloudBody = 10 << 20 // the limit of a TC3 request
)

// These are the names of API 3.0 that a fresh server knows. All are invented.
const (
	RulePlus     = "sim-plus"     // the RuleId of Plus in WeChat
	RuleEnhanced = "sim-enhanced" // the RuleId of Enhanced in WeChat
	RuleBasic    = "sim-basic"    // the RuleId of Basic in WeChat
	RuleWill     = "sim-will"     // the RuleId of a flow that asks for an intention
	RuleIntl     = "sim-intl"     // the RuleId of the international site: a document of Hong Kong and a face
	Merchant     = "sim-merchant" // a MerchantId of E证通

	defaultSecretID  = "AKIDSimulatorSimulatorSimulator00001"
	defaultSecretKey = "SimulatorSimulatorSimulator00001"
)

// cloud is the state of the server for API 3.0.
type cloud struct {
	accounts  []cloudAccount
	invented  bool                     // true until an option gives an account
	rules     map[string]string        // the product of each RuleId
	settings  map[RuleSetting][]string // the RuleIds that have each setting
	merchants map[string]*merchant
	billPage  int
	lenient   bool

	flows   map[string]*flow   // the flows by their tokens
	issued  uint64             // the number of all flows
	billed  map[string][]*flow // the flows by the days that bill them, in the order of their tokens
	pages   map[string]*flow   // the flows by the key in their Url, which is used up when the Url is opened
	forms   map[string]*flow   // the flows by the key of their open page
	files   map[string]cloudFile
	cursors map[uint64]bool // the cursors that a bill handed out
	scripts map[string]CloudEnding
	ending  CloudEnding // the ending of flows without a script

	endingWritten bool // true once ScriptCloudDefault was called

	checks map[string]Check

	uploads map[string]*cloudUpload // the files of CreateUploadUrl by their keys

	nfcTokens map[string]bool      // the tokens of GetNFCToken that were not used
	chips     map[string]*chipRead // the chips by the NFCToken or the ReqId
}

type cloudAccount struct{ id, key, token string }

func newCloud() *cloud {
	return &cloud{
		accounts:  []cloudAccount{{defaultSecretID, defaultSecretKey, ""}},
		invented:  true,
		rules:     map[string]string{RulePlus: "plus", RuleEnhanced: "enhanced", RuleBasic: "basic", RuleWill: "will", RuleIntl: "intl"},
		settings:  map[RuleSetting][]string{},
		merchants: map[string]*merchant{Merchant: {}},
		billPage:  100,
		flows:     map[string]*flow{},
		billed:    map[string][]*flow{},
		pages:     map[string]*flow{},
		forms:     map[string]*flow{},
		files:     map[string]cloudFile{},
		cursors:   map[uint64]bool{},
		scripts:   map[string]CloudEnding{},
		ending:    CloudPasses(),
		checks:    map[string]Check{},
		uploads:   map[string]*cloudUpload{},
		nfcTokens: map[string]bool{},
		chips:     map[string]*chipRead{},
	}
}

// WithCloudAccount replaces the invented API key of API 3.0. If it is given
// several times, the server knows several keys of one account, and
// [Server.CloudSecretID] names the first. A token makes the key a temporary
// one, which works with this X-TC-Token only.
func WithCloudAccount(secretID, secretKey string, token ...string) Option {
	if secretID == "" || secretKey == "" || strings.ContainsAny(secretID, " /,=\t\r\n") || len(token) > 1 {
		panic("faceidtest: WithCloudAccount: want a SecretId, a SecretKey and at most one token")
	}
	return func(s *Server) {
		c := s.cloud
		if c.invented {
			c.accounts, c.invented = nil, false
		}
		if slices.ContainsFunc(c.accounts, func(a cloudAccount) bool { return a.id == secretID }) {
			panic("faceidtest: WithCloudAccount: the SecretId is given twice")
		}
		c.accounts = append(c.accounts, cloudAccount{secretID, secretKey, strings.Join(token, "")})
	}
}

// WithBillPage sets how many tokens one page of GetWeChatBillDetails tells. The
// default is 100, as the documents name no size.
func WithBillPage(tokens int) Option {
	if tokens <= 0 {
		panic("faceidtest: WithBillPage: the number of tokens must be positive")
	}
	return func(s *Server) { s.cloud.billPage = tokens }
}

// CloudSecretID is the SecretId of the first API key.
func (s *Server) CloudSecretID() string { return s.cloud.accounts[0].id }

// CloudSecretKey is the SecretKey of the first API key.
func (s *Server) CloudSecretKey() string { return s.cloud.accounts[0].key }

// CloudToken is the token of the first API key, empty unless it is temporary.
func (s *Server) CloudToken() string { return s.cloud.accounts[0].token }

// An action is one operation of API 3.0.
type action struct {
	intl      bool // true for an action that only the international site has
	both      bool // true for an action that both sites have
	fields    []cloudField
	chinaOnly []string                    // what the international site does not have of an action of both
	run       func(*incoming, args) reply // run is called with the lock held
}

// cloudRoutes returns the routes of all actions by their names, and the route
// "/" for an action that is unknown. The name of an action stands wherever
// another call has its path: in [Server.FailNext], [Server.Calls] and
// [Server.RateLimit].
func (s *Server) cloudRoutes() map[string]route {
	routes := map[string]route{
		pathCloud:         {method: http.MethodPost, handle: s.actionOf(action{}), kind: cloudAPI},
		pathCloudVerify:   {method: http.MethodGet, handle: s.cloudOpen, kind: webPage},
		pathCloudFinish:   {method: http.MethodPost, handle: s.cloudFinish, kind: webPage},
		pathCloudUpload:   {method: http.MethodPut, handle: s.cloudStore, kind: storage},
		pathCloudResource: {method: http.MethodGet, handle: s.cloudResource, kind: storage},
		pathCloudFile:     {method: http.MethodGet, handle: s.cloudFile, kind: webPage},
		"/sim/cloud":      {method: http.MethodPost, handle: s.simCloud, kind: ownControl},
		"/sim/check":      {method: http.MethodPost, handle: s.simCheck, kind: ownControl},
		"/sim/run":        {method: http.MethodPost, handle: s.simRun, kind: ownControl},
	}
	actions := map[string]action{
		"DetectAuth":            {fields: detectAuthFields, run: s.detectAuth},
		"GetDetectInfo":         {fields: detectInfoFields, run: s.detectInfo},
		"GetDetectInfoEnhanced": {fields: detectInfoEnhancedFields, run: s.detectInfoEnhanced},
		"GetEidToken":           {fields: eidTokenFields, run: s.eidToken},
		"CheckEidTokenStatus":   {fields: eidStatusFields, run: s.eidStatus},
		"GetEidResult":          {fields: eidResultFields, run: s.eidResult},
		"GetWeChatBillDetails":  {fields: billFields, run: s.bill},

		"GetFaceIdToken":         {fields: faceIDTokenFields, run: s.faceIDToken},
		"GetFaceIdResult":        {fields: faceIDResultFields, run: s.faceIDResult},
		"GetFaceidRiskInfoToken": {fields: riskTokenFields, run: s.riskToken},
		"GetFaceIdRiskInfo":      {fields: riskInfoFields, run: s.riskInfo},
		"GetNFCToken":            {both: true, run: s.nfcToken},
		"GetWxNFCResult":         {both: true, fields: wxNFCFields, run: s.wxNFC},
		"ParseNfcData":           {fields: nfcDataFields, run: s.nfcData},
		"GetLiveCode":            {run: s.liveCode},
		"GetActionSequence":      {fields: sequenceFields, run: s.actionSequence},

		"ApplyWebVerificationBizTokenIntl": {intl: true, fields: webTokenFields, run: s.webToken},
		"GetWebVerificationResultIntl":     {intl: true, fields: webResultFields, run: s.webResult},
		"ApplySdkVerificationToken":        {intl: true, fields: sdkTokenFields, run: s.sdkToken},
		"GetSdkVerificationResult":         {intl: true, fields: sdkResultFields, run: s.sdkResult},
		"GetFaceIdTokenIntl":               {intl: true, fields: selfieTokenFields, run: s.selfieToken},
		"GetFaceIdResultIntl":              {intl: true, fields: sdkResultFields, run: s.selfieResult},
		"ApplyLivenessToken":               {intl: true, fields: livenessTokenFields, run: s.livenessToken},
		"GetLivenessResult":                {intl: true, fields: sdkResultFields, run: s.livenessResult},
		"CreateUploadUrl":                  {intl: true, fields: uploadURLFields, run: s.uploadURL},
		"GenerateReflectSequence":          {intl: true, fields: lightFields, run: s.lights},
	}
	maps.Copy(actions, s.checkActions())
	for name, a := range actions {
		routes[name] = route{method: http.MethodPost, handle: s.actionOf(a), kind: cloudAPI}
	}
	return routes
}

// mostBytes returns the limit for the body of a request.
func (rt route) mostBytes() int {
	switch rt.kind {
	case cloudAPI:
		return maxCloudBody
	case storage:
		return maxUpload
	}
	return maxBody
}

// tooLarge answers a body beyond the limit.
func (rt route) tooLarge() reply {
	if rt.kind == cloudAPI {
		return cloudRefuse("RequestSizeLimitExceeded", "")
	}
	return htmlError(http.StatusRequestEntityTooLarge)
}

// find returns the route of a request. For API 3.0 it puts the action in the
// place of the path. It keeps no action that is unknown, so that no log and no
// counter repeats it.
func (s *Server) find(in *incoming) (route, bool) {
	if in.path == pathCloud && in.method == http.MethodPost {
		if rt, known := s.routes[in.header.Get("X-TC-Action")]; known && rt.kind == cloudAPI {
			in.path = in.header.Get("X-TC-Action")
		}
	}
	rt, known := s.routes[in.path]
	return rt, known
}

// actionOf handles every action in this order: common parameters, signature,
// version and action, limits, parameters.
func (s *Server) actionOf(a action) func(*incoming) reply {
	return func(in *incoming) reply {
		for _, name := range []string{"Action", "Version", "Timestamp"} {
			if in.header.Get("X-TC-"+name) == "" {
				return cloudRefuse("MissingParameter", "The request is missing a required parameter `"+name+"`.")
			}
		}
		if code := s.unauthorized(in); code != "" {
			return cloudRefuse(code, "")
		}
		if s.isDenied(in) {
			return cloudRefuse("UnauthorizedOperation", "")
		}
		switch {
		case in.header.Get("X-TC-Version") != cloudVersion:
			return cloudRefuse("NoSuchVersion", "")
		case a.run == nil || !a.intl && !a.both && strings.Contains(in.host, ".intl."):
			return cloudRefuse("InvalidAction", "")
		case a.intl && !slices.Contains(intlRegions, in.header.Get("X-TC-Region")):
			return cloudRefuse("UnsupportedRegion", "")
		case !s.withinLimit(in.path):
			return cloudRefuse("RequestLimitExceeded", "")
		case in.rawQuery != "":
			in.why = "a signed POST has no query"
			return cloudRefuse("InvalidParameter", in.why)
		case !isJSON(in.header):
			in.why = "the content type is not application/json"
			return cloudRefuse("InvalidParameter", in.why)
		}
		fields, absent := a.fields, []string(nil)
		if strings.Contains(in.host, ".intl.") {
			absent = a.chinaOnly
			fields = slices.DeleteFunc(slices.Clone(fields), func(f cloudField) bool { return slices.Contains(absent, f.name) })
		}
		v, bad := readArgs(in.body, fields)
		if bad.code != "" {
			in.why = bad.msg
			return bad
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		r := a.run(in, v)
		if r.code != "" {
			in.why = r.msg
		}
		r.result = slices.DeleteFunc(r.result, func(m member) bool { return slices.Contains(absent, m.name) })
		return r
	}
}

// intlRegions are the regions in which the platform's pages offer eKYC.
var intlRegions = []string{"ap-bangkok", "ap-hongkong", "ap-jakarta", "ap-singapore", "sa-saopaulo"}

// cloudRefuse makes an error of API 3.0. An empty msg gives the platform's
// words for the code.
func cloudRefuse(code, msg string) reply {
	if msg == "" {
		msg = cloudMessages[code]
	}
	return reply{code: code, msg: msg}
}

// cloudEnvelope writes an answer of API 3.0. No dialect of the other API
// applies to it.
func cloudEnvelope(r reply) []byte {
	inner := r.result
	if r.code != "" {
		r = cloudRefuse(r.code, r.msg) // a queued fault may have no words
		inner = object{{"Error", object{{"Code", r.code}, {"Message", r.msg}}}}
	}
	return Dialect{}.write(nil, object{{"Response", append(inner[:len(inner):len(inner)], member{"RequestId", requestID()})}})
}

// requestID makes a random id in the form of a UUID.
func requestID() string {
	h := randomHex(32)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// integer makes a number of an answer.
func integer[N int | int64 | uint64](n N) any { return number(n) }

// orNull returns the text, or null for an empty one.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// fileOrNull returns the file in base64, or null for an empty one.
func fileOrNull(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return media(b)
}

// textList returns a list of strings, or null for an empty one.
func textList(texts []string) any {
	if len(texts) == 0 {
		return nil
	}
	var l list
	for _, text := range texts {
		l = append(l, text)
	}
	return l
}

// millis writes a time as the texts of API 3.0 have it: milliseconds in 13
// digits.
func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
