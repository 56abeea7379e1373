//go:build race

package faceid_test

// raceDetector says that the tests run with the race detector, under which a
// sync.Pool drops at random what it is given.
const raceDetector = true
