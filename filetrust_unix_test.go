//go:build unix

package faceid_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// A developer's umask may let the group write in what the tests make.
func init() {
	syscall.Umask(0o022)
	roles["trust"] = trustAll
}

// trustAll runs trust in another process and prints a line for every directory.
func trustAll(dirs []string) error {
	for _, dir := range dirs {
		if err := json.NewEncoder(os.Stdout).Encode(trust(dir)); err != nil {
			return err
		}
	}
	return nil
}

// directoryRow is a directory that is planted, and what is said of it.
type directoryRow struct {
	plant func(p planter) (dir string)
	want  string // what the error says; "" where the directory is good
}

// directoryRows are directories of every kind.
var directoryRows = map[string]directoryRow{
	"missing":                   {func(p planter) string { p.mkdir("a", 0o700); return p.path("a/b/store") }, ""},
	"our own":                   {func(p planter) string { return p.mkdir("store", 0o700) }, ""},
	"others may look into it":   {func(p planter) string { return p.mkdir("store", 0o755) }, ""},
	"the group may write in it": {func(p planter) string { return p.mkdir("store", 0o770) }, "others may write in"},
	"all may write in it":       {func(p planter) string { return p.mkdir("store", 0o702) }, "others may write in"},
	"sticky, all may write in it": {func(p planter) string {
		return p.mkdir("store", 0o777|os.ModeSticky)
	}, "others may write in"},
	"another's": {func(p planter) string {
		p.mkdir("store", 0o755)
		p.give("store", p.stranger)
		return p.path("store")
	}, "store belongs to uid 65533, and this process runs as"},
	"root's, and we are not root": {func(p planter) string {
		if p.own == 0 || os.Geteuid() != 0 {
			p.Skip("as another user only")
		}
		p.mkdir("store", 0o755)
		p.give("store", 0)
		return p.path("store")
	}, "store belongs to root, and this process runs as uid 65534"},
	"a symbolic link to our own": {func(p planter) string {
		p.symlink(p.mkdir("real", 0o700), "store")
		return p.path("store")
	}, "store is a symbolic link to "},
	"a symbolic link to nothing": {func(p planter) string {
		p.symlink(p.path("outside"), "store")
		return p.path("store")
	}, "store is a symbolic link to "},
	"a file": {func(p planter) string { return p.file("store", "x", 0o600) }, "store is not a directory"},
	"a pipe": {func(p planter) string { p.fifo("store"); return p.path("store") }, "store is not a directory but a named pipe"},

	"all may write in its parent": {func(p planter) string {
		p.mkdir("a/store", 0o700)
		p.mkdir("a", 0o777)
		return p.path("a/store")
	}, "everybody may write in "},
	"the group may write in its parent": {func(p planter) string {
		p.mkdir("a/store", 0o700)
		p.mkdir("a", 0o770)
		return p.path("a/store")
	}, "its group (gid "},
	"all may write in its parent's parent": {func(p planter) string {
		p.mkdir("a/b/store", 0o700)
		p.mkdir("a/b", 0o700)
		p.mkdir("a", 0o707)
		return p.path("a/b/store")
	}, "everybody may write in "},
	"missing where all may write": {func(p planter) string { p.mkdir("outside", 0o777); return p.path("outside/store") }, "everybody may write in "},
	"a sticky parent":             {func(p planter) string { p.mkdir("a", 0o777|os.ModeSticky); return p.mkdir("a/store", 0o700) }, ""},
	"missing in a sticky parent":  {func(p planter) string { p.mkdir("a", 0o777|os.ModeSticky); return p.path("a/store") }, ""},
	"another's in a sticky parent": {func(p planter) string {
		p.mkdir("a", 0o777|os.ModeSticky)
		p.mkdir("a/store", 0o755)
		p.give("a/store", p.stranger)
		return p.path("a/store")
	}, "store belongs to uid 65533"},
	"a parent of another": {func(p planter) string {
		p.mkdir("a/store", 0o700)
		p.mkdir("a", 0o755)
		p.give("a", p.stranger)
		return p.path("a/store")
	}, "a belongs to uid 65533, and its owner can"},
	"a sticky parent of another": {func(p planter) string {
		p.mkdir("a/store", 0o700)
		p.mkdir("a", 0o777|os.ModeSticky)
		p.give("a", p.stranger)
		return p.path("a/store")
	}, "a belongs to uid 65533, and its owner can"},
	"a parent of root": {func(p planter) string {
		p.mkdir("a/store", 0o700)
		p.give("a", 0)
		return p.path("a/store")
	}, ""},
	"a file for a parent": {func(p planter) string { p.file("a", "x", 0o644); return p.path("a/store") }, "a is not a directory but a file"},

	"a link on the way": {func(p planter) string {
		p.mkdir("real/store", 0o700)
		p.symlink("./../"+filepath.Base(p.base)+"/real", "link")
		return p.path("link/store")
	}, ""},
	"missing behind a link on the way": {func(p planter) string {
		p.mkdir("real", 0o700)
		p.symlink(p.path("real"), "link")
		return p.path("link/a/store")
	}, ""},
	"our link where others may write": {func(p planter) string {
		p.mkdir("real/store", 0o700)
		p.mkdir("a", 0o777)
		p.symlink(p.path("real"), "a/link")
		return p.path("a/link/store")
	}, "everybody may write in "},
	"our link in a sticky directory": {func(p planter) string {
		p.mkdir("real/store", 0o700)
		p.mkdir("a", 0o777|os.ModeSticky)
		p.symlink(p.path("real"), "a/link")
		return p.path("a/link/store")
	}, ""},
	"another's link in a sticky directory": {func(p planter) string {
		p.mkdir("real/store", 0o700)
		p.mkdir("a", 0o777|os.ModeSticky)
		p.symlink(p.path("real"), "a/link")
		p.give("a/link", p.stranger)
		return p.path("a/link/store")
	}, "link belongs to uid 65533, who decides where it leads"},
	"a link to where others may write": {func(p planter) string {
		p.mkdir("a/real/store", 0o700)
		p.mkdir("a", 0o777)
		p.symlink(p.path("a/real"), "link")
		return p.path("link/store")
	}, "everybody may write in "},
	"a link on the way to nothing": {func(p planter) string {
		p.symlink(p.path("outside"), "link")
		return p.path("link/store")
	}, "link leads nowhere"},
	"a link to itself": {func(p planter) string { p.symlink("link", "link"); return p.path("link/store") }, "link leads nowhere"},
}

// Somebody who can replace the directory of the store, or a file in it, can lock
// everyone out. Such a directory is refused by every call, before anything is made.
func TestFileStoreTrustsOnlyItsOwnDirectory(t *testing.T) {
	all := everybody(t)
	for name, row := range directoryRows {
		t.Run(name, func(t *testing.T) {
			all.try(t, func(p planter, trust func(string) tried) {
				if p.own != os.Geteuid() { // The parents of the directory belong to the same user.
					require.NoError(t, os.Chown(p.base, p.own, -1))
				}
				dir := row.plant(p)
				got := trust(dir)
				for use, said := range map[string]string{"Load": got.Load, "CompareAndSwap": got.Swap, "Lock": got.Lock, "NewFileStore": got.New} {
					if row.want == "" {
						require.Empty(p, said, use)
					} else {
						require.Contains(p, said, row.want, use)
					}
				}
				require.Equal(p, row.want == "", got.NotFound, "a store that cannot be used is not an empty one")
				if row.want != "" {
					require.NoFileExists(p, p.path("outside"))
					require.NoDirExists(p, filepath.Join(p.path("outside"), "store"))
				}
			})
		})
	}
}

// everywhere are the endings of all files that a store keeps for a key.
var everywhere = []string{".record", ".lock", ".guard"}

// fileRow is what is planted under the name of a file, the endings it is planted
// under, and what is said of it.
type fileRow struct {
	plant func(p planter, name string)
	at    []string
	want  string
}

// fileRows are files of every kind.
var fileRows = map[string]fileRow{
	"a link to a file of ours": {func(p planter, name string) { p.symlink(p.path("outside/ours"), name) }, everywhere, "is a symbolic link"},
	"a link to nothing":        {func(p planter, name string) { p.symlink(p.path("outside/nothing"), name) }, everywhere, "is a symbolic link"},
	"a pipe":                   {func(p planter, name string) { p.fifo(name) }, everywhere, "is a named pipe"},
	"a directory":              {func(p planter, name string) { p.mkdir(name, 0o700) }, everywhere, "is a directory"},
	"a device": {func(p planter, name string) {
		p.needsRoot()
		if err := syscall.Mknod(p.path(name), syscall.S_IFCHR|0o600, 1<<8|3); err != nil {
			p.Skip(err)
		}
		p.give(name, p.own)
	}, everywhere, "is a device"},
	"a socket": {func(p planter, name string) {
		// Its own path would be too long.
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		require.NoError(p, err)
		defer syscall.Close(fd)
		short := filepath.Join(p.base, "s")
		require.NoError(p, syscall.Bind(fd, &syscall.SockaddrUnix{Name: short}))
		require.NoError(p, os.Rename(short, p.path(name)))
	}, everywhere, "is a socket"},
	"another's": {func(p planter, name string) {
		p.file(name, "another's", 0o644)
		p.give(name, p.stranger)
	}, everywhere, "belongs to uid 65533"},
	"another's, which we may not open": {func(p planter, name string) {
		p.file(name, "another's", 0o600)
		p.give(name, p.stranger)
	}, everywhere, "belongs to uid 65533"},
	"the group may write in it": {func(p planter, name string) { p.file(name, "x", 0o620) }, everywhere, "others may write in"},
	"all may write in it":       {func(p planter, name string) { p.file(name, "x", 0o602) }, everywhere, "others may write in"},
	"others may read it":        {func(p planter, name string) { p.file(name, "ours", 0o644) }, []string{".record", ".lock"}, ""},
	"others may hold the guard": {func(p planter, name string) { p.file(name, "", 0o604) }, []string{".guard"}, "others may open"},
	"a second name for a file of ours": {func(p planter, name string) {
		require.NoError(p, os.Link(p.path("outside/ours"), p.path(name)))
	}, everywhere, ""},
}

// Under the names of the store's files, only plain files of the store's own user count.
// The error for anything else says what it is; the thing is not opened, followed,
// waited for or cleared away.
func TestFileStoreTrustsOnlyItsOwnFiles(t *testing.T) {
	all := everybody(t)
	for name, row := range fileRows {
		for _, kind := range row.at {
			t.Run(name+kind, func(t *testing.T) {
				all.try(t, func(p planter, trust func(string) tried) {
					p.mkdir("outside", 0o755)
					p.file("outside/ours", "ours", 0o600)
					dir := p.mkdir("store", 0o700)
					rel, err := filepath.Rel(p.base, faceid.FileStorePath(dir, planted, kind))
					require.NoError(p, err)
					row.plant(p, rel)
					refused(p, trust(dir), kind, row.want)

					text, err := os.ReadFile(p.path("outside/ours"))
					require.NoError(p, err)
					require.Equal(p, "ours", string(text))
					left, err := os.ReadDir(p.path("outside"))
					require.NoError(p, err)
					require.Len(p, left, 1, "nothing is made outside the directory")
				})
			})
		}
	}
}

// refused expects that every use of the file fails and says so, and that all other uses
// work.
func refused(p planter, got tried, kind, want string) {
	p.Helper()
	needs := map[string]bool{
		"Load":           kind == ".record",
		"CompareAndSwap": kind != ".lock",
		"Lock":           kind != ".record",
		"NewFileStore":   true,
	}
	for use, said := range map[string]string{"Load": got.Load, "CompareAndSwap": got.Swap, "Lock": got.Lock, "NewFileStore": got.New} {
		if want == "" || !needs[use] {
			require.Empty(p, said, use)
			continue
		}
		require.Contains(p, said, want, use)
		require.Contains(p, said, filepath.Base(faceid.FileStorePath("", planted, kind)), use)
	}
	require.Equal(p, kind != ".record", got.NotFound)
	if kind == ".record" && want == "" {
		require.Equal(p, "ours", got.Record)
	}
}
