package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// licence stands for the one that the console gives for an App.
const licence = "licence-of-the-console"

// An appFace is a face verification in an App: the shop's server makes the launch
// parameters, the App starts the platform's SDK with them and reports its end, and the
// server asks the platform. Here a page plays the phone.
type appFace struct{ product faceid.Product }

func (f appFace) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	launch, err := s.client().StartSDK(ctx, faceid.SDKRequest{Product: f.product, Platform: faceid.PlatformAndroid, Person: in.Person, Licence: licence})
	return o.launched(launch, err)
}

func (appFace) back(*http.Request) string { return "" }

// decide believes nothing that the App reports. The report says whether there is a record
// to ask for, and chooses the words if there is none.
func (f appFace) decide(ctx context.Context, s *shop, o *order, _ *http.Request) (*outcome, error) {
	report := o.claimed.report
	stopped := func() *outcome { return explained(f.product, channelOf(report), report.Code) }
	if !report.Queryable() {
		return stopped(), nil
	}
	record, err := s.client().ConfirmFace(ctx, faceid.QueryFaceRecordRequest{
		OrderNo: o.ref, Product: f.product, Wait: report.Succeeded(), // the record may lag a few seconds
	})
	if errors.Is(err, faceid.ErrNoResult) && !report.Succeeded() { // stopped before the comparison
		return stopped(), nil
	}
	return facePage(f).tell(ctx, s, o, record, err)
}

// channelOf is whose table of codes a report belongs to.
func channelOf(report faceid.SDKReport) faceid.Channel {
	if report.Platform == "" { // the SDK passed on a code of the platform
		return faceid.ChannelServer
	}
	return faceid.Channel(report.Platform)
}

// A miniProgram is DetectAuth without a page: the mini program of the shop gets the
// BizToken and starts the platform's plugin with it. What it says afterwards is a hint.
// The server asks about the token of its own session.
type miniProgram struct{ wechatPage }

func (f miniProgram) start(ctx context.Context, s *shop, o *order, in input) (string, error) {
	opened, err := s.client().DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: f.ruleID, Name: in.Name, IDCard: in.IDNo})
	if err != nil {
		return "", err
	}
	o.ref, o.person = opened.BizToken, in.Person // to compare with who passed; settle forgets it
	return "", nil
}

func (miniProgram) back(*http.Request) string { return "" }

// runApp starts the SDK of an App, which records a video. The report of a lying App is
// that all is well.
func (s *shop) runApp(ctx context.Context, o *order, sc scene) (*claim, step, error) {
	s.sim.Script(o.ref, sc.face)
	ended, err := s.sim.RunSDK(ctx, o.launch.Params, faceidtest.RecordVideo)
	if err != nil {
		return nil, step{}, err
	}
	if sc.lies {
		ended.Domain, ended.Code = "", "0"
	}
	said := ended.Code
	if ended.Domain != "" {
		said = ended.Domain + " " + ended.Code
	}
	return &claim{report: faceid.ParseSDKResult(ended.Domain, ended.Code)}, step{What: "step-app", Signed: "with-nonce", Result: said}, nil
}

// runMini starts the plugin of a mini program. There is no claim if the person left: they
// may come again with the same token.
func (s *shop) runMini(ctx context.Context, o *order, sc scene) (*claim, step, error) {
	s.sim.ScriptCloud(o.ref, sc.flow)
	ended, err := s.sim.RunMiniProgram(ctx, o.ref)
	if err != nil {
		return nil, step{}, err
	}
	ran := step{What: "step-mini", Signed: "with-nothing", Result: "startVerify: success"}
	if ended.Left {
		ran.Result = "startVerify: fail"
		return nil, ran, nil
	}
	return &claim{}, ran, nil
}
