package evidence

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

const (
	answerName   = "answer.json"
	manifestName = "manifest.json"
	sniffed      = 512 // bytes that http.DetectContentType looks at

	// patience is how long the bucket may take for a piece of a file, or for anything
	// else that it is asked. A bucket that never answers would keep a worker for ever.
	patience = time.Minute
)

// errStalled is the trouble of a bucket that took longer than patience.
var errStalled = fmt.Errorf("no answer within %v", patience)

// batch receives the files of one look. Each file streams into an object of its own,
// which exists only after keep. The objects of two looks never have the same name, so a
// look that lost against another one destroys nothing.
type batch struct {
	ctx        context.Context
	bucket     *blob.Bucket
	prefix     string // of the objects of this look; a folder for each look would cost as much as a file
	recipients []age.Recipient
	have       []File // what earlier looks have stored

	mu    sync.Mutex
	open  map[string]*fileWriter
	kept  []File
	fault error // the first error of the bucket
}

func (k *Keeper) newBatch(ctx context.Context, e Entry) *batch {
	return &batch{
		ctx: ctx, bucket: k.bucket, recipients: k.recipients, have: e.Files,
		prefix: e.Order.folder() + strings.ToLower(rand.Text()[:8]) + "-",
		open:   map[string]*fileWriter{},
	}
}

// to returns the writer for the named file. A file that an earlier look has stored goes
// nowhere.
func (b *batch) to(name string) io.Writer {
	if slices.ContainsFunc(b.have, func(f File) bool { return f.Name == name }) {
		return io.Discard
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	w := &fileWriter{batch: b, sum: sha256.New(), file: File{Name: name, Object: b.prefix + objectName(name), Encrypted: len(b.recipients) > 0}}
	b.open[name] = w
	return w
}

// objectName makes a name of the platform fit for every bucket and file system.
func objectName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, name)
}

// put stores a whole file.
func (b *batch) put(name string, content []byte) error {
	_, _ = b.to(name).Write(content) // keep gives up what could not be written, and returns the error
	return b.keep(map[string]int64{name: int64(len(content))})
}

// keep stores the files that are whole, which have that many bytes, and gives up all
// others. A file whose size differs is not whole.
func (b *batch) keep(whole map[string]int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, w := range b.open {
		delete(b.open, name)
		if size := whole[name]; size == 0 || w.file.Size != size || w.broken {
			w.giveUp()
			continue
		}
		if err := w.close(); err != nil {
			b.failedLocked(err)
			continue
		}
		b.kept = append(b.kept, w.file)
	}
	return b.fault
}

// keepAll stores every file to which something was written. It is for answers that say
// of all their files at once that they are whole.
func (b *batch) keepAll() error {
	whole := map[string]int64{}
	b.mu.Lock()
	for name, w := range b.open {
		whole[name] = w.file.Size
	}
	b.mu.Unlock()
	return b.keep(whole)
}

// undo removes what keep has stored, because another look has won. Objects that cannot
// be removed stay until the order is deleted.
func (b *batch) undo(ctx context.Context) {
	if b == nil {
		return
	}
	_ = b.keep(nil)
	for _, f := range b.kept {
		_ = deleteObject(ctx, b.bucket, f.Object)
	}
	b.kept = nil
}

// deleteObject deletes an object. One that is not there is no error.
func deleteObject(ctx context.Context, bucket *blob.Bucket, object string) error {
	return patiently(ctx, func(ctx context.Context) error {
		if err := bucket.Delete(ctx, object); gcerrors.Code(err) != gcerrors.NotFound {
			return err
		}
		return nil
	})
}

// patiently asks the bucket for something that is no file, and gives up after patience.
func patiently(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errStalled)
	defer cancel()
	err := ask(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}

// failed records the first error of the bucket.
func (b *batch) failed(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failedLocked(err)
}

func (b *batch) failedLocked(err error) {
	if b.fault == nil {
		b.fault = fmt.Errorf("evidence: the bucket: %w", err)
	}
}

// trouble returns the first error of the bucket.
func (b *batch) trouble() error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fault
}

// try finds out whether the bucket takes a file.
func (b *batch) try() error {
	object := b.prefix + "try"
	err := patiently(b.ctx, func(ctx context.Context) error {
		return b.bucket.WriteAll(ctx, object, []byte("try"), nil)
	})
	if err != nil {
		b.failed(err)
		return b.trouble()
	}
	_ = deleteObject(b.ctx, b.bucket, object) // one that stays is removed with the order's strays
	return nil
}

// fileWriter streams one file into the bucket and sums it up on the way.
type fileWriter struct {
	*batch
	file   File
	sum    hash.Hash
	head   []byte          // the first bytes, to tell the content type
	broken bool            // a write failed
	life   context.Context // of the object; its cause says why the object was given up
	cancel context.CancelCauseFunc
	object *blob.Writer
	inside io.WriteCloser // encrypts into object; nil without recipients
}

func (w *fileWriter) Write(p []byte) (int, error) {
	n, err := w.write(p)
	w.sum.Write(p[:n])
	w.head = append(w.head, p[:min(n, sniffed-len(w.head))]...)
	w.file.Size += int64(n)
	if err != nil {
		w.broken = true
		w.failed(w.why(err))
	}
	return n, err
}

func (w *fileWriter) write(p []byte) (int, error) {
	if w.object == nil {
		if err := w.begin(p); err != nil {
			return 0, err
		}
	}
	defer w.patiently().Stop()
	if w.inside != nil {
		return w.inside.Write(p)
	}
	return w.object.Write(p)
}

// patiently gives up the object unless the timer is stopped within patience.
func (w *fileWriter) patiently() *time.Timer {
	return time.AfterFunc(patience, func() { w.cancel(errStalled) })
}

// why returns errStalled in place of an error that the end of patience has caused.
func (w *fileWriter) why(err error) error {
	if err != nil && w.life != nil && errors.Is(context.Cause(w.life), errStalled) {
		return errStalled
	}
	return err
}

// begin opens the object for a file that begins with head. An object whose context was
// cancelled before its Close is never there. The content type is given because package
// blob would wait for 512 bytes to find one, and would leave a smaller object open if
// their write failed.
func (w *fileWriter) begin(head []byte) (err error) {
	kind := w.kind(head)
	if w.file.Encrypted {
		kind = "application/octet-stream"
	}
	w.life, w.cancel = context.WithCancelCause(w.ctx)
	defer w.patiently().Stop()
	object, err := w.bucket.NewWriter(w.life, w.file.Object, &blob.WriterOptions{ContentType: kind})
	if err != nil {
		w.cancel(nil)
		return err
	}
	w.object = object
	if len(w.recipients) > 0 {
		if w.inside, err = age.Encrypt(object, w.recipients...); err != nil {
			w.giveUp()
			return err
		}
	}
	return nil
}

// close makes the object exist.
func (w *fileWriter) close() error {
	if w.object == nil {
		return errors.New("nothing was written")
	}
	defer w.cancel(nil)
	defer w.patiently().Stop()
	if w.inside != nil {
		if err := w.inside.Close(); err != nil {
			w.giveUp()
			return w.why(err)
		}
	}
	w.file.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	w.file.ContentType = w.kind(w.head)
	return w.why(w.object.Close())
}

// kind returns the content type of a file that begins with these bytes, which do not tell
// that a text is JSON.
func (w *fileWriter) kind(head []byte) string {
	if w.file.Name == answerName {
		return "application/json"
	}
	return http.DetectContentType(head)
}

// giveUp ends the object without making it exist.
func (w *fileWriter) giveUp() {
	if w.object == nil {
		return
	}
	w.cancel(nil)
	_ = w.object.Close() // reports that the context was cancelled
	w.object = nil
}
