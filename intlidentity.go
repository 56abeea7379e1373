package faceid

import (
	"reflect"
	"strings"
)

// Whom an international result is about: the documents of twenty countries have
// structures of their own, which agree in the names of their members.

// documentNumbers are the members that hold a number of the document's owner.
var documentNumbers = []string{
	"LicenseNumber", "LicenseNo", "IDNum", "ID", "Number", "VIN", "CRN", "PersonalNumber", "NRICCode",
}

// documentNames are the members that hold a whole name.
var documentNames = []string{
	"FullName", "Name", "CnName", "EnName", "ChineseName", "ChName", "EnglishName", "FullNameLocal",
}

// documentNameParts are the members whose values, joined, are a whole name. They
// are tried in this order and in the reverse one.
var documentNameParts = [][]string{
	{"FirstName", "LastName"}, {"FirstName", "MiddleName", "LastName"}, {"GivenName", "Surname"},
	{"GivenName", "MiddleName", "Surname"}, {"FirstNameLocal", "LastNameLocal"},
}

// documentIdentity reads the one document that a card (a *NormalCardInfo or a
// *CardInfo) holds. It reports nothing for a nil card.
func documentIdentity(card any) []identity {
	holder := reflect.ValueOf(card)
	if holder.IsNil() {
		return nil
	}
	var all []identity
	for i := range holder.Elem().NumField() {
		field := holder.Elem().Field(i)
		if field.Kind() != reflect.Pointer || field.IsNil() || field.Type().Elem().Kind() != reflect.Struct {
			continue
		}
		all = append(all, readDocument(holder.Elem().Type().Field(i).Name, field.Elem()))
	}
	return all
}

func readDocument(place string, document reflect.Value) identity {
	text := func(name string) string {
		if field := document.FieldByName(name); field.IsValid() && field.Kind() == reflect.String {
			return field.String()
		}
		return ""
	}
	who := identity{place: place}
	for _, name := range documentNumbers {
		who.numbers = append(who.numbers, text(name))
	}
	for _, name := range documentNames {
		who.names = append(who.names, text(name))
	}
	for _, parts := range documentNameParts {
		var forward, backward []string
		for _, part := range parts {
			value := text(part)
			if value == "" {
				forward = nil
				break
			}
			forward, backward = append(forward, value), append([]string{value}, backward...)
		}
		if forward != nil {
			who.names = append(who.names, strings.Join(forward, " "), strings.Join(backward, " "))
		}
	}
	return who
}

// cardIdentity reads the newer form of a document, and the older one where the
// platform sent no other.
func cardIdentity(normal *NormalCardInfo, old *CardInfo) []identity {
	if all := documentIdentity(normal); len(all) > 0 {
		return all
	}
	return documentIdentity(old)
}

// identities are the documents that were read. One that the platform refused
// counts no more.
func (r *GetWebVerificationResultIntlResult) identities() []identity {
	var all []identity
	for _, read := range r.OCRResult {
		if read.IsPass == nil || *read.IsPass {
			all = append(all, cardIdentity(read.NormalCardInfo, read.CardInfo)...)
		}
	}
	return all
}

// compared reports whether the last attempt compared the face.
func (r *GetWebVerificationResultIntlResult) compared() bool {
	n := len(r.VerificationDetailList)
	if n == 0 {
		return false
	}
	last := r.VerificationDetailList[n-1]
	return last.CompareErrorCode != nil && *last.CompareErrorCode == 0 && last.Similarity != nil
}

// identities are the document that counts, and what it said before the person
// changed it.
func (r *GetSdkVerificationResultResult) identities() []identity {
	n := len(r.CardVerifyResults)
	if n == 0 {
		return nil
	}
	last := r.CardVerifyResults[n-1]
	all := cardIdentity(last.NormalCardInfo, last.CardInfo)
	for _, edit := range last.EditDetails {
		was := readEdited(all, edit)
		if len(was.numbers)+len(was.names) > 0 {
			all = append(all, was)
		}
	}
	return all
}

// readEdited tells whether a number or a name was edited, by what it became, and
// returns what it was.
func readEdited(documents []identity, edit EditDetail) identity {
	was := identity{place: "EditDetails"}
	for _, d := range documents {
		if agreement(foldNumber(edit.RevisedFieldValue), d.numbers, foldNumber) == Agrees {
			was.numbers = []string{edit.OriginalFieldValue}
		}
		if agreement(foldName(edit.RevisedFieldValue), d.names, foldName) == Agrees {
			was.names = []string{edit.OriginalFieldValue}
		}
	}
	return was
}

// compared reports whether the last attempt compared the face.
func (r *GetSdkVerificationResultResult) compared() bool {
	n := len(r.CompareResults)
	if n == 0 {
		return false
	}
	last := r.CompareResults[n-1]
	return last.CompareErrorCode == "0" && last.Sim != nil
}
