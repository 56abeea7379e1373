package doctor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
)

// statuses returns the status of each check of a door that begins so.
func statuses(findings []Finding) map[Check]Status {
	all := map[Check]Status{}
	for _, f := range findings {
		all[f.Check] = f.Status
	}
	return all
}

func TestRunFindsNothingWrongWithAHealthyBackend(t *testing.T) {
	p := newPatient(t)
	p.only("kyc1")
	p.sharedStore()
	p.env[setup.Product], p.doc.Probe = "plus", true
	client := p.runs()
	p.doc.Transport = p.behindTLS()
	p.doc.Transport.Proxy = nil
	token, err := client.AccessToken(t.Context())
	require.NoError(t, err)
	ticket, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	p.env[setup.BaseURL] = p.sim.URL() // the record belongs to this host

	findings := p.examine()

	require.Equal(t, map[Check]Status{
		CheckProxy: OK, CheckAddress: OK, CheckTLS: Note, CheckAnswer: OK, CheckClock: OK, CheckStore: OK, CheckRecord: OK,
		CheckToken: OK, CheckTicket: OK, CheckProduct: OK,
	}, statuses(findings))
	require.Equal(t, OK, Worst(findings))
	require.Len(t, p.sim.Mints(p.sim.AppID()), 1, "the doctor fetched nothing")
	text := written(t, findings)
	for _, secret := range []string{token, ticket, p.sim.Secret()} {
		require.NotContains(t, text, secret)
	}
}

func TestRunMintsIntoTheStoreIfToldTo(t *testing.T) {
	p := newPatient(t)
	p.only("kyc1")
	p.doc.Mint = true
	require.Equal(t, OK, statuses(p.examine())[CheckTicket])
	require.Len(t, p.sim.Mints(p.sim.AppID()), 1)

	p.runs()
	require.Len(t, p.sim.Mints(p.sim.AppID()), 1, "the backend uses what the doctor fetched")

	again := newPatient(t)
	again.sim, again.env, again.doc.Mint = p.sim, p.env, true
	require.Equal(t, OK, statuses(again.examine())[CheckToken])
	require.Len(t, p.sim.Mints(p.sim.AppID()), 1, "what works is not replaced")

	p.sim.RevokeTokens(p.sim.AppID())
	p.ages(2 * time.Minute) // a token that is newer is not replaced: that would not help
	last := newPatient(t)
	last.sim, last.env, last.doc.Mint = p.sim, p.env, true
	require.Equal(t, OK, statuses(last.examine())[CheckTicket])
	require.Len(t, p.sim.Mints(p.sim.AppID()), 2, "what does not work is")
}

func TestRunKeepsAnOldRecord(t *testing.T) {
	p := newPatient(t)
	p.only("kyc1")
	p.runs()
	p.ages(3 * time.Hour)
	findings := p.examine()
	require.Equal(t, Note, statuses(findings)[CheckRecord], "nobody called for hours: that is no fault")
	require.Equal(t, Skipped, statuses(findings)[CheckToken])
	require.NotEqual(t, Fault, Worst(findings))
}

func TestRunLooksAtBothSitesOfAPI30(t *testing.T) {
	p := newPatient(t)
	p.only("cloud")
	p.env[setup.IntlID], p.env[setup.IntlKey], p.env[setup.IntlEndpoint] = p.env[setup.CloudID], p.env[setup.CloudKey], p.sim.URL()
	findings := p.examine()
	keys := 0
	for _, f := range findings {
		if f.Check == CheckKey {
			keys++
			require.Equal(t, OK, f.Status)
		}
	}
	require.Equal(t, 2, keys)
}

func TestRunTellsEachFindingAtOnce(t *testing.T) {
	p := newPatient(t)
	var told []Finding
	p.doc.Tell = func(f Finding) { told = append(told, f) }
	require.Equal(t, p.examine(), told)
}
