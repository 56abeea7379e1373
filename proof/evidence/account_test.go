package evidence

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	lib "github.com/faceid-go/faceid/evidence"
)

var day = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)

// invented is an invented trial of one order in which all is as it should be: a person
// passes two minutes after the order was opened, and is told of at 7 minutes.
func invented() (*record, *order) {
	o := &order{ref: "order 1", kind: &kinds[0], end: faceEnds[0], photo: []byte("a photo"), film: []byte("a film"), ended: day.Add(2 * time.Minute)}
	o.order = lib.Order{Kind: lib.FaceH5, Number: "number1", OpenedAt: day, Ref: o.ref}
	files := o.files()
	files[answer] = sumOf([]byte("an answer"))
	objects := o.files()
	objects[answer] = files[answer]
	r := &record{
		orders: []*order{o}, slack: slack, charges: []lib.Charge{{Product: "plus", Charged: 1}},
		kept: map[string]kept{o.ref: {state: lib.Done, files: files, objects: objects}},
	}
	r.tell(o, 7*time.Minute)
	return r, o
}

// tell adds that the merchant was told at an age.
func (r *record) tell(o *order, age time.Duration) *telling {
	r.told = append(r.told, telling{o.order.OpenedAt.Add(age), lib.Outcome{
		Key: o.order.Key(), Order: o.order, Passed: o.end.passed(), Family: o.end.family, Charges: o.charges(),
	}})
	return &r.told[len(r.told)-1]
}

func TestComplaintsFindsNothingToSay(t *testing.T) {
	r, o := invented()
	require.Len(t, o.files(), 2)
	require.Empty(t, r.complaints())
	r.tell(o, 9*time.Minute) // a second time, under the same key
	require.Empty(t, r.complaints())
}

// Whatever is planted is found, and is found as what it is.
func TestComplaintsFindsWhatIsPlanted(t *testing.T) {
	for name, test := range map[string]struct {
		plant func(r *record, o *order)
		want  fault
	}{
		"an order is in no ledger": {func(r *record, o *order) {
			r.kept = nil
			o.end = end{family: faceid.ErrNoResult}
			r.told = nil
			r.tell(o, time.Hour)
			r.charges = nil
		}, noEnd},
		"an order has no end":            {func(r *record, o *order) { k := r.kept[o.ref]; k.state = lib.Told; r.kept[o.ref] = k }, noEnd},
		"nobody was told":                {func(r *record, _ *order) { r.told = nil }, noTelling},
		"told under another key":         {func(r *record, o *order) { r.tell(o, time.Hour).Key = "face-h5/number2" }, twoKeys},
		"told as if nobody had passed":   {func(r *record, _ *order) { r.told[0].Passed = false }, wrong},
		"told as another family":         {func(r *record, _ *order) { r.told[0].Family = faceid.FamilyNotSamePerson }, wrong},
		"told two things":                {func(r *record, o *order) { r.tell(o, time.Hour).Family = faceid.ErrNoResult }, wrong},
		"told that a result may be lost": {func(r *record, _ *order) { r.told[0].Late = true }, wrong},
		"told of two charges":            {func(r *record, _ *order) { r.told[0].Charges = 2 }, wrong},
		"told an hour late":              {func(r *record, o *order) { r.told = nil; r.tell(o, 70*time.Minute) }, isLate},
		"a file is missing":              {func(r *record, o *order) { delete(r.kept[o.ref].files, "video") }, noFile},
		"a file is another one":          {func(r *record, o *order) { r.kept[o.ref].files["photo"] = "another" }, noFile},
		"an object is another one":       {func(r *record, o *order) { r.kept[o.ref].objects["photo"] = "another" }, noFile},
		"an object is not there":         {func(r *record, o *order) { delete(r.kept[o.ref].objects, "photo") }, noFile},
		"the answer is not there":        {func(r *record, o *order) { delete(r.kept[o.ref].objects, answer) }, noFile},
		"the answer is another one":      {func(r *record, o *order) { r.kept[o.ref].objects[answer] = "another" }, noFile},
		"the ledger has a charge less":   {func(r *record, _ *order) { r.charges = nil }, charge},
		"the ledger has a charge more":   {func(r *record, _ *order) { r.charges[0].Charged = 2 }, charge},
		"the bill has a charge more":     {func(r *record, _ *order) { r.bill = 1 }, charge},
		"an order was old":               {func(r *record, _ *order) { r.late = []lateness{{day, "a key", lastLook + time.Hour}} }, tooOld},
	} {
		t.Run(name, func(t *testing.T) {
			r, o := invented()
			test.plant(r, o)
			all := r.complaints()
			require.Len(t, all, 1)
			require.Equal(t, test.want, all[0].what)
			require.NotEmpty(t, all[0].text)
		})
	}
}

// A manifest that misses the files of a person who left none is a complaint.
func TestComplaintsFindsFilesThatNeverWere(t *testing.T) {
	r, o := invented()
	o.end = end{family: faceid.ErrNoResult, never: true}
	r.told, r.charges = nil, nil
	r.tell(o, lastLook)
	r.kept[o.ref] = kept{state: lib.Done}
	require.Empty(t, r.complaints())
	r.kept[o.ref] = kept{state: lib.Done, missing: []string{"photo"}}
	require.Len(t, r.complaints(), 1)
	require.Equal(t, noSuchFile, r.complaints()[0].what)
}

// Trouble excuses what it can have caused, and nothing else.
func TestAllowedAddsTheTrouble(t *testing.T) {
	at := func(minutes int) time.Time { return day.Add(time.Duration(minutes) * time.Minute) }
	for name, test := range map[string]struct {
		trouble []trouble
		want    time.Time
	}{
		"none":                      {nil, at(30)},
		"before":                    {[]trouble{{"x", at(-60), at(0)}}, at(30)},
		"long after":                {[]trouble{{"x", at(31), at(90)}}, at(30)},
		"at that time":              {[]trouble{{"x", at(-60), at(60)}}, at(60 + 10 + 30)},
		"one after the other":       {[]trouble{{"x", at(-60), at(60)}, {"x", at(99), at(200)}}, at(200 + 10 + 30)},
		"the second one much later": {[]trouble{{"x", at(-60), at(60)}, {"x", at(101), at(200)}}, at(60 + 10 + 30)},
		"one that takes no time":    {[]trouble{{"x", at(1), at(1)}}, at(30)},
		"one within the other":      {[]trouble{{"x", at(-60), at(60)}, {"x", at(1), at(2)}}, at(60 + 10 + 30)},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, (&record{trouble: test.trouble, slack: 30 * time.Minute}).allowed(day))
		})
	}
}

func TestDueAtFollowsTheSchedule(t *testing.T) {
	for name, test := range map[string]struct {
		kind  int
		end   end
		ended time.Duration
		want  time.Duration
	}{
		"a face":                {0, faceEnds[0], time.Minute, 7 * time.Minute},
		"a face without a face": {0, faceEnds[8], 0, 66 * time.Hour},
		"E证通":                   {6, intlEnds[0], 5 * time.Minute, 7 * time.Minute},
		"E证通, after 8 minutes":  {6, intlEnds[0], 8 * time.Minute, 14 * time.Minute},
		"WeChat, after an hour": {5, intlEnds[0], time.Hour, 2 * time.Hour},
		"WeChat, nobody ever":   {5, intlEnds[5], 0, 66 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			o := &order{kind: &kinds[test.kind], end: test.end, order: lib.Order{OpenedAt: day}}
			if test.ended > 0 {
				o.ended = day.Add(test.ended)
			}
			require.Equal(t, test.want, o.dueAt().Sub(day))
		})
	}
}

func TestGrownComparesTheHalvesOfALife(t *testing.T) {
	const MiB = 1 << 20
	heaps := func(all ...uint64) *record {
		r := &record{}
		for i, heap := range all {
			r.sizes = append(r.sizes, sizeOf{1, 1, size{Age: warm + time.Duration(i)*time.Second, Heap: heap * MiB}})
		}
		return r
	}
	require.Empty(t, heaps(10, 30, 12, 30, 15, 30).grown())
	require.Empty(t, heaps(10, 30, 12).grown(), "too short")
	require.Len(t, heaps(10, 12, 19, 20).grown(), 1)
	young := heaps(10, 12, 19, 20)
	for i := range young.sizes {
		young.sizes[i].Age -= warm
	}
	require.Empty(t, young.grown(), "it was warming up")
}
