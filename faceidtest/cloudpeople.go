package faceidtest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A CloudEnding tells how a verification of API 3.0 ends once its person is in
// front of the camera: in WeChat, with E证通, or on the international site. The
// zero value passes at the first attempt.
type CloudEnding struct {
	// Attempts are the attempts at liveness and comparison, in order. The last
	// one decides. Empty means one that passes, unless the person quits.
	Attempts []Attempt

	Quits bool // the person leaves after the attempts; the flow is not finished

	Intention Intention // for a flow that asks for one and whose face passed

	// The files. Nil gives small invented ones if the last attempt passed, and
	// none otherwise.
	BestFrame, Video []byte
	NoFiles          bool // the answer has no files in any case

	// LivenessInfoTag tells of an attack, on Plus and on the international PLUS
	// and PRO.
	LivenessInfoTag []string
	DeviceInfoLevel string // told by the international ENHANCED and PLUS, and of the SDK of an App

	CheckMRTD string // of a chip: the JSON text that tells whether a travel document is genuine; empty is null

	// Card is what OCR reads if the flow reads a card, or what the person types.
	// An empty Name and Number are those of the request, as if the person had
	// shown a card of their own; what the request lacks is invented. Only Name, Sex,
	// Nation, Birth, Address, Number, Authority, ValidDate and the files count, and on
	// the international site Name, Sex, Birth and Number.
	Card     IDCard
	CardFail bool // the document could not be read
	Warnings []int64
}

// An Attempt is one round of liveness and comparison.
type Attempt struct {
	Code       int    // a code of the platform's tables; 0 passes
	Message    string // empty: the platform's own words
	Similarity string // such as "31.50"; empty: an invented value if faces were compared
	Charged    Charge // whether the attempt costs something; the default is the product's table
}

// A Charge overrides the platform's table of what is charged.
type Charge int

// These are the ways to charge an attempt.
const (
	ByTable    Charge = iota // as the product's table says
	Charged                  // charged, whatever the code is
	NotCharged               // not charged, whatever the code is
)

// An Intention is what a person did when the page asked for agreement.
type Intention struct {
	Code    int      // a code of the mode's table; 0 agrees, and -301 is a wrong answer
	Message string   // empty: the platform's own words
	Heard   []string // the answer to each question; empty: the first right answer, and with -301 a wrong one to the last question
	Video   []byte   // nil: a small invented video
}

// CloudPasses is the ending of a person who passes at the first attempt.
func CloudPasses() CloudEnding { return CloudTries(0) }

// CloudTries is the ending of a person who makes one attempt per code, for
// example 1002 and then 0.
func CloudTries(codes ...int) CloudEnding {
	var e CloudEnding
	for _, code := range codes {
		e.Attempts = append(e.Attempts, Attempt{Code: code})
	}
	return e
}

// CloudQuits is the ending of a person who leaves without an attempt.
func CloudQuits() CloudEnding { return CloudEnding{Quits: true} }

// CloudWrongAnswer is the ending of a person whose face passes and who does not
// agree.
func CloudWrongAnswer() CloudEnding { return CloudEnding{Intention: Intention{Code: -301}} }

// cloudEndings are the endings with the names that the page and tests in other
// languages use.
var cloudEndings = []struct {
	name, label, english string
	make                 func() CloudEnding
}{
	{"passes", "认证通过", "Passes", CloudPasses},
	{"second-try", "第二次通过", "Passes at the second attempt", func() CloudEnding { return CloudTries(2016, 0) }},
	{"not-same-person", "不是同一人", "Not the same person", func() CloudEnding { return CloudTries(2016) }},
	{"identity-mismatch", "姓名和身份证号不匹配", "Name and ID number do not match", func() CloudEnding { return CloudTries(2006) }},
	{"suspected-fake", "疑似非真人录制", "Suspected fake", func() CloudEnding {
		e := CloudTries(1002)
		e.LivenessInfoTag = []string{"03"}
		return e
	}},
	{"wrong-answer", "意愿核验不通过", "Does not agree", CloudWrongAnswer},
	{"quits", "中途退出", "Quits half-way", CloudQuits},
}

func namedCloudEnding(name string) (CloudEnding, bool) {
	for _, e := range cloudEndings {
		if e.name == name {
			return e.make(), true
		}
	}
	return CloudEnding{}, false
}

// ScriptCloud decides how the person of a verification of API 3.0 ends. The key
// is the BizToken, EidToken, SdkToken or FaceIdToken of the verification, the token
// of GetNFCToken, the key of RunNFCReader, or the Extra of its request. An Extra may be scripted before the token is there. The script
// of a token counts before that of an Extra.
func (s *Server) ScriptCloud(key string, e CloudEnding) {
	if key == "" {
		panic("faceidtest: ScriptCloud: the key must be a token or an Extra")
	}
	e = e.clone()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.scripts[key] = e
}

// ScriptCloudDefault decides how all other verifications end. Without it
// everybody passes.
func (s *Server) ScriptCloudDefault(e CloudEnding) {
	e = e.clone()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.ending, s.cloud.endingWritten = e, true
}

// clone returns a copy that shares no memory with e.
func (e CloudEnding) clone() CloudEnding {
	e.Attempts, e.LivenessInfoTag, e.Warnings = slices.Clone(e.Attempts), slices.Clone(e.LivenessInfoTag), slices.Clone(e.Warnings)
	e.Intention.Heard, e.Intention.Video = slices.Clone(e.Intention.Heard), bytes.Clone(e.Intention.Video)
	cloneFiles(&e.BestFrame, &e.Video, &e.Card.FrontPhoto, &e.Card.BackPhoto, &e.Card.FrontCrop, &e.Card.BackCrop, &e.Card.HeadPhoto)
	return e
}

// scriptedCloud returns the scripted ending of a flow. The caller holds the
// lock.
func (s *Server) scriptedCloud(f *flow) CloudEnding {
	if e, ok := s.cloud.scripts[f.token]; ok {
		return e
	}
	if e, ok := s.cloud.scripts[f.extra]; ok && f.extra != "" {
		return e
	}
	return s.cloud.ending
}

// A flow is one verification of API 3.0.
type flow struct {
	kind     flowKind
	serial   uint64
	token    string
	page     string // the key in the Url
	rule     string // the RuleId or the MerchantId
	product  string // the product whose table says what is charged
	tags     bool   // answers tell of attacks, as Plus does
	issued   time.Time
	life     time.Duration
	name, id string
	extra    string
	back     string
	reads    bool        // OCR reads a card
	fronts   bool        // OCR reads the side with the portrait alone
	typed    bool        // the person types name and number
	compares bool        // name and number of the request are compared with what is read or typed
	ownPhoto bool        // the face is compared with a photo of the request
	channel  RuleSetting // the only channel that is open; 0 stands for all
	will     *agreement
	web      webFlow
	sdk      sdkFlow
	selfie   selfieFlow
	inCos    bool // the files go into the merchant's bucket

	opened, over, left bool
	tries              []try
	ending             CloudEnding // the ending of the last run
}

type flowKind int

const (
	wechatFlow flowKind = iota
	eidFlow
	webIntl
	sdkIntl
	appSDK       // the SDK of an App in China
	riskSDK      // the same SDK, when it collects risks only
	selfieIntl   // the international SDK, without a document
	livenessIntl // the same SDK, from an older call
)

// A try is an attempt that a person made.
type try struct {
	Attempt
	at       time.Time
	seq      string
	name, id string // whom the platform compared
}

// newFlow registers a flow under a new token. It returns the address of the
// flow's page, or "" for a flow of an SDK. The caller holds the lock.
func (s *Server) newFlow(f *flow) (url string) {
	c := s.cloud
	f.issued, f.token = s.now(), cloudToken()
	f.serial = 1870 + 3*c.issued // a test cannot guess this cursor from the number of lines
	c.issued++
	c.flows[f.token] = f
	s.memory.flows.add(s.due(numberLife), f)
	if f.inIntlSDK() || f.kind == appSDK || f.kind == riskSDK {
		return ""
	}
	f.page = randomText(40)
	c.pages[f.page] = f
	return s.pageBase() + pathCloudVerify + "?page=" + f.page
}

// cloudToken makes a random token in the form of a UUID in capitals.
func cloudToken() string { return string(bytes.ToUpper([]byte(requestID()))) }

// pageBase returns what BaseURL does. The caller holds the lock.
func (s *Server) pageBase() string {
	if s.url != "" {
		return s.url
	}
	return unheardOf
}

// flowOf finds a flow of that kind whose result is still kept, or returns the
// code of the refusal. The caller holds the lock.
func (s *Server) flowOf(token, unknown string, kind flowKind) (f *flow, code string) {
	f = s.cloud.flows[token]
	switch {
	case f == nil || f.kind != kind:
		return nil, unknown
	case !s.now().Before(f.issued.Add(s.scaled(resultLife))):
		return nil, "InvalidParameterValue.BizTokenExpired"
	}
	return f, ""
}

// mayRun returns the code with which a person is turned away, or 0.
func (s *Server) mayRun(f *flow) int {
	switch {
	case f.over:
		return 14
	case !s.now().Before(f.issued.Add(s.scaled(f.life))):
		return 15
	}
	return 0
}

// perform makes a flow's person do what an ending says. The caller holds the
// lock and has asked mayRun.
func (s *Server) perform(f *flow, e CloudEnding) {
	e = e.clone()
	switch {
	case f.refusesCard(e) && (len(e.Attempts) > 0 || !e.Quits): // nobody gets in front of the camera
		e.Attempts = []Attempt{{Code: 301}}
	case len(e.Attempts) == 0 && !e.Quits:
		e.Attempts = []Attempt{{}}
	}
	f.opened, f.ending, f.left = true, e, e.Quits
	for _, a := range e.Attempts {
		f.tries = append(f.tries, try{Attempt: a, at: s.now(), seq: cloudToken()})
		t := f.last()
		t.name, t.id = f.person()
	}
	if f.kind == wechatFlow {
		s.noteBill(f)
	}
	// In WeChat a token that did not pass can be used again. The other flows have
	// their retries on the page or in the SDK.
	f.over = !e.Quits && (f.kind != wechatFlow || f.last().Code == 0)
}

// last returns the attempt that decides, or nil before the first one.
func (f *flow) last() *try {
	if len(f.tries) == 0 {
		return nil
	}
	return &f.tries[len(f.tries)-1]
}

// faceCode returns the code with which the face part ended. known is false
// before the first attempt.
func (f *flow) faceCode() (code int, known bool) {
	if f.last() == nil {
		return 0, false
	}
	return f.last().Code, true
}

func (f *flow) message(code int) string {
	if t := f.last(); t != nil && t.Code == code && t.Message != "" {
		return t.Message
	}
	return f.turnedAway(code)
}

func (f *flow) tryMessage(t try) string {
	if t.Message != "" {
		return t.Message
	}
	return f.turnedAway(t.Code)
}

// isCharged reports whether a try costs something, by the product's table or as
// scripted.
func (f *flow) isCharged(t try) bool {
	if t.Charged != ByTable {
		return t.Charged == Charged
	}
	return slices.Contains(charged[f.product], t.Code)
}

// sawFace reports whether a try came to the liveness check. Codes below 1000
// are about the call and the document, 1xxx about liveness and 2xxx about the
// comparison.
func (t try) sawFace() bool { return t.Code == 0 || t.Code >= 1000 }

// compared reports whether a try came to the comparison.
func (t try) compared() bool { return t.Code == 0 || t.Code >= 2000 }

// similarity returns the similarity of a try as a text. It is empty if no faces
// were compared.
func (t try) similarity() string {
	switch {
	case t.Similarity != "":
		return t.Similarity
	case t.Code == 0:
		return "97.00"
	case t.Code == 2016:
		return "31.50"
	}
	return ""
}

// bestFrame and video return the files of the last run.
func (f *flow) bestFrame() []byte { return f.file(f.ending.BestFrame, inventedPhotos()[0]) }
func (f *flow) video() []byte     { return f.file(f.ending.Video, inventedVideo) }

func (f *flow) file(given, invented []byte) []byte {
	code, known := f.faceCode()
	switch {
	case f.ending.NoFiles || !known || !f.last().sawFace():
		return nil
	case code != 0:
		return given
	}
	return orInvented(given, invented)
}

// A CloudResult is what a mini program or an SDK tells its App. The code says
// how the face part ended, or why the person was turned away: 14 for a flow
// that is over, 15 for one that is too old. Only the platform's answer to the
// backend counts.
type CloudResult struct {
	Token   string // the BizToken, EidToken, SdkToken, FaceIdToken, NFCToken or ReqId
	Code    int
	Message string
	Left    bool // the person left before the end
}

// RunMiniProgram runs the WeChat mini program that starts a verification with a
// BizToken. The person ends as scripted, and may come again with the same token
// until an attempt has passed or the token is too old.
func (s *Server) RunMiniProgram(ctx context.Context, bizToken string) (*CloudResult, error) {
	return s.runCloud(ctx, "RunMiniProgram", bizToken, wechatFlow)
}

// RunEid runs the mini program of E证通 with an EidToken.
func (s *Server) RunEid(ctx context.Context, eidToken string) (*CloudResult, error) {
	return s.runCloud(ctx, "RunEid", eidToken, eidFlow)
}

func (s *Server) runCloud(ctx context.Context, who, token string, kind flowKind) (*CloudResult, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	f := s.cloud.flows[token]
	if f == nil || f.kind != kind {
		return nil, errors.New("faceidtest: " + who + ": the platform knows no such token")
	}
	if code := cmp.Or(f.elsewhere(false), s.mayRun(f)); code != 0 {
		return &CloudResult{Token: token, Code: code, Message: f.turnedAway(code)}, nil
	}
	e := s.scriptedCloud(f)
	if why := f.cannotEnd(e); why != "" {
		return nil, fmt.Errorf("faceidtest: %s: %s", who, why)
	}
	s.perform(f, e)
	code, known := f.faceCode()
	r := &CloudResult{Token: token, Code: code, Message: f.message(code), Left: f.left}
	if !known {
		r.Code, r.Message = 17, f.turnedAway(17)
	}
	return r, nil
}

// turnedAway returns the words that the person reads for a code.
func (f *flow) turnedAway(code int) string {
	switch f.kind {
	case webIntl, sdkIntl, selfieIntl, livenessIntl:
		return intlMessages[code]
	case appSDK, riskSDK:
		return appMessages[code]
	}
	return tryMessages[code]
}

// cannotEnd tells why the person of this flow cannot end like this, or returns
// "".
func (f *flow) cannotEnd(e CloudEnding) string {
	switch most := f.retries(); {
	case f.will == nil && (e.Intention.Code != 0 || len(e.Intention.Heard) > 0):
		return "the flow does not ask for an intention, so nobody can be asked"
	case e.CardFail && !f.reads:
		return "the flow reads no document"
	case len(f.tries)+len(e.Attempts) > most:
		return fmt.Sprintf("the flow allows %d attempts", most)
	case f.kind == appSDK || f.kind == riskSDK:
		return f.cannotEndInApp(e)
	}
	return ""
}
