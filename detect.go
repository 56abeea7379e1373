package faceid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
)

// InfoParts says which parts of a result are wanted: InfoText | InfoBestFrame.
// The zero value is InfoAll, with megabytes of media.
type InfoParts uint8

// The parts of a result.
const (
	InfoAll       InfoParts = 0
	InfoText      InfoParts = 1 << 1
	InfoIDCard    InfoParts = 1 << 2 // pictures of the card
	InfoBestFrame InfoParts = 1 << 3
	InfoVideo     InfoParts = 1 << 4 // not of E证通
	InfoReading   InfoParts = 1 << 5 // will, read aloud; not of GetDetectInfo
	InfoIntention InfoParts = 1 << 6 // will, questions and nods; not of GetDetectInfo
)

// String writes the digits that the platform wants: "13" for InfoText |
// InfoBestFrame, "0" for InfoAll.
func (p InfoParts) String() string {
	text := ""
	for digit := 1; digit <= 6; digit++ {
		if p&(1<<digit) != 0 {
			text += strconv.Itoa(digit)
		}
	}
	if text == "" {
		return "0"
	}
	return text
}

// MarshalJSON writes the digits as text.
func (p InfoParts) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

func (p InfoParts) check(op string, allowed InfoParts) error {
	if p&^allowed != 0 {
		return badArgument(op, "InfoType", "names a part that this action does not have")
	}
	return nil
}

// RuleIntentionType is how the will is expressed in a flow of DetectAuth. Other
// actions number the same ways differently.
type RuleIntentionType int64

// The ways of DetectAuth.
const (
	RuleIntentionQuestions RuleIntentionType = 0 // with IntentionQuestions
	RuleIntentionNod       RuleIntentionType = 1 // with IntentionActions
)

// IntentionVerifyType is how the will was expressed, in a result. Requests
// number the same ways differently.
type IntentionVerifyType string

// The ways of a result.
const (
	IntentionVerifiedQuestions IntentionVerifyType = "0"
	IntentionVerifiedNod       IntentionVerifyType = "1"
	IntentionVerifiedReading   IntentionVerifyType = "2"
)

// Limits of the documents: characters, items, and bytes of base64.
const (
	maxCloudName       = 32
	maxCloudURL        = 1024
	maxMerchantID      = 50
	maxCloudExtra      = 1024
	maxCloudQuestion   = 250
	maxCloudAnswers    = 50
	maxCloudAnswer     = 10
	maxCloudRounds     = 10
	maxCloudReading    = 120
	maxDetectImage     = 3 << 20
	maxDetectBestFrame = 10
	maxEidBestFrame    = 3
)

// DetectAuth opens a flow in WeChat: a page (URL) or a mini program (BizToken).
// The BizToken lives 7200 s: keep it with the user's own session, with the time;
// its result is kept 3 days. It is not repeated after a network error that may
// have reached the platform; a second flow costs nothing until it is used.
//
// API: https://cloud.tencent.com/document/product/1007/31816
func (c *Client) DetectAuth(ctx context.Context, r DetectAuthRequest) (*DetectAuthResult, error) {
	const op = "DetectAuth"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := r.check(op); err != nil {
		return nil, err
	}
	private := r.sealing().texts()
	if _, err := c.seal(op, r.sealing()); err != nil {
		return nil, err
	}
	var result DetectAuthResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, private: private, read: func(_ string, err error) error {
		if err == nil && result.BizToken == "" {
			return badCloudAnswer(op, result.RequestID, "BizToken")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	result.WillAsked = r.asksWill()
	return &result, nil
}

// asksWill reports whether the request gives something to ask.
func (r *DetectAuthRequest) asksWill() bool {
	return r.IntentionVerifyText != "" || len(r.IntentionQuestions) > 0 || len(r.IntentionActions) > 0
}

func badCloudAnswer(op, requestID, field string) error {
	return &Error{
		Op: op, Family: ErrBadAnswer, HTTPStatus: http.StatusOK, RequestID: redactText(requestID, nil),
		Err: &wire.TypeError{Field: field, Want: "present"},
	}
}

func (r *DetectAuthRequest) check(op string) error {
	if err := checkToken(op, "RuleID", r.RuleID); err != nil {
		return err
	}
	if err := r.sealing().checkOwn(op); err != nil {
		return err
	}
	if err := checkCloudIdentity(op, r.IDCard, r.Name, r.Encryption); err != nil {
		return err
	}
	if strings.HasSuffix(r.IDCard, "x") && !r.Encryption.covers("IdCard") {
		return badArgument(op, "IDCard", "ends with a small x: it must be a capital X")
	}
	if err := checkCloudURL(op, r.RedirectURL, "BizToken"); err != nil {
		return err
	}
	if err := checkImage(op, "Image", r.Image, maxDetectImage, "3 MB"); err != nil {
		return err
	}
	if err := r.checkAsked(op); err != nil {
		return err
	}
	if err := checkLength(op, "Extra", r.Extra, maxCloudExtra); err != nil {
		return err
	}
	return checkIntention(op, "", r.IntentionVerifyText, r.IntentionQuestions, r.IntentionActions)
}

// checkAsked refuses a request that gives something to ask which its mode does
// not ask: the flow would pass without anybody being asked that. A request
// without a Config has the platform's default, which asks questions.
func (r *DetectAuthRequest) checkAsked(op string) error {
	var config RuleIDConfig
	if r.Config != nil {
		config = *r.Config
	}
	nod := config.IntentionType == RuleIntentionNod
	switch {
	case config.Speed > 3:
		return badArgument(op, "Config.Speed", "must be 0 to 3")
	case !nod && config.IntentionType != RuleIntentionQuestions:
		return badArgument(op, "Config.IntentionType", "must be RuleIntentionQuestions or RuleIntentionNod")
	case r.IntentionVerifyText != "" && (nod || len(r.IntentionQuestions) > 0 || len(r.IntentionActions) > 0):
		return badArgument(op, "IntentionVerifyText", "is read aloud in a mode of its own: give it, or questions, or actions")
	case nod && (len(r.IntentionActions) == 0 || len(r.IntentionQuestions) > 0):
		return badArgument(op, "IntentionActions", "are what RuleIntentionNod asks, and nothing else: otherwise nobody would be asked")
	case !nod && len(r.IntentionActions) > 0:
		return badArgument(op, "Config.IntentionType", "is RuleIntentionQuestions (the default), but there are IntentionActions: nobody would be asked those")
	}
	return nil
}

// GetDetectInfo asks for the result of a flow in the older form: one JSON text,
// see Info. InfoReading and InfoIntention are not among its parts.
//
// API: https://cloud.tencent.com/document/product/1007/33560
func (c *Client) GetDetectInfo(ctx context.Context, r GetDetectInfoRequest) (*GetDetectInfoResult, error) {
	const op = "GetDetectInfo"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := checkToken(op, "BizToken", r.BizToken); err != nil {
		return nil, err
	}
	if err := checkToken(op, "RuleID", r.RuleID); err != nil {
		return nil, err
	}
	if err := r.InfoType.check(op, InfoText|InfoIDCard|InfoBestFrame|InfoVideo); err != nil {
		return nil, err
	}
	var result GetDetectInfoResult
	if _, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, reads: true, private: []string{r.BizToken}, long: true}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

// DetectInfo is what the JSON text of GetDetectInfo holds. Its attempts stand in
// Text.LivenessDetail. It prints without personal data, as its parts do.
type DetectInfo struct {
	Text       *DetectInfoText       // how the flow ended; nil if it was not asked for, as the others
	IDCardData *DetectInfoIDCardData `json:"IdCardData"` // the pictures of the card
	BestFrame  *DetectInfoBestFrame  // the frame that was compared
	VideoData  *DetectInfoVideoData  // the video of the attempt
}

// Format prints how the flow ended, whatever the verb.
func (d DetectInfo) Format(f fmt.State, _ rune) { printShown(f, d) }

// LogValue logs the same as a group.
func (d DetectInfo) LogValue() slog.Value { return logShown(d) }

func (d DetectInfo) shown() shown { return shown{{"Text", factsIn(d.Text)}} }

// Info reads the JSON text.
func (r *GetDetectInfoResult) Info() (*DetectInfo, error) {
	if r == nil {
		return nil, &Error{Op: "GetDetectInfo", Family: ErrNoResult, Err: errors.New("there is no result")}
	}
	var info struct {
		DetectInfo
		Text *struct {
			DetectInfoText
			Detail *struct {
				LivenessData []DetectDetail
			}
		}
	}
	if err := readInner(r.DetectInfo, &info); err != nil {
		return nil, &Error{Op: "GetDetectInfo", Family: ErrBadAnswer, RequestID: redactText(r.RequestID, nil), Err: fmt.Errorf("DetectInfo: %w", err)}
	}
	if info.Text != nil {
		info.DetectInfo.Text = &info.Text.DetectInfoText
		if info.Text.Detail != nil && info.DetectInfo.Text.LivenessDetail == nil {
			info.DetectInfo.Text.LivenessDetail = info.Text.Detail.LivenessData
		}
	}
	return &info.DetectInfo, nil
}

// readInner reads JSON that stood in a string, and its files.
func readInner(text string, result any) error {
	doc, err := wire.ReadBytes([]byte(text), wire.PlaceOf(reflect.TypeOf(result)))
	if err != nil {
		return err
	}
	if err := readTyped(doc.Text, result); err != nil {
		return err
	}
	return doc.Fill("", result)
}

// GetDetectInfoEnhanced asks for the result of a flow. To decide use
// ConfirmDetect, or ask for InfoText|InfoReading|InfoIntention: pictures and
// videos are megabytes. A flow that has not ended has no ErrCode. With
// an Encryption of your own the answer is for FieldKey.Open to read, and the
// methods of the result know nothing of it until then; WithFieldEncryption has it
// decrypted at once.
//
// API: https://cloud.tencent.com/document/product/1007/41957
func (c *Client) GetDetectInfoEnhanced(ctx context.Context, r GetDetectInfoEnhancedRequest) (*GetDetectInfoEnhancedResult, error) {
	return c.getDetectInfoEnhanced(ctx, "GetDetectInfoEnhanced", r)
}

func (c *Client) getDetectInfoEnhanced(ctx context.Context, op string, r GetDetectInfoEnhancedRequest) (*GetDetectInfoEnhancedResult, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := checkToken(op, "BizToken", r.BizToken); err != nil {
		return nil, err
	}
	if err := checkToken(op, "RuleID", r.RuleID); err != nil {
		return nil, err
	}
	if r.BestFramesCount > maxDetectBestFrame {
		return nil, badArgument(op, "BestFramesCount", "is %d, at most %d are given", r.BestFramesCount, maxDetectBestFrame)
	}
	if err := r.InfoType.check(op, InfoText|InfoIDCard|InfoBestFrame|InfoVideo|InfoReading|InfoIntention); err != nil {
		return nil, err
	}
	r.MediaTo = c.guardWriters(ctx, r.MediaTo)
	key, err := c.seal(op, sealing{encryption: &r.Encryption, answer: true})
	if err != nil {
		return nil, err
	}
	var result GetDetectInfoEnhancedResult
	_, err = c.act(ctx, cloudCall{
		op: op, site: SiteChina, action: "GetDetectInfoEnhanced", reads: true, private: []string{r.BizToken}, to: r.MediaTo,
		// LivenessVideos may hold videos as text; so does cipher text.
		long: r.InfoType == InfoAll || r.InfoType&InfoVideo != 0 || r.IsEncryptResponse || r.Encryption != nil,
		read: func(requestID string, err error) error {
			if err == nil {
				err = key.openAnswer(ctx, op, requestID, r.MediaTo, &result)
			}
			return err
		},
	}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

// Code returns how the face did, in the tables of WeChat's channels (see
// Explain with ChannelWeChat); "" while the flow has not ended. With the will
// asked for it is not the last word: see Passed.
func (r *GetDetectInfoEnhancedResult) Code() Code { return r.ending().code() }

// Passed reports whether the flow ended with a pass and, where it asks for the
// will, with consent. Whether it was the right person, ConfirmDetect tells: after
// it, Passed says what the decision said.
func (r *GetDetectInfoEnhancedResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *GetDetectInfoEnhancedResult) Err() error {
	if r == nil {
		return errNoRecord("GetDetectInfoEnhanced")
	}
	return r.decided.or(r.ending().verdict("GetDetectInfoEnhanced", r.RequestID, false))
}

// Family returns what kind of outcome it is: ErrNoResult while the flow has not
// ended.
func (r *GetDetectInfoEnhancedResult) Family() Family { return familyOfResult(r) }

// Charged reports whether any attempt of the flow is charged; ChargedUnknown if
// InfoText was not asked for. See ChargeCount.
func (r *GetDetectInfoEnhancedResult) Charged() Charged { return r.ending().charged() }

// IntentionCode returns how the will was expressed: 0 is well. ok is false if
// the flow asked for none, the face failed before, or the parts InfoReading and
// InfoIntention were not asked for.
func (r *GetDetectInfoEnhancedResult) IntentionCode() (code int64, ok bool) {
	return r.ending().intention()
}

// Final reports whether the face and the charges cannot change any more: the face
// passed, or the BizToken, which was made at createdAt, is more than 2 hours old
// at now. Until then the person may try again, so ask again. Where the will is
// asked for after the face, ErrNoResult of ConfirmDetect says that it is not told
// yet.
func (r *GetDetectInfoEnhancedResult) Final(createdAt, now time.Time) bool {
	return r.Code().Number() == "0" || now.Sub(createdAt) > 2*time.Hour
}

// ChargeCount returns how many attempts of the flow are charged: what the bill
// will say.
func (r *GetDetectInfoEnhancedResult) ChargeCount() int { return r.ending().chargeCount() }

// sealedFields are those that the platform encrypts, where it does.
func (r *GetDetectInfoEnhancedResult) sealedFields() []*string {
	if r.Text == nil {
		return nil
	}
	all := []*string{&r.Text.IDCard, &r.Text.Name, &r.Text.OCRIDCard, &r.Text.OCRName}
	for i := range r.Text.LivenessDetail {
		all = append(all, &r.Text.LivenessDetail[i].IDCard, &r.Text.LivenessDetail[i].Name)
	}
	return all
}

func (r *GetDetectInfoEnhancedResult) ending() flowEnding {
	if r == nil {
		return flowEnding{}
	}
	return flowEnding{r.Text, r.IsVerifyIntention, r.IntentionVerifyType, r.IntentionVerifyData, r.IntentionQuestionResult, r.IntentionActionResult}
}

// flowEnding is what decides a flow of WeChat or E证通.
type flowEnding struct {
	text      *DetectInfoText
	asked     *bool // nil: the answer does not say
	kind      IntentionVerifyType
	reading   *IntentionVerifyData
	questions *IntentionQuestionResult
	nods      *IntentionActionResult
}

func (e flowEnding) code() Code {
	if e.text == nil || e.text.ErrCode == nil {
		return ""
	}
	return scoped(scopeWeChat, strconv.FormatInt(*e.text.ErrCode, 10))
}

func (e flowEnding) chargeCount() int {
	if e.text == nil {
		return 0
	}
	n := 0
	for _, attempt := range e.text.LivenessDetail {
		if attempt.IsNeedCharge != nil && *attempt.IsNeedCharge {
			n++
		}
	}
	return n
}

func (e flowEnding) charged() Charged {
	switch {
	case e.text == nil:
		return ChargedUnknown
	case e.chargeCount() > 0:
		return ChargedYes
	}
	return ChargedNo
}

// refused returns a code of the will that is not 0, whatever the flags say. ok
// is false if there is none.
func (e flowEnding) refused() (code int64, ok bool) {
	var codes []*int64
	if e.questions != nil {
		codes = append(codes, e.questions.FinalResultDetailCode)
	}
	if e.nods != nil {
		codes = append(codes, e.nods.FinalResultDetailCode)
	}
	if e.reading != nil {
		codes = append(codes, e.reading.ErrorCode)
	}
	for _, code := range codes {
		if code != nil && *code != 0 {
			return *code, true
		}
	}
	// All questions together have an older code too, as text: 0 is a pass there.
	if e.questions != nil && e.questions.FinalResultCode != "" && e.questions.FinalResultCode != "0" {
		return -1, true
	}
	return 0, false
}

func (e flowEnding) intention() (int64, bool) {
	var code *int64
	switch {
	case e.asked == nil || !*e.asked:
	case e.kind == IntentionVerifiedQuestions && e.questions != nil:
		code = e.questions.FinalResultDetailCode
	case e.kind == IntentionVerifiedNod && e.nods != nil:
		code = e.nods.FinalResultDetailCode
	case e.kind == IntentionVerifiedReading && e.reading != nil:
		code = e.reading.ErrorCode
	}
	if code == nil {
		return 0, false
	}
	return *code, true
}

// verdict is nil if the flow passed. demanded says that the will must have been
// given, whatever the answer says of having asked for it.
func (e flowEnding) verdict(op, requestID string, demanded bool) error {
	code := e.code()
	if code != "" && code.Number() != "0" {
		return cloudVerdict(op, code, requestID, redactText(e.text.ErrMsg, []string{e.text.Name, e.text.IDCard, e.text.OCRName, e.text.OCRIDCard}))
	}
	bad := cloudVerdict(op, "", requestID, "")
	if e.contradicts() {
		bad.Family, bad.Err = ErrBadAnswer, errors.New("the flow has code 0, and its face has not")
		return bad
	}
	_, ok := e.intention()
	refused, isRefused := e.refused()
	switch {
	case code == "":
		bad.Family, bad.Err = ErrNoResult, errors.New("the flow has not ended")
	case isRefused:
		bad.Family, bad.Err = FamilyWillMismatch, fmt.Errorf("%w: the will was not expressed (code %d)", ErrNotPassed, refused)
	case e.asked == nil:
		bad.Family, bad.Err = ErrBadAnswer, &wire.TypeError{Field: "IsVerifyIntention", Want: "present"}
	case !*e.asked && demanded:
		bad.Family, bad.Err = FamilyWillMismatch, fmt.Errorf("%w: the flow did not ask for the will: its RuleId needs 增加意愿确认, or its Config UseIntentionVerify", ErrNotPassed)
	case !*e.asked || ok: // and it is 0
		return nil
	case e.reading == nil && e.questions == nil && e.nods == nil:
		bad.Family, bad.Err = ErrNoResult, errors.New("the flow asks for the will, which is not told yet")
	default:
		bad.Family, bad.Err = ErrBadAnswer, errors.New("the flow asks for the will, and the answer does not tell it")
	}
	return bad
}

// decide is verdict for a decision about a person.
func (e flowEnding) decide(op, requestID string, demanded bool, p *Person, reports []identity) error {
	if err := e.verdict(op, requestID, demanded); err != nil {
		return err
	}
	err := p.isIn(reports, e.compared())
	if err == nil && p.whom == theNamed && !e.compared() { // somebody passed beside a name
		err = ErrNotCompared
	}
	if err != nil {
		return otherThan(op, "", "", requestID, "", err)
	}
	return nil
}

// contradicts reports whether a part of the face failed under a code of 0.
func (e flowEnding) contradicts() bool {
	failed := func(code *int64) bool { return code != nil && *code != 0 }
	return e.text != nil && e.text.ErrCode != nil && *e.text.ErrCode == 0 && (failed(e.text.LiveStatus) || failed(e.text.CompareStatus))
}

// compared reports whether the face was compared with somebody's.
func (e flowEnding) compared() bool {
	return e.text != nil && e.text.CompareStatus != nil && *e.text.CompareStatus == 0 && parseScore(e.text.Sim).compared()
}

// identities are all that the texts of a flow report: who was verified, what was
// read from a card, and who the attempt that passed was.
func (e flowEnding) identities() []identity {
	if e.text == nil {
		return nil
	}
	all := []identity{
		{place: "Text", numbers: []string{e.text.IDCard}, names: []string{e.text.Name}},
		{place: "Ocr", numbers: []string{e.text.OCRIDCard}, names: []string{e.text.OCRName}},
	}
	for _, attempt := range e.text.LivenessDetail {
		if attempt.ErrCode != nil && *attempt.ErrCode == 0 {
			all = append(all, identity{place: "LivenessDetail", numbers: []string{attempt.IDCard}, names: []string{attempt.Name}})
		}
	}
	return all
}

// cloudVerdict is what a code other than 0 says of a flow. Only a code that is an
// outcome says that the person did not pass: trouble and unknown codes do not.
func cloudVerdict(op string, code Code, requestID, message string) *Error {
	bad := &Error{Op: op, Code: code, Family: code.Family(), Message: message, HTTPStatus: http.StatusOK, RequestID: redactText(requestID, nil)}
	if code.kind() == catalog.Outcome {
		bad.Err = ErrNotPassed
	}
	return bad
}

// ConfirmDetect asks how a flow ended and returns its result with a nil error
// only if this person passed: this is the call to decide on. It asks for the
// texts and for the will whatever InfoType leaves out.
//
// person is who is expected. A RuleId may be set so that the card that was read,
// or what was typed, counts and what DetectAuth was given does not: then any
// person with a card of their own ends with a pass. So the number, and the name
// if person has one, are compared with all that the platform reports: Text, what
// was read from the card, and the attempt that passed. If something differs or
// is not reported, the result comes with ErrOtherPerson; if the answer says of no
// comparison of the face (Comparestatus 0 and Sim), with ErrNotCompared. AnyPerson decides about
// nobody in particular, PersonAsOpened about the Image that DetectAuth was given.
//
// WillAsked in the request, as DetectAuth said in its result, demands that the
// will was given: a RuleId without 增加意愿确认 asks nobody anything, and says so
// with IsVerifyIntention. An answer without that flag is ErrBadAnswer.
//
// ErrNoResult means that
// the flow has not ended (see Final); ErrNotPassed comes with the result, and so
// does any other code of it: trouble (ErrService), a flow that was not used
// (ErrExpired), a code that is not known (ErrUnknownCode).
//
// The redirect that brings the person back is not signed: ask in the session
// that the flow was opened in, for the BizToken that it holds.
func (c *Client) ConfirmDetect(ctx context.Context, r GetDetectInfoEnhancedRequest, person Person) (*GetDetectInfoEnhancedResult, error) {
	const op = "ConfirmDetect"
	return decide(ctx, c, Event{Op: op}, func() (*GetDetectInfoEnhancedResult, error) {
		return c.confirmDetect(ctx, op, r, person)
	})
}

func (c *Client) confirmDetect(ctx context.Context, op string, r GetDetectInfoEnhancedRequest, person Person) (*GetDetectInfoEnhancedResult, error) {
	if err := person.checkExpected(op); err != nil {
		return nil, err
	}
	switch {
	case r.IsEncryptResponse && (r.Encryption != nil || c.fields == nil):
		return nil, badArgument(op, "IsEncryptResponse", "hides what decides: use WithFieldEncryption, or GetDetectInfoEnhanced")
	case r.Encryption != nil && person.whom != anybody:
		return nil, badArgument(op, "Encryption", "hides who passed: use WithFieldEncryption, or AnyPerson")
	}
	if r.InfoType != InfoAll {
		r.InfoType |= InfoText | InfoReading | InfoIntention
	}
	result, err := c.getDetectInfoEnhanced(ctx, op, r)
	if err != nil {
		return nil, err
	}
	end := result.ending()
	return result, result.decided.settle(end.decide(op, result.RequestID, r.WillAsked, &person, end.identities()))
}

// RedirectBizToken returns the BizToken that a redirect to a RedirectURL of
// DetectAuth carries, "" if there is none or several. Nothing is signed: compare
// it with the one of this session, and never look a person up by it.
func RedirectBizToken(r *http.Request) string { return redirectToken(r, "BizToken") }

// RedirectToken is RedirectBizToken for E证通 (the EidToken) and for the
// international flow (the BizToken).
func RedirectToken(r *http.Request) string { return redirectToken(r, "token") }

func redirectToken(r *http.Request, name string) string {
	if r == nil || r.URL == nil {
		return ""
	}
	values := r.URL.Query()[name]
	if len(values) != 1 {
		return ""
	}
	return values[0]
}
