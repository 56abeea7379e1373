package faceidtest

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An app is one appID of the console with everything that lives under it.
type app struct {
	id, secret string
	nfcKey     string // hex
	tokens     []*token
	signs      []*ticket // oldest first
	nonces     []*ticket
	reserved   string          // the next SIGN ticket, promised by Callback
	launched   map[string]bool // launch signatures that were used
	orders     map[string]*order

	mints      []time.Time
	minting    int // token calls under way
	concurrent int
}

type token struct {
	value string
	dies  time.Time
}

func (t *token) live(now time.Time) bool { return now.Before(t.dies) }

// A ticket dies with its token. Only a NONCE ticket has a userID.
type ticket struct {
	value, userID string
	token         *token
	dies          time.Time
	spent         bool
}

func (t *ticket) live(now time.Time) bool {
	return !t.spent && now.Before(t.dies) && t.token.live(now)
}

// AppID is the first app's ID.
func (s *Server) AppID() string { return s.firstApp }

// Secret is the first app's secret.
func (s *Server) Secret() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apps[s.firstApp].secret
}

// NFCKey is the first app's key for NFC results, 32 hex digits.
func (s *Server) NFCKey() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apps[s.firstApp].nfcKey
}

// AddApp opens one more app. It panics if the appID is taken.
func (s *Server) AddApp(appID, secret string) { s.addApp("AddApp", appID, secret) }

func (s *Server) addApp(who, appID, secret string) {
	checkApp(who, appID, secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.apps[appID] != nil {
		panic("faceidtest: " + who + ": app " + appID + " exists already")
	}
	if s.firstApp == "" {
		s.firstApp = appID
	}
	s.apps[appID] = &app{id: appID, secret: secret, nfcKey: defaultNFCKey, launched: map[string]bool{}, orders: map[string]*order{}}
}

// SetSecret changes an app's secret, which kills all its tokens and tickets,
// as in the console.
func (s *Server) SetSecret(appID, secret string) {
	checkApp("SetSecret", appID, secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustApp("SetSecret", appID)
	a.secret = secret
	a.revoke()
}

// RevokeTokens kills all tokens and tickets of an app at once. The secret
// stays.
func (s *Server) RevokeTokens(appID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustApp("RevokeTokens", appID).revoke()
}

// MintElsewhere mints a token as a second system would that shares the appID
// but no cache: every token the client holds has at most 60 s left. It counts
// neither in [Server.Mints] nor in [Server.Calls].
func (s *Server) MintElsewhere(appID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mint(s.mustApp("MintElsewhere", appID))
}

func (s *Server) mustApp(who, appID string) *app {
	a := s.apps[appID]
	if a == nil {
		panic("faceidtest: " + who + ": no app " + strconv.Quote(appID))
	}
	return a
}

func (a *app) revoke() {
	a.tokens, a.signs, a.nonces, a.reserved = nil, nil, nil, ""
}

// mint makes the token that lives; the older ones keep a minute at most.
func (s *Server) mint(a *app) *token {
	now := s.now()
	a.tokens = slices.DeleteFunc(a.tokens, func(t *token) bool { return !t.live(now) })
	for _, old := range a.tokens {
		old.dies = earlier(old.dies, now.Add(s.scaled(overlap)))
	}
	// 90 characters with both marks, as live ones have.
	t := &token{value: randomText(44) + "-" + randomText(44) + "_", dies: now.Add(s.scaled(tokenLife))}
	a.tokens = append(a.tokens, t)
	return t
}

func (s *Server) newSign(a *app, t *token) *ticket {
	now := s.now()
	a.signs = slices.DeleteFunc(a.signs, func(t *ticket) bool { return !t.live(now) })
	for _, old := range a.signs {
		old.dies = earlier(old.dies, now.Add(s.scaled(overlap)))
	}
	value := a.reserved
	if value == "" {
		value = randomText(64)
	}
	a.reserved = ""
	tk := &ticket{value: value, token: t, dies: now.Add(s.scaled(signLife))}
	a.signs = append(a.signs, tk)
	return tk
}

func (s *Server) newNonce(a *app, t *token, userID string) *ticket {
	now := s.now()
	a.nonces = slices.DeleteFunc(a.nonces, func(t *ticket) bool { return !t.live(now) })
	tk := &ticket{value: randomText(64), userID: userID, token: t, dies: now.Add(s.scaled(nonceLife))}
	a.nonces = append(a.nonces, tk)
	return tk
}

// liveToken finds a token of this app that still lives.
func (a *app) liveToken(value string, now time.Time) *token {
	for _, t := range a.tokens {
		if t.value == value && t.live(now) {
			return t
		}
	}
	return nil
}

// newestSign is the ticket that callbacks are signed with, or "".
func (a *app) newestSign(now time.Time) string {
	for _, t := range slices.Backward(a.signs) {
		if t.live(now) {
			return t.value
		}
	}
	return ""
}

// signed checks a backend request: any live SIGN ticket of this app will do.
func (a *app) signed(now time.Time, sign string, values ...string) bool {
	return slices.ContainsFunc(a.signs, func(t *ticket) bool {
		return t.live(now) && signedWith(sign, t.value, values)
	})
}

// launch checks the signature of an SDK launch or a login URL and uses up its
// NONCE ticket.
func (s *Server) launch(a *app, userID, sign string, values ...string) bool {
	now, mark := s.now(), strings.ToUpper(sign)
	for _, t := range a.nonces {
		if t.userID == userID && t.live(now) && signedWith(sign, t.value, values) {
			t.spent = true
			return true
		}
	}
	if !s.lenient || a.launched[mark] || !a.signed(now, sign, values...) {
		return false
	}
	a.launched[mark] = true // a launch signature works once, whatever signed it
	return true
}

// accessToken answers https://cloud.tencent.com/document/product/1007/57613.
func (s *Server) accessToken(in *incoming) reply {
	if in.rawQuery == "" {
		return refuse("400101") // so seen on live hosts
	}
	v, bad := s.readQuery(in, tokenParams)
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[v["appId"]]
	if a == nil || a.secret != v["secret"] {
		return refuse("400101")
	}
	t := s.mint(a)
	a.mints = append(a.mints, s.now())
	return s.accept(nil,
		member{"access_token", t.value},
		member{"expire_time", stamp(t.dies)},
		member{"expire_in", number(s.seconds(tokenLife))},
	)
}

// apiTicket answers https://cloud.tencent.com/document/product/1007/57614.
func (s *Server) apiTicket(in *incoming) reply {
	v, bad := s.readQuery(in, ticketParams)
	isNonce := v["type"] == "NONCE"
	// user_id belongs to NONCE tickets, which cannot do without it.
	if bad == "" && isNonce != (v["user_id"] != "") && (isNonce || !s.lenient) {
		bad = "66660000"
	}
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[v["appId"]]
	if a == nil {
		return refuse("400101")
	}
	t := a.liveToken(v["access_token"], s.now())
	if t == nil {
		return refuse("400101")
	}
	if isNonce {
		return s.ticketReply(s.newNonce(a, t, v["user_id"]), nonceLife)
	}
	return s.ticketReply(s.newSign(a, t), signLife)
}

func (s *Server) ticketReply(t *ticket, life time.Duration) reply {
	return s.accept(nil, member{"tickets", list{object{
		{"value", t.value},
		{"expire_in", number(s.seconds(life))},
		{"expire_time", stamp(t.dies)},
	}}})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// randomText is n letters and digits.
func randomText(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return randomFrom(letters, n)
}

func randomFrom(letters string, n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

func randomHex(n int) string {
	b := make([]byte, n/2)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
