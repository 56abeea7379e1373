package evidence

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/faceid-go/faceid"
)

// card is an answer about a card that was read.
type card struct {
	faceid.Result
	text       faceid.RawJSON // the answer without pictures
	sizes      map[string]int64
	wanted     []string // the pictures that it should have
	occurredAt time.Time
	requestID  string
}

// askIDCard asks for what was read from an ID card.
func (k *Keeper) askIDCard(ctx context.Context, e Entry, person faceid.Person, files *batch, now time.Time) (finding, error) {
	request := faceid.GetOCRResultRequest{OrderNo: e.Order.Number, GetFile: files != nil, MediaTo: files.writers()}
	var r *faceid.OCRResult
	var err error
	if e.State == Waiting {
		r, err = k.Client.ConfirmOCR(ctx, request, person, e.Order.Sides)
	} else { // a second decision would be a second event
		r, err = k.Client.GetOCRResult(ctx, request)
	}
	if r == nil {
		return k.notRead(ctx, e, files, err)
	}
	return k.read(ctx, e, card{r, r.Raw, r.MediaSizes, idCardPictures(e), r.OperateTime, r.BizSeqNo}, err, files, now)
}

// idCardPictures returns the pictures that a reading of the order's sides has. The
// platform cannot always cut a card out, so the crops are waited for as long as the
// documents let pictures lag, and then nobody misses them.
func idCardPictures(e Entry) (wanted []string) {
	crops := e.Lag < len(filesLag)
	if e.Order.Sides != faceid.OCRBackOnly {
		wanted = append(wanted, "frontPhoto", "headPhoto")
		if crops {
			wanted = append(wanted, "frontCrop")
		}
	}
	if e.Order.Sides != faceid.OCRFrontOnly {
		wanted = append(wanted, "backPhoto")
		if crops {
			wanted = append(wanted, "backCrop")
		}
	}
	return wanted
}

// askBankCard asks for what was read from a bank card.
func (k *Keeper) askBankCard(ctx context.Context, e Entry, person faceid.Person, files *batch, now time.Time) (finding, error) {
	request := faceid.GetBankCardOCRResultRequest{OrderNo: e.Order.Number, GetFile: files != nil, MediaTo: files.writers()}
	var r *faceid.BankCardResult
	var err error
	if e.State == Waiting {
		r, err = k.Client.ConfirmBankCardOCR(ctx, request, person)
	} else {
		r, err = k.Client.GetBankCardOCRResult(ctx, request)
	}
	if r == nil {
		return k.notRead(ctx, e, files, err)
	}
	wanted := []string{"originBankcardPhoto"}
	if e.Lag < len(filesLag) {
		wanted = append(wanted, "bankcardCropPhoto", "bankcardNoPhoto")
	}
	return k.read(ctx, e, card{r, r.Raw, r.MediaSizes, wanted, r.OperateTime, r.BizSeqNo}, err, files, now)
}

// noBankCard reports whether the platform knows no bank card of an order. Its table has
// no code for that. These two are about the order number, and tell the caller to make
// sure that it is right. That it is too long cannot be, because the order was validated.
func noBankCard(err error) bool {
	var e *faceid.Error
	return errors.As(err, &e) && (e.Code.Number() == "66660000" || e.Code.Number() == "-1304")
}

// notRead is the finding of a look at a photographed card that brought no result.
func (k *Keeper) notRead(ctx context.Context, e Entry, files *batch, err error) (finding, error) {
	files.undo(ctx)
	if e.Order.Kind == OCRBankCard && noBankCard(err) {
		err = faceid.ErrNoResult
	}
	if !errors.Is(err, faceid.ErrNoResult) {
		return finding{}, err
	}
	found := finding{answered: true}
	if e.State != Waiting { // the platform has forgotten the order
		found.missing = files.lacks(append(slices.Clone(e.Missing), answerName)...)
	}
	return found, nil
}

// read is the finding of a look at a photographed card. As long as the person may still
// be about it, only a card that was read decides: in a minute the other side may be
// there, or a sharper picture.
func (k *Keeper) read(ctx context.Context, e Entry, c card, decision error, files *batch, now time.Time) (finding, error) {
	out, err := outcomeOf(c.Result, decision)
	wasRead := out != nil && (out.Passed || out.Family == faceid.FamilyOtherPerson)
	if e.State == Waiting && !wasRead && now.Sub(e.Order.OpenedAt) < firstLook {
		files.undo(ctx)
		return finding{answered: err == nil, plain: true}, err
	}
	found := finding{answered: true, plain: files == nil, outcome: out}
	if files != nil {
		_ = files.keep(c.sizes) // the batch remembers the error
		files.answer(c.text)
		found.missing = files.lacks(c.wanted...)
	}
	if out != nil {
		out.OccurredAt, out.RequestID = c.occurredAt, c.requestID
	}
	return found, err
}

// askChip asks for what was read from a chip. The answer holds all files, and is in memory
// as a whole, because it is encrypted. Once the outcome is known, the bucket is tried
// first, since each question uses up one of 10 answers.
func (k *Keeper) askChip(ctx context.Context, e Entry, person faceid.Person, files *batch) (finding, error) {
	request := faceid.GetIDCardNFCResultRequest{OrderNo: e.Order.Number, ReqID: e.Order.ReqID, GetPhoto: true}
	var r *faceid.NFCResult
	var err error
	if e.State == Waiting {
		r, err = k.Client.ConfirmNFC(ctx, request, person)
	} else {
		if err := files.try(); err != nil {
			return finding{}, err
		}
		r, err = k.Client.GetIDCardNFCResult(ctx, request)
	}
	switch {
	case r == nil && e.State != Waiting && (errors.Is(err, faceid.ErrExpired) || errors.Is(err, faceid.ErrNoResult)):
		return finding{answered: true, missing: files.lacks(append(slices.Clone(e.Missing), answerName)...)}, nil
	case r == nil:
		return finding{answered: errors.Is(err, faceid.ErrNoResult)}, unlessNoResult(err)
	}
	out, err := outcomeOf(r, err)
	found := finding{answered: true, outcome: out}
	if out == nil {
		return found, err
	}
	out.RequestID = r.BizSeqNo
	found.missing = files.chipPictures(r)
	if files.trouble() == nil {
		files.answer(r.Raw)
	}
	return found, err
}

// chipPictures stores the pictures of a chip until the bucket fails, and returns which the
// bucket lacks.
func (b *batch) chipPictures(r *faceid.NFCResult) (missing []string) {
	wanted := []string{"portraitPhoto"} // every document has one
	for name, picture := range map[string][]byte{"frontPhoto": r.FrontPhoto, "backPhoto": r.BackPhoto, "portraitPhoto": r.PortraitPhoto} {
		if len(picture) == 0 {
			continue
		}
		if b.trouble() == nil {
			_ = b.put(name, picture) // the batch remembers the error
		}
		if name != "portraitPhoto" {
			wanted = append(wanted, name)
		}
	}
	slices.Sort(wanted)
	return b.lacks(wanted...)
}
