package faceidtest

// A product is what one upload path opens: what the upload asks for, where its
// orders can be launched, and what is said about them afterwards. The products
// that read cards and chips have no faceId; they are in cards.go.
type product struct {
	// The upload.
	params        []param
	also          func(map[string]string) string // why the values do not go together, or ""
	signed        []string                       // the parameters whose values it signs
	idName        string                         // what its answer calls the faceId
	idPrefix      string                         // how the faceId begins in the documents
	optimalDomain bool                           // is part of its answer
	shortAnswer   bool                           // its answer has neither times nor success
	realTimeOnly  func(liveInterType string) bool

	// The launch.
	page   string  // path of the login page, "" if no browser can open it
	kind   string  // of that page, for programs
	title  words   // of that page
	phones []phone // its SDKs, nil if no phone can run it
	native natives // what only its SDKs report by themselves

	// Afterwards.
	query          string // the path that tells how its orders ended
	back           callbackNames
	sdkRisk        []string          // what riskInfo may tell after an SDK
	browserRisk    []string          // and after a browser
	differentWords map[string]string // messages that are its own
}

// callbackNames are the parameters that carry these three on the way back.
// Without a name a thing is not sent.
type callbackNames struct{ faceID, sign, liveRate, faceCode, willCode string }

// Face verification falls back to a recorded video unless it is told not to.
func onlyIfAsked(liveInterType string) bool { return liveInterType == "1" }

var faceTitle = words{"人脸核身", "Face verification"}

var plus = &product{
	params:        uploadParams(nonceParam, liveInterTypeParam),
	signed:        []string{"appId", "userId", "version", "nonce"},
	idName:        "faceId",
	idPrefix:      "tx",
	optimalDomain: true,
	realTimeOnly:  onlyIfAsked,
	page:          pathLogin,
	kind:          "h5",
	title:         faceTitle,
	phones:        []phone{android, ios, harmony},
	query:         pathRecord,
	back:          callbackNames{faceID: "faceId", sign: "newSignature", liveRate: "liveRate"},
	sdkRisk:       []string{"deviceInfoLevel", "deviceInfoTag", "riskInfoLevel", "riskInfoTag", "LivenessInfoTag"},
	browserRisk:   []string{"LivenessInfoTag"},
}

var enhanced = &product{
	params:        uploadParams(nonceParam, liveInterTypeParam),
	signed:        []string{"appId", "userId", "version", "nonce"},
	idName:        "faceId",
	idPrefix:      "tx",
	optimalDomain: true,
	realTimeOnly:  onlyIfAsked,
	page:          pathLogin,
	kind:          "h5",
	title:         faceTitle,
	phones:        []phone{android, ios, harmony},
	query:         pathRecord,
	back:          callbackNames{faceID: "h5faceId", sign: "newSignature", liveRate: "liveRate"},
	sdkRisk:       []string{"deviceInfoLevel", "deviceInfoTag", "riskInfoLevel", "riskInfoTag"},
}

var basic = &product{
	params:         uploadParams(nonceParam),
	signed:         []string{"appId", "userId", "version", "nonce"},
	idName:         "faceId",
	phones:         []phone{android, basicIOS, harmony},
	query:          pathRecord,
	differentWords: basicWords,
}

// basicPC is the only product that signs the person, and the only one without
// a nonce.
var basicPC = &product{
	params:         uploadParams(),
	signed:         []string{"appId", "orderNo", "name", "idNo", "userId", "version"},
	idName:         "h5faceId",
	idPrefix:       "wb",
	optimalDomain:  true,
	page:           pathPCLogin,
	kind:           "pc",
	title:          faceTitle,
	query:          pathRecord,
	back:           callbackNames{faceID: "h5faceId", sign: "newSign"},
	differentWords: basicWords,
}

// newFaceID has 32 characters, whatever it begins with.
func (p *product) newFaceID() string { return p.idPrefix + randomHex(32-len(p.idPrefix)) }

// inSDK stands for a page's path where there is no page.
const inSDK = ""

// opensIn reports whether orders can be launched on that login page, or in an
// SDK.
func (p *product) opensIn(page string) bool {
	if page == inSDK {
		return p.phones != nil
	}
	return p.page == page
}

// message is what this product says to a code.
func (p *product) message(code string) string {
	if words, ok := p.differentWords[code]; ok {
		return words
	}
	return messages[code]
}
