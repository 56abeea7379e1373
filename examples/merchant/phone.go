package main

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// Cards and chips are read by the SDK of an App. Here a page plays the phone: it starts the
// simulator's SDK with the launch parameters that the shop made. In app.go it plays the App
// that verifies a face, and a mini program.

// A cardReader is the OCR of an ID card.
type cardReader struct{}

func (cardReader) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	launch, err := s.client().StartOCR(ctx, faceid.OCRRequest{Product: faceid.ProductIDCardOCR, Platform: faceid.PlatformAndroid, UserID: in.UserID})
	return o.launched(launch, err)
}

// launched keeps what the App starts with: for real it is the answer to the App.
func (o *order) launched(launch *faceid.SDKLaunch, err error) (string, error) {
	if err != nil {
		return "", err
	}
	o.ref, o.launch = launch.OrderNo, launch
	return "", nil
}

// back names no order, since an App reports in a request of its own.
func (cardReader) back(*http.Request) string { return "" }

// decide takes AnyPerson: the shop asked for no name, and fills in a form with
// what was read. Whoever holds the card passes, so nobody is verified by it.
func (cardReader) decide(ctx context.Context, s *shop, o *order, _ *http.Request) (*outcome, error) {
	if code := o.claimed.code; code.Number() != "0" { // nothing was read: there is no record
		return explained(faceid.ProductIDCardOCR, faceid.ChannelAndroid, code), nil
	}
	card, err := s.client().ConfirmOCR(ctx, faceid.GetOCRResultRequest{OrderNo: o.ref, GetFile: true}, faceid.AnyPerson, faceid.OCRBothSides)
	end, err := judged(faceid.ProductIDCardOCR, card != nil, err)
	if end == nil || card == nil {
		return end, err
	}
	end.Charged, end.Photo = card.Charged(), card.FrontImage()
	end.Facts = facts("name", card.Name, "idNo", card.IDCard, "fact-sex", string(card.Sex), "fact-address", card.Address, "fact-valid", card.ValidDate.Text)
	if card.FrontWarnCode.Any() || card.BackWarnCode.Any() {
		end.Facts = append(end.Facts, fact{Name: "fact-warnings", Value: string(card.FrontWarnCode) + " " + string(card.BackWarnCode)})
	}
	return end, nil
}

// A bankCardReader is the OCR of a bank card.
type bankCardReader struct{}

func (bankCardReader) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	launch, err := s.client().StartOCR(ctx, faceid.OCRRequest{Product: faceid.ProductBankCardOCR, Platform: faceid.PlatformAndroid, UserID: in.UserID})
	return o.launched(launch, err)
}

func (bankCardReader) back(*http.Request) string { return "" }

// decide takes AnyPerson: the shop asked for no number, and fills in a form with the one
// that was read. Whose card it is, only a check with the bank tells.
func (bankCardReader) decide(ctx context.Context, s *shop, o *order, _ *http.Request) (*outcome, error) {
	if code := o.claimed.code; code.Number() != "0" {
		return explained(faceid.ProductBankCardOCR, faceid.ChannelAndroid, code), nil
	}
	card, err := s.client().ConfirmBankCardOCR(ctx, faceid.GetBankCardOCRResultRequest{OrderNo: o.ref, GetFile: true}, faceid.AnyPerson)
	end, err := judged(faceid.ProductBankCardOCR, card != nil, err)
	if end == nil || card == nil {
		return end, err
	}
	end.Charged, end.Photo = card.Charged(), card.Image()
	if end.Kind == "passed" {
		end.Facts = facts("bankCard", card.BankCardNo, "fact-valid", card.ValidDate)
	}
	for _, warning := range card.Warnings() {
		e, _ := faceid.Explain(faceid.ProductBankCardOCR, faceid.ChannelRemark, warning)
		end.Facts = append(end.Facts, fact{"fact-warning", cmp.Or(e.Message, warning.GlossZH(), warning.Number()), cmp.Or(warning.Gloss(), warning.Number())})
	}
	return end, nil
}

// A chipReader is 实证 NFC.
type chipReader struct{}

func (chipReader) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	o.person = in.Person // to compare the document with; settle forgets it
	launch, err := s.client().StartNFC(ctx, faceid.NFCRequest{Platform: faceid.PlatformAndroid, UserID: in.UserID})
	return o.launched(launch, err)
}

func (chipReader) back(*http.Request) string { return "" }

func (chipReader) decide(ctx context.Context, s *shop, o *order, _ *http.Request) (*outcome, error) {
	if code := o.claimed.code; code.Number() != "0" {
		return explained(faceid.ProductNFC, faceid.ChannelAndroid, code), nil
	}
	document, err := s.client().ConfirmNFC(ctx, faceid.GetIDCardNFCResultRequest{OrderNo: o.ref, ReqID: o.claimed.reqID, GetPhoto: true}, o.person)
	end, err := judged(faceid.ProductNFC, document != nil, err)
	if end == nil || document == nil {
		return end, err
	}
	end.Charged = document.Charged() // it was read, whoever it belongs to
	if end.Kind == "passed" {        // somebody else's document is nobody's to see
		end.Photo = document.PortraitPhoto
		end.Facts = facts("name", document.Name, "idNo", document.IDCard, "fact-address", document.Address, "fact-valid", document.Valid.Text)
	}
	return end, nil
}

// A claim is what an App or a mini program reports. Anybody can make one: it says whether
// there is something to ask for, and the platform's answer decides.
type claim struct {
	code   faceid.Code      // of a card or a chip
	report faceid.SDKReport // of a face
	reqID  string           // of a chip
}

// A scene is something that may happen before the phone.
type scene struct {
	Name     string // of the button, and of the text scene-…
	card     faceidtest.IDCard
	bankCard faceidtest.BankCard
	document func(faceid.Person) faceidtest.NFCDocument
	face     faceidtest.Ending
	lies     bool // the App reports success, whatever happened
	flow     faceidtest.CloudEnding
}

var scenes = map[string][]scene{
	"app": {
		{Name: "passes"},
		{Name: "not-same-person", face: faceidtest.NotSamePerson()},
		{Name: "app-lies", face: faceidtest.SuspectedFake(), lies: true},
		{Name: "leaves", face: faceidtest.Quits()},
	},
	"mini": {
		{Name: "passes"},
		{Name: "not-same-person", flow: faceidtest.CloudTries(2016)},
		{Name: "second-try", flow: faceidtest.CloudTries(2016, 0)},
		{Name: "leaves", flow: faceidtest.CloudQuits()},
	},
	"ocr": {
		{Name: "card", card: faceidtest.IDCard{Name: "李测试", Sex: "男", Birth: "19900307", Number: "110101199003074477"}},
		{Name: "warned", card: faceidtest.IDCard{FrontWarnCode: "10010100"}},
		{Name: "wrong-side", card: faceidtest.IDCard{FrontCode: "66661006"}},
		{Name: "leaves", card: faceidtest.IDCard{SDKCode: "200101"}},
	},
	"bankcard": {
		{Name: "bank-card", bankCard: faceidtest.BankCard{Number: "6222020000000000000"}},
		{Name: "bank-copy", bankCard: faceidtest.BankCard{Number: "6222020000000000000", WarnCode: "-9113", MultiWarnCode: "[-9113]"}},
		{Name: "no-bank-card", bankCard: faceidtest.BankCard{Code: "-9013"}},
		{Name: "leaves", bankCard: faceidtest.BankCard{SDKCode: "200101"}},
	},
	"nfc": {
		{Name: "document", document: func(p faceid.Person) faceidtest.NFCDocument {
			return faceidtest.NFCDocument{Name: p.Name, Number: p.IDNo}
		}},
		{Name: "others", document: func(faceid.Person) faceidtest.NFCDocument {
			return faceidtest.NFCDocument{Name: "王样本", Number: "11010519491231002X"}
		}},
		{Name: "slow", document: func(faceid.Person) faceidtest.NFCDocument { return faceidtest.NFCDocument{SDKCode: "600103"} }},
	},
}

// runPhone starts what runs on the phone of this order, and returns what it reports.
func (s *shop) runPhone(ctx context.Context, o *order, sc scene) (said *claim, err error) {
	run := map[string]func(context.Context, *order, scene) (*claim, step, error){
		"app": s.runApp, "mini": s.runMini, "ocr": s.runCard, "bankcard": s.runBankCard, "nfc": s.runChip,
	}[o.Product.ID]
	begin := time.Now()
	said, ran, err := run(ctx, o, sc)
	if err != nil {
		return nil, err
	}
	o.trace.site(begin, ran.What, ran.Signed, ran.Sent, ran.Result)
	return said, nil
}

func (s *shop) runCard(ctx context.Context, o *order, sc scene) (*claim, step, error) {
	s.sim.ScriptIDCard(o.ref, sc.card)
	ended, err := s.sim.RunOCR(ctx, o.launch.Params, faceidtest.CardIDCard)
	return &claim{code: appCode(ended.Code)}, step{What: "step-phone", Signed: "with-nonce", Result: ended.Code}, err
}

func (s *shop) runBankCard(ctx context.Context, o *order, sc scene) (*claim, step, error) {
	s.sim.ScriptBankCard(o.ref, sc.bankCard)
	ended, err := s.sim.RunOCR(ctx, o.launch.Params, faceidtest.CardBankCard)
	return &claim{code: appCode(ended.Code)}, step{What: "step-phone", Signed: "with-nonce", Result: ended.Code}, err
}

func (s *shop) runChip(ctx context.Context, o *order, sc scene) (*claim, step, error) {
	s.sim.ScriptNFC(o.ref, sc.document(o.person))
	ended, err := s.sim.RunNFC(ctx, o.launch.Params, o.launch.Extras)
	return &claim{code: appCode(ended.Code), reqID: ended.ReqID}, step{What: "step-phone", Signed: "with-nonce", Result: ended.Code}, err
}

func appCode(number string) faceid.Code {
	if number == "0" {
		return faceid.CodePassed
	}
	return faceid.Code(number)
}
