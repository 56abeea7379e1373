// Package faceidtest is the FaceID platform in one process: a strict,
// stateful simulator for tests, demonstrations and clients in any language.
// Think of it as httptest for face verification.
//
//	sim := faceidtest.Start(t)                        // gone when t ends
//	httpClient := &http.Client{Transport: sim}        // no socket, any host
//	sim.Script("order1", faceidtest.NotSamePerson())  // how that person ends
//	back, err := sim.Visit(ctx, loginURL)             // the browser's way back
//
// A [Server] is an [http.RoundTripper] first: no socket is opened, so it works
// inside a testing/synctest bubble (create it inside the bubble), where its
// clock is the bubble's. [Server.URL] opens a loopback port when one is asked
// for, [Server.Advance] moves the clock by hand, and [WithSpeed] shortens every
// lifetime.
//
// The simulator is as strict as the documents: a lenient fake teaches wrong
// code. It checks the names, the types and the form of every parameter, the
// exact set of signed values, and the lives of tokens, tickets, faceIds and
// results. Its checks share nothing with any client. [WithLenient] lets pass
// what the platform is believed to tolerate, [WithDialect] changes how answers
// are spelled, and [Server.NotSimulated] lists what is missing.
//
// # Products
//
// What an upload opens is launched where its product runs, and nowhere else:
//
//   - Plus, /api/server/getPlusFaceId: App SDK and /api/web/login
//   - Enhanced, /api/server/getAdvFaceId: App SDK and /api/web/login
//   - Basic, /api/server/getfaceid: App SDK; on iOS also without an upload,
//     liveness only
//   - Basic on a PC, /api/server/h5/geth5faceid: /api/pc/login
//
// All of them are queried at the same two paths.
//
//   - Will, /api/server/getWillFaceId: App SDK and /api/web/willLogin; queried
//     at /api/server/getWillFaceResult
//   - OCR has no upload: [Server.RunOCR] scans a card, and the backend asks
//     /api/server/getOcrResult or /api/server/getBankCardOcrResult
//   - NFC, /api/server/getOcrCertId: [Server.RunNFC] reads a document, and the
//     backend asks /api/v2/nfcpaas/getIdcardNfcResult
//
// An app may use them all. An order number works once, in whichever product.
//
//	sim.Script("order1", faceidtest.WrongAnswer())
//	sim.ScriptIDCard("order2", faceidtest.IDCard{BackCode: "66661007"})
//	sim.ScriptBankCardDefault(faceidtest.BankCard{WarnCode: "-9110"})
//	sim.ScriptNFC("order3", faceidtest.NFCDocument{Code: "66664006"})
//
// # API 3.0
//
// A POST to "/" is a call of API 3.0, of WeChat, E证通 or the international
// site, at any host; the action is in X-TC-Action, and its name stands for a
// path in [Server.FailNext], [Server.Calls] and [Server.RateLimit]. Every
// TC3-HMAC-SHA256 signature is verified, with the real clock.
//
//	sim.ScriptCloud("extra1", faceidtest.CloudTries(1002, 0)) // two attempts
//	back, err := sim.VisitCloud(ctx, url)                     // a Url or VerificationURL
//	res, err := sim.RunMiniProgram(ctx, bizToken)             // and RunEid, RunIntlSDK
//
// What opens a flow, and what asks how it ended:
//
//   - DetectAuth, with [RulePlus] and others or a [WithRule]: GetDetectInfo,
//     GetDetectInfoEnhanced, and the day after GetWeChatBillDetails
//   - GetEidToken, with [Merchant] or a [WithMerchant]: CheckEidTokenStatus,
//     GetEidResult
//   - ApplyWebVerificationBizTokenIntl: GetWebVerificationResultIntl
//   - ApplySdkVerificationToken: GetSdkVerificationResult
//
// The nineteen checks, from DetectAIFakeFaces to CheckPhoneAndName, pass until
// they are scripted. Ill-formed numbers get the code of their table in any case.
//
//	sim.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "-1"})
//
// Fields that a request encrypts for [Server.CloudRSAKey] or [Server.CloudSM2Key]
// are decrypted; a wrong list, tag or key is refused.
//
// # Pages
//
// A person who opens a login page, of H5, the PC, will, WeChat, E证通 or the
// international site, goes through consent and a camera that is none, and
// chooses an ending among those the product can have, or the scripted one. The
// pages speak Chinese or English, as the browser asks and the person switches,
// and work without a script. [WithPublicURL] lets them share a port with the
// merchant. The source names the marks that a headless browser can hold on to.
//
// # Lifetimes
//
//   - access_token 7200 s; minting a new one leaves each older one 60 s
//   - SIGN ticket 3600 s, reusable; a new one leaves each older one 60 s
//   - NONCE ticket 120 s, one use, one user
//   - tickets die with the token they were fetched with
//   - faceId, h5faceId and ocrCertId 5 minutes, and one verification: once a
//     page or an SDK that was entered has been left, it is used up, whatever the
//     end was (see [WithReentry]); results 3 days
//   - reqId 5 minutes and 10 queries
//   - BizToken of WeChat 7200 s; EidToken, BizToken and SdkToken of the
//     international site 600 s; their pages as long, and opened once; results 3
//     days from the token on; the files of an SDK's result 10 minutes
//
// A thing that lives n seconds is alive until just before n seconds are over.
//
// # Over a port, for other languages
//
// Beside the platform's own paths the simulator answers some of its own. Bodies
// are JSON with Content-Type application/json; a refusal is HTTP 400 with
// {"error": "..."}.
//
//   - POST /sim/order {"orderNo":"order1","ending":"not-same-person"} scripts
//     an order's person; instead of "ending" a bare "code" may be given. The
//     endings are passes, not-same-person, identity-mismatch, suspected-fake,
//     no-face, quits, times-out, no-camera, blocked, browser-unsupported,
//     no-real-time, risky-device, wrong-answer, only-in-wechat and unheard.
//     Without orderNo it is the default of every order that has no script.
//   - POST /sim/card {"orderNo":"order1","idCard":{...}} puts a card in front of
//     a scan; instead of "idCard" there may be "bankCard" or "nfc". The names
//     within are those of [IDCard], [BankCard] and [NFCDocument], files are
//     base64 and filesLag counts nanoseconds. Without orderNo it is the default.
//   - POST /sim/sdk {"params":{...}} runs a phone's SDK with these launch
//     parameters and answers {"platform","domain","code","message"}.
//   - POST /sim/ocr {"params":{...},"card":"id-card"} scans a card, or a
//     "bank-card", and answers {"platform","code","message"}.
//   - POST /sim/nfc {"params":{...},"extras":{...}} reads a document and answers
//     {"platform","code","message","orderNo","ocrCertId","reqId"}.
//   - POST /sim/cloud {"key":"extra1","codes":[1002,0]} scripts a person of API
//     3.0, by token or Extra; instead of "codes" there may be "ending": passes,
//     second-try, not-same-person, identity-mismatch, suspected-fake,
//     wrong-answer or quits. Without key it is the default.
//   - POST /sim/check {"action":"MobileStatus","result":"0","statusCode":1}
//     scripts a check of API 3.0; the names are those of [Check].
//   - POST /sim/run {"token":"..."} runs a mini program or the international SDK
//     with its token and answers {"token","code","message","left"}.
//   - POST /sim/advance {"seconds":120} moves the clock forward.
//   - GET /sim/status answers the clock, counters, mints, and what is not
//     simulated.
//
// The pages behind these rules: access_token
// https://cloud.tencent.com/document/product/1007/57613, tickets
// https://cloud.tencent.com/document/product/1007/57614, H5 login
// https://cloud.tencent.com/document/product/1007/114178, PC login
// https://cloud.tencent.com/document/product/1007/35894, PC callback
// https://cloud.tencent.com/document/product/1007/35895, queries
// https://cloud.tencent.com/document/product/1007/114181 and
// https://cloud.tencent.com/document/product/1007/114182, front-end codes
// https://cloud.tencent.com/document/product/1007/61074, bank card codes
// https://cloud.tencent.com/document/product/1007/47903.
package faceidtest
