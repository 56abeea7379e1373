package faceid

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"
)

// PhoneVerifyMode is how much PhoneVerification tells. The prices differ.
type PhoneVerifyMode string

// These are the modes. The platform's default is PhoneVerifySimple.
const (
	PhoneVerifySimple   PhoneVerifyMode = "0"
	PhoneVerifyDetailed PhoneVerifyMode = "1" // ResultDetail says what does not fit
)

// PhoneMismatch is what does not fit, as a detailed check reports it.
type PhoneMismatch string

// These are the mismatches.
const (
	PhoneIDCardMismatch     PhoneMismatch = "PhoneIdCardMismatch"     // the name fits
	PhoneNameMismatch       PhoneMismatch = "PhoneNameMismatch"       // the ID number fits
	PhoneNameIDCardMismatch PhoneMismatch = "PhoneNameIdCardMismatch" // neither fits
	NameIDCardMismatch      PhoneMismatch = "NameIdCardMismatch"      // the name and the ID number do not fit each other
	PhoneOtherMismatch      PhoneMismatch = "OtherMismatch"
)

// PhoneCarrier is the carrier of a number, "" if the platform does not tell it.
type PhoneCarrier string

// These are the carriers.
const (
	CarrierMobile  PhoneCarrier = "移动" // China Mobile
	CarrierTelecom PhoneCarrier = "电信" // China Telecom
	CarrierUnicom  PhoneCarrier = "联通" // China Unicom
)

// PhoneVerification tells whether a name, an ID number and a phone number belong
// together, whatever the carrier. Match and mismatch are charged. The check is not
// repeated after a network error if the request may have reached the platform. Its
// fields are encrypted with AES-256-CBC only.
func (c *Client) PhoneVerification(ctx context.Context, r PhoneVerificationRequest) (*PhoneVerificationResult, error) {
	return ask[PhoneVerificationResult](ctx, c, "PhoneVerification", &r, nil)
}

func (v *PhoneVerificationRequest) validate(op string) error {
	switch v.VerifyMode {
	case "", PhoneVerifySimple, PhoneVerifyDetailed:
	default:
		return badArgument(op, "VerifyMode", "must be PhoneVerifySimple or PhoneVerifyDetailed")
	}
	return validateFields(op, v.encryption())
}

// PhoneVerificationCMCC is PhoneVerification for numbers of China Mobile.
func (c *Client) PhoneVerificationCMCC(ctx context.Context, r PhoneVerificationCMCCRequest) (*PhoneVerificationCMCCResult, error) {
	return ask[PhoneVerificationCMCCResult](ctx, c, "PhoneVerificationCMCC", &r, nil)
}

func (v *PhoneVerificationCMCCRequest) validate(op string) error {
	return validateFields(op, v.encryption())
}

// PhoneVerificationCTCC is PhoneVerification for numbers of China Telecom.
func (c *Client) PhoneVerificationCTCC(ctx context.Context, r PhoneVerificationCTCCRequest) (*PhoneVerificationCTCCResult, error) {
	return ask[PhoneVerificationCTCCResult](ctx, c, "PhoneVerificationCTCC", &r, nil)
}

func (v *PhoneVerificationCTCCRequest) validate(op string) error {
	return validateFields(op, v.encryption())
}

// PhoneVerificationCUCC is PhoneVerification for numbers of China Unicom.
func (c *Client) PhoneVerificationCUCC(ctx context.Context, r PhoneVerificationCUCCRequest) (*PhoneVerificationCUCCResult, error) {
	return ask[PhoneVerificationCUCCResult](ctx, c, "PhoneVerificationCUCC", &r, nil)
}

func (v *PhoneVerificationCUCCRequest) validate(op string) error {
	return validateFields(op, v.encryption())
}

// CheckPhoneAndName tells whether a name and a phone number belong together.
// Match and mismatch are charged. The check is not repeated after a network error if
// the request may have reached the platform.
func (c *Client) CheckPhoneAndName(ctx context.Context, r CheckPhoneAndNameRequest) (*CheckPhoneAndNameResult, error) {
	return ask[CheckPhoneAndNameResult](ctx, c, "CheckPhoneAndName", &r, nil)
}

func (v *CheckPhoneAndNameRequest) validate(op string) error {
	return validateFields(op, v.encryption())
}

// MobileNetworkTimeVerification looks up how long a phone number has been in
// service: see Months. A number that does not exist, or whose time is not on record
// (FamilyNotOnRecord), is charged too. The check is not repeated after a network
// error if the request may have reached the platform.
func (c *Client) MobileNetworkTimeVerification(ctx context.Context, r MobileNetworkTimeVerificationRequest) (*MobileNetworkTimeVerificationResult, error) {
	return ask[MobileNetworkTimeVerificationResult](ctx, c, "MobileNetworkTimeVerification", &r, nil)
}

func (v *MobileNetworkTimeVerificationRequest) validate(op string) error {
	return validateFields(op, v.encryption())
}

// Months returns for how many months the number has been in service: at least from,
// and less than below. below is 0 if there is no upper bound. ok is false if the
// check did not pass or Range cannot be read.
func (v *MobileNetworkTimeVerificationResult) Months() (from, below int, ok bool) {
	if !v.Passed() {
		return 0, 0, false
	}
	return readRange(v.Range)
}

// readRange reads a range of numbers such as [3,6), and [24,+) without an upper bound.
func readRange(text string) (from, below int, ok bool) {
	inner, ok := strings.CutPrefix(text, "[")
	least, most, ok2 := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
	from, err := strconv.Atoi(strings.TrimSpace(least))
	if most = strings.TrimSpace(most); most != "+" {
		var err2 error
		below, err2 = strconv.Atoi(most)
		ok2 = ok2 && err2 == nil && below > from
	}
	if !ok || !ok2 || err != nil || from < 0 || !strings.HasSuffix(text, ")") {
		return 0, 0, false
	}
	return from, below, true
}

// PhoneState is the state of a phone number.
type PhoneState int64

// These are the states.
const (
	PhoneNormal       PhoneState = 0
	PhoneSuspended    PhoneState = 1
	PhoneCancelled    PhoneState = 2
	PhoneNotOnNetwork PhoneState = 4
	PhoneUnusable     PhoneState = 5 // on the network, but not usable
	PhoneUnknown      PhoneState = 99
)

// MobileStatus looks up the state of a phone number. The check is charged if the
// platform tells the state. It is not repeated after a network error if the request
// may have reached the platform.
func (c *Client) MobileStatus(ctx context.Context, r MobileStatusRequest) (*MobileStatusResult, error) {
	return ask[MobileStatusResult](ctx, c, "MobileStatus", &r, nil)
}

func (v *MobileStatusRequest) validate(op string) error { return validateFields(op, v.encryption()) }

// State returns the state of the number. ok is false if the platform did not tell
// it. Do not read StatusCode then: it is PhoneNormal.
func (v *MobileStatusResult) State() (state PhoneState, ok bool) {
	if !v.Passed() {
		return PhoneUnknown, false
	}
	return v.StatusCode, true
}

// PhoneDigest is how the three values of EncryptedPhoneVerification are given.
type PhoneDigest string

// These are the ways. Every value is given in the same way.
const (
	PhonePlain  PhoneDigest = "0" // as they are
	PhoneMD5    PhoneDigest = "1" // as hexadecimal digits of their MD5
	PhoneSHA256 PhoneDigest = "2" // as hexadecimal digits of their SHA-256
	PhoneSM3    PhoneDigest = "3" // as hexadecimal digits of their SM3
)

// EncryptedPhoneVerification is PhoneVerification for values that the caller may hold as
// digests only. Match and mismatch are charged. The check is not repeated after a network
// error if the request may have reached the platform. A digest is no protection: whoever
// has one can try all phone numbers.
//
// The documents do not say how a value is spelled before it becomes a digest. Their
// samples have small hexadecimal digits.
//
// API: https://cloud.tencent.com/document/product/1007/55050
func (c *Client) EncryptedPhoneVerification(ctx context.Context, r EncryptedPhoneVerificationRequest) (*EncryptedPhoneVerificationResult, error) {
	return ask[EncryptedPhoneVerificationResult](ctx, c, "EncryptedPhoneVerification", &r, nil)
}

func (v *EncryptedPhoneVerificationRequest) encryption() requestEncryption { return neverEncrypted{} }

func (v *EncryptedPhoneVerificationRequest) privateTexts() []string {
	return []string{v.IDCard, v.Name, v.Phone}
}

// validate refuses a value that is no digest where a digest is promised, because it
// would go out as it is.
func (v *EncryptedPhoneVerificationRequest) validate(op string) error {
	digits, known := map[PhoneDigest]int{PhonePlain: 0, PhoneMD5: 32, PhoneSHA256: 64, PhoneSM3: 64}[v.EncryptionMode]
	if !known {
		return badArgument(op, "EncryptionMode", "must be PhonePlain, PhoneMD5, PhoneSHA256 or PhoneSM3")
	}
	for _, f := range []SealedField{{"IdCard", &v.IDCard}, {"Name", &v.Name}, {"Phone", &v.Phone}} {
		_, err := hex.DecodeString(*f.Value)
		switch {
		case *f.Value == "":
			err = badArgument(op, goField(f.Name), "is empty")
		case digits == 0:
			err = validatePersonal(op, f.Name, *f.Value)
		case err != nil || len(*f.Value) != digits:
			err = badArgument(op, goField(f.Name), "must be the %d hexadecimal digits of a digest, because EncryptionMode says that it is one", digits)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// MinorsType is what MinorsVerification knows the person by.
type MinorsType string

// These are the ways.
const (
	MinorsByPhone  MinorsType = "0" // Mobile
	MinorsByPerson MinorsType = "1" // Name and IDCard
)

// MinorsVerification tells whether a person is 18 or older: Confirm returns a nil error
// then, and otherwise FamilyUnderAge. Both are charged, and so are a name and a number
// that do not belong together. A phone number that is not on record is FamilyNotOnRecord:
// ask by name and number then. The check is not repeated after a network error if the
// request may have reached the platform.
//
// API: https://cloud.tencent.com/document/product/1007/39766
func (c *Client) MinorsVerification(ctx context.Context, r MinorsVerificationRequest) (*MinorsVerificationResult, error) {
	return ask[MinorsVerificationResult](ctx, c, "MinorsVerification", &r, nil)
}

func (v *MinorsVerificationRequest) validate(op string) error {
	var given, other []SealedField
	person, phone := []SealedField{{"IdCard", &v.IDCard}, {"Name", &v.Name}}, []SealedField{{"Mobile", &v.Mobile}}
	switch v.Type {
	case MinorsByPhone:
		given, other = phone, person
	case MinorsByPerson:
		given, other = person, phone
	default:
		return badArgument(op, "Type", "must be MinorsByPhone or MinorsByPerson")
	}
	for _, f := range other {
		if *f.Value != "" {
			return badArgument(op, goField(f.Name), "must be empty, because Type says that the person is known by something else")
		}
	}
	return validateFields(op, encryptedFields{encryptionMember{&v.Encryption}, given})
}

// refuted reports whether a success comes with an age below 18.
func (v *MinorsVerificationResult) refuted() bool {
	_, below, ok := readRange(v.AgeRange)
	return ok && below != 0 && below <= 18 && v.Result == "0"
}

// Ages returns how old the person is in years: at least from, and younger than below.
// below is 0 if there is no upper bound. ok is false if the check did not tell whether
// the person is of age, or if AgeRange cannot be read.
func (v *MinorsVerificationResult) Ages() (from, below int, ok bool) {
	if v == nil || !v.Passed() && v.Family() != FamilyUnderAge {
		return 0, 0, false
	}
	return readRange(v.AgeRange)
}
