package faceidtest_test

import (
	"context"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// The client calls the platform without a port, and sends people to an address
// at which a browser can open the page.
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

// These are the steps that docs/testing.md shows about time.
func TestAdvanceMovesTimeAsTheDocumentsShow(t *testing.T) {
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

	platform.Advance(72 * time.Hour) // the result is gone, too
	_, err = client.ConfirmFace(t.Context(), query)
	require.ErrorIs(t, err, faceid.ErrNoResult)
	require.NotErrorIs(t, err, faceid.ErrCredential)
	require.Len(t, platform.Mints(platform.AppID()), 1, "the client goes on with its token and its ticket")
}

// A client goes on after the clock was moved, whichever call comes next and
// wherever its credentials are kept.
func TestAdvanceLetsAClientGoOn(t *testing.T) {
	person := faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}
	files, err := faceid.NewFileStore(filepath.Join(t.TempDir(), "store"))
	require.NoError(t, err)
	for name, opts := range map[string][]faceid.Option{"memory": nil, "files": {faceid.WithStore(files)}} {
		t.Run(name, func(t *testing.T) {
			platform := faceidtest.Start(t)
			client := platform.Client(opts...)
			_, err := client.SignTicket(t.Context())
			require.NoError(t, err)
			for _, by := range []time.Duration{59 * time.Minute, 3 * time.Hour, 72 * time.Hour, 360 * 24 * time.Hour} {
				platform.Advance(by)
				login, err := client.StartH5(t.Context(), faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back"})
				require.NoError(t, err, by)
				back, err := platform.Visit(t.Context(), login.URL)
				require.NoError(t, err, by)
				platform.Advance(time.Hour)
				_, err = client.ConfirmReturn(t.Context(), back, &login.Session)
				require.NoError(t, err, by)
				_, err = client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: login.Session.OrderNo})
				require.NotErrorIs(t, err, faceid.ErrCredential, by)
				_, err = client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: login.Session.OrderNo})
				require.NoError(t, err, by)
			}
			require.Len(t, platform.Mints(platform.AppID()), 1)
		})
	}
}
