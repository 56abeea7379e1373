package faceidtest

import (
	"net/http"

	"github.com/faceid-go/faceid"
)

// This is the only file that knows the client: a lint rule keeps it so.

// Client is a client of the server's first app, wired without a socket. It has
// a memory store of its own; further options are applied last. A wrong option
// panics.
func (s *Server) Client(opts ...faceid.Option) *faceid.Client {
	c, err := faceid.New(append(s.Options(), opts...)...)
	if err != nil {
		panic("faceidtest: Client: " + err.Error())
	}
	return c
}

// Options are the options that make faceid.New speak to this server's first
// app: for tests of code that builds its own client.
func (s *Server) Options() []faceid.Option {
	return []faceid.Option{
		faceid.WithApp(s.AppID(), s.Secret()),
		faceid.WithNFCKey(s.NFCKey()),
		faceid.WithBaseURL(s.BaseURL()),
		faceid.WithHTTPClient(&http.Client{Transport: s}),
		faceid.WithStore(faceid.NewMemoryStore()),
	}
}
