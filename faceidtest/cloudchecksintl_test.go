package faceidtest_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// intlChecks returns good requests of the checks that only the international site has,
// with fresh uploads.
func (c *caller) intlChecks() map[string]obj {
	c.t.Helper()
	photo, video := c.stored("Image", []byte("a photo")), c.stored("Video", []byte("a video"))
	files := maps.Clone(photo)
	maps.Copy(files, video)
	lights := c.stored("LiveData", []byte("a package"))
	maps.Copy(lights, photo)
	return map[string]obj{
		"CompareFaceLiveness":             {"ImageBase64": jpegOf(400), "VideoBase64": "AAAA", "LivenessType": "ACTION", "ValidateData": "4,2"},
		"VideoLivenessCompare":            plus(files, "LivenessType", "LIP", "ValidateData", "0123"),
		"DetectReflectLivenessAndCompare": lights,
	}
}

// Every answer has the fields of the specification, and every request its parameters and
// no others.
func TestIntlChecksAreThoseOfTheSpecification(t *testing.T) {
	text, err := os.ReadFile("../internal/cloudspec/intl.json")
	require.NoError(t, err)
	var spec struct{ Actions map[string]checkTable }
	require.NoError(t, json.Unmarshal(text, &spec))
	c := newCaller(t)
	all := c.everyAction()
	maps.Copy(all, c.intlChecks())
	for action, table := range spec.Actions {
		a := c.good(action, all[action])
		var want []string
		for _, f := range table.Response {
			want = append(want, f.Name)
		}
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(a.m)), action)
		c.refused("UnknownParameter", action, plus(all[action], "Surprise", 1))
		for _, f := range table.Request {
			if f.Required && f.Name != "ValidateData" { // one document calls it required and lets it be absent
				body := maps.Clone(all[action])
				delete(body, f.Name)
				c.refused("MissingParameter", action, body)
			}
		}
	}
}

func TestIntlChecksRefuseBadValues(t *testing.T) {
	c := newCaller(t)
	all := c.intlChecks()
	for _, x := range []struct {
		action string
		body   []any
	}{
		{"CompareFaceLiveness", []any{"ImageBase64", "AAAA"}},
		{"CompareFaceLiveness", []any{"VideoBase64", ""}},
		{"CompareFaceLiveness", []any{"LivenessType", "LIP"}},
		{"CompareFaceLiveness", []any{"ValidateData", "1,2,3"}},
		{"CompareFaceLiveness", []any{"ValidateData", "5"}},
		{"CompareFaceLiveness", []any{"LivenessType", "SILENT"}},
		{"VideoLivenessCompare", []any{"ValidateData", "12345"}},
		{"VideoLivenessCompare", []any{"LivenessType", "ACTION", "ValidateData", "3,4"}},
		{"VideoLivenessCompare", []any{"ImageMd5", "0123"}},
		{"DetectReflectLivenessAndCompare", []any{"LiveDataMd5", strings.Repeat("g", 32)}},
	} {
		c.refused("InvalidParameterValue", x.action, plus(all[x.action], x.body...))
	}
	c.good("CompareFaceLiveness", plus(all["CompareFaceLiveness"], "LivenessType", "SILENT", "ValidateData", ""))
	c.good("VideoLivenessCompare", plus(all["VideoLivenessCompare"], "LivenessType", "ACTION", "ValidateData", "2,1"))
}

// The files that a request names must have been uploaded, must be whole, and live 2 hours.
func TestIntlChecksNeedTheUploadedFiles(t *testing.T) {
	c := newCaller(t)
	all := c.intlChecks()
	all["GenerateReflectSequence"] = c.stored("DeviceData", []byte("a device"))
	for action, name := range map[string]string{"VideoLivenessCompare": "Video", "DetectReflectLivenessAndCompare": "LiveData", "GenerateReflectSequence": "DeviceData"} {
		c.good(action, all[action])
		c.refused("FailedOperation.DownLoadError", action, plus(all[action], name+"Url", "https://elsewhere.example/x"))
		c.refused("FailedOperation.DownLoadError", action, plus(all[action], name+"Url", c.good("CreateUploadUrl", goodBodies["CreateUploadUrl"]).text("ResourceUrl")))
		c.refused("FailedOperation.DownLoadError", action, plus(all[action], name+"Md5", strings.Repeat("0", 32)))
	}
	large := c.stored("Image", make([]byte, 3<<20))
	c.refused("FailedOperation.LifePhotoSizeError", "VideoLivenessCompare", plus(all["VideoLivenessCompare"], "ImageUrl", large["ImageUrl"], "ImageMd5", large["ImageMd5"]))
	c.sim.Advance(2*time.Hour - time.Second)
	c.good("VideoLivenessCompare", all["VideoLivenessCompare"])
	c.sim.Advance(time.Second)
	c.refused("FailedOperation.DownLoadError", "VideoLivenessCompare", all["VideoLivenessCompare"])
}

func TestIntlChecksEndAsScripted(t *testing.T) {
	c := newCaller(t)
	for action, body := range c.intlChecks() {
		a := c.good(action, body)
		require.Equal(t, "Success", a.at("Result"), action)
		require.EqualValues(t, 97, a.at("Sim"))
		c.sim.ScriptCheck(action, faceidtest.Check{Result: "FailedOperation.CompareLowSimilarity"})
		a = c.good(action, body)
		require.Equal(t, "FailedOperation.CompareLowSimilarity", a.at("Result"))
		require.EqualValues(t, 31.5, a.at("Sim"))
		c.sim.ScriptCheck(action, faceidtest.Check{Result: "FailedOperation.LivessDetectFail", AsError: true})
		c.refused("FailedOperation.LivessDetectFail", action, body)
		require.Panics(t, func() { c.sim.ScriptCheck(action, faceidtest.Check{Result: "-1"}) })
	}
	c.sim.ScriptCheck("DetectReflectLivenessAndCompare", faceidtest.Check{Result: "InternalError.CompareLowSimilarity", AsError: true})
	c.refused("InternalError.CompareLowSimilarity", "DetectReflectLivenessAndCompare", c.intlChecks()["DetectReflectLivenessAndCompare"])
	require.Panics(t, func() {
		c.sim.ScriptCheck("VideoLivenessCompare", faceidtest.Check{Result: "InternalError.CompareLowSimilarity"})
	})
}

// The international host has neither the parameters nor the fields that only China has.
func TestIntlHostLeavesOutWhatOnlyChinaHas(t *testing.T) {
	c := newCaller(t)
	c.base = "https://faceid.intl.tencentcloudapi.com"
	a := c.good("IdCardOCRVerification", goodChecks["IdCardOCRVerification"])
	for _, name := range []string{"Portrait", "Warnings", "Quality"} {
		require.NotContains(t, a.m, name)
	}
	require.Contains(t, a.m, "Result")
	c.refused("UnknownParameter", "IdCardOCRVerification", plus(goodChecks["IdCardOCRVerification"], "Config", "{}"))
	c.refused("UnknownParameter", "PhoneVerification", plus(goodChecks["PhoneVerification"], "VerifyMode", "0"))
	require.NotContains(t, c.good("PhoneVerification", goodChecks["PhoneVerification"]).m, "ResultDetail")
	c.base = "https://faceid.tencentcloudapi.com"
	require.Contains(t, c.good("PhoneVerification", plus(goodChecks["PhoneVerification"], "VerifyMode", "0")).m, "ResultDetail")
}

func TestIntlLightsAreBehindTheirURL(t *testing.T) {
	c := newCaller(t)
	a := c.good("GenerateReflectSequence", plus(c.stored("DeviceData", []byte("a device")), "SecurityLevel", "2"))
	res, err := c.http.Get(a.text("ReflectSequenceUrl"))
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
	c.refused("InvalidParameterValue", "GenerateReflectSequence", plus(c.stored("DeviceData", []byte("a device")), "SecurityLevel", "9"))
	frame := c.good("DetectReflectLivenessAndCompare", c.intlChecks()["DetectReflectLivenessAndCompare"]).text("BestFrameUrl")
	c.sim.Advance(2*time.Hour - time.Second)
	res, err = c.http.Get(frame)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
}
