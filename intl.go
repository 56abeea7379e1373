package faceid

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
)

// IntlIDCardType is a kind of document of the web flow. The platform's list grows,
// so other values than the constants are sent too.
type IntlIDCardType string

// These are the known kinds. Not all of them are open to every account.
const (
	IntlHKIDCard                  IntlIDCardType = "HKIDCard"
	IntlMLIDCard                  IntlIDCardType = "MLIDCard"
	IntlIndonesiaIDCard           IntlIDCardType = "IndonesiaIDCard"
	IntlIndonesiaDrivingLicense   IntlIDCardType = "IndonesiaDrivingLicense"
	IntlPhilippinesVoteID         IntlIDCardType = "PhilippinesVoteID"
	IntlPhilippinesDrivingLicense IntlIDCardType = "PhilippinesDrivingLicense"
	IntlPhilippinesTinID          IntlIDCardType = "PhilippinesTinID"
	IntlPhilippinesSSSID          IntlIDCardType = "PhilippinesSSSID"
	IntlPhilippinesUMID           IntlIDCardType = "PhilippinesUMID"
	IntlPhilippinesIDCard         IntlIDCardType = "PhilippinesIDCard"
	IntlInternationalIDPassport   IntlIDCardType = "InternationalIDPassport"
	IntlThailandIDCard            IntlIDCardType = "ThailandIDCard"
	IntlThailandDrivingLicense    IntlIDCardType = "ThailandDrivingLicense"
	IntlMLDrivingLicense          IntlIDCardType = "MLDrivingLicense"
	IntlSingaporeIDCard           IntlIDCardType = "SingaporeIDCard"
	IntlSingaporeDrivingLicense   IntlIDCardType = "SingaporeDrivingLicense"
	IntlJapanIDCard               IntlIDCardType = "JapanIDCard"
	IntlJapanDrivingLicense       IntlIDCardType = "JapanDrivingLicense"
	IntlMacaoIDCard               IntlIDCardType = "MacaoIDCard"
	IntlMainlandIDCard            IntlIDCardType = "MainlandIDCard"
)

// These are the values of WebVerificationConfigIntl.CheckMode and
// ApplySdkVerificationTokenRequest.CheckMode. They say what an international flow
// does.
const (
	IntlDocumentAndFace int64 = 1 // reads the document, and compares the face with it
	IntlFace            int64 = 2 // compares the face with CompareImage; the default on the web
	IntlLiveness        int64 = 3 // finds out whether a live person is there
	IntlDocument        int64 = 4 // reads the document; web only
)

const maxIntlImage = 8 << 20

// ApplyWebVerificationBizTokenIntl opens a flow in a browser. Config says what the
// flow does, or else RuleID does; without both it compares the face with
// CompareImage. The BizToken and its URL live 10 minutes. Keep the token in the
// user's own session. The result of the flow is kept 3 days. The call is not
// repeated after a network error if the request may have reached the platform.
//
// API: https://www.tencentcloud.com/document/product/1061/56227
func (c *Client) ApplyWebVerificationBizTokenIntl(ctx context.Context, r ApplyWebVerificationBizTokenIntlRequest) (*ApplyWebVerificationBizTokenIntlResult, error) {
	const op = "ApplyWebVerificationBizTokenIntl"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := r.validate(op); err != nil {
		return nil, err
	}
	var result ApplyWebVerificationBizTokenIntlResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteInternational, action: op, finish: func(_ string, err error) error {
		if err == nil && (result.BizToken == "" || result.VerificationURL == "") {
			return badCloudAnswer(op, result.RequestID, "BizToken and VerificationURL")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

func (r *ApplyWebVerificationBizTokenIntlRequest) validate(op string) error {
	if err := validateRedirectURL(op, r.RedirectURL, "token"); err != nil {
		return err
	}
	if u, err := url.Parse(r.RedirectURL); err != nil || u.Path == "" {
		return badArgument(op, "RedirectURL", "must have a path, if only /")
	}
	if err := validateLength(op, "Extra", r.Extra, 1000); err != nil {
		return err
	}
	if err := validateImage(op, "CompareImage", r.CompareImage, maxIntlImage, "8 MB"); err != nil {
		return err
	}
	// A setting of Config goes before that of RuleID, which goes before the default.
	var config WebVerificationConfigIntl
	if r.Config != nil {
		config = *r.Config
	}
	mode := config.CheckMode
	if mode == 0 && r.RuleID == "" {
		mode = IntlFace
	}
	switch {
	case mode != 0 && (mode < IntlDocumentAndFace || mode > IntlDocument):
		return badArgument(op, "Config.CheckMode", "must be one of IntlDocumentAndFace, IntlFace, IntlLiveness, IntlDocument")
	case config.LivenessRetryLimit < 0 || config.LivenessRetryLimit > 99:
		return badArgument(op, "Config.LivenessRetryLimit", "must be 1 to 99, or 0 for the default")
	case config.LivenessTimeout != nil && *config.LivenessTimeout > 600:
		return badArgument(op, "Config.LivenessTimeout", "must be 0 to 600 seconds")
	case (mode == IntlDocumentAndFace || mode == IntlDocument) && config.IDCardType == "" && r.RuleID == "":
		return badArgument(op, "Config.IDCardType", "is empty: it must name the document that is read")
	case mode == IntlFace && len(r.CompareImage) == 0:
		return badArgument(op, "CompareImage", "is empty, but a face is compared with it unless Config or RuleID say otherwise")
	}
	return nil
}

// IntlState is the state of an international flow.
type IntlState uint8

// These are the states. Only IntlPassed is a pass.
const (
	IntlNotFinished IntlState = iota
	IntlPassed
	IntlFailed
)

// String returns the state in words.
func (s IntlState) String() string {
	return [...]string{"not finished", "passed", "failed"}[min(s, IntlFailed)]
}

func intlState(code Code) IntlState {
	switch {
	case code == "", code.Family() == ErrNoResult:
		return IntlNotFinished
	case code.Number() == "0":
		return IntlPassed
	}
	return IntlFailed
}

// GetWebVerificationResultIntl asks for the result of a flow in a browser.
//
// API: https://www.tencentcloud.com/document/product/1061/56226
func (c *Client) GetWebVerificationResultIntl(ctx context.Context, r GetWebVerificationResultIntlRequest) (*GetWebVerificationResultIntlResult, error) {
	return c.getWebVerificationResultIntl(ctx, "GetWebVerificationResultIntl", r)
}

func (c *Client) getWebVerificationResultIntl(ctx context.Context, op string, r GetWebVerificationResultIntlRequest) (*GetWebVerificationResultIntlResult, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := validateToken(op, "BizToken", r.BizToken); err != nil {
		return nil, err
	}
	var result GetWebVerificationResultIntlResult
	if _, err := c.act(ctx, cloudCall{
		op: op, site: SiteInternational, action: "GetWebVerificationResultIntl", readOnly: true, private: []string{r.BizToken}, to: r.MediaTo,
	}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

// Code returns how the flow ended, in the tables of the international flow. It is
// "" while the flow has not ended.
func (r *GetWebVerificationResultIntlResult) Code() Code {
	if r == nil || r.ErrorCode == nil {
		return ""
	}
	return scoped(scopeIntl, strconv.FormatInt(*r.ErrorCode, 10))
}

// State returns the state of the flow, whoever the person was.
func (r *GetWebVerificationResultIntlResult) State() IntlState { return intlState(r.Code()) }

// Passed reports whether the flow ended with a pass. It does not tell whether it
// was the right person: ConfirmWebVerificationIntl does. On a result of
// ConfirmWebVerificationIntl, Passed reports what the decision was.
func (r *GetWebVerificationResultIntlResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *GetWebVerificationResultIntlResult) Err() error {
	if r == nil {
		return errNoRecord("GetWebVerificationResultIntl")
	}
	return r.decided.or(intlError("GetWebVerificationResultIntl", r.Code(), r.ErrorMsg, r.RequestID))
}

// Family returns what kind of outcome it is: ErrNoResult while the flow has not
// ended.
func (r *GetWebVerificationResultIntlResult) Family() Family { return familyOfResult(r) }

// Charged returns ChargedUnknown, because neither the answer nor the documents say
// which codes are charged.
func (r *GetWebVerificationResultIntlResult) Charged() Charged { return ChargedUnknown }

// ConfirmWebVerificationIntl asks how a flow ended and returns its result with a
// nil error only if this person passed: this is the call to decide on.
//
// person is who is expected. The number, and the name if person has one, are
// compared with every document that was read; names may be in two scripts. If
// something differs, or if no document was read, the result comes with
// ErrOtherPerson. A flow with IntlFace compares the face with its CompareImage, so
// decide about PersonAsOpened. A flow with IntlLiveness accepts any face, so decide
// about AnyPerson. A flow with IntlDocument sees no face: whoever holds the document
// passes. The platform may give what it read in such a flow as JSON only
// (OriginalCardInfo), which is not compared.
//
// If the comparison of the face is reported as a success without a Similarity above
// 0, the error is ErrNotCompared. If the flow passed and its last attempt failed,
// it is ErrBadAnswer.
//
// ErrNoResult means that the flow has not ended. ErrNotPassed comes with the
// result. The redirect that brings the person back has no signature. So ask in the
// session that the flow was opened in, for the BizToken that this session holds.
func (c *Client) ConfirmWebVerificationIntl(ctx context.Context, r GetWebVerificationResultIntlRequest, person Person) (*GetWebVerificationResultIntlResult, error) {
	const op = "ConfirmWebVerificationIntl"
	return decide(ctx, c, Event{Op: op}, func() (*GetWebVerificationResultIntlResult, error) {
		return c.confirmWebIntl(ctx, op, r, person)
	})
}

func (c *Client) confirmWebIntl(ctx context.Context, op string, r GetWebVerificationResultIntlRequest, person Person) (*GetWebVerificationResultIntlResult, error) {
	if err := person.validateExpected(op); err != nil {
		return nil, err
	}
	result, err := c.getWebVerificationResultIntl(ctx, op, r)
	if err != nil {
		return nil, err
	}
	bad := intlError(op, result.Code(), result.ErrorMsg, result.RequestID)
	if bad == nil {
		bad = decideIntl(op, result.RequestID, &person, result.identities(), result.attempt())
	}
	return result, result.decided.settle(bad)
}

// decideIntl returns nil if a flow that passed was about the person p.
func decideIntl(op, requestID string, p *Person, reports []identity, last lastAttempt) error {
	if last.failed && (p.whom != asOpened || last.compared) { // otherwise isIn reports that nobody was compared
		bad := flowError(op, "", requestID, "")
		bad.Family, bad.Err = ErrBadAnswer, errors.New("the flow passed, but its last attempt failed")
		return bad
	}
	err := p.isIn(reports, last.compared)
	if err == nil && p.whom == theNamed && last.unscored { // the document fits, but the comparison of the face has no score
		err = ErrNotCompared
	}
	if err != nil {
		return otherThan(op, "", "", requestID, "", err)
	}
	return nil
}

// intlError returns nil if the flow passed, and otherwise why it did not.
func intlError(op string, code Code, message, requestID string) error {
	state := intlState(code)
	if state == IntlPassed {
		return nil
	}
	bad := flowError(op, code, requestID, redactText(message, nil))
	if state == IntlNotFinished {
		bad.Family, bad.Err = ErrNoResult, errors.New("the flow has not ended")
	}
	return bad
}

// ApplySdkVerificationToken opens a flow in an App. The SDKToken lives 10 minutes.
// The result of the flow is kept 3 days. The call is not repeated after a network
// error if the request may have reached the platform.
//
// API: https://www.tencentcloud.com/document/product/1061/49954
func (c *Client) ApplySdkVerificationToken(ctx context.Context, r ApplySdkVerificationTokenRequest) (*ApplySdkVerificationTokenResult, error) {
	const op = "ApplySdkVerificationToken"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := r.validate(op); err != nil {
		return nil, err
	}
	var result ApplySdkVerificationTokenResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteInternational, action: op, finish: func(_ string, err error) error {
		if err == nil && result.SDKToken == "" {
			return badCloudAnswer(op, result.RequestID, "SdkToken")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

func (r *ApplySdkVerificationTokenRequest) validate(op string) error {
	switch {
	case r.CheckMode != 0 && (r.CheckMode < IntlDocumentAndFace || r.CheckMode > IntlLiveness):
		return badArgument(op, "CheckMode", "must be one of IntlDocumentAndFace, IntlFace, IntlLiveness")
	case r.CheckMode == IntlFace && len(r.CompareImage) == 0:
		return badArgument(op, "CompareImage", "is empty, but with IntlFace the face is compared with it")
	case r.RetryLimit < 0 || r.RetryLimit > 5:
		return badArgument(op, "RetryLimit", "must be 1 to 5, or 0 for the default")
	case r.AllowUploadPhoto && r.EnableForgeryDetectionImages:
		return badArgument(op, "AllowUploadPhoto", "must not be set together with EnableForgeryDetectionImages")
	case base64.StdEncoding.EncodedLen(len(r.CompareImage)) > maxCloudBody:
		return badArgument(op, "CompareImage", "has more base64 than the 10 MB of a request")
	case len(r.CompareImage) > 0 && (!isImage(r.CompareImage) || r.CompareImage[0] == 'B'):
		return badArgument(op, "CompareImage", "is not a JPG or PNG image")
	}
	return validateLength(op, "Extra", r.Extra, maxCloudExtra)
}

// GetSdkVerificationResult asks for the result of a flow in an App. If there were
// several attempts, the last one counts.
//
// API: https://www.tencentcloud.com/document/product/1061/49951
func (c *Client) GetSdkVerificationResult(ctx context.Context, r GetSdkVerificationResultRequest) (*GetSdkVerificationResultResult, error) {
	return c.getSdkVerificationResult(ctx, "GetSdkVerificationResult", r)
}

func (c *Client) getSdkVerificationResult(ctx context.Context, op string, r GetSdkVerificationResultRequest) (*GetSdkVerificationResultResult, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := validateToken(op, "SDKToken", r.SDKToken); err != nil {
		return nil, err
	}
	var result GetSdkVerificationResultResult
	if _, err := c.act(ctx, cloudCall{op: op, site: SiteInternational, action: "GetSdkVerificationResult", readOnly: true, private: []string{r.SDKToken}}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

// Code returns how the flow ended, in the tables of the international flow. It is
// "" while the flow has not ended.
func (r *GetSdkVerificationResultResult) Code() Code {
	if r == nil || r.Result == "" {
		return ""
	}
	return scoped(scopeIntl, r.Result)
}

// State returns the state of the flow, whoever the person was.
func (r *GetSdkVerificationResultResult) State() IntlState { return intlState(r.Code()) }

// Passed reports whether the flow ended with a pass. It does not tell whether it
// was the right person: ConfirmSdkVerification does. On a result of
// ConfirmSdkVerification, Passed reports what the decision was.
func (r *GetSdkVerificationResultResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *GetSdkVerificationResultResult) Err() error {
	if r == nil {
		return errNoRecord("GetSdkVerificationResult")
	}
	return r.decided.or(intlError("GetSdkVerificationResult", r.Code(), r.Description, r.RequestID))
}

// Family returns what kind of outcome it is: ErrNoResult while the flow has not
// ended.
func (r *GetSdkVerificationResultResult) Family() Family { return familyOfResult(r) }

// Charged reports whether the flow was charged, according to its ChargeCount.
func (r *GetSdkVerificationResultResult) Charged() Charged {
	switch {
	case r == nil:
		return ChargedUnknown
	case r.ChargeCount > 0:
		return ChargedYes
	}
	return ChargedNo
}

// ConfirmSdkVerification is ConfirmWebVerificationIntl for a flow in an App. If
// several documents were read, the last one counts, as the platform says. Where the
// person changed a field of it, both forms must agree with the expected person: the
// one that was read and the one that was typed.
func (c *Client) ConfirmSdkVerification(ctx context.Context, r GetSdkVerificationResultRequest, person Person) (*GetSdkVerificationResultResult, error) {
	const op = "ConfirmSdkVerification"
	return decide(ctx, c, Event{Op: op}, func() (*GetSdkVerificationResultResult, error) {
		return c.confirmSdkIntl(ctx, op, r, person)
	})
}

func (c *Client) confirmSdkIntl(ctx context.Context, op string, r GetSdkVerificationResultRequest, person Person) (*GetSdkVerificationResultResult, error) {
	if err := person.validateExpected(op); err != nil {
		return nil, err
	}
	result, err := c.getSdkVerificationResult(ctx, op, r)
	if err != nil {
		return nil, err
	}
	bad := intlError(op, result.Code(), result.Description, result.RequestID)
	if bad == nil {
		bad = decideIntl(op, result.RequestID, &person, result.identities(), result.attempt())
	}
	return result, result.decided.settle(bad)
}

// MarshalJSON writes the result with empty URLs, because whoever has a URL can
// enter the flow. The BizToken is written in full, because the decision needs it.
func (v ApplyWebVerificationBizTokenIntlResult) MarshalJSON() ([]byte, error) {
	type plain ApplyWebVerificationBizTokenIntlResult
	v.VerificationURL, v.VerificationURLDeprecated = "", ""
	return json.Marshal(plain(v))
}

func (r *GetWebVerificationResultIntlResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", "", r.RequestID
}

func (r *GetSdkVerificationResultResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", "", r.RequestID
}
