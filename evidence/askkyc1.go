package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/faceid-go/faceid"
)

// askFace asks for the record of a face with the files that are not stored yet.
func (k *Keeper) askFace(ctx context.Context, e Entry, files *batch) (finding, error) {
	var wanted []string
	request := faceid.QueryFaceRecordRequest{
		OrderNo: e.Order.Number, QueryVersion: faceid.QueryVersion10, Product: e.Order.Product, LivenessOnly: e.Order.LivenessOnly,
	}
	if files != nil {
		wanted = files.lacks("photo")
		if e.Order.Kind != FaceApp || e.Order.AppVideo {
			wanted = files.lacks("photo", "video")
		}
		request.MediaTo = files.writers()
		switch {
		case len(wanted) == 2:
			request.GetFile = faceid.FilesAll
		case len(wanted) == 1 && wanted[0] == "photo":
			request.GetFile = faceid.FilesPhoto
		case len(wanted) == 1:
			request.GetFile = faceid.FilesVideo
		}
	}
	record, err := k.Client.QueryFaceRecord(ctx, request)
	if record == nil {
		files.undo(ctx)
		return finding{answered: errors.Is(err, faceid.ErrNoResult), plain: files == nil, missing: wanted}, unlessNoResult(err)
	}
	found := finding{answered: true, plain: files == nil}
	if files != nil {
		_ = files.keep(map[string]int64{"photo": record.PhotoSize, "video": record.VideoSize})
		files.answer(record.Raw)
		found.missing = files.lacks(wanted...)
	}
	if err != nil {
		return found, err
	}
	if found.outcome, err = outcomeOf(record, record.Err()); found.outcome != nil {
		found.outcome.OccurredAt, found.outcome.RequestID = record.OccurredTime, record.BizSeqNo
	}
	return found, err
}

// askWill asks for the result of a will. The first question is one without files, because
// most orders have no result when they are looked at; then WaitWillResult knows which
// files belong to the way in which the person was asked.
func (k *Keeper) askWill(ctx context.Context, e Entry, files *batch) (finding, error) {
	request := faceid.GetWillFaceResultRequest{OrderNo: e.Order.Number, WillType: e.Order.WillType}
	found := finding{plain: true}
	if e.State == Waiting {
		record, err := k.Client.GetWillFaceResult(ctx, request)
		if record == nil || err != nil {
			return finding{answered: errors.Is(err, faceid.ErrNoResult)}, unlessNoResult(err)
		}
		found.answered = true
		if found.outcome, err = outcomeOf(record, record.Err()); err != nil {
			return found, err
		}
		if found.outcome != nil {
			found.outcome.OccurredAt, found.outcome.RequestID = record.OccurredTime, record.BizSeqNo
		}
	}
	if files == nil {
		return found, nil
	}
	request.GetFile, request.MediaTo = faceid.FilesAll, files.writers()
	switch {
	case e.Order.Kind == WillH5:
		request.H5File = faceid.WillH5Audio
	case e.Order.AppVideo:
		request.AppFile = faceid.WillAppAll
	default:
		request.GetFile, request.AppFile = faceid.FilesPhoto, faceid.WillAppNoVideo
	}
	record, err := k.Client.WaitWillResult(ctx, request)
	if record == nil {
		files.undo(ctx)
		if e.State != Waiting && errors.Is(err, faceid.ErrNoResult) { // the platform has forgotten the order
			found.answered, found.plain, found.missing = true, false, files.lacks(append(slices.Clone(e.Missing), answerName)...)
		}
		return found, unlessNoResult(err)
	}
	found.answered, found.plain = true, false
	_ = files.keep(record.MediaSizes)
	files.answer(record.Raw)
	var missing *faceid.MissingFilesError
	switch {
	case errors.As(err, &missing):
		found.missing, err = files.lacks(missing.Files...), nil
	case err == nil:
		found.missing = files.lacks(leftBy(record, e.Order)...)
	}
	return found, err
}

// leftBy returns the files that a person left for certain who did not pass. WaitWillResult
// takes them when they are there, and does not wait for them.
func leftBy(r *faceid.WillRecord, o Order) []string {
	const audio = "willUserAudio"
	names := []string{"photo"}
	if o.Kind == WillH5 || o.AppVideo {
		names = append(names, "video")
	}
	switch r.Family() {
	case faceid.FamilyNotSamePerson, faceid.FamilyIdentityMismatch, faceid.FamilySuspectedFake:
		return names
	case faceid.FamilyWillMismatch: // the face passed, and the answers were heard
	default:
		return nil
	}
	if o.Kind == WillApp {
		names = append(names, "willScrnShotImage")
	}
	if o.AppVideo {
		names = append(names, "willUserVideo")
	}
	if o.WillType == faceid.WillNod {
		return names
	}
	for i, turn := range r.Turns {
		if len(r.Turns) > 1 && turn.UserAnswer != "" {
			names = append(names, fmt.Sprintf("willTurnsData[%d].%s", i, audio))
		}
	}
	if len(r.Turns) < 2 && r.UserAnswer != "" && r.MediaSizes["willTurnsData[0]."+audio] == 0 {
		names = append(names, audio)
	}
	return names
}

// unlessNoResult is nil if the platform said that there is no result.
func unlessNoResult(err error) error {
	if errors.Is(err, faceid.ErrNoResult) {
		return nil
	}
	return err
}
