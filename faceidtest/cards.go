package faceidtest

import (
	"strings"
	"sync"
	"time"
)

// An IDCard is a resident identity card in front of the camera, and what OCR
// makes of it. The zero value is the invented card of nobody, read without a
// complaint; a field that is given replaces one of it.
type IDCard struct {
	// SDKCode ends the scan in the SDK with this code of its own, such as
	// "200101" for a person who leaves. There is no result then.
	SDKCode string

	Code                string // of the whole answer; empty is "0", any other leaves both sides out
	FrontCode, BackCode string // of the portrait and the emblem side; empty is "0"
	FrontOnly, BackOnly bool   // the App scans one side; nothing is told of the other

	// The portrait side, told if its code is 0.
	Name, Sex, Nation, Birth, Address, Number string // Birth is yyyyMMdd
	NativePlace                               string // told if it is asked for
	// The emblem side, told if its code is 0.
	ValidDate, Authority string // "20190128-20390128" or "20190128-长期"

	// Warnings of a side that was read: 8 digits, each 0 or 1. Empty: none.
	FrontWarnCode, BackWarnCode         string
	FrontMultiWarning, BackMultiWarning string
	FrontClarity, BackClarity           string // empty: invented

	// Files. Nil: small invented ones.
	FrontPhoto, BackPhoto, FrontCrop, BackCrop, HeadPhoto []byte
	NoCrops                                               bool          // the crops are there and empty
	FilesLag                                              time.Duration // files are missing for so long after the scan
}

// A BankCard is one in front of the camera, and what OCR makes of it. The zero
// value is an invented card, read without a complaint.
type BankCard struct {
	// SDKCode ends the scan in the SDK, as in [IDCard]. There is no result then.
	SDKCode string

	Code              string // of the recognition, such as "-9012"; empty is "0"
	Number, ValidDate string // ValidDate is MM/yyyy
	NoValidDate       bool   // the card has none: bankCardValidDate is there and empty

	// Warnings. Empty: "0". A card that is refused has none.
	WarnCode      string // such as "-9110"
	MultiWarnCode string // such as "[-9110, -9111]"
	Clarity       string // empty: invented

	// Files. Nil: small invented ones.
	CropPhoto, NumberPhoto, OriginPhoto []byte
	FilesLag                            time.Duration // files are missing for so long after the scan
}

// An NFCDocument is one that a phone reads by NFC, an identity card or a
// home-return permit. The zero value is an invented one of the kind that the
// upload asked for; what a kind does not have is not told.
type NFCDocument struct {
	// SDKCode ends the reading in the SDK with this code of its own, such as
	// "600103" for one that takes too long. There is no reqId then.
	SDKCode string

	Code string // of the query, such as "66664006"; empty is "0", any other leaves the result out

	// What the chip tells; empty is invented. Days are yyyyMMdd, and an end may be 长期.
	Name, EnglishName, Sex, Nation, Birth, Address, Number string
	ValidFrom, ValidTo, Authority                          string
	FrontPhoto, BackPhoto, Portrait                        []byte // nil: small invented ones
}

// The products that begin without an upload of a person. Their orders have no
// faceId and no page.
var (
	idCardOCR   = &product{query: pathIDCardOCR, differentWords: idCardWords}
	bankCardOCR = &product{query: pathBankCardOCR, differentWords: bankCardWords}
	nfcReading  = &product{query: pathNFCResult}
)

// The invented person has the example number of the standard for identity
// numbers, whose check digit is right.
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

// problem tells what no card can be, or "".
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

// The number is nobody's; its last digit is right.
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

// noSuchCode complains if none of these tables has the code.
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

// A script tells what every order finds, under "" what those find that are not
// in it. The caller holds the lock.
type script[T any] map[string]T

func (s script[T]) of(orderNo string) T {
	if v, ok := s[orderNo]; ok {
		return v
	}
	return s[anyOrder]
}

const anyOrder = ""

// ScriptIDCard decides which card the scan of that order sees, in whichever
// app. It must come before the scan.
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
// app. It must come before the reading.
func (s *Server) ScriptNFC(orderNo string, d NFCDocument) {
	s.documents.write(&s.mu, "ScriptNFC", orderNo, d.clone(), orderProblem(orderNo, d.problem()))
}

// ScriptNFCDefault decides which document all other readings find.
func (s *Server) ScriptNFCDefault(d NFCDocument) {
	s.documents.write(&s.mu, "ScriptNFCDefault", anyOrder, d.clone(), d.problem())
}

// write writes it, or panics. What is written shares nothing with the caller.
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
