package faceidtest_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// The client calls without a port, and sends people where they can open a page.
func TestClientSendsPeopleToThePublicURL(t *testing.T) {
	sim := faceidtest.Start(t, faceidtest.WithPublicURL("http://127.0.0.1:8080"))
	client := sim.Client()
	defer client.Close(context.Background())
	person := faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

	phone, err := client.StartH5(context.Background(), faceid.H5Request{Person: person, RedirectURL: "http://127.0.0.1:8080/back"})
	require.NoError(t, err)
	pc, err := client.StartPC(context.Background(), faceid.PCRequest{Person: person, RedirectURL: "http://127.0.0.1:8080/back"})
	require.NoError(t, err)
	wechat, err := client.DetectAuth(context.Background(), faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus})
	require.NoError(t, err)

	for _, page := range []string{phone.URL, pc.URL, wechat.URL} {
		u, err := url.Parse(page)
		require.NoError(t, err)
		require.Equal(t, "http://127.0.0.1:8080", u.Scheme+"://"+u.Host)
	}
	_, err = sim.Visit(context.Background(), phone.URL)
	require.NoError(t, err)
}
