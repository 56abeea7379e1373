package faceidtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signatureLeeway is how far a request's timestamp may be from the real clock.
// [Server.Advance] does not move that clock, as official clients read the
// machine's.
const signatureLeeway = 5 * time.Minute

// authorization matches the header of
// https://cloud.tencent.com/document/api/1007/31324.
var authorization = regexp.MustCompile(`^TC3-HMAC-SHA256 Credential=([^/, ]+)/([0-9]{4}-[0-9]{2}-[0-9]{2})/([^/, ]+)/tc3_request, ?SignedHeaders=([^, ]+), ?Signature=([0-9a-f]{64})$`)

// unauthorized verifies the signature of a request, and returns the code of the
// first complaint or "".
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
	if off := s.clientsTime().Sub(at); off > signatureLeeway || off < -signatureLeeway {
		return "AuthFailure.SignatureExpire"
	}
	fits := func(host string) bool {
		want, ok := tc3(account.key, service, stamp, in, host, signed)
		return ok && hmac.Equal([]byte(want), []byte(given))
	}
	switch {
	case date != at.UTC().Format(time.DateOnly) || !isService(service, in.host) || !slices.ContainsFunc(signedHosts(in.host), fits):
		return "AuthFailure.SignatureFailure"
	case account.token != in.header.Get("X-TC-Token"):
		return "AuthFailure.TokenFailure"
	}
	return ""
}

// clientsTime is the time that clients are told by the header Date, and that signatures
// are compared with.
func (s *Server) clientsTime() time.Time { return time.Now().Add(s.ahead) }

// isService reports whether a signature may be for the service. The official clients
// for Node, PHP and Java take it from the first label of their endpoint, which is
// "127" where the endpoint is 127.0.0.1. On a host of the platform only faceid is
// right.
func isService(service, host string) bool {
	label, _, _ := strings.Cut(hostname(host), ".")
	return service == "faceid" || !isPlatform(host) && service == label
}

// signedHosts are the hosts that a signature may be for. The official client for
// Node signs its endpoint without the port, which no host of the platform has.
func signedHosts(host string) []string {
	if isPlatform(host) {
		return []string{host}
	}
	return []string{host, hostname(host)}
}

func isPlatform(host string) bool { return strings.HasSuffix(hostname(host), ".tencentcloudapi.com") }

// hostname returns a Host header without its port.
func hostname(host string) string { return (&url.URL{Host: host}).Hostname() }

// tc3 computes the signature of a request, as the platform's page describes it.
// ok is false if the signed headers break their rules: names in lower case, in
// order, each once, with the content type and the host among them, and each of
// them sent.
func tc3(key, service string, stamp int64, in *incoming, host string, signed []string) (signature string, ok bool) {
	if !slices.Contains(signed, "content-type") || !slices.Contains(signed, "host") {
		return "", false
	}
	var headers strings.Builder
	for i, name := range signed {
		values := in.header.Values(name)
		if name == "host" {
			values = []string{host}
		}
		if name != strings.ToLower(name) || i > 0 && name <= signed[i-1] || len(values) != 1 {
			return "", false
		}
		headers.WriteString(name + ":" + strings.ToLower(strings.TrimSpace(values[0])) + "\n")
	}
	// The query of a POST is always empty here, as actionOf refuses any other.
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
