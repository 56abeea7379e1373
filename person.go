package faceid

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// PhotoType says what kind of picture a Person's Photo is.
type PhotoType string

// These are the documented kinds. A clear photo sent as a watermarked one, or the other
// way round, makes the comparison worse.
const (
	PhotoWatermarked PhotoType = "1" // with the mesh of the authority's photos
	PhotoClear       PhotoType = "2" // without mesh
)

// Person is the person who is to be verified, or the person whom a decision expects.
//
// A verification is opened with a UserID and with Name and IDNo, a Photo, or both. With
// name and number alone the face is compared with the authority's photo. With a Photo
// the face is compared with that Photo.
//
// A decision takes the person who is expected. It needs the IDNo (for a bank card the
// BankCardNo), compares the Name too if there is one, and looks at no other field. See
// AnyPerson and PersonAsOpened for the exceptions.
//
// A Person prints, and is written as JSON, as its UserID only.
type Person struct {
	// UserID is the merchant's own id of the person: 1 to 32 letters, digits,
	// hyphens and underscores (30 for Harmony). The same person always has the
	// same UserID, and two persons never share one.
	UserID string
	// Name and IDNo are both required without a Photo. With a Photo, give both or
	// neither.
	Name, IDNo string
	// Photo is a JPG, PNG or BMP file of at most 500 KB. It is frontal and comes from a
	// trusted source.
	Photo []byte
	// PhotoType is required with a Photo.
	PhotoType PhotoType
	// BankCardNo is the number of a bank card of the person. Only ConfirmBankCardOCR
	// compares it.
	BankCardNo string

	whom whom
}

// whom says for whom a Person stands.
type whom uint8

const (
	theNamed whom = iota // the person of the fields
	anybody              // AnyPerson
	asOpened             // PersonAsOpened
)

var (
	// AnyPerson makes a decision about nobody in particular: any person who passed and
	// any card that was read will do. Such a decision says that somebody is alive or
	// that a document could be read. It does not say who the person is. Look at the
	// identity in the result yourself before you let anybody in.
	AnyPerson = Person{whom: anybody}

	// PersonAsOpened makes a decision about the person whose data the flow was opened
	// with. It is for results that do not name the person: of a flow of E证通 with
	// EidInputGiven, of a flow of WeChat whose RuleId compares with the Image of
	// DetectAuth, of GetFaceIdToken with CompareLocal, or of an international flow that
	// compares with a photo of the request: IntlFace with its CompareImage, or
	// IntlSelfieCompare with its Image. The result must say that the face was compared. A result that names somebody is
	// refused: give the person who is expected instead.
	PersonAsOpened = Person{whom: asOpened}
)

// photoType returns the parameter of the PhotoType. It is sent, but never signed, as the
// photo is (see call.photo).
func (p *Person) photoType() param { return param{"sourcePhotoType", string(p.PhotoType)} }

func (p *Person) validate(op string, mostUserID int) error {
	if err := validateUserID(op, p.UserID, mostUserID); err != nil {
		return err
	}
	if err := validateName(op, "Name", p.Name); err != nil {
		return err
	}
	if err := validateNumber(op, "IDNo", p.IDNo); err != nil {
		return err
	}
	switch {
	case p.Name != "" && p.IDNo == "":
		return badArgument(op, "IDNo", "is empty, but Name is not: give both or neither")
	case p.Name == "" && p.IDNo != "":
		return badArgument(op, "Name", "is empty, but IDNo is not: give both or neither")
	case p.Name == "" && len(p.Photo) == 0:
		return badArgument(op, "Name", "is empty: name and IDNo are required unless there is a Photo")
	}
	return p.validatePhoto(op)
}

func (p *Person) validatePhoto(op string) error {
	switch {
	case len(p.Photo) == 0 && p.PhotoType != "":
		return badArgument(op, "PhotoType", "is set, but there is no Photo")
	case len(p.Photo) == 0:
		return nil
	case len(p.Photo) > maxPhoto:
		return badArgument(op, "Photo", "has %d bytes, at most %d (500 KB) are allowed", len(p.Photo), maxPhoto)
	case !isImage(p.Photo):
		return badArgument(op, "Photo", "is not a JPG, PNG or BMP image")
	case p.PhotoType != PhotoWatermarked && p.PhotoType != PhotoClear:
		return badArgument(op, "PhotoType", "must be PhotoWatermarked or PhotoClear")
	}
	return nil
}

// Format prints the UserID only, whatever the verb.
func (p Person) Format(f fmt.State, _ rune) { printShown(f, p) }

// LogValue logs what Format prints, as a group.
func (p Person) LogValue() slog.Value { return logShown(p) }

func (p Person) shown() shown { return shown{{"UserID", p.UserID}} }

// MarshalJSON writes the UserID only, because a logger that writes JSON would otherwise
// write name, number and photo. To store a person, write the fields yourself.
func (p Person) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"UserID": p.UserID})
}
