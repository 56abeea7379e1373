package main

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // a mistake that people make
	"crypto/sha1" //nolint:gosec // the platform's choice
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/url"
	"slices"
	"strings"

	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// mistake is a wrong way to sign, and what to say of it.
type mistake struct {
	signature string
	text      show.Text
}

// mistakeOf names the mistake that gives a signature. It returns a text that says so if none
// of those that people make does.
func mistakeOf(given string, values []part, ticket string) *show.Text {
	for _, m := range mistakes(values, ticket) {
		if strings.EqualFold(m.signature, given) {
			return &m.text
		}
	}
	text := show.T("No usual mistake gives it: the other side has another ticket, another nonce, or another value.", "常见错误都得不到它：对方用了不同的 ticket、nonce 或某个值。")
	return &text
}

// mistakes are the wrong ways, for these values and this ticket.
func mistakes(values []part, ticket string) []mistake {
	var plain []string
	for _, v := range values {
		plain = append(plain, v.Value)
	}
	sorted, alone := sortedWith(ticket, plain...), sortedWith("", plain...)
	all := []mistake{
		// These two come first: if the values are given in order, they are the truth.
		{sha(append(slices.Clone(alone), ticket)), show.T("The ticket was put behind the sorted values: it must be sorted with them.", "ticket 被拼在排序结果之后：它应与各值一起排序。")},
		{sha(append([]string{ticket}, alone...)), show.T("The ticket was put in front of the sorted values: it must be sorted with them.", "ticket 被拼在排序结果之前：它应与各值一起排序。")},
		{sha(append(slices.Clone(plain), ticket)), show.T("The values are not sorted: they stand as given, and the ticket last.", "没有排序：按给出的顺序拼接，ticket 在最后。")},
		{sha(append([]string{ticket}, plain...)), show.T("The values are not sorted: the ticket stands first.", "没有排序：ticket 在最前。")},
		{sha(alone), show.T("The ticket is missing.", "缺少 ticket。")},
		{sha(folded(sorted)), show.T("The values were sorted without regard to case: capital letters come before small ones.", "排序时忽略了大小写：大写字母应排在小写之前。")},
		{sha(reversed(sorted)), show.T("The values were sorted downwards.", "按降序排序了。")},
		{sum(md5.New(), sorted), show.T("It is MD5: the platform wants SHA-1.", "用了 MD5：平台要求 SHA-1。")}, //nolint:gosec // see above
		{sum(sha256.New(), sorted), show.T("It is SHA-256: the platform wants SHA-1.", "用了 SHA-256：平台要求 SHA-1。")},
		{sum(hmac.New(sha1.New, []byte(ticket)), alone), show.T("It is HMAC-SHA1 with the ticket as key: the platform wants plain SHA-1 of all values and the ticket.", "用了以 ticket 为密钥的 HMAC-SHA1：平台要求对各值与 ticket 直接做 SHA-1。")},
		{base64.StdEncoding.EncodeToString(rawSHA(sorted)), show.T("It is Base64: the platform wants hexadecimal digits.", "用了 Base64：平台要求十六进制。")},
		{sha(append(slices.Clone(sorted), "\n")), show.T("A line break stands at the end of what was hashed.", "被哈希的内容末尾多了换行。")},
		{sha(sortedWith(ticket+"\n", plain...)), show.T("A line break stands behind the ticket.", "ticket 后面多了换行。")},
		{sha(sortedWith(ticket+" ", plain...)), show.T("A blank stands behind the ticket.", "ticket 后面多了空格。")},
	}
	for _, sep := range []string{",", "&", "|"} {
		all = append(all, mistake{sha([]string{strings.Join(sorted, sep)}), show.F("The values are joined with %s: nothing must stand between them.", "各值之间有分隔符 %s：不应有任何分隔符。", sep)})
	}
	all = append(all, mistake{sha([]string{strings.Join(sorted, " ")}), show.T("The values are joined with a blank: nothing must stand between them.", "各值之间有空格：不应有任何分隔符。")})
	all = append(all, mistake{sha([]string{pairs(values, ticket)}), show.T("Names were signed, too (name=value&…): only the values are.", "连名称也参与了签名（name=value&…）：只签各值。")})
	return append(all, oneWrong(values, plain, ticket)...)
}

// oneWrong are the mistakes about one value.
func oneWrong(values []part, plain []string, ticket string) (all []mistake) {
	for i, v := range values {
		without := slices.Delete(slices.Clone(plain), i, i+1)
		with := func(other string) []string {
			changed := slices.Clone(plain)
			changed[i] = other
			return sortedWith(ticket, changed...)
		}
		all = append(all, mistake{sha(sortedWith(ticket, without...)), show.F("%s is missing, or was empty.", "缺少 %s，或其值为空。", v.Name)})
		for _, change := range []struct {
			to   string
			text show.Text
		}{
			{url.QueryEscape(v.Value), show.F("%s was percent-encoded before it was signed: sign it as it is.", "%s 在签名前做了 URL 编码：应按原文签名。", v.Name)},
			{strings.ReplaceAll(url.QueryEscape(v.Value), "+", "%20"), show.F("%s was percent-encoded before it was signed: sign it as it is.", "%s 在签名前做了 URL 编码：应按原文签名。", v.Name)},
			{strings.ToLower(v.Value), show.F("%s was written in small letters.", "%s 被转成了小写。", v.Name)},
			{strings.ToUpper(v.Value), show.F("%s was written in capital letters.", "%s 被转成了大写。", v.Name)},
			{strings.TrimSpace(v.Value), show.F("Blanks around %s were dropped.", "%s 两端的空白被去掉了。", v.Name)},
			{v.Value + " ", show.F("A blank stands behind %s.", "%s 后面多了空格。", v.Name)},
			{v.Value + "\n", show.F("A line break stands behind %s.", "%s 后面多了换行。", v.Name)},
		} {
			if change.to != v.Value {
				all = append(all, mistake{sha(with(change.to)), change.text})
			}
		}
	}
	if !slices.Contains(plain, "1.0.0") { // a callback's signature has no version
		more := append(slices.Clone(plain), "1.0.0")
		all = append(all, mistake{sha(sortedWith(ticket, more...)), show.T("The version 1.0.0 was signed, too.", "多签了版本号 1.0.0。")})
	}
	return all
}

// sortedWith sorts values and ticket as the platform does.
func sortedWith(ticket string, values ...string) []string {
	all := slices.Clone(values)
	if ticket != "" {
		all = append(all, ticket)
	}
	slices.SortFunc(all, javaOrder)
	return all
}

func folded(values []string) []string {
	all := slices.Clone(values)
	slices.SortStableFunc(all, func(a, b string) int { return javaOrder(strings.ToLower(a), strings.ToLower(b)) })
	return all
}

func reversed(values []string) []string {
	all := slices.Clone(values)
	slices.Reverse(all)
	return all
}

// pairs writes name=value&…, sorted by name.
func pairs(values []part, ticket string) string {
	all := []string{"ticket=" + ticket}
	for _, v := range values {
		all = append(all, v.Name+"="+v.Value)
	}
	slices.Sort(all)
	return strings.Join(all, "&")
}

func sha(values []string) string { return sum(sha1.New(), values) } //nolint:gosec // the platform's choice

func rawSHA(values []string) []byte {
	all := sha1.Sum([]byte(strings.Join(values, ""))) //nolint:gosec // the platform's choice
	return all[:]
}

func sum(h hash.Hash, values []string) string {
	for _, v := range values {
		h.Write([]byte(v))
	}
	return hex.EncodeToString(h.Sum(nil))
}
