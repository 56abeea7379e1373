package faceid

import "context"

// BankCardType is a kind of bank card.
type BankCardType int64

// These are the kinds.
const (
	BankCardDebit       BankCardType = 1
	BankCardCredit      BankCardType = 2
	BankCardPrepaid     BankCardType = 3
	BankCardQuasiCredit BankCardType = 4 // holds the owner's own money, with an overdraft
)

// CheckBankCardInformation looks up the bank and the kind of a card. A card that is
// not found, or whose number is not valid, is charged too. The check is not repeated
// after a network error if the request may have reached the platform.
func (c *Client) CheckBankCardInformation(ctx context.Context, r CheckBankCardInformationRequest) (*CheckBankCardInformationResult, error) {
	return ask[CheckBankCardInformationResult](ctx, c, "CheckBankCardInformation", &r, nil)
}

func (v *CheckBankCardInformationRequest) validate(op string) error {
	return validateFields(op, v.encryption())
}

// BankCard2EVerification tells whether a name and a bank card belong together. A
// card that cannot be used (FamilyCardUnusable) is an answer, and is charged. The
// check is not repeated after a network error if the request may have reached the
// platform.
func (c *Client) BankCard2EVerification(ctx context.Context, r BankCard2EVerificationRequest) (*BankCard2EVerificationResult, error) {
	return ask[BankCard2EVerificationResult](ctx, c, "BankCard2EVerification", &r, nil)
}

func (v *BankCard2EVerificationRequest) validate(op string) error {
	return validateFields(op, v.encryption())
}

// BankCardVerification is BankCard2EVerification with the ID number that the
// account was opened with.
//
// API: https://cloud.tencent.com/document/product/1007/33848
func (c *Client) BankCardVerification(ctx context.Context, r BankCardVerificationRequest) (*BankCardVerificationResult, error) {
	return ask[BankCardVerificationResult](ctx, c, "BankCardVerification", &r, nil)
}

func (v *BankCardVerificationRequest) validate(op string) error {
	if err := validateFields(op, v.encryption()); err != nil {
		return err
	}
	return validateCertType(op, v.CertType)
}

// BankCard4EVerification is BankCardVerification with the phone number that the
// account was opened with.
//
// API: https://cloud.tencent.com/document/product/1007/35775
func (c *Client) BankCard4EVerification(ctx context.Context, r BankCard4EVerificationRequest) (*BankCard4EVerificationResult, error) {
	return ask[BankCard4EVerificationResult](ctx, c, "BankCard4EVerification", &r, nil)
}

func (v *BankCard4EVerificationRequest) validate(op string) error {
	if err := validateFields(op, v.encryption()); err != nil {
		return err
	}
	return validateCertType(op, v.CertType)
}

func validateCertType(op string, kind int64) error {
	if kind != 0 {
		return badArgument(op, "CertType", "must be 0, which is an ID card: no other document is supported")
	}
	return nil
}
