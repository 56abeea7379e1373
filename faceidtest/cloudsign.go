package faceidtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signatureLeeway is how far a request's timestamp may be from the real clock,
// which [Server.Advance] does not move: official clients read the machine's.
const signatureLeeway = 5 * time.Minute

// authorization is the header of https://cloud.tencent.com/document/api/1007/31324.
var authorization = regexp.MustCompile(`^TC3-HMAC-SHA256 Credential=([^/, ]+)/([0-9]{4}-[0-9]{2}-[0-9]{2})/([^/, ]+)/tc3_request, ?SignedHeaders=([^, ]+), ?Signature=([0-9a-f]{64})$`)

// unauthorized holds a request against its signature and returns the code of
// the first complaint.
func (s *Server) unauthorized(in *incoming) string {
	m := authorization.FindStringSubmatch(in.header.Get("Authorization"))
	stamp, err := strconv.ParseInt(in.header.Get("X-TC-Timestamp"), 10, 64)
	switch {
	case m == nil:
		return "AuthFailure.InvalidAuthorization"
	case err != nil:
		return "InvalidParameterValue"
	}
	id, date, service, signed, given := m[1], m[2], m[3], strings.Split(m[4], ";"), m[5]
	i := slices.IndexFunc(s.cloud.accounts, func(a cloudAccount) bool { return a.id == id })
	if i < 0 {
		return "AuthFailure.SecretIdNotFound"
	}
	account, at := s.cloud.accounts[i], time.Unix(stamp, 0)
	if off := time.Since(at); off > signatureLeeway || off < -signatureLeeway {
		return "AuthFailure.SignatureExpire"
	}
	want, ok := tc3(account.key, service, stamp, in, signed)
	switch {
	case !ok || date != at.UTC().Format(time.DateOnly) || service != "faceid" || !hmac.Equal([]byte(want), []byte(given)):
		return "AuthFailure.SignatureFailure"
	case account.token != in.header.Get("X-TC-Token"):
		return "AuthFailure.TokenFailure"
	}
	return ""
}

// tc3 is the signature of a request, from its description. ok is false where
// the signed headers break their rules: lower case, in order, each once, content
// type and host among them, all of them there.
func tc3(key, service string, stamp int64, in *incoming, signed []string) (signature string, ok bool) {
	if !slices.Contains(signed, "content-type") || !slices.Contains(signed, "host") {
		return "", false
	}
	var headers strings.Builder
	for i, name := range signed {
		values := in.header.Values(name)
		if name == "host" {
			values = []string{in.host}
		}
		if name != strings.ToLower(name) || i > 0 && name <= signed[i-1] || len(values) != 1 {
			return "", false
		}
		headers.WriteString(name + ":" + strings.ToLower(strings.TrimSpace(values[0])) + "\n")
	}
	// The query of a POST is always empty here.
	canonical := strings.Join([]string{"POST", "/", "", headers.String(), strings.Join(signed, ";"), hexSHA256(in.body)}, "\n")

	date := time.Unix(stamp, 0).UTC().Format(time.DateOnly)
	scope := date + "/" + service + "/tc3_request"
	toSign := strings.Join([]string{"TC3-HMAC-SHA256", strconv.FormatInt(stamp, 10), scope, hexSHA256([]byte(canonical))}, "\n")
	secret := []byte("TC3" + key)
	for _, part := range []string{date, service, "tc3_request", toSign} {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(part))
		secret = mac.Sum(nil)
	}
	return hex.EncodeToString(secret), true
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
