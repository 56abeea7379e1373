package faceid_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

func TestGetFaceIdTokenIntlSendsItsFieldsAndNoOthers(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"SdkToken":"token-1"`)}}
	opened, err := cloudClient(t, e).GetFaceIdTokenIntl(t.Context(), faceid.GetFaceIdTokenIntlRequest{
		CheckMode: faceid.IntlSelfieCompare, SecureLevel: "4", Image: inventedJPG, Extra: "e", ActionList: "nod", SDKVersion: "PLUS", RetryLimit: 3,
	})
	require.NoError(t, err)
	require.Equal(t, "token-1", opened.SDKToken)
	require.JSONEq(t, `{"CheckMode":"compare","SecureLevel":"4","Image":"`+checkedJPG+`","Extra":"e","ActionList":"nod","SdkVersion":"PLUS","RetryLimit":3}`, e.bodies[0])
	require.Equal(t, "ap-singapore", e.requests[0].Header.Get("X-TC-Region"))
	_, err = cloudClient(t, e).GetFaceIdTokenIntl(t.Context(), faceid.GetFaceIdTokenIntlRequest{})
	require.NoError(t, err)
	require.JSONEq(t, `{}`, e.bodies[1])
	_, err = cloudClient(t, e).ApplyLivenessToken(t.Context(), faceid.ApplyLivenessTokenRequest{SecureLevel: "1"})
	require.NoError(t, err)
	require.JSONEq(t, `{"SecureLevel":"1"}`, e.bodies[2])
	e = &cloudExchange{answers: []string{answerOf(`"Other":1`)}}
	require.ErrorIs(t, second(cloudClient(t, e).GetFaceIdTokenIntl(t.Context(), faceid.GetFaceIdTokenIntlRequest{})), faceid.ErrBadAnswer)
	require.ErrorIs(t, second(cloudClient(t, e).ApplyLivenessToken(t.Context(), faceid.ApplyLivenessTokenRequest{})), faceid.ErrBadAnswer)
}

func TestGetFaceIdTokenIntlRefusesBadArguments(t *testing.T) {
	for name, test := range map[string]struct {
		field string
		r     faceid.GetFaceIdTokenIntlRequest
	}{
		"mode":    {"CheckMode", faceid.GetFaceIdTokenIntlRequest{CheckMode: "ocr"}},
		"photo":   {"Image", faceid.GetFaceIdTokenIntlRequest{CheckMode: faceid.IntlSelfieCompare}},
		"large":   {"Image", faceid.GetFaceIdTokenIntlRequest{Image: make([]byte, 8<<20)}},
		"level":   {"SecureLevel", faceid.GetFaceIdTokenIntlRequest{SecureLevel: "5"}},
		"actions": {"ActionList", faceid.GetFaceIdTokenIntlRequest{SecureLevel: "3", ActionList: "nod"}},
		"retries": {"RetryLimit", faceid.GetFaceIdTokenIntlRequest{RetryLimit: 6}},
	} {
		e := &cloudExchange{answers: []string{fine}}
		var refused *faceid.ArgumentError
		require.ErrorAs(t, second(cloudClient(t, e).GetFaceIdTokenIntl(t.Context(), test.r)), &refused, name)
		require.Equal(t, test.field, refused.Field, name)
		require.Empty(t, e.requests, name)
	}
	e := &cloudExchange{answers: []string{fine}}
	client := cloudClient(t, e)
	var refused *faceid.ArgumentError
	require.ErrorAs(t, second(client.ApplyLivenessToken(t.Context(), faceid.ApplyLivenessTokenRequest{SecureLevel: "0"})), &refused)
	require.ErrorAs(t, second(client.GetFaceIdResultIntl(t.Context(), faceid.GetFaceIdResultIntlRequest{})), &refused)
	require.ErrorAs(t, second(client.GetLivenessResult(t.Context(), faceid.GetLivenessResultRequest{SDKToken: "a b"})), &refused)
	require.Empty(t, e.requests)
}

// The result names nobody, so only a comparison with the photo of the opening, or any
// face, can be decided on.
func TestConfirmFaceIdIntlDecides(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		person faceid.Person
		want   error
	}{
		"compared":             {`"Result":"0","Similarity":88.1`, faceid.PersonAsOpened, nil},
		"not compared":         {`"Result":"0","Similarity":null`, faceid.PersonAsOpened, faceid.ErrNotCompared},
		"a similarity of 0":    {`"Result":"0","Similarity":0`, faceid.PersonAsOpened, faceid.ErrNotCompared},
		"anybody":              {`"Result":"0","Similarity":0`, faceid.AnyPerson, nil},
		"somebody":             {`"Result":"0","Similarity":88.1`, somebody, faceid.ErrOtherPerson},
		"nobody was there":     {`"Result":"-999"`, faceid.AnyPerson, faceid.ErrNoResult},
		"no result":            {`"Similarity":99`, faceid.AnyPerson, faceid.ErrNoResult},
		"low similarity":       {`"Result":"2016","Similarity":31`, faceid.PersonAsOpened, faceid.FamilyNotSamePerson},
		"spoof":                {`"Result":"1002"`, faceid.AnyPerson, faceid.FamilySuspectedFake},
		"a code of the future": {`"Result":"7777"`, faceid.AnyPerson, faceid.ErrUnknownCode},
	} {
		e := &cloudExchange{answers: []string{answerOf(test.answer)}}
		result, err := cloudClient(t, e).ConfirmFaceIdIntl(t.Context(), faceid.GetFaceIdResultIntlRequest{SDKToken: "t"}, test.person)
		require.ErrorIs(t, err, test.want, name)
		require.Equal(t, test.want == nil, result.Passed(), name)
		require.ErrorIs(t, result.Err(), test.want, name)
		suite.see(result, err)
	}
}

func TestConfirmLivenessDecides(t *testing.T) {
	for answer, want := range map[string]error{
		`"Result":"0","BestFrame":{"Url":"https://b.example/f","MD5":"m","Size":1}`: nil,
		`"Result":"1004"`: faceid.FamilyCaptureFailed, `"Result":""`: faceid.ErrNoResult, `"Result":"Success"`: faceid.ErrUnknownCode,
	} {
		e := &cloudExchange{answers: []string{answerOf(answer)}}
		result, err := cloudClient(t, e).ConfirmLiveness(t.Context(), faceid.GetLivenessResultRequest{SDKToken: "t"})
		require.ErrorIs(t, err, want, answer)
		require.Equal(t, want == nil, result.Passed(), answer)
		suite.see(result, err)
	}
}

// What the platform says of a failure may repeat what it was asked, and the person who was
// expected.
func TestConfirmFaceIdIntlQuotesNobody(t *testing.T) {
	said := answerOf(`"Result":"1004","Description":"canary-request ` + somebody.Name + " " + somebody.IDNo + `"`)
	client := cloudClient(t, &cloudExchange{answers: []string{said}})
	result, err := client.ConfirmFaceIdIntl(t.Context(), faceid.GetFaceIdResultIntlRequest{SDKToken: "canary-request"}, somebody)
	require.Error(t, err)
	requireQuotesNobody(t, err, result.Description)
	client = cloudClient(t, &cloudExchange{answers: []string{answerOf(`"Result":"1004","Description":"canary-request"`)}})
	alive, err := client.ConfirmLiveness(t.Context(), faceid.GetLivenessResultRequest{SDKToken: "canary-request"})
	require.Error(t, err)
	requireQuotesNobody(t, err, alive.Description)
	client = cloudClient(t, &cloudExchange{answers: []string{answerOf(`"Result":"-999"`)}})
	_, err = client.ConfirmLiveness(t.Context(), faceid.GetLivenessResultRequest{SDKToken: "t"})
	require.ErrorIs(t, err, faceid.ErrNoResult)
	require.ErrorContains(t, err, "the flow has not ended")
	suite.see(result, alive, err)
}

func TestGetFaceIdResultIntlStreamsItsFiles(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"Result":"0","BestFrame":"` + checkedJPG + `","Video":"` + checkedMP4 + `","ActionVideo":""`)}}
	var video bytes.Buffer
	result, err := cloudClient(t, e).GetFaceIdResultIntl(t.Context(), faceid.GetFaceIdResultIntlRequest{SDKToken: "t", MediaTo: func(name string) io.Writer {
		if name == "Video" {
			return &video
		}
		return nil
	}})
	require.NoError(t, err)
	require.Equal(t, inventedMP4, video.Bytes())
	require.Nil(t, result.Video)
	require.Equal(t, inventedJPG, result.BestFrame)
}
