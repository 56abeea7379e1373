package faceid

import (
	"cmp"
	"context"
	"fmt"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// cloudKey is the content of a credential at one moment.
type cloudKey struct{ id, secret, token string }

func (k *cloudKey) read(cred common.CredentialIface) { k.id, k.secret, k.token = cred.GetCredential() }

// fault says which bytes of a key make it unusable, "" if there are none. net/http
// refuses to send some of them, which would look like a failure of the network and
// be tried again. The platform would refuse the others.
func (k cloudKey) fault() string {
	return cmp.Or(textFault("SecretId", k.id), textFault("SecretKey", k.secret), textFault("session token", k.token))
}

// cloudKey returns the key that one attempt is signed with. A key that cannot be
// sent is an error before anything leaves.
func (c *Client) cloudKey(ctx context.Context, door *cloudDoor, op string) (cloudKey, error) {
	k, err := door.key(ctx, c)
	e := &Error{Op: op, Family: ErrCredential, Err: err, notSent: true}
	switch reason := k.fault(); {
	case err != nil && ctx.Err() != nil:
		e.Family, e.Err = "", ctx.Err()
	case isPanic(err):
		e.Family = ErrCaller
	case err != nil:
	case k.id == "" || k.secret == "":
		e.Err = fmt.Errorf("the credential of %s has no key", door.option)
	case reason != "":
		e.Err = &ArgumentError{Field: door.option, Reason: reason}
	default:
		return k, nil
	}
	return cloudKey{}, e
}

// key asks the credential. A credential of a role may have to ask the network, and
// none of them takes a context, so key stops waiting when ctx ends.
func (d *cloudDoor) key(ctx context.Context, c *Client) (k cloudKey, err error) {
	if _, static := d.cred.(*common.Credential); static {
		k.read(d.cred)
		return k, nil
	}
	asked := d.ask(ctx, c)
	select {
	case <-asked.done:
		return asked.key, asked.err
	case <-ctx.Done():
		return k, ctx.Err()
	}
}

// keyQuestion is a question to a credential that has not been answered yet.
type keyQuestion struct {
	done chan struct{}
	key  cloudKey
	err  error
}

// ask joins the question that is under way, or begins one. So a credential that
// hangs holds one goroutine only, however many calls give up on it.
func (d *cloudDoor) ask(ctx context.Context, c *Client) *keyQuestion {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asked != nil {
		return d.asked
	}
	part := fmt.Sprintf("the credential of %s (%T)", d.option, d.cred)
	var ended error = &goexitError{part}
	q := &keyQuestion{done: make(chan struct{}), err: ended}
	d.asked = q
	ctx = context.WithoutCancel(ctx) // ctx serves the log only, because other calls may wait for the answer too
	go func() {
		defer func() {
			if q.err == ended { //nolint:errorlint // this very value is meant
				c.logGoexit(ctx, part)
			}
			d.mu.Lock()
			d.asked = nil
			d.mu.Unlock()
			close(q.done)
		}()
		defer c.caught(ctx, part, &q.err)
		var k cloudKey
		k.read(d.cred)
		q.key, q.err = k, nil
	}()
	return q
}
