package faceid

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// The door to API 3.0. Requests are signed here rather than sent through the
// official client: that one keeps several copies of a request with photos and of
// an answer with a video, parses answers five times, and knows no bounds. Its
// credentials serve both, and the tests let it check our signatures.

// Site is one of the two sites of API 3.0. They have different actions, accounts
// and regions.
type Site string

// The sites.
const (
	SiteChina         Site = "china"         // opened by WithCloud
	SiteInternational Site = "international" // opened by WithIntl
)

const (
	cloudHost    = "faceid.tencentcloudapi.com" // of both sites
	cloudVersion = "2018-03-01"
	maxCloudBody = 10 << 20
)

// cloudDoor is a door to one site.
type cloudDoor struct {
	option string // that opened it
	cred   common.CredentialIface
	region string
	base   *url.URL

	mu    sync.Mutex
	asked *keyQuestion
}

// reach points the door at base, or at the platform.
func (d *cloudDoor) reach(base *url.URL) {
	if d == nil {
		return
	}
	if base == nil {
		base = &url.URL{Scheme: "https", Host: cloudHost}
	}
	d.base = base
}

// door returns the door to a site, or the error that names the option that opens
// it.
func (c *Client) door(op string, site Site) (*cloudDoor, error) {
	door, option := c.cloud, "WithCloud"
	switch site {
	case SiteChina:
	case SiteInternational:
		door, option = c.intl, "WithIntl"
	default:
		return nil, badArgument(op, "Site", "must be SiteChina or SiteInternational")
	}
	if door == nil {
		return nil, &Error{Op: op, Family: ErrRequest, Err: fmt.Errorf("%w: this call needs %s", ErrDoorClosed, option)}
	}
	return door, nil
}

// cloudCall is one exchange with API 3.0.
type cloudCall struct {
	op      string // of the Client
	by      string // the Op of its event; empty: op
	site    Site
	action  string
	reads   bool     // it changes nothing: it may be sent again whatever happened to it
	private []string // values that must not show up in any text
	// to, if set, gives the writer that receives a file of the answer while it
	// arrives, or nil to keep it. Files are named from inside "Response".
	to func(name string) io.Writer
	// long says that files may stay in the text of the answer: in cipher text, in a
	// JSON text of its own, or because the caller's type wants them so.
	long bool
	// read, if set, has the last word on how the call ended.
	read func(requestID string, err error) error
}

// act sends an action with its retries, and reads its answer into result.
func (c *Client) act(ctx context.Context, cl cloudCall, request, result any) (requestID string, err error) {
	if err := c.ready(ctx, cl.op); err != nil {
		return "", err
	}
	door, err := c.door(cl.op, cl.site)
	if err != nil {
		return "", err
	}
	body, words, err := wire.Compose(request)
	switch {
	case err != nil:
		return "", badArgument(cl.op, "Request", "cannot be written as JSON")
	case len(body) > maxCloudBody:
		return "", badArgument(cl.op, "Request", "has %d bytes, at most %d (10 MB) are allowed: send less media", len(body), maxCloudBody)
	}
	cl.private = append(cl.private, privateStrings(words)...)
	files := answerFiles(result, c.guardWriters(ctx, cl.to))
	start, attempts, status := time.Now(), 0, 0
	for {
		var key cloudKey
		if key, err = c.cloudKey(ctx, door, cl.op); err != nil {
			break
		}
		attempts++
		requestID, status, err = c.actOnce(ctx, door, cl, key, body, files, result)
		if err == nil || ctx.Err() != nil || attempts >= maxAttempts || files.Wrote() || !cl.mayRepeat(err) {
			break
		}
		if pauseErr := pause(ctx, attempts, err); pauseErr != nil {
			err = whileWaiting(err, pauseErr)
			break
		}
	}
	e := Event{
		Kind: EventCall, Op: cmp.Or(cl.by, cl.op), Endpoint: cl.action, RequestID: requestID,
		HTTPStatus: status, Duration: time.Since(start), Attempts: attempts,
	}
	if cl.read != nil {
		err = cl.read(requestID, err)
	}
	if told, ok := result.(Result); ok && err == nil {
		e.Code, e.Charged = told.Code(), told.Charged()
	}
	e.Err = err
	c.report(ctx, e)
	return requestID, err
}

// privateStrings are the values of a request that must not come back in the
// platform's words: all of some length, since CallCloud cannot know which are
// somebody's. The longest come first, for they may hold others.
func privateStrings(body []byte) []string {
	const most = 4000 // pictures are no words
	var all []string
	for _, text := range wire.Strings(body, most) {
		if n := utf8.RuneCountInString(text); n > 2 || n == 2 && len(text) > n { // "en" is nobody's
			all = append(all, text)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// mayRepeat: what was refused for its rate had no effect, whatever it was.
func (cl cloudCall) mayRepeat(err error) bool {
	if errors.Is(err, ErrRateLimited) {
		return true
	}
	if cl.reads {
		return mayRetry(retryAlways, err)
	}
	return mayRetry(retryUnsent, err)
}

func (c *Client) actOnce(ctx context.Context, door *cloudDoor, cl cloudCall, key cloudKey, body []byte, files *wire.Plan, result any) (requestID string, status int, err error) {
	fail := func(family Family, status int, err error) error {
		return &Error{Op: cl.op, Family: family, HTTPStatus: status, RequestID: requestID, Err: err}
	}
	private := append([]string{key.id, key.secret, key.token}, cl.private...)
	status, doc, err := c.exchange(ctx, func(ctx context.Context) (*http.Request, error) {
		return door.newRequest(ctx, cl.action, key, body)
	}, files, c.textBound(cl.long), private)
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
		return requestID, status, cl.refusal(envelope, status, private)
	}
	if status < 200 || status > 299 {
		return requestID, status, fail(ErrBadAnswer, status, errors.New("a result with an HTTP status of failure"))
	}
	if err := readCloud(doc, envelope.Response, result); err != nil {
		return requestID, status, fail(ErrBadAnswer, status, err)
	}
	return requestID, status, nil
}

var errContradiction = errors.New("what stands beside Response says something else than what is in it")

// cloudEnvelope is what every answer has.
type cloudEnvelope struct {
	Response  json.RawMessage
	RequestID string
	Error     *struct{ Code, Message string }
}

const responseMember = "Response"

func readEnvelope(outer wire.Object) (*cloudEnvelope, error) {
	response := outer.Member(responseMember)
	inner, err := wire.ParseObject(response)
	if err != nil || inner == nil {
		return nil, &wire.TypeError{Field: "Response", Want: "an object"}
	}
	if outer.Contradicts(inner) || string(outer.Member("Error")) != "null" && string(inner.Member("Error")) == "null" {
		return nil, errContradiction
	}
	e := &cloudEnvelope{Response: response}
	if e.RequestID, err = inner.Text("RequestId"); err != nil {
		return nil, err
	}
	failure, err := wire.ParseObject(inner.Member("Error"))
	switch {
	case err != nil:
		return nil, &wire.TypeError{Field: "Error", Want: "an object"}
	case failure != nil:
		e.Error = &struct{ Code, Message string }{}
		if e.Error.Code, err = failure.Text("Code"); err != nil || e.Error.Code == "" {
			return nil, &wire.TypeError{Field: "Error.Code", Want: "present"}
		}
		e.Error.Message, _ = failure.Text("Message") // a text for people must not spoil the answer
	}
	return e, nil
}

// refusal is the error that an API 3.0 error stands for.
func (cl cloudCall) refusal(e *cloudEnvelope, status int, private []string) error {
	code := cloudCode(e.Error.Code)
	family := code.Family()
	if code.kind() == catalog.Outcome { // of a verification, which this call is not
		family = ErrRequest
	}
	return &Error{
		Op: cl.op, Code: code, Message: redactText(e.Error.Message, private), Family: family,
		HTTPStatus: status, RequestID: redactText(e.RequestID, private),
	}
}

// wholeAnswer is what the official module's responses are: they want the
// envelope too.
type wholeAnswer interface{ ParseErrorFromHTTPResponse([]byte) error }

// answerFiles are where an answer has its files, by the type that it is read
// into.
func answerFiles(result any, to func(name string) io.Writer) *wire.Plan {
	if _, whole := result.(wholeAnswer); whole || result == nil {
		return nil
	}
	inside := wire.PlaceOf(reflect.TypeOf(result))
	return &wire.Plan{
		Root:     &wire.Place{Members: map[string]*wire.Place{responseMember: inside}},
		Envelope: responseMember, To: to,
	}
}

// readCloud reads an answer into result.
func readCloud(doc *wire.Document, response json.RawMessage, result any) error {
	if result == nil {
		return nil
	}
	if _, whole := result.(wholeAnswer); whole {
		return readTyped(doc.Text, result)
	}
	if err := readTyped(response, result); err != nil {
		return err
	}
	return doc.Fill(responseMember, result)
}

// readTyped reads JSON, whose names count as they are written: in text itself, so
// nobody may look at it afterwards. What encoding/json says of a bad text may quote it, so only the place is told.
func readTyped(text []byte, result any) error {
	wire.Exact(text, reflect.TypeOf(result))
	err := json.Unmarshal(text, result)
	var typeErr *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &typeErr):
		return &wire.TypeError{Field: typeErr.Field, Want: typeErr.Type.String()}
	}
	return errors.New("the answer does not fit its type")
}

// cloudKey is what a credential holds at one moment.
type cloudKey struct{ id, secret, token string }

func (k *cloudKey) read(cred common.CredentialIface) { k.id, k.secret, k.token = cred.GetCredential() }

// fault says what is wrong with a key that is there. net/http refuses to send some
// of these bytes, and would be tried again as if the network had failed; the
// others the platform would refuse.
func (k cloudKey) fault() string {
	return cmp.Or(textFault("SecretId", k.id), textFault("SecretKey", k.secret), textFault("session token", k.token))
}

// cloudKey is the key to sign one attempt with. A key that cannot be sent is told
// before anything leaves.
func (c *Client) cloudKey(ctx context.Context, door *cloudDoor, op string) (cloudKey, error) {
	k, err := door.key(ctx, c)
	e := &Error{Op: op, Family: ErrCredential, Err: err, notSent: true}
	switch reason := k.fault(); {
	case err != nil && ctx.Err() != nil:
		e.Family, e.Err = "", ctx.Err()
	case isPanic(err):
		e.Family = ErrCaller
	case err != nil:
	case k.id == "" || k.secret == "":
		e.Err = fmt.Errorf("the credential of %s holds no key", door.option)
	case reason != "":
		e.Err = &ArgumentError{Field: door.option, Reason: reason}
	default:
		return k, nil
	}
	return cloudKey{}, e
}

// key asks the credential, which may have to ask the network (roles) and knows
// no context.
func (d *cloudDoor) key(ctx context.Context, c *Client) (k cloudKey, err error) {
	if _, static := d.cred.(*common.Credential); static {
		k.read(d.cred)
		return k, nil
	}
	asked := d.ask(ctx, c)
	select {
	case <-asked.done:
		return asked.key, asked.err
	case <-ctx.Done():
		return k, ctx.Err()
	}
}

// keyQuestion is a question to a credential that is under way.
type keyQuestion struct {
	done chan struct{}
	key  cloudKey
	err  error
}

// ask joins the question that is under way, or begins one: a credential that
// hangs holds one goroutine, however many calls give up on it.
func (d *cloudDoor) ask(ctx context.Context, c *Client) *keyQuestion {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asked != nil {
		return d.asked
	}
	part := fmt.Sprintf("the credential of %s (%T)", d.option, d.cred)
	var ended error = &goexitError{part}
	q := &keyQuestion{done: make(chan struct{}), err: ended}
	d.asked = q
	ctx = context.WithoutCancel(ctx) // for the log alone: others may wait for the answer
	go func() {
		defer func() {
			if q.err == ended { //nolint:errorlint // identity is meant
				c.sayGoexit(ctx, part)
			}
			d.mu.Lock()
			d.asked = nil
			d.mu.Unlock()
			close(q.done)
		}()
		defer c.caught(ctx, part, &q.err)
		var k cloudKey
		k.read(d.cred)
		q.key, q.err = k, nil
	}()
	return q
}

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

// cloudCode scopes an API 3.0 error code.
func cloudCode(text string) Code {
	if len(text) > 100 || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._") != "" {
		text = "unreadable" // whatever it is, it is quoted nowhere
	}
	return Code(scopeCloud + "/" + text)
}

// cloudFamilies are the families of codes that this version does not know, by
// the part before the first dot.
var cloudFamilies = map[string]Family{
	"AuthFailure": ErrCredential, "UnauthorizedOperation": ErrAccount, "RequestLimitExceeded": ErrRateLimited, "LimitExceeded": ErrRateLimited,
	"InternalError": ErrService, "InternalServerError": ErrService, "ResourceUnavailable": ErrService, "ServiceUnavailable": ErrService,
	"InvalidParameter": ErrRequest, "InvalidParameterValue": ErrRequest, "MissingParameter": ErrRequest, "UnknownParameter": ErrRequest,
	"InvalidRequest": ErrRequest, "InvalidAction": ErrRequest, "UnsupportedOperation": ErrRequest, "UnsupportedRegion": ErrRequest,
}

func cloudFamily(number string) Family {
	first, _, _ := strings.Cut(number, ".")
	if family, ok := cloudFamilies[first]; ok {
		return family
	}
	return ErrUnknownCode
}

// CloudCall is any action of API 3.0 that has no method of its own here.
type CloudCall struct {
	Site   Site   // SiteChina or SiteInternational
	Action string // as in "GetFaceIdToken"
	// Repeatable says that the action may be sent again after trouble, even if it
	// may have taken effect: true for those that only read.
	Repeatable bool
}

// CallCloud sends any action through the same transport, credentials, signing
// and errors as the typed ones, and returns the RequestId. request is written as
// JSON: a struct, a map, or a request type of the official module. response may
// be a pointer to a struct or a map, which gets what is inside "Response", or to
// a response type of the official module, or nil; it should be new: what it held
// before may stay in it.
//
// API: https://cloud.tencent.com/document/product/1007/31816
func (c *Client) CallCloud(ctx context.Context, call CloudCall, request, response any) (requestID string, err error) {
	const op = "CallCloud"
	if err := c.ready(ctx, op); err != nil {
		return "", err
	}
	if call.Action == "" || !isAlnum(call.Action) {
		return "", badArgument(op, "Action", "must be the name of an action")
	}
	if request == nil {
		request = struct{}{}
	}
	return c.act(ctx, cloudCall{op: op + " " + call.Action, by: op, site: call.Site, action: call.Action, reads: call.Repeatable, long: true}, request, response)
}
