package faceidtest

import (
	"fmt"
	"slices"
)

// An SDKSwitch is a setting that an App gives its SDK beside the launch
// parameters. It is the App's own: no server can set it, and no launch parameter
// has it.
type SDKSwitch string

// These are the switches that change what a backend sees. Their texts are their
// names in the JSON of /sim/sdk.
const (
	// RecordVideo makes the App record a video. The documents call it VIDEO_UPLOAD
	// on Android and recordVideo on iOS, and for a will RECORD_WILL_VIDEO and
	// recordWillVideo. It is off by default, and Harmony has none: an order has no
	// video then.
	RecordVideo SDKSwitch = "record-video"
	// LivenessOnly leaves the comparison out: it is an App of Plus or Enhanced on
	// iOS that has useAdvanceCompare NO. The record has no similarity then,
	// although the order was uploaded with a person. The documents give NO as the
	// default; an App that runs without LivenessOnly has set YES.
	LivenessOnly SDKSwitch = "liveness-only"
)

// lacks tells which of the switches the SDK does not have, or returns "".
func (p phone) lacks(switches []SDKSwitch) string {
	for _, one := range switches {
		if !slices.Contains(p.switches, one) {
			return fmt.Sprintf("the SDK of %s has no switch %q for this product", p.platform, string(one))
		}
	}
	return ""
}
