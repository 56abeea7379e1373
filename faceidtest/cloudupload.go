package faceidtest

import (
	"crypto/md5" //nolint:gosec // the platform uses MD5
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	pathCloudUpload   = "/cloud/upload"
	pathCloudResource = "/cloud/resource"

	uploadURLLife = 10 * time.Minute // by choice: an answer tells it, and no document does
	uploadLife    = 2 * time.Hour
	maxUpload     = 64 << 20 // by choice: the documents name no limit of the storage
)

// cloudUpload is a file that CreateUploadUrl made room for.
type cloudUpload struct {
	closes time.Time // when the URLs expire
	body   []byte    // nil: nothing was uploaded
	dies   time.Time // when the uploaded file is gone
}

var uploadURLFields = []cloudField{textField("TargetAction", func(v string) bool { return v != "" && isLetters(v) }).must()}

func isLetters(v string) bool {
	return strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// uploadURL answers CreateUploadUrl. The key is in the path of neither URL, so that no log
// has it.
func (s *Server) uploadURL(_ *incoming, _ args) reply {
	key := randomText(40)
	closes := s.now().Add(s.scaled(uploadURLLife))
	s.cloud.uploads[key] = &cloudUpload{closes: closes}
	s.memory.uploads.add(s.due(uploadURLLife+uploadLife), key)
	return reply{result: object{
		{"UploadUrl", s.pageBase() + pathCloudUpload + "?sign=" + key},
		{"ResourceUrl", s.pageBase() + pathCloudResource + "?sign=" + key},
		{"ExpiredTimestamp", integer(closes.Unix())},
	}}
}

// roomOf finds the room of a request to the storage.
func (s *Server) roomOf(in *incoming) (*cloudUpload, bool) {
	q, _ := url.ParseQuery(in.rawQuery) // a part that cannot be parsed counts as absent
	u := s.cloud.uploads[q.Get("sign")]
	return u, u != nil && s.now().Before(u.closes)
}

// cloudStore takes a file. The same URL takes another one until it expires, and the last
// one counts.
func (s *Server) cloudStore(in *incoming) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, open := s.roomOf(in)
	sum := md5.Sum(in.body) //nolint:gosec // the platform uses MD5
	given := in.header.Get("Content-MD5")
	switch {
	case !open:
		return htmlError(http.StatusForbidden)
	case len(in.body) == 0, given != "" && given != base64.StdEncoding.EncodeToString(sum[:]):
		return htmlError(http.StatusBadRequest)
	}
	u.body, u.dies = append([]byte{}, in.body...), s.now().Add(s.scaled(uploadLife))
	return reply{raw: []byte{}}
}

// cloudResource answers the address of an uploaded file with the file.
func (s *Server) cloudResource(in *incoming) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, open := s.roomOf(in)
	switch {
	case !open:
		return htmlError(http.StatusForbidden)
	case u.body == nil || !s.now().Before(u.dies):
		return htmlError(http.StatusNotFound)
	}
	return reply{raw: u.body, kind: "application/octet-stream"}
}

// resource returns an uploaded file by its ResourceUrl and its MD5. ok is false if there
// is none, or another one. The caller holds the lock.
func (s *Server) resource(address, sum string) (body []byte, ok bool) {
	key, ours := strings.CutPrefix(address, s.pageBase()+pathCloudResource+"?sign=")
	u := s.cloud.uploads[key]
	if !ours || u == nil || u.body == nil || !s.now().Before(u.dies) {
		return nil, false
	}
	real := md5.Sum(u.body) //nolint:gosec // the platform uses MD5
	return u.body, strings.EqualFold(sum, hex.EncodeToString(real[:]))
}

// keepFor stores a file for a while, and returns its address and its MD5. The caller
// holds the lock.
func (s *Server) keepFor(body []byte, kind string, life time.Duration) (address, sum string) {
	key := randomText(40)
	s.memory.files.add(s.due(fileNoted), key)
	s.cloud.files[key] = cloudFile{body, kind, s.now().Add(s.scaled(life))}
	real := md5.Sum(body) //nolint:gosec // the platform uses MD5
	return s.pageBase() + pathCloudFile + "?file=" + key, hex.EncodeToString(real[:])
}
