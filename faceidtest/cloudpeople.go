package faceidtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A CloudEnding is how a verification of API 3.0 ends once its person is in
// front of the camera: in WeChat, with E证通, or on the international site. The
// zero value passes at the first attempt.
type CloudEnding struct {
	// Attempts of liveness and comparison, in order; the last one decides.
	// Empty: one that passes, unless the person quits.
	Attempts []Attempt

	Quits bool // the person leaves after the attempts; the flow is not finished

	Intention Intention // of a flow that asks for one and whose face passed

	// Files. Nil: small invented ones if the last attempt passed, none otherwise.
	BestFrame, Video []byte
	NoFiles          bool // there are none in any case

	// LivenessInfoTag tells of an attack, on Plus and on the international PLUS
	// and PRO.
	LivenessInfoTag []string
	DeviceInfoLevel string // of the international ENHANCED and PLUS

	// Card is what OCR reads where the flow has it; empty fields are invented.
	// Only Name, Sex, Nation, Birth, Address, Number, Authority, ValidDate and
	// the files count, and on the international site Name, Sex, Birth and Number.
	Card     IDCard
	CardFail bool // the document could not be read
	Warnings []int64
}

// An Attempt is one round of liveness and comparison.
type Attempt struct {
	Code       int    // of the platform's tables; 0 passes
	Message    string // empty: the platform's own
	Similarity string // such as "31.50". Empty: invented where faces were compared.
	Charged    Charge // by default what the product's table says
}

// A Charge overrides the platform's table.
type Charge int

// The ways to charge an attempt.
const (
	ByTable    Charge = iota
	Charged           // whatever the code is
	NotCharged        // whatever the code is
)

// An Intention is what a person did when asked to agree.
type Intention struct {
	Code    int      // of the mode's table; 0 agrees. -301 is a wrong answer.
	Message string   // empty: the platform's own
	Heard   []string // by question. Empty: the first answer that counts; the last one is wrong with -301.
	Video   []byte   // nil: a small invented one
}

// CloudPasses passes at the first attempt.
func CloudPasses() CloudEnding { return CloudTries(0) }

// CloudTries makes one attempt per code, for example 1002 and then 0.
func CloudTries(codes ...int) CloudEnding {
	var e CloudEnding
	for _, code := range codes {
		e.Attempts = append(e.Attempts, Attempt{Code: code})
	}
	return e
}

// CloudQuits leaves without an attempt.
func CloudQuits() CloudEnding { return CloudEnding{Quits: true} }

// CloudWrongAnswer passes by face and does not agree.
func CloudWrongAnswer() CloudEnding { return CloudEnding{Intention: Intention{Code: -301}} }

// cloudEndings are the names used on the page and by other languages.
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
// is its BizToken, EidToken or SdkToken, or the Extra it was asked for with,
// which may be scripted before the token is there. A token comes before an
// Extra.
func (s *Server) ScriptCloud(key string, e CloudEnding) {
	if key == "" {
		panic("faceidtest: ScriptCloud: want a token or an Extra")
	}
	e = e.clone()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.scripts[key] = e
}

// ScriptCloudDefault decides how all others end. At first everybody passes.
func (s *Server) ScriptCloudDefault(e CloudEnding) {
	e = e.clone()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.ending, s.cloud.endingWritten = e, true
}

// clone shares nothing with the caller.
func (e CloudEnding) clone() CloudEnding {
	e.Attempts, e.LivenessInfoTag, e.Warnings = slices.Clone(e.Attempts), slices.Clone(e.LivenessInfoTag), slices.Clone(e.Warnings)
	e.Intention.Heard, e.Intention.Video = slices.Clone(e.Intention.Heard), bytes.Clone(e.Intention.Video)
	cloneFiles(&e.BestFrame, &e.Video, &e.Card.FrontPhoto, &e.Card.BackPhoto, &e.Card.FrontCrop, &e.Card.BackCrop, &e.Card.HeadPhoto)
	return e
}

// scriptedCloud is the ending of a flow. The caller holds the lock.
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
	rule     string // RuleId or MerchantId
	product  string // whose table says what is charged
	issued   time.Time
	life     time.Duration
	name, id string
	extra    string
	back     string
	reads    bool // a card is read by OCR
	will     *agreement
	web      webFlow
	sdk      sdkFlow

	opened, over, left bool
	tries              []try
	ending             CloudEnding // of the last run
}

type flowKind int

const (
	wechatFlow flowKind = iota
	eidFlow
	webIntl
	sdkIntl
)

// A try is an attempt that was made.
type try struct {
	Attempt
	at  time.Time
	seq string
}

// newFlow is known from now on, and has a page unless it is an SDK's. The
// caller holds the lock.
func (s *Server) newFlow(f *flow) (url string) {
	c := s.cloud
	f.issued, f.token = s.now(), cloudToken()
	f.serial = 1870 + 3*uint64(len(c.issued)) // a cursor that nobody can guess from the number of lines
	c.issued = append(c.issued, f)
	c.flows[f.token] = f
	if f.kind == sdkIntl {
		return ""
	}
	key := randomText(40)
	c.pages[key] = f
	return s.pageBase() + pathCloudVerify + "?page=" + key
}

// cloudToken has the form of a UUID in capitals.
func cloudToken() string { return string(bytes.ToUpper([]byte(requestID()))) }

// pageBase is BaseURL for those who hold the lock.
func (s *Server) pageBase() string {
	if s.url != "" {
		return s.url
	}
	return unheardOf
}

// flowOf finds a flow of those kinds whose result is still kept; code is that
// of the refusal otherwise. The caller holds the lock.
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

// mayRun tells with which code a person is turned away, or 0.
func (s *Server) mayRun(f *flow) int {
	switch {
	case f.over:
		return 14
	case !s.now().Before(f.issued.Add(s.scaled(f.life))):
		return 15
	}
	return 0
}

// perform lets a flow's person do what an ending says. The caller holds the
// lock and has asked mayRun.
func (s *Server) perform(f *flow, e CloudEnding) {
	e = e.clone()
	if len(e.Attempts) == 0 && !e.Quits {
		e.Attempts = []Attempt{{}}
	}
	f.opened, f.ending, f.left = true, e, e.Quits
	for _, a := range e.Attempts {
		f.tries = append(f.tries, try{Attempt: a, at: s.now(), seq: cloudToken()})
	}
	// In WeChat a token that did not pass can be used again; the others have
	// their retries on the page or in the SDK.
	f.over = !e.Quits && (f.kind != wechatFlow || f.last().Code == 0)
}

// last is the attempt that decides, or nil before there is one.
func (f *flow) last() *try {
	if len(f.tries) == 0 {
		return nil
	}
	return &f.tries[len(f.tries)-1]
}

// faceCode is what the face part ended with.
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
	if f.kind == webIntl || f.kind == sdkIntl {
		return intlMessages[code]
	}
	return tryMessages[code]
}

func (f *flow) tryMessage(t try) string {
	if t.Message != "" {
		return t.Message
	}
	if f.kind == webIntl || f.kind == sdkIntl {
		return intlMessages[t.Code]
	}
	return tryMessages[t.Code]
}

// isCharged follows the table of the product.
func (f *flow) isCharged(t try) bool {
	if t.Charged != ByTable {
		return t.Charged == Charged
	}
	return slices.Contains(charged[f.product], t.Code)
}

// Codes below 1000 are about the call and the document, 1xxx about liveness and
// 2xxx about the comparison; there was one if it was reached.
func (t try) sawFace() bool  { return t.Code == 0 || t.Code >= 1000 }
func (t try) compared() bool { return t.Code == 0 || t.Code >= 2000 }

// similarity is the text of a try, or empty where nobody was compared.
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

// bestFrame and video are the files of the last run.
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

// A CloudResult is what a mini program or an SDK tells its App. Its code says
// how the face part ended, or why the person was turned away: 14 for a flow
// that is over, 15 for one that is too old. Only the platform's answer to the
// backend counts.
type CloudResult struct {
	Token   string // BizToken, EidToken or SdkToken
	Code    int
	Message string
	Left    bool // the person left before the end
}

// RunMiniProgram is the WeChat mini program that starts a verification with a
// BizToken. The person ends as scripted, and may come again with the same token
// until one attempt passed or it is too old.
func (s *Server) RunMiniProgram(ctx context.Context, bizToken string) (*CloudResult, error) {
	return s.runCloud(ctx, "RunMiniProgram", bizToken, wechatFlow)
}

// RunEid is the mini program of E证通 with an EidToken.
func (s *Server) RunEid(ctx context.Context, eidToken string) (*CloudResult, error) {
	return s.runCloud(ctx, "RunEid", eidToken, eidFlow)
}

// RunIntlSDK is the international SDK with an SdkToken.
func (s *Server) RunIntlSDK(ctx context.Context, sdkToken string) (*CloudResult, error) {
	return s.runCloud(ctx, "RunIntlSDK", sdkToken, sdkIntl)
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
	if code := s.mayRun(f); code != 0 {
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
		r.Code, r.Message = 17, tryMessages[17]
	}
	return r, nil
}

// turnedAway is what the person reads.
func (f *flow) turnedAway(code int) string {
	if f.kind == webIntl || f.kind == sdkIntl {
		return intlMessages[code]
	}
	return tryMessages[code]
}

// cannotEnd tells why this flow's person cannot end so, or "".
func (f *flow) cannotEnd(e CloudEnding) string {
	switch most := f.retries(); {
	case f.will == nil && (e.Intention.Code != 0 || len(e.Intention.Heard) > 0):
		return "the flow does not ask for an intention, so nobody can be asked"
	case e.CardFail && !f.reads:
		return "the flow reads no document"
	case len(f.tries)+len(e.Attempts) > most:
		return fmt.Sprintf("the flow allows %d attempts", most)
	}
	return ""
}
