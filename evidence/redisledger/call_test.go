package redisledger_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/redisledger"
)

// parrot starts a server that answers every script but the first one with one text.
func parrot(t *testing.T, answer string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	var scripts atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for b := make([]byte, 1<<16); ; {
					n, err := c.Read(b)
					switch {
					case err != nil:
						return
					case !strings.Contains(strings.ToLower(string(b[:n])), "eval"):
						_, _ = c.Write([]byte("-ERR unknown command\r\n"))
					case scripts.Add(1) == 1:
						_, _ = c.Write([]byte("*1\r\n$0\r\n\r\n"))
					default:
						_, _ = c.Write([]byte(answer))
					}
				}
			}()
		}
	}()
	return &server{addr: l.Addr().String()}
}

// A server without scripts quotes the arguments of the request, and a client that cannot
// read an answer quotes the answer. An entry holds the token of a flow.
func TestErrorDoesNotQuoteEntries(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"-ERR unknown command 'evalsha', with args beginning with: '5e' '1' 'the-token' \r\n",
		"!the-token\r\n", "the-token\r\n", "$the-token\r\n", "*the-token\r\n", ":the-token\r\n", "+the-token\r\n",
		"*1\r\n$9\r\nthe-token\r\n", "*0\r\n", "*1\r\n$0\r\n\r\n",
	} {
		l := parrot(t, answer).ledger(t, func(o *redis.Options) {
			o.MaxRetries, o.Protocol, o.DisableIdentity, o.ReadTimeout = -1, 2, true, time.Second
		})
		_, errSave := l.Save(t.Context(), entry("order1"))
		errEntries := errorOf(t, l, evidence.Query{})
		for what, err := range map[string]error{"Save": errSave, "Entries": errEntries} {
			if what == "Save" && answer == "*1\r\n$0\r\n\r\n" {
				require.NoError(t, err, "this is what the script returns")
				continue
			}
			require.Error(t, err, answer)
			require.NotErrorIs(t, err, evidence.ErrConflict)
			require.NotContains(t, err.Error(), "the-token")
			require.Contains(t, err.Error(), "redisledger: "+what)
		}
	}
}

func TestCallReturnsTheErrorOfTheServer(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"LOADING Redis is loading", "OOM command not allowed", "READONLY You can't write against a read only replica."} {
		mr := miniredis.RunT(t)
		l, err := redisledger.New(t.Context(), redis.NewClient(&redis.Options{Addr: mr.Addr(), MaxRetries: -1}), "test")
		require.NoError(t, err)
		save(t, l, entry("order1"))
		mr.SetError(answer)
		_, errLoad := l.Load(t.Context(), "face-h5/order1")
		_, errSave := l.Save(t.Context(), entry("order1"))
		for _, err := range []error{errLoad, errSave, l.Delete(t.Context(), "face-h5/order1"), errorOf(t, l, evidence.Query{})} {
			require.ErrorContains(t, err, answer)
			require.NotErrorIs(t, err, evidence.ErrNoEntry)
			require.NotErrorIs(t, err, evidence.ErrConflict)
			var refused redis.Error
			require.True(t, errors.As(err, &refused))
		}
	}
}

func TestLedgerPrintsNoAddress(t *testing.T) {
	t.Parallel()
	mr := miniredis.RunT(t)
	l, err := redisledger.New(t.Context(), redis.NewClient(&redis.Options{Addr: mr.Addr()}), "test")
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", l, l, l, l), mr.Port())
}
