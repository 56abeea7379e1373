package faceid

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// Requests of API 3.0 are signed here rather than sent through the official client.
// That client keeps several copies of a request with photos and of an answer with a
// video, parses answers five times, and has no bounds. Its types for credentials are
// used here too, and the tests let it verify our signatures.

// Site is one of the two sites of API 3.0. They have different actions, accounts
// and regions.
type Site string

// These are the two sites.
const (
	SiteChina         Site = "china"         // needs WithCloud
	SiteInternational Site = "international" // needs WithIntl
)

// cloudDoor is the way to one site, with one credential.
type cloudDoor struct {
	option string // the Client's option that the credential was given to
	cred   common.CredentialIface
	region string
	base   *url.URL

	mu    sync.Mutex
	asked *keyQuestion // nil: nobody is asking the credential
}

// reach points the door at base. If base is nil, the door leads to the platform.
func (d *cloudDoor) reach(base *url.URL) {
	if d == nil {
		return
	}
	if base == nil {
		base = &url.URL{Scheme: "https", Host: cloudHost}
	}
	d.base = base
}

// door returns the door to a site. If the Client was made without it, the error
// names the option that is missing.
func (c *Client) door(op string, site Site) (*cloudDoor, error) {
	door, option := c.cloud, "WithCloud"
	switch site {
	case SiteChina:
	case SiteInternational:
		door, option = c.intl, "WithIntl"
	default:
		return nil, badArgument(op, "Site", "must be SiteChina or SiteInternational")
	}
	if door == nil {
		return nil, &Error{Op: op, Family: ErrRequest, Err: fmt.Errorf("%w: this call needs %s", ErrDoorClosed, option)}
	}
	return door, nil
}

// CloudCall names an action of API 3.0, for actions that have no method of their
// own here.
type CloudCall struct {
	Site   Site   // SiteChina or SiteInternational
	Action string // as in "DetectAuth"
	// Repeatable says that the action may be sent again after trouble, even if it
	// may have taken effect. Set it for actions that only read.
	Repeatable bool
}

// CallCloud sends any action with the same transport, credentials, signatures and
// errors as the typed calls, and returns the RequestId. request is written as JSON:
// it is a struct, a map, or a request type of the official module. response is nil,
// or a pointer to a struct or a map, which gets what is inside "Response", or a
// pointer to a response type of the official module. It should be new: what it held
// before may stay in it.
//
// API: https://cloud.tencent.com/document/product/1007/31816
func (c *Client) CallCloud(ctx context.Context, call CloudCall, request, response any) (requestID string, err error) {
	const op = "CallCloud"
	if err := c.ready(ctx, op); err != nil {
		return "", err
	}
	if call.Action == "" || !isAlnum(call.Action) {
		return "", badArgument(op, "Action", "must be the name of an action")
	}
	if request == nil {
		request = struct{}{}
	}
	return c.act(ctx, cloudCall{op: op + " " + call.Action, eventOp: op, site: call.Site, action: call.Action, readOnly: call.Repeatable, textFiles: true}, request, response)
}
