package faceid

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// KYC1Call describes a kyc1 call for which the Client has no method of its own. It
// prints as its name.
type KYC1Call struct {
	hidden[KYC1Call]

	Method string // GET: parameters in the query; POST: as a JSON object of strings
	Path   string // as in "/api/v2/base/queryfacerecord"
	// Params are sent under exactly these names.
	Params map[string]string
	// Signed names the parameters whose values the SIGN ticket signs. If it names
	// appId, app_id, version or nonce and Params does not hold them, they are filled
	// in. If it is nil, the call is sent without a signature.
	Signed []string
	// Repeatable says that the call may be sent again after trouble, even if
	// it may have taken effect: true for queries, never for uploads.
	Repeatable bool
}

// KYC1Answer is the answer to a KYC1Call. It prints without its JSON.
type KYC1Answer struct {
	Code     string // "0" is success; the meaning of other codes depends on the call
	Message  string
	BizSeqNo string
	JSON     RawJSON // the whole answer, media included
}

// CallKYC1 sends any kyc1 call through the same transport, credentials, signing and
// errors as the typed calls. Any code other than 0 is an error, and the answer comes
// with it. The error's gloss is that of the face products: the number may mean something
// else in your call.
func (c *Client) CallKYC1(ctx context.Context, r KYC1Call) (*KYC1Answer, error) {
	const op = "CallKYC1"
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return nil, badArgument(op, "Method", "must be GET or POST")
	case !strings.HasPrefix(r.Path, "/") || strings.ContainsAny(r.Path, "?#"):
		return nil, badArgument(op, "Path", "must begin with / and hold no query")
	case r.Params["sign"] != "":
		return nil, badArgument(op, "Params", "sign is made here: name the signed parameters in Signed")
	}
	for i, name := range r.Signed {
		if slices.Contains(r.Signed[:i], name) {
			return nil, badArgument(op, "Signed", "names %q twice", name)
		}
		if r.Params[name] == "" && !slices.Contains([]string{"appId", "app_id", "version", "nonce"}, name) {
			return nil, badArgument(op, "Signed", "names %q, which is not in Params", name)
		}
	}
	orderNo := r.Params["orderNo"]
	if validateOrderNo(op, orderNo) != nil { // an ill-formed number is sent, but quoted nowhere
		orderNo = ""
	}
	rule := retryNever
	if r.Repeatable {
		rule = retryAlways
	}
	answer, err := c.do(ctx, call{
		op: op + " " + r.Path, eventOp: op, method: r.Method, path: r.Path, retry: rule, orderNo: orderNo, filesInText: true,
		prepare: r.prepare(a),
	})
	if answer == nil {
		return nil, err
	}
	return &KYC1Answer{
		Code: scoped("", answer.Code).Number(), Message: answer.Msg, BizSeqNo: answer.BizSeqNo, JSON: RawJSON(answer.Raw()),
	}, err
}

// prepare returns a function that gives the parameters of one attempt: the signed ones
// first, and the others in the order of their names.
func (r *KYC1Call) prepare(a *app) func(context.Context) (outgoing, error) {
	var rest []param
	var private []string
	for name, value := range r.Params {
		if !slices.Contains(r.Signed, name) {
			rest = append(rest, param{name, value})
		}
		if (name != "orderNo" || validateOrderNo("", value) != nil) && len(value) > 3 { // the meaning of the value is not known, so it must not show up in any text
			private = append(private, value)
		}
	}
	slices.SortFunc(rest, func(a, b param) int { return strings.Compare(a.name, b.name) })
	if len(r.Signed) == 0 {
		return func(context.Context) (outgoing, error) { return outgoing{rest, private, nil}, nil }
	}
	return a.signed(func(nonce string) []param {
		own := map[string]string{"appId": a.id, "app_id": a.id, "version": protocolVersion, "nonce": nonce}
		var set []param
		for _, name := range r.Signed {
			value := r.Params[name]
			if value == "" {
				value = own[name]
			}
			set = append(set, param{name, value})
		}
		return set
	}, rest, private...)
}

// Format prints the serial number, whatever the verb.
func (r KYC1Answer) Format(f fmt.State, _ rune) { printShown(f, r) }

// LogValue logs what Format prints, as a group.
func (r KYC1Answer) LogValue() slog.Value { return logShown(r) }

func (r KYC1Answer) shown() shown { return shown{{"BizSeqNo", r.BizSeqNo}, {"JSON", len(r.JSON)}} }
