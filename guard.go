package faceid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// Every part that the caller gave (a store, a writer, a function) runs behind a guard. A
// panic of the part is logged, and becomes the error of the one call that met it. The
// error says which part panicked.

// These are the names of the parts in the error of a panic.
const (
	partStore     = "the store of WithStore"
	partSecret    = "the function of WithSecretProvider"
	partWriter    = "a writer that receives media"
	partWriterFor = "the function that gives the writers of media"
	partOnce      = "the function of WithCallbackOnce"
	partObserver  = "the function of WithObserver"
	partLog       = "the handler of WithLogger"
	partTransport = "the HTTP transport"
	partFile      = "the file that is uploaded"
	partUnknown   = "something that you gave"
)

// panicError says that a part which the caller gave panicked. It is ErrCaller. It does
// not quote the panic's value, which may hold a secret.
type panicError struct{ part, kind string }

func (e *panicError) Error() string { return e.part + " panicked: " + e.kind }

// Is reports whether target is ErrCaller. The panic of a store is ErrStore, too.
func (e *panicError) Is(target error) bool {
	return target == errBroke || target == ErrCaller || target == ErrStore && e.part == partStore
}

// goexitError says that a part which the caller gave ended its goroutine.
type goexitError struct{ part string }

func (e *goexitError) Error() string { return e.part + " ended its goroutine (runtime.Goexit)" }

// Is reports whether target is ErrCaller.
func (e *goexitError) Is(target error) bool { return target == errBroke || target == ErrCaller }

// errBroke marks the errors of a caller's part that panicked or ended its goroutine.
var errBroke = errors.New("it did not return")

// isPanic reports whether a part that the caller gave panicked, or ended its goroutine.
func isPanic(err error) bool { return errors.Is(err, errBroke) }

// panicKind returns what may be logged of a panic's value: its type, and the text of a
// runtime error, which holds no data.
func panicKind(value any) string {
	kind := fmt.Sprintf("%T", value)
	if own, ok := value.(runtime.Error); ok {
		kind += " (" + redactText(own.Error(), nil) + ")"
	}
	return kind
}

// caught is deferred around a part that the caller gave, and makes its panic an error.
// It lets runtime.Goexit pass, because a test that fails inside a fake must end.
func (c *Client) caught(ctx context.Context, part string, err *error) {
	if value := recover(); value != nil {
		*err = c.logPanic(ctx, part, value)
	}
}

// logPanic logs a panic with its stack. It is called while the panic is recovered.
func (c *Client) logPanic(ctx context.Context, part string, value any) error {
	e := &panicError{part, panicKind(value)}
	c.log.LogAttrs(ctx, slog.LevelError, "faceid: a panic", panicAttrs(e)...)
	return e
}

// logGoexit logs with its stack that a goroutine of the library was ended. It is called
// in a deferred function of that goroutine.
func (c *Client) logGoexit(ctx context.Context, part string) {
	c.log.LogAttrs(ctx, slog.LevelError, "faceid: a goroutine was ended", slog.String("by", part), slog.String("stack", string(debug.Stack())))
}

func panicAttrs(e *panicError) []slog.Attr {
	return []slog.Attr{slog.String("in", e.part), slog.String("panic", e.kind), slog.String("stack", string(debug.Stack()))}
}

// guardObserver keeps an observer's panic from the call that it was told of.
func (c *Client) guardObserver(observe func(context.Context, Event)) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		var logged error
		defer c.caught(ctx, partObserver, &logged)
		observe(ctx, e)
	}
}

// guardedHandler keeps a log handler's panic from the call that logs.
type guardedHandler struct{ slog.Handler }

func guardLog(log *slog.Logger) *slog.Logger { return slog.New(guardedHandler{log.Handler()}) }

func (h guardedHandler) Enabled(ctx context.Context, level slog.Level) bool {
	defer h.caught(ctx)
	return h.Handler.Enabled(ctx, level)
}

func (h guardedHandler) Handle(ctx context.Context, r slog.Record) error {
	defer h.caught(ctx)
	return h.Handler.Handle(ctx, r)
}

func (h guardedHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return guardedHandler{h.Handler.WithAttrs(attrs)}
}

func (h guardedHandler) WithGroup(name string) slog.Handler {
	return guardedHandler{h.Handler.WithGroup(name)}
}

// caught logs the handler's panic to the handler itself, once, because there is no other
// log. The handler may have panicked over one line only.
func (h guardedHandler) caught(ctx context.Context) {
	value := recover()
	if value == nil {
		return
	}
	defer func() { _ = recover() }() // a second panic of the handler cannot be logged anywhere
	r := slog.NewRecord(time.Now(), slog.LevelError, "faceid: a panic", 0)
	r.AddAttrs(panicAttrs(&panicError{partLog, panicKind(value)})...)
	_ = h.Handler.Handle(ctx, r)
}

// guardedBody makes the panic of an answer's body its error.
type guardedBody struct {
	io.ReadCloser
	ctx context.Context
	c   *Client
}

func (b *guardedBody) Read(data []byte) (n int, err error) {
	defer b.c.caught(b.ctx, partTransport, &err)
	return b.ReadCloser.Read(data)
}

// guardSecret makes the panic of a secret provider its error.
func (c *Client) guardSecret(provide func(context.Context) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (secret string, err error) {
		defer c.caught(ctx, partSecret, &err)
		return provide(ctx)
	}
}

// guardFiles guards the writers of a plan. The plan may be nil.
func (c *Client) guardFiles(ctx context.Context, files *wire.Plan) {
	if files != nil {
		files.To = c.guardWriters(ctx, files.To)
	}
}

// guardWriters makes a panic of a writer, or of the function that gives it, the
// writer's error.
func (c *Client) guardWriters(ctx context.Context, to func(name string) io.Writer) func(name string) io.Writer {
	if to == nil {
		return nil
	}
	return func(name string) io.Writer {
		w, err := c.writerFor(ctx, to, name)
		if err == nil && (w == nil || w == wire.Drop) {
			return w
		}
		if _, guarded := w.(*guardedWriter); guarded {
			return w
		}
		return &guardedWriter{w, err, ctx, c}
	}
}

func (c *Client) writerFor(ctx context.Context, to func(name string) io.Writer, name string) (w io.Writer, err error) {
	defer c.caught(ctx, partWriterFor, &err)
	return to(name), nil
}

type guardedWriter struct {
	w   io.Writer
	err error // the error if the caller's function gave no writer
	ctx context.Context
	c   *Client
}

func (g *guardedWriter) Write(data []byte) (n int, err error) {
	if g.err != nil {
		return 0, g.err
	}
	defer g.c.caught(g.ctx, partWriter, &err)
	return g.w.Write(data)
}
