module github.com/faceid-go/faceid/proof

go 1.26.0

require (
	github.com/chromedp/chromedp v0.23.0
	github.com/emmansun/gmsm v0.44.0
	github.com/faceid-go/faceid v0.0.0
	github.com/faceid-go/faceid/redisstore v0.0.0
	github.com/redis/go-redis/v9 v9.23.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

replace (
	github.com/faceid-go/faceid => ../
	github.com/faceid-go/faceid/redisstore => ../redisstore
)
