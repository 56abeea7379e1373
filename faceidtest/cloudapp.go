package faceidtest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

var (
	faceIDTokenFields = []cloudField{
		textField("CompareLib", anyText).must(),
		encryptableField("IdCard", anyText),
		encryptableField("Name", anyText),
		encryptableField("ImageBase64", anyText),
		textField("Meta", anyText),
		textField("Extra", anyText),
		flagField("UseCos"),
		encryptionField,
		textField("RuleId", anyText),
		textField("MetaData", anyText),
	}
	faceIDResultFields = []cloudField{
		textField("FaceIdToken", anyText).must(),
		flagField("IsNeedVideo"),
		flagField("IsNeedBestFrame"),
		flagField("IsEncryptResponse"),
		encryptionField,
	}
	riskTokenFields = []cloudField{textField("Meta", anyText), textField("Extra", anyText)}
	riskInfoFields  = []cloudField{textField("FaceIdToken", anyText).must()}
)

const (
	maxFaceIDPhoto = 8 << 20 // characters of base64
	maxFaceIDExtra = 1000
)

// faceIDToken answers https://cloud.tencent.com/document/product/1007/49198. The page
// lists no other error for a wrong value than InvalidParameter.
func (s *Server) faceIDToken(_ *incoming, v args) reply {
	if bad := s.cloud.decrypt(v, faceIDTokenFields); bad.code != "" {
		return bad
	}
	photo, lib := v.text("ImageBase64"), v.text("CompareLib")
	switch {
	case lib != "LOCAL" && lib != "BUSINESS":
		return cloudRefuse("InvalidParameter", "`CompareLib` is neither LOCAL nor BUSINESS.")
	case lib == "BUSINESS" && (v.text("Name") == "" || v.text("IdCard") == ""):
		return cloudRefuse("InvalidParameter", "BUSINESS needs `Name` and `IdCard`.")
	case lib == "LOCAL" && photo == "":
		return cloudRefuse("InvalidParameter", "LOCAL needs `ImageBase64`.")
	case len(photo) > maxFaceIDPhoto:
		return cloudRefuse("FailedOperation.ImageSizeTooLarge", "")
	case !cloudBase64(maxFaceIDPhoto)(photo), !chars(maxFaceIDExtra)(v.text("Extra")):
		return cloudRefuse("InvalidParameter", "")
	}
	f := &flow{kind: appSDK, product: "app", life: shortTokenLife, name: v.text("Name"), id: v.text("IdCard"), extra: v.text("Extra"),
		inCos: v.yes("UseCos")}
	s.newFlow(f)
	return reply{result: object{{"FaceIdToken", f.token}, {"ClientConfig", randomText(64)}}}
}

// faceIDResult answers https://cloud.tencent.com/document/product/1007/49199.
func (s *Server) faceIDResult(_ *incoming, v args) reply {
	f, bad := s.flowOf(v.text("FaceIdToken"), "InvalidParameterValue.BizTokenIllegal", appSDK)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	out := object{{"IdCard", f.id}, {"Name", f.name}, {"Result", ""}, {"Description", ""}, {"Similarity", json.Number("0")},
		{"VideoBase64", nil}, {"BestFrameBase64", nil}, {"Extra", orNull(f.extra)}, {"DeviceInfoTag", nil}, {"RiskInfoTag", nil},
		{"LivenessInfoTag", nil}, {"DeviceInfoLevel", nil}, {"IdCardFrontBase64", ""}, {"Encryption", nil}, {"EncryptedBody", nil}}
	if f.over {
		f.tellEnd(out, v)
	}
	if v.sub("Encryption") == nil && !v.yes("IsEncryptResponse") {
		return reply{result: out}
	}
	return s.cloud.encryptAnswer(v, out, func(lock locker) {
		lock.member(out, "IdCard", "Response.IdCard")
		lock.member(out, "Name", "Response.Name")
	})
}

// tellEnd puts into an answer how the flow ended.
func (f *flow) tellEnd(out object, v args) {
	t := f.last()
	out.set("Result", decimal(t.Code)).set("Description", f.message(t.Code)).
		set("LivenessInfoTag", orNull(strings.Join(f.ending.LivenessInfoTag, "_"))).set("DeviceInfoLevel", orNull(f.ending.DeviceInfoLevel))
	if t.compared() && t.similarity() != "" {
		out.set("Similarity", floatOf(t.similarity()))
	}
	if t.Code == 1007 {
		out.set("RiskInfoTag", "02")
	}
	if v.yes("IsNeedVideo") {
		out.set("VideoBase64", f.stored(f.video(), "video.mp4"))
	}
	if v.yes("IsNeedBestFrame") {
		out.set("BestFrameBase64", f.stored(f.bestFrame(), "frame.jpg"))
	}
}

// stored returns a file in base64, or its address in the merchant's bucket.
func (f *flow) stored(file []byte, name string) any {
	if len(file) == 0 || !f.inCos {
		return fileOrNull(file)
	}
	return "https://sim-1250000000.cos.ap-guangzhou.myqcloud.com/" + f.token + "/" + name
}

// riskToken answers https://cloud.tencent.com/document/product/1007/104581.
func (s *Server) riskToken(_ *incoming, v args) reply {
	if !chars(maxFaceIDExtra)(v.text("Extra")) {
		return cloudRefuse("InvalidParameter", "")
	}
	f := &flow{kind: riskSDK, product: "app", life: shortTokenLife, extra: v.text("Extra")}
	s.newFlow(f)
	return reply{result: object{{"FaceIdToken", f.token}}}
}

// riskInfo answers GetFaceIdRiskInfo.
func (s *Server) riskInfo(_ *incoming, v args) reply {
	f, bad := s.flowOf(v.text("FaceIdToken"), "InvalidParameterValue.BizTokenIllegal", riskSDK)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	out := object{{"DeviceInfoTag", nil}, {"DeviceInfoLevel", nil}, {"OpenId", nil}, {"CameraInfoLevel", nil}, {"CameraInfoTag", nil}, {"Extra", orNull(f.extra)}}
	if f.over {
		level, tag := f.ending.DeviceInfoLevel, ""
		fill(&level, "1")
		if level == "3" || level == "4" {
			tag = "01"
		}
		out.set("DeviceInfoTag", tag).set("DeviceInfoLevel", json.Number(level)).set("OpenId", "sim-device").
			set("CameraInfoLevel", json.Number("1")).set("CameraInfoTag", "")
	}
	return reply{result: out}
}

// RunAppSDK runs the client SDK of an App with a FaceIdToken of GetFaceIdToken. The
// token is for one verification, whatever its end is, unless the person quits.
func (s *Server) RunAppSDK(ctx context.Context, faceIDToken string) (*CloudResult, error) {
	return s.runCloud(ctx, "RunAppSDK", faceIDToken, appSDK)
}

// RunRiskSDK runs the client SDK of an App with a FaceIdToken of
// GetFaceidRiskInfoToken. It collects the risks of the device, whose level is the
// DeviceInfoLevel of the scripted ending: "1" to "4" or "-1", and "1" without a script.
func (s *Server) RunRiskSDK(ctx context.Context, faceIDToken string) (*CloudResult, error) {
	return s.runCloud(ctx, "RunRiskSDK", faceIDToken, riskSDK)
}

// cannotEndInApp tells why the SDK of an App cannot end like this, or returns "".
func (f *flow) cannotEndInApp(e CloudEnding) string {
	levels := map[flowKind][]string{appSDK: {"", "1", "2", "3", "4"}, riskSDK: {"", "1", "2", "3", "4", "-1"}}[f.kind]
	for _, a := range e.Attempts {
		if _, known := appMessages[a.Code]; !known && a.Message == "" && f.kind == appSDK {
			return "the table of the SDK has no code " + decimal(a.Code)
		}
	}
	if !slices.Contains(levels, e.DeviceInfoLevel) {
		return "the answer tells no such DeviceInfoLevel"
	}
	return ""
}

// appMessages are the platform's words for the end of the SDK of an App, from
// https://cloud.tencent.com/document/product/1007/101997.
var appMessages = map[int]string{
	0:    "成功",
	2:    "调用方式出错，请参考人脸核身文档进行调用",
	3:    "调用方式出错，请参考人脸核身文档进行调用",
	4:    "服务异常，请稍后重试或联系客服人员",
	7:    "服务异常，请稍后重试或联系客服人员",
	8:    "服务异常，请稍后重试或联系客服人员",
	14:   "本次校验已完成",
	15:   "token 过期，请重试",
	17:   "调用方式出错，请参考人脸核身文档进行调用",
	18:   "超出限频次数",
	19:   "超出有效期",
	1001: "引擎超时，请稍后重试",
	1003: "人脸识别验证未成功，请重试",
	1004: "人脸验证失败，请重试",
	1005: "人脸验证失败，请重试",
	1007: "活体检测失败，命中风控逻辑",
	1202: "光线不佳，建议在光源充足的室内环境验证",
	2001: "引擎超时，请稍后重试",
	2002: "姓名有误，请确认后重试",
	2003: "身份证号有误，请确认后重试",
	2004: "视频提取照片出错，请重试或更换手机进行验证",
	2005: "未查询到身份信息，请通过其他渠道验证",
	2006: "姓名和身份证号不匹配，请核实身份后重试",
	2007: "未查询到照片信息，请通过其他渠道验证",
	2009: "查询到照片分辨率过低，请通过其他渠道验证",
	2011: "无法判断为同一人，请确认身份后重试（疑似非活体）",
	2012: "检测到多张人脸，请保持验证视频中只有本人",
	2013: "脸部未完整露出，请保持正脸面对屏幕",
	2014: "视频像素太低无法检测，请更换手机进行验证",
	2015: "无法判断为同一人，请确认身份后重试（比对失败）",
	2016: "无法判断为同一人，请确认身份后重试（相似度未达到通过阈值）",
	2017: "权威数据源升级中，请稍后再试",
}
