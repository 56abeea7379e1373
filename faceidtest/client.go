package faceidtest

import (
	"net/http"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"

	"github.com/faceid-go/faceid"
)

// This file and storesuite.go are the only ones that import the client: a lint
// rule keeps it so.

// Client returns a client of the server's first app, wired without a socket. It
// has a memory store of its own, and applies further options last. A wrong
// option panics.
func (s *Server) Client(opts ...faceid.Option) *faceid.Client {
	c, err := faceid.New(append(s.Options(), opts...)...)
	if err != nil {
		panic("faceidtest: Client: " + err.Error())
	}
	return c
}

// Options returns the options that make faceid.New speak to this server's first
// app, and in API 3.0 with its first key, on both sites. They are for tests of
// code that builds its own client.
func (s *Server) Options() []faceid.Option {
	key := common.NewTokenCredential(s.CloudSecretID(), s.CloudSecretKey(), s.CloudToken())
	return []faceid.Option{
		faceid.WithApp(s.AppID(), s.Secret()),
		faceid.WithNFCKey(s.NFCKey()),
		faceid.WithBaseURL(s.BaseURL()),
		faceid.WithLoginBaseURL(s.BaseURL()),
		faceid.WithCloud(key, "ap-guangzhou"),
		faceid.WithCloudEndpoint(s.BaseURL()),
		faceid.WithIntl(key, "ap-singapore"),
		faceid.WithIntlEndpoint(s.BaseURL()),
		faceid.WithHTTPClient(&http.Client{Transport: s}),
		faceid.WithStore(faceid.NewMemoryStore()),
	}
}
