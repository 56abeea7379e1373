package faceid_test

import (
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// The limits are those that a document states. There are no others.
func TestLimitsAreThoseOfTheDocuments(t *testing.T) {
	sim := faceidtest.Start(t)
	c := sim.Client()
	eid := func(r faceid.GetEidTokenRequest) error { _, err := c.GetEidToken(t.Context(), r); return err }
	var bad *faceid.ArgumentError
	require.ErrorContains(t, eid(faceid.GetEidTokenRequest{MerchantID: strings.Repeat("m", 51)}), "MerchantID: has 51 characters, at most 50")
	require.NotErrorAs(t, eid(faceid.GetEidTokenRequest{MerchantID: strings.Repeat("m", 50)}), &bad)
	require.NotErrorAs(t, eid(faceid.GetEidTokenRequest{MerchantID: "m", Name: "李测试", IDCard: "11010119900307447x"}), &bad, "letters of either case")
	require.ErrorContains(t, eid(faceid.GetEidTokenRequest{MerchantID: "m", Name: "李测试", IDCard: strings.Repeat("1", 33)}), "at most 32")
	_, err := c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1", Name: "李测试", IDCard: "11010119900307447x"})
	require.ErrorContains(t, err, "capital X")
	_, err = c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1", Extra: "a\xff"})
	require.ErrorContains(t, err, "Extra: is not valid UTF-8")
	opened, err := c.GetOCRCertID(t.Context(), faceid.GetOCRCertIDRequest{OrderNo: "order1", UserID: "user1"})
	require.NoError(t, err, "an empty NFCType is an ID card")
	require.NotEmpty(t, opened.OCRCertID)
}

func TestLimitsOfLaunchesAreExact(t *testing.T) {
	photo := append(smallPNG(t), make([]byte, 512000)...)[:512000]
	person := faceid.Person{UserID: strings.Repeat("u", 32), Photo: photo, PhotoType: faceid.PhotoWatermarked}
	for op, upload := range uploads {
		client := newClient(faceidtest.Start(t))
		_, err := upload.call(t.Context(), client, strings.Repeat("9", 32), person, "")
		require.NoError(t, err, op)
		larger := person
		larger.Photo = append(photo[:len(photo):len(photo)], 0)
		_, err = upload.call(t.Context(), client, "order2", larger, "")
		require.ErrorIs(t, err, faceid.ErrRequest, op)
	}
	for sdk := range launchNames {
		product, platform, _ := strings.Cut(sdk, " ")
		sim := faceidtest.Start(t)
		client := newClient(sim)
		request := faceid.SDKRequest{Product: faceid.Product(product), Platform: faceid.Platform(platform), Person: somebody, Licence: "licence"}
		most := map[string]int{"android": 32, "ios": 32, "harmony": 30}[platform]
		request.Person.UserID = strings.Repeat("u", most)
		launch, err := client.StartSDK(t.Context(), request)
		require.NoError(t, err)
		result, err := sim.RunSDK(t.Context(), launch.Params)
		require.NoError(t, err)
		require.Equal(t, "0", result.Code, "%s %s", sdk, result.Domain)
		request.Person.UserID += "u"
		_, err = client.StartSDK(t.Context(), request)
		require.ErrorIs(t, err, faceid.ErrRequest, sdk)
	}
}
