package faceid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/faceid-go/faceid/internal/clock"
	"github.com/faceid-go/faceid/internal/wire"
)

// WaitWillResult is GetWillFaceResult for the time right after the scan, when the record
// or its files may lag. It asks again up to 3 times, 2 seconds apart, until the record
// and the files asked for are there. It waits for these files:
//
//   - photo and video of the face, if GetFile names them;
//   - what the person said in every round, with WillAppAll, WillAppNoVideo and
//     WillH5Audio, but not if WillType is WillNod;
//   - the screenshot, with WillAppAll and WillAppNoVideo;
//   - the complete video, with WillAppAll.
//
// The audio of the questions (willReadAudio) is asked for once more if it did not come
// with the answers to questions. If it does not come then, that is no error, because the
// documents do not say when there is none. Other files of a browser are taken if they
// come, and not waited for.
//
// If a file of a person who passed never comes, the record comes with a
// *MissingFilesError, which is ErrNoFiles and names the missing files. A person who did
// not pass may have no files, and that is no error: such a record comes with a nil error
// and whatever files there are. WaitWillResult asks once more for the files of such a
// person: those of the face if it was compared, and those of the will if the face passed.
//
// With any error comes the last record that arrived, or nil. A file whose size stands in
// MediaSizes of that record is whole, whatever the error: keep it. It was not written
// again, so it is lost if you drop it. Throw away everything else that was written, and
// without a record throw away everything.
//
// An App records no video unless it is told to: see SDKLaunch.
func (c *Client) WaitWillResult(ctx context.Context, r GetWillFaceResultRequest) (*WillRecord, error) {
	const op = "WaitWillResult"
	var last *WillRecord
	again := false // whether we have asked once more for files that may not exist
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
		if err := clock.Sleep(ctx, fileInterval); err != nil {
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

// missing returns the names of the files that were asked for and did not come. The files
// of must have to exist, and the files of may can exist.
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
		return nil, face // a person whose face did not pass was asked nothing, so there are no files of the will
	}
	return nil, nil
}

// missingOfWill returns the names of the files of the will part that did not come. given
// are files that the person gave, and readOut is audio of the questions.
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

// missingOfRounds returns the names of the rounds' files of one kind that did not come.
// The file of a single round stands outside of willTurnsData, and may stand inside, too.
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

// size returns the size of the named file if it came whole, or 0.
func (r *WillRecord) size(name string) int64 { return r.orZero().MediaSizes[name] }

// keepFiles copies the files that came with an earlier answer into r. It returns an
// error if the rounds of the two answers have different IDs, because the files of one
// round would become those of another.
func (r *WillRecord) keepFiles(op string, earlier *WillRecord) error {
	if earlier == nil {
		return nil
	}
	for i := range min(len(r.Turns), len(earlier.Turns)) {
		if r.Turns[i].ID != earlier.Turns[i].ID {
			return &Error{
				Op: op, Product: ProductWill, Family: ErrBadAnswer, OrderNo: earlier.OrderNo, BizSeqNo: r.BizSeqNo, HTTPStatus: http.StatusOK,
				Err: &wire.TypeError{Field: turnPrefix(i) + "id", Want: "the id of the answer before"},
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

// files returns the places of all files in the record, by their names.
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

// turnPrefix returns the beginning of the names of a round's files.
func turnPrefix(round int) string { return fmt.Sprintf("willTurnsData[%d].", round) }
