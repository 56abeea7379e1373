package faceid_test

import (
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestRiskLevelsThreeAndFourAreHigh(t *testing.T) {
	for level, want := range map[faceid.RiskLevel][2]bool{ // The two values are the results of Low and High.
		"0": {true, false}, "1": {true, false}, "2": {true, false}, "3": {false, true}, "4": {false, true},
		"": {}, "5": {}, "00": {}, "高": {},
	} {
		require.Equal(t, want, [2]bool{level.Low(), level.High()}, level)
	}
}

func TestLivenessTagsHaveNames(t *testing.T) {
	named := []faceid.LivenessTag{
		faceid.LivenessEyesClosed, faceid.LivenessActionMissing, faceid.LivenessRecapture, faceid.LivenessSynthetic,
		faceid.LivenessKnownTemplate, faceid.LivenessWatermark, faceid.LivenessReflection, faceid.LivenessSeveralFaces,
		faceid.LivenessPoorQuality, faceid.LivenessDistance, faceid.LivenessAdversarial, faceid.LivenessTracesOfAttacks,
	}
	glosses := map[string]bool{}
	for i, tag := range named {
		require.Equal(t, []string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"}[i], string(tag))
		require.NotEmpty(t, tag.Gloss())
		glosses[tag.Gloss()] = true
	}
	require.Len(t, glosses, 12)
	require.Empty(t, faceid.LivenessTag("13").Gloss())
}

func TestLivenessTagsAreSplitWhateverJoinsThem(t *testing.T) {
	for text, want := range map[string][]faceid.LivenessTag{
		"": nil, "03": {"03"}, "03,11": {"03", "11"}, "03;11": {"03", "11"}, "[03, 11]": {"03", "11"}, "03|11": {"03", "11"},
		"03、11": {"03", "11"}, " ": nil, "99": {"99"}, "0311": {"0311"},
	} {
		require.Equal(t, want, (&faceid.RiskInfo{LivenessInfoTag: text}).LivenessTags(), text)
	}
	var none *faceid.RiskInfo
	require.Empty(t, none.LivenessTags())
}

func TestRiskInfoOfAnAnswerIsTyped(t *testing.T) {
	sim := faceidtest.Start(t)
	for body, want := range map[string]*faceid.RiskInfo{
		`{"deviceInfoLevel":"4","deviceInfoTag":"root","riskInfoLevel":"2","riskInfoTag":"t","LivenessInfoTag":"03"}`: {"4", "root", "2", "t", "03"},
		`{"deviceInfoLevel":3}`: {DeviceInfoLevel: "3"},
		`{}`:                    {},
		`null`:                  nil,
		`{"later":{"x":1}}`:     {},
		`"none"`:                nil,
		`[]`:                    nil,
		`{"LivenessInfoTag":["03",11],"deviceInfoTag":["root"],"riskInfoTag":{}}`: {DeviceInfoTag: "root", LivenessInfoTag: "03,11"},
	} {
		sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","riskInfo":`+body+`}}`))
		record, err := newClient(sim).QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.NoError(t, err)
		require.Equal(t, want, record.Risk, body)
	}
}
