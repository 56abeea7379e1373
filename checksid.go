package faceid

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// Checks of identity cards.

// IdCardVerification tells whether a name and an ID number belong together.
// Match and mismatch are charged. It is not repeated after a network error that
// may have reached the platform.
//
// API: https://cloud.tencent.com/document/product/1007/33188
func (c *Client) IdCardVerification(ctx context.Context, r IdCardVerificationRequest) (*IdCardVerificationResult, error) {
	return ask[IdCardVerificationResult](ctx, c, "IdCardVerification", &r, nil)
}

func (v *IdCardVerificationRequest) check(op string) error { return checkFields(op, v.sealing()) }

// IdCardOCRVerification is IdCardVerification of what is given or, without name
// and number, of what is read from a picture of the card. A card that cannot be
// read is an error, and its code has the family FamilyUnreadable or
// FamilyMediaUnusable.
//
// API: https://cloud.tencent.com/document/product/1007/37980
func (c *Client) IdCardOCRVerification(ctx context.Context, r IdCardOCRVerificationRequest) (*IdCardOCRVerificationResult, error) {
	return ask[IdCardOCRVerificationResult](ctx, c, "IdCardOCRVerification", &r, r.MediaTo)
}

func (v *IdCardOCRVerificationRequest) check(op string) error {
	if v.Name != "" || v.IDCard != "" || v.Encryption != nil {
		return checkFields(op, v.sealing())
	}
	return checkCardPicture(op, v.Image, v.ImageURL, v.Config, maxCheckPhoto, "3 MB")
}

// CheckIdCardInformation reads an ID card from a picture, and checks name, number
// and portrait with the authority. It is charged as LivenessRecognition is. A
// warning that Config asks for ends the check: FamilyUnreadable, see Warnings.
// With an Encryption of your own the answer is for FieldKey.Open to read: until
// then it has cipher texts (IsEncrypt), or no result, and does not pass
// (IsEncryptResponse). WithFieldEncryption has it decrypted at once.
//
// API: https://cloud.tencent.com/document/product/1007/47276
func (c *Client) CheckIdCardInformation(ctx context.Context, r CheckIdCardInformationRequest) (*CheckIdCardInformationResult, error) {
	return ask[CheckIdCardInformationResult](ctx, c, "CheckIdCardInformation", &r, r.MediaTo)
}

func (v *CheckIdCardInformationRequest) check(op string) error {
	return checkCardPicture(op, v.Image, v.ImageURL, v.Config, maxCheckCard, "7 MB")
}

func (v *CheckIdCardInformationRequest) sealing() sealing {
	s := sealing{encryption: &v.Encryption, answer: true}
	if !v.IsEncrypt {
		s.whole = &v.IsEncryptResponse
	}
	return s
}

func (v *CheckIdCardInformationResult) read() []string { return []string{v.Name, v.IDNum, v.Address} }

// locked reports whether the answer is for the caller to open.
func (v *CheckIdCardInformationResult) locked() bool { return v.Result == "" && v.EncryptedBody != "" }

func (v *IdCardOCRVerificationResult) read() []string { return []string{v.Name, v.IDCard, v.Address} }

func checkCardPicture(op string, picture []byte, address, config string, most int, said string) error {
	if err := checkEither(op, "Image", picture, address); err != nil {
		return err
	}
	if err := checkImage(op, "Image", picture, most, said); err != nil {
		return err
	}
	return checkJSON(op, "Config", config)
}

func checkJSON(op, field, text string) error {
	if text != "" && (!json.Valid([]byte(text)) || !strings.HasPrefix(strings.TrimSpace(text), "{")) {
		return badArgument(op, field, "is not the text of a JSON object")
	}
	return nil
}

// NoExpiry is the ValidityEnd of a card without end.
const NoExpiry = "00000000"

// CheckIdNameDate is IdCardVerification together with the validity of the card.
//
// API: https://cloud.tencent.com/document/product/1007/60075
func (c *Client) CheckIdNameDate(ctx context.Context, r CheckIdNameDateRequest) (*CheckIdNameDateResult, error) {
	return ask[CheckIdNameDateResult](ctx, c, "CheckIdNameDate", &r, nil)
}

func (v *CheckIdNameDateRequest) check(op string) error {
	if err := checkFields(op, v.sealing()); err != nil {
		return err
	}
	if err := checkDay(op, "ValidityBegin", v.ValidityBegin); err != nil || v.ValidityEnd == NoExpiry {
		return err
	}
	return checkDay(op, "ValidityEnd", v.ValidityEnd)
}

func checkDay(op, field, text string) error {
	if _, err := time.Parse("20060102", text); err != nil {
		return badArgument(op, field, "is not a day, as YYYYMMDD")
	}
	return nil
}
