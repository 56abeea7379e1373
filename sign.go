package faceid

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // SHA-1 is the platform's choice, see Sign.
	"encoding/base32"
	"time"
	"unicode/utf8"
)

// protocolVersion is the value of the platform's "version" parameter. Every kyc1 call
// sends it, and every signature except that of a callback contains it.
const protocolVersion = "1.0.0"

// Sign returns the platform's signature. The values and the ticket are sorted in the
// order of Java's String.compareTo (UTF-16 code units), joined without a separator and
// hashed with SHA-1. SHA-1 and the missing separators are the platform's choice. The
// result has 40 upper-case hex digits, and the platform compares it without regard to
// case. Equal values are all kept. The caller must leave out a value that is absent from
// the request. An empty value changes nothing.
//
// Sign does not change the slice of values.
//
// API: https://cloud.tencent.com/document/product/1007/57614
func Sign(ticket string, values ...string) string {
	var few [12]string // no documented set is longer, so that sorting allocates nothing
	sorted := append(append(few[:0], values...), ticket)
	for i := 1; i < len(sorted); i++ {
		for j := i; j > 0 && javaLess(sorted[j], sorted[j-1]); j-- {
			sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
		}
	}
	var short [512]byte
	joined := short[:0]
	for _, v := range sorted {
		joined = append(joined, v...)
	}
	sum := sha1.Sum(joined) //nolint:gosec // the platform's choice
	return upperHex(sum)
}

func upperHex(sum [sha1.Size]byte) string {
	const digits = "0123456789ABCDEF"
	var text [2 * sha1.Size]byte
	for i, b := range sum {
		text[2*i], text[2*i+1] = digits[b>>4], digits[b&15]
	}
	return string(text[:])
}

// javaLess reports whether a sorts before b by UTF-16 code units. That differs
// from Go's order only between characters beyond U+FFFF (surrogates, D800 to
// DFFF) and those from U+E000 to U+FFFF.
func javaLess(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return len(a) < len(b)
	}
	// The first difference may lie inside a character, so we step back to its start.
	for i > 0 && !utf8.RuneStart(a[i]) {
		i--
	}
	ra, _ := utf8.DecodeRuneInString(a[i:])
	rb, _ := utf8.DecodeRuneInString(b[i:])
	if ra == rb { // this happens only in invalid UTF-8, which has no order in Java
		return a[i:] < b[i:]
	}
	return javaRank(ra) < javaRank(rb)
}

// javaRank moves U+E000 to U+FFFF behind the characters that UTF-16 writes with
// surrogates.
func javaRank(r rune) rune {
	if r >= 0xE000 && r <= 0xFFFF {
		return r + utf8.MaxRune
	}
	return r
}

// NewNonce returns a fresh value for the platform's "nonce" parameter: 32
// letters and digits from crypto/rand. The typed calls make their own nonces.
func NewNonce() string {
	var random [20]byte
	_, _ = rand.Read(random[:]) // crypto/rand.Read never fails
	var text [32]byte
	base32.StdEncoding.Encode(text[:], random[:])
	return string(text[:])
}

// NewOrderNo returns a fresh order number of 32 digits and upper-case letters: the
// time in China to the millisecond, and then 75 random bits. Numbers sort by the time
// they were made. (Within one millisecond the order is random.) Two machines of a fleet
// do not make the same number.
//
// Keep the number: it is the only key to the result and the evidence later.
func NewOrderNo() string {
	var text [33]byte // base32 writes one character more than the number has
	stamp := time.Now().In(chinaTime).AppendFormat(text[:0], "20060102150405.000")
	copy(text[14:17], stamp[15:]) // without the point
	var random [10]byte
	_, _ = rand.Read(random[:]) // crypto/rand.Read never fails
	base32.StdEncoding.Encode(text[17:], random[:])
	return string(text[:32])
}

// param is one parameter of a request. Each set below is written once: its values are
// signed, and the same params are sent.
type param struct{ name, value string }

// withRoom returns a copy of a set that has room for the signature and for what is sent
// beside the set, so that these need no new memory.
func withRoom(set []param) []param { return append(make([]param, 0, 16), set...) }

// uploadSet is signed for an upload from an App or for mobile H5.
func uploadSet(appID, userID, nonce string) []param {
	return withRoom([]param{{"appId", appID}, {"userId", userID}, {"version", protocolVersion}, {"nonce", nonce}})
}

// pcUploadSet is signed for an upload for a PC. It has no nonce. An absent name or
// number is left out of the set and of the request.
func pcUploadSet(appID, orderNo, name, idNo, userID string) []param {
	set := withRoom([]param{{"appId", appID}, {"orderNo", orderNo}, {"userId", userID}, {"version", protocolVersion}})
	for _, p := range []param{{"name", name}, {"idNo", idNo}} {
		if p.value != "" {
			set = append(set, p)
		}
	}
	return set
}

// launchSet is signed for the launch of a mobile SDK. It holds neither orderNo nor
// faceId.
func launchSet(appID, userID, nonce string) []param { return uploadSet(appID, userID, nonce) }

// loginSet is signed for a login page. Only the name of the id differs between pages.
func loginSet(appID, userID, orderNo, idName, faceID, nonce string) []param {
	return withRoom([]param{
		{"appId", appID}, {"userId", userID}, {"orderNo", orderNo},
		{"version", protocolVersion}, {idName, faceID}, {"nonce", nonce},
	})
}

// querySet is signed for a query about one order.
func querySet(appID, orderNo, nonce string) []param {
	return withRoom([]param{{"appId", appID}, {"orderNo", orderNo}, {"version", protocolVersion}, {"nonce", nonce}})
}

// cardSet is querySet with the older names of the OCR queries.
func cardSet(appID, orderNo, nonce string) []param {
	return withRoom([]param{{"app_id", appID}, {"order_no", orderNo}, {"version", protocolVersion}, {"nonce", nonce}})
}

// callbackSet is signed by the platform for a callback. It has no nonce, no version and
// no time, so a callback can be replayed.
func callbackSet(appID, orderNo, code string) []param {
	return []param{{"appId", appID}, {"orderNo", orderNo}, {"code", code}}
}

// signSet signs the values of a set.
func signSet(ticket string, set []param) string {
	var few [8]string
	values := few[:0]
	for _, p := range set {
		values = append(values, p.value)
	}
	return Sign(ticket, values...)
}
