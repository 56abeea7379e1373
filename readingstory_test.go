package faceid_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// Will, cards and chips, from the launch to the decision.

func willH5(orderNo string, will faceid.Will) faceid.WillH5Request {
	return faceid.WillH5Request{OrderNo: orderNo, Person: somebody, Will: will, RedirectURL: "https://merchant.example/back?x=a%2Fb", From: faceid.FromBrowser}
}

// willEndings are how a will verification may go: what the callback claims, and
// what the record says.
var willEndings = map[string]struct {
	ending   faceidtest.Ending
	callback faceid.Code
	confirm  error // nil passes
}{
	"passes":         {faceidtest.Passes(), faceid.CodePassed, nil},
	"another answer": {faceidtest.WrongAnswer(), faceid.CodeWillMismatch, faceid.FamilyWillMismatch},
	"somebody else":  {faceidtest.NotSamePerson(), faceid.CodeNotSamePerson, faceid.FamilyNotSamePerson},
	"a fake":         {faceidtest.SuspectedFake(), faceid.CodeSuspectedFake, faceid.FamilySuspectedFake},
	"not in WeChat":  {faceidtest.OnlyInWeChat(), faceid.CodeH5NotInWeChat, faceid.ErrNoResult},
	"no camera":      {faceidtest.NoCamera(), faceid.CodeH5NoCamera, faceid.ErrNoResult},
}

func TestAWillInABrowser(t *testing.T) {
	for mode, will := range map[string]faceid.Will{
		"one question":   asked,
		"five questions": {Rounds: rounds(5), Speed: faceid.WillSpeed120},
		"read aloud":     {Type: faceid.WillReadAloud, Rounds: rounds(1)},
		"nod":            {Type: faceid.WillNod, Rounds: rounds(1)},
	} {
		for name, test := range willEndings {
			t.Run(mode+" "+name, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.ScriptDefault(test.ending)
				login, err := client.StartWillH5(t.Context(), willH5("order1", will))
				require.NoError(t, err)
				back, err := sim.Visit(t.Context(), login.URL)
				require.NoError(t, err)
				cb, err := client.VerifyCallback(t.Context(), back)
				require.NoError(t, err)
				require.Equal(t, test.callback, cb.Code)
				require.Equal(t, login.Session.FaceID, cb.FaceID)
				record, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, H5File: faceid.WillH5Audio})
				suite.see(record, err)
				if test.confirm != nil {
					require.ErrorIs(t, err, test.confirm)
					require.False(t, record.Passed())
					return
				}
				require.NoError(t, err)
				require.Equal(t, faceid.CodePassed, cb.FaceCode)
				require.Equal(t, faceid.CodePassed, cb.WillCode)
				require.NotEmpty(t, record.Photo)
				if n := len(will.Rounds); n > 1 {
					require.Len(t, record.Turns, n)
					require.Equal(t, will.Rounds[n-1].Question, record.Turns[n-1].StandText)
					require.Equal(t, will.Rounds[n-1].Answers, record.Turns[n-1].Answers())
					require.NotEmpty(t, record.Turns[n-1].UserAudio)
					return
				}
				require.Equal(t, will.Rounds[0].Question, record.StandText)
				require.Equal(t, will.Rounds[0].Answers, record.Answers())
			})
		}
	}
}

func TestAWillInAnApp(t *testing.T) {
	for _, platform := range []string{"android", "ios", "harmony"} {
		for name, test := range willEndings {
			if test.callback.Scope() == "h5-frontend" && test.callback != faceid.CodeH5NoCamera {
				continue
			}
			t.Run(platform+" "+name, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.ScriptDefault(test.ending)
				launch, err := startApp(t.Context(), client, "will", platform, "order1", "user1", "licence")
				require.NoError(t, err)
				result, err := sim.RunSDK(t.Context(), launch.Params)
				require.NoError(t, err)
				report := faceid.ParseSDKResult(result.Domain, result.Code)
				record, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll})
				require.Equal(t, report.Queryable(), record != nil, "%v", report)
				if test.confirm != nil {
					require.ErrorIs(t, err, test.confirm)
					return
				}
				require.NoError(t, err)
				require.NotEmpty(t, record.UserVideo)
				require.NotEmpty(t, record.UserAudio)
				require.Equal(t, faceid.ChargedYes, record.Charged())

				record, err = client.GetWillFaceResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", AppFile: faceid.WillAppNoVideo})
				require.NoError(t, err)
				require.Empty(t, record.UserVideo)
				require.NotEmpty(t, record.UserAudio)
				require.Empty(t, record.Photo)
			})
		}
	}
}

func TestWillInTwoStepsAcrossAStoredSession(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	session, err := client.OpenWillH5(t.Context(), willH5("", asked))
	require.NoError(t, err)
	text, err := json.Marshal(session)
	require.NoError(t, err)
	require.NotContains(t, string(text), somebody.Name)
	var stored faceid.PageSession
	require.NoError(t, json.Unmarshal(text, &stored))
	loginURL, err := client.LoginURL(t.Context(), &stored)
	require.NoError(t, err)
	back, err := sim.Visit(t.Context(), loginURL)
	require.NoError(t, err)
	cb, err := client.VerifyCallback(t.Context(), back)
	require.NoError(t, err)
	require.Equal(t, session.OrderNo, cb.OrderNo)

	stored.Product = faceid.ProductPlus // the page of another product
	loginURL, err = client.LoginURL(t.Context(), &stored)
	require.NoError(t, err)
	_, err = sim.Visit(t.Context(), loginURL)
	var refused *faceidtest.PageError
	require.ErrorAs(t, err, &refused)
}

func TestWillFilesThatLagAreWaitedFor(t *testing.T) {
	for name, test := range map[string]struct {
		ending faceidtest.Ending
		calls  int
		err    error
	}{
		"there at once": {faceidtest.Ending{}, 1, nil},
		"after 1 s":     {faceidtest.Ending{FilesLag: time.Second}, 2, nil},
		"never":         {faceidtest.Ending{NoFiles: true}, 4, faceid.ErrNoFiles},
		"no result":     {faceidtest.Quits(), 4, faceid.ErrNoResult},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.ScriptDefault(test.ending)
				launch, err := startApp(t.Context(), client, "will", "ios", "order1", "user1", "licence")
				require.NoError(t, err)
				_, err = sim.RunSDK(t.Context(), launch.Params)
				require.NoError(t, err)
				record, err := client.WaitWillResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll})
				require.ErrorIs(t, err, test.err)
				require.Equal(t, test.calls, sim.Calls(pathWillEnd))
				require.Equal(t, test.err == nil || test.err == faceid.ErrNoFiles, record != nil) //nolint:errorlint // identity is meant
			})
		})
	}
}

func scanCard(ctx context.Context, t *testing.T, sim *faceidtest.Server, client *faceid.Client, product, platform string, card faceidtest.Card) faceidtest.SDKResult {
	launch, err := startApp(ctx, client, product, platform, "order1", "user1", "licence")
	require.NoError(t, err)
	result, err := sim.RunOCR(ctx, launch.Params, card)
	require.NoError(t, err)
	return result
}

func TestAnIDCardIsRead(t *testing.T) {
	photo := []byte("\xff\xd8\xff an invented picture")
	for _, platform := range []string{"android", "ios", "harmony"} {
		t.Run(platform, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client := newClient(sim)
			sim.ScriptIDCard("order1", faceidtest.IDCard{
				Name: somebody.Name, Number: somebody.IDNo, Birth: "19900307", ValidDate: "20190128-长期",
				FrontWarnCode: "10010100", FrontMultiWarning: "10010100", NoCrops: true, FrontPhoto: photo,
			})
			result := scanCard(t.Context(), t, sim, client, "ocr-idcard", platform, faceidtest.CardIDCard)
			require.Equal(t, "0", result.Code, "%v", result)
			card, err := client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1", GetFile: true, GetNative: true}, faceid.AnyPerson, faceid.OCRBothSides)
			require.NoError(t, err)
			require.Equal(t, somebody.Name, card.Name)
			require.Equal(t, somebody.IDNo, card.IDCard)
			require.Equal(t, "1990-03-07", card.Birth.Format(time.DateOnly))
			require.True(t, card.ValidDate.LongTerm)
			require.True(t, card.ValidDate.Covers(time.Now()))
			require.True(t, card.FrontWarnCode.Has(1) && card.FrontWarnCode.Has(4) && card.FrontWarnCode.Has(6))
			require.False(t, card.BackWarnCode.Any())
			require.Equal(t, photo, card.FrontImage(), "the crop is empty")
			require.NotEmpty(t, card.NativePlace)

			card, err = client.GetOCRResult(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"})
			require.NoError(t, err)
			require.Empty(t, card.FrontPhoto)
			require.Empty(t, card.NativePlace)
		})
	}
}

func TestASideThatCannotBeRead(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	sim.ScriptIDCard("order1", faceidtest.IDCard{FrontCode: "66661006"})
	scanCard(t.Context(), t, sim, client, "ocr-idcard", "ios", faceidtest.CardIDCard)
	card, err := client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson, faceid.OCRBothSides)
	require.ErrorIs(t, err, faceid.FamilyUnreadable)
	require.True(t, card.BackRead())
	require.False(t, card.FrontRead())
	require.Empty(t, card.Name)
	require.NotEmpty(t, card.Authority)
	_, err = client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson, faceid.OCRBackOnly)
	require.NoError(t, err)
	_, err = client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "nobody"}, faceid.AnyPerson, faceid.OCRBackOnly)
	require.ErrorIs(t, err, faceid.CodeOCRNoResult)
}

func TestABankCardIsRead(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	sim.ScriptBankCard("order1", faceidtest.BankCard{ValidDate: "12/2030", WarnCode: "-9110", MultiWarnCode: "[-9110, -9112]"})
	scanCard(t.Context(), t, sim, client, "ocr-bankcard", "android", faceidtest.CardBankCard)
	card, err := client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1", GetFile: true}, faceid.AnyPerson)
	require.NoError(t, err)
	require.NotEmpty(t, card.BankCardNo)
	require.Equal(t, "2030-12-31", card.ValidUntil.Format(time.DateOnly))
	require.Len(t, card.Warnings(), 2)
	require.NotEmpty(t, card.Image())

	sim = faceidtest.Start(t)
	client = newClient(sim)
	sim.ScriptBankCardDefault(faceidtest.BankCard{Code: "-9012"})
	scanCard(t.Context(), t, sim, client, "ocr-bankcard", "harmony", faceidtest.CardBankCard)
	_, err = client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson)
	require.ErrorIs(t, err, faceid.ErrNotPassed)
	require.ErrorIs(t, err, faceid.FamilyUnreadable)
}

func readChip(t *testing.T, sim *faceidtest.Server, client *faceid.Client, r faceid.NFCRequest) faceidtest.NFCResult {
	r.OrderNo, r.UserID = "order1", "user1"
	launch, err := client.StartNFC(t.Context(), r)
	require.NoError(t, err)
	result, err := sim.RunNFC(t.Context(), launch.Params, launch.Extras)
	require.NoError(t, err)
	return result
}

func TestAChipIsRead(t *testing.T) {
	permit := &faceid.TravelPermit{Number: "H12345678", Birth: time.Date(1990, 3, 7, 0, 0, 0, 0, inChina), Expiry: time.Date(2040, 1, 31, 0, 0, 0, 0, inChina)}
	for _, platform := range []faceid.Platform{faceid.PlatformAndroid, faceid.PlatformIOS} {
		for kind, r := range map[string]faceid.NFCRequest{
			"identity card": {Platform: platform}, "permit": {Platform: platform, NFCType: faceid.NFCHomeReturnPermit, Permit: permit},
		} {
			t.Run(string(platform)+" "+kind, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim, faceid.WithNFCKey(sim.NFCKey()))
				sim.ScriptNFC("order1", faceidtest.NFCDocument{Name: somebody.Name, Number: somebody.IDNo, Birth: "19900307"})
				result := readChip(t, sim, client, r)
				require.Equal(t, "0", result.Code, "%v", result)
				document, err := client.ConfirmNFC(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: result.ReqID, GetPhoto: true}, somebody)
				require.NoError(t, err)
				require.Equal(t, "1990-03-07", document.Birth.Format(time.DateOnly))
				require.NotEmpty(t, document.PortraitPhoto)
				require.Equal(t, kind == "permit", document.EnName != "")
				require.Equal(t, kind != "permit", document.Address != "")
			})
		}
	}
}

func TestAChipAnswersTenTimesAndFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim, faceid.WithNFCKey(sim.NFCKey()))
		result := readChip(t, sim, client, faceid.NFCRequest{Platform: faceid.PlatformIOS})
		query := faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: result.ReqID}
		for range 10 {
			_, err := client.GetIDCardNFCResult(t.Context(), query)
			require.NoError(t, err)
		}
		_, err := client.GetIDCardNFCResult(t.Context(), query)
		require.ErrorIs(t, err, faceid.CodeNFCTooManyQueries)
		require.ErrorIs(t, err, faceid.ErrRateLimited)
		require.Equal(t, 11, sim.Calls(pathNFCEnd), "asking again would not help")
		time.Sleep(5 * time.Minute)
		_, err = client.GetIDCardNFCResult(t.Context(), query)
		require.ErrorIs(t, err, faceid.CodeNFCReqIDExpired)
		query.ReqID = strings.Repeat("x", 40)
		_, err = client.GetIDCardNFCResult(t.Context(), query)
		require.ErrorIs(t, err, faceid.CodeNFCUnknownReqID)
	})
}

func TestAChipUnderAnotherKey(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim, faceid.WithNFCKey(nfcKey))
	result := readChip(t, sim, client, faceid.NFCRequest{Platform: faceid.PlatformAndroid})
	_, err := client.GetIDCardNFCResult(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: result.ReqID})
	require.ErrorIs(t, err, faceid.ErrDecrypt)
	suite.see(err)
}

func TestWillCardsAndChipsSurviveEveryDialect(t *testing.T) {
	for name, dialect := range map[string]faceidtest.Dialect{
		"as documented": {}, "code as number": {CodeAsNumber: true}, "code as string": {CodeAsString: true}, "flat": {FlatResult: true},
		"escaped slashes": {EscapedSlashes: true}, "line breaks": {LineBreaks: true}, "success true": {SuccessTrue: true},
		"oriCode": {OriCode: true}, "turns as object": {TurnsAsObject: true},
		"all at once": {CodeAsNumber: true, NumbersAsStrings: true, FlatResult: true, EscapedSlashes: true, LineBreaks: true, SuccessFalse: true, OriCode: true, TurnsAsObject: true},
	} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t, faceidtest.WithDialect(dialect))
			client := newClient(sim, faceid.WithNFCKey(sim.NFCKey()))
			login, err := client.StartWillH5(t.Context(), willH5("will1", faceid.Will{Rounds: rounds(1)}))
			require.NoError(t, err)
			_, err = sim.Visit(t.Context(), login.URL)
			require.NoError(t, err)
			will, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "will1", GetFile: faceid.FilesAll, H5File: faceid.WillH5Audio})
			require.NoError(t, err)
			require.NotEmpty(t, will.Photo)

			for product, card := range map[string]faceidtest.Card{"ocr-idcard": faceidtest.CardIDCard, "ocr-bankcard": faceidtest.CardBankCard} {
				launch, err := startApp(t.Context(), client, product, "ios", product[4:], "user1", "licence")
				require.NoError(t, err)
				_, err = sim.RunOCR(t.Context(), launch.Params, card)
				require.NoError(t, err)
			}
			idCard, err := client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "idcard", GetFile: true}, faceid.AnyPerson, faceid.OCRBothSides)
			require.NoError(t, err)
			require.NotEmpty(t, idCard.HeadPhoto)
			bankCard, err := client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "bankcard", GetFile: true}, faceid.AnyPerson)
			require.NoError(t, err)
			require.NotEmpty(t, bankCard.Image())

			result := readChip(t, sim, client, faceid.NFCRequest{Platform: faceid.PlatformAndroid})
			chip, err := client.GetIDCardNFCResult(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: result.ReqID, GetPhoto: true})
			require.NoError(t, err)
			require.NotEmpty(t, chip.PortraitPhoto)
		})
	}
}
