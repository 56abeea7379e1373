package faceid

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/faceid-go/faceid/internal/wire"
)

// reader reads typed values out of an answer, and keeps the first error.
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

// text reads a string or a number. It returns "" for an absent member.
func (r *reader) text(name string) string {
	text, err := r.answer.Text(name)
	r.fail(err)
	return text
}

// required is text for a member that must be there.
func (r *reader) required(name string) string {
	text := r.text(name)
	if text == "" {
		r.fail(&wire.TypeError{Field: name, Want: "present"})
	}
	return text
}

// sameOrder refuses an answer that names another order.
func (r *reader) sameOrder() {
	if got := r.text("orderNo"); got != "" && got != r.orderNo {
		r.fail(errOtherOrder)
	}
}

// ofOrder refuses an answer that names another order, and an answer that holds a good
// result and names no order.
func (r *reader) ofOrder(good bool, orderNo string) {
	r.sameOrder()
	if good && orderNo == "" {
		r.fail(&wire.TypeError{Field: "orderNo", Want: "present"})
	}
}

var errOtherOrder = errors.New("the answer is of another order")

// filePlan makes the plan for the files of an answer about an order. The files go to
// the writers that to returns, and to may be nil. Files that stand in an answer behind
// the number of another order go to no writer.
func filePlan(root *wire.Place, orderNo string, to func(name string) io.Writer) *wire.Plan {
	return &wire.Plan{Root: root, Envelope: "result", To: to, Own: orderNo}
}

// file returns the data of a file, which is nil if it went to a writer, and its size.
func (r *reader) file(name string) (data []byte, size int64) {
	raw, _ := r.answer.Member(name)
	received := r.received(name, raw)
	return received.Data, received.Size
}

func (r *reader) received(name string, raw json.RawMessage) wire.Received {
	received, err := r.answer.File(name, raw)
	r.fail(err)
	return received
}

// fileReader reads many files, and keeps their sizes by their names.
type fileReader struct {
	*reader
	sizes map[string]int64
}

func (f *fileReader) take(name string) []byte {
	raw, _ := f.answer.Member(name)
	return f.keep(name, raw)
}

// takeFrom takes a file out of an inner object. Its size is kept under the name with the
// prefix.
func (f *fileReader) takeFrom(o wire.Object, name, prefix string) []byte {
	return f.keep(prefix+name, o.Member(name))
}

func (f *fileReader) keep(name string, raw json.RawMessage) []byte {
	received := f.received(name, raw)
	if received.Size > 0 {
		if f.sizes == nil {
			f.sizes = map[string]int64{}
		}
		f.sizes[name] = received.Size
	}
	return received.Data
}
