package faceid

import "net/http"

// RedirectBizToken returns the BizToken that a redirect to a RedirectURL of
// DetectAuth carries. It is "" if there is none, or more than one. A redirect has
// no signature: compare the BizToken with the one of this session, and never look
// a person up by it.
func RedirectBizToken(r *http.Request) string { return redirectToken(r, "BizToken") }

// RedirectToken is RedirectBizToken for E证通 (the EidToken) and for the
// international flow (the BizToken).
func RedirectToken(r *http.Request) string { return redirectToken(r, "token") }

func redirectToken(r *http.Request, name string) string {
	if r == nil || r.URL == nil {
		return ""
	}
	values := r.URL.Query()[name]
	if len(values) != 1 {
		return ""
	}
	return values[0]
}
