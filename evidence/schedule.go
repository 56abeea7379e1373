package evidence

import (
	"time"

	"github.com/faceid-go/faceid"
)

// The platform's periods, and where the last looks lie within them.
const (
	kept     = 72 * time.Hour // a result is kept for 3 days
	lastLook = 66 * time.Hour // from this age on, an order without a result has none
	lastFile = 60 * time.Hour // from this age on, files that are missing do not come any more

	givenUp = kept + 24*time.Hour // from this age on, trouble ends an order, and nothing is fetched any more

	firstLook  = 7 * time.Minute // a page must be entered within 5 minutes, and takes two
	flowLives  = 2 * time.Hour   // a flow of WeChat may be tried again for so long
	wechatLook = 10 * time.Minute
	mostWait   = 8 * time.Hour

	leastTrouble, mostTrouble = 5 * time.Second, 10 * time.Minute
)

// filesLag is how long after a look the files of a fresh record may be there, as the
// documents say; later looks follow the age of the outcome.
var filesLag = [...]time.Duration{2 * time.Second, 2 * time.Second, 2 * time.Second}

// nextLook returns when to look for an outcome that was not there at now. The waits grow
// with the age of the order, so that an order whose person never came costs about a
// dozen looks.
func nextLook(o Order, now time.Time) time.Time {
	age := now.Sub(o.OpenedAt)
	switch {
	case age < firstLook:
		return o.OpenedAt.Add(firstLook)
	case o.Kind == WeChat && age < flowLives:
		return now.Add(min(wechatLook, flowLives-age+time.Second))
	}
	next := now.Add(min(age, mostWait))
	if last := o.OpenedAt.Add(lastLook); next.After(last) && now.Before(last) {
		return last
	}
	return next
}

// nextFileLook returns when to look for files that were missing at now, n looks after
// the outcome was known.
func nextFileLook(out *Outcome, n int, now time.Time) time.Time {
	if n < len(filesLag) {
		return now.Add(filesLag[n])
	}
	return now.Add(min(max(now.Sub(out.DecidedAt), time.Minute), mostWait))
}

// afterTrouble returns when to look after a look that was not answered, if the first of
// these was at since.
func afterTrouble(since, now time.Time) time.Time {
	return now.Add(min(max(now.Sub(since), leastTrouble), mostTrouble))
}

// filesMayCome reports whether missing files are waited for any longer. Only a face that
// was compared has files for certain; another ending may have none. The files of an App of
// the international site are there for certain, because the answer names them.
func filesMayCome(e Entry, now time.Time) bool {
	if now.Sub(e.Order.OpenedAt) >= lastFile {
		return false
	}
	if e.Order.Kind == IntlApp {
		return true
	}
	switch e.Outcome.Family {
	case faceid.FamilyPassed, faceid.FamilyNotSamePerson, faceid.FamilyIdentityMismatch, faceid.FamilySuspectedFake:
		return true
	}
	return now.Sub(e.Outcome.DecidedAt) < 10*time.Second
}
