package faceid_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// comparedPair is a person that is expected, a person that is reported, and whether
// they are the same.
type comparedPair struct {
	wantNumber, wantName string
	number, name         string
	same                 bool
}

// comparedPairs are pairs of every spelling.
var comparedPairs = map[string]comparedPair{
	"the same":                       {otherIDNo, "李测试", otherIDNo, "李测试", true},
	"a small x":                      {otherIDNo, "李测试", "11010119900307643x", "李测试", true},
	"a small x that is expected":     {"11010119900307643x", "李测试", otherIDNo, "李测试", true},
	"a full-width number":            {otherIDNo, "", "１１０１０１１９９００３０７６４３Ｘ", "", true},
	"blanks in a number":             {"A123456(7)", "", "A123456 7", "", true},
	"hyphens in a number":            {"1234567890123", "", "1-2345-67890-12-3", "", true},
	"another number":                 {otherIDNo, "李测试", "110101199003074477", "李测试", false},
	"one digit more":                 {otherIDNo, "", otherIDNo + "1", "", false},
	"one digit less":                 {otherIDNo, "", otherIDNo[:17], "", false},
	"a zero in front":                {"123", "", "0123", "", false},
	"an O for a zero":                {"101", "", "1O1", "", false},
	"a digit in a circle":            {"123", "", "12③", "", false},
	"a digit above the line":         {"123", "", "12³", "", false},
	"an Arabic digit":                {"123", "", "12٣", "", false},
	"another name":                   {otherIDNo, "李测试", otherIDNo, "王测试", false},
	"no name":                        {otherIDNo, "李测试", otherIDNo, "", false},
	"no number":                      {otherIDNo, "李测试", "", "李测试", false},
	"no name is expected":            {otherIDNo, "", otherIDNo, "王测试", true},
	"a masked number":                {otherIDNo, "", "1101**********643X", "", false},
	"a masked name":                  {otherIDNo, "李测试", otherIDNo, "李**", false},
	"a masked name, another number":  {otherIDNo, "李测试", "110101199003074477", "李**", false},
	"a bullet for the dot":           {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽•买买提", true},
	"a full stop for the dot":        {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽.买买提", true},
	"a full-width full stop":         {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽．买买提", true},
	"a dot of katakana":              {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽・买买提", true},
	"a half-width dot of katakana":   {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽･买买提", true},
	"a hyphenation point":            {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽‧买买提", true},
	"a dot operator":                 {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽⋅买买提", true},
	"a bullet operator":              {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽∙买买提", true},
	"a Greek ano teleia":             {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽\u0387买买提", true},
	"a dot with blanks":              {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽 · 买买提", true},
	"an ideographic full stop":       {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽。买买提", true},
	"no dot":                         {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽买买提", false},
	"a comma for the dot":            {otherIDNo, "阿依古丽·买买提", otherIDNo, "阿依古丽，买买提", false},
	"an ideographic space":           {otherIDNo, "李测试", otherIDNo, "李\u3000测试", true},
	"blanks around":                  {otherIDNo, "李测试", otherIDNo, " 李测试\t", true},
	"a no-break space":               {otherIDNo, "李测试", otherIDNo, "李\u00a0测试", true},
	"a Hangul filler":                {otherIDNo, "李测试", otherIDNo, "李\u3164测试", true},
	"a zero-width space":             {otherIDNo, "李测试", otherIDNo, "李\u200b测试", true},
	"a byte order mark":              {otherIDNo, "李测试", otherIDNo, "\ufeff李测试", true},
	"a variation selector":           {otherIDNo, "葛测试", otherIDNo, "葛\U000e0100测试", true},
	"a radical for the character":    {otherIDNo, "金测试", otherIDNo, "⾦测试", true},
	"a compatibility ideograph":      {otherIDNo, "金测试", otherIDNo, "\uf90a测试", true},
	"another Han of the same look":   {otherIDNo, "未测试", otherIDNo, "末测试", false},
	"traditional for simplified":     {otherIDNo, "张测试", otherIDNo, "張測試", false},
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
	"a replacement character":        {otherIDNo, "李测试", otherIDNo, "李\ufffd试", false},
}

func TestPersonIsComparedByNumberAndName(t *testing.T) {
	for name, test := range comparedPairs {
		t.Run(name, func(t *testing.T) {
			p := faceid.Person{Name: test.wantName, IDNo: test.wantNumber}
			err := faceid.ComparePerson(p, test.number, test.name)
			if test.same {
				require.NoError(t, err)
				back := faceid.Person{Name: test.name, IDNo: test.number}
				if test.wantName != "" || test.name == "" { // An empty name expects nothing, but it is not the name of anybody.
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

// Different numbers are never the same person, and a comparison gives the same result
// both ways.
func FuzzPersonsAreCompared(f *testing.F) {
	for _, seed := range [][4]string{
		{otherIDNo, "李测试", strings.ToLower(otherIDNo), "李测试"}, {"A1", "José·x", "A1", "Jose\u0301•X"}, {"１２", "a b", "12", "A  B"}, {"1-2", "", "12", ""},
		{"12*", "李*", "123", "李四"}, {"", "", "", ""}, {"12\u200b3", "\u3164", "123", " "}, {"①", "K", "1", "\u212a"}, {"1", "İ", "1", "i"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	// plain is a number as people read it: in capitals, in narrow forms, and without
	// the characters between letters and digits.
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
		if name != "" && otherName != "" && !masked { // An empty name expects nothing.
			back := faceid.ComparePerson(faceid.Person{IDNo: otherNumber, Name: otherName}, number, name)
			if (err == nil) != (back == nil) {
				t.Fatalf("%q %q and %q %q: %v, but the other way %v", number, name, otherNumber, otherName, err, back)
			}
		}
	})
}
