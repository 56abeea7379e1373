// Package show writes what a command found: as text for people, in English or in Chinese,
// or as JSON for machines.
package show

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/fatih/color"
	"github.com/mattn/go-isatty"
)

// Lang is the language of the text for people.
type Lang string

// These are the languages.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// LangOf returns the language that the environment asks for: LC_ALL, LC_MESSAGES or LANG,
// whichever is set first. It is English unless that begins with zh.
func LangOf(lookup func(string) (string, bool)) Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value, _ := lookup(name); value != "" {
			if strings.HasPrefix(strings.ToLower(value), "zh") {
				return Chinese
			}
			return English
		}
	}
	return English
}

// Text is one sentence in both languages. It is written as JSON with both.
type Text struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// T makes a Text.
func T(en, zh string) Text { return Text{en, zh} }

// F makes a Text whose two formats take the same arguments.
func F(en, zh string, args ...any) Text {
	return Text{fmt.Sprintf(en, args...), fmt.Sprintf(zh, args...)}
}

// In returns the text in that language.
func (t Text) In(lang Lang) string {
	if lang == Chinese {
		return t.ZH
	}
	return t.EN
}

// Printer writes the output of one command.
type Printer struct {
	Out, Err io.Writer
	JSON     bool // machines read: Value writes, and the methods for people write nothing
	Lang     Lang

	coloured bool
}

// New returns a Printer. Text has colour if out is a terminal and the environment does not
// set NO_COLOR.
func New(out, errOut io.Writer, asJSON bool, lang Lang, lookup func(string) (string, bool)) *Printer {
	no, _ := lookup("NO_COLOR")
	return &Printer{Out: out, Err: errOut, JSON: asJSON, Lang: lang, coloured: no == "" && IsTerminal(out)}
}

// Output is a writer that remembers the first error of writing. Most callers of fmt.Fprintln
// do not look at its error, so a command asks the Output at its end.
type Output struct {
	w   io.Writer
	err error
}

// NewOutput returns an Output that writes to w.
func NewOutput(w io.Writer) *Output { return &Output{w: w} }

// Write writes to the writer below.
func (o *Output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// Failed returns the first error of writing, or nil.
func (o *Output) Failed() error { return o.err }

// IsTerminal reports whether a person sees what is written to w.
func IsTerminal(w io.Writer) bool {
	if o, ok := w.(*Output); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

// Value writes v as one line of JSON if machines read, and nothing else.
func (p *Printer) Value(v any) error {
	if !p.JSON {
		return nil
	}
	e := json.NewEncoder(p.Out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Say writes a line for people.
func (p *Printer) Say(t Text) {
	if !p.JSON {
		fmt.Fprintln(p.Out, t.In(p.Lang))
	}
}

// Note writes a line about the run to the standard error, where it stays out of the result,
// for people and for whoever reads the log of a machine.
func (p *Printer) Note(t Text) { fmt.Fprintln(p.Err, t.In(p.Lang)) }

// Clean returns s with a mark in the place of every character that a terminal takes for an
// order, as that which begins an escape sequence. It is for the words of others: a stranger
// can write an address, and the address can hold anything.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// CleanLines cleans every line of s, and leaves the line breaks.
func CleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	return strings.Join(lines, "\n")
}

// Field writes a name and a value for people, unless the value is empty. Names are short,
// so that the values stand below each other. The value is cleaned: see Clean.
func (p *Printer) Field(name Text, value string) {
	if p.JSON || value == "" {
		return
	}
	label := name.In(p.Lang)
	fmt.Fprintf(p.Out, "%s%s  %s\n", p.Paint(Dim, label), strings.Repeat(" ", max(0, labelWidth-Width(label))), Clean(value))
}

const labelWidth = 12

// Width returns how many columns of a terminal s takes: two for a Chinese character.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x2E80 {
			n++
		}
	}
	return n
}

// Style is how a word is shown on a terminal.
type Style int

// These are the styles.
const (
	Plain Style = iota
	Good
	Warn
	Bad
	Bold
	Dim
)

var attributes = map[Style]color.Attribute{
	Good: color.FgGreen, Warn: color.FgYellow, Bad: color.FgRed, Bold: color.Bold, Dim: color.Faint,
}

// Paint returns s in that style if the output is a terminal, and else s.
func (p *Printer) Paint(style Style, s string) string {
	if !p.coloured || style == Plain {
		return s
	}
	c := color.New(attributes[style])
	c.EnableColor()
	return c.Sprint(s)
}
