// Package frameworks shows what gin, echo, chi, go-zero and kratos hand to ConfirmReturn.
// The routes here are those of docs/frameworks.md, and the tests send a genuine callback
// through each of them. The package is a module of its own, so that nobody who uses the SDK
// or the other examples downloads five frameworks.
package frameworks

import (
	"net/http"
	"time"

	"github.com/faceid-go/faceid"
)

// shop is what every framework's routes need of the merchant.
type shop struct {
	client *faceid.Client
	// session returns the order that the session of this browser has opened, by the cookie
	// of the request. It is nil without one, and ConfirmReturn refuses that.
	session func(r *http.Request) *faceid.PageSession
	// show answers the browser: it stores the decision, and redirects to a page without the
	// query of the callback.
	show func(w http.ResponseWriter, r *http.Request, record *faceid.FaceRecord, err error)
}

// patience is how long the way back may take. ConfirmReturn waits up to 3 seconds for the
// credentials of another process, and up to 6 for a record that lags.
const patience = 25 * time.Second

// hideQuery takes the query out of the address as loggers read it. The handlers still find
// it in r.URL, which is where ConfirmReturn reads it.
func hideQuery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RequestURI = r.URL.EscapedPath()
		next.ServeHTTP(w, r)
	})
}
