package arrows

// A room is some files of the root package that belong together.
type room struct {
	name  string
	files []string // without .go
	// below are the rooms whose names this room's files may use.
	below []string
}

// rooms are the rooms of the root package, from the ground up. The file client.go is
// the one exception that the test makes: every file may use what it declares, because
// every call is a method of Client.
var rooms = []room{
	{
		name: "ground",
		files: []string{
			"product", "limits", "clock", "errors", "remedy", "codes", "explain", "outcome",
			"privacy", "redact", "validate", "address", "event", "guard",
		},
	},
	{name: "sign", files: []string{"sign"}, below: []string{"ground"}},
	{name: "exchange", files: []string{"exchange", "retry", "unsent"}, below: []string{"ground"}},
	{name: "kyc1", files: []string{"kyc1", "refusal", "reader", "raw"}, below: []string{"ground", "sign", "exchange"}},
	{
		name:  "credentials",
		files: []string{"ticket", "credential", "store", "filestore", "filelock", "filetrust", "filetrust_unix", "filetrust_other"},
		below: []string{"ground", "sign", "exchange", "kyc1"},
	},
	{name: "person", files: []string{"person", "expect", "document"}, below: []string{"ground", "sign"}},
	{
		name:  "face",
		files: []string{"faceid", "launch", "login", "callback", "decide", "sdkreport", "facerecord", "risk", "photos"},
		below: []string{"ground", "sign", "exchange", "kyc1", "credentials", "person"},
	},
	{
		name:  "will, cards and chips",
		files: []string{"will", "willrecord", "willfiles", "ocr", "bankcard", "nfc", "nfccrypt"},
		below: []string{"ground", "sign", "exchange", "kyc1", "credentials", "person", "face"},
	},
	{name: "API 3.0", files: []string{"cloud", "cloudsend", "cloudanswer", "cloudkey", "cloudsign"}, below: []string{"ground", "exchange"}},
	{
		name: "actions of API 3.0",
		files: []string{
			"cloudvalidate", "cloudtypes_cn", "cloudtypes_intl",
			"fieldkeys", "fieldcrypt", "fieldseal", "fielddecrypt", "fieldpath",
			"detect", "detectresult", "detectinfo", "flowending", "redirecttoken", "eid", "eidcrypt", "appflow", "cloudnfc", "livecode", "bills", "intl", "intlidentity", "faceidintl", "intlupload",
			"checks", "checksite", "checksface", "checksintl", "checksid", "checksbank", "checksphone",
		},
		below: []string{"ground", "exchange", "person", "API 3.0"},
	},
	{
		// New puts everything together, so its room stands on all the others.
		name:  "client",
		files: []string{"client", "options"},
		below: []string{
			"ground", "sign", "exchange", "kyc1", "credentials", "person", "face", "will, cards and chips",
			"API 3.0", "actions of API 3.0",
		},
	},
}
