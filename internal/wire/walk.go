package wire

import (
	"encoding/json"
	"reflect"
)

// walker walks once over a valid JSON text and over the type of its value.
type walker struct {
	text []byte
	at   int
	leaf func(quoted []byte) // called for every string, if not nil
}

// raw returns the next value as it stands in the text.
func (w *walker) raw() json.RawMessage {
	w.next()
	start := w.at
	w.skip()
	return w.text[start:w.at:w.at]
}

// skip walks over the value that begins here, and over all that is in it.
func (w *walker) skip() {
	for depth := 0; ; {
		switch w.text[w.at] {
		case '"':
			w.quoted()
		case '{', '[':
			depth++
			w.at++
		case '}', ']':
			depth--
			w.at++
		case ',', ':', ' ', '\t', '\n', '\r':
			w.at++
		default:
			w.literal()
		}
		if depth == 0 {
			return
		}
	}
}

func (w *walker) value(t reflect.Type) {
	t = shape(t)
	switch w.next() {
	case '{':
		fields := fieldsOf(t)
		for w.at++; w.next() != '}'; {
			key := w.quoted()
			field := fields.find(key)
			w.next()
			w.at++ // the colon
			if t != nil && t.Kind() == reflect.Map {
				field = t.Elem()
			}
			w.value(field)
			w.comma()
		}
		w.at++
	case '[':
		var element reflect.Type
		if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
			element = t.Elem()
		}
		for w.at++; w.next() != ']'; w.comma() {
			w.value(element)
		}
		w.at++
	case '"':
		if quoted := w.quoted(); w.leaf != nil {
			w.leaf(quoted)
		}
	default:
		w.literal()
	}
}

func (w *walker) literal() {
	for w.at < len(w.text) && !endsLiteral(w.text[w.at]) {
		w.at++
	}
}

// next skips blanks and returns the byte behind them.
func (w *walker) next() byte {
	for isBlank(w.text[w.at]) {
		w.at++
	}
	return w.text[w.at]
}

func (w *walker) comma() {
	if w.next() == ',' {
		w.at++
	}
}

// quoted returns the string that begins here, with its quotes.
func (w *walker) quoted() []byte {
	start := w.at
	w.at += plainEnd(w.text[start:])
	if w.text[w.at] != '"' {
		w.at += stringEnd(w.text[w.at:])
	}
	w.at++
	return w.text[start:w.at]
}
