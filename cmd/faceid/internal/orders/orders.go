// Package orders reads which orders a command is about: a number, a token, or a line of
// JSON. No error quotes what was read, because a token gives access to a person's data.
package orders

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
)

// Kinds are the words for the kind of an order: those of package evidence, and face and
// will for orders of a browser.
var Kinds = []string{
	"face", "will", string(evidence.FaceH5), string(evidence.FaceApp), string(evidence.FacePC), string(evidence.WillH5), string(evidence.WillApp),
	string(evidence.OCRIDCard), string(evidence.OCRBankCard), string(evidence.NFC),
	string(evidence.WeChat), string(evidence.Eid), string(evidence.IntlWeb), string(evidence.IntlApp),
}

// Products are the words of --product: those of Kinds, and the products of a face.
var Products = slices.Concat([]string{string(faceid.ProductPlus), string(faceid.ProductEnhanced), string(faceid.ProductBasic)}, Kinds)

// Usual is what holds for orders that do not say it themselves.
type Usual struct {
	Word   string // one of Products
	RuleID string // of flows of WeChat
}

// IsFlow reports whether these orders are named by a token, which gives access to a person's
// data. The others have an order number.
func (u Usual) IsFlow() bool { return isFlow(u.order(u.Word).Kind) }

// order returns an order without a number, of the kind or the product that a word names.
func (u Usual) order(word string) evidence.Order {
	o := evidence.Order{Kind: evidence.Kind(word)}
	switch word {
	case "face":
		o.Kind = evidence.FaceH5
	case "will":
		o.Kind = evidence.WillH5
	case string(faceid.ProductPlus), string(faceid.ProductEnhanced), string(faceid.ProductBasic):
		o.Kind, o.Product = evidence.FaceH5, faceid.Product(word)
	}
	if o.Kind == evidence.WeChat {
		o.RuleID = u.RuleID
	}
	return o
}

func isFlow(k evidence.Kind) bool {
	switch k {
	case evidence.WeChat, evidence.Eid, evidence.IntlWeb, evidence.IntlApp:
		return true
	}
	return false
}

// mostLine bounds a line of the input. The longest order has less than 2 KiB.
const mostLine = 64 << 10

// ErrLine says that a line of the input is no order. The text has its number, and quotes
// nothing of it.
var ErrLine = errors.New("no order")

// Read reads one order a line. A line is a number or a token, with the kind behind it if it
// is not the usual one; or an evidence.Order as JSON, whose openedAt may be left out. Empty
// lines, and lines that begin with #, are skipped. An order that stands twice is returned
// once, as it stood first.
func Read(in io.Reader, u Usual) ([]evidence.Order, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4<<10), mostLine)
	var all []evidence.Order
	seen := map[string]bool{}
	n := 0
	for lines.Scan() {
		n++
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if text == "" || text[0] == '#' {
			continue
		}
		o, err := Parse(text, u)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if !seen[o.Key()] {
			seen[o.Key()] = true
			all = append(all, o)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: %w: it is longer than %d bytes", n+1, ErrLine, mostLine)
	} else if err != nil {
		return nil, err
	}
	return all, nil
}

// Parse reads one line.
func Parse(text string, u Usual) (evidence.Order, error) {
	o := u.order(u.Word)
	switch words := strings.Fields(text); {
	case text[0] == '{':
		read := json.NewDecoder(bytes.NewReader([]byte(text)))
		read.DisallowUnknownFields()
		usual := o
		o = evidence.Order{}
		if read.Decode(&o) != nil || read.More() {
			return o, fmt.Errorf("%w: the JSON is not that of an evidence.Order", ErrLine)
		}
		if o.Kind == "" {
			o.Kind, o.Product = usual.Kind, usual.Product
		}
		if o.Kind == evidence.WeChat && o.RuleID == "" {
			o.RuleID = u.RuleID
		}
	case len(words) == 1:
		o.Number = words[0]
	case len(words) == 2 && slices.Contains(Products, words[1]):
		o = u.order(words[1])
		o.Number = words[0]
	default:
		return o, fmt.Errorf("%w: a line is NUMBER, NUMBER KIND, or JSON", ErrLine)
	}
	return o, check(o)
}

// check refuses an order that nothing can be asked about, in the words of package evidence.
func check(o evidence.Order) error {
	if !slices.Contains(Kinds, string(o.Kind)) {
		return fmt.Errorf("%w: the kind is unknown", ErrLine) // package evidence would quote it
	}
	now := time.Now()
	if o.OpenedAt.IsZero() {
		o.OpenedAt = now
	}
	if err := o.Validate(now); err != nil {
		return fmt.Errorf("%w: %s", ErrLine, strings.TrimPrefix(err.Error(), evidence.ErrOrder.Error()+": "))
	}
	return nil
}
