// The flows of a merchant who uses the official SDKs for Node, unmodified, against
// the simulator on a port. The first argument is the simulator's first line of
// JSON. Every answer, as the SDK decoded it, is printed as one line of JSON.
"use strict";
const crypto = require("crypto");
const china = require("tencentcloud-sdk-nodejs").faceid.v20180301;
const intl = require("tencentcloud-sdk-nodejs-intl-en");

const keys = JSON.parse(process.argv[2]);
const endpoint = keys.base_url.replace("http://", "");

const chinaClient = new china.Client({
  credential: { secretId: keys.secret_id, secretKey: keys.secret_key },
  region: "ap-guangzhou",
  profile: { httpProfile: { endpoint, protocol: "http://" } },
});

const httpProfile = new intl.common.HttpProfile();
httpProfile.endpoint = endpoint;
httpProfile.protocol = "http://";
const profile = new intl.common.ClientProfile();
profile.httpProfile = httpProfile;
profile.signMethod = "TC3-HMAC-SHA256";
const intlModels = intl.faceid.v20180301.Models;
const intlClient = new intl.faceid.v20180301.Client(
  new intl.common.Credential(keys.secret_id, keys.secret_key), "ap-singapore", profile);

function told(site, action, answer) {
  process.stdout.write(JSON.stringify({ site, action, answer }) + "\n");
  return answer;
}

async function inChina(action, request) {
  return told("cn", action, await chinaClient[action](request));
}

function abroad(action, request) {
  const typed = new intlModels[action + "Request"]();
  typed.from_json_string(JSON.stringify(request));
  return new Promise((resolve, reject) =>
    intlClient[action](typed, (err, answer) => (err ? reject(err) : resolve(told("intl", action, answer)))));
}

// sim asks one of the simulator's own paths.
async function sim(path, body) {
  const answer = await fetch(keys.base_url + path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(path + ": " + (await answer.text()));
  return answer.json();
}

// The people, numbers and pictures are invented.
const name = "李四", id = "11010519491231002X", phone = "13800138000", card = "6222020200012345678";
const photo = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0xff, 0xd9]).toString("base64");
const video = Buffer.from("an invented video").toString("base64");
const back = "https://shop.example/back";

async function weChat() {
  const flow = await inChina("DetectAuth", { RuleId: "sim-plus", Name: name, IdCard: id, RedirectUrl: back, Extra: "order1" });
  const { callback } = await sim("/sim/visit", { url: flow.Url });
  if (new URL(callback).searchParams.get("BizToken") !== flow.BizToken) throw new Error("the page led to " + callback);
  await inChina("GetDetectInfo", { BizToken: flow.BizToken, RuleId: "sim-plus" });
  const result = await inChina("GetDetectInfoEnhanced", { BizToken: flow.BizToken, RuleId: "sim-plus", InfoType: "0" });
  if (result.Text.ErrCode !== 0) throw new Error("WeChat: " + result.Text.ErrCode);

  const will = await inChina("DetectAuth", {
    RuleId: "sim-will", Name: name, IdCard: id,
    IntentionQuestions: [{ Question: "是否同意？", Answers: ["同意"] }], Config: { IntentionType: 0 },
  });
  await sim("/sim/run", { token: will.BizToken });
  await inChina("GetDetectInfoEnhanced", { BizToken: will.BizToken, RuleId: "sim-will", InfoType: "0" });
}

async function eid() {
  const { EidToken } = await inChina("GetEidToken", { MerchantId: "sim-merchant", Name: name, IdCard: id, Config: { InputType: "4" } });
  await inChina("CheckEidTokenStatus", { EidToken });
  await sim("/sim/run", { token: EidToken });
  const status = await inChina("CheckEidTokenStatus", { EidToken });
  if (status.Status !== "finished") throw new Error("E证通: " + status.Status);
  await inChina("GetEidResult", { EidToken, InfoType: "0" });
}

async function app() {
  const { FaceIdToken } = await inChina("GetFaceIdToken", { CompareLib: "BUSINESS", Name: name, IdCard: id, Extra: "order4" });
  await inChina("GetFaceIdResult", { FaceIdToken });
  await sim("/sim/run", { token: FaceIdToken });
  const result = await inChina("GetFaceIdResult", { FaceIdToken, IsNeedVideo: true, IsNeedBestFrame: true });
  if (result.Result !== "0") throw new Error("App: " + result.Result);
  const risks = await inChina("GetFaceidRiskInfoToken", { Extra: "order5" });
  await inChina("GetFaceIdRiskInfo", { FaceIdToken: risks.FaceIdToken });
  await sim("/sim/run", { token: risks.FaceIdToken });
  const { DeviceInfoLevel } = await inChina("GetFaceIdRiskInfo", { FaceIdToken: risks.FaceIdToken });
  if (DeviceInfoLevel !== 1) throw new Error("risks: " + DeviceInfoLevel);
}

async function chips() {
  const { Token } = await inChina("GetNFCToken", {});
  const mini = await sim("/sim/run", { token: Token });
  const read = await inChina("GetWxNFCResult", { NFCToken: mini.token });
  if (read.ResultCode !== "0") throw new Error("chip: " + read.ResultCode);
  const reader = await sim("/sim/run", { nfc: true });
  await inChina("ParseNfcData", { ReqId: reader.token });
}

async function videos() {
  const { LiveCode } = await inChina("GetLiveCode", {});
  await inChina("LivenessRecognition", { Name: name, IdCard: id, LivenessType: "LIP", ValidateData: LiveCode, VideoBase64: video });
  const { ActionSequence } = await inChina("GetActionSequence", {});
  await inChina("LivenessCompare", { LivenessType: "ACTION", ValidateData: ActionSequence, ImageBase64: photo, VideoBase64: video });
}

async function eKYC() {
  const web = await abroad("ApplyWebVerificationBizTokenIntl", { RedirectURL: back, Extra: "order2", RuleId: "sim-intl" });
  await sim("/sim/visit", { url: web.VerificationURL });
  await abroad("GetWebVerificationResultIntl", { BizToken: web.BizToken });
  const sdk = await abroad("ApplySdkVerificationToken", { Extra: "order3" });
  await abroad("GetSdkVerificationResult", { SdkToken: sdk.SdkToken });
  await sim("/sim/run", { token: sdk.SdkToken });
  const result = await abroad("GetSdkVerificationResult", { SdkToken: sdk.SdkToken });
  if (result.Result !== "0") throw new Error("eKYC: " + result.Result);
}

// stored uploads a file for an action, and returns its URL and its MD5.
async function stored(action, body) {
  const { UploadUrl, ResourceUrl } = await abroad("CreateUploadUrl", { TargetAction: action });
  const answer = await fetch(UploadUrl, { method: "PUT", body });
  if (!answer.ok) throw new Error("upload: " + answer.status);
  return [ResourceUrl, crypto.createHash("md5").update(body).digest("hex")];
}

async function selfies() {
  const { SdkToken } = await abroad("GetFaceIdTokenIntl", { CheckMode: "compare", Image: photo });
  await abroad("GetFaceIdResultIntl", { SdkToken });
  await sim("/sim/run", { token: SdkToken });
  const result = await abroad("GetFaceIdResultIntl", { SdkToken });
  if (result.Result !== "0") throw new Error("selfie: " + result.Result);
  const liveness = await abroad("ApplyLivenessToken", { SecureLevel: "4" });
  await sim("/sim/run", { token: liveness.SdkToken });
  await abroad("GetLivenessResult", { SdkToken: liveness.SdkToken });
  await abroad("CompareFaceLiveness", { ImageBase64: photo, VideoBase64: video, LivenessType: "ACTION", ValidateData: "4,2" });
  const [DeviceDataUrl, DeviceDataMd5] = await stored("GenerateReflectSequence", "a device");
  await abroad("GenerateReflectSequence", { DeviceDataUrl, DeviceDataMd5 });
  const [LiveDataUrl, LiveDataMd5] = await stored("DetectReflectLivenessAndCompare", "a person in the lights");
  const [ImageUrl, ImageMd5] = await stored("DetectReflectLivenessAndCompare", "a photo");
  const lights = await abroad("DetectReflectLivenessAndCompare", { LiveDataUrl, LiveDataMd5, ImageUrl, ImageMd5 });
  if (lights.Result !== "Success") throw new Error("lights: " + lights.Result);
}

const checks = {
  DetectAIFakeFaces: { FaceInput: photo, FaceInputType: 1 },
  LivenessRecognition: { Name: name, IdCard: id, LivenessType: "LIP", ValidateData: "1234", VideoBase64: video },
  LivenessCompare: { LivenessType: "SILENT", ImageBase64: photo, VideoUrl: "https://shop.example/v" },
  ImageRecognitionV2: { Name: name, IdCard: id, ImageBase64: photo },
  CheckIdCardInformation: { ImageBase64: photo },
  IdCardVerification: { Name: name, IdCard: id },
  IdCardOCRVerification: { Name: name, IdCard: id },
  CheckIdNameDate: { Name: name, IdCard: id, ValidityBegin: "20200101", ValidityEnd: "00000000" },
  CheckBankCardInformation: { BankCard: card },
  BankCard2EVerification: { Name: name, BankCard: card },
  BankCardVerification: { Name: name, IdCard: id, BankCard: card },
  BankCard4EVerification: { Name: name, IdCard: id, BankCard: card, Phone: phone },
  MobileNetworkTimeVerification: { Mobile: phone },
  MobileStatus: { Mobile: phone },
  MinorsVerification: { Type: "1", Name: name, IdCard: id },
  EncryptedPhoneVerification: { Name: name, IdCard: id, Phone: phone, EncryptionMode: "0" },
  PhoneVerification: { Name: name, IdCard: id, Phone: phone },
  PhoneVerificationCMCC: { Name: name, IdCard: id, Phone: phone },
  PhoneVerificationCTCC: { Name: name, IdCard: id, Phone: phone },
  PhoneVerificationCUCC: { Name: name, IdCard: id, Phone: phone },
  CheckPhoneAndName: { Name: name, Mobile: phone },
};

async function refusals() {
  for (const [request, code] of [[{ RuleId: "none" }, "InvalidParameterValue.RuleIdNotExist"], [{}, "MissingParameter"]]) {
    try {
      await chinaClient.DetectAuth(request);
    } catch (err) {
      if (err.code === code) continue;
      throw err;
    }
    throw new Error("the platform refuses " + JSON.stringify(request));
  }
}

async function main() {
  await weChat();
  await eid();
  await app();
  await chips();
  await videos();
  await eKYC();
  await selfies();
  for (const [action, request] of Object.entries(checks)) {
    await inChina(action, request);
    if (intlClient[action]) await abroad(action, request);
  }
  await inChina("GetWeChatBillDetails", { Date: new Date(Date.now() - 3 * 24 * 3600e3).toISOString().slice(0, 10), Cursor: 0 });
  await refusals();
}

main().catch((err) => {
  console.error(err);
  process.exitCode = 1;
});
