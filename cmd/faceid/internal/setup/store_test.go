package setup

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/sqlstore"
)

// env returns an environment of names and values.
func env(t *testing.T, pairs ...string) *Env {
	t.Helper()
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	e, err := Read(func(name string) (string, bool) { v, ok := values[name]; return v, ok }, "")
	require.NoError(t, err)
	return e
}

func TestStoreOpensEachKind(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a b.db")
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	made, err := sqlstore.New(db, sqlstore.SQLite)
	require.NoError(t, err)
	require.NoError(t, made.CreateTable(t.Context()))
	redis := miniredis.RunT(t)
	redis.RequireUserAuth("me", "pass-word")

	const one, two = "0123456789abcde1", "0123456789abcde2"
	for where, shared := range map[string]bool{
		"file:" + filepath.Join(dir, "files"):         false,
		"redis://me:pass-word@" + redis.Addr() + "/0": true,
		"sqlite:" + file: false,
	} {
		s, err := env(t, Store, where).Store()
		require.NoError(t, err, where)
		require.Equal(t, shared, s.Shared, where)
		require.NotContains(t, s.Where+fmt.Sprint(s.Store), "pass-word")
		for i, name := range []string{"app#" + one, "app#" + two, "other#" + one, "app2#" + one, "app@host#" + one} {
			others, err := s.Others(t.Context(), "app#"+one)
			require.NoError(t, err, where)
			require.Equal(t, min(max(i-1, 0), 1), others, "%s, after %d records", where, i)
			ok, err := s.CompareAndSwap(t.Context(), name, nil, []byte("record"))
			require.NoError(t, err)
			require.True(t, ok)
		}
		others, err := s.Others(t.Context(), "app#0123456789abcde3")
		require.NoError(t, err)
		require.Equal(t, 2, others, where)
		s.Close()
	}
}

func TestStoreOfADatabaseThatIsNotThereIsNotEmpty(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gone.db")
	for _, where := range []string{"sqlite:" + file, "postgres://me:pass-word@127.0.0.1:1/shop?connect_timeout=1", "mysql://me:pass-word@127.0.0.1:1/shop"} {
		s, err := env(t, Store, where).Store()
		require.NoError(t, err)
		_, _, err = s.Load(t.Context(), "app#1")
		require.Error(t, err, where)
		require.NotErrorIs(t, err, faceid.ErrNotFound)
		require.NotContains(t, err.Error()+s.Where, "pass-word")
		s.Close()
	}
	require.NoFileExists(t, file)
}

func TestStoreRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, where := range []string{"memcached://host", "host:6379", "redis://[", "mysql:x", "sqlite:", "pass-word"} {
		_, err := env(t, Store, where).Store()
		require.ErrorIs(t, err, ErrSetup, where)
		require.NotContains(t, err.Error(), where)
	}
}

func TestDatabaseWritesTheAddressOfEachDriver(t *testing.T) {
	for where, want := range map[string]string{
		"mysql://me:p%40ss@db/shop?tls=true": "me:p@ss@tcp(db:3306)/shop?tls=true",
		"mysql://me@db:3307/shop":            "me@tcp(db:3307)/shop",
		"postgres://me:p%40ss@db/shop":       "postgres://me:p%40ss@db/shop",
		"sqlite:///var/lib/faceid.db":        "file:/var/lib/faceid.db?mode=rw&_pragma=busy_timeout(5000)",
	} {
		_, address, _, err := database(where)
		require.NoError(t, err)
		require.Equal(t, want, address)
	}
}

func TestStoreThatIsOnlyReadLeavesNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s, err := env(t, Store, "file:"+dir).Store()
	require.NoError(t, err)
	_, _, err = s.Load(t.Context(), "app#1")
	require.ErrorIs(t, err, faceid.ErrNotFound)
	require.NoDirExists(t, dir, "a folder of the user who looked would keep the backend out")

	ok, err := s.CompareAndSwap(t.Context(), "app#1", nil, []byte("record"))
	require.NoError(t, err)
	require.True(t, ok)
	record, _, err := s.Load(t.Context(), "app#1")
	require.NoError(t, err)
	require.Equal(t, "record", string(record))
}

func TestStoreRefusesAPasswordThatIsNotEncoded(t *testing.T) {
	for _, where := range []string{
		"postgres://me:12/pass-word@127.0.0.1:1/shop", "mysql://me:12#pass-word@127.0.0.1:1/shop", "redis://:12?pass-word@127.0.0.1:1/0",
	} {
		_, err := env(t, Store, where).Store()
		require.ErrorIs(t, err, ErrSetup, "the driver would quote the rest of the password as a name")
		require.ErrorContains(t, err, "%2F")
		require.NotContains(t, err.Error(), "pass-word")
	}
	s, err := env(t, Store, "file:///var/lib/a@b").Store()
	require.NoError(t, err, "a folder has no password")
	s.Close()
}

func TestLookingPrintsNoSecret(t *testing.T) {
	e := env(t, AppID, "TIDA0001", Secret, "the-secret", Store, "file:"+t.TempDir()+"/store")
	app, err := e.App()
	require.NoError(t, err)
	store, err := e.Store()
	require.NoError(t, err)
	look := &Looking{OpenStore: store, Record: []byte("the-record")}
	_, err = look.Client(app)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		text := fmt.Sprintf(verb+" "+verb+" "+verb, look, app, e)
		require.NotContains(t, text, "the-secret", verb)
		require.NotContains(t, text, "the-record", verb)
	}
}
