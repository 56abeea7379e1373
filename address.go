package faceid

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// This file refuses ill-formed addresses. Browsers, servers and net/http correct an
// ill-formed address in different ways, so that each would go to another place. It
// treats the addresses that a person's browser is sent to, the addresses that the
// platform fetches, and the addresses that a Client calls.

const platformHost = "kyc1.qcloud.com"

// platformDomains returns the domains of the platform's own hosts.
func platformDomains() []string { return []string{"qcloud.com", "tencentcloudapi.com", "webank.com"} }

func isPlatformHost(host string) bool {
	for _, domain := range platformDomains() {
		if inDomain(host, domain) {
			return true
		}
	}
	return false
}

// inDomain reports whether a host is the domain or within it.
func inDomain(host, domain string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// addressFault says what is wrong with an absolute http or https address. It returns
// "" for a good address, and quotes nothing of it.
func addressFault(text string) string {
	if reason := addressText(text); reason != "" {
		return reason
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "is not a URL"
	case u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "" || u.Host == "":
		return "must be an absolute http or https URL"
	case u.User != nil:
		return "must be without user info"
	case u.String() != text:
		return "is not written as a browser would send it: percent-encode what needs it, and write the scheme in small letters"
	}
	if reason := hostFault(u.Host); reason != "" {
		return reason
	}
	for segment := range strings.SplitSeq(u.EscapedPath(), "/") {
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case ".", "..":
			return "has a path with . or .., which browsers resolve"
		}
	}
	return ""
}

// addressText says what is wrong with the characters of an address. It returns "" if
// they are good.
func addressText(text string) string {
	if text == "" {
		return "is empty"
	}
	if !utf8.ValidString(text) {
		return "is not valid UTF-8"
	}
	for _, r := range text {
		switch {
		case r == '#':
			return "has a fragment (#), and what stands behind a # never reaches a server"
		case r == '\\':
			return "holds a backslash, which browsers take for a slash"
		case r > '~':
			if what := mangled(r); what != "" {
				return "holds " + what
			}
			return "holds a character that is not ASCII: percent-encode it, and write a host in its ASCII form (xn--…)"
		case r <= ' ' || strings.ContainsRune("\"<>^`{|}", r):
			if what := mangled(r); what != "" {
				return "holds " + what
			}
			return "holds a character that must be percent-encoded"
		}
	}
	return ""
}

// hostFault says what is wrong with a host and its port. It returns "" for a good host.
func hostFault(text string) string {
	host, port := text, ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") {
		host, port = text[:i], text[i+1:]
		if !isPort(port) {
			return "has a port that is not a plain number from 1 to 65535"
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if addr, err := netip.ParseAddr(inner); !ok || err != nil || !addr.Is6() || addr.Zone() != "" {
			return "has a host that is no IPv6 address"
		}
		return ""
	}
	if !isHostName(host) {
		return "has a host that is neither a name nor an IP address"
	}
	return ""
}

// isPort reports whether text is a port in its usual spelling. net/http would accept
// any digits.
func isPort(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n > 0 && n < 1<<16 && strconv.Itoa(n) == text
}

// isHostName reports whether text is a host name or an IPv4 address, and means the
// same to a browser. A browser takes 127.1, 0x7f.0.0.1 and 2130706433 for addresses,
// and takes a name with a dot at its end for another site.
func isHostName(text string) bool {
	if text == "" || len(text) > 253 {
		return false
	}
	var last string
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || !isWord(label) {
			return false
		}
		last = strings.ToLower(label)
	}
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == "" {
		addr, err := netip.ParseAddr(text)
		return err == nil && addr.Is4()
	}
	return true
}

// isBareHost reports whether text is a host name with an optional port, without a
// scheme, path, user or blank.
func isBareHost(text string) bool { return !strings.HasPrefix(text, "[") && hostFault(text) == "" }

// isLoopback reports whether a host is localhost or a loopback address.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// callbackNames are the parameters that the platform appends to the redirect
// URL of kyc1.
var callbackNames = []string{
	"code", "orderNo", "faceId", "h5faceId", "newSignature", "newSign", "liveRate", "faceCode", "willCode",
}

// validateRedirectURL refuses an ill-formed address for the person's browser to come
// back to, and one whose query holds a parameter that the platform appends.
func validateRedirectURL(op, text string, appended ...string) error {
	const field = "RedirectURL"
	if reason := addressFault(text); reason != "" {
		return badArgument(op, field, "%s", reason)
	}
	_, rawQuery, has := strings.Cut(text, "?")
	if !has {
		return nil
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return badArgument(op, field, "its query is malformed")
	}
	for _, name := range appended {
		if query.Has(name) { // the parameter would come back twice
			return badArgument(op, field, "its query holds %q, which the platform appends", name)
		}
	}
	return nil
}

// parseBase reads an address of scheme and host, and refuses anything more. It gives
// each host one spelling, because credentials are kept under the name of the host.
func parseBase(option, base string) (*url.URL, error) {
	text := addressText(base)
	u, err := url.Parse(base)
	switch {
	case text != "":
		return nil, optionError(option, "it %s", text)
	case err != nil:
		return nil, optionError(option, "not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, optionError(option, "the scheme must be https or http")
	case u.Host == "":
		return nil, optionError(option, "there is no host")
	case u.User != nil || strings.Contains(base, "?") || strings.Trim(u.Path, "/") != "":
		return nil, optionError(option, "only scheme and host are allowed")
	}
	name, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	if addr, err := netip.ParseAddr(name); err == nil { // an IPv6 address has many spellings
		name = addr.String()
	}
	host := hostPort(name, port)
	reason := hostFault(host)
	switch {
	case strings.HasSuffix(u.Host, ":"):
		reason = "has a port that is not a plain number from 1 to 65535"
	case port == usualPort(u.Scheme):
		host = hostPort(name, "")
	}
	if reason != "" {
		return nil, optionError(option, "it %s", reason)
	}
	if u.Scheme == "http" && isPlatformHost(hostOf(host)) {
		return nil, optionError(option, "the scheme must be https for the platform's own hosts")
	}
	return &url.URL{Scheme: u.Scheme, Host: host}, nil
}

// usualPort returns the port of an address that names no port.
func usualPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}

// hostOf returns a host without its port.
func hostOf(host string) string { return (&url.URL{Host: host}).Hostname() }

// hostPort joins a name or an address with a port, which may be empty.
func hostPort(name, port string) string {
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port == "" {
		return name
	}
	return name + ":" + port
}

// readable reports whether everybody on the way to a base URL can read what is sent.
func readable(base *url.URL) bool { return base.Scheme == "http" && !isLoopback(base.Hostname()) }

// storeKey returns the key under which credentials are stored. It is the appID alone
// for the platform's own hosts, which share tokens. It is appID and host for any other
// host, so that the tokens of a simulator never replace tokens of the platform.
func storeKey(appID string, base *url.URL) string {
	if base.Scheme == "https" && isPlatformHost(base.Hostname()) {
		return appID
	}
	return appID + "@" + base.Host
}
