package faceid

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/faceid-go/faceid/internal/wire"
)

// reader takes typed values out of an answer and keeps the first error.
type reader struct {
	op, orderNo string
	answer      *wire.Answer
	err         error
}

func (r *reader) fail(err error) {
	if r.err == nil && err != nil {
		r.err = &Error{
			Op: r.op, Family: ErrBadAnswer, OrderNo: r.orderNo, BizSeqNo: r.answer.BizSeqNo,
			HTTPStatus: http.StatusOK, Err: err,
		}
	}
}

// text reads a string or a number, "" if it is absent.
func (r *reader) text(name string) string {
	text, err := r.answer.Text(name)
	r.fail(err)
	return text
}

func (r *reader) required(name string) string {
	text := r.text(name)
	if text == "" {
		r.fail(&wire.TypeError{Field: name, Want: "present"})
	}
	return text
}

// echo refuses an answer that belongs to another order.
func (r *reader) echo() {
	if got := r.text("orderNo"); got != "" && got != r.orderNo {
		r.fail(errOtherOrder)
	}
}

// owned refuses an answer of another order, and a good one that does not say
// whose it is.
func (r *reader) owned(good bool, orderNo string) {
	r.echo()
	if good && orderNo == "" {
		r.fail(&wire.TypeError{Field: "orderNo", Want: "present"})
	}
}

var errOtherOrder = errors.New("the answer is of another order")

// media decodes a file into bytes, or into w.
func (r *reader) media(name string, w io.Writer) ([]byte, int64) {
	if r.err != nil {
		return nil, 0 // nothing is written once something is wrong
	}
	data, n, err := r.answer.Media(name, w)
	r.mediaError(name, err)
	return data, n
}

// mediaError keeps the caller's own writer error apart from a bad answer.
func (r *reader) mediaError(name string, err error) {
	var bad *wire.TypeError
	switch {
	case err == nil || r.err != nil:
	case errors.As(err, &bad):
		r.fail(err)
	default:
		r.err = &Error{Op: r.op, OrderNo: r.orderNo, Err: fmt.Errorf("writing %s: %w", name, err)}
	}
}

// mediaSink decodes the files of an answer into bytes, or into the caller's
// writers.
type mediaSink struct {
	read  *reader
	to    func(name string) io.Writer
	sizes map[string]int64
}

func (m *mediaSink) take(name string) []byte {
	raw, ok := m.read.answer.Member(name)
	if !ok {
		return nil
	}
	return m.decode(name, raw)
}

func (m *mediaSink) takeFrom(o wire.Object, name, prefix string) []byte {
	raw, ok := o[name]
	if !ok {
		return nil
	}
	return m.decode(prefix+name, raw)
}

func (m *mediaSink) decode(name string, raw json.RawMessage) []byte {
	if m.read.err != nil {
		return nil // nothing is written once something is wrong
	}
	var w io.Writer
	if m.to != nil {
		w = m.to(name)
	}
	data, n, err := wire.Media(name, raw, w)
	m.read.mediaError(name, err)
	if n > 0 {
		if m.sizes == nil {
			m.sizes = map[string]int64{}
		}
		m.sizes[name] = n
	}
	return data
}
