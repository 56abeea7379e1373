package faceid_test

import (
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

func TestGetLiveCodeAsksForWhatAVideoMustShow(t *testing.T) {
	_, client := cloudSim(t)
	code, err := client.GetLiveCode(t.Context(), faceid.GetLiveCodeRequest{})
	require.NoError(t, err)
	_, err = faceid.Confirm(client.LivenessRecognition(t.Context(), faceid.LivenessRecognitionRequest{
		Name: somebody.Name, IDCard: somebody.IDNo, LivenessType: faceid.LivenessDigits, ValidateData: code.LiveCode, Video: inventedMP4,
	}))
	require.NoError(t, err)
	order, err := client.GetActionSequence(t.Context(), faceid.GetActionSequenceRequest{})
	require.NoError(t, err)
	_, err = faceid.Confirm(client.LivenessCompare(t.Context(), faceid.LivenessCompareRequest{
		LivenessType: faceid.LivenessAction, ValidateData: order.ActionSequence, Video: inventedMP4, Image: inventedJPG,
	}))
	require.NoError(t, err)
	suite.see(code, order)
}

func TestGetLiveCodeRefusesAnAnswerWithoutIt(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"LiveCode":"","ActionSequence":null`)}}
	_, err := cloudClient(t, e).GetLiveCode(t.Context(), faceid.GetLiveCodeRequest{})
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
	_, err = cloudClient(t, e).GetActionSequence(t.Context(), faceid.GetActionSequenceRequest{})
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
	require.JSONEq(t, "{}", e.bodies[0])
}
