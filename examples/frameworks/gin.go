package frameworks

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

func ginRoutes(shop *shop) http.Handler {
	router := gin.New()
	router.Use(gin.LoggerWithConfig(gin.LoggerConfig{SkipQueryString: true}))
	router.GET("/back", func(c *gin.Context) {
		record, err := shop.client.ConfirmReturn(c.Request.Context(), c.Request, shop.session(c.Request))
		shop.show(c.Writer, c.Request, record, err)
	})
	return router
}
