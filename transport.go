package faceid

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
)

// stall is how long an exchange may stand still: until the headers arrive, and
// between two reads of the body. There is no limit on the whole, which would
// cut off a slow video.
const stall = 30 * time.Second

// errStalled is the cause of an exchange that stood still.
var errStalled = fmt.Errorf("nothing arrived for %v", stall)

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
	product Product
	method  string // GET sends the parameters in the query, POST as JSON
	path    string
	orderNo string
	retry   retryRule
	query   bool   // its codes may be outcomes; otherwise any code but 0 is an error
	scope   string // of its codes; empty: those of face
	asJSON  string // the parameter whose value is JSON itself
	// prepare gives what one attempt sends, signed afresh.
	prepare func(ctx context.Context) (outgoing, error)
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

// do performs the call with its retries and tells log and observer. Attempts
// end when ctx ends.
func (c *Client) do(ctx context.Context, cl call) (answer *wire.Answer, err error) {
	start := time.Now()
	attempts, renewed := 0, false
	for {
		var out outgoing
		if out, err = cl.prepare(ctx); err != nil { // credentials know themselves what may be repeated
			err = within(cl, err)
			break
		}
		attempts++
		answer, err = c.send(ctx, cl, out)
		if out.used != nil && isRefusal(err) {
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
		if err == nil || ctx.Err() != nil || attempts >= maxAttempts || !mayRetry(cl.retry, err) {
			break
		}
		if pauseErr := pause(ctx, attempts, err); pauseErr != nil {
			err = whileWaiting(err, pauseErr)
			break
		}
	}
	c.report(ctx, Event{
		Kind: EventCall, Op: cl.op, Duration: time.Since(start), Attempts: attempts,
		Family: familyOf(err), Err: err,
	})
	return answer, err
}

func (c *Client) report(ctx context.Context, e Event) {
	level, failure := slog.LevelDebug, slog.Attr{}
	if e.Family != "" { // not the caller's own end
		level, failure = slog.LevelWarn, slog.String("error", e.Err.Error())
	}
	c.log.LogAttrs(ctx, level, "faceid "+string(e.Kind), slog.String("op", e.Op), slog.Duration("duration", e.Duration),
		slog.Int("attempts", e.Attempts), slog.String("family", string(e.Family)), failure)
	c.observe(ctx, e)
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
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(te.err, &dns) || errors.As(te.err, &op) && op.Op == "dial"
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
func (c *Client) send(ctx context.Context, cl call, out outgoing) (*wire.Answer, error) {
	fail := func(family Family, status int, err error) error {
		return &Error{Op: cl.op, Product: cl.product, Family: family, OrderNo: cl.orderNo, HTTPStatus: status, Err: err}
	}
	status, body, err := c.exchange(ctx, func(ctx context.Context) (*http.Request, error) {
		return c.newRequest(ctx, cl, out.params)
	}, out.private)
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, fail("", status, ctx.Err())
	case errors.Is(err, errTooLarge):
		return nil, fail(ErrBadAnswer, status, err)
	case err != nil:
		return nil, fail(ErrNetwork, status, err)
	}
	answer, err := wire.ParseAnswer(body)
	switch {
	case err != nil && status == http.StatusTooManyRequests:
		return nil, fail(ErrRateLimited, status, errors.New("too many requests"))
	case err != nil && status >= 300 && status < 400:
		return nil, fail(ErrBadAnswer, status, errors.New("a redirect was refused"))
	case err != nil && status >= 500:
		return nil, fail(ErrService, status, fmt.Errorf("the answer is no envelope: %w", err))
	case err != nil:
		return nil, fail(ErrBadAnswer, status, fmt.Errorf("the answer is no envelope: %w", err))
	}
	answer.Msg = redactText(answer.Msg, out.private)
	answer.BizSeqNo = redactText(answer.BizSeqNo, out.private)
	if err := checkCode(cl, answer, status); err != nil {
		return answer, err
	}
	if status < 200 || status > 299 { // neither a pass nor an outcome is believed then
		return nil, fail(ErrBadAnswer, status, errors.New("a result with an HTTP status of failure"))
	}
	return answer, nil
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

// exchange sends one request and reads the whole answer.
func (c *Client) exchange(ctx context.Context, build func(context.Context) (*http.Request, error), private []string) (status int, body []byte, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(stall, func() { cancel(errStalled) })
	defer watch.Stop()

	request, err := build(ctx)
	if err != nil {
		return 0, nil, scrub(err, private)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, scrub(stalledOr(ctx, err), private)
	}
	defer response.Body.Close()
	body, err = readAll(&watchedReader{response.Body, watch}, response.ContentLength, c.maxAnswer)
	if err != nil && !errors.Is(err, errTooLarge) {
		err = scrub(stalledOr(ctx, err), private)
	}
	return response.StatusCode, body, err
}

// stalledOr replaces the cancellation that our own watch caused by its reason.
func stalledOr(ctx context.Context, err error) error {
	if context.Cause(ctx) == errStalled { //nolint:errorlint // identity is meant
		return errStalled
	}
	return err
}

// watchedReader gives the watch new patience whenever bytes arrive.
type watchedReader struct {
	r     io.Reader
	watch *time.Timer
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.watch.Reset(stall)
	}
	return n, err
}

func readAll(r io.Reader, length, limit int64) ([]byte, error) {
	if length > limit {
		return nil, errTooLarge
	}
	var buf bytes.Buffer
	if length > 0 {
		buf.Grow(int(min(length, 8<<20)) + bytes.MinRead) // a length is a claim
	}
	n, err := buf.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = errTooLarge
	}
	return buf.Bytes(), err
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
	request, err := http.NewRequestWithContext(ctx, cl.method, target.String(), bytes.NewReader(jsonBody(params, cl.asJSON)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return request, nil
}

// jsonBody writes the parameters as one JSON object of strings, in their order;
// one of them may be JSON already.
func jsonBody(params []param, asJSON string) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range params {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(p.name)
		value, _ := json.Marshal(p.value) // strings always marshal
		if p.name == asJSON {
			value = []byte(p.value)
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes()
}
