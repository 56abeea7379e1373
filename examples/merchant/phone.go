package main

import (
	"context"
	"net/http"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// Cards and chips are read by the SDK of an App. Here a page plays the phone:
// it starts the simulator's SDK with the launch parameters that the shop made.

// A cardReader is the OCR of an ID card.
type cardReader struct{}

func (cardReader) start(ctx context.Context, s *shop, o *order, person faceid.Person) (string, error) {
	launch, err := s.client().StartOCR(ctx, faceid.OCRRequest{Product: faceid.ProductIDCardOCR, Platform: faceid.PlatformAndroid, UserID: person.UserID})
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
	if claim := *o.claimed; claim.Number() != "0" { // nothing was read: there is no record
		return explained(faceid.ProductIDCardOCR, faceid.ChannelAndroid, claim), nil
	}
	card, err := s.client().ConfirmOCR(ctx, faceid.GetOCRResultRequest{OrderNo: o.ref, GetFile: true}, faceid.AnyPerson, faceid.OCRBothSides)
	end, err := judged(faceid.ProductIDCardOCR, card != nil, err)
	if end == nil || card == nil {
		return end, err
	}
	end.Charged, end.Photo = card.Charged(), card.FrontImage()
	end.Facts = []fact{{"name", card.Name}, {"idNo", card.IDCard}, {"fact-sex", string(card.Sex)}, {"fact-address", card.Address}, {"fact-valid", card.ValidDate.Text}}
	if card.FrontWarnCode.Any() || card.BackWarnCode.Any() {
		end.Facts = append(end.Facts, fact{"fact-warnings", string(card.FrontWarnCode) + " " + string(card.BackWarnCode)})
	}
	return end, nil
}

// A chipReader is 实证 NFC.
type chipReader struct{}

func (chipReader) start(ctx context.Context, s *shop, o *order, person faceid.Person) (string, error) {
	o.person = person // to compare the document with; settle forgets it
	launch, err := s.client().StartNFC(ctx, faceid.NFCRequest{Platform: faceid.PlatformAndroid, UserID: person.UserID})
	return o.launched(launch, err)
}

func (chipReader) back(*http.Request) string { return "" }

func (chipReader) decide(ctx context.Context, s *shop, o *order, _ *http.Request) (*outcome, error) {
	if claim := *o.claimed; claim.Number() != "0" {
		return explained(faceid.ProductNFC, faceid.ChannelAndroid, claim), nil
	}
	document, err := s.client().ConfirmNFC(ctx, faceid.GetIDCardNFCResultRequest{OrderNo: o.ref, ReqID: o.reqID, GetPhoto: true}, o.person)
	end, err := judged(faceid.ProductNFC, document != nil, err)
	if end == nil || document == nil {
		return end, err
	}
	end.Charged = document.Charged() // it was read, whoever it belongs to
	if end.Kind == "passed" {        // somebody else's document is nobody's to see
		end.Photo = document.PortraitPhoto
		end.Facts = []fact{{"name", document.Name}, {"idNo", document.IDCard}, {"fact-address", document.Address}, {"fact-valid", document.Valid.Text}}
	}
	return end, nil
}

// A scene is something that may be in front of the phone.
type scene struct {
	Name     string // of the button, and of the text scene-…
	card     faceidtest.IDCard
	document func(faceid.Person) faceidtest.NFCDocument
}

var scenes = map[string][]scene{
	"ocr": {
		{Name: "card", card: faceidtest.IDCard{Name: "李测试", Sex: "男", Birth: "19900307", Number: "110101199003074477"}},
		{Name: "warned", card: faceidtest.IDCard{FrontWarnCode: "10010100"}},
		{Name: "wrong-side", card: faceidtest.IDCard{FrontCode: "66661006"}},
		{Name: "leaves", card: faceidtest.IDCard{SDKCode: "200101"}},
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

// runPhone starts the SDK with a scene in front of the phone, and returns the report
// of the App.
func (s *shop) runPhone(ctx context.Context, o *order, sc scene) (code faceid.Code, reqID string, err error) {
	begin := time.Now()
	if o.Product.ID == "ocr" {
		s.sim.ScriptIDCard(o.ref, sc.card)
		result, err := s.sim.RunOCR(ctx, o.launch.Params, faceidtest.CardIDCard)
		if err != nil {
			return "", "", err
		}
		o.trace.site(begin, "step-phone", "with-nonce", "", result.Code)
		return appCode(result.Code), "", nil
	}
	s.sim.ScriptNFC(o.ref, sc.document(o.person))
	result, err := s.sim.RunNFC(ctx, o.launch.Params, o.launch.Extras)
	if err != nil {
		return "", "", err
	}
	o.trace.site(begin, "step-phone", "with-nonce", "", result.Code)
	return appCode(result.Code), result.ReqID, nil
}

func appCode(number string) faceid.Code {
	if number == "0" {
		return faceid.CodePassed
	}
	return faceid.Code(number)
}
