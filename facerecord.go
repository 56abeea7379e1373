package faceid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// GetFile says which files come with a record.
type GetFile string

// The documented choices. The zero value brings none: a decision needs none,
// and a video is megabytes. An App records no video unless it is told to (see
// SDKLaunch), so FilesAll and FilesVideo bring none of such an order, now or later.
const (
	FilesNone  GetFile = ""
	FilesAll   GetFile = "1"
	FilesPhoto GetFile = "2"
	FilesVideo GetFile = "3"
)

func (f GetFile) check(op string) error {
	switch f {
	case FilesNone, FilesAll, FilesPhoto, FilesVideo:
		return nil
	}
	return badArgument(op, "GetFile", "must be one of FilesAll, FilesPhoto, FilesVideo, or empty")
}

func (f GetFile) photo() bool { return f == FilesAll || f == FilesPhoto }
func (f GetFile) video() bool { return f == FilesAll || f == FilesVideo }

// QueryVersion10 asks for SDKVersion and TRTCFlag too.
const QueryVersion10 = "1.0"

// QueryFaceRecordRequest asks how a face verification ended.
type QueryFaceRecordRequest struct {
	OrderNo      string
	GetFile      GetFile // which files come with it; empty: none
	QueryVersion string  // QueryVersion10, or empty
	Product      Product // optional: makes Charged certain; see WithProduct

	// LivenessOnly says that the order was started so (see SDKRequest): its record
	// passes although nobody was compared.
	LivenessOnly bool
	// Wait lets ConfirmFace ask again, up to 3 times, 2 seconds apart, while
	// there is no result yet: right after a callback that claims a pass, or after
	// the App's success.
	Wait bool

	// MediaTo, if set, gives the writer that receives the named file ("photo" or
	// "video"), decoded while it arrives, or nil to keep it in the record. A file is
	// whole if its size stands in the record (PhotoSize, VideoSize), whatever error
	// comes with that record: keep it. All else that was written is to be thrown
	// away; without a record that is everything. After a byte was written the query
	// is not repeated.
	MediaTo func(name string) io.Writer
	// PhotoTo and VideoTo are the short form of MediaTo, and its rule for errors is
	// theirs. They exclude it.
	PhotoTo, VideoTo io.Writer
}

// FaceRecord is how a face verification ended. It prints without its media.
type FaceRecord struct {
	Product         Product // as asked for, may be empty
	ResultCode      Code    // as the platform answered; see Code
	Message         string  // the platform's own words
	OrderNo         string  // as the platform echoes it
	LiveRate        Score   // how alive, 0 to 100
	Similarity      Score   // how similar, 0 to 100; absent where nothing was compared
	OccurredTime    time.Time
	Risk            *RiskInfo // nil if the platform sent none
	SDKVersion      string    // with QueryVersion10
	TRTCFlag        string    // with QueryVersion10: "Y" for a scan over TRTC
	Photo           []byte    `json:"-"` // usually JPG or PNG; nil if not asked for, absent, or written to PhotoTo
	Video           []byte    `json:"-"` // usually MP4; nil likewise
	PhotoSize       int64     // bytes of the photo, wherever they went: it is whole; 0 if there is none
	VideoSize       int64     // bytes of the video, likewise
	BizSeqNo        string
	TransactionTime time.Time // of the query
	LivenessOnly    bool      // as asked for: nobody had to be compared
	Raw             RawJSON   `json:"-"` // the whole answer without media
}

// Code returns the result code of the verification, "" for a nil record.
func (r *FaceRecord) Code() Code {
	if r == nil {
		return ""
	}
	return r.ResultCode
}

// Passed reports whether the person passed: the code is 0 and, unless the query
// said LivenessOnly, the face was compared with somebody's (there is a
// Similarity above 0).
func (r *FaceRecord) Passed() bool { return r.Err() == nil }

// Family returns what kind of outcome it is.
func (r *FaceRecord) Family() Family { return familyOfResult(r) }

// Err returns nil if the person passed, and otherwise an *Error that is
// ErrNotPassed, with the family of the code; ErrNotCompared if the code is 0 and
// nobody was compared.
func (r *FaceRecord) Err() error {
	if r == nil {
		return errNoRecord("FaceRecord")
	}
	return r.verdict("FaceRecord", r.OrderNo)
}

func (r *FaceRecord) verdict(op, orderNo string) error {
	bad := &Error{
		Op: op, Product: r.Product, Code: r.ResultCode, Message: r.Message, Family: r.ResultCode.Family(),
		BizSeqNo: r.BizSeqNo, OrderNo: orderNo, HTTPStatus: http.StatusOK, Err: ErrNotPassed,
	}
	switch {
	case r.ResultCode != CodePassed:
	case r.Similarity.compared() || r.LivenessOnly:
		return nil
	default:
		bad.Code, bad.Message, bad.Family, bad.Err = "", "", FamilyNotCompared, ErrNotCompared
	}
	return bad
}

// Gloss returns what the code means, in English.
func (r *FaceRecord) Gloss() string { return r.Code().Gloss() }

// Handling returns what the caller may do, in English.
func (r *FaceRecord) Handling() string { return r.Code().Handling() }

// Charged reports whether the verification is charged, by the documents' tables.
func (r *FaceRecord) Charged() Charged {
	if r == nil {
		return ChargedUnknown
	}
	return chargedFor(r.Product, r.ResultCode)
}

// QueryFaceRecord asks how an order ended. A verification that ended badly is
// an outcome: a record with Passed() == false and a nil error. An error means
// that there is no answer; ErrNoResult is final once the polling of
// WaitFaceFiles is over. Ask only after the callback came, or after the App
// reported success or an error of the comparing server.
//
// API: https://cloud.tencent.com/document/product/1007/114181
func (c *Client) QueryFaceRecord(ctx context.Context, r QueryFaceRecordRequest) (*FaceRecord, error) {
	return c.queryFaceRecord(ctx, "QueryFaceRecord", r, r.files())
}

func (c *Client) queryFaceRecord(ctx context.Context, op string, r QueryFaceRecordRequest, files *wire.Plan) (*FaceRecord, error) {
	if err := r.GetFile.check(op); err != nil {
		return nil, err
	}
	if r.MediaTo != nil && (r.PhotoTo != nil || r.VideoTo != nil) {
		return nil, badArgument(op, "MediaTo", "excludes PhotoTo and VideoTo, which are its short form")
	}
	cl, err := c.queryOrder(ctx, op, "/api/v2/base/queryfacerecord", r.OrderNo, &r.Product, files,
		param{"getFile", string(r.GetFile)}, param{"queryVersion", r.QueryVersion})
	if err != nil {
		return nil, err
	}
	return query(ctx, c, cl, func(answer *wire.Answer) (*FaceRecord, error) { return readFaceRecord(op, r, answer) })
}

// query makes a call for a result, and reads it.
func query[R Result](ctx context.Context, c *Client, cl call, read func(*wire.Answer) (R, error)) (result R, err error) {
	cl.read = func(answer *wire.Answer) (_ Result, err error) {
		result, err = read(answer)
		return result, err
	}
	_, err = c.do(ctx, cl)
	return result, err
}

var faceFiles = wire.Result(wire.Files("photo", "video").Members)

func (r QueryFaceRecordRequest) files() *wire.Plan {
	switch {
	case r.MediaTo != nil:
		return filePlan(faceFiles, r.OrderNo, r.MediaTo)
	case r.PhotoTo == nil && r.VideoTo == nil:
		return filePlan(faceFiles, r.OrderNo, nil)
	}
	return filePlan(faceFiles, r.OrderNo, r.to)
}

// to gives the writer of a file.
func (r *QueryFaceRecordRequest) to(name string) io.Writer {
	if name == "video" {
		return r.VideoTo
	}
	return r.PhotoTo
}

// queryOrder is the call for a result of one order. A product that is not given is
// set to the one of WithProduct.
func (c *Client) queryOrder(ctx context.Context, op, path, orderNo string, product *Product, files *wire.Plan, rest ...param) (call, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return call{}, err
	}
	if err := checkOrderNo(op, orderNo); err != nil {
		return call{}, err
	}
	if *product == "" {
		*product = a.product
	}
	return call{
		op: op, product: *product, method: http.MethodPost, path: path,
		orderNo: orderNo, retry: retryAlways, query: true, files: files,
		prepare: a.signed(func(nonce string) []param { return querySet(a.id, orderNo, nonce) }, rest),
	}, nil
}

func readFaceRecord(op string, r QueryFaceRecordRequest, answer *wire.Answer) (*FaceRecord, error) {
	read := reader{op: op, orderNo: r.OrderNo, answer: answer}
	record := &FaceRecord{
		Product: r.Product, ResultCode: faceCode(answer.Code), Message: answer.Msg,
		OrderNo:  read.text("orderNo"),
		LiveRate: parseScore(read.text("liveRate")), Similarity: parseScore(read.text("similarity")),
		OccurredTime: wire.Time(read.text("occurredTime")), Risk: read.risk(),
		SDKVersion: answer.LooseText("sdkVersion"), TRTCFlag: answer.LooseText("trtcFlag"),
		BizSeqNo: answer.BizSeqNo, TransactionTime: wire.Time(answer.OuterText("transactionTime")),
		LivenessOnly: r.LivenessOnly, Raw: RawJSON(answer.Raw()),
	}
	read.owned(record.ResultCode == CodePassed, record.OrderNo)
	if read.err != nil {
		return nil, read.err
	}
	record.Photo, record.PhotoSize = read.file("photo")
	record.Video, record.VideoSize = read.file("video")
	if read.err != nil {
		return nil, read.err
	}
	return record, nil
}

// ErrNotCompared says that the platform answered 0, but gave no similarity: it
// left the score out, wrote 分数为空, or a similarity of 0. Every ErrNotCompared is an ErrNotPassed
// too. In an App on iOS the App may have asked for liveness alone (see
// ConfirmFace). In a browser, on a PC, on Android and Harmony, and with will, no
// App can have done so, and the documents do not say why the score is missing:
// open a new verification, and give the BizSeqNo to the platform's support.
var ErrNotCompared error = notCompared{}

type notCompared struct{}

func (notCompared) Error() string        { return "faceid: the person was compared with nobody" }
func (notCompared) Is(target error) bool { return target == ErrNotPassed }

// ConfirmFace asks how an order ended and returns its record with a nil error
// only if the person passed: this is the call to decide on. If the person did
// not pass, the record comes with an error that is ErrNotPassed and the code's
// family; any other error comes without a record. The answer must be of the
// order that was asked for.
//
// Where the person comes back by a browser use ConfirmReturn, which looks at the
// session and the callback first: else somebody could open an order in another's
// name, send them the link, and collect the result.
//
// A pass needs a Similarity above 0, unless the query says LivenessOnly; without
// one the error is ErrNotCompared. An App on iOS can turn a verification into a mere
// check of liveness: of Basic by leaving out the faceId, which no signature
// covers, of Plus and Enhanced by a switch of its SDK that is off by default
// (useAdvanceCompare). On other channels no App has such a switch.
func (c *Client) ConfirmFace(ctx context.Context, r QueryFaceRecordRequest) (*FaceRecord, error) {
	const op = "ConfirmFace"
	return decide(ctx, c, Event{Op: op, Product: r.Product, OrderNo: r.OrderNo}, func() (*FaceRecord, error) {
		return c.confirmFace(ctx, op, r)
	})
}

func (c *Client) confirmFace(ctx context.Context, op string, r QueryFaceRecordRequest) (*FaceRecord, error) {
	files := r.files()
	record, err := c.queryFaceRecord(ctx, op, r, files)
	for try := 0; r.Wait && errors.Is(err, ErrNoResult) && !files.Wrote() && try < fileRetries; try++ {
		if err := sleep(ctx, fileInterval); err != nil {
			return nil, &Error{Op: op, Product: r.Product, OrderNo: r.OrderNo, Err: err}
		}
		record, err = c.queryFaceRecord(ctx, op, r, files)
	}
	if err != nil {
		return nil, err
	}
	return record, record.verdict(op, r.OrderNo)
}

// Files lag one or two seconds behind the scan: the documents advise to look
// again 3 times, 2 seconds apart.
const (
	fileRetries  = 3
	fileInterval = 2 * time.Second
)

// WaitFaceFiles is QueryFaceRecord for a moment right after the scan, when the
// record or its files may lag: it asks again up to 3 times, 2 seconds apart,
// until the record and the files asked for are there; with GetFile empty, until
// the record is there.
//
// If a file of a person who passed never comes, the record comes with a
// *MissingFilesError, which is ErrNoFiles and names what is missing. A person who
// did not pass may have no files, and that is no error: such a record comes with a
// nil error and whatever files there are. Its files are asked for once more, and
// only if its family is one that a comparison brings (FamilyNotSamePerson,
// FamilyIdentityMismatch, FamilySuspectedFake).
//
// With any error comes the last record that arrived, or nil. A file whose size
// stands in that record (PhotoSize, VideoSize) is whole, whatever the error: keep
// it. It was neither asked for nor written again, so who drops it has lost it. All
// else that was written is to be thrown away; without a record that is everything.
//
// An App records no video unless it is told to: see SDKLaunch.
func (c *Client) WaitFaceFiles(ctx context.Context, r QueryFaceRecordRequest) (*FaceRecord, error) {
	const op = "WaitFaceFiles"
	var last *FaceRecord
	again := false // it was asked once more for files that there may not be
	if r.MediaTo != nil {
		r.MediaTo = exceptWhole(r.MediaTo, func(name string) int64 { return last.size(name) })
	}
	for try := 0; ; try++ {
		files := r.files()
		record, err := c.queryFaceRecord(ctx, op, r, files)
		switch {
		case err == nil:
			record.keepFiles(last)
			last = record
			if record.PhotoSize > 0 && r.PhotoTo != nil {
				r.PhotoTo = wire.Drop // it has it
			}
			if record.VideoSize > 0 && r.VideoTo != nil {
				r.VideoTo = wire.Drop
			}
			r.GetFile = r.GetFile.without(record.PhotoSize, record.VideoSize)
			switch {
			case r.GetFile == FilesNone:
				return record, nil
			case record.ResultCode == CodePassed:
				err = &Error{
					Op: op, Product: record.Product, OrderNo: r.OrderNo, BizSeqNo: record.BizSeqNo,
					Err: &MissingFilesError{Files: r.GetFile.names()},
				}
			case again || !wasCompared(record.ResultCode.Family()):
				return record, nil
			default:
				again = true
			}
		case !errors.Is(err, ErrNoResult) || files.Wrote():
			return last, err
		}
		if try == fileRetries {
			return last, err
		}
		if err := sleep(ctx, fileInterval); err != nil {
			return last, &Error{Op: op, Product: r.Product, OrderNo: r.OrderNo, Err: err}
		}
	}
}

// wasCompared reports whether an outcome that did not pass is one that a
// comparison of the face brings: of all others the platform has nothing to keep.
func wasCompared(f Family) bool {
	switch f {
	case FamilyNotSamePerson, FamilyIdentityMismatch, FamilySuspectedFake, FamilyWillMismatch:
		return true
	}
	return false
}

// exceptWhole gives the writers that to gives, but drops a file that came whole
// before: its writer has it.
func exceptWhole(to func(name string) io.Writer, size func(name string) int64) func(name string) io.Writer {
	return func(name string) io.Writer {
		if size(name) > 0 {
			return wire.Drop
		}
		return to(name)
	}
}

// size returns the size of a file that came whole, by its name, or 0.
func (r *FaceRecord) size(name string) int64 {
	switch {
	case r == nil:
		return 0
	case name == "video":
		return r.VideoSize
	}
	return r.PhotoSize
}

// names are the platform's names of the files.
func (f GetFile) names() []string {
	var names []string
	if f.photo() {
		names = append(names, "photo")
	}
	if f.video() {
		names = append(names, "video")
	}
	return names
}

// without returns what is still missing of a photo and a video of these sizes.
func (f GetFile) without(photoSize, videoSize int64) GetFile {
	photo := f.photo() && photoSize == 0
	video := f.video() && videoSize == 0
	switch {
	case photo && video:
		return FilesAll
	case photo:
		return FilesPhoto
	case video:
		return FilesVideo
	}
	return FilesNone
}

// keepFiles takes over what an earlier answer brought.
func (r *FaceRecord) keepFiles(earlier *FaceRecord) {
	if earlier == nil {
		return
	}
	if earlier.PhotoSize > 0 {
		r.Photo, r.PhotoSize = earlier.Photo, earlier.PhotoSize
	}
	if earlier.VideoSize > 0 {
		r.Video, r.VideoSize = earlier.Video, earlier.VideoSize
	}
}

// Format prints the record without media and raw answer, whatever the verb.
func (r FaceRecord) Format(f fmt.State, _ rune) { printShown(f, r) }

// LogValue logs the same as a group.
func (r FaceRecord) LogValue() slog.Value { return logShown(r) }

func (r FaceRecord) shown() shown {
	return shown{
		{"OrderNo", r.OrderNo}, {"Product", r.Product}, {"LiveRate", r.LiveRate}, {"Similarity", r.Similarity},
		{"PhotoSize", r.PhotoSize}, {"VideoSize", r.VideoSize}, {"BizSeqNo", r.BizSeqNo},
	}
}
