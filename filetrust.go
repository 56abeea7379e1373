package faceid

import (
	"fmt"
	"io/fs"
	"os"
)

// A FileStore makes plain files of its user. Anything else under the names of its files
// was put there by this user, by root, or before the directory belonged to this user. It
// is an error that names the file, and the file is neither read, nor followed, nor
// removed. filetrust_unix.go is the part of this that knows owners.

// openOwn opens a file of the store for reading. It refuses a wrong file by the open
// file, which nobody can exchange, and not by its name.
func openOwn(path string) (*os.File, fs.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0) //nolint:gosec // a path of ours
	if err != nil {
		return nil, nil, openFailure(path, err)
	}
	info, err := file.Stat()
	if err == nil {
		err = trustFile(path, info)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// openFailure returns the error of a file that would not open. If there is something
// else in the place of the file, the error names that, because it says more than why.
func openFailure(path string, why error) error {
	if info, err := os.Lstat(path); err == nil {
		if err := trustFile(path, info); err != nil {
			return err
		}
	}
	return why
}

// trustFile refuses a file that cannot be a file of the store.
func trustFile(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is a %s, which the store never makes: find out who made it, and remove it", path, kind(info.Mode()))
	}
	return trustOwner(path, info)
}

// kind returns the word for a kind of file.
func kind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "symbolic link"
	case mode.IsDir():
		return "directory"
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	case mode.IsRegular():
		return "file"
	}
	return "special file"
}
