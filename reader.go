package faceid

import (
	"errors"
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

var errOtherOrder = errors.New("the answer is of another order")
