module github.com/faceid-go/faceid

go 1.25.0

require (
	github.com/emmansun/base64 v0.9.0
	github.com/emmansun/gmsm v0.44.0
	github.com/gofrs/flock v0.13.1
	github.com/jarcoal/httpmock v1.4.2
	github.com/stretchr/testify v1.12.1
	github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common v1.3.209
	golang.org/x/text v0.38.0
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.53.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
)
