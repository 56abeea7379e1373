package faceidtest

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// A visit is a login page that is open in a browser.
type visit struct {
	order  *order
	back   string // the merchant's address
	direct bool   // the page of the result is left out
}

// loginParams returns the table of a login page: the rows that both pages have,
// and those of its own.
func loginParams(idName string, own ...param) []param {
	return append([]param{
		{name: "appId", ok: some},
		{name: "version", ok: some},
		{name: "nonce", ok: isNonce},
		{name: "orderNo", ok: isOrderNo},
		{name: idName, ok: some},
		{name: "url", ok: isCallback},
		{name: "userId", ok: isUserID},
		{name: "sign", ok: some},
	}, own...)
}

// isCallback accepts a complete web address. An address that was encoded twice
// has no scheme after one decoding, so isCallback refuses it.
func isCallback(v string) bool {
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// webLogin opens the page of
// https://cloud.tencent.com/document/product/1007/114178, and that of a will
// verification, which has the same parameters.
func (s *Server) webLogin(in *incoming) reply {
	return s.login(in, "faceId",
		param{name: "from", ok: oneOf("browser", "app", "App")},   // two of the pages print App
		param{name: "resultType", ok: whatever, optional: true},   // any value but 1 shows the page of the result
		param{name: "redirectType", ok: whatever, optional: true}, // it concerns the browser's history only
	)
}

// pcLogin opens the page of
// https://cloud.tencent.com/document/product/1007/35894. It has no resultType:
// the end goes straight back.
func (s *Server) pcLogin(in *incoming) reply { return s.login(in, "h5faceId") }

// login opens a login page. The first visit uses the link up, and that may be a
// prefetch.
func (s *Server) login(in *incoming, idName string, own ...param) reply {
	v, bad := s.readQuery(in, loginParams(idName, own...))
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[v["appId"]]
	if a == nil || !s.launch(a, v["userId"], v["sign"],
		v["appId"], v["userId"], v["orderNo"], v["version"], v[idName], v["nonce"]) {
		return refuse("400101")
	}
	o, bad := s.entered(a, in.path, v[idName], v["orderNo"], v["userId"])
	if bad != "" {
		return refuse(bad)
	}
	key := randomText(40)
	s.memory.visits.add(s.now().Add(pageLife), key)
	s.visits[key] = &visit{order: o, back: v["url"], direct: in.path == pathPCLogin || v["resultType"] == "1"}
	return reply{code: "0", page: s.loginPage(key, o, v["url"])}
}

// entered marks an order as opened by that login page or by an SDK, or returns
// the code of the refusal. The caller holds the lock and has used up the
// ticket.
func (s *Server) entered(a *app, page, faceID, orderNo, userID string) (*order, string) {
	o := s.faces[faceID]
	switch {
	case o == nil || o.app != a || o.no != orderNo || o.userID != userID || !o.product.opensIn(page):
		return nil, "66660000"
	case s.expired(o) || !s.mayEnter(o):
		return nil, "66660018"
	}
	o.opened, o.isOver, o.livenessOnly = true, false, false
	return o, ""
}

// webFinish answers the form of a login page, with which the person ends. The
// key of the page works once.
func (s *Server) webFinish(in *incoming) reply {
	form, ok := readForm(in)
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.visits[form.Get("page")]
	if !ok || v == nil {
		return refuse("3002")
	}
	e, known := namedEnding(form.Get("ending"))
	if !known {
		if form.Get("ending") != "scripted" {
			return refuse("300101")
		}
		e = s.scripted(v.order.no)
	}
	if why := v.order.cannotEnd(e, inBrowser); why != "" {
		return reply{code: "300101", msg: "order " + v.order.no + " is to end with " + e.Code + ", " + why}
	}
	delete(s.visits, form.Get("page"))
	in.orderNo = v.order.no
	if v.order.isOver {
		return refuse("3002") // another page of the same order was faster
	}
	e = s.finish(v.order, e, false)
	back := s.wayBack(v.order, v.back, e)
	if v.direct {
		return reply{code: e.Code, status: http.StatusFound, location: back}
	}
	return reply{code: e.Code, page: resultPage(e.Code, e.message(v.order.product), back)}
}

func readForm(in *incoming) (url.Values, bool) {
	kind, _, err := mime.ParseMediaType(in.header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, false
	}
	form, err := url.ParseQuery(string(in.body))
	return form, err == nil
}

// wayBack returns the address of the callback. It is signed with the newest
// SIGN ticket. If no ticket lives, it has no signature.
func (s *Server) wayBack(o *order, back string, e Ending) string {
	sign := ""
	if ticket := o.app.newestSign(s.now()); ticket != "" && !(e.FrontEnd && s.unsignedFrontEnd) {
		sign = signature(o.app.id, o.no, e.Code, ticket)
	}
	faceCode, willCode := e.Will.FaceCode, e.Will.Code
	if e.FrontEnd { // the page gives this code before there is anything else to tell
		faceCode, willCode = "", ""
	}
	return s.callbackURL(back, o.product.back, callback{e.Code, faceCode, willCode, o.no, o.faceID, sign, e.LiveRate})
}

// callback holds the parameters that a browser brings back.
type callback struct{ code, faceCode, willCode, orderNo, faceID, sign, liveRate string }

// callbackURL appends the platform's parameters to the merchant's own query,
// which stays as it is. If the address has a fragment, they become a part of it
// unless WithFragmentAfterQuery is given.
func (s *Server) callbackURL(back string, names callbackNames, c callback) string {
	var q strings.Builder
	for _, p := range [][2]string{
		{"code", c.code}, {names.faceCode, c.faceCode}, {names.willCode, c.willCode}, {"orderNo", c.orderNo},
		{names.faceID, c.faceID}, {names.sign, c.sign}, {names.liveRate, c.liveRate},
	} {
		if p[0] != "" && p[1] != "" {
			q.WriteString("&" + p[0] + "=" + url.QueryEscape(p[1]))
		}
	}
	u, err := url.Parse(back)
	switch {
	case err != nil:
		return back // this cannot happen, as isCallback has parsed it before
	case u.Fragment != "" && !s.fragmentAfterQuery && strings.Contains(back, "?"):
		return back + q.String()
	case u.Fragment != "" && !s.fragmentAfterQuery:
		return back + "?" + strings.TrimPrefix(q.String(), "&")
	}
	u.RawQuery = strings.TrimPrefix(u.RawQuery+q.String(), "&")
	return u.String()
}
