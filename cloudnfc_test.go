package faceid_test

import (
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestConfirmWxNFCDecidesAboutTheDocument(t *testing.T) {
	sim, client := cloudSim(t)
	sim.ScriptCloudDefault(faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: somebody.Name, Number: somebody.IDNo}})
	opened, err := client.GetNFCToken(t.Context(), faceid.GetNFCTokenRequest{})
	require.NoError(t, err)
	read, err := sim.RunNFCMiniProgram(t.Context(), opened.Token)
	require.NoError(t, err)
	suite.canary(read.Token, "NFCToken")
	query := faceid.GetWxNFCResultRequest{NFCToken: read.Token}
	result, err := client.ConfirmWxNFC(t.Context(), query, somebody)
	require.NoError(t, err)
	require.Equal(t, faceid.ChargedYes, result.Charged())
	require.NotEmpty(t, result.Picture)
	suite.see(opened, query, result)
	result, err = client.ConfirmWxNFC(t.Context(), query, faceid.Person{IDNo: otherIDNo})
	require.ErrorIs(t, err, faceid.ErrOtherPerson)
	require.False(t, result.Passed())

	files := cloudFiles{}
	query.MediaTo = files.to
	result, err = client.GetWxNFCResult(t.Context(), query)
	require.NoError(t, err)
	require.Nil(t, result.Picture)
	require.Equal(t, []string{"IdCardBackImg", "IdCardFrontImg", "Picture"}, files.names())
}

func TestConfirmNfcDataDecidesAboutTheDocument(t *testing.T) {
	sim, client := cloudSim(t)
	sim.ScriptCloud("good", faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: somebody.Name, Number: somebody.IDNo}})
	sim.ScriptCloud("bad", faceidtest.CloudEnding{CardFail: true})
	for key, want := range map[string]error{"good": nil, "bad": faceid.FamilyUnreadable} {
		read, err := sim.RunNFCReader(t.Context(), key)
		require.NoError(t, err)
		suite.canary(read.Token, "ReqId")
		result, err := client.ConfirmNfcData(t.Context(), faceid.ParseNfcDataRequest{ReqID: read.Token}, somebody)
		require.ErrorIs(t, err, want)
		require.Equal(t, want == nil, result.Passed())
		require.Equal(t, map[bool]faceid.Charged{true: faceid.ChargedYes, false: faceid.ChargedUnknown}[want == nil], result.Charged())
		suite.see(result, err)
	}
	_, err := client.ParseNfcData(t.Context(), faceid.ParseNfcDataRequest{ReqID: "nobody"})
	require.ErrorIs(t, err, faceid.ErrRequest)
	_, err = client.GetWxNFCResult(t.Context(), faceid.GetWxNFCResultRequest{NFCToken: "nobody"})
	require.ErrorIs(t, err, faceid.ErrRequest)
}

// A document passes only if it is not out of date, and genuine where the answer says
// anything about it.
func TestConfirmWxNFCWantsAGoodDocument(t *testing.T) {
	const all = `{\"result_issuer\":0,\"result_paper\":0,\"result_data\":0,\"result_chip\":0}`
	person := `"Name":"` + somebody.Name + `","IdNum":"` + somebody.IDNo + `"`
	yesterday := time.Now().AddDate(0, 0, -2).Format("20060102")
	for name, test := range map[string]struct {
		answer string
		want   error
	}{
		"an ID card":        {`"ResultCode":"0",` + person, nil},
		"for ever":          {`"ResultCode":"0","BeginTime":"20100101","EndTime":"长期",` + person, nil},
		"genuine":           {`"ResultCode":"0","CheckMRTD":"` + all + `",` + person, nil},
		"genuine, in texts": {`"ResultCode":"0","CheckMRTD":"{\"result_issuer\":\"0\",\"result_paper\":\"0\",\"result_data\":\"0\",\"result_chip\":\"0\"}",` + person, nil},
		"out of date":       {`"ResultCode":"0","BeginTime":"20100101","EndTime":"` + yesterday + `",` + person, faceid.FamilyDocumentUnsupported},
		"forged":            {`"ResultCode":"0","CheckMRTD":"{\"result_issuer\":0,\"result_paper\":0,\"result_data\":1,\"result_chip\":0}",` + person, faceid.FamilySuspectedFake},
		"not examined":      {`"ResultCode":"0","CheckMRTD":"{\"result_issuer\":0,\"result_paper\":2,\"result_data\":0,\"result_chip\":0}",` + person, faceid.FamilyDocumentUnsupported},
		"half examined":     {`"ResultCode":"0","CheckMRTD":"{\"result_issuer\":0}",` + person, faceid.FamilyDocumentUnsupported},
		"unreadable":        {`"ResultCode":"0","CheckMRTD":"genuine",` + person, faceid.FamilyDocumentUnsupported},
		"more than a text":  {`"ResultCode":"0","CheckMRTD":"` + all + `{\"result_chip\":1}",` + person, faceid.FamilyDocumentUnsupported},
		"not valid yet":     {`"ResultCode":"0","BeginTime":"29990101","EndTime":"长期",` + person, faceid.FamilyDocumentUnsupported},
		"not read":          {`"ResultCode":"-1"`, faceid.FamilyUnreadable},
		"nobody":            {`"ResultCode":"0"`, faceid.ErrBadAnswer},
		"no code":           {`"ResultCode":null,` + person, faceid.ErrBadAnswer},
		"a new code":        {`"ResultCode":"1",` + person, faceid.ErrUnknownCode},
		"masked":            {`"ResultCode":"0","Name":"李*","IdNum":"1101**********4477"`, faceid.ErrOtherPerson},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(test.answer)}}
			c := cloudClient(t, e)
			wx, err := c.ConfirmWxNFC(t.Context(), faceid.GetWxNFCResultRequest{NFCToken: "t"}, somebody)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, wx.Passed())
			app, err := c.ConfirmNfcData(t.Context(), faceid.ParseNfcDataRequest{ReqID: "r"}, somebody)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, app.Passed())
			suite.see(wx, app, err)
		})
	}
}

// What the platform says of a failure may repeat what it was asked, and the person who was
// expected.
func TestConfirmNfcDataQuotesNobody(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"ResultCode":"-1","ResultDescription":"canary-request ` + somebody.Name + " " + somebody.IDNo + `"`)}}
	result, err := cloudClient(t, e).ConfirmNfcData(t.Context(), faceid.ParseNfcDataRequest{ReqID: "canary-request"}, somebody)
	require.ErrorIs(t, err, faceid.FamilyUnreadable)
	requireQuotesNobody(t, err, result.ResultDescription)
	suite.see(err, result)
	require.Zero(t, (*faceid.ParseNfcDataResult)(nil).Valid())
	require.Zero(t, (*faceid.GetWxNFCResultResult)(nil).Valid())
	for _, genuine := range []func() (bool, bool){(*faceid.ParseNfcDataResult)(nil).Genuine, (*faceid.GetWxNFCResultResult)(nil).Genuine} {
		ok, told := genuine()
		require.False(t, ok || told)
	}
}

// requireQuotesNobody fails if an error or a text of the platform's holds the token
// canary-request, or the person whom the tests expect.
func requireQuotesNobody(t *testing.T, err error, text string) {
	t.Helper()
	for _, private := range []string{"canary-request", somebody.Name, somebody.IDNo} {
		require.NotContains(t, err.Error(), private)
		require.NotContains(t, text, private)
	}
}

func TestConfirmWxNFCRefusesBadArguments(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"Token":""`)}}
	c := cloudClient(t, e)
	requireRefused(t, e, second(c.GetWxNFCResult(t.Context(), faceid.GetWxNFCResultRequest{})), "NFCToken", "empty")
	requireRefused(t, e, second(c.ParseNfcData(t.Context(), faceid.ParseNfcDataRequest{})), "ReqID", "empty")
	requireRefused(t, e, second(c.ConfirmWxNFC(t.Context(), faceid.GetWxNFCResultRequest{NFCToken: "t"}, faceid.PersonAsOpened)), "Person", "PersonAsOpened")
	requireRefused(t, e, second(c.ConfirmNfcData(t.Context(), faceid.ParseNfcDataRequest{ReqID: "r"}, faceid.PersonAsOpened)), "Person", "PersonAsOpened")
	require.ErrorIs(t, second(c.GetNFCToken(t.Context(), faceid.GetNFCTokenRequest{})), faceid.ErrBadAnswer)
}
