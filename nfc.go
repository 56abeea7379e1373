package faceid

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// This file is about 实证 NFC, where the phone reads the chip of a document.

// NFCType is the kind of document.
type NFCType string

// These are the documented kinds.
const (
	NFCIDCard           NFCType = "1" // the resident identity card of the second generation
	NFCHomeReturnPermit NFCType = "3" // 港澳居民来往内地通行证
)

// GetOCRCertIDRequest opens the reading of a chip.
type GetOCRCertIDRequest struct {
	OrderNo string  // 1 to 32 letters and digits, never used before; see NewOrderNo
	UserID  string  // 1 to 32 letters, digits, hyphens and underscores
	NFCType NFCType // empty: NFCIDCard
}

// GetOCRCertIDResult is an opened reading. OCRCertID lives 5 minutes.
type GetOCRCertIDResult struct {
	OrderNo         string
	OCRCertID       string // for the launch; lives 5 minutes
	BizSeqNo        string // the platform's serial number
	TransactionTime time.Time
	Raw             RawJSON `json:"-"` // the whole answer
}

// GetOCRCertID opens the reading of a chip and returns the ocrCertId that an NFC SDK is
// started with. After a network error it is not repeated if the request may have reached
// the platform: use a new OrderNo then. StartNFC makes this call and the rest of the
// launch.
func (c *Client) GetOCRCertID(ctx context.Context, r GetOCRCertIDRequest) (*GetOCRCertIDResult, error) {
	return c.getOCRCertID(ctx, "GetOCRCertID", r)
}

func (c *Client) getOCRCertID(ctx context.Context, op string, r GetOCRCertIDRequest) (*GetOCRCertIDResult, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	r.NFCType = cmp.Or(r.NFCType, NFCIDCard)
	if err := cmp.Or(validateOrderNo(op, r.OrderNo), validateUserID(op, r.UserID, maxUserID), r.NFCType.validate(op)); err != nil {
		return nil, err
	}
	opened, err := c.upload(ctx, call{
		op: op, product: ProductNFC, method: http.MethodPost, path: "/api/server/getOcrCertId", scope: scopeNFC,
		orderNo: r.OrderNo, retry: retryUnsent,
		prepare: a.signed(func(nonce string) []param { return querySet(a.id, r.OrderNo, nonce) }, // the order is signed, the user is not
			[]param{{"userId", r.UserID}, {"nfcType", string(r.NFCType)}}),
	}, "ocrCertId")
	if err != nil {
		return nil, err
	}
	return &GetOCRCertIDResult{opened.OrderNo, opened.FaceID, opened.BizSeqNo, opened.TransactionTime, opened.Raw}, nil
}

func (t NFCType) validate(op string) error {
	if t != NFCIDCard && t != NFCHomeReturnPermit {
		return badArgument(op, "NFCType", "must be NFCIDCard or NFCHomeReturnPermit")
	}
	return nil
}

// TravelPermit holds data that are printed on a home-return permit. Only a reader that
// knows them can read its chip. It prints as its name.
type TravelPermit struct {
	hidden[TravelPermit]

	Number string    // the number of the permit
	Birth  time.Time // the day of birth
	Expiry time.Time // the last day of validity
}

// NFCRequest starts the reading of a chip in an App.
type NFCRequest struct {
	Platform Platform // PlatformAndroid or PlatformIOS: Harmony has no SDK for it
	OrderNo  string   // empty: a new number
	UserID   string   // 1 to 30 letters, digits, hyphens and underscores
	NFCType  NFCType  // empty: NFCIDCard
	// Permit, for NFCHomeReturnPermit, goes into the launch's Extras. Leave it
	// nil if the App asks the person itself.
	Permit *TravelPermit
}

// StartNFC opens the reading of a chip for an App and makes its launch parameters. It
// uploads and fetches the NONCE ticket at the same time, so that it takes one round trip
// if the credentials are at hand.
//
// The launch's Extras go beside the parameters. On Android they go into the Bundle
// (NFC_TYPE, travel_card_no, travel_card_birth, travel_card_validate). On iOS they are
// the further arguments of the reader for travel documents (passportNumber, dateOfBirth,
// expiryDate). The dates have 6 digits, yyMMdd. The documents give the number of digits
// for iOS, and not for Android.
func (c *Client) StartNFC(ctx context.Context, r NFCRequest) (*SDKLaunch, error) {
	const op = "StartNFC"
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	up := GetOCRCertIDRequest{OrderNo: orderNoOr(r.OrderNo), UserID: r.UserID, NFCType: cmp.Or(r.NFCType, NFCIDCard)}
	if err := r.validate(op, up); err != nil {
		return nil, err
	}
	launch := &SDKLaunch{Product: ProductNFC, Platform: r.Platform, OrderNo: up.OrderNo, UserID: r.UserID, Extras: r.extras(up.NFCType)}
	answer, nonceTicket, err := withNonce(ctx, c, call{op: op, product: ProductNFC, orderNo: up.OrderNo}, r.UserID,
		func(ctx context.Context) (*GetOCRCertIDResult, error) { return c.getOCRCertID(ctx, op, up) })
	if err != nil {
		return nil, err
	}
	launch.sign(a, nonceTicket, param{"ocrCertId", answer.OCRCertID})
	return launch, nil
}

func (r *NFCRequest) validate(op string, up GetOCRCertIDRequest) error {
	switch {
	case r.Platform != PlatformAndroid && r.Platform != PlatformIOS:
		return badArgument(op, "Platform", "must be PlatformAndroid or PlatformIOS")
	case r.Permit != nil && up.NFCType != NFCHomeReturnPermit:
		return badArgument(op, "Permit", "is for NFCHomeReturnPermit only")
	case r.Permit != nil && validateNumber(op, "Permit.Number", r.Permit.Number) != nil:
		return validateNumber(op, "Permit.Number", r.Permit.Number)
	case r.Permit != nil && (r.Permit.Number == "" || r.Permit.Birth.IsZero() || r.Permit.Expiry.IsZero()):
		return badArgument(op, "Permit", "must have a number and both dates")
	}
	return cmp.Or(validateUserID(op, r.UserID, maxUserIDHarmony), validateOrderNo(op, up.OrderNo), up.NFCType.validate(op))
}

// extras returns the Extras of the launch, under the names of the platform.
func (r *NFCRequest) extras(t NFCType) map[string]string {
	extras := map[string]string{}
	names := [3]string{"passportNumber", "dateOfBirth", "expiryDate"}
	if r.Platform == PlatformAndroid {
		extras["NFC_TYPE"] = string(t)
		names = [3]string{"travel_card_no", "travel_card_birth", "travel_card_validate"}
	}
	if p := r.Permit; p != nil {
		extras[names[0]], extras[names[1]], extras[names[2]] = p.Number, p.Birth.Format("060102"), p.Expiry.Format("060102")
	}
	return extras
}

// GetIDCardNFCResultRequest asks for the data that were read from a chip. It prints as
// its name.
type GetIDCardNFCResultRequest struct {
	hidden[GetIDCardNFCResultRequest]

	OrderNo string
	ReqID   string // the id that the App reported; lives 5 minutes and answers 10 times, charged once
	// GetPhoto brings the pictures too.
	GetPhoto bool
}

// NFCResult holds the data that were read from a chip. It prints without them.
type NFCResult struct {
	OrderNo string
	ReqID   string // as it was asked for

	Name                string    // in Chinese
	EnName              string    // the name in English; home-return permit only
	Sex                 Sex       // "" if the chip does not tell
	Nation              string    // the ethnic group; identity card only
	Birth               time.Time // midnight in China; zero if it could not be read
	Address             string    // identity card only
	IDCard              string    // the number of the document
	Valid               Validity  // a home-return permit has only the end
	SigningOrganization string    // identity card only

	// The pictures are JPG, and come with GetPhoto.

	FrontPhoto    []byte `json:"-"` // identity card only
	BackPhoto     []byte `json:"-"` // identity card only
	PortraitPhoto []byte `json:"-"` // the portrait

	Message         string
	TransactionTime time.Time // the time of the query
	BizSeqNo        string
	Raw             RawJSON `json:"-"` // the decrypted answer without pictures
	decided         decided
}

// GetIDCardNFCResult asks for the data that were read from a chip, and decrypts them
// with the key of WithNFCKey. Every code but 0 is an error here: CodeNFCReqIDExpired
// after 5 minutes, CodeNFCTooManyQueries after 10 queries, and CodeNFCUnknownReqID. If
// the answer cannot be decrypted, the error is ErrDecrypt. Usually the key is another
// app's then.
//
// The platform's encryption does not protect against changes of whole blocks. TLS
// protects the answer.
func (c *Client) GetIDCardNFCResult(ctx context.Context, r GetIDCardNFCResultRequest) (*NFCResult, error) {
	return c.getIDCardNFCResult(ctx, "GetIDCardNFCResult", r)
}

const maxReqID = 40

func (c *Client) getIDCardNFCResult(ctx context.Context, op string, r GetIDCardNFCResultRequest) (*NFCResult, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	switch {
	case a.nfcKey == nil:
		return nil, &Error{Op: op, Family: ErrRequest, notSent: true, Err: fmt.Errorf("%w: give WithNFCKey", ErrDoorClosed)}
	case len(r.ReqID) > maxReqID:
		return nil, badArgument(op, "ReqID", "has %d bytes, at most %d are allowed", len(r.ReqID), maxReqID)
	}
	if err := cmp.Or(validateOrderNo(op, r.OrderNo), validateToken(op, "ReqID", r.ReqID)); err != nil {
		return nil, err
	}
	private := []string{r.ReqID} // whoever has the ReqID can fetch the identity
	cl := call{
		op: op, product: ProductNFC, method: http.MethodPost, path: "/api/v2/nfcpaas/getIdcardNfcResult", scope: scopeNFC,
		orderNo: r.OrderNo, retry: retryAlways, query: true, files: &wire.Plan{Root: nfcCipherText},
		codeInside: true, prepare: a.signed(func(nonce string) []param { return querySet(a.id, r.OrderNo, nonce) },
			[]param{{"reqId", r.ReqID}, {"getPhoto", flag(r.GetPhoto)}}, private...),
	}
	return query(ctx, c, cl, func(answer *wire.Answer) (*NFCResult, error) { return a.readNFCAnswer(cl, r, answer, private) })
}

// readNFCAnswer reads an answer, whose inner object has a code of its own.
func (a *app) readNFCAnswer(cl call, r GetIDCardNFCResultRequest, answer *wire.Answer, private []string) (*NFCResult, error) {
	read := reader{op: cl.op, orderNo: r.OrderNo, answer: answer}
	inner, err := answer.InnerText("code")
	read.fail(err)
	if inner != "" && inner != "0" && inner != answer.Code {
		words, _ := answer.InnerText("msg") // a text for people must not spoil the answer
		answer.Code, answer.Msg = inner, redactText(words, private)
		if err := codeError(cl, answer, http.StatusOK); err != nil {
			return nil, err
		}
		read.fail(&wire.TypeError{Field: "result.code", Want: "0"})
	}
	if read.err != nil {
		return nil, read.err
	}
	return a.readNFC(&read, r)
}

var (
	nfcCipherText = wire.Result(wire.Files("nfcEnResult").Members)
	nfcFiles      = wire.Files("frontPhoto", "backPhoto", "portraitPhoto")
)

// readNFC decrypts the answer, and reads the data of the chip.
func (a *app) readNFC(read *reader, r GetIDCardNFCResultRequest) (*NFCResult, error) {
	plain, err := a.decryptNFC(read.answer)
	if err != nil {
		read.fail(err)
		return nil, read.err
	}
	text := func(name string) string {
		value, err := plain.Top.Text(name)
		read.fail(err)
		return value
	}
	result := &NFCResult{
		OrderNo: text("orderNo"), ReqID: text("reqId"), Name: text("name"), EnName: text("enName"), Sex: Sex(text("sex")),
		Nation: text("nation"), Birth: parseDate(text("birth")), Address: text("address"), IDCard: text("idcard"),
		SigningOrganization: text("signingOrganization"), Message: read.answer.Msg,
		TransactionTime: wire.Time(read.answer.OuterText("transactionTime")), BizSeqNo: read.answer.BizSeqNo,
	}
	result.Valid = Validity{Text: text("validDateBegin") + "-" + text("validDateEnd"), From: parseDate(text("validDateBegin"))}
	result.Valid.setEnd(text("validDateEnd"))
	if result.OrderNo != r.OrderNo || result.ReqID != r.ReqID {
		read.fail(errOtherOrder)
	}
	if result.Name == "" || result.IDCard == "" { // both kinds of documents have a name and a number
		read.fail(&wire.TypeError{Field: "name and idcard", Want: "present"})
	}
	photo := func(name string) []byte {
		received, err := plain.File(name)
		read.fail(err)
		return received.Data
	}
	result.FrontPhoto, result.BackPhoto, result.PortraitPhoto = photo("frontPhoto"), photo("backPhoto"), photo("portraitPhoto")
	if read.err != nil {
		return nil, read.err
	}
	result.Raw = RawJSON(plain.Text)
	return result, nil
}

// Code returns 0, because a chip that was not read has no result. It returns "" for a
// nil result, and for a result without a number.
func (r *NFCResult) Code() Code {
	if r == nil || r.IDCard == "" {
		return ""
	}
	return scoped(scopeNFC, "0")
}

// Passed reports whether the chip was read and the document is not known to be
// out of date. After ConfirmNFC it reports the decision.
func (r *NFCResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise the reason: see Result.
func (r *NFCResult) Err() error {
	if r == nil {
		return errNoRecord("GetIDCardNFCResult")
	}
	return r.decided.or(r.outcomeError("GetIDCardNFCResult"))
}

// Family returns the family of the outcome.
func (r *NFCResult) Family() Family { return familyOfResult(r) }

// Charged reports whether the reading is charged, by the documents' table. A reading is
// charged once for each ReqID.
func (r *NFCResult) Charged() Charged {
	e, _ := Explain(ProductNFC, ChannelServer, r.Code())
	return e.Charged
}

// outcomeError returns nil if there is a document that is not known to be out of date,
// and otherwise the error of the outcome.
func (r *NFCResult) outcomeError(op string) error {
	if r.IDCard == "" {
		return errNoRecord(op)
	}
	if r.Valid.To.IsZero() || r.Valid.Covers(time.Now()) {
		return nil
	}
	return &Error{
		Op: op, Product: ProductNFC, BizSeqNo: r.BizSeqNo, OrderNo: r.OrderNo, HTTPStatus: http.StatusOK,
		Family: FamilyDocumentUnsupported, Err: fmt.Errorf("%w: the document is out of date", ErrNotPassed),
	}
}

// ConfirmNFC makes the query of GetIDCardNFCResult and decides on the result. The error
// is nil only if the document is this person's and is not known to be out of date. The
// number is compared, and the name if person has one. Otherwise the result comes with an
// error that is ErrNotPassed. It is ErrOtherPerson too, or it has
// FamilyDocumentUnsupported if the document has expired. Any other error comes without a
// result. AnyPerson takes any document.
//
// This decision does not mean that the person was seen: whoever holds the document
// passes.
func (c *Client) ConfirmNFC(ctx context.Context, r GetIDCardNFCResultRequest, person Person) (*NFCResult, error) {
	const op = "ConfirmNFC"
	return decide(ctx, c, Event{Op: op, Product: ProductNFC, OrderNo: r.OrderNo}, func() (*NFCResult, error) {
		return c.confirmNFC(ctx, op, r, person)
	})
}

func (c *Client) confirmNFC(ctx context.Context, op string, r GetIDCardNFCResultRequest, person Person) (*NFCResult, error) {
	if err := person.validateNamed(op); err != nil {
		return nil, err
	}
	result, err := c.getIDCardNFCResult(ctx, op, r)
	if err != nil {
		return nil, err
	}
	read := identity{place: "chip", numbers: []string{result.IDCard}, names: []string{result.Name, result.EnName}}
	if err := person.isIn([]identity{read}, false); err != nil {
		return result, result.decided.settle(otherThan(op, r.OrderNo, result.BizSeqNo, "", ProductNFC, err))
	}
	return result, result.decided.settle(result.outcomeError(op))
}

// Format prints ids only, whatever the verb.
func (r NFCResult) Format(f fmt.State, _ rune) { printShown(f, r) }

// LogValue logs what Format prints, as a group.
func (r NFCResult) LogValue() slog.Value { return logShown(r) }

func (r NFCResult) shown() shown { return shown{{"OrderNo", r.OrderNo}, {"BizSeqNo", r.BizSeqNo}} }

// MarshalJSON writes an empty object, because a logger that writes JSON would otherwise
// write the data of the permit.
func (p TravelPermit) MarshalJSON() ([]byte, error) { return []byte("{}"), nil }

func (r *NFCResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", r.BizSeqNo, ""
}
