package evidence

import (
	"time"

	"github.com/faceid-go/faceid/proof/internal/trial"
)

// tell writes the account as tables.
func tell(report *trial.Report, w *world, r *record, passed, lived time.Duration) {
	report.Table([]string{"what", "how many"},
		[]any{"orders", len(r.orders)},
		[]any{"outcomes told", len(r.told)},
		[]any{"requests", w.requests.Load()},
		[]any{"faults", w.faults.Load()},
		[]any{"lives", w.lives},
		[]any{"hours", passed.Hours()},
		[]any{"seconds", lived.Seconds()},
		[]any{"stood", w.stood.Seconds()},
		[]any{"forced", w.forced},
	)
	report.Say("said: %v", w.said)
}
