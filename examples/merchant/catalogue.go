package main

import (
	"context"
	"net/http"
	"slices"

	"github.com/faceid-go/faceid"
)

// A product is a product of the platform that the shop verifies people with, or reads
// documents and compares data with.
type product struct {
	ID      string   // in URLs, in data-product, and of the texts product-… and about-…
	Group   string   // people, documents or data: what the start page puts together
	Person  bool     // it takes a name and a number
	More    []string // what else it takes: the names of fields, and of their texts
	Answers []answer // what the simulator may be told to answer
	Missing string   // why it is not to be had: a text

	Compares bool   // the person is remembered until the result was compared with them
	says     string // whose words tell the end: "", card, chip or check; see Word
	unsigned bool   // nothing on the way back is signed
	upload   string // the platform's path or action that opens it
	query    string // and that tells its end
	flow
}

// Word is the text of a state of an order. Only a person in front of a camera can pass:
// a card is read, and data agree.
func (p product) Word(state string) string {
	if p.says == "" || !slices.Contains([]string{"passed", "refused", "none"}, state) {
		return "outcome-" + state
	}
	return "outcome-" + p.says + "-" + state
}

// Nobody is the text that says that this product verifies nobody, or "".
func (p product) Nobody() string {
	if p.says == "" {
		return ""
	}
	return "nobody-" + p.says
}

// Family is the SDK's word for an outcome, where a page shows it: of a card that was read
// it is Passed, too, which a visitor would take for a verification.
func (p product) Family(word string) string {
	if p.Group == "documents" {
		return ""
	}
	return word
}

// OnPhone reports whether an App or a mini program is needed, which a page plays here.
func (p product) OnPhone() bool { return len(scenes[p.ID]) > 0 }

// A flow is how a product is used: three steps, one small type each.
type flow interface {
	// start opens an order and returns where the browser goes.
	start(ctx context.Context, s *shop, o *order, in input) (next string, err error)
	// back reads which order of this session the way back names. Nothing is
	// believed by that.
	back(r *http.Request) (ref string)
	// decide decides on an order. back is the request that brought the person back,
	// nil if none did. An error means that nobody can decide yet.
	decide(ctx context.Context, s *shop, o *order, back *http.Request) (*outcome, error)
}

// An input is what the visitor entered. It lives as long as the request.
type input struct {
	faceid.Person
	phone  string
	answer string // what the simulator is to answer: the name of an answer
}

// flows are the products that the credentials open.
type flows struct {
	plus, enhanced, basic, will, intl bool
	simulated                         bool // there is a phone to play, and data of nobody to ask about
	ruleID, merchantID                string
}

const (
	askFace   = "/api/v2/base/queryfacerecord"
	askTicket = "/api/oauth2/api_ticket"
	askDetect = "GetDetectInfoEnhanced"
)

func catalogue(have flows) []product {
	return slices.Concat(people(have), documents(have), data(have))
}

func missing(there bool, why string) string {
	if there {
		return ""
	}
	return why
}

// people are the products that put a person in front of a camera.
func people(have flows) []product {
	all := []product{
		{ID: "plus", Missing: missing(have.plus, "missing-app"), flow: facePage{faceid.ProductPlus},
			upload: "/api/server/getPlusFaceId", query: askFace},
		{ID: "enhanced", Missing: missing(have.enhanced, "missing-app"), flow: facePage{faceid.ProductEnhanced},
			upload: "/api/server/getAdvFaceId", query: askFace},
		{ID: "pc", Missing: missing(have.basic, "missing-app"), flow: facePage{faceid.ProductBasic},
			upload: "/api/server/h5/geth5faceid", query: askFace},
		{ID: "app", Missing: missing(have.simulated, "missing-phone"), flow: appFace{faceid.ProductPlus},
			upload: "/api/server/getPlusFaceId", query: askFace},
		{ID: "will", Missing: missing(have.will, "missing-app"), flow: willPage{},
			upload: "/api/server/getWillFaceId", query: "/api/server/getWillFaceResult"},
		{ID: "wechat", Compares: true, unsigned: true, Missing: missing(have.ruleID != "", "missing-cloud"), flow: wechatPage{have.ruleID},
			upload: "DetectAuth", query: askDetect},
		{ID: "mini", Compares: true, unsigned: true, Missing: missing(have.simulated, "missing-mini"), flow: miniProgram{wechatPage{have.ruleID}},
			upload: "DetectAuth", query: askDetect},
		{ID: "eid", unsigned: true, Missing: missing(have.merchantID != "", "missing-merchant"), flow: eidPage{have.merchantID},
			upload: "GetEidToken", query: "GetEidResult"},
		{ID: "intl", unsigned: true, Missing: missing(have.intl, "missing-intl"), flow: intlPage{},
			upload: "ApplyWebVerificationBizTokenIntl", query: "GetWebVerificationResultIntl"},
	}
	for i := range all {
		all[i].Group, all[i].Person = "people", all[i].ID != "intl"
	}
	return all
}

// documents are the products that read what lies before a phone.
func documents(have flows) []product {
	all := []product{
		{ID: "ocr", says: "card", flow: cardReader{}, upload: askTicket, query: "/api/server/getOcrResult"},
		{ID: "bankcard", says: "card", flow: bankCardReader{}, upload: askTicket, query: "/api/server/getBankCardOcrResult"},
		{ID: "nfc", says: "chip", Person: true, Compares: true, flow: chipReader{},
			upload: "/api/server/getOcrCertId", query: "/api/v2/nfcpaas/getIdcardNfcResult"},
	}
	for i := range all {
		all[i].Group, all[i].Missing = "documents", missing(have.simulated, "missing-phone")
	}
	return all
}

// data are checks of API 3.0: one question and one answer, and nobody in front of a
// camera. A site that is open to everybody must not ask the real platform: strangers would
// try out the data of others here.
func data(have flows) []product {
	all := []product{
		{ID: "check-id", flow: dataCheck{identityCheck}, upload: "IdCardVerification",
			Answers: []answer{{"match", ""}, {"mismatch", "-1"}, {"not-recorded", "-5"}, {"in-trouble", "-4"}}},
		{ID: "check-bank", flow: dataCheck{bankCheck}, upload: "BankCard4EVerification", More: []string{"bankCard", "phone"},
			Answers: []answer{{"match", ""}, {"mismatch", "-1"}, {"lost-card", "-13"}, {"in-trouble", "-18"}}},
		{ID: "check-phone", flow: dataCheck{phoneCheck}, upload: "PhoneVerification", More: []string{"phone"},
			Answers: []answer{{"match", ""}, {"mismatch", "-4"}, {"not-recorded", "-9"}, {"in-trouble", "-11"}}},
	}
	for i := range all {
		all[i].Group, all[i].Person, all[i].says = "data", true, "check"
		all[i].Missing, all[i].query = missing(have.simulated, "missing-check"), all[i].upload
	}
	return all
}
