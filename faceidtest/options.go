package faceidtest

import (
	"encoding/hex"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"
)

// An Option changes a [Server] before it starts. A wrong argument is a mistake
// in the test, and panics with a message that names the option.
type Option func(*Server)

const (
	defaultAppID = "TIDA0001"
	// The secret is invented. It is as long as a real one.
	defaultSecret = "SimulatorSecretSimulatorSecretSimulatorSecretSimulatorSecret0001"

	// The key is invented, too. It has letters of both cases, because hex digits
	// may.
	defaultNFCKey = "51A2b3C4d5E6f7089a1B2c3D4e5F6071"

	maxSpeed = 120
)

// WithApp replaces the default app. If it is given several times, the server
// knows several apps, and [Server.AppID] names the first. An appID has 1 to 8
// letters or digits, a secret 1 to 64 characters without blanks.
func WithApp(appID, secret string) Option {
	return func(s *Server) { s.addApp("WithApp", appID, secret) }
}

// WithNFCKey sets the key that an app's NFC results are encrypted with: 32 hex
// digits, as the console hands it out. Without this option every app has the
// same invented key, which [Server.NFCKey] tells. An option must make the app
// known, before this one or after it.
func WithNFCKey(appID, hexKey string) Option {
	if _, err := hex.DecodeString(hexKey); err != nil || len(hexKey) != 32 {
		panic("faceidtest: WithNFCKey: the key must be 32 hex digits")
	}
	return func(s *Server) { s.nfcKeys[appID] = hexKey }
}

// WithSpeed divides every lifetime by n, also in the answers: at 20 a token
// lives 360 s, a NONCE ticket 6 s and a result a little over 3.6 hours. The
// clock itself, delays, rate limits and [Ending].FilesLag keep their pace. n
// lies above 0 and is at most 120, so that no lifetime falls below a second.
// The default is 1.
func WithSpeed(n float64) Option {
	if math.IsNaN(n) || n <= 0 || n > maxSpeed {
		panic(fmt.Sprintf("faceidtest: WithSpeed: want 0 < n <= %d, got %v", maxSpeed, n))
	}
	return func(s *Server) { s.speed = n }
}

// WithStart makes the platform's clock begin at start. With a start in the
// past, [Server.Advance] can reach a day whose bills a client may ask for
// today. The default is now. Timestamps of signatures are compared with the
// real clock in any case.
func WithStart(start time.Time) Option {
	return func(s *Server) { s.skew = time.Until(start) }
}

// WithClockAhead makes the platform's clock run d ahead of this machine's, or behind if d
// is negative, as it looks from a machine whose clock is wrong. The header Date of each
// answer tells the platform's time, and the timestamps of signatures of API 3.0 are
// compared with it: 5 minutes off they are answered AuthFailure.SignatureExpire.
// Lifetimes are measured from when something was made, so they do not change.
func WithClockAhead(d time.Duration) Option {
	return func(s *Server) { s.ahead = d }
}

// WithDialect changes how answers are spelled. The default spells them as the
// documents do.
func WithDialect(d Dialect) Option {
	switch {
	case d.CodeAsNumber && d.CodeAsString:
		panic("faceidtest: WithDialect: CodeAsNumber and CodeAsString exclude each other")
	case d.SuccessFalse && d.SuccessTrue:
		panic("faceidtest: WithDialect: SuccessFalse and SuccessTrue exclude each other")
	case d.TurnsAsObject && d.TurnsNull:
		panic("faceidtest: WithDialect: TurnsAsObject and TurnsNull exclude each other")
	}
	return func(s *Server) { s.dialect = d }
}

// WithLenient accepts what live systems are seen to accept although the
// documents say otherwise: app_id or webankAppId instead of appId, h5faceId
// instead of faceId and the other way round, a login URL without from, a SIGN
// ticket's signature at launch, a POST without the orderNo copy in its query,
// unknown parameters, optional values that are empty or null, and numbers where
// strings belong; of API 3.0, an Encryption without Iv for an encrypted answer.
// Signatures and lifetimes stay strict.
func WithLenient() Option {
	return func(s *Server) { s.lenient = true }
}

// WithReentry lets a person whose verification ended with a front-end code, or
// with an [Ending].Native code of an SDK, enter again with the same faceId while
// it lives. The documents say that every verification takes a new faceId
// (每次进行人脸核身都需要重新获取), and do not say what the platform does with one
// that was entered before. By default it is refused.
func WithReentry() Option {
	return func(s *Server) { s.reentry = true }
}

// WithUnsignedFrontEnd sends front-end codes (3001 and so on) back without a
// signature. The documents do not say whether they are signed. By default they
// are.
func WithUnsignedFrontEnd() Option {
	return func(s *Server) { s.unsignedFrontEnd = true }
}

// WithPublicURL says at which address browsers reach the server: a scheme and a
// host, such as http://127.0.0.1:8080. Login pages, the pages and files of API
// 3.0 and [Server.BaseURL] are there, and [Server.URL] opens no port. It is for
// a server that stands behind another one, or shares the port of the merchant's
// own:
//
//	mux.Handle("/api/web/", sim) // H5 and will
//	mux.Handle("/api/pc/", sim)
//	mux.Handle("/cloud/", sim)
//
// The paths are the platform's, so there is no prefix. The backend in the same
// process needs no port: [Server.Client] calls the server directly.
func WithPublicURL(address string) Option {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		panic("faceidtest: WithPublicURL: want a scheme and a host, and nothing else")
	}
	return func(s *Server) { s.url, s.public = u.Scheme+"://"+u.Host, true }
}

// WithFragmentAfterQuery keeps a fragment (#/page) of the url at its end, and
// puts the parameters of a callback into the query before it. The documents do
// not say what the platform does with a fragment. By default the parameters are
// appended to the text of the url, so they become a part of the fragment, and no
// server sees them.
func WithFragmentAfterQuery() Option {
	return func(s *Server) { s.fragmentAfterQuery = true }
}

// WithAppProducts says which products the console has opened for an app: some of
// plus, enhanced, basic (in an App and on a PC), will, ocr and nfc. An upload or
// a launch of another product is refused, by choice with 66660002: no page names
// the code. Without this option an app has every product. An option must make
// the app known, before this one or after it.
func WithAppProducts(appID string, products ...string) Option {
	if len(products) == 0 {
		panic("faceidtest: WithAppProducts: there is no product")
	}
	opened := map[*product]bool{}
	for _, name := range products {
		if productNames[name] == nil {
			panic("faceidtest: WithAppProducts: want some of plus, enhanced, basic, will, ocr and nfc, got " + name)
		}
		for _, p := range productNames[name] {
			opened[p] = true
		}
	}
	return func(s *Server) { s.appProducts[appID] = opened }
}

// WithLog makes the server call log for each finished request, before the
// client sees the answer. Calls may come at the same time from several
// goroutines.
func WithLog(log func(Request)) Option {
	if log == nil {
		panic("faceidtest: WithLog: the function is nil")
	}
	return func(s *Server) { s.log = log }
}

// validateApp panics if an app cannot have this ID or this secret.
func validateApp(who, appID, secret string) {
	switch {
	case !isAlnum(appID, 1, 8):
		panic("faceidtest: " + who + ": appID must be 1 to 8 letters or digits")
	case secret == "" || len(secret) > 64 || strings.ContainsAny(secret, " \t\r\n"):
		panic("faceidtest: " + who + ": secret must be 1 to 64 characters without blanks")
	}
}
