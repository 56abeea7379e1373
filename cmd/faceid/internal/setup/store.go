package setup

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/redisstore"
)

// OpenStore is a credential store that was opened, and what a person must know of it.
type OpenStore struct {
	faceid.Store

	Where  string // where the records are, without a password: a folder, or the scheme and the host of a server
	Shared bool   // whether other machines can use it
	Close  func()

	others func(ctx context.Context, base string) (names int, err error) // nil: the store cannot list
}

// Others counts the records in the store that belong to the appID of name and were saved
// with another secret. It is for a person who looks for a fault.
func (s *OpenStore) Others(ctx context.Context, name string) (int, error) {
	base, _, _ := strings.Cut(name, "#")
	if s.others == nil {
		return 0, errors.ErrUnsupported
	}
	all, err := s.others(ctx, base)
	if err != nil {
		return 0, err
	}
	if _, _, err := s.Load(ctx, name); err == nil {
		all-- // its own
	}
	return all, nil
}

// Store opens the credential store of FACEID_STORE:
//
//	file:/var/lib/faceid            a folder, for the processes of one machine
//	redis://user:pass@host:6379/0   Redis; rediss:// with TLS; FACEID_STORE_PREFIX is the prefix
//	postgres://user:pass@host/shop  Postgres; FACEID_STORE_PREFIX is the table
//	mysql://user:pass@host/shop     MySQL and MariaDB; ?tls=true with TLS; likewise
//	sqlite:/var/lib/faceid.db       SQLite, for the processes of one machine; likewise
//
// Without it the store is the folder that New uses by itself. The password of a server
// stands in the URL, so give it in the environment or in a file.
func (e *Env) Store() (*OpenStore, error) {
	where, err := e.Get(Store)
	if err != nil {
		return nil, err
	}
	prefix, err := e.Get(StorePrefix)
	if err != nil {
		return nil, err
	}
	if strayPassword(where) {
		return nil, bad("%s has an @ behind its host: write / ? # and @ within the password as %%2F %%3F %%23 and %%40", Store)
	}
	scheme, rest, _ := strings.Cut(where, ":")
	switch {
	case where == "":
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, bad("%s is not set, and this user has no cache directory: %v", Store, err)
		}
		return openFiles(filepath.Join(cache, "faceid"))
	case scheme == "file":
		return openFiles(strings.TrimPrefix(rest, "//"))
	case scheme == "redis" || scheme == "rediss":
		return openRedis(where, prefix)
	}
	for _, known := range []string{"postgres", "postgresql", "mysql", "sqlite"} {
		if scheme == known {
			return openSQL(where, prefix)
		}
	}
	return nil, bad("%s must begin with file:, redis://, rediss://, postgres://, mysql:// or sqlite:", Store)
}

func openFiles(dir string) (*OpenStore, error) {
	if dir == "" {
		return nil, bad("%s names no folder", Store)
	}
	s, err := newFiles(dir)
	if err != nil {
		return nil, bad("%s: %v", Store, err)
	}
	return &OpenStore{Store: s, Where: dir, Close: func() {}, others: func(_ context.Context, base string) (int, error) {
		// A file is named by the first 40 characters of its key, with "_" for all that is no
		// letter or digit. A key ends with 16 hexadecimal digits.
		readable := strings.Map(func(r rune) rune {
			if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				return r
			}
			return '_'
		}, base+"#")
		digits := min(16, 40-len(readable))
		if digits < 8 {
			return 0, errors.ErrUnsupported
		}
		files, err := filepath.Glob(filepath.Join(dir, readable+strings.Repeat("[0-9a-f]", digits)+"-*.record"))
		return len(files), err
	}}, nil
}

func openRedis(where, prefix string) (*OpenStore, error) {
	o, err := redis.ParseURL(where)
	if err != nil {
		return nil, bad("%s is no URL of Redis", Store) // the parser's own text may quote the password
	}
	var opts []redisstore.Option
	if prefix != "" {
		opts = append(opts, redisstore.WithPrefix(prefix))
	}
	o.DialerRetries = 1        // a person waits, and wants to know why it cannot be reached
	redis.SetLogger(silence{}) // it writes to the standard error, where progress is shown
	client := redis.NewClient(o)
	s, err := redisstore.New(client, opts...)
	if err != nil {
		_ = client.Close()
		return nil, bad("%s: %v", StorePrefix, err)
	}
	return &OpenStore{Store: s, Where: hostOf(where), Shared: true, Close: func() { _ = client.Close() },
		others: func(ctx context.Context, base string) (int, error) {
			found := 0
			keys := client.Scan(ctx, 0, glob(cmp.Or(prefix, "faceid:")+"{"+base)+"#*}:record", 1000).Iterator()
			for keys.Next(ctx) {
				found++
			}
			return found, keys.Err()
		}}, nil
}

// strayPassword reports whether the password in the URL of a server ends the host too early,
// because it is not percent-encoded. The rest of it would be taken for the name of a
// database, and be printed.
func strayPassword(where string) bool {
	scheme, server, ok := strings.Cut(where, "://")
	i := strings.IndexAny(server, "/?#")
	return ok && scheme != "file" && scheme != "sqlite" && i >= 0 && strings.Contains(server[i:], "@")
}

// hostOf returns scheme and host of a URL, without its user and password.
func hostOf(where string) string {
	u, err := url.Parse(where)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// glob quotes what has a meaning in a pattern of Redis.
func glob(text string) string {
	return strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, `\`, `\\`).Replace(text)
}

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
