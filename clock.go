package faceid

import "time"

// chinaTime is the zone of every time the platform writes.
var chinaTime = time.FixedZone("UTC+8", 8*60*60)
