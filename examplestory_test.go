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

// The invented person of the examples.
var liCeshi = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

func must[T any](value T, err error) T {
	if err != nil {
		log.Panic(err)
	}
	return value
}

// A face in a browser, from the click to the decision.
func Example() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // for real: faceid.New(faceid.WithApp(appID, secret))

	login := must(client.StartH5(ctx, faceid.H5Request{Person: liCeshi, RedirectURL: "https://merchant.example/back"}))
	back := must(platform.Visit(ctx, login.URL)) // the person's browser
	callback := must(client.VerifyCallback(ctx, back))
	record, err := client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: callback.OrderNo})
	fmt.Println(callback.OrderNo == login.Session.OrderNo, callback.Passed(), record.Passed(), err)
	// Output: true true true <nil>
}

// A face in an App: the App gets the parameters in its SDK's own names, and what
// it reports is only good for words.
func ExampleClient_StartSDK() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	launch := must(client.StartSDK(ctx, faceid.SDKRequest{Platform: faceid.PlatformAndroid, OrderNo: "order1", Person: liCeshi, Licence: "licence-from-console"}))
	fmt.Println(launch, launch.Params["agreementNo"], len(launch.Params["openApiSign"]))
	reported := must(platform.RunSDK(ctx, launch.Params)) // the App, on the phone
	if faceid.ParseSDKResult(reported.Domain, reported.Code).Queryable() {
		_, err := client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1", Wait: true})
		fmt.Println("passed:", err == nil)
	}
	// Output:
	// faceid.SDKLaunch{Product:plus Platform:android OrderNo:order1 UserID:user1} order1 40
	// passed: true
}

// Open now, launch later: the session is kept with the user's own, and a code of
// the front-end may send the person to the page again.
func ExampleClient_OpenH5() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.Script("order1", faceidtest.NoCamera())

	session := must(client.OpenH5(ctx, faceid.H5Request{OrderNo: "order1", Person: liCeshi, RedirectURL: "https://merchant.example/back"}))
	for range 2 { // two clicks: each has a URL of its own
		url := must(client.LoginURL(ctx, session))
		back, err := platform.Visit(ctx, url)
		if err != nil {
			fmt.Println(err)
			return
		}
		callback := must(client.VerifyCallback(ctx, back))
		fmt.Println(callback.Code.Gloss(), "-", callback.Code.Remedy(), callback.Code.Remedy().Reenter())
		platform.Script("order1", faceidtest.Passes())
	}
	// Output:
	// the camera was not allowed - allow-camera true
	// passed -  false
}

// In a browser on a PC there is Basic, and nothing else.
func ExampleClient_StartPC() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.Script("order1", faceidtest.IdentityMismatch())

	login := must(client.StartPC(ctx, faceid.PCRequest{OrderNo: "order1", Person: liCeshi, RedirectURL: "https://merchant.example/back"}))
	callback := must(client.VerifyCallback(ctx, must(platform.Visit(ctx, login.URL))))
	record, err := client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: callback.OrderNo, Product: faceid.ProductBasic})
	fmt.Println(errors.Is(err, faceid.FamilyIdentityMismatch), "charged:", record.Charged())
	// Output: true charged: yes
}

// A person is asked two things aloud, and says the wrong one.
func ExampleClient_ConfirmWill() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.Script("order1", faceidtest.WrongAnswer())

	login := must(client.StartWillH5(ctx, faceid.WillH5Request{
		OrderNo: "order1", Person: liCeshi, RedirectURL: "https://merchant.example/back",
		Will: faceid.Will{Type: faceid.WillQuestions, Rounds: []faceid.WillRound{{Question: "您是否同意？请说同意。", Answers: []string{"同意", "是的"}}}},
	}))
	must(platform.Visit(ctx, login.URL))
	record, err := client.ConfirmWill(ctx, faceid.GetWillFaceResultRequest{OrderNo: "order1", H5File: faceid.WillH5Audio})
	fmt.Println(errors.Is(err, faceid.ErrNotPassed), "face:", record.FaceCode.Number(), "answers:", record.WillCode.Gloss())
	// Output: true face: 0 answers: the person's answer is not the expected one
}

// A card is read in an App. Nothing is uploaded: the order begins with the launch.
func ExampleClient_ConfirmOCR() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.ScriptIDCardDefault(faceidtest.IDCard{Name: "李测试", ValidDate: "20190128-长期", FrontWarnCode: "10010100"})

	launch := must(client.StartOCR(ctx, faceid.OCRRequest{Product: faceid.ProductIDCardOCR, Platform: faceid.PlatformAndroid, OrderNo: "order1", UserID: "user1"}))
	must(platform.RunOCR(ctx, launch.Params, faceidtest.CardIDCard))
	card := must(client.ConfirmOCR(ctx, faceid.GetOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson, faceid.OCRBothSides))
	fmt.Println(card.Name, card.FrontWarnCode.Any(), card.ValidDate.Covers(time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)))
	// Output: 李测试 true true
}

// The chip of a document is read, decrypted and compared with the person.
func ExampleClient_ConfirmNFC() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client(faceid.WithNFCKey(platform.NFCKey()))
	platform.ScriptNFCDefault(faceidtest.NFCDocument{Name: "王测试", Number: "110101199003070011"}) // somebody else's

	launch := must(client.StartNFC(ctx, faceid.NFCRequest{Platform: faceid.PlatformAndroid, OrderNo: "order1", UserID: "user1"}))
	read := must(platform.RunNFC(ctx, launch.Params, launch.Extras))
	_, err := client.ConfirmNFC(ctx, faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: read.ReqID}, liCeshi)
	fmt.Println(errors.Is(err, faceid.ErrNotPassed), errors.Is(err, faceid.FamilyIdentityMismatch))
	// Output: true true
}

// In WeChat a person may try several times in one flow, and each charged try counts.
func ExampleClient_ConfirmDetect() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // for real: faceid.New(faceid.WithCloud(credential, "ap-guangzhou"))
	platform.ScriptCloudDefault(faceidtest.CloudTries(2016, 0))

	flow := must(client.DetectAuth(ctx, faceid.DetectAuthRequest{
		RuleID: faceidtest.RulePlus, Name: liCeshi.Name, IDCard: liCeshi.IDNo, RedirectURL: "https://merchant.example/back",
	}))
	back := must(platform.VisitCloud(ctx, flow.URL))
	fmt.Println(faceid.RedirectBizToken(back) == flow.BizToken) // unsigned: ask for the token of the session
	result := must(client.ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: flow.BizToken, RuleID: faceidtest.RulePlus, InfoType: faceid.InfoText}, faceid.AnyPerson))
	fmt.Println("tries charged:", result.ChargeCount())
	// Output:
	// true
	// tries charged: 2
}

// E证通: a token for the mini program, and the waiting for its person.
func ExampleClient_ConfirmEid() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	flow := must(client.GetEidToken(ctx, faceid.GetEidTokenRequest{MerchantID: faceidtest.Merchant}))
	must(platform.RunEid(ctx, flow.EidToken))
	fmt.Println(client.WaitEid(ctx, flow.EidToken))
	_, err := client.ConfirmEid(ctx, faceid.GetEidResultRequest{EidToken: flow.EidToken, InfoType: faceid.InfoText}, faceid.AnyPerson)
	fmt.Println("passed:", err == nil)
	// Output:
	// finished <nil>
	// passed: true
}

// Abroad, in a browser: a document and a face.
func ExampleClient_ConfirmWebVerificationIntl() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client() // for real: faceid.New(faceid.WithIntl(credential, "ap-singapore"))

	flow := must(client.ApplyWebVerificationBizTokenIntl(ctx, faceid.ApplyWebVerificationBizTokenIntlRequest{
		RedirectURL: "https://merchant.example/back",
		Config:      &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlHKIDCard},
	}))
	request := faceid.GetWebVerificationResultIntlRequest{BizToken: flow.BizToken}
	_, err := client.ConfirmWebVerificationIntl(ctx, request, faceid.AnyPerson)
	fmt.Println("too early:", errors.Is(err, faceid.ErrNoResult))
	must(platform.VisitCloud(ctx, flow.VerificationURL))
	result := must(client.ConfirmWebVerificationIntl(ctx, request, faceid.AnyPerson))
	fmt.Println("documents:", len(result.OCRResult))
	// Output:
	// too early: true
	// documents: 1
}

// Evidence goes straight to where it is kept, decoded while it arrives.
func ExampleClient_WaitFaceFiles() {
	ctx := context.Background()
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	platform.Script("order1", faceidtest.Ending{Video: bytes.Repeat([]byte{7}, 3<<20)})
	login := must(client.StartH5(ctx, faceid.H5Request{OrderNo: "order1", Person: liCeshi, RedirectURL: "https://merchant.example/back"}))
	must(platform.Visit(ctx, login.URL))

	var archive bytes.Buffer // a file, an upload: any io.Writer
	record := must(client.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesVideo, VideoTo: &archive}))
	fmt.Println(record.VideoSize == int64(archive.Len()), record.VideoSize, len(record.Video))
	// Output: true 3145728 0
}

// The bill of a day against what the merchant counted.
func ExampleReconcile() {
	ctx := context.Background()
	day := time.Now().AddDate(0, 0, -2)
	platform := faceidtest.NewServer(faceidtest.WithStart(day))
	defer platform.Close()
	client := platform.Client()
	platform.ScriptCloudDefault(faceidtest.CloudTries(1002, 0))
	flow := must(client.DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: liCeshi.Name, IDCard: liCeshi.IDNo}))
	must(platform.RunMiniProgram(ctx, flow.BizToken))
	platform.Advance(48 * time.Hour) // a bill is complete from 06:00 of the next day

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

// The handler of the redirect URL. The order is the session's, not the browser's.
func ExampleClient_VerifyCallback_handler() {
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	session := map[string]string{} // the user's session

	verify := func(w http.ResponseWriter, r *http.Request) {
		login, err := client.StartH5(r.Context(), faceid.H5Request{Person: liCeshi, RedirectURL: "https://merchant.example/back"})
		if err != nil {
			http.Error(w, "later", http.StatusBadGateway)
			return
		}
		session["order"] = login.Session.OrderNo
		http.Redirect(w, r, login.URL, http.StatusSeeOther)
	}
	back := func(w http.ResponseWriter, r *http.Request) {
		callback, err := client.VerifyCallback(r.Context(), r)
		switch {
		case errors.Is(err, faceid.ErrStore): // nobody can tell
			http.Error(w, "later", http.StatusServiceUnavailable)
		case err != nil || callback.OrderNo != session["order"]:
			http.Error(w, "not from FaceID, or not yours", http.StatusForbidden)
		case callback.Code.Remedy() != "":
			fmt.Fprintln(w, "once more:", callback.Code.Remedy())
		default:
			_, err := client.ConfirmFace(r.Context(), faceid.QueryFaceRecordRequest{OrderNo: session["order"], Wait: callback.Passed()})
			fmt.Fprintln(w, "passed:", callback.Passed() && err == nil)
		}
	}

	ctx := context.Background()
	post := must(http.NewRequestWithContext(ctx, http.MethodPost, "https://merchant.example/verify", nil))
	to := &page{}
	verify(to, post)
	back(to, must(platform.Visit(ctx, to.Header().Get("Location"))))
	back(to, must(http.NewRequestWithContext(ctx, http.MethodGet, "https://merchant.example/back?code=0&orderNo="+session["order"], nil)))
	fmt.Print(to.String())
	// Output:
	// passed: true
	// not from FaceID, or not yours
}

// page is what a browser sees.
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
