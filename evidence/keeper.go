package evidence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"filippo.io/age"
	"gocloud.dev/blob"

	"github.com/faceid-go/faceid"
)

// Options are what a Keeper works with.
type Options struct {
	// Client fetches the results. It needs the door of every kind of order that comes:
	// WithApp for faces, wills and cards, WithNFCKey for chips, WithCloud for WeChat and
	// E证通, WithIntl for the international flows. Required.
	Client *faceid.Client
	// Bucket receives the files and the manifests. Required.
	Bucket *blob.Bucket
	// Ledger holds the entries. Required.
	Ledger Ledger
	// OnOutcome is told of every outcome, after the outcome is in the Ledger. It is
	// called again until it returns nil, and may be called again after it did: the Key
	// of the Outcome says that it is the same. Required.
	OnOutcome func(context.Context, Outcome) error
	// Expect returns the person whom the merchant expects in a flow of WeChat, E证通
	// or the international site, or on a card: these tell who it was. Look the person
	// up by the Ref of the order. It may return faceid.AnyPerson, and for a flow
	// faceid.PersonAsOpened. For a bank card it returns a BankCardNo. Required for such
	// orders. It is not called for faces and wills, whose record does not repeat the
	// person that was uploaded, and not for OCRBackOnly. Answer within a minute for
	// NFC, because the result is fetched after it, and lives 5 minutes.
	Expect func(context.Context, Order) (faceid.Person, error)
	// EidKey decrypts the identity that a flow of E证通 returns. It is nil if the
	// return of the real name is not granted.
	EidKey *faceid.EidKey
	// Recipients encrypt every file with age on its way into the Bucket. The manifest
	// stays plain: it names nobody.
	Recipients []age.Recipient
	// HTTPClient downloads the files of international flows in an App. Nil is a client
	// that follows no redirects.
	HTTPClient *http.Client
	// Logger is told of orders that end without a result, and of trouble. An error of
	// OnOutcome or Expect is logged as it is, so it must name no person. Nil: nobody.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Keeper looks at orders. It is safe for concurrent use, and has no goroutine of its own
// outside Run.
type Keeper struct {
	Options
	bucket     *blob.Bucket
	recipients []age.Recipient
	http       *http.Client
	log        *slog.Logger
	now        func() time.Time
}

// New returns a Keeper. It asks nobody anything: whether the bucket can be written shows
// with the first file. The error names the option that is missing.
func New(o Options) (*Keeper, error) {
	for name, missing := range map[string]bool{
		"Client": o.Client == nil, "Bucket": o.Bucket == nil, "Ledger": o.Ledger == nil, "OnOutcome": o.OnOutcome == nil,
	} {
		if missing {
			return nil, fmt.Errorf("evidence: Options.%s is required", name)
		}
	}
	k := &Keeper{Options: o, bucket: o.Bucket, recipients: o.Recipients, log: o.Logger, now: o.Now}
	k.http = o.HTTPClient
	if k.http == nil {
		k.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	if k.now == nil {
		k.now = time.Now
	}
	k.Now, k.Logger = k.now, k.log // job queues use these, too
	return k, nil
}

// Open puts an order into the ledger, so that Run and the lists of late orders know it.
// Call it right after the order was opened at the platform, or let the first Step do it.
// An order that is there already stays as it is. An order that was opened long ago is due
// at once.
func (k *Keeper) Open(ctx context.Context, o Order) error { return k.OpenIn(ctx, k.Ledger, o) }

// OpenIn is Open with another view of the same ledger: the merchant's own transaction.
// The order is then in the ledger if and only if that transaction commits. See In of
// package sqlledger.
func (k *Keeper) OpenIn(ctx context.Context, l Ledger, o Order) error {
	now := k.now()
	if err := o.validate(now); err != nil {
		return err
	}
	_, err := l.Save(ctx, Entry{Order: o, Next: firstOf(o, now)})
	if err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("evidence: the ledger: %w", err)
	}
	return nil
}

// Progress is how far an order has come after a Step.
type Progress struct {
	State   State     // how far the order has come
	Outcome *Outcome  // nil while the state is Waiting
	Next    time.Time // when to call Step again; zero if the state is Done
	Files   []File    // the files that are whole in the bucket
	Missing []string  // the files that are waited for, or that never came if the state is Done
	// Trouble is why this Step learnt nothing or could not store or tell something. It
	// uses no order up: Next says when to try again. Since says when it began.
	Trouble error
	Since   time.Time
	// Wait is how long it is until Next, and Age how long ago the order was opened, both
	// by the clock of the Keeper. A job queue whose clock differs goes by Wait. Wait is 0
	// if Next has passed, or if the state is Done.
	Wait, Age time.Duration
	urgent    bool // the result lives minutes
}

// The ages from which on an order goes before younger ones.
const (
	oldAge    = 24 * time.Hour
	oldestAge = 48 * time.Hour
)

// Priority says which orders go first when there is more to do than can be done: 1 goes
// before 2, and 2 before 3. An order is 1 if it was opened 2 days ago or earlier, because
// the platform forgets it after 3 days, and if it is of NFC, because the platform forgets
// that after 5 minutes; 2 if it is a day old, and else 3.
func (p Progress) Priority() int {
	switch {
	case p.Age >= oldestAge, p.urgent:
		return 1
	case p.Age >= oldAge:
		return 2
	}
	return 3
}

// Progress tells how far an order has come by its entry, without a look. It is for job
// queues that read the ledger.
func (k *Keeper) Progress(e Entry) Progress { return k.progress(e, nil) }

func (k *Keeper) progress(e Entry, trouble error) Progress {
	now := k.now()
	p := Progress{
		State: e.State, Outcome: e.Outcome, Next: e.Next, Files: e.Files, Missing: e.Missing, Trouble: trouble, Since: e.Since,
		Wait: max(e.Next.Sub(now), 0), Age: now.Sub(e.Order.OpenedAt),
		urgent: e.Order.Kind == NFC,
	}
	if e.State == Done {
		p.Next, p.Wait = time.Time{}, 0
	}
	return p
}
