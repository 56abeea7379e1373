package faceid

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// GetBankCardOCRResultRequest asks for the data that were read from a bank card.
type GetBankCardOCRResultRequest struct {
	OrderNo string
	GetFile bool // whether the pictures are wanted too; they may lag a second

	// MediaTo works as in GetOCRResultRequest. The names are bankcardCropPhoto,
	// bankcardNoPhoto and originBankcardPhoto.
	MediaTo func(name string) io.Writer
}

// BankCardResult holds the data that were read from a bank card. It prints without them.
type BankCardResult struct {
	ResultCode Code // as the platform answered; see Code
	Message    string
	OrderNo    string
	BankCardNo string // the number of the card
	ValidDate  string // as on the card, MM/yyyy
	// ValidUntil is the last day of that month, midnight in China. It is zero if the
	// month could not be read.
	ValidUntil time.Time

	CropPhoto   []byte `json:"-"` // the card, cut out; with GetFile
	NoPhoto     []byte `json:"-"` // the number, cut out; with GetFile
	OriginPhoto []byte `json:"-"` // the picture as it was taken; with GetFile
	// MediaSizes holds the size in bytes of each picture that came, under the
	// platform's name, also if the picture went to a writer.
	MediaSizes map[string]int64

	WarnCode       Code   // "" if there is no warning; see its Gloss
	MultiWarnCodes []Code // all warnings
	Clarity        Score  // the clarity of the picture; the documents give no range

	OperateTime     time.Time // the time of the reading
	TransactionTime time.Time // the time of the query
	BizSeqNo        string
	Raw             RawJSON `json:"-"` // the whole answer without pictures
	decided         decided
}

// GetBankCardOCRResult asks for the data that were read from a bank card. Like
// QueryFaceRecord it returns an outcome with a nil error.
func (c *Client) GetBankCardOCRResult(ctx context.Context, r GetBankCardOCRResultRequest) (*BankCardResult, error) {
	return c.getBankCardOCRResult(ctx, "GetBankCardOCRResult", r)
}

func (c *Client) getBankCardOCRResult(ctx context.Context, op string, r GetBankCardOCRResultRequest) (*BankCardResult, error) {
	cl, err := c.queryCard(ctx, op, ProductBankCardOCR, "/api/server/getBankCardOcrResult", r.OrderNo,
		filePlan(bankCardFiles, r.OrderNo, r.MediaTo), param{"get_file", flag(r.GetFile)})
	if err != nil {
		return nil, err
	}
	return query(ctx, c, cl, func(answer *wire.Answer) (*BankCardResult, error) { return readBankCard(op, r, answer) })
}

func readBankCard(op string, r GetBankCardOCRResultRequest, answer *wire.Answer) (*BankCardResult, error) {
	read := reader{op: op, orderNo: r.OrderNo, answer: answer}
	result := &BankCardResult{
		ResultCode: scoped(scopeBankCard, answer.Code), Message: answer.Msg, OrderNo: read.text("orderNo"),
		BankCardNo: read.text("bankCardNo"), ValidDate: read.text("bankCardValidDate"),
		MultiWarnCodes: cardWarnings(answer.LooseText("multiWarnCode")),
		Clarity:        parseScore(answer.LooseText("clarity")), OperateTime: operateTime(answer.LooseText("operateTime")),
		TransactionTime: wire.Time(answer.OuterText("transactionTime")), BizSeqNo: answer.BizSeqNo,
	}
	if single := cardWarnings(answer.LooseText("warnCode")); len(single) > 0 {
		result.WarnCode = single[0]
	}
	if month, err := time.ParseInLocation("01/2006", result.ValidDate, chinaTime); err == nil {
		result.ValidUntil = month.AddDate(0, 1, -1)
	}
	read.ofOrder(result.ResultCode.Number() == "0", result.OrderNo)
	if read.err != nil {
		return nil, read.err
	}
	files := fileReader{reader: &read}
	result.CropPhoto, result.NoPhoto = files.take("bankcardCropPhoto"), files.take("bankcardNoPhoto")
	result.OriginPhoto = files.take("originBankcardPhoto")
	if read.err != nil {
		return nil, read.err
	}
	result.MediaSizes = files.sizes
	result.Raw = RawJSON(answer.Raw())
	return result, nil
}

var bankCardFiles = wire.Result(wire.Files("bankcardCropPhoto", "bankcardNoPhoto", "originBankcardPhoto").Members)

var numbers = regexp.MustCompile(`-?\d+`)

// cardWarnings reads one code, or several as in "[-9110, -9111]". A code 0 is no
// warning.
func cardWarnings(text string) []Code {
	var all []Code
	for _, number := range numbers.FindAllString(text, -1) {
		if number != "0" {
			all = append(all, Code(scopeBankCardWarn+"/"+number))
		}
	}
	return all
}

// Warnings returns every warning of WarnCode and MultiWarnCodes once.
func (r *BankCardResult) Warnings() []Code {
	if r == nil {
		return nil
	}
	var all []Code
	seen := map[Code]bool{"": true}
	for _, code := range append([]Code{r.WarnCode}, r.MultiWarnCodes...) {
		if !seen[code] {
			seen[code] = true
			all = append(all, code)
		}
	}
	return all
}

// Image returns CropPhoto, or OriginPhoto if the platform could not cut the card out.
func (r *BankCardResult) Image() []byte {
	if r == nil {
		return nil
	}
	return imageOr(r.CropPhoto, r.OriginPhoto)
}

// ConfirmBankCardOCR makes the query of GetBankCardOCRResult and decides on the result.
// The error is nil only if a number was read and it is the BankCardNo of this person.
// Otherwise the result comes with an error that is ErrNotPassed. It is ErrOtherPerson
// too, or it has the family of the code, which is FamilyUnreadable if the code is 0. Any
// other error comes without a result. AnyPerson takes any card. This decision does not
// know in whose name the bank has the card: BankCard2EVerification and the other checks
// of bank cards do.
func (c *Client) ConfirmBankCardOCR(ctx context.Context, r GetBankCardOCRResultRequest, person Person) (*BankCardResult, error) {
	const op = "ConfirmBankCardOCR"
	return decide(ctx, c, Event{Op: op, Product: ProductBankCardOCR, OrderNo: r.OrderNo}, func() (*BankCardResult, error) {
		return c.confirmBankCard(ctx, op, r, person)
	})
}

func (c *Client) confirmBankCard(ctx context.Context, op string, r GetBankCardOCRResultRequest, person Person) (*BankCardResult, error) {
	switch {
	case person.whom == anybody && person.namesSomebody():
		return nil, person.validateExpected(op)
	case person.whom == asOpened:
		return nil, badArgument(op, "Person", "is PersonAsOpened, but nothing was opened: name the card, or give AnyPerson")
	case person.whom == theNamed && foldNumber(person.BankCardNo) == "":
		return nil, badArgument(op, "Person", "must have a BankCardNo to compare with, or be AnyPerson")
	}
	result, err := c.getBankCardOCRResult(ctx, op, r)
	if err != nil {
		return nil, err
	}
	outcome := result.outcomeError(op, r.OrderNo)
	if outcome == nil {
		want := Person{IDNo: person.BankCardNo, whom: person.whom}
		if err := want.isIn([]identity{{place: "bankCardNo", numbers: []string{result.BankCardNo}}}, false); err != nil {
			outcome = otherThan(op, r.OrderNo, result.BizSeqNo, "", ProductBankCardOCR, err)
		}
	}
	return result, result.decided.settle(outcome)
}

// outcomeError returns nil if a number was read, and otherwise the error of the outcome.
func (r *BankCardResult) outcomeError(op, orderNo string) error {
	if r.ResultCode.Number() == "0" && r.BankCardNo != "" {
		return nil
	}
	bad := &Error{
		Op: op, Product: ProductBankCardOCR, Family: FamilyUnreadable,
		BizSeqNo: r.BizSeqNo, OrderNo: orderNo, HTTPStatus: http.StatusOK, Err: ErrNotPassed,
	}
	if r.ResultCode.Number() != "0" { // the message of a code 0 is that of a pass
		bad.Code, bad.Message, bad.Family = r.ResultCode, r.Message, r.ResultCode.Family()
	}
	return bad
}

// Code returns the result code of the reading, and "" for a nil result.
func (r *BankCardResult) Code() Code {
	if r == nil {
		return ""
	}
	return r.ResultCode
}

// Passed reports whether a number was read. After ConfirmBankCardOCR it reports the
// decision.
func (r *BankCardResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise the reason: see Result.
func (r *BankCardResult) Err() error {
	if r == nil {
		return errNoRecord("GetBankCardOCRResult")
	}
	return r.decided.or(r.outcomeError("GetBankCardOCRResult", r.OrderNo))
}

// Family returns the family of the outcome.
func (r *BankCardResult) Family() Family { return familyOfResult(r) }

// Charged reports whether the reading is charged, by the documents' table.
func (r *BankCardResult) Charged() Charged {
	e, _ := Explain(ProductBankCardOCR, ChannelServer, r.Code())
	return e.Charged
}

// Format prints codes only, whatever the verb.
func (r BankCardResult) Format(f fmt.State, _ rune) { printShown(f, r) }

// LogValue logs what Format prints, as a group.
func (r BankCardResult) LogValue() slog.Value { return logShown(r) }

func (r BankCardResult) shown() shown {
	return shown{
		{"OrderNo", r.OrderNo}, {"WarnCode", r.WarnCode}, {"Pictures", len(r.MediaSizes)}, {"BizSeqNo", r.BizSeqNo},
	}
}

func (r *BankCardResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", r.BizSeqNo, ""
}
