package soak

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// API 3.0: WeChat, E证通, the international site, and checks.

// A flowEnd is one way in which a flow may end.
type flowEnd struct {
	name    string
	weight  int
	tries   []int
	quits   bool
	family  faceid.Family // of one that did not pass
	charged int           // on Plus
	eid     int           // on E证通
	intl    int           // on the international site
}

var flowEnds = []flowEnd{
	{"passes", 40, []int{0}, false, "", 1, 1, 1},
	{"passes at the second try", 10, []int{2016, 0}, false, "", 2, 2, 2},
	{"suspected fake, then passes", 5, []int{1002, 0}, false, "", 2, 1, 2},
	{"not the same person", 10, []int{2016}, false, faceid.FamilyNotSamePerson, 1, 1, 1},
	{"name and number do not match", 5, []int{2006}, false, faceid.FamilyIdentityMismatch, 1, 1, -1},
	{"suspected fake", 5, []int{1002}, false, faceid.FamilySuspectedFake, 1, 0, 1},
	{"no face seen", 4, []int{1004}, false, faceid.FamilyCaptureFailed, 0, 0, 0},
	{"quits", 8, nil, true, "", 0, 0, 0},
}

// drawFlow takes the ends that site has.
func (p *person) drawFlow(intl bool) flowEnd {
	for {
		f := flowEnds[p.IntN(len(flowEnds))]
		if p.IntN(40) < f.weight && !(intl && f.intl < 0) {
			p.ending = f.name
			return f
		}
	}
}

func (f flowEnd) passed() bool { return !f.quits && f.tries[len(f.tries)-1] == 0 }

// scripted is the ending with scores and files that are this person's alone.
func (p *person) scripted(f flowEnd) faceidtest.CloudEnding {
	e := faceidtest.CloudTries(f.tries...)
	e.Quits = f.quits
	for i := range e.Attempts {
		if code := e.Attempts[i].Code; code == 0 || code == 2016 {
			e.Attempts[i].Similarity = p.score()
		}
	}
	if !f.quits && p.chance(90) {
		e.BestFrame, e.Video = p.picture(), p.file()
	}
	e.Card = faceidtest.IDCard{Name: p.who.Name, Number: p.who.IDNo}
	return e
}

// decide holds a flow's decision against the simulator's.
func (p *person) decide(f flowEnd, passed bool, err error) {
	must(p, "passed", passed, f.passed())
	switch {
	case f.quits:
		if !errors.Is(err, faceid.ErrNoResult) || errors.Is(err, faceid.ErrNotPassed) {
			p.fail("a flow that was left is %v", err)
		}
	default:
		p.whether(f.passed(), err, f.family)
	}
}

func (p *person) mustText(t *faceid.DetectInfoText, f flowEnd, e faceidtest.CloudEnding) {
	if f.quits {
		must(p, "that there is a code", t.ErrCode == nil, true)
		return
	}
	last := e.Attempts[len(e.Attempts)-1]
	must(p, "the code", *t.ErrCode, int64(last.Code))
	must(p, "the similarity", t.Sim, last.Similarity)
	must(p, "the attempts", len(t.LivenessDetail), len(e.Attempts))
}

// ruleCards is a RuleId where the card that is read counts.
const ruleCards = "cards1"

// stranger returns somebody else than this person.
func (p *person) stranger() faceid.Person {
	return faceid.Person{Name: "陌生人样本", IDNo: "110101199001010015"}
}

func wechat(p *person) bool {
	v := p.drawWechat()
	opened := answer(p, "DetectAuth", func(ctx context.Context) (*faceid.DetectAuthResult, error) {
		return v.client.DetectAuth(ctx, v.request)
	})
	p.pause(time.Second, 3*time.Minute)
	if p.product == "WeChat page" {
		r, err := p.sim.VisitCloud(p.ctx, opened.URL)
		if err != nil {
			p.fail("VisitCloud: %v", err)
		}
		if !v.flow.quits {
			must(p, "the BizToken that comes back", faceid.RedirectBizToken(r), opened.BizToken)
		}
	} else if _, err := p.sim.RunMiniProgram(p.ctx, opened.BizToken); err != nil {
		p.fail("RunMiniProgram: %v", err)
	}
	q := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: v.request.RuleID, WillAsked: opened.WillAsked, IsEncryptResponse: v.sealed && p.chance(50)}
	p.mustWechat(v, p.confirmWechat(v, q))
	return done
}

// wechatVisit is a verification in WeChat: what the merchant asks for, and how it
// will end.
type wechatVisit struct {
	flow      flowEnd
	ending    faceidtest.CloudEnding
	client    *faceid.Client
	request   faceid.DetectAuthRequest
	sealed    bool // personal fields are encrypted
	asked     bool // the person is asked a question
	disagrees bool // and does not agree
	thief     bool // somebody else shows a card of their own, where the card counts
}

// drawWechat draws a visit, and scripts it.
func (p *person) drawWechat() wechatVisit {
	f := p.drawFlow(false)
	v := wechatVisit{flow: f, ending: p.scripted(f), client: p.town.client, sealed: p.chance(30)}
	if v.sealed {
		v.client = p.town.sealed
	}
	v.asked = p.chance(25)
	v.disagrees = v.asked && f.passed() && p.chance(30)
	v.request = faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: p.who.Name, IDCard: p.who.IDNo, RedirectURL: back, Extra: "extra-" + strconv.Itoa(p.index)}
	if v.asked {
		v.request.RuleID = faceidtest.RuleWill // the console has ticked that somebody is asked
		v.request.IntentionQuestions = []faceid.IntentionQuestion{{Question: "您同意吗", Answers: []string{"同意"}}}
		p.ending += ", asked"
	}
	if v.disagrees {
		v.ending.Intention.Code = -301
		p.ending += ", does not agree"
	}
	v.thief = f.passed() && !v.asked && p.chance(15)
	if v.thief {
		v.request.RuleID, v.ending.Card = ruleCards, faceidtest.IDCard{Name: p.stranger().Name, Number: p.stranger().IDNo}
		p.ending += ", another's card"
	}
	p.sim.ScriptCloud(v.request.Extra, v.ending)
	return v
}

// confirmWechat holds the decision against the visit, and sometimes asks for a
// stranger, too.
func (p *person) confirmWechat(v wechatVisit, q faceid.GetDetectInfoEnhancedRequest) *faceid.GetDetectInfoEnhancedResult {
	result, err := ask(p, "ConfirmDetect", func(ctx context.Context) (*faceid.GetDetectInfoEnhancedResult, error) {
		return v.client.ConfirmDetect(ctx, q, p.who)
	})
	switch {
	case v.thief:
		must(p, "passed", result.Passed(), false)
		p.whether(false, err, faceid.FamilyOtherPerson)
	case v.disagrees:
		must(p, "passed", result.Passed(), false)
		p.whether(false, err, faceid.FamilyWillMismatch)
	default:
		p.decide(v.flow, result.Passed(), err)
	}
	if v.flow.passed() && !v.disagrees && p.chance(15) {
		_, err := ask(p, "ConfirmDetect of a stranger", func(ctx context.Context) (*faceid.GetDetectInfoEnhancedResult, error) {
			return v.client.ConfirmDetect(ctx, q, p.stranger())
		})
		p.whether(v.thief, err, faceid.FamilyOtherPerson)
	}
	return result
}

// mustWechat holds the texts, the charges and the files of a result against the
// visit.
func (p *person) mustWechat(v wechatVisit, result *faceid.GetDetectInfoEnhancedResult) {
	p.mustText(result.Text, v.flow, v.ending)
	must(p, "the name", result.Text.Name, map[bool]string{false: p.who.Name, true: p.stranger().Name}[v.thief])
	must(p, "the number", result.Text.IDCard, map[bool]string{false: p.who.IDNo, true: p.stranger().IDNo}[v.thief])
	must(p, "the Extra", result.Text.Extra, v.request.Extra)
	charges := v.flow.charged
	if v.asked { // charged as will, where a fake costs nothing
		charges = v.flow.eid
	}
	must(p, "the charges", result.ChargeCount(), charges)
	if v.ending.BestFrame != nil {
		mustFile(p, "the best frame", result.BestFrame.BestFrame, v.ending.BestFrame)
		mustFile(p, "the video", result.VideoData.LivenessVideo, v.ending.Video)
	}
}

func eid(p *person) bool {
	f := p.drawFlow(false)
	e := p.scripted(f)
	request := faceid.GetEidTokenRequest{
		MerchantID: merchantID, Name: p.who.Name, IDCard: p.who.IDNo, RedirectURL: back, Extra: "extra-" + strconv.Itoa(p.index),
		Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven},
	}
	p.sim.ScriptCloud(request.Extra, e)
	opened := answer(p, "GetEidToken", func(ctx context.Context) (*faceid.GetEidTokenResult, error) {
		return p.town.client.GetEidToken(ctx, request)
	})
	p.pause(time.Second, 2*time.Minute)
	if p.chance(50) {
		r, err := p.sim.VisitCloud(p.ctx, opened.URL)
		if err != nil {
			p.fail("VisitCloud: %v", err)
		}
		if !f.quits {
			must(p, "the EidToken that comes back", faceid.RedirectToken(r), opened.EidToken)
		}
	} else if _, err := p.sim.RunEid(p.ctx, opened.EidToken); err != nil {
		p.fail("RunEid: %v", err)
	}
	if !f.quits && p.chance(30) {
		status := answer(p, "WaitEid", func(ctx context.Context) (faceid.EidStatus, error) {
			return p.town.client.WaitEid(ctx, opened.EidToken)
		})
		must(p, "the flow", status, faceid.EidFinished)
	}
	result, err := ask(p, "ConfirmEid", func(ctx context.Context) (*faceid.GetEidResultResult, error) {
		return p.town.client.ConfirmEid(ctx, faceid.GetEidResultRequest{EidToken: opened.EidToken, EidKey: p.town.eidKey}, p.who)
	})
	p.decide(f, result.Passed(), err)
	if f.passed() && p.chance(15) {
		_, err := ask(p, "ConfirmEid of a stranger", func(ctx context.Context) (*faceid.GetEidResultResult, error) {
			return p.town.client.ConfirmEid(ctx, faceid.GetEidResultRequest{EidToken: opened.EidToken, EidKey: p.town.eidKey}, p.stranger())
		})
		p.whether(false, err, faceid.FamilyOtherPerson)
	}
	p.mustEid(result, f, e)
	return done
}

// mustEid holds the texts, the charge, the frame and the identity of a result
// against the flow.
func (p *person) mustEid(result *faceid.GetEidResultResult, f flowEnd, e faceidtest.CloudEnding) {
	p.mustText(result.Text, f, e)
	must(p, "the charges", result.ChargeCount(), f.eid)
	if e.BestFrame != nil {
		mustFile(p, "the best frame", result.BestFrame.BestFrame, e.BestFrame)
	}
	identity, err := p.town.eidKey.Decrypt(result.EidInfo)
	if err != nil {
		p.fail("the identity: %v", err)
	}
	must(p, "that there is an identity", identity != nil, f.passed())
	if identity != nil {
		must(p, "the identity", *identity, faceid.EidIdentity{Name: p.who.Name, IDType: "01", IDNum: p.who.IDNo})
	}
}

func intlWeb(p *person) bool {
	f := p.drawFlow(true)
	e := p.scripted(f)
	request := faceid.ApplyWebVerificationBizTokenIntlRequest{
		RedirectURL: back, Extra: "extra-" + strconv.Itoa(p.index),
		Config: &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlHKIDCard},
	}
	p.sim.ScriptCloud(request.Extra, e)
	opened := answer(p, "ApplyWebVerificationBizTokenIntl", func(ctx context.Context) (*faceid.ApplyWebVerificationBizTokenIntlResult, error) {
		return p.town.client.ApplyWebVerificationBizTokenIntl(ctx, request)
	})
	p.pause(time.Second, 2*time.Minute)
	r, err := p.sim.VisitCloud(p.ctx, opened.VerificationURL)
	if err != nil {
		p.fail("VisitCloud: %v", err)
	}
	if !f.quits {
		must(p, "the token that comes back", faceid.RedirectToken(r), opened.BizToken)
	}
	result, err := ask(p, "ConfirmWebVerificationIntl", func(ctx context.Context) (*faceid.GetWebVerificationResultIntlResult, error) {
		return p.town.client.ConfirmWebVerificationIntl(ctx, faceid.GetWebVerificationResultIntlRequest{BizToken: opened.BizToken}, p.who)
	})
	p.decide(f, result.State() == faceid.IntlPassed, err)
	if f.quits {
		return done
	}
	must(p, "the code", *result.ErrorCode, int64(f.tries[len(f.tries)-1]))
	must(p, "the attempts", len(result.VerificationDetailList), len(f.tries))
	must(p, "the Extra", result.Extra, request.Extra)
	must(p, "the documents", len(result.OCRResult), 1)
	if e.BestFrame != nil {
		mustFile(p, "the best frame", result.BestFrame, e.BestFrame)
		mustFile(p, "the video", result.Video, e.Video)
	}
	return done
}

func intlApp(p *person) bool {
	f := p.drawFlow(true)
	e := p.scripted(f)
	request := faceid.ApplySdkVerificationTokenRequest{CheckMode: faceid.IntlFace, CompareImage: p.picture(), Extra: "extra-" + strconv.Itoa(p.index)}
	p.sim.ScriptCloud(request.Extra, e)
	opened := answer(p, "ApplySdkVerificationToken", func(ctx context.Context) (*faceid.ApplySdkVerificationTokenResult, error) {
		return p.town.client.ApplySdkVerificationToken(ctx, request)
	})
	p.pause(time.Second, 2*time.Minute)
	if _, err := p.sim.RunIntlSDK(p.ctx, opened.SDKToken); err != nil {
		p.fail("RunIntlSDK: %v", err)
	}
	result, err := ask(p, "ConfirmSdkVerification", func(ctx context.Context) (*faceid.GetSdkVerificationResultResult, error) {
		return p.town.client.ConfirmSdkVerification(ctx, faceid.GetSdkVerificationResultRequest{SDKToken: opened.SDKToken}, faceid.PersonAsOpened)
	})
	p.decide(f, result.State() == faceid.IntlPassed, err)
	must(p, "the Extra", result.Extra, request.Extra)
	must(p, "the charges", result.ChargeCount, int64(f.intl))
	if f.quits {
		return done
	}
	must(p, "the code", result.Result, strconv.Itoa(f.tries[len(f.tries)-1]))
	must(p, "the attempts", len(result.CompareResults), len(f.tries))
	if e.BestFrame != nil {
		sum := md5.Sum(e.BestFrame)
		must(p, "the best frame", result.CompareResults[0].BestFrame.MD5, hex.EncodeToString(sum[:]))
	}
	return done
}

// check asks a question without a page. Its script is the action's, so one
// person asks at a time.
func check(p *person) bool {
	actions := []struct {
		name   string
		no     []faceidtest.Check
		family []faceid.Family
		ask    func(ctx context.Context, c *faceid.Client) (faceid.Result, error)
	}{
		{"IdCardVerification", []faceidtest.Check{{Result: "-1"}, {Result: "-5"}}, []faceid.Family{faceid.FamilyIdentityMismatch, faceid.FamilyIdentityMismatch},
			func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
				return c.IdCardVerification(ctx, faceid.IdCardVerificationRequest{Name: p.who.Name, IDCard: p.who.IDNo})
			}},
		{"BankCard4EVerification", []faceidtest.Check{{Result: "-1"}, {Result: "-13"}}, []faceid.Family{faceid.FamilyIdentityMismatch, faceid.FamilyCardUnusable},
			func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
				return c.BankCard4EVerification(ctx, faceid.BankCard4EVerificationRequest{Name: p.who.Name, IDCard: p.who.IDNo, BankCard: "6200000000000005", Phone: "13800138000"})
			}},
		{"PhoneVerification", []faceidtest.Check{{Result: "-4"}, {Result: "-9"}}, []faceid.Family{faceid.FamilyIdentityMismatch, faceid.FamilyNotOnRecord},
			func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
				return c.PhoneVerification(ctx, faceid.PhoneVerificationRequest{Name: p.who.Name, IDCard: p.who.IDNo, Phone: "13800138000"})
			}},
		{"ImageRecognitionV2", []faceidtest.Check{{Result: "FailedOperation.CompareLowSimilarity"}, {Result: "FailedOperation.IdNameMisMatch", AsError: true}},
			[]faceid.Family{faceid.FamilyNotSamePerson, faceid.FamilyIdentityMismatch},
			func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
				return c.ImageRecognitionV2(ctx, faceid.ImageRecognitionV2Request{Name: p.who.Name, IDCard: p.who.IDNo, Image: p.picture()})
			}},
	}
	a := actions[p.IntN(len(actions))]
	script, family := faceidtest.Check{}, faceid.Family("")
	p.ending = a.name + ", matches"
	if i := p.IntN(4); i < len(a.no) {
		script, family = a.no[i], a.family[i]
		p.ending = a.name + ", " + script.Result
	}
	c := p.town.client
	if p.chance(40) {
		c = p.town.sealed
	}
	turn := p.town.turns[a.name]
	turn <- struct{}{}
	defer func() { <-turn }()
	p.sim.ScriptCheck(a.name, script)
	result, err := ask(p, a.name, func(ctx context.Context) (faceid.Result, error) { return faceid.Confirm(a.ask(ctx, c)) })
	must(p, "passed", result.Passed(), family == "")
	p.whether(family == "", err, family)
	if family == "" || script.Result == "-1" || script.Result == "-4" {
		must(p, "charged", result.Charged(), faceid.ChargedYes)
	}
	return done
}

var cards = faceidtest.WithRule(ruleCards, "plus", faceidtest.RuleReadsCards)
