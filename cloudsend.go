package faceid

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/faceid-go/faceid/internal/wire"
)

// cloudCall describes one call of an action.
type cloudCall struct {
	op       string // names the call in errors
	eventOp  string // names the call in its event; empty: op
	site     Site
	action   string
	readOnly bool     // the action changes nothing, so it may be sent again after any trouble
	private  []string // values that must not show up in any error or log line
	// to, if set, returns the writer that receives a file of the answer while it
	// arrives. It returns nil for a file that the result keeps. Files are named by
	// their path inside "Response".
	to func(name string) io.Writer
	// textFiles says that files may stay in the text of the answer: they are in a cipher
	// text, in a JSON text of their own, or in a string of the caller's type. The whole
	// answer may then be as large as WithMaxAnswer allows.
	textFiles bool
	// finish, if set, gets the error of the call so far, looks at the answer, and
	// returns the error that the call ends with.
	finish func(requestID string, err error) error
}

// act sends an action with its retries, reads its answer into result, and reports
// the event.
func (c *Client) act(ctx context.Context, cl cloudCall, request, result any) (requestID string, err error) {
	send, err := c.prepare(ctx, cl, request, result)
	if err != nil {
		return "", err
	}
	start := time.Now()
	requestID, status, attempts, err := send.repeat(ctx, c)
	e := Event{
		Kind: EventCall, Op: cmp.Or(cl.eventOp, cl.op), Endpoint: cl.action, RequestID: requestID,
		HTTPStatus: status, Duration: time.Since(start), Attempts: attempts,
	}
	if cl.finish != nil {
		err = cl.finish(requestID, err)
	}
	if told, ok := result.(Result); ok && err == nil {
		e.Code, e.Charged = told.Code(), told.Charged()
	}
	e.Err = err
	c.report(ctx, e)
	return requestID, err
}

// cloudSend is a call that is ready to be sent.
type cloudSend struct {
	cloudCall
	door   *cloudDoor
	body   []byte
	files  *wire.Plan // where the answer has its files
	result any
}

// prepare writes the request, and refuses what cannot be sent.
func (c *Client) prepare(ctx context.Context, cl cloudCall, request, result any) (*cloudSend, error) {
	if err := c.ready(ctx, cl.op); err != nil {
		return nil, err
	}
	door, err := c.door(cl.op, cl.site)
	if err != nil {
		return nil, err
	}
	body, words, err := wire.Compose(request)
	switch {
	case err != nil:
		return nil, badArgument(cl.op, "Request", "cannot be written as JSON")
	case len(body) > maxCloudBody:
		return nil, badArgument(cl.op, "Request", "has %d bytes, at most %d (10 MB) are allowed: send less media", len(body), maxCloudBody)
	}
	cl.private = append(cl.private, privateStrings(words)...)
	files := answerFiles(result, c.guardWriters(ctx, cl.to))
	return &cloudSend{cloudCall: cl, door: door, body: body, files: files, result: result}, nil
}

// repeat makes attempts until one succeeds or another one is of no use.
func (s *cloudSend) repeat(ctx context.Context, c *Client) (requestID string, status, attempts int, err error) {
	for {
		var key cloudKey
		if key, err = c.cloudKey(ctx, s.door, s.op); err != nil {
			break
		}
		attempts++
		requestID, status, err = s.once(ctx, c, key)
		if err == nil || ctx.Err() != nil || attempts >= maxAttempts || s.files.Wrote() || !s.mayRepeat(err) {
			break
		}
		if pauseErr := pause(ctx, attempts, err); pauseErr != nil {
			err = whileWaiting(err, pauseErr)
			break
		}
	}
	return requestID, status, attempts, err
}

// once makes one attempt, and reads the answer into the result.
func (s *cloudSend) once(ctx context.Context, c *Client, key cloudKey) (requestID string, status int, err error) {
	fail := func(family Family, status int, err error) error {
		return &Error{Op: s.op, Family: family, HTTPStatus: status, RequestID: requestID, Err: err}
	}
	private := append([]string{key.id, key.secret, key.token}, s.private...)
	status, doc, err := c.exchange(ctx, func(ctx context.Context) (*http.Request, error) {
		return s.door.newRequest(ctx, s.action, key, s.body)
	}, s.files, c.textBound(s.textFiles), private)
	var envelope *cloudEnvelope
	if err == nil {
		if envelope, err = readEnvelope(doc.Top); err != nil {
			err = &notEnvelope{err}
		}
	}
	if err != nil {
		family, err := exchangeFailure(ctx, status, err)
		return "", status, fail(family, status, err)
	}
	requestID = redactText(envelope.RequestID, private)
	if envelope.Error != nil {
		return requestID, status, s.refusal(envelope, status, private)
	}
	if status < 200 || status > 299 {
		return requestID, status, fail(ErrBadAnswer, status, errors.New("a result came with an HTTP status that is not 2xx"))
	}
	if err := readCloud(doc, envelope.Response, s.result); err != nil {
		return requestID, status, fail(ErrBadAnswer, status, err)
	}
	return requestID, status, nil
}

// privateStrings returns the values of a request that must not come back in the
// platform's messages. These are all values of some length, because CallCloud
// cannot know which of them are personal. The longest come first, because they may
// contain others.
func privateStrings(body []byte) []string {
	const most = 4000 // longer values are pictures, which no message quotes
	var all []string
	for _, text := range wire.Strings(body, most) {
		if n := utf8.RuneCountInString(text); n > 2 || n == 2 && len(text) > n { // two letters such as "en" are not a name, but two Chinese characters may be
			all = append(all, text)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// mayRepeat reports whether the action may be sent again after err. An action that
// was refused for its rate had no effect, so it always may.
func (cl cloudCall) mayRepeat(err error) bool {
	if errors.Is(err, ErrRateLimited) {
		return true
	}
	if cl.readOnly {
		return mayRetry(retryAlways, err)
	}
	return mayRetry(retryUnsent, err)
}

// newRequest makes a signed request.
func (d *cloudDoor) newRequest(ctx context.Context, action string, key cloudKey, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base.String()+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	h := request.Header
	h.Set("Content-Type", "application/json")
	h.Set("X-TC-Action", action)
	h.Set("X-TC-Version", cloudVersion)
	h.Set("X-TC-Region", d.region)
	if key.token != "" {
		h.Set("X-TC-Token", key.token)
	}
	signTC3(request, "faceid", key, body, time.Now())
	return request, nil
}
