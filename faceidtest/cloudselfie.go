package faceidtest

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// livenessLife is how long the result of ApplyLivenessToken is kept.
const livenessLife = 2 * time.Hour

// selfieFlow holds the choices of a request for the SDK flows that read no document.
type selfieFlow struct {
	compares bool
	actions  bool // the person is asked to move
	tries    int64
	edition  string
}

var (
	selfieTokenFields = []cloudField{
		textField("CheckMode", oneOf("", "liveness", "compare")),
		textField("SecureLevel", oneOf("", "1", "2", "3", "4")),
		textField("Image", cloudPicture(maxCloudBody)),
		textField("Extra", anyText),
		textField("ActionList", isActionList),
		textField("SdkVersion", oneOf("", "BASIC", "ENHANCED", "PRO", "PLUS")),
		numberField("RetryLimit", 1, 5),
	}
	livenessTokenFields = []cloudField{textField("SecureLevel", oneOf("", "1", "2", "3", "4"))}
)

// selfieToken answers https://www.tencentcloud.com/document/product/1061/54556. The page
// lists no other error for a wrong value than InvalidParameter.
func (s *Server) selfieToken(_ *incoming, v args) reply {
	level := v.text("SecureLevel")
	moves := level == "" || level == "2" || level == "4"
	switch {
	case v.text("CheckMode") == "compare" && v.text("Image") == "":
		return cloudRefuse("InvalidParameter", "The CheckMode compare needs an Image.")
	case v.text("ActionList") != "" && !moves:
		return cloudRefuse("InvalidParameter", "An ActionList needs SecureLevel 2 or 4.")
	}
	f := &flow{kind: selfieIntl, product: "intl", life: shortTokenLife, extra: v.text("Extra"),
		selfie: selfieFlow{compares: v.text("CheckMode") == "compare", actions: moves, tries: v.number("RetryLimit", 5), edition: v.text("SdkVersion")}}
	s.newFlow(f)
	return reply{result: object{{"SdkToken", f.token}}}
}

// selfieResult answers https://www.tencentcloud.com/document/product/1061/54557.
func (s *Server) selfieResult(_ *incoming, v args) reply {
	f, bad := s.flowOf(v.text("SdkToken"), "InvalidParameterValue.BizTokenIllegal", selfieIntl)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	out := object{{"Result", "-999"}, {"Description", "Not finished"}, {"BestFrame", ""}, {"Video", ""}, {"ActionVideo", ""},
		{"Similarity", nil}, {"Extra", orNull(f.extra)}, {"DeviceInfoLevel", ""}, {"LivenessInfoTag", nil}}
	if !f.over {
		return reply{result: out}
	}
	t, edition := f.last(), f.selfie.edition
	out.set("Result", decimal(t.Code)).set("Description", f.message(t.Code)).set("BestFrame", media(f.bestFrame())).set("Video", media(f.video()))
	if f.selfie.actions {
		out.set("ActionVideo", media(f.video()))
	}
	switch {
	case !f.selfie.compares:
		out.set("Similarity", json.Number("0"))
	case t.compared():
		out.set("Similarity", floatOf(t.similarity()))
	}
	if edition == "ENHANCED" || edition == "PLUS" {
		out.set("DeviceInfoLevel", f.ending.DeviceInfoLevel)
	}
	if edition == "PLUS" || edition == "PRO" {
		out.set("LivenessInfoTag", textList(f.ending.LivenessInfoTag))
	}
	return reply{result: out}
}

// livenessToken answers ApplyLivenessToken.
func (s *Server) livenessToken(_ *incoming, _ args) reply {
	f := &flow{kind: livenessIntl, product: "intl", life: shortTokenLife, selfie: selfieFlow{tries: 5}}
	s.newFlow(f)
	return reply{result: object{{"SdkToken", f.token}}}
}

// livenessResult answers GetLivenessResult.
func (s *Server) livenessResult(_ *incoming, v args) reply {
	f, bad := s.flowOf(v.text("SdkToken"), "InvalidParameterValue.BizTokenIllegal", livenessIntl)
	switch {
	case bad != "":
		return cloudRefuse(bad, "")
	case !s.now().Before(f.issued.Add(s.scaled(livenessLife))):
		return cloudRefuse("InvalidParameterValue.BizTokenExpired", "")
	}
	out := object{{"Result", "-999"}, {"Description", "Not finished"}, {"BestFrame", nil}, {"Video", nil}}
	if f.over {
		t := f.last()
		out.set("Result", decimal(t.Code)).set("Description", f.message(t.Code)).
			set("BestFrame", s.keep(f.bestFrame(), "image/jpeg")).set("Video", s.keep(f.video(), "video/mp4"))
	}
	return reply{result: out}
}

// intlSDKs are the flows that the international SDK runs.
var intlSDKs = []flowKind{sdkIntl, selfieIntl, livenessIntl}

// inIntlSDK reports whether the international SDK runs the flow.
func (f *flow) inIntlSDK() bool { return slices.Contains(intlSDKs, f.kind) }

// RunIntlSDK runs the international SDK with an SdkToken: of ApplySdkVerificationToken,
// of GetFaceIdTokenIntl or of ApplyLivenessToken.
func (s *Server) RunIntlSDK(ctx context.Context, sdkToken string) (*CloudResult, error) {
	kind := sdkIntl
	s.mu.Lock()
	if f := s.cloud.flows[sdkToken]; f != nil && f.inIntlSDK() {
		kind = f.kind
	}
	s.mu.Unlock()
	return s.runCloud(ctx, "RunIntlSDK", sdkToken, kind)
}
