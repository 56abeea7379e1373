package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// The handlers of docs/deciding.md, word for word, in a shop whose database is a map.
// They are attacked below.

// back serves the RedirectURL. An order is a verification in your database.
func (s *shop) back(w http.ResponseWriter, r *http.Request) {
	order := s.orderOf(r) // of this browser's session; look for it before you look at the callback
	if order == nil {
		http.Error(w, "nothing was opened here", http.StatusForbidden)
		return
	}
	_, err := s.client.ConfirmReturn(r.Context(), r, order.login)
	passed := err == nil || errors.Is(err, faceid.ErrReplayed) // a replay: it passed, and was confirmed before
	switch {
	case passed, errors.Is(err, faceid.ErrNotPassed):
		if s.store(order, passed) != nil { // only the first decision is stored
			http.Error(w, "please reload", http.StatusServiceUnavailable)
			return
		}
		s.show(w, order, faceid.RemedyOf(err))
	case errors.Is(err, faceid.ErrUnsigned), errors.Is(err, faceid.ErrBadSignature), errors.Is(err, faceid.ErrOtherOrder):
		http.Error(w, "this could not be confirmed", http.StatusForbidden)
	default: // no decision yet, and nothing is used up: a reload asks again
		http.Error(w, "please reload", http.StatusServiceUnavailable)
	}
}

// openInWeChat opens a flow for a customer of yours, and returns where to go: answer 303 to it.
func (s *shop) openInWeChat(ctx context.Context, order *order) (string, error) {
	flow, err := s.client.DetectAuth(ctx, faceid.DetectAuthRequest{
		RuleID: s.ruleID, Name: order.customer.Name, IDCard: order.customer.IDNo,
		IntentionQuestions: s.questions, RedirectURL: "https://merchant.example/wechat",
	})
	if err != nil {
		return "", err
	}
	order.bizToken, order.willAsked = flow.BizToken, flow.WillAsked // keep both in the session, on the server
	return flow.URL, nil
}

// backFromWeChat decides when the person is back in that session: nil says that this customer passed.
func (s *shop) backFromWeChat(ctx context.Context, order *order) error {
	_, err := s.client.ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{
		BizToken: order.bizToken, RuleID: s.ruleID, InfoType: faceid.InfoText, WillAsked: order.willAsked,
	}, order.customer) // from your own data: a RuleId can be set so that anybody with a card passes
	return err
}

func TestDecidingHandlersAreThoseTested(t *testing.T) {
	tested, err := os.ReadFile("story_deciding_test.go")
	require.NoError(t, err)
	page, err := os.ReadFile("docs/deciding.md")
	require.NoError(t, err)
	found := 0
	for _, block := range strings.Split(string(page), "```go\n")[1:] {
		if block, _, _ = strings.Cut(block, "```"); strings.Contains(block, "func (s *shop)") {
			found++
			require.Contains(t, string(tested), block)
		}
	}
	require.Equal(t, 2, found)
}

type shop struct {
	client     *faceid.Client
	ruleID     string
	questions  []faceid.IntentionQuestion
	orders     map[string]*order // the orders, by the cookie of a browser
	storeFails bool
	platform   *faceidtest.Server
	t          *testing.T
}

type order struct {
	customer  faceid.Person
	login     *faceid.PageSession
	bizToken  string
	willAsked bool
	decided   string // "", "passed", "refused"
}

func newShop(t *testing.T, opts ...faceidtest.Option) *shop {
	s := &shop{orders: map[string]*order{}, platform: faceidtest.Start(t, opts...), t: t}
	seen := map[string]bool{}
	s.client = s.platform.Client(faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
		first := !seen[cb.ID()]
		seen[cb.ID()] = true
		return first, nil
	}))
	return s
}

func (s *shop) orderOf(r *http.Request) *order { return s.orders[r.Header.Get("Cookie")] }

func (s *shop) store(o *order, passed bool) error {
	if s.storeFails {
		return errors.New("the database is away")
	}
	if o.decided == "" {
		o.decided = map[bool]string{true: "passed", false: "refused"}[passed]
	}
	return nil
}

func (s *shop) show(w http.ResponseWriter, o *order, _ faceid.Remedy) { fmt.Fprint(w, o.decided) }

// opens has a browser open a verification and returns its login URL.
func (s *shop) opens(cookie, orderNo string) string {
	login, err := s.client.StartH5(s.t.Context(), h5Request(orderNo))
	require.NoError(s.t, err)
	s.orders[cookie] = &order{customer: somebody, login: &login.Session}
	return login.URL
}

// goes has somebody open a login page, end it with e, and be sent back.
func (s *shop) goes(login, orderNo string, e faceidtest.Ending) *http.Request {
	s.platform.Script(orderNo, e)
	back, err := s.platform.Visit(s.t.Context(), login)
	require.NoError(s.t, err)
	return back
}

// brings has a browser call the handler, and returns the response.
func (s *shop) brings(cookie string, r *http.Request) (int, string) {
	r = r.Clone(s.t.Context())
	r.Header = http.Header{"Cookie": {cookie}}
	w := httptest.NewRecorder()
	s.back(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func (s *shop) refuses(cookie string, r *http.Request) {
	s.t.Helper()
	code, text := s.brings(cookie, r)
	require.Equal(s.t, http.StatusForbidden, code, text)
	if o := s.orders[cookie]; o != nil {
		require.NotEqual(s.t, "passed", o.decided)
	}
}

func (s *shop) letsIn(cookie string, r *http.Request) {
	s.t.Helper()
	code, text := s.brings(cookie, r)
	require.Equal(s.t, http.StatusOK, code)
	require.Equal(s.t, "passed", text)
	require.Equal(s.t, "passed", s.orders[cookie].decided)
}

func TestDecidingHandlerRefusesACallbackThatWasKept(t *testing.T) {
	s := newShop(t)
	kept := s.goes(s.opens("attacker", "order1"), "order1", faceidtest.NoCamera())
	lured := s.goes(s.opens("attacker", "order2"), "order2", faceidtest.Passes()) // The victim does this in their own browser.

	s.refuses("attacker", kept)
	s.refuses("victim", lured)
	require.Empty(t, s.orders["attacker"].decided)
}

// Where a faceId can be entered twice, the kept callback belongs to the order that
// passes later.
func TestDecidingHandlerRefusesAClaimOfTheSameOrderThatWasKept(t *testing.T) {
	s := newShop(t, faceidtest.WithReentry())
	kept := s.goes(s.opens("attacker", "order1"), "order1", faceidtest.NoCamera())
	again, err := s.client.LoginURL(t.Context(), s.orders["attacker"].login)
	require.NoError(t, err)
	s.goes(again, "order1", faceidtest.Passes()) // The victim does this.

	code, text := s.brings("attacker", kept)
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "refused", text)
}

func TestDecidingHandlerRefusesAnotherSessionsCallback(t *testing.T) {
	s := newShop(t)
	theirs := s.goes(s.opens("victim", "order1"), "order1", faceidtest.Passes())
	s.opens("attacker", "order2")

	s.refuses("attacker", theirs)
	s.refuses("nobody", theirs)
	s.letsIn("victim", theirs) // The callbacks that others brought used nothing up.
	s.refuses("attacker", theirs)
}

func TestDecidingHandlerRefusesWhatThePlatformDidNotSign(t *testing.T) {
	s := newShop(t)
	genuine := s.goes(s.opens("attacker", "order1"), "order1", faceidtest.NotSamePerson())
	for name, forge := range map[string]func(url.Values){
		"another code":           func(q url.Values) { q.Set("code", "0") },
		"an invented signature":  func(q url.Values) { q.Set("code", "0"); q.Set("newSignature", strings.Repeat("0A", 20)) },
		"no signature":           func(q url.Values) { q.Set("code", "0"); q.Del("newSignature") },
		"a parameter twice":      func(q url.Values) { q.Add("code", "0") },
		"digits moved":           func(q url.Values) { q.Set("code", "0"); q.Set("orderNo", "6660004order1") },
		"another order's number": func(q url.Values) { q.Set("orderNo", "order2") },
		"a signature of no ticket": func(q url.Values) {
			q.Set("code", "0")
			q.Set("newSignature", faceid.Sign("", s.platform.AppID(), "order1", "0"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			query := genuine.URL.Query()
			forge(query)
			forged := httptest.NewRequest(http.MethodGet, "https://merchant.example/back?"+query.Encode(), nil)
			s.refuses("attacker", forged)
			require.Empty(t, s.orders["attacker"].decided)
		})
	}
}

func TestDecidingHandlerIsNotConfusedByASecondTab(t *testing.T) {
	s := newShop(t)
	first := s.goes(s.opens("browser", "order1"), "order1", faceidtest.Passes())
	second := s.opens("browser", "order2")

	s.refuses("browser", first)
	s.letsIn("browser", s.goes(second, "order2", faceidtest.Passes()))
}

func TestDecidingHandlerStrandsNoOrder(t *testing.T) {
	s := newShop(t)
	back := s.goes(s.opens("browser", "order1"), "order1", faceidtest.Passes())

	s.platform.FailNext(pathRecord, faceidtest.FaultCode("66660002", "")) // Nobody can tell yet.
	code, _ := s.brings("browser", back)
	require.Equal(t, http.StatusServiceUnavailable, code)

	s.storeFails = true // The pass is confirmed, but not stored.
	code, _ = s.brings("browser", back)
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Empty(t, s.orders["browser"].decided)

	s.storeFails = false
	s.letsIn("browser", back) // A reload gives ErrReplayed.
	s.letsIn("browser", back)
}

func TestDecidingHandlerKeepsWhatWasDecided(t *testing.T) {
	s := newShop(t)
	back := s.goes(s.opens("browser", "order1"), "order1", faceidtest.NotSamePerson())
	for range 2 {
		code, text := s.brings("browser", back)
		require.Equal(t, http.StatusOK, code)
		require.Equal(t, "refused", text)
	}
}

// A visitor without a session costs nothing, whatever they bring.
func TestDecidingHandlerLooksAtTheSessionFirst(t *testing.T) {
	s := newShop(t)
	s.opens("browser", "order1")
	before := len(s.platform.Requests())
	s.refuses("nobody", httptest.NewRequest(http.MethodGet, "/back?code=0&orderNo=order1&newSignature="+strings.Repeat("0A", 20), nil))
	require.Len(t, s.platform.Requests(), before)
}

func TestDecidingWeChatFlowIsAboutTheCustomer(t *testing.T) {
	stranger := faceidtest.IDCard{Name: "王测试", Number: "110101199003070011"}
	questions := []faceid.IntentionQuestion{{Question: "您是否同意？请回答：我同意", Answers: []string{"我同意"}}}
	for name, test := range map[string]struct {
		ruleID    string
		questions []faceid.IntentionQuestion
		ending    faceidtest.CloudEnding
		want      error
	}{
		"the customer":                             {faceidtest.RulePlus, nil, faceidtest.CloudPasses(), nil},
		"the customer, who agrees":                 {faceidtest.RuleWill, questions, faceidtest.CloudPasses(), nil},
		"somebody else's face":                     {faceidtest.RulePlus, nil, faceidtest.CloudTries(2016), faceid.ErrNotPassed},
		"another person's card, if cards are read": {"reads-cards", nil, faceidtest.CloudEnding{Card: stranger}, faceid.ErrOtherPerson},
		"a will that nobody was asked for":         {"without-will", questions, faceidtest.CloudPasses(), faceid.ErrNotPassed},
		"a will that was refused":                  {faceidtest.RuleWill, questions, faceidtest.CloudWrongAnswer(), faceid.ErrNotPassed},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, faceidtest.WithRule("reads-cards", "plus", faceidtest.RuleReadsCards), faceidtest.WithRule("without-will", "plus", faceidtest.RuleWithoutWill))
			s.ruleID, s.questions = test.ruleID, test.questions
			s.platform.ScriptCloudDefault(test.ending)
			o := &order{customer: somebody}
			page, err := s.openInWeChat(t.Context(), o)
			require.NoError(t, err)
			require.ErrorIs(t, s.backFromWeChat(t.Context(), o), faceid.ErrNoResult, "nobody has been there")
			_, err = s.platform.VisitCloud(t.Context(), page)
			require.NoError(t, err)
			require.ErrorIs(t, s.backFromWeChat(t.Context(), o), test.want)
		})
	}
}
