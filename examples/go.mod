module github.com/faceid-go/faceid/examples

go 1.26.0

require (
	github.com/boombuler/barcode v1.1.0
	github.com/emmansun/gmsm v0.44.0
	github.com/faceid-go/faceid v0.0.0
	github.com/faceid-go/faceid/redisstore v0.0.0
	github.com/redis/go-redis/v9 v9.23.0
	github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common v1.3.209
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/gofrs/flock v0.13.1 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/crypto v0.53.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace (
	github.com/faceid-go/faceid => ../
	github.com/faceid-go/faceid/redisstore => ../redisstore
)
