package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/lookup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/faceidtest"
)

func TestRecordTellsOfAFace(t *testing.T) {
	p := newPlatform(t)
	order := p.face(faceidtest.Passes())
	a := p.run("", "record", order, "--product", "plus")
	require.Equal(t, exitOK, a.code, a.err)
	for _, part := range []string{"face-h5/" + order + "  passed", "product       plus", "code          0", "family        Passed", "charged       yes", "UTC+8", "similarity", "live rate", "serial", "file          photo  ", "file          video  "} {
		require.Contains(t, a.out, part)
	}
	zh := p.run("", "--lang", "zh", "record", order)
	require.Contains(t, zh.out, "通过")
	require.Contains(t, zh.out, "相似度")

	a = p.run("", "-json", "record", order)
	var r lookup.Result
	require.NoError(t, json.Unmarshal([]byte(a.out), &r))
	require.True(t, r.Found && r.Passed)
	require.Equal(t, "Passed", r.Family)
	require.NotEmpty(t, r.Meaning.EN)
	require.NotEmpty(t, r.Meaning.ZH)
	require.NotEmpty(t, r.Serial)
	require.NotNil(t, r.Similar)
	require.NotNil(t, r.LiveRate)
	require.WithinDuration(t, p.Now(), r.Occurred, time.Minute)
	require.Len(t, r.Files, 2)
	require.Positive(t, r.Files[0].Size)
	require.Nil(t, r.Answer)
}

func TestRecordSaysNoByItsExitCode(t *testing.T) {
	p := newPlatform(t)
	failed, open := p.face(faceidtest.NotSamePerson()), p.face()
	a := p.run("", "record", failed)
	require.Equal(t, exitNo, a.code)
	require.Contains(t, a.out, "did not pass")
	require.Contains(t, a.out, "66660004")
	a = p.run("", "record", open)
	require.Equal(t, exitNo, a.code)
	require.Contains(t, a.out, "no result")
	require.Contains(t, a.out, "NoResult")
	p.FailNext("/api/v2/base/queryfacerecord", faceidtest.FaultCode("66660002", "no permission"))
	a = p.run("", "record", failed)
	require.Equal(t, exitTrouble, a.code, a.out)
	require.Contains(t, a.err, "66660002")
	require.Empty(t, a.out)
}

// The answer about a card names the person, and is printed if a flag asks for that.
func TestRecordNamesThePersonIfAsked(t *testing.T) {
	p := newPlatform(t)
	p.ScriptIDCardDefault(faceidtest.IDCard{Name: person.Name, Number: person.IDNo})
	launch, err := p.shop.StartOCR(t.Context(), faceid.OCRRequest{Product: faceid.ProductIDCardOCR, Platform: faceid.PlatformAndroid, UserID: person.UserID})
	require.NoError(t, err)
	_, err = p.RunOCR(t.Context(), launch.Params, faceidtest.CardIDCard)
	require.NoError(t, err)
	a := p.run("", "record", launch.OrderNo, "--product", "ocr-idcard")
	require.Equal(t, exitOK, a.code, a.err)
	require.Contains(t, a.out, "frontPhoto")
	a = runWith(t.Context(), p.env, "", "record", launch.OrderNo, "--product", "ocr-idcard", "--personal")
	require.Contains(t, a.out, person.Name)
	require.Contains(t, a.out, person.IDNo)
}

func TestRecordTakesATokenFromElsewhere(t *testing.T) {
	p := newPlatform(t)
	token := p.weChat(0)
	args := []string{"record", "--product", "wechat", "--rule-id", faceidtest.RulePlus}
	for name, a := range map[string]answer{
		"environment": p.with(map[string]string{setup.FlowToken: token}).run("", args...),
		"input":       p.run(token+"\n", append(args, "-")...),
		"JSON":        p.run(`{"kind":"wechat","number":"`+token+`","ruleID":"`+faceidtest.RulePlus+`"}`, "record", "-"),
	} {
		require.Equal(t, exitOK, a.code, "%s: %s", name, a.err)
		require.Contains(t, a.out, "passed", name)
		require.Contains(t, a.out, "VideoData.LivenessVideo", name)
		require.Contains(t, a.out, "charged       yes", name)
	}
	a := p.run("", append(args, token)...)
	require.Equal(t, exitUsage, a.code)
	require.Contains(t, a.err, "no argument")
	for _, args := range [][]string{{"record", "-", "--product", "wechat"}, {"record", "-"}, {"record", token[:20] + "!"}} {
		a = p.run(token, args...)
		require.Equal(t, exitUsage, a.code, "%s %s", args, a.err)
	}
	require.Equal(t, exitUsage, p.run("", "record", "-").code)
	require.Equal(t, exitUsage, p.run(strings.Repeat("x", 100_000), "record", "-").code)
	require.Equal(t, exitUsage, p.run("", "record").code)
}

func TestRecordNeedsTheDoorOfTheOrder(t *testing.T) {
	p := newPlatform(t)
	order := p.face(faceidtest.Passes())
	a := p.with(map[string]string{setup.AppID: "", setup.Secret: ""}).run("", "record", order)
	require.Equal(t, exitUsage, a.code)
	require.Contains(t, a.err, setup.AppID)
	a = p.with(map[string]string{setup.BaseURL: "gopher://x"}).run("", "record", order)
	require.Equal(t, exitUsage, a.code, a.err)
}

// A command asks for no token while the shared store has one, and says so if it may not be
// the store of the fleet.
func TestRecordUsesTheSharedStore(t *testing.T) {
	p := newPlatform(t)
	order := p.face(faceidtest.Passes())
	before := len(p.Mints(p.AppID()))
	require.Positive(t, before)
	a := p.run("", "record", order)
	require.Equal(t, exitOK, a.code, a.err)
	require.Empty(t, a.err)
	require.Len(t, p.Mints(p.AppID()), before)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	a = p.with(map[string]string{setup.Store: ""}).run("", "record", order)
	require.Equal(t, exitOK, a.code, a.err)
	require.Contains(t, a.err, "FACEID_STORE is not set")
}

func TestRecordKnowsEveryKind(t *testing.T) {
	p := newPlatform(t)
	ctx := t.Context()
	will, err := p.shop.StartWillH5(ctx, faceid.WillH5Request{Person: person, RedirectURL: "https://shop.example/back", Will: faceid.Will{Rounds: []faceid.WillRound{{Question: "请问您是否同意？请回答：我同意", Answers: []string{"我同意"}}}}})
	require.NoError(t, err)
	_, err = p.Visit(ctx, will.URL)
	require.NoError(t, err)
	eid, err := p.shop.GetEidToken(ctx, faceid.GetEidTokenRequest{MerchantID: faceidtest.Merchant, Name: person.Name, IDCard: person.IDNo})
	require.NoError(t, err)
	_, err = p.RunEid(ctx, eid.EidToken)
	require.NoError(t, err)
	web, err := p.shop.ApplyWebVerificationBizTokenIntl(ctx, faceid.ApplyWebVerificationBizTokenIntlRequest{RedirectURL: "https://shop.example/back", Config: &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlHKIDCard}})
	require.NoError(t, err)
	_, err = p.VisitCloud(ctx, web.VerificationURL)
	require.NoError(t, err)
	app, err := p.shop.ApplySdkVerificationToken(ctx, faceid.ApplySdkVerificationTokenRequest{CheckMode: faceid.IntlFace, CompareImage: []byte("\xff\xd8\xff a face")})
	require.NoError(t, err)
	_, err = p.RunIntlSDK(ctx, app.SDKToken)
	require.NoError(t, err)
	p.hidden = append(p.hidden, eid.EidToken, web.BizToken, app.SDKToken)
	for product, number := range map[string]string{"will": will.Session.OrderNo, "eid": eid.EidToken, "intl-web": web.BizToken, "intl-app": app.SDKToken} {
		a := p.run(number, "-json", "record", "-", "--product", product)
		require.Equal(t, exitOK, a.code, "%s: %s%s", product, a.err, a.out)
		var r lookup.Result
		require.NoError(t, json.NewDecoder(strings.NewReader(a.out)).Decode(&r))
		require.NotEmpty(t, r.Files, product)
		require.Equal(t, "Passed", r.Family, product)
		require.NotNil(t, r.Similar, product)
	}
}
