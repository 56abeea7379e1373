package faceid_test

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/stretchr/testify/require"
)

type place struct {
	product faceid.Product
	channel faceid.Channel
}

// Every row of the documents' tables, as it stands in the data file.
func TestExplainKnowsEveryRowOfTheTables(t *testing.T) {

	rowsOf := rowsOfTables(t)
	explained := 0
	for where, rows := range rowsOf {
		told := map[string]string{} // This is what some table of the product says of the charge.
		for _, row := range rows {
			told[row[2]] = cmp.Or(told[row[2]], row[5])
		}
		switch where.channel {
		case faceid.ChannelCloud: // Words are the same for all products.
			for _, row := range rowsOf[place{"", faceid.ChannelCloud}] {
				told[row[2]] = cmp.Or(told[row[2]], row[5])
			}
		case faceid.ChannelBrowser, faceid.ChannelAndroid, faceid.ChannelIOS, faceid.ChannelHarmony: // These channels pass on the platform's codes.
			for _, row := range rowsOf[place{where.product, faceid.ChannelServer}] {
				told[row[2]] = cmp.Or(told[row[2]], row[5])
			}
		}
		seen := map[string]bool{}
		for _, row := range rows {
			if seen[row[2]] {
				continue // An earlier table has the words.
			}
			seen[row[2]] = true
			explained++
			e, ok := faceid.Explain(where.product, where.channel, faceid.Code(row[2]))
			require.True(t, ok, "%v %v", where, row)
			require.Equal(t, row[3], e.Message, "%v %v", where, row)
			require.Equal(t, row[4], e.Remark, "%v %v", where, row)
			require.Equal(t, map[string]faceid.Charged{"yes": faceid.ChargedYes, "no": faceid.ChargedNo, "": faceid.ChargedUnknown}[told[row[2]]], e.Charged, "%v %v", where, row)
			require.Equal(t, row[2], e.Code.Number())
			require.NotEqual(t, faceid.ErrUnknownCode, e.Family, "%v %v", where, row)
			require.Equal(t, where.channel == faceid.ChannelRemark, e.Family == "", "%v %v", where, row)
			require.NotEmpty(t, e.Gloss, "%v %v", where, row)
			require.NotEmpty(t, e.Handling, "%v %v", where, row)
			require.NotEmpty(t, e.GlossZH, "%v %v", where, row)
			require.NotEmpty(t, e.HandlingZH, "%v %v", where, row)
			require.Equal(t, (row[2] == "0" || row[2] == "Success") && where.channel != faceid.ChannelRemark, e.Family == faceid.FamilyPassed, "%v %v", where, row)

			again, ok := faceid.Explain(where.product, where.channel, e.Code)
			require.True(t, ok)
			require.Equal(t, e, again, "with its scope, too")
		}
	}
	require.Greater(t, explained, 1000)
}

// rowsOfTables are the rows of the data file, by the product and the channel that
// they are asked for with.
func rowsOfTables(t *testing.T) map[place][][]string {
	text, err := os.ReadFile("internal/catalog/codes.tsv")
	require.NoError(t, err)
	rowsOf := map[place][][]string{}
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n")[1:] {
		row := strings.Split(line, "\t")
		for _, where := range reached(row[0], row[1]) {
			if row[2] != "*" {
				rowsOf[where] = append(rowsOf[where], row)
			}
		}
	}
	return rowsOf
}

// reached returns where a row of the data file is asked for, in the order of the file.
// Android's own table of NFC is not asked for, as it has none of the charges that the
// table of all phones has.
func reached(product, channel string) []place {
	sdk, _, isPhone := strings.Cut(channel, ":")
	own := faceid.Product(product)
	switch {
	case strings.HasPrefix(channel, "risk:"), strings.HasPrefix(channel, "warning-"):
		return []place{{own, faceid.ChannelRemark}}
	case channel == "check", channel == "eid-server":
		return []place{{own, faceid.ChannelCloud}}
	case channel == "face-verify-api":
		return []place{{"", faceid.ChannelCloud}}
	case strings.HasPrefix(channel, "prose:"), channel == "ai-face-shield": // These tables repeat what other tables say.
		return nil
	case channel == "wechat":
		return []place{{own, faceid.ChannelWeChat}}
	case product == "h5-frontend":
		return []place{{faceid.Product(channel), faceid.ChannelBrowser}}
	case channel == "nfc-terminal":
		return []place{{faceid.ProductNFC, faceid.ChannelIOS}, {faceid.ProductNFC, faceid.ChannelHarmony}}
	case isPhone && sdk == "nfc":
		return nil // TestExplainFindsTheChargeInOneOfSeveralTables covers this table.
	case isPhone:
		return []place{{faceid.Product(sdk), faceid.Channel(product)}}
	}
	return []place{{own, faceid.ChannelServer}}
}

// Where a code stands in several tables of a product and the first table does not tell
// the charge, another one does.
func TestExplainFindsTheChargeInOneOfSeveralTables(t *testing.T) {
	for name, test := range map[string]struct {
		where   place
		code    faceid.Code
		message string
		charged faceid.Charged
	}{
		"Android has no NFC":         {place{faceid.ProductNFC, faceid.ChannelAndroid}, "600100", "设备不支持", faceid.ChargedNo},
		"the person left":            {place{faceid.ProductNFC, faceid.ChannelAndroid}, "600101", "用户取消操作", faceid.ChargedNo},
		"a parameter":                {place{faceid.ProductNFC, faceid.ChannelAndroid}, "600102", "传入的参数不合法", faceid.ChargedNo},
		"too long":                   {place{faceid.ProductNFC, faceid.ChannelAndroid}, "600103", "识别超时", faceid.ChargedNo},
		"the network":                {place{faceid.ProductNFC, faceid.ChannelAndroid}, "600104", "网络不给力", faceid.ChargedNo},
		"no plain text":              {place{faceid.ProductNFC, faceid.ChannelAndroid}, "600105", "解码异常", faceid.ChargedNo},
		"the SDK did not start":      {place{faceid.ProductNFC, faceid.ChannelAndroid}, "600106", "初始化 NFC SDK 出错", faceid.ChargedNo},
		"the same on iOS":            {place{faceid.ProductNFC, faceid.ChannelIOS}, "600106", "初始化失败，请重试", faceid.ChargedNo},
		"read, on Android":           {place{faceid.ProductNFC, faceid.ChannelAndroid}, "0", "识别成功", faceid.ChargedYes},
		"card moved, on Android":     {place{faceid.ProductNFC, faceid.ChannelAndroid}, "66664020", "读卡时勿移动卡片，请重试", faceid.ChargedNo},
		"passed on, on Android":      {place{faceid.ProductNFC, faceid.ChannelAndroid}, "66664003", "请求频率过高，请稍后重试", faceid.ChargedNo},
		"a message on Android":       {place{faceid.ProductIDCardOCR, faceid.ChannelAndroid}, "300101", "解码 emg 异常 (包括 emg 为空)", faceid.ChargedNo},
		"a request on iOS":           {place{faceid.ProductIDCardOCR, faceid.ChannelIOS}, "300101", "不合法请求(300102)", faceid.ChargedNo},
		"a request on Harmony":       {place{faceid.ProductIDCardOCR, faceid.ChannelHarmony}, "300101", "不合法请求(300102)", faceid.ChargedNo},
		"a bank card has no such":    {place{faceid.ProductBankCardOCR, faceid.ChannelAndroid}, "300101", "解码 emg 异常(包括 emg 为空)", faceid.ChargedUnknown},
		"no table tells it":          {place{faceid.ProductPlus, faceid.ChannelAndroid}, "41000", "用户取消", faceid.ChargedUnknown},
		"prose has no charge":        {place{faceid.ProductPlus, faceid.ChannelServer}, "66660011", "未完成认证或认证结果已过期", faceid.ChargedNo},
		"prose alone":                {place{faceid.ProductPlus, faceid.ChannelServer}, "400604", "上传的视频非实时录制，被时间戳校验拦截", faceid.ChargedUnknown},
		"Plus pays, in a browser":    {place{faceid.ProductPlus, faceid.ChannelBrowser}, "66660023", "疑似非真人，请确保本人操作且正脸对框", faceid.ChargedYes},
		"Basic does not":             {place{faceid.ProductBasic, faceid.ChannelBrowser}, "66660023", "请确保本人操作且正脸对框", faceid.ChargedNo},
		"a front-end code is silent": {place{faceid.ProductPlus, faceid.ChannelBrowser}, "3004", "无摄像头权限", faceid.ChargedUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			e, ok := faceid.Explain(test.where.product, test.where.channel, test.code)
			require.True(t, ok)
			require.Equal(t, test.charged, e.Charged)
			require.Equal(t, test.message, e.Message, "the words are those of the first table")
		})
	}
}

// unlistedCode is a code, where it is asked for, and what is found.
type unlistedCode struct {
	where place
	code  faceid.Code
	want  faceid.Code // empty if the code is not found
}

// unlistedCodes are codes that may come although no table of the product lists
// them, and some that may not.
var unlistedCodes = map[string]unlistedCode{
	"the token of Plus":                 {place{faceid.ProductPlus, faceid.ChannelServer}, "15", faceid.CodeTokenExpired},
	"a signature of NFC":                {place{faceid.ProductNFC, faceid.ChannelServer}, "400101", faceid.CodeBadSignature},
	"the same, through a phone":         {place{faceid.ProductNFC, faceid.ChannelIOS}, "400101", faceid.CodeBadSignature},
	"of a card on Android, its own":     {place{faceid.ProductIDCardOCR, faceid.ChannelAndroid}, "400101", "android-ocr/400101"},
	"of a card on iOS":                  {place{faceid.ProductIDCardOCR, faceid.ChannelIOS}, "400101", faceid.CodeBadSignature},
	"of a bank card, its own":           {place{faceid.ProductBankCardOCR, faceid.ChannelServer}, "66660000", "ocr-bankcard/66660000"},
	"a card was read":                   {place{faceid.ProductIDCardOCR, faceid.ChannelServer}, "0", "ocr-idcard/0"},
	"will has the codes of face":        {place{faceid.ProductWill, faceid.ChannelServer}, "400604", faceid.CodeVideoNotLive},
	"Plus has not those of will":        {place{faceid.ProductPlus, faceid.ChannelServer}, "66666006", ""},
	"WeChat, in no table":               {place{faceid.ProductEid, faceid.ChannelWeChat}, "1008", "wechat/1008"},
	"WeChat needs a product":            {place{"", faceid.ChannelWeChat}, "1008", ""},
	"NFC is not in WeChat":              {place{faceid.ProductNFC, faceid.ChannelWeChat}, "1008", ""},
	"abroad, not finished":              {place{"", faceid.ChannelInternational}, "-999", "intl/-999"},
	"abroad, whatever the product":      {place{faceid.ProductPlus, faceid.ChannelInternational}, "1410", "intl/1410"},
	"abroad, with its scope":            {place{"", faceid.ChannelInternational}, "intl/9", "intl/9"},
	"a number of WeChat abroad":         {place{"", faceid.ChannelInternational}, "2006", ""},
	"a word":                            {place{"", faceid.ChannelCloud}, "AuthFailure.SignatureFailure", "cloud/AuthFailure.SignatureFailure"},
	"a word, with its scope":            {place{"", faceid.ChannelCloud}, "cloud/LimitExceeded", "cloud/LimitExceeded"},
	"a word of a check":                 {place{"IdCardVerification", faceid.ChannelCloud}, "LimitExceeded", "cloud/LimitExceeded"},
	"a word of E证通":                     {place{faceid.ProductEid, faceid.ChannelCloud}, "FailedOperation.UnregisteredEid", "cloud/FailedOperation.UnregisteredEid"},
	"the code of a check":               {place{"", faceid.ChannelCloud}, "MobileStatus/-1", "MobileStatus/-1"},
	"a number of a check":               {place{"MobileStatus", faceid.ChannelCloud}, "-1", "MobileStatus/-1"},
	"its scope does not matter":         {place{"MobileStatus", faceid.ChannelCloud}, "PhoneVerification/-1", "MobileStatus/-1"},
	"a number of no check":              {place{"", faceid.ChannelCloud}, "-1", ""},
	"a number that the check lacks":     {place{"MobileStatus", faceid.ChannelCloud}, "-9", ""},
	"a word to come":                    {place{"", faceid.ChannelCloud}, "AuthFailure.New", ""},
	"a warning":                         {place{faceid.ProductBankCardOCR, faceid.ChannelRemark}, "-9110", "bankcard-warning/-9110"},
	"a warning is no answer":            {place{faceid.ProductBankCardOCR, faceid.ChannelServer}, "-9110", ""},
	"a tag":                             {place{faceid.ProductPlus, faceid.ChannelRemark}, "03", "liveness-tag/03"},
	"Enhanced has no tags":              {place{faceid.ProductEnhanced, faceid.ChannelRemark}, "03", ""},
	"a level":                           {place{faceid.ProductEnhanced, faceid.ChannelRemark}, "0", "device-level/0"},
	"all others of a phone":             {place{faceid.ProductPlus, faceid.ChannelAndroid}, "*", ""},
	"all others of a phone, with scope": {place{faceid.ProductPlus, faceid.ChannelAndroid}, "android/*", ""},
	"a code of will's SDK":              {place{faceid.ProductPlus, faceid.ChannelAndroid}, "41101", ""},
	"nothing":                           {place{faceid.ProductPlus, faceid.ChannelServer}, "", ""},
	"nothing, in words":                 {place{"", faceid.ChannelCloud}, "", ""},
}

// A code that may come is explained even if no table of the product lists it.
func TestExplainKnowsCodesThatNoTableLists(t *testing.T) {
	for name, test := range unlistedCodes {
		t.Run(name, func(t *testing.T) {
			e, ok := faceid.Explain(test.where.product, test.where.channel, test.code)
			require.Equal(t, test.want != "", ok)
			require.Equal(t, test.want, e.Code)
			if !ok {
				require.Zero(t, e)
				return
			}
			require.NotEmpty(t, e.Gloss)
			require.NotEmpty(t, e.Handling)
			if test.where.channel != faceid.ChannelRemark {
				require.Equal(t, test.want.Family(), e.Family)
			}
		})
	}
}

// pageRow is a row of docs/errors.md, and how its page says to look it up.
type pageRow struct {
	cell                                                   string // the first cell, with the exceptions that it names
	scope, code, family, gloss, message, charged, handling string
	asked                                                  []place
	not                                                    []place // where the page says that there is no such code
}

// The page promises that Explain finds every row. The test reads it as a person does:
// the products and the channels above a table, and the exceptions in a row.
func TestExplainFindsEveryRowOfThePage(t *testing.T) {
	page := errorsPage(t)
	onPage := map[string]bool{}
	for _, row := range page {
		want := faceid.Code(row.scope + "/" + row.code)
		require.False(t, onPage[string(want)], "%s is there twice", want)
		onPage[string(want)] = true
		require.NotEmpty(t, row.asked, want)
		told, words := map[faceid.Charged][]string{}, 0
		for _, where := range row.asked {
			e, ok := faceid.Explain(where.product, where.channel, faceid.Code(row.code))
			require.True(t, ok, "%s: %v", want, where)
			require.Equal(t, want, e.Code, "%v", where)
			require.Equal(t, row.gloss, e.Gloss, want)
			require.Equal(t, row.handling, e.Handling, want)
			switch e.Family {
			case "":
				require.Equal(t, "a remark", row.family, want)
			case faceid.ErrUnknownCode:
				require.Fail(t, "a known code", want)
			default:
				require.Contains(t, []string{"`Err" + string(e.Family) + "`", "`Family" + string(e.Family) + "`"}, row.family, want)
			}
			if e.Message != "" {
				words++
				require.Contains(t, strings.Split(row.message, " / "), e.Message, want)
			}
			if e.Message != "" || e.Charged != faceid.ChargedUnknown {
				if product := string(where.product); !slices.Contains(told[e.Charged], product) {
					told[e.Charged] = append(told[e.Charged], product)
				}
			}
			again, ok := faceid.Explain(where.product, where.channel, want)
			require.True(t, ok, "%s: with its scope", want)
			require.Equal(t, e, again)
		}
		require.Equal(t, row.message != "", words > 0, "%s: somebody has the words", want)

		requireChargeOfRow(t, row, want, told)
		for _, where := range row.not {
			e, _ := faceid.Explain(where.product, where.channel, faceid.Code(row.code))
			require.NotEqual(t, want, e.Code, "%v", where)
		}
	}
	for key := range catalog.Entries {
		require.Equal(t, key.Code != "*", onPage[key.Scope+"/"+key.Code], "%v", key)
	}
}

// requireChargeOfRow compares the charge that the page prints with what Explain
// tells of each product.
func requireChargeOfRow(t *testing.T, row pageRow, want faceid.Code, told map[faceid.Charged][]string) {
	yes, no := strings.Join(told[faceid.ChargedYes], ", "), strings.Join(told[faceid.ChargedNo], ", ")
	switch {
	case row.charged == "":
		require.Empty(t, yes+no, want)
	case row.charged == "no":
		require.NotEmpty(t, told[faceid.ChargedNo], want)
		require.Len(t, told, 1, want)
	case row.charged == "**yes**":
		require.NotEmpty(t, told[faceid.ChargedYes], want)
		require.Len(t, told, 1, want)
	case yes == "":
		require.Equal(t, "no: "+no, row.charged, want)
	default:
		require.Equal(t, "**yes:** "+yes+"; no: "+no, row.charged, want)
	}
}

// namedProducts and namedChannels are the constants that the page names.
var (
	namedProducts = map[string]faceid.Product{
		"ProductPlus": faceid.ProductPlus, "ProductEnhanced": faceid.ProductEnhanced, "ProductBasic": faceid.ProductBasic, "ProductWill": faceid.ProductWill,
		"ProductIDCardOCR": faceid.ProductIDCardOCR, "ProductBankCardOCR": faceid.ProductBankCardOCR, "ProductNFC": faceid.ProductNFC, "ProductEid": faceid.ProductEid,
	}
	namedChannels = map[string]faceid.Channel{
		"ChannelServer": faceid.ChannelServer, "ChannelBrowser": faceid.ChannelBrowser, "ChannelWeChat": faceid.ChannelWeChat, "ChannelAndroid": faceid.ChannelAndroid,
		"ChannelIOS": faceid.ChannelIOS, "ChannelHarmony": faceid.ChannelHarmony, "ChannelCloud": faceid.ChannelCloud,
		"ChannelInternational": faceid.ChannelInternational, "ChannelRemark": faceid.ChannelRemark,
	}
)

// pageScopes are the scopes of the tables that have no column for them, by the heading
// above the table.
var pageScopes = map[string]string{
	"Face: Plus, Enhanced, Basic": "face", "Every kyc1 call": "kyc1", "意愿核身 (will)": "will", "What a browser brings back": "h5-frontend",
	"In WeChat, and E证通": "wechat", "International": "intl", "Errors of API 3.0": "cloud",
}

// ticked finds what stands between backticks.
var ticked = regexp.MustCompile("`([^`]*)`")

// namedIn returns the products and the channels that a text names.
func namedIn(text string) (p []faceid.Product, c []faceid.Channel) {
	for _, m := range ticked.FindAllStringSubmatch(text, -1) {
		if product, ok := namedProducts[m[1]]; ok {
			p = append(p, product)
		}
		if channel, ok := namedChannels[m[1]]; ok {
			c = append(c, channel)
		}
	}
	return p, c
}

// errorsPage reads the tables of docs/errors.md.
func errorsPage(t *testing.T) []pageRow {
	text, err := os.ReadFile("docs/errors.md")
	require.NoError(t, err)
	var rows []pageRow
	var heading, how string
	byTable := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "## "):
			heading, how = line[3:], ""
			clear(byTable)
		case strings.HasPrefix(line, "`Explain`"):
			how = line
		case how != "" && strings.HasPrefix(line, "- "):
			scope, args, _ := strings.Cut(line[2:], ": ")
			byTable[scope] = args
		case how != "" && strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| code ") && !strings.HasPrefix(line, "| table "):
			row := rowOfLine(t, heading, line)
			row.place(t, cmp.Or(byTable[row.scope], how))
			rows = append(rows, row)
		}
	}
	return rows
}

// rowOfLine reads the cells of a line under a heading.
func rowOfLine(t *testing.T, heading, line string) pageRow {
	cells := strings.Split(strings.Trim(line, "|"), " | ")
	for i := range cells {
		cells[i] = strings.NewReplacer("&lt;", "<", `\|`, "|", `\*`, "*").Replace(strings.TrimSpace(cells[i]))
	}
	row := pageRow{scope: pageScopes[heading]}
	if row.scope == "" {
		row.scope, cells = cells[0], cells[1:]
	}
	require.Len(t, cells, 6, line)
	row.cell, row.code = cells[0], ticked.FindStringSubmatch(cells[0])[1]
	row.family, row.gloss, row.message, row.charged, row.handling = cells[1], cells[2], cells[3], cells[4], cells[5]
	return row
}

// place notes where the row says that its code is to be asked for, and where not.
func (row *pageRow) place(t *testing.T, args string) {
	listed, where := namedIn(args)
	switch {
	case strings.Contains(args, "product, the name of the table"):
		listed = []faceid.Product{faceid.Product(row.scope)}
		e, ok := faceid.Explain("", faceid.ChannelCloud, faceid.Code(row.scope+"/"+row.code))
		require.True(t, ok, "an empty product, and a code that names its table: %s", row.scope)
		require.Equal(t, row.gloss, e.Gloss)
	case strings.Contains(args, "product any or empty"):
		listed = []faceid.Product{"", faceid.ProductPlus, faceid.ProductEid, "IdCardVerification"}
	}
	exceptions, _ := namedIn(row.cell)
	for _, p := range listed {
		_, isOnly := strings.CutSuffix(row.cell, "only)")
		hasIt := len(exceptions) == 0 || isOnly == slices.Contains(exceptions, p)
		for _, c := range where {
			if hasIt {
				row.asked = append(row.asked, place{p, c})
			} else {
				row.not = append(row.not, place{p, c})
			}
		}
	}
}

// The same number means different things to different products, and depending on who
// reports it.
func TestExplainGivesTheSameNumberSeveralMeanings(t *testing.T) {
	for number, meanings := range map[faceid.Code]map[place]faceid.Family{
		"66660000": {
			{faceid.ProductPlus, faceid.ChannelServer}:        faceid.ErrRequest,
			{faceid.ProductBankCardOCR, faceid.ChannelServer}: faceid.ErrRequest,
		},
		"66660015": {
			{faceid.ProductPlus, faceid.ChannelServer}:      faceid.FamilyIdentityMalformed,
			{faceid.ProductIDCardOCR, faceid.ChannelServer}: faceid.FamilyMediaUnusable,
		},
		"300101": {
			{faceid.ProductPlus, faceid.ChannelBrowser}:      faceid.FamilyInterrupted,
			{faceid.ProductIDCardOCR, faceid.ChannelServer}:  faceid.ErrService,
			{faceid.ProductIDCardOCR, faceid.ChannelAndroid}: faceid.ErrService,
			{faceid.ProductIDCardOCR, faceid.ChannelIOS}:     faceid.ErrRequest,
		},
		"100101": {
			{faceid.ProductIDCardOCR, faceid.ChannelAndroid}: faceid.ErrNetwork,
			{faceid.ProductIDCardOCR, faceid.ChannelHarmony}: faceid.ErrRequest,
		},
		"400101": {
			{faceid.ProductPlus, faceid.ChannelServer}:       faceid.ErrCredential,
			{faceid.ProductIDCardOCR, faceid.ChannelAndroid}: faceid.ErrRequest,
		},
	} {
		words, codes := map[string]bool{}, map[faceid.Code]bool{}
		for where, family := range meanings {
			e, ok := faceid.Explain(where.product, where.channel, number)
			require.True(t, ok, "%s %v", number, where)
			require.Equal(t, family, e.Family, "%s %v", number, where)
			words[e.Message], codes[e.Code] = true, true
		}
		require.Len(t, words, len(meanings), number)
		require.Len(t, codes, len(meanings), number)
	}
	_, ok := faceid.Explain(faceid.ProductPlus, faceid.ChannelServer, "300101")
	require.False(t, ok, "the platform does not answer that about Plus")
	_, ok = faceid.Explain(faceid.ProductBasic, faceid.ChannelBrowser, "3001")
	require.False(t, ok, "the documents' table is that of mobile H5")
	_, ok = faceid.Explain("other", faceid.ChannelServer, "0")
	require.False(t, ok)
	_, ok = faceid.Explain(faceid.ProductPlus, "other", "0")
	require.False(t, ok)
}

func TestExplainChargesSomeCodesOnOneProductOnly(t *testing.T) {
	for code, charged := range map[faceid.Code]map[faceid.Product]faceid.Charged{
		"66660023": {faceid.ProductPlus: faceid.ChargedYes, faceid.ProductEnhanced: faceid.ChargedNo, faceid.ProductBasic: faceid.ChargedNo, faceid.ProductWill: faceid.ChargedNo},
		"66665001": {faceid.ProductPlus: faceid.ChargedYes, faceid.ProductEnhanced: faceid.ChargedNo, faceid.ProductBasic: faceid.ChargedNo, faceid.ProductWill: faceid.ChargedNo},
		"66666006": {faceid.ProductWill: faceid.ChargedYes},
		"66660004": {faceid.ProductPlus: faceid.ChargedYes, faceid.ProductEnhanced: faceid.ChargedYes, faceid.ProductBasic: faceid.ChargedYes, faceid.ProductWill: faceid.ChargedYes},
	} {
		for product, want := range charged {
			e, ok := faceid.Explain(product, faceid.ChannelServer, code)
			require.True(t, ok)
			require.Equal(t, want, e.Charged, "%s on %s", code, product)
		}
	}
	for product, want := range map[faceid.Product]faceid.Charged{
		faceid.ProductPlus: faceid.ChargedYes, faceid.ProductEnhanced: faceid.ChargedNo, faceid.ProductBasic: faceid.ChargedNo,
		faceid.ProductWill: faceid.ChargedNo, faceid.ProductEid: faceid.ChargedNo,
	} {
		e, ok := faceid.Explain(product, faceid.ChannelWeChat, "1002")
		require.True(t, ok)
		require.Equal(t, want, e.Charged, product)
		require.Equal(t, faceid.FamilySuspectedFake, e.Family)
	}
	_, ok := faceid.Explain(faceid.ProductPlus, faceid.ChannelServer, "66666006")
	require.False(t, ok, "will only")
	require.Equal(t, faceid.ChargedUnknown, (&faceid.FaceRecord{ResultCode: faceid.CodeSuspectedFake}).Charged())
	require.Equal(t, faceid.ChargedNo, (&faceid.FaceRecord{ResultCode: faceid.CodeSuspectedFake, Product: faceid.ProductBasic}).Charged())
}

// The platform uses different words for the same code on different products.
func TestExplainGivesEachProductItsOwnMessages(t *testing.T) {
	plus, _ := faceid.Explain(faceid.ProductPlus, faceid.ChannelServer, "66660023")
	basic, _ := faceid.Explain(faceid.ProductBasic, faceid.ChannelServer, "66660023")
	require.Contains(t, plus.Message, "疑似非真人")
	require.NotContains(t, basic.Message, "疑似非真人")
	require.Equal(t, plus.Code, basic.Code)
}
