package evidence

import (
	"context"
	"time"

	"github.com/faceid-go/faceid"
)

// askWeChat asks for the result of a flow of WeChat. While the person may still try
// again, it asks for the text alone, which is small.
func (k *Keeper) askWeChat(ctx context.Context, e Entry, person faceid.Person, files *batch, now time.Time) (finding, error) {
	request := faceid.GetDetectInfoEnhancedRequest{BizToken: e.Order.Number, RuleID: e.Order.RuleID, InfoType: faceid.InfoText, WillAsked: e.Order.WillAsked}
	if e.State == Waiting {
		r, err := k.Client.GetDetectInfoEnhanced(ctx, request)
		if err != nil {
			return finding{}, err
		}
		if !r.Final(e.Order.OpenedAt, now) {
			return finding{answered: true}, nil
		}
	}
	request.InfoType, request.MediaTo = faceid.InfoAll, files.writers()
	r, err := k.Client.ConfirmDetect(ctx, request, person)
	if r == nil {
		return dropped(ctx, files), err
	}
	found, err := k.decided(ctx, r, err, files)
	if found.outcome != nil {
		found.outcome.Charges, found.outcome.RequestID = r.ChargeCount(), r.RequestID
		found.outcome.ChargedAt = chargedAt(r.Text, now)
	}
	return found, err
}

// chargedAt returns when the charged attempts were made. One whose time cannot be read
// counts as made now.
func chargedAt(text *faceid.DetectInfoText, now time.Time) (all []time.Time) {
	if text == nil {
		return nil
	}
	for _, attempt := range text.LivenessDetail {
		if attempt.IsNeedCharge == nil || !*attempt.IsNeedCharge {
			continue
		}
		at := attempt.At()
		if at.IsZero() {
			at = now
		}
		all = append(all, at)
	}
	return all
}

// askEid asks for the result of a flow of E证通.
func (k *Keeper) askEid(ctx context.Context, e Entry, person faceid.Person, files *batch, now time.Time) (finding, error) {
	if e.State == Waiting {
		r, err := k.Client.CheckEidTokenStatus(ctx, faceid.CheckEidTokenStatusRequest{EidToken: e.Order.Number})
		if err != nil {
			return finding{}, err
		}
		if r.Status != faceid.EidFinished && (r.Status != faceid.EidTimeout || now.Sub(e.Order.OpenedAt) <= flowLives) {
			return finding{answered: true}, nil
		}
	}
	r, err := k.Client.ConfirmEid(ctx, faceid.GetEidResultRequest{
		EidToken: e.Order.Number, WillAsked: e.Order.WillAsked, EidKey: k.EidKey, MediaTo: files.writers(),
	}, person)
	if r == nil {
		return dropped(ctx, files), err
	}
	found, err := k.decided(ctx, r, err, files)
	if found.outcome != nil {
		found.outcome.Charges, found.outcome.RequestID = r.ChargeCount(), r.RequestID
	}
	return found, err
}

// askIntlWeb asks for the result of an international flow in a browser.
func (k *Keeper) askIntlWeb(ctx context.Context, e Entry, person faceid.Person, files *batch) (finding, error) {
	r, err := k.Client.ConfirmWebVerificationIntl(ctx, faceid.GetWebVerificationResultIntlRequest{BizToken: e.Order.Number, MediaTo: files.writers()}, person)
	switch {
	case r == nil:
		return dropped(ctx, files), err
	case r.State() == faceid.IntlNotFinished:
		files.undo(ctx)
		return finding{answered: true}, nil
	}
	found, err := k.decided(ctx, r, err, files)
	if found.outcome != nil {
		found.outcome.RequestID = r.RequestID
	}
	return found, err
}

// decided makes a finding of a decision about a flow. All files of such an answer are
// whole, whatever the decision was.
func (k *Keeper) decided(ctx context.Context, r faceid.Result, decision error, files *batch) (finding, error) {
	out, err := outcomeOf(r, decision)
	found := finding{answered: true, plain: files == nil, outcome: out}
	if out == nil {
		files.undo(ctx)
		return found, err
	}
	if files != nil {
		_ = files.keepAll() // the batch remembers the error
		files.answerOf(r)
	}
	return found, err
}

// dropped is the finding of a look without an answer. What it wrote is not whole.
func dropped(ctx context.Context, files *batch) finding {
	files.undo(ctx)
	return finding{}
}
