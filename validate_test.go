package faceid_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// badNames are names as a form, a spreadsheet or a scanner may leave them, with the
// reason that the error gives.
var badNames = map[string]string{
	"\ufeff张三": "invisible", "张\u200b三": "invisible", "张三\u200e": "invisible", "\u202a张三": "invisible", "张\u2060三": "invisible", "张\u00ad三": "invisible",
	"张\u200d三": "invisible", "张\u034f三": "invisible", "张\u180e三": "invisible", "张三\ufe0f": "invisible", "张\U000e0100三": "invisible", "张\U000e0041三": "invisible",
	"张\u3164三": "invisible", "张\u115f三": "invisible", "张\uffa0三": "invisible", "张\u2800三": "invisible", "张\u17b4三": "invisible", "张\u061c三": "invisible",
	"张\ufffd三": "U+FFFD", "张\ufffc三": "no character", "张\uffff三": "no character", "张\ufdd0三": "no character", "张\U0001fffe三": "no character",
	"张\u3000三": "blank", "张\u00a0三": "blank", "John\u2009Doe": "blank", "John\u202fDoe": "blank", "张\u205f三": "blank", "张\u1680三": "blank",
	"张\u0000三": "control", "张\n三": "control", "张\t三": "control", "张\u0085三": "control", "张\u2028三": "control", "张\u2029三": "control", "张\u007f三": "control",
	" 张三": "white space", "张三 ": "white space", "张三\u3000": "white space", "\u00a0张三": "white space", "\n张三": "white space",
	"张\xff三": "UTF-8", "\xe5\xbc": "UTF-8",
}

// goodNames are names that people have.
var goodNames = []string{
	"李测试", "欧阳测试", "阿卜杜拉·买买提", "阿卜杜拉•买买提", "John Ronald Doe", "O'Neil-Smith Jr.", "𠮷野测试", "\U00030000测", "\ue000测", "\U000f0000测", "ÅSE MÜLLER", "김철수", "Ａ", "ｱ", "नाम", "e\u0301",
}

// badNumbers are texts that are no number of a document, with the reason that the error
// gives.
var badNumbers = map[string]string{
	"110101 19900307 4477": "a blank", "110101199003074477 ": "a blank", " 110101199003074477": "a blank", "110101\u3000199003074477": "a blank", "110101\u00a0199003074477": "a blank",
	"110101-19900307-4477": "a hyphen", "110101‐199003074477": "a hyphen", "110101—199003074477": "a hyphen", "110101－199003074477": "a hyphen",
	"１１０１０１199003074477": "full-width", "11010119900307447Ｘ": "full-width", "11010119900307447ｘ": "full-width",
	"110101199003074477\n": "control", "\t110101199003074477": "control", "110101\u200b199003074477": "invisible", "\ufeff110101199003074477": "invisible",
	"11010119900307447\ufffd": "U+FFFD", "110101199003074477\xff": "UTF-8", "١١٠١٠١١٩٩٠٠٣٠٧٤٤٧٧": "digit", "11010119900307447×": "another", "证110101199003074477": "another", "11010119900307447*": "another",
	"'110101199003074477": "another", "1.10101199003074E+17": "another", "110101199003074477,": "another",
}

// naming returns the calls that take a name and a number. The key names the call and
// its field for the number.
func naming(t *testing.T, c *faceid.Client) map[string]func(name, number string) error {
	all := namingFaces(t, c)
	maps.Copy(all, namingActions(t, c))
	return all
}

// namingFaces returns the calls of face and will.
func namingFaces(t *testing.T, c *faceid.Client) map[string]func(name, number string) error {
	person := func(name, number string) faceid.Person {
		return faceid.Person{UserID: "user1", Name: name, IDNo: number}
	}
	will := faceid.Will{Rounds: []faceid.WillRound{{Question: "您是自愿的吗？", Answers: []string{"我确认"}}}}
	return map[string]func(name, number string) error{
		"StartH5 IDNo": func(name, number string) error {
			_, err := c.StartH5(t.Context(), faceid.H5Request{Person: person(name, number), RedirectURL: "https://m.example/back"})
			return err
		},
		"StartPC IDNo": func(name, number string) error {
			_, err := c.StartPC(t.Context(), faceid.PCRequest{Person: person(name, number), RedirectURL: "https://m.example/back"})
			return err
		},
		"StartSDK IDNo": func(name, number string) error {
			_, err := c.StartSDK(t.Context(), faceid.SDKRequest{Platform: faceid.PlatformAndroid, Product: faceid.ProductPlus, Person: person(name, number)})
			return err
		},
		"GetAdvFaceID IDNo": func(name, number string) error {
			_, err := c.GetAdvFaceID(t.Context(), faceid.GetAdvFaceIDRequest{OrderNo: "order1", Person: person(name, number)})
			return err
		},
		"StartWillH5 IDNo": func(name, number string) error {
			_, err := c.StartWillH5(t.Context(), faceid.WillH5Request{Person: person(name, number), Will: will, RedirectURL: "https://m.example/back"})
			return err
		},
	}
}

// namingActions returns the calls of API 3.0.
func namingActions(t *testing.T, c *faceid.Client) map[string]func(name, number string) error {
	return map[string]func(name, number string) error{
		"DetectAuth IDCard": func(name, number string) error {
			_, err := c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1", Name: name, IDCard: number})
			return err
		},
		"GetEidToken IDCard": func(name, number string) error {
			_, err := c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "m", Name: name, IDCard: number})
			return err
		},
		"IdCardVerification IDCard": func(name, number string) error {
			_, err := c.IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{Name: name, IDCard: number})
			return err
		},
		"CheckIdNameDate IDCard": func(name, number string) error {
			_, err := c.CheckIdNameDate(t.Context(), faceid.CheckIdNameDateRequest{Name: name, IDCard: number, ValidityBegin: "20200101", ValidityEnd: "20300101"})
			return err
		},
		"ImageRecognitionV2 IDCard": func(name, number string) error {
			_, err := c.ImageRecognitionV2(t.Context(), faceid.ImageRecognitionV2Request{Name: name, IDCard: number, Image: smallPNG(t)})
			return err
		},
		"BankCard4EVerification IDCard": func(name, number string) error {
			_, err := c.BankCard4EVerification(t.Context(), faceid.BankCard4EVerificationRequest{Name: name, IDCard: number, BankCard: "6222000000000000", Phone: "13800000000"})
			return err
		},
		"PhoneVerification IDCard": func(name, number string) error {
			_, err := c.PhoneVerification(t.Context(), faceid.PhoneVerificationRequest{Name: name, IDCard: number, Phone: "13800000000"})
			return err
		},
	}
}

// requireArgument expects an ArgumentError with this field and this reason, which
// does not quote the value.
func requireArgument(t *testing.T, call string, err error, field, reason, value string) {
	t.Helper()
	var bad *faceid.ArgumentError
	require.ErrorAs(t, err, &bad, "%s: %+q", call, value)
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.Equal(t, field, bad.Field, "%s: %+q", call, value)
	require.Contains(t, bad.Reason, reason, "%s: %+q", call, value)
	if len(value) > 6 {
		require.NotContains(t, err.Error(), value)
	}
	suite.see(err)
}

// A name or a number may look like the right one and yet match nobody, and the mismatch
// is charged. It is refused before it is sent, with its field and the reason.
func TestValidateRefusesNamesAndNumbersThatLookLikeOthers(t *testing.T) {
	sim := faceidtest.Start(t)

	for encrypted, c := range map[bool]*faceid.Client{false: sim.Client(), true: sim.Client(faceid.WithFieldEncryption(faceid.FieldEncryption{}))} {
		for call, try := range naming(t, c) {
			_, number, _ := strings.Cut(call, " ")
			call = fmt.Sprint(call, " encrypted: ", encrypted)
			for name, reason := range badNames {
				requireArgument(t, call, try(name, "110101199003074477"), "Name", reason, name)
			}
			for value, reason := range badNumbers {
				requireArgument(t, call, try("李测试", value), number, reason, value)
			}
		}
		for value, reason := range badNumbers {
			_, err := c.BankCard2EVerification(t.Context(), faceid.BankCard2EVerificationRequest{Name: "李测试", BankCard: value})
			requireArgument(t, "bank card", err, "BankCard", reason, value)
			_, err = c.MobileStatus(t.Context(), faceid.MobileStatusRequest{Mobile: value})
			requireArgument(t, "mobile", err, "Mobile", reason, value)
			_, err = c.CheckPhoneAndName(t.Context(), faceid.CheckPhoneAndNameRequest{Name: "李测试", Mobile: value})
			requireArgument(t, "phone", err, "Mobile", reason, value)
		}
	}
	c := sim.Client()
	for _, value := range []string{"+8613800000000", "86 13800000000", "138-0000-0000", "1380000000O", "(138)00000000"} {
		_, err := c.MobileStatus(t.Context(), faceid.MobileStatusRequest{Mobile: value})
		var bad *faceid.ArgumentError
		require.ErrorAs(t, err, &bad, value)
	}
	require.Empty(t, sim.Requests(), "nothing was sent")

	for call, try := range naming(t, c) {
		var bad *faceid.ArgumentError
		for _, name := range goodNames {
			require.NotErrorAs(t, try(name, "110101199003074477"), &bad, "%s: %+q", call, name)
		}
		for _, number := range []string{"11010119900307447X", "H1234567890", "USA110101199003", "810000199408230021", "E12345678"} {
			require.NotErrorAs(t, try("李测试", number), &bad, "%s: %s", call, number)
		}
	}
}

// Tokens of the platform, and values that were copied from its console, are sent
// unchanged.
func TestValidateLeavesTokensAsTheyWere(t *testing.T) {
	sim := faceidtest.Start(t)
	c := sim.Client()
	for value, reason := range map[string]string{
		"": "empty", "1\n": "control", " 1": "blank", "1 ": "blank", "1\u200b": "invisible", "\ufeff1": "invisible", "１": "full-width", "1\u00a0": "blank", "1\xff": "UTF-8", "一": "printable",
	} {
		for name, try := range map[string]func() error{
			"RuleID": func() error { _, err := c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: value}); return err },
			"MerchantID": func() error {
				_, err := c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: value})
				return err
			},
			"BizToken": func() error {
				_, err := c.GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: value, RuleID: "1"})
				return err
			},
			"RuleID ": func() error {
				_, err := c.GetDetectInfo(t.Context(), faceid.GetDetectInfoRequest{BizToken: "b", RuleID: value})
				return err
			},
			"EidToken": func() error {
				_, err := c.GetEidResult(t.Context(), faceid.GetEidResultRequest{EidToken: value})
				return err
			},
			"SDKToken": func() error {
				_, err := c.GetSdkVerificationResult(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: value})
				return err
			},
			"ReqID": func() error {
				_, err := c.GetIDCardNFCResult(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: value})
				return err
			},
		} {
			var bad *faceid.ArgumentError
			require.ErrorAs(t, try(), &bad, "%s: %+q", name, value)
			require.Equal(t, strings.TrimSpace(name), bad.Field)
			require.Contains(t, bad.Reason, reason, "%s: %+q", name, value)
		}
	}
	require.Empty(t, sim.Requests())
}

// A text that is taken for a name is visible in full, and a text that is taken for a
// number is ASCII.
func FuzzIdentity(f *testing.F) {
	for name := range badNames {
		f.Add(name)
	}
	for number := range badNumbers {
		f.Add(number)
	}
	for _, name := range goodNames {
		f.Add(name)
	}
	sim := faceidtest.Start(f)
	c := sim.Client()
	invisible := []*unicode.RangeTable{unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point}
	f.Fuzz(func(t *testing.T, text string) {
		open := func(name, number string) error {
			_, err := c.DetectAuth(canceled(), faceid.DetectAuthRequest{RuleID: "1", Name: name, IDCard: number})
			return err
		}
		var bad *faceid.ArgumentError
		taken := func(err error) bool { require.Error(t, err); bad = nil; return !errors.As(err, &bad) }
		if taken(open(text, "")) && text != "" {
			require.True(t, utf8.ValidString(text))
			require.Equal(t, strings.TrimSpace(text), text)
			for _, r := range text {
				require.False(t, unicode.In(r, invisible...) || r == utf8.RuneError || unicode.IsSpace(r) && r != ' ', "%U", r)
			}
		} else if text != "" {
			require.Equal(t, "Name", bad.Field)
		}
		plain := text != ""
		for i := range len(text) {
			plain = plain && (text[i] >= '0' && text[i] <= '9' || text[i] >= 'A' && text[i] <= 'Z' || text[i] >= 'a' && text[i] <= 'z')
		}
		if text != "" && !strings.HasSuffix(text, "x") {
			require.Equal(t, plain, taken(open("", text)), "%+q", text)
		}
	})
}
