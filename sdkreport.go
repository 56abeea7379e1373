package faceid

import "strings"

// SDKDomain says in which part of a face SDK an error arose. The documents
// spell domains in several ways and give some of them two names; these are one
// name each.
type SDKDomain string

// The domains of the face SDKs. The zero value is success.
const (
	SDKParams         SDKDomain = "Params" // InputParams on iOS
	SDKLoginNetwork   SDKDomain = "LoginNetwork"
	SDKLoginServer    SDKDomain = "LoginServer"
	SDKGetInfoNetwork SDKDomain = "GetInfoNetwork" // GetInfo on iOS
	SDKNativeProcess  SDKDomain = "NativeProcess"
	SDKCompareNetwork SDKDomain = "CompareNetwork"
	SDKCompareServer  SDKDomain = "CompareServer"
)

// SDKReport is what an App says of the end of its face SDK. It is a claim:
// anyone can make it. It is good for choosing the words that the person reads,
// and for knowing whether there is a result to ask for.
type SDKReport struct {
	Domain   SDKDomain // unknown ones are kept as they came, without their prefix
	Platform Platform  // as far as the code tells
	Code     Code      // of the phone's table, or of the platform's that it passes on
}

// ParseSDKResult reads the error domain and code that an App reports: both
// empty, or no domain and code 0, for success. Letter case and blanks are
// ignored, and so is the prefix WBFaceErrorDomain.
func ParseSDKResult(domain, code string) SDKReport {
	r := SDKReport{Domain: sdkDomain(domain)}
	code = strings.TrimSpace(code)
	if r.Domain == "" && (code == "" || code == "0") {
		r.Code = CodePassed
		return r
	}
	if len(code) == 5 && isNumber(code) && code[0] != '-' { // the phones' own codes carry their platform
		r.Platform = map[byte]Platform{'1': PlatformAndroid, '2': PlatformIOS, '3': PlatformHarmony}[code[1]]
	}
	r.Code = passedOn(code)
	if own := scoped(string(r.Platform), code); r.Platform != "" && own.Family() != ErrUnknownCode {
		r.Code = own
	}
	return r
}

// passedOn scopes a number of the platform that an SDK passes on: one of face, or
// else one that only will has. An App does not say which of them it runs.
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

// Queryable reports whether the platform has a result for the order: after
// success, or an error of the comparing server. After any other the person gave
// up or was stopped, and a query answers ErrNoResult.
func (r SDKReport) Queryable() bool { return r.Succeeded() || r.Domain == SDKCompareServer }

// Explain looks the code up in the documents' tables for a product.
func (r SDKReport) Explain(p Product) (Explanation, bool) {
	if r.Platform == "" { // the platform's own code, passed on
		return Explain(p, ChannelServer, r.Code)
	}
	return Explain(p, Channel(r.Platform), r.Code)
}
