package faceid_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/emmansun/gmsm/sm2"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

const otherIDNo = "11010119900307643X" // another invented number with a valid check digit

func TestPersonsAreCompared(t *testing.T) {
	const number = "11010119900307643X"
	for name, test := range map[string]struct {
		wantNumber, wantName string
		number, name         string
		same                 bool
	}{
		"the same":                       {number, "李测试", number, "李测试", true},
		"a small x":                      {number, "李测试", "11010119900307643x", "李测试", true},
		"a small x that is expected":     {"11010119900307643x", "李测试", number, "李测试", true},
		"a full-width number":            {number, "", "１１０１０１１９９００３０７６４３Ｘ", "", true},
		"blanks in a number":             {"A123456(7)", "", "A123456 7", "", true},
		"hyphens in a number":            {"1234567890123", "", "1-2345-67890-12-3", "", true},
		"another number":                 {number, "李测试", "110101199003074477", "李测试", false},
		"one digit more":                 {number, "", number + "1", "", false},
		"one digit less":                 {number, "", number[:17], "", false},
		"a zero in front":                {"123", "", "0123", "", false},
		"an O for a zero":                {"101", "", "1O1", "", false},
		"a digit in a circle":            {"123", "", "12③", "", false},
		"a digit above the line":         {"123", "", "12³", "", false},
		"an Arabic digit":                {"123", "", "12٣", "", false},
		"another name":                   {number, "李测试", number, "王测试", false},
		"no name":                        {number, "李测试", number, "", false},
		"no number":                      {number, "李测试", "", "李测试", false},
		"no name is expected":            {number, "", number, "王测试", true},
		"a masked number":                {number, "", "1101**********643X", "", false},
		"a masked name":                  {number, "李测试", number, "李**", false},
		"a masked name, another number":  {number, "李测试", "110101199003074477", "李**", false},
		"a bullet for the dot":           {number, "阿依古丽·买买提", number, "阿依古丽•买买提", true},
		"a full stop for the dot":        {number, "阿依古丽·买买提", number, "阿依古丽.买买提", true},
		"a full-width full stop":         {number, "阿依古丽·买买提", number, "阿依古丽．买买提", true},
		"a dot of katakana":              {number, "阿依古丽·买买提", number, "阿依古丽・买买提", true},
		"a half-width dot of katakana":   {number, "阿依古丽·买买提", number, "阿依古丽･买买提", true},
		"a hyphenation point":            {number, "阿依古丽·买买提", number, "阿依古丽‧买买提", true},
		"a dot operator":                 {number, "阿依古丽·买买提", number, "阿依古丽⋅买买提", true},
		"a bullet operator":              {number, "阿依古丽·买买提", number, "阿依古丽∙买买提", true},
		"a Greek ano teleia":             {number, "阿依古丽·买买提", number, "阿依古丽\u0387买买提", true},
		"a dot with blanks":              {number, "阿依古丽·买买提", number, "阿依古丽 · 买买提", true},
		"an ideographic full stop":       {number, "阿依古丽·买买提", number, "阿依古丽。买买提", true},
		"no dot":                         {number, "阿依古丽·买买提", number, "阿依古丽买买提", false},
		"a comma for the dot":            {number, "阿依古丽·买买提", number, "阿依古丽，买买提", false},
		"an ideographic space":           {number, "李测试", number, "李\u3000测试", true},
		"blanks around":                  {number, "李测试", number, " 李测试\t", true},
		"a no-break space":               {number, "李测试", number, "李\u00a0测试", true},
		"a Hangul filler":                {number, "李测试", number, "李\u3164测试", true},
		"a zero-width space":             {number, "李测试", number, "李\u200b测试", true},
		"a byte order mark":              {number, "李测试", number, "\ufeff李测试", true},
		"a variation selector":           {number, "葛测试", number, "葛\U000e0100测试", true},
		"a radical for the character":    {number, "金测试", number, "⾦测试", true},
		"a compatibility ideograph":      {number, "金测试", number, "\uf90a测试", true},
		"another Han of the same look":   {number, "未测试", number, "末测试", false},
		"traditional for simplified":     {number, "张测试", number, "張測試", false},
		"full-width letters":             {"A1", "LI CESHI", "A1", "ＬＩ　ＣＥＳＨＩ", true},
		"small letters":                  {"A1", "Li Ceshi", "A1", "LI CESHI", true},
		"two blanks":                     {"A1", "LI CESHI", "A1", "LI  CESHI", true},
		"a blank that parts other names": {"A1", "LI MING", "A1", "LIM ING", false},
		"no blank between Latin names":   {"A1", "LI MING", "A1", "LIMING", false},
		"a composed letter":              {"A1", "José", "A1", "Jose\u0301", true},
		"without its accent":             {"A1", "José", "A1", "Jose", false},
		"the other order":                {"A1", "LI CESHI", "A1", "CESHI LI", false},
		"a comma between parts":          {"A1", "CHAN Tai Man", "A1", "CHAN, Tai Man", true},
		"a hyphen between parts":         {"A1", "Jean Luc Li", "A1", "Jean-Luc Li", true},
		"another apostrophe":             {"A1", "O'Neil", "A1", "O’NEIL", true},
		"dashes of other kinds":          {"1234567", "", "12‐34—567", "", true},
		"an invalid text":                {"A1", "李\xff", "A1", "李\xfe", false},
		"an invalid text twice":          {"A1", "李\xff", "A1", "李\xff", false},
		"a replacement character":        {number, "李测试", number, "李\ufffd试", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := faceid.Person{Name: test.wantName, IDNo: test.wantNumber}
			err := faceid.ComparePerson(p, test.number, test.name)
			if test.same {
				require.NoError(t, err)
				back := faceid.Person{Name: test.name, IDNo: test.number}
				if test.wantName != "" || test.name == "" { // an empty name expects nothing, but is none
					require.NoError(t, faceid.ComparePerson(back, test.wantNumber, test.wantName), "both ways")
				}
				return
			}
			require.ErrorIs(t, err, faceid.ErrOtherPerson)
			require.ErrorIs(t, err, faceid.ErrNotPassed)
			for _, secret := range []string{test.wantName, test.wantNumber, test.name, test.number} {
				if len(secret) > 3 {
					require.NotContains(t, err.Error(), secret)
				}
			}
		})
	}
}

// The error says what differs, and where.
func TestOtherPersonErrorSaysWhatDiffers(t *testing.T) {
	p := faceid.Person{Name: "李测试", IDNo: otherIDNo}
	for name, test := range map[string]struct {
		number, name string
		want         faceid.OtherPersonError
		text         string
	}{
		"number":       {"110101199003074477", "李测试", faceid.OtherPersonError{Number: faceid.Differs, Name: faceid.Agrees, Place: "test"}, "number differs, name agrees in test"},
		"name":         {otherIDNo, "王测试", faceid.OtherPersonError{Number: faceid.Agrees, Name: faceid.Differs, Place: "test"}, "number agrees, name differs in test"},
		"both":         {"110101199003074477", "王测试", faceid.OtherPersonError{Number: faceid.Differs, Name: faceid.Differs, Place: "test"}, "number differs, name differs in test"},
		"not reported": {"", "", faceid.OtherPersonError{Number: faceid.NotReported, Name: faceid.NotReported}, "number not reported, name not reported"},
		"masked":       {"1101**********643X", "李*试", faceid.OtherPersonError{Number: faceid.NotReported, Name: faceid.NotReported}, "number not reported, name not reported"},
	} {
		t.Run(name, func(t *testing.T) {
			err := faceid.ComparePerson(p, test.number, test.name)
			var got *faceid.OtherPersonError
			require.ErrorAs(t, err, &got)
			require.Equal(t, test.want, *got)
			require.ErrorContains(t, err, test.text)
		})
	}
}

// Whatever is compared: it is never true for different numbers, and it is true
// both ways or not at all.
func FuzzPersonsAreCompared(f *testing.F) {
	for _, seed := range [][4]string{
		{otherIDNo, "李测试", strings.ToLower(otherIDNo), "李测试"}, {"A1", "José·x", "A1", "Jose\u0301•X"}, {"１２", "a b", "12", "A  B"}, {"1-2", "", "12", ""},
		{"12*", "李*", "123", "李四"}, {"", "", "", ""}, {"12\u200b3", "\u3164", "123", " "}, {"①", "K", "1", "\u212a"}, {"1", "İ", "1", "i"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	// A number as people read it: what is between letters and digits left out, in
	// capitals, in the narrow form.
	plain := func(number string) string {
		var b strings.Builder
		for _, r := range number {
			if r >= 0xff01 && r <= 0xff5e {
				r -= 0xfee0
			}
			if unicode.IsSpace(r) || strings.ContainsRune("()", r) || unicode.Is(unicode.Pd, r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector) || r == 0x34f {
				continue
			}
			if r < 128 {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
		}
		return b.String()
	}
	f.Fuzz(func(t *testing.T, number, name, otherNumber, otherName string) {
		err := faceid.ComparePerson(faceid.Person{IDNo: number, Name: name}, otherNumber, otherName)
		if err == nil && plain(number) != plain(otherNumber) {
			t.Fatalf("%q is taken for %q", number, otherNumber)
		}
		if err != nil && !errors.Is(err, faceid.ErrOtherPerson) {
			t.Fatal(err)
		}
		masked := strings.ContainsAny(number+name+otherNumber+otherName, "*＊")
		if name != "" && otherName != "" && !masked { // an empty name expects nothing
			back := faceid.ComparePerson(faceid.Person{IDNo: otherNumber, Name: otherName}, number, name)
			if (err == nil) != (back == nil) {
				t.Fatalf("%q %q and %q %q: %v, but the other way %v", number, name, otherNumber, otherName, err, back)
			}
		}
	})
}

// An answer that names somebody in several places must name the expected person
// in all of them.
func TestConfirmDetectComparesEveryPlace(t *testing.T) {
	const other, its = "110101199003074477", "王测试"
	me := faceid.Person{Name: "李测试", IDNo: otherIDNo}
	flow := func(text string) string {
		return answerOf(`"Text":{"ErrCode":0,"CompareStatus":0,"Comparestatus":0,"Sim":"96.4"` + text + `},"IsVerifyIntention":false`)
	}
	given := `,"IdCard":"` + otherIDNo + `","Name":"李测试"`
	for name, test := range map[string]struct {
		answer string
		person faceid.Person
		want   error
		place  string
	}{
		"the same":                                {flow(given), me, nil, ""},
		"a small x":                               {flow(given), faceid.Person{Name: me.Name, IDNo: strings.ToLower(otherIDNo)}, nil, ""},
		"only the number is expected":             {flow(given), faceid.Person{IDNo: otherIDNo}, nil, ""},
		"another number":                          {flow(`,"IdCard":"` + other + `","Name":"李测试"`), me, faceid.ErrOtherPerson, "Text"},
		"another name":                            {flow(`,"IdCard":"` + otherIDNo + `","Name":"` + its + `"`), me, faceid.ErrOtherPerson, "Text"},
		"another card was read":                   {flow(given + `,"OcrIdCard":"` + other + `","OcrName":"` + its + `"`), me, faceid.ErrOtherPerson, "Ocr"},
		"another name on the card":                {flow(given + `,"OcrIdCard":"` + otherIDNo + `","OcrName":"` + its + `"`), me, faceid.ErrOtherPerson, "Ocr"},
		"the card alone":                          {flow(`,"OcrIdCard":"` + otherIDNo + `","OcrName":"李测试"`), me, nil, ""},
		"the attempt that passed was another's":   {flow(given + `,"LivenessDetail":[{"Errcode":0,"Idcard":"` + other + `","Name":"` + its + `"}]`), me, faceid.ErrOtherPerson, "LivenessDetail"},
		"an attempt that failed was another's":    {flow(given + `,"LivenessDetail":[{"Errcode":2016,"Idcard":"` + other + `","Name":"` + its + `"},{"Errcode":0,"Idcard":"` + otherIDNo + `","Name":"李测试"}]`), me, nil, ""},
		"nobody is named":                         {flow(""), me, faceid.ErrOtherPerson, ""},
		"names are masked":                        {flow(`,"IdCard":"1101**********643X","Name":"李*试"`), me, faceid.ErrOtherPerson, ""},
		"anybody":                                 {flow(`,"IdCard":"` + other + `","Name":"` + its + `"`), faceid.AnyPerson, nil, ""},
		"the photo that was given":                {flow(""), faceid.PersonAsOpened, nil, ""},
		"the photo, but somebody is named":        {flow(given), faceid.PersonAsOpened, faceid.ErrOtherPerson, ""},
		"the photo, but a card was read":          {flow(`,"OcrName":"` + its + `"`), faceid.PersonAsOpened, faceid.ErrOtherPerson, ""},
		"the photo, but nothing was compared":     {answerOf(`"Text":{"ErrCode":0},"IsVerifyIntention":false`), faceid.PersonAsOpened, faceid.ErrNotCompared, ""},
		"the photo, compared without a result":    {answerOf(`"Text":{"ErrCode":0,"Comparestatus":0},"IsVerifyIntention":false`), faceid.PersonAsOpened, faceid.ErrNotCompared, ""},
		"not passed, and another's":               {answerOf(`"Text":{"ErrCode":2016,"IdCard":"` + other + `"},"IsVerifyIntention":false`), me, faceid.FamilyNotSamePerson, ""},
		"a name like IdCard that is somebody's":   {flow(`,"idCard":"` + otherIDNo + `","Idcard":"` + otherIDNo + `"`), me, faceid.ErrOtherPerson, ""},
		"another's in a name like it beside mine": {flow(given + `,"IDCARD":"` + other + `"`), me, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for channel, confirm := range map[string]func(c *faceid.Client) (faceid.Result, error){
				"WeChat": func(c *faceid.Client) (faceid.Result, error) {
					return c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, test.person)
				},
				"E证通": func(c *faceid.Client) (faceid.Result, error) {
					return c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e"}, test.person)
				},
			} {
				result, err := confirm(cloudClient(t, &cloudExchange{answers: []string{test.answer}}))
				require.ErrorIs(t, err, test.want, channel)
				require.Equal(t, test.want == nil, result.Passed(), "the result says what the decision said")
				require.NotNil(t, result)
				suite.see(result, err)
				if err == nil {
					continue
				}
				require.ErrorIs(t, err, faceid.ErrNotPassed)
				require.Equal(t, err, result.Err())
				require.NotEmpty(t, result.Family())
				require.NotContains(t, err.Error(), other)
				require.NotContains(t, err.Error(), its)
				var differs *faceid.OtherPersonError
				if errors.As(err, &differs) {
					require.Equal(t, test.place, differs.Place)
					require.ErrorIs(t, err, faceid.FamilyOtherPerson)
				}
			}
		})
	}
}

// A person that nothing can be compared with is refused before anything is sent.
func TestADecisionNeedsAPerson(t *testing.T) {
	mixed := faceid.AnyPerson
	mixed.IDNo = otherIDNo
	for name, p := range map[string]faceid.Person{
		"nobody": {}, "a name only": {Name: "李测试"}, "a user": {UserID: "user1"}, "a photo": {Photo: []byte("x")},
		"a blank number": {Name: "李测试", IDNo: " "}, "anybody with a number": mixed,
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{fine}}
			c := cloudClient(t, e)
			sim := faceidtest.Start(t)
			kyc1 := newClient(sim)
			for call, err := range map[string]error{
				"ConfirmDetect": second(c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, p)),
				"ConfirmEid":    second(c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "b"}, p)),
				"web":           second(c.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, p)),
				"sdk":           second(c.ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "b"}, p)),
				"ocr":           second(kyc1.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, p, faceid.OCRBothSides)),
				"nfc":           second(kyc1.ConfirmNFC(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: "r"}, p)),
				"bank card":     second(kyc1.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, faceid.Person{IDNo: p.IDNo, Name: p.Name})),
			} {
				require.ErrorIs(t, err, faceid.ErrRequest, call)
				var bad *faceid.ArgumentError
				require.ErrorAs(t, err, &bad, call)
				require.Equal(t, "Person", bad.Field, call)
			}
			require.Empty(t, e.requests)
			require.Empty(t, sim.Requests())
		})
	}
	sim := faceidtest.Start(t)
	c := newClient(sim)
	for call, err := range map[string]error{
		"ocr":       second(c.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, faceid.PersonAsOpened, faceid.OCRBothSides)),
		"back":      second(c.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, somebody, faceid.OCRBackOnly)),
		"nfc":       second(c.ConfirmNFC(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: "r"}, faceid.PersonAsOpened)),
		"bank card": second(c.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, faceid.PersonAsOpened)),
	} {
		require.ErrorIs(t, err, faceid.ErrRequest, call)
	}
	_, err := cloudClient(t, &cloudExchange{answers: []string{fine}}).ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{
		BizToken: "b", RuleID: "1", Encryption: &faceid.Encryption{Algorithm: "AES-256-CBC", CiphertextBlob: "QQ==", IV: "QQ=="},
	}, somebody)
	require.ErrorIs(t, err, faceid.ErrRequest, "an answer that only its owner can read cannot be compared")
}

func second[T any](_ T, err error) error { return err }

// eidKeys makes a merchant's key, and its public half.
func eidKeys(t *testing.T) (*faceid.EidKey, *ecdsa.PublicKey) {
	t.Helper()
	key, err := sm2.GenerateKey(rand.Reader)
	require.NoError(t, err)
	digits := hex.EncodeToString(key.D.FillBytes(make([]byte, 32)))
	suite.canary(digits, "private key")
	parsed, err := faceid.ParseEidKey(digits)
	require.NoError(t, err)
	return parsed, &key.PublicKey
}

// The finding: under a RuleId where the card that is read counts, any living
// person with a card of their own ends with code 0.
func TestAnotherPersonsCardDoesNotPass(t *testing.T) {
	key, merchantKey := eidKeys(t)
	sim, client := cloudSim(t, faceidtest.WithMerchant("merchant1", merchantKey))
	attacker := faceidtest.IDCard{Name: "张三", Number: "110101199003070011"}

	opened, err := client.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "plus1", RedirectURL: "https://merchant.example/back"})
	require.NoError(t, err)
	sim.ScriptCloud(opened.BizToken, faceidtest.CloudEnding{Card: attacker})
	_, err = sim.VisitCloud(t.Context(), opened.URL)
	require.NoError(t, err)
	detect := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1"}
	result, err := client.ConfirmDetect(t.Context(), detect, somebody)
	require.ErrorIs(t, err, faceid.ErrOtherPerson)
	require.False(t, result.Passed())
	require.EqualValues(t, "0", result.Code().Number(), "the platform says that somebody passed")
	_, err = client.ConfirmDetect(t.Context(), detect, faceid.Person{Name: attacker.Name, IDNo: attacker.Number})
	require.NoError(t, err, "it is who it is")

	eid, err := client.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "merchant1"})
	require.NoError(t, err)
	sim.ScriptCloud(eid.EidToken, faceidtest.CloudEnding{Card: attacker})
	_, err = sim.RunEid(t.Context(), eid.EidToken)
	require.NoError(t, err)
	_, err = client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken, EidKey: key}, somebody)
	require.ErrorIs(t, err, faceid.ErrOtherPerson)
	var differs *faceid.OtherPersonError
	require.ErrorAs(t, err, &differs)
	require.Equal(t, faceid.OtherPersonError{Number: faceid.Differs, Name: faceid.Differs, Place: "EidInfo"}, *differs)
	_, err = client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken, EidKey: key}, faceid.Person{Name: attacker.Name, IDNo: attacker.Number})
	require.NoError(t, err)
	_, err = client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken}, faceid.Person{Name: attacker.Name, IDNo: attacker.Number})
	require.ErrorAs(t, err, &differs, "without the key nobody is told")
	require.Equal(t, faceid.NotReported, differs.Number)
	_, err = client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken}, faceid.AnyPerson)
	require.NoError(t, err)
	other, _ := eidKeys(t)
	result2, err := client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken, EidKey: other}, somebody)
	require.ErrorIs(t, err, faceid.ErrEidDecrypt)
	require.False(t, result2.Passed())
}

// What the flow was opened to ask, or the decision demands, must have been given.
func TestAWillThatNobodyWasAskedForDoesNotPass(t *testing.T) {
	questions := []faceid.IntentionQuestion{{Question: "您同意吗？请回答：同意", Answers: []string{"同意"}}}
	e := &cloudExchange{answers: []string{answerOf(`"BizToken":"b","Url":"u","EidToken":"e"`)}}
	c := cloudClient(t, e)
	plain, err := c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1"})
	require.NoError(t, err)
	require.False(t, plain.WillAsked)
	for _, r := range []faceid.DetectAuthRequest{
		{RuleID: "1", IntentionQuestions: questions}, {RuleID: "1", IntentionVerifyText: "我同意"},
		{RuleID: "1", IntentionActions: nods(1, "同意"), Config: nodding},
	} {
		asks, err := c.DetectAuth(t.Context(), r)
		require.NoError(t, err)
		require.True(t, asks.WillAsked)
	}
	eid, err := c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "m", Config: &faceid.GetEidTokenConfig{UseIntentionVerify: true, IntentionVerifyText: "我同意"}})
	require.NoError(t, err)
	require.True(t, eid.WillAsked)
	eid, err = c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "m"})
	require.NoError(t, err)
	require.False(t, eid.WillAsked)

	const passed = `"Text":{"ErrCode":0}`
	for name, test := range map[string]struct {
		answer string
		want   error
	}{
		"nobody was asked":         {passed + `,"IsVerifyIntention":false`, faceid.FamilyWillMismatch},
		"asked and given":          {passed + `,"IsVerifyIntention":true,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, nil},
		"asked and refused":        {passed + `,"IsVerifyIntention":true,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":-302}`, faceid.FamilyWillMismatch},
		"given, says a result":     {passed + `,"IsVerifyIntention":false,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.FamilyWillMismatch},
		"the answer does not tell": {passed, faceid.ErrBadAnswer},
		"the face failed":          {`"Text":{"ErrCode":2016},"IsVerifyIntention":false`, faceid.FamilyNotSamePerson},
	} {
		t.Run(name, func(t *testing.T) {
			c := cloudClient(t, &cloudExchange{answers: []string{answerOf(test.answer)}})
			detect, err := c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", WillAsked: true}, faceid.AnyPerson)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, detect.Passed())
			eid, err := c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e", WillAsked: true}, faceid.AnyPerson)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, eid.Passed())
			if test.want != nil && !errors.Is(test.want, faceid.ErrBadAnswer) {
				require.ErrorIs(t, err, faceid.ErrNotPassed)
			}
		})
	}
}

// The same over the simulator: the RuleId lacks its tick, and the platform says
// nothing of it when the flow is opened.
func TestARuleWithoutTheWillDoesNotPassAWillThatWasAsked(t *testing.T) {
	sim, client := cloudSim(t, faceidtest.WithRule("careless", "plus", faceidtest.RuleWithoutWill))
	r := auth("")
	r.RuleID, r.IntentionQuestions = "careless", []faceid.IntentionQuestion{{Question: "您同意吗？请回答：同意", Answers: []string{"同意"}}}
	opened, err := client.DetectAuth(t.Context(), r)
	require.NoError(t, err)
	_, err = sim.VisitCloud(t.Context(), opened.URL)
	require.NoError(t, err)
	query := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: r.RuleID}
	_, err = client.ConfirmDetect(t.Context(), query, somebody)
	require.NoError(t, err, "the face passed")
	query.WillAsked = opened.WillAsked
	_, err = client.ConfirmDetect(t.Context(), query, somebody)
	require.ErrorIs(t, err, faceid.FamilyWillMismatch)
	require.ErrorIs(t, err, faceid.ErrNotPassed)
}

// And a RuleId where the card counts ignores the name that it was given.
func TestARuleThatReadsCardsIgnoresWhatDetectAuthWasGiven(t *testing.T) {
	sim, client := cloudSim(t, faceidtest.WithRule("careless", "plus", faceidtest.RuleReadsCards))
	for _, holder := range []faceidtest.IDCard{{Name: "张三", Number: "110101199003070011"}, {Name: somebody.Name, Number: somebody.IDNo}} {
		r := auth("")
		r.RuleID = "careless"
		opened, err := client.DetectAuth(t.Context(), r)
		require.NoError(t, err)
		sim.ScriptCloud(opened.BizToken, faceidtest.CloudEnding{Card: holder})
		_, err = sim.VisitCloud(t.Context(), opened.URL)
		require.NoError(t, err)
		result, err := client.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: r.RuleID}, somebody)
		require.Equal(t, "0", result.Code().Number())
		if holder.Number == somebody.IDNo {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, faceid.ErrOtherPerson)
	}
}

// A nil Config is the platform's default one, and is checked as such.
func TestDetectAuthRefusesWhatNobodyWouldBeAsked(t *testing.T) {
	questions := []faceid.IntentionQuestion{{Question: "q", Answers: []string{"a"}}}
	for name, test := range map[string]struct {
		r    faceid.DetectAuthRequest
		want string // the field that is refused
	}{
		"nothing":                         {faceid.DetectAuthRequest{}, ""},
		"questions":                       {faceid.DetectAuthRequest{IntentionQuestions: questions}, ""},
		"a text":                          {faceid.DetectAuthRequest{IntentionVerifyText: "t"}, ""},
		"a text with the default":         {faceid.DetectAuthRequest{IntentionVerifyText: "t", Config: &faceid.RuleIDConfig{}}, ""},
		"nods":                            {faceid.DetectAuthRequest{IntentionActions: nods(1, "t"), Config: nodding}, ""},
		"nods without a Config":           {faceid.DetectAuthRequest{IntentionActions: nods(1, "t")}, "Config.IntentionType"},
		"nods with the default":           {faceid.DetectAuthRequest{IntentionActions: nods(1, "t"), Config: &faceid.RuleIDConfig{}}, "Config.IntentionType"},
		"questions and nods":              {faceid.DetectAuthRequest{IntentionQuestions: questions, IntentionActions: nods(1, "t")}, "Config.IntentionType"},
		"questions and nods, nodding":     {faceid.DetectAuthRequest{IntentionQuestions: questions, IntentionActions: nods(1, "t"), Config: nodding}, "IntentionActions"},
		"a text and questions":            {faceid.DetectAuthRequest{IntentionVerifyText: "t", IntentionQuestions: questions}, "IntentionVerifyText"},
		"a text and nods":                 {faceid.DetectAuthRequest{IntentionVerifyText: "t", IntentionActions: nods(1, "t"), Config: nodding}, "IntentionVerifyText"},
		"a text and nods without Config":  {faceid.DetectAuthRequest{IntentionVerifyText: "t", IntentionActions: nods(1, "t")}, "IntentionVerifyText"},
		"a text, nodding":                 {faceid.DetectAuthRequest{IntentionVerifyText: "t", Config: nodding}, "IntentionVerifyText"},
		"nodding about nothing":           {faceid.DetectAuthRequest{Config: nodding}, "IntentionActions"},
		"questions, nodding":              {faceid.DetectAuthRequest{IntentionQuestions: questions, Config: nodding}, "IntentionActions"},
		"all three":                       {faceid.DetectAuthRequest{IntentionVerifyText: "t", IntentionQuestions: questions, IntentionActions: nods(1, "t")}, "IntentionVerifyText"},
		"a speed of the default Config":   {faceid.DetectAuthRequest{IntentionQuestions: questions, Config: &faceid.RuleIDConfig{Speed: 9}}, "Config.Speed"},
		"a way that there is not":         {faceid.DetectAuthRequest{IntentionQuestions: questions, Config: &faceid.RuleIDConfig{IntentionType: 7}}, "Config.IntentionType"},
		"a way that there is not, unused": {faceid.DetectAuthRequest{Config: &faceid.RuleIDConfig{IntentionType: -1}}, "Config.IntentionType"},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(`"BizToken":"b","Url":"u"`)}}
			test.r.RuleID = "1"
			_, err := cloudClient(t, e).DetectAuth(t.Context(), test.r)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			var bad *faceid.ArgumentError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, test.want, bad.Field)
			require.Empty(t, e.requests, "nothing was sent")
		})
	}
}

// International documents have many shapes; of each the number counts, and one
// of its names.
func TestInternationalDocumentsAreCompared(t *testing.T) {
	card := func(kind, fields string) string {
		return `{"IsPass":true,"NormalCardInfo":{"` + kind + `":{` + fields + `}}}`
	}
	passport := card("InternationalIDPassport", `"LicenseNumber":"E 1234567","FullName":"LI CESHI","Surname":"LI","GivenName":"CESHI"`)
	for name, test := range map[string]struct {
		cards  string // separated by commas
		person faceid.Person
		want   faceid.OtherPersonError
		same   bool
	}{
		"a passport":              {passport, faceid.Person{IDNo: "e1234567", Name: "Li Ceshi"}, faceid.OtherPersonError{}, true},
		"its name from parts":     {card("InternationalIDPassport", `"LicenseNumber":"E1","Surname":"LI","GivenName":"CESHI"`), faceid.Person{IDNo: "E1", Name: "Ceshi Li"}, faceid.OtherPersonError{}, true},
		"in the other order":      {card("PhilippinesVoteID", `"VIN":"V1","FirstName":"CESHI","LastName":"LI"`), faceid.Person{IDNo: "V1", Name: "Li Ceshi"}, faceid.OtherPersonError{}, true},
		"three parts":             {card("PhilippinesUMID", `"CRN":"C-1","Surname":"LI","MiddleName":"B","GivenName":"CESHI"`), faceid.Person{IDNo: "C1", Name: "CESHI B LI"}, faceid.OtherPersonError{}, true},
		"a Chinese name":          {card("HKIDCard", `"LicenseNumber":"A123456(7)","ChineseName":"李测试","FullName":"LI, Ceshi"`), faceid.Person{IDNo: "A1234567", Name: "李测试"}, faceid.OtherPersonError{}, true},
		"the old form":            {`{"IsPass":true,"CardInfo":{"HKIDCard":{"IdNum":"A1234567","CnName":"李测试"}}}`, faceid.Person{IDNo: "A1234567", Name: "李测试"}, faceid.OtherPersonError{}, true},
		"the new form counts":     {`{"IsPass":true,"NormalCardInfo":{"HKIDCard":{"LicenseNumber":"A1234567"}},"CardInfo":{"HKIDCard":{"IdNum":"B7654321"}}}`, faceid.Person{IDNo: "A1234567"}, faceid.OtherPersonError{}, true},
		"another number":          {passport, faceid.Person{IDNo: "E7654321", Name: "LI CESHI"}, faceid.OtherPersonError{Number: faceid.Differs, Name: faceid.Agrees, Place: "InternationalIDPassport"}, false},
		"another name":            {passport, faceid.Person{IDNo: "E1234567", Name: "WANG CESHI"}, faceid.OtherPersonError{Number: faceid.Agrees, Name: faceid.Differs, Place: "InternationalIDPassport"}, false},
		"nothing was read":        {``, faceid.Person{IDNo: "E1234567"}, faceid.OtherPersonError{Number: faceid.NotReported}, false},
		"a document was refused":  {`{"IsPass":false,"NormalCardInfo":{"MainlandIDCard":{"LicenseNumber":"X1"}}},` + passport, faceid.Person{IDNo: "E1234567"}, faceid.OtherPersonError{}, true},
		"only a refused document": {`{"IsPass":false,"NormalCardInfo":{"MainlandIDCard":{"LicenseNumber":"E1234567"}}}`, faceid.Person{IDNo: "E1234567"}, faceid.OtherPersonError{Number: faceid.NotReported}, false},
		"two documents":           {card("MainlandIDCard", `"LicenseNumber":"X1"`) + "," + passport, faceid.Person{IDNo: "E1234567"}, faceid.OtherPersonError{Number: faceid.Differs, Place: "MainlandIDCard"}, false},
		"a number of another use": {card("TaiWanIDCard", `"LicenseNumber":"X1","RegistrationNumber":"E1234567"`), faceid.Person{IDNo: "E1234567"}, faceid.OtherPersonError{Number: faceid.Differs, Place: "TaiWanIDCard"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := cloudClient(t, &cloudExchange{answers: []string{answerOf(`"ErrorCode":0,"OCRResult":[` + test.cards + `]`)}})
			result, err := c.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, test.person)
			require.Equal(t, test.same, result.Passed())
			suite.see(result, err)
			if test.same {
				require.NoError(t, err)
				return
			}
			var differs *faceid.OtherPersonError
			require.ErrorAs(t, err, &differs)
			require.Equal(t, test.want, *differs)
			require.ErrorIs(t, err, faceid.ErrOtherPerson)
			require.ErrorIs(t, err, faceid.ErrNotPassed)
		})
	}
}

func TestInternationalFlowsInAnAppAreCompared(t *testing.T) {
	verified := func(number, edits string) string {
		return `{"IsPass":true,"NormalCardInfo":{"MainlandIDCard":{"LicenseNumber":"` + number + `","FullName":"李测试"}},"EditDetails":[` + edits + `]}`
	}
	edit := func(was, is string) string {
		return fmt.Sprintf(`{"FieldName":"f","OriginalFieldValue":%q,"RevisedFieldValue":%q}`, was, is)
	}
	const compared = `,"CompareResults":[{"CompareErrorCode":"0","Sim":96.5}]`
	for name, test := range map[string]struct {
		answer string
		person faceid.Person
		want   error
	}{
		"the same":                   {`"CardVerifyResults":[` + verified("X1", "") + `]`, faceid.Person{IDNo: "X1", Name: "李测试"}, nil},
		"another":                    {`"CardVerifyResults":[` + verified("X2", "") + `]`, faceid.Person{IDNo: "X1", Name: "李测试"}, faceid.ErrOtherPerson},
		"the last one counts":        {`"CardVerifyResults":[` + verified("X2", "") + `,` + verified("X1", "") + `]`, faceid.Person{IDNo: "X1"}, nil},
		"the last one is another's":  {`"CardVerifyResults":[` + verified("X1", "") + `,` + verified("X2", "") + `]`, faceid.Person{IDNo: "X1"}, faceid.ErrOtherPerson},
		"the number was typed over":  {`"CardVerifyResults":[` + verified("X1", edit("X2", "X1")) + `]`, faceid.Person{IDNo: "X1"}, faceid.ErrOtherPerson},
		"the name was typed over":    {`"CardVerifyResults":[` + verified("X1", edit("王测试", "李测试")) + `]`, faceid.Person{IDNo: "X1", Name: "李测试"}, faceid.ErrOtherPerson},
		"a blank was typed in":       {`"CardVerifyResults":[` + verified("X1", edit("李 测试", "李测试")) + `]`, faceid.Person{IDNo: "X1", Name: "李测试"}, nil},
		"an address was typed over":  {`"CardVerifyResults":[` + verified("X1", edit("north", "south")) + `]`, faceid.Person{IDNo: "X1", Name: "李测试"}, nil},
		"no document":                {`"CardVerifyResults":null`, faceid.Person{IDNo: "X1"}, faceid.ErrOtherPerson},
		"the photo that was given":   {`"CardVerifyResults":null` + compared, faceid.PersonAsOpened, nil},
		"the photo was not compared": {`"CardVerifyResults":null`, faceid.PersonAsOpened, faceid.ErrNotCompared},
		"the photo did not fit":      {`"CompareResults":[{"CompareErrorCode":"0","Sim":96.5},{"CompareErrorCode":"2016","Sim":31.5}]`, faceid.PersonAsOpened, faceid.ErrNotCompared},
		"a document, not the photo":  {`"CardVerifyResults":[` + verified("X1", "") + `]` + compared, faceid.PersonAsOpened, faceid.ErrOtherPerson},
	} {
		t.Run(name, func(t *testing.T) {
			c := cloudClient(t, &cloudExchange{answers: []string{answerOf(`"Result":"0","ChargeCount":1,` + test.answer)}})
			result, err := c.ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "b"}, test.person)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, result.Passed())
			require.Equal(t, faceid.ChargedYes, result.Charged())
			suite.see(result, err)
		})
	}
	for name, test := range map[string]struct {
		detail string
		want   error
	}{
		"compared":     {`[{"CompareErrorCode":0,"Similarity":97}]`, nil},
		"not compared": {`[{"CompareErrorCode":null,"Similarity":null}]`, faceid.ErrNotCompared},
		"no attempt":   {`[]`, faceid.ErrNotCompared},
		"the last":     {`[{"CompareErrorCode":0,"Similarity":97},{"CompareErrorCode":2016,"Similarity":31}]`, faceid.ErrNotCompared},
	} {
		t.Run("web: "+name, func(t *testing.T) {
			c := cloudClient(t, &cloudExchange{answers: []string{answerOf(`"ErrorCode":0,"VerificationDetailList":` + test.detail)}})
			_, err := c.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, faceid.PersonAsOpened)
			require.ErrorIs(t, err, test.want)
		})
	}
}

// Cards and chips that were read are compared like everything else.
func TestCardsAreCompared(t *testing.T) {
	sim := faceidtest.Start(t)
	c := newClient(sim)
	sim.ScriptIDCardDefault(faceidtest.IDCard{Name: "阿依古丽•买买提", Number: "11010119900307643x"})
	sim.ScriptBankCardDefault(faceidtest.BankCard{Number: "6222 0000 0000 0000"})
	read := func(p faceid.Product, kind faceidtest.Card) string {
		launch, err := c.StartOCR(t.Context(), faceid.OCRRequest{Product: p, Platform: faceid.PlatformAndroid, UserID: "user1"})
		require.NoError(t, err)
		_, err = sim.RunOCR(t.Context(), launch.Params, kind)
		require.NoError(t, err)
		return launch.OrderNo
	}
	idCard, bankCard := read(faceid.ProductIDCardOCR, faceidtest.CardIDCard), read(faceid.ProductBankCardOCR, faceidtest.CardBankCard)
	for name, test := range map[string]struct {
		call func(faceid.Person) (faceid.Result, error)
		same faceid.Person
		no   []faceid.Person
	}{
		"ID card": {
			func(p faceid.Person) (faceid.Result, error) {
				return c.ConfirmOCR(context.Background(), faceid.GetOCRResultRequest{OrderNo: idCard}, p, faceid.OCRBothSides)
			},
			faceid.Person{Name: "阿依古丽·买买提", IDNo: otherIDNo}, []faceid.Person{{Name: "李测试", IDNo: otherIDNo}, {Name: "阿依古丽·买买提", IDNo: somebody.IDNo}, {IDNo: somebody.IDNo}},
		},
		"its front": {
			func(p faceid.Person) (faceid.Result, error) {
				return c.ConfirmOCR(context.Background(), faceid.GetOCRResultRequest{OrderNo: idCard}, p, faceid.OCRFrontOnly)
			},
			faceid.Person{IDNo: otherIDNo}, []faceid.Person{{IDNo: somebody.IDNo}},
		},
		"bank card": {
			func(p faceid.Person) (faceid.Result, error) {
				return c.ConfirmBankCardOCR(context.Background(), faceid.GetBankCardOCRResultRequest{OrderNo: bankCard}, p)
			},
			faceid.Person{BankCardNo: "6222-0000-0000-0000"}, []faceid.Person{{BankCardNo: "6222000000000001"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range []faceid.Person{test.same, faceid.AnyPerson} {
				result, err := test.call(p)
				require.NoError(t, err)
				require.True(t, result.Passed())
				require.Equal(t, faceid.FamilyPassed, result.Family())
				require.Equal(t, "0", result.Code().Number())
			}
			for _, p := range test.no {
				result, err := test.call(p)
				require.ErrorIs(t, err, faceid.ErrOtherPerson)
				require.ErrorIs(t, err, faceid.ErrNotPassed)
				require.False(t, result.Passed())
				require.Equal(t, faceid.FamilyOtherPerson, result.Family())
				suite.see(result, err)
			}
		})
	}
}

// The finding: a person's own chip is not another's over an x or a dot.
func TestAChipOfTheSamePersonPasses(t *testing.T) {
	for name, chip := range map[string]map[string]any{
		"a small x": {"idcard": "11010119900307643x"}, "a bullet": {"name": "阿依古丽•买买提"}, "a dot of katakana": {"name": "阿依古丽・买买提"},
		"a full stop": {"name": "阿依古丽.买买提"}, "an ideographic space": {"name": "阿依古丽\u3000·\u3000买买提"},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, _ := nfcClient(t)
			document := map[string]any{"name": "阿依古丽·买买提", "idcard": otherIDNo}
			for field, value := range chip {
				document[field] = value
			}
			nfcAnswer(mock, encrypted(t, nfcKey, with(card, document)))
			_, err := client.ConfirmNFC(t.Context(), nfcQuery, faceid.Person{Name: "阿依古丽·买买提", IDNo: otherIDNo})
			require.NoError(t, err)
		})
	}
}
