//go:build race

package wire_test

// raceDetector tells whether the tests run with the race detector, under which a
// sync.Pool drops values at random.
const raceDetector = true
