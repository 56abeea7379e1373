package faceid

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
)

const (
	// stall is how long an exchange may stand still: until the headers arrive, and
	// between two reads of the body.
	stall = 30 * time.Second
	// patience is how long may be waited for all of a body that is not a file. There
	// is no such limit on files, which would cut off a slow video.
	patience = 2 * stall
)

// The causes of an exchange that was given up.
var (
	errStalled = fmt.Errorf("nothing arrived for %v", stall)
	errSlow    = fmt.Errorf("what is not a file took longer than %v", patience)
)

func noRedirects(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

func defaultTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: stall,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConns:          128,
		MaxIdleConnsPerHost:   64, // one busy host: the default of 2 would close most connections
	}
}

// call is one exchange with kyc1. It is a value: an attempt changes nothing.
type call struct {
	op      string
	by      string // the Op of its event; empty: op
	product Product
	method  string // GET sends the parameters in the query, POST as JSON
	path    string
	asks    string // the Endpoint of its event; empty: path
	orderNo string
	retry   retryRule
	query   bool       // its codes may be outcomes; otherwise any code but 0 is an error
	scope   string     // of its codes; empty: those of face
	asJSON  string     // the parameter whose value is JSON itself
	photo   []byte     // to send as sourcePhotoStr
	files   *wire.Plan // of the answer; nil if it has none
	long    bool       // the files of the answer, if any, stay in its text
	// codeInside says that the result has a code of its own, which read looks at.
	codeInside bool
	// prepare gives what one attempt sends, signed afresh.
	prepare func(ctx context.Context) (outgoing, error)
	// read reads the answer, once. The result that it returns, if any, tells the
	// event its code and charge.
	read func(*wire.Answer) (Result, error)
}

// outgoing is what one attempt sends.
type outgoing struct {
	params  []param
	private []string // values that must not show up in any text
	used    *held    // the credentials, if a refusal may be theirs
}

type retryRule uint8

const (
	retryNever  retryRule = iota // a mint: sending it again would retire the token that the lost answer held
	retryUnsent                  // an upload: only if it surely never left
	retryAlways                  // queries and tickets
)

const maxAttempts = 3

// do performs the call with its retries, reads its answer and tells log and
// observer. Attempts end when ctx ends. The answer comes with an error, too, if one
// arrived.
func (c *Client) do(ctx context.Context, cl call) (answer *wire.Answer, err error) {
	c.guardFiles(ctx, cl.files)
	start := time.Now()
	attempts, status, renewed := 0, 0, false
	for {
		var out outgoing
		if out, err = cl.prepare(ctx); err != nil { // credentials know themselves what may be repeated
			err = within(cl, err)
			break
		}
		attempts++
		answer, status, err = c.send(ctx, cl, out)
		if out.used != nil && isRefusal(err) && !cl.files.Wrote() {
			if renewed {
				err = c.app.creds.explain(err)
				break
			}
			renewed = true
			if _, cause := c.app.creds.recoverFrom(ctx, out.used); cause != nil {
				err = refusedFor(err, cause)
				break
			}
			continue // a refused request had no effect, whatever it was
		}
		if err == nil || ctx.Err() != nil || attempts >= maxAttempts || cl.files.Wrote() || !mayRetry(cl.retry, err) {
			break
		}
		if pauseErr := pause(ctx, attempts, err); pauseErr != nil {
			err = whileWaiting(err, pauseErr)
			break
		}
	}
	e := Event{
		Kind: EventCall, Op: cmp.Or(cl.by, cl.op), Endpoint: cmp.Or(cl.asks, cl.path), Product: cl.product, OrderNo: cl.orderNo,
		HTTPStatus: status, Duration: time.Since(start), Attempts: attempts,
	}
	if answer != nil {
		e.BizSeqNo = answer.BizSeqNo
	}
	if err == nil && cl.read != nil {
		var result Result
		if result, err = cl.read(answer); err == nil && result != nil {
			e.Code, e.Charged = result.Code(), result.Charged()
		}
	}
	e.Err = err
	c.report(ctx, e)
	return answer, err
}

func mayRetry(rule retryRule, err error) bool {
	var e *Error
	if rule == retryNever || !errors.As(err, &e) {
		return false
	}
	if rule == retryUnsent {
		return neverLeft(e.Err)
	}
	if e.Code != "" { // the catalogue says for which codes it helps
		entry, _ := e.Code.entry()
		return entry.Retry == catalog.Yes
	}
	switch e.Family {
	case ErrNetwork, ErrRateLimited:
		return true
	case ErrService:
		return e.HTTPStatus >= 502 && e.HTTPStatus <= 504
	}
	return false
}

// neverLeft reports whether the request surely did not reach the platform.
func neverLeft(err error) bool {
	var te *transportError
	if !errors.As(err, &te) {
		return false
	}
	return te.travel == travelNever || te.travel == travelUnknown && cameBefore(te.err)
}

// whileWaiting adds to the last error that the caller's context ended before
// another attempt.
func whileWaiting(last, ended error) error {
	var e *Error
	if !errors.As(last, &e) {
		return ended
	}
	both := *e
	both.Err = ended
	if e.Err != nil {
		both.Err = fmt.Errorf("%w, after: %w", ended, e.Err)
	}
	return &both
}

// pause waits before the next attempt, at most until ctx ends.
func pause(ctx context.Context, attempts int, err error) error {
	wait := 200 * time.Millisecond << (attempts - 1)
	if errors.Is(err, ErrRateLimited) {
		wait *= 4
	}
	wait = wait/2 + rand.N(wait) //nolint:gosec // jitter
	return sleep(ctx, wait)
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// within says in which call the credentials failed.
func within(cl call, err error) error {
	outer := &Error{Op: cl.op, Product: cl.product, OrderNo: cl.orderNo, Err: err}
	var e *Error
	if errors.As(err, &e) {
		if e.Op == cl.op {
			return err
		}
		outer.Family, outer.Code, outer.HTTPStatus, outer.notSent = e.Family, e.Code, e.HTTPStatus, true
	}
	return outer
}

// send performs one HTTP exchange and reads its envelope.
func (c *Client) send(ctx context.Context, cl call, out outgoing) (*wire.Answer, int, error) {
	fail := func(family Family, status int, err error) error {
		return &Error{Op: cl.op, Product: cl.product, Family: family, OrderNo: cl.orderNo, HTTPStatus: status, Err: err}
	}
	status, doc, err := c.exchange(ctx, func(ctx context.Context) (*http.Request, error) {
		return c.newRequest(ctx, cl, out.params)
	}, cl.files, c.textBound(cl.long), out.private)
	var answer *wire.Answer
	if err == nil {
		if answer, err = doc.Answer(); err == nil && !cl.codeInside {
			_, err = answer.Text("code") // that in result, if any, must be the same
		}
		if err != nil {
			err = &notEnvelope{err}
		}
	}
	if err != nil {
		family, err := exchangeFailure(ctx, status, err)
		return nil, status, fail(family, status, err)
	}
	answer.Msg = redactText(answer.Msg, out.private)
	answer.BizSeqNo = redactText(answer.BizSeqNo, out.private)
	if err := checkCode(cl, answer, status); err != nil {
		return answer, status, err
	}
	if status < 200 || status > 299 { // neither a pass nor an outcome is believed then
		return nil, status, fail(ErrBadAnswer, status, errors.New("a result with an HTTP status of failure"))
	}
	return answer, status, nil
}

func (cl call) code(number string) Code { return scoped(cmp.Or(cl.scope, scopeFace), number) }

// checkCode gives the error that an answer's code stands for, nil if the answer
// is to be read.
func checkCode(cl call, a *wire.Answer, status int) error {
	code := cl.code(a.Code)
	if a.Code == "0" || cl.query && code.kind() == catalog.Outcome {
		return nil
	}
	family := code.Family()
	if code.kind() == catalog.Outcome { // nobody was in front of a camera yet
		family = ErrRequest
	}
	return &Error{
		Op: cl.op, Product: cl.product, Code: code, Message: a.Msg, Family: family,
		BizSeqNo: a.BizSeqNo, OrderNo: cl.orderNo, HTTPStatus: status,
	}
}

var errTooLarge = errors.New("the answer is larger than the bound (see WithMaxAnswer)")

var errTooMuch = errors.New("the answer has more text or more values than the bound allows (see WithMaxAnswerText), too long a name, or nests too deeply")

// textBound is the bound of what is left of an answer without its files.
func (c *Client) textBound(long bool) int64 {
	if long {
		return c.maxAnswer
	}
	return min(c.maxText, c.maxAnswer)
}

// notEnvelope is an answer that is not what the platform sends.
type notEnvelope struct{ err error }

func (e *notEnvelope) Error() string { return "the answer is no envelope: " + e.err.Error() }
func (e *notEnvelope) Unwrap() error { return e.err }

// exchangeFailure gives the family of an exchange without an envelope, and what
// is said of it.
func exchangeFailure(ctx context.Context, status int, err error) (Family, error) {
	var writing *wire.WriteError
	var bad *notEnvelope
	switch {
	case isPanic(err):
		return ErrCaller, err
	case errors.As(err, &writing):
		return callersOwn(ctx), err
	case context.Cause(ctx) == errUnanswered: //nolint:errorlint // identity is meant
		return ErrNetwork, errUnanswered
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, errTooLarge) || errors.Is(err, errTooMuch):
		return ErrBadAnswer, err
	case !errors.As(err, &bad):
		return ErrNetwork, err
	case status == http.StatusTooManyRequests:
		return ErrRateLimited, errors.New("too many requests")
	case status >= 300 && status < 400:
		return ErrBadAnswer, errors.New("a redirect was refused")
	case status >= 500:
		return ErrService, err
	}
	return ErrBadAnswer, err
}

// callersOwn is the family of a failure of what the caller gave: none if the
// caller has left, which is the usual cause then.
func callersOwn(ctx context.Context) Family {
	if ctx.Err() != nil {
		return ""
	}
	return ErrCaller
}

// exchange sends one request and reads the answer, whose files go where the plan
// says. What is left of it without them is text bytes at most.
func (c *Client) exchange(ctx context.Context, build func(context.Context) (*http.Request, error), files *wire.Plan, text int64, private []string) (status int, doc *wire.Document, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := &watchedReader{left: patience}
	watched.watch = time.AfterFunc(stall, func() { cancel(watched.why()) })
	defer watched.watch.Stop()

	var way trail
	request, err := build(way.follow(ctx))
	if err != nil {
		return 0, nil, scrub(err, private)
	}
	response, err := c.roundTrip(request)
	switch {
	case isPanic(err):
		return 0, nil, err
	case err != nil:
		return 0, nil, gotTo(scrub(stalledOr(ctx, err), private), way.end(c.http, request))
	}
	defer response.Body.Close()
	status = response.StatusCode
	if refusedByProxy(request, status) {
		return status, nil, errProxyAuth
	}
	if files == nil || status < 200 || status > 299 {
		files = &wire.Plan{} // nobody's writer gets them
	}
	files.MaxRest = text
	watched.r, watched.plan = response.Body, files
	body := &boundedReader{r: watched, left: c.maxAnswer}
	if response.ContentLength > c.maxAnswer {
		return status, nil, errTooLarge
	}
	doc, err = wire.Read(body, response.ContentLength, files)
	var writing *wire.WriteError
	switch {
	case err == nil || errors.As(err, &writing):
	case errors.Is(err, wire.ErrTooMuch):
		err = errTooMuch
	case body.err == nil:
		err = &notEnvelope{err}
	case body.err != errTooLarge: //nolint:errorlint // identity is meant
		err = scrub(stalledOr(ctx, err), private)
	}
	return status, doc, err
}

// roundTrip sends through the caller's transport, if there is one.
func (c *Client) roundTrip(request *http.Request) (response *http.Response, err error) {
	if c.own != nil {
		return c.http.Do(request)
	}
	defer c.caught(request.Context(), partTransport, &err)
	if response, err = c.http.Do(request); err == nil {
		response.Body = &guardedBody{response.Body, request.Context(), c}
	}
	return response, err
}

// stalledOr replaces the cancellation that our own watch caused by its reason.
func stalledOr(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == errStalled || cause == errSlow { //nolint:errorlint // identity is meant
		return cause
	}
	return err
}

// watchedReader gives the watch new patience for every read. Between two of them
// a caller's writer may take its time.
type watchedReader struct {
	r     io.Reader
	watch *time.Timer
	plan  *wire.Plan
	left  time.Duration // of the patience for what is not a file
	last  atomic.Bool   // what is left of it is less than a stall
}

// why is the reason for which the watch ends the exchange.
func (w *watchedReader) why() error {
	if w.last.Load() {
		return errSlow
	}
	return errStalled
}

func (w *watchedReader) Read(p []byte) (int, error) {
	file := w.plan.InFile()
	wait := stall
	if !file {
		wait = min(stall, w.left)
	}
	w.last.Store(wait < stall)
	began := time.Now()
	w.watch.Reset(wait)
	n, err := w.r.Read(p)
	w.watch.Stop()
	if file || err != nil {
		return n, err
	}
	if w.left -= time.Since(began); w.left <= 0 {
		return n, errSlow
	}
	return n, nil
}

// boundedReader refuses a body that is longer than the bound, and keeps what the
// body itself had to say.
type boundedReader struct {
	r    io.Reader
	left int64
	err  error // other than its end
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		n, err = 0, errTooLarge
	}
	if err != nil && err != io.EOF { // what wraps it is trouble
		b.err = err
	}
	return n, err
}

func (c *Client) newRequest(ctx context.Context, cl call, params []param) (*http.Request, error) {
	target := *c.app.base
	target.Path = cl.path
	if cl.method == http.MethodGet {
		query := make(url.Values, len(params))
		for _, p := range params {
			query.Set(p.name, p.value)
		}
		target.RawQuery = query.Encode()
		return http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	}
	if cl.orderNo != "" { // the platform asks for it there to trace slow calls
		target.RawQuery = url.Values{"orderNo": {cl.orderNo}}.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, cl.method, target.String(), bytes.NewReader(cl.jsonBody(params)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return request, nil
}

// jsonBody writes the parameters as one JSON object of strings, in their order;
// one of them may be JSON already. The photo goes straight to its place: it is
// what most of the body is.
func (cl call) jsonBody(params []param) []byte {
	size := len(`{"sourcePhotoStr":""}`) + base64.StdEncoding.EncodedLen(len(cl.photo))
	for _, p := range params {
		size += len(p.name) + len(p.value) + len(`"":"",`)
	}
	b := append(make([]byte, 0, size), '{')
	for _, p := range params {
		b = append(appendJSON(b, p.name), ':')
		if p.name == cl.asJSON {
			b = append(b, p.value...)
		} else {
			b = appendJSON(b, p.value)
		}
		b = append(b, ',')
	}
	if len(cl.photo) > 0 {
		b = append(b, `"sourcePhotoStr":"`...)
		b = append(base64.StdEncoding.AppendEncode(b, cl.photo), `",`...)
	}
	return append(bytes.TrimSuffix(b, []byte{','}), '}')
}

// appendJSON writes a string.
func appendJSON(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(text) // strings always marshal
			return append(b, quoted...)
		}
	}
	b = append(append(b, '"'), text...)
	return append(b, '"')
}
