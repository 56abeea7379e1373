package faceidtest

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Lifetimes as the documents state them; WithSpeed divides them.
const (
	tokenLife  = 7200 * time.Second
	signLife   = 3600 * time.Second
	nonceLife  = 120 * time.Second
	overlap    = 60 * time.Second // what a refresh leaves to older values
	faceIDLife = 5 * time.Minute
	resultLife = 3 * 24 * time.Hour
	certLife   = 5 * time.Minute // ocrCertId
	readLife   = 5 * time.Minute // reqId
)

// A Server is the platform. It is an [http.Handler] and an
// [http.RoundTripper], safe for concurrent use, and prints without its
// secrets. Create one with [Start] or [NewServer].
type Server struct {
	// Set by options, never changed afterwards.
	speed            float64
	dialect          Dialect
	lenient          bool
	reentry          bool // an order that was left may be entered again
	unsignedFrontEnd bool
	nfcKeys          map[string]string // by app, until the apps are there
	log              func(Request)
	routes           map[string]route

	closing chan struct{}
	running sync.WaitGroup // what RoundTrip and URL started

	mu      sync.Mutex
	closed  bool
	skew    time.Duration // what Advance added
	url     string        // the first port's, or that of WithPublicURL
	public  bool          // url is that of WithPublicURL
	servers []*http.Server

	apps     map[string]*app
	firstApp string
	faces    map[string]*order // by faceId
	visits   map[string]*visit // by page token
	scripts  map[string]Ending // by order number
	fallback Ending            // for orders without a script

	fallbackWritten bool // by ScriptDefault

	idCards   script[IDCard]
	bankCards script[BankCard]
	documents script[NFCDocument]

	cloud *cloud // API 3.0

	remoteIP string
	allowed  map[netip.Addr]bool // nil: everybody
	limits   map[string]*limit
	faults   map[string][]Fault
	calls    map[string]int
	recent   []Request
}

// T is the part of a test that [Start] asks for; every testing.TB is one.
type T interface {
	// These are those of a testing.TB.
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// NewServer makes a platform with one invented app. No socket is opened. The
// caller closes it.
func NewServer(opts ...Option) *Server {
	s := &Server{
		speed:    1,
		closing:  make(chan struct{}),
		nfcKeys:  map[string]string{},
		apps:     map[string]*app{},
		faces:    map[string]*order{},
		visits:   map[string]*visit{},
		scripts:  map[string]Ending{},
		fallback: Passes(),

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
	if len(s.apps) == 0 {
		s.addApp("NewServer", defaultAppID, defaultSecret)
	}
	for appID, key := range s.nfcKeys {
		s.mustApp("WithNFCKey", appID).nfcKey = key
	}
	return s
}

// Start makes a platform that is closed when t ends. Inside a synctest bubble,
// call it inside.
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
		_ = hs.Close() // harmless: the process is done with the port either way
	}
	s.running.Wait()
}

// Now is the platform's clock: time.Now plus what [Server.Advance] added.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// now is Now for those who hold the lock.
func (s *Server) now() time.Time { return time.Now().Add(s.skew) }

// Advance moves the platform's clock forward by d at once. Waits under way
// (delays, slow bodies) are real waits and do not notice. Nor does a client: after
// an hour it signs with a ticket that is dead here, so go on with a new one, such
// as that of [Server.Client]. In a synctest bubble time.Sleep moves both.
func (s *Server) Advance(d time.Duration) {
	if d < 0 {
		panic("faceidtest: Advance: time runs forward only")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew += d
}

// scaled is a lifetime at this server's speed.
func (s *Server) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.speed)
}

// seconds is a lifetime as the wire tells it, rounded down so that a client
// never believes in more than there is.
func (s *Server) seconds(d time.Duration) int64 {
	return max(1, int64(s.scaled(d)/time.Second))
}

// Format prints the server's address, whatever the verb: fmt would otherwise
// walk through its secrets.
func (s *Server) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String is the server's address, without its secrets.
func (s *Server) String() string {
	if s == nil {
		return "faceidtest.Server(nil)"
	}
	return "faceidtest.Server(" + s.BaseURL() + ")"
}
