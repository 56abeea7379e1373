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
	OrderNo  string // empty: a new one
	UserID   string // 1 to 30 letters, digits, hyphens and underscores
	Licence  string // of the SDK for iOS, from the console; optional, passed on to the App
}

// StartOCR makes the launch parameters of an OCR SDK, in the names of the
// platform's own: valid for 2 minutes, once. Its results are asked for with the
// same order number.
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
	if err := cmp.Or(checkPhone(op, r.Platform, r.UserID), checkUserID(op, r.UserID, maxUserIDHarmony), checkOrderNo(op, launch.OrderNo)); err != nil {
		return nil, err
	}
	nonceTicket, err := c.nonceTicket(ctx, call{op: op, product: r.Product, orderNo: launch.OrderNo}, r.UserID)
	if err != nil {
		return nil, err
	}
	launch.sign(a, nonceTicket, param{"licence", r.Licence})
	return launch, nil
}

// GetOCRResultRequest asks what was read from an ID card.
type GetOCRResultRequest struct {
	OrderNo   string
	GetFile   bool // the pictures too; they may lag a second
	GetNative bool // the native place that the number stands for, too

	// MediaTo, if set, gives the writer that receives the named picture, decoded
	// while it arrives, or nil to keep it in the result. Names are the platform's:
	// frontPhoto, backPhoto, frontCrop, backCrop, headPhoto. What was written is
	// whole if a result comes, whatever error comes with it; without a result it is
	// to be thrown away. After a byte was written the query is not repeated.
	MediaTo func(name string) io.Writer
}

// OCRResult is what was read from an ID card. Each side has a code of its own;
// the fields of a side that was not read are empty. It prints without them.
type OCRResult struct {
	ResultCode Code // of the whole; see Code
	Message    string
	OrderNo    string
	FrontCode  Code // of the side with the portrait; "" if it was not taken
	BackCode   Code // of the side with the emblem; "" likewise

	// The side with the portrait.
	Name    string
	Sex     Sex
	Nation  string    // ethnic group
	Birth   time.Time // midnight in China; zero if it could not be read
	Address string
	IDCard  string // number

	// The side with the emblem.
	ValidDate Validity
	Authority string

	// Pictures, JPG; with GetFile.
	FrontPhoto []byte `json:"-"`
	BackPhoto  []byte `json:"-"`
	FrontCrop  []byte `json:"-"` // cut along the edges; may be missing, see FrontImage
	BackCrop   []byte `json:"-"`
	HeadPhoto  []byte `json:"-"`
	// MediaSizes are the bytes of each picture that came, by the platform's name,
	// wherever they went.
	MediaSizes map[string]int64

	FrontWarnCode     Warnings  // of the side with the portrait: hints, not failures
	BackWarnCode      Warnings  // of the side with the emblem
	FrontMultiWarning Warnings  // all of that side together
	BackMultiWarning  Warnings  // likewise
	FrontClarity      Score     // score of the picture; the documents give no range
	BackClarity       Score     // likewise
	NativePlace       string    // with GetNative
	OperateTime       time.Time // of the reading
	TransactionTime   time.Time // of the query
	BizSeqNo          string
	Raw               RawJSON `json:"-"` // the whole answer without pictures
	decided           decided
}

// Warnings are the eight digits that come with a side of an ID card: each "1"
// is a warning, "00000000" is none. A warning does not spoil the reading; what
// to do about it is the merchant's choice. The documents' table of the eight
// positions is lost, so they have no names here.
type Warnings string

// Has reports whether the digit at a position is "1": 1 is the leftmost, 8 the
// rightmost.
func (w Warnings) Has(position int) bool {
	return position >= 1 && position <= len(w) && w[position-1] == '1'
}

// Any reports whether there is any warning.
func (w Warnings) Any() bool { return strings.Contains(string(w), "1") }

// GetOCRResult asks what was read from an ID card. Like QueryFaceRecord it
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

// queryCard is the call for the result of one order, in the older manner: by GET,
// with names of its own.
func (c *Client) queryCard(ctx context.Context, op string, product Product, path, orderNo string, files *wire.Plan, rest ...param) (call, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return call{}, err
	}
	if err := checkOrderNo(op, orderNo); err != nil {
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
	read.owned(result.ResultCode.Number() == "0", result.OrderNo)
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

// operateTime reads the one time that the platform writes differently.
func operateTime(text string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, text, chinaTime)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Code returns the code that decided: that of the whole, or else of the first
// side that was not read; 0 if both were.
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

// Passed reports whether both sides were read. After ConfirmOCR it says what the
// decision said, about the sides that were wanted and the person.
func (r *OCRResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise why not: see Result.
func (r *OCRResult) Err() error {
	if r == nil {
		return errNoRecord("GetOCRResult")
	}
	return r.decided.or(r.verdict("GetOCRResult", r.OrderNo, OCRBothSides))
}

// Family returns what kind of outcome it is.
func (r *OCRResult) Family() Family { return familyOfResult(r) }

// Charged reports whether the reading is charged, by the documents' table and
// Code.
func (r *OCRResult) Charged() Charged {
	e, _ := Explain(ProductIDCardOCR, ChannelServer, r.Code())
	return e.Charged
}

// FrontRead reports whether the side with the portrait was read: its code is 0,
// and name and number are there.
func (r *OCRResult) FrontRead() bool {
	return r != nil && r.FrontCode.Number() == "0" && r.Name != "" && r.IDCard != ""
}

// BackRead reports whether the side with the emblem was read: its code is 0, and
// the dates are there, if only as text.
func (r *OCRResult) BackRead() bool {
	return r != nil && r.BackCode.Number() == "0" && r.ValidDate.Text != ""
}

// FrontImage returns FrontCrop, or FrontPhoto where the platform could not cut
// it out.
func (r *OCRResult) FrontImage() []byte {
	if r == nil {
		return nil
	}
	return imageOr(r.FrontCrop, r.FrontPhoto)
}

// BackImage returns BackCrop, or BackPhoto where the platform could not cut it
// out.
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

// The zero value is both.
const (
	OCRBothSides OCRSides = iota
	OCRFrontOnly          // with the portrait
	OCRBackOnly           // with the emblem
)

// ConfirmOCR is GetOCRResult, with a nil error only if the sides that are wanted
// were read (see FrontRead and BackRead) and the card is this person's: the
// number on it, and the name if person has one. If not, the result comes with an
// error that is ErrNotPassed: ErrOtherPerson, or the family of the code that
// decided, FamilyUnreadable if there is none or it is 0. Any other error comes
// without a result. AnyPerson takes any card. OCRBackOnly needs it, for that side
// names nobody.
//
// A card that was read is no person who was seen: whoever holds it, or a picture
// of it, passes.
func (c *Client) ConfirmOCR(ctx context.Context, r GetOCRResultRequest, person Person, sides OCRSides) (*OCRResult, error) {
	const op = "ConfirmOCR"
	return decide(ctx, c, Event{Op: op, Product: ProductIDCardOCR, OrderNo: r.OrderNo}, func() (*OCRResult, error) {
		return c.confirmOCR(ctx, op, r, person, sides)
	})
}

func (c *Client) confirmOCR(ctx context.Context, op string, r GetOCRResultRequest, person Person, sides OCRSides) (*OCRResult, error) {
	if err := person.checkNamed(op); err != nil {
		return nil, err
	}
	if sides == OCRBackOnly && person.whom == theNamed {
		return nil, badArgument(op, "Sides", "is OCRBackOnly, which names nobody: give AnyPerson")
	}
	result, err := c.getOCRResult(ctx, op, r)
	if err != nil {
		return nil, err
	}
	verdict := result.verdict(op, r.OrderNo, sides)
	if verdict == nil {
		read := identity{place: "idcard", numbers: []string{result.IDCard}, names: []string{result.Name}}
		if err := person.isIn([]identity{read}, false); err != nil {
			verdict = otherThan(op, r.OrderNo, result.BizSeqNo, "", ProductIDCardOCR, err)
		}
	}
	result.decided.passed = verdict == nil && sides != OCRBothSides
	return result, result.decided.settle(verdict)
}

// verdict is nil if the sides that are wanted were read.
func (r *OCRResult) verdict(op, orderNo string, sides OCRSides) error {
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
	if code.Number() == "0" { // it says so, and there is nothing: its words are of a pass
		code = ""
	}
	bad := &Error{
		Op: op, Product: ProductIDCardOCR, Code: code, Family: FamilyUnreadable,
		BizSeqNo: r.BizSeqNo, OrderNo: orderNo, HTTPStatus: http.StatusOK, Err: ErrNotPassed,
	}
	if code != "" { // else that side was not taken, or is empty
		bad.Family = code.Family()
		e, _ := Explain(ProductIDCardOCR, ChannelServer, code)
		bad.Message = e.Message
	}
	return bad
}

// Format prints codes only, whatever the verb.
func (r OCRResult) Format(f fmt.State, _ rune) { printShown(f, r) }

// LogValue logs the same as a group.
func (r OCRResult) LogValue() slog.Value { return logShown(r) }

func (r OCRResult) shown() shown {
	return shown{
		{"OrderNo", r.OrderNo}, {"FrontCode", r.FrontCode}, {"BackCode", r.BackCode},
		{"FrontWarnCode", string(r.FrontWarnCode)}, {"BackWarnCode", string(r.BackWarnCode)},
		{"Pictures", len(r.MediaSizes)}, {"BizSeqNo", r.BizSeqNo},
	}
}
