// Package lookup asks the platform for the result of one order, and tells what it says
// without the person.
package lookup

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
	"github.com/faceid-go/faceid/evidence"
)

// Result is what the platform says of an order. It names nobody, except in Answer.
type Result struct {
	Order    string          `json:"order"` // evidence.Order.Key: the number, or the hash of a token
	Kind     evidence.Kind   `json:"kind"`
	Product  faceid.Product  `json:"product,omitempty"`
	Found    bool            `json:"found"`  // the platform has a result
	Passed   bool            `json:"passed"` // somebody passed; nobody was compared with a person of yours
	Code     string          `json:"code,omitempty"`
	Message  string          `json:"message,omitempty"` // the platform's own words
	Meaning  show.Text       `json:"meaning,omitzero"`
	Handling show.Text       `json:"handling,omitzero"`
	Family   string          `json:"family"`
	Charged  string          `json:"charged"` // yes, no, unknown
	Charges  int             `json:"charges,omitempty"`
	Occurred time.Time       `json:"occurredAt,omitzero"`
	LiveRate *float64        `json:"liveRate,omitempty"`   // 0 to 100
	Similar  *float64        `json:"similarity,omitempty"` // 0 to 100
	Serial   string          `json:"serial,omitempty"`     // bizSeqNo of kyc1
	Request  string          `json:"requestID,omitempty"`  // RequestId of API 3.0
	Files    []File          `json:"files,omitempty"`      // by name
	Answer   json.RawMessage `json:"answer,omitempty"`     // the whole answer without files, which names the person; only if it was asked for
}

// File is a file that the platform has of an order.
type File struct {
	Name string `json:"name"` // the platform's
	Size int64  `json:"size"` // bytes
}

// look is one look at an order.
type look struct {
	personal bool
	client   *faceid.Client
	order    evidence.Order
	result   *Result

	mu    sync.Mutex
	sizes map[string]int64 // bytes that arrived, by file
}

// Look asks for the result, with all files: they are thrown away, and only their sizes are
// told. With personal the Answer is told, too. That there is no result is no error: Found is
// false then. The order must be valid. Each look at a chip uses up one of its 10 answers.
func Look(ctx context.Context, client *faceid.Client, o evidence.Order, personal bool) (*Result, error) {
	l := &look{personal: personal, client: client, order: o, sizes: map[string]int64{}, result: &Result{
		Order: o.Key(), Kind: o.Kind, Product: o.Product, Charged: faceid.ChargedUnknown.String(),
	}}
	ask := map[evidence.Kind]func(context.Context) error{
		evidence.FaceH5: l.face, evidence.FaceApp: l.face, evidence.FacePC: l.face, evidence.WillH5: l.will, evidence.WillApp: l.will,
		evidence.OCRIDCard: l.idCard, evidence.OCRBankCard: l.bankCard, evidence.NFC: l.chip,
		evidence.WeChat: l.weChat, evidence.Eid: l.eid, evidence.IntlWeb: l.intlWeb, evidence.IntlApp: l.intlApp,
	}[o.Kind]
	if err := ask(ctx); err != nil {
		if !errors.Is(err, faceid.ErrNoResult) && !errors.Is(err, faceid.ErrExpired) {
			return nil, err
		}
		l.none(err)
	}
	return l.result, nil
}

// none writes down that there is no result, and the platform's words for that.
func (l *look) none(err error) {
	l.result.Family = string(faceid.ErrNoResult)
	if errors.Is(err, faceid.ErrExpired) {
		l.result.Family = string(faceid.ErrExpired)
	}
	var e *faceid.Error
	if errors.As(err, &e) {
		l.coded(e.Code)
		l.result.Message, l.result.Serial, l.result.Request = e.Message, e.BizSeqNo, e.RequestID
	}
}

// coded writes down a code and what it means.
func (l *look) coded(code faceid.Code) {
	l.result.Code = code.Number()
	l.result.Meaning = show.T(code.Gloss(), code.GlossZH())
	l.result.Handling = show.T(code.Handling(), code.HandlingZH())
}

// told writes down what all results have in common. The answer is the whole one.
func (l *look) told(r faceid.Result, answer []byte) {
	l.result.Found = r.Family() != faceid.ErrNoResult
	l.result.Passed, l.result.Family = r.Passed(), string(r.Family())
	l.coded(r.Code())
	l.result.Charged = r.Charged().String()
	if r.Charged() == faceid.ChargedYes {
		l.result.Charges = 1
	}
	if l.personal {
		l.result.Answer = answer
	}
	for _, name := range slices.Sorted(maps.Keys(l.sizes)) {
		if l.sizes[name] > 0 {
			l.result.Files = append(l.result.Files, File{name, l.sizes[name]})
		}
	}
}

// toldCloud is told for an answer of API 3.0, whose files went to writers.
func (l *look) toldCloud(r faceid.Result, charges int, request string) error {
	answer, err := json.Marshal(r)
	if err != nil {
		return err
	}
	l.told(r, answer)
	l.result.Charges, l.result.Request = charges, request
	return nil
}

// counter counts the bytes of a file, and keeps none.
type counter struct {
	*look
	name string
}

func (c counter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sizes[c.name] += int64(len(p))
	return len(p), nil
}

func (l *look) count(name string) io.Writer { return counter{l, name} }

func score(s faceid.Score) *float64 {
	if !s.Present {
		return nil
	}
	return &s.Value
}

// number reads a number that the platform writes as text. It is nil if there is none.
func number(text string) *float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return &n
}
