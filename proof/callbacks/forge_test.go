package callbacks

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
)

// A forger has letters of the platform to alter or to send again, and more than
// a real one has: tickets that have died, and whatever else is secret beside the
// SIGN tickets that live.
type forger struct {
	*rand.Rand
	letters []letter // one of them is base
	base    letter
	seen    map[string]bool   // what the door has believed before, by order/code
	own     map[string]string // the parameters of base
	names   []string          // in their order

	appID          string
	dead           []string // SIGN tickets that have lived their hour
	secrets        []string // the app's secret, tokens and NONCE tickets
	live           []string // SIGN tickets: for what goes wrong although they are right
	strangerTicket string   // of another app
}

// An attempt is one request that reaches the merchant.
type attempt struct {
	method   string // GET if empty
	rawQuery string
	body     string // of a form
}

const strangerApp = "TIDA9999"

// A strategy makes an attempt out of a letter. The rule decides on the attempt.
type strategy struct {
	name  string
	forge func(f *forger) attempt
}

// about makes the forger work on a letter.
func (f *forger) about(l letter) {
	f.base, f.own, f.names = l, map[string]string{}, nil
	for _, pair := range strings.Split(l.rawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		f.own[name], _ = url.QueryUnescape(value)
		f.names = append(f.names, name)
	}
}

// signName returns the name of the parameter with the signature of this letter.
func (f *forger) signName() string {
	if f.own["newSign"] != "" {
		return "newSign"
	}
	return "newSignature"
}

func (f *forger) sign() string { return f.own[f.signName()] }

// query writes the letter with some values changed; none for a name leaves it out.
func (f *forger) query(changes ...string) attempt {
	return attempt{rawQuery: f.text(url.QueryEscape, changes...)}
}

const none = "\x00none"

func (f *forger) text(escape func(string) string, changes ...string) string {
	values := map[string]string{}
	for i := 0; i < len(changes); i += 2 {
		values[changes[i]] = changes[i+1]
	}
	var pairs []string
	for _, name := range f.names {
		value, changed := values[name]
		if !changed {
			value = f.own[name]
		}
		if delete(values, name); value != none {
			pairs = append(pairs, name+"="+escape(value))
		}
	}
	for i := 0; i < len(changes); i += 2 { // those that the letter had not
		if value, left := values[changes[i]]; left && value != none {
			pairs = append(pairs, changes[i]+"="+escape(value))
		}
	}
	return strings.Join(pairs, "&")
}

func (f *forger) signed(signature string) attempt { return f.query(f.signName(), signature) }

func oneOf[T any](f *forger, all ...T) T { return all[f.IntN(len(all))] }

func (f *forger) other() letter { return oneOf(f, f.letters...) }

// code is one of the platform's, mostly the one that everybody wants.
func (f *forger) code() string {
	return oneOf(f, "0", "0", "0", "66660004", "66660010", "3004", "-5008", "66666006", "1")
}

// claim returns some code and order, to be signed somehow.
func (f *forger) claim(sign func(orderNo, code string) string) attempt {
	orderNo, code := f.base.orderNo, f.code()
	if f.IntN(2) == 0 {
		orderNo, code = f.other().orderNo, "0"
	}
	return f.query("orderNo", orderNo, "code", code, f.signName(), sign(orderNo, code))
}

func (f *forger) randomHex(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789ABCDEF"[f.IntN(16)]
	}
	return string(b)
}

// lookAlikes are characters that some readers take for hex digits.
var lookAlikes = map[byte][]string{
	'0': {"０", "О", "٠", "𝟎"}, '1': {"１", "l", "Ⅰ", "١"}, 'A': {"А", "Α", "Ａ"}, 'B': {"В", "Β", "Ｂ"},
	'C': {"С", "Ⅽ", "Ｃ"}, 'D': {"Ⅾ", "Ｄ"}, 'E': {"Е", "Ε", "Ｅ"}, 'F': {"Ϝ", "Ｆ"}, '5': {"５", "S"}, '8': {"８", "৪"},
}

func (f *forger) lookAlike(text string) string {
	at := f.IntN(len(text))
	for i := range text {
		at := (at + i) % len(text)
		if like := lookAlikes[text[at]]; like != nil {
			return text[:at] + oneOf(f, like...) + text[at+1:]
		}
	}
	return text + "\u200b"
}

func replaceAt(text string, at int, c byte) string { return text[:at] + string(c) + text[at+1:] }

func hexOf(sum []byte) string { return strings.ToUpper(hex.EncodeToString(sum)) }

// shuffled joins the signed values in any order but the right one.
func (f *forger) shuffled(values ...string) string {
	right := strings.Join(slices.Sorted(slices.Values(values)), "")
	for {
		f.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		if text := strings.Join(values, ""); text != right {
			return text
		}
	}
}

func (f *forger) percent(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if f.IntN(3) > 0 {
			fmt.Fprintf(&b, oneOf(f, "%%%02x", "%%%02X"), c)
		} else {
			b.WriteString(url.QueryEscape(string(rune(c))))
		}
	}
	return b.String()
}

// strategies are the ways in which the trial forges.
var strategies = []strategy{
	// The signature.
	{"signature: another digit", func(f *forger) attempt {
		s, at := f.sign(), f.IntN(40)
		return f.signed(replaceAt(s, at, f.randomHex(1)[0]))
	}},
	{"signature: a bit flipped", func(f *forger) attempt {
		s, at := f.sign(), f.IntN(40)
		return f.signed(replaceAt(s, at, s[at]^1<<f.IntN(8)))
	}},
	{"signature: other case", func(f *forger) attempt {
		b := []byte(f.sign())
		for i := range b {
			if b[i] >= 'A' && f.IntN(2) == 0 {
				b[i] |= 0x20
			}
		}
		return f.signed(string(b))
	}},
	{"signature: cut or longer", func(f *forger) attempt {
		s, n := f.sign(), 1+f.IntN(39)
		return f.signed(oneOf(f, s[n:], s[:n], s+f.randomHex(n), f.randomHex(n)+s, s+s, s[:39]))
	}},
	{"signature: blanks and controls", func(f *forger) attempt {
		s, at := f.sign(), f.IntN(41)
		blank := oneOf(f, " ", "\t", "\n", "\r\n", "\x00", "\u00a0", "\u200b", "\ufeff", "\x7f")
		return f.signed(s[:at] + blank + s[at:])
	}},
	{"signature: look-alike letters", func(f *forger) attempt { return f.signed(f.lookAlike(f.sign())) }},
	{"signature: empty or absent", func(f *forger) attempt { return f.signed(oneOf(f, "", none)) }},
	{"signature: guessed", func(f *forger) attempt { return f.signed(f.randomHex(40)) }},
	{"signature: turned round", func(f *forger) attempt {
		s := f.sign()
		return f.signed(oneOf(f, s[20:]+s[:20], s[1:]+s[:1], strings.Repeat(s[:1], 40), strings.Repeat("0", 40)))
	}},
	{"signature: written otherwise", func(f *forger) attempt {
		raw, _ := hex.DecodeString(f.sign())
		return f.signed(oneOf(f, base64.StdEncoding.EncodeToString(raw), string(raw), "0x"+f.sign(), "sha1="+f.sign(), `"`+f.sign()+`"`))
	}},

	// The values.
	{"values: another order", func(f *forger) attempt { return f.query("orderNo", f.other().orderNo) }},
	{"values: an order altered", func(f *forger) attempt {
		no, at := f.base.orderNo, f.IntN(len(f.base.orderNo))
		return f.query("orderNo", oneOf(f, replaceAt(no, at, 'A'+byte(f.IntN(26))), no[:at], no+"0", "0"+no[1:], strings.ToLower(no), no+" ", no+"\n", f.lookAlike(no)))
	}},
	{"values: a failure made a pass", func(f *forger) attempt { return f.query("code", "0", "faceCode", "0", "willCode", "0") }},
	{"values: another code", func(f *forger) attempt { return f.query("code", f.code()) }},
	{"values: code spelled otherwise", func(f *forger) attempt {
		c := f.base.code
		return f.query("code", oneOf(f, "0"+c, "+"+c, c+".0", " "+c, c+" ", "-"+c, "0x"+c, c+"\x00", c+"\n", "", none, "null", "false", "０", "0e0", c+",0"))
	}},
	{"values: order and code exchanged", func(f *forger) attempt { return f.query("orderNo", f.base.code, "code", f.base.orderNo) }},
	{"values: digits moved between them", func(f *forger) attempt {
		joined := oneOf(f, f.base.orderNo+f.base.code, f.base.code+f.base.orderNo)
		at := 1 + f.IntN(len(joined)-1)
		if f.IntN(2) == 0 { // most tails are not all digits
			at = len(joined) - 1 - f.IntN(10)
		}
		return oneOf(f, f.query("orderNo", joined[:at], "code", joined[at:]), f.query("code", joined[:at], "orderNo", joined[at:]))
	}},
	{"values: what is not signed", func(f *forger) attempt {
		return f.query(oneOf(f, "faceId", "h5faceId", "liveRate", "faceCode", "willCode"), oneOf(f, "0", "100", "tx1", "", "99.5", "x"))
	}},

	// The parameters.
	{"parameters: twice", func(f *forger) attempt {
		a := f.query()
		name := oneOf(f, platformNames...)
		value := oneOf(f, f.own[name], "0", "", f.other().orderNo, f.randomHex(40))
		again := oneOf(f, name, strings.ToUpper(name[:1])+name[1:], f.percent(name)) + "=" + url.QueryEscape(value)
		a.rawQuery = oneOf(f, a.rawQuery+"&"+again, again+"&"+a.rawQuery)
		return a
	}},
	{"parameters: reordered", func(f *forger) attempt {
		f.Shuffle(len(f.names), func(i, j int) { f.names[i], f.names[j] = f.names[j], f.names[i] })
		return f.query()
	}},
	{"parameters: in the body", func(f *forger) attempt {
		a := f.query()
		a.method, a.body = "POST", a.rawQuery
		a.rawQuery = oneOf(f, "", "lang=zh", f.query(f.signName(), none).rawQuery, f.query("code", "0", f.signName(), none).rawQuery)
		return a
	}},
	{"parameters: body against query", func(f *forger) attempt {
		a := f.query("code", "0")
		a.method, a.body, a.rawQuery = "POST", a.rawQuery, f.query("orderNo", none).rawQuery
		return a
	}},
	{"parameters: missing", func(f *forger) attempt {
		name := oneOf(f, f.names...)
		return f.query(name, oneOf(f, "", none))
	}},
	{"parameters: names altered", func(f *forger) attempt {
		name := oneOf(f, "code", "orderNo", f.signName())
		as := oneOf(f, strings.ToUpper(name), name+"[]", name+"[0]", " "+name, name+" ", name+"\x00", f.lookAlike(name))
		return f.query(name, none, as, f.own[name])
	}},
	{"parameters: strangers added", func(f *forger) attempt {
		return f.query("utm", f.randomHex(8), "code2", "0", "Code", "0", "signature", f.randomHex(40), "", "x")
	}},
	{"parameters: both signature names", func(f *forger) attempt {
		s := f.sign()
		return f.query("newSignature", oneOf(f, s, strings.ToLower(s), f.randomHex(40)), "newSign", oneOf(f, s, strings.ToLower(s), f.randomHex(40), ""))
	}},
	{"parameters: the other shape's names", func(f *forger) attempt {
		s, id := f.sign(), f.own["faceId"]+f.own["h5faceId"]
		if f.signName() == "newSign" {
			return f.query("newSign", none, "newSignature", s)
		}
		return f.query("newSignature", none, "newSign", s, "faceId", none, "h5faceId", id)
	}},

	// How it is written.
	{"writing: percent signs everywhere", func(f *forger) attempt { return attempt{rawQuery: f.text(f.percent)} }},
	{"writing: escaped twice", func(f *forger) attempt {
		return attempt{rawQuery: f.text(func(v string) string { return strings.ReplaceAll(f.percent(v), "%", "%25") })}
	}},
	{"writing: broken escapes", func(f *forger) attempt {
		a := f.query()
		bad := oneOf(f, "%zz", "%", "%2", "%u0030", "%%30", "%c0%b0", "%e0%80%b0", "%00")
		at := f.IntN(len(a.rawQuery) + 1)
		a.rawQuery = a.rawQuery[:at] + bad + a.rawQuery[at:]
		return a
	}},
	{"writing: semicolons", func(f *forger) attempt {
		a := f.query()
		a.rawQuery = oneOf(f, strings.ReplaceAll(a.rawQuery, "&", ";"), a.rawQuery+";code=0", a.rawQuery+"&x=1;code=0", "code=0;"+a.rawQuery)
		return a
	}},
	{"writing: null bytes", func(f *forger) attempt {
		name := oneOf(f, f.names...)
		v := f.own[name]
		at := f.IntN(len(v) + 1)
		return f.query(name, v[:at]+"\x00"+v[at:])
	}},
	{"writing: separators", func(f *forger) attempt {
		a := f.query()
		a.rawQuery = oneOf(f, "&&"+a.rawQuery+"&", "?"+a.rawQuery, a.rawQuery+"#code=0", a.rawQuery+"&=&=x", strings.ReplaceAll(a.rawQuery, "=", "=="), strings.ReplaceAll(a.rawQuery, "&", "&amp;"))
		return a
	}},
	{"writing: noise", func(f *forger) attempt {
		b := []byte(f.query().rawQuery)
		for range 1 + f.IntN(4) {
			b[f.IntN(len(b))] = byte(f.IntN(256))
		}
		return attempt{rawQuery: string(b)}
	}},
	{"writing: huge", func(f *forger) attempt {
		long := strings.Repeat(oneOf(f, "A", "0", "%20", "é"), 20_000)
		if f.IntN(2) == 0 {
			a := f.query()
			a.rawQuery += strings.Repeat("&"+oneOf(f, "x=1", "y", "code2=0"), 3000)
			return a
		}
		return f.query(oneOf(f, "code", "orderNo", f.signName(), "faceId", "liveRate", "utm"), long)
	}},

	// Signatures that were made for something else.
	{"signed: for another order", func(f *forger) attempt {
		other := f.other()
		mine := f.base
		f.about(other)
		s := f.sign()
		f.about(mine)
		return f.signed(s)
	}},
	{"signed: for another app", func(f *forger) attempt {
		return f.claim(func(orderNo, code string) string { return signature(oneOf(f, f.live...), strangerApp, orderNo, code) })
	}},
	{"signed: by another app's ticket", func(f *forger) attempt {
		return f.claim(func(orderNo, code string) string {
			return signature(f.strangerTicket, oneOf(f, f.appID, strangerApp), orderNo, code)
		})
	}},
	{"signed: with a token, a NONCE ticket, the secret", func(f *forger) attempt {
		return f.claim(func(orderNo, code string) string { return signature(oneOf(f, f.secrets...), f.appID, orderNo, code) })
	}},
	{"signed: with a ticket older than an hour", func(f *forger) attempt {
		if len(f.dead) == 0 {
			return f.signed(f.randomHex(40))
		}
		return f.claim(func(orderNo, code string) string { return signature(oneOf(f, f.dead...), f.appID, orderNo, code) })
	}},
	{"signed: with no ticket, or part of one", func(f *forger) attempt {
		return f.claim(func(orderNo, code string) string {
			t := oneOf(f, f.live...)
			return signature(oneOf(f, "", " ", t[:32], t+" ", strings.ToUpper(t), strings.ToLower(t)), f.appID, orderNo, code)
		})
	}},

	// Right tickets, wrongly used: nobody outside has them, and still.
	{"computed: values in another order", func(f *forger) attempt {
		return f.claim(func(orderNo, code string) string {
			sum := sha1.Sum([]byte(f.shuffled(oneOf(f, f.live...), f.appID, orderNo, code)))
			return hexOf(sum[:])
		})
	}},
	{"computed: values apart, missing or more", func(f *forger) attempt {
		return f.claim(func(orderNo, code string) string {
			t := oneOf(f, f.live...)
			return oneOf(f, signature(t, f.appID, orderNo), signature(t, orderNo, code), signature(t, f.appID, code),
				signature(t, f.appID, orderNo, code, "1.0.0"), signature(t, f.appID, orderNo, code, f.own["faceId"]+"x"),
				signature(t, f.appID+"&", orderNo+"&", code+"&"), signature(t, f.appID, orderNo, code, code))
		})
	}},
	{"computed: another hash", func(f *forger) attempt {
		return f.claim(func(orderNo, code string) string {
			t := oneOf(f, f.live...)
			text := []byte(code + orderNo + f.appID + t)
			long, short, mac := sha256.Sum256(text), md5.Sum(text), hmac.New(sha1.New, []byte(t))
			mac.Write([]byte(code + orderNo + f.appID))
			again := sha1.Sum([]byte(signature(t, f.appID, orderNo, code)))
			return oneOf(f, hexOf(long[:]), hexOf(long[:20]), hexOf(short[:]), hexOf(mac.Sum(nil)), hexOf(again[:]))
		})
	}},

	// What the platform did sign.
	{"replayed: as it was", func(f *forger) attempt { return attempt{rawQuery: f.base.rawQuery} }},
	{"replayed: signed by another live ticket", func(f *forger) attempt {
		return f.signed(signature(oneOf(f, f.live...), f.appID, f.base.orderNo, f.base.code))
	}},
	{"replayed: harmlessly altered", func(f *forger) attempt {
		return f.query(f.signName(), strings.ToLower(f.sign()), "utm", f.randomHex(4), "lang", "en")
	}},
	{"replayed: as a POST", func(f *forger) attempt { return attempt{method: "POST", rawQuery: f.base.rawQuery, body: "code=1&x=y"} }},
}

// An appeal is one more question to the pure function, with other tickets or another
// app.
type appeal struct {
	appID   string
	tickets []string
}

func (f *forger) appeals() []appeal {
	return []appeal{
		{f.appID, f.live},
		{f.appID, nil},
		{f.appID, []string{""}},
		{f.appID, append([]string{""}, f.live...)},
		{f.appID, f.dead},
		{strangerApp, append([]string{f.strangerTicket}, f.live...)},
	}
}
