package soak

import (
	"context"
	"fmt"

	"github.com/faceid-go/faceid"
)

func (p *person) will() faceid.Will {
	var w faceid.Will
	for i := range 1 + p.IntN(3) {
		w.Rounds = append(w.Rounds, faceid.WillRound{Question: fmt.Sprintf("第%d个问题，请回答", i+1), Answers: []string{"同意", "是的"}[:1+p.IntN(2)]})
	}
	return w
}

func (p *person) willVisit(where string, w faceid.Will) *visit {
	e := p.drawEnd(willEnds, where)
	p.ending = e.name
	v := &visit{end: e, ending: p.filled(e), product: faceid.ProductWill, overSDK: where == "app"}
	v.ending.FilesLag = 0
	if e.verdict == passes {
		v.ending.Will.UserAudio, v.ending.Will.ReadAudio = p.file(), p.file()
		v.ending.Will.Video, v.ending.Will.Screenshot = p.file(), p.file()
	}
	if e.verdict == passes || e.family == faceid.FamilyWillMismatch {
		for range w.Rounds {
			v.ending.Will.Answers = append(v.ending.Will.Answers, draw(p, "同意", "是的", "不同意", "嗯"))
		}
	}
	return v
}

func willInBrowser(p *person) bool {
	w := p.will()
	return p.browse(p.willVisit("browser", w), func(ctx context.Context, v *visit) (*login, error) {
		r := faceid.WillH5Request{OrderNo: v.orderNo, Person: p.who, Will: w, RedirectURL: back, From: faceid.FromBrowser}
		if p.chance(50) {
			return ready(p.town.client.StartWillH5(ctx, r))
		}
		return opened(p.town.client.OpenWillH5(ctx, r))
	})
}

func willInApp(p *person) bool {
	w := p.will()
	platform := draw(p, faceid.PlatformAndroid, faceid.PlatformIOS, faceid.PlatformHarmony)
	v := p.willVisit("app", w)
	return p.phone(v, func(ctx context.Context) (*faceid.SDKLaunch, error) {
		return p.town.client.StartWillSDK(ctx, faceid.WillSDKRequest{Platform: platform, OrderNo: v.orderNo, Person: p.who, Will: w, Licence: "licence"})
	})
}

func (p *person) confirmWill(v *visit) {
	q := faceid.GetWillFaceResultRequest{OrderNo: v.orderNo, GetFile: faceid.FilesAll, H5File: faceid.WillH5Audio}
	if v.overSDK {
		q.H5File, q.AppFile = "", faceid.WillAppAll
	}
	record, err := ask(p, "ConfirmWill", func(ctx context.Context) (*faceid.WillRecord, error) { return p.town.client.ConfirmWill(ctx, q) })
	if !p.decided(v, record.Passed(), err) {
		must(p, "the record", record == nil, true)
		return
	}
	code, w := codeOf(v.ending), v.ending.Will
	must(p, "the code", record.Code().Number(), code)
	must(p, "the order", record.OrderNo, v.orderNo)
	face, will := code, ""
	switch {
	case v.end.family == faceid.FamilyWillMismatch:
		face, will = "0", code
	case code == "0":
		will = "0"
	}
	must(p, "the face's code", record.FaceCode.Number(), face)
	must(p, "the will's code", record.WillCode.Number(), will)
	p.mustScore("the live rate", record.LiveRate, v.ending.LiveRate)
	p.mustScore("the similarity", record.Similarity, v.ending.Similarity)
	p.mustTime(record.OccurredTime, v.finished)
	must(p, "charged", record.Charged(), v.end.charged[faceid.ProductWill])
	p.mustRisk(record.Risk, v)
	mustFile(p, "the photo", record.Photo, v.ending.Photo)
	mustFile(p, "the video", record.Video, v.ending.Video)
	if len(record.Turns) == 0 { // else each round has its own
		mustFile(p, "the audio", record.UserAudio, w.UserAudio)
		mustFile(p, "what was read out", record.ReadAudio, w.ReadAudio)
	}
	mustFile(p, "the screenshot", record.ScrnShotImage, w.Screenshot)
	mustFile(p, "the whole video", record.UserVideo, w.Video)
	if len(w.Answers) > 0 {
		must(p, "the first answer", record.UserAnswer, w.Answers[0])
	}
	if len(w.Answers) > 1 {
		must(p, "the rounds", len(record.Turns), len(w.Answers))
		for i, said := range w.Answers {
			must(p, "an answer", record.Turns[i].UserAnswer, said)
			mustFile(p, "its audio", record.Turns[i].UserAudio, w.UserAudio)
		}
	}
}
