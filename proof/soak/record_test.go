package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func codeOf(e faceidtest.Ending) string {
	if e.Code == "" {
		return "0"
	}
	return e.Code
}

// conclude asks how the verification ended, and for the evidence.
func (p *person) conclude(v *visit) {
	p.pause(0, 10*time.Second)
	if v.product == faceid.ProductWill {
		p.confirmWill(v)
	} else {
		p.confirm(v)
	}
	p.town.books.over(v.orderNo)
}

// confirm compares the decision and the record with what the platform decided.
func (p *person) confirm(v *visit) {
	if v.product == faceid.ProductWill {
		p.confirmWill(v)
		return
	}
	var photo, video bytes.Buffer
	q := faceid.QueryFaceRecordRequest{OrderNo: v.orderNo, GetFile: faceid.FilesAll, Product: v.product, QueryVersion: faceid.QueryVersion10}
	written := p.chance(25)
	record, err := ask(p, "ConfirmFace", func(ctx context.Context) (*faceid.FaceRecord, error) {
		photo.Reset()
		video.Reset()
		if written {
			q.PhotoTo, q.VideoTo = &photo, &video
		}
		return p.town.client.ConfirmFace(ctx, q)
	})
	if !p.decided(v, record.Passed(), err) {
		must(p, "the record", record == nil, true)
		return
	}
	must(p, "the code", record.Code().Number(), codeOf(v.ending))
	must(p, "the order", record.OrderNo, v.orderNo)
	p.mustScore("the live rate", record.LiveRate, v.ending.LiveRate)
	p.mustScore("the similarity", record.Similarity, v.ending.Similarity)
	p.mustTime(record.OccurredTime, v.finished)
	must(p, "charged", record.Charged(), v.end.charged[v.product])
	p.mustRisk(record.Risk, v)
	must(p, "trtcFlag", record.TRTCFlag, map[bool]string{true: "Y"}[v.ending.TRTC])
	got := [2][]byte{record.Photo, record.Video}
	if written {
		got = [2][]byte{photo.Bytes(), video.Bytes()}
	}
	must(p, "the photo's size", record.PhotoSize, int64(len(got[0])))
	must(p, "the video's size", record.VideoSize, int64(len(got[1])))
	if v.ending.FilesLag == 0 {
		mustFile(p, "the photo", got[0], v.ending.Photo)
		mustFile(p, "the video", got[1], v.ending.Video)
	} else {
		p.waitForFiles(v)
	}
	if v.ending.Photos != nil && p.chance(40) {
		p.photos(v)
	}
}

func (p *person) waitForFiles(v *visit) {
	files := faceid.FilesAll
	if v.overSDK && v.ending.Video == nil {
		files = faceid.FilesPhoto
	}
	record := answer(p, "WaitFaceFiles", func(ctx context.Context) (*faceid.FaceRecord, error) {
		return p.town.client.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: v.orderNo, GetFile: files, Product: v.product})
	})
	if v.end.verdict != passes && record.PhotoSize == 0 { // nobody waits for them
		return
	}
	mustFile(p, "the photo that lagged", record.Photo, v.ending.Photo)
	mustFile(p, "the video that lagged", record.Video, v.ending.Video)
}

func (p *person) photos(v *visit) {
	if wait := v.ending.FilesLag - time.Since(v.finished); wait > 0 {
		time.Sleep(wait)
	}
	info := answer(p, "QueryPhotoInfo", func(ctx context.Context) (*faceid.PhotoInfo, error) {
		return p.town.client.QueryPhotoInfo(ctx, faceid.QueryPhotoInfoRequest{OrderNo: v.orderNo, Product: v.product})
	})
	must(p, "the number of photos", len(info.Photos), len(v.ending.Photos))
	for i, photo := range v.ending.Photos {
		mustFile(p, fmt.Sprintf("photo %d", i), info.Photos[i], photo)
	}
}

// decided compares a decision with the simulator's. It reports whether there is a
// record to look at.
func (p *person) decided(v *visit, passed bool, err error) bool {
	must(p, "passed", passed, v.end.verdict == passes)
	switch v.end.verdict {
	case passes:
		if err != nil {
			p.fail("a pass is %v", err)
		}
	case fails:
		if !errors.Is(err, faceid.ErrNotPassed) || !errors.Is(err, v.end.family) {
			p.fail("%s is %v", v.end.name, err)
		}
		var e *faceid.Error
		if errors.As(err, &e) {
			must(p, "the error's code", e.Code.Number(), codeOf(v.ending))
		}
	case noResult:
		if !errors.Is(err, faceid.ErrNoResult) || errors.Is(err, faceid.ErrNotPassed) {
			p.fail("%s is %v", v.end.name, err)
		}
	case unknown:
		if !errors.Is(err, faceid.ErrUnknownCode) || errors.Is(err, faceid.ErrNotPassed) {
			p.fail("%s is %v", v.end.name, err)
		}
	}
	return v.end.verdict == passes || v.end.verdict == fails
}

func (p *person) mustScore(what string, got faceid.Score, want string) {
	must(p, what+" is there", got.Present, want != "")
	var value float64
	if want != "" {
		fmt.Sscan(want, &value)
	}
	must(p, what, got.Value, value)
}

func (p *person) mustTime(got, want time.Time) {
	if d := want.Sub(got); d < 0 || d > time.Second { // it has no fractions
		p.fail("the time is %v, and it happened at %v", got, want)
	}
}

// mustRisk checks what the record tells of a risk, which depends on the product and on
// whether an App was used.
func (p *person) mustRisk(got *faceid.RiskInfo, v *visit) {
	var names []string
	switch {
	case v.product == faceid.ProductPlus && v.overSDK:
		names = []string{"deviceInfoLevel", "LivenessInfoTag"}
	case v.product == faceid.ProductPlus:
		names = []string{"LivenessInfoTag"}
	case (v.product == faceid.ProductEnhanced || v.product == faceid.ProductWill) && v.overSDK:
		names = []string{"deviceInfoLevel"}
	}
	var level, tag string
	for _, name := range names {
		if name == "deviceInfoLevel" {
			level = v.ending.Risk[name]
		} else {
			tag = v.ending.Risk[name]
		}
	}
	must(p, "that there is a risk", got != nil, level+tag != "")
	if got != nil {
		must(p, "the device's level", string(got.DeviceInfoLevel), level)
		must(p, "the liveness tag", got.LivenessInfoTag, tag)
	}
}
