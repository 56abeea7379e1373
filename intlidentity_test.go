package faceid_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// International documents have many shapes. In each the number counts, and one of its
// names.
func TestConfirmWebVerificationIntlComparesDocuments(t *testing.T) {
	card := func(kind, fields string) string {
		return `{"IsPass":true,"NormalCardInfo":{"` + kind + `":{` + fields + `}}}`
	}
	passport := card("InternationalIDPassport", `"LicenseNumber":"E 1234567","FullName":"LI CESHI","Surname":"LI","GivenName":"CESHI"`)
	for name, test := range map[string]struct {
		cards  string // the cards, separated by commas
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

// documentRow is an answer, the person that is expected, and the error of the
// decision.
type documentRow struct {
	answer string
	person faceid.Person
	want   error
}

func TestConfirmSdkVerificationComparesDocuments(t *testing.T) {
	verified := func(number, edits string) string {
		return `{"IsPass":true,"NormalCardInfo":{"MainlandIDCard":{"LicenseNumber":"` + number + `","FullName":"李测试"}},"EditDetails":[` + edits + `]}`
	}
	edit := func(was, is string) string {
		return fmt.Sprintf(`{"FieldName":"f","OriginalFieldValue":%q,"RevisedFieldValue":%q}`, was, is)
	}
	const compared = `,"CompareResults":[{"CompareErrorCode":"0","Sim":96.5}]`
	for name, test := range map[string]documentRow{
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

// In an App the person may type over what was read from the document. What was typed
// says nothing about the document.
func TestConfirmSdkVerificationDoesNotTakeTypedForRead(t *testing.T) {
	const document = `{"IsPass":true,"NormalCardInfo":{"InternationalIDPassport":{"LicenseNumber":"E1234567","FullName":"LI SAN","GivenName":"SAN","Surname":"LI"}},"EditDetails":[`
	for name, test := range map[string]struct {
		edits string
		same  bool
	}{
		"nothing":                      {``, true},
		"an unread number":             {`{"OriginalFieldValue":"","RevisedFieldValue":"E1234567"}`, false},
		"a masked number":              {`{"OriginalFieldValue":"E1*","RevisedFieldValue":"E1234567"}`, false},
		"another number":               {`{"OriginalFieldValue":"A7654321","RevisedFieldValue":"E1234567"}`, false},
		"in two steps":                 {`{"OriginalFieldValue":"A7654321","RevisedFieldValue":""},{"OriginalFieldValue":"","RevisedFieldValue":"E1234567"}`, false},
		"an unread name":               {`{"OriginalFieldValue":"","RevisedFieldValue":"LI SAN"}`, false},
		"a part of a name":             {`{"OriginalFieldValue":"SI","RevisedFieldValue":"SAN"}`, false},
		"the same number with a blank": {`{"OriginalFieldValue":"E 1234567","RevisedFieldValue":"E1234567"}`, true},
		"the same name in capitals":    {`{"OriginalFieldValue":"Li San","RevisedFieldValue":"LI SAN"}`, true},
		"an address":                   {`{"OriginalFieldValue":"","RevisedFieldValue":"1 Sample Road"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := cloudClient(t, &cloudExchange{answers: []string{answerOf(`"Result":"0","CardVerifyResults":[` + document + test.edits + `]}]`)}})
			_, err := c.ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "b"}, faceid.Person{IDNo: "E1234567", Name: "Li San"})
			if test.same {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, faceid.ErrOtherPerson)
		})
	}
	failed := answerOf(`"Result":"0","CardVerifyResults":[` + document + `]}],"CompareResults":[{"CompareErrorCode":"2016","Sim":3}]`)
	_, err := cloudClient(t, &cloudExchange{answers: []string{failed}}).ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "b"}, faceid.Person{IDNo: "E1234567"})
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
	blank := answerOf(`"ErrorCode":0,"OCRResult":[{"IsPass":true,"NormalCardInfo":{"HKIDCard":{"LicenseNumber":""}},"CardInfo":{"HKIDCard":{"IdNum":"A1234567"}}}]`)
	_, err = cloudClient(t, &cloudExchange{answers: []string{blank}}).ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, faceid.Person{IDNo: "A1234567"})
	require.NoError(t, err, "the old form, where the new one is blank")
}

// A pass abroad is no pass of the person who is named there if it stands beside an
// attempt that failed, a comparison without a score, or a document that was refused.
func TestConfirmWebVerificationIntlRefusesAFlowThatContradictsItself(t *testing.T) {
	const web, app = `"ErrorCode":0,"OCRResult":[{"IsPass":true,"NormalCardInfo":{"MainlandIDCard":{"LicenseNumber":"X1"}}}]`,
		`"Result":"0","CardVerifyResults":[{"IsPass":true,"NormalCardInfo":{"MainlandIDCard":{"LicenseNumber":"X1"}}}]`
	const refused = `"Result":"0","CardVerifyResults":[{"IsPass":false,"NormalCardInfo":{"MainlandIDCard":{"LicenseNumber":"X1"}}}]`
	me := faceid.Person{IDNo: "X1"}
	for name, test := range map[string]struct {
		answer string
		person faceid.Person
		want   error
	}{
		"web: compared":                       {web + `,"VerificationDetailList":[{"ErrorCode":0,"LivenessErrorCode":0,"CompareErrorCode":0,"Similarity":97}]`, me, nil},
		"web: the document alone":             {web + `,"VerificationDetailList":[]`, me, nil},
		"web: an attempt before failed":       {web + `,"VerificationDetailList":[{"ErrorCode":1001},{"ErrorCode":0,"CompareErrorCode":0,"Similarity":97}]`, me, nil},
		"web: a similarity of 0":              {web + `,"VerificationDetailList":[{"CompareErrorCode":0,"Similarity":0}]`, me, faceid.ErrNotCompared},
		"web: no similarity":                  {web + `,"VerificationDetailList":[{"CompareErrorCode":0}]`, me, faceid.ErrNotCompared},
		"web: not alive":                      {web + `,"VerificationDetailList":[{"LivenessErrorCode":1002,"CompareErrorCode":0,"Similarity":97}]`, me, faceid.ErrBadAnswer},
		"web: not alive, whoever it is":       {web + `,"VerificationDetailList":[{"LivenessErrorCode":1002}]`, faceid.AnyPerson, faceid.ErrBadAnswer},
		"web: the attempt failed":             {web + `,"VerificationDetailList":[{"ErrorCode":2016,"CompareErrorCode":0,"Similarity":97}]`, me, faceid.ErrBadAnswer},
		"web: not alive, as opened":           {`"ErrorCode":0,"VerificationDetailList":[{"LivenessErrorCode":1002,"CompareErrorCode":0,"Similarity":97}]`, faceid.PersonAsOpened, faceid.ErrBadAnswer},
		"an App: compared":                    {app + `,"CompareResults":[{"ErrorCode":"0","LiveErrorCode":"0","CompareErrorCode":"0","Sim":97}]`, me, nil},
		"an App: a similarity of 0":           {app + `,"CompareResults":[{"CompareErrorCode":"0","Sim":0}]`, me, faceid.ErrNotCompared},
		"an App: no similarity":               {app + `,"CompareResults":[{"CompareErrorCode":"0"}]`, me, faceid.ErrNotCompared},
		"an App: not alive":                   {app + `,"CompareResults":[{"LiveErrorCode":"1002","CompareErrorCode":"0","Sim":97}]`, me, faceid.ErrBadAnswer},
		"an App: the attempt failed":          {app + `,"CompareResults":[{"ErrorCode":"2016"}]`, me, faceid.ErrBadAnswer},
		"an App: the document was refused":    {refused + `,"CompareResults":[{"CompareErrorCode":"0","Sim":97}]`, me, faceid.ErrOtherPerson},
		"an App: a refused document, anybody": {refused, faceid.AnyPerson, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := cloudClient(t, &cloudExchange{answers: []string{answerOf(test.answer)}})
			var result faceid.Result
			var err error
			if strings.HasPrefix(name, "web") {
				result, err = c.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, test.person)
			} else {
				result, err = c.ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "b"}, test.person)
			}
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, result.Passed())
		})
	}
}
