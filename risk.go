package faceid

import "strings"

// RiskInfo is what the platform found risky: on Plus and Enhanced, and only
// where it has something to say. Fields may be empty.
type RiskInfo struct {
	DeviceInfoLevel RiskLevel // of the device
	DeviceInfoTag   string    // the platform's description of it
	RiskInfoLevel   string    // of the identity; its values are not documented
	RiskInfoTag     string    // the platform's description of it
	// LivenessInfoTag is what the large model saw, on Plus: see LivenessTags.
	LivenessInfoTag string
}

// RiskLevel is the risk of a device, "0" to "4"; "" if nothing was found.
type RiskLevel string

// High reports whether the device is of high risk (3 and 4): such a
// verification is intercepted.
func (l RiskLevel) High() bool { return l == "3" || l == "4" }

// Low reports whether the device is of low risk (0, 1 and 2). An unknown level
// is neither low nor high.
func (l RiskLevel) Low() bool { return l == "0" || l == "1" || l == "2" }

// LivenessTag is one thing that the large model saw in a Plus verification.
type LivenessTag string

// The documented tags.
const (
	LivenessEyesClosed      LivenessTag = "01" // all the time
	LivenessActionMissing   LivenessTag = "02" // the requested action was not done
	LivenessRecapture       LivenessTag = "03" // a screen or a picture was filmed
	LivenessSynthetic       LivenessTag = "04" // a synthesised face
	LivenessKnownTemplate   LivenessTag = "05" // a template of the underground trade
	LivenessWatermark       LivenessTag = "06" // a watermark
	LivenessReflection      LivenessTag = "07" // the reflected light was wrong
	LivenessSeveralFaces    LivenessTag = "08"
	LivenessPoorQuality     LivenessTag = "09"
	LivenessDistance        LivenessTag = "10" // the distance check failed
	LivenessAdversarial     LivenessTag = "11" // an adversarial sample
	LivenessTracesOfAttacks LivenessTag = "12" // in the region of the face
)

// Gloss returns what the tag means, in English; "" if it is not known.
func (t LivenessTag) Gloss() string { return Code("liveness-tag/" + t).Gloss() }

// LivenessTags splits LivenessInfoTag. How the platform joins several tags is
// not documented: whatever is not a letter or digit separates here.
func (r *RiskInfo) LivenessTags() []LivenessTag {
	if r == nil {
		return nil
	}
	var tags []LivenessTag
	for _, text := range strings.FieldsFunc(r.LivenessInfoTag, func(c rune) bool { return c > '~' || !isAlnum(string(c)) }) {
		tags = append(tags, LivenessTag(text))
	}
	return tags
}

// risk reads what stands beside a decision, so nothing odd in it spoils the
// answer: a list is its elements, joined, and anything else is absent here and
// stays in Raw.
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
