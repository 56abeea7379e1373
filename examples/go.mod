module github.com/faceid-go/faceid/examples

go 1.25

require github.com/faceid-go/faceid v0.0.0

require github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common v1.3.209 // indirect

replace github.com/faceid-go/faceid => ../
