package faceid_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// The types of the actions are generated. The tests state a second time what the types
// must be, from the specification and by reflection.

// cloudActions are the actions of both sites, with the types of request and result.
var cloudActions = map[string]map[string][2]any{
	"cn": {
		"DetectAuth":            {faceid.DetectAuthRequest{}, faceid.DetectAuthResult{}},
		"GetDetectInfo":         {faceid.GetDetectInfoRequest{}, faceid.GetDetectInfoResult{}},
		"GetDetectInfoEnhanced": {faceid.GetDetectInfoEnhancedRequest{}, faceid.GetDetectInfoEnhancedResult{}},
		"GetEidToken":           {faceid.GetEidTokenRequest{}, faceid.GetEidTokenResult{}},
		"CheckEidTokenStatus":   {faceid.CheckEidTokenStatusRequest{}, faceid.CheckEidTokenStatusResult{}},
		"GetEidResult":          {faceid.GetEidResultRequest{}, faceid.GetEidResultResult{}},
		"GetWeChatBillDetails":  {faceid.GetWeChatBillDetailsRequest{}, faceid.GetWeChatBillDetailsResult{}},

		"GetFaceIdToken":         {faceid.GetFaceIdTokenRequest{}, faceid.GetFaceIdTokenResult{}},
		"GetFaceIdResult":        {faceid.GetFaceIdResultRequest{}, faceid.GetFaceIdResultResult{}},
		"GetFaceidRiskInfoToken": {faceid.GetFaceidRiskInfoTokenRequest{}, faceid.GetFaceidRiskInfoTokenResult{}},
		"GetFaceIdRiskInfo":      {faceid.GetFaceIdRiskInfoRequest{}, faceid.GetFaceIdRiskInfoResult{}},
		"GetNFCToken":            {faceid.GetNFCTokenRequest{}, faceid.GetNFCTokenResult{}},
		"GetWxNFCResult":         {faceid.GetWxNFCResultRequest{}, faceid.GetWxNFCResultResult{}},
		"ParseNfcData":           {faceid.ParseNfcDataRequest{}, faceid.ParseNfcDataResult{}},
		"GetLiveCode":            {faceid.GetLiveCodeRequest{}, faceid.GetLiveCodeResult{}},
		"GetActionSequence":      {faceid.GetActionSequenceRequest{}, faceid.GetActionSequenceResult{}},

		"ImageRecognition":              {faceid.ImageRecognitionRequest{}, faceid.ImageRecognitionResult{}},
		"MinorsVerification":            {faceid.MinorsVerificationRequest{}, faceid.MinorsVerificationResult{}},
		"EncryptedPhoneVerification":    {faceid.EncryptedPhoneVerificationRequest{}, faceid.EncryptedPhoneVerificationResult{}},
		"DetectAIFakeFaces":             {faceid.DetectAIFakeFacesRequest{}, faceid.DetectAIFakeFacesResult{}},
		"LivenessRecognition":           {faceid.LivenessRecognitionRequest{}, faceid.LivenessRecognitionResult{}},
		"LivenessCompare":               {faceid.LivenessCompareRequest{}, faceid.LivenessCompareResult{}},
		"ImageRecognitionV2":            {faceid.ImageRecognitionV2Request{}, faceid.ImageRecognitionV2Result{}},
		"CheckIdCardInformation":        {faceid.CheckIdCardInformationRequest{}, faceid.CheckIdCardInformationResult{}},
		"IdCardVerification":            {faceid.IdCardVerificationRequest{}, faceid.IdCardVerificationResult{}},
		"IdCardOCRVerification":         {faceid.IdCardOCRVerificationRequest{}, faceid.IdCardOCRVerificationResult{}},
		"CheckIdNameDate":               {faceid.CheckIdNameDateRequest{}, faceid.CheckIdNameDateResult{}},
		"CheckBankCardInformation":      {faceid.CheckBankCardInformationRequest{}, faceid.CheckBankCardInformationResult{}},
		"BankCard2EVerification":        {faceid.BankCard2EVerificationRequest{}, faceid.BankCard2EVerificationResult{}},
		"BankCardVerification":          {faceid.BankCardVerificationRequest{}, faceid.BankCardVerificationResult{}},
		"BankCard4EVerification":        {faceid.BankCard4EVerificationRequest{}, faceid.BankCard4EVerificationResult{}},
		"MobileNetworkTimeVerification": {faceid.MobileNetworkTimeVerificationRequest{}, faceid.MobileNetworkTimeVerificationResult{}},
		"MobileStatus":                  {faceid.MobileStatusRequest{}, faceid.MobileStatusResult{}},
		"PhoneVerification":             {faceid.PhoneVerificationRequest{}, faceid.PhoneVerificationResult{}},
		"PhoneVerificationCMCC":         {faceid.PhoneVerificationCMCCRequest{}, faceid.PhoneVerificationCMCCResult{}},
		"PhoneVerificationCTCC":         {faceid.PhoneVerificationCTCCRequest{}, faceid.PhoneVerificationCTCCResult{}},
		"PhoneVerificationCUCC":         {faceid.PhoneVerificationCUCCRequest{}, faceid.PhoneVerificationCUCCResult{}},
		"CheckPhoneAndName":             {faceid.CheckPhoneAndNameRequest{}, faceid.CheckPhoneAndNameResult{}},
	},
	"intl": {
		"ApplyWebVerificationBizTokenIntl": {faceid.ApplyWebVerificationBizTokenIntlRequest{}, faceid.ApplyWebVerificationBizTokenIntlResult{}},
		"GetWebVerificationResultIntl":     {faceid.GetWebVerificationResultIntlRequest{}, faceid.GetWebVerificationResultIntlResult{}},
		"ApplySdkVerificationToken":        {faceid.ApplySdkVerificationTokenRequest{}, faceid.ApplySdkVerificationTokenResult{}},
		"GetSdkVerificationResult":         {faceid.GetSdkVerificationResultRequest{}, faceid.GetSdkVerificationResultResult{}},

		"GetFaceIdTokenIntl":              {faceid.GetFaceIdTokenIntlRequest{}, faceid.GetFaceIdTokenIntlResult{}},
		"GetFaceIdResultIntl":             {faceid.GetFaceIdResultIntlRequest{}, faceid.GetFaceIdResultIntlResult{}},
		"ApplyLivenessToken":              {faceid.ApplyLivenessTokenRequest{}, faceid.ApplyLivenessTokenResult{}},
		"GetLivenessResult":               {faceid.GetLivenessResultRequest{}, faceid.GetLivenessResultResult{}},
		"CreateUploadUrl":                 {faceid.CreateUploadUrlRequest{}, faceid.CreateUploadUrlResult{}},
		"CompareFaceLiveness":             {faceid.CompareFaceLivenessRequest{}, faceid.CompareFaceLivenessResult{}},
		"VideoLivenessCompare":            {faceid.VideoLivenessCompareRequest{}, faceid.VideoLivenessCompareResult{}},
		"GenerateReflectSequence":         {faceid.GenerateReflectSequenceRequest{}, faceid.GenerateReflectSequenceResult{}},
		"DetectReflectLivenessAndCompare": {faceid.DetectReflectLivenessAndCompareRequest{}, faceid.DetectReflectLivenessAndCompareResult{}},
	},
}

// cloudMedia are the fields whose Base64 holds a picture, a video or sound.
var cloudMedia = []string{
	"ApplySdkVerificationTokenRequest.CompareImage",
	"ApplyWebVerificationBizTokenIntlRequest.CompareImage",
	"CompareFaceLivenessRequest.Image", "CompareFaceLivenessRequest.Video", "CompareFaceLivenessResult.BestFrame",
	"GetFaceIdTokenIntlRequest.Image",
	"GetFaceIdResultIntlResult.ActionVideo", "GetFaceIdResultIntlResult.BestFrame", "GetFaceIdResultIntlResult.Video",
	"CheckIdCardInformationRequest.Image", "CheckIdCardInformationResult.Portrait",
	"DetectAIFakeFacesRequest.FaceInput",
	"DetectAuthRequest.Image",
	"DetectInfoBestFrame.BestFrame", "DetectInfoBestFrame.BestFrames",
	"DetectInfoIDCardData.Avatar", "DetectInfoIDCardData.OCRBack", "DetectInfoIDCardData.OCRFront",
	"DetectInfoIDCardData.ProcessedBackImage", "DetectInfoIDCardData.ProcessedFrontImage",
	"DetectInfoVideoData.LivenessVideo",
	"GetFaceIdTokenRequest.Image", "GetFaceIdResultResult.BestFrame", "GetFaceIdResultResult.IDCardFront", "GetFaceIdResultResult.Video",
	"GetWebVerificationResultIntlResult.BestFrame", "GetWebVerificationResultIntlResult.Video",
	"GetWxNFCResultResult.IDCardBackImg", "GetWxNFCResultResult.IDCardFrontImg", "GetWxNFCResultResult.Picture",
	"ImageRecognitionRequest.Image",
	"ParseNfcDataResult.ImageA", "ParseNfcDataResult.ImageB", "ParseNfcDataResult.Picture",
	"IdCardOCRVerificationRequest.Image", "IdCardOCRVerificationResult.Portrait",
	"ImageRecognitionV2Request.Image",
	"LivenessCompareRequest.Image", "LivenessCompareRequest.Video", "LivenessCompareResult.BestFrame", "LivenessCompareResult.BestFrameList",
	"LivenessRecognitionRequest.Video", "LivenessRecognitionResult.BestFrame", "LivenessRecognitionResult.BestFrameList",
	"IntentionActionResultDetail.ScreenShot", "IntentionActionResultDetail.Video",
	"IntentionQuestionResult.ScreenShot", "IntentionQuestionResult.Video",
	"IntentionVerifyData.IntentionVerifyAudio", "IntentionVerifyData.IntentionVerifyBestFrame", "IntentionVerifyData.IntentionVerifyVideo",
	"OCRResultIntl.CardBackCutImage", "OCRResultIntl.CardBackImage", "OCRResultIntl.CardCutImage",
	"OCRResultIntl.CardImage", "OCRResultIntl.HeadImage",
}

type cloudSpec struct {
	Actions map[string]struct {
		Result            string
		Encrypts          []string
		Request, Response []cloudField
	}
	Types  map[string]struct{ Fields []cloudField }
	Shared map[string][]string
}

type cloudField struct {
	Name, Type, Base64, Limits string
	Required                   *bool
}

func readCloudSpec(t *testing.T, site string) cloudSpec {
	data, err := os.ReadFile("internal/cloudspec/" + site + ".json")
	require.NoError(t, err)
	var spec cloudSpec
	require.NoError(t, json.Unmarshal(data, &spec))
	return spec
}

var bytesType = reflect.TypeFor[[]byte]()

// cloudStructs returns all generated structs: requests, results, and the structs in
// them.
func cloudStructs() []reflect.Type {
	seen := map[string]reflect.Type{}
	var visit func(reflect.Type)
	visit = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t.Name()] != nil {
			return
		}
		seen[t.Name()] = t
		for i := range t.NumField() {
			if ofPlatform(t.Field(i)) {
				visit(t.Field(i).Type)
			}
		}
	}
	for _, actions := range cloudActions {
		for _, call := range actions {
			visit(reflect.TypeOf(call[0]))
			visit(reflect.TypeOf(call[1]))
		}
	}
	var all []reflect.Type
	for _, t := range seen {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b reflect.Type) int { return strings.Compare(a.Name(), b.Name()) })
	return all
}

func cloudTag(f reflect.StructField) (name string, optional bool) {
	name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name, rest == "omitempty"
}

// ofPlatform reports whether a field is the platform's, not one that package faceid
// adds.
func ofPlatform(f reflect.StructField) bool {
	return f.IsExported() && f.Tag.Get("json") != "-" && f.Name != "WillAsked" && f.Name != "UsedCos"
}
