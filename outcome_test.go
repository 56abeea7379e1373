package faceid_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/stretchr/testify/require"
)

// results are one of each type that a Confirm… method or a check returns.
var results = map[string]faceid.Result{
	"FaceRecord":                            (*faceid.FaceRecord)(nil),
	"WillRecord":                            (*faceid.WillRecord)(nil),
	"OCRResult":                             (*faceid.OCRResult)(nil),
	"BankCardResult":                        (*faceid.BankCardResult)(nil),
	"NFCResult":                             (*faceid.NFCResult)(nil),
	"GetDetectInfoEnhancedResult":           (*faceid.GetDetectInfoEnhancedResult)(nil),
	"GetEidResultResult":                    (*faceid.GetEidResultResult)(nil),
	"GetFaceIdResultResult":                 (*faceid.GetFaceIdResultResult)(nil),
	"GetWxNFCResultResult":                  (*faceid.GetWxNFCResultResult)(nil),
	"ParseNfcDataResult":                    (*faceid.ParseNfcDataResult)(nil),
	"empty GetFaceIdResultResult":           &faceid.GetFaceIdResultResult{},
	"empty GetWxNFCResultResult":            &faceid.GetWxNFCResultResult{},
	"empty ParseNfcDataResult":              &faceid.ParseNfcDataResult{},
	"GetFaceIdResultIntlResult":             (*faceid.GetFaceIdResultIntlResult)(nil),
	"GetLivenessResultResult":               (*faceid.GetLivenessResultResult)(nil),
	"empty GetFaceIdResultIntlResult":       &faceid.GetFaceIdResultIntlResult{},
	"empty GetLivenessResultResult":         &faceid.GetLivenessResultResult{},
	"CompareFaceLivenessResult":             (*faceid.CompareFaceLivenessResult)(nil),
	"VideoLivenessCompareResult":            (*faceid.VideoLivenessCompareResult)(nil),
	"DetectReflectLivenessAndCompareResult": (*faceid.DetectReflectLivenessAndCompareResult)(nil),
	"GetWebVerificationResultIntlResult":    (*faceid.GetWebVerificationResultIntlResult)(nil),
	"GetSdkVerificationResultResult":        (*faceid.GetSdkVerificationResultResult)(nil),
	"IdCardVerificationResult":              (*faceid.IdCardVerificationResult)(nil),
	"DetectAIFakeFacesResult":               (*faceid.DetectAIFakeFacesResult)(nil),
	"MobileNetworkTimeVerificationResult":   (*faceid.MobileNetworkTimeVerificationResult)(nil),
	"empty FaceRecord":                      &faceid.FaceRecord{},
	"empty WillRecord":                      &faceid.WillRecord{},
	"empty OCRResult":                       &faceid.OCRResult{},
	"empty BankCardResult":                  &faceid.BankCardResult{},
	"empty NFCResult":                       &faceid.NFCResult{},
	"empty GetDetectInfoEnhancedResult":     &faceid.GetDetectInfoEnhancedResult{},
	"empty GetEidResultResult":              &faceid.GetEidResultResult{},
	"empty GetWebVerificationResultIntl":    &faceid.GetWebVerificationResultIntlResult{},
	"empty GetSdkVerificationResultResult":  &faceid.GetSdkVerificationResultResult{},
}

// A result that did not come, or that is empty, is no pass.
func TestResultThatSaysNothingIsNoPass(t *testing.T) {
	for name, r := range results {
		t.Run(name, func(t *testing.T) {
			require.False(t, r.Passed())
			require.Error(t, r.Err())
			require.NotEmpty(t, r.Family())
			require.NotEqual(t, faceid.FamilyPassed, r.Family())
			require.NotEqual(t, faceid.ChargedYes, r.Charged())
			require.NotEqual(t, "0", r.Code().Number())
		})
	}
}

// Passed, Family and Err of a record agree, whatever its codes are.
func TestResultMethodsAgree(t *testing.T) {
	yes := faceid.Score{Value: 97, Present: true}
	for name, test := range map[string]struct {
		r      faceid.Result
		family faceid.Family
		code   faceid.Code
	}{
		"face":                    {&faceid.FaceRecord{ResultCode: faceid.CodePassed, Similarity: yes}, faceid.FamilyPassed, faceid.CodePassed},
		"face, not compared":      {&faceid.FaceRecord{ResultCode: faceid.CodePassed}, faceid.FamilyNotCompared, faceid.CodePassed},
		"face, liveness only":     {&faceid.FaceRecord{ResultCode: faceid.CodePassed, LivenessOnly: true}, faceid.FamilyPassed, faceid.CodePassed},
		"face, another":           {&faceid.FaceRecord{ResultCode: faceid.CodeNotSamePerson, Similarity: yes}, faceid.FamilyNotSamePerson, faceid.CodeNotSamePerson},
		"will":                    {&faceid.WillRecord{ResultCode: faceid.CodePassed, FaceCode: faceid.CodePassed, WillCode: faceid.CodePassed, Similarity: yes}, faceid.FamilyPassed, faceid.CodePassed},
		"will, not compared":      {&faceid.WillRecord{ResultCode: faceid.CodePassed, FaceCode: faceid.CodePassed, WillCode: faceid.CodePassed}, faceid.FamilyNotCompared, faceid.CodePassed},
		"will, wrong answer":      {&faceid.WillRecord{ResultCode: faceid.CodePassed, FaceCode: faceid.CodePassed, WillCode: faceid.CodeWillMismatch, Similarity: yes}, faceid.FamilyWillMismatch, faceid.CodeWillMismatch},
		"will, another":           {&faceid.WillRecord{ResultCode: faceid.CodePassed, FaceCode: faceid.CodeNotSamePerson, WillCode: faceid.CodePassed, Similarity: yes}, faceid.FamilyNotSamePerson, faceid.CodeNotSamePerson},
		"will, a part is missing": {&faceid.WillRecord{ResultCode: faceid.CodePassed, WillCode: faceid.CodePassed, Similarity: yes}, faceid.ErrBadAnswer, ""},
		"a bank card":             {&faceid.BankCardResult{ResultCode: "ocr-bankcard/0", BankCardNo: "6200"}, faceid.FamilyPassed, "ocr-bankcard/0"},
		"no number":               {&faceid.BankCardResult{ResultCode: "ocr-bankcard/0"}, faceid.FamilyUnreadable, "ocr-bankcard/0"},
	} {
		t.Run(name, func(t *testing.T) {
			passed := test.family == faceid.FamilyPassed
			require.Equal(t, passed, test.r.Passed())
			require.Equal(t, test.family, test.r.Family())
			require.Equal(t, test.code, test.r.Code())
			if passed {
				require.NoError(t, test.r.Err())
				return
			}
			said := test.family != faceid.ErrBadAnswer // Otherwise no code said that the person failed.
			require.Equal(t, said, errors.Is(test.r.Err(), faceid.ErrNotPassed))
			require.ErrorIs(t, test.r.Err(), test.family)
		})
	}
}

func TestChargedDependsOnTheProduct(t *testing.T) {
	yes, no, unknown := faceid.ChargedYes, faceid.ChargedNo, faceid.ChargedUnknown
	for code, want := range map[faceid.Code][3]faceid.Charged{ // The three values are for Plus, for Enhanced, and for an unknown product.
		faceid.CodePassed:            {yes, yes, yes},
		faceid.CodeNotSamePerson:     {yes, yes, yes},
		faceid.CodeIdentityMismatch:  {yes, yes, yes},
		faceid.CodeSuspectedFake:     {yes, no, unknown},
		faceid.CodeSuspectedFakeFace: {yes, no, unknown},
		faceid.CodeNoFace:            {no, no, no},
		faceid.CodeVideoNotLive:      {unknown, unknown, unknown}, // No table charges this code.
		"face/12345678":              {unknown, unknown, unknown},
	} {
		for i, product := range []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, ""} {
			record := faceid.FaceRecord{ResultCode: code, Product: product}
			require.Equal(t, want[i], record.Charged(), "%s on %q", code.Number(), product)
		}
	}
	require.Equal(t, "unknown", unknown.String())
	require.Equal(t, "yes", yes.String())
}

func TestScoreKnowsWhetherItIsThere(t *testing.T) {
	for text, want := range map[string]faceid.Score{
		`"99"`: {Value: 99, Present: true}, `"88.01"`: {Value: 88.01, Present: true}, `97.5`: {Value: 97.5, Present: true}, `"0"`: {Present: true},
		`""`: {}, `null`: {}, `"分数为空"`: {}, `"NaN"`: {}, `"Inf"`: {}, `"0x1p-2"`: {}, `"1_0"`: {}, `"1e9"`: {}, `"1.2.3"`: {}, `"-1"`: {},
	} {
		sim := faceidtest.Start(t)
		sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","liveRate":`+text+`}}`))
		record, err := newClient(sim).QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.NoError(t, err)
		require.Equal(t, want, record.LiveRate, text)
		require.False(t, record.Similarity.Present)
	}
	require.Equal(t, "absent", faceid.Score{}.String())
	require.Equal(t, "88.01", faceid.Score{Value: 88.01, Present: true}.String())
}

// Callers log the result of a Confirm… method before they look at the error.
func TestResultThatDidNotComeCanBeAsked(t *testing.T) {
	var face *faceid.FaceRecord
	var will *faceid.WillRecord
	var turn *faceid.WillTurn
	var card *faceid.OCRResult
	var bank *faceid.BankCardResult
	var session *faceid.PageSession
	for name, record := range map[string]interface {
		Passed() bool
		Family() faceid.Family
		Gloss() string
		Handling() string
		Charged() faceid.Charged
	}{"face": face, "will": will} {
		t.Run(name, func(t *testing.T) {
			require.False(t, record.Passed())
			require.Equal(t, faceid.ErrNoResult, record.Family())
			require.Equal(t, faceid.ChargedUnknown, record.Charged())
			require.Equal(t, faceid.Code("").Gloss(), record.Gloss())
			require.Equal(t, faceid.Code("").Handling(), record.Handling())
		})
	}
	require.Equal(t, faceid.ChargedUnknown, will.FaceCharged())
	require.Equal(t, faceid.ChargedUnknown, will.WillCharged())
	require.Empty(t, will.Answers())
	require.Empty(t, turn.Answers())
	require.False(t, card.FrontRead() || card.BackRead())
	require.Empty(t, card.FrontImage())
	require.Empty(t, card.BackImage())
	require.Empty(t, bank.Image())
	require.Empty(t, bank.Warnings())
	require.True(t, session.ExpiresAt().IsZero())
	for _, v := range []any{face, will, turn, card, bank, (*faceid.NFCResult)(nil), session} {
		require.Contains(t, fmt.Sprintf("%+v", v), "nil")
		slog.New(slog.NewJSONHandler(io.Discard, nil)).Info("value", "v", v)
		slog.New(slog.NewTextHandler(io.Discard, nil)).Info("value", "v", v)
	}
}

// A charge is looked up without the texts that Explain has, and is what Explain says of
// every number of the documents on every product.
func TestChargedIsWhatExplainSays(t *testing.T) {
	numbers := map[string]bool{"": true, "0": true, "no such code": true, "*": true, "unreadable": true}
	catalog.Rows(func(k catalog.RowKey, _ catalog.Row) bool { numbers[k.Code] = true; return true })
	catalog.Entries(func(k catalog.Key, _ catalog.Entry) bool { numbers[k.Code] = true; return true })
	known := map[faceid.Charged]int{}
	for _, p := range []faceid.Product{
		faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic, faceid.ProductWill, faceid.ProductIDCardOCR,
		faceid.ProductBankCardOCR, faceid.ProductNFC, faceid.ProductEid, "", "another",
	} {
		for number := range numbers {
			want, ok := faceid.Explain(p, faceid.ChannelServer, faceid.Code("any/"+number))
			got, has := faceid.ChargedOn(p, number)
			require.Equal(t, want.Charged, got, "%s %s", p, number)
			require.Equal(t, ok, has, "%s %s", p, number)
			if has {
				known[got]++
			}
		}
	}
	require.Len(t, known, 3, "all answers occur")
}
