package faceidtest

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// These are the lifetimes that the documents state. WithSpeed divides them.
const (
	tokenLife  = 7200 * time.Second
	signLife   = 3600 * time.Second
	nonceLife  = 120 * time.Second
	overlap    = 60 * time.Second // how long an older value lives on after a refresh
	faceIDLife = 5 * time.Minute
	resultLife = 3 * 24 * time.Hour
	certLife   = 5 * time.Minute // the life of an ocrCertId
	readLife   = 5 * time.Minute // the life of a reqId
)

// A Server is the simulated platform. It is an [http.Handler] and an
// [http.RoundTripper], is safe for concurrent use, and prints without its
// secrets. [Start] and [NewServer] make one.
type Server struct {
	// Options set these fields, and nothing changes them afterwards.
	speed              float64
	dialect            Dialect
	lenient            bool
	reentry            bool // whether an order that was left may be entered again
	unsignedFrontEnd   bool
	fragmentAfterQuery bool
	nfcKeys            map[string]string            // the keys by app, until the apps are made
	appProducts        map[string]map[*product]bool // by app, until the apps are made
	ahead              time.Duration                // how far the clock that clients see is ahead of this machine's
	log                func(Request)
	routes             map[string]route

	closing chan struct{}
	running sync.WaitGroup // counts the goroutines of RoundTrip and URL

	mu      sync.Mutex
	closed  bool
	skew    time.Duration // the time that Advance added
	url     string        // the address of the first port, or that of WithPublicURL
	public  bool          // url is that of WithPublicURL
	servers []*http.Server

	apps     map[string]*app
	firstApp string
	faces    map[string]*order // the orders by faceId
	visits   map[string]*visit // the visits by the key of their page
	scripts  map[string]Ending // the endings by order number
	fallback Ending            // the ending of orders without a script

	fallbackWritten bool // true once ScriptDefault was called

	idCards   script[IDCard]
	bankCards script[BankCard]
	documents script[NFCDocument]

	cloud *cloud // the state for API 3.0

	remoteIP string
	allowed  map[netip.Addr]bool // nil: every address may call
	limits   map[string]*limit
	denied   map[deniedAction]bool
	faults   map[string][]Fault
	calls    map[string]int
	recent   []Request // a ring
	oldest   int       // the place of the oldest request in a ring that is full
	memory   memory
}

// T is the part of a test that [Start] asks for; every testing.TB is one.
type T interface {
	// These methods are those of a testing.TB.
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// NewServer makes a platform with one invented app. It opens no socket. The
// caller closes the server.
func NewServer(opts ...Option) *Server {
	s := &Server{
		speed:       1,
		closing:     make(chan struct{}),
		nfcKeys:     map[string]string{},
		appProducts: map[string]map[*product]bool{},
		apps:        map[string]*app{},
		faces:       map[string]*order{},
		visits:      map[string]*visit{},
		scripts:     map[string]Ending{},
		fallback:    Passes(),

		idCards:   script[IDCard]{},
		bankCards: script[BankCard]{},
		documents: script[NFCDocument]{},

		cloud: newCloud(),

		remoteIP: "127.0.0.1",
		limits:   map[string]*limit{},
		faults:   map[string][]Fault{},
		calls:    map[string]int{},
	}
	s.routes = s.allRoutes()
	for _, opt := range opts {
		if opt == nil {
			panic("faceidtest: NewServer: an option is nil")
		}
		opt(s)
	}
	s.cloud.lenient = s.lenient
	if len(s.apps) == 0 {
		s.addApp("NewServer", defaultAppID, defaultSecret)
	}
	for appID, key := range s.nfcKeys {
		s.mustApp("WithNFCKey", appID).nfcKey = key
	}
	for appID, opened := range s.appProducts {
		s.mustApp("WithAppProducts", appID).products = opened
	}
	return s
}

// Start makes a platform that is closed when t ends. For a synctest bubble,
// call Start inside the bubble.
func Start(t T, opts ...Option) *Server {
	t.Helper()
	s := NewServer(opts...)
	t.Cleanup(s.Close)
	return s
}

// Close ends the platform: requests under way fail, ports close, and every
// goroutine that RoundTrip or URL started is gone when Close returns. A second
// Close does nothing.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	servers := s.servers
	close(s.closing)
	s.mu.Unlock()

	for _, hs := range servers {
		_ = hs.Close() // an error does no harm: the port is closed in any case
	}
	s.running.Wait()
}

// Now is the platform's clock: time.Now plus what [Server.Advance] added.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// now returns what Now does. The caller holds the lock.
func (s *Server) now() time.Time { return time.Now().Add(s.skew) }

// Advance moves the platform's clock forward by d at once. Waits under way
// (delays, slow bodies) are real waits and do not notice it. A client does not
// notice it either: it counts the life of its access token and SIGN ticket by
// the machine's clock. So the newest token and the newest SIGN ticket keep what
// they have left, and the client goes on with them. Older ones die, as NONCE
// tickets do. To see the newest ones die, use [Server.RevokeTokens]; in a
// synctest bubble time.Sleep moves both clocks.
func (s *Server) Advance(d time.Duration) {
	if d < 0 {
		panic("faceidtest: Advance: the duration is negative, and time runs forward only")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		a.keepPair(d)
	}
	s.skew += d
	s.sweep(math.MaxInt)
}

// scaled returns a lifetime at this server's speed.
func (s *Server) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.speed)
}

// seconds returns a lifetime as answers tell it. It is rounded down, so that a
// client never believes in more than there is.
func (s *Server) seconds(d time.Duration) int64 {
	return max(1, int64(s.scaled(d)/time.Second))
}

// Format prints the server's address, whatever the verb. Without it, fmt would
// walk through the server's secrets.
func (s *Server) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String returns the server's address, without its secrets.
func (s *Server) String() string {
	if s == nil {
		return "faceidtest.Server(nil)"
	}
	return "faceidtest.Server(" + s.BaseURL() + ")"
}
