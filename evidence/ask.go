package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/faceid-go/faceid"
)

// finding is what a look learnt.
type finding struct {
	answered bool     // the platform has answered
	plain    bool     // no files were asked for
	outcome  *Outcome // nil: there is none yet
	missing  []string // the files that should be there and are not
}

// ask asks the platform about an order. Files go to the batch. If the bucket fails while
// the outcome is unknown, ask asks again without files, since the merchant must not wait
// for the outcome because of the bucket.
func (k *Keeper) ask(ctx context.Context, e Entry, files *batch, now time.Time) (finding, error) {
	found, err := k.askFor(ctx, e, files, now)
	if e.State == Waiting && found.outcome == nil && files.trouble() != nil && ctx.Err() == nil {
		found, err = k.askFor(ctx, e, nil, now)
		found.plain = true
	}
	if e.State == Waiting && found.outcome == nil {
		if found.outcome = k.ended(ctx, e, found.answered && err == nil, err, now); found.outcome != nil {
			found.missing, err = nil, nil // the outcome says it, and an order without a result has no files
		}
	}
	return found, err
}

// askFor asks by kind. With nil files it asks for the outcome alone.
func (k *Keeper) askFor(ctx context.Context, e Entry, files *batch, now time.Time) (finding, error) {
	switch e.Order.Kind {
	case FaceH5, FaceApp, FacePC:
		return k.askFace(ctx, e, files)
	case WillH5, WillApp:
		return k.askWill(ctx, e, files)
	}
	person, err := k.expected(ctx, e)
	if err != nil {
		return finding{}, err
	}
	switch e.Order.Kind {
	case OCRIDCard:
		return k.askIDCard(ctx, e, person, files, now)
	case OCRBankCard:
		return k.askBankCard(ctx, e, person, files, now)
	case NFC:
		return k.askChip(ctx, e, person, files)
	case WeChat:
		return k.askWeChat(ctx, e, person, files, now)
	case Eid:
		return k.askEid(ctx, e, person, files, now)
	case IntlWeb:
		return k.askIntlWeb(ctx, e, person, files)
	}
	return k.askIntlApp(ctx, e, person, files)
}

// expected returns the person whom the merchant expects. Nobody is expected on the side of
// an ID card that names nobody. About a card whose outcome is known nothing is decided.
func (k *Keeper) expected(ctx context.Context, e Entry) (person faceid.Person, err error) {
	switch {
	case e.Order.isCard() && (e.State != Waiting || e.Order.Sides == faceid.OCRBackOnly):
		return faceid.AnyPerson, nil
	case k.Expect == nil:
		return person, fmt.Errorf("%w: Options.Expect is required for %s", ErrOrder, e.Order.Kind)
	}
	err = k.guard(ctx, "Expect", func() (err error) { person, err = k.Expect(ctx, e.Order); return err })
	if err != nil {
		return person, fmt.Errorf("evidence: Expect: %w", err)
	}
	return person, nil
}

// ended returns the outcome of an order whose result cannot come any more, and nil while
// it can. Only an answer ends an order, except long after the platform has forgotten it:
// then the order ends with the family of the trouble. A result was lost if one may have
// come after the last look that was answered.
func (k *Keeper) ended(ctx context.Context, e Entry, answered bool, trouble error, now time.Time) *Outcome {
	age := now.Sub(e.Order.OpenedAt)
	expired := errors.Is(trouble, faceid.ErrExpired) && (age > flowLives || e.Order.Kind == NFC)
	forgotten := age >= e.Order.keptFor() || expired && e.Order.Kind == NFC
	out := &Outcome{Family: faceid.ErrNoResult, Late: forgotten && e.Looked.Sub(e.Order.OpenedAt) < min(e.Order.resultBy(), flowLives)}
	switch {
	case expired, answered && (age > max(e.Order.resultBy(), reqIDLives) || age >= lastLook):
	case trouble != nil && age >= e.Order.givenUpAt():
		out.Family, out.Late = faceid.Family(familyOf(trouble)), true
	default:
		return nil
	}
	level := slog.LevelInfo // people leave every day
	if out.Late {
		level = slog.LevelWarn
	}
	k.log.Log(ctx, level, "an order ends without a result", "key", e.Order.Key(), "age", age, "late", out.Late, "family", string(out.Family))
	return out
}

// outcomeOf makes an Outcome of a decision. It returns nil if the decision says that
// there is no result, and trouble if there was no decision.
func outcomeOf(r faceid.Result, err error) (*Outcome, error) {
	switch {
	case errors.Is(err, faceid.ErrNoResult):
		return nil, nil
	case err != nil && !errors.Is(err, faceid.ErrNotPassed):
		return nil, err
	}
	out := &Outcome{Passed: err == nil && r.Passed(), Family: r.Family(), Code: r.Code(), Charged: r.Charged()}
	if out.Charged == faceid.ChargedYes {
		out.Charges = 1
	}
	return out, nil
}

// answer stores the answer of kyc1 itself, without its files. The batch remembers an
// error.
func (b *batch) answer(text []byte) {
	if b != nil {
		_ = b.put(answerName, text)
	}
}

// answerOf stores an answer of API 3.0, whose files went to writers. The batch remembers
// an error.
func (b *batch) answerOf(r faceid.Result) {
	text, err := json.Marshal(r)
	if err != nil {
		b.failed(err)
		return
	}
	b.answer(text)
}

// writers returns the function for MediaTo. Without a batch all files are thrown away.
func (b *batch) writers() func(string) io.Writer {
	if b == nil {
		return func(string) io.Writer { return io.Discard }
	}
	return b.to
}

// lacks returns which of the wanted files no look has stored.
func (b *batch) lacks(wanted ...string) []string {
	var missing []string
	for _, name := range wanted {
		if !has(b.have, name) && !has(b.kept, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

func has(files []File, name string) bool {
	for _, f := range files {
		if f.Name == name {
			return true
		}
	}
	return false
}
