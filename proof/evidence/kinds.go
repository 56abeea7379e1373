package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/faceid-go/faceid"
	lib "github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// A kind is a product and a channel: how an order is opened, and what its person does.
// A further kind is a further row of kinds.
type kind struct {
	name    lib.Kind
	weight  int
	product string // what the ledger counts its charges under
	ends    []end
	open    func(p *platform, o *order) error // sets what the order is at the platform
	come    func(p *platform, o *order) error // lets the person do what the script says
	// files are the names that the platform gives the files of an order, and where the
	// script has their content.
	files  func(o *order) map[string][]byte
	mayLag []string // the files that may come later than the outcome
}

var kinds = []kind{
	{name: lib.FaceH5, weight: 30, product: "plus", ends: faceEnds, open: openH5, come: visit, files: faceFiles, mayLag: []string{"photo", "video"}},
	{name: lib.FaceApp, weight: 15, product: "plus", ends: faceEnds, open: openApp, come: runSDK, files: faceFiles, mayLag: []string{"photo"}},
	{name: lib.FacePC, weight: 10, product: "basic", ends: faceEnds, open: openPC, come: visit, files: faceFiles, mayLag: []string{"photo", "video"}},
	{name: lib.WillH5, weight: 8, product: "will", ends: willEnds, open: openWillH5, come: visit, files: willFiles, mayLag: []string{"willUserAudio"}},
	{name: lib.WillApp, weight: 7, product: "will", ends: willEnds, open: openWillApp, come: runSDK, files: willFiles, mayLag: []string{"willUserAudio", "willScrnShotImage"}},
	{name: lib.WeChat, weight: 15, product: "wechat", ends: slices.Concat(flowEnds, wechatEnds), open: openWeChat, come: runFlow, files: wechatFiles},
	{name: lib.Eid, weight: 5, product: "eid", ends: flowEnds, open: openEid, come: runFlow, files: eidFiles},
	{name: lib.IntlWeb, weight: 5, product: "intl-web", ends: intlEnds, open: openIntlWeb, come: runFlow, files: intlWebFiles},
	{name: lib.IntlApp, weight: 5, product: "intl-app", ends: intlEnds, open: openIntlApp, come: runFlow, files: intlAppFiles},
}

// An end is how an order ends, and what the merchant must be told then.
type end struct {
	name    string
	weight  int
	face    func() faceidtest.Ending // of a face or a will
	tries   []int                    // of a flow
	again   []int                    // of a second visit to a flow of WeChat, an hour after the first
	never   bool                     // nobody comes
	late    bool                     // the person comes when the page has expired
	other   bool                     // the merchant expects somebody else
	family  faceid.Family
	files   bool           // the platform has files
	charges map[string]int // what it costs, by product; intl-web never says
}

func (e end) passed() bool { return e.family == faceid.FamilyPassed }

func each(n int) map[string]int {
	return map[string]int{"plus": n, "basic": n, "will": n, "wechat": n, "eid": n, "intl-app": n}
}

var (
	faceEnds = []end{
		{name: "passes", weight: 45, face: faceidtest.Passes, family: faceid.FamilyPassed, files: true, charges: each(1)},
		{name: "not the same person", weight: 10, face: faceidtest.NotSamePerson, family: faceid.FamilyNotSamePerson, files: true, charges: each(1)},
		{name: "name and number do not match", weight: 4, face: faceidtest.IdentityMismatch, family: faceid.FamilyIdentityMismatch, files: true, charges: each(1)},
		{name: "suspected fake", weight: 4, face: faceidtest.SuspectedFake, family: faceid.FamilySuspectedFake, files: true, charges: map[string]int{"plus": 1}},
		{name: "no face seen", weight: 4, face: faceidtest.NoFace, family: faceid.FamilyCaptureFailed},
		{name: "times out", weight: 3, face: faceidtest.TimesOut, family: faceid.ErrNoResult},
		{name: "blocked", weight: 3, face: faceidtest.Blocked, family: faceid.ErrNoResult},
		{name: "quits", weight: 7, face: faceidtest.Quits, family: faceid.ErrNoResult},
		{name: "never comes", weight: 15, never: true, family: faceid.ErrNoResult},
		{name: "comes too late", weight: 5, late: true, face: faceidtest.Passes, family: faceid.ErrNoResult},
	}
	willEnds = append([]end{
		{name: "another answer", weight: 10, face: faceidtest.WrongAnswer, family: faceid.FamilyWillMismatch, files: true, charges: each(1)},
	}, faceEnds...)
	intlEnds = []end{
		{name: "passes", weight: 45, tries: []int{0}, family: faceid.FamilyPassed, files: true, charges: each(1)},
		{name: "passes at the second try", weight: 8, tries: []int{2016, 0}, family: faceid.FamilyPassed, files: true, charges: each(2)},
		{name: "not the same person", weight: 10, tries: []int{2016}, family: faceid.FamilyNotSamePerson, files: true, charges: each(1)},
		{name: "no face seen", weight: 4, tries: []int{1004}, family: faceid.FamilyCaptureFailed, charges: each(0)},
		{name: "quits", weight: 8, tries: []int{}, family: faceid.ErrNoResult, charges: each(0)},
		{name: "never comes", weight: 15, never: true, family: faceid.ErrNoResult, charges: each(0)},
		{name: "comes too late", weight: 5, late: true, tries: []int{0}, family: faceid.ErrNoResult, charges: each(0)},
	}
	flowEnds = append([]end{
		{name: "name and number do not match", weight: 4, tries: []int{2006}, family: faceid.FamilyIdentityMismatch, files: true, charges: each(1)},
	}, intlEnds...)
	wechatEnds = []end{
		{name: "another person than expected", weight: 4, tries: []int{0}, other: true, family: faceid.FamilyOtherPerson, files: true, charges: each(1)},
		{name: "passes when coming again", weight: 6, tries: []int{1004}, again: []int{0}, family: faceid.FamilyPassed, files: true, charges: each(1)},
		{name: "fails when coming again", weight: 6, tries: []int{1004}, again: []int{2016}, family: faceid.FamilyNotSamePerson, files: true, charges: each(1)},
	}
)

// platform is the simulator with a client that no fault meets: it is the merchant's
// shop, and the people.
type platform struct {
	sim    *faceidtest.Server
	client *faceid.Client
}

var (
	person   = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}
	stranger = faceid.Person{UserID: "user2", Name: "王样本", IDNo: "110101199001010015"}
	question = faceid.Will{Type: faceid.WillQuestions, Rounds: []faceid.WillRound{{Question: "是否同意", Answers: []string{"同意"}}}}
	picture  = []byte("\xff\xd8\xff an invented face")
	ctx      = context.Background()
)

// products are those of faces.
var products = map[string]faceid.Product{"plus": faceid.ProductPlus, "basic": faceid.ProductBasic}

const back = "https://shop.example/back"

func openH5(p *platform, o *order) error {
	return o.launch(p.client.StartH5(ctx, faceid.H5Request{Person: person, RedirectURL: back, From: faceid.FromBrowser}))
}

func openPC(p *platform, o *order) error {
	return o.launch(p.client.StartPC(ctx, faceid.PCRequest{Person: person, RedirectURL: back}))
}

func openWillH5(p *platform, o *order) error {
	return o.launch(p.client.StartWillH5(ctx, faceid.WillH5Request{Person: person, RedirectURL: back, Will: question, From: faceid.FromBrowser}))
}

func (o *order) launch(l *faceid.PageLogin, err error) error {
	if err == nil {
		o.order.Number, o.page = l.Session.OrderNo, l.URL
	}
	return err
}

func openApp(p *platform, o *order) error {
	return o.start(p.client.StartSDK(ctx, faceid.SDKRequest{Platform: faceid.PlatformAndroid, Person: person, Licence: "licence"}))
}

func openWillApp(p *platform, o *order) error {
	return o.start(p.client.StartWillSDK(ctx, faceid.WillSDKRequest{Platform: faceid.PlatformIOS, Person: person, Will: question, Licence: "licence"}))
}

func (o *order) start(l *faceid.SDKLaunch, err error) error {
	if err == nil {
		o.order.Number, o.order.AppVideo, o.params = l.OrderNo, o.video, l.Params
	}
	return err
}

func openWeChat(p *platform, o *order) error {
	r, err := p.client.DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: person.Name, IDCard: person.IDNo, RedirectURL: back})
	if err == nil {
		o.order.Number, o.order.RuleID, o.page = r.BizToken, faceidtest.RulePlus, r.URL
	}
	return err
}

func openEid(p *platform, o *order) error {
	r, err := p.client.GetEidToken(ctx, faceid.GetEidTokenRequest{
		MerchantID: faceidtest.Merchant, Name: person.Name, IDCard: person.IDNo, RedirectURL: back, Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven},
	})
	if err == nil {
		o.order.Number, o.page = r.EidToken, r.URL
	}
	return err
}

func openIntlWeb(p *platform, o *order) error {
	r, err := p.client.ApplyWebVerificationBizTokenIntl(ctx, faceid.ApplyWebVerificationBizTokenIntlRequest{
		RedirectURL: back, CompareImage: picture, Config: &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlFace},
	})
	if err == nil {
		o.order.Number, o.page = r.BizToken, r.VerificationURL
	}
	return err
}

func openIntlApp(p *platform, o *order) error {
	r, err := p.client.ApplySdkVerificationToken(ctx, faceid.ApplySdkVerificationTokenRequest{CheckMode: faceid.IntlFace, CompareImage: picture})
	if err == nil {
		o.order.Number = r.SDKToken
	}
	return err
}

// visit lets a person go through a page of a face or a will.
func visit(p *platform, o *order) error {
	p.sim.Script(o.order.Number, o.ending())
	_, err := p.sim.Visit(ctx, o.page)
	return o.unlessLate(err)
}

// runSDK lets a person go through the SDK of an App.
func runSDK(p *platform, o *order) error {
	p.sim.Script(o.order.Number, o.ending())
	var switches []faceidtest.SDKSwitch
	if o.video {
		switches = append(switches, faceidtest.RecordVideo)
	}
	_, err := p.sim.RunSDK(ctx, o.params, switches...)
	return o.unlessLate(err)
}

// runFlow lets a person go through a flow of API 3.0.
func runFlow(p *platform, o *order) error {
	p.sim.ScriptCloud(o.order.Number, o.cloudEnding())
	o.visits++
	var err error
	if o.page != "" {
		_, err = p.sim.VisitCloud(ctx, o.page)
	} else {
		_, err = p.sim.RunIntlSDK(ctx, o.order.Number)
	}
	return o.unlessLate(err)
}

// unlessLate is nil if a page refused a person who came too late.
func (o *order) unlessLate(err error) error {
	var refused *faceidtest.PageError
	if o.end.late && errors.As(err, &refused) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s, %s, %s: %w", o.ref, o.kind.name, o.end.name, err)
	}
	return nil
}
