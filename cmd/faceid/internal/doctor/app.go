package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// examineApp looks at the kyc1 door: the way to it, the store, the credentials in it, and
// whether the platform accepts them.
func (d *Doctor) examineApp(ctx context.Context) {
	base := d.App.BaseURL
	if base == "" {
		base = "https://kyc1.qcloud.com"
	}
	a := &appVisit{Doctor: d, door: strings.TrimSpace("kyc1 " + hostOf(base)), base: strings.TrimSuffix(base, "/")}
	if !d.configured(a.door, append(d.App.Options(), faceid.WithStore(faceid.NewMemoryStore()))) {
		d.skip(a.door, show.T("the configuration cannot be used", "配置不可用"), CheckAddress, CheckStore, CheckRecord, CheckToken, CheckTicket, CheckProduct)
		return
	}
	reached := a.answers(ctx)
	if !a.openStore() {
		d.skip(a.door, show.T("there is no store", "没有可用的存储"), CheckRecord, CheckToken, CheckTicket, CheckProduct)
		return
	}
	defer a.store.Close()
	switch readable := a.readRecord(ctx); {
	case !readable:
		d.skip(a.door, show.T("the store cannot be read", "存储无法读取"), CheckRecord, CheckToken, CheckTicket, CheckProduct)
	case !reached:
		d.skip(a.door, show.T("the platform does not answer", "平台没有应答"), CheckToken, CheckTicket, CheckProduct)
	case d.Mint:
		a.mint(ctx)
	default:
		a.tryCredentials(ctx)
	}
}

// hostOf returns the host of a URL, and "" if it has none: the URL itself may hold a password.
func hostOf(base string) string {
	if u, err := url.Parse(base); err == nil {
		return u.Host
	}
	return ""
}

// configured reports whether the backend could start with these options.
func (d *Doctor) configured(door string, opts []faceid.Option) bool {
	if _, err := faceid.New(opts...); err != nil {
		d.fault(door, CheckConfig, Config, show.T(quoted(err.Error()), quoted(err.Error())))
		return false
	}
	return true
}

// answered is what kyc1 answered: a code, or something that is not the platform's.
type answered struct {
	code, msg, seq string
	not            bool // the form is not the platform's
}

// read reads the envelope of an answer. The platform writes a code as a string or a number.
// What stands in front of it may echo the request, which holds the token.
func (a *appVisit) read(e exchange) answered {
	var top struct {
		Code     any    `json:"code"`
		Msg      string `json:"msg"`
		BizSeqNo string `json:"bizSeqNo"`
	}
	dec := json.NewDecoder(bytes.NewReader(e.body))
	dec.UseNumber()
	if dec.Decode(&top) != nil {
		return answered{not: true}
	}
	secrets := []string{a.App.Secret}
	if a.creds != nil {
		secrets = append(secrets, a.creds.Token.Value, a.creds.Sign.Value)
	}
	got := answered{msg: quoted(top.Msg, secrets...), seq: quoted(top.BizSeqNo, secrets...)}
	switch code := top.Code.(type) {
	case string:
		got.code = quoted(code, secrets...)
	case json.Number:
		got.code = code.String()
	}
	got.not = got.code == ""
	return got
}

// appVisit is the look at one kyc1 door.
type appVisit struct {
	*Doctor

	door, base string
	store      *setup.Looking
	creds      *credentials // nil: there are none that can be used
}

// get makes one request to kyc1.
func (a *appVisit) get(ctx context.Context, path string, query url.Values) exchange {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return exchange{err: err}
	}
	return a.send(ctx, r)
}

// answers makes the checks of the way, and sees whether the platform answers. A call for a
// token without arguments is refused by the platform (400101), and harms nobody.
func (a *appVisit) answers(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/api/oauth2/access_token", nil)
	if err != nil {
		a.fault(a.door, CheckAddress, DNS, show.T("FACEID_BASE_URL is no URL", "FACEID_BASE_URL 不是有效的地址"))
		return false
	}
	e, ok := a.reach(ctx, a.door, r)
	if !ok {
		return false
	}
	a.clock(a.door, e, Warning) // kyc1 does not look at the clock of this machine
	switch got := a.read(e); {
	case got.not && e.status >= 500:
		a.fault(a.door, CheckAnswer, Service, show.F("HTTP %d", "HTTP %d", e.status))
	case got.not:
		a.fault(a.door, CheckAnswer, NotPlatform, show.F("HTTP %d, and no code of the platform", "HTTP %d，没有平台的返回码", e.status))
	case got.code == "400103":
		a.fault(a.door, CheckAnswer, AllowList, said(got))
	case familyOf(got.code) == faceid.ErrRateLimited:
		a.fault(a.door, CheckAnswer, RateLimited, said(got))
	case familyOf(got.code) == faceid.ErrService:
		a.fault(a.door, CheckAnswer, Service, said(got))
	case !isKnown(got.code):
		a.blame(a.door, CheckAnswer, Warning, NotPlatform, show.F("HTTP %d with the code %s, which no document has for a call without arguments",
			"HTTP %d，返回码 %s，而文档中无参数的调用没有这个返回码", e.status, got.code))
		return true
	default:
		a.found(a.door, CheckAnswer, OK, show.F("the platform answers (%s to a call without arguments)", "平台有应答（对无参数的调用返回 %s）", got.code))
		return true
	}
	return false
}

// said writes what the platform said.
func said(got answered) show.Text {
	text := got.code
	if got.msg != "" {
		text += " " + got.msg
	}
	if got.seq != "" {
		text += " (" + got.seq + ")"
	}
	return show.F("the platform says %s", "平台返回 %s", text)
}

// familyOf returns the family of a code of kyc1, whatever the product.
func familyOf(code string) faceid.Family {
	x, _ := faceid.Explain(faceid.ProductPlus, faceid.ChannelServer, faceid.Code(code))
	return x.Family
}

// isKnown reports whether the platform may refuse a call with that code. Other servers, too,
// answer with a code and a message.
func isKnown(code string) bool {
	_, ok := faceid.Explain(faceid.ProductPlus, faceid.ChannelServer, faceid.Code(code))
	return ok && code != "0"
}

// refusal names the cause of a refusal that is not about the credentials.
func refusal(code string) Cause {
	switch familyOf(code) {
	case faceid.ErrAccount:
		if code == "400103" {
			return AllowList
		}
		return WrongProduct
	case faceid.ErrRateLimited:
		return RateLimited
	case faceid.ErrService:
		return Service
	}
	return Unexpected
}

// isCredential reports whether the platform refused token, ticket or signature.
func isCredential(code string) bool {
	return familyOf(code) == faceid.ErrCredential
}

// tryCredentials asks for a NONCE ticket that nobody uses, and for an order that cannot
// exist. Both need credentials that work, and neither changes anything.
func (a *appVisit) tryCredentials(ctx context.Context) {
	if a.creds == nil {
		a.skip(a.door, show.T("there are no credentials to try: doctor --mint fetches some", "没有可试的凭据：doctor --mint 会获取"), CheckToken, CheckTicket)
		a.probe(ctx)
		return
	}
	if !a.tryToken(ctx) {
		a.skip(a.door, show.T("the token does not work", "token 不可用"), CheckTicket, CheckProduct)
		return
	}
	if a.tryTicket(ctx) {
		a.probe(ctx)
		return
	}
	a.skip(a.door, show.T("the ticket does not work", "ticket 不可用"), CheckProduct)
}

// tryToken asks for a NONCE ticket.
func (a *appVisit) tryToken(ctx context.Context) bool {
	e := a.get(ctx, "/api/oauth2/api_ticket", url.Values{
		"appId": {a.App.ID}, "access_token": {a.creds.Token.Value}, "type": {"NONCE"}, "version": {"1.0.0"}, "user_id": {"doctor"},
	})
	got, ok := a.judge(e, CheckToken)
	switch {
	case !ok:
		return false
	case got.code == "0":
		a.found(a.door, CheckToken, OK, show.T("the platform accepts it, and gives a NONCE ticket", "平台接受该 token，并发放了 NONCE ticket"))
		return true
	case !isCredential(got.code):
		a.fault(a.door, CheckToken, refusal(got.code), said(got))
		return false
	}
	a.fault(a.door, CheckToken, a.whoKilledIt(), show.F("the platform says %s to a token that is %v old", "平台返回 %s，而该 token 获取至今才 %v",
		strings.TrimSpace(got.code+" "+got.msg), round(a.creds.Token.Age)))
	return false
}

// whoKilledIt names the likely cause of a refused token that is still young.
func (a *appVisit) whoKilledIt() Cause {
	switch {
	case a.creds != nil && a.creds.Minting > 0:
		return LostMint
	case a.store.Shared:
		return ForeignRefresh
	}
	return StoreNotShared
}

// tryTicket signs a query for an order that cannot exist.
func (a *appVisit) tryTicket(ctx context.Context) bool {
	if !a.creds.Signs {
		a.found(a.door, CheckTicket, Note, show.T("the record has no SIGN ticket now: the next call fetches one", "记录中暂无 SIGN ticket：下一次调用会获取"))
		return true
	}
	order, nonce := faceid.NewOrderNo(), faceid.NewNonce()
	body, _ := json.Marshal(map[string]string{ // strings always marshal
		"appId": a.App.ID, "version": "1.0.0", "nonce": nonce, "orderNo": order,
		"sign": faceid.Sign(a.creds.Sign.Value, a.App.ID, order, "1.0.0", nonce),
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/api/v2/base/queryfacerecord?orderNo="+order, bytes.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	got, ok := a.judge(a.send(ctx, r), CheckTicket)
	switch {
	case !ok:
		return false
	case isCredential(got.code):
		a.fault(a.door, CheckTicket, DeadTicket, said(got))
		return false
	case familyOf(got.code) == faceid.ErrNoResult:
		a.found(a.door, CheckTicket, OK, show.F("the platform accepts a signature (%s for an order that does not exist)", "平台接受签名（对不存在的订单返回 %s）", got.code))
		return true
	}
	a.fault(a.door, CheckTicket, refusal(got.code), said(got))
	return false
}

// judge reads an answer, and notes a fault if it is none.
func (a *appVisit) judge(e exchange, check Check) (answered, bool) {
	if cause, _, saw := e.failure(); cause != "" {
		a.fault(a.door, check, cause, saw)
		return answered{}, false
	}
	got := a.read(e)
	if got.not {
		cause := NotPlatform
		if e.status >= 500 {
			cause = Service
		}
		a.fault(a.door, check, cause, show.F("HTTP %d, and no code of the platform", "HTTP %d，没有平台的返回码", e.status))
	}
	return got, !got.not
}
