package faceidtest

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An app is one appID of the console, with its credentials and its orders.
type app struct {
	id, secret string
	nfcKey     string            // 32 hex digits
	products   map[*product]bool // nil: all
	tokens     []*token
	signs      []*ticket            // the oldest comes first
	nonces     map[string][]*ticket // the NONCE tickets that may be used, by their users
	reserved   string               // the value that the next SIGN ticket will have, because Callback has signed with it before anybody fetched it
	launched   map[string]bool      // the launch signatures that were used
	orders     map[string]*order
	numbers    map[uint64]struct{} // the keys of the numbers of orders that are forgotten

	mints      []time.Time
	minting    int // the number of token calls under way
	concurrent int
}

type token struct {
	value string
	dies  time.Time
}

func (t *token) live(now time.Time) bool { return now.Before(t.dies) }

// A ticket is a SIGN ticket or a NONCE ticket. It dies with its token. Only a
// NONCE ticket has a userID.
type ticket struct {
	value, userID string
	app           *app
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

// NFCKey is the first app's key for NFC results, in 32 hex digits.
func (s *Server) NFCKey() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apps[s.firstApp].nfcKey
}

// AddApp adds one more app. It panics if the appID is taken.
func (s *Server) AddApp(appID, secret string) { s.addApp("AddApp", appID, secret) }

func (s *Server) addApp(who, appID, secret string) {
	validateApp(who, appID, secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.apps[appID] != nil {
		panic("faceidtest: " + who + ": app " + appID + " exists already")
	}
	if s.firstApp == "" {
		s.firstApp = appID
	}
	s.apps[appID] = &app{id: appID, secret: secret, nfcKey: defaultNFCKey, nonces: map[string][]*ticket{}, launched: map[string]bool{},
		orders: map[string]*order{}, numbers: map[uint64]struct{}{}}
}

// SetSecret changes an app's secret. As in the console, this kills all tokens
// and tickets of the app.
func (s *Server) SetSecret(appID, secret string) {
	validateApp("SetSecret", appID, secret)
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
// and no cache with the client. Every token that the client holds has at most
// 60 s left afterwards. The call counts neither in [Server.Mints] nor in
// [Server.Calls].
func (s *Server) MintElsewhere(appID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mint(s.mustApp("MintElsewhere", appID))
}

func (s *Server) mustApp(who, appID string) *app {
	a := s.apps[appID]
	if a == nil {
		panic("faceidtest: " + who + ": there is no app " + strconv.Quote(appID))
	}
	return a
}

func (a *app) revoke() {
	a.tokens, a.signs, a.nonces, a.reserved = nil, nil, map[string][]*ticket{}, ""
}

// mint makes a new token. The older ones live for one more minute at most.
func (s *Server) mint(a *app) *token {
	now := s.now()
	a.prune(now)
	if n := len(a.tokens); n > 0 { // those before it are older, and die no later
		a.tokens[n-1].dies = earlier(a.tokens[n-1].dies, now.Add(s.scaled(overlap)))
	}
	// Real tokens have 90 characters, with both of these marks.
	t := &token{value: randomText(44) + "-" + randomText(44) + "_", dies: now.Add(s.scaled(tokenLife))}
	a.tokens = append(a.tokens, t)
	s.memory.tokens.add(t.dies, a)
	return t
}

func (s *Server) newSign(a *app, t *token) *ticket {
	now := s.now()
	a.prune(now)
	if n := len(a.signs); n > 0 {
		a.signs[n-1].dies = earlier(a.signs[n-1].dies, now.Add(s.scaled(overlap)))
	}
	value := a.reserved
	if value == "" {
		value = randomText(64)
	}
	a.reserved = ""
	tk := &ticket{value: value, app: a, token: t, dies: now.Add(s.scaled(signLife))}
	a.signs = append(a.signs, tk)
	return tk
}

func (s *Server) newNonce(a *app, t *token, userID string) *ticket {
	tk := &ticket{value: randomText(64), userID: userID, app: a, token: t, dies: s.due(nonceLife)}
	a.nonces[userID] = append(a.nonces[userID], tk)
	s.memory.nonces.add(tk.dies, tk)
	return tk
}

// liveToken finds a live token of this app.
func (a *app) liveToken(value string, now time.Time) *token {
	for _, t := range slices.Backward(a.tokens) {
		if t.value == value && t.live(now) {
			return t
		}
	}
	return nil
}

// newestSign returns the SIGN ticket that callbacks are signed with, or "".
func (a *app) newestSign(now time.Time) string {
	for _, t := range slices.Backward(a.signs) {
		if t.live(now) {
			return t.value
		}
	}
	return ""
}

// signed verifies the signature of a backend request. Any live SIGN ticket of
// this app may have made it.
func (a *app) signed(now time.Time, sign string, values ...string) bool {
	for _, t := range slices.Backward(a.signs) { // nearly always the newest
		if t.live(now) && signedWith(sign, t.value, values) {
			return true
		}
	}
	return false
}

// keepPair leaves the newest token and the newest SIGN ticket the life that
// they have, while the clock moves by d.
func (a *app) keepPair(d time.Duration) {
	if n := len(a.tokens); n > 0 {
		a.tokens[n-1].dies = a.tokens[n-1].dies.Add(d)
	}
	if n := len(a.signs); n > 0 {
		a.signs[n-1].dies = a.signs[n-1].dies.Add(d)
	}
}

// launch verifies the signature of an SDK launch or of a login URL, and uses up
// its NONCE ticket.
func (s *Server) launch(a *app, userID, sign string, values ...string) bool {
	now, mark := s.now(), strings.ToUpper(sign)
	for _, t := range a.nonces[userID] {
		if t.live(now) && signedWith(sign, t.value, values) {
			t.spent = true
			t.forget()
			return true
		}
	}
	if !s.lenient || a.launched[mark] || !a.signed(now, sign, values...) {
		return false
	}
	s.memory.launches.add(s.due(signLife+overlap), launchMark{a, mark})
	a.launched[mark] = true // a launch signature works once, with either kind of ticket
	return true
}

// accessToken answers https://cloud.tencent.com/document/product/1007/57613.
func (s *Server) accessToken(in *incoming) reply {
	if in.rawQuery == "" {
		return refuse("400101") // live hosts answer this
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
	a.mints = lastOf(keep, append(a.mints, s.now()))
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
	// A NONCE ticket needs a user_id, and a SIGN ticket has none.
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

// randomText makes n random letters and digits.
func randomText(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return randomFrom(letters, n)
}

func randomFrom(letters string, n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // rand.Read never fails
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
