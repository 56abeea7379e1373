package faceid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
)

// AccessToken returns the access token that calls use now. It is a secret. It
// lives 7200 s, is replaced after about 20 minutes together with its SIGN
// ticket, and dies one minute after that.
//
// API: https://cloud.tencent.com/document/product/1007/57613
func (c *Client) AccessToken(ctx context.Context) (string, error) {
	h, err := c.credential(ctx, "AccessToken")
	if err != nil {
		return "", err
	}
	return h.Token.Value, nil
}

// SignTicket returns the SIGN ticket that backend calls are signed with now. It
// is a secret, and reusable for at most 3600 s, but do not keep it: ask again,
// which costs nothing while it is fresh.
//
// API: https://cloud.tencent.com/document/product/1007/57614
func (c *Client) SignTicket(ctx context.Context) (string, error) {
	h, err := c.credential(ctx, "SignTicket")
	if err != nil {
		return "", err
	}
	return h.sign(), nil
}

// NonceTicket fetches a NONCE ticket for one launch by userID. It is a secret,
// lives 120 s, works once, for this user only, and dies with its access token.
// StartSDK, StartH5 and LoginURL fetch their own.
//
// API: https://cloud.tencent.com/document/product/1007/57614
func (c *Client) NonceTicket(ctx context.Context, userID string) (string, error) {
	const op = "NonceTicket"
	if _, err := c.kyc1(ctx, op); err != nil {
		return "", err
	}
	if err := checkUserID(op, userID, maxUserID); err != nil {
		return "", err
	}
	return c.nonceTicket(ctx, call{op: op}, userID)
}

// nonceTicket fetches the ticket as a part of the call that cl names.
func (c *Client) nonceTicket(ctx context.Context, cl call, userID string) (string, error) {
	creds := c.app.creds
	for try := 1; ; try++ {
		var used *held
		t, err := c.askTicket(ctx, cl, "NONCE", func(ctx context.Context) (h *held, err error) {
			used, err = creds.getForNonce(ctx)
			return used, err
		}, param{"user_id", userID})
		if err != nil || try == 3 || !creds.overtaken(ctx, used) {
			return t.Value, err
		}
		// Its token was replaced while we asked: it would live a minute at most.
	}
}

func (c *Client) credential(ctx context.Context, op string) (*held, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	return a.creds.get(ctx)
}

// mintToken fetches a new access token. From now on the old one has 60 s.
func (c *Client) mintToken(ctx context.Context) (ticket, error) {
	const op = "access_token"
	var token ticket
	_, err := c.do(ctx, call{
		op: op, by: opRefresh, method: http.MethodGet, path: "/api/oauth2/access_token", retry: retryNever,
		read: func(answer *wire.Answer) (_ Result, err error) {
			token, err = readTicket(op, answer.Top(), "access_token")
			return nil, err
		},
		prepare: func(ctx context.Context) (outgoing, error) {
			family := ErrCredential
			secret, err := c.app.secret(ctx)
			if isPanic(err) {
				family = ErrCaller
			} else if err != nil {
				err = fmt.Errorf("the secret provider failed: %w", scrub(err, nil))
			} else if reason := secretFault(secret); reason != "" {
				err = &ArgumentError{Field: "WithSecretProvider", Reason: reason}
			}
			if err != nil {
				return outgoing{}, &Error{Op: op, Family: family, Err: err, notSent: true}
			}
			return outgoing{params: []param{
				{c.app.tokenIDName, c.app.id}, {"secret", secret},
				{"grant_type", "client_credential"}, {"version", protocolVersion},
			}, private: []string{secret, url.QueryEscape(secret)}}, nil
		},
	})
	return token, err
}

// fetchTicket asks for a ticket with this very token: what a flight does.
func (c *Client) fetchTicket(ctx context.Context, kind, token string, extra ...param) (ticket, error) {
	return c.askTicket(ctx, call{op: "api_ticket", by: opRefresh}, kind, func(context.Context) (*held, error) {
		return &held{record: &record{Token: ticket{Value: token}}}, nil
	}, extra...)
}

// askTicket asks for a SIGN or NONCE ticket. The token is asked for at every
// attempt: it may be replaced while we wait.
func (c *Client) askTicket(ctx context.Context, cl call, kind string, pair func(context.Context) (*held, error), extra ...param) (ticket, error) {
	cl.method, cl.path, cl.retry = http.MethodGet, "/api/oauth2/api_ticket", retryAlways
	cl.asks = cl.path + "?type=" + kind
	cl.prepare = func(ctx context.Context) (outgoing, error) {
		h, err := pair(ctx)
		if err != nil {
			return outgoing{}, err
		}
		out := outgoing{params: append([]param{
			{c.app.tokenIDName, c.app.id}, {"access_token", h.Token.Value}, {"version", protocolVersion}, {"type", kind},
		}, extra...), private: []string{h.Token.Value, url.QueryEscape(h.Token.Value)}}
		if !h.at.IsZero() { // a flight deals with its refusals itself
			out.used = h
		}
		return out, nil
	}
	var t ticket
	cl.read = func(answer *wire.Answer) (_ Result, err error) {
		t, err = readTickets(cl.op, answer)
		return nil, err
	}
	_, err := c.do(ctx, cl)
	return t, err
}

// readTickets reads the first ticket of an answer.
func readTickets(op string, answer *wire.Answer) (ticket, error) {
	all, err := answer.Array("tickets")
	if err != nil || len(all) == 0 {
		return ticket{}, &Error{Op: op, Family: ErrBadAnswer, Err: errors.New("there is no ticket in the answer")}
	}
	first, err := wire.ParseObject(all[0])
	if err != nil {
		return ticket{}, &Error{Op: op, Family: ErrBadAnswer, Err: errors.New("there is no ticket in the answer")}
	}
	return readTicket(op, first, "value")
}

// readTicket reads a value and its life. Only expire_in counts: expire_time is
// for display, says the document.
func readTicket(op string, o wire.Object, name string) (ticket, error) {
	value, err := o.Text(name)
	if err == nil && value == "" {
		err = &wire.TypeError{Field: name, Want: "present"}
	}
	var seconds int64
	if err == nil {
		seconds, err = o.Number("expire_in")
	}
	if err == nil && (seconds < 1 || seconds > 7*24*3600) {
		err = &wire.TypeError{Field: "expire_in", Want: "between 1 second and a week"}
	}
	if err != nil {
		return ticket{}, &Error{Op: op, Family: ErrBadAnswer, Err: err}
	}
	return ticket{Value: value, Life: time.Duration(seconds) * time.Second}, nil
}
