// Package faceidtest is the FaceID platform in one process: a strict,
// stateful simulator for tests, demonstrations and clients in any language. It
// is to face verification what httptest is to HTTP.
//
//	sim := faceidtest.Start(t)                        // gone when t ends
//	httpClient := &http.Client{Transport: sim}        // no socket, any host
//	sim.Script("order1", faceidtest.NotSamePerson())  // how that person ends
//	back, err := sim.Visit(ctx, loginURL)             // the browser's way back
//
// A [Server] is an [http.RoundTripper] first. As such it opens no socket, so it
// works inside a testing/synctest bubble (create it inside the bubble), where its
// clock is the bubble's. [Server.URL] opens a loopback port, [Server.Advance]
// moves the clock by hand, and [WithSpeed] shortens every lifetime.
//
// The simulator is as strict as the documents, because a lenient simulator
// teaches wrong code. It validates the names, the types and the form of every
// parameter, the exact set of signed values, and the lives of tokens, tickets,
// faceIds and results. It shares no code for this with any client.
// [WithLenient] accepts what the platform is believed to tolerate,
// [WithDialect] changes how answers are spelled, and [Server.NotSimulated]
// lists what is missing.
//
// # Products
//
// An order that an upload opened is launched where its product runs, and nowhere
// else:
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
// An app may use them all, unless [WithAppProducts] opens some of them only. An
// order number works once, in whichever product.
//
//	sim.Script("order1", faceidtest.WrongAnswer())
//	sim.ScriptIDCard("order2", faceidtest.IDCard{BackCode: "66661007"})
//	sim.ScriptBankCardDefault(faceidtest.BankCard{WarnCode: "-9110"})
//	sim.ScriptNFC("order3", faceidtest.NFCDocument{Code: "66664006"})
//
// # API 3.0
//
// A POST to "/" is a call of API 3.0, of WeChat, E证通 or the international
// site, at any host. The action is in X-TC-Action, and its name stands for a
// path in [Server.FailNext], [Server.Calls] and [Server.RateLimit]. Every
// TC3-HMAC-SHA256 signature is verified, with the real clock.
//
//	sim.ScriptCloud("extra1", faceidtest.CloudTries(1002, 0)) // two attempts
//	back, err := sim.VisitCloud(ctx, url)                     // a Url or VerificationURL
//	res, err := sim.RunMiniProgram(ctx, bizToken)             // and RunEid, RunIntlSDK, RunAppSDK
//
// Each flow is opened by the action on the left, and queried by those on the
// right:
//
//   - DetectAuth, with [RulePlus] and others or a [WithRule], whose [RuleSetting]
//     are those of the console: GetDetectInfo, GetDetectInfoEnhanced, and the day
//     after GetWeChatBillDetails
//   - GetEidToken, with [Merchant] or a [WithMerchant]: CheckEidTokenStatus,
//     GetEidResult
//   - GetFaceIdToken: GetFaceIdResult
//   - GetFaceidRiskInfoToken: GetFaceIdRiskInfo, after [Server.RunRiskSDK]
//   - GetNFCToken: GetWxNFCResult, after [Server.RunNFCMiniProgram]; ParseNfcData
//     comes after [Server.RunNFCReader]
//   - ApplyWebVerificationBizTokenIntl: GetWebVerificationResultIntl
//   - ApplySdkVerificationToken: GetSdkVerificationResult
//   - GetFaceIdTokenIntl: GetFaceIdResultIntl
//   - ApplyLivenessToken: GetLivenessResult
//   - CreateUploadUrl, with a PUT to its URL: the actions that name an uploaded file
//
// The checks, from DetectAIFakeFaces to CheckPhoneAndName, pass until they are
// scripted. Ill-formed numbers get the code of their table in any case.
//
//	sim.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "-1"})
//
// Fields that a request encrypts for [Server.CloudRSAKey] or [Server.CloudSM2Key]
// are decrypted. A wrong list, tag or key is refused.
//
// # Pages
//
// The simulator has login pages of H5, the PC, will, WeChat, E证通 and the
// international site. A person who opens one goes through consent and a simulated
// camera, and chooses an ending among those that the product can have, or the
// scripted one. The pages speak Chinese or English, as the browser asks or the
// person chooses, and work without a script. [WithPublicURL] lets them share a
// port with the merchant. A comment in pages.go names the marks that a headless
// browser can rely on.
//
// # Lifetimes
//
//   - An access_token lives 7200 s. Minting a new one leaves each older one 60 s.
//   - A SIGN ticket lives 3600 s, and is reusable. A new one leaves each older one
//     60 s.
//   - A NONCE ticket lives 120 s, and is for one use of one user.
//   - Tickets die with the token they were fetched with.
//   - A faceId, h5faceId or ocrCertId lives 5 minutes, and is for one
//     verification: once a person has entered a page or an SDK and left it, the id
//     is used up, whatever the end was (see [WithReentry]). Results live 3 days.
//   - A reqId lives 5 minutes, and is for 10 queries.
//   - A BizToken of WeChat lives 7200 s; an EidToken, a FaceIdToken, and a BizToken or
//     SdkToken of the international site, 600 s. Their pages live as long, and are opened once;
//     that of WeChat is opened again until the person has passed. Results live 3
//     days from the token on (that of ApplyLivenessToken 2 hours), and the files of an
//     SDK's result 10 minutes.
//   - An NFCToken lives 10 minutes, and a ReqId of RunNFCReader 5.
//
// A value that lives n seconds is alive until just before n seconds are over.
//
// # Over a port, for other languages
//
// Beside the platform's paths the simulator answers some of its own. Bodies are
// JSON with Content-Type application/json. A refusal is HTTP 400 with
// {"error": "..."}.
//
//   - POST /sim/order {"orderNo":"order1","ending":"not-same-person"} scripts
//     an order's person; instead of "ending" a "code" may be given. The
//     endings are passes, not-same-person, identity-mismatch, suspected-fake,
//     no-face, quits, times-out, no-camera, blocked, browser-unsupported,
//     no-real-time, risky-device, wrong-answer, only-in-wechat and unheard.
//     Without orderNo it is the default of every order that has no script.
//   - POST /sim/card {"orderNo":"order1","idCard":{...}} puts a card in front of
//     a scan; instead of "idCard" there may be "bankCard" or "nfc". The names
//     within are those of [IDCard], [BankCard] and [NFCDocument], files are
//     base64 and filesLag counts nanoseconds. Without orderNo it is the default.
//   - POST /sim/sdk {"params":{...},"switches":["record-video"]} runs a phone's
//     SDK with these launch parameters and switches, as [SDKSwitch] names them, and
//     answers {"platform","domain","code","message"}.
//   - POST /sim/ocr {"params":{...},"card":"id-card"} scans a card, or a
//     "bank-card", and answers {"platform","code","message"}.
//   - POST /sim/nfc {"params":{...},"extras":{...}} reads a document and answers
//     {"platform","code","message","orderNo","ocrCertId","reqId"}.
//   - POST /sim/cloud {"key":"extra1","codes":[1002,0]} scripts a person of API
//     3.0, by token or Extra; instead of "codes" there may be "ending": passes,
//     second-try, not-same-person, identity-mismatch, suspected-fake,
//     wrong-answer or quits. "idCard", alone or with them, is the card that the
//     person shows. Without key it is the default.
//   - POST /sim/check {"action":"MobileStatus","result":"0","statusCode":1}
//     scripts a check of API 3.0; the names are those of [Check].
//   - POST /sim/run {"token":"..."} runs a mini program or an SDK of API 3.0 with
//     its token and answers {"token","code","message","left"}. With "nfc":true the
//     NFC SDK of an App reads a chip: the token of the request is the key of its
//     script, and that of the answer its ReqId.
//   - POST /sim/visit {"url":"..."} goes through a login page, or a page of API
//     3.0, as the scripted person does, and answers {"callback"}: the address to
//     which the browser comes back, signed as the platform signs it.
//   - POST /sim/fault {"path":"DetectAuth","fault":"status","status":502,"times":2}
//     queues trouble for the next requests to a path, or to an action by its name,
//     as [Server.FailNext]; 10,000 may wait at a path. The faults are code (with
//     "code", "message"), status (with "status", "body"), body (with "body"), delay (with "seconds"), hang,
//     truncate (with "bytes"), drop-before, drop-after and slow-body (with
//     "bytes", "seconds").
//   - GET /sim/requests answers the last 100 requests, without secrets and
//     persons, and why a parameter was refused.
//   - POST /sim/advance {"seconds":120} moves the clock forward, as [Server.Advance].
//   - GET /sim/status answers the clock, counters, mints, every key, as [Keys]
//     names them, and what is not simulated.
//
// These rules come from the platform's pages: access_token
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
