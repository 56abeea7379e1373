package faceid

import (
	"encoding/base64"
	"fmt"
	"unicode/utf8"
)

// validateLength refuses a text that is not UTF-8 or has more than most characters.
// The documents count characters too.
func validateLength(op, field, text string, most int) error {
	if !utf8.ValidString(text) {
		return badArgument(op, field, "is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > most {
		return badArgument(op, field, "has %d characters, at most %d are allowed", n, most)
	}
	return nil
}

// validateCloudIdentity refuses a name or a number that is ill-formed. It lets both
// be empty, because a setting of the console decides whether they are needed. Of
// encrypted ones only the Base64 can be looked at.
func validateCloudIdentity(op, number, name string, e *Encryption) error {
	if e.covers("IdCard") {
		if err := validateCiphertext(op, "IDCard", number); err != nil {
			return err
		}
	} else if err := validateNumber(op, "IDCard", number); err != nil {
		return err
	}
	if e.covers("Name") {
		return validateCiphertext(op, "Name", name)
	}
	if err := validateName(op, "Name", name); err != nil {
		return err
	}
	return validateLength(op, "Name", name, maxCloudName)
}

// validateCiphertext refuses a text that is empty or not Base64.
func validateCiphertext(op, field, text string) error {
	if _, err := base64.StdEncoding.Strict().DecodeString(text); err != nil || text == "" {
		return badArgument(op, field, "must be the Base64 of a cipher text, because Encryption says that it is encrypted")
	}
	return nil
}

// validateCloudURL is validateRedirectURL for actions whose documents limit the
// length. The platform appends its token to the URL, under the name token.
func validateCloudURL(op, text, token string) error {
	if text == "" {
		return nil
	}
	if err := validateRedirectURL(op, text, token); err != nil {
		return err
	}
	return validateLength(op, "RedirectURL", text, maxCloudURL)
}

// validateImage refuses a picture that has more than most bytes of base64, or that
// is neither JPG nor PNG. It accepts an absent picture. said is the limit in the
// words of the documents.
func validateImage(op, field string, data []byte, most int, said string) error {
	switch {
	case len(data) == 0:
	case base64.StdEncoding.EncodedLen(len(data)) > most:
		return badArgument(op, field, "has %d bytes of base64, at most %d (%s) are allowed", base64.StdEncoding.EncodedLen(len(data)), most, said)
	case !isImage(data) || data[0] == 'B': // isImage accepts BMP too, which API 3.0 does not take
		return badArgument(op, field, "is not a JPG or PNG image")
	}
	return nil
}

// validateIntention refuses what a person cannot be asked, in any of the three
// ways. in is the prefix of the fields' names.
func validateIntention(op, in, reading string, questions []IntentionQuestion, nods []IntentionActionConfig) error {
	if err := validateLength(op, in+"IntentionVerifyText", reading, maxCloudReading); err != nil {
		return err
	}
	if n := len(questions); n > maxCloudRounds {
		return badArgument(op, in+"IntentionQuestions", "has %d items, at most %d are allowed", n, maxCloudRounds)
	}
	if n := len(nods); n > maxCloudRounds {
		return badArgument(op, in+"IntentionActions", "has %d items, at most %d are allowed", n, maxCloudRounds)
	}
	for i, q := range questions {
		if err := q.validate(op, fmt.Sprintf("%sIntentionQuestions[%d]", in, i)); err != nil {
			return err
		}
	}
	for i, nod := range nods {
		field := fmt.Sprintf("%sIntentionActions[%d].Text", in, i)
		if nod.Text == "" {
			return badArgument(op, field, "is empty")
		}
		if err := validateLength(op, field, nod.Text, maxCloudQuestion); err != nil {
			return err
		}
	}
	return nil
}

func (q *IntentionQuestion) validate(op, field string) error {
	switch n := len(q.Answers); {
	case q.Question == "":
		return badArgument(op, field+".Question", "is empty")
	case n == 0 || n > maxCloudAnswers:
		return badArgument(op, field+".Answers", "has %d items, 1 to %d are allowed", n, maxCloudAnswers)
	}
	if err := validateLength(op, field+".Question", q.Question, maxCloudQuestion); err != nil {
		return err
	}
	for j, answer := range q.Answers {
		if err := validateLength(op, fmt.Sprintf("%s.Answers[%d]", field, j), answer, maxCloudAnswer); err != nil {
			return err
		}
	}
	return nil
}
