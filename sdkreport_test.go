package faceid_test

import (
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/stretchr/testify/require"
)

func TestParseSDKResultReadsWhatAnAppReports(t *testing.T) {
	for name, test := range map[string]struct {
		domain, code string
		want         faceid.SDKReport
		queryable    bool
		family       faceid.Family
	}{
		"success":                {"", "", faceid.SDKReport{Code: faceid.CodePassed}, true, faceid.FamilyPassed},
		"success with a code":    {"", "0", faceid.SDKReport{Code: faceid.CodePassed}, true, faceid.FamilyPassed},
		"compared, not the same": {"WBFaceErrorDomainCompareServer", "66660004", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: faceid.CodeNotSamePerson}, true, faceid.FamilyNotSamePerson},
		"another spelling":       {"WbFaceErrorDomainCompareServer", "66660004", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: faceid.CodeNotSamePerson}, true, faceid.FamilyNotSamePerson},
		"lower case, blanks":     {" wbfaceerrordomaincompareserver ", " 66660035 ", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: faceid.CodeNoFace}, true, faceid.FamilyCaptureFailed},
		"without the prefix":     {"CompareServer", "66660035", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: faceid.CodeNoFace}, true, faceid.FamilyCaptureFailed},
		"the will is another":    {"WBFaceErrorDomainCompareServer", "66666006", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: faceid.CodeWillMismatch}, true, faceid.FamilyWillMismatch},
		"will, no audio":         {"CompareServer", "66666004", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: faceid.CodeWillAudio}, true, faceid.FamilyMediaUnusable},
		"a face in will":         {"CompareServer", "66660004", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: faceid.CodeNotSamePerson}, true, faceid.FamilyNotSamePerson},
		"will's code at login":   {"LoginServer", "66666010", faceid.SDKReport{Domain: faceid.SDKLoginServer, Code: faceid.CodeWillNoResult}, false, faceid.ErrNoResult},
		"will's code, no domain": {"", "66666006", faceid.SDKReport{Code: faceid.CodeWillMismatch}, false, faceid.FamilyWillMismatch},
		"almost a code of will":  {"CompareServer", "66666007", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: "face/66666007"}, true, faceid.ErrUnknownCode},
		"of the front-end":       {"CompareServer", "3001", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: "face/3001"}, true, faceid.ErrUnknownCode},
		"cancelled on Android":   {"WBFaceErrorDomainNativeProcess", "41000", faceid.SDKReport{Domain: faceid.SDKNativeProcess, Platform: faceid.PlatformAndroid, Code: "android/41000"}, false, faceid.FamilyInterrupted},
		"cancelled on iOS":       {"WBFaceErrorDomainNativeProcess", "42000", faceid.SDKReport{Domain: faceid.SDKNativeProcess, Platform: faceid.PlatformIOS, Code: "ios/42000"}, false, faceid.FamilyInterrupted},
		"cancelled on Harmony":   {"WBFaceErrorDomainNativeProcess", "43000", faceid.SDKReport{Domain: faceid.SDKNativeProcess, Platform: faceid.PlatformHarmony, Code: "harmony/43000"}, false, faceid.FamilyInterrupted},
		"no camera":              {"WBFaceErrorDomainNativeProcess", "41002", faceid.SDKReport{Domain: faceid.SDKNativeProcess, Platform: faceid.PlatformAndroid, Code: "android/41002"}, false, faceid.FamilyCameraDenied},
		"too many tries":         {"WBFaceErrorDomainNativeProcess", "42010", faceid.SDKReport{Domain: faceid.SDKNativeProcess, Platform: faceid.PlatformIOS, Code: "ios/42010"}, false, faceid.FamilyAttemptsExceeded},
		"parameters of iOS":      {"WBFaceErrorDomainInputParams", "12000", faceid.SDKReport{Domain: faceid.SDKParams, Platform: faceid.PlatformIOS, Code: "ios/12000"}, false, faceid.ErrRequest},
		"parameters of Android":  {"WBFaceErrorDomainParams", "11000", faceid.SDKReport{Domain: faceid.SDKParams, Platform: faceid.PlatformAndroid, Code: "android/11000"}, false, faceid.ErrRequest},
		"the network of iOS":     {"WBFaceErrorDomainGetInfo", "32100", faceid.SDKReport{Domain: faceid.SDKGetInfoNetwork, Platform: faceid.PlatformIOS, Code: "ios/32100"}, false, faceid.ErrNetwork},
		"login refused":          {"WBFaceErrorDomainLoginServer", "400101", faceid.SDKReport{Domain: faceid.SDKLoginServer, Code: faceid.CodeBadSignature}, false, faceid.ErrCredential},
		"the answer was lost":    {"WBFaceErrorDomainCompareNetwork", "51200", faceid.SDKReport{Domain: faceid.SDKCompareNetwork, Platform: faceid.PlatformAndroid, Code: "android/51200"}, false, faceid.ErrNetwork},
		"a domain to come":       {"WBFaceErrorDomainNew", "49999", faceid.SDKReport{Domain: "New", Code: "face/49999"}, false, faceid.ErrUnknownCode},
		"a code, no domain":      {"", "66660004", faceid.SDKReport{Code: faceid.CodeNotSamePerson}, false, faceid.FamilyNotSamePerson},
		"a domain, code 0":       {"WBFaceErrorDomainNativeProcess", "0", faceid.SDKReport{Domain: faceid.SDKNativeProcess, Code: faceid.CodePassed}, false, faceid.FamilyPassed},
		"a blank inside":         {"WBFaceErrorDomain CompareServer", "66660035", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: faceid.CodeNoFace}, true, faceid.FamilyCaptureFailed},
		"a negative server code": {"CompareServer", "-1304", faceid.SDKReport{Domain: faceid.SDKCompareServer, Code: "face/-1304"}, true, faceid.ErrUnknownCode},
		"a forged line":          {"WBFaceErrorDomainNew\x1b[2J\nadmin", "49999", faceid.SDKReport{Domain: "New [2J admin", Code: "face/49999"}, false, faceid.ErrUnknownCode},
		"a flood":                {strings.Repeat("Q", 4000), "49999", faceid.SDKReport{Domain: "[redacted]", Code: "face/49999"}, false, faceid.ErrUnknownCode},
		"rubbish":                {"<script>", "x\n", faceid.SDKReport{Domain: "<script>", Code: "face/unreadable"}, false, faceid.ErrUnknownCode},
	} {
		t.Run(name, func(t *testing.T) {
			got := faceid.ParseSDKResult(test.domain, test.code)
			require.Equal(t, test.want, got)
			require.Equal(t, test.queryable, got.Queryable())
			require.Equal(t, test.family, got.Code.Family())
			require.Equal(t, test.domain == "" && (test.code == "" || test.code == "0"), got.Succeeded())
			suite.see(got)
		})
	}
}

// An SDK passes on the platform's answer, and an App does not say whether it runs face
// or will. So every code of either is known. The tables of will have all codes and give
// them the same meaning.
func TestParseSDKResultKnowsEveryCodeOfThePlatform(t *testing.T) {
	seen := map[string]int{}
	for key, entry := range catalog.Entries {
		if key.Scope != "face" && key.Scope != "will" && key.Scope != "kyc1" {
			continue
		}
		seen[key.Scope]++
		want := faceid.Code(key.Scope + "/" + key.Code)
		report := faceid.ParseSDKResult("WBFaceErrorDomainCompareServer", key.Code)
		require.Equal(t, want, report.Code)
		require.Equal(t, faceid.Family(entry.Family), report.Code.Family(), want)
		require.NotEqual(t, faceid.ErrUnknownCode, report.Code.Family(), want)
		require.True(t, report.Queryable())

		e, ok := report.Explain(faceid.ProductWill)
		require.True(t, ok, want)
		require.Equal(t, want, e.Code)
		require.Equal(t, report.Code.Family(), e.Family, want)
		require.Equal(t, entry.Gloss, e.Gloss, want)

		for _, face := range []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic} {
			e, ok := report.Explain(face)
			require.Equal(t, key.Scope != "will", ok, "%s: will only", want)
			if ok {
				require.Equal(t, want, e.Code)
			}
		}
	}
	require.Equal(t, map[string]int{"face": 23, "kyc1": 9, "will": 3}, seen)
}

// The report of a phone is read alike on every platform.
func TestParseSDKResultUnderstandsEveryPhone(t *testing.T) {
	for name, test := range map[string]struct {
		ending    faceidtest.Ending
		family    faceid.Family
		queryable bool
	}{
		"passes":        {faceidtest.Passes(), faceid.FamilyPassed, true},
		"somebody else": {faceidtest.NotSamePerson(), faceid.FamilyNotSamePerson, true},
		"a fake":        {faceidtest.SuspectedFake(), faceid.FamilySuspectedFake, true},
		"quits":         {faceidtest.Quits(), faceid.FamilyInterrupted, false},
		"no camera":     {faceidtest.NoCamera(), faceid.FamilyCameraDenied, false},
		"too often":     {faceidtest.Blocked(), faceid.FamilyAttemptsExceeded, false},
		"too slow":      {faceidtest.TimesOut(), faceid.FamilyTimedOut, false},
		"intercepted":   {faceidtest.RiskyDevice(), faceid.FamilyAttemptsExceeded, false},
	} {
		for sdk := range launchNames {
			t.Run(name+" "+sdk, func(t *testing.T) {
				product, platform, _ := strings.Cut(sdk, " ")
				sim := faceidtest.Start(t)
				sim.ScriptDefault(test.ending)
				client := newClient(sim, faceid.WithProduct(faceid.Product(product)))
				launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{Platform: faceid.Platform(platform), Person: somebody, Licence: "licence"})
				require.NoError(t, err)
				result, err := sim.RunSDK(t.Context(), launch.Params)
				require.NoError(t, err)
				report := faceid.ParseSDKResult(result.Domain, result.Code)
				require.Equal(t, test.family, report.Code.Family())
				require.Equal(t, test.queryable, report.Queryable())
				explained, ok := report.Explain(faceid.Product(product))
				require.True(t, ok)
				require.Equal(t, report.Code, explained.Code)
				record, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo})
				if !test.queryable {
					require.ErrorIs(t, err, faceid.ErrNoResult, "as the report said")
					return
				}
				require.NoError(t, err)
				require.Equal(t, report.Code, record.Code())
			})
		}
	}
}
