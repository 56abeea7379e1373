package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/faceid-go/faceid"
)

// Kind is the product and the channel of an order. They say how its result is fetched
// and when it can be there.
type Kind string

// These are the kinds. Each names the call that opens such an order.
const (
	FaceH5  Kind = "face-h5"  // StartH5, OpenH5: a mobile browser
	FaceApp Kind = "face-app" // StartSDK
	FacePC  Kind = "face-pc"  // StartPC, OpenPC
	WillH5  Kind = "will-h5"  // StartWillH5, OpenWillH5
	WillApp Kind = "will-app" // StartWillSDK
	WeChat  Kind = "wechat"   // DetectAuth
	Eid     Kind = "eid"      // GetEidToken
	IntlWeb Kind = "intl-web" // ApplyWebVerificationBizTokenIntl
	IntlApp Kind = "intl-app" // ApplySdkVerificationToken

	OCRIDCard   Kind = "ocr-idcard"   // StartOCR with ProductIDCardOCR
	OCRBankCard Kind = "ocr-bankcard" // StartOCR with ProductBankCardOCR
	// NFC is StartNFC. Its order begins when the App has reported the reqId: the result
	// lives 5 minutes from then, and answers 10 times. Before that there is nothing to
	// ask, and a reading that the App reports as failed has no order.
	NFC Kind = "nfc"
)

const (
	maxRef    = 128
	maxToken  = 512
	maxRuleID = 64
	maxReqID  = 40
	clockErr  = 10 * time.Minute // how far in the future OpenedAt may be, because clocks differ
)

// Order names a verification that was opened at the platform. It holds nothing about the
// person. It is written as JSON with all its fields, for a ledger, and printed as its
// Key: the token of a flow, or a ReqID, and the merchant's key together give access to a
// person's data.
type Order struct {
	Kind Kind `json:"kind"` // the product and the channel; required
	// Number is the order number, or the token of a flow: BizToken, EidToken or
	// SdkToken.
	Number string `json:"number"`
	// OpenedAt is when the order was opened. For NFC it is when the App reported the
	// ReqID.
	OpenedAt time.Time `json:"openedAt"`
	// Ref is the merchant's own reference, as the number of a contract. It has at most
	// 128 bytes. It must not be a name or an identity number, because it stands in the
	// ledger and in the manifest.
	Ref string `json:"ref,omitempty"`
	// RuleID is the RuleId that a flow of WeChat was opened with. It is required for
	// WeChat, and for nothing else.
	RuleID string `json:"ruleID,omitempty"`
	// Product is Plus, Enhanced or Basic for a face. It makes the charge certain.
	Product faceid.Product `json:"product,omitempty"`
	// LivenessOnly says that a face was opened with LivenessOnly: it passes although it
	// was compared with nobody.
	LivenessOnly bool `json:"livenessOnly,omitempty"`
	// AppVideo says that the App was told to record a video. Without it an App has none,
	// and its video is not waited for.
	AppVideo bool `json:"appVideo,omitempty"`
	// WillType is the WillType that a will was opened with. Empty means questions.
	WillType faceid.WillType `json:"willType,omitempty"`
	// WillAsked says that a flow of WeChat or E证通 was opened with a question or a
	// text for the will. Such a flow passes only if the will was given.
	WillAsked bool `json:"willAsked,omitempty"`
	// Sides says which sides of an ID card must be read. The zero value is both. An
	// order of OCRBackOnly is about nobody, because that side names nobody.
	Sides faceid.OCRSides `json:"sides,omitempty"`
	// ReqID is what the App reported after it had read a chip. It is required for NFC,
	// and for nothing else.
	ReqID string `json:"reqID,omitempty"`
}

// Format writes the order as its Key, whatever the verb: who knows the token of a flow can
// reach a person's data.
func (o Order) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "evidence.Order "+o.Key()) }

// LogValue is the Key of the order: see Format.
func (o Order) LogValue() slog.Value { return slog.StringValue(o.Key()) }

// ErrOrder says that an Order cannot be looked at. The text names the field.
var ErrOrder = errors.New("evidence: bad order")

// isFlow reports whether the Number is a token of API 3.0.
func (o Order) isFlow() bool { return o.Kind.isFlow() }

// isOCR reports whether a card was photographed.
func (o Order) isOCR() bool { return o.Kind == OCRIDCard || o.Kind == OCRBankCard }

// isCard reports whether a card was read, in whichever way.
func (o Order) isCard() bool { return o.isOCR() || o.Kind == NFC }

func (k Kind) isFlow() bool {
	switch k {
	case WeChat, Eid, IntlWeb, IntlApp:
		return true
	}
	return false
}

// product is what the ledger counts the charges of the order under.
func (o Order) product() string {
	switch o.Kind {
	case FaceH5, FaceApp, FacePC:
		if o.Product != "" {
			return string(o.Product)
		}
		return "face"
	case WillH5, WillApp:
		return string(faceid.ProductWill)
	}
	return string(o.Kind)
}

// Validate returns an ErrOrder if nothing can be asked about the order at that time. It asks
// nobody.
func (o Order) Validate(now time.Time) error { return o.validate(now) }

// validate refuses an order that nothing can be asked about.
func (o Order) validate(now time.Time) error {
	switch o.Kind {
	case FaceH5, FaceApp, FacePC, WillH5, WillApp, OCRIDCard, OCRBankCard, NFC:
		if !isOrderNo(o.Number) {
			return fmt.Errorf("%w: Number must be an order number, 1 to 32 letters and digits", ErrOrder)
		}
	case WeChat, Eid, IntlWeb, IntlApp:
		if !isToken(o.Number, maxToken) {
			return fmt.Errorf("%w: Number must be the token of the flow, 1 to %d printable characters", ErrOrder, maxToken)
		}
	default:
		return fmt.Errorf("%w: Kind %q is unknown", ErrOrder, o.Kind)
	}
	switch {
	case (o.Kind == WeChat) != (o.RuleID != ""):
		return fmt.Errorf("%w: RuleID is required for WeChat, and for nothing else", ErrOrder)
	case len(o.RuleID) > maxRuleID:
		return fmt.Errorf("%w: RuleID must have at most %d bytes", ErrOrder, maxRuleID)
	case (o.Kind == NFC) != (o.ReqID != ""):
		return fmt.Errorf("%w: ReqID is required for NFC, and for nothing else", ErrOrder)
	case o.ReqID != "" && !isToken(o.ReqID, maxReqID):
		return fmt.Errorf("%w: ReqID must be 1 to %d printable characters", ErrOrder, maxReqID)
	case o.Sides != faceid.OCRBothSides && o.Kind != OCRIDCard, o.Sides > faceid.OCRBackOnly:
		return fmt.Errorf("%w: Sides is for OCRIDCard, and one of OCRBothSides, OCRFrontOnly and OCRBackOnly", ErrOrder)
	case len(o.Ref) > maxRef:
		return fmt.Errorf("%w: Ref must have at most %d bytes", ErrOrder, maxRef)
	case o.OpenedAt.IsZero():
		return fmt.Errorf("%w: OpenedAt is required", ErrOrder)
	case o.OpenedAt.After(now.Add(clockErr)):
		return fmt.Errorf("%w: OpenedAt lies more than %v in the future", ErrOrder, clockErr)
	}
	return nil
}

func isOrderNo(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

func isToken(s string, most int) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return s != "" && len(s) <= most
}

// Key names the order in the ledger. It is the same for every Order with the same Kind
// and Number. A token is hashed, because who knows it can reach a person's data.
func (o Order) Key() string { return string(o.Kind) + "/" + o.name() }

// name is the Number, or the hash of a token: 1 to 32 letters and digits.
func (o Order) name() string {
	if !o.isFlow() {
		return o.Number
	}
	sum := sha256.Sum256([]byte(o.Number))
	return hex.EncodeToString(sum[:16])
}

// folder is where the files of the order are kept in the bucket, with a slash at its
// end. The day is that of OpenedAt in UTC.
func (o Order) folder() string {
	return o.OpenedAt.UTC().Format("2006/01/02/") + o.Key() + "/"
}
