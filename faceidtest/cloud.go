package faceidtest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The cloud is the platform's other API, which Tencent Cloud calls API 3.0: one
// path, the action in a header, TC3-HMAC-SHA256 signatures.
const (
	pathCloud    = "/"
	cloudVersion = "2018-03-01"
	maxCloudBody = 10 << 20 // of a TC3 request
)

// The names of the cloud that a fresh server knows, all invented.
const (
	RulePlus     = "sim-plus"     // RuleId of Plus in WeChat
	RuleEnhanced = "sim-enhanced" // RuleId of Enhanced in WeChat
	RuleBasic    = "sim-basic"    // RuleId of Basic in WeChat
	RuleWill     = "sim-will"     // RuleId of a flow that asks for an intention
	RuleIntl     = "sim-intl"     // RuleId of the international site: a document of Hong Kong and a face
	Merchant     = "sim-merchant" // MerchantId of E证通

	defaultSecretID  = "AKIDSimulatorSimulatorSimulator00001"
	defaultSecretKey = "SimulatorSimulatorSimulator00001"
)

// cloud is what the server remembers for API 3.0.
type cloud struct {
	accounts  []cloudAccount
	invented  bool                     // no option gave an account
	rules     map[string]string        // product by RuleId
	settings  map[RuleSetting][]string // the RuleIds that have it
	merchants map[string]*merchant
	billPage  int

	flows   map[string]*flow // by token
	issued  []*flow          // in order
	pages   map[string]*flow // by the key in a Url, used up when it is opened
	forms   map[string]*flow // by the key of an open page
	files   map[string]cloudFile
	cursors map[uint64]bool // that a bill handed out
	scripts map[string]CloudEnding
	ending  CloudEnding // of flows without a script

	endingWritten bool // by ScriptCloudDefault

	checks map[string]Check
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
		pages:     map[string]*flow{},
		forms:     map[string]*flow{},
		files:     map[string]cloudFile{},
		cursors:   map[uint64]bool{},
		scripts:   map[string]CloudEnding{},
		ending:    CloudPasses(),
		checks:    map[string]Check{},
	}
}

// WithCloudAccount replaces the invented API key of API 3.0. Given several
// times, the server knows several, all of one account, and the first is the one
// [Server.CloudSecretID] names. A token makes it a temporary key, which works
// with this X-TC-Token only.
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

// WithRule makes a RuleId known beside the invented ones. The product decides
// what may be asked and what is charged: "plus", "enhanced", "basic" or "will"
// in WeChat, or "intl", a document and a face on the international site. settings
// are what the console was told for the RuleId.
func WithRule(ruleID, product string, settings ...RuleSetting) Option {
	if ruleID == "" || !oneOf("plus", "enhanced", "basic", "will", "intl")(product) {
		panic("faceidtest: WithRule: want a RuleId and one of plus, enhanced, basic, will and intl")
	}
	return func(s *Server) {
		s.cloud.rules[ruleID] = product
		for _, setting := range settings {
			s.cloud.settings[setting] = append(s.cloud.settings[setting], ruleID)
		}
	}
}

// A RuleSetting is an answer that the console was given for a RuleId.
type RuleSetting int

// The settings. Both are those that let a careless merchant down.
const (
	// RuleReadsCards has the person show a card whatever DetectAuth is given: the
	// card that is read counts, and the name and the number that were given are
	// ignored (the console's 否).
	RuleReadsCards RuleSetting = iota + 1
	// RuleWithoutWill lacks the tick 增加意愿确认: what DetectAuth wants asked is
	// taken, and nobody is asked. IsVerifyIntention is false then.
	RuleWithoutWill
)

// ruleHas reports whether the console was told so for a RuleId.
func (c *cloud) ruleHas(ruleID string, setting RuleSetting) bool {
	return slices.Contains(c.settings[setting], ruleID)
}

// WithBillPage sets how many tokens a page of GetWeChatBillDetails tells, at
// first 100: the documents name no size.
func WithBillPage(tokens int) Option {
	if tokens <= 0 {
		panic("faceidtest: WithBillPage: want a positive number")
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
	intl   bool // of the international site
	fields []cloudField
	run    func(*incoming, args) reply // holds the lock
}

// cloudRoutes are the actions by name, and "/" for those nobody knows. A name
// is the key of an action wherever a path is one: [Server.FailNext],
// [Server.Calls], [Server.RateLimit].
func (s *Server) cloudRoutes() map[string]route {
	routes := map[string]route{
		pathCloud:       {method: http.MethodPost, handle: s.actionOf(action{}), kind: cloudAPI},
		pathCloudVerify: {method: http.MethodGet, handle: s.cloudOpen, kind: webPage},
		pathCloudFinish: {method: http.MethodPost, handle: s.cloudFinish, kind: webPage},
		pathCloudFile:   {method: http.MethodGet, handle: s.cloudFile, kind: webPage},
		"/sim/cloud":    {method: http.MethodPost, handle: s.simCloud, kind: ownControl},
		"/sim/check":    {method: http.MethodPost, handle: s.simCheck, kind: ownControl},
		"/sim/run":      {method: http.MethodPost, handle: s.simRun, kind: ownControl},
	}
	actions := map[string]action{
		"DetectAuth":            {fields: detectAuthFields, run: s.detectAuth},
		"GetDetectInfo":         {fields: detectInfoFields, run: s.detectInfo},
		"GetDetectInfoEnhanced": {fields: detectInfoEnhancedFields, run: s.detectInfoEnhanced},
		"GetEidToken":           {fields: eidTokenFields, run: s.eidToken},
		"CheckEidTokenStatus":   {fields: eidStatusFields, run: s.eidStatus},
		"GetEidResult":          {fields: eidResultFields, run: s.eidResult},
		"GetWeChatBillDetails":  {fields: billFields, run: s.bill},

		"ApplyWebVerificationBizTokenIntl": {intl: true, fields: webTokenFields, run: s.webToken},
		"GetWebVerificationResultIntl":     {intl: true, fields: webResultFields, run: s.webResult},
		"ApplySdkVerificationToken":        {intl: true, fields: sdkTokenFields, run: s.sdkToken},
		"GetSdkVerificationResult":         {intl: true, fields: sdkResultFields, run: s.sdkResult},
	}
	maps.Copy(actions, s.checkActions())
	for name, a := range actions {
		routes[name] = route{method: http.MethodPost, handle: s.actionOf(a), kind: cloudAPI}
	}
	return routes
}

// mostBytes bounds the body of a request.
func (rt route) mostBytes() int {
	if rt.kind == cloudAPI {
		return maxCloudBody
	}
	return maxBody
}

// tooLarge is said to a body beyond the bound.
func (rt route) tooLarge() reply {
	if rt.kind == cloudAPI {
		return cloudRefuse("RequestSizeLimitExceeded", "")
	}
	return htmlError(http.StatusRequestEntityTooLarge)
}

// find is the route of a request. An action of API 3.0 takes the place of its
// path; a name that nobody knows is not repeated anywhere.
func (s *Server) find(in *incoming) (route, bool) {
	if in.path == pathCloud && in.method == http.MethodPost {
		if rt, known := s.routes[in.header.Get("X-TC-Action")]; known && rt.kind == cloudAPI {
			in.path = in.header.Get("X-TC-Action")
		}
	}
	rt, known := s.routes[in.path]
	return rt, known
}

// actionOf is the way of every action: common parameters, signature, what is
// asked, limits, parameters.
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
		switch {
		case in.header.Get("X-TC-Version") != cloudVersion:
			return cloudRefuse("NoSuchVersion", "")
		case a.run == nil || !a.intl && strings.Contains(in.host, ".intl."):
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
		v, bad := readArgs(in.body, a.fields)
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
		return r
	}
}

// intlRegions are those in which the pages offer eKYC.
var intlRegions = []string{"ap-bangkok", "ap-hongkong", "ap-jakarta", "ap-singapore", "sa-saopaulo"}

// cloudRefuse is an error of API 3.0; without words it has those of its code.
func cloudRefuse(code, msg string) reply {
	if msg == "" {
		msg = cloudMessages[code]
	}
	return reply{code: code, msg: msg}
}

// cloudEnvelope writes an answer of API 3.0. It has nothing of the other API's
// dialects.
func cloudEnvelope(r reply) []byte {
	inner := r.result
	if r.code != "" {
		r = cloudRefuse(r.code, r.msg) // a queued fault may come without words
		inner = object{{"Error", object{{"Code", r.code}, {"Message", r.msg}}}}
	}
	return Dialect{}.write(nil, object{{"Response", append(inner[:len(inner):len(inner)], member{"RequestId", requestID()})}})
}

// requestID has the form of a UUID.
func requestID() string {
	h := randomHex(32)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Values of an answer.
func integer[N int | int64 | uint64](n N) any { return number(n) }

// orNull is the text, or null where there is none.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// fileOrNull is a file in base64, or null.
func fileOrNull(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return media(b)
}

// textList is a list of strings, or null where there are none.
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

// millis is a time as the cloud's texts have it, 13 digits.
func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
