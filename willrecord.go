package faceid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/clock"
	"github.com/faceid-go/faceid/internal/wire"
)

// WillAppFile says which files of the will come with the result of an App. The
// same numbers mean something else for a browser: see WillH5File.
type WillAppFile string

// These are the documented choices.
const (
	// WillAppAll brings audio, screenshot and the complete video. An App records no
	// video unless it is told to (see SDKLaunch). An SDK that is set to return the video
	// to the App sends none to the platform.
	WillAppAll     WillAppFile = "1"
	WillAppNoVideo WillAppFile = "2" // all but the complete video
)

// WillH5File says which files of the will come with the result of a browser.
type WillH5File string

// WillH5Audio brings the audio. Any other value brings nothing.
const WillH5Audio WillH5File = "1"

// noFile is sent if no file is wanted, because both parameters are required.
const noFile = "0"

// GetWillFaceResultRequest asks how a will verification ended. It prints as its name.
type GetWillFaceResultRequest struct {
	hidden[GetWillFaceResultRequest]

	OrderNo string
	GetFile GetFile // the files of the face part
	// AppFile or H5File says which files of the will part are wanted. Set AppFile if the
	// person was verified in an App, H5File if in a browser, or neither. The documents
	// do not say which files an App's result brings then.
	AppFile WillAppFile
	H5File  WillH5File
	// WillType says how the person was asked, as in the Will that the order was opened
	// with. WaitWillResult needs it to know whether anybody spoke, because no answer of
	// the platform tells it. If it is empty, it is WillQuestions.
	WillType WillType
	// Wait works as in QueryFaceRecordRequest, for ConfirmWill.
	Wait bool

	// MediaTo, if set, returns the writer that receives the named file, decoded while it
	// arrives. It returns nil to keep the file in the record. Names are the platform's:
	// photo, video, willUserAudio, willReadAudio, willScrnShotImage, willUserVideo, and
	// willTurnsData[0].willUserAudio and so on. A file is whole if its size stands in
	// MediaSizes of the record, whatever error comes with that record: keep it. Throw
	// away everything else that was written, and without a record throw away
	// everything. After a byte was written the query is not repeated.
	MediaTo func(name string) io.Writer
}

// WillRecord is how a will verification ended. It prints without its media and without
// the person's words.
type WillRecord struct {
	ResultCode  Code // the code of the whole verification; see Code
	Message     string
	OrderNo     string
	FaceCode    Code   // the code of the face part; "" if the platform does not say
	FaceMessage string // the platform's own words
	WillCode    Code   // the code of the answers; "" if the platform does not say
	WillMessage string // the platform's own words
	LiveRate    Score  // the score of liveness, 0 to 100
	Similarity  Score  // the score of the comparison, 0 to 100

	OccurredTime    time.Time
	TransactionTime time.Time // the time of the query
	Risk            *RiskInfo // App only; nil if the platform sent none
	SDKVersion      string    // App only
	TRTCFlag        string    // "Y" for a scan over TRTC

	// The following three fields are of the only round, or of the first of several.

	StandText   string     // the question as it was uploaded
	StandAnswer string     // the answers as they were uploaded, joined by "|"
	UserAnswer  string     // the answer that was recognised
	Turns       []WillTurn // all rounds, if there are several

	Photo         []byte `json:"-"` // the photo of the face; usually JPG or PNG
	Video         []byte `json:"-"` // the video of the face; from an App one second
	UserAudio     []byte `json:"-"` // the words of the person; WAV
	ReadAudio     []byte `json:"-"` // the question that was read out; WAV
	ScrnShotImage []byte `json:"-"` // one frame of the video
	UserVideo     []byte `json:"-"` // the complete video, MP4; empty if the App did not record it, or keeps it
	// MediaSizes holds the size in bytes of each file that came, under the platform's
	// name, also if the file went to a writer. A file that is named here is whole.
	MediaSizes map[string]int64

	BizSeqNo string
	Raw      RawJSON `json:"-"` // the whole answer without media
}

// WillTurn is one round of questions and answers. It prints as its name.
type WillTurn struct {
	hidden[WillTurn]

	ID          string // "0" is the first
	StandText   string // the question
	StandAnswer string // the answers, joined by "|"
	UserAnswer  string // the answer that was recognised
	UserAudio   []byte `json:"-"` // the words of the person; WAV
	ReadAudio   []byte `json:"-"` // the question that was read out; WAV
}

// Passed reports whether the person's face and answers passed. The codes of the whole,
// of the face and of the answers must all be 0, and the face must have been compared:
// there is a Similarity above 0.
func (r *WillRecord) Passed() bool { return r.Err() == nil }

// Err returns nil if the person passed, and otherwise an *Error. It is ErrNotPassed with
// the family of Code, or ErrNotCompared if all codes are 0 and the face was not compared.
//
// There are two errors that do not say that the person did not pass. If the whole passed
// and a part has no code, the error is ErrBadAnswer. If the whole passed and the code of
// a part is no outcome, the error has the family of that code.
func (r *WillRecord) Err() error {
	if r == nil {
		return errNoRecord("WillRecord")
	}
	return r.outcomeError("WillRecord", r.OrderNo)
}

// outcomeError returns nil if the person passed, and otherwise the error of the outcome.
func (r *WillRecord) outcomeError(op, orderNo string) error {
	bad := &Error{
		Op: op, Product: ProductWill, Code: r.Code(), Message: r.Message, Family: r.Code().Family(),
		BizSeqNo: r.BizSeqNo, OrderNo: orderNo, HTTPStatus: http.StatusOK, Err: ErrNotPassed,
	}
	switch {
	case r.ResultCode != CodePassed:
	case r.FaceCode != CodePassed:
		bad.setPart("faceCode", r.FaceMessage)
	case r.WillCode != CodePassed:
		bad.setPart("willCode", r.WillMessage)
	case r.Similarity.compared():
		return nil
	default:
		bad.Code, bad.Message, bad.Family, bad.Err = "", "", FamilyNotCompared, ErrNotCompared
	}
	return bad
}

// setPart makes e the error of a part whose code is not 0 although the whole passed. Only
// an outcome says that the person did not pass. A code of trouble, an unknown code and an
// absent code do not say so.
func (e *Error) setPart(member, message string) {
	e.Message = message
	switch {
	case e.Code == "":
		e.Family, e.Err = ErrBadAnswer, &wire.TypeError{Field: member, Want: "present"}
	case e.Code.kind() != catalog.Outcome:
		e.Err = nil
	}
}

// Family returns the family of the outcome, by Code.
func (r *WillRecord) Family() Family { return familyOfResult(r) }

// Gloss returns the meaning of Code, in English.
func (r *WillRecord) Gloss() string { return r.Code().Gloss() }

// Handling returns what the caller may do after Code, in English.
func (r *WillRecord) Handling() string { return r.Code().Handling() }

// Code returns the code that decided. It is the first of ResultCode, FaceCode and
// WillCode that is not 0, or else 0. It is "" for a nil record, and if the platform does
// not give the code of a part.
func (r *WillRecord) Code() Code {
	if r == nil {
		return ""
	}
	for _, code := range []Code{r.ResultCode, r.FaceCode, r.WillCode} {
		if code != CodePassed {
			return code
		}
	}
	return CodePassed
}

// Charged reports whether the verification is charged, by the documents' tables and the
// code of the whole. FaceCharged and WillCharged report it for the parts.
func (r *WillRecord) Charged() Charged { return chargedFor(ProductWill, r.orZero().ResultCode) }

// FaceCharged reports whether FaceCode is charged.
func (r *WillRecord) FaceCharged() Charged { return chargedFor(ProductWill, r.orZero().FaceCode) }

// WillCharged reports whether WillCode is charged.
func (r *WillRecord) WillCharged() Charged { return chargedFor(ProductWill, r.orZero().WillCode) }

// orZero returns the record, or an empty record for nil, so that methods work on a nil
// record.
func (r *WillRecord) orZero() WillRecord {
	if r == nil {
		return WillRecord{}
	}
	return *r
}

// GetWillFaceResult asks how a will verification ended. Like QueryFaceRecord it
// returns an outcome with a nil error. The platform keeps results for 3 days.
func (c *Client) GetWillFaceResult(ctx context.Context, r GetWillFaceResultRequest) (*WillRecord, error) {
	return c.getWillFaceResult(ctx, "GetWillFaceResult", r, filePlan(willFiles, r.OrderNo, r.MediaTo))
}

func (c *Client) getWillFaceResult(ctx context.Context, op string, r GetWillFaceResultRequest, files *wire.Plan) (*WillRecord, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	if err := validateOrderNo(op, r.OrderNo); err != nil {
		return nil, err
	}
	if err := r.GetFile.validate(op); err != nil {
		return nil, err
	}
	if err := r.WillType.validate(op, "WillType"); err != nil {
		return nil, err
	}
	if r.AppFile != "" && r.H5File != "" {
		return nil, badArgument(op, "AppFile", "cannot be used together with H5File: the same value means different things")
	}
	getFile, willFile := string(r.GetFile), string(r.AppFile)+string(r.H5File)
	if getFile == "" {
		getFile = noFile
	}
	if willFile == "" {
		willFile = noFile
	}
	cl := call{
		op: op, product: ProductWill, method: http.MethodPost, path: "/api/server/getWillFaceResult", scope: scopeWill,
		orderNo: r.OrderNo, retry: retryAlways, query: true, files: files,
		prepare: a.signed(func(nonce string) []param { return querySet(a.id, r.OrderNo, nonce) },
			[]param{{"getFile", getFile}, {"getWillFile", willFile}}),
	}
	return query(ctx, c, cl, func(answer *wire.Answer) (*WillRecord, error) { return readWillRecord(op, r, answer) })
}

var willFiles = func() *wire.Place {
	all := wire.Files("photo", "video", "willUserAudio", "willReadAudio", "willScrnShotImage", "willUserVideo").Members
	all["willTurnsData"] = &wire.Place{Each: wire.Files("willUserAudio", "willReadAudio")}
	return wire.Result(all)
}()

func readWillRecord(op string, r GetWillFaceResultRequest, answer *wire.Answer) (*WillRecord, error) {
	read := reader{op: op, orderNo: r.OrderNo, answer: answer}
	part := func(name string) Code {
		if number := read.text(name); number != "" {
			return scoped(scopeWill, number)
		}
		return ""
	}
	record := &WillRecord{
		ResultCode: scoped(scopeWill, answer.Code), Message: answer.Msg, OrderNo: read.text("orderNo"),
		FaceCode: part("faceCode"), FaceMessage: redactText(read.text("faceMsg"), nil), WillCode: part("willCode"), WillMessage: redactText(read.text("willMsg"), nil),
		LiveRate: parseScore(read.text("liveRate")), Similarity: parseScore(read.text("similarity")),
		OccurredTime: wire.Time(read.text("occurredTime")), TransactionTime: wire.Time(answer.OuterText("transactionTime")),
		Risk: read.risk(), SDKVersion: answer.LooseText("sdkVersion"), TRTCFlag: answer.LooseText("trtcFlag"),
		StandText: read.text("willStandText"), StandAnswer: read.text("willStandAnswer"), UserAnswer: read.text("willUserAnswer"),
		BizSeqNo: answer.BizSeqNo,
	}
	turns := read.turns(record)
	read.ofOrder(record.ResultCode == CodePassed, record.OrderNo)
	if read.err != nil {
		return nil, read.err
	}
	files := fileReader{reader: &read}
	record.Photo, record.Video = files.take("photo"), files.take("video")
	record.UserAudio, record.ReadAudio = files.take("willUserAudio"), files.take("willReadAudio")
	record.ScrnShotImage, record.UserVideo = files.take("willScrnShotImage"), files.take("willUserVideo")
	for i, o := range turns {
		name := turnPrefix(i)
		record.Turns[i].UserAudio = files.takeFrom(o, "willUserAudio", name)
		record.Turns[i].ReadAudio = files.takeFrom(o, "willReadAudio", name)
	}
	if read.err != nil {
		return nil, read.err
	}
	record.MediaSizes = files.sizes
	record.Raw = RawJSON(answer.Raw())
	return record, nil
}

// turns reads the texts of all rounds and returns their objects.
func (r *reader) turns(record *WillRecord) []wire.Object {
	list, err := r.answer.Objects("willTurnsData")
	r.fail(err)
	for _, o := range list {
		text := func(name string) string {
			value, err := o.Text(name)
			r.fail(err)
			return value
		}
		record.Turns = append(record.Turns, WillTurn{
			ID: text("id"), StandText: text("willStandText"), StandAnswer: text("willStandAnswer"), UserAnswer: text("willUserAnswer"),
		})
	}
	return list
}

// ConfirmWill asks how a will verification ended, and decides on it. The record comes
// with a nil error only if face and answers passed. Otherwise the record comes with one
// of three errors. It is ErrNotPassed with the family of the code that decided. It is
// ErrNotCompared if there is no Similarity, which no App and no browser can cause with
// will. It is the error of a part whose code does not say whether the person passed: see
// WillRecord.Err. Any other error comes without a record.
func (c *Client) ConfirmWill(ctx context.Context, r GetWillFaceResultRequest) (*WillRecord, error) {
	const op = "ConfirmWill"
	return decide(ctx, c, Event{Op: op, Product: ProductWill, OrderNo: r.OrderNo}, func() (*WillRecord, error) {
		return c.confirmWill(ctx, op, r)
	})
}

func (c *Client) confirmWill(ctx context.Context, op string, r GetWillFaceResultRequest) (*WillRecord, error) {
	files := filePlan(willFiles, r.OrderNo, r.MediaTo)
	record, err := c.getWillFaceResult(ctx, op, r, files)
	for try := 0; r.Wait && errors.Is(err, ErrNoResult) && !files.Wrote() && try < fileRetries; try++ {
		if err := clock.Sleep(ctx, fileInterval); err != nil {
			return nil, &Error{Op: op, Product: ProductWill, OrderNo: r.OrderNo, Err: err}
		}
		record, err = c.getWillFaceResult(ctx, op, r, files)
	}
	if err != nil {
		return nil, err
	}
	return record, record.outcomeError(op, r.OrderNo)
}

// Answers splits StandAnswer into the answers that were accepted.
func (r *WillRecord) Answers() []string { return splitAnswers(r.orZero().StandAnswer) }

// Answers splits StandAnswer into the answers that were accepted.
func (t *WillTurn) Answers() []string {
	if t == nil {
		return nil
	}
	return splitAnswers(t.StandAnswer)
}

func splitAnswers(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "|")
}

// Format prints the record without media and words, whatever the verb.
func (r WillRecord) Format(f fmt.State, _ rune) { printShown(f, r) }

// LogValue logs what Format prints, as a group.
func (r WillRecord) LogValue() slog.Value { return logShown(r) }

func (r WillRecord) shown() shown {
	return shown{
		{"OrderNo", r.OrderNo}, {"FaceCode", r.FaceCode}, {"WillCode", r.WillCode}, {"LiveRate", r.LiveRate},
		{"Similarity", r.Similarity}, {"Turns", len(r.Turns)}, {"BizSeqNo", r.BizSeqNo},
	}
}

// ConfirmWillReturn is ConfirmReturn for a will verification, opened by
// StartWillH5 or OpenWillH5.
func (c *Client) ConfirmWillReturn(ctx context.Context, r *http.Request, session *PageSession) (*WillRecord, error) {
	const op = "ConfirmWillReturn"
	return decide(ctx, c, session.event(op), func() (*WillRecord, error) {
		if session != nil && session.Product != ProductWill {
			return nil, badArgument(op, "PageSession", "is not of 意愿核身: use ConfirmReturn")
		}
		return confirmReturn(ctx, c, op, r, session, func(wait bool) (*WillRecord, error) {
			return c.confirmWill(ctx, op, GetWillFaceResultRequest{OrderNo: session.OrderNo, Wait: wait})
		})
	})
}

func (r *WillRecord) eventNumbers() (product Product, bizSeqNo, requestID string) {
	if r == nil {
		return "", "", ""
	}
	return "", r.BizSeqNo, ""
}
