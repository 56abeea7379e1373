package faceid

import (
	"context"
	"time"
)

// GetDetectInfoEnhanced asks for the result of a flow. To decide, call
// ConfirmDetect instead, or ask for InfoText|InfoReading|InfoIntention, because
// pictures and videos are megabytes. A flow that has not ended has no ErrCode.
//
// If you set an Encryption of your own, FieldKey.Open decrypts the answer, and
// the methods of the result know nothing of it until then. WithFieldEncryption
// decrypts it at once.
//
// API: https://cloud.tencent.com/document/product/1007/41957
func (c *Client) GetDetectInfoEnhanced(ctx context.Context, r GetDetectInfoEnhancedRequest) (*GetDetectInfoEnhancedResult, error) {
	return c.getDetectInfoEnhanced(ctx, "GetDetectInfoEnhanced", r, nil)
}

// getDetectInfoEnhanced takes the texts of the person who is expected: they must not show up
// in what the platform says of a failure.
func (c *Client) getDetectInfoEnhanced(ctx context.Context, op string, r GetDetectInfoEnhancedRequest, expected []string) (*GetDetectInfoEnhancedResult, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := r.validate(op); err != nil {
		return nil, err
	}
	r.MediaTo = c.guardWriters(ctx, r.MediaTo)
	key, err := c.encryptRequest(op, encryptedAnswer{place: encryptionMember{&r.Encryption}})
	if err != nil {
		return nil, err
	}
	private := append(expected, r.BizToken)
	var result GetDetectInfoEnhancedResult
	_, err = c.act(ctx, cloudCall{
		op: op, site: SiteChina, action: "GetDetectInfoEnhanced", readOnly: true, private: private, to: r.MediaTo,
		// LivenessVideos may hold videos as text, and so may cipher text.
		textFiles: r.InfoType == InfoAll || r.InfoType&InfoVideo != 0 || r.IsEncryptResponse || r.Encryption != nil,
		finish: func(requestID string, err error) error {
			if err == nil {
				err = key.decryptAnswer(ctx, op, requestID, r.MediaTo, &result)
			}
			result.Text.quoteNobody(private)
			return err
		},
	}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

func (r *GetDetectInfoEnhancedRequest) validate(op string) error {
	if err := validateToken(op, "BizToken", r.BizToken); err != nil {
		return err
	}
	if err := validateToken(op, "RuleID", r.RuleID); err != nil {
		return err
	}
	if r.BestFramesCount > maxDetectBestFrame {
		return badArgument(op, "BestFramesCount", "is %d, at most %d are allowed", r.BestFramesCount, maxDetectBestFrame)
	}
	return r.InfoType.validate(op, InfoText|InfoIDCard|InfoBestFrame|InfoVideo|InfoReading|InfoIntention)
}

// Code returns how the face did, in the tables of WeChat's channels (see
// Explain with ChannelWeChat). It is "" while the flow has not ended. In a flow
// that asks for the will, the will decides too: see Passed.
func (r *GetDetectInfoEnhancedResult) Code() Code { return r.ending().code() }

// Passed reports whether the flow ended with a pass and, where it asks for the
// will, with consent. It does not tell whether it was the right person:
// ConfirmDetect does. On a result of ConfirmDetect, Passed reports what the
// decision was.
func (r *GetDetectInfoEnhancedResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *GetDetectInfoEnhancedResult) Err() error {
	if r == nil {
		return errNoRecord("GetDetectInfoEnhanced")
	}
	return r.decided.or(r.ending().err("GetDetectInfoEnhanced", r.RequestID, false))
}

// Family returns what kind of outcome it is: ErrNoResult while the flow has not
// ended.
func (r *GetDetectInfoEnhancedResult) Family() Family { return familyOfResult(r) }

// Charged reports whether any attempt of the flow is charged. It is
// ChargedUnknown if InfoText was not asked for. See ChargeCount.
func (r *GetDetectInfoEnhancedResult) Charged() Charged { return r.ending().charged() }

// IntentionCode returns how the will was expressed. The code 0 means that it was
// expressed well. ok is false if the flow did not ask for the will, if the face
// failed before, or if the parts InfoReading and InfoIntention were not asked for.
func (r *GetDetectInfoEnhancedResult) IntentionCode() (code int64, ok bool) {
	return r.ending().intention()
}

// Final reports whether the face and the charges cannot change any more: the face
// passed, or the BizToken, which was made at createdAt, is more than 2 hours old
// at now. Until then the person may try again, so ask again. In a flow that asks
// for the will after the face, the answer about the will may come later still:
// until it comes, ConfirmDetect returns ErrNoResult.
func (r *GetDetectInfoEnhancedResult) Final(createdAt, now time.Time) bool {
	return r.Code().Number() == "0" || now.Sub(createdAt) > 2*time.Hour
}

// ChargeCount returns how many attempts of the flow are charged, which is what the
// bill will say.
func (r *GetDetectInfoEnhancedResult) ChargeCount() int { return r.ending().chargeCount() }

// encryptedTexts returns the texts that the platform encrypts where it encrypts
// fields.
func (r *GetDetectInfoEnhancedResult) encryptedTexts() []*string {
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

func (r *GetDetectInfoEnhancedResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", "", r.RequestID
}

// ConfirmDetect asks how a flow ended, and decides on it. The result comes with a
// nil error only if this person passed. ConfirmDetect asks for the texts and for
// the will, even if InfoType leaves them out.
//
// person is the person whom you expect. A RuleId may be set so that only the card
// that was read, or what was typed, counts, and the Name and IDCard of DetectAuth
// do not. Then any person with a card of their own ends with a pass. So
// ConfirmDetect compares the number, and the name if person has one, with all that
// the platform reports: Text, what was read from the card, and the attempt that
// passed. If something differs or is not reported, the result comes with
// ErrOtherPerson. If the answer does not report a comparison of the face
// (Comparestatus 0 and Sim), the result comes with ErrNotCompared. With AnyPerson
// every person is accepted. With PersonAsOpened the person on the Image of
// DetectAuth is expected.
//
// WillAsked in the request demands that the will was given. Take it from the
// result of DetectAuth. A RuleId without 增加意愿确认 asks nobody for a will, and
// the IsVerifyIntention of its answer says so. An answer without IsVerifyIntention
// is ErrBadAnswer.
//
// ErrNoResult means that the flow has not ended (see Final). ErrNotPassed comes
// with the result. So do the errors for other codes of the result: a failure of
// the platform (ErrService), a flow that was not used (ErrExpired), and a code
// that is not known (ErrUnknownCode).
//
// The redirect that brings the person back has no signature. So call ConfirmDetect
// in the session in which the flow was opened, with the BizToken of that session.
func (c *Client) ConfirmDetect(ctx context.Context, r GetDetectInfoEnhancedRequest, person Person) (*GetDetectInfoEnhancedResult, error) {
	const op = "ConfirmDetect"
	return decide(ctx, c, Event{Op: op}, func() (*GetDetectInfoEnhancedResult, error) {
		return c.confirmDetect(ctx, op, r, person)
	})
}

func (c *Client) confirmDetect(ctx context.Context, op string, r GetDetectInfoEnhancedRequest, person Person) (*GetDetectInfoEnhancedResult, error) {
	if err := person.validateExpected(op); err != nil {
		return nil, err
	}
	switch {
	case r.IsEncryptResponse && (r.Encryption != nil || c.fields == nil):
		return nil, badArgument(op, "IsEncryptResponse", "encrypts how the flow ended: use WithFieldEncryption, or GetDetectInfoEnhanced")
	case r.Encryption != nil && person.whom != anybody:
		return nil, badArgument(op, "Encryption", "encrypts who passed: use WithFieldEncryption, or AnyPerson")
	}
	if r.InfoType != InfoAll {
		r.InfoType |= InfoText | InfoReading | InfoIntention
	}
	result, err := c.getDetectInfoEnhanced(ctx, op, r, person.texts())
	if err != nil {
		return nil, err
	}
	end := result.ending()
	return result, result.decided.settle(end.decide(op, result.RequestID, r.WillAsked, &person, end.identities()))
}
