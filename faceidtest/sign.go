package faceidtest

import (
	"crypto/sha1" //nolint:gosec // the platform uses SHA-1
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf16"
)

// signature follows the platform's rule, and is written from its description:
// sort the values as Java sorts strings, join them without a separator, take
// SHA-1 over UTF-8, and write 40 upper-case hex digits.
func signature(values ...string) string {
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, javaOrder)
	sum := sha1.Sum([]byte(strings.Join(sorted, ""))) //nolint:gosec // the platform uses SHA-1
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// javaOrder compares UTF-16 code units. It differs from Go's byte order only
// where a character beyond U+FFFF meets one from U+E000 to U+FFFF.
func javaOrder(a, b string) int {
	if isPlain(a) && isPlain(b) {
		return strings.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// signedWith reports whether sign is the signature of values and ticket. The
// documents say that case does not matter.
func signedWith(sign, ticket string, values []string) bool {
	return strings.EqualFold(sign, signature(append(slices.Clone(values), ticket)...))
}
