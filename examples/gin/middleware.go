package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

// logged writes one line for each request. gin.Logger would write the query as well, and
// that of a callback has the order and the signature. The address of the visitor is left
// out: it is personal, and nobody needs it here.
func (s *service) logged() gin.HandlerFunc {
	return func(c *gin.Context) {
		began := time.Now()
		c.Next()
		route := c.FullPath()
		if route == "" {
			route = "none" // a path that no route has may hold anything
		}
		s.log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request", slog.String("method", method(c.Request)), slog.String("route", route),
			slog.Int("status", c.Writer.Status()), slog.Duration("duration", time.Since(began)))
	}
}

// method names the method of a request, if it is one that a browser makes.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// recovered answers 500 after a panic. gin.Recovery would write the headers with the
// session's cookie when the browser has gone, and in debug mode after every panic. The value
// of the panic stays out as well, since it may be anything: the stack shows where it was.
func (s *service) recovered() gin.HandlerFunc {
	return gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, value any) {
		s.log.ErrorContext(c.Request.Context(), "panic", "route", c.FullPath(), "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			c.Abort()
			return
		}
		s.show(c, http.StatusInternalServerError, page{Title: "未完成 Not done", Text: apology})
		c.Abort()
	})
}

// guarded is what every answer needs of headers and limits.
func (s *service) guarded() gin.HandlerFunc {
	crossOrigin := http.NewCrossOriginProtection() // no other site may post here with the visitor's cookie
	_ = crossOrigin.AddTrustedOrigin(s.public)     // a proxy may have changed the Host; newService checked the URL
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Cache-Control", "no-store")      // neither a proxy nor the back button shows it to the next person
		h.Set("Referrer-Policy", "no-referrer") // the callback's query goes nowhere; the form pages differ, see show
		h.Set("X-Content-Type-Options", "nosniff")
		// No form-action, which would stop the redirect to the login page.
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
		if crossOrigin.Check(c.Request) != nil {
			c.AbortWithStatus(http.StatusForbidden)
			return
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 8<<10)   // a name and a number need no more
		ctx, cancel := context.WithTimeout(c.Request.Context(), 25*time.Second) // an answer after the server's WriteTimeout would be lost
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}
