package faceid

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// This file opens verifications of 意愿核身: the person shows the face, and says or nods
// that they agree to something.

// WillType says how the person expresses the will.
type WillType string

// These are the documented modes. The zero value means WillQuestions, the platform's
// default.
const (
	WillQuestions WillType = "0" // 问答: the person answers up to five questions aloud
	WillReadAloud WillType = "1" // 播报: the person reads a text aloud
	WillNod       WillType = "2" // 点头: the person nods
)

func (t WillType) validate(op, field string) error {
	switch t {
	case "", WillQuestions, WillReadAloud, WillNod:
		return nil
	}
	return badArgument(op, field, "must be WillQuestions, WillReadAloud or WillNod")
}

// WillSpeed says how fast the questions are read out.
type WillSpeed string

// These are the documented speeds. The zero value means WillSpeed100, the platform's
// default.
const (
	WillSpeed80  WillSpeed = "-1"  // 0.8 times
	WillSpeed100 WillSpeed = "0"   // as recorded
	WillSpeed120 WillSpeed = "1"   // 1.2 times
	WillSpeed135 WillSpeed = "1.5" // 1.35 times
	WillSpeed150 WillSpeed = "2"   // 1.5 times
)

// WillLiveInterType says how mobile H5 finds out that the person is alive. Its zero
// value means the opposite of the zero value of LiveInterType.
type WillLiveInterType string

// These are the documented ways. The zero value means WillLiveRealTimeOnly.
const (
	WillLiveRealTimeOnly WillLiveInterType = "1" // other browsers come back with CodeH5NoRealTime
	WillLiveFallback     WillLiveInterType = "0" // other browsers record a video
)

// WillRound is one question and the answers to it. It prints as its name, because
// questions name people and sums.
type WillRound struct {
	hidden[WillRound]

	// Question is read out by the platform. It has at most 250 characters, and all
	// questions together have at most 500. It should end by telling what to say.
	Question string
	// Answers are the accepted answers. There is at least one, and the person may give
	// any of them. Each has at most 10 characters (the documents do not say whether the
	// limit is for each answer or for all together), and no "|".
	Answers []string
}

// Will says what the person is asked. It prints as its name.
type Will struct {
	hidden[Will]

	Type   WillType    // how the person is asked
	Rounds []WillRound // 1 to 5 for WillQuestions, else 1
	Speed  WillSpeed   // how fast the questions are read out; empty: as recorded
}

// private returns the words that must not show up in any text.
func (w *Will) private() []string {
	var words []string
	for _, r := range w.Rounds {
		words = append(append(words, r.Question), r.Answers...)
	}
	return words
}

// These are limits of the documents: rounds, and characters.
const (
	maxWillRounds    = 5
	maxWillQuestion  = 250
	maxWillQuestions = 500
	maxWillAnswer    = 10
)

// GetWillFaceIDRequest opens a will verification. It prints as its name.
type GetWillFaceIDRequest struct {
	hidden[GetWillFaceIDRequest]

	OrderNo string // 1 to 32 letters and digits, never used before; see NewOrderNo
	Person  Person
	Will    Will // what the person is asked
	// LiveInterType is for mobile H5 only; leave it empty for the App SDK.
	LiveInterType WillLiveInterType
	// WillMidAnswer is the answer that the page tells the person to say while a video is
	// recorded. It is required with WillLiveFallback. Keep it in step with the answers.
	WillMidAnswer string
}

// GetWillFaceIDResult is an opened verification. FaceID lives 5 minutes.
type GetWillFaceIDResult struct {
	OrderNo         string
	FaceID          string
	OptimalDomain   string // the host of the login page; mobile H5 only, may be empty
	BizSeqNo        string // the platform's serial number
	TransactionTime time.Time
	Raw             RawJSON `json:"-"` // the whole answer
}

// GetWillFaceID uploads the person who is to be verified and the questions, and returns
// the faceId that an App SDK or a mobile H5 page is started with. After a network error
// it is not repeated if the request may have reached the platform: use a new OrderNo
// then. StartWillSDK and StartWillH5 make this call and the rest of the launch.
//
// API: https://cloud.tencent.com/document/product/1007/77305
func (c *Client) GetWillFaceID(ctx context.Context, r GetWillFaceIDRequest) (*GetWillFaceIDResult, error) {
	opened, err := c.openWill(ctx, "GetWillFaceID", r)
	return (*GetWillFaceIDResult)(opened), err
}

func (c *Client) openWill(ctx context.Context, op string, r GetWillFaceIDRequest) (*opened, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	if err := r.validate(op); err != nil {
		return nil, err
	}
	p := r.Person
	rest := []param{
		p.photoType(), {"name", p.Name}, {"idNo", p.IDNo}, {"orderNo", r.OrderNo},
		{"liveService", "2"}, {"willType", string(cmp.Or(r.Will.Type, WillQuestions))}, {"willLanguage", "0"},
		{"willContentList", r.Will.list()}, {"speed", string(r.Will.Speed)},
		{"liveInterType", string(r.LiveInterType)}, {"willMidAnswer", r.WillMidAnswer},
	}
	return c.upload(ctx, call{
		op: op, product: ProductWill, method: http.MethodPost, path: "/api/server/getWillFaceId", scope: scopeWill,
		orderNo: r.OrderNo, retry: retryUnsent, photo: p.Photo, asJSON: "willContentList",
		prepare: a.signed(func(nonce string) []param { return uploadSet(a.id, p.UserID, nonce) }, rest, append(r.Will.private(), p.Name, p.IDNo, r.WillMidAnswer)...),
	}, "faceId")
}

// list returns willContentList in the platform's form.
func (w *Will) list() string {
	type round struct {
		ID       string `json:"id"`
		Question string `json:"question"`
		Answer   string `json:"answer"`
	}
	var rounds []round
	for i, r := range w.Rounds {
		rounds = append(rounds, round{strconv.Itoa(i), r.Question, strings.Join(r.Answers, "|")})
	}
	text, _ := json.Marshal(rounds) // Marshal never fails on strings
	return string(text)
}

func (r *GetWillFaceIDRequest) validate(op string) error {
	if err := validateOrderNo(op, r.OrderNo); err != nil {
		return err
	}
	if err := r.Person.validate(op, maxUserID); err != nil {
		return err
	}
	switch r.LiveInterType {
	case "", WillLiveRealTimeOnly, WillLiveFallback:
	default:
		return badArgument(op, "LiveInterType", "must be WillLiveRealTimeOnly, WillLiveFallback or empty")
	}
	switch {
	case r.LiveInterType == WillLiveFallback && r.WillMidAnswer == "":
		return badArgument(op, "WillMidAnswer", "is empty: it is required with WillLiveFallback")
	case r.LiveInterType != WillLiveFallback && r.WillMidAnswer != "":
		return badArgument(op, "WillMidAnswer", "is for WillLiveFallback only")
	}
	return cmp.Or(validateSpoken(op, "WillMidAnswer", r.WillMidAnswer), r.Will.validate(op))
}

// validate refuses a Will that the platform would refuse, before anything is sent.
func (w *Will) validate(op string) error {
	if err := w.Type.validate(op, "Will.Type"); err != nil {
		return err
	}
	switch w.Speed {
	case "", WillSpeed80, WillSpeed100, WillSpeed120, WillSpeed135, WillSpeed150:
	default:
		return badArgument(op, "Will.Speed", "is none of the documented speeds")
	}
	most := maxWillRounds
	if w.Type == WillReadAloud || w.Type == WillNod {
		most = 1
	}
	if n := len(w.Rounds); n < 1 || n > most {
		return badArgument(op, "Will.Rounds", "has %d rounds, %d to %d are allowed in this mode", n, 1, most)
	}
	total := 0
	for i, r := range w.Rounds {
		if err := r.validate(op, fmt.Sprintf("Will.Rounds[%d]", i)); err != nil {
			return err
		}
		total += utf8.RuneCountInString(r.Question)
	}
	if total > maxWillQuestions {
		return badArgument(op, "Will.Rounds", "the questions have %d characters together, at most %d are allowed", total, maxWillQuestions)
	}
	return nil
}

// validate refuses a round whose question or answers the platform would refuse. field is
// the name of the round in the error.
func (r *WillRound) validate(op, field string) error {
	n := utf8.RuneCountInString(r.Question)
	switch {
	case r.Question == "":
		return badArgument(op, field+".Question", "is empty")
	case n > maxWillQuestion:
		return badArgument(op, field+".Question", "has %d characters, at most %d are allowed", n, maxWillQuestion)
	case len(r.Answers) == 0:
		return badArgument(op, field+".Answers", "is empty")
	}
	if err := validateSpoken(op, field+".Question", r.Question); err != nil {
		return err
	}
	for i, answer := range r.Answers {
		field := fmt.Sprintf("%s.Answers[%d]", field, i)
		switch n := utf8.RuneCountInString(answer); {
		case answer == "":
			return badArgument(op, field, "is empty")
		case strings.Contains(answer, "|"):
			return badArgument(op, field, `holds "|", which separates the answers`)
		case n > maxWillAnswer:
			return badArgument(op, field, "has %d characters, at most %d are allowed", n, maxWillAnswer)
		}
		if err := validateSpoken(op, field, answer); err != nil {
			return err
		}
	}
	return nil
}

// WillSDKRequest starts a will verification in an App. It prints as its name.
type WillSDKRequest struct {
	hidden[WillSDKRequest]

	Platform Platform
	OrderNo  string // empty: a new number
	Person   Person
	Will     Will // what the person is asked
	// Licence is the licence of the SDK, from the console. It is passed on to the App. Leave it
	// empty if the App has it. Without a licence the SDK ends with an error of its parameters:
	// 11000 on Android, 12000 on iOS, 13000 on Harmony.
	Licence string
}

// StartWillSDK is StartSDK for a will verification. There is a video of the will later
// only if the App records it: see SDKLaunch.
func (c *Client) StartWillSDK(ctx context.Context, r WillSDKRequest) (*SDKLaunch, error) {
	const op = "StartWillSDK"
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	up := GetWillFaceIDRequest{OrderNo: orderNoOr(r.OrderNo), Person: r.Person, Will: r.Will}
	if err := cmp.Or(validatePhone(op, r.Platform, r.Person.UserID), up.validate(op)); err != nil {
		return nil, err
	}
	launch := &SDKLaunch{Product: ProductWill, Platform: r.Platform, OrderNo: up.OrderNo, UserID: r.Person.UserID}
	answer, nonceTicket, err := withNonce(ctx, c, call{op: op, product: ProductWill, orderNo: up.OrderNo}, launch.UserID,
		func(ctx context.Context) (*opened, error) { return c.openWill(ctx, op, up) })
	if err != nil {
		return nil, err
	}
	launch.FaceID = answer.FaceID
	launch.sign(a, nonceTicket, param{"licence", r.Licence})
	return launch, nil
}

// WillH5Request starts a will verification in a mobile browser. It prints as its name.
type WillH5Request struct {
	hidden[WillH5Request]

	OrderNo     string // empty: a new number
	Person      Person
	Will        Will   // what the person is asked
	RedirectURL string // as in H5Request
	// FallbackAnswer, if set, lets browsers without real-time detection record a video.
	// The page then tells the person to say this answer: keep it in step with the
	// answers. If it is empty, such browsers come back with CodeH5NoRealTime.
	FallbackAnswer string
	From           LoginFrom
	ShowResultPage bool // as in H5Request
	ReplaceHistory bool // as in H5Request
}

func (r *WillH5Request) upload() GetWillFaceIDRequest {
	up := GetWillFaceIDRequest{OrderNo: orderNoOr(r.OrderNo), Person: r.Person, Will: r.Will, WillMidAnswer: r.FallbackAnswer}
	if r.FallbackAnswer != "" {
		up.LiveInterType = WillLiveFallback
	}
	return up
}

func (r *WillH5Request) session() PageSession {
	return PageSession{RedirectURL: r.RedirectURL, From: r.From, ShowResultPage: r.ShowResultPage, ReplaceHistory: r.ReplaceHistory}
}

// OpenWillH5 is OpenH5 for a will verification.
func (c *Client) OpenWillH5(ctx context.Context, r WillH5Request) (*PageSession, error) {
	p, err := c.willPage(ctx, "OpenWillH5", r)
	if err != nil {
		return nil, err
	}
	return c.openSession(ctx, p)
}

// StartWillH5 is StartH5 for a will verification.
func (c *Client) StartWillH5(ctx context.Context, r WillH5Request) (*PageLogin, error) {
	p, err := c.willPage(ctx, "StartWillH5", r)
	if err != nil {
		return nil, err
	}
	return c.startSession(ctx, p)
}

// willPage validates the request and prepares its page.
func (c *Client) willPage(ctx context.Context, op string, r WillH5Request) (page, error) {
	if _, err := c.kyc1(ctx, op); err != nil {
		return page{}, err
	}
	up := r.upload()
	s := r.session()
	s.Product, s.OrderNo, s.UserID = ProductWill, up.OrderNo, up.Person.UserID
	return page{op, s, func(ctx context.Context) (*opened, error) { return c.openWill(ctx, op, up) }},
		cmp.Or(validateRedirectURL(op, r.RedirectURL, callbackNames...), r.From.validate(op), validateSpoken(op, "FallbackAnswer", r.FallbackAnswer), up.validate(op))
}
