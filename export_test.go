package faceid

import "sync/atomic"

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

// Elapsed is elapsed.
var Elapsed = elapsed

// RecordOf is what a client would save.
func RecordOf(c *Client) []byte { return c.app.creds.cur.Load().encode() }

// FieldKeyOf is a FieldKey with a known key and vector.
func FieldKeyOf(algorithm EncryptionAlgorithm, key, iv []byte) *FieldKey {
	return &FieldKey{algorithm: algorithm, key: func() []byte { return key }, iv: iv, sealed: new(atomic.Bool)}
}

// PublishedKeys are the platform's, RSA and SM2.
func PublishedKeys() [2]string { return [2]string{publishedRSAKey, publishedSM2Key} }

// Undecide takes out of a result what a decision said of it.
func Undecide(r *GetDetectInfoEnhancedResult) { r.decided = decided{} }

// ComparePerson compares a person with what one place reports.
func ComparePerson(p Person, number, name string) error {
	return p.isIn([]identity{{place: "test", numbers: []string{number}, names: []string{name}}}, false)
}

// CameBefore tells whether an error surely came before its request could be written.
var CameBefore = cameBefore
