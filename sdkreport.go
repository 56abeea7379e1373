package faceid

import "strings"

// SDKDomain says in which part of a face SDK an error arose. The documents spell domains
// in several ways, and have two names for some of them. An SDKDomain is the one name
// that this package uses.
type SDKDomain string

// These are the domains of the face SDKs. The zero value means success.
const (
	SDKParams         SDKDomain = "Params" // iOS says InputParams
	SDKLoginNetwork   SDKDomain = "LoginNetwork"
	SDKLoginServer    SDKDomain = "LoginServer"
	SDKGetInfoNetwork SDKDomain = "GetInfoNetwork" // iOS says GetInfo
	SDKNativeProcess  SDKDomain = "NativeProcess"
	SDKCompareNetwork SDKDomain = "CompareNetwork"
	SDKCompareServer  SDKDomain = "CompareServer"
)

// SDKReport is an App's report of how its face SDK ended. It is a claim that anyone can
// make. It is good for choosing the words that the person reads, and for knowing whether
// there is a result to ask for.
type SDKReport struct {
	Domain   SDKDomain // an unknown domain is kept as it came, without its prefix
	Platform Platform  // the platform of the phone, as far as the code tells it
	Code     Code      // a code of the phone's table, or of the platform's if the SDK passed it on
}

// ParseSDKResult reads the error domain and the code that an App reports. If both are
// empty, or if there is no domain and the code is 0, the App reports success. Letter case
// and blanks are ignored, and so is the prefix WBFaceErrorDomain.
func ParseSDKResult(domain, code string) SDKReport {
	r := SDKReport{Domain: sdkDomain(domain)}
	code = strings.TrimSpace(code)
	if r.Domain == "" && (code == "" || code == "0") {
		r.Code = CodePassed
		return r
	}
	if len(code) == 5 && isNumber(code) && code[0] != '-' { // the second digit of a phone's own code names the platform
		r.Platform = map[byte]Platform{'1': PlatformAndroid, '2': PlatformIOS, '3': PlatformHarmony}[code[1]]
	}
	r.Code = passedOn(code)
	if own := scoped(string(r.Platform), code); r.Platform != "" && own.Family() != ErrUnknownCode {
		r.Code = own
	}
	return r
}

// passedOn returns the Code of a number that an SDK passes on from the platform. The
// number is of the table of face, or else of the table of will, because an App does not
// say which SDK it runs.
func passedOn(number string) Code {
	code := faceCode(number)
	if will := scoped(scopeWill, number); code.Family() == ErrUnknownCode && will.Family() != ErrUnknownCode {
		return will
	}
	return code
}

func sdkDomain(text string) SDKDomain {
	text = strings.TrimSpace(text)
	const prefix = "WBFaceErrorDomain"
	if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
		text = strings.TrimSpace(text[len(prefix):])
	}
	for _, d := range []SDKDomain{
		SDKParams, SDKLoginNetwork, SDKLoginServer, SDKGetInfoNetwork, SDKNativeProcess, SDKCompareNetwork, SDKCompareServer,
	} {
		if strings.EqualFold(text, string(d)) {
			return d
		}
	}
	switch {
	case strings.EqualFold(text, "InputParams"):
		return SDKParams
	case strings.EqualFold(text, "GetInfo"):
		return SDKGetInfoNetwork
	}
	return SDKDomain(redactText(text, nil))
}

// Succeeded reports whether the App claims success.
func (r SDKReport) Succeeded() bool { return r.Domain == "" && r.Code == CodePassed }

// Queryable reports whether the platform has a result for the order. It has one after
// success and after an error of the comparing server. After any other error the person
// gave up or was stopped, and a query returns ErrNoResult.
func (r SDKReport) Queryable() bool { return r.Succeeded() || r.Domain == SDKCompareServer }

// Explain looks the code up in the documents' tables for a product.
func (r SDKReport) Explain(p Product) (Explanation, bool) {
	if r.Platform == "" { // the SDK passed on a code of the platform
		return Explain(p, ChannelServer, r.Code)
	}
	return Explain(p, Channel(r.Platform), r.Code)
}
