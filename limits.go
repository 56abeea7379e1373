package faceid

import "time"

// Limits of the documents, in bytes.
const (
	maxOrderNo       = 32
	maxUserID        = 32
	maxUserIDHarmony = 30
	maxPhoto         = 500 * 1024
)

// Limits of the documents: characters, items, and bytes of base64.
const (
	maxCloudName       = 32
	maxCloudURL        = 1024
	maxMerchantID      = 50
	maxCloudExtra      = 1024
	maxCloudQuestion   = 250
	maxCloudAnswers    = 50
	maxCloudAnswer     = 10
	maxCloudRounds     = 10
	maxCloudReading    = 120
	maxDetectImage     = 3 << 20
	maxDetectBestFrame = 10
	maxEidBestFrame    = 3
	maxAppImage        = 8 << 20
	maxAppExtra        = 1000
)

const (
	maxCheckPhoto = 3 << 20 // bytes of base64
	maxCheckCard  = 7 << 20
	maxCheckVideo = 8 << 20
	maxCheckExtra = 10
)

// Files lag one or two seconds behind the scan. The documents advise to ask again
// 3 times, 2 seconds apart.
const (
	fileRetries  = 3
	fileInterval = 2 * time.Second
)

const (
	cloudHost    = "faceid.tencentcloudapi.com" // of both sites
	cloudVersion = "2018-03-01"
	maxCloudBody = 10 << 20
)
