package frameworks

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

func echoRoutes(shop *shop) http.Handler {
	router := echo.New()
	router.Use(middleware.RequestLogger())
	router.GET("/back", func(c echo.Context) error {
		record, err := shop.client.ConfirmReturn(c.Request().Context(), c.Request(), shop.session(c.Request()))
		shop.show(c.Response(), c.Request(), record, err)
		return nil
	})
	return hideQuery(router)
}
