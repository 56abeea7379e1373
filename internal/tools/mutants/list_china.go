package main

// chinaMutants break the App flow, the chips and the later checks of API 3.0 in China.
var chinaMutants = []mutant{
	// appflow.go
	{"BUSINESS compares with nobody", "appflow.go", `case r.CompareLib == CompareBusiness && (r.Name == "" || r.IDCard == ""):`, "case false:", "", "TestGetFaceIdTokenRefusesBadArguments"},
	{"LOCAL compares with nothing", "appflow.go", "case r.CompareLib == CompareLocal && len(r.Image) == 0:", "case false:", "", "TestGetFaceIdTokenRefusesBadArguments"},
	{"a photo of an App of any size", "appflow.go", "case size > maxAppImage:", "case false:", "", "TestGetFaceIdTokenRefusesBadArguments"},
	{"a flow of an App is not encrypted", "appflow.go", "if _, err := c.encryptRequest(op, r.encryption()); err != nil {", "if _, err := c.encryptRequest(op, neverEncrypted{}); err != nil {", "", "TestWithFieldEncryptionSendsNoPlainField"},
	{"a flow of an App forgets UseCos", "appflow.go", "result.UsedCos = r.UseCos", "_ = r.UseCos", "", "TestGetFaceIdResultBringsAddressesWithUseCos"},
	{"addresses are read as files", "appflow.go", "if !r.UsedCos {", "if true {", "", "TestGetFaceIdResultBringsAddressesWithUseCos"},
	{"cipher texts name a person in an App", "appflow.go", "err = key.decryptAnswer(ctx, op, requestID, r.MediaTo, into)", "_, _ = key, requestID", "", "TestGetFaceIdResultDecryptsTheAnswer"},
	{"an App passes without a comparison", "appflow.go", "case !r.compared():", "case false:", "", "TestConfirmFaceIdPassesNobodyWithoutAComparison"},
	{"an App passes with any code", "appflow.go", `case code.Number() != "0":`, "case false:", "", "TestConfirmFaceIdKnowsEveryCode"},
	{"an App passes anybody", "appflow.go", "if err = person.isIn(reported, result.compared()); err != nil {", "if err = person.isIn(reported, result.compared()); false {", "", "TestConfirmFaceIdDecidesAboutThePerson"},
	{"an App's words quote somebody", "appflow.go", "redactText(r.Description, []string{r.Name, r.IDCard})", "r.Description", "", "TestConfirmFaceIdKnowsEveryCode"},
	{"a sealed result of an App decides", "appflow.go", "case r.IsEncryptResponse && (r.Encryption != nil || c.fields == nil):", "case false:", "", "TestGetFaceIdResultRefusesBadArguments"},
	{"an empty token of an App", "appflow.go", `if err == nil && result.FaceIDToken == "" {
			return badCloudAnswer(op, result.RequestID, "FaceIdToken")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	result.UsedCos`, `_ = op
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	result.UsedCos`, "", "TestGetFaceIdTokenWantsAToken"},

	// livecode.go
	{"no digits to read", "livecode.go", `result.LiveCode == ""`, "false", "", "TestGetLiveCodeRefusesAnAnswerWithoutIt"},
	{"no order of movements", "livecode.go", `result.ActionSequence == ""`, "false", "", "TestGetLiveCodeRefusesAnAnswerWithoutIt"},

	// cloudnfc.go
	{"a forged chip passes", "cloudnfc.go", "case d.forged:", "case false:", "", "TestConfirmWxNFCWantsAGoodDocument"},
	{"a chip that nobody examined passes", "cloudnfc.go", "case d.told && !d.genuine:", "case false:", "", "TestConfirmWxNFCWantsAGoodDocument"},
	{"half a genuine chip is genuine", "cloudnfc.go", `genuine = genuine && ok && value == "0"`, `genuine = genuine && (!ok || value == "0")`, "", "TestConfirmWxNFCWantsAGoodDocument"},
	{"an unreadable CheckMRTD tells nothing", "cloudnfc.go", "return false, false, true", "return false, false, false", "", "TestConfirmWxNFCWantsAGoodDocument"},
	{"an old chip passes", "cloudnfc.go", "case (d.valid.LongTerm || !d.valid.To.IsZero()) && !d.valid.Covers(time.Now()):", "case d.valid.Covers(time.Time{}):", "", "TestConfirmWxNFCWantsAGoodDocument"},
	{"a chip without a number passes", "cloudnfc.go", `case d.number == "":`, "case false:", "", "TestConfirmWxNFCWantsAGoodDocument"},
	{"a chip is anybody's", "cloudnfc.go", "if err := p.isIn([]identity{read}, false); err != nil {", "if err := p.isIn([]identity{read}, false); false {", "", "TestConfirmWxNFCDecidesAboutTheDocument"},
	{"a chip is as opened", "cloudnfc.go", "if err := person.validateNamed(op); err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\tresult, err := c.getWxNFCResult", "if err := person.validateExpected(op); err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\tresult, err := c.getWxNFCResult", "", "TestConfirmWxNFCRefusesBadArguments"},

	// checksphone.go
	{"a name goes out as a digest", "checksphone.go", "case err != nil || len(*f.Value) != digits:", "case len(*f.Value) == 0:", "", "TestEncryptedPhoneVerificationWantsDigests"},
	{"a minor is known by too much", "checksphone.go", "for _, f := range other {", "for _, f := range other[:0] {", "", "TestMinorsVerificationRefusesBadArguments"},
	{"the age of nobody", "checksphone.go", "if v == nil || !v.Passed() && v.Family() != FamilyUnderAge {", "if v == nil {", "", "TestMinorsVerificationTellsWhoIsOfAge"},

	// faceidtest
	{"the simulator's FaceIdToken is for two", "faceidtest/cloudintl.go", "case appSDK, riskSDK:\n\t\treturn 1", "case appSDK, riskSDK:\n\t\treturn 2", "faceidtest", "TestGetFaceIdResultTellsAFailure"},
	{"the simulator's App has codes of WeChat", "faceidtest/cloudapp.go", `!known && a.Message == "" && f.kind == appSDK {`, "!known && false {", "faceidtest", "TestGetFaceIdResultTellsAFailure"},
	{"the simulator stores no files in COS", "faceidtest/cloudapp.go", "if len(file) == 0 || !f.inCos {", "if true {", "faceidtest", "TestGetFaceIdResultTellsTheEnd"},
	{"the simulator takes a photo of any size", "faceidtest/cloudapp.go", "case len(photo) > maxFaceIDPhoto:", "case false:", "faceidtest", "TestGetFaceIdTokenKeepsTheLimits"},
	{"the simulator's token reads two chips", "faceidtest/cloudchip.go", "delete(s.cloud.nfcTokens, key)", "_ = key", "faceidtest", "TestRunNFCMiniProgramUsesATokenOnce"},
	{"the simulator's chips live for ever", "faceidtest/cloudchip.go", "|| !s.now().Before(read.dies) {", "{", "faceidtest", "TestGetWxNFCResultTellsTheChip|TestParseNfcDataTellsTheChip"},
	{"the simulator mixes the SDKs of chips", "faceidtest/cloudchip.go", "read.mini != mini ||", "", "faceidtest", "TestGetWxNFCResultTellsTheChip"},
	{"the simulator takes any digest", "faceidtest/cloudchecksage.go", "err != nil || len(digest) != size {", "len(digest) > 999 && err != nil {", "faceidtest", "TestEncryptedPhoneVerificationTakesDigests"},
	// what is said of a failure
	{"a failure of an App's flow quotes its token", "appflow.go", "\t\t\tresult.Description = redactText(result.Description, private)\n", "", "", "TestConfirmFaceIdQuotesNobody"},
	{"a failure of a chip quotes its ReqID", "cloudnfc.go", "\tresult.ResultDescription = redactText(result.ResultDescription, private)\n", "", "", "TestConfirmNfcDataQuotesNobody"},
	{"a failure of a selfie quotes its token", "faceidintl.go", "\tresult.Description = redactText(result.Description, private)\n", "", "", "TestConfirmFaceIdIntlQuotesNobody"},
	{"a failure of liveness quotes its token", "faceidintl.go", "\tresult.Description = redactText(result.Description, []string{r.SDKToken})\n", "", "", "TestConfirmFaceIdIntlQuotesNobody"},
	{"a digest's values are quoted", "checksphone.go", "return []string{v.IDCard, v.Name, v.Phone}", "return nil", "", "TestEncryptedPhoneVerificationQuotesNobody"},
	{"the address of a video is quoted", "checksintl.go", "return []string{v.ImageURL, v.VideoURL}", "return nil", "", "TestIntlChecksQuoteNoAddress"},
	{"the address of a package is quoted", "checksintl.go", "return []string{v.LiveDataURL, v.ImageURL}", "return nil", "", "TestIntlChecksQuoteNoAddress"},
	{"a part of an upload's address is quoted", "intlupload.go", "\tprivate = append(private, partsOf(request.URL)...)\n", "", "", "TestUploadFileTellsWhatTheStorageAnswers"},
	{"a slow file is taken for a stall", "intlupload.go", "\tb.watch.Stop()\n\tn, err", "\tn, err", "", "TestUploadFileWaitsForTheFile"},
	{"a child of age passes", "checks.go", "&& !e.refuted }", "}", "", "TestMinorsVerificationTellsWhoIsOfAge"},
	{"a document that is not valid yet passes", "cloudnfc.go", "(d.valid.LongTerm || !d.valid.To.IsZero())", "!d.valid.To.IsZero()", "", "TestConfirmWxNFCWantsAGoodDocument"},
	{"a failure of a flow quotes who was expected", "detectresult.go", "result.Text.quoteNobody(private)", "_ = private", "", "TestConfirmQuotesNobodyOfAFlow"},
	{"a failure of E证通 quotes who was expected", "eid.go", "result.Text.quoteNobody(private)", "_ = private", "", "TestConfirmQuotesNobodyOfAFlow"},
}
