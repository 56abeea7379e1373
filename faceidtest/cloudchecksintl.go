package faceidtest

import (
	"encoding/base64"
	"strings"
)

// An intlKind describes a check that only the international site has.
type intlKind struct {
	fields []cloudField
	wrong  func(args) bool            // whether values do not go together; nil: never
	files  []storedFile               // the uploaded files that the request names
	tell   func(*Server, bool) object // what the answer has beside Sim, Result and Description
}

// A storedFile is an uploaded file of a request, by the prefix of its members Url and Md5.
type storedFile struct {
	name string
	most int    // characters of base64; 0: no limit
	code string // the code for a file beyond the limit
}

var (
	isMD5       = func(v string) bool { return len(v) == 32 && strings.Trim(v, "0123456789abcdefABCDEF") == "" }
	storedPhoto = storedFile{"Image", 3 << 20, "FailedOperation.LifePhotoSizeError"}
	storedVideo = storedFile{"Video", 8 << 20, "FailedOperation.LipSizeError"}
)

// storedFields are the members that name an uploaded file.
func storedFields(name string) []cloudField {
	return []cloudField{textField(name+"Url", some).must(), textField(name+"Md5", isMD5).must()}
}

// intlKinds are these checks by action, from the documents' tables.
var intlKinds = map[string]intlKind{
	"CompareFaceLiveness": {
		fields: []cloudField{textField("ImageBase64", givenPicture).must(), textField("VideoBase64", givenVideo).must(),
			textField("LivenessType", oneOf("ACTION", "SILENT")).must(), textField("ValidateData", anyText)},
		wrong: func(v args) bool {
			data := v.text("ValidateData")
			return v.text("LivenessType") == "SILENT" && data != "" ||
				v.text("LivenessType") == "ACTION" && (data == "" || strings.Count(data, ",") > 1 || !listed("1", "2", "3", "4")(data))
		},
		tell: func(_ *Server, passed bool) object {
			if !passed {
				return object{{"BestFrameBase64", nil}}
			}
			return object{{"BestFrameBase64", media(inventedPhotos()[0])}}
		},
	},
	"VideoLivenessCompare": {
		fields: append(append(storedFields("Image"), storedFields("Video")...),
			textField("LivenessType", oneOf("LIP", "ACTION", "SILENT")).must(), textField("ValidateData", anyText)),
		wrong: func(v args) bool {
			data := v.text("ValidateData")
			switch v.text("LivenessType") {
			case "LIP":
				return len(data) != 4 || !digits("0123456789")(data)
			case "ACTION":
				return data != "2,1" && data != "1,2"
			}
			return data != ""
		},
		files: []storedFile{storedPhoto, storedVideo},
		tell: func(s *Server, passed bool) object {
			if !passed {
				return object{{"BestFrame", nil}}
			}
			return object{{"BestFrame", s.keep(inventedPhotos()[0], "image/jpeg")}}
		},
	},
	"DetectReflectLivenessAndCompare": {
		fields: append(storedFields("LiveData"), storedFields("Image")...),
		files:  []storedFile{{name: "LiveData"}, {name: "Image"}},
		tell: func(s *Server, passed bool) object {
			if !passed {
				return object{{"BestFrameUrl", ""}, {"BestFrameMd5", ""}}
			}
			address, sum := s.keepFor(inventedPhotos()[0], "image/jpeg", uploadLife)
			return object{{"BestFrameUrl", address}, {"BestFrameMd5", sum}}
		},
	},
}

func givenPicture(v string) bool { return v != "" && cloudPicture(3<<20)(v) }

func givenVideo(v string) bool { return v != "" && cloudBase64(8<<20)(v) }

// intlCheckOf answers a check of the international site, as scripted.
func (s *Server) intlCheckOf(name string, k intlKind) func(*incoming, args) reply {
	return func(_ *incoming, v args) reply {
		if k.wrong != nil && k.wrong(v) {
			return cloudRefuse("InvalidParameterValue", "`ValidateData` does not go with `LivenessType`.")
		}
		if code := s.fetch(v, k.files...); code != "" {
			return cloudRefuse(code, "")
		}
		c := s.cloud.checks[name]
		if c.AsError {
			return cloudRefuse(c.Result, c.words(name))
		}
		passed := c.Result == "" || c.Result == "Success"
		out := append(k.tell(s, passed), member{"Sim", c.sim(passed)}, member{"Result", c.resultOf(name)}, member{"Description", c.words(name)})
		return reply{result: out}
	}
}

// fetch looks for the uploaded files of a request. It returns the code of the first one
// that is not there, that has another MD5, or that is too large, or "".
func (s *Server) fetch(v args, files ...storedFile) string {
	for _, f := range files {
		body, ok := s.resource(v.text(f.name+"Url"), v.text(f.name+"Md5"))
		switch {
		case !ok:
			return "FailedOperation.DownLoadError"
		case f.most > 0 && base64.StdEncoding.EncodedLen(len(body)) > f.most:
			return f.code
		}
	}
	return ""
}

var lightFields = append(storedFields("DeviceData"), textField("SecurityLevel", oneOf("", "1", "2", "3", "4")))

// lights answers GenerateReflectSequence. The sequence is invented, and lives as long as
// an uploaded file.
func (s *Server) lights(_ *incoming, v args) reply {
	if code := s.fetch(v, storedFile{name: "DeviceData"}); code != "" {
		return cloudRefuse(code, "")
	}
	address, sum := s.keepFor([]byte("an invented sequence of lights "+randomText(20)), "application/octet-stream", uploadLife)
	return reply{result: object{{"ReflectSequenceUrl", address}, {"ReflectSequenceMd5", sum}}}
}
