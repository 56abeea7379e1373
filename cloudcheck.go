package faceid

import (
	"encoding/base64"
	"fmt"
	"slices"
	"unicode/utf8"
)

// What is refused before an action is sent.

// checkLength refuses what is not UTF-8, and counts characters, as the documents do.
func checkLength(op, field, text string, most int) error {
	if !utf8.ValidString(text) {
		return badArgument(op, field, "is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > most {
		return badArgument(op, field, "has %d characters, at most %d are allowed", n, most)
	}
	return nil
}

// checkCloudIdentity: whether name and number are needed, the console says.
// Encrypted ones have the limits of Base64 only.
func checkCloudIdentity(op, number, name string, e *Encryption) error {
	if e.covers("IdCard") {
		if err := checkCiphertext(op, "IDCard", number); err != nil {
			return err
		}
	} else if err := checkNumber(op, "IDCard", number); err != nil {
		return err
	}
	if e.covers("Name") {
		return checkCiphertext(op, "Name", name)
	}
	if err := checkName(op, "Name", name); err != nil {
		return err
	}
	return checkLength(op, "Name", name, maxCloudName)
}

func checkCiphertext(op, field, text string) error {
	if _, err := base64.StdEncoding.Strict().DecodeString(text); err != nil || text == "" {
		return badArgument(op, field, "is named in Encryption.EncryptList, and must be the Base64 of its cipher text")
	}
	return nil
}

// covers reports whether the field with this platform name is sent encrypted.
func (v *Encryption) covers(field string) bool {
	return v != nil && slices.Contains(v.EncryptList, field)
}

// checkCloudURL is checkRedirectURL for actions that state a length; the platform
// appends its token under the name token.
func checkCloudURL(op, text, token string) error {
	if text == "" {
		return nil
	}
	if err := checkRedirectURL(op, text, token); err != nil {
		return err
	}
	return checkLength(op, "RedirectURL", text, maxCloudURL)
}

// checkImage takes an absent picture as it is. most are bytes of base64.
func checkImage(op, field string, data []byte, most int, said string) error {
	switch {
	case len(data) == 0:
	case base64.StdEncoding.EncodedLen(len(data)) > most:
		return badArgument(op, field, "has %d bytes of base64, at most %d (%s) are allowed", base64.StdEncoding.EncodedLen(len(data)), most, said)
	case !isImage(data) || data[0] == 'B':
		return badArgument(op, field, "is not a JPG or PNG image")
	}
	return nil
}

// checkIntention checks what a person is asked, in any of the three ways.
func checkIntention(op, in, reading string, questions []IntentionQuestion, nods []IntentionActionConfig) error {
	if err := checkLength(op, in+"IntentionVerifyText", reading, maxCloudReading); err != nil {
		return err
	}
	if n := len(questions); n > maxCloudRounds {
		return badArgument(op, in+"IntentionQuestions", "has %d items, at most %d are allowed", n, maxCloudRounds)
	}
	if n := len(nods); n > maxCloudRounds {
		return badArgument(op, in+"IntentionActions", "has %d items, at most %d are allowed", n, maxCloudRounds)
	}
	for i, q := range questions {
		field := fmt.Sprintf("%sIntentionQuestions[%d]", in, i)
		switch n := len(q.Answers); {
		case q.Question == "":
			return badArgument(op, field+".Question", "is empty")
		case n == 0 || n > maxCloudAnswers:
			return badArgument(op, field+".Answers", "has %d items, 1 to %d are allowed", n, maxCloudAnswers)
		}
		if err := checkLength(op, field+".Question", q.Question, maxCloudQuestion); err != nil {
			return err
		}
		for j, answer := range q.Answers {
			if err := checkLength(op, fmt.Sprintf("%s.Answers[%d]", field, j), answer, maxCloudAnswer); err != nil {
				return err
			}
		}
	}
	for i, nod := range nods {
		field := fmt.Sprintf("%sIntentionActions[%d].Text", in, i)
		if nod.Text == "" {
			return badArgument(op, field, "is empty")
		}
		if err := checkLength(op, field, nod.Text, maxCloudQuestion); err != nil {
			return err
		}
	}
	return nil
}
