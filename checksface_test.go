package faceid_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// wordRow is what a word means: its family, its charge, and whether it is an
// outcome.
type wordRow struct {
	family  faceid.Family
	charged faceid.Charged
	outcome bool
}

// checkWords are words of the photo and liveness checks, some of them invented.
var checkWords = map[string]wordRow{
	"FailedOperation.IdNameMisMatch":        {faceid.FamilyIdentityMismatch, faceid.ChargedYes, true},
	"FailedOperation.CompareLowSimilarity":  {faceid.FamilyNotSamePerson, faceid.ChargedYes, true},
	"FailedOperation.CompareFail":           {faceid.FamilyNotSamePerson, faceid.ChargedNo, true},
	"FailedOperation.LifePhotoDetectFake":   {faceid.FamilySuspectedFake, faceid.ChargedNo, true},
	"FailedOperation.SilentTooShort":        {faceid.FamilyMediaUnusable, faceid.ChargedNo, true},
	"FailedOperation.OcrWarningOccurred":    {faceid.FamilyUnreadable, faceid.ChargedNo, true},
	"FailedOperation.IdPhotoSystemNoanswer": {faceid.ErrService, faceid.ChargedNo, false},
	"FailedOperation.SomethingNew":          {faceid.ErrUnknownCode, faceid.ChargedUnknown, false},
	"failedoperation.comparelowsimilarity":  {faceid.ErrUnknownCode, faceid.ChargedUnknown, false},
	"0":                                     {faceid.ErrUnknownCode, faceid.ChargedUnknown, false},
	"an odd result":                         {faceid.ErrUnknownCode, faceid.ChargedUnknown, false},
}

// The documents list the words of photo and liveness checks both as results and as
// errors. Both are the same outcome, and three of them are charged.
func TestLivenessAndImageChecksKnowTheirWords(t *testing.T) {
	for action, table := range checkTables() {
		if table != "cloud" {
			continue
		}
		for word, want := range checkWords {
			told := fmt.Sprintf(`"Result":%q,"Description":"of %s","Sim":12.5`, word, whose(action))
			if action == "CheckIdCardInformation" {
				told += `,"Name":"` + somebody.Name + `"`
			}
			told = answerOf(told)
			e := &cloudExchange{answers: []string{told}}
			result, err := checkCalls()[action].call(t.Context(), cloudClient(t, e))
			suite.see(err, result.Err())
			require.Equal(t, want.family, result.Family(), "%s %s", action, word)
			require.Equal(t, want.charged, result.Charged(), "%s %s", action, word)
			require.Equal(t, want.outcome, err == nil, "%s %s", action, word)
			require.False(t, result.Passed())
			require.ErrorIs(t, result.Err(), want.family)
			require.Equal(t, want.outcome, errors.Is(result.Err(), faceid.ErrNotPassed))

			e = &cloudExchange{answers: []string{fmt.Sprintf(`{"Response":{"Error":{"Code":%q,"Message":"m"},"RequestId":"r1"}}`, word)}}
			result, err = checkCalls()[action].call(t.Context(), cloudClient(t, e))
			if !want.outcome {
				require.Error(t, err)
				require.Nil(t, result, "%s %s: there is no answer", action, word)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, want.family, result.Family())
			require.Equal(t, want.charged, result.Charged())
			_, err = faceid.Confirm(result, err)
			require.ErrorIs(t, err, faceid.ErrNotPassed)
			require.ErrorContains(t, err, "r1")
		}
	}
}

func TestDetectAIFakeFacesGradesTheRisk(t *testing.T) {
	for level, want := range map[string]faceid.Family{
		"Low": faceid.FamilyPassed, "Mid": faceid.FamilyPassed, "High": faceid.FamilySuspectedFake, "Extreme": faceid.ErrUnknownCode, "low": faceid.ErrUnknownCode,
	} {
		e := &cloudExchange{answers: []string{answerOf(`"AttackRiskLevel":"` + level + `","AttackRiskDetailList":[{"Type":"SuspectedSynthesisImage"}],
			"ExtraInfo":{"RetrievalLivenessExtraInfo":[{"HitGroup":"Common","SimilarityScore":0.25,"HitTemplate":"t"}]}`)}}
		result, err := cloudClient(t, e).DetectAIFakeFaces(t.Context(), faceid.DetectAIFakeFacesRequest{FaceInput: inventedMP4, FaceInputType: faceid.FaceVideo})
		require.Equal(t, want, result.Family())
		require.Equal(t, want == faceid.FamilyPassed, result.Passed())
		require.Equal(t, faceid.ChargedYes, result.Charged())
		require.Equal(t, want == faceid.ErrUnknownCode, err != nil)
		require.Equal(t, faceid.AttackSynthesisImage, result.AttackRiskDetailList[0].Type)
		_, err = faceid.Confirm(result, err)
		require.Equal(t, want == faceid.FamilyPassed, err == nil)
		require.Equal(t, want == faceid.FamilySuspectedFake, errors.Is(err, faceid.ErrNotPassed))
		if err != nil {
			require.ErrorIs(t, err, want)
			require.NotErrorIs(t, err, faceid.FamilyPassed)
		}
	}
}
