package faceidtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestTokenAnswerIsFlat(t *testing.T) {
	m := newMerchant(t)

	a := m.get(tokenPath, m.tokenQuery())

	require.Equal(t, 200, a.status)
	require.Equal(t, "0", a.m["code"])
	require.Equal(t, "请求成功", a.m["msg"])
	require.EqualValues(t, 7200, a.m["expire_in"])
	require.Regexp(t, `^\d{14}$`, a.m["transactionTime"])
	require.Regexp(t, `^\d{14}$`, a.m["expire_time"])
	require.Regexp(t, `^\d{32}$`, a.m["bizSeqNo"])
	require.Len(t, a.m["access_token"], 90)
	require.NotContains(t, a.m, "result")
	require.Len(t, m.sim.Mints(m.appID), 1)
}

func TestTokenCallRefusesEachBadParameter(t *testing.T) {
	m := newMerchant(t)
	good := m.tokenQuery()
	for name, c := range map[string]struct {
		q    map[string]string
		code string
	}{
		"as documented":       {good, "0"},
		"no parameters":       {nil, "400101"},
		"no appId":            {without(good, "appId"), "66660000"},
		"no secret":           {without(good, "secret"), "66660000"},
		"no grant_type":       {without(good, "grant_type"), "66660000"},
		"no version":          {without(good, "version"), "66660000"},
		"app_id":              {with(without(good, "appId"), "app_id", m.appID), "66660000"},
		"appid":               {with(without(good, "appId"), "appid", m.appID), "66660000"},
		"unknown app":         {with(good, "appId", "TIDA9999"), "400101"},
		"wrong secret":        {with(good, "secret", "wrong"), "400101"},
		"other grant_type":    {with(good, "grant_type", "CLIENT_CREDENTIAL"), "66660000"},
		"other version":       {with(good, "version", "1.0"), "400106"},
		"an unknown name":     {with(good, "extra", "1"), "66660000"},
		"empty secret":        {with(good, "secret", ""), "66660000"},
		"secret of lowercase": {with(good, "secret", "simulator"), "400101"},
	} {
		t.Run(name, func(t *testing.T) {
			a := m.get(tokenPath, c.q)
			require.Equal(t, 200, a.status)
			require.Equal(t, c.code, a.code(), a.body)
		})
	}
}

func TestTicketCallRefusesEachBadParameter(t *testing.T) {
	m := ready(t)
	signQ, nonceQ := m.ticketQuery(m.token, "SIGN", ""), m.ticketQuery(m.token, "NONCE", userID)
	for name, c := range map[string]struct {
		q    map[string]string
		code string
	}{
		"SIGN":                  {signQ, "0"},
		"NONCE":                 {nonceQ, "0"},
		"no appId":              {without(signQ, "appId"), "66660000"},
		"no access_token":       {without(signQ, "access_token"), "66660000"},
		"no type":               {without(signQ, "type"), "66660000"},
		"no version":            {without(signQ, "version"), "66660000"},
		"lower-case type":       {with(signQ, "type", "sign"), "66660000"},
		"other version":         {with(signQ, "version", "2.0.0"), "400106"},
		"unknown app":           {with(signQ, "appId", "TIDA9999"), "400101"},
		"unknown token":         {with(signQ, "access_token", "x"), "400101"},
		"SIGN with user_id":     {with(signQ, "user_id", userID), "66660000"},
		"NONCE without user_id": {without(nonceQ, "user_id"), "66660000"},
		"userId for user_id":    {with(without(nonceQ, "user_id"), "userId", userID), "66660000"},
		"user_id of 33":         {with(nonceQ, "user_id", nonce+"1"), "66660000"},
		"user_id with a blank":  {with(nonceQ, "user_id", "a b"), "66660000"},
		"app_id":                {with(without(signQ, "appId"), "app_id", m.appID), "66660000"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.code, m.get(ticketPath, c.q).code())
		})
	}
}

func TestTokenOfAnotherAppGivesNoTicket(t *testing.T) {
	m := newMerchant(t, faceidtest.WithApp("APP1", "s1"), faceidtest.WithApp("APP2", "s2"))
	require.Equal(t, "APP1", m.sim.AppID())
	token := m.mustMint()

	a := m.get(ticketPath, with(m.ticketQuery(token, "SIGN", ""), "appId", "APP2"))

	require.Equal(t, "400101", a.code())
}

func TestLifetimesEndOnTime(t *testing.T) {
	for name, c := range map[string]struct {
		wait  time.Duration
		speed float64
		alive bool
		check func(m *merchant) func() bool
	}{
		"token at 7200 s - 1 ns":          {7200*time.Second - 1, 1, true, tokenCheck},
		"token at 7200 s":                 {7200 * time.Second, 1, false, tokenCheck},
		"SIGN at 3600 s - 1 ns":           {3600*time.Second - 1, 1, true, signCheck},
		"SIGN at 3600 s":                  {3600 * time.Second, 1, false, signCheck},
		"old token at 60 s - 1 ns":        {60*time.Second - 1, 1, true, oldTokenCheck},
		"old token at 60 s":               {60 * time.Second, 1, false, oldTokenCheck},
		"SIGN of old token at 60 s - 1":   {60*time.Second - 1, 1, true, signOfOldTokenCheck},
		"SIGN of old token at 60 s":       {60 * time.Second, 1, false, signOfOldTokenCheck},
		"old SIGN at 60 s - 1 ns":         {60*time.Second - 1, 1, true, oldSignCheck},
		"old SIGN at 60 s":                {60 * time.Second, 1, false, oldSignCheck},
		"NONCE at 120 s - 1 ns":           {120*time.Second - 1, 1, true, nonceCheck},
		"NONCE at 120 s":                  {120 * time.Second, 1, false, nonceCheck},
		"faceId at 5 min - 1 ns":          {5*time.Minute - 1, 1, true, faceIDCheck},
		"faceId at 5 min":                 {5 * time.Minute, 1, false, faceIDCheck},
		"fast token at 360 s - 1 ns":      {360*time.Second - 1, 20, true, tokenCheck},
		"fast token at 360 s":             {360 * time.Second, 20, false, tokenCheck},
		"fast NONCE at 6 s - 1 ns":        {6*time.Second - 1, 20, true, nonceCheck},
		"fast NONCE at 6 s":               {6 * time.Second, 20, false, nonceCheck},
		"token minted elsewhere before":   {60*time.Second - 1, 1, true, elsewhereCheck},
		"token minted elsewhere at 60 s":  {60 * time.Second, 1, false, elsewhereCheck},
		"fast faceId at 15 s":             {15 * time.Second, 20, false, faceIDCheck},
		"fast faceId at 15 s - 1 ns":      {15*time.Second - 1, 20, true, faceIDCheck},
		"token of a chain of three mints": {30 * time.Second, 1, false, chainCheck},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				check := c.check(ready(t, faceidtest.WithSpeed(c.speed)))
				time.Sleep(c.wait)
				require.Equal(t, c.alive, check())
			})
		})
	}
}

func tokenCheck(m *merchant) func() bool {
	return func() bool { return m.tokenLives(m.token) }
}

func signCheck(m *merchant) func() bool {
	return func() bool { return m.signLives(m.ticket) }
}

func oldTokenCheck(m *merchant) func() bool {
	m.mustMint()
	return tokenCheck(m)
}

func signOfOldTokenCheck(m *merchant) func() bool {
	m.mustMint()
	return signCheck(m)
}

func oldSignCheck(m *merchant) func() bool {
	m.mustTicket(m.token, "SIGN", "")
	return signCheck(m)
}

func elsewhereCheck(m *merchant) func() bool {
	m.sim.MintElsewhere(m.appID)
	return tokenCheck(m)
}

// chainCheck reports whether the first of three tokens lives. Its last minute
// runs from the second mint, not from the third.
func chainCheck(m *merchant) func() bool {
	m.mustMint()
	time.Sleep(30 * time.Second)
	m.mustMint()
	return tokenCheck(m)
}

func nonceCheck(m *merchant) func() bool {
	ticket := m.nonceTicket()
	faceID := m.upload(orderNo)
	return func() bool {
		_, err := m.visit(m.loginURL(m.signedLogin(orderNo, faceID, ticket)))
		return err == nil
	}
}

func faceIDCheck(m *merchant) func() bool {
	faceID := m.upload(orderNo)
	return func() bool {
		// The credentials may have died as well, so new ones are fetched: only the
		// faceId matters here.
		m.login()
		_, err := m.visit(m.freshLogin(orderNo, faceID))
		return err == nil
	}
}

func TestExpireInIsScaled(t *testing.T) {
	m := newMerchant(t, faceidtest.WithSpeed(20))
	a := m.get(tokenPath, m.tokenQuery())
	require.EqualValues(t, 360, a.m["expire_in"])
	token := a.m["access_token"].(string)
	for kind, want := range map[string]int{"SIGN": 180, "NONCE": 6} {
		user := ""
		if kind == "NONCE" {
			user = userID
		}
		_, a := m.askTicket(token, kind, user)
		require.EqualValues(t, want, a.m["tickets"].([]any)[0].(map[string]any)["expire_in"])
	}
}

func TestSignTicketOfDyingTokenDiesWithIt(t *testing.T) {
	m := ready(t)
	m.mustMint()

	late := m.mustTicket(m.token, "SIGN", "") // a token still gives tickets in its last minute
	require.True(t, m.signLives(late))
	m.sim.Advance(60 * time.Second)

	require.False(t, m.signLives(late))
}

func TestNonceTicketDiesWithItsToken(t *testing.T) {
	m := ready(t)
	faceID, old := m.upload(orderNo), m.nonceTicket()
	m.sim.Advance(time.Second)
	m.login()
	m.sim.Advance(60 * time.Second)

	m.refused(m.loginURL(m.signedLogin(orderNo, faceID, old)), "400101")
}

// A client counts the life of its token and its SIGN ticket by the machine's
// clock, which Advance does not move. Everything else dies in its time.
func TestAdvanceLeavesTheLastPairItsLife(t *testing.T) {
	m := ready(t)
	old, oldSign := m.token, m.ticket
	m.login()
	nonce := m.nonceTicket()
	early := m.mustTicket(m.token, "SIGN", "")
	late := m.mustTicket(m.token, "SIGN", "")

	m.sim.Advance(60 * time.Second)
	require.False(t, m.tokenLives(old))
	require.False(t, m.signLives(oldSign))
	require.False(t, m.signLives(early), "a newer one has replaced it")
	require.True(t, m.signLives(late))
	require.Less(t, m.sim.Left(late), time.Hour+time.Second, "it has no more than before")

	m.sim.Advance(60 * time.Second)
	require.Zero(t, m.sim.Left(nonce))
	m.sim.Advance(365 * 24 * time.Hour)
	require.True(t, m.signLives(late))
	require.True(t, m.tokenLives(m.token))

	m.sim.MintElsewhere(m.appID)
	m.sim.Advance(60 * time.Second)
	require.False(t, m.tokenLives(m.token))
	require.False(t, m.signLives(late))
}

// A token that has died stays dead when the clock moves.
func TestAdvanceWakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ready(t)
		time.Sleep(2 * time.Hour)
		m.sim.Advance(24 * time.Hour)
		require.False(t, m.tokenLives(m.token))
		require.False(t, m.signLives(m.ticket))
	})
}

func TestSetSecretKillsEverything(t *testing.T) {
	m := ready(t)

	m.sim.SetSecret(m.appID, "another")

	require.False(t, m.tokenLives(m.token))
	require.False(t, m.signLives(m.ticket))
	require.Equal(t, "400101", m.get(tokenPath, m.tokenQuery()).code())
	m.secret = "another"
	require.Equal(t, "0", m.get(tokenPath, m.tokenQuery()).code())
}

func TestRevokeTokensKillsThemAtOnce(t *testing.T) {
	m := ready(t)
	m.sim.RevokeTokens(m.appID)
	require.False(t, m.tokenLives(m.token))
	require.False(t, m.signLives(m.ticket))
}

func TestMintElsewhereIsNotCounted(t *testing.T) {
	m := ready(t)
	m.sim.MintElsewhere(m.appID)
	require.Len(t, m.sim.Mints(m.appID), 1)
	require.Equal(t, 1, m.sim.Calls(tokenPath))
}
