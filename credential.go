package faceid

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/faceid-go/faceid/internal/credential"
)

// This file connects the Client to internal/credential, which keeps token and tickets.
// The Client fetches tokens and tickets for it, and reports what happens to them.

// tokenPlatform is the platform in the form that internal/credential wants.
type tokenPlatform struct{ c *Client }

func (p tokenPlatform) Secret(ctx context.Context) (string, error) {
	family := ErrCredential
	secret, err := p.c.app.secret(ctx)
	switch {
	case isPanic(err):
		family = ErrCaller
	case err != nil:
		err = fmt.Errorf("the secret provider failed: %w", scrub(err, nil))
	default:
		reason := secretFault(secret)
		if reason == "" {
			return secret, nil
		}
		err = &ArgumentError{Field: "WithSecretProvider", Reason: reason}
	}
	return "", platformError(&Error{Op: opRefresh, Family: family, Err: err, notSent: true}, false)
}

func (p tokenPlatform) Mint(ctx context.Context, secret string) (credential.Ticket, error) {
	token, err := p.c.mintToken(ctx, secret)
	return token, platformError(err, errors.Is(err, ErrCredential) || errors.Is(err, ErrAccount))
}

func (p tokenPlatform) SignTicket(ctx context.Context, token string) (credential.Ticket, error) {
	t, err := p.c.fetchTicket(ctx, "SIGN", token)
	return t, platformError(err, isRefusal(err))
}

func (p tokenPlatform) NonceTicket(ctx context.Context, token string) error {
	_, err := p.c.fetchTicket(ctx, "NONCE", token, param{"user_id", "probe"})
	return platformError(err, isRefusal(err))
}

// platformError tells internal/credential how a request failed, and whether the request
// may have taken effect.
func platformError(err error, refused bool) error {
	if err == nil {
		return nil
	}
	told := &credential.PlatformError{Err: notTheCallers(err)}
	var e *Error
	switch {
	case !errors.As(err, &e):
	case e.Code != "" && refused:
		told.Fate, told.Reason = credential.Refused, reasonOf(err)
	case e.Code != "":
		told.Fate = credential.Answered
	case e.notSent:
		told.Fate = credential.Withheld
	case neverLeft(e.Err):
		told.Fate = credential.Unsent
	}
	return told
}

// credentialWatch reports to log and observer what happens to the credentials.
type credentialWatch struct{ c *Client }

func (w credentialWatch) Refreshed(ctx context.Context, took time.Duration, err error) {
	var unreported error
	defer w.c.caught(ctx, "the report of a refresh", &unreported)
	w.c.report(ctx, Event{Kind: EventRefresh, Op: opRefresh, Duration: took, Err: credentialError(err)})
}

func (w credentialWatch) StoreTrouble(ctx context.Context, op string, err error) {
	w.c.log.LogAttrs(ctx, slog.LevelError, "faceid: store trouble", slog.String("op", op), slog.String("error", err.Error()))
	w.c.observe(ctx, Event{Kind: EventStore, Op: op, Family: storeFamily(err), Err: err})
}

// FreshTokenDied logs a warning the first time, and ErrForeignRefresh after that. Only
// people can mend this: the Client cannot.
func (w credentialWatch) FreshTokenDied(ctx context.Context, nth int) {
	if nth < 2 {
		w.c.log.LogAttrs(ctx, slog.LevelWarn, "faceid: a fresh access token was refused: another system may use this appID, or the console changed the secret")
		return
	}
	w.c.log.LogAttrs(ctx, slog.LevelError, ErrForeignRefresh.Error(), slog.Int("times", nth))
	w.c.observe(ctx, Event{Kind: EventRefresh, Op: "foreign", Family: ErrCredential, Err: ErrForeignRefresh})
}

func (w credentialWatch) Panicked(ctx context.Context, value any) error {
	e := &Error{Op: opRefresh, Family: ErrCredential, Err: errors.New(w.c.logPanic(ctx, "the refresh", value).Error())}
	return &credential.PlatformError{Fate: credential.Withheld, Err: e}
}

func (w credentialWatch) Ended(ctx context.Context) error {
	w.c.logGoexit(ctx, partUnknown)
	e := &Error{Op: opRefresh, Family: ErrCaller, Err: &goexitError{partUnknown}}
	return &credential.PlatformError{Fate: credential.Withheld, Err: e}
}

// guardedStore is the caller's store behind a guard. If the store panics, or answers in a
// way that the interface Store does not allow, the call returns an error.
type guardedStore struct {
	store Store
	c     *Client
}

func (s *guardedStore) Load(ctx context.Context, key string) (record []byte, age time.Duration, err error) {
	defer s.c.caught(ctx, partStore, &err)
	return s.store.Load(ctx, key)
}

func (s *guardedStore) CompareAndSwap(ctx context.Context, key string, old, record []byte) (swapped bool, err error) {
	defer s.c.caught(ctx, partStore, &err)
	return s.store.CompareAndSwap(ctx, key, old, record)
}

func (s *guardedStore) Lock(ctx context.Context, key string, lease time.Duration) (l credential.Lock, err error) {
	defer s.c.caught(ctx, partStore, &err)
	lock, err := s.store.Lock(ctx, key, lease)
	switch {
	case err != nil:
		return nil, err
	case lock == nil:
		return nil, errNoLock
	}
	return &guardedLock{lock, s.c}, nil
}

type guardedLock struct {
	lock Lock
	c    *Client
}

// Left returns 0 after a panic, because nobody can tell whether the lock is held.
func (l *guardedLock) Left() (left time.Duration) {
	var logged error
	defer l.c.caught(context.Background(), partStore, &logged)
	return l.lock.Left()
}

func (l *guardedLock) Unlock(ctx context.Context) (err error) {
	defer l.c.caught(ctx, partStore, &err)
	return l.lock.Unlock(ctx)
}

var errNoLock = errors.New("the store gave neither a lock nor an error")
