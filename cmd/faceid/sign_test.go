package main

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
)

const (
	someTicket = "zxc9Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS"
	someNonce  = "kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T"
)

func shaOf(text string) string { s := sha1.Sum([]byte(text)); return hex.EncodeToString(s[:]) }

func TestSignGivesTheSignaturesOfTheDocuments(t *testing.T) {
	text, err := os.ReadFile("../../testdata/vectors.json")
	require.NoError(t, err)
	var vectors []struct {
		ID           string
		Values       map[string]string
		Ticket, Sign string
	}
	require.NoError(t, json.Unmarshal(text, &vectors))
	require.NotEmpty(t, vectors)
	for _, v := range vectors {
		if len(v.Values) == 0 {
			continue
		}
		term := newTerminal(t)
		term.env[setup.Ticket] = v.Ticket
		for _, name := range slices.Sorted(maps.Keys(v.Values)) {
			term.input += name + "=" + v.Values[name] + "\n"
		}
		var got signed
		require.Equal(t, exitOK, term.json(&got, "sign", "--signature", strings.ToLower(v.Sign)), v.ID)
		require.Equal(t, v.Sign, got.Signature, v.ID)
		require.True(t, *got.Equal)
		require.Len(t, got.Parts, len(v.Values)+1)
	}
}

func TestSignNamesTheMistake(t *testing.T) {
	tick, order := someTicket, []string{"appId=TIDA0001", "userId=Ab c", "version=1.0.0", "nonce=" + someNonce}
	sorted := "1.0.0" + "Ab c" + "TIDA0001" + someNonce + tick
	mac := hmac.New(sha1.New, []byte(tick))
	mac.Write([]byte(strings.TrimSuffix(sorted, tick)))
	md := md5.Sum([]byte(sorted))
	for given, want := range map[string][2]string{
		shaOf("TIDA0001Ab c1.0.0" + someNonce + tick):          {"not sorted", "没有排序"},
		shaOf(tick + "TIDA0001Ab c1.0.0" + someNonce):          {"the ticket stands first", "ticket 在最前"},
		shaOf(strings.TrimSuffix(sorted, tick)):                {"The ticket is missing", "缺少 ticket"},
		shaOf("1.0.0Ab c" + someNonce + "TIDA0001" + tick):     {"without regard to case", "忽略了大小写"},
		shaOf(sorted + "\n"):                                   {"A line break stands at the end", "末尾多了换行"},
		shaOf(strings.ReplaceAll(sorted, "Ab c", "Ab+c")):      {"userId was percent-encoded", "userId 在签名前做了 URL 编码"},
		shaOf(strings.ReplaceAll(sorted, "Ab c", "")):          {"userId is missing", "缺少 userId"},
		shaOf("1.0.0,Ab c,TIDA0001," + someNonce + "," + tick): {"joined with ,", "分隔符 ,"},
		hex.EncodeToString(mac.Sum(nil)):                       {"HMAC-SHA1", "HMAC-SHA1"},
		hex.EncodeToString(md[:]):                              {"It is MD5", "用了 MD5"},
		strings.Repeat("0", 40):                                {"No usual mistake", "常见错误都得不到它"},
		shaOf("appId=TIDA0001&nonce=" + someNonce + "&ticket=" + tick + "&userId=Ab c&version=1.0.0"): {"Names were signed", "连名称也参与了签名"},
	} {
		term := newTerminal(t)
		term.env[setup.Ticket] = tick
		for lang, text := range map[string]string{"en": want[0], "zh": want[1]} {
			r := term.run(append(append([]string{"sign"}, order...), "--signature", given, "--lang", lang)...)
			require.Equal(t, exitNo, r.code, want)
			require.Contains(t, r.out, text)
		}
	}
}

func TestSignFindsTheFirstDifference(t *testing.T) {
	values := []string{"sign", "appId=TIDA0001", "name=李测试", "version=1.0.0"}
	whole := "1.0.0TIDA0001" + someTicket + "李测试"
	for name, try := range map[string]struct {
		other, part, text string
		at                int
	}{
		"a value":         {"1.0.0TIDA0002" + someTicket + "李测试", "appId", "must be '1', and is '2'", 13},
		"the ticket":      {"1.0.0TIDA0001" + someTicket[:5] + "X" + someTicket[6:] + "李测试", "ticket", "the ticket differs at its byte 6 of 64", 19},
		"inside a letter": {"1.0.0TIDA0001" + someTicket + "李侧试", "name", "must be '测', and is '侧'", 81},
		"not sorted":      {"TIDA00011.0.0" + someTicket + "李测试", "version", "version should stand there, and appId does", 1},
		"an early end":    {"1.0.0TIDA0001" + someTicket + "李", "name", "must be '测', and is ∅", 81},
		"a late end":      {whole + "&", "", "goes on for 1 bytes", 87},
	} {
		t.Run(name, func(t *testing.T) {
			term := newTerminal(t)
			term.env[setup.Ticket] = someTicket
			file := filepath.Join(t.TempDir(), "string")
			require.NoError(t, os.WriteFile(file, []byte(try.other), 0o600))
			var got signed
			require.Equal(t, exitNo, term.json(&got, append(values, "--string", file)...))
			require.Equal(t, try.part, got.Difference.Part)
			require.Equal(t, try.at, got.Difference.At)
			require.Contains(t, got.Difference.Text.EN, try.text)
			term.input = try.other
			r := term.run(append(values, "--string", "-")...)
			require.Contains(t, r.out, try.text)
		})
	}
	term := newTerminal(t)
	term.env[setup.Ticket], term.input = someTicket, whole+"\n"
	require.Equal(t, exitOK, term.run(append(values, "--string", "-")...).code)
}

func TestSignTakesTheTicketOfTheStore(t *testing.T) {
	term, sim, client := onSimulator(t)
	ticket, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	var got signed
	require.Equal(t, exitOK, term.json(&got, "sign", "a=b"))
	require.Equal(t, strings.ToUpper(shaOf(min("b", ticket)+max("b", ticket))), got.Signature)
	require.NotContains(t, term.run("sign", "a=b").out, ticket)
	require.Len(t, sim.Mints(sim.AppID()), 1)

	term.env[setup.Secret] = "another" // nothing is fetched for it
	r := term.run("sign", "a=b")
	require.Equal(t, exitTrouble, r.code)
	require.Contains(t, r.err, "has no SIGN ticket")
	require.Len(t, sim.Mints(sim.AppID()), 1)
}

func TestSignRefusesWhatItCannotSign(t *testing.T) {
	term := newTerminal(t)
	term.env[setup.Ticket] = someTicket
	for _, args := range [][]string{{"novalue"}, {"=x"}, {"sign=x"}, {"ticket=x"}, {"a=\xff"}, {}, {"--string", "-"}, {"a=b", "--string", "/nowhere"}} {
		r := term.run(append([]string{"sign"}, args...)...)
		require.Equal(t, exitUsage, r.code, args)
		require.NotEmpty(t, r.err)
	}
	delete(term.env, setup.Ticket)
	require.Equal(t, exitUsage, term.run("sign", "a=b").code)
}

func TestSignNamesTheMistakeOfValuesThatAreGivenInOrder(t *testing.T) {
	const ticket = "mmmm"
	b64 := sha1.Sum([]byte("a bmmmmzz"))
	for given, want := range map[string][2]string{
		shaOf("a bzzmmmm"):                             {"put behind the sorted", "排序结果之后"},
		shaOf("mmmma bzz"):                             {"put in front of the sorted", "排序结果之前"},
		shaOf("a%20bmmmmzz"):                           {"userId was percent-encoded", "userId 在签名前做了 URL 编码"},
		shaOf("a bmmmm\nzz"):                           {"A line break stands behind the ticket", "ticket 后面多了换行"},
		shaOf("a bmmmm zz"):                            {"A blank stands behind the ticket", "ticket 后面多了空格"},
		shaOf("a b mmmm zz"):                           {"joined with a blank", "各值之间有空格"},
		shaOf("a bmmmm"):                               {"nonce is missing, or was empty", "缺少 nonce，或其值为空"},
		base64.StdEncoding.EncodeToString(b64[:]):      {"It is Base64", "用了 Base64"},
		"\n" + strings.ToUpper(shaOf("a bmmmm")) + " ": {"nonce is missing", "缺少 nonce"},
	} {
		term := newTerminal(t)
		term.env[setup.Ticket] = ticket
		for lang, text := range map[string]string{"en": want[0], "zh": want[1]} {
			r := term.run("sign", "userId=a b", "nonce=zz", "--signature", given, "--lang", lang)
			require.Equal(t, exitNo, r.code, want)
			require.Contains(t, r.out, text)
		}
	}
}

func TestSignPrintsAPersonOnlyIfAsked(t *testing.T) {
	term := newTerminal(t)
	term.env[setup.Ticket], term.input = someTicket, "appId=TIDA0001\nname=李测试\nidNo=110101199003074477\n"
	for _, more := range [][]string{{}, {"--json"}, {"--lang", "zh"}} {
		r := term.run(append([]string{"sign"}, more...)...)
		require.Equal(t, exitOK, r.code)
		require.Contains(t, r.out, "TIDA0001")
		require.NotContains(t, r.out, "李测试")
		require.NotContains(t, r.out, "110101")
	}
	require.Contains(t, term.run("sign", "--people").out, "李测试")
}

func TestSignRefusesToCompareWithNothing(t *testing.T) {
	term := newTerminal(t)
	term.env[setup.Ticket] = someTicket
	for _, flag := range []string{"--signature", "--string"} {
		require.Equal(t, exitUsage, term.run("sign", "a=b", flag, "").code, "an unset variable of a script is no signature")
	}
}

func TestSignTellsPartsThatBeginAlikeApart(t *testing.T) {
	term := newTerminal(t)
	term.env[setup.Ticket], term.input = "1zzzz", "1zzzz1.0.0TIDA0001"
	r := term.run("sign", "appId=TIDA0001", "version=1.0.0", "--string", "-")
	require.Equal(t, exitNo, r.code)
	require.Contains(t, r.out, "version should stand there, and ticket does")
	require.NotContains(t, r.out, "'z'", "not one character of the ticket is shown")
}
