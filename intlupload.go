package faceid

import (
	"bufio"
	"context"
	"crypto/md5" //nolint:gosec // the platform uses MD5
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Actions of the international site take files by their URL, in a bucket of the
// platform's storage. This file uploads them.

// CreateUploadUrl asks for a URL to upload one file to (UploadURL), and for the URL that
// the action finds the file under (ResourceURL). TargetAction is the action, as in
// "VideoLivenessCompare". The URLs expire at ExpiredTimestamp, see Expires. An uploaded
// file is kept 2 hours, in the region of the Client; there is no call that deletes it. The
// call is not repeated after a network error if the request may have reached the platform.
//
// Whoever has the UploadURL can replace the file, and whoever has the ResourceURL may be
// able to read it.
func (c *Client) CreateUploadUrl(ctx context.Context, r CreateUploadUrlRequest) (*CreateUploadUrlResult, error) {
	const op = "CreateUploadUrl"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if r.TargetAction == "" || !isAlnum(r.TargetAction) {
		return nil, badArgument(op, "TargetAction", "must be the name of an action")
	}
	var result CreateUploadUrlResult
	_, err := c.act(ctx, cloudCall{op: op, site: SiteInternational, action: op, finish: func(_ string, err error) error {
		if err == nil && (result.UploadURL == "" || result.ResourceURL == "") {
			return badCloudAnswer(op, result.RequestID, "UploadUrl and ResourceUrl")
		}
		return err
	}}, r, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

// Expires returns when the URLs expire. It is the zero time if the answer does not say.
func (v *CreateUploadUrlResult) Expires() time.Time {
	if v == nil || v.ExpiredTimestamp <= 0 {
		return time.Time{}
	}
	return time.Unix(v.ExpiredTimestamp, 0)
}

// UploadFile sends a file to an UploadURL of CreateUploadUrl with HTTP PUT, and returns
// its MD5 as 32 hexadecimal digits, for the action that takes the ResourceURL. file is
// read once, and streamed: it must have exactly size bytes, at least 1. If it has more or
// fewer, the upload fails before its last byte is sent. A failure of file itself is
// ErrCaller. After an error file may be read a little longer, so do not reuse it at once.
//
// A redirect is refused. Plain http is refused unless the endpoint of the site is plain
// http, too (a simulator). A storage that answers 403 is ErrExpired, because an expired
// URL is the usual cause: ask for a new one. No error quotes the URL. The upload is not
// repeated, because file can be read only once; the same URL may be used again.
func (c *Client) UploadFile(ctx context.Context, uploadURL string, file io.Reader, size int64) (md5Sum string, err error) {
	const op = "UploadFile"
	if err := c.ready(ctx, op); err != nil {
		return "", err
	}
	door, err := c.door(op, SiteInternational)
	if err != nil {
		return "", err
	}
	if err := validateUpload(op, uploadURL, door.base.Scheme, file, size); err != nil {
		return "", err
	}
	body := &uploadBody{c: c, ctx: ctx, file: bufio.NewReader(file), left: size, sum: md5.New()} //nolint:gosec // the platform uses MD5
	start := time.Now()
	status, family, err := c.put(ctx, uploadURL, body, size)
	if err != nil {
		err = &Error{Op: op, Family: family, HTTPStatus: status, Err: err}
	}
	c.report(ctx, Event{Kind: EventCall, Op: op, Endpoint: "UploadURL", HTTPStatus: status, Duration: time.Since(start), Attempts: 1, Err: err})
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(body.sum.Sum(nil)), nil
}

func validateUpload(op, uploadURL, scheme string, file io.Reader, size int64) error {
	reason := addressFault(uploadURL)
	switch {
	case reason != "":
		return badArgument(op, "UploadURL", "%s", reason)
	case scheme == "https" && uploadURL[:6] != "https:":
		return badArgument(op, "UploadURL", "must be https, because the file is personal")
	case file == nil:
		return badArgument(op, "File", "is nil")
	case size < 1:
		return badArgument(op, "Size", "must be the number of bytes of the file, at least 1")
	}
	return nil
}

// put makes the exchange of an upload. The watch ends it if no byte was taken for as long
// as a stall. It does not run while the caller's file is read.
func (c *Client) put(ctx context.Context, uploadURL string, body *uploadBody, size int64) (status int, family Family, err error) {
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body.watch = time.AfterFunc(stall, func() { cancel(errStalled) })
	defer body.watch.Stop()
	private := []string{uploadURL}
	request, err := http.NewRequestWithContext(watched, http.MethodPut, uploadURL, body)
	if err != nil {
		return 0, ErrRequest, scrub(err, private)
	}
	private = append(private, partsOf(request.URL)...)
	request.ContentLength = size
	response, err := c.roundTrip(request)
	sent, failed := body.end()
	if err == nil {
		status = response.StatusCode
		_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection can be used again
		response.Body.Close()
	}
	switch {
	case failed != nil:
		return status, callersOwn(ctx), failed
	case err != nil:
		family, err = exchangeFailure(ctx, 0, scrubUnlessPanic(stalledOr(watched, err), private))
		return 0, family, err
	case refusedByProxy(request, status):
		return status, ErrNetwork, errProxyAuth
	}
	family, err = uploadAnswer(status, sent)
	return status, family, err
}

// partsOf returns the parts of a signed URL that an error may quote instead of the whole,
// the longest first.
func partsOf(u *url.URL) []string {
	parts := []string{u.RequestURI(), u.RawQuery}
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	return parts
}

// scrubUnlessPanic scrubs an error, unless it says that the caller's transport panicked,
// and so quotes nothing.
func scrubUnlessPanic(err error, private []string) error {
	if isPanic(err) {
		return err
	}
	return scrub(err, private)
}

// uploadAnswer returns what the answer of the storage means. sent says whether the whole
// file was sent.
func uploadAnswer(status int, sent bool) (Family, error) {
	switch {
	case status >= 200 && status < 300 && sent:
		return "", nil
	case status >= 200 && status < 300:
		return ErrBadAnswer, errors.New("the storage answered before it had the whole file")
	case status >= 300 && status < 400:
		return ErrBadAnswer, errors.New("a redirect was refused")
	case status == http.StatusForbidden:
		return ErrExpired, errors.New("the storage refused the URL, which has expired if it was right")
	case status == http.StatusTooManyRequests:
		return ErrRateLimited, errors.New("too many requests")
	case status >= 500:
		return ErrService, errors.New("the storage is in trouble")
	}
	return ErrRequest, errors.New("the storage refused the file")
}

var (
	errFileShort = errors.New("the file has fewer bytes than its size says")
	errFileLong  = errors.New("the file has more bytes than its size says")
	errUploaded  = errors.New("the upload has ended")
)

// uploadBody is the body of an upload. It is read by the transport's goroutine, which may
// go on for a moment after the exchange.
type uploadBody struct {
	c     *Client
	ctx   context.Context
	file  *bufio.Reader
	watch *time.Timer

	mu    sync.Mutex
	left  int64
	sum   hash.Hash
	ended bool
	err   error // the failure of the caller's file
}

func (b *uploadBody) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	left, ended := b.left, b.ended
	b.mu.Unlock()
	switch {
	case ended:
		return 0, errUploaded
	case left == 0:
		return 0, io.EOF
	}
	b.watch.Stop()
	n, err = b.readFile(p[:min(int64(len(p)), left)], left)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return 0, errUploaded
	}
	b.watch.Reset(stall)
	if err != nil {
		b.err = err
		return 0, err
	}
	b.left -= int64(n)
	b.sum.Write(p[:n])
	return n, nil
}

// readFile reads from the caller's file. Before it returns the last byte, it looks
// whether the file ends there.
func (b *uploadBody) readFile(p []byte, left int64) (n int, err error) {
	defer b.c.caught(b.ctx, partFile, &err)
	n, err = b.file.Read(p)
	switch {
	case err == io.EOF:
		return 0, errFileShort
	case err != nil:
		return 0, err
	case int64(n) < left:
		return n, nil
	}
	switch _, err = b.file.Peek(1); {
	case err == nil:
		return 0, errFileLong
	case err != io.EOF:
		return 0, err
	}
	return n, nil
}

// Close does nothing: the file is the caller's.
func (b *uploadBody) Close() error { return nil }

// end forbids further reads. It reports whether the whole file was sent, and how the file
// failed.
func (b *uploadBody) end() (sent bool, failed error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	return b.left == 0, b.err
}
