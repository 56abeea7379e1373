package faceid

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
)

// Checks of pictures and videos of faces.

// LivenessType is what the person did in a video.
type LivenessType string

// The ways.
const (
	LivenessDigits LivenessType = "LIP"    // read digits aloud: ValidateData has them
	LivenessAction LivenessType = "ACTION" // moved: ValidateData has the order
	LivenessSilent LivenessType = "SILENT" // nothing
)

// LivenessRecognition checks that a video shows a live person, and that this is
// whose name and number are given: the authority has a photo. It is charged if
// it passed, and if name and number or the faces did not fit. It is not repeated
// after a network error that may have reached the platform.
//
// API: https://cloud.tencent.com/document/product/1007/31818
func (c *Client) LivenessRecognition(ctx context.Context, r LivenessRecognitionRequest) (*LivenessRecognitionResult, error) {
	return ask[LivenessRecognitionResult](ctx, c, "LivenessRecognition", &r, r.MediaTo)
}

func (v *LivenessRecognitionRequest) check(op string) error {
	if err := checkFields(op, v.sealing()); err != nil {
		return err
	}
	if err := v.LivenessType.check(op, v.ValidateData); err != nil {
		return err
	}
	return checkVideo(op, v.Video, v.VideoURL, v.Optional)
}

// LivenessCompare is LivenessRecognition against a photo of the caller's. Video
// and photo together have at most 10 MB as Base64: give the address of one.
func (c *Client) LivenessCompare(ctx context.Context, r LivenessCompareRequest) (*LivenessCompareResult, error) {
	return ask[LivenessCompareResult](ctx, c, "LivenessCompare", &r, r.MediaTo)
}

func (v *LivenessCompareRequest) check(op string) error {
	if err := v.LivenessType.check(op, v.ValidateData); err != nil {
		return err
	}
	if err := checkEither(op, "Image", v.Image, v.ImageURL); err != nil {
		return err
	}
	if err := checkImage(op, "Image", v.Image, maxCheckPhoto, "3 MB"); err != nil {
		return err
	}
	return checkVideo(op, v.Video, v.VideoURL, v.Optional)
}

func (v *LivenessCompareRequest) sealing() sealing { return sealing{} }

func (t LivenessType) check(op, data string) error {
	switch {
	case t == LivenessSilent && data != "":
		return badArgument(op, "ValidateData", "is not empty, but with LivenessSilent nothing is asked for")
	case t == LivenessSilent:
		return nil
	case t != LivenessDigits && t != LivenessAction:
		return badArgument(op, "LivenessType", "must be LivenessDigits, LivenessAction or LivenessSilent")
	case data == "":
		return badArgument(op, "ValidateData", "is empty: what was the person asked to do?")
	}
	return nil
}

func checkVideo(op string, video []byte, address, optional string) error {
	if err := checkEither(op, "Video", video, address); err != nil {
		return err
	}
	if n := base64.StdEncoding.EncodedLen(len(video)); n > maxCheckVideo {
		return badArgument(op, "Video", "has %d bytes of base64, at most %d (8 MB) are allowed", n, maxCheckVideo)
	}
	return checkJSON(op, "Optional", optional)
}

// ImageRecognitionV2 checks that a photo shows the person whose name and number
// are given: the authority has a photo. It is charged as LivenessRecognition is,
// and not repeated either.
//
// API: https://cloud.tencent.com/document/product/1007/102203
func (c *Client) ImageRecognitionV2(ctx context.Context, r ImageRecognitionV2Request) (*ImageRecognitionV2Result, error) {
	return ask[ImageRecognitionV2Result](ctx, c, "ImageRecognitionV2", &r, nil)
}

func (v *ImageRecognitionV2Request) check(op string) error {
	if err := checkFields(op, v.sealing()); err != nil {
		return err
	}
	if len(v.Image) == 0 {
		return badArgument(op, "Image", "is empty")
	}
	if err := checkLength(op, "Extra", v.Extra, maxCheckExtra); err != nil {
		return err
	}
	return checkImage(op, "Image", v.Image, maxCheckPhoto, "3 MB")
}

// FaceInputType is what DetectAIFakeFaces looks at.
type FaceInputType int64

// The kinds.
const (
	FacePicture FaceInputType = 1
	FaceVideo   FaceInputType = 2
)

// AttackRiskLevel is how likely an attack is.
type AttackRiskLevel string

// The levels. The platform advises to turn AttackRiskHigh away.
const (
	AttackRiskLow  AttackRiskLevel = "Low"
	AttackRiskMid  AttackRiskLevel = "Mid"
	AttackRiskHigh AttackRiskLevel = "High"
)

// AttackRiskType is a trace of an attack.
type AttackRiskType string

// The traces.
const (
	AttackSpoofing       AttackRiskType = "SuspectedSpoofingAttack" // recorded from a picture or a screen
	AttackSynthesisImage AttackRiskType = "SuspectedSynthesisImage"
	AttackSynthesisVideo AttackRiskType = "SuspectedSynthesisVideo"
	AttackAnomaly        AttackRiskType = "SuspectedAnomalyAttack"     // not a real face
	AttackAdversarial    AttackRiskType = "SuspectedAdversarialAttack" // made to mislead a comparison
	AttackBlackIndustry  AttackRiskType = "SuspectedBlackIndustry"     // made from a template, in great number
	AttackWatermark      AttackRiskType = "SuspectedWatermark"
)

// DetectAIFakeFaces looks for forgery in a picture or a video of one face. What
// cannot be examined (no face, covered, undecodable) is an error, and its code
// has a family of outcomes. It is not repeated after a network error that may
// have reached the platform, because it is charged.
//
// API: https://cloud.tencent.com/document/product/1007/101561
func (c *Client) DetectAIFakeFaces(ctx context.Context, r DetectAIFakeFacesRequest) (*DetectAIFakeFacesResult, error) {
	const op = "DetectAIFakeFaces"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := r.check(op); err != nil {
		return nil, err
	}
	if err := c.sealFaces(op, &r); err != nil {
		return nil, err
	}
	var result DetectAIFakeFacesResult
	answered := false
	_, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, read: func(_ string, err error) error {
		switch {
		case err != nil:
			return err
		case result.AttackRiskLevel == "":
			return badCloudAnswer(op, result.RequestID, "AttackRiskLevel")
		}
		answered = true
		if result.Family() == ErrUnknownCode {
			return result.Err()
		}
		return nil
	}}, r, &result)
	if !answered {
		return nil, err
	}
	return &result, err
}

func (v *DetectAIFakeFacesRequest) check(op string) error {
	if v.Encryption != nil || v.EncryptedBody != "" {
		switch {
		case v.Encryption == nil || v.EncryptedBody == "":
			return badArgument(op, "EncryptedBody", "and Encryption go together")
		case len(v.FaceInput) > 0 || v.FaceInputType != 0:
			return badArgument(op, "EncryptedBody", "holds FaceInput and FaceInputType: do not give them beside it")
		}
		return checkCiphertext(op, "EncryptedBody", v.EncryptedBody)
	}
	switch v.FaceInputType {
	case FacePicture:
		if err := checkImage(op, "FaceInput", v.FaceInput, maxCloudBody, "10 MB"); err != nil {
			return err
		}
	case FaceVideo:
	default:
		return badArgument(op, "FaceInputType", "must be FacePicture or FaceVideo")
	}
	if len(v.FaceInput) == 0 {
		return badArgument(op, "FaceInput", "is empty")
	}
	return nil
}

// sealFaces encrypts the whole request, whose fields the platform takes in a body
// of their own.
func (c *Client) sealFaces(op string, r *DetectAIFakeFacesRequest) error {
	if c.fields == nil || r.Encryption != nil {
		return nil
	}
	text, err := json.Marshal(r)
	if err == nil {
		var key *FieldKey
		if key, err = c.fields.newKey(c.fields.algorithm); err == nil {
			body := string(text)
			r.Encryption, err = key.Seal(SealedField{encryptedBody, &body})
			r.FaceInput, r.FaceInputType, r.EncryptedBody = nil, 0, body
		}
	}
	if err != nil {
		return &Error{Op: op, Family: ErrRequest, Err: errSeal}
	}
	return nil
}

// encryptedBody is what an EncryptList calls EncryptedBody.
const encryptedBody = "EncryptionBody"

// Passed reports whether the face may pass: the risk is Low or Mid, as the
// platform advises. Who wants to be stricter looks at AttackRiskLevel.
func (v *DetectAIFakeFacesResult) Passed() bool { return v.Family() == FamilyPassed }

// Family is FamilySuspectedFake if the risk is High, and ErrUnknownCode for a
// level that this version does not know.
func (v *DetectAIFakeFacesResult) Family() Family {
	if v == nil {
		return ErrBadAnswer
	}
	switch v.AttackRiskLevel {
	case AttackRiskLow, AttackRiskMid:
		return FamilyPassed
	case AttackRiskHigh:
		return FamilySuspectedFake
	case "":
		return ErrBadAnswer
	}
	return ErrUnknownCode
}

// Code is that of success if the face may pass. A suspicion has none.
func (v *DetectAIFakeFacesResult) Code() Code {
	if !v.Passed() {
		return ""
	}
	return Code(scopeCloud + "/Success")
}

// Charged is yes: the check was made.
func (v *DetectAIFakeFacesResult) Charged() Charged {
	if v == nil || v.AttackRiskLevel == "" {
		return ChargedUnknown
	}
	return ChargedYes
}

// Err returns nil if the face may pass, and otherwise why not: see CheckResult.
func (v *DetectAIFakeFacesResult) Err() error {
	bad := &Error{Op: "DetectAIFakeFaces", Family: v.Family()}
	switch bad.Family {
	case FamilyPassed:
		return nil
	case FamilySuspectedFake:
		bad.Err = ErrNotPassed
	case ErrUnknownCode:
		bad.Err = errors.New("the level of risk is not known")
	default:
		bad.Err = errors.New("there is no result")
	}
	if v != nil {
		bad.HTTPStatus, bad.RequestID = http.StatusOK, redactText(v.RequestID, nil)
	}
	return bad
}
