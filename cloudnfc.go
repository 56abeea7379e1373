package faceid

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
)

// This file is about the chips of documents that are read by way of API 3.0.

// GetNFCToken asks for the token that a mini program of WeChat needs to read the chip of
// a document. The NFC SDK in the mini program returns an NFCToken of its own, for
// ConfirmWxNFC. Both sites have it: see WithCheckSite. How long the token lives is not
// documented. The call is not repeated after a network error if the request may have
// reached the platform.
func (c *Client) GetNFCToken(ctx context.Context, r GetNFCTokenRequest) (*GetNFCTokenResult, error) {
	const op = "GetNFCToken"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	site, err := c.siteOf(op, op)
	if err != nil {
		return nil, err
	}
	var result GetNFCTokenResult
	_, err = c.act(ctx, cloudCall{op: op, site: site, action: op, finish: func(_ string, err error) error {
		if err == nil && result.Token == "" {
			return badCloudAnswer(op, result.RequestID, "Token")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

// GetWxNFCResult asks for what a mini program read from the chip of a document. The
// NFCToken lives 10 minutes, and is charged once however often it is asked for. To
// decide, call ConfirmWxNFC instead.
//
// API: https://cloud.tencent.com/document/product/1007/132063
func (c *Client) GetWxNFCResult(ctx context.Context, r GetWxNFCResultRequest) (*GetWxNFCResultResult, error) {
	return c.getWxNFCResult(ctx, "GetWxNFCResult", r)
}

func (c *Client) getWxNFCResult(ctx context.Context, op string, r GetWxNFCResultRequest) (*GetWxNFCResultResult, error) {
	if err := cmp.Or(c.ready(ctx, op), validateToken(op, "NFCToken", r.NFCToken)); err != nil {
		return nil, err
	}
	site, err := c.siteOf(op, tableWxNFC)
	if err != nil {
		return nil, err
	}
	var result GetWxNFCResultResult
	if _, err := c.act(ctx, cloudCall{
		op: op, site: site, action: tableWxNFC, readOnly: true, private: []string{r.NFCToken}, to: r.MediaTo,
	}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

// ParseNfcData asks for what the client SDK of an App read from the chip of a document.
// The ReqID lives 5 minutes, and is charged once however often it is asked for. To
// decide, call ConfirmNfcData instead.
//
// API: https://cloud.tencent.com/document/product/1007/74804
func (c *Client) ParseNfcData(ctx context.Context, r ParseNfcDataRequest) (*ParseNfcDataResult, error) {
	return c.parseNfcData(ctx, "ParseNfcData", r, nil)
}

// parseNfcData takes the ReqID, and the texts of the person who is expected, out of the
// answer's ResultDescription.
func (c *Client) parseNfcData(ctx context.Context, op string, r ParseNfcDataRequest, expected []string) (*ParseNfcDataResult, error) {
	if err := cmp.Or(c.ready(ctx, op), validateToken(op, "ReqID", r.ReqID)); err != nil {
		return nil, err
	}
	private := append(expected, r.ReqID)
	var result ParseNfcDataResult
	if _, err := c.act(ctx, cloudCall{
		op: op, site: SiteChina, action: tableNfcData, readOnly: true, private: private, to: r.MediaTo,
	}, r, &result); err != nil {
		return nil, err
	}
	result.ResultDescription = redactText(result.ResultDescription, private)
	return &result, nil
}

// These are the tables of the results, named after the actions.
const (
	tableWxNFC   = "GetWxNFCResult"
	tableNfcData = "ParseNfcData"
)

// chip is the part of an answer that decides about a document whose chip was read.
type chip struct {
	table, result, message, requestID string
	number, name, enName              string
	valid                             Validity
	genuine, told                     bool // told: the answer says whether the document is genuine
	forged                            bool
}

// code returns "" if the answer does not say how the reading ended.
func (d *chip) code() Code {
	if d == nil || d.result == "" {
		return ""
	}
	return scoped(d.table, d.result)
}

func (d *chip) charged() Charged {
	if d == nil {
		return ChargedUnknown
	}
	row, _ := catalog.LookupRow(d.table, "check", d.code().Number())
	return chargedBy(row)
}

// err returns nil if the chip was read, and nothing that it says speaks against the
// document.
func (d *chip) err(op string) error {
	code := d.code()
	bad := flowError(op, code, d.requestID, redactText(d.message, []string{d.number, d.name, d.enName}))
	switch {
	case code == "":
		bad.Family, bad.Err = ErrBadAnswer, &wire.TypeError{Field: "ResultCode", Want: "present"}
	case code.Number() != "0":
	case d.number == "":
		bad.Code, bad.Family, bad.Err = "", ErrBadAnswer, &wire.TypeError{Field: "IdNum", Want: "present"}
	case d.forged:
		bad.Code, bad.Family, bad.Err = "", FamilySuspectedFake, fmt.Errorf("%w: the document is not genuine, see CheckMRTD", ErrNotPassed)
	case d.told && !d.genuine:
		bad.Code, bad.Family, bad.Err = "", FamilyDocumentUnsupported, fmt.Errorf("%w: not all of the document was found genuine, see CheckMRTD", ErrNotPassed)
	case (d.valid.LongTerm || !d.valid.To.IsZero()) && !d.valid.Covers(time.Now()):
		bad.Code, bad.Family, bad.Err = "", FamilyDocumentUnsupported, fmt.Errorf("%w: the document is out of date", ErrNotPassed)
	default:
		return nil
	}
	return bad
}

// decide returns nil if the document is genuine as far as it is told, not out of date,
// and of the person p.
func (d *chip) decide(op string, p *Person) error {
	if err := d.err(op); err != nil {
		return err
	}
	read := identity{place: "chip", numbers: []string{d.number}, names: []string{d.name, d.enName}}
	if err := p.isIn([]identity{read}, false); err != nil {
		return otherThan(op, "", "", d.requestID, "", err)
	}
	return nil
}

// readMRTD reads CheckMRTD. told is false if it is empty. A text that cannot be read does
// not say that the document is genuine.
func readMRTD(text string) (genuine, forged, told bool) {
	if text == "" {
		return false, false, false
	}
	var parts map[string]any
	if json.Unmarshal([]byte(text), &parts) != nil {
		return false, false, true
	}
	genuine = true
	for _, name := range []string{"result_issuer", "result_paper", "result_data", "result_chip"} {
		part, ok := parts[name]
		value := fmt.Sprint(part)
		genuine = genuine && ok && value == "0"
		forged = forged || value == "1"
	}
	return genuine, forged, true
}

// readValidity returns the validity between two days.
func readValidity(begin, end string) Validity {
	v := Validity{Text: begin + "-" + end, From: parseDate(begin)}
	v.setEnd(end)
	return v
}

// Valid returns the validity of the document.
func (r *GetWxNFCResultResult) Valid() Validity {
	if r == nil {
		return Validity{}
	}
	return readValidity(r.BeginTime, r.EndTime)
}

// Genuine reports whether the document was found genuine in all its parts: its issuer,
// its paper, its data and its chip. told is false if the answer does not say it, as for
// an ID card.
func (r *GetWxNFCResultResult) Genuine() (genuine, told bool) {
	if r == nil {
		return false, false
	}
	genuine, _, told = readMRTD(r.CheckMRTD)
	return genuine, told
}

// Code returns how the reading ended, in the table of GetWxNFCResult.
func (r *GetWxNFCResultResult) Code() Code { return r.chip().code() }

// Passed reports whether the chip was read, and the document is neither out of date nor
// found wanting (see Genuine). After ConfirmWxNFC it reports the decision.
func (r *GetWxNFCResultResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise the reason: see Result.
func (r *GetWxNFCResultResult) Err() error {
	if r == nil {
		return errNoRecord(tableWxNFC)
	}
	return r.decided.or(r.chip().err(tableWxNFC))
}

// Family returns the family of the outcome.
func (r *GetWxNFCResultResult) Family() Family { return familyOfResult(r) }

// Charged reports whether the reading is charged.
func (r *GetWxNFCResultResult) Charged() Charged { return r.chip().charged() }

func (r *GetWxNFCResultResult) chip() *chip {
	if r == nil {
		return nil
	}
	d := &chip{table: tableWxNFC, result: r.ResultCode, requestID: r.RequestID, number: r.IDNum, name: r.Name, enName: r.EnName, valid: r.Valid()}
	d.genuine, d.forged, d.told = readMRTD(r.CheckMRTD)
	return d
}

// ConfirmWxNFC makes the query of GetWxNFCResult and decides on the result. The error is
// nil only if the document is this person's, is not known to be out of date, and was
// found genuine where the answer says anything about it (see Genuine). The number is
// compared, and the name if person has one. Otherwise the result comes with an error
// that is ErrNotPassed, and ErrOtherPerson too if the document is somebody else's.
// AnyPerson takes any document.
//
// This decision does not mean that the person was seen: whoever holds the document
// passes.
func (c *Client) ConfirmWxNFC(ctx context.Context, r GetWxNFCResultRequest, person Person) (*GetWxNFCResultResult, error) {
	const op = "ConfirmWxNFC"
	return decide(ctx, c, Event{Op: op}, func() (*GetWxNFCResultResult, error) {
		if err := person.validateNamed(op); err != nil {
			return nil, err
		}
		result, err := c.getWxNFCResult(ctx, op, r)
		if err != nil {
			return nil, err
		}
		return result, result.decided.settle(result.chip().decide(op, &person))
	})
}

func (r *GetWxNFCResultResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", "", r.RequestID
}

// Valid returns the validity of the document.
func (r *ParseNfcDataResult) Valid() Validity {
	if r == nil {
		return Validity{}
	}
	return readValidity(r.BeginTime, r.EndTime)
}

// Genuine reports whether the document was found genuine in all its parts: its issuer,
// its paper, its data and its chip. told is false if the answer does not say it, as for
// an ID card.
func (r *ParseNfcDataResult) Genuine() (genuine, told bool) {
	if r == nil {
		return false, false
	}
	genuine, _, told = readMRTD(r.CheckMRTD)
	return genuine, told
}

// Code returns how the reading ended, in the table of ParseNfcData.
func (r *ParseNfcDataResult) Code() Code { return r.chip().code() }

// Passed reports whether the chip was read, and the document is neither out of date nor
// found wanting (see Genuine). After ConfirmNfcData it reports the decision.
func (r *ParseNfcDataResult) Passed() bool { return r.Err() == nil }

// Err returns nil if Passed, and otherwise the reason: see Result.
func (r *ParseNfcDataResult) Err() error {
	if r == nil {
		return errNoRecord(tableNfcData)
	}
	return r.decided.or(r.chip().err(tableNfcData))
}

// Family returns the family of the outcome.
func (r *ParseNfcDataResult) Family() Family { return familyOfResult(r) }

// Charged reports whether the reading is charged. It is ChargedUnknown for a reading that
// failed, because the documents do not say it.
func (r *ParseNfcDataResult) Charged() Charged { return r.chip().charged() }

func (r *ParseNfcDataResult) chip() *chip {
	if r == nil {
		return nil
	}
	d := &chip{
		table: tableNfcData, result: r.ResultCode, message: r.ResultDescription, requestID: r.RequestID,
		number: r.IDNum, name: r.Name, enName: r.EnName, valid: r.Valid(),
	}
	d.genuine, d.forged, d.told = readMRTD(r.CheckMRTD)
	return d
}

// ConfirmNfcData is ConfirmWxNFC for a chip that the client SDK of an App read.
func (c *Client) ConfirmNfcData(ctx context.Context, r ParseNfcDataRequest, person Person) (*ParseNfcDataResult, error) {
	const op = "ConfirmNfcData"
	return decide(ctx, c, Event{Op: op}, func() (*ParseNfcDataResult, error) {
		if err := person.validateNamed(op); err != nil {
			return nil, err
		}
		result, err := c.parseNfcData(ctx, op, r, person.texts())
		if err != nil {
			return nil, err
		}
		return result, result.decided.settle(result.chip().decide(op, &person))
	})
}

func (r *ParseNfcDataResult) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", "", r.RequestID
}
