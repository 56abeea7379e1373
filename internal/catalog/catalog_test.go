package catalog_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/stretchr/testify/require"
)

// The generated table has the same rows as the data files.
func TestLookupFindsEveryRowOfTheData(t *testing.T) {
	kinds := map[string]catalog.Kind{"passed": catalog.Passed, "outcome": catalog.Outcome, "error": catalog.Error, "note": catalog.Note}
	retries := map[string]catalog.Retry{"no": catalog.No, "yes": catalog.Yes, "once": catalog.Once, "bounded": catalog.Bounded}
	families := read(t, "families.tsv")
	for _, f := range families {
		e, ok := catalog.Lookup(f[0], f[1])
		require.True(t, ok, f)
		require.Contains(t, kinds, f[2])
		require.Contains(t, retries, f[4])
		require.Equal(t, catalog.Entry{Kind: kinds[f[2]], Family: f[3], Retry: retries[f[4]], Gloss: f[5], Handling: f[6]}, e, f)
	}
	codes := read(t, "codes.tsv")
	for _, f := range codes {
		r, ok := catalog.LookupRow(f[0], f[1], f[2])
		require.True(t, ok, f)
		require.Equal(t, catalog.Row{Message: f[3], Handling: f[4], Charged: f[5]}, r, f)
	}
	n, m := 0, 0
	for range catalog.Entries {
		n++
	}
	for range catalog.Rows {
		m++
	}
	require.Equal(t, len(families), n, "the table has no other entries")
	require.Equal(t, len(codes), m, "the table has no other rows")
}

func TestLookupFindsNothingElse(t *testing.T) {
	for _, key := range []catalog.Key{{}, {"face", ""}, {"face", "00"}, {"face", "3001"}, {"cloud", "0"}, {"wechat", "Success"}, {"zzz", "0"}, {"", "0"}} {
		e, ok := catalog.Lookup(key.Scope, key.Code)
		require.False(t, ok, key)
		require.Zero(t, e)
	}
	for _, key := range []catalog.RowKey{{}, {"plus", "app-h5", ""}, {"plus", "wechat", "1101"}, {"nfc", "wechat", "0"}, {"zzz", "app-h5", "0"}} {
		r, ok := catalog.LookupRow(key.Product, key.Channel, key.Code)
		require.False(t, ok, key)
		require.Zero(t, r)
	}
}

func TestEntriesAndRowsStopWhenTold(t *testing.T) {
	n := 0
	for range catalog.Entries {
		n++
		break
	}
	for range catalog.Rows {
		n++
		break
	}
	require.Equal(t, 2, n)
}

// ownMeaning has the codes that kyc1 shares and that mean something else in these scopes.
// The meaning in the scope comes first.
var ownMeaning = map[catalog.Key]bool{
	{"ocr-bankcard", "66660000"}: true, // the order number is too long
	{"android-ocr", "400101"}:    true,
	{"android-ocr", "400103"}:    true,
	{"android-ocr", "999999"}:    true,
}

// The code of a row has an entry in its own scope, or in kyc1 if that is shared.
func TestRowsHaveAFamily(t *testing.T) {
	for key := range catalog.Rows {
		scope := catalog.Scope(key.Product, key.Channel)
		_, own := catalog.Lookup(scope, key.Code)
		_, shared := catalog.Lookup("kyc1", key.Code)
		shared = shared && catalog.SharesKYC1(scope)
		require.True(t, own || shared, "%v in %s", key, scope)
		require.Equal(t, ownMeaning[catalog.Key{Scope: scope, Code: key.Code}], own && shared, "%v in %s", key, scope)
	}
}

func TestEntriesBelongToARow(t *testing.T) {
	told := map[catalog.Key]bool{
		{"kyc1", "15"}:        true, // recorded in an answer
		{"wechat", "1008"}:    true, // in the documents, but in none of the five tables
		{"ocr-idcard", "0"}:   true, // in the answers of the documents, but not in their tables
		{"ocr-bankcard", "0"}: true,
	}
	for key := range catalog.Rows {
		scope := catalog.Scope(key.Product, key.Channel)
		if _, own := catalog.Lookup(scope, key.Code); !own {
			scope = "kyc1"
		}
		told[catalog.Key{Scope: scope, Code: key.Code}] = true
	}
	for key := range catalog.Entries {
		// The documents list the errors of API 3.0 for each action, and those abroad in another guide.
		listedElsewhere := key.Scope == "cloud" || key.Scope == "intl"
		require.True(t, told[key] || listedElsewhere, "%v", key)
	}
}

func TestEntriesPassOnlyWithZeroOrSuccess(t *testing.T) {
	passes := map[catalog.Key]bool{}
	for key, e := range catalog.Entries {
		if e.Kind == catalog.Note {
			continue // a device of level 0 is no pass
		}
		require.Equal(t, e.Kind == catalog.Passed, e.Family == "Passed", "%v", key)
		if e.Kind == catalog.Passed {
			passes[key] = true
		}
		require.Equal(t, key.Code == "0" || key.Scope == "cloud" && key.Code == "Success", passes[key], "%v", key)
	}
	want := map[catalog.Key]bool{
		{"face", "0"}: true, {"nfc", "0"}: true, {"nfc-sdk", "0"}: true, {"ocr-idcard", "0"}: true, {"ocr-bankcard", "0"}: true,
		{"wechat", "0"}: true, {"intl", "0"}: true, {"cloud", "Success"}: true,
	}
	for _, check := range checks {
		want[catalog.Key{Scope: check, Code: "0"}] = true
	}
	require.Equal(t, want, passes)
}

// checks are the tables of the checks of API 3.0, and of other actions with a table of
// their own. Each is named after its action.
var checks = []string{
	"IdCardVerification", "CheckIdNameDate", "CheckBankCardInformation", "BankCard2EVerification", "BankCardVerification",
	"BankCard4EVerification", "MobileNetworkTimeVerification", "MobileStatus", "PhoneVerification", "CheckPhoneAndName",
	"MinorsVerification", "EncryptedPhoneVerification", "GetFaceIdResult", "GetWxNFCResult", "ParseNfcData",
}

// The number of a check means what the check's own table says, and not what kyc1 shares.
// Each number is either charged or free.
func TestRowsOfACheckStandForThemselves(t *testing.T) {
	sizes := map[string]int{}
	for key, row := range catalog.Rows {
		if key.Channel == "check" {
			require.Contains(t, checks, key.Product)
			if key.Product != "ParseNfcData" || key.Code != "-1" { // its page does not say whether a failure is charged
				require.Contains(t, []string{"yes", "no"}, row.Charged, "%v", key)
			}
			require.False(t, catalog.SharesKYC1(key.Product))
			e, ok := catalog.Lookup(key.Product, key.Code)
			require.True(t, ok, "%v", key)
			require.False(t, row.Charged == "yes" && e.Kind == catalog.Error, "%v: an error is not charged", key)
			sizes[key.Product]++
		}
	}
	require.Equal(t, map[string]int{
		"IdCardVerification": 8, "CheckIdNameDate": 9, "CheckBankCardInformation": 7, "BankCard2EVerification": 19, "BankCardVerification": 21,
		"BankCard4EVerification": 22, "MobileNetworkTimeVerification": 7, "MobileStatus": 6, "PhoneVerification": 9, "CheckPhoneAndName": 9,
		"MinorsVerification": 9, "EncryptedPhoneVerification": 6, "GetFaceIdResult": 32, "GetWxNFCResult": 2, "ParseNfcData": 2,
	}, sizes)
	require.True(t, catalog.SharesKYC1("will"))
}

// A number of a hosted flow means the same on every product, in the same words.
func TestRowsOfHostedFlowsAgree(t *testing.T) {
	tables, words, charged := map[string]int{}, map[string]string{}, map[string][]string{}
	for key, row := range catalog.Rows {
		if key.Channel != "wechat" {
			continue
		}
		tables[key.Product]++
		if words[key.Code] == "" {
			words[key.Code] = row.Message
		}
		require.Equal(t, words[key.Code], row.Message, "%v", key)
		require.Contains(t, []string{"yes", "no"}, row.Charged, "%v", key)
		if row.Charged == "yes" {
			charged[key.Code] = append(charged[key.Code], key.Product)
		}
	}
	require.Equal(t, map[string]int{"plus": 45, "enhanced": 45, "basic": 67, "will": 45, "eid": 45}, tables)
	all := []string{"basic", "eid", "enhanced", "plus", "will"}
	require.Equal(t, map[string][]string{"0": all, "2006": all, "2016": all, "1002": {"plus"}}, charged)
}

// A remark is no result: it has no family, and its scope has no results.
func TestEntriesOfRemarksAreNotResults(t *testing.T) {
	notes := map[string]bool{"liveness-tag": true, "device-level": true, "bankcard-warning": true, "idcard-warning": true}
	for key, e := range catalog.Entries {
		require.Equal(t, notes[key.Scope], e.Kind == catalog.Note, "%v", key)
		require.Equal(t, notes[key.Scope], e.Family == "", "%v", key)
	}
}

func TestEntriesHaveAFamilyOfAClosedList(t *testing.T) {
	families := map[catalog.Kind]string{
		catalog.Passed: "Passed",
		catalog.Outcome: "NotSamePerson IdentityMismatch SuspectedFake CaptureFailed MediaUnusable DocumentUnsupported IdentityMalformed " +
			"AttemptsExceeded TimedOut ClientOutdated SourcePhotoUnusable BrowserUnsupported CameraDenied Interrupted WillMismatch " +
			"Unreadable DeviceUnsupported NotOnRecord CardUnusable UnderAge",
		catalog.Error: "Credential RateLimited NoResult Account Request Service Expired Network Unknown",
	}
	used := map[string]bool{}
	for key, e := range catalog.Entries {
		if e.Kind != catalog.Note {
			require.Contains(t, strings.Fields(families[e.Kind]), e.Family, "%v", key)
			used[e.Family] = true
		}
	}
	for kind, names := range families {
		for _, name := range strings.Fields(names) {
			require.True(t, used[name], "%d: no code is of family %s", kind, name)
		}
	}
}

func TestEntriesAreEnglish(t *testing.T) {
	for key, e := range catalog.Entries {
		for _, text := range []string{e.Gloss, e.Handling} {
			require.NotEmpty(t, strings.TrimSpace(text), "%v", key)
			require.Equal(t, strings.TrimSpace(text), text, "%v", key)
			require.Negative(t, strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }), "%v: %s", key, text)
		}
		require.False(t, strings.HasSuffix(e.Gloss, "."), "%v: a gloss has no full stop: %s", key, e.Gloss)
		require.True(t, strings.HasSuffix(e.Handling, "."), "%v: advice is a sentence: %s", key, e.Handling)
	}
}

// Every gloss and every handling has its Chinese, and chinese.tsv has nothing else.
func TestEntriesAreChineseToo(t *testing.T) {
	used := map[string]bool{}
	for key, e := range catalog.Entries {
		for _, text := range []string{e.Gloss, e.Handling} {
			used[text] = true
			chinese := catalog.Chinese(text)
			require.Equal(t, strings.TrimSpace(chinese), chinese, "%v", key)
			require.GreaterOrEqual(t, strings.IndexFunc(chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }), 0, "%v: %s", key, text)
			require.Equal(t, digits.FindAllString(text, -1), digits.FindAllString(chinese, -1), "%v: the figures of a text are the same: %s", key, chinese)
		}
		require.False(t, strings.HasSuffix(catalog.Chinese(e.Gloss), "。"), "%v: a gloss has no full stop", key)
		require.True(t, strings.HasSuffix(catalog.Chinese(e.Handling), "。"), "%v: advice is a sentence", key)
	}
	require.Empty(t, catalog.Chinese("no text of the catalogue"))
	file, err := os.ReadFile("chinese.tsv")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(file)), "\n")[1:]
	require.Len(t, lines, len(used))
	for _, line := range lines {
		english, _, _ := strings.Cut(line, "\t")
		require.True(t, used[english], "no entry says: %s", english)
	}
}

var digits = regexp.MustCompile(`\d+(?:\.\d+)?`)

// One number has several meanings, and Lookup tells them apart by scope.
func TestLookupTellsScopesApart(t *testing.T) {
	for code, scopes := range map[string]map[string]string{
		"0":        {"face": "Passed", "device-level": ""},
		"66660000": {"kyc1": "Request", "ocr-bankcard": "Request"},
		"66660015": {"face": "IdentityMalformed", "ocr-idcard": "MediaUnusable"},
		"300101":   {"h5-frontend": "Interrupted", "android-ocr": "Service", "ios-ocr": "Request", "ocr-idcard": "Service"},
		"100101":   {"android-ocr": "Network", "harmony-ocr": "Request"},
		"15":       {"kyc1": "Credential", "wechat": "Expired"},
		"1201":     {"wechat": "CaptureFailed", "intl": "CaptureFailed"},
		"2004":     {"wechat": "MediaUnusable", "intl": "MediaUnusable"},
		"2013":     {"wechat": "CaptureFailed", "intl": "CaptureFailed"},
		"2017":     {"wechat": "Service", "intl": "CaptureFailed"},
		"400101":   {"kyc1": "Credential", "android-ocr": "Request"},
		"400103":   {"kyc1": "Account", "android-ocr": "Account"},
	} {
		glosses := map[string]string{}
		for scope, family := range scopes {
			e, ok := catalog.Lookup(scope, code)
			require.True(t, ok, "%s/%s", scope, code)
			require.Equal(t, family, e.Family, "%s/%s", scope, code)
			require.NotContains(t, glosses, e.Gloss, "%s: %s and %s", code, scope, glosses[e.Gloss])
			glosses[e.Gloss] = scope
		}
	}

	ios, _ := catalog.Lookup("ios-ocr", "300101")
	harmony, _ := catalog.Lookup("harmony-ocr", "300101")
	require.Equal(t, ios, harmony, "both have the same meaning")
}

func TestLookupRowTellsProductsApart(t *testing.T) {
	for key, charged := range map[catalog.RowKey]string{
		{"plus", "wechat", "1002"}:     "yes",
		{"enhanced", "wechat", "1002"}: "no",
		{"basic", "wechat", "1002"}:    "no",
		{"will", "wechat", "1002"}:     "no",
		{"eid", "wechat", "1002"}:      "no",
		{"cloud", "face-verify-api", "FailedOperation.CompareLowSimilarity"}: "yes",
		{"cloud", "ai-face-shield", "FailedOperation.CoveredFace"}:           "no",
		{"eid", "eid-server", "InvalidParameter"}:                            "",
		{"plus", "app-h5", "66660023"}:                                       "yes",
		{"enhanced", "app-h5", "66660023"}:                                   "no",
		{"basic", "app-h5", "66660023"}:                                      "no",
		{"will", "app-h5", "66660023"}:                                       "no",
		{"plus", "app-h5", "66665001"}:                                       "yes",
		{"enhanced", "app-h5", "66665001"}:                                   "no",
		{"basic", "app-h5", "66665001"}:                                      "no",
		{"will", "app-h5", "66665001"}:                                       "no",
		{"will", "will", "66666006"}:                                         "yes",
		{"will", "will", "66666004"}:                                         "no",
		{"nfc", "nfc-server", "0"}:                                           "yes",
		{"h5-frontend", "will", "3006"}:                                      "",
	} {
		row, ok := catalog.LookupRow(key.Product, key.Channel, key.Code)
		require.True(t, ok, key)
		require.Equal(t, charged, row.Charged, key)
	}
}

func read(t *testing.T, file string) [][]string {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var rows [][]string
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n")[1:] {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}
