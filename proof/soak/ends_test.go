package soak

import (
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// verdict says what the merchant must be told.
type verdict int

const (
	passes verdict = iota
	fails          // ErrNotPassed, with that code
	noResult
	unknown // a code that no table lists, which is no outcome
)

// An end is one way in which a face verification may end.
type end struct {
	name    string
	weight  int
	make    func() faceidtest.Ending
	verdict verdict
	family  faceid.Family
	reenter bool // the person may go to the page again
	charged map[faceid.Product]faceid.Charged
	only    string // "browser", "app" or both
}

func chargedOn(products ...faceid.Product) map[faceid.Product]faceid.Charged {
	m := map[faceid.Product]faceid.Charged{}
	for _, p := range []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic, faceid.ProductWill} {
		m[p] = faceid.ChargedNo
	}
	for _, p := range products {
		m[p] = faceid.ChargedYes
	}
	return m
}

var (
	onAll     = chargedOn(faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic, faceid.ProductWill)
	onPlus    = chargedOn(faceid.ProductPlus)
	onNone    = chargedOn()
	plainCode = func(code string) func() faceidtest.Ending {
		return func() faceidtest.Ending { return faceidtest.Ending{Code: code} }
	}
)

// ends are the ends of all products. Will has some more.
var ends = []end{
	{name: "passes", weight: 40, make: faceidtest.Passes, verdict: passes, family: faceid.FamilyPassed, charged: onAll},
	{name: "not the same person", weight: 10, make: faceidtest.NotSamePerson, verdict: fails, family: faceid.FamilyNotSamePerson, charged: onAll},
	{name: "name and number do not match", weight: 6, make: faceidtest.IdentityMismatch, verdict: fails, family: faceid.FamilyIdentityMismatch, charged: onAll},
	{name: "suspected fake", weight: 6, make: faceidtest.SuspectedFake, verdict: fails, family: faceid.FamilySuspectedFake, charged: onPlus},
	{name: "risky device", weight: 3, make: faceidtest.RiskyDevice, verdict: noResult},
	{name: "no face seen", weight: 4, make: faceidtest.NoFace, verdict: fails, family: faceid.FamilyCaptureFailed, charged: onNone},
	{name: "voice not recognised", weight: 3, make: plainCode("-5008"), verdict: fails, family: faceid.FamilyCaptureFailed, charged: onNone},
	{name: "times out", weight: 4, make: faceidtest.TimesOut, verdict: noResult},
	{name: "blocked", weight: 3, make: faceidtest.Blocked, verdict: noResult},
	{name: "recorded, not live", weight: 2, make: plainCode("400604"), verdict: noResult},
	{name: "quits", weight: 6, make: faceidtest.Quits, verdict: noResult, reenter: true},
	{name: "no camera", weight: 4, make: faceidtest.NoCamera, verdict: noResult, reenter: true},
	{name: "browser without recording", weight: 2, make: faceidtest.BrowserUnsupported, verdict: noResult, only: "browser"},
	{name: "a code that nobody knows", weight: 3, make: plainCode("66669999"), verdict: unknown},
}

var willEnds = append([]end{
	{name: "another answer", weight: 15, make: faceidtest.WrongAnswer, verdict: fails, family: faceid.FamilyWillMismatch, charged: chargedOn(faceid.ProductWill)},
	{name: "only in WeChat", weight: 3, make: faceidtest.OnlyInWeChat, verdict: noResult, only: "browser"},
}, ends...)

func (p *person) drawEnd(all []end, where string) end {
	sum := 0
	for _, e := range all {
		if e.only == "" || e.only == where {
			sum += e.weight
		}
	}
	n := p.IntN(sum)
	for _, e := range all {
		if e.only != "" && e.only != where {
			continue
		}
		if n -= e.weight; n < 0 {
			return e
		}
	}
	panic("unreachable")
}

// filled returns the ending with numbers and files that only this person has.
func (p *person) filled(e end) faceidtest.Ending {
	x := e.make()
	if e.verdict == passes || e.verdict == fails && p.chance(50) {
		x.LiveRate, x.Similarity = p.score(), p.score()
	}
	if x.Code == "0" || e.verdict == fails && p.chance(50) {
		x.Photo, x.Video = p.file(), p.file()
		for range 1 + p.IntN(3) {
			x.Photos = append(x.Photos, p.file())
		}
		if p.chance(15) {
			x.FilesLag = time.Duration(1+p.IntN(5)) * time.Second
		}
	}
	if e.verdict == passes && p.chance(30) {
		x.Risk = map[string]string{"deviceInfoLevel": "1", "LivenessInfoTag": draw(p, "03", "01,02", "05")}
	}
	x.TRTC = p.chance(10)
	return x
}
