package faceid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// WillAppFile says which files of the will come with the result of an App. The
// same numbers mean something else for a browser: see WillH5File.
type WillAppFile string

// The documented choices.
const (
	// WillAppAll brings audio, screenshot and the complete video. An App records no
	// video unless it is told to (see SDKLaunch), and one that is set to return the
	// video to the App sends none.
	WillAppAll     WillAppFile = "1"
	WillAppNoVideo WillAppFile = "2" // all but the complete video
)

// WillH5File says which files of the will come with the result of a browser.
type WillH5File string

// WillH5Audio brings the audio. Any other value brings nothing.
const WillH5Audio WillH5File = "1"

// noFile is sent where no file is wanted: both parameters must be there.
const noFile = "0"

// GetWillFaceResultRequest asks how a will verification ended. It prints as
// its name.
type GetWillFaceResultRequest struct {
	hidden[GetWillFaceResultRequest]

	OrderNo string
	GetFile GetFile // of the face part
	// Of the will part, one of these by how the person was verified, or neither.
	// What an App's result then brings is not documented.
	AppFile WillAppFile
	H5File  WillH5File
	// WillType is how the person was asked: as in the Will that the order was opened
	// with. No answer of the platform tells it, and WaitWillResult must know whether
	// anybody spoke. Empty: WillQuestions.
	WillType WillType
	// Wait is as in QueryFaceRecordRequest, for ConfirmWill.
	Wait bool

	// MediaTo, if set, gives the writer that receives the named file, decoded while
	// it arrives, or nil to keep it in the record. Names are the platform's: photo,
	// video, willUserAudio, willReadAudio, willScrnShotImage, willUserVideo, and
	// willTurnsData[0].willUserAudio and so on. A file is whole if its size stands in
	// MediaSizes of the record, whatever error comes with that record: keep it. All
	// else that was written is to be thrown away; without a record that is
	// everything. After a byte was written the query is not repeated.
	MediaTo func(name string) io.Writer
}

// WillRecord is how a will verification ended. It prints without its media and
// without what was said.
type WillRecord struct {
	ResultCode  Code // of the whole; see Code
	Message     string
	OrderNo     string
	FaceCode    Code   // how the face did; "" if the platform does not say
	FaceMessage string // the platform's own words
	WillCode    Code   // how the answers did; "" likewise
	WillMessage string // the platform's own words
	LiveRate    Score  // how alive, 0 to 100
	Similarity  Score  // how similar, 0 to 100

	OccurredTime    time.Time
	TransactionTime time.Time // of the query
	Risk            *RiskInfo // App only; nil if the platform sent none
	SDKVersion      string    // App only
	TRTCFlag        string    // "Y" for a scan over TRTC

	// One round, or the first. Several rounds are in Turns.
	StandText   string // the question as it was uploaded
	StandAnswer string // the answers as they were uploaded, joined by "|"
	UserAnswer  string // what was recognised
	Turns       []WillTurn

	Photo         []byte `json:"-"` // of the face; usually JPG or PNG
	Video         []byte `json:"-"` // of the face; from an App one second
	UserAudio     []byte `json:"-"` // what the person said; WAV
	ReadAudio     []byte `json:"-"` // what was read out; WAV
	ScrnShotImage []byte `json:"-"` // one frame
	UserVideo     []byte `json:"-"` // the whole, MP4; empty if the App did not record it, or keeps it
	// MediaSizes are the bytes of each file that came, by the platform's name,
	// wherever they went. A file that is named here is whole.
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
	UserAnswer  string // what was recognised
	UserAudio   []byte `json:"-"` // what the person said; WAV
	ReadAudio   []byte `json:"-"` // what was read out; WAV
}

// Passed reports whether the person is who they say and said what was expected:
// the whole, the face and the answers all have code 0, and the face was compared
// with somebody's (there is a Similarity above 0).
func (r *WillRecord) Passed() bool { return r.Err() == nil }

// Err returns nil if the person passed, and otherwise an *Error that is
// ErrNotPassed, with the family of Code; ErrNotCompared if all codes are 0 and
// nobody was compared.
func (r *WillRecord) Err() error {
	if r == nil {
		return errNoRecord("WillRecord")
	}
	return r.verdict("WillRecord", r.OrderNo)
}

func (r *WillRecord) verdict(op, orderNo string) error {
	bad := &Error{
		Op: op, Product: ProductWill, Code: r.Code(), Message: r.Message, Family: r.Code().Family(),
		BizSeqNo: r.BizSeqNo, OrderNo: orderNo, HTTPStatus: http.StatusOK, Err: ErrNotPassed,
	}
	switch {
	case r.ResultCode != CodePassed:
	case r.FaceCode != CodePassed:
		bad.Message = r.FaceMessage
	case r.WillCode != CodePassed:
		bad.Message = r.WillMessage
	case r.Similarity.compared():
		return nil
	default:
		bad.Code, bad.Message, bad.Family, bad.Err = "", "", FamilyNotCompared, ErrNotCompared
	}
	return bad
}

// Family returns what kind of outcome it is, by Code.
func (r *WillRecord) Family() Family { return familyOfResult(r) }

// Gloss returns what Code means, in English.
func (r *WillRecord) Gloss() string { return r.Code().Gloss() }

// Handling returns what the caller may do after Code, in English.
func (r *WillRecord) Handling() string { return r.Code().Handling() }

// Code returns the code that decided: the first of ResultCode, FaceCode and
// WillCode that is not 0, or else 0. It is "" for a nil record, and where the
// platform does not say how a part did.
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

// Charged reports whether the verification is charged, by the documents' tables
// and the code of the whole. FaceCharged and WillCharged tell it of the parts.
func (r *WillRecord) Charged() Charged { return chargedFor(ProductWill, r.orZero().ResultCode) }

// FaceCharged reports whether FaceCode is one that is charged.
func (r *WillRecord) FaceCharged() Charged { return chargedFor(ProductWill, r.orZero().FaceCode) }

// WillCharged reports whether WillCode is one that is charged.
func (r *WillRecord) WillCharged() Charged { return chargedFor(ProductWill, r.orZero().WillCode) }

// orZero lets a record that did not come be asked and logged: it is of no known
// code.
func (r *WillRecord) orZero() WillRecord {
	if r == nil {
		return WillRecord{}
	}
	return *r
}

// GetWillFaceResult asks how a will verification ended. Like QueryFaceRecord it
// returns an outcome with a nil error. Results are kept 3 days.
func (c *Client) GetWillFaceResult(ctx context.Context, r GetWillFaceResultRequest) (*WillRecord, error) {
	return c.getWillFaceResult(ctx, "GetWillFaceResult", r, filePlan(willFiles, r.OrderNo, r.MediaTo))
}

func (c *Client) getWillFaceResult(ctx context.Context, op string, r GetWillFaceResultRequest, files *wire.Plan) (*WillRecord, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	if err := checkOrderNo(op, r.OrderNo); err != nil {
		return nil, err
	}
	if err := r.GetFile.check(op); err != nil {
		return nil, err
	}
	if err := r.WillType.check(op, "WillType"); err != nil {
		return nil, err
	}
	if r.AppFile != "" && r.H5File != "" {
		return nil, badArgument(op, "AppFile", "and H5File exclude each other: the same value means different things")
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
	read.owned(record.ResultCode == CodePassed, record.OrderNo)
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

// ConfirmWill asks how a will verification ended and returns its record with a
// nil error only if face and answers passed: this is the call to decide on. If
// not, the record comes with an error that is ErrNotPassed and the family of the
// code that decided, or ErrNotCompared if there is no
// Similarity, which no App and no browser can bring about with will. Any other
// error comes without a record.
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
		if err := sleep(ctx, fileInterval); err != nil {
			return nil, &Error{Op: op, Product: ProductWill, OrderNo: r.OrderNo, Err: err}
		}
		record, err = c.getWillFaceResult(ctx, op, r, files)
	}
	if err != nil {
		return nil, err
	}
	return record, record.verdict(op, r.OrderNo)
}

// WaitWillResult is GetWillFaceResult for a moment right after the scan, when
// the record or its files may lag: it asks again up to 3 times, 2 seconds apart,
// until the record and the files asked for are there:
//
//   - photo and video of the face, if GetFile names them;
//   - what the person said in every round, with WillAppAll, WillAppNoVideo and
//     WillH5Audio, but nothing if WillType is WillNod;
//   - the screenshot, with WillAppAll and WillAppNoVideo;
//   - the complete video, with WillAppAll.
//
// What was read out (willReadAudio) is asked for once more if it is not there
// with the answers to questions, and is not missed: the documents do not say when
// there is none. What else comes from a browser is taken and not waited for.
//
// If a file of a person who passed never comes, the record comes with a
// *MissingFilesError, which is ErrNoFiles and names what is missing. A person who
// did not pass may have no files, and that is no error: such a record comes with a
// nil error and whatever files there are. Its files are asked for once more, and
// only those that there may be: of the face if it was compared, of the will if the
// face passed.
//
// With any error comes the last record that arrived, or nil. A file whose size
// stands in MediaSizes of that record is whole, whatever the error: keep it. It
// was not written again, so who drops it has lost it. All else that was written is
// to be thrown away; without a record that is everything.
//
// An App records no video unless it is told to: see SDKLaunch.
func (c *Client) WaitWillResult(ctx context.Context, r GetWillFaceResultRequest) (*WillRecord, error) {
	const op = "WaitWillResult"
	var last *WillRecord
	again := false // it was asked once more for files that there may not be
	if r.MediaTo != nil {
		r.MediaTo = exceptWhole(r.MediaTo, func(name string) int64 { return last.size(name) })
	}
	for try := 0; ; try++ {
		files := filePlan(willFiles, r.OrderNo, r.MediaTo)
		record, err := c.getWillFaceResult(ctx, op, r, files)
		if err == nil {
			err = record.keepFiles(op, last)
		}
		switch {
		case err == nil:
			last = record
			must, may := record.missing(r)
			switch {
			case len(must) > 0:
				err = &Error{Op: op, Product: ProductWill, OrderNo: r.OrderNo, BizSeqNo: record.BizSeqNo, Err: &MissingFilesError{Files: must}}
			case len(may) == 0 || again:
				return record, nil
			default:
				again = true
			}
			r = r.forRest(record, slices.Concat(must, may))
		case !errors.Is(err, ErrNoResult) || files.Wrote():
			return last, err
		}
		if try == fileRetries {
			return last, err
		}
		if err := sleep(ctx, fileInterval); err != nil {
			return last, &Error{Op: op, Product: ProductWill, OrderNo: r.OrderNo, Err: err}
		}
	}
}

// forRest asks for the files that are missing, and for as few others as the
// platform allows.
func (r GetWillFaceResultRequest) forRest(record *WillRecord, missing []string) GetWillFaceResultRequest {
	r.GetFile = r.GetFile.without(record.size("photo"), record.size("video"))
	ofWill := func(name string) bool { return strings.HasPrefix(name, "will") }
	switch {
	case !slices.ContainsFunc(missing, ofWill):
		r.AppFile, r.H5File = "", ""
	case r.AppFile == WillAppAll && record.size("willUserVideo") > 0:
		r.AppFile = WillAppNoVideo
	}
	return r
}

// missing names the files that were asked for and did not come: those that there
// must be, and those that there may be.
func (r *WillRecord) missing(asked GetWillFaceResultRequest) (must, may []string) {
	face := asked.GetFile.without(r.size("photo"), r.size("video")).names()
	will, readOut := r.missingOfWill(asked)
	if r.ResultCode == CodePassed {
		return slices.Concat(face, will), readOut
	}
	family := r.ResultCode.Family()
	facePassed := r.FaceCode == CodePassed || family == FamilyWillMismatch
	if facePassed {
		return nil, slices.Concat(face, will, readOut)
	}
	if wasCompared(family) {
		return nil, face // who is somebody else was asked nothing
	}
	return nil, nil
}

// missingOfWill names what did not come of the will part: what the person gave,
// and what was read out.
func (r *WillRecord) missingOfWill(asked GetWillFaceResultRequest) (given, readOut []string) {
	app := asked.AppFile == WillAppAll || asked.AppFile == WillAppNoVideo
	if app || asked.H5File == WillH5Audio {
		switch asked.WillType {
		case WillNod: // nobody speaks
		case WillReadAloud:
			given = r.missingOfRounds("willUserAudio")
		default:
			given, readOut = r.missingOfRounds("willUserAudio"), r.missingOfRounds("willReadAudio")
		}
	}
	if app && r.size("willScrnShotImage") == 0 {
		given = append(given, "willScrnShotImage")
	}
	if asked.AppFile == WillAppAll && r.size("willUserVideo") == 0 {
		given = append(given, "willUserVideo")
	}
	return given, readOut
}

// missingOfRounds names the rounds' files of one kind that did not come. Those of
// a single round stand outside of willTurnsData, and may stand inside, too.
func (r *WillRecord) missingOfRounds(file string) []string {
	if len(r.Turns) < 2 {
		if r.size(file) > 0 || r.size(turnPrefix(0)+file) > 0 {
			return nil
		}
		return []string{file}
	}
	var missing []string
	for i := range r.Turns {
		if name := turnPrefix(i) + file; r.size(name) == 0 {
			missing = append(missing, name)
		}
	}
	return missing
}

// size returns the size of a file that came whole, by its name, or 0.
func (r *WillRecord) size(name string) int64 { return r.orZero().MediaSizes[name] }

// keepFiles takes over what an earlier answer brought. It is an error if a round
// is not the one that stood there: its files would become another's.
func (r *WillRecord) keepFiles(op string, earlier *WillRecord) error {
	if earlier == nil {
		return nil
	}
	for i := range min(len(r.Turns), len(earlier.Turns)) {
		if r.Turns[i].ID != earlier.Turns[i].ID {
			return &Error{
				Op: op, Product: ProductWill, Family: ErrBadAnswer, OrderNo: earlier.OrderNo, BizSeqNo: r.BizSeqNo, HTTPStatus: http.StatusOK,
				Err: &wire.TypeError{Field: turnPrefix(i) + "id", Want: "that of the answer before"},
			}
		}
	}
	if n := len(r.Turns); n < len(earlier.Turns) {
		r.Turns = append(r.Turns, earlier.Turns[n:]...)
	}
	files, mine := earlier.files(), r.files()
	for name, size := range earlier.MediaSizes {
		if r.MediaSizes == nil {
			r.MediaSizes = map[string]int64{}
		}
		*mine[name], r.MediaSizes[name] = *files[name], size
	}
	return nil
}

// files are the places of all files, by their names.
func (r *WillRecord) files() map[string]*[]byte {
	files := map[string]*[]byte{
		"photo": &r.Photo, "video": &r.Video, "willUserAudio": &r.UserAudio, "willReadAudio": &r.ReadAudio,
		"willScrnShotImage": &r.ScrnShotImage, "willUserVideo": &r.UserVideo,
	}
	for i := range r.Turns {
		files[turnPrefix(i)+"willUserAudio"] = &r.Turns[i].UserAudio
		files[turnPrefix(i)+"willReadAudio"] = &r.Turns[i].ReadAudio
	}
	return files
}

// turnPrefix begins the names of a round's files.
func turnPrefix(round int) string { return fmt.Sprintf("willTurnsData[%d].", round) }

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

// LogValue logs the same as a group.
func (r WillRecord) LogValue() slog.Value { return logShown(r) }

func (r WillRecord) shown() shown {
	return shown{
		{"OrderNo", r.OrderNo}, {"FaceCode", r.FaceCode}, {"WillCode", r.WillCode}, {"LiveRate", r.LiveRate},
		{"Similarity", r.Similarity}, {"Turns", len(r.Turns)}, {"BizSeqNo", r.BizSeqNo},
	}
}
