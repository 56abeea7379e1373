//go:build unix

package faceid

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// openFlags refuse a symbolic link, and do not wait for the other end of a pipe. (Go
// sets O_CLOEXEC itself.)
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// makeOwnDir makes the directory if it is missing. It refuses a directory if anybody but
// this user and root can put something into it or into its place, because whoever can
// replace the record can lock everyone out. It makes nothing behind a directory that it
// refuses.
func makeOwnDir(dir string) error {
	parent, err := realDir(filepath.Dir(dir))
	if err != nil {
		return err
	}
	dir = filepath.Join(parent, filepath.Base(dir))
	info, err := lstatOrMake(dir)
	if err != nil {
		return err
	}
	return trustDir(dir, info)
}

// realDir walks to a directory from the root, through symbolic links, and makes missing
// directories. It refuses a directory that it cannot trust before it looks up a name in
// it, so that nobody but this user and root can change the rest of the path.
func realDir(path string) (string, error) {
	here := "/"
	for rest := strings.Split(path, "/"); len(rest) > 0; {
		next := filepath.Join(here, rest[0]) // the first element is the root, and elements of a link may be ".."
		rest = rest[1:]
		info, err := lstatOrMake(next)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			if err := trustParent(next, info); err != nil {
				return "", err
			}
			here = next
			continue
		}
		target, err := follow(next, info)
		if err != nil {
			return "", err
		}
		rest = append(strings.Split(target, "/"), rest...)
		if filepath.IsAbs(target) {
			here = "/"
		}
	}
	return here, nil
}

// lstatOrMake returns what is under a name, and makes a directory if there is nothing.
func lstatOrMake(dir string) (fs.FileInfo, error) {
	info, err := os.Lstat(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return info, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.Lstat(dir)
}

// follow reads a symbolic link on the path. It refuses a link that leads nowhere, so
// that no directory is made in the place of a disk that is missing.
func follow(link string, info fs.FileInfo) (target string, err error) {
	if owner := ownerOf(info); !isOwnOrRoot(owner) {
		return "", fmt.Errorf("the symbolic link %s belongs to %s, who decides where it leads: give a directory that is reached without it", link, uidName(owner))
	}
	if _, err := os.Stat(link); err != nil {
		return "", fmt.Errorf("the symbolic link %s leads nowhere: %w", link, err)
	}
	return os.Readlink(link)
}

// trustParent refuses a directory on the path if others can replace what is in it. A
// group counts as others, even if its only member is the user today, because this
// process cannot see who joins it later.
func trustParent(dir string, info fs.FileInfo) error {
	const place = "can put a directory of their own in the place of the store's"
	mode, owner := info.Mode(), ownerOf(info)
	switch {
	case !mode.IsDir():
		return fmt.Errorf("%s is not a directory but a %s", dir, kind(mode))
	case !isOwnOrRoot(owner):
		return fmt.Errorf("%s belongs to %s, and its owner %s: give a directory whose parents all belong to root or to %s, as whom this process runs", dir, uidName(owner), place, uidName(ownUID()))
	case othersWrite(mode) && mode&fs.ModeSticky == 0:
		return fmt.Errorf("%s may write in %s (mode %04o), and %s: run chmod go-w on it, or give a directory elsewhere", writers(info), dir, mode.Perm(), place)
	}
	return nil
}

// trustDir refuses the directory of the store if it is not for this user alone.
func trustDir(dir string, info fs.FileInfo) error {
	mode, owner := info.Mode(), ownerOf(info)
	switch {
	case mode&fs.ModeSymlink != 0:
		target, _ := os.Readlink(dir)
		return fmt.Errorf("%s is a symbolic link to %s: give the directory itself", dir, target)
	case !mode.IsDir():
		return fmt.Errorf("%s is not a directory but a %s", dir, kind(mode))
	case owner != ownUID():
		return fmt.Errorf("%s belongs to %s, and this process runs as %s: give a directory of its own, or chown this one", dir, uidName(owner), uidName(ownUID()))
	case othersWrite(mode):
		return fmt.Errorf("others may write in %s: %s (mode %04o): run chmod go-w on it, or give a directory of your own (0700)", dir, writers(info), mode.Perm())
	}
	return nil
}

// trustOwner refuses a regular file if another user owns it or can write in it. A file
// that others can only read is accepted: a backup that was restored can be such a file,
// and this user wrote its content. A guard that others can read is refused, because
// reading is enough to hold its lock for ever. A second name (a hard link) is no reason
// to refuse a file, because backups make such names, and no file is ever written in
// place.
func trustOwner(path string, info fs.FileInfo) error {
	mode, owner := info.Mode(), ownerOf(info)
	switch {
	case owner != ownUID():
		return fmt.Errorf("%s belongs to %s, and this process runs as %s: find out why, and remove it", path, uidName(owner), uidName(ownUID()))
	case othersWrite(mode):
		return fmt.Errorf("others may write in %s: %s (mode %04o): nobody knows what is in it; so remove it", path, writers(info), mode.Perm())
	case filepath.Ext(path) == ".guard" && mode.Perm()&0o044 != 0:
		return fmt.Errorf("others may open %s (mode %04o), and keep everyone waiting: run chmod 600 on it", path, mode.Perm())
	}
	return nil
}

func ownUID() uint32 { return uint32(os.Geteuid()) } //nolint:gosec // a uid has 32 bits

func isOwnOrRoot(uid uint32) bool { return uid == ownUID() || uid == 0 }

func ownerOf(info fs.FileInfo) uint32 {
	return info.Sys().(*syscall.Stat_t).Uid
}

func uidName(uid uint32) string {
	if uid == 0 {
		return "root"
	}
	return fmt.Sprintf("uid %d", uid)
}

func othersWrite(mode fs.FileMode) bool { return mode.Perm()&0o022 != 0 }

func writers(info fs.FileInfo) string {
	if info.Mode().Perm()&0o002 != 0 {
		return "everybody"
	}
	return fmt.Sprintf("its group (gid %d)", info.Sys().(*syscall.Stat_t).Gid)
}
