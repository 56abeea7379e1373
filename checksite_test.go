package faceid_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// sitedClient makes a Client with these doors, whose regions tell which site was asked.
func sitedClient(t *testing.T, e *cloudExchange, china, abroad bool, opts ...faceid.Option) *faceid.Client {
	suite.canary(cloudID, "secret id")
	suite.canary(cloudKey, "secret key")
	opts = append([]faceid.Option{faceid.WithHTTPClient(&http.Client{Transport: e}), faceid.WithObserver(func(_ context.Context, e faceid.Event) { suite.see(e) })}, opts...)
	if china {
		opts = append(opts, faceid.WithCloud(common.NewCredential(cloudID, cloudKey), "ap-guangzhou"))
	}
	if abroad {
		opts = append(opts, faceid.WithIntl(common.NewCredential(cloudID, cloudKey), "ap-singapore"))
	}
	client, err := faceid.New(opts...)
	require.NoError(t, err)
	return client
}

// Every check goes through the door that is open, or to the chosen site. What the
// international site does not have is sent nowhere.
func TestCheckSiteIsTheOpenDoorOrTheChosenSite(t *testing.T) {
	shared := readCloudSpec(t, "intl").Shared
	for action, check := range checkCalls() {
		_, offered := shared[action]
		for name, test := range map[string]struct {
			china, abroad bool
			opts          []faceid.Option
			region        string // "" is nowhere
		}{
			"China":                 {true, false, nil, "ap-guangzhou"},
			"both":                  {true, true, nil, "ap-guangzhou"},
			"China by choice":       {true, true, []faceid.Option{faceid.WithCheckSite(faceid.SiteChina)}, "ap-guangzhou"},
			"international":         {false, true, nil, "ap-singapore"},
			"international, chosen": {true, true, []faceid.Option{faceid.WithCheckSite(faceid.SiteInternational)}, "ap-singapore"},
		} {
			e := &cloudExchange{answers: []string{goodCheck(action)}}
			client := sitedClient(t, e, test.china, test.abroad, test.opts...)
			_, err := check.call(t.Context(), client)
			if action == "PhoneVerification" { // the others are good on both sites
				_, err = client.PhoneVerification(t.Context(), faceid.PhoneVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo, Phone: somePhone})
			}
			suite.see(err)
			if test.region == "ap-singapore" && !offered {
				require.ErrorIs(t, err, faceid.ErrDoorClosed, "%s: %s", action, name)
				require.ErrorContains(t, err, "WithCloud")
				require.Empty(t, e.requests)
				continue
			}
			require.NoError(t, err, "%s: %s", action, name)
			require.Equal(t, test.region, e.requests[len(e.requests)-1].Header.Get("X-TC-Region"), "%s: %s", action, name)
		}
	}
}

// The chips of a mini program are read on both sites, too; those of an App in China only.
func TestCheckSiteIsThatOfChips(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"Token":"t"`), answerOf(`"ResultCode":"0"`)}}
	client := sitedClient(t, e, false, true)
	_, err := client.GetNFCToken(t.Context(), faceid.GetNFCTokenRequest{})
	require.NoError(t, err)
	_, err = client.GetWxNFCResult(t.Context(), faceid.GetWxNFCResultRequest{NFCToken: "t"})
	require.NoError(t, err)
	for _, r := range e.requests {
		require.Equal(t, "ap-singapore", r.Header.Get("X-TC-Region"))
	}
	_, err = client.ParseNfcData(t.Context(), faceid.ParseNfcDataRequest{ReqID: "r"})
	require.ErrorIs(t, err, faceid.ErrDoorClosed)
	require.ErrorContains(t, err, "WithCloud")
	require.Len(t, e.requests, 2)
}

// What differs between the sites is refused before it is sent, on that site only.
func TestCheckSiteValidatesByTheSite(t *testing.T) {
	card := faceid.IdCardOCRVerificationRequest{Image: inventedJPG, Config: `{"CopyWarn":true}`}
	phone := faceid.PhoneVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo, Phone: somePhone, VerifyMode: faceid.PhoneVerifySimple}
	lip := faceid.LivenessCompareRequest{LivenessType: faceid.LivenessDigits, ValidateData: "12345", ImageURL: "https://m.example/p", VideoURL: "https://m.example/v"}
	action := lip
	action.LivenessType, action.ValidateData = faceid.LivenessAction, "3,4"
	goodLip := lip
	goodLip.ValidateData = "0123"
	for name, test := range map[string]struct {
		field string // "" is good on both sites
		call  func(c *faceid.Client) error
	}{
		"Config":     {"Config", func(c *faceid.Client) error { return second(c.IdCardOCRVerification(t.Context(), card)) }},
		"VerifyMode": {"VerifyMode", func(c *faceid.Client) error { return second(c.PhoneVerification(t.Context(), phone)) }},
		"digits":     {"ValidateData", func(c *faceid.Client) error { return second(c.LivenessCompare(t.Context(), lip)) }},
		"4 digits":   {"", func(c *faceid.Client) error { return second(c.LivenessCompare(t.Context(), goodLip)) }},
		"both":       {"", func(c *faceid.Client) error { return second(c.LivenessCompare(t.Context(), action)) }},
	} {
		e := &cloudExchange{answers: []string{answerOf(`"Result":"0","Sim":99`)}}
		err := test.call(sitedClient(t, e, true, true))
		var refused *faceid.ArgumentError
		require.NotErrorAs(t, err, &refused, name)
		require.Len(t, e.requests, 1, name)
		err = test.call(sitedClient(t, e, false, true))
		if test.field == "" {
			require.Len(t, e.requests, 2, name)
			continue
		}
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, test.field, refused.Field, name)
		require.Len(t, e.requests, 1, name)
	}
}

func TestWithCheckSiteNeedsItsDoor(t *testing.T) {
	key := common.NewCredential("id", "key")
	china, abroad := faceid.WithCloud(key, "r"), faceid.WithIntl(key, "r")
	for _, bad := range [][]faceid.Option{
		{china, faceid.WithCheckSite(faceid.SiteInternational)}, {abroad, faceid.WithCheckSite(faceid.SiteChina)},
		{china, faceid.WithCheckSite("")}, {china, abroad, faceid.WithCheckSite("elsewhere")},
	} {
		_, err := faceid.New(bad...)
		require.ErrorContains(t, err, "WithCheckSite")
	}
	_, err := faceid.New(abroad, faceid.WithFieldEncryption(faceid.FieldEncryption{}))
	require.NoError(t, err)
}

// Personal fields are encrypted on their way to either site.
func TestCheckSiteKeepsTheEncryption(t *testing.T) {
	e := &cloudExchange{answers: []string{goodCheck("IdCardVerification")}}
	client := sitedClient(t, e, false, true, faceid.WithFieldEncryption(faceid.FieldEncryption{}))
	_, err := client.IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo})
	require.NoError(t, err)
	require.NotContains(t, e.bodies[0], somebody.Name)
	require.NotContains(t, e.bodies[0], somebody.IDNo)
}

// The members that the international site lacks say so in their comments; the rest of
// the specification is the same on both sites.
func TestCheckSiteDiffersInTheseMembersOnly(t *testing.T) {
	intl, cn := readCloudSpec(t, "intl"), readCloudSpec(t, "cn")
	for action, absent := range intl.Shared {
		for _, f := range slices.Concat(cn.Actions[action].Request, cn.Actions[action].Response) {
			const said = "the international site does not have it"
			require.Equal(t, slices.Contains(absent, f.Name), len(f.Limits) >= len(said) && f.Limits[:len(said)] == said, "%s.%s", action, f.Name)
		}
	}
}
