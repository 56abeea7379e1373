package faceid

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// IdCardVerification tells whether a name and an ID number belong together. Match
// and mismatch are charged. The check is not repeated after a network error if the
// request may have reached the platform.
//
// API: https://cloud.tencent.com/document/product/1007/33188
func (c *Client) IdCardVerification(ctx context.Context, r IdCardVerificationRequest) (*IdCardVerificationResult, error) {
	return ask[IdCardVerificationResult](ctx, c, "IdCardVerification", &r, nil)
}

func (v *IdCardVerificationRequest) validate(op string) error {
	return validateFields(op, v.encryption())
}

// IdCardOCRVerification is IdCardVerification for the name and the number that are
// given or, without them, for those that are read from a picture of the card. A card
// that cannot be read is an error, and its code has the family FamilyUnreadable or
// FamilyMediaUnusable.
//
// API: https://cloud.tencent.com/document/product/1007/37980
func (c *Client) IdCardOCRVerification(ctx context.Context, r IdCardOCRVerificationRequest) (*IdCardOCRVerificationResult, error) {
	return ask[IdCardOCRVerificationResult](ctx, c, "IdCardOCRVerification", &r, r.MediaTo)
}

func (v *IdCardOCRVerificationRequest) validate(op string) error {
	if v.Name != "" || v.IDCard != "" || v.Encryption != nil {
		return validateFields(op, v.encryption())
	}
	return validateCardPicture(op, v.Image, v.ImageURL, v.Config, maxCheckPhoto, "3 MB")
}

// CheckIdCardInformation reads an ID card from a picture, and checks name, number
// and portrait with the authority. It is charged as LivenessRecognition is. A
// warning that Config asks for ends the check: FamilyUnreadable, see Warnings.
//
// If you set an Encryption of your own, FieldKey.Open decrypts the answer. Until
// then its fields are cipher texts (IsEncrypt), or it has no result and does not
// pass (IsEncryptResponse). WithFieldEncryption decrypts it at once.
//
// API: https://cloud.tencent.com/document/product/1007/47276
func (c *Client) CheckIdCardInformation(ctx context.Context, r CheckIdCardInformationRequest) (*CheckIdCardInformationResult, error) {
	return ask[CheckIdCardInformationResult](ctx, c, "CheckIdCardInformation", &r, r.MediaTo)
}

func (v *CheckIdCardInformationRequest) validate(op string) error {
	return validateCardPicture(op, v.Image, v.ImageURL, v.Config, maxCheckCard, "7 MB")
}

func (v *CheckIdCardInformationRequest) encryption() requestEncryption {
	r := encryptedAnswer{place: encryptionMember{&v.Encryption}}
	if !v.IsEncrypt {
		r.whole = &v.IsEncryptResponse
	}
	return r
}

// readTexts returns what was read from the card.
func (v *CheckIdCardInformationResult) readTexts() []string {
	return []string{v.Name, v.IDNum, v.Address}
}

// isEncrypted reports whether the caller has yet to decrypt the answer.
func (v *CheckIdCardInformationResult) isEncrypted() bool {
	return v.Result == "" && v.EncryptedBody != ""
}

// readTexts returns what was read from the card.
func (v *IdCardOCRVerificationResult) readTexts() []string {
	return []string{v.Name, v.IDCard, v.Address}
}

func validateCardPicture(op string, picture []byte, address, config string, most int, said string) error {
	if err := validateEither(op, "Image", picture, address); err != nil {
		return err
	}
	if err := validateImage(op, "Image", picture, most, said); err != nil {
		return err
	}
	return validateJSON(op, "Config", config)
}

func validateJSON(op, field, text string) error {
	if text != "" && (!json.Valid([]byte(text)) || !strings.HasPrefix(strings.TrimSpace(text), "{")) {
		return badArgument(op, field, "is not the text of a JSON object")
	}
	return nil
}

// NoExpiry is the ValidityEnd of a card that does not expire.
const NoExpiry = "00000000"

// CheckIdNameDate is IdCardVerification that also checks the validity of the card.
//
// API: https://cloud.tencent.com/document/product/1007/60075
func (c *Client) CheckIdNameDate(ctx context.Context, r CheckIdNameDateRequest) (*CheckIdNameDateResult, error) {
	return ask[CheckIdNameDateResult](ctx, c, "CheckIdNameDate", &r, nil)
}

func (v *CheckIdNameDateRequest) validate(op string) error {
	if err := validateFields(op, v.encryption()); err != nil {
		return err
	}
	if err := validateDay(op, "ValidityBegin", v.ValidityBegin); err != nil || v.ValidityEnd == NoExpiry {
		return err
	}
	return validateDay(op, "ValidityEnd", v.ValidityEnd)
}

func validateDay(op, field, text string) error {
	if _, err := time.Parse("20060102", text); err != nil {
		return badArgument(op, field, "is not a day, as YYYYMMDD")
	}
	return nil
}
