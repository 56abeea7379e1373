package faceid

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"
)

// EidIntentionMode is how the will is expressed in a flow of E证通. Other actions
// number the same ways differently.
type EidIntentionMode string

// The ways of E证通. The platform's default is EidIntentionReading.
const (
	EidIntentionReading   EidIntentionMode = "1" // with IntentionVerifyText
	EidIntentionQuestions EidIntentionMode = "2" // with IntentionQuestions
	EidIntentionNod       EidIntentionMode = "3" // with IntentionActions
)

// EidInputType is how name and number come into a flow of E证通.
type EidInputType string

// The ways. The platform's default is EidInputOCRBoth.
const (
	EidInputOCRBoth  EidInputType = "1" // both sides of the card
	EidInputOCRFront EidInputType = "2" // the side with the portrait
	EidInputTyped    EidInputType = "3" // by the person
	EidInputGiven    EidInputType = "4" // Name and IDCard of the request
)

// EidStatus is how far a flow of E证通 is.
type EidStatus string

// The states.
const (
	EidInit     EidStatus = "init"
	EidDoing    EidStatus = "doing"
	EidFinished EidStatus = "finished"
	EidTimeout  EidStatus = "timeout"
)

// eidTokenLife is how long an EidToken can be used.
const eidTokenLife = 600 * time.Second

// GetEidToken opens a flow of E证通: a mini program (EidToken), or a page or QR
// code (URL, once, within 10 minutes). The EidToken lives 600 s; its result is
// kept 3 days. It is not repeated after a network error that may have reached
// the platform.
//
// API: https://cloud.tencent.com/document/product/1007/54089
func (c *Client) GetEidToken(ctx context.Context, r GetEidTokenRequest) (*GetEidTokenResult, error) {
	const op = "GetEidToken"
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
	var result GetEidTokenResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, private: private, read: func(_ string, err error) error {
		if err == nil && result.EidToken == "" {
			return badCloudAnswer(op, result.RequestID, "EidToken")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	result.WillAsked = r.Config != nil && r.Config.UseIntentionVerify
	return &result, nil
}

func (r *GetEidTokenRequest) check(op string) error {
	if err := checkToken(op, "MerchantID", r.MerchantID); err != nil {
		return err
	}
	if err := checkLength(op, "MerchantID", r.MerchantID, maxMerchantID); err != nil {
		return err
	}
	if err := r.sealing().checkOwn(op); err != nil {
		return err
	}
	if err := checkCloudIdentity(op, r.IDCard, r.Name, r.Encryption); err != nil {
		return err
	}
	if !r.Encryption.covers("IdCard") {
		if err := checkLength(op, "IDCard", r.IDCard, maxCloudName); err != nil {
			return err
		}
	}
	if err := checkCloudURL(op, r.RedirectURL, "token"); err != nil {
		return err
	}
	if err := checkLength(op, "Extra", r.Extra, maxCloudExtra); err != nil {
		return err
	}
	if r.Config == nil {
		return nil
	}
	return r.Config.check(op, r)
}

func (c *GetEidTokenConfig) check(op string, r *GetEidTokenRequest) error {
	switch c.InputType {
	case "", EidInputOCRBoth, EidInputOCRFront, EidInputTyped:
	case EidInputGiven:
		if r.Name == "" || r.IDCard == "" {
			return badArgument(op, "Name", "and IDCard are required with EidInputGiven")
		}
	default:
		return badArgument(op, "Config.InputType", "must be one of the EidInput constants")
	}
	switch c.IntentionMode {
	case "", EidIntentionReading, EidIntentionQuestions, EidIntentionNod:
	default:
		return badArgument(op, "Config.IntentionMode", "must be one of the EidIntention constants")
	}
	if c.Speed > 3 {
		return badArgument(op, "Config.Speed", "must be 0 to 3")
	}
	if err := c.checkAsked(op); err != nil {
		return err
	}
	return checkIntention(op, "Config.", c.IntentionVerifyText, c.IntentionQuestions, c.IntentionActions)
}

// checkAsked: what is to be asked and what is switched on must agree, or the flow
// would pass without anybody being asked.
func (c *GetEidTokenConfig) checkAsked(op string) error {
	given := map[EidIntentionMode]bool{
		EidIntentionReading: c.IntentionVerifyText != "", EidIntentionQuestions: len(c.IntentionQuestions) > 0, EidIntentionNod: len(c.IntentionActions) > 0,
	}
	mode := cmp.Or(c.IntentionMode, EidIntentionReading)
	for _, other := range []EidIntentionMode{EidIntentionReading, EidIntentionQuestions, EidIntentionNod} {
		switch is := given[other]; {
		case is && !c.UseIntentionVerify:
			return badArgument(op, "Config.UseIntentionVerify", "is false, but there is something to ask: nobody would be asked")
		case is && other != mode:
			return badArgument(op, "Config.IntentionMode", "is %q, but what is given belongs to mode %s: nobody would be asked that", string(c.IntentionMode), string(other))
		}
	}
	switch {
	case !c.UseIntentionVerify && c.IntentionMode != "":
		return badArgument(op, "Config.UseIntentionVerify", "is false, but IntentionMode is set: nobody would be asked")
	case c.UseIntentionVerify && !given[mode]:
		return badArgument(op, "Config.UseIntentionVerify", "is true, but there is nothing to ask in mode %s", string(mode))
	}
	return nil
}

// CheckEidTokenStatus asks how far a flow of E证通 is. WaitEid does it until it is
// over.
//
// API: https://cloud.tencent.com/document/product/1007/58231
func (c *Client) CheckEidTokenStatus(ctx context.Context, r CheckEidTokenStatusRequest) (*CheckEidTokenStatusResult, error) {
	return c.checkEidTokenStatus(ctx, "CheckEidTokenStatus", r)
}

func (c *Client) checkEidTokenStatus(ctx context.Context, op string, r CheckEidTokenStatusRequest) (*CheckEidTokenStatusResult, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := checkToken(op, "EidToken", r.EidToken); err != nil {
		return nil, err
	}
	var result CheckEidTokenStatusResult
	if _, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: "CheckEidTokenStatus", reads: true, private: []string{r.EidToken}}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

const (
	eidPoll     = time.Second
	eidFailures = 3 // in a row
)

// WaitEid asks every second how far a flow is, and returns EidFinished or
// EidTimeout once it is there: begin right after GetEidToken. It gives up after
// three failures in a row, when the token has lived its 600 s (ErrExpired), or
// when ctx ends; with an error comes the last state that was seen.
func (c *Client) WaitEid(ctx context.Context, eidToken string) (EidStatus, error) {
	const op = "WaitEid"
	var last EidStatus
	failures := 0
	for end := time.Now().Add(eidTokenLife); ; {
		result, err := c.checkEidTokenStatus(ctx, op, CheckEidTokenStatusRequest{EidToken: eidToken})
		switch {
		case err == nil:
			failures, last = 0, result.Status
			if last == EidFinished || last == EidTimeout {
				return last, nil
			}
		case !errors.Is(err, ErrNetwork) && !errors.Is(err, ErrService) && !errors.Is(err, ErrRateLimited):
			return last, err
		default:
			if failures++; failures == eidFailures {
				return last, err
			}
		}
		if !time.Now().Before(end) {
			return last, &Error{Op: op, Family: ErrExpired, Err: errors.New("the EidToken has lived its 600 s")}
		}
		if err := sleep(ctx, eidPoll); err != nil {
			return last, &Error{Op: op, Err: err}
		}
	}
}

// GetEidResult asks for the result of a flow of E证通. Name and number are not in
// Text: they are encrypted in EidInfo, see EidKey. InfoVideo is not among its
// parts.
//
// API: https://cloud.tencent.com/document/product/1007/54090
func (c *Client) GetEidResult(ctx context.Context, r GetEidResultRequest) (*GetEidResultResult, error) {
	return c.getEidResult(ctx, "GetEidResult", r)
}

func (c *Client) getEidResult(ctx context.Context, op string, r GetEidResultRequest) (*GetEidResultResult, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := checkToken(op, "EidToken", r.EidToken); err != nil {
		return nil, err
	}
	if r.BestFramesCount > maxEidBestFrame {
		return nil, badArgument(op, "BestFramesCount", "is %d, at most %d are given", r.BestFramesCount, maxEidBestFrame)
	}
	if err := r.InfoType.check(op, InfoText|InfoIDCard|InfoBestFrame|InfoReading|InfoIntention); err != nil {
		return nil, err
	}
	var result GetEidResultResult
	if _, err := c.act(ctx, cloudCall{
		op: op, site: SiteChina, action: "GetEidResult", reads: true, private: []string{r.EidToken}, to: r.MediaTo,
	}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

// Code returns how the face did, in the tables of E证通 (see Explain with
// ProductEid and ChannelWeChat); "" while the flow has not ended.
func (r *GetEidResultResult) Code() Code { return r.ending().code() }

// Passed reports whether the flow ended with a pass and, where it asks for the
// will, with consent. Whether it was the right person, ConfirmEid tells: after
// it, Passed says what the decision said.
func (r *GetEidResultResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *GetEidResultResult) Err() error {
	if r == nil {
		return errNoRecord("GetEidResult")
	}
	return r.decided.or(r.ending().verdict("GetEidResult", r.RequestID, false))
}

// Family returns what kind of outcome it is: ErrNoResult while the flow has not
// ended.
func (r *GetEidResultResult) Family() Family { return familyOfResult(r) }

// Charged reports whether any attempt of the flow is charged; ChargedUnknown if
// InfoText was not asked for. See ChargeCount.
func (r *GetEidResultResult) Charged() Charged { return r.ending().charged() }

// IntentionCode returns how the will was expressed: 0 is well. ok is false if
// the flow asked for none, the face failed before, or the parts InfoReading and
// InfoIntention were not asked for.
func (r *GetEidResultResult) IntentionCode() (code int64, ok bool) { return r.ending().intention() }

// ChargeCount returns how many attempts of the flow are charged; InfoText must be
// among the parts.
func (r *GetEidResultResult) ChargeCount() int { return r.ending().chargeCount() }

func (r *GetEidResultResult) ending() flowEnding {
	if r == nil {
		return flowEnding{}
	}
	return flowEnding{r.Text, r.IsVerifyIntention, r.IntentionVerifyType, r.IntentionVerifyData, r.IntentionQuestionResult, r.IntentionActionResult}
}

// ConfirmEid is ConfirmDetect for a flow of E证通. Name and number come in
// EidInfo only, encrypted, and only where their return is granted: with
// r.EidKey they are decrypted and compared, too, and a key that does not fit is
// ErrEidDecrypt. Without them nobody can be told apart by the result, and a named
// person is ErrOtherPerson ("not reported"). Where the flow was opened with
// EidInputGiven, PersonAsOpened decides about the person of GetEidToken; where
// the person brought a card or typed, only AnyPerson is left, and EidInfo.EidCode
// tells one person from another.
func (c *Client) ConfirmEid(ctx context.Context, r GetEidResultRequest, person Person) (*GetEidResultResult, error) {
	const op = "ConfirmEid"
	return decide(ctx, c, Event{Op: op, Product: ProductEid}, func() (*GetEidResultResult, error) {
		return c.confirmEid(ctx, op, r, person)
	})
}

func (c *Client) confirmEid(ctx context.Context, op string, r GetEidResultRequest, person Person) (*GetEidResultResult, error) {
	if err := person.checkExpected(op); err != nil {
		return nil, err
	}
	if r.InfoType != InfoAll {
		r.InfoType |= InfoText | InfoReading | InfoIntention
	}
	result, err := c.getEidResult(ctx, op, r)
	if err != nil {
		return nil, err
	}
	end := result.ending()
	reports := end.identities()
	if r.EidKey != nil && end.verdict(op, "", false) == nil {
		who, err := r.EidKey.Decrypt(result.EidInfo)
		if err != nil {
			bad := &Error{Op: op, Family: ErrBadAnswer, HTTPStatus: http.StatusOK, RequestID: redactText(result.RequestID, nil), Err: err}
			return result, result.decided.settle(bad)
		}
		if who != nil {
			reports = append(reports, identity{place: "EidInfo", numbers: []string{who.IDNum}, names: []string{who.Name}})
		}
	}
	return result, result.decided.settle(end.decide(op, result.RequestID, r.WillAsked, &person, reports))
}
