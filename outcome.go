package faceid

import (
	"strconv"
	"strings"

	"github.com/faceid-go/faceid/internal/catalog"
)

// Charged is whether something is charged.
type Charged uint8

// ChargedUnknown: the code is charged on some products only, and the product is
// not known.
const (
	ChargedUnknown Charged = iota
	ChargedNo
	ChargedYes
)

func (c Charged) String() string {
	return [...]string{"unknown", "no", "yes"}[min(c, ChargedYes)]
}

func chargedFor(p Product, code Code) Charged {
	products := []Product{p}
	if p == "" {
		products = []Product{ProductPlus, ProductEnhanced, ProductBasic, ProductWill}
	}
	result := ChargedUnknown
	for i, product := range products {
		this := ChargedUnknown
		if row, ok := catalog.LookupRow(string(product), "app-h5", code.Number()); ok {
			this = map[string]Charged{"yes": ChargedYes, "no": ChargedNo}[row.Charged]
		} else if p == "" {
			continue // the product has no such code
		}
		if i > 0 && this != result && result != ChargedUnknown {
			return ChargedUnknown
		}
		result = this
	}
	return result
}

// Score is a number that the platform may leave out, or replace by words.
type Score struct {
	Value   float64
	Present bool
}

// String returns the number, or "absent".
func (s Score) String() string {
	if !s.Present {
		return "absent"
	}
	return strconv.FormatFloat(s.Value, 'f', -1, 64)
}

// parseScore takes anything that is not a plain decimal number as absent: the
// platform is known to write 分数为空.
func parseScore(text string) Score {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "0123456789.") != "" {
		return Score{}
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Score{}
	}
	return Score{value, true}
}
