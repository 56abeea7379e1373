package evidence

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"time"

	"github.com/faceid-go/faceid/evidence/evidencetest"
)

// weather is what the trial tells its processes all the time, in a small file: how far
// the platform's clock is ahead of the machine's, and how the bucket is.
type weather struct{ file *os.File }

// sky is how the bucket is.
type sky int64

const (
	fair    sky = iota
	fails       // every operation fails
	stalls      // no operation ends
	unheard     // one operation in three is done, and says that it failed
)

func (s sky) String() string {
	return [...]string{"is well", "fails", "stalls", "says that it failed"}[s]
}

const weatherBytes = 16

// read returns what the trial told last. What it returns after an error is the machine's
// clock, and a bucket that is well.
func (w weather) read() (ahead time.Duration, bucket sky) {
	var b [weatherBytes]byte
	if _, err := w.file.ReadAt(b[:], 0); err != nil {
		return 0, fair
	}
	return time.Duration(binary.LittleEndian.Uint64(b[:8])), sky(binary.LittleEndian.Uint64(b[8:])) //nolint:gosec // written by write
}

// write tells it.
func (w weather) write(ahead time.Duration, bucket sky) error {
	var b [weatherBytes]byte
	binary.LittleEndian.PutUint64(b[:8], uint64(ahead))  //nolint:gosec // read by read
	binary.LittleEndian.PutUint64(b[8:], uint64(bucket)) //nolint:gosec // read by read
	_, err := w.file.WriteAt(b[:], 0)
	return err
}

// now is the platform's clock.
func (w weather) now() time.Time {
	ahead, _ := w.read()
	return time.Now().Add(ahead)
}

var errBucket = errors.New("the bucket fails")

// fault is the trouble of the bucket.
func (w weather) fault(ctx context.Context, o evidencetest.Operation, object string, done bool) error {
	_, bucket := w.read()
	switch {
	case bucket == fails && !done, bucket == unheard && done && rand.IntN(3) == 0: //nolint:gosec // trouble, no secret
		return errBucket
	case bucket == stalls:
		return evidencetest.Stalls(func() bool { _, now := w.read(); return now == stalls })(ctx, o, object, done)
	}
	return nil
}
