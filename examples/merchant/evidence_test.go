package main

import (
	"regexp"
	"slices"
	"testing"
	"time"
)

// evidence returns the rows of the list of orders: the state of each order and of its
// evidence, the newest first.
func (b *browser) evidence() (rows []string) {
	b.t.Helper()
	for _, m := range regexp.MustCompile(`<tr data-state="([a-z]*)"(?: data-evidence="([a-z]*)")?>`).FindAllStringSubmatch(b.get("/orders").body, -1) {
		rows = append(rows, m[1]+" "+m[2])
	}
	return rows
}

// due looks at all orders that are due, as the background of the site does.
func (s *site) due() {
	s.t.Helper()
	for range 10 {
		_, err := s.shop.archive.current.Load().RunDue(s.t.Context(), 2)
		check(s.t, err)
	}
}

func TestEvidenceIsKeptWhenThePersonComesBack(t *testing.T) {
	b := open(t).browser()
	for _, product := range []string{"plus", "pc", "will", "wechat", "intl"} {
		want(t, product, b.verify(product, "passes").outcome(), "passed")
		want(t, product, b.evidence()[0], "passed done")
	}
	b.start("ocr")
	b.get("/orders/6")
	b.post("/orders/6/phone", "ending", "card")
	b.start("nfc")
	b.get("/orders/7")
	want(t, "a chip that was not read", b.evidence()[0], "waiting ")
	b.get("/orders/7")
	b.post("/orders/7/phone", "ending", "others")
	want(t, "rows", slices.Equal(b.evidence()[:2], []string{"refused done", "passed done"}), true)
	page := b.get("/orders").body
	for _, file := range []string{"photo", "video", "VideoData.LivenessVideo", "frontPhoto", "portraitPhoto", "answer.json"} {
		contains(t, page, file)
	}
	want(t, "owners", len(b.shop.archive.owners), 0)
}

// People who never come back leave orders that end all the same.
func TestEvidenceOfThoseWhoNeverComeBack(t *testing.T) {
	b := open(t).browser()
	b.start("plus")
	b.walk(b.start("plus"), "passes")
	b.walk(b.start("plus"), "not-same-person")
	b.walk(b.start("wechat"), "passes")
	b.start("eid")
	want(t, "rows", slices.Equal(b.evidence(), slices.Repeat([]string{"waiting waiting"}, 5)), true)

	check(t, b.shop.advance(t.Context(), 10*time.Minute))
	b.due()
	want(t, "E证通", b.evidence()[0], "waiting waiting")
	want(t, "a pass that is not signed", b.evidence()[1], "passed done")
	want(t, "a refusal, whose files may come", b.evidence()[2], "refused told")
	want(t, "a pass whose signature nobody brought", b.evidence()[3], "waiting done")
	want(t, "nobody", b.evidence()[4], "waiting waiting")

	for range 10 {
		check(t, b.shop.advance(t.Context(), 8*time.Hour))
		b.due()
	}
	want(t, "a refusal", b.evidence()[2], "refused done")
	want(t, "nobody", b.evidence()[4], "none done")
	want(t, "E证通", b.evidence()[0], "none done")
	contains(t, b.get("/orders/1").body, "Nobody finished.")
	want(t, "owners", len(b.shop.archive.owners), 0)
}
