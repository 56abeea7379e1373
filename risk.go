package faceid

import "strings"

// RiskInfo holds the risks that the platform found, on Plus and Enhanced. Answers without
// risks may have none. Fields may be empty.
type RiskInfo struct {
	DeviceInfoLevel RiskLevel // the risk of the device
	DeviceInfoTag   string    // the platform's description of the device's risk
	RiskInfoLevel   string    // the risk of the identity; its values are not documented
	RiskInfoTag     string    // the platform's description of the identity's risk
	// LivenessInfoTag holds the findings of the large model, on Plus: see LivenessTags.
	LivenessInfoTag string
}

// RiskLevel is the risk of a device, "0" to "4". It is "" if no risk was found.
type RiskLevel string

// High reports whether the device is of high risk (3 and 4). The platform intercepts
// such a verification.
func (l RiskLevel) High() bool { return l == "3" || l == "4" }

// Low reports whether the device is of low risk (0, 1 and 2). An unknown level
// is neither low nor high.
func (l RiskLevel) Low() bool { return l == "0" || l == "1" || l == "2" }

// LivenessTag is one finding of the large model in a Plus verification.
type LivenessTag string

// These are the documented tags.
const (
	LivenessEyesClosed      LivenessTag = "01" // the eyes were closed all the time
	LivenessActionMissing   LivenessTag = "02" // the requested action was not done
	LivenessRecapture       LivenessTag = "03" // a screen or a picture was filmed
	LivenessSynthetic       LivenessTag = "04" // a synthesised face
	LivenessKnownTemplate   LivenessTag = "05" // a template of the underground trade
	LivenessWatermark       LivenessTag = "06" // a watermark
	LivenessReflection      LivenessTag = "07" // the reflected light was wrong
	LivenessSeveralFaces    LivenessTag = "08" // several faces
	LivenessPoorQuality     LivenessTag = "09" // poor quality
	LivenessDistance        LivenessTag = "10" // the distance was wrong
	LivenessAdversarial     LivenessTag = "11" // an adversarial sample
	LivenessTracesOfAttacks LivenessTag = "12" // traces of attacks in the region of the face
)

// Gloss returns the meaning of the tag in English, or "" if it is not known.
func (t LivenessTag) Gloss() string { return Code("liveness-tag/" + t).Gloss() }

// LivenessTags splits LivenessInfoTag. The documents do not say how the platform joins
// several tags. Here every character that is not a letter or digit separates tags.
func (r *RiskInfo) LivenessTags() []LivenessTag {
	if r == nil {
		return nil
	}
	var tags []LivenessTag
	for _, text := range strings.FieldsFunc(r.LivenessInfoTag, func(c rune) bool { return isOther(c) }) {
		tags = append(tags, LivenessTag(text))
	}
	return tags
}

// risk reads riskInfo. It stands beside the result, so no odd value in it may spoil the
// answer. The elements of a list are joined. A value of any other odd type is absent
// here, and stays in Raw.
func (r *reader) risk() *RiskInfo {
	o := r.answer.LooseObject("riskInfo")
	if o == nil {
		return nil
	}
	return &RiskInfo{
		DeviceInfoLevel: RiskLevel(o.LooseText("deviceInfoLevel")), DeviceInfoTag: o.LooseText("deviceInfoTag"),
		RiskInfoLevel: o.LooseText("riskInfoLevel"), RiskInfoTag: o.LooseText("riskInfoTag"), LivenessInfoTag: o.LooseText("LivenessInfoTag"),
	}
}
