package faceid_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

var goodAddresses = []string{
	"https://m.example", "https://m.example/", "https://m.example/back?lang=zh&x=a%2Fb", "http://m.example/back", "https://m.example:8443/back", "https://M.Example/Back",
	"https://xn--55qx5d.example/%E5%9B%9E%E6%9D%A5?name=%E5%BC%A0", "http://127.0.0.1:8080/back", "http://localhost/back", "https://[::1]:8443/back", "https://[2001:db8::1]/back",
	"https://m_1.example/back", "https://a.b.c.d.e.example/back", "https://m.example/a/...", "https://m.example/a//b", "https://m.example/back?", "https://m.example/?q=a+b'(c)*!~",
	"https://1.example/back", "https://0x.example/back", "https://m.example/back;v=1?a=%3B", "https://m.example/.well-known/x", "https://m.example/@user",
}

// redirecting are the calls that send a person's browser to an address.
func redirecting(t *testing.T, sim *faceidtest.Server) map[string]func(address string) error {
	c := sim.Client()
	will := faceid.Will{Rounds: []faceid.WillRound{{Question: "您本次业务是本人自愿办理吗？", Answers: []string{"我确认"}}}}
	return map[string]func(string) error{
		"H5": func(a string) error {
			_, err := c.OpenH5(t.Context(), faceid.H5Request{Person: somebody, RedirectURL: a})
			return err
		},
		"PC": func(a string) error {
			_, err := c.StartPC(t.Context(), faceid.PCRequest{Person: somebody, RedirectURL: a})
			return err
		},
		"will": func(a string) error {
			_, err := c.StartWillH5(t.Context(), faceid.WillH5Request{Person: somebody, Will: will, RedirectURL: a})
			return err
		},
		"DetectAuth": func(a string) error {
			_, err := c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1", RedirectURL: a})
			return err
		},
		"GetEidToken": func(a string) error {
			_, err := c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "0NSJ2024", RedirectURL: a})
			return err
		},
		"abroad": func(a string) error {
			_, err := c.ApplyWebVerificationBizTokenIntl(t.Context(), faceid.ApplyWebVerificationBizTokenIntlRequest{RedirectURL: a, CompareImage: smallPNG(t)})
			return err
		},
	}
}

func TestRedirectURLMeansTheSameToEveryBrowser(t *testing.T) {
	sim := faceidtest.Start(t)
	calls := redirecting(t, sim)
	before := sim.Requests()
	for address, reason := range badAddresses {
		for name, call := range calls {
			if address == "" && (name == "DetectAuth" || name == "GetEidToken") {
				continue // These calls may do without an address.
			}
			err := call(address)
			var bad *faceid.ArgumentError
			require.ErrorAs(t, err, &bad, "%s: %q", name, address)
			require.Equal(t, "RedirectURL", bad.Field)
			require.Contains(t, bad.Reason, reason, "%s: %q", name, address)
			if len(address) > 20 {
				require.NotContains(t, err.Error(), address)
			}
		}
	}
	require.Equal(t, len(before), len(sim.Requests()), "nothing was sent")
	for _, address := range goodAddresses {
		for name, call := range calls {
			err := call(address)
			if name == "abroad" && address == "https://m.example" {
				require.ErrorContains(t, err, "must have a path")
				continue
			}
			var bad *faceid.ArgumentError
			require.NotErrorAs(t, err, &bad, "%s: %q", name, address)
		}
	}
}

// Only DetectAuth and E证通 state a length.
func TestRedirectURLIsAsLongAsItsDocumentAllows(t *testing.T) {
	sim := faceidtest.Start(t)
	long := "https://m.example/?" + strings.Repeat("x", 1024-19)
	for name, call := range redirecting(t, sim) {
		var bad *faceid.ArgumentError
		require.NotErrorAs(t, call(long), &bad, name)
		if name == "DetectAuth" || name == "GetEidToken" {
			require.ErrorContains(t, call(long+"x"), "at most 1024")
			continue
		}
		require.NotErrorAs(t, call(long+"x"), &bad, name)
	}
}

// The platform fetches pictures and videos itself.
func TestAddressToFetchIsValidated(t *testing.T) {
	sim := faceidtest.Start(t)
	c := sim.Client()
	fetch := func(address string) error {
		_, err := c.IdCardOCRVerification(t.Context(), faceid.IdCardOCRVerificationRequest{ImageURL: address})
		return err
	}
	for address, reason := range badAddresses {
		if address == "" || reason == "query" { // COS signs addresses that have ; in them.
			continue
		}
		var bad *faceid.ArgumentError
		require.ErrorAs(t, fetch(address), &bad, address)
		require.Equal(t, "ImageURL", bad.Field)
		require.Contains(t, bad.Reason, reason, address)
	}
	var bad *faceid.ArgumentError
	require.NotErrorAs(t, fetch("https://b-1.cos.ap-guangzhou.myqcloud.com/a.jpg?q-sign-time=1;2&q-header-list="), &bad)
}

// An address that is accepted is sent as it was given, and every part of it is where a
// browser sees it.
func FuzzRedirect(f *testing.F) {
	for address := range badAddresses {
		f.Add(address)
	}
	for _, address := range goodAddresses {
		f.Add(address)
	}
	client, err := faceid.New(faceid.WithApp(wireAppID, wireSecret), faceid.WithHTTPClient(fuzzPlatform), faceid.WithStore(faceid.NewMemoryStore()))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, address string) {
		loginURL, err := client.LoginURL(t.Context(), &faceid.PageSession{
			Product: faceid.ProductPlus, OrderNo: "order1", UserID: "user1", FaceID: "tx1", RedirectURL: address, OpenedAt: time.Now(),
		})
		if err != nil {
			require.ErrorIs(t, err, faceid.ErrRequest)
			return
		}
		login, err := url.Parse(loginURL)
		require.NoError(t, err)
		require.Equal(t, []string{address}, login.Query()["url"])
		// These are the rules of RFC 3986, written by hand.
		require.Regexp(t, `^https?://([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:[1-9][0-9]{0,4})?([/?][A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?$`, address)
		u, err := url.Parse(address)
		require.NoError(t, err)
		require.Equal(t, address, u.String())
		require.Equal(t, address, (&url.URL{Scheme: "https", Host: "other.example"}).ResolveReference(u).String(), "nothing is to be resolved")
	})
}
