package evidencetest

import (
	"context"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"
)

// Operation is what a bucket is asked to do.
type Operation string

// These are the operations that Bucket tells of.
const (
	Create Operation = "create" // an object is begun; it does not exist before Commit
	Write  Operation = "write"  // bytes are added to an object that was begun
	Commit Operation = "commit" // the object comes into being
	Read   Operation = "read"   // an object is read, or asked for its attributes
	List   Operation = "list"   // a page of names is read
	Delete Operation = "delete" // an object is deleted
)

// Fault is called before an operation of a Bucket, and with done once more after an
// operation that succeeded. An error that it returns is what the operation returns; after
// the operation that means that it was done and nobody heard of it. A Fault may block
// until ctx ends, as a bucket that stalls does, or end the goroutine, as the death of a
// process does.
type Fault func(ctx context.Context, o Operation, object string, done bool) error

// Bucket returns a bucket that does what inner does, unless fault says otherwise. Closing
// it closes inner. It signs no URLs, and is for tests.
func Bucket(inner *blob.Bucket, fault Fault) *blob.Bucket {
	return blob.NewBucket(&faulty{inner, fault})
}

// faulty is the driver of Bucket.
type faulty struct {
	inner *blob.Bucket
	fault Fault
}

// do makes an operation fail before it or after it.
func (b *faulty) do(ctx context.Context, o Operation, object string, operation func() error) error {
	if err := b.fault(ctx, o, object, false); err != nil {
		return err
	}
	if err := operation(); err != nil {
		return err
	}
	return b.fault(ctx, o, object, true)
}

func (b *faulty) ErrorCode(err error) gcerrors.ErrorCode { return gcerrors.Code(err) }
func (b *faulty) As(i any) bool                          { return b.inner.As(i) }
func (b *faulty) ErrorAs(err error, i any) bool          { return b.inner.ErrorAs(err, i) }
func (b *faulty) Close() error                           { return b.inner.Close() }

func (b *faulty) SignedURL(ctx context.Context, key string, o *driver.SignedURLOptions) (string, error) {
	return b.inner.SignedURL(ctx, key, &blob.SignedURLOptions{Expiry: o.Expiry, Method: o.Method, ContentType: o.ContentType})
}

func (b *faulty) Copy(ctx context.Context, to, from string, _ *driver.CopyOptions) error {
	return b.do(ctx, Create, to, func() error { return b.inner.Copy(ctx, to, from, nil) })
}

func (b *faulty) Delete(ctx context.Context, key string, _ *driver.DeleteOptions) error {
	return b.do(ctx, Delete, key, func() error { return b.inner.Delete(ctx, key) })
}

func (b *faulty) Attributes(ctx context.Context, key string) (a *driver.Attributes, err error) {
	err = b.do(ctx, Read, key, func() error {
		got, err := b.inner.Attributes(ctx, key)
		if err != nil {
			return err
		}
		a = &driver.Attributes{
			CacheControl: got.CacheControl, ContentDisposition: got.ContentDisposition, ContentEncoding: got.ContentEncoding,
			ContentLanguage: got.ContentLanguage, ContentType: got.ContentType, Metadata: got.Metadata,
			CreateTime: got.CreateTime, ModTime: got.ModTime, Size: got.Size, MD5: got.MD5, ETag: got.ETag, AsFunc: got.As,
		}
		return nil
	})
	return a, err
}

func (b *faulty) ListPaged(ctx context.Context, o *driver.ListOptions) (page *driver.ListPage, err error) {
	err = b.do(ctx, List, o.Prefix, func() error {
		token, size := o.PageToken, o.PageSize
		if len(token) == 0 {
			token = blob.FirstPageToken
		}
		if size == 0 {
			size = 1000
		}
		objects, next, err := b.inner.ListPage(ctx, token, size, &blob.ListOptions{Prefix: o.Prefix, Delimiter: o.Delimiter})
		if err != nil {
			return err
		}
		page = &driver.ListPage{NextPageToken: next}
		for _, object := range objects {
			page.Objects = append(page.Objects, &driver.ListObject{
				Key: object.Key, ModTime: object.ModTime, Size: object.Size, MD5: object.MD5, IsDir: object.IsDir, AsFunc: object.As,
			})
		}
		return nil
	})
	return page, err
}

func (b *faulty) NewRangeReader(ctx context.Context, key string, offset, length int64, _ *driver.ReaderOptions) (r driver.Reader, err error) {
	err = b.do(ctx, Read, key, func() error {
		reader, err := b.inner.NewRangeReader(ctx, key, offset, length, nil)
		if err == nil {
			r = faultyReader{reader}
		}
		return err
	})
	return r, err
}

// faultyReader gives the attributes of a reader in the driver's words.
type faultyReader struct{ *blob.Reader }

func (r faultyReader) Attributes() *driver.ReaderAttributes {
	return &driver.ReaderAttributes{ContentType: r.ContentType(), ModTime: r.ModTime(), Size: r.Size()}
}

func (b *faulty) NewTypedWriter(ctx context.Context, key, contentType string, o *driver.WriterOptions) (driver.Writer, error) {
	var w *faultyWriter
	err := b.do(ctx, Create, key, func() error {
		ctx, cancel := context.WithCancel(ctx)
		writer, err := b.inner.NewWriter(ctx, key, &blob.WriterOptions{
			BufferSize: o.BufferSize, ContentType: contentType, ContentMD5: o.ContentMD5, Metadata: o.Metadata, IfNotExist: o.IfNotExist,
			CacheControl: o.CacheControl, ContentDisposition: o.ContentDisposition, ContentEncoding: o.ContentEncoding, ContentLanguage: o.ContentLanguage,
		})
		if err != nil {
			cancel()
			return err
		}
		w = &faultyWriter{ctx, cancel, b, key, writer}
		return nil
	})
	switch {
	case err == nil:
		return w, nil
	case w != nil: // the fault came after the operation
		w.cancel()
		_ = w.inner.Close()
	}
	return nil, err
}

// faultyWriter writes one object.
type faultyWriter struct {
	ctx    context.Context
	cancel context.CancelFunc // an object whose context has ended never comes into being
	bucket *faulty
	key    string
	inner  *blob.Writer
}

func (w *faultyWriter) Write(p []byte) (n int, err error) {
	err = w.bucket.do(w.ctx, Write, w.key, func() (err error) { n, err = w.inner.Write(p); return err })
	return n, err
}

func (w *faultyWriter) Close() error {
	defer w.cancel()
	closed := false
	defer func() {
		if !closed { // the fault came first, or ended the goroutine
			w.cancel()
			_ = w.inner.Close()
		}
	}()
	return w.bucket.do(w.ctx, Commit, w.key, func() error { closed = true; return w.inner.Close() })
}

// Stalls is a Fault that blocks every operation that is wanted while stalled reports true.
// It looks again every few milliseconds.
func Stalls(stalled func() bool) Fault {
	return func(ctx context.Context, _ Operation, _ string, _ bool) error {
		for stalled() {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(5 * time.Millisecond):
			}
		}
		return nil
	}
}
