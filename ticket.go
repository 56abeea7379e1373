package faceid

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/faceid-go/faceid/internal/credential"
	"github.com/faceid-go/faceid/internal/wire"
)

// AccessToken returns the access token that calls use now. It is a secret. It
// lives 7200 s. It is replaced after about 20 minutes together with its SIGN
// ticket, and dies one minute after that.
//
// API: https://cloud.tencent.com/document/product/1007/57613
func (c *Client) AccessToken(ctx context.Context) (string, error) {
	granted, err := c.credential(ctx, "AccessToken")
	return granted.Token, err
}

// SignTicket returns the SIGN ticket that backend calls are signed with now. It
// is a secret. It is reusable for at most 3600 s, but do not keep it: call SignTicket
// again, which costs nothing while the ticket is fresh.
//
// API: https://cloud.tencent.com/document/product/1007/57614
func (c *Client) SignTicket(ctx context.Context) (string, error) {
	granted, err := c.credential(ctx, "SignTicket")
	return granted.Sign, err
}

// NonceTicket fetches a NONCE ticket for one launch by userID. The ticket is a secret.
// It lives 120 s, works once and for this user only, and dies with its access token.
// StartSDK, StartH5 and LoginURL fetch their own NONCE tickets.
//
// API: https://cloud.tencent.com/document/product/1007/57614
func (c *Client) NonceTicket(ctx context.Context, userID string) (string, error) {
	const op = "NonceTicket"
	if _, err := c.kyc1(ctx, op); err != nil {
		return "", err
	}
	if err := validateUserID(op, userID, maxUserID); err != nil {
		return "", err
	}
	return c.nonceTicket(ctx, call{op: op}, userID)
}

// nonceTicket fetches a NONCE ticket as a part of the call cl.
func (c *Client) nonceTicket(ctx context.Context, cl call, userID string) (string, error) {
	creds := c.app.creds
	for try := 1; ; try++ {
		var granted credential.Grant
		t, err := c.askTicket(ctx, cl, "NONCE", func(ctx context.Context) (_ credential.Grant, err error) {
			granted, err = creds.ForNonce(ctx)
			return granted, credentialError(err)
		}, param{"user_id", userID})
		if err != nil || try == 3 || !creds.Overtaken(ctx, granted.Pair) {
			return t.Value, err
		}
		// The access token was replaced meanwhile, so the ticket would live a minute at
		// most: we fetch another.
	}
}

func (c *Client) credential(ctx context.Context, op string) (credential.Grant, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return credential.Grant{}, err
	}
	granted, err := a.creds.ForSigning(ctx)
	return granted, credentialError(err)
}

// mintToken fetches a new access token. The old token dies 60 s later.
func (c *Client) mintToken(ctx context.Context, secret string) (credential.Ticket, error) {
	const op = "access_token"
	var token credential.Ticket
	_, err := c.do(ctx, call{
		op: op, eventOp: opRefresh, method: http.MethodGet, path: "/api/oauth2/access_token", retry: retryNever,
		read: func(answer *wire.Answer) (_ Result, err error) {
			token, err = readTicket(op, answer.Top(), "access_token")
			return nil, err
		},
		prepare: func(context.Context) (outgoing, error) {
			return outgoing{params: []param{
				{c.app.tokenIDName, c.app.id}, {"secret", secret},
				{"grant_type", "client_credential"}, {"version", protocolVersion},
			}, private: []string{secret, url.QueryEscape(secret)}}, nil
		},
	})
	return token, err
}

// fetchTicket asks for a ticket with this access token, as a part of a refresh.
func (c *Client) fetchTicket(ctx context.Context, kind, token string, extra ...param) (credential.Ticket, error) {
	return c.askTicket(ctx, call{op: "api_ticket", eventOp: opRefresh}, kind, func(context.Context) (credential.Grant, error) {
		return credential.Grant{Token: token}, nil
	}, extra...)
}

// askTicket asks for a SIGN or NONCE ticket. Every attempt calls grant for the access
// token, because the token may be replaced between two attempts.
func (c *Client) askTicket(ctx context.Context, cl call, kind string, grant func(context.Context) (credential.Grant, error), extra ...param) (credential.Ticket, error) {
	cl.method, cl.path, cl.retry = http.MethodGet, "/api/oauth2/api_ticket", retryAlways
	cl.endpoint = cl.path + "?type=" + kind
	cl.prepare = func(ctx context.Context) (outgoing, error) {
		granted, err := grant(ctx)
		if err != nil {
			return outgoing{}, err
		}
		return outgoing{params: append(withRoom([]param{
			{c.app.tokenIDName, c.app.id}, {"access_token", granted.Token}, {"version", protocolVersion}, {"type", kind},
		}), extra...), private: []string{granted.Token, url.QueryEscape(granted.Token)}, used: granted.Pair}, nil
	}
	var t credential.Ticket
	cl.read = func(answer *wire.Answer) (_ Result, err error) {
		t, err = readTickets(cl.op, answer)
		return nil, err
	}
	_, err := c.do(ctx, cl)
	return t, err
}

// readTickets reads the first ticket of an answer.
func readTickets(op string, answer *wire.Answer) (credential.Ticket, error) {
	all, err := answer.Array("tickets")
	if err != nil || len(all) == 0 {
		return credential.Ticket{}, &Error{Op: op, Family: ErrBadAnswer, Err: errors.New("there is no ticket in the answer")}
	}
	first, err := wire.ParseObject(all[0])
	if err != nil {
		return credential.Ticket{}, &Error{Op: op, Family: ErrBadAnswer, Err: errors.New("there is no ticket in the answer")}
	}
	return readTicket(op, first, "value")
}

// readTicket reads the value and the life of a token or ticket. Only expire_in counts.
// The documents say that expire_time is for display.
func readTicket(op string, o wire.Object, name string) (credential.Ticket, error) {
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
		return credential.Ticket{}, &Error{Op: op, Family: ErrBadAnswer, Err: err}
	}
	return credential.Ticket{Value: value, Life: time.Duration(seconds) * time.Second}, nil
}
