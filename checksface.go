package faceid

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
)

// LivenessType is what the person did in a video.
type LivenessType string

// These are the ways.
const (
	LivenessDigits LivenessType = "LIP"    // read digits aloud; ValidateData has the digits
	LivenessAction LivenessType = "ACTION" // made movements; ValidateData has their order
	LivenessSilent LivenessType = "SILENT" // did nothing in particular
)

// LivenessRecognition checks that a video shows a live person, and that this is the
// person whose name and number are given: the authority has a photo. The check is
// charged if it passed, and if name and number or the faces did not fit. It is not
// repeated after a network error if the request may have reached the platform.
//
// API: https://cloud.tencent.com/document/product/1007/31818
func (c *Client) LivenessRecognition(ctx context.Context, r LivenessRecognitionRequest) (*LivenessRecognitionResult, error) {
	return ask[LivenessRecognitionResult](ctx, c, "LivenessRecognition", &r, r.MediaTo)
}

func (v *LivenessRecognitionRequest) validate(op string) error {
	if err := validateFields(op, v.encryption()); err != nil {
		return err
	}
	if err := v.LivenessType.validate(op, v.ValidateData); err != nil {
		return err
	}
	return validateVideo(op, v.Video, v.VideoURL, v.Optional)
}

// LivenessCompare is LivenessRecognition against a photo that the caller gives. Video
// and photo together have at most 10 MB as Base64. If they have more, give the
// address of one of them.
func (c *Client) LivenessCompare(ctx context.Context, r LivenessCompareRequest) (*LivenessCompareResult, error) {
	return ask[LivenessCompareResult](ctx, c, "LivenessCompare", &r, r.MediaTo)
}

func (v *LivenessCompareRequest) validate(op string) error {
	if err := v.LivenessType.validate(op, v.ValidateData); err != nil {
		return err
	}
	if err := validateEither(op, "Image", v.Image, v.ImageURL); err != nil {
		return err
	}
	if err := validateImage(op, "Image", v.Image, maxCheckPhoto, "3 MB"); err != nil {
		return err
	}
	return validateVideo(op, v.Video, v.VideoURL, v.Optional)
}

func (v *LivenessCompareRequest) encryption() requestEncryption { return neverEncrypted{} }

func (t LivenessType) validate(op, data string) error {
	switch {
	case t == LivenessSilent && data != "":
		return badArgument(op, "ValidateData", "must be empty with LivenessSilent, which asks the person for nothing")
	case t == LivenessSilent:
		return nil
	case t != LivenessDigits && t != LivenessAction:
		return badArgument(op, "LivenessType", "must be LivenessDigits, LivenessAction or LivenessSilent")
	case data == "":
		return badArgument(op, "ValidateData", "is empty: it must say what the person was asked to do")
	}
	return nil
}

func validateVideo(op string, video []byte, address, optional string) error {
	if err := validateEither(op, "Video", video, address); err != nil {
		return err
	}
	if n := base64.StdEncoding.EncodedLen(len(video)); n > maxCheckVideo {
		return badArgument(op, "Video", "has %d bytes of base64, at most %d (8 MB) are allowed", n, maxCheckVideo)
	}
	return validateJSON(op, "Optional", optional)
}

// ImageRecognition is ImageRecognitionV2 in its first version. The platform has closed it
// to new customers in China, and its newest official client leaves it out: use
// ImageRecognitionV2 unless the account has this one.
//
// API: https://cloud.tencent.com/document/product/1007/31820
func (c *Client) ImageRecognition(ctx context.Context, r ImageRecognitionRequest) (*ImageRecognitionResult, error) {
	return ask[ImageRecognitionResult](ctx, c, "ImageRecognition", &r, nil)
}

func (v *ImageRecognitionRequest) validate(op string) error {
	if err := validateFields(op, v.encryption()); err != nil {
		return err
	}
	if len(v.Image) == 0 {
		return badArgument(op, "Image", "is empty")
	}
	return validateImage(op, "Image", v.Image, maxCheckPhoto, "3 MB")
}

// ImageRecognitionV2 checks that a photo shows the person whose name and number are
// given: the authority has a photo. It is charged as LivenessRecognition is, and is
// not repeated either.
//
// API: https://cloud.tencent.com/document/product/1007/102203
func (c *Client) ImageRecognitionV2(ctx context.Context, r ImageRecognitionV2Request) (*ImageRecognitionV2Result, error) {
	return ask[ImageRecognitionV2Result](ctx, c, "ImageRecognitionV2", &r, nil)
}

func (v *ImageRecognitionV2Request) validate(op string) error {
	if err := validateFields(op, v.encryption()); err != nil {
		return err
	}
	if len(v.Image) == 0 {
		return badArgument(op, "Image", "is empty")
	}
	if err := validateLength(op, "Extra", v.Extra, maxCheckExtra); err != nil {
		return err
	}
	return validateImage(op, "Image", v.Image, maxCheckPhoto, "3 MB")
}

// FaceInputType is the kind of the file that DetectAIFakeFaces looks at.
type FaceInputType int64

// These are the kinds.
const (
	FacePicture FaceInputType = 1
	FaceVideo   FaceInputType = 2
)

// AttackRiskLevel is how likely an attack is.
type AttackRiskLevel string

// These are the levels. The platform advises to turn AttackRiskHigh away.
const (
	AttackRiskLow  AttackRiskLevel = "Low"
	AttackRiskMid  AttackRiskLevel = "Mid"
	AttackRiskHigh AttackRiskLevel = "High"
)

// AttackRiskType is a kind of attack that left traces.
type AttackRiskType string

// These are the kinds of attack.
const (
	AttackSpoofing       AttackRiskType = "SuspectedSpoofingAttack" // recorded from a picture or a screen
	AttackSynthesisImage AttackRiskType = "SuspectedSynthesisImage"
	AttackSynthesisVideo AttackRiskType = "SuspectedSynthesisVideo"
	AttackAnomaly        AttackRiskType = "SuspectedAnomalyAttack"     // not a real face
	AttackAdversarial    AttackRiskType = "SuspectedAdversarialAttack" // made to mislead a comparison
	AttackBlackIndustry  AttackRiskType = "SuspectedBlackIndustry"     // made from a template, in great numbers
	AttackWatermark      AttackRiskType = "SuspectedWatermark"
)

// DetectAIFakeFaces looks for forgery in a picture or a video of one face. A file
// that cannot be examined (no face, covered, undecodable) is an error, and its code
// has a family of outcomes. The check is charged, so it is not repeated after a
// network error if the request may have reached the platform.
//
// API: https://cloud.tencent.com/document/product/1007/101561
func (c *Client) DetectAIFakeFaces(ctx context.Context, r DetectAIFakeFacesRequest) (*DetectAIFakeFacesResult, error) {
	const op = "DetectAIFakeFaces"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	site, err := c.siteOf(op, op)
	if err != nil {
		return nil, err
	}
	if err := r.validate(op); err != nil {
		return nil, err
	}
	if err := c.encryptFaces(op, &r); err != nil {
		return nil, err
	}
	var result DetectAIFakeFacesResult
	answered := false
	_, err = c.act(ctx, cloudCall{op: op, site: site, action: op, finish: func(_ string, err error) error {
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

func (v *DetectAIFakeFacesRequest) validate(op string) error {
	if v.Encryption != nil || v.EncryptedBody != "" {
		switch {
		case v.Encryption == nil || v.EncryptedBody == "":
			return badArgument(op, "EncryptedBody", "must be given together with Encryption")
		case len(v.FaceInput) > 0 || v.FaceInputType != 0:
			return badArgument(op, "EncryptedBody", "holds FaceInput and FaceInputType: do not give them beside it")
		}
		return validateCiphertext(op, "EncryptedBody", v.EncryptedBody)
	}
	switch v.FaceInputType {
	case FacePicture:
		if err := validateImage(op, "FaceInput", v.FaceInput, maxCloudBody, "10 MB"); err != nil {
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

// encryptFaces encrypts the request as one EncryptedBody, because that is how the
// platform takes the fields of this request.
func (c *Client) encryptFaces(op string, r *DetectAIFakeFacesRequest) error {
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

// encryptedBody is the name that an EncryptList has for the member EncryptedBody.
const encryptedBody = "EncryptionBody"

// Passed reports whether the face may pass: the risk is Low or Mid, as the platform
// advises. To be stricter, look at AttackRiskLevel.
func (v *DetectAIFakeFacesResult) Passed() bool { return v.Family() == FamilyPassed }

// Family returns FamilySuspectedFake if the risk is High, and ErrUnknownCode for a
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

// Code returns the code of success if the face may pass. A suspicion has no code.
func (v *DetectAIFakeFacesResult) Code() Code {
	if !v.Passed() {
		return ""
	}
	return Code(scopeCloud + "/Success")
}

// Charged returns ChargedYes if there is an answer, because the check was made.
func (v *DetectAIFakeFacesResult) Charged() Charged {
	if v == nil || v.AttackRiskLevel == "" {
		return ChargedUnknown
	}
	return ChargedYes
}

// Err returns nil if the face may pass, and otherwise why not: see Result.
func (v *DetectAIFakeFacesResult) Err() error {
	bad := &Error{Op: "DetectAIFakeFaces", Family: v.Family()}
	switch bad.Family {
	case FamilyPassed:
		return nil
	case FamilySuspectedFake:
		bad.Err = ErrNotPassed
	case ErrUnknownCode:
		bad.Err = errors.New("this version does not know the level of risk")
	default:
		bad.Err = errors.New("there is no result")
	}
	if v != nil {
		bad.HTTPStatus, bad.RequestID = http.StatusOK, redactText(v.RequestID, nil)
	}
	return bad
}
