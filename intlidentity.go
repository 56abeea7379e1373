package faceid

import (
	"reflect"
	"slices"
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
	all := documentIdentity(normal)
	if slices.ContainsFunc(all, func(d identity) bool { return anyOf(d.numbers) || anyOf(d.names) }) {
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

// contradicts reports whether the last comparison failed under a code of 0.
func (r *GetWebVerificationResultIntlResult) contradicts() bool {
	n := len(r.VerificationDetailList)
	if n == 0 {
		return false
	}
	code := r.VerificationDetailList[n-1].CompareErrorCode
	return code != nil && *code != 0
}

// contradicts reports whether the last comparison failed under a result of 0.
func (r *GetSdkVerificationResultResult) contradicts() bool {
	n := len(r.CompareResults)
	if n == 0 {
		return false
	}
	code := r.CompareResults[n-1].CompareErrorCode
	return code != "" && code != "0"
}

// compared reports whether the last attempt compared the face.
func (r *GetWebVerificationResultIntlResult) compared() bool {
	n := len(r.VerificationDetailList)
	if n == 0 {
		return false
	}
	last := r.VerificationDetailList[n-1]
	return last.CompareErrorCode != nil && *last.CompareErrorCode == 0 && last.Similarity != nil && *last.Similarity > 0
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
		all = append(all, readEdited(all, edit))
	}
	return all
}

// readEdited tells whether a number, or a name or a part of one, was edited, by
// what it became, and returns what it was. What was typed where nothing could be
// read is nothing that a document says.
func readEdited(documents []identity, edit EditDetail) identity {
	was := identity{place: "EditDetails"}
	number, name := foldNumber(edit.RevisedFieldValue), foldName(edit.RevisedFieldValue)
	unread := func(value string) string {
		if foldName(value) == "" || isMasked(value) {
			return notRead
		}
		return value
	}
	for _, d := range documents {
		if number != "" && agreement(number, d.numbers, foldNumber) == Agrees {
			was.numbers = []string{unread(edit.OriginalFieldValue)}
		}
		part := func(whole string) bool { return name != "" && strings.Contains(foldName(whole), name) }
		switch {
		case !slices.ContainsFunc(d.names, part), foldName(edit.OriginalFieldValue) == name:
		case agreement(name, d.names, foldName) == Agrees:
			was.names = []string{unread(edit.OriginalFieldValue)}
		default: // a part of the name: the rest may be read, but the whole was not
			was.names = []string{notRead}
		}
	}
	return was
}

// notRead agrees with no name and no number.
const notRead = "\ufffd"

// compared reports whether the last attempt compared the face.
func (r *GetSdkVerificationResultResult) compared() bool {
	n := len(r.CompareResults)
	if n == 0 {
		return false
	}
	last := r.CompareResults[n-1]
	return last.CompareErrorCode == "0" && last.Sim != nil && *last.Sim > 0
}
