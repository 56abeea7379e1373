package frameworks

import (
	"net/http"

	kratos "github.com/go-kratos/kratos/v2/transport/http"
)

func kratosRoutes(shop *shop) http.Handler {
	server := kratos.NewServer(kratos.Timeout(patience))
	server.Route("/").GET("/back", func(c kratos.Context) error {
		record, err := shop.client.ConfirmReturn(c, c.Request(), shop.session(c.Request()))
		shop.show(c.Response(), c.Request(), record, err)
		return nil
	})
	return server
}
