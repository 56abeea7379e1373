package faceid_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// liCeshi is the invented person of the examples.
var liCeshi = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

func must[T any](value T, err error) T {
	if err != nil {
		log.Panic(err)
	}
	return value
}

// This verifies a face in a browser, from the click to the decision.
func Example() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // In production: faceid.New(faceid.WithApp(appID, secret)).

	login := must(client.StartH5(ctx, faceid.H5Request{Person: liCeshi, RedirectURL: "https://merchant.example/back"}))
	back := must(platform.Visit(ctx, login.URL))                   // The person's browser does this.
	record, err := client.ConfirmReturn(ctx, back, &login.Session) // The handler does this with the session of the browser.
	fmt.Println(record.Passed(), err)
	// Output: true <nil>
}

// This verifies a face in an App. The App gets the parameters in its SDK's own names.
// What it reports is good for words only, not for a decision.
func ExampleClient_StartSDK() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	launch := must(client.StartSDK(ctx, faceid.SDKRequest{Platform: faceid.PlatformAndroid, OrderNo: "order1", Person: liCeshi, Licence: "licence-from-console"}))
	fmt.Println(launch, launch.Params["agreementNo"], len(launch.Params["openApiSign"]))
	reported := must(platform.RunSDK(ctx, launch.Params)) // The App does this on the phone.
	if faceid.ParseSDKResult(reported.Domain, reported.Code).Queryable() {
		_, err := client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1", Wait: true})
		fmt.Println("passed:", err == nil)
	}
	// Output:
	// faceid.SDKLaunch{Product:plus Platform:android OrderNo:order1 UserID:user1} order1 40
	// passed: true
}

// A verification can be opened now and launched later. The PageSession is kept with the
// user's own session, and a URL that was burnt is made anew. A person who has been on
// the page and comes back with a code of the front-end begins a new verification, as a
// faceId is for one.
func ExampleClient_OpenH5() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.Script("order1", faceidtest.NoCamera())

	for _, order := range []string{"order1", "order2"} {
		session := must(client.OpenH5(ctx, faceid.H5Request{OrderNo: order, Person: liCeshi, RedirectURL: "https://merchant.example/back"}))
		must(client.LoginURL(ctx, session)) // The first click did not get there.
		url := must(client.LoginURL(ctx, session))
		_, err := client.ConfirmReturn(ctx, must(platform.Visit(ctx, url)), session)
		fmt.Println(order, "passed:", err == nil, "- another try may help:", faceid.RemedyOf(err).Reenter())
	}
	// Output:
	// order1 passed: false - another try may help: true
	// order2 passed: true - another try may help: false
}

// In a browser on a PC there is Basic, and no other product.
func ExampleClient_StartPC() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.Script("order1", faceidtest.IdentityMismatch())

	login := must(client.StartPC(ctx, faceid.PCRequest{OrderNo: "order1", Person: liCeshi, RedirectURL: "https://merchant.example/back"}))
	record, err := client.ConfirmReturn(ctx, must(platform.Visit(ctx, login.URL)), &login.Session)
	fmt.Println(errors.Is(err, faceid.FamilyIdentityMismatch), "charged:", record.Charged())
	// Output: true charged: yes
}

// A person is asked something aloud in a browser, and says the wrong thing.
func ExampleClient_ConfirmWillReturn() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.Script("order1", faceidtest.WrongAnswer())

	login := must(client.StartWillH5(ctx, faceid.WillH5Request{
		OrderNo: "order1", Person: liCeshi, RedirectURL: "https://merchant.example/back",
		Will: faceid.Will{Type: faceid.WillQuestions, Rounds: []faceid.WillRound{{Question: "您是否同意？请说同意。", Answers: []string{"同意", "是的"}}}},
	}))
	record, err := client.ConfirmWillReturn(ctx, must(platform.Visit(ctx, login.URL)), &login.Session)
	fmt.Println(errors.Is(err, faceid.ErrNotPassed), "face:", record.FaceCode.Number(), "answers:", record.WillCode.Gloss())
	// Output: true face: 0 answers: the person's answer is not the expected one
}

// The person says the wrong thing in an App, which reports how it went. That report is
// good for words only, not for a decision.
func ExampleClient_ConfirmWill() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.Script("order1", faceidtest.WrongAnswer())

	launch := must(client.StartWillSDK(ctx, faceid.WillSDKRequest{
		Platform: faceid.PlatformHarmony, OrderNo: "order1", Person: liCeshi, Licence: "licence-from-console",
		Will: faceid.Will{Type: faceid.WillQuestions, Rounds: []faceid.WillRound{{Question: "您是否同意？请说同意。", Answers: []string{"同意", "是的"}}}},
	}))
	must(platform.RunSDK(ctx, launch.Params))
	record, err := client.ConfirmWill(ctx, faceid.GetWillFaceResultRequest{OrderNo: "order1", AppFile: faceid.WillAppNoVideo})
	fmt.Println(errors.Is(err, faceid.ErrNotPassed), "face:", record.FaceCode.Number(), "answers:", record.WillCode.Gloss())
	// Output: true face: 0 answers: the person's answer is not the expected one
}

// A card is read in an App and compared with the person to whom it must belong. Nothing
// is uploaded: the order begins with the launch. For a customer whom nobody knows yet
// there is AnyPerson.
func ExampleClient_ConfirmOCR() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.ScriptIDCardDefault(faceidtest.IDCard{Name: liCeshi.Name, Number: liCeshi.IDNo, ValidDate: "20190128-长期", FrontWarnCode: "10010100"})

	launch := must(client.StartOCR(ctx, faceid.OCRRequest{Product: faceid.ProductIDCardOCR, Platform: faceid.PlatformAndroid, OrderNo: "order1", UserID: "user1"}))
	must(platform.RunOCR(ctx, launch.Params, faceidtest.CardIDCard))
	card := must(client.ConfirmOCR(ctx, faceid.GetOCRResultRequest{OrderNo: "order1"}, liCeshi, faceid.OCRBothSides))
	fmt.Println(card.Name, card.FrontWarnCode.Any(), card.ValidDate.Covers(time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)))
	// Output: 李测试 true true
}

// The chip of a document is read, decrypted and compared with the person.
func ExampleClient_ConfirmNFC() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client(faceid.WithNFCKey(platform.NFCKey()))
	platform.ScriptNFCDefault(faceidtest.NFCDocument{Name: "王测试", Number: "110101199003070011"}) // This is somebody else's chip.

	launch := must(client.StartNFC(ctx, faceid.NFCRequest{Platform: faceid.PlatformAndroid, OrderNo: "order1", UserID: "user1"}))
	read := must(platform.RunNFC(ctx, launch.Params, launch.Extras))
	_, err := client.ConfirmNFC(ctx, faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: read.ReqID}, liCeshi)
	fmt.Println(errors.Is(err, faceid.ErrNotPassed), errors.Is(err, faceid.ErrOtherPerson))
	// Output: true true
}

// In WeChat a person may try several times in one flow, and each charged try counts.
// The decision names the person out of the merchant's own data, as a RuleId can be set
// so that anybody with a card of their own passes.
func ExampleClient_ConfirmDetect() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // In production: faceid.New(faceid.WithCloud(credential, "ap-guangzhou")).
	platform.ScriptCloudDefault(faceidtest.CloudTries(2016, 0))

	flow := must(client.DetectAuth(ctx, faceid.DetectAuthRequest{
		RuleID: faceidtest.RulePlus, Name: liCeshi.Name, IDCard: liCeshi.IDNo, RedirectURL: "https://merchant.example/back",
	}))
	back := must(platform.VisitCloud(ctx, flow.URL))
	fmt.Println(faceid.RedirectBizToken(back) == flow.BizToken) // The token is unsigned, so the token of the session is the one to ask for.
	query := faceid.GetDetectInfoEnhancedRequest{BizToken: flow.BizToken, RuleID: faceidtest.RulePlus, InfoType: faceid.InfoText, WillAsked: flow.WillAsked}
	result := must(client.ConfirmDetect(ctx, query, liCeshi))
	fmt.Println("tries charged:", result.ChargeCount())
	_, err := client.ConfirmDetect(ctx, query, faceid.Person{Name: "王测试", IDNo: "110101199003070011"})
	fmt.Println("somebody else's account:", errors.Is(err, faceid.ErrOtherPerson))
	// Output:
	// true
	// tries charged: 2
	// somebody else's account: true
}

// For E证通 the mini program gets a token, and the server waits for the person. The
// result names nobody. The flow was opened with name and number, which the person
// cannot change, so the decision is about them. With an EidKey the result names the
// person instead.
func ExampleClient_ConfirmEid() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	flow := must(client.GetEidToken(ctx, faceid.GetEidTokenRequest{
		MerchantID: faceidtest.Merchant, Name: liCeshi.Name, IDCard: liCeshi.IDNo, Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven},
	}))
	must(platform.RunEid(ctx, flow.EidToken))
	fmt.Println(client.WaitEid(ctx, flow.EidToken))
	_, err := client.ConfirmEid(ctx, faceid.GetEidResultRequest{EidToken: flow.EidToken, InfoType: faceid.InfoText, WillAsked: flow.WillAsked}, faceid.PersonAsOpened)
	fmt.Println("passed:", err == nil)
	// Output:
	// finished <nil>
	// passed: true
}

// Abroad a person shows a document and a face in a browser. What was read from the
// document is compared with the person who is expected.
func ExampleClient_ConfirmWebVerificationIntl() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // In production: faceid.New(faceid.WithIntl(credential, "ap-singapore")).
	customer := faceid.Person{Name: "CHAN Tai Man", IDNo: "C668668(E)"}
	platform.ScriptCloudDefault(faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: customer.Name, Number: customer.IDNo}})

	flow := must(client.ApplyWebVerificationBizTokenIntl(ctx, faceid.ApplyWebVerificationBizTokenIntlRequest{
		RedirectURL: "https://merchant.example/back",
		Config:      &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlHKIDCard},
	}))
	request := faceid.GetWebVerificationResultIntlRequest{BizToken: flow.BizToken}
	_, err := client.ConfirmWebVerificationIntl(ctx, request, customer)
	fmt.Println("too early:", errors.Is(err, faceid.ErrNoResult))
	must(platform.VisitCloud(ctx, flow.VerificationURL))
	result := must(client.ConfirmWebVerificationIntl(ctx, request, customer))
	fmt.Println("documents:", len(result.OCRResult))
	// Output:
	// too early: true
	// documents: 1
}

// Evidence goes straight to its place, decoded while it arrives.
func ExampleClient_WaitFaceFiles() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.Script("order1", faceidtest.Ending{Video: bytes.Repeat([]byte{7}, 3<<20)})
	login := must(client.StartH5(ctx, faceid.H5Request{OrderNo: "order1", Person: liCeshi, RedirectURL: "https://merchant.example/back"}))
	must(platform.Visit(ctx, login.URL))

	var archive bytes.Buffer // This may be a file, an upload or any other io.Writer.
	record := must(client.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesVideo, VideoTo: &archive}))
	fmt.Println(record.VideoSize == int64(archive.Len()), record.VideoSize, len(record.Video))
	// Output: true 3145728 0
}

// Reconcile compares the bill of a day with what the merchant counted.
func ExampleReconcile() {
	ctx := context.Background()
	day := time.Now().AddDate(0, 0, -2)
	platform := faceidtest.NewServer(faceidtest.WithStart(day))
	defer platform.Close()
	client := platform.Client()
	platform.ScriptCloudDefault(faceidtest.CloudTries(1002, 0))
	flow := must(client.DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: liCeshi.Name, IDCard: liCeshi.IDNo}))
	must(platform.RunMiniProgram(ctx, flow.BizToken))
	platform.Advance(48 * time.Hour) // A bill is complete from 06:00 of the next day.

	var bill []faceid.WeChatBillDetail
	for line, err := range client.WeChatBills(ctx, day, "") {
		bill = append(bill, must(line, err))
	}
	fmt.Println(faceid.Reconcile(faceid.ProductPlus, []faceid.LocalFlow{{BizToken: flow.BizToken, ChargeCount: 2}}, bill).Agrees())
	fmt.Println(faceid.Reconcile(faceid.ProductPlus, []faceid.LocalFlow{{BizToken: flow.BizToken, ChargeCount: 1}}, bill).Agrees())
	// Output:
	// true
	// false
}

// The handler of the redirect URL looks for the session of this browser first, so a
// stranger is refused before the callback is looked at. ErrReplayed says that the order
// passed and was confirmed before.
func ExampleClient_ConfirmReturn() {
	platform := faceidtest.NewServer()
	defer platform.Close()
	seen := map[string]bool{} // in production: INSERT … ON CONFLICT DO NOTHING, or SETNX
	client := platform.Client(faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
		first := !seen[cb.ID()]
		seen[cb.ID()] = true
		return first, nil
	}))
	sessions := map[string]*faceid.PageSession{} // in your database, by the cookie of the browser

	back := func(w http.ResponseWriter, r *http.Request) {
		session := sessions[r.Header.Get("Cookie")]
		if session == nil {
			http.Error(w, "nothing was opened here", http.StatusForbidden)
			return
		}
		_, err := client.ConfirmReturn(r.Context(), r, session)
		switch {
		case err == nil, errors.Is(err, faceid.ErrReplayed): // Store the pass, if it is not stored yet.
			fmt.Fprintln(w, "passed; confirmed before:", errors.Is(err, faceid.ErrReplayed))
		case errors.Is(err, faceid.ErrUnsigned), errors.Is(err, faceid.ErrBadSignature), errors.Is(err, faceid.ErrOtherOrder):
			http.Error(w, "not believed", http.StatusForbidden)
		case errors.Is(err, faceid.ErrNotPassed):
			fmt.Fprintln(w, "not passed; what may help:", faceid.RemedyOf(err))
		default: // Nobody can tell yet: a reload asks again.
			http.Error(w, "later", http.StatusServiceUnavailable)
		}
	}

	ctx := context.Background()
	login := must(client.StartH5(ctx, faceid.H5Request{Person: liCeshi, RedirectURL: "https://merchant.example/back"}))
	sessions["session=ours"] = &login.Session
	to := &page{}
	genuine := must(platform.Visit(ctx, login.URL))
	back(to, genuine) // This browser has no cookie.
	genuine.Header.Set("Cookie", "session=ours")
	back(to, genuine)
	back(to, genuine) // This is a reload.
	forged := must(http.NewRequestWithContext(ctx, http.MethodGet, "https://merchant.example/back?code=0&orderNo="+sessions["session=ours"].OrderNo, nil))
	forged.Header.Set("Cookie", "session=ours")
	back(to, forged)
	fmt.Print(to.String())
	// Output:
	// nothing was opened here
	// passed; confirmed before: false
	// passed; confirmed before: true
	// not believed
}

// page is a response as a browser sees it.
type page struct {
	bytes.Buffer
	header http.Header
}

func (p *page) Header() http.Header {
	if p.header == nil {
		p.header = http.Header{}
	}
	return p.header
}

func (p *page) WriteHeader(int) {}
