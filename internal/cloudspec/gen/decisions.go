package main

import "strings"

// The tables below decide what the specification leaves open, by the Go names of types
// and fields. A decision that the generator never looks up ends it.

// sites are the two sites, with their actions in the order of the generated file.
var sites = []site{
	{
		name: "cn",
		page: "https://cloud.tencent.com/document/product/1007/%d",
		actions: []string{
			"DetectAuth", "GetDetectInfo", "GetDetectInfoEnhanced",
			"GetEidToken", "CheckEidTokenStatus", "GetEidResult",
			"GetFaceIdToken", "GetFaceIdResult", "GetFaceidRiskInfoToken", "GetFaceIdRiskInfo",
			"GetNFCToken", "GetWxNFCResult", "ParseNfcData",
			"GetWeChatBillDetails",
			"GetLiveCode", "GetActionSequence",
			"DetectAIFakeFaces", "LivenessRecognition", "LivenessCompare", "ImageRecognition", "ImageRecognitionV2",
			"CheckIdCardInformation", "IdCardVerification", "IdCardOCRVerification", "CheckIdNameDate",
			"CheckBankCardInformation", "BankCard2EVerification", "BankCardVerification", "BankCard4EVerification",
			"MobileNetworkTimeVerification", "MobileStatus", "MinorsVerification",
			"PhoneVerification", "PhoneVerificationCMCC", "PhoneVerificationCTCC", "PhoneVerificationCUCC", "CheckPhoneAndName",
			"EncryptedPhoneVerification",
		},
	},
	{
		name: "intl",
		page: "https://www.tencentcloud.com/document/product/1061/%d",
		actions: []string{
			"ApplyWebVerificationBizTokenIntl", "GetWebVerificationResultIntl",
			"ApplySdkVerificationToken", "GetSdkVerificationResult",
			"GetFaceIdTokenIntl", "GetFaceIdResultIntl", "ApplyLivenessToken", "GetLivenessResult",
			"CreateUploadUrl", "CompareFaceLiveness", "VideoLivenessCompare",
			"GenerateReflectSequence", "DetectReflectLivenessAndCompare",
		},
	},
}

// words are the parts of names that Go spells in another way.
var words = map[string]string{
	"Asr": "ASR", "Id": "ID", "Ids": "IDs", "Isp": "ISP", "Iv": "IV", "Json": "JSON", "Md5": "MD5", "Ocr": "OCR", "Sdk": "SDK", "Url": "URL",
	"Comparemsg": "CompareMsg", "Comparestatus": "CompareStatus", "Errcode": "ErrCode", "Errmsg": "ErrMsg",
	"Idcard": "IDCard", "Livemsg": "LiveMsg", "Livestatus": "LiveStatus",
}

// renamed are the types whose names mean something else in package faceid.
var renamed = map[string]string{"OCRResult": "OCRResultIntl"}

// refutable are the results of checks whose success another member may contradict: their
// method refuted tells it.
var refutable = map[string]bool{"MinorsVerificationResult": true}

// named are the fields whose values have a type of their own in package faceid. These
// types must read and write what the specification says.
var named = map[string]string{ //nolint:gosec // names of fields, no credentials
	"AttackRiskDetail.Type":                            "AttackRiskType",
	"CheckBankCardInformationResult.AccountType":       "BankCardType",
	"CheckEidTokenStatusResult.Status":                 "EidStatus",
	"DetectAIFakeFacesRequest.FaceInputType":           "FaceInputType",
	"DetectAIFakeFacesResult.AttackRiskLevel":          "AttackRiskLevel",
	"EncryptedPhoneVerificationRequest.EncryptionMode": "PhoneDigest",
	"EncryptedPhoneVerificationResult.ISP":             "PhoneCarrier",
	"GetDetectInfoEnhancedRequest.InfoType":            "InfoParts",
	"GetDetectInfoEnhancedResult.IntentionVerifyType":  "IntentionVerifyType",
	"GetDetectInfoRequest.InfoType":                    "InfoParts",
	"GetEidResultRequest.InfoType":                     "InfoParts",
	"GetEidResultResult.IntentionVerifyType":           "IntentionVerifyType",
	"GetEidTokenConfig.InputType":                      "EidInputType",
	"GetEidTokenConfig.IntentionMode":                  "EidIntentionMode",
	"GetFaceIdRiskInfoResult.CameraInfoLevel":          "RiskInfoLevel",
	"GetFaceIdRiskInfoResult.DeviceInfoLevel":          "RiskInfoLevel",
	"GetFaceIdTokenRequest.CompareLib":                 "FaceCompareLib",
	"GetWxNFCResultResult.Sex":                         "Sex",
	"CompareFaceLivenessRequest.LivenessType":          "LivenessType",
	"VideoLivenessCompareRequest.LivenessType":         "LivenessType",
	"GetFaceIdTokenIntlRequest.CheckMode":              "IntlSelfieMode",
	"LivenessCompareRequest.LivenessType":              "LivenessType",
	"LivenessRecognitionRequest.LivenessType":          "LivenessType",
	"MinorsVerificationRequest.Type":                   "MinorsType",
	"MobileStatusResult.StatusCode":                    "PhoneState",
	"ParseNfcDataResult.Sex":                           "Sex",
	"PhoneVerificationCMCCResult.ISP":                  "PhoneCarrier",
	"PhoneVerificationCTCCResult.ISP":                  "PhoneCarrier",
	"PhoneVerificationCUCCResult.ISP":                  "PhoneCarrier",
	"PhoneVerificationRequest.VerifyMode":              "PhoneVerifyMode",
	"PhoneVerificationResult.ISP":                      "PhoneCarrier",
	"PhoneVerificationResult.ResultDetail":             "PhoneMismatch",
	"RuleIDConfig.IntentionType":                       "RuleIntentionType",
	"WebVerificationConfigIntl.IDCardType":             "IntlIDCardType",
}

// zeroIsAValue are optional numbers of requests whose default is not 0. Those with true
// are pointers, because 0 is a value that may be sent. (A bool whose default is true is
// always a pointer.)
var zeroIsAValue = map[string]bool{
	"ApplySdkVerificationTokenRequest.CheckMode":     false,
	"ApplySdkVerificationTokenRequest.RetryLimit":    false,
	"ApplySdkVerificationTokenRequest.SecurityLevel": false,
	"GetFaceIdTokenIntlRequest.RetryLimit":           false,
	"WebVerificationConfigIntl.AutoDowngrade":        false,
	"WebVerificationConfigIntl.CheckMode":            false,
	"WebVerificationConfigIntl.LivenessRetryLimit":   false,
	"WebVerificationConfigIntl.LivenessTimeout":      true,
	"WebVerificationConfigIntl.SecurityLevel":        false,
}

// zeroIsNone are nullable numbers of results whose 0 means the same as null. They are not
// pointers.
var zeroIsNone = set(
	"DetectDetail.LivenessMode", "DetectInfoText.LivenessMode", // 0 means unknown
	"DetectInfoText.NFCBillingCounts", // the field counts charges
	"VerificationDetail.ReqTimestamp",
)

// mediaTo are the requests whose results hold media, with examples of the names of such
// media. These requests have a field MediaTo, which is not sent.
var mediaTo = map[string]string{
	"CheckIdCardInformationRequest":       "Portrait",
	"GetDetectInfoEnhancedRequest":        "BestFrame.BestFrames[0], VideoData.LivenessVideo",
	"CompareFaceLivenessRequest":          "BestFrameBase64",
	"GetFaceIdResultIntlRequest":          "BestFrame, Video, ActionVideo",
	"GetEidResultRequest":                 "BestFrame.BestFrame, IntentionQuestionResult.Video",
	"GetFaceIdResultRequest":              "VideoBase64, BestFrameBase64",
	"GetWebVerificationResultIntlRequest": "VideoBase64, OCRResult[0].CardImageBase64",
	"GetWxNFCResultRequest":               "Picture, IdCardFrontImg",
	"IdCardOCRVerificationRequest":        "Portrait",
	"LivenessCompareRequest":              "BestFrameBase64, BestFrameList[0]",
	"LivenessRecognitionRequest":          "BestFrameBase64, BestFrameList[0]",
	"ParseNfcDataRequest":                 "Picture, ImageA",
}

// absentMatters are flags of results that may be absent, although the specification says
// that they are never null. They are pointers.
var absentMatters = set("GetDetectInfoEnhancedResult.IsVerifyIntention", "GetEidResultResult.IsVerifyIntention")

// ownFields are fields that package faceid adds to those of the specification. They are
// neither sent nor read.
var ownFields = map[string][]goField{
	"DetectAuthResult":             {willAskedResult},
	"GetEidTokenResult":            {willAskedResult},
	"GetDetectInfoEnhancedRequest": {willAskedRequest},
	"GetEidResultRequest": {willAskedRequest, {
		comment: wrapComment("EidKey decrypts the identity in EidInfo for ConfirmEid. It is nil if the return of the real name is not granted."),
		line:    "EidKey *EidKey `json:\"-\"`",
	}},
	"GetFaceIdTokenResult":               {usedCosResult},
	"GetFaceIdResultRequest":             {usedCosRequest},
	"GetFaceIdResultResult":              {videoURL, bestFrameURL, decidedField},
	"GetWxNFCResultResult":               {decidedField},
	"ParseNfcDataResult":                 {decidedField},
	"GetDetectInfoEnhancedResult":        {decidedField},
	"GetEidResultResult":                 {decidedField},
	"GetFaceIdResultIntlResult":          {decidedField},
	"GetLivenessResultResult":            {decidedField},
	"GetWebVerificationResultIntlResult": {decidedField},
	"GetSdkVerificationResultResult":     {decidedField},
}

var (
	willAskedResult = goField{
		comment: wrapComment("WillAsked says whether the flow asks for the will. It is copied from the request and is no member of the answer. Keep it with the token: the decision needs it."),
		line:    "WillAsked bool `json:\"WillAsked,omitempty\"`",
	}
	willAskedRequest = goField{
		comment: wrapComment("WillAsked says that the flow was opened with a question or a text for the will. The decision then passes only if the will was given."),
		line:    "WillAsked bool `json:\"-\"`",
	}
	usedCosResult = goField{
		comment: wrapComment("UsedCos is UseCos of the request and no member of the answer. Keep it with the token: the query for the result needs it."),
		line:    "UsedCos bool `json:\"UsedCos,omitempty\"`",
	}
	usedCosRequest = goField{
		comment: wrapComment("UsedCos says that the flow was opened with UseCos. The result then has the addresses of the files, and MediaTo gets only the picture of the card. Without UsedCos such a result is ErrBadAnswer, because its addresses are no files."),
		line:    "UsedCos bool `json:\"-\"`",
	}
	videoURL = goField{
		comment: wrapComment("VideoURL is the address of the video in the COS bucket, if UsedCos was set."),
		line:    "VideoURL string `json:\"-\"`",
	}
	bestFrameURL = goField{
		comment: wrapComment("BestFrameURL is the address of the best frame in the COS bucket, if UsedCos was set."),
		line:    "BestFrameURL string `json:\"-\"`",
	}
	decidedField = goField{
		comment: "The decision on this result.",
		line:    "decided decided",
	}
)

func wrapComment(text string) string { return strings.ReplaceAll(wrap(text), "\n", "\n// ") }

// These tables decide which fields of a result, and of the objects named here, print: ids
// of requests, codes, switches and lengths. A token does not print, because its owner can
// read a result with it. Names, numbers, addresses, texts, pictures and URLs do not print,
// because they are personal. Requests and other objects print as their type names. The
// Result of a check is its Code, which prints without being named here.
var (
	shownScalars = set(
		"AttackRiskLevel", "ChargeCount", "CompareStatus", "ErrCode", "ErrorCode", "FinalResultCode", "FinalResultDetailCode",
		"HasNextPage", "IntentionVerifyType", "IsVerifyIntention", "LiveStatus", "RequestID", "Status",
	)
	shownLengths = set(
		"AttackRiskDetailList", "BestFrameList", "CardVerifyResults", "CompareResults", "Details", "LivenessDetail",
		"LivenessInfoTag", "OCRResult", "ResultCode", "VerificationDetailList", "WeChatBillDetails",
	)
	shownObjects = set("IntentionActionResult", "IntentionQuestionResult", "IntentionVerifyData", "Text")
)

func set(names ...string) map[string]bool {
	s := map[string]bool{}
	for _, n := range names {
		s[n] = true
	}
	return s
}
