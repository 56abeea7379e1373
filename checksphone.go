package faceid

import (
	"context"
	"strconv"
	"strings"
)

// Checks of phone numbers.

// PhoneVerifyMode is how much PhoneVerification tells; the prices differ.
type PhoneVerifyMode string

// The modes. The platform's default is PhoneVerifySimple.
const (
	PhoneVerifySimple   PhoneVerifyMode = "0"
	PhoneVerifyDetailed PhoneVerifyMode = "1" // ResultDetail says what does not fit
)

// PhoneMismatch is what does not fit, of a detailed check.
type PhoneMismatch string

// What does not fit.
const (
	PhoneIDCardMismatch     PhoneMismatch = "PhoneIdCardMismatch"     // the name fits
	PhoneNameMismatch       PhoneMismatch = "PhoneNameMismatch"       // the ID number fits
	PhoneNameIDCardMismatch PhoneMismatch = "PhoneNameIdCardMismatch" // neither fits
	NameIDCardMismatch      PhoneMismatch = "NameIdCardMismatch"      // they do not even fit each other
	PhoneOtherMismatch      PhoneMismatch = "OtherMismatch"
)

// PhoneCarrier is the carrier of a number, "" if it is not told.
type PhoneCarrier string

// The carriers.
const (
	CarrierMobile  PhoneCarrier = "移动" // China Mobile
	CarrierTelecom PhoneCarrier = "电信" // China Telecom
	CarrierUnicom  PhoneCarrier = "联通" // China Unicom
)

// PhoneVerification tells whether a name, an ID number and a phone number belong
// together, whatever the carrier. Match and mismatch are charged. It is not
// repeated after a network error that may have reached the platform. Its fields
// are encrypted with AES-256-CBC only.
func (c *Client) PhoneVerification(ctx context.Context, r PhoneVerificationRequest) (*PhoneVerificationResult, error) {
	return ask[PhoneVerificationResult](ctx, c, "PhoneVerification", &r, nil)
}

func (v *PhoneVerificationRequest) check(op string) error {
	switch v.VerifyMode {
	case "", PhoneVerifySimple, PhoneVerifyDetailed:
	default:
		return badArgument(op, "VerifyMode", "must be PhoneVerifySimple or PhoneVerifyDetailed")
	}
	return checkFields(op, v.sealing())
}

// PhoneVerificationCMCC is PhoneVerification for numbers of China Mobile.
func (c *Client) PhoneVerificationCMCC(ctx context.Context, r PhoneVerificationCMCCRequest) (*PhoneVerificationCMCCResult, error) {
	return ask[PhoneVerificationCMCCResult](ctx, c, "PhoneVerificationCMCC", &r, nil)
}

func (v *PhoneVerificationCMCCRequest) check(op string) error { return checkFields(op, v.sealing()) }

// PhoneVerificationCTCC is PhoneVerification for numbers of China Telecom.
func (c *Client) PhoneVerificationCTCC(ctx context.Context, r PhoneVerificationCTCCRequest) (*PhoneVerificationCTCCResult, error) {
	return ask[PhoneVerificationCTCCResult](ctx, c, "PhoneVerificationCTCC", &r, nil)
}

func (v *PhoneVerificationCTCCRequest) check(op string) error { return checkFields(op, v.sealing()) }

// PhoneVerificationCUCC is PhoneVerification for numbers of China Unicom.
func (c *Client) PhoneVerificationCUCC(ctx context.Context, r PhoneVerificationCUCCRequest) (*PhoneVerificationCUCCResult, error) {
	return ask[PhoneVerificationCUCCResult](ctx, c, "PhoneVerificationCUCC", &r, nil)
}

func (v *PhoneVerificationCUCCRequest) check(op string) error { return checkFields(op, v.sealing()) }

// CheckPhoneAndName tells whether a name and a phone number belong together.
// Match and mismatch are charged. It is not repeated after a network error that
// may have reached the platform.
func (c *Client) CheckPhoneAndName(ctx context.Context, r CheckPhoneAndNameRequest) (*CheckPhoneAndNameResult, error) {
	return ask[CheckPhoneAndNameResult](ctx, c, "CheckPhoneAndName", &r, nil)
}

func (v *CheckPhoneAndNameRequest) check(op string) error { return checkFields(op, v.sealing()) }

// MobileNetworkTimeVerification looks up how long a phone number has been in
// service, see Months. A number that does not exist, or whose time is not on
// record (FamilyNotOnRecord), is charged, too. It is not repeated after a network
// error that may have reached the platform.
func (c *Client) MobileNetworkTimeVerification(ctx context.Context, r MobileNetworkTimeVerificationRequest) (*MobileNetworkTimeVerificationResult, error) {
	return ask[MobileNetworkTimeVerificationResult](ctx, c, "MobileNetworkTimeVerification", &r, nil)
}

func (v *MobileNetworkTimeVerificationRequest) check(op string) error {
	return checkFields(op, v.sealing())
}

// Months returns for how many months the number has been in service: from is the
// least, and it is less than below, which is 0 without an upper bound. ok is
// false if the check did not pass or Range cannot be read.
func (v *MobileNetworkTimeVerificationResult) Months() (from, below int, ok bool) {
	if !v.Passed() {
		return 0, 0, false
	}
	inner, ok := strings.CutPrefix(v.Range, "[")
	least, most, ok2 := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
	from, err := strconv.Atoi(strings.TrimSpace(least))
	if most = strings.TrimSpace(most); most != "+" {
		var err2 error
		below, err2 = strconv.Atoi(most)
		ok2 = ok2 && err2 == nil && below > from
	}
	if !ok || !ok2 || err != nil || from < 0 || !strings.HasSuffix(v.Range, ")") {
		return 0, 0, false
	}
	return from, below, true
}

// PhoneState is the state of a phone number.
type PhoneState int64

// The states.
const (
	PhoneNormal       PhoneState = 0
	PhoneSuspended    PhoneState = 1
	PhoneCancelled    PhoneState = 2
	PhoneNotOnNetwork PhoneState = 4
	PhoneUnusable     PhoneState = 5 // on the network
	PhoneUnknown      PhoneState = 99
)

// MobileStatus looks up the state of a phone number. It is charged if the state
// is told. It is not repeated after a network error that may have reached the
// platform.
func (c *Client) MobileStatus(ctx context.Context, r MobileStatusRequest) (*MobileStatusResult, error) {
	return ask[MobileStatusResult](ctx, c, "MobileStatus", &r, nil)
}

func (v *MobileStatusRequest) check(op string) error { return checkFields(op, v.sealing()) }

// State returns the state of the number. ok is false if it was not told: the
// StatusCode of such a result is PhoneNormal.
func (v *MobileStatusResult) State() (state PhoneState, ok bool) {
	if !v.Passed() {
		return PhoneUnknown, false
	}
	return v.StatusCode, true
}
