package faceid

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
)

// EidIntentionMode is how the will is expressed in a flow of E证通. Other actions
// number the same ways differently.
type EidIntentionMode string

// These are the ways of E证通. The platform's default is EidIntentionReading.
const (
	EidIntentionReading   EidIntentionMode = "1" // with IntentionVerifyText
	EidIntentionQuestions EidIntentionMode = "2" // with IntentionQuestions
	EidIntentionNod       EidIntentionMode = "3" // with IntentionActions
)

// EidInputType is how name and number come into a flow of E证通.
type EidInputType string

// These are the ways. The platform's default is EidInputOCRBoth.
const (
	EidInputOCRBoth  EidInputType = "1" // read from both sides of the card
	EidInputOCRFront EidInputType = "2" // read from the side with the portrait
	EidInputTyped    EidInputType = "3" // typed by the person
	EidInputGiven    EidInputType = "4" // given as Name and IDCard of the request
)

// EidStatus is how far a flow of E证通 has come.
type EidStatus string

// These are the states.
const (
	EidInit     EidStatus = "init"
	EidDoing    EidStatus = "doing"
	EidFinished EidStatus = "finished"
	EidTimeout  EidStatus = "timeout"
)

// eidTokenLife is how long an EidToken can be used.
const eidTokenLife = 600 * time.Second

// GetEidToken opens a flow of E证通: a mini program (EidToken), or a page or QR
// code (URL, once, within 10 minutes). The EidToken lives 600 s. The result of the
// flow is kept 3 days. The call is not repeated after a network error if the
// request may have reached the platform.
//
// API: https://cloud.tencent.com/document/product/1007/54089
func (c *Client) GetEidToken(ctx context.Context, r GetEidTokenRequest) (*GetEidTokenResult, error) {
	const op = "GetEidToken"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := r.validate(op); err != nil {
		return nil, err
	}
	private := fieldTexts(r.encryption())
	if _, err := c.encryptRequest(op, r.encryption()); err != nil {
		return nil, err
	}
	var result GetEidTokenResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, private: private, finish: func(_ string, err error) error {
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

func (r *GetEidTokenRequest) validate(op string) error {
	if err := validateToken(op, "MerchantID", r.MerchantID); err != nil {
		return err
	}
	if err := validateLength(op, "MerchantID", r.MerchantID, maxMerchantID); err != nil {
		return err
	}
	if err := validateEncryption(op, r.encryption()); err != nil {
		return err
	}
	if err := validateCloudIdentity(op, r.IDCard, r.Name, r.Encryption); err != nil {
		return err
	}
	if !r.Encryption.covers("IdCard") {
		if err := validateLength(op, "IDCard", r.IDCard, maxCloudName); err != nil {
			return err
		}
	}
	if err := validateCloudURL(op, r.RedirectURL, "token"); err != nil {
		return err
	}
	if err := validateLength(op, "Extra", r.Extra, maxCloudExtra); err != nil {
		return err
	}
	if r.Config == nil {
		return nil
	}
	return r.Config.validate(op, r)
}

func (c *GetEidTokenConfig) validate(op string, r *GetEidTokenRequest) error {
	switch c.InputType {
	case "", EidInputOCRBoth, EidInputOCRFront, EidInputTyped:
	case EidInputGiven:
		if r.Name == "" || r.IDCard == "" {
			return badArgument(op, "Name", "is required with EidInputGiven, and IDCard is too")
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
	if err := c.validateAsked(op); err != nil {
		return err
	}
	return validateIntention(op, "Config.", c.IntentionVerifyText, c.IntentionQuestions, c.IntentionActions)
}

// validateAsked refuses a Config that switches on something else than it gives to
// ask: the flow would pass, and nobody would have been asked.
func (c *GetEidTokenConfig) validateAsked(op string) error {
	given := map[EidIntentionMode]bool{
		EidIntentionReading: c.IntentionVerifyText != "", EidIntentionQuestions: len(c.IntentionQuestions) > 0, EidIntentionNod: len(c.IntentionActions) > 0,
	}
	mode := cmp.Or(c.IntentionMode, EidIntentionReading)
	for _, other := range []EidIntentionMode{EidIntentionReading, EidIntentionQuestions, EidIntentionNod} {
		switch is := given[other]; {
		case is && !c.UseIntentionVerify:
			return badArgument(op, "Config.UseIntentionVerify", "is false, but something to ask is given: nobody would be asked")
		case is && other != mode:
			return badArgument(op, "Config.IntentionMode", "is %q, but something to ask in mode %s is given: nobody would be asked it", string(c.IntentionMode), string(other))
		}
	}
	switch {
	case !c.UseIntentionVerify && c.IntentionMode != "":
		return badArgument(op, "Config.UseIntentionVerify", "is false, but IntentionMode is set: nobody would be asked")
	case c.UseIntentionVerify && !given[mode]:
		return badArgument(op, "Config.UseIntentionVerify", "is true, but nothing to ask in mode %s is given", string(mode))
	}
	return nil
}

// CheckEidTokenStatus asks how far a flow of E证通 has come. WaitEid asks until the
// flow is over.
//
// API: https://cloud.tencent.com/document/product/1007/58231
func (c *Client) CheckEidTokenStatus(ctx context.Context, r CheckEidTokenStatusRequest) (*CheckEidTokenStatusResult, error) {
	return c.checkEidTokenStatus(ctx, "CheckEidTokenStatus", r)
}

func (c *Client) checkEidTokenStatus(ctx context.Context, op string, r CheckEidTokenStatusRequest) (*CheckEidTokenStatusResult, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := validateToken(op, "EidToken", r.EidToken); err != nil {
		return nil, err
	}
	var result CheckEidTokenStatusResult
	if _, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: "CheckEidTokenStatus", readOnly: true, private: []string{r.EidToken}}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

const (
	eidPoll     = time.Second
	eidFailures = 3 // in a row
)

// WaitEid asks every second how far a flow has come, and returns EidFinished or
// EidTimeout as soon as the platform says so. Begin right after GetEidToken.
// WaitEid gives up after three failures in a row, when the token has lived its
// 600 s (ErrExpired), or when ctx ends. An error comes with the last state that was
// seen.
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
			return last, &Error{Op: op, Family: ErrExpired, Err: errors.New("the EidToken is older than 600 s")}
		}
		if err := clock.Sleep(ctx, eidPoll); err != nil {
			return last, &Error{Op: op, Err: err}
		}
	}
}

// GetEidResult asks for the result of a flow of E证通. Name and number are not in
// Text but encrypted in EidInfo: see EidKey. InfoVideo is not among its parts.
//
// API: https://cloud.tencent.com/document/product/1007/54090
func (c *Client) GetEidResult(ctx context.Context, r GetEidResultRequest) (*GetEidResultResult, error) {
	return c.getEidResult(ctx, "GetEidResult", r, nil)
}

// getEidResult takes the texts of the person who is expected, as getDetectInfoEnhanced does.
func (c *Client) getEidResult(ctx context.Context, op string, r GetEidResultRequest, expected []string) (*GetEidResultResult, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := validateToken(op, "EidToken", r.EidToken); err != nil {
		return nil, err
	}
	if r.BestFramesCount > maxEidBestFrame {
		return nil, badArgument(op, "BestFramesCount", "is %d, at most %d are allowed", r.BestFramesCount, maxEidBestFrame)
	}
	if err := r.InfoType.validate(op, InfoText|InfoIDCard|InfoBestFrame|InfoReading|InfoIntention); err != nil {
		return nil, err
	}
	private := append(expected, r.EidToken)
	var result GetEidResultResult
	if _, err := c.act(ctx, cloudCall{
		op: op, site: SiteChina, action: "GetEidResult", readOnly: true, private: private, to: r.MediaTo,
	}, r, &result); err != nil {
		return nil, err
	}
	result.Text.quoteNobody(private)
	return &result, nil
}

// Code returns how the face did, in the tables of E证通 (see Explain with
// ProductEid and ChannelWeChat). It is "" while the flow has not ended.
func (r *GetEidResultResult) Code() Code { return r.ending().code() }

// Passed reports whether the flow ended with a pass and, where it asks for the
// will, with consent. It does not tell whether it was the right person: ConfirmEid
// does. On a result of ConfirmEid, Passed reports what the decision was.
func (r *GetEidResultResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *GetEidResultResult) Err() error {
	if r == nil {
		return errNoRecord("GetEidResult")
	}
	return r.decided.or(r.ending().err("GetEidResult", r.RequestID, false))
}

// Family returns what kind of outcome it is: ErrNoResult while the flow has not
// ended.
func (r *GetEidResultResult) Family() Family { return familyOfResult(r) }

// Charged reports whether any attempt of the flow is charged. It is
// ChargedUnknown if InfoText was not asked for. See ChargeCount.
func (r *GetEidResultResult) Charged() Charged { return r.ending().charged() }

// IntentionCode returns how the will was expressed. The code 0 means that it was
// expressed well. ok is false if the flow did not ask for the will, if the face
// failed before, or if the parts InfoReading and InfoIntention were not asked for.
func (r *GetEidResultResult) IntentionCode() (code int64, ok bool) { return r.ending().intention() }

// ChargeCount returns how many attempts of the flow are charged. It needs
// InfoText among the parts.
func (r *GetEidResultResult) ChargeCount() int { return r.ending().chargeCount() }

func (r *GetEidResultResult) ending() flowEnding {
	if r == nil {
		return flowEnding{}
	}
	return flowEnding{r.Text, r.IsVerifyIntention, r.IntentionVerifyType, r.IntentionVerifyData, r.IntentionQuestionResult, r.IntentionActionResult}
}

// ConfirmEid is ConfirmDetect for a flow of E证通. Name and number come encrypted, in
// EidInfo only, and only if the platform has granted you their return. With r.EidKey
// ConfirmEid decrypts and compares them; a key that does not fit is ErrEidDecrypt.
// Without name and number the result does not say who the person is. A decision about
// a named person is then ErrOtherPerson ("not reported").
//
// If the flow was opened with EidInputGiven, use PersonAsOpened: the person of
// GetEidToken is then expected. If the person showed a card or typed the data, only
// AnyPerson can be used, and EidInfo.EidCode tells one person from another.
func (c *Client) ConfirmEid(ctx context.Context, r GetEidResultRequest, person Person) (*GetEidResultResult, error) {
	const op = "ConfirmEid"
	return decide(ctx, c, Event{Op: op, Product: ProductEid}, func() (*GetEidResultResult, error) {
		return c.confirmEid(ctx, op, r, person)
	})
}

func (c *Client) confirmEid(ctx context.Context, op string, r GetEidResultRequest, person Person) (*GetEidResultResult, error) {
	if err := person.validateExpected(op); err != nil {
		return nil, err
	}
	if r.InfoType != InfoAll {
		r.InfoType |= InfoText | InfoReading | InfoIntention
	}
	result, err := c.getEidResult(ctx, op, r, person.texts())
	if err != nil {
		return nil, err
	}
	end := result.ending()
	reports := end.identities()
	if r.EidKey != nil && end.err(op, "", false) == nil {
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

// MarshalJSON writes the result with an empty URL, because whoever has the URL can
// enter the flow. The EidToken is written in full, because the decision needs it.
func (v GetEidTokenResult) MarshalJSON() ([]byte, error) {
	type plain GetEidTokenResult
	v.URL = ""
	return json.Marshal(plain(v))
}

func (r *GetEidResultResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", "", r.RequestID
}
