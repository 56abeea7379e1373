package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/faceid-go/faceid"
)

// A facePage is Plus or Enhanced in a mobile browser, or Basic on a PC.
type facePage struct{ product faceid.Product }

func (f facePage) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	var login *faceid.PageLogin
	var err error
	if f.product == faceid.ProductBasic {
		login, err = s.client().StartPC(ctx, faceid.PCRequest{Person: in.Person, RedirectURL: s.backURL(o)})
	} else {
		login, err = s.client().StartH5(ctx, faceid.H5Request{Product: f.product, Person: in.Person, RedirectURL: s.backURL(o), From: faceid.FromBrowser})
	}
	return o.entered(login, err)
}

// entered keeps the session and the URL of a login page that was opened.
func (o *order) entered(login *faceid.PageLogin, err error) (string, error) {
	if err != nil {
		return "", err
	}
	o.ref, o.login = login.Session.OrderNo, &login.Session
	return login.URL, nil
}

func (facePage) back(r *http.Request) string { return r.URL.Query().Get("orderNo") }

func (f facePage) decide(ctx context.Context, s *shop, o *order, back *http.Request) (*outcome, error) {
	record, err := s.client().ConfirmReturn(ctx, back, o.login)
	return f.tell(ctx, s, o, record, err)
}

// tell turns the decision on a face into an outcome.
func (f facePage) tell(ctx context.Context, s *shop, o *order, record *faceid.FaceRecord, err error) (*outcome, error) {
	end, err := judged(f.product, record != nil, err)
	if end == nil || record == nil {
		return end, err
	}
	end.Charged, end.LiveRate, end.Similarity, end.Risk = record.Charged(), score(record.LiveRate), score(record.Similarity), riskTags(record.Risk)
	if end.Kind == "passed" { // the decision stands, whether or not there is a picture
		if files, err := s.client().WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: o.ref, Product: f.product, GetFile: faceid.FilesPhoto}); err == nil {
			end.Photo = files.Photo
		}
	}
	return end, nil
}

// judged turns a decision into an outcome, or into an error if the order could not be
// decided. came says whether a record came with the decision.
func judged(p faceid.Product, came bool, err error) (*outcome, error) {
	var bad *faceid.Error
	switch {
	case err == nil:
		return &outcome{Kind: "passed", Code: "0", Family: string(faceid.FamilyPassed), Message: "验证通过", Gloss: faceid.CodePassed.Gloss()}, nil
	case !errors.Is(err, faceid.ErrNotPassed) || !errors.As(err, &bad):
		return nil, err
	case !came: // stopped before anybody was compared
		return explained(p, faceid.ChannelBrowser, bad.Code), nil
	}
	family := "family-" + string(bad.Family) // what decided has a code, or else a family
	if _, ok := texts[family]; !ok {
		family = "family-other"
	}
	return &outcome{Kind: "refused", Code: bad.Code.Number(), Family: string(bad.Family), Message: cmp.Or(bad.Message, bad.Code.GlossZH(), text(zh, family)), Gloss: cmp.Or(bad.Gloss(), text(en, family))}, nil
}

// explained makes an outcome without a record. It takes the documents' words if there
// are any; the documents list no front-end codes of the PC.
func explained(p faceid.Product, channel faceid.Channel, code faceid.Code) *outcome {
	e, ok := faceid.Explain(p, channel, code)
	if !ok {
		e, _ = faceid.Explain(faceid.ProductPlus, channel, code)
	}
	return &outcome{Kind: "none", Code: cmp.Or(code.Number(), string(code)), Family: string(e.Family), Gloss: cmp.Or(e.Gloss, code.Gloss()), Message: cmp.Or(e.Message, code.GlossZH()), Charged: e.Charged, Remedy: code.Remedy()}
}

func score(s faceid.Score) string {
	if !s.Present {
		return ""
	}
	return s.String()
}

func riskTags(r *faceid.RiskInfo) (tags []string) {
	for _, tag := range r.LivenessTags() {
		tags = append(tags, "tag-"+string(tag))
	}
	if r != nil && r.DeviceInfoLevel != "" {
		tags = append(tags, "device-"+string(r.DeviceInfoLevel))
	}
	return tags
}

// A willPage asks for the face, and for an answer aloud.
type willPage struct{}

// will holds the question of the shop.
var will = faceid.Will{Rounds: []faceid.WillRound{
	{Question: "您好，请问您是否自愿办理本次业务？请回答：我自愿", Answers: []string{"我自愿", "自愿"}},
}}

func (willPage) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	return o.entered(s.client().StartWillH5(ctx, faceid.WillH5Request{Person: in.Person, Will: will, RedirectURL: s.backURL(o), From: faceid.FromBrowser}))
}

func (willPage) back(r *http.Request) string { return r.URL.Query().Get("orderNo") }

func (willPage) decide(ctx context.Context, s *shop, o *order, back *http.Request) (*outcome, error) {
	record, err := s.client().ConfirmWillReturn(ctx, back, o.login)
	end, err := judged(faceid.ProductWill, record != nil, err)
	if end == nil || record == nil {
		return end, err
	}
	files, _ := s.client().WaitWillResult(ctx, faceid.GetWillFaceResultRequest{OrderNo: o.ref, GetFile: faceid.FilesPhoto, H5File: faceid.WillH5Audio})
	if files != nil { // the decision stands, whether or not all files came
		record = files
	}
	end.Charged, end.LiveRate, end.Similarity, end.Risk, end.Photo = record.Charged(), score(record.LiveRate), score(record.Similarity), riskTags(record.Risk), record.Photo
	for _, turn := range record.Turns {
		end.Facts = append(end.Facts, fact{Name: "fact-heard", Value: turn.UserAnswer}, fact{Name: "fact-audio", Value: fmt.Sprint(len(turn.UserAudio))})
	}
	if len(record.Turns) == 0 && record.UserAnswer != "" {
		end.Facts = append(end.Facts, fact{Name: "fact-heard", Value: record.UserAnswer}, fact{Name: "fact-audio", Value: fmt.Sprint(len(record.UserAudio))})
	}
	return end, nil
}

// A wechatPage is DetectAuth. Its way back is not signed: it names a token, and
// only the session's own is asked about.
type wechatPage struct{ ruleID string }

func (f wechatPage) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	opened, err := s.client().DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: f.ruleID, Name: in.Name, IDCard: in.IDNo, RedirectURL: s.backURL(o)})
	if err != nil {
		return "", err
	}
	o.ref, o.person = opened.BizToken, in.Person // to compare with who passed; settle forgets it
	return opened.URL, nil
}

func (wechatPage) back(r *http.Request) string { return faceid.RedirectBizToken(r) }

func (f wechatPage) decide(ctx context.Context, s *shop, o *order, _ *http.Request) (*outcome, error) {
	result, err := s.client().ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{
		BizToken: o.ref, RuleID: f.ruleID, InfoType: faceid.InfoText | faceid.InfoBestFrame,
	}, o.person)
	end, err := judged("", result != nil, err)
	if end == nil || result == nil {
		return end, err
	}
	end.fromText(result.Text)
	end.counted(result.ChargeCount())
	if result.BestFrame != nil {
		end.Photo = result.BestFrame.BestFrame
	}
	if !result.Final(o.Opened, s.today()) {
		end.Facts = append(end.Facts, fact{Name: "fact-open", Value: "✓ 2 h"})
	}
	return end, nil
}

func (end *outcome) fromText(text *faceid.DetectInfoText) {
	if text == nil {
		return
	}
	end.Similarity = text.Sim
	for _, tag := range text.LivenessInfoTag {
		end.Risk = append(end.Risk, "tag-"+tag)
	}
	end.Facts = append(end.Facts, fact{Name: "fact-attempts", Value: fmt.Sprint(len(text.LivenessDetail))})
}

// counted notes how many attempts are charged, if the platform tells it.
func (end *outcome) counted(n int) {
	end.Charged, end.Count, end.Counted = faceid.ChargedNo, n, true
	if n > 0 {
		end.Charged = faceid.ChargedYes
	}
}

// An eidPage is E证通: a QR code for the phone, or this browser.
type eidPage struct{ merchantID string }

func (f eidPage) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	opened, err := s.client().GetEidToken(ctx, faceid.GetEidTokenRequest{
		MerchantID: f.merchantID, Name: in.Name, IDCard: in.IDNo, RedirectURL: s.backURL(o),
		Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven},
	})
	if err != nil {
		return "", err
	}
	o.ref, o.URL = opened.EidToken, opened.URL
	return "", nil // the order's own page shows the code
}

func (eidPage) back(r *http.Request) string { return faceid.RedirectToken(r) }

// decide takes PersonAsOpened: start gave name and number with EidInputGiven, and
// without a key of its own the shop is not told who passed.
func (eidPage) decide(ctx context.Context, s *shop, o *order, _ *http.Request) (*outcome, error) {
	result, err := s.client().ConfirmEid(ctx, faceid.GetEidResultRequest{EidToken: o.ref, InfoType: faceid.InfoText | faceid.InfoBestFrame}, faceid.PersonAsOpened)
	end, err := judged(faceid.ProductEid, result != nil, err)
	if end == nil || result == nil {
		return end, err
	}
	end.fromText(result.Text)
	end.counted(result.ChargeCount())
	if result.BestFrame != nil {
		end.Photo = result.BestFrame.BestFrame
	}
	return end, nil
}

// An intlPage reads a document and compares the face with it.
type intlPage struct{}

func (intlPage) start(ctx context.Context, s *shop, o *order, _ input) (string, error) {
	opened, err := s.client().ApplyWebVerificationBizTokenIntl(ctx, faceid.ApplyWebVerificationBizTokenIntlRequest{
		RedirectURL: s.backURL(o),
		Config:      &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlHKIDCard, Version: "PLUS", AutoSkip: true},
	})
	if err != nil {
		return "", err
	}
	o.ref = opened.BizToken
	return opened.VerificationURL, nil
}

func (intlPage) back(r *http.Request) string { return faceid.RedirectToken(r) }

// decide takes AnyPerson: the shop asked for no name, and wants to learn one. Who
// has an account already must be compared with it.
func (intlPage) decide(ctx context.Context, s *shop, o *order, _ *http.Request) (*outcome, error) {
	result, err := s.client().ConfirmWebVerificationIntl(ctx, faceid.GetWebVerificationResultIntlRequest{BizToken: o.ref}, faceid.AnyPerson)
	end, err := judged("", result != nil, err)
	if end == nil || result == nil {
		return end, err
	}
	end.Photo = result.BestFrame
	end.Facts = append(end.Facts, fact{Name: "fact-attempts", Value: fmt.Sprint(len(result.VerificationDetailList))}, fact{Name: "fact-documents", Value: fmt.Sprint(len(result.OCRResult))})
	if n := len(result.VerificationDetailList); n > 0 { // of several attempts the last counts
		last := result.VerificationDetailList[n-1]
		if last.Similarity != nil {
			end.Similarity = fmt.Sprintf("%.2f", *last.Similarity)
		}
		for _, tag := range last.LivenessInfoTag {
			end.Risk = append(end.Risk, "tag-"+tag)
		}
	}
	return end, nil
}
