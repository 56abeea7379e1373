package faceidtest

import (
	"strings"
	"sync"
	"time"
)

// An IDCard is a resident identity card in front of the camera, and what OCR
// reads from it. The zero value is an invented card that is read without a
// complaint. A field that is given replaces the invented one.
type IDCard struct {
	// SDKCode ends the scan in the SDK with this code of the SDK's own, such as
	// "200101" for a person who leaves. There is no result then.
	SDKCode string

	Code                string // the code of the whole answer; empty is "0", and any other leaves both sides out
	FrontCode, BackCode string // the codes of the portrait and of the emblem side; empty is "0"
	FrontOnly, BackOnly bool   // the App scans this side only, and the answer tells nothing of the other

	// The fields of the portrait side are in the answer if its code is 0.
	Name, Sex, Nation, Birth, Address, Number string // Birth is yyyyMMdd
	NativePlace                               string // in the answer if the request asks for it
	// The fields of the emblem side are in the answer if its code is 0.
	ValidDate, Authority string // "20190128-20390128" or "20190128-长期"

	// The warnings of a side that was read are 8 digits, each 0 or 1. Empty means
	// no warning.
	FrontWarnCode, BackWarnCode         string
	FrontMultiWarning, BackMultiWarning string
	FrontClarity, BackClarity           string // empty: an invented value

	// These are the files. Nil gives a small invented one.
	FrontPhoto, BackPhoto, FrontCrop, BackCrop, HeadPhoto []byte
	NoCrops                                               bool          // the answer has the fields of the crops, and they are empty
	FilesLag                                              time.Duration // files are missing for so long after the scan
}

// A BankCard is a bank card in front of the camera, and what OCR reads from it.
// The zero value is an invented card that is read without a complaint.
type BankCard struct {
	// SDKCode ends the scan in the SDK, as in [IDCard]. There is no result then.
	SDKCode string

	Code              string // the code of the recognition, such as "-9012"; empty is "0"
	Number, ValidDate string // ValidDate is MM/yyyy
	NoValidDate       bool   // the card has no such date: bankCardValidDate is in the answer, and empty

	// The warnings. Empty is "0". The answer of a refused card has no warnings.
	WarnCode      string // such as "-9110"
	MultiWarnCode string // such as "[-9110, -9111]"
	Clarity       string // empty: an invented value

	// These are the files. Nil gives a small invented one.
	CropPhoto, NumberPhoto, OriginPhoto []byte
	FilesLag                            time.Duration // files are missing for so long after the scan
}

// An NFCDocument is a document that a phone reads by NFC: an identity card or a
// home-return permit. The zero value is an invented document of the kind that
// the upload asked for. The answer leaves out what that kind does not have.
type NFCDocument struct {
	// SDKCode ends the reading in the SDK with this code of the SDK's own, such
	// as "600103" for a reading that takes too long. There is no reqId then.
	SDKCode string

	Code string // the code of the query, such as "66664006"; empty is "0", and any other leaves the result out

	// The texts that the chip tells. Empty gives an invented one. Days are
	// yyyyMMdd, and an end may be 长期.
	Name, EnglishName, Sex, Nation, Birth, Address, Number string
	ValidFrom, ValidTo, Authority                          string
	FrontPhoto, BackPhoto, Portrait                        []byte // nil: a small invented file
}

// These products begin without an upload of a person. Their orders have no
// faceId and no page.
var (
	idCardOCR   = &product{query: pathIDCardOCR, differentWords: idCardWords}
	bankCardOCR = &product{query: pathBankCardOCR, differentWords: bankCardWords}
	nfcReading  = &product{query: pathNFCResult}
)

// filled puts invented values into the empty fields. The identity number is the
// example of the national standard, so its check digit is right.
func (c IDCard) filled() IDCard {
	fill(&c.Code, "0")
	fill(&c.FrontCode, "0")
	fill(&c.BackCode, "0")
	fill(&c.Name, "张样本")
	fill(&c.Sex, "女")
	fill(&c.Nation, "汉")
	fill(&c.Birth, "19491231")
	fill(&c.Address, "北京市朝阳区样本路1号")
	fill(&c.Number, "11010519491231002X")
	fill(&c.NativePlace, "北京市朝阳区")
	fill(&c.ValidDate, "20190128-20390128")
	fill(&c.Authority, "北京市公安局朝阳分局")
	for _, warning := range []*string{&c.FrontWarnCode, &c.BackWarnCode, &c.FrontMultiWarning, &c.BackMultiWarning} {
		fill(warning, "00000000")
	}
	fill(&c.FrontClarity, "64")
	fill(&c.BackClarity, "72")
	for _, file := range []*[]byte{&c.FrontPhoto, &c.BackPhoto, &c.FrontCrop, &c.BackCrop, &c.HeadPhoto} {
		*file = orInvented(*file, inventedPhotos()[0])
	}
	if c.NoCrops {
		c.FrontCrop, c.BackCrop = nil, nil
	}
	return c
}

// problem tells why no card can be like this, or returns "".
func (c IDCard) problem() string {
	for _, warning := range []string{c.FrontWarnCode, c.BackWarnCode, c.FrontMultiWarning, c.BackMultiWarning} {
		if warning != "" && (len(warning) != 8 || strings.Trim(warning, "01") != "") {
			return "a warning must be 8 digits, each 0 or 1"
		}
	}
	switch {
	case c.FrontOnly && c.BackOnly:
		return "FrontOnly and BackOnly exclude each other"
	case c.FilesLag < 0:
		return "FilesLag is negative"
	}
	return noSuchCode(c.SDKCode, ocrTerminal[CardIDCard])
}

func (c IDCard) clone() IDCard {
	cloneFiles(&c.FrontPhoto, &c.BackPhoto, &c.FrontCrop, &c.BackCrop, &c.HeadPhoto)
	return c
}

// filled puts invented values into the empty fields. The card number belongs to
// nobody, and its last digit is right.
func (c BankCard) filled() BankCard {
	fill(&c.Code, "0")
	fill(&c.Number, "6200000000000005")
	if !c.NoValidDate {
		fill(&c.ValidDate, "12/2039")
	}
	fill(&c.WarnCode, "0")
	fill(&c.MultiWarnCode, "0")
	fill(&c.Clarity, "79")
	for _, file := range []*[]byte{&c.CropPhoto, &c.NumberPhoto, &c.OriginPhoto} {
		*file = orInvented(*file, inventedPhotos()[0])
	}
	return c
}

func (c BankCard) problem() string {
	switch {
	case c.NoValidDate && c.ValidDate != "":
		return "NoValidDate excludes a ValidDate"
	case c.FilesLag < 0:
		return "FilesLag is negative"
	}
	return noSuchCode(c.SDKCode, ocrTerminal[CardBankCard])
}

func (c BankCard) clone() BankCard {
	cloneFiles(&c.CropPhoto, &c.NumberPhoto, &c.OriginPhoto)
	return c
}

func (d NFCDocument) filled(kind string) NFCDocument {
	fill(&d.Code, "0")
	fill(&d.Sex, "女")
	if kind == nfcPermit {
		fill(&d.Name, "陈样本")
		fill(&d.EnglishName, "CHAN, YEUNG BOON")
		fill(&d.Birth, "19900101")
		fill(&d.Number, "H00000000")
		fill(&d.ValidTo, "20390101")
	} else {
		person := IDCard{}.filled()
		fill(&d.Name, person.Name)
		fill(&d.Nation, person.Nation)
		fill(&d.Birth, person.Birth)
		fill(&d.Address, person.Address)
		fill(&d.Number, person.Number)
		fill(&d.ValidFrom, "20190128")
		fill(&d.ValidTo, "20390128")
		fill(&d.Authority, person.Authority)
	}
	for _, file := range []*[]byte{&d.FrontPhoto, &d.BackPhoto, &d.Portrait} {
		*file = orInvented(*file, inventedPhotos()[0])
	}
	return d
}

func (d NFCDocument) problem() string {
	return noSuchCode(d.SDKCode, map[string]map[string]string{"": nfcTerminal})
}

func (d NFCDocument) clone() NFCDocument {
	cloneFiles(&d.FrontPhoto, &d.BackPhoto, &d.Portrait)
	return d
}

// noSuchCode complains if no table has the code.
func noSuchCode(code string, tables map[string]map[string]string) string {
	if code == "" {
		return ""
	}
	for _, table := range tables {
		if _, ok := table[code]; ok {
			return ""
		}
	}
	return "SDKCode is not one of that SDK's own"
}

func fill(field *string, invented string) {
	if *field == "" {
		*field = invented
	}
}

// A script holds what the test has scripted for each order. The value under ""
// is for all orders that have no value of their own. The caller holds the lock.
type script[T any] map[string]T

func (s script[T]) of(orderNo string) T {
	if v, ok := s[orderNo]; ok {
		return v
	}
	return s[anyOrder]
}

const anyOrder = ""

// ScriptIDCard decides which card the scan of that order sees, in whichever
// app. It must be called before the scan.
func (s *Server) ScriptIDCard(orderNo string, c IDCard) {
	s.idCards.write(&s.mu, "ScriptIDCard", orderNo, c.clone(), orderProblem(orderNo, c.problem()))
}

// ScriptIDCardDefault decides which card all other scans see.
func (s *Server) ScriptIDCardDefault(c IDCard) {
	s.idCards.write(&s.mu, "ScriptIDCardDefault", anyOrder, c.clone(), c.problem())
}

// ScriptBankCard is [Server.ScriptIDCard] for bank cards.
func (s *Server) ScriptBankCard(orderNo string, c BankCard) {
	s.bankCards.write(&s.mu, "ScriptBankCard", orderNo, c.clone(), orderProblem(orderNo, c.problem()))
}

// ScriptBankCardDefault decides which bank card all other scans see.
func (s *Server) ScriptBankCardDefault(c BankCard) {
	s.bankCards.write(&s.mu, "ScriptBankCardDefault", anyOrder, c.clone(), c.problem())
}

// ScriptNFC decides which document is read by NFC for that order, in whichever
// app. It must be called before the reading.
func (s *Server) ScriptNFC(orderNo string, d NFCDocument) {
	s.documents.write(&s.mu, "ScriptNFC", orderNo, d.clone(), orderProblem(orderNo, d.problem()))
}

// ScriptNFCDefault decides which document all other readings find.
func (s *Server) ScriptNFCDefault(d NFCDocument) {
	s.documents.write(&s.mu, "ScriptNFCDefault", anyOrder, d.clone(), d.problem())
}

// write puts v into the script, or panics with the problem. The caller passes a
// copy, so the script shares no memory with the test.
func (s script[T]) write(mu sync.Locker, who, orderNo string, v T, problem string) {
	if problem != "" {
		panic("faceidtest: " + who + ": " + problem)
	}
	mu.Lock()
	defer mu.Unlock()
	s[orderNo] = v
}

func orderProblem(orderNo, problem string) string {
	if !isOrderNo(orderNo) {
		return "orderNo must be 1 to 32 letters or digits"
	}
	return problem
}
