package faceid

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// What is refused before an action is sent.

func checkToken(op, field, token string) error {
	if token == "" {
		return badArgument(op, field, "is empty")
	}
	return checkIdentity(op, field, token)
}

// checkLength counts characters, as the documents do.
func checkLength(op, field, text string, most int) error {
	if n := utf8.RuneCountInString(text); n > most {
		return badArgument(op, field, "has %d characters, at most %d are allowed", n, most)
	}
	return nil
}

// checkCloudIdentity: whether name and number are needed, the console says.
func checkCloudIdentity(op, number, name string) error {
	if err := checkIdentity(op, "IDCard", number); err != nil {
		return err
	}
	if strings.HasSuffix(number, "x") {
		return badArgument(op, "IDCard", "ends with a small x: it must be a capital X")
	}
	if err := checkIdentity(op, "Name", name); err != nil {
		return err
	}
	return checkLength(op, "Name", name, maxCloudName)
}

func checkCloudURL(op, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return badArgument(op, "RedirectURL", "must be an absolute http or https URL without user info")
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
