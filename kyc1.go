package faceid

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/credential"
	"github.com/faceid-go/faceid/internal/fastbase64"
	"github.com/faceid-go/faceid/internal/wire"
)

// call describes one exchange with kyc1. It is passed as a value, and an attempt does
// not change it.
type call struct {
	op          string
	eventOp     string // the Op of its event; empty: op
	product     Product
	method      string // GET sends the parameters in the query, POST as JSON
	path        string
	endpoint    string // the Endpoint of its event; empty: path
	orderNo     string
	retry       retryRule
	query       bool       // whether codes may be outcomes; if not, any code but 0 is an error
	scope       string     // the table of its codes; empty: the table of face
	asJSON      string     // the parameter whose value is JSON already
	photo       []byte     // the photo that is sent as sourcePhotoStr
	files       *wire.Plan // where the files of the answer go; nil: the answer has no files
	filesInText bool       // whether files of the answer stay in its text
	// codeInside says that the member result has a code of its own, which read looks at.
	codeInside bool
	// prepare returns what one attempt sends, with a new signature.
	prepare func(ctx context.Context) (outgoing, error)
	// read reads the answer, once. If it returns a Result, the event has the code and
	// the charge of that Result.
	read func(*wire.Answer) (Result, error)
}

// outgoing is what one attempt sends.
type outgoing struct {
	params  []param
	private []string // values that must not show up in any text
	// used is the pair of credentials that a refusal may refer to. It is nil for the
	// exchanges of a refresh, which treats their refusals itself.
	used *credential.Pair
}

// do performs the call with its retries, reads its answer, and reports to log and
// observer. Attempts end when ctx ends. If an answer arrived, it is returned even with
// an error.
func (c *Client) do(ctx context.Context, cl call) (answer *wire.Answer, err error) {
	c.guardFiles(ctx, cl.files)
	start := time.Now()
	attempts, status, refreshed := 0, 0, false
	for {
		var out outgoing
		if out, err = cl.prepare(ctx); err != nil { // internal/credential has repeated what may be repeated
			err = within(cl, err)
			break
		}
		attempts++
		answer, status, err = c.send(ctx, cl, out)
		if out.used != nil && isRefusal(err) && !cl.files.Wrote() {
			if refreshed {
				err = c.explainRefusal(err)
				break
			}
			refreshed = true
			if cause := c.app.creds.Recover(ctx, out.used, reasonOf(err)); cause != nil {
				err = refusedFor(err, credentialError(cause))
				break
			}
			continue // a refused request had no effect, so even an upload may be repeated
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
		Kind: EventCall, Op: cmp.Or(cl.eventOp, cl.op), Endpoint: cmp.Or(cl.endpoint, cl.path), Product: cl.product, OrderNo: cl.orderNo,
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

// within wraps an error of the credentials in the error of the call that needed them.
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

// send makes one attempt, and reads the envelope of the answer: code, message and serial
// number.
func (c *Client) send(ctx context.Context, cl call, out outgoing) (*wire.Answer, int, error) {
	fail := func(family Family, status int, err error) error {
		return &Error{Op: cl.op, Product: cl.product, Family: family, OrderNo: cl.orderNo, HTTPStatus: status, Err: err}
	}
	status, doc, err := c.exchange(ctx, func(ctx context.Context) (*http.Request, error) {
		return c.newRequest(ctx, cl, out.params)
	}, cl.files, c.textBound(cl.filesInText), out.private)
	var answer *wire.Answer
	if err == nil {
		if answer, err = doc.Answer(); err == nil && !cl.codeInside {
			_, err = answer.Text("code") // a code inside result must be the same as the outer one
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
	if err := codeError(cl, answer, status); err != nil {
		return answer, status, err
	}
	if status < 200 || status > 299 { // neither a pass nor an outcome is believed then
		return nil, status, fail(ErrBadAnswer, status, errors.New("a result with an HTTP status of failure"))
	}
	return answer, status, nil
}

func (cl call) code(number string) Code { return scoped(cmp.Or(cl.scope, scopeFace), number) }

// codeError returns the error that the code of an answer stands for. It is nil if the
// answer holds a result.
func codeError(cl call, a *wire.Answer, status int) error {
	if a.Code == "0" {
		return nil
	}
	code := cl.code(a.Code)
	if cl.query && code.kind() == catalog.Outcome {
		return nil
	}
	family := code.Family()
	if code.kind() == catalog.Outcome { // an upload has no outcome, as nobody was in front of a camera yet
		family = ErrRequest
	}
	return &Error{
		Op: cl.op, Product: cl.product, Code: code, Message: a.Msg, Family: family,
		BizSeqNo: a.BizSeqNo, OrderNo: cl.orderNo, HTTPStatus: status,
	}
}

func (c *Client) newRequest(ctx context.Context, cl call, params []param) (*http.Request, error) {
	target := *c.app.base
	target.Path = cl.path
	if cl.method == http.MethodGet {
		target.RawQuery = encodeQuery(params)
		return newRequestTo(ctx, http.MethodGet, &target, nil), nil
	}
	if cl.orderNo != "" { // the platform asks for the order number in the query, to trace slow calls
		target.RawQuery = encodeQuery([]param{{"orderNo", cl.orderNo}})
	}
	request := newRequestTo(ctx, cl.method, &target, cl.jsonBody(params))
	request.Header["Content-Type"] = jsonType
	return request, nil
}

// jsonType is a value of a header. Nobody changes it.
var jsonType = []string{"application/json"}

// emptyRequest is what all requests have in common. Nobody changes it.
var emptyRequest = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

// newRequestTo is http.NewRequestWithContext for a known method and an address that needs
// no parsing. The body is nil for a request without one.
func newRequestTo(ctx context.Context, method string, target *url.URL, body []byte) *http.Request {
	request := emptyRequest.WithContext(ctx) // a copy
	request.Method, request.URL, request.Host, request.Header = method, target, target.Host, http.Header{}
	if body != nil {
		request.ContentLength = int64(len(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		request.Body, _ = request.GetBody()
	}
	return request
}

// encodeQuery writes parameters as url.Values.Encode does, sorted by name. It sorts the
// slice.
func encodeQuery(params []param) string {
	slices.SortFunc(params, func(a, b param) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	size := 0
	for _, p := range params {
		size += len(p.name) + len(p.value) + len("=&")
	}
	b.Grow(size + size/4) // escapes make it longer
	for i, p := range params {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.value))
	}
	return b.String()
}

// jsonBody writes the parameters as one JSON object of strings, in their order. One of
// them may be JSON already. The photo, which is most of the body, is encoded straight
// into its place.
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
		b = append(fastbase64.AppendEncode(b, cl.photo), `",`...)
	}
	return append(bytes.TrimSuffix(b, []byte{','}), '}')
}

// appendJSON appends text as a JSON string.
func appendJSON(b []byte, text string) []byte {
	if !isPlain(text) && (strings.ContainsFunc(text, needsEscape) || !utf8.ValidString(text)) {
		quoted, _ := json.Marshal(text) // strings always marshal
		return append(b, quoted...)
	}
	b = append(append(b, '"'), text...)
	return append(b, '"')
}

// isPlain reports whether all characters of a text are ASCII and stand in a JSON string as
// they are. Nearly all values are such texts.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || needsEscape(rune(c)) {
			return false
		}
	}
	return true
}

// needsEscape reports whether encoding/json would write a character of a JSON string as an
// escape. The characters that it escapes for the sake of HTML alone do not count.
func needsEscape(c rune) bool {
	return c < ' ' || c == '"' || c == '\\' || c == 0x7f || c == '\u2028' || c == '\u2029'
}

// signed returns the prepare function of a call that the SIGN ticket signs. The call
// sends the signed set, its signature, and the parameters of rest that are not empty.
// Each attempt draws a new nonce and asks for the current ticket.
func (a *app) signed(set func(nonce string) []param, rest []param, private ...string) func(context.Context) (outgoing, error) {
	return func(ctx context.Context) (outgoing, error) {
		granted, err := a.creds.ForSigning(ctx)
		if err != nil {
			return outgoing{}, credentialError(err)
		}
		params := set(NewNonce())
		params = append(params, param{"sign", signSet(granted.Sign, params)})
		for _, p := range rest {
			if p.value != "" {
				params = append(params, p)
			}
		}
		return outgoing{params, slices.Concat([]string{granted.Sign, granted.Token}, private), granted.Pair}, nil
	}
}

// query makes a call for a result, and reads the result.
func query[R Result](ctx context.Context, c *Client, cl call, read func(*wire.Answer) (R, error)) (result R, err error) {
	cl.read = func(answer *wire.Answer) (_ Result, err error) {
		result, err = read(answer)
		return result, err
	}
	_, err = c.do(ctx, cl)
	return result, err
}
