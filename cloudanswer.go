package faceid

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
)

var errContradiction = errors.New("the fields beside Response contradict those inside it")

// cloudEnvelope is the form of every answer.
type cloudEnvelope struct {
	Response  json.RawMessage
	RequestID string
	Error     *struct{ Code, Message string }
}

const responseMember = "Response"

// readEnvelope refuses an answer whose fields beside "Response" contradict those
// inside it.
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
		e.Error.Message, _ = failure.Text("Message") // a damaged message does not spoil the answer
	}
	return e, nil
}

// refusal returns the error for an answer that is an API 3.0 error.
func (cl cloudCall) refusal(e *cloudEnvelope, status int, private []string) error {
	code := cloudCode(e.Error.Code)
	family := code.Family()
	if code.kind() == catalog.Outcome { // a call that failed verified nobody; toldAsError makes the exception for checks
		family = ErrRequest
	}
	return &Error{
		Op: cl.op, Code: code, Message: redactText(e.Error.Message, private), Family: family,
		HTTPStatus: status, RequestID: redactText(e.RequestID, private),
	}
}

// officialAnswer is a response type of the official module, which is read with
// its envelope.
type officialAnswer interface{ ParseErrorFromHTTPResponse([]byte) error }

// answerFiles says where an answer has its files, by the type that it is read
// into. It returns nil where no file is taken out.
func answerFiles(result any, to func(name string) io.Writer) *wire.Plan {
	if _, official := result.(officialAnswer); official || result == nil {
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
	if _, official := result.(officialAnswer); official {
		return readTyped(doc.Text, result)
	}
	if err := readTyped(response, result); err != nil {
		return err
	}
	return doc.Fill(responseMember, result)
}

// readTyped reads JSON, whose names must match exactly. To ensure that, it changes
// text itself, so text is of no use afterwards. An error of encoding/json may quote
// the text, so readTyped returns only the place of the fault.
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

// badCloudAnswer says that an answer lacks a field that it must have.
func badCloudAnswer(op, requestID, field string) error {
	return &Error{
		Op: op, Family: ErrBadAnswer, HTTPStatus: http.StatusOK, RequestID: redactText(requestID, nil),
		Err: &wire.TypeError{Field: field, Want: "present"},
	}
}

// cloudCode returns the Code for the text of an API 3.0 error code.
func cloudCode(text string) Code {
	if len(text) > 100 || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._") != "" {
		text = "unreadable" // it is no error code, so it is quoted nowhere
	}
	return Code(scopeCloud + "/" + text)
}
