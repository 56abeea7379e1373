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

	reqIDLives   = 5 * time.Minute       // a reading of a chip can be fetched for so long
	reqIDGivenUp = reqIDLives + clockErr // as givenUp, for a chip

	firstLook  = 7 * time.Minute // a page must be entered within 5 minutes, and takes two
	flowLives  = 2 * time.Hour   // a flow of WeChat may be tried again for so long; nobody reads a card later
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
	case o.Kind == NFC:
		return nextChipLook(o, now)
	case age < firstLook:
		return o.OpenedAt.Add(firstLook)
	case o.Kind == WeChat && age < flowLives:
		return now.Add(min(wechatLook, flowLives-age+time.Second))
	}
	next, last := now.Add(min(age, mostWait)), o.OpenedAt.Add(lastLook)
	if o.resultBy() < lastLook {
		last = o.OpenedAt.Add(o.resultBy() + time.Second)
	}
	if next.After(last) && now.Before(last) {
		return last
	}
	return next
}

// firstOf returns when to look at an order that nobody has looked at. An order that comes
// into the ledger late is due at once. A chip comes before all other orders that are due,
// because its result lives 5 minutes.
func firstOf(o Order, now time.Time) time.Time {
	if o.Kind == NFC {
		return now.Add(-kept)
	}
	return o.OpenedAt.Add(max(firstLook, now.Sub(o.OpenedAt)))
}

// nextChipLook returns when to look at a chip again, whatever the last look has learnt:
// 20 s, 1 min, 3 min and 4 min 45 s after the App reported. A ReqID answers 10 times, and
// one look may ask 3 times, since a query that fails is repeated at once. So the looks of
// the first minute cannot use the answers up. The look after the 5 minutes learns from
// the platform that they are over.
func nextChipLook(o Order, now time.Time) time.Time {
	age := now.Sub(o.OpenedAt)
	last := reqIDLives - 15*time.Second
	switch {
	case age < last:
		return now.Add(min(max(2*age, 20*time.Second), last-age))
	case age <= reqIDLives:
		return o.OpenedAt.Add(reqIDLives + time.Second)
	}
	return now.Add(time.Minute)
}

// resultBy is the age by which an order has a result if it ever gets one.
func (o Order) resultBy() time.Duration {
	switch {
	case o.Kind == NFC:
		return 0
	case o.isFlow(), o.isOCR():
		return flowLives
	}
	return lastLook
}

// keptFor is the age from which on the platform may have forgotten the result. The
// documents give no such age for OCR, and say of all else 3 days.
func (o Order) keptFor() time.Duration {
	if o.Kind == NFC {
		return reqIDLives
	}
	return kept
}

// givenUpAt is the age from which on trouble ends the order.
func (o Order) givenUpAt() time.Duration {
	if o.Kind == NFC {
		return reqIDGivenUp
	}
	return givenUp
}

// nextFileLook returns when to look for files that were missing at now, n looks after
// the outcome was known.
func nextFileLook(out *Outcome, n int, now time.Time) time.Time {
	if n < len(filesLag) {
		return now.Add(filesLag[n])
	}
	return now.Add(min(max(now.Sub(out.DecidedAt), time.Minute), mostWait))
}

// afterTrouble returns when to look at an order after a look that was not answered, if
// the first of these was at since.
func afterTrouble(o Order, since, now time.Time) time.Time {
	if o.Kind == NFC {
		return nextChipLook(o, now)
	}
	return now.Add(min(max(now.Sub(since), leastTrouble), mostTrouble))
}

// filesMayCome reports whether missing files are waited for any longer. Only a face that
// was compared, or a card that was read, has files for certain; another ending may have
// none. The files of an App of the international site are there for certain, because the
// answer names them. The answer about a chip holds all its files.
func filesMayCome(e Entry, now time.Time) bool {
	switch {
	case now.Sub(e.Order.OpenedAt) >= lastFile, e.Order.Kind == NFC:
		return false
	case e.Order.Kind == IntlApp:
		return true
	}
	switch e.Outcome.Family {
	case faceid.FamilyPassed, faceid.FamilyOtherPerson, faceid.FamilyNotSamePerson, faceid.FamilyIdentityMismatch, faceid.FamilySuspectedFake,
		faceid.FamilyWillMismatch:
		return true
	}
	return now.Sub(e.Outcome.DecidedAt) < 10*time.Second
}
