package main

import "strings"

// What the specification leaves open is decided here, by the Go names of types
// and fields. A decision that nothing asks for stops the generator.

// sites are the two sites, with the actions to generate in their order.
var sites = []site{
	{
		name: "cn",
		page: "https://cloud.tencent.com/document/product/1007/%d",
		actions: []string{
			"DetectAuth", "GetDetectInfo", "GetDetectInfoEnhanced",
			"GetEidToken", "CheckEidTokenStatus", "GetEidResult",
			"GetWeChatBillDetails",
			"DetectAIFakeFaces", "LivenessRecognition", "LivenessCompare", "ImageRecognitionV2",
			"CheckIdCardInformation", "IdCardVerification", "IdCardOCRVerification", "CheckIdNameDate",
			"CheckBankCardInformation", "BankCard2EVerification", "BankCardVerification", "BankCard4EVerification",
			"MobileNetworkTimeVerification", "MobileStatus",
			"PhoneVerification", "PhoneVerificationCMCC", "PhoneVerificationCTCC", "PhoneVerificationCUCC", "CheckPhoneAndName",
		},
	},
	{
		name: "intl",
		page: "https://www.tencentcloud.com/document/product/1061/%d",
		actions: []string{
			"ApplyWebVerificationBizTokenIntl", "GetWebVerificationResultIntl",
			"ApplySdkVerificationToken", "GetSdkVerificationResult",
		},
	},
}

// words are the parts of names that Go spells otherwise.
var words = map[string]string{
	"Asr": "ASR", "Id": "ID", "Ids": "IDs", "Isp": "ISP", "Iv": "IV", "Json": "JSON", "Ocr": "OCR", "Sdk": "SDK", "Url": "URL",
	"Comparemsg": "CompareMsg", "Comparestatus": "CompareStatus", "Errcode": "ErrCode", "Errmsg": "ErrMsg",
	"Idcard": "IDCard", "Livemsg": "LiveMsg", "Livestatus": "LiveStatus",
}

// renamed are types whose names package faceid uses for something else.
var renamed = map[string]string{"OCRResult": "OCRResultIntl"}

// named are the fields whose values have a type of their own in package faceid.
// It must read and write what the specification says.
var named = map[string]string{
	"AttackRiskDetail.Type":                           "AttackRiskType",
	"CheckBankCardInformationResult.AccountType":      "BankCardType",
	"CheckEidTokenStatusResult.Status":                "EidStatus",
	"DetectAIFakeFacesRequest.FaceInputType":          "FaceInputType",
	"DetectAIFakeFacesResult.AttackRiskLevel":         "AttackRiskLevel",
	"GetDetectInfoEnhancedRequest.InfoType":           "InfoParts",
	"GetDetectInfoEnhancedResult.IntentionVerifyType": "IntentionVerifyType",
	"GetDetectInfoRequest.InfoType":                   "InfoParts",
	"GetEidResultRequest.InfoType":                    "InfoParts",
	"GetEidResultResult.IntentionVerifyType":          "IntentionVerifyType",
	"GetEidTokenConfig.InputType":                     "EidInputType",
	"GetEidTokenConfig.IntentionMode":                 "EidIntentionMode",
	"LivenessCompareRequest.LivenessType":             "LivenessType",
	"LivenessRecognitionRequest.LivenessType":         "LivenessType",
	"MobileStatusResult.StatusCode":                   "PhoneState",
	"PhoneVerificationCMCCResult.ISP":                 "PhoneCarrier",
	"PhoneVerificationCTCCResult.ISP":                 "PhoneCarrier",
	"PhoneVerificationCUCCResult.ISP":                 "PhoneCarrier",
	"PhoneVerificationRequest.VerifyMode":             "PhoneVerifyMode",
	"PhoneVerificationResult.ISP":                     "PhoneCarrier",
	"PhoneVerificationResult.ResultDetail":            "PhoneMismatch",
	"RuleIDConfig.IntentionType":                      "RuleIntentionType",
	"WebVerificationConfigIntl.IDCardType":            "IntlIDCardType",
}

// zeroIsAValue are optional numbers of requests whose default is not 0 and whose
// 0 may be sent: they are pointers if true. (A bool whose default is true always
// is.)
var zeroIsAValue = map[string]bool{
	"ApplySdkVerificationTokenRequest.CheckMode":     false,
	"ApplySdkVerificationTokenRequest.RetryLimit":    false,
	"ApplySdkVerificationTokenRequest.SecurityLevel": false,
	"WebVerificationConfigIntl.AutoDowngrade":        false,
	"WebVerificationConfigIntl.CheckMode":            false,
	"WebVerificationConfigIntl.LivenessRetryLimit":   false,
	"WebVerificationConfigIntl.LivenessTimeout":      true,
	"WebVerificationConfigIntl.SecurityLevel":        false,
}

// zeroIsNone are nullable numbers of results whose 0 says as much as null: they
// are no pointers.
var zeroIsNone = set(
	"DetectDetail.LivenessMode", "DetectInfoText.LivenessMode", // 0 is unknown
	"DetectInfoText.NFCBillingCounts", // a count
	"VerificationDetail.ReqTimestamp",
)

// mediaTo are the requests whose results hold media, with names of such media.
// They have a field MediaTo, which is not sent.
var mediaTo = map[string]string{
	"CheckIdCardInformationRequest":       "Portrait",
	"GetDetectInfoEnhancedRequest":        "BestFrame.BestFrames[0], VideoData.LivenessVideo",
	"GetEidResultRequest":                 "BestFrame.BestFrame, IntentionQuestionResult.Video",
	"GetWebVerificationResultIntlRequest": "VideoBase64, OCRResult[0].CardImageBase64",
	"IdCardOCRVerificationRequest":        "Portrait",
	"LivenessCompareRequest":              "BestFrameBase64, BestFrameList[0]",
	"LivenessRecognitionRequest":          "BestFrameBase64, BestFrameList[0]",
}

// absentMatters are flags of results whose absence is no answer: they are
// pointers, although the specification says that they are never null.
var absentMatters = set("GetDetectInfoEnhancedResult.IsVerifyIntention", "GetEidResultResult.IsVerifyIntention")

// ownFields are fields of package faceid beside those of the specification. They
// are neither sent nor read.
var ownFields = map[string][]goField{
	"DetectAuthResult":             {willAskedResult},
	"GetEidTokenResult":            {willAskedResult},
	"GetDetectInfoEnhancedRequest": {willAskedRequest},
	"GetEidResultRequest": {willAskedRequest, {
		comment: wrapComment("Decrypts the identity in EidInfo, for ConfirmEid to compare; nil where the return of the real name is not granted"),
		line:    "EidKey *EidKey `json:\"-\"`",
	}},
	"GetDetectInfoEnhancedResult":        {decidedField},
	"GetEidResultResult":                 {decidedField},
	"GetWebVerificationResultIntlResult": {decidedField},
	"GetSdkVerificationResultResult":     {decidedField},
}

var (
	willAskedResult = goField{
		comment: wrapComment("Whether the flow asks for the will, as the request says; no member of the answer. Keep it with the token: the decision wants it back"),
		line:    "WillAsked bool `json:\"WillAsked,omitempty\"`",
	}
	willAskedRequest = goField{
		comment: wrapComment("Says that the flow was opened with something to ask: the decision then passes only if the will was given"),
		line:    "WillAsked bool `json:\"-\"`",
	}
	decidedField = goField{
		comment: "What a decision said of it",
		line:    "decided decided",
	}
)

func wrapComment(text string) string { return strings.ReplaceAll(wrap(text), "\n", "\n// ") }

// What prints of a result and of the objects named here: ids of requests, codes,
// switches and lengths. Tokens let their owner read a result; names, numbers,
// addresses, texts, pictures and URLs are personal. Neither prints. Requests and
// other objects print as their names. The Result of a check is its Code, which
// prints without being named here.
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
