package faceid

// PhotoType says what kind of picture a Person's Photo is.
type PhotoType string

// The documented kinds. A clear photo sent as a watermarked one, or the other
// way round, makes the comparison worse.
const (
	PhotoWatermarked PhotoType = "1" // with the mesh of the authority's photos
	PhotoClear       PhotoType = "2" // without mesh
)

// Person is who is to be verified, and whom a decision is about.
//
// A verification is opened with a UserID and with Name and IDNo, a Photo, or
// both: with name and number alone the face is compared with the authority's
// photo, with a Photo it is compared with that.
//
// A decision takes the person that is expected. It needs the IDNo (for a bank
// card the BankCardNo), compares the Name too if there is one, and looks at
// nothing else. See AnyPerson and PersonAsOpened for the exceptions.
//
// A Person prints, and is written as JSON, as its UserID only.
type Person struct {
	// UserID is the merchant's own id of the person: 1 to 32 letters, digits,
	// hyphens and underscores (30 for Harmony). The same person always has the
	// same, two persons never share one.
	UserID string
	// Name and IDNo are both required without a Photo; with one, give both or
	// neither.
	Name, IDNo string
	// Photo is a JPG, PNG or BMP file of at most 500 KB: frontal and trusted.
	Photo []byte
	// PhotoType is required with a Photo.
	PhotoType PhotoType
	// BankCardNo is the number of a bank card of the person. ConfirmBankCardOCR
	// compares it; nothing else looks at it.
	BankCardNo string

	whom whom
}

// whom says that a Person stands for somebody who is not named.
type whom uint8

const (
	theNamed whom = iota
	anybody
	asOpened
)

var (
	// AnyPerson makes a decision about nobody in particular: whoever passed, and
	// whichever card was read, will do. It says that somebody is alive or that a
	// document could be read, not who they are. With it, look at the identity in
	// the result yourself before you let anybody in.
	AnyPerson = Person{whom: anybody}

	// PersonAsOpened makes a decision about the person whose data the flow was
	// opened with, where the result withholds who that is: a flow of E证通 with
	// EidInputGiven, a flow of WeChat whose RuleId compares with the Image of
	// DetectAuth, an international flow with IntlFace and its CompareImage. The
	// result must say that the face was compared. A result that does name
	// somebody is refused: give the person who is expected instead.
	PersonAsOpened = Person{whom: asOpened}
)

// photoType is sent, but never signed; so is the photo (see call.photo).
func (p *Person) photoType() param { return param{"sourcePhotoType", string(p.PhotoType)} }
