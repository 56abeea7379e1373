package frameworks

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

func chiRoutes(shop *shop) http.Handler {
	router := chi.NewRouter()
	router.Use(middleware.Logger)
	router.Get("/back", func(w http.ResponseWriter, r *http.Request) {
		record, err := shop.client.ConfirmReturn(r.Context(), r, shop.session(r))
		shop.show(w, r, record, err)
	})
	return hideQuery(router)
}
