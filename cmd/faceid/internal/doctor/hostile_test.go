package doctor

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/internal/credential"
)

// A gateway may quote the request that it refuses, and the request holds the token.
func TestRunShowsNothingThatAServerEchoes(t *testing.T) {
	p := newPatient(t)
	p.only("kyc1")
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == ticketPath && r.URL.Query().Get("type") == "NONCE" {
			_, _ = w.Write([]byte(`{"code":"400101","msg":"\u001b[2Jbad ` + r.URL.String() + strings.Repeat(" and so on", 1000) + `","bizSeqNo":"1"}`))
			return
		}
		p.sim.ServeHTTP(w, r)
	}))
	t.Cleanup(echo.Close)
	p.env[setup.BaseURL] = echo.URL
	token, err := p.runs().AccessToken(t.Context())
	require.NoError(t, err)

	findings := p.examine()

	require.Equal(t, Fault, statuses(findings)[CheckToken])
	text := written(t, findings)
	require.Contains(t, text, "api_ticket")
	require.NotContains(t, text, token)
	require.NotContains(t, text, url.QueryEscape(token))
	require.NotContains(t, text, "u001b", "a terminal would obey it")
	for _, f := range findings {
		require.LessOrEqual(t, len(f.Saw.EN), 600)
	}
}

func TestRunSaysThatAStoreCannotBeRead(t *testing.T) {
	p := newPatient(t)
	p.only("kyc1")
	p.env[setup.Store] = "redis://" + closedPort(t)
	for _, f := range p.examine() {
		if f.Check == CheckToken {
			require.Equal(t, "the store cannot be read", f.Saw.EN, "--mint could not help")
		}
	}
}

func TestJudgeRecordTellsTokenAndTicketApart(t *testing.T) {
	for name, c := range map[string]struct {
		record credentials
		status Status
		cause  Cause
		saw    string
	}{
		"the first mint was lost": {credentials{Minting: 2 * time.Minute}, Warning, LostMint, "no token, and one has been under way for 2m0s"},
		"the first mint goes on":  {credentials{Minting: time.Second}, Note, "", "no token yet"},
		"half a record": {credentials{Token: credential.Ticket{Value: "t", Age: time.Minute, Life: time.Hour}}, Note, "",
			"token 1m0s old, and no SIGN ticket"},
	} {
		t.Run(name, func(t *testing.T) {
			a := &appVisit{Doctor: &Doctor{}}
			a.judgeRecord(&c.record)
			require.Len(t, a.findings, 1)
			require.Equal(t, c.status, a.findings[0].Status)
			require.Equal(t, c.cause, a.findings[0].Cause)
			require.Contains(t, a.findings[0].Saw.EN, c.saw)
		})
	}
}

// The old token serves on when a new one is refused. That is no token "fetched into the store".
func TestRunTellsARefusalBehindATokenThatStillWorks(t *testing.T) {
	p := newPatient(t)
	p.only("kyc1")
	p.runs()
	p.ages(30 * time.Minute)
	p.doc.Mint = true
	allowed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == tokenPath && r.URL.RawQuery != "" {
			_, _ = w.Write([]byte(`{"code":"400103","msg":"not admitted"}`))
			return
		}
		p.sim.ServeHTTP(w, r)
	}))
	t.Cleanup(allowed.Close)
	p.doc.Transport.DialContext = dialing(allowed.Listener.Addr().String())

	findings := p.examine()

	got, ok := findOn(findings, AllowList, CheckToken)
	require.True(t, ok, written(t, findings))
	require.Equal(t, Warning, got.Status)
	require.Equal(t, OK, statuses(findings)[CheckTicket])
}

// A probe that may not refresh says so, and does not blame the store.
func TestRunDoesNotBlameTheStoreForAProbe(t *testing.T) {
	p := newPatient(t)
	p.only("kyc1")
	p.runs()
	p.ages(118 * time.Minute) // the token lives for two minutes, and the ticket has ended
	p.env[setup.Product], p.doc.Probe = "plus", true
	findings := p.examine()
	require.Equal(t, Skipped, statuses(findings)[CheckProduct], written(t, findings))
	require.NotEqual(t, Fault, Worst(findings))
}

func TestRefusedTellsAnotherSystemFromAWrongSecret(t *testing.T) {
	var seen refreshes
	seen.observe(t.Context(), faceid.Event{Kind: faceid.EventRefresh, Op: "foreign", Err: faceid.ErrForeignRefresh})
	_, failed := seen.last()
	require.NoError(t, failed, "no secret was refused")
	for shared, want := range map[bool]Cause{true: ForeignRefresh, false: StoreNotShared} {
		a := &appVisit{Doctor: &Doctor{App: &setup.App{}}, store: &setup.Looking{OpenStore: &setup.OpenStore{Shared: shared}}}
		a.refused(CheckTicket, DeadTicket, fmt.Errorf("%w: %w", &faceid.Error{Code: "400101"}, faceid.ErrForeignRefresh))
		require.Equal(t, want, a.findings[0].Cause)
	}
}

func TestKeyCauseFollowsTheTablesOfTheDocuments(t *testing.T) {
	for code, want := range map[string]Cause{
		"IpNotInWhitelist": AllowList, "IpInBlacklist": AllowList, "FailedOperation.StsUnAuthErrError": NotActivated,
		"InternalServerError": Service, "InternalServerError.EncryptSystemError": Service, "ServiceUnavailable": Service, "ResourceUnavailable": Service,
		"LimitExceeded": NotActivated, "UnauthorizedOperation.Nonactivated": NotActivated, "UnauthorizedOperation": KeyPermission,
		"InvalidParameterValue": "", "FailedOperation.UnKnown": "", "UnsupportedOperation": Unexpected,
	} {
		require.Equal(t, want, keyCause(code), code)
	}
}

func TestRunDoesNotTakeAProxyOfThisMachineForTheHost(t *testing.T) {
	p := newPatient(t)
	p.only("cloud")
	proxy := httptest.NewServer(p.sim) // it takes the path of an absolute URL, as it does any
	t.Cleanup(proxy.Close)
	p.through(proxy.URL)
	p.env[setup.CloudEndpoint] = "http://faceid.example"
	findings := p.examine()
	require.Equal(t, Warning, statuses(findings)[CheckTLS], written(t, findings))
	for _, f := range findings {
		if f.Check == CheckAddress {
			require.Equal(t, "the proxy connects to it", f.Saw.EN)
		}
	}
}
