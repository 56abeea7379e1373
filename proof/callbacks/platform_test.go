package callbacks

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// A merchant has two processes on one store: one opens verifications, the other
// receives callbacks and has to find the opener's tickets in the store.
type merchant struct {
	sim    *faceidtest.Server
	tap    *tap
	store  *slowStore
	opener *faceid.Client
	door   *faceid.Client
	gate   *faceid.Client // decides by ConfirmReturn
	seen   sync.Map       // by Callback.ID, at the door
	passed sync.Map       // by Callback.ID, through the gate
}

func newMerchant(t *testing.T) *merchant {
	sim := faceidtest.Start(t)
	m := &merchant{sim: sim, tap: &tap{sim: sim}, store: &slowStore{MemoryStore: faceid.NewMemoryStore()}}
	wired := []faceid.Option{faceid.WithStore(m.store), faceid.WithHTTPClient(&http.Client{Transport: m.tap})}
	m.opener = sim.Client(wired...)
	m.door = sim.Client(append(wired, faceid.WithCallbackOnce(m.first))...)
	m.gate = sim.Client(append(wired, faceid.WithCallbackOnce(func(ctx context.Context, cb *faceid.Callback) (bool, error) {
		*ctx.Value(askedKey{}).(*int)++
		_, seen := m.passed.LoadOrStore(cb.ID(), true)
		return !seen, nil
	}))...)
	return m
}

// first is the hook of WithCallbackOnce. It tells the attempt that it was asked.
func (m *merchant) first(ctx context.Context, cb *faceid.Callback) (bool, error) {
	if asked, ok := ctx.Value(askedKey{}).(*int); ok {
		*asked++
	}
	_, seen := m.seen.LoadOrStore(cb.ID(), true)
	return !seen, nil
}

type askedKey struct{}

// slowStore counts its loads, which take as long as those of a store across a
// network.
type slowStore struct {
	*faceid.MemoryStore
	loads atomic.Int64
}

func (s *slowStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	s.loads.Add(1)
	time.Sleep(2 * time.Millisecond)
	return s.MemoryStore.Load(ctx, key)
}

// tap reads along what the platform hands out: the rule needs the tickets, and
// a forger may have stolen the rest.
type tap struct {
	sim http.RoundTripper

	mu     sync.Mutex
	signs  []issued
	nonces []string
	tokens []string
}

type issued struct {
	value string
	at    time.Time
}

const signLife = 3600 * time.Second

func (p *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := p.sim.RoundTrip(r)
	if err != nil || r.URL.Path != "/api/oauth2/api_ticket" && r.URL.Path != "/api/oauth2/access_token" {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct {
		Token   string                   `json:"access_token"`
		Tickets []struct{ Value string } `json:"tickets"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch kind := r.URL.Query().Get("type"); {
	case answer.Token != "":
		p.tokens = append(p.tokens, answer.Token)
	case len(answer.Tickets) == 0:
	case kind == "SIGN":
		p.signs = append(p.signs, issued{answer.Tickets[0].Value, time.Now()})
	default:
		p.nonces = append(p.nonces, answer.Tickets[0].Value)
	}
	return res, nil
}

// tickets returns the SIGN tickets that are younger than an hour, or those that are
// older.
func (p *tap) tickets(alive bool) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var values []string
	for _, t := range p.signs {
		if time.Since(t.at) < signLife == alive {
			values = append(values, t.value)
		}
	}
	return values
}

func (p *tap) stolen() (nonces, tokens []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nonces, p.tokens
}

const back = "https://merchant.example/back?lang=zh&x=a%2Fb"

var person = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

// A letter is a callback that the platform sent, with the person it is about.
type letter struct {
	rawQuery, orderNo, code string
	session                 faceid.PageSession
}

// shapes are the ways into a browser: their callbacks differ in their names.
var shapes = []func(ctx context.Context, c *faceid.Client) (*faceid.PageLogin, error){
	func(ctx context.Context, c *faceid.Client) (*faceid.PageLogin, error) {
		return c.StartH5(ctx, faceid.H5Request{Product: faceid.ProductPlus, Person: person, RedirectURL: back, RealTimeOnly: true})
	},
	func(ctx context.Context, c *faceid.Client) (*faceid.PageLogin, error) {
		return c.StartH5(ctx, faceid.H5Request{Product: faceid.ProductEnhanced, Person: person, RedirectURL: back})
	},
	func(ctx context.Context, c *faceid.Client) (*faceid.PageLogin, error) {
		return c.StartPC(ctx, faceid.PCRequest{Person: person, RedirectURL: back})
	},
	func(ctx context.Context, c *faceid.Client) (*faceid.PageLogin, error) {
		will := faceid.Will{Rounds: []faceid.WillRound{{Question: "您同意吗", Answers: []string{"同意"}}}}
		return c.StartWillH5(ctx, faceid.WillH5Request{Person: person, Will: will, RedirectURL: back})
	},
}

var endings = []func() faceidtest.Ending{
	faceidtest.Passes, faceidtest.NotSamePerson, faceidtest.IdentityMismatch, faceidtest.SuspectedFake,
	faceidtest.NoCamera, faceidtest.Quits, faceidtest.TimesOut,
	func() faceidtest.Ending { return faceidtest.Ending{Code: "-5008"} },
}

// send makes one verification, from the upload to the browser's way back.
func (m *merchant) send(t *testing.T, shape, ending int) letter {
	login, err := shapes[shape%len(shapes)](t.Context(), m.opener)
	require.NoError(t, err)
	e := endings[ending%len(endings)]()
	m.sim.Script(login.Session.OrderNo, e)
	r, err := m.sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	return letter{r.URL.RawQuery, login.Session.OrderNo, e.Code, login.Session}
}
