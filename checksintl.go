package faceid

import (
	"cmp"
	"context"
	"strings"
)

// This file has the checks of the international site that China does not have.

// CompareFaceLiveness checks that a video shows a live person, and compares the face with
// a photo that the caller gives. Video and photo together have at most 10 MB as Base64:
// for more, upload them and call VideoLivenessCompare. LivenessType is LivenessAction or
// LivenessSilent. The check may be charged, so it is not repeated after a network error if
// the request may have reached the platform. No document says which results are charged,
// so Charged is ChargedUnknown.
func (c *Client) CompareFaceLiveness(ctx context.Context, r CompareFaceLivenessRequest) (*CompareFaceLivenessResult, error) {
	return askAt[CompareFaceLivenessResult](ctx, c, SiteInternational, "CompareFaceLiveness", &r, r.MediaTo)
}

func (v *CompareFaceLivenessRequest) validate(op string) error {
	switch {
	case len(v.Image) == 0:
		return badArgument(op, "Image", "is empty")
	case len(v.Video) == 0:
		return badArgument(op, "Video", "is empty")
	case v.LivenessType == LivenessDigits:
		return badArgument(op, "LivenessType", "must be LivenessAction or LivenessSilent")
	case v.LivenessType == LivenessAction && !isMovements(v.ValidateData):
		return badArgument(op, "ValidateData", "must be one or two of 1, 2, 3, 4, joined by a comma, with LivenessAction")
	}
	return cmp.Or(
		v.LivenessType.validate(op, v.ValidateData),
		validateImage(op, "Image", v.Image, maxCheckPhoto, "3 MB"),
		validateVideo(op, v.Video, "", ""),
	)
}

// isMovements reports whether a text names one or two of the movements 1 to 4.
func isMovements(text string) bool {
	for _, one := range strings.Split(text, ",") {
		if len(one) != 1 || one < "1" || one > "4" {
			return false
		}
	}
	return strings.Count(text, ",") < 2
}

func (v *CompareFaceLivenessRequest) encryption() requestEncryption { return neverEncrypted{} }

// VideoLivenessCompare is CompareFaceLiveness for files that were uploaded before, with
// CreateUploadUrl and UploadFile or into a COS bucket of your own in the region of the
// Client. The person may also read digits aloud (LivenessDigits). The digits and the order
// of the movements are your own. BestFrame is behind a URL, whose life is not
// documented here; elsewhere it is 10 minutes. No document says which results are charged.
func (c *Client) VideoLivenessCompare(ctx context.Context, r VideoLivenessCompareRequest) (*VideoLivenessCompareResult, error) {
	return askAt[VideoLivenessCompareResult](ctx, c, SiteInternational, "VideoLivenessCompare", &r, nil)
}

func (v *VideoLivenessCompareRequest) validate(op string) error {
	return cmp.Or(
		validateResource(op, "Image", v.ImageURL, v.ImageMD5),
		validateResource(op, "Video", v.VideoURL, v.VideoMD5),
		v.LivenessType.validate(op, v.ValidateData),
		v.LivenessType.validateOwnDigits(op, v.ValidateData),
		validateOwnOrder(op, v.LivenessType, v.ValidateData),
	)
}

// validateOwnOrder refuses an order of movements that the documents do not have.
func validateOwnOrder(op string, t LivenessType, data string) error {
	if t == LivenessAction && data != "2,1" && data != "1,2" {
		return badArgument(op, "ValidateData", `must be "2,1" or "1,2" with LivenessAction`)
	}
	return nil
}

func (v *VideoLivenessCompareRequest) encryption() requestEncryption { return neverEncrypted{} }

func (v *VideoLivenessCompareRequest) privateTexts() []string {
	return []string{v.ImageURL, v.VideoURL}
}

// GenerateReflectSequence makes the sequence of lights that the client SDK shows to a
// person, for the device whose package was uploaded. Give the URL and the MD5 of the
// result to the App. How long the URL lives is not documented. The call is not repeated
// after a network error if the request may have reached the platform.
func (c *Client) GenerateReflectSequence(ctx context.Context, r GenerateReflectSequenceRequest) (*GenerateReflectSequenceResult, error) {
	const op = "GenerateReflectSequence"
	if err := cmp.Or(
		c.ready(ctx, op),
		validateResource(op, "DeviceData", r.DeviceDataURL, r.DeviceDataMD5),
		validateLivenessLevel(op, "SecurityLevel", r.SecurityLevel),
	); err != nil {
		return nil, err
	}
	var result GenerateReflectSequenceResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteInternational, action: op, private: []string{r.DeviceDataURL}, finish: func(_ string, err error) error {
		if err == nil && (result.ReflectSequenceURL == "" || result.ReflectSequenceMD5 == "") {
			return badCloudAnswer(op, result.RequestID, "ReflectSequenceUrl and ReflectSequenceMd5")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

// DetectReflectLivenessAndCompare checks the package that the client SDK made of a person
// while it showed the lights, and compares the face with a photo. Both were uploaded
// before. The best frame and its URL live 2 hours. The check may be charged, so it is not
// repeated after a network error if the request may have reached the platform. No
// document says which results are charged, so Charged is ChargedUnknown.
func (c *Client) DetectReflectLivenessAndCompare(ctx context.Context, r DetectReflectLivenessAndCompareRequest) (*DetectReflectLivenessAndCompareResult, error) {
	return askAt[DetectReflectLivenessAndCompareResult](ctx, c, SiteInternational, "DetectReflectLivenessAndCompare", &r, nil)
}

func (v *DetectReflectLivenessAndCompareRequest) validate(op string) error {
	return cmp.Or(
		validateResource(op, "LiveData", v.LiveDataURL, v.LiveDataMD5),
		validateResource(op, "Image", v.ImageURL, v.ImageMD5),
	)
}

func (v *DetectReflectLivenessAndCompareRequest) encryption() requestEncryption {
	return neverEncrypted{}
}

func (v *DetectReflectLivenessAndCompareRequest) privateTexts() []string {
	return []string{v.LiveDataURL, v.ImageURL}
}

// validateResource refuses a file that the platform could not find, or whose MD5 is none.
func validateResource(op, field, address, sum string) error {
	if reason := addressFault(address); reason != "" {
		return badArgument(op, field+"URL", "%s", reason)
	}
	if len(sum) != 32 || strings.Trim(sum, "0123456789abcdefABCDEF") != "" {
		return badArgument(op, field+"MD5", "must be 32 hexadecimal digits")
	}
	return nil
}
