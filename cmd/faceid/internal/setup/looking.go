package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/internal/credential"
)

// Looking lets a Client read a credential store and nothing else, and keeps what the Client
// has read. A Client that may not lock the store cannot fetch a token.
type Looking struct {
	*OpenStore

	Name   string        // the key of the record; "" before the first Load
	Record []byte        // as it is stored
	Age    time.Duration // since it was saved
	Err    error         // of the last Load

	secret string
}

// Verifies reports whether the record that was read last has a SIGN ticket that lives. All
// others of the record are older.
func (s *Looking) Verifies() bool {
	c, err := credential.Inspect(s.Name, s.secret, s.Record, s.Age)
	return s.Err == nil && err == nil && c.Sign.Value != "" && c.Sign.Age < c.Sign.Life
}

// Format prints no field, whatever the verb: the record and the secret are among them.
func (s *Looking) Format(f fmt.State, _ rune) { fmt.Fprint(f, "setup.Looking") }

// ErrLooking is what a Client gets when it wants to change the store, or to send something.
var ErrLooking = errors.New("this command only looks")

// Load implements faceid.Store.
func (s *Looking) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	record, age, err := s.OpenStore.Load(ctx, key)
	s.Name, s.Record, s.Age, s.Err = key, record, age, err
	return record, age, err
}

// CompareAndSwap saves nothing.
func (*Looking) CompareAndSwap(context.Context, string, []byte, []byte) (bool, error) {
	return false, ErrLooking
}

// Lock locks nothing.
func (*Looking) Lock(context.Context, string, time.Duration) (faceid.Lock, error) {
	return nil, ErrLooking
}

// Client returns a Client of the App that reads the store and has no network.
func (s *Looking) Client(a *App) (*faceid.Client, error) {
	s.secret = a.Secret
	return faceid.New(append(a.Options(), faceid.WithStore(s), faceid.WithHTTPClient(&http.Client{Transport: noNetwork{}}),
		faceid.WithBackgroundRefresh(false))...)
}

type noNetwork struct{}

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) { return nil, ErrLooking }
