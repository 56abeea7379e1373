//go:build !race

package faceid_test

// raceDetector says that the tests run with the race detector.
const raceDetector = false
