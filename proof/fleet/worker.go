package fleet

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the store in Postgres
	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/redisstore"
	"github.com/faceid-go/faceid/sqlstore"
)

const (
	roleVariable = "FACEID_FLEET_PROCESS" // holds a config in a worker
	nameHeader   = "User-Agent"           // tells the platform's front which process asks
	people       = 6                      // who are verified by one process at a time
	patience     = 10 * time.Second       // of a caller; no attack but a stop takes that long
)

// config holds the settings that a process is started with.
type config struct {
	Name                string
	Base, AppID, Secret string
	Redis, Postgres     string // the address of the one that has the store
	Seed                uint64
}

// A line is what a process prints: one of these.
type line struct {
	Started bool       `json:",omitempty"`
	Begun   bool       `json:",omitempty"` // a verification
	Call    *callLine  `json:",omitempty"`
	Story   *storyLine `json:",omitempty"`
	Ended   string     `json:",omitempty"` // by SIGTERM; holding this pair (a hash)
}

// callLine is a call of the client, or a login page, as its user saw it.
type callLine struct {
	Op         string
	Begin, End time.Time
	Trouble    string `json:",omitempty"` // its kind
	Text       string `json:",omitempty"`
}

// storyLine is a verification that came to its end.
type storyLine struct {
	Flow, Ending string
	Trouble      bool   `json:",omitempty"` // a call had some, and has told it
	Wrong        string `json:",omitempty"` // the client made something else of it
}

// Kinds of trouble that a user may see. Others go by the family.
const (
	noTicketMatched   = "callback matched no ticket"
	unsigned          = "callback without a signature"
	pageRefused       = "launch refused by the platform"
	noAnswer          = "no answer to a browser"
	troubleStore      = "ErrStore"
	troubleCredential = "ErrCredential" //nolint:gosec // a name
)

func troubleOf(err error) string {
	var e *faceid.Error
	switch {
	case errors.Is(err, faceid.ErrBadSignature):
		return noTicketMatched
	case errors.Is(err, faceid.ErrUnsigned):
		return unsigned
	case errors.Is(err, faceid.ErrForeignRefresh):
		return "ErrForeignRefresh"
	case errors.Is(err, faceid.ErrStore):
		return troubleStore
	case errors.Is(err, faceid.ErrCredential):
		return troubleCredential
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline exceeded"
	case errors.As(err, &e) && e.Family != "":
		return "Err" + string(e.Family)
	}
	return "another error"
}

// process is one process of the fleet.
type process struct {
	name    string
	base    string
	client  *faceid.Client
	outside *http.Client // of browsers and phones
	mu      sync.Mutex
	out     io.Writer
}

// Run is a process of the fleet: it verifies people until SIGTERM, and prints
// lines. It ends with its parent, too, whose pipe is its standard input.
func Run(text string) error {
	var c config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	store, closeStore, err := openStore(c)
	if err != nil {
		return err
	}
	defer func() { _ = closeStore() }() // harmless
	client, err := faceid.New(faceid.WithBaseURL(c.Base), faceid.WithApp(c.AppID, c.Secret), faceid.WithStore(store),
		faceid.WithHTTPClient(&http.Client{Transport: named{c.Name, transport()}}))
	if err != nil {
		return err
	}
	p := &process{name: c.Name, base: c.Base, client: client, out: os.Stdout, outside: &http.Client{
		Transport:     named{c.Name + " outside", transport()},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return p.work(c.Seed)
}

// openStore opens the store of the fleet as a process of its own.
func openStore(c config) (store faceid.Store, end func() error, err error) {
	if c.Postgres != "" {
		db, err := sql.Open("pgx", c.Postgres)
		if err != nil {
			return nil, nil, err
		}
		db.SetMaxOpenConns(8)
		store, err := sqlstore.New(db, sqlstore.Postgres)
		return store, db.Close, err
	}
	rdb := redis.NewClient(&redis.Options{Addr: c.Redis, DialTimeout: time.Second, ReadTimeout: time.Second, ContextTimeoutEnabled: true})
	store, err = redisstore.New(rdb)
	return store, rdb.Close, err
}

func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	return t
}

// named adds the name of the process to a request.
type named struct {
	name string
	next http.RoundTripper
}

func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(nameHeader, n.name)
	return n.next.RoundTrip(r)
}

func (p *process) work(seed uint64) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	p.tell(line{Started: true})
	var wg sync.WaitGroup
	for i := range people {
		r := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // a script must be repeatable
		wg.Go(func() {
			for ctx.Err() == nil {
				p.verify(r)
				select {
				case <-ctx.Done():
				case <-time.After(between(r, 50*time.Millisecond, 400*time.Millisecond)):
				}
			}
		})
	}
	wg.Wait()
	last, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ticket, err := p.client.SignTicket(last)
	if err == nil {
		err = p.client.Close(last)
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(ticket))
	p.tell(line{Ended: hex.EncodeToString(sum[:4])})
	return nil
}

// verify verifies somebody, to the end even if the process is asked to leave.
func (p *process) verify(r *rand.Rand) {
	// Somebody without a deadline would be answered within five seconds.
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	s := &teller{process: p, ctx: ctx, rand: r}
	f, e := flows[r.IntN(len(flows))], endings[0]
	if r.IntN(2) == 0 {
		e = endings[r.IntN(len(endings))]
	}
	p.tell(line{Begun: true})
	told := storyLine{Flow: f.name, Ending: e.name}
	switch err := f.run(s, e); {
	case errors.Is(err, errTold):
		told.Trouble = true
	case err != nil:
		told.Wrong = err.Error()
	}
	p.tell(line{Story: &told})
}

// tell prints a line at once and as a whole: the next moment may be SIGKILL.
func (p *process) tell(l line) {
	b, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = p.out.Write(append(b, '\n'))
}
