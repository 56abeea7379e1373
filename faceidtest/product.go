package faceidtest

// A product is what one upload path opens: the parameters of the upload, the
// places where its orders can be launched, and the answers about them
// afterwards. The products that read cards and chips have no faceId, and are in
// cards.go.
type product struct {
	// These fields are about the upload.
	params        []param
	also          func(map[string]string) string // tells why the values do not go together, or ""
	signed        []string                       // the parameters whose values are signed
	idName        string                         // the name of the faceId in the answer
	idPrefix      string                         // the first letters of the faceId in the documents
	optimalDomain bool                           // the answer has an optimalDomain
	shortAnswer   bool                           // the answer has neither times nor success
	realTimeOnly  func(liveInterType string) bool

	// These fields are about the launch.
	page   string  // the path of the login page, "" if no browser can open it
	kind   string  // the kind of that page, for programs
	title  words   // the title of that page
	phones []phone // the SDKs of the product, nil if no phone can run it
	native natives // the codes that only these SDKs report by themselves

	// These fields are about the answers afterwards.
	query          string // the path that tells how an order ended
	back           callbackNames
	sdkRisk        []string          // the members of riskInfo after an SDK
	browserRisk    []string          // the members of riskInfo after a browser
	differentWords map[string]string // the messages that only this product has
}

// callbackNames are the names of the parameters on the way back. A parameter
// without a name is not sent.
type callbackNames struct{ faceID, sign, liveRate, faceCode, willCode string }

// onlyIfAsked is the rule of face verification: it falls back to a recorded
// video unless liveInterType is 1.
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

// basicPC is the only product whose signature covers the person, and the only
// one without a nonce.
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

// productNames are the products that the console opens for an app, by their
// names.
var productNames = map[string][]*product{
	"plus": {plus}, "enhanced": {enhanced}, "basic": {basic, basicPC}, "will": {will},
	"ocr": {idCardOCR, bankCardOCR}, "nfc": {nfcReading},
}

// notOpened is the code of a product that an app does not have.
const notOpened = "66660002"

// may reports whether the console has opened a product for the app.
func (a *app) may(p *product) bool { return a.products == nil || a.products[p] }

// newFaceID makes a random faceId of 32 characters, with the product's first
// letters.
func (p *product) newFaceID() string { return p.idPrefix + randomHex(32-len(p.idPrefix)) }

// inSDK is what stands in the place of a page's path if the person is in an
// SDK.
const inSDK = ""

// opensIn reports whether orders can be launched on that login page, or in an
// SDK.
func (p *product) opensIn(page string) bool {
	if page == inSDK {
		return p.phones != nil
	}
	return p.page == page
}

// message returns this product's words for a code.
func (p *product) message(code string) string {
	if words, ok := p.differentWords[code]; ok {
		return words
	}
	return messages[code]
}
