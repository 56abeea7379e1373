package faceidtest_test

import (
	"context"
	"net/url"
	"testing"
	"time"

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

// What docs/testing.md shows of time.
func TestTimeMovesAsTheDocumentsShow(t *testing.T) {
	platform := faceidtest.Start(t)
	client := platform.Client()
	person := faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}
	login, err := client.StartH5(t.Context(), faceid.H5Request{OrderNo: "order1", Person: person, RedirectURL: "https://shop.example/back"})
	require.NoError(t, err)
	_, err = platform.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	session, err := client.OpenH5(t.Context(), faceid.H5Request{OrderNo: "order2", Person: person, RedirectURL: "https://shop.example/back"})
	require.NoError(t, err)
	query := faceid.QueryFaceRecordRequest{OrderNo: "order1"}

	platform.Advance(6 * time.Minute) // the faceId is dead
	url, err := client.LoginURL(t.Context(), session)
	require.NoError(t, err)
	_, err = platform.Visit(t.Context(), url)
	require.Error(t, err)
	_, err = client.ConfirmFace(t.Context(), query)
	require.NoError(t, err, "the result is there, and the client goes on")

	platform.Advance(72 * time.Hour) // and the result is gone
	client = platform.Client()       // as are the tickets of the client from before
	_, err = client.ConfirmFace(t.Context(), query)
	require.ErrorIs(t, err, faceid.ErrNoResult)
}
