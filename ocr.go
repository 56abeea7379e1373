package faceid

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// OCRRequest starts the reading of a card in an App. Nothing is uploaded: the
// order begins with the launch.
type OCRRequest struct {
	Product  Product // ProductIDCardOCR or ProductBankCardOCR; the App chooses the kind of card
	Platform Platform
	OrderNo  string // empty: a new number
	UserID   string // 1 to 30 letters, digits, hyphens and underscores
	Licence  string // the licence of the SDK for iOS, from the console; optional, passed on to the App
}

// StartOCR makes the launch parameters of an OCR SDK, under the names of the SDK of that
// platform. They are valid for 2 minutes, once. Ask for the result with the same order
// number.
func (c *Client) StartOCR(ctx context.Context, r OCRRequest) (*SDKLaunch, error) {
	const op = "StartOCR"
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	if r.Product != ProductIDCardOCR && r.Product != ProductBankCardOCR {
		return nil, badArgument(op, "Product", "must be ProductIDCardOCR or ProductBankCardOCR")
	}
	launch := &SDKLaunch{Product: r.Product, Platform: r.Platform, OrderNo: orderNoOr(r.OrderNo), UserID: r.UserID}
	if err := cmp.Or(validatePhone(op, r.Platform, r.UserID), validateUserID(op, r.UserID, maxUserIDHarmony), validateOrderNo(op, launch.OrderNo)); err != nil {
		return nil, err
	}
	nonceTicket, err := c.nonceTicket(ctx, call{op: op, product: r.Product, orderNo: launch.OrderNo}, r.UserID)
	if err != nil {
		return nil, err
	}
	launch.sign(a, nonceTicket, param{"licence", r.Licence})
	return launch, nil
}

// GetOCRResultRequest asks for the data that were read from an ID card.
type GetOCRResultRequest struct {
	OrderNo   string
	GetFile   bool // whether the pictures are wanted too; they may lag a second
	GetNative bool // whether the native place that the number stands for is wanted too

	// MediaTo, if set, returns the writer that receives the named picture, decoded while
	// it arrives. It returns nil to keep the picture in the result. Names are the
	// platform's: frontPhoto, backPhoto, frontCrop, backCrop, headPhoto. If a result
	// comes, what was written is whole, whatever error comes with the result. Without a
	// result throw away what was written. After a byte was written the query is not
	// repeated.
	MediaTo func(name string) io.Writer
}

// OCRResult holds the data that were read from an ID card. Each side has a code of its
// own. The fields of a side that was not read are empty. An OCRResult prints without the
// data.
type OCRResult struct {
	ResultCode Code // the code of the whole reading; see Code
	Message    string
	OrderNo    string
	FrontCode  Code // the code of the side with the portrait; "" if the side was not taken
	BackCode   Code // the code of the side with the emblem; "" if the side was not taken

	// The following five fields are on the side with the portrait.

	Name    string    // the name on the card
	Sex     Sex       // in the words of the card
	Nation  string    // the ethnic group
	Birth   time.Time // midnight in China; zero if it could not be read
	Address string    // the address on the card
	IDCard  string    // the number of the card

	// The following two fields are on the side with the emblem.

	ValidDate Validity // the period of validity
	Authority string   // the authority that issued the card

	// The pictures are JPG, and come with GetFile.

	FrontPhoto []byte `json:"-"` // the side with the portrait, as it was taken
	BackPhoto  []byte `json:"-"` // the side with the emblem, as it was taken
	FrontCrop  []byte `json:"-"` // cut along the edges; may be missing, see FrontImage
	BackCrop   []byte `json:"-"` // cut along the edges; may be missing, see BackImage
	HeadPhoto  []byte `json:"-"` // the portrait
	// MediaSizes holds the size in bytes of each picture that came, under the
	// platform's name, also if the picture went to a writer.
	MediaSizes map[string]int64

	FrontWarnCode     Warnings  // hints about the side with the portrait, no failures
	BackWarnCode      Warnings  // hints about the side with the emblem, no failures
	FrontMultiWarning Warnings  // all warnings about the side with the portrait together
	BackMultiWarning  Warnings  // all warnings about the side with the emblem together
	FrontClarity      Score     // the clarity of the picture; the documents give no range
	BackClarity       Score     // the clarity of the picture; the documents give no range
	NativePlace       string    // with GetNative
	OperateTime       time.Time // the time of the reading
	TransactionTime   time.Time // the time of the query
	BizSeqNo          string
	Raw               RawJSON `json:"-"` // the whole answer without pictures
	decided           decided
}

// Warnings holds the eight digits that come with a side of an ID card. Each "1" is a
// warning, and "00000000" is no warning. A warning does not spoil the reading, and the
// merchant chooses what to do about it. The documents' table of the eight positions is
// lost, so they have no names here.
type Warnings string

// Has reports whether the digit at a position is "1". Position 1 is the leftmost, and 8
// the rightmost.
func (w Warnings) Has(position int) bool {
	return position >= 1 && position <= len(w) && w[position-1] == '1'
}

// Any reports whether there is any warning.
func (w Warnings) Any() bool { return strings.Contains(string(w), "1") }

// GetOCRResult asks for the data that were read from an ID card. Like QueryFaceRecord it
// returns an outcome with a nil error.
//
// API: https://cloud.tencent.com/document/product/1007/35859
func (c *Client) GetOCRResult(ctx context.Context, r GetOCRResultRequest) (*OCRResult, error) {
	return c.getOCRResult(ctx, "GetOCRResult", r)
}

func (c *Client) getOCRResult(ctx context.Context, op string, r GetOCRResultRequest) (*OCRResult, error) {
	cl, err := c.queryCard(ctx, op, ProductIDCardOCR, "/api/server/getOcrResult", r.OrderNo, filePlan(idCardFiles, r.OrderNo, r.MediaTo),
		param{"get_file", flag(r.GetFile)}, param{"get_native", flag(r.GetNative)})
	if err != nil {
		return nil, err
	}
	return query(ctx, c, cl, func(answer *wire.Answer) (*OCRResult, error) { return readOCRResult(op, r, answer) })
}

var idCardFiles = wire.Result(wire.Files("frontPhoto", "backPhoto", "frontCrop", "backCrop", "headPhoto").Members)

func flag(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// queryCard makes the call for the result of one card. These calls are older than the
// others: they use GET, and cardSet with its older names.
func (c *Client) queryCard(ctx context.Context, op string, product Product, path, orderNo string, files *wire.Plan, rest ...param) (call, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return call{}, err
	}
	if err := validateOrderNo(op, orderNo); err != nil {
		return call{}, err
	}
	return call{
		op: op, product: product, method: http.MethodGet, path: path, scope: string(product),
		orderNo: orderNo, retry: retryAlways, query: true, files: files,
		prepare: a.signed(func(nonce string) []param { return cardSet(a.id, orderNo, nonce) }, rest),
	}, nil
}

func readOCRResult(op string, r GetOCRResultRequest, answer *wire.Answer) (*OCRResult, error) {
	read := reader{op: op, orderNo: r.OrderNo, answer: answer}
	side := func(name string) Code {
		if number := read.text(name); number != "" {
			return scoped(scopeIDCard, number)
		}
		return ""
	}
	result := &OCRResult{
		ResultCode: scoped(scopeIDCard, answer.Code), Message: answer.Msg, OrderNo: read.text("orderNo"),
		FrontCode: side("frontCode"), BackCode: side("backCode"),
		Name: read.text("name"), Sex: Sex(read.text("sex")), Nation: read.text("nation"), Birth: parseDate(read.text("birth")),
		Address: read.text("address"), IDCard: read.text("idcard"),
		ValidDate: parseValidity(read.text("validDate")), Authority: read.text("authority"),
		FrontWarnCode: Warnings(answer.LooseText("frontWarnCode")), BackWarnCode: Warnings(answer.LooseText("backWarnCode")),
		FrontMultiWarning: Warnings(answer.LooseText("frontMultiWarning")), BackMultiWarning: Warnings(answer.LooseText("backMultiWarning")),
		FrontClarity: parseScore(answer.LooseText("frontClarity")), BackClarity: parseScore(answer.LooseText("backClarity")),
		NativePlace: answer.LooseText("nativePlace"), OperateTime: operateTime(answer.LooseText("operateTime")),
		TransactionTime: wire.Time(answer.OuterText("transactionTime")), BizSeqNo: answer.BizSeqNo,
	}
	read.ofOrder(result.ResultCode.Number() == "0", result.OrderNo)
	if read.err != nil {
		return nil, read.err
	}
	files := fileReader{reader: &read}
	result.FrontPhoto, result.BackPhoto = files.take("frontPhoto"), files.take("backPhoto")
	result.FrontCrop, result.BackCrop = files.take("frontCrop"), files.take("backCrop")
	result.HeadPhoto = files.take("headPhoto")
	if read.err != nil {
		return nil, read.err
	}
	result.MediaSizes = files.sizes
	result.Raw = RawJSON(answer.Raw())
	return result, nil
}

// operateTime reads operateTime, which the platform writes differently from all other
// times.
func operateTime(text string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, text, chinaTime)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Code returns the code that decided. It is ResultCode if that is not 0, or else the
// code of the first side that was not read. It is 0 if both sides were read.
func (r *OCRResult) Code() Code {
	if r == nil {
		return ""
	}
	for _, code := range []Code{r.ResultCode, r.FrontCode, r.BackCode} {
		if code != "" && code.Number() != "0" {
			return code
		}
	}
	return r.ResultCode
}

// Passed reports whether both sides were read. After ConfirmOCR it reports the decision,
// about the sides that were wanted and the person.
func (r *OCRResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise the reason: see Result.
func (r *OCRResult) Err() error {
	if r == nil {
		return errNoRecord("GetOCRResult")
	}
	return r.decided.or(r.outcomeError("GetOCRResult", r.OrderNo, OCRBothSides))
}

// Family returns the family of the outcome.
func (r *OCRResult) Family() Family { return familyOfResult(r) }

// Charged reports whether the reading is charged, by the documents' table and
// Code.
func (r *OCRResult) Charged() Charged {
	e, _ := Explain(ProductIDCardOCR, ChannelServer, r.Code())
	return e.Charged
}

// FrontRead reports whether the side with the portrait was read. Its code must be 0, and
// name and number must be there.
func (r *OCRResult) FrontRead() bool {
	return r != nil && r.FrontCode.Number() == "0" && r.Name != "" && r.IDCard != ""
}

// BackRead reports whether the side with the emblem was read. Its code must be 0, and
// the dates must be there, at least as text.
func (r *OCRResult) BackRead() bool {
	return r != nil && r.BackCode.Number() == "0" && r.ValidDate.Text != ""
}

// FrontImage returns FrontCrop, or FrontPhoto if the platform could not cut the card
// out.
func (r *OCRResult) FrontImage() []byte {
	if r == nil {
		return nil
	}
	return imageOr(r.FrontCrop, r.FrontPhoto)
}

// BackImage returns BackCrop, or BackPhoto if the platform could not cut the card out.
func (r *OCRResult) BackImage() []byte {
	if r == nil {
		return nil
	}
	return imageOr(r.BackCrop, r.BackPhoto)
}

func imageOr(crop, photo []byte) []byte {
	if len(crop) > 0 {
		return crop
	}
	return photo
}

// OCRSides says which sides of an ID card ConfirmOCR wants.
type OCRSides uint8

// These are the choices of sides. The zero value is both sides.
const (
	OCRBothSides OCRSides = iota
	OCRFrontOnly          // the side with the portrait
	OCRBackOnly           // the side with the emblem
)

// ConfirmOCR makes the query of GetOCRResult and decides on the result. The error is nil
// only if the sides that are wanted were read (see FrontRead and BackRead) and the card
// is this person's: the number on it, and the name if person has one. Otherwise the
// result comes with an error that is ErrNotPassed. It is ErrOtherPerson too, or it has
// the family of the code that decided, which is FamilyUnreadable if there is no code or
// the code is 0. Any other error comes without a result. AnyPerson takes any card.
// OCRBackOnly needs AnyPerson, because that side names nobody.
//
// This decision does not mean that the person was seen: whoever holds the card, or a
// picture of it, passes.
func (c *Client) ConfirmOCR(ctx context.Context, r GetOCRResultRequest, person Person, sides OCRSides) (*OCRResult, error) {
	const op = "ConfirmOCR"
	return decide(ctx, c, Event{Op: op, Product: ProductIDCardOCR, OrderNo: r.OrderNo}, func() (*OCRResult, error) {
		return c.confirmOCR(ctx, op, r, person, sides)
	})
}

func (c *Client) confirmOCR(ctx context.Context, op string, r GetOCRResultRequest, person Person, sides OCRSides) (*OCRResult, error) {
	if err := person.validateNamed(op); err != nil {
		return nil, err
	}
	if sides == OCRBackOnly && person.whom == theNamed {
		return nil, badArgument(op, "Sides", "is OCRBackOnly, which names nobody: give AnyPerson")
	}
	result, err := c.getOCRResult(ctx, op, r)
	if err != nil {
		return nil, err
	}
	outcome := result.outcomeError(op, r.OrderNo, sides)
	if outcome == nil {
		read := identity{place: "idcard", numbers: []string{result.IDCard}, names: []string{result.Name}}
		if err := person.isIn([]identity{read}, false); err != nil {
			outcome = otherThan(op, r.OrderNo, result.BizSeqNo, "", ProductIDCardOCR, err)
		}
	}
	result.decided.passed = outcome == nil && sides != OCRBothSides
	return result, result.decided.settle(outcome)
}

// outcomeError returns nil if the sides that are wanted were read, and otherwise the
// error of the outcome.
func (r *OCRResult) outcomeError(op, orderNo string, sides OCRSides) error {
	code := r.ResultCode
	switch {
	case code.Number() != "0":
	case sides != OCRBackOnly && !r.FrontRead():
		code = r.FrontCode
	case sides != OCRFrontOnly && !r.BackRead():
		code = r.BackCode
	default:
		return nil
	}
	if code.Number() == "0" { // the code says that the side was read, but the data are missing
		code = ""
	}
	bad := &Error{
		Op: op, Product: ProductIDCardOCR, Code: code, Family: FamilyUnreadable,
		BizSeqNo: r.BizSeqNo, OrderNo: orderNo, HTTPStatus: http.StatusOK, Err: ErrNotPassed,
	}
	if code != "" { // without a code the side was not taken, or its data are missing
		bad.Family = code.Family()
		e, _ := Explain(ProductIDCardOCR, ChannelServer, code)
		bad.Message = e.Message
	}
	return bad
}

// Format prints codes only, whatever the verb.
func (r OCRResult) Format(f fmt.State, _ rune) { printShown(f, r) }

// LogValue logs what Format prints, as a group.
func (r OCRResult) LogValue() slog.Value { return logShown(r) }

func (r OCRResult) shown() shown {
	return shown{
		{"OrderNo", r.OrderNo}, {"FrontCode", r.FrontCode}, {"BackCode", r.BackCode},
		{"FrontWarnCode", string(r.FrontWarnCode)}, {"BackWarnCode", string(r.BackWarnCode)},
		{"Pictures", len(r.MediaSizes)}, {"BizSeqNo", r.BizSeqNo},
	}
}

func (r *OCRResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", r.BizSeqNo, ""
}
