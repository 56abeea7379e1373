package faceid

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/faceid-go/faceid/internal/credential"
	"github.com/faceid-go/faceid/internal/wire"
)

const (
	// stall is how long nothing may arrive: until the headers, and between two reads of
	// the body.
	stall = 30 * time.Second
	// patience is how long all parts of a body that are not files may take together.
	// Files have no such limit, because it would cut off a slow video.
	patience = 2 * stall
)

// These are the causes of an exchange that was given up.
var (
	errStalled = fmt.Errorf("nothing arrived for %v", stall)
	errSlow    = fmt.Errorf("the parts of the answer that are not files took longer than %v", patience)
)

// noRedirects returns a copy of the client that follows no redirect.
func noRedirects(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// maxIdle is how many connections wait for the next call. More calls at once than that are
// served, too, by new connections.
const maxIdle = 1024

func defaultTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   5 * time.Second,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		// There is no ResponseHeaderTimeout, because the watch of each exchange covers the
		// headers, too.
		// Nearly all calls go to one host. A pool that is smaller than the number of calls at
		// once makes a busy server open new connections all the time, and a handshake of TLS
		// costs both sides more than the call.
		MaxIdleConns:        maxIdle,
		MaxIdleConnsPerHost: maxIdle,
		TLSClientConfig:     &tls.Config{ClientSessionCache: tls.NewLRUClientSessionCache(0), MinVersion: tls.VersionTLS12},
	}
}

var errTooLarge = errors.New("the answer is larger than the bound (see WithMaxAnswer)")

var errTooMuch = errors.New("the answer has more text or more values than the bound allows (see WithMaxAnswerText), or it has too long a name, or it nests too deeply")

// textBound returns the bound of what is left of an answer without its files. It is the
// bound of the whole answer if the files stay in the text.
func (c *Client) textBound(filesInText bool) int64 {
	if filesInText {
		return c.maxAnswer
	}
	return min(c.maxText, c.maxAnswer)
}

// notEnvelope says that an answer has not the form of the platform's answers.
type notEnvelope struct{ err error }

func (e *notEnvelope) Error() string {
	return "the answer has not the form of the platform's answers: " + e.err.Error()
}

func (e *notEnvelope) Unwrap() error { return e.err }

// exchangeFailure returns the family of an exchange that brought no answer of the
// platform's form, and the cause for its error.
func exchangeFailure(ctx context.Context, status int, err error) (Family, error) {
	var bad *notEnvelope
	switch {
	case isPanic(err):
		return ErrCaller, err
	case isWriting(err):
		return callersOwn(ctx), err
	case context.Cause(ctx) == credential.ErrUnanswered: //nolint:errorlint // identity is meant
		return ErrNetwork, credential.ErrUnanswered
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

// callersOwn returns the family of a failure of a part that the caller gave. It is ""
// if the caller's context has ended, because that is the usual cause then.
func callersOwn(ctx context.Context) Family {
	if ctx.Err() != nil {
		return ""
	}
	return ErrCaller
}

// exchange sends one request and reads the answer. The files of the answer go where the
// plan says. The rest of it may have as many bytes as text says.
func (c *Client) exchange(ctx context.Context, build func(context.Context) (*http.Request, error), files *wire.Plan, text int64, private []string) (status int, doc *wire.Document, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := &attempt{cancel: cancel}
	watched, body, way := &a.watched, &a.body, &a.way
	watched.left, watched.watch = patience, time.AfterFunc(stall, a.giveUp)
	defer watched.watch.Stop()

	request, err := build(way.follow(ctx))
	if err != nil {
		return 0, nil, scrub(err, private)
	}
	response, err := c.roundTrip(request)
	switch {
	case isPanic(err):
		return 0, nil, err
	case err != nil:
		return 0, nil, withTravel(scrub(stalledOr(ctx, err), private), way.end(c.http, request))
	}
	defer response.Body.Close()
	status = response.StatusCode
	if refusedByProxy(request, status) {
		return status, nil, errProxyAuth
	}
	if files == nil || status < 200 || status > 299 {
		files = &a.none // no writer of the caller's gets the files of such an answer
	}
	files.MaxRest = text
	watched.r, watched.plan = response.Body, files
	body.r, body.left = watched, c.maxAnswer
	if response.ContentLength > c.maxAnswer {
		return status, nil, errTooLarge
	}
	doc, err = wire.Read(body, response.ContentLength, files)
	switch {
	case err == nil || isWriting(err):
	case errors.Is(err, wire.ErrTooMuch):
		err = errTooMuch
	case body.err == nil:
		err = &notEnvelope{err}
	case body.err != errTooLarge: //nolint:errorlint // identity is meant
		err = scrub(stalledOr(ctx, err), private)
	}
	return status, doc, err
}

// isWriting reports whether a writer of the caller's failed.
func isWriting(err error) bool {
	var writing *wire.WriteError
	return errors.As(err, &writing)
}

// attempt is what one exchange needs, in one piece of memory.
type attempt struct {
	watched watchedReader
	body    boundedReader
	way     trail
	none    wire.Plan // of an answer without files
	cancel  context.CancelCauseFunc
}

// giveUp ends the exchange because nothing has arrived for too long.
func (a *attempt) giveUp() { a.cancel(a.watched.why()) }

// roundTrip sends through the caller's transport, if there is one.
func (c *Client) roundTrip(request *http.Request) (response *http.Response, err error) {
	if c.own != nil { // there are neither cookies nor a time-out nor redirects that http.Client would care for
		if response, err = c.own.RoundTrip(request); err != nil {
			err = plainHTTP(err)
		}
		return response, err
	}
	defer c.caught(request.Context(), partTransport, &err)
	if response, err = c.http.Do(request); err == nil {
		response.Body = &guardedBody{response.Body, request.Context(), c}
	}
	return response, err
}

// plainHTTP says of a server without TLS what it is, as http.Client does. The error of
// crypto/tls speaks of a record only.
func plainHTTP(err error) error {
	var record tls.RecordHeaderError
	if errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
		return http.ErrSchemeMismatch
	}
	return err
}

// stalledOr replaces an error by the reason of our own watch, if the watch has ended
// the exchange.
func stalledOr(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == errStalled || cause == errSlow { //nolint:errorlint // identity is meant
		return cause
	}
	return err
}

// watchedReader starts the watch anew for every read. Between two reads the watch does
// not run, so that a caller's writer may take its time.
type watchedReader struct {
	r     io.Reader
	watch *time.Timer
	plan  *wire.Plan
	left  time.Duration // what is left of patience
	last  atomic.Bool   // whether less than a stall is left of patience
}

// why returns the reason for which the watch ends the exchange.
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

// boundedReader refuses a body that is longer than the bound, and keeps the error of
// reading the body.
type boundedReader struct {
	r    io.Reader
	left int64
	err  error // the error of the body, if it is not io.EOF
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		n, err = 0, errTooLarge
	}
	if err != nil && err != io.EOF { // an error that wraps io.EOF is trouble
		b.err = err
	}
	return n, err
}

// innermost returns the text of err without the address that net/http puts
// around it.
func innermost(err error) string {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if strings.Contains(err.Error(), "Location") { // net/http quotes the header, which may hold anything
		return "a malformed redirect was refused"
	}
	return err.Error()
}

// scrub makes an error of an exchange safe to show: without the address and without
// private values.
func scrub(err error, private []string) error {
	if err == nil {
		return nil
	}
	// A bare context error holds no data, and callers compare it.
	if err == context.Canceled || err == context.DeadlineExceeded { //nolint:errorlint // identity is meant
		return err
	}
	return &transportError{text: redactText(innermost(err), private), err: err}
}

// transportError is the cause of a failed exchange without the address, which
// net/http quotes and which may carry the secret. It answers errors.Is as the
// original error does, but does not unwrap to it.
type transportError struct {
	text   string
	err    error
	travel travel
}

func (e *transportError) Error() string { return e.text }

// Is answers as the original error does, except for context errors. The time-outs of
// package net claim to be context errors, but it is not the caller's context that ended.
func (e *transportError) Is(target error) bool {
	return target != context.Canceled && target != context.DeadlineExceeded && errors.Is(e.err, target)
}
