package faceid

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
)

// InfoParts says which parts of a result are wanted, as in InfoText |
// InfoBestFrame. The zero value is InfoAll, which includes megabytes of media.
type InfoParts uint8

// These are the parts of a result.
const (
	InfoAll       InfoParts = 0
	InfoText      InfoParts = 1 << 1
	InfoIDCard    InfoParts = 1 << 2 // pictures of the card
	InfoBestFrame InfoParts = 1 << 3
	InfoVideo     InfoParts = 1 << 4 // not available with E证通
	InfoReading   InfoParts = 1 << 5 // the will, read aloud; not available with GetDetectInfo
	InfoIntention InfoParts = 1 << 6 // the will, by questions or nods; not available with GetDetectInfo
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

func (p InfoParts) validate(op string, allowed InfoParts) error {
	if p&^allowed != 0 {
		return badArgument(op, "InfoType", "names a part that this action does not have")
	}
	return nil
}

// RuleIntentionType is how the will is expressed in a flow of DetectAuth. Other
// actions number the same ways differently.
type RuleIntentionType int64

// These are the ways in which DetectAuth can ask for the will.
const (
	RuleIntentionQuestions RuleIntentionType = 0 // with IntentionQuestions
	RuleIntentionNod       RuleIntentionType = 1 // with IntentionActions
)

// IntentionVerifyType is how the will was expressed, in a result. Requests
// number the same ways differently.
type IntentionVerifyType string

// These are the ways that a result can report.
const (
	IntentionVerifiedQuestions IntentionVerifyType = "0"
	IntentionVerifiedNod       IntentionVerifyType = "1"
	IntentionVerifiedReading   IntentionVerifyType = "2"
)

// DetectAuth opens a flow in WeChat: a page (URL) or a mini program (BizToken).
// The BizToken lives 7200 s. Keep it in the user's own session, together with the
// time. The result of the flow is kept 3 days. The call is not repeated after a
// network error if the request may have reached the platform; a second flow costs
// nothing until it is used.
//
// API: https://cloud.tencent.com/document/product/1007/31816
func (c *Client) DetectAuth(ctx context.Context, r DetectAuthRequest) (*DetectAuthResult, error) {
	const op = "DetectAuth"
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
	var result DetectAuthResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, private: private, finish: func(_ string, err error) error {
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

// asksWill reports whether the request gives something to ask the person.
func (r *DetectAuthRequest) asksWill() bool {
	return r.IntentionVerifyText != "" || len(r.IntentionQuestions) > 0 || len(r.IntentionActions) > 0
}

func (r *DetectAuthRequest) validate(op string) error {
	if err := validateToken(op, "RuleID", r.RuleID); err != nil {
		return err
	}
	if err := validateEncryption(op, r.encryption()); err != nil {
		return err
	}
	if err := validateCloudIdentity(op, r.IDCard, r.Name, r.Encryption); err != nil {
		return err
	}
	if strings.HasSuffix(r.IDCard, "x") && !r.Encryption.covers("IdCard") {
		return badArgument(op, "IDCard", "ends with a small x: it must be a capital X")
	}
	if err := validateCloudURL(op, r.RedirectURL, "BizToken"); err != nil {
		return err
	}
	if err := validateImage(op, "Image", r.Image, maxDetectImage, "3 MB"); err != nil {
		return err
	}
	if err := r.validateAsked(op); err != nil {
		return err
	}
	if err := validateLength(op, "Extra", r.Extra, maxCloudExtra); err != nil {
		return err
	}
	return validateIntention(op, "", r.IntentionVerifyText, r.IntentionQuestions, r.IntentionActions)
}

// validateAsked refuses a request whose mode does not ask what the request gives
// to ask: the flow would pass, and nobody would have been asked. A request without
// a Config has the platform's default mode, which asks questions.
func (r *DetectAuthRequest) validateAsked(op string) error {
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
		return badArgument(op, "IntentionVerifyText", "is read aloud in a mode of its own: give either the text, or questions, or actions")
	case nod && (len(r.IntentionActions) == 0 || len(r.IntentionQuestions) > 0):
		return badArgument(op, "IntentionActions", "must be given with RuleIntentionNod, and without IntentionQuestions: otherwise nobody would be asked")
	case !nod && len(r.IntentionActions) > 0:
		return badArgument(op, "Config.IntentionType", "is RuleIntentionQuestions (the default), but IntentionActions are given: nobody would be asked to nod")
	}
	return nil
}

// MarshalJSON writes the result with an empty URL, because whoever has the URL can
// enter the flow. The BizToken is written in full, because the decision needs it.
func (v DetectAuthResult) MarshalJSON() ([]byte, error) {
	type plain DetectAuthResult
	v.URL = ""
	return json.Marshal(plain(v))
}
