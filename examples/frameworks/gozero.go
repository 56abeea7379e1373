package frameworks

import (
	"net/http"

	"github.com/zeromicro/go-zero/rest"
)

func goZeroRoutes(server *rest.Server, shop *shop) {
	server.AddRoute(rest.Route{Method: http.MethodGet, Path: "/back", Handler: func(w http.ResponseWriter, r *http.Request) {
		record, err := shop.client.ConfirmReturn(r.Context(), r, shop.session(r))
		shop.show(w, r, record, err)
	}}, rest.WithTimeout(patience))
}

func goZeroStart(server *rest.Server) {
	server.StartWithOpts(func(s *http.Server) { s.Handler = hideQuery(s.Handler) })
}
