package faceid

import (
	"cmp"
	"context"
	"encoding/base64"
)

// This file is about the flows in an App of the international site that read no document:
// that of GetFaceIdTokenIntl, and the older one of ApplyLivenessToken.

// IntlSelfieMode is what a flow of GetFaceIdTokenIntl does.
type IntlSelfieMode string

// These are the modes. The platform's default is IntlSelfieLiveness.
const (
	IntlSelfieLiveness IntlSelfieMode = "liveness" // finds out whether a live person is there
	IntlSelfieCompare  IntlSelfieMode = "compare"  // compares the face with Image, too
)

// GetFaceIdTokenIntl opens a flow in an App. It compares the face with Image, or finds
// out whether a live person is there: see CheckMode. The SDKToken lives 10 minutes and is
// for one flow. The result of the flow is kept 72 hours. The call is not repeated after a
// network error if the request may have reached the platform.
//
// API: https://www.tencentcloud.com/document/product/1061/54556
func (c *Client) GetFaceIdTokenIntl(ctx context.Context, r GetFaceIdTokenIntlRequest) (*GetFaceIdTokenIntlResult, error) {
	const op = "GetFaceIdTokenIntl"
	if err := cmp.Or(c.ready(ctx, op), r.validate(op)); err != nil {
		return nil, err
	}
	var result GetFaceIdTokenIntlResult
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

func (r *GetFaceIdTokenIntlRequest) validate(op string) error {
	switch {
	case r.CheckMode != "" && r.CheckMode != IntlSelfieLiveness && r.CheckMode != IntlSelfieCompare:
		return badArgument(op, "CheckMode", "must be IntlSelfieLiveness or IntlSelfieCompare")
	case r.CheckMode == IntlSelfieCompare && len(r.Image) == 0:
		return badArgument(op, "Image", "is empty, but with IntlSelfieCompare the face is compared with it")
	case r.RetryLimit < 0 || r.RetryLimit > 5:
		return badArgument(op, "RetryLimit", "must be 1 to 5, or 0 for the default")
	case r.ActionList != "" && r.SecureLevel != "" && r.SecureLevel != "2" && r.SecureLevel != "4":
		return badArgument(op, "ActionList", "must be empty unless SecureLevel is 2 or 4")
	case base64.StdEncoding.EncodedLen(len(r.Image)) > maxCloudBody:
		return badArgument(op, "Image", "has more base64 than the 10 MB of a request")
	}
	return validateLivenessLevel(op, "SecureLevel", r.SecureLevel)
}

// validateLivenessLevel refuses what is no kind of liveness check. It accepts "", which
// is the platform's default.
func validateLivenessLevel(op, field, level string) error {
	switch level {
	case "", "1", "2", "3", "4":
		return nil
	}
	return badArgument(op, field, "must be 1, 2, 3 or 4, or empty for the default")
}

// GetFaceIdResultIntl asks for the result of a flow of GetFaceIdTokenIntl. To decide,
// call ConfirmFaceIdIntl instead.
//
// API: https://www.tencentcloud.com/document/product/1061/54557
func (c *Client) GetFaceIdResultIntl(ctx context.Context, r GetFaceIdResultIntlRequest) (*GetFaceIdResultIntlResult, error) {
	return c.getFaceIdResultIntl(ctx, "GetFaceIdResultIntl", r, nil)
}

// getFaceIdResultIntl takes the token, and the texts of the person who is expected, out
// of the answer's Description.
func (c *Client) getFaceIdResultIntl(ctx context.Context, op string, r GetFaceIdResultIntlRequest, expected []string) (*GetFaceIdResultIntlResult, error) {
	if err := cmp.Or(c.ready(ctx, op), validateToken(op, "SDKToken", r.SDKToken)); err != nil {
		return nil, err
	}
	private := append(expected, r.SDKToken)
	var result GetFaceIdResultIntlResult
	if _, err := c.act(ctx, cloudCall{
		op: op, site: SiteInternational, action: "GetFaceIdResultIntl", readOnly: true, private: private, to: r.MediaTo,
	}, r, &result); err != nil {
		return nil, err
	}
	result.Description = redactText(result.Description, private)
	return &result, nil
}

// Code returns how the flow ended, in the tables of the international flow. It is ""
// while the flow has not ended.
func (r *GetFaceIdResultIntlResult) Code() Code {
	if r == nil || r.Result == "" {
		return ""
	}
	return scoped(scopeIntl, r.Result)
}

// State returns the state of the flow, whoever the person was.
func (r *GetFaceIdResultIntlResult) State() IntlState { return intlState(r.Code()) }

// Passed reports whether the flow ended with a pass. It does not tell whether the face
// was compared: ConfirmFaceIdIntl does. On a result of ConfirmFaceIdIntl, Passed reports
// what the decision was.
func (r *GetFaceIdResultIntlResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *GetFaceIdResultIntlResult) Err() error {
	if r == nil {
		return errNoRecord("GetFaceIdResultIntl")
	}
	return r.decided.or(intlError("GetFaceIdResultIntl", r.Code(), r.Description, r.RequestID))
}

// Family returns what kind of outcome it is: ErrNoResult while the flow has not ended.
func (r *GetFaceIdResultIntlResult) Family() Family { return familyOfResult(r) }

// Charged returns ChargedUnknown, because neither the answer nor the documents say which
// codes of this flow are charged.
func (r *GetFaceIdResultIntlResult) Charged() Charged { return ChargedUnknown }

// ConfirmFaceIdIntl asks how a flow ended and returns its result with a nil error only if
// this person passed: this is the call to decide on.
//
// No document is read, so the result names nobody. A flow with IntlSelfieCompare compares
// the face with its Image: decide about PersonAsOpened. Without a Similarity above 0 the
// error is ErrNotCompared, and this is how a flow ends that was opened with
// IntlSelfieLiveness. Such a flow accepts any face, so decide about AnyPerson. A person
// with a number is never confirmed: the error is ErrOtherPerson.
//
// ErrNoResult means that the flow has not ended. ErrNotPassed comes with the result. What
// the App reports is not signed. So ask in the session that the flow was opened in, for
// the SDKToken that this session holds.
func (c *Client) ConfirmFaceIdIntl(ctx context.Context, r GetFaceIdResultIntlRequest, person Person) (*GetFaceIdResultIntlResult, error) {
	const op = "ConfirmFaceIdIntl"
	return decide(ctx, c, Event{Op: op}, func() (*GetFaceIdResultIntlResult, error) {
		if err := person.validateExpected(op); err != nil {
			return nil, err
		}
		result, err := c.getFaceIdResultIntl(ctx, op, r, person.texts())
		if err != nil {
			return nil, err
		}
		bad := intlError(op, result.Code(), result.Description, result.RequestID)
		if bad == nil {
			compared := result.Similarity != nil && (Score{*result.Similarity, true}).compared()
			bad = decideIntl(op, result.RequestID, &person, nil, lastAttempt{compared: compared})
		}
		return result, result.decided.settle(bad)
	})
}

// ApplyLivenessToken opens a flow in an App that only finds out whether a live person is
// there. It is older than GetFaceIdTokenIntl. The SDKToken lives 10 minutes. The result
// of the flow is kept 2 hours. The call is not repeated after a network error if the
// request may have reached the platform.
func (c *Client) ApplyLivenessToken(ctx context.Context, r ApplyLivenessTokenRequest) (*ApplyLivenessTokenResult, error) {
	const op = "ApplyLivenessToken"
	if err := cmp.Or(c.ready(ctx, op), validateLivenessLevel(op, "SecureLevel", r.SecureLevel)); err != nil {
		return nil, err
	}
	var result ApplyLivenessTokenResult
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

// GetLivenessResult asks for the result of a flow of ApplyLivenessToken. Its files are
// behind URLs, whose life is not documented here; elsewhere it is 10 minutes. To decide,
// call ConfirmLiveness instead.
func (c *Client) GetLivenessResult(ctx context.Context, r GetLivenessResultRequest) (*GetLivenessResultResult, error) {
	return c.getLivenessResult(ctx, "GetLivenessResult", r)
}

func (c *Client) getLivenessResult(ctx context.Context, op string, r GetLivenessResultRequest) (*GetLivenessResultResult, error) {
	if err := cmp.Or(c.ready(ctx, op), validateToken(op, "SDKToken", r.SDKToken)); err != nil {
		return nil, err
	}
	var result GetLivenessResultResult
	if _, err := c.act(ctx, cloudCall{op: op, site: SiteInternational, action: "GetLivenessResult", readOnly: true, private: []string{r.SDKToken}}, r, &result); err != nil {
		return nil, err
	}
	result.Description = redactText(result.Description, []string{r.SDKToken})
	return &result, nil
}

// Code returns how the flow ended. No document lists the codes of this flow, so they are
// looked up in the tables of the international flows, and one that these do not have is
// ErrUnknownCode. Code is "" while the flow has not ended.
func (r *GetLivenessResultResult) Code() Code {
	if r == nil || r.Result == "" {
		return ""
	}
	return scoped(scopeIntl, r.Result)
}

// State returns the state of the flow.
func (r *GetLivenessResultResult) State() IntlState { return intlState(r.Code()) }

// Passed reports whether a live person was there. On a result of ConfirmLiveness, Passed
// reports what the decision was.
func (r *GetLivenessResultResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *GetLivenessResultResult) Err() error {
	if r == nil {
		return errNoRecord("GetLivenessResult")
	}
	return r.decided.or(intlError("GetLivenessResult", r.Code(), r.Description, r.RequestID))
}

// Family returns what kind of outcome it is: ErrNoResult while the flow has not ended.
func (r *GetLivenessResultResult) Family() Family { return familyOfResult(r) }

// Charged returns ChargedUnknown, because neither the answer nor the documents say which
// codes of this flow are charged.
func (r *GetLivenessResultResult) Charged() Charged { return ChargedUnknown }

// ConfirmLiveness asks how a flow of ApplyLivenessToken ended and returns its result with
// a nil error only if a live person was there. It accepts any face: nobody is compared,
// and no person is reported. ErrNoResult means that the flow has not ended. ErrNotPassed
// comes with the result.
func (c *Client) ConfirmLiveness(ctx context.Context, r GetLivenessResultRequest) (*GetLivenessResultResult, error) {
	const op = "ConfirmLiveness"
	return decide(ctx, c, Event{Op: op}, func() (*GetLivenessResultResult, error) {
		result, err := c.getLivenessResult(ctx, op, r)
		if err != nil {
			return nil, err
		}
		return result, result.decided.settle(intlError(op, result.Code(), result.Description, result.RequestID))
	})
}

func (r *GetFaceIdResultIntlResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", "", r.RequestID
}

func (r *GetLivenessResultResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", "", r.RequestID
}
