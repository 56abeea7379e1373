package faceid

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// Product is what an appID was opened for in the console.
type Product string

// Products of face verification. This version opens verifications of
// ProductPlus; records are read for all of them.
const (
	ProductPlus     Product = "plus"
	ProductEnhanced Product = "enhanced"
	ProductBasic    Product = "basic"
	ProductWill     Product = "will"
)

// PhotoType says what kind of picture a Person's Photo is.
type PhotoType string

// The documented kinds. A clear photo sent as a watermarked one, or the other
// way round, makes the comparison worse.
const (
	PhotoWatermarked PhotoType = "1" // with the mesh of the authority's photos
	PhotoClear       PhotoType = "2" // without mesh
)

// LiveInterType is how mobile H5 checks that the person is alive.
type LiveInterType string

// LiveRealTimeOnly refuses browsers without real-time detection (they come back
// with CodeH5NoRealTime). The zero value lets them record a video instead.
const LiveRealTimeOnly LiveInterType = "1"

// Person is who is to be verified. With Name and IDNo alone the face is
// compared with the authority's photo; with a Photo it is compared with that.
// A Person prints, and is written as JSON, as its UserID only.
type Person struct {
	// UserID is the merchant's own id of the person: 1 to 32 letters, digits,
	// hyphens and underscores (30 for Harmony). The same person always has the
	// same, two persons never share one.
	UserID string
	// Name and IDNo are both required without a Photo; with one, give both or
	// neither.
	Name, IDNo string
	// Photo is a JPG, PNG or BMP file of at most 500 KB: frontal and trusted.
	Photo []byte
	// PhotoType is required with a Photo.
	PhotoType PhotoType
}

// GetPlusFaceIDRequest opens a Plus verification.
type GetPlusFaceIDRequest struct {
	OrderNo       string // 1 to 32 letters and digits, never used before; see NewOrderNo
	Person        Person
	LiveInterType LiveInterType // mobile H5 only; leave it empty for the App SDK
}

// GetPlusFaceIDResult is an opened verification. FaceID lives 5 minutes.
type GetPlusFaceIDResult struct {
	OrderNo         string
	FaceID          string
	OptimalDomain   string // the host of the login page; mobile H5 only, may be empty
	BizSeqNo        string // the platform's serial number
	TransactionTime time.Time
	Raw             RawJSON `json:"-"` // the whole answer
}

// GetPlusFaceID uploads who is to be verified and returns the faceId that an
// App SDK or a mobile H5 page is started with. It is not repeated after a
// network error that may have reached the platform: use a new OrderNo then.
// StartSDK and StartH5 do this and the rest of the launch.
//
// API: https://cloud.tencent.com/document/product/1007/114178
func (c *Client) GetPlusFaceID(ctx context.Context, r GetPlusFaceIDRequest) (*GetPlusFaceIDResult, error) {
	return c.getPlusFaceID(ctx, "GetPlusFaceID", r)
}

func (c *Client) getPlusFaceID(ctx context.Context, op string, r GetPlusFaceIDRequest) (*GetPlusFaceIDResult, error) {
	a, err := c.kyc1(op)
	if err != nil {
		return nil, err
	}
	if err := checkOrderNo(op, r.OrderNo); err != nil {
		return nil, err
	}
	if err := r.Person.check(op, maxUserID); err != nil {
		return nil, err
	}
	answer, err := c.do(ctx, call{
		op: op, product: ProductPlus, method: http.MethodPost, path: "/api/server/getPlusFaceId",
		orderNo: r.OrderNo, retry: retryUnsent,
		prepare: a.signed(
			func(nonce string) []param { return uploadSet(a.id, r.Person.UserID, nonce) },
			append(r.Person.params(), param{"orderNo", r.OrderNo}, param{"liveInterType", string(r.LiveInterType)}),
			r.Person.Name, r.Person.IDNo),
	})
	if err != nil {
		return nil, err
	}
	read := reader{op: op, orderNo: r.OrderNo, answer: answer}
	result := &GetPlusFaceIDResult{
		OrderNo: r.OrderNo, FaceID: read.required("faceId"), OptimalDomain: read.text("optimalDomain"),
		BizSeqNo: answer.BizSeqNo, TransactionTime: wire.Time(answer.OuterText("transactionTime")),
		Raw: RawJSON(answer.Raw()),
	}
	read.echo()
	if read.err != nil {
		return nil, read.err
	}
	return result, nil
}

// params are the person's parameters that are sent but not signed.
func (p *Person) params() []param {
	all := []param{{"name", p.Name}, {"idNo", p.IDNo}}
	if len(p.Photo) > 0 {
		all = append(all,
			param{"sourcePhotoStr", base64.StdEncoding.EncodeToString(p.Photo)},
			param{"sourcePhotoType", string(p.PhotoType)})
	}
	return all
}

// signed prepares a call that the SIGN ticket signs: the signed set, its
// signature, and those of the rest that are not empty. It draws a new nonce and
// asks for the ticket whenever it is called.
func (a *app) signed(set func(nonce string) []param, rest []param, private ...string) func(context.Context) (outgoing, error) {
	return func(ctx context.Context) (outgoing, error) {
		h, err := a.creds.get(ctx)
		if err != nil {
			return outgoing{}, err
		}
		ticket := h.sign()
		if ticket == "" { // half a record whose old ticket has just ended
			if h, err = a.creds.next(ctx, (*held).signs); err != nil {
				return outgoing{}, err
			}
			ticket = h.sign()
		}
		params := set(NewNonce())
		params = append(params, param{"sign", signSet(ticket, params)})
		for _, p := range rest {
			if p.value != "" {
				params = append(params, p)
			}
		}
		return outgoing{params, append([]string{ticket, h.Token.Value}, private...), h}, nil
	}
}

// reader takes typed values out of an answer and keeps the first error.
type reader struct {
	op, orderNo string
	answer      *wire.Answer
	err         error
}

func (r *reader) fail(err error) {
	if r.err == nil && err != nil {
		r.err = &Error{
			Op: r.op, Family: ErrBadAnswer, OrderNo: r.orderNo, BizSeqNo: r.answer.BizSeqNo,
			HTTPStatus: http.StatusOK, Err: err,
		}
	}
}

// text reads a string or a number, "" if it is absent.
func (r *reader) text(name string) string {
	text, err := r.answer.Text(name)
	r.fail(err)
	return text
}

func (r *reader) required(name string) string {
	text := r.text(name)
	if text == "" {
		r.fail(&wire.TypeError{Field: name, Want: "present"})
	}
	return text
}

// echo refuses an answer that belongs to another order.
func (r *reader) echo() {
	if got := r.text("orderNo"); got != "" && got != r.orderNo {
		r.fail(errOtherOrder)
	}
}

var errOtherOrder = errors.New("the answer is of another order")
