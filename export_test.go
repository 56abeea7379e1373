package faceid

import (
	"crypto/tls"
	"crypto/x509"
	"sync/atomic"
)

// Trust makes the Client's own transport trust the certificates of a benchmark.
func Trust(c *Client, roots *x509.CertPool) { c.own.TLSClientConfig.RootCAs = roots }

// These are functions of which a test knows another way to the same answer.
var (
	ChargedOn   = chargedOn
	RedactText  = redactText
	ReplaceFold = replaceFold
)

// OnHandshake makes the Client's own transport call f for each new connection with TLS.
func OnHandshake(c *Client, f func()) {
	c.own.TLSClientConfig.VerifyConnection = func(tls.ConnectionState) error { f(); return nil }
}

// Overwrite puts a record into a memory store as an operator or an accident
// would; nil removes it.
func Overwrite(s *MemoryStore, key string, record []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if record == nil {
		delete(s.records, key)
		return
	}
	s.records[key] = remember(record)
}

// FieldKeyOf makes a FieldKey with a known key and vector.
func FieldKeyOf(algorithm EncryptionAlgorithm, key, iv []byte) *FieldKey {
	return &FieldKey{algorithm: algorithm, key: func() []byte { return key }, iv: iv, sealed: new(atomic.Bool)}
}

// PublishedKeys returns the platform's published keys, RSA and SM2.
func PublishedKeys() [2]string { return [2]string{publishedRSAKey, publishedSM2Key} }

// Undecide removes from a result what a decision noted in it.
func Undecide(r *GetDetectInfoEnhancedResult) { r.decided = decided{} }

// ComparePerson compares a person with what one place reports.
func ComparePerson(p Person, number, name string) error {
	return p.isIn([]identity{{place: "test", numbers: []string{number}, names: []string{name}}}, false)
}

// CameBefore tells whether an error surely came before its request could be written.
var CameBefore = isBeforeConnection

// UncheckedFileStore makes a FileStore that NewFileStore has not looked over.
func UncheckedFileStore(dir string) *FileStore { return &FileStore{dir: dir} }

// FileStorePath returns the path of a file of a FileStore.
func FileStorePath(dir, key, suffix string) string { return (&FileStore{dir: dir}).path(key, suffix) }
