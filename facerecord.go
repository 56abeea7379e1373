package faceid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
	"github.com/faceid-go/faceid/internal/wire"
)

// GetFile says which files come with a record.
type GetFile string

// These are the documented choices. The zero value brings no files: a decision needs
// none, and a video has megabytes. An App records no video unless it is told to (see
// SDKLaunch). FilesAll and FilesVideo bring no video of such an order, now or later.
const (
	FilesNone  GetFile = ""
	FilesAll   GetFile = "1"
	FilesPhoto GetFile = "2"
	FilesVideo GetFile = "3"
)

func (f GetFile) validate(op string) error {
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

	// LivenessOnly says that the order was started with LivenessOnly (see SDKRequest).
	// Its record passes although the person was compared with nobody.
	LivenessOnly bool
	// Wait lets ConfirmFace ask again, up to 3 times, 2 seconds apart, while there is no
	// result yet. Set it right after a callback that claims a pass, or after the App
	// reported success.
	Wait bool

	// MediaTo, if set, returns the writer that receives the named file ("photo" or
	// "video"), decoded while it arrives. It returns nil to keep the file in the record.
	// A file is whole if its size stands in the record (PhotoSize, VideoSize), whatever
	// error comes with that record: keep it. Throw away everything else that was
	// written, and without a record throw away everything. After a byte was written the
	// query is not repeated.
	MediaTo func(name string) io.Writer
	// PhotoTo and VideoTo are the short form of MediaTo, and have the same rule for
	// errors. They cannot be used together with MediaTo.
	PhotoTo, VideoTo io.Writer
}

// FaceRecord is how a face verification ended. It prints without its media.
type FaceRecord struct {
	Product         Product // as asked for, may be empty
	ResultCode      Code    // as the platform answered; see Code
	Message         string  // the platform's own words
	OrderNo         string  // the order that the answer names
	LiveRate        Score   // the score of liveness, 0 to 100
	Similarity      Score   // the score of the comparison, 0 to 100; absent if the face was not compared
	OccurredTime    time.Time
	Risk            *RiskInfo // nil if the platform sent none
	SDKVersion      string    // with QueryVersion10
	TRTCFlag        string    // with QueryVersion10: "Y" for a scan over TRTC
	Photo           []byte    `json:"-"` // usually JPG or PNG; nil if not asked for, absent, or written to PhotoTo
	Video           []byte    `json:"-"` // usually MP4; nil if not asked for, absent, or written to VideoTo
	PhotoSize       int64     // bytes of the whole photo, also if it went to a writer; 0 if there is none
	VideoSize       int64     // bytes of the whole video, also if it went to a writer; 0 if there is none
	BizSeqNo        string
	TransactionTime time.Time // the time of the query
	LivenessOnly    bool      // as asked for: the face need not have been compared
	Raw             RawJSON   `json:"-"` // the whole answer without media
}

// Code returns the result code of the verification, and "" for a nil record.
func (r *FaceRecord) Code() Code {
	if r == nil {
		return ""
	}
	return r.ResultCode
}

// Passed reports whether the person passed. The code must be 0 and, unless the query
// said LivenessOnly, the face must have been compared: there is a Similarity above 0.
func (r *FaceRecord) Passed() bool { return r.Err() == nil }

// Family returns the family of the outcome.
func (r *FaceRecord) Family() Family { return familyOfResult(r) }

// Err returns nil if the person passed, and otherwise an *Error that is ErrNotPassed,
// with the family of the code. It is ErrNotCompared if the code is 0 and the face was
// not compared.
func (r *FaceRecord) Err() error {
	if r == nil {
		return errNoRecord("FaceRecord")
	}
	return r.outcomeError("FaceRecord", r.OrderNo)
}

// outcomeError returns nil if the person passed, and otherwise the error of the outcome.
func (r *FaceRecord) outcomeError(op, orderNo string) error {
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

// QueryFaceRecord asks how an order ended. A verification that ended badly is an
// outcome: a record with Passed() == false and a nil error. An error means that there is
// no answer. ErrNoResult is final once the polling of WaitFaceFiles is over. Ask only
// after the callback came, or after the App reported success or an error of the
// comparing server.
//
// API: https://cloud.tencent.com/document/product/1007/114181
func (c *Client) QueryFaceRecord(ctx context.Context, r QueryFaceRecordRequest) (*FaceRecord, error) {
	return c.queryFaceRecord(ctx, "QueryFaceRecord", r, r.files())
}

func (c *Client) queryFaceRecord(ctx context.Context, op string, r QueryFaceRecordRequest, files *wire.Plan) (*FaceRecord, error) {
	if err := r.GetFile.validate(op); err != nil {
		return nil, err
	}
	if r.MediaTo != nil && (r.PhotoTo != nil || r.VideoTo != nil) {
		return nil, badArgument(op, "MediaTo", "cannot be used together with PhotoTo or VideoTo, which are its short form")
	}
	cl, err := c.queryOrder(ctx, op, "/api/v2/base/queryfacerecord", r.OrderNo, &r.Product, files,
		param{"getFile", string(r.GetFile)}, param{"queryVersion", r.QueryVersion})
	if err != nil {
		return nil, err
	}
	return query(ctx, c, cl, func(answer *wire.Answer) (*FaceRecord, error) { return readFaceRecord(op, r, answer) })
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

// to returns the writer of the named file.
func (r *QueryFaceRecordRequest) to(name string) io.Writer {
	if name == "video" {
		return r.VideoTo
	}
	return r.PhotoTo
}

// queryOrder makes the call for the result of one order. It sets an empty product to the
// product of WithProduct.
func (c *Client) queryOrder(ctx context.Context, op, path, orderNo string, product *Product, files *wire.Plan, rest ...param) (call, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return call{}, err
	}
	if err := validateOrderNo(op, orderNo); err != nil {
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
	read.ofOrder(record.ResultCode == CodePassed, record.OrderNo)
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

// ConfirmFace asks how an order ended, and decides on it. The record comes with a nil
// error only if the person passed. If the person did not pass, the record comes with an
// error that is ErrNotPassed and the code's family. Any other error comes without a
// record. The answer must be of the order that was asked for.
//
// If the person comes back in a browser, use ConfirmReturn, which looks at the session
// and the callback first. Otherwise somebody could open an order in another person's
// name, send that person the link, and collect the result.
//
// A pass needs a Similarity above 0, unless the query says LivenessOnly. Without one the
// error is ErrNotCompared. An App on iOS can turn a verification into a mere test of
// liveness. With Basic it leaves out the faceId, which no signature covers. With Plus and
// Enhanced it leaves off a switch of its SDK that is off by default (useAdvanceCompare).
// On other channels no App has such a switch.
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
		if err := clock.Sleep(ctx, fileInterval); err != nil {
			return nil, &Error{Op: op, Product: r.Product, OrderNo: r.OrderNo, Err: err}
		}
		record, err = c.queryFaceRecord(ctx, op, r, files)
	}
	if err != nil {
		return nil, err
	}
	return record, record.outcomeError(op, r.OrderNo)
}

// WaitFaceFiles is QueryFaceRecord for the time right after the scan, when the record or
// its files may lag. It asks again up to 3 times, 2 seconds apart, until the record and
// the files asked for are there. With GetFile empty it asks until the record is there.
//
// If a file of a person who passed never comes, the record comes with a
// *MissingFilesError, which is ErrNoFiles and names the missing files. A person who did
// not pass may have no files, and that is no error: such a record comes with a nil error
// and whatever files there are. Its files are asked for once more, and only if its
// family is one that a comparison brings (FamilyNotSamePerson, FamilyIdentityMismatch,
// FamilySuspectedFake).
//
// Every error comes with the last record that arrived, or with nil. A file whose size
// stands in that record (PhotoSize, VideoSize) is whole, whatever the error is. Keep
// such a file: the call has not asked for it or written it again, so it is lost if you
// throw it away. Throw away everything else that was written. If no record came, throw
// away everything.
//
// By default an App records no video: see SDKLaunch.
func (c *Client) WaitFaceFiles(ctx context.Context, r QueryFaceRecordRequest) (*FaceRecord, error) {
	const op = "WaitFaceFiles"
	var last *FaceRecord
	again := false // whether we have asked once more for files that may not exist
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
				r.PhotoTo = wire.Drop // the writer has the whole photo
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
		if err := clock.Sleep(ctx, fileInterval); err != nil {
			return last, &Error{Op: op, Product: r.Product, OrderNo: r.OrderNo, Err: err}
		}
	}
}

// wasCompared reports whether an outcome that did not pass comes from a comparison of
// the face. The platform keeps no files of all other outcomes.
func wasCompared(f Family) bool {
	switch f {
	case FamilyNotSamePerson, FamilyIdentityMismatch, FamilySuspectedFake, FamilyWillMismatch:
		return true
	}
	return false
}

// exceptWhole returns the writers that to returns, but drops a file that came whole
// before, because its writer has it already.
func exceptWhole(to func(name string) io.Writer, size func(name string) int64) func(name string) io.Writer {
	return func(name string) io.Writer {
		if size(name) > 0 {
			return wire.Drop
		}
		return to(name)
	}
}

// size returns the size of the named file if it came whole, or 0.
func (r *FaceRecord) size(name string) int64 {
	switch {
	case r == nil:
		return 0
	case name == "video":
		return r.VideoSize
	}
	return r.PhotoSize
}

// names returns the platform's names of the files.
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

// without returns the files that are still missing, if photo and video came with these
// sizes. A size of 0 means that the file did not come.
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

// keepFiles copies the files that came with an earlier answer into r.
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

// LogValue logs what Format prints, as a group.
func (r FaceRecord) LogValue() slog.Value { return logShown(r) }

func (r FaceRecord) shown() shown {
	return shown{
		{"OrderNo", r.OrderNo}, {"Product", r.Product}, {"LiveRate", r.LiveRate}, {"Similarity", r.Similarity},
		{"PhotoSize", r.PhotoSize}, {"VideoSize", r.VideoSize}, {"BizSeqNo", r.BizSeqNo},
	}
}

func (r *FaceRecord) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return r.Product, r.BizSeqNo, ""
}
