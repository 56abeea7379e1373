package faceid

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const tc3 = "TC3-HMAC-SHA256"

// signTC3 signs an API 3.0 request of a service with the method TC3-HMAC-SHA256.
// The clock must be right: the platform refuses requests that are off by five
// minutes.
func signTC3(r *http.Request, service string, key cloudKey, body []byte, now time.Time) {
	now = now.UTC()
	timestamp, date := strconv.FormatInt(now.Unix(), 10), now.Format(time.DateOnly)
	r.Header.Set("X-TC-Timestamp", timestamp)

	const signed = "content-type;host;x-tc-action"
	canonical := strings.Join([]string{
		r.Method, "/", "",
		"content-type:" + strings.ToLower(r.Header.Get("Content-Type")),
		"host:" + strings.ToLower(r.URL.Host), // TC3 wants the values in lower case
		"x-tc-action:" + strings.ToLower(r.Header.Get("X-TC-Action")),
		"", signed, sha256Hex(body),
	}, "\n")
	scope := date + "/" + service + "/tc3_request"
	toSign := strings.Join([]string{tc3, timestamp, scope, sha256Hex([]byte(canonical))}, "\n")
	derived := []byte("TC3" + key.secret)
	for _, part := range []string{date, service, "tc3_request", toSign} {
		mac := hmac.New(sha256.New, derived)
		mac.Write([]byte(part))
		derived = mac.Sum(nil)
	}
	r.Header.Set("Authorization", tc3+" Credential="+key.id+"/"+scope+", SignedHeaders="+signed+", Signature="+hex.EncodeToString(derived))
}

func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
