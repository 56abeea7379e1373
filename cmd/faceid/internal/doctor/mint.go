package doctor

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// client returns a Client on the real store.
func (a *appVisit) client(more ...faceid.Option) (*faceid.Client, error) {
	opts := append(a.App.Options(), faceid.WithStore(a.store.OpenStore), faceid.WithHTTPClient(&http.Client{Transport: a.Transport, Timeout: patience}))
	return faceid.New(append(opts, more...)...)
}

// mint makes a query for an order that cannot exist with a Client on the real store. The
// Client uses what the store has, and fetches a token only if that does not work.
func (a *appVisit) mint(ctx context.Context) {
	var seen refreshes
	client, err := a.client(faceid.WithObserver(seen.observe))
	if err != nil {
		a.fault(a.door, CheckToken, StoreTrouble, show.T(err.Error(), err.Error()))
		return
	}
	defer func() { _ = client.Close(context.WithoutCancel(ctx)) }()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	_, err = client.NonceTicket(ctx, "doctor")
	if err == nil {
		a.accepted(&seen)
		_, err = client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: faceid.NewOrderNo()})
		if errors.Is(err, faceid.ErrNoResult) {
			a.found(a.door, CheckTicket, OK, show.T("the platform accepts a signature", "平台接受签名"))
			a.probe(ctx)
			return
		}
		a.refused(CheckTicket, DeadTicket, err)
		return
	}
	if _, failed := seen.last(); failed != nil {
		a.refused(CheckToken, WrongSecret, failed)
	} else { // the secret was not asked about: a token was refused that is too young to be replaced
		a.refused(CheckToken, a.whoKilledIt(), err)
	}
	a.skip(a.door, show.T("there is no token", "没有 token"), CheckTicket, CheckProduct)
}

// accepted tells a token that the platform accepts. An old one may serve although a new one
// was refused.
func (a *appVisit) accepted(seen *refreshes) {
	switch minted, failed := seen.last(); {
	case failed != nil:
		a.complain(Warning, CheckToken, WrongSecret, failed)
	case minted:
		a.found(a.door, CheckToken, OK, show.T("a new one was fetched into the store, and the platform accepts it", "已获取新 token 写入存储，平台接受"))
	default:
		a.found(a.door, CheckToken, OK, show.T("the platform accepts the token of the store", "平台接受存储中的 token"))
	}
}

// refreshes keeps how the last refresh of a Client ended. A Client tells it at any time.
type refreshes struct {
	mu     sync.Mutex
	minted bool
	err    error
}

func (r *refreshes) observe(_ context.Context, e faceid.Event) {
	if e.Kind != faceid.EventRefresh || errors.Is(e.Err, faceid.ErrForeignRefresh) { // that tells of others, and of no refresh
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.minted, r.err = e.Err == nil, e.Err
}

func (r *refreshes) last() (minted bool, failed error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.minted, r.err
}

// refused notes a fault by an error of a Client. credential is the cause if the platform
// refused the credentials.
func (a *appVisit) refused(check Check, credential Cause, err error) {
	a.complain(Fault, check, credential, err)
}

// complain notes a finding by an error of a Client.
func (a *appVisit) complain(status Status, check Check, credential Cause, err error) {
	var told *faceid.Error
	var cause Cause
	if errors.Is(err, faceid.ErrForeignRefresh) && credential != WrongSecret {
		cause = a.whoKilledIt()
	} else if errors.As(err, &told) && told.Code != "" {
		if cause = refusal(told.Code.Number()); isCredential(told.Code.Number()) {
			cause = credential
		}
	} else if errors.Is(err, faceid.ErrStore) {
		cause = StoreTrouble
	} else {
		cause = withoutCode(err)
	}
	text := "no error"
	if err != nil {
		text = quoted(err.Error(), a.App.Secret)
	}
	a.blame(a.door, check, status, cause, show.T(text, text))
}

// withoutCode names the cause of an error that has no code of the platform. The host was
// reached a moment ago.
func withoutCode(err error) Cause {
	switch {
	case errors.Is(err, faceid.ErrService):
		return Service
	case errors.Is(err, faceid.ErrBadAnswer):
		return NotPlatform
	case errors.Is(err, faceid.ErrNetwork):
		return NoAnswer
	}
	return Unexpected
}

// probe opens a verification of an invented person for the product of the configuration, if
// it was asked to. Nobody enters it, and opening costs nothing.
func (a *appVisit) probe(ctx context.Context) {
	switch {
	case !a.Probe:
		a.skip(a.door, show.T("not asked for: doctor --probe opens a verification of an invented person, which nobody enters", "未要求：doctor --probe 会为虚构人员发起一次无人进入的核身"), CheckProduct)
		return
	case a.App.Product == "":
		a.skip(a.door, show.T("FACEID_PRODUCT does not say which product", "FACEID_PRODUCT 未指明产品"), CheckProduct)
		return
	case a.Mint || a.creds != nil:
	default:
		a.skip(a.door, show.T("there are no credentials", "没有凭据"), CheckProduct)
		return
	}
	var opts []faceid.Option
	if !a.Mint {
		opts = append(opts, faceid.WithStore(a.store)) // it wins over the store of client
	}
	client, err := a.client(opts...)
	if err == nil {
		defer func() { _ = client.Close(context.WithoutCancel(ctx)) }() // it may be fetching a token, behind the call
		err = open(ctx, client, a.App.Product)
	}
	switch {
	case err == nil:
		a.found(a.door, CheckProduct, OK, show.F("the appID is open for %s", "该 appID 已开通 %s", string(a.App.Product)))
	case errors.Is(err, setup.ErrLooking):
		a.skip(a.door, show.T("the credentials must be renewed first: doctor --mint does so", "需先更新凭据：doctor --mint 会更新"), CheckProduct)
	case errors.Is(err, errNoProbe):
		a.skip(a.door, show.F("%s cannot be opened by a server alone", "%s 无法只由服务器发起", string(a.App.Product)), CheckProduct)
	default:
		a.refused(CheckProduct, DeadTicket, err)
	}
}

// errNoProbe says that a product has no call that opens it.
var errNoProbe = errors.New("the product is opened by the App")

// open opens a verification. The name and the number are invented.
func open(ctx context.Context, client *faceid.Client, p faceid.Product) (err error) {
	person := faceid.Person{UserID: "doctor", Name: "李测试", IDNo: "110101199003074477"}
	order := faceid.NewOrderNo()
	switch p {
	case faceid.ProductPlus:
		_, err = client.GetPlusFaceID(ctx, faceid.GetPlusFaceIDRequest{OrderNo: order, Person: person})
	case faceid.ProductEnhanced:
		_, err = client.GetAdvFaceID(ctx, faceid.GetAdvFaceIDRequest{OrderNo: order, Person: person})
	case faceid.ProductBasic:
		_, err = client.GetFaceID(ctx, faceid.GetFaceIDRequest{OrderNo: order, Person: person})
	case faceid.ProductWill:
		_, err = client.GetWillFaceID(ctx, faceid.GetWillFaceIDRequest{OrderNo: order, Person: person, Will: will})
	case faceid.ProductNFC:
		_, err = client.GetOCRCertID(ctx, faceid.GetOCRCertIDRequest{OrderNo: order, UserID: "doctor"})
	default:
		return errNoProbe
	}
	return err
}

// will is what nobody is ever asked.
var will = faceid.Will{Rounds: []faceid.WillRound{{Question: "这是一次连通性检查，请回答：好", Answers: []string{"好"}}}}
