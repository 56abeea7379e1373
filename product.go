package faceid

// Product is the product that an appID was opened for in the console.
type Product string

// These are the products. Plus and Enhanced run in Apps and in mobile browsers.
// Basic runs in Apps and in browsers on a PC.
const (
	ProductPlus     Product = "plus"
	ProductEnhanced Product = "enhanced"
	ProductBasic    Product = "basic"
	ProductWill     Product = "will" // 意愿核身

	ProductIDCardOCR   Product = "ocr-idcard"   // reading an ID card
	ProductBankCardOCR Product = "ocr-bankcard" // reading a bank card
	ProductNFC         Product = "nfc"          // reading the chip of a document
	ProductEid         Product = "eid"          // E证通, through API 3.0
)

// Platform is the system of a phone. Each mobile SDK has its own names for the
// same launch parameters.
type Platform string

// These are the platforms that have an App SDK.
const (
	PlatformAndroid Platform = "android"
	PlatformIOS     Platform = "ios"
	PlatformHarmony Platform = "harmony"
)
