package faceid

// PhotoType says what kind of picture a Person's Photo is.
type PhotoType string

// The documented kinds. A clear photo sent as a watermarked one, or the other
// way round, makes the comparison worse.
const (
	PhotoWatermarked PhotoType = "1" // with the mesh of the authority's photos
	PhotoClear       PhotoType = "2" // without mesh
)

// Person is who is to be verified. With Name and IDNo alone the face is
// compared with the authority's photo; with a Photo it is compared with that.
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
}

// photoType is sent, but never signed; so is the photo (see call.photo).
func (p *Person) photoType() param { return param{"sourcePhotoType", string(p.PhotoType)} }
