package soak

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
)

// share is the part of the requests that meet a fault.
const share = 0.15

// A trouble is a kind of fault, with the errors that it may cause.
type trouble struct {
	name     string
	make     func(r *rand.Rand) faceidtest.Fault
	families []faceid.Family // none: the library copes, or the call was only slow
	where    door
}

// A door is one of the platform's two APIs.
type door int

const (
	both door = iota
	kyc1
	cloud
)

const page502 = "<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"

func fixed(f faceidtest.Fault) func(*rand.Rand) faceidtest.Fault {
	return func(*rand.Rand) faceidtest.Fault { return f }
}

func status(codes ...int) func(*rand.Rand) faceidtest.Fault {
	return func(r *rand.Rand) faceidtest.Fault {
		return faceidtest.FaultStatus(codes[r.IntN(len(codes))], page502)
	}
}

func code(codes ...string) func(*rand.Rand) faceidtest.Fault {
	return func(r *rand.Rand) faceidtest.Fault { return faceidtest.FaultCode(codes[r.IntN(len(codes))], "") }
}

func body(texts ...string) func(*rand.Rand) faceidtest.Fault {
	return func(r *rand.Rand) faceidtest.Fault { return faceidtest.FaultBody(texts[r.IntN(len(texts))]) }
}

func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

// troubles are the faults that a request may meet.
var troubles = []trouble{
	{"not connected", fixed(faceidtest.FaultRefuse()), []faceid.Family{faceid.ErrNetwork}, both},
	{"dropped before", fixed(faceidtest.FaultDropBefore()), []faceid.Family{faceid.ErrNetwork}, both},
	{"dropped after: it counted", fixed(faceidtest.FaultDropAfter()), []faceid.Family{faceid.ErrNetwork}, both},
	{"never answered", fixed(faceidtest.FaultHang()), []faceid.Family{faceid.ErrNetwork}, both},
	{"late", func(r *rand.Rand) faceidtest.Fault {
		return faceidtest.FaultDelay(between(r, 100*time.Millisecond, 25*time.Second))
	}, nil, both},
	{"too late: it counted", func(r *rand.Rand) faceidtest.Fault {
		return faceidtest.FaultDelay(between(r, 31*time.Second, 90*time.Second))
	}, []faceid.Family{faceid.ErrNetwork}, both},
	{"truncated", func(r *rand.Rand) faceidtest.Fault { return faceidtest.FaultTruncate(r.IntN(300)) }, []faceid.Family{faceid.ErrNetwork}, both},
	{"slow body", func(r *rand.Rand) faceidtest.Fault {
		return faceidtest.FaultSlowBody(256+r.IntN(8000), between(r, time.Millisecond, 2*time.Second))
	}, nil, both},
	{"body that stops", func(r *rand.Rand) faceidtest.Fault {
		return faceidtest.FaultSlowBody(50+r.IntN(200), between(r, 31*time.Second, 90*time.Second))
	}, []faceid.Family{faceid.ErrNetwork}, both},
	{"HTTP 500 to 504, a page", status(500, 502, 502, 503, 504), []faceid.Family{faceid.ErrService}, both},
	{"HTTP 429", status(429), []faceid.Family{faceid.ErrRateLimited}, both},
	{"HTTP 302, 403, 404", status(302, 403, 404), []faceid.Family{faceid.ErrBadAnswer}, both},
	{"HTTP 200, a page or half an answer", body(page502, "", "null", "[]", `{"code":"0"`, `{"Response":`, "\xff\xfe"), []faceid.Family{faceid.ErrBadAnswer}, both},
	{"an answer with nothing in it", body("{}", `{"Response":{}`, `{"Response":null}`, `{"code":null}`), []faceid.Family{faceid.ErrBadAnswer}, both},
	// A pass that is nobody's must not be taken for this person's.
	{"a success without a result", body(`{"code":"0","msg":"请求成功"}`, `{"code":0,"msg":"请求成功","result":{}}`, `{"code":"0","result":null,"liveRate":"99","similarity":"99"}`), []faceid.Family{faceid.ErrBadAnswer}, kyc1},
	{"the success of another order", body(`{"code":"0","msg":"请求成功","result":{"orderNo":"ANOTHER1","liveRate":"99","similarity":"99.9","frontCode":"0","backCode":"0","name":"王他人","idcard":"110101199003074477","validDate":"20190128-20390128","bankCardNo":"6200000000000005","faceCode":"0","willCode":"0"}}`), []faceid.Family{faceid.ErrBadAnswer}, kyc1},
	{"code 999999", code("999999"), []faceid.Family{faceid.ErrService}, kyc1},
	{"code 400506, a rate limit", code("400506"), []faceid.Family{faceid.ErrRateLimited}, kyc1},
	{"code 400101, a bad signature", code("400101"), []faceid.Family{faceid.ErrCredential}, kyc1},
	{"code 15, an old token", code("15"), []faceid.Family{faceid.ErrCredential}, kyc1},
	{"arrears, or the allow-list", code("66660002", "400103"), []faceid.Family{faceid.ErrAccount}, kyc1},
	{"code 66660000, a bad parameter", code("66660000"), []faceid.Family{faceid.ErrRequest}, kyc1},
	{"RequestLimitExceeded", code("RequestLimitExceeded"), []faceid.Family{faceid.ErrRateLimited}, cloud},
	{"InternalError", code("InternalError", "InternalError.UnKnown"), []faceid.Family{faceid.ErrService}, cloud},
	{"AuthFailure", code("AuthFailure.SignatureFailure", "AuthFailure.SecretIdNotFound", "AuthFailure.TokenFailure"), []faceid.Family{faceid.ErrCredential}, cloud},
}

// Two of them would be lies where the platform documents no echo of the order:
// a list of photos that is empty is an answer.
func (t *trouble) fits(path string, d door) bool {
	hollow := strings.Contains(t.name, "success")
	return (t.where == both || t.where == d) && !(hollow && path == "/api/v2/base/queryphotoinfo")
}

// A network lies between the merchant and the platform. It knows which person a
// request is sent for, and draws from the seed what becomes of the request.
type network struct {
	sim   atomic.Pointer[faceidtest.Server]
	storm atomic.Pointer[trouble] // meets every request while it lasts

	mu       sync.Mutex
	requests int
	faults   map[string]int
	rained   map[string]int
	weather  []cloudburst
	mints    []time.Time // of late
}

// A cloudburst is trouble with what all share, the token and its SIGN ticket:
// for some minutes anybody may be told of it.
type cloudburst struct {
	at       time.Time
	name     string
	families []faceid.Family
}

// aftermath is how long after a cloudburst it still explains an error: the
// longest back-off of the credentials, and the time of a refresh.
const aftermath = 12 * time.Minute

func newNetwork() *network { return &network{faults: map[string]int{}, rained: map[string]int{}} }

type personKey struct{}

// RoundTrip implements http.RoundTripper.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	path, where := r.URL.Path, kyc1
	if action := r.Header.Get("X-TC-Action"); action != "" {
		path, where = action, cloud
	}
	p, _ := r.Context().Value(personKey{}).(*person)
	shared := path == "/api/oauth2/access_token" || path == "/api/oauth2/api_ticket" && r.URL.Query().Get("type") == "SIGN"
	t, fault := n.draw(p, path, where)
	n.mu.Lock()
	n.requests++
	if path == "/api/oauth2/access_token" {
		n.mints = append(n.mints[max(0, len(n.mints)-20):], time.Now())
	}
	n.mu.Unlock()
	sim := n.sim.Load()
	if t == nil {
		return sim.RoundTrip(r)
	}
	n.hit(t, shared)
	if !shared && p != nil {
		p.meets(t)
	}
	return sim.RoundTrip(r.WithContext(faceidtest.WithFault(r.Context(), fault)))
}

// draw decides by the person, the path and how often they met: what one call
// draws does not depend on any other.
func (n *network) draw(p *person, path string, where door) (*trouble, faceidtest.Fault) {
	if p == nil {
		return nil, faceidtest.Fault{}
	}
	h := fnv.New64a()
	h.Write([]byte(path))
	r := rand.New(rand.NewPCG(trial.Seed()<<32+uint64(p.index), h.Sum64()+p.nth(path)))
	if t := n.storm.Load(); t != nil {
		return t, t.make(r)
	}
	if r.Float64() >= share {
		return nil, faceidtest.Fault{}
	}
	for {
		if t := &troubles[r.IntN(len(troubles))]; t.fits(path, where) {
			return t, t.make(r)
		}
	}
}

func (n *network) hit(t *trouble, shared bool) {
	n.mu.Lock()
	n.faults[t.name]++
	n.mu.Unlock()
	if shared {
		// Whoever has no deadline waits five seconds for the pair, and is told so.
		n.bursts("the pair's request: "+t.name, append(t.families, faceid.ErrCredential, faceid.ErrNetwork)...)
	}
}

// bursts notes trouble with what all share.
func (n *network) bursts(name string, families ...faceid.Family) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.weather = slices.DeleteFunc(n.weather, func(c cloudburst) bool { return time.Since(c.at) > aftermath })
	n.weather = append(n.weather, cloudburst{time.Now(), name, families})
}

// explains reports whether shared trouble of late explains an error of that
// family; "" is any.
func (n *network) explains(family faceid.Family) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(n.weather, func(c cloudburst) bool {
		return time.Since(c.at) <= aftermath && (family == "" || slices.Contains(c.families, family))
	})
}

// rotated reports whether a token was fetched after that time and a minute ago:
// what the old one fetched has died since, be it 120 s old or not.
func (n *network) rotated(after time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(n.mints, func(m time.Time) bool { return !m.Before(after) && time.Since(m) >= 59*time.Second })
}

// weatherman lets it rain on all until ctx ends: tokens are revoked, another
// system mints, the platform is away or limits everybody.
func (n *network) weatherman(ctx context.Context, r *rand.Rand) {
	wait := func(d time.Duration) bool {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(d):
			return true
		}
	}
	for wait(time.Duration(r.ExpFloat64() * float64(25*time.Minute))) {
		sim := n.sim.Load()
		switch r.IntN(5) {
		case 0:
			sim.RevokeTokens(sim.AppID())
			n.count("weather: all tokens revoked")
			n.bursts("tokens revoked", faceid.ErrCredential)
		case 1:
			sim.MintElsewhere(sim.AppID())
			n.count("weather: another system minted")
			n.bursts("a foreign mint", faceid.ErrCredential)
		default:
			storm := &[]trouble{
				{"storm: HTTP 503", status(503), []faceid.Family{faceid.ErrService}, both},
				{"storm: not connected", fixed(faceidtest.FaultRefuse()), []faceid.Family{faceid.ErrNetwork}, both},
				{"storm: never answered", fixed(faceidtest.FaultHang()), []faceid.Family{faceid.ErrNetwork}, both},
				{"storm: HTTP 429", status(429), []faceid.Family{faceid.ErrRateLimited}, both},
			}[r.IntN(4)]
			n.count("weather: " + storm.name)
			n.storm.Store(storm)
			wait(between(r, 5*time.Second, 2*time.Minute))
			n.storm.Store(nil)
		}
	}
}

func (n *network) count(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rained[name]++
}

// meets notes a fault that met a request of the person's current call.
func (p *person) meets(t *trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.met = append(p.met, t)
}

// nth counts the person's requests to a path.
func (p *person) nth(path string) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent[path]++
	return p.sent[path]
}

// explained reports whether what a call met accounts for its error. A call that
// met nothing, on a fine day, has none.
func (p *person) explained(err error, impatient bool) bool {
	p.mu.Lock()
	met := slices.Clone(p.met)
	p.mu.Unlock()
	net := p.town.net
	if errors.Is(err, context.DeadlineExceeded) {
		return impatient && (len(met) > 0 || net.explains(""))
	}
	var e *faceid.Error
	if !errors.As(err, &e) {
		return false
	}
	return net.explains(e.Family) || slices.ContainsFunc(met, func(t *trouble) bool { return slices.Contains(t.families, e.Family) })
}
