package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// This is the documents' own example: the values are sorted, joined and hashed.
func ExampleSign() {
	ticket := "XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS"
	fmt.Println(faceid.Sign(ticket, "IDAXXXXX", "userID19959248596551", "1.0.0", "kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T"))
	// Output: D7606F1741DDCF90757DA924EDCF152A200AC7F0
}

// This makes a Client for the real platform. New makes no request.
func ExampleNew() {
	client, err := faceid.New(
		faceid.WithApp("TIDA0001", "your-secret"),
		faceid.WithProduct(faceid.ProductPlus),
	)
	fmt.Println(client, err)

	_, err = faceid.New(faceid.WithApp("TIDA0001", "pasted with a line break\n"))
	fmt.Println(err)
	// Output:
	// faceid.Client(TIDA0001) <nil>
	// faceid: WithApp: secret may hold printable ASCII without blanks only
}

// The handler of the button opens the verification and sends the browser there. In
// production the POST is protected against forgery, and login.Session is kept with the
// user's own session, as ConfirmReturn needs it.
func ExampleClient_StartH5() {
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	http.HandleFunc("POST /verify", func(w http.ResponseWriter, r *http.Request) {
		login, err := client.StartH5(r.Context(), faceid.H5Request{
			Person:      faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"},
			RedirectURL: "https://merchant.example/back",
			From:        faceid.FromBrowser,
		})
		if err != nil {
			http.Error(w, "try again later", http.StatusBadGateway)
			return
		}
		http.Redirect(w, r, login.URL, http.StatusSeeOther) // The URL works once.
	})

	login, err := client.StartH5(context.Background(), faceid.H5Request{
		OrderNo:     "order1",
		Person:      faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"},
		RedirectURL: "https://merchant.example/back",
	})
	fmt.Println(login, err)
	// Output: faceid.PageLogin{Product:plus OrderNo:order1 UserID:user1} <nil>
}

// VerifyCallback verifies the signature of a callback, and nothing else: nothing is
// readable before. ConfirmReturn does that too, and takes the other steps without which
// nobody may be let in.
func ExampleClient_VerifyCallback() {
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()
	ctx := context.Background()
	if _, err := client.SignTicket(ctx); err != nil { // A running server has a ticket already.
		fmt.Println(err)
	}

	genuine := platform.Callback("https://merchant.example/back", "order1", "0")
	callback, err := client.VerifyCallback(ctx, genuine)
	fmt.Println(callback, err)

	forged, _ := http.NewRequestWithContext(ctx, http.MethodGet,
		"https://merchant.example/back?code=0&orderNo=order1&newSignature=0123456789012345678901234567890123456789", nil)
	_, err = client.VerifyCallback(ctx, forged)
	fmt.Println(err, errors.Is(err, faceid.ErrBadSignature))
	// Output:
	// faceid.Callback{OrderNo:order1 Code:0} <nil>
	// faceid: callback: the signature does not match true
}

// ConfirmFace decides on a verification in an App: nil means that the person is who
// they say. For a browser there is ConfirmReturn.
func ExampleClient_ConfirmFace() {
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client(faceid.WithProduct(faceid.ProductPlus))
	ctx := context.Background()
	platform.Script("order1", faceidtest.NotSamePerson())
	launch, err := client.StartSDK(ctx, faceid.SDKRequest{
		Platform: faceid.PlatformAndroid,
		OrderNo:  "order1",
		Person:   faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"},
		Licence:  "licence-from-console",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := platform.RunSDK(ctx, launch.Params); err != nil { // The App does this on the phone.
		fmt.Println(err)
		return
	}

	record, err := client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	switch {
	case errors.Is(err, faceid.ErrNotPassed):
		fmt.Println("not passed:", record.Code().Gloss(), "- charged:", record.Charged())
	case err != nil:
		fmt.Println("no answer:", err)
	default:
		fmt.Println("passed")
	}
	// Output: not passed: the face is not that of the named person or photo - charged: yes
}

// Errors are found by family, by code, and by type.
func ExampleError() {
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client()

	_, err := client.ConfirmFace(context.Background(), faceid.QueryFaceRecordRequest{OrderNo: "nobody"})
	fmt.Println(errors.Is(err, faceid.ErrNoResult), errors.Is(err, faceid.CodeNoResult), errors.Is(err, faceid.ErrNotPassed))
	var e *faceid.Error
	if errors.As(err, &e) {
		fmt.Println(e.Op, e.Code.Number(), e.Message)
		fmt.Println(e.Handling())
	}
	// Output:
	// true true false
	// ConfirmFace 66660011 未完成认证或认证结果已过期
	// Right after the callback ask again (Wait, WaitWillResult); after that it is final: open a new verification.
}

// A callback carries no time and can be replayed. The function is asked last, when
// the record has confirmed the pass. So ErrReplayed says that the order passed: a
// reload shows it, and a decision that was not stored the first time is stored now.
func ExampleWithCallbackOnce() {
	platform := faceidtest.NewServer()
	defer platform.Close()
	var seen sync.Map // in production: INSERT … ON CONFLICT DO NOTHING, or SETNX
	client := platform.Client(faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
		_, known := seen.LoadOrStore(cb.ID(), true)
		return !known, nil
	}))
	ctx := context.Background()
	login, err := client.StartH5(ctx, faceid.H5Request{
		OrderNo:     "order1",
		Person:      faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"},
		RedirectURL: "https://merchant.example/back",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	back, err := platform.Visit(ctx, login.URL)
	if err != nil {
		fmt.Println(err)
		return
	}

	record, err := client.ConfirmReturn(ctx, back, &login.Session)
	fmt.Println(record.Passed(), err)
	record, err = client.ConfirmReturn(ctx, back, &login.Session)
	fmt.Println(record.Passed(), errors.Is(err, faceid.ErrReplayed))
	// Output:
	// true <nil>
	// true true
}

// The same number means different things to different products, and depending on who
// reports it.
func ExampleExplain() {
	for _, product := range []faceid.Product{faceid.ProductPlus, faceid.ProductBasic} {
		e, _ := faceid.Explain(product, faceid.ChannelServer, "66660023")
		fmt.Println(product, e.Message, "charged:", e.Charged)
	}
	e, _ := faceid.Explain(faceid.ProductPlus, faceid.ChannelBrowser, "300101")
	fmt.Println(e.Message, "-", e.Code.Remedy())
	// Output:
	// plus 疑似非真人，请确保本人操作且正脸对框 charged: yes
	// basic 请确保本人操作且正脸对框 charged: no
	// 报文包体问题 - re-enter
}

// What an App says is a claim. It tells whether there is a result to ask for.
func ExampleParseSDKResult() {
	report := faceid.ParseSDKResult("WBFaceErrorDomainNativeProcess", "41000")
	fmt.Println(report.Queryable(), report.Code.Gloss())
	report = faceid.ParseSDKResult("WbFaceErrorDomainCompareServer", "66660004")
	fmt.Println(report.Queryable(), report.Code.Gloss())
	// Output:
	// false the person cancelled, or left the app
	// true the face is not that of the named person or photo
}

// Confirm turns a check into a decision: nil means that it passed. Personal fields are
// encrypted on the way; for the real platform the zero value of FieldEncryption has the
// published keys.
func ExampleConfirm() {
	platform := faceidtest.NewServer()
	defer platform.Close()
	client := platform.Client(faceid.WithFieldEncryption(faceid.FieldEncryption{
		Algorithm: faceid.SM4GCM, RSAKey: platform.CloudRSAKey(), SM2Key: platform.CloudSM2Key(),
	}))
	ctx := context.Background()
	request := faceid.IdCardVerificationRequest{Name: "李测试", IDCard: "110101199003074477"}
	result, err := faceid.Confirm(client.IdCardVerification(ctx, request))
	fmt.Println(err, "- charged:", result.Charged())

	platform.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "-1"})
	result, err = faceid.Confirm(client.IdCardVerification(ctx, request))
	fmt.Println(errors.Is(err, faceid.ErrNotPassed), errors.Is(err, faceid.FamilyIdentityMismatch), "- charged:", result.Charged())

	platform.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "-4"})
	result, err = faceid.Confirm(client.IdCardVerification(ctx, request))
	fmt.Println(errors.Is(err, faceid.ErrNotPassed), errors.Is(err, faceid.ErrService), "- charged:", result.Charged())
	// Output:
	// <nil> - charged: yes
	// true true - charged: yes
	// false true - charged: no
}

// Actions without a method of their own are encrypted by hand.
func ExampleFieldKey() {
	key, err := faceid.NewFieldKey(faceid.FieldEncryption{}) // Every request needs a key of its own.
	if err != nil {
		fmt.Println(err)
		return
	}
	mobile := "13800138000"
	encryption, err := key.Seal(faceid.SealedField{Name: "Mobile", Value: &mobile})
	fmt.Println(encryption.EncryptList, encryption.Algorithm, mobile == "13800138000", err)
	// request := map[string]any{"Mobile": mobile, "Encryption": encryption}
	// _, err = client.CallCloud(ctx, call, request, &answer)
	// err = key.Open(&answer)
	// Output: [Mobile] AES-256-CBC false <nil>
}
