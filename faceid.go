package faceid

import (
	"context"
	"net/http"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// LiveInterType says how mobile H5 finds out that the person is alive.
type LiveInterType string

// LiveRealTimeOnly refuses browsers without real-time detection, which come back with
// CodeH5NoRealTime. The zero value lets such browsers record a video instead.
const LiveRealTimeOnly LiveInterType = "1"

// GetPlusFaceIDRequest opens a Plus verification. It prints as its name.
type GetPlusFaceIDRequest struct {
	hidden[GetPlusFaceIDRequest]

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

// GetPlusFaceID uploads the person who is to be verified, and returns the faceId that an
// App SDK or a mobile H5 page is started with. After a network error it is not repeated
// if the request may have reached the platform: use a new OrderNo then. StartSDK and
// StartH5 make this call and the rest of the launch.
//
// API: https://cloud.tencent.com/document/product/1007/114144
func (c *Client) GetPlusFaceID(ctx context.Context, r GetPlusFaceIDRequest) (*GetPlusFaceIDResult, error) {
	opened, err := c.open(ctx, faceUpload{"GetPlusFaceID", plusUpload, r.OrderNo, r.Person, r.LiveInterType})
	return (*GetPlusFaceIDResult)(opened), err
}

// GetAdvFaceIDRequest opens an Enhanced verification. It prints as its name.
type GetAdvFaceIDRequest struct {
	hidden[GetAdvFaceIDRequest]

	OrderNo       string // 1 to 32 letters and digits, never used before; see NewOrderNo
	Person        Person
	LiveInterType LiveInterType // mobile H5 only; leave it empty for the App SDK
}

// GetAdvFaceIDResult is an opened verification. FaceID lives 5 minutes.
type GetAdvFaceIDResult struct {
	OrderNo         string
	FaceID          string
	OptimalDomain   string // the host of the login page; mobile H5 only, may be empty
	BizSeqNo        string // the platform's serial number
	TransactionTime time.Time
	Raw             RawJSON `json:"-"` // the whole answer
}

// GetAdvFaceID is GetPlusFaceID for the Enhanced product.
//
// API: https://cloud.tencent.com/document/product/1007/61070
func (c *Client) GetAdvFaceID(ctx context.Context, r GetAdvFaceIDRequest) (*GetAdvFaceIDResult, error) {
	opened, err := c.open(ctx, faceUpload{"GetAdvFaceID", advUpload, r.OrderNo, r.Person, r.LiveInterType})
	return (*GetAdvFaceIDResult)(opened), err
}

// GetFaceIDRequest opens a Basic verification for an App. It prints as its name.
type GetFaceIDRequest struct {
	hidden[GetFaceIDRequest]

	OrderNo string // 1 to 32 letters and digits, never used before; see NewOrderNo
	Person  Person
}

// GetFaceIDResult is an opened verification. FaceID lives 5 minutes.
type GetFaceIDResult struct {
	OrderNo         string
	FaceID          string
	BizSeqNo        string // the platform's serial number
	TransactionTime time.Time
	Raw             RawJSON `json:"-"` // the whole answer
}

// GetFaceID uploads the person who is to be verified by the Basic product, and returns
// the faceId that its App SDK is started with. For a browser on a PC it is the wrong
// call: see GetH5FaceID. StartSDK makes this call and the rest of the launch.
//
// API: https://cloud.tencent.com/document/product/269/10140
func (c *Client) GetFaceID(ctx context.Context, r GetFaceIDRequest) (*GetFaceIDResult, error) {
	opened, err := c.open(ctx, faceUpload{"GetFaceID", basicUpload, r.OrderNo, r.Person, ""})
	if err != nil {
		return nil, err
	}
	return &GetFaceIDResult{opened.OrderNo, opened.FaceID, opened.BizSeqNo, opened.TransactionTime, opened.Raw}, nil
}

// GetH5FaceIDRequest opens a Basic verification for a browser on a PC. It prints
// as its name.
type GetH5FaceIDRequest struct {
	hidden[GetH5FaceIDRequest]

	OrderNo string // 1 to 32 letters and digits, never used before; see NewOrderNo
	Person  Person
}

// GetH5FaceIDResult is an opened verification. H5FaceID lives 5 minutes.
type GetH5FaceIDResult struct {
	OrderNo         string
	H5FaceID        string // for the login page of a PC; lives 5 minutes
	OptimalDomain   string // the host of the login page, may be empty
	BizSeqNo        string // the platform's serial number
	TransactionTime time.Time
	Raw             RawJSON `json:"-"` // the whole answer
}

// GetH5FaceID uploads the person who is to be verified in a browser ON A PC, by the
// Basic product, and returns the h5faceId that the PC login page is started with. In
// spite of its name it has nothing to do with mobile H5: use GetPlusFaceID or
// GetAdvFaceID there. StartPC makes this call and the rest of the launch.
//
// API: https://cloud.tencent.com/document/product/655/32412
func (c *Client) GetH5FaceID(ctx context.Context, r GetH5FaceIDRequest) (*GetH5FaceIDResult, error) {
	opened, err := c.open(ctx, faceUpload{"GetH5FaceID", pcUpload, r.OrderNo, r.Person, ""})
	if err != nil {
		return nil, err
	}
	return &GetH5FaceIDResult{opened.OrderNo, opened.FaceID, opened.OptimalDomain, opened.BizSeqNo, opened.TransactionTime, opened.Raw}, nil
}

// uploader is one of the platform's upload calls.
type uploader struct {
	product Product
	path    string
	idName  string // the name of the id in the answer
	signsPC bool   // whether pcUploadSet is signed, and not uploadSet
}

var (
	plusUpload  = uploader{ProductPlus, "/api/server/getPlusFaceId", "faceId", false}
	advUpload   = uploader{ProductEnhanced, "/api/server/getAdvFaceId", "faceId", false}
	basicUpload = uploader{ProductBasic, "/api/server/getfaceid", "faceId", false}
	pcUpload    = uploader{ProductBasic, "/api/server/h5/geth5faceid", "h5faceId", true}
)

// faceUpload is the upload of one person for a face verification, to any of the upload
// calls.
type faceUpload struct {
	op      string
	to      uploader
	orderNo string
	person  Person
	live    LiveInterType
}

// opened is the answer to any upload.
type opened struct {
	OrderNo         string
	FaceID          string
	OptimalDomain   string
	BizSeqNo        string
	TransactionTime time.Time
	Raw             RawJSON `json:"-"`
}

// validate refuses a bad argument before anything is sent.
func (u *faceUpload) validate() error {
	if err := validateOrderNo(u.op, u.orderNo); err != nil {
		return err
	}
	if u.live != "" && u.live != LiveRealTimeOnly {
		return badArgument(u.op, "LiveInterType", "must be LiveRealTimeOnly or empty")
	}
	return u.person.validate(u.op, maxUserID)
}

// open opens a face verification with an upload.
func (c *Client) open(ctx context.Context, u faceUpload) (*opened, error) {
	a, err := c.kyc1(ctx, u.op)
	if err != nil {
		return nil, err
	}
	if err := u.validate(); err != nil {
		return nil, err
	}
	return c.upload(ctx, call{
		op: u.op, product: u.to.product, method: http.MethodPost, path: u.to.path,
		orderNo: u.orderNo, retry: retryUnsent, photo: u.person.Photo, prepare: u.prepare(a),
	}, u.to.idName)
}

// upload makes an upload. The answer must hold an id of this name.
func (c *Client) upload(ctx context.Context, cl call, idName string) (result *opened, err error) {
	cl.read = func(answer *wire.Answer) (_ Result, err error) {
		result, err = readOpened(cl.op, cl.orderNo, idName, answer)
		return nil, err
	}
	_, err = c.do(ctx, cl)
	return result, err
}

// readOpened reads the answer to an upload.
func readOpened(op, orderNo, idName string, answer *wire.Answer) (*opened, error) {
	read := reader{op: op, orderNo: orderNo, answer: answer}
	result := &opened{
		OrderNo: orderNo, FaceID: read.required(idName), OptimalDomain: read.text("optimalDomain"),
		BizSeqNo: answer.BizSeqNo, TransactionTime: wire.Time(answer.OuterText("transactionTime")),
		Raw: RawJSON(answer.Raw()),
	}
	read.sameOrder()
	if read.err != nil {
		return nil, read.err
	}
	return result, nil
}

// prepare returns the prepare function of the upload's call. The values that are signed
// depend on the upload call, and the others are sent without being signed.
func (u *faceUpload) prepare(a *app) func(context.Context) (outgoing, error) {
	p := &u.person
	if u.to.signsPC {
		return a.signed(
			func(string) []param { return pcUploadSet(a.id, u.orderNo, p.Name, p.IDNo, p.UserID) },
			[]param{p.photoType()}, p.Name, p.IDNo)
	}
	rest := []param{
		p.photoType(), {"name", p.Name}, {"idNo", p.IDNo}, {"orderNo", u.orderNo}, {"liveInterType", string(u.live)},
	}
	return a.signed(func(nonce string) []param { return uploadSet(a.id, p.UserID, nonce) }, rest, p.Name, p.IDNo)
}
