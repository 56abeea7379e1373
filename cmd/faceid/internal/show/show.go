// Package show writes what a command found: as text for people, in English or in Chinese,
// or as JSON for machines.
package show

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

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

// IsTerminal reports whether a person sees what is written to w.
func IsTerminal(w io.Writer) bool {
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

// Field writes a name and a value for people, unless the value is empty. Names are short,
// so that the values stand below each other.
func (p *Printer) Field(name Text, value string) {
	if p.JSON || value == "" {
		return
	}
	label := name.In(p.Lang)
	fmt.Fprintf(p.Out, "%s%s  %s\n", p.Paint(Dim, label), strings.Repeat(" ", max(0, labelWidth-Width(label))), value)
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
