// Package doctor finds out why face verification does not work. It looks at one thing after
// the other, from the name of the host to the permission of the key, says what it saw, and
// names the cause of a fault with its cure.
//
// It harms no fleet. It reads the credential store that the backend uses, and fetches no
// token unless it is told to (Doctor.Mint); then it does so through that store, under its
// lock, as every process of the backend does. It opens no verification unless it is told to
// (Doctor.Probe).
package doctor

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// Status says how a check ended.
type Status string

// These are the statuses.
const (
	OK      Status = "ok"
	Note    Status = "note"    // nothing is wrong, and a person should know it
	Warning Status = "warning" // it works now, and may fail later
	Fault   Status = "fault"   // this keeps calls from working
	Skipped Status = "skipped" // a check before it failed, or nobody asked for it
)

// Check names what was looked at.
type Check string

// These are the checks, in their order.
const (
	CheckConfig  Check = "config"
	CheckProxy   Check = "proxy"
	CheckAddress Check = "address"
	CheckTLS     Check = "tls"
	CheckAnswer  Check = "answer"
	CheckClock   Check = "clock"
	CheckStore   Check = "store"
	CheckRecord  Check = "record"
	CheckToken   Check = "token"
	CheckTicket  Check = "ticket"
	CheckProduct Check = "product"
	CheckKey     Check = "key"
)

// Finding is what one check saw.
type Finding struct {
	Door   string    `json:"door"` // what it is about: kyc1 or API 3.0, and the host
	Check  Check     `json:"check"`
	Status Status    `json:"status"`
	Saw    show.Text `json:"saw"`
	Cause  Cause     `json:"cause,omitempty"` // what is wrong; "" if nothing is
	Why    show.Text `json:"why,omitzero"`    // what that cause means
	Cure   show.Text `json:"cure,omitzero"`   // what to do
}

// Doctor looks for faults. The zero value of a field is a good default, except that at least
// one of App and Cloud is needed, and OpenStore with App.
type Doctor struct {
	App       *setup.App
	Cloud     []*setup.Cloud
	OpenStore func() (*setup.OpenStore, error)
	Transport *http.Transport  // nil: proxies from the environment, and the usual time limits
	Now       func() time.Time // nil: time.Now
	Mint      bool             // fetch credentials through the store if it has none that work
	Probe     bool             // open a verification of an invented person, which nobody enters
	Tell      func(Finding)    // is called for each finding as it is made; nil: nobody

	findings []Finding
}

// Run makes all checks and returns what they saw. It takes at most some 15 seconds for each
// exchange that gets no answer.
func (d *Doctor) Run(ctx context.Context) []Finding {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Transport == nil {
		d.Transport = &http.Transport{
			Proxy:             http.ProxyFromEnvironment,
			DialContext:       (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second,
		}
	}
	defer d.Transport.CloseIdleConnections()
	if d.App != nil {
		d.examineApp(ctx)
	}
	for _, c := range d.Cloud {
		if ctx.Err() == nil {
			d.examineCloud(ctx, c)
		}
	}
	return d.findings
}

// found notes a finding without a cause.
func (d *Doctor) found(door string, check Check, status Status, saw show.Text) {
	d.add(Finding{Door: door, Check: check, Status: status, Saw: saw})
}

// fault notes a fault, with the text of its cause.
func (d *Doctor) fault(door string, check Check, cause Cause, saw show.Text) {
	d.blame(door, check, Fault, cause, saw)
}

// blame notes a finding with the text of its cause.
func (d *Doctor) blame(door string, check Check, status Status, cause Cause, saw show.Text) {
	t := causes[cause]
	d.add(Finding{Door: door, Check: check, Status: status, Saw: saw, Cause: cause, Why: t.why, Cure: t.cure})
}

// skip notes checks that could not be made.
func (d *Doctor) skip(door string, why show.Text, checks ...Check) {
	for _, c := range checks {
		d.found(door, c, Skipped, why)
	}
}

func (d *Doctor) add(f Finding) {
	d.findings = append(d.findings, f)
	if d.Tell != nil {
		d.Tell(f)
	}
}

// Worst returns the worst status of findings: a fault, a warning, or OK.
func Worst(findings []Finding) Status {
	worst := OK
	for _, f := range findings {
		switch f.Status {
		case Fault:
			return Fault
		case Warning:
			worst = Warning
		}
	}
	return worst
}
