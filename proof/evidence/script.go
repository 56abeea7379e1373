// Package evidence is a trial: processes keep the evidence of thousands of orders while
// a script, drawn from a seed, kills them, stops their database, breaks their bucket and
// lets the platform fail. The platform's clock runs fast, so that days pass.
//
// kinds.go has what can be verified and how it can end, script.go draws the orders and
// the trouble, worker.go and engine.go have what the processes do, and account.go has
// what must have become of every order. The test runs the script.
package evidence

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	lib "github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// An order is a verification of the script.
type order struct {
	ref    string
	kind   *kind
	end    end
	opens  time.Duration   // after the beginning of the trial
	comes  []time.Duration // after it was opened; empty if nobody comes
	told   bool            // a worker is told when the person is back
	video  bool            // an App records a video
	lag    map[string]time.Duration
	photo  []byte // the files, which no other order has
	film   []byte
	voice  []byte
	asked  []byte
	screen []byte

	// At the platform:
	order  lib.Order
	page   string
	params map[string]string
	visits int
	ended  time.Time // when the person left
}

// files returns the SHA-256 sums of the files that the platform has of an order.
func (o *order) files() map[string]string {
	sums := map[string]string{}
	if !o.end.files {
		return sums
	}
	for name, content := range o.kind.files(o) {
		if content != nil {
			sums[name] = sumOf(content)
		}
	}
	return sums
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// charges is what the order costs.
func (o *order) charges() int { return o.end.charges[o.kind.product] }

func faceFiles(o *order) map[string][]byte {
	files := map[string][]byte{"photo": o.photo, "video": o.film}
	if o.kind.name == lib.FaceApp && !o.video {
		delete(files, "video")
	}
	return files
}

func willFiles(o *order) map[string][]byte {
	files := faceFiles(o)
	if o.end.face().Code == "0" || o.end.face().Code == faceidtest.WrongAnswer().Code { // else nobody was asked
		files["willUserAudio"], files["willReadAudio"], files["willScrnShotImage"], files["willUserVideo"] = o.voice, o.asked, o.screen, o.film
	}
	if o.kind.name == lib.WillApp && !o.video {
		delete(files, "video")
		delete(files, "willUserVideo")
	}
	return files
}

func wechatFiles(o *order) map[string][]byte {
	return map[string][]byte{"BestFrame.BestFrame": o.photo, "VideoData.LivenessVideo": o.film}
}

func eidFiles(o *order) map[string][]byte { return map[string][]byte{"BestFrame.BestFrame": o.photo} }

func intlWebFiles(o *order) map[string][]byte {
	return map[string][]byte{"BestFrameBase64": o.photo, "VideoBase64": o.film}
}

func intlAppFiles(o *order) map[string][]byte {
	files := map[string][]byte{}
	for i := range o.end.tries {
		at := fmt.Sprintf("CompareResults[%d].", i)
		files[at+"BestFrame"], files[at+"LiveVideo"] = o.photo, o.film
	}
	return files
}

// ending is what the simulator does with the person of a face or a will.
func (o *order) ending() faceidtest.Ending {
	e := o.end.face()
	if o.end.files {
		e.Photo, e.Video, e.FileLag = o.photo, o.film, o.lag
		e.Will.UserAudio, e.Will.ReadAudio, e.Will.Video, e.Will.Screenshot = o.voice, o.asked, o.film, o.screen
	}
	return e
}

// cloudEnding is what the simulator does with the person of a flow at this visit.
func (o *order) cloudEnding() faceidtest.CloudEnding {
	tries := o.end.tries
	if o.visits > 0 {
		tries = o.end.again
	}
	e := faceidtest.CloudTries(tries...)
	e.Quits = len(tries) == 0
	if o.end.files {
		e.BestFrame, e.Video = o.photo, o.film
	}
	return e
}

// another ends the Ref of an order for which the merchant expects somebody else.
const another = ", another person"

// drawOrders draws n orders that are opened within a window.
func drawOrders(r *rand.Rand, n int, window time.Duration, willsLag bool) []*order {
	all := make([]*order, n)
	for i := range all {
		o := &order{opens: time.Duration(r.Int64N(int64(window)))}
		o.kind = pick(r, kinds, func(k kind) int { return k.weight })
		o.end = *pick(r, o.kind.ends, func(e end) int { return e.weight })
		o.ref = fmt.Sprint("order ", i)
		if o.end.other {
			o.ref += another
		}
		o.told, o.video = r.IntN(100) < 60, r.IntN(2) == 0
		o.photo, o.film, o.voice, o.asked, o.screen = file(r), file(r), file(r), file(r), file(r)
		o.comes = o.drawVisits(r)
		isWill := o.kind.product == "will"
		if len(o.kind.mayLag) > 0 && o.end.files && r.IntN(100) < 15 && (!isWill || willsLag && r.IntN(4) == 0) {
			o.lag = map[string]time.Duration{o.kind.mayLag[r.IntN(len(o.kind.mayLag))]: drawLag(r)}
		}
		o.order = lib.Order{Kind: o.kind.name, Ref: o.ref}
		if o.kind.product == "plus" || o.kind.product == "basic" {
			o.order.Product = products[o.kind.product]
		}
		all[i] = o
	}
	slices.SortFunc(all, func(a, b *order) int { return cmp.Compare(a.opens, b.opens) })
	return all
}

// drawVisits draws when the person comes. A page of kyc1 is entered within 2 minutes,
// that of E证通 and of the international site within 10, and that of WeChat within 2 hours.
func (o *order) drawVisits(r *rand.Rand) []time.Duration {
	lives := 110 * time.Second
	switch {
	case o.kind.name == lib.WeChat:
		lives = 110 * time.Minute
	case o.end.face == nil:
		lives = 9 * time.Minute
	}
	first := between(r, time.Second, lives)
	switch {
	case o.end.never:
		return nil
	case o.end.late:
		return []time.Duration{lives + 15*time.Minute}
	case o.end.again != nil:
		return []time.Duration{first / 3, first/3 + time.Hour}
	}
	return []time.Duration{first}
}

// drawLag draws how long a file lags: seconds, minutes or hours.
func drawLag(r *rand.Rand) time.Duration {
	switch r.IntN(3) {
	case 0:
		return between(r, time.Second, 10*time.Second)
	case 1:
		return between(r, time.Minute, time.Hour)
	}
	return between(r, time.Hour, 36*time.Hour)
}

// file returns invented bytes that begin like a picture. One file in a hundred is large.
func file(r *rand.Rand) []byte {
	n := 100 + r.IntN(2000)
	if r.IntN(100) == 0 {
		n = 60_000 + r.IntN(200_000)
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32()) //nolint:gosec // any byte will do
	}
	copy(b, picture[:3])
	return b
}

func pick[T any](r *rand.Rand, all []T, weight func(T) int) *T {
	sum := 0
	for _, x := range all {
		sum += weight(x)
	}
	n := r.IntN(sum)
	for i, x := range all {
		if n -= weight(x); n < 0 {
			return &all[i]
		}
	}
	panic("unreachable")
}

func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

// A form is the size of a trial.
type form struct {
	orders, workers, looks int
	window                 time.Duration // in which orders are opened
	pace                   float64       // how many times faster than the machine's the platform's clock runs
	kills, stops           int           // of processes, and of the database
	breaks, outages        int           // of the bucket, and of the platform
	outage                 time.Duration // the longest outage
}

// A blow is one piece of trouble.
type blow struct {
	kind   blowKind
	at     time.Duration // after the beginning of the trial, by the platform's clock
	lasts  time.Duration // by the platform's clock, or if it hits the machine by that of the machine
	victim int           // the process that is killed
	bucket sky
}

type blowKind int

const (
	killProcess blowKind = iota
	stopDatabase
	breakBucket
	platformOut
)

// drawBlows draws the trouble. Each kind comes at any time at which there are orders.
func drawBlows(r *rand.Rand, f form) []blow {
	var all []blow
	span := f.window + lastLook
	add := func(n int, draw func() blow) {
		for range n {
			b := draw()
			b.at = between(r, span/100, span)
			if r.IntN(2) == 0 { // half of the trouble comes while the orders come
				b.at = between(r, f.window/100, f.window+2*time.Hour)
			}
			all = append(all, b)
		}
	}
	add(f.kills, func() blow {
		return blow{kind: killProcess, lasts: between(r, 100*time.Millisecond, time.Second), victim: r.IntN(f.workers)}
	})
	add(f.stops, func() blow { return blow{kind: stopDatabase, lasts: between(r, 100*time.Millisecond, 2*time.Second)} })
	add(f.breaks, func() blow {
		return blow{kind: breakBucket, lasts: between(r, f.outage/8, f.outage), bucket: sky(1 + r.IntN(3))}
	})
	add(f.outages, func() blow { return blow{kind: platformOut, lasts: between(r, f.outage/4, f.outage)} })
	slices.SortFunc(all, func(a, b blow) int { return cmp.Compare(a.at, b.at) })
	return all
}
