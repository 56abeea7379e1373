package faceid

import (
	"reflect"
	"slices"
	"strings"
)

// This file finds out whom an international result is about. The documents of twenty
// countries have structures of their own. Their members have names in common, so the
// structures are read by these names.

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

// documentIdentity reads the document in a card, which is a *NormalCardInfo or a
// *CardInfo. It returns nothing for a nil card.
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

// readDocument reads every number and every name of a document.
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

// cardIdentity reads the newer form of a document. If that form has neither a number
// nor a name, it reads the older form.
func cardIdentity(normal *NormalCardInfo, old *CardInfo) []identity {
	all := documentIdentity(normal)
	if slices.ContainsFunc(all, func(d identity) bool { return anyOf(d.numbers) || anyOf(d.names) }) {
		return all
	}
	return documentIdentity(old)
}

// identities returns the documents that were read, without those that the platform
// refused.
func (r *GetWebVerificationResultIntlResult) identities() []identity {
	var all []identity
	for _, read := range r.OCRResult {
		if read.IsPass == nil || *read.IsPass {
			all = append(all, cardIdentity(read.NormalCardInfo, read.CardInfo)...)
		}
	}
	return all
}

// lastAttempt is what the last attempt says of the face. Only the last one counts.
type lastAttempt struct {
	failed   bool // a part of the attempt failed, or the whole
	compared bool // the comparison of the face succeeded, with a score above 0
	// unscored says that the comparison is reported as a success, but its score is
	// absent or 0.
	unscored bool
}

// attempt reads the last attempt. It returns the zero value if there was none.
func (r *GetWebVerificationResultIntlResult) attempt() lastAttempt {
	n := len(r.VerificationDetailList)
	if n == 0 {
		return lastAttempt{}
	}
	last := r.VerificationDetailList[n-1]
	failed := func(code *int64) bool { return code != nil && *code != 0 }
	a := lastAttempt{failed: failed(last.ErrorCode) || failed(last.LivenessErrorCode) || failed(last.CompareErrorCode)}
	return a.scored(last.CompareErrorCode != nil && *last.CompareErrorCode == 0, last.Similarity)
}

// attempt reads the last attempt. It returns the zero value if there was none.
func (r *GetSdkVerificationResultResult) attempt() lastAttempt {
	n := len(r.CompareResults)
	if n == 0 {
		return lastAttempt{}
	}
	last := r.CompareResults[n-1]
	failed := func(code string) bool { return code != "" && code != "0" }
	a := lastAttempt{failed: failed(last.ErrorCode) || failed(last.LiveErrorCode) || failed(last.CompareErrorCode)}
	return a.scored(last.CompareErrorCode == "0", last.Sim)
}

// scored adds what the comparison of the face says.
func (a lastAttempt) scored(success bool, score *float64) lastAttempt {
	a.compared = success && score != nil && *score > 0
	a.unscored = success && !a.compared
	return a
}

// identities returns the last document, and what was read from it before the person
// changed it. It returns nothing if the platform refused that document.
func (r *GetSdkVerificationResultResult) identities() []identity {
	n := len(r.CardVerifyResults)
	if n == 0 {
		return nil
	}
	last := r.CardVerifyResults[n-1]
	if !last.IsPass {
		return nil
	}
	all := cardIdentity(last.NormalCardInfo, last.CardInfo)
	for _, edit := range last.EditDetails {
		all = append(all, readEdited(all, edit))
	}
	return all
}

// readEdited returns the number or the name that was read before the person edited
// it. Which of them was edited shows in the documents, which hold the new value. If
// nothing could be read before, the result is notRead: the document itself does not
// say what the person typed.
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
		default: // a part of the name was edited, so the whole name was not read
			was.names = []string{notRead}
		}
	}
	return was
}

// notRead agrees with no name and no number.
const notRead = "\ufffd"
