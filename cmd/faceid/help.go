package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
	"github.com/faceid-go/faceid/internal/simulate"
)

const description = `faceid finds out why face verification does not work, and looks at what the platform says.

Secrets come from the environment or from the file of --config, and never from arguments. "faceid help" reads like a manual page, in English and in Chinese.`

type helpCmd struct {
	Command string `arg:"" optional:"" predictor:"command" help:"The command; left out: the whole program."`
	Man     bool   `help:"Write roff, for man -l."`
}

// section is a part of a manual page.
type section struct {
	title show.Text
	items []item
}

// item is a paragraph, or the text about a term. A term without a text is a line of code.
type item struct{ term, text string }

// translated returns the English text, which stands beside the code that it is about, or the
// Chinese one of the manual.
func translated(lang show.Lang, en, zh string) string { return show.T(en, zh).In(lang) }

// Run prints the manual page.
func (h helpCmd) Run(c *command, k *kong.Context) error {
	program := k.Model.Node
	m := manualOf(c.Lang, program)
	name, short := "faceid", translated(c.Lang, "an operator's tool for Tencent Cloud FaceID", "腾讯云人脸核身的运维工具")
	page := m.whole()
	if h.Command != "" {
		at := slices.IndexFunc(program.Children, func(n *kong.Node) bool { return n.Name == h.Command })
		if at < 0 {
			return &usageError{show.F("there is no command %q", "没有命令 %q", h.Command)}
		}
		node := program.Children[at]
		name, short = "faceid "+node.Name, m.short(node)
		page = m.command(node)
	}
	page = append([]section{{show.T("NAME", "名称"), []item{{text: name + " - " + short}}}}, page...)
	if h.Man {
		return writeRoff(c.Out, c.Lang, name, page)
	}
	width := 80
	if f, ok := c.Out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			width = min(max(columns, 40), 100)
		}
	}
	for _, s := range page {
		fmt.Fprintln(c.Out, c.Paint(show.Bold, s.title.In(c.Lang)))
		for _, i := range s.items {
			i.write(c, width)
		}
		fmt.Fprintln(c.Out)
	}
	return nil
}

// write writes an item for people.
func (i item) write(c *command, width int) {
	const left, right = "    ", "        "
	if i.term != "" {
		fmt.Fprintln(c.Out, left+c.Paint(show.Bold, i.term))
	}
	for _, line := range strings.Split(i.text, "\n") {
		indent := left
		if i.term != "" {
			indent = right
		}
		if line == "" {
			if i.text != "" {
				fmt.Fprintln(c.Out)
			}
			continue
		}
		for _, piece := range wrap(line, width-len(indent)) {
			fmt.Fprintln(c.Out, indent+piece)
		}
	}
}

// wrap breaks a paragraph into lines of at most so many columns: at blanks, and before every
// Chinese character that is no closing mark.
func wrap(text string, width int) (lines []string) {
	line, word := "", ""
	place := func(then string) {
		if line != "" && show.Width(strings.TrimRight(line+word, " ")) > width {
			lines, line = append(lines, strings.TrimRight(line, " ")), ""
		}
		line, word = line+word+then, ""
	}
	for _, r := range text {
		switch {
		case r == ' ':
			place(" ")
			continue
		case r >= 0x2E80 && !strings.ContainsRune("，。；：、！？）”》", r):
			place("")
		}
		word += string(r)
	}
	place("")
	return append(lines, strings.TrimRight(line, " "))
}

// writeRoff writes a page for man. Its titles are those of the language.
func writeRoff(w io.Writer, lang show.Lang, name string, page []section) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %q 1\n", strings.ToUpper(strings.ReplaceAll(name, " ", "-")))
	for _, s := range page {
		fmt.Fprintf(&b, ".SH %s\n", roff(s.title.In(lang)))
		for _, i := range s.items {
			switch {
			case i.term == "":
				b.WriteString(".PP\n")
			case i.text == "":
				fmt.Fprintf(&b, ".PP\n.EX\n%s\n.EE\n", roff(i.term))
				continue
			default:
				fmt.Fprintf(&b, ".TP\n.B %s\n", roff(i.term))
			}
			for _, line := range strings.Split(i.text, "\n") {
				if line == "" {
					line = ".IP" // a paragraph within a text
				} else {
					line = roff(line)
				}
				b.WriteString(line + "\n")
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// roff writes a text so that troff takes nothing in it for its own.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}

// manual makes the sections of pages from the model of the command line.
type manual struct {
	lang    show.Lang
	program *kong.Node
}

func manualOf(lang show.Lang, program *kong.Node) manual { return manual{lang, program} }

func (m manual) short(n *kong.Node) string { return translated(m.lang, n.Help, chinese[n.Name].short) }

// whole is the page of the program, without its name.
func (m manual) whole() []section {
	commands := section{title: show.T("COMMANDS", "命令")}
	for _, n := range m.program.Children {
		commands.items = append(commands.items, item{n.Name, m.short(n)})
	}
	about := section{show.T("DESCRIPTION", "说明"), []item{{text: translated(m.lang, description, descriptionZH)}}}
	return slices.Concat([]section{
		{show.T("SYNOPSIS", "用法"), []item{{term: "faceid [--json] [--lang en|zh] [--config FILE] COMMAND …"}, {term: "faceid help COMMAND"}}},
		about, commands, m.options(m.program),
	}, m.environment(), m.exits(), m.examples(firstSteps))
}

// command is the page of a command, without its name.
func (m manual) command(n *kong.Node) []section {
	synopsis := "faceid " + n.Name
	if len(n.Flags) > 0 || n.Name == "simulate" {
		synopsis += " [OPTIONS]"
	}
	arguments := section{title: show.T("ARGUMENTS", "参数")}
	for _, a := range n.Positional {
		if n.Name == "simulate" {
			break
		}
		name := strings.ToUpper(a.Name)
		arguments.items = append(arguments.items, item{name, translated(m.lang, a.Help, chinese[n.Name].flags[a.Name])})
		if !a.Required {
			name = "[" + name + "]"
		}
		synopsis += " " + name
	}
	page := []section{{show.T("SYNOPSIS", "用法"), []item{{term: synopsis}}}}
	about := translated(m.lang, strings.TrimSpace(n.Detail), chinese[n.Name].about)
	if m.lang != show.Chinese {
		about = joinLines(about)
	}
	page = append(page, section{show.T("DESCRIPTION", "说明"), []item{{text: strings.TrimSpace(m.short(n) + "\n\n" + about)}}})
	if len(arguments.items) > 0 {
		page = append(page, arguments)
	}
	if options := m.options(n); len(options.items) > 0 {
		page = append(page, options)
	}
	page = append(page, section{show.T("EXIT STATUS", "退出码"), []item{{text: translated(m.lang, "See faceid help.", "见 faceid help。")}}})
	return append(page, m.examples(examplesOf[n.Name])...)
}

// joinLines joins the lines of paragraphs, which stand broken in the source.
func joinLines(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(p, "\n", " ")
	}
	return strings.Join(paragraphs, "\n\n")
}

// options are the flags of a command, or of the whole program.
func (m manual) options(n *kong.Node) section {
	s := section{title: show.T("OPTIONS", "选项")}
	for _, f := range n.Flags {
		if f.Name == "help" {
			continue
		}
		name := "--" + f.Name
		switch {
		case f.IsBool():
		case f.PlaceHolder != "":
			name += " " + f.PlaceHolder
		case f.Enum != "":
			name += " " + strings.ReplaceAll(f.Enum, ",", "|")
		default:
			name += " " + f.FormatPlaceHolder()
		}
		s.items = append(s.items, item{name, translated(m.lang, f.Help, chinese[pageName(n)].flags[f.Name])})
	}
	if n.Name == "simulate" {
		simulate.Flags(func(f *flag.Flag) {
			s.items = append(s.items, item{"-" + f.Name, translated(m.lang, f.Usage, chinese["simulate"].flags[f.Name])})
		})
	}
	return s
}

// pageName is the name of the page of a node: "" for the program.
func pageName(n *kong.Node) string {
	if n.Type == kong.ApplicationNode {
		return ""
	}
	return n.Name
}

func (m manual) environment() []section {
	s := section{title: show.T("ENVIRONMENT", "环境变量")}
	for _, v := range variables {
		name := v.name
		if setup.MayBeFile(name) {
			name += ", " + name + "_FILE"
		}
		s.items = append(s.items, item{name, v.text.In(m.lang)})
	}
	files := section{title: show.T("FILES", "文件")}
	for _, f := range usedFiles {
		files.items = append(files.items, item{f.name, f.text.In(m.lang)})
	}
	return []section{s, files}
}

func (m manual) exits() []section {
	s := section{title: show.T("EXIT STATUS", "退出码")}
	for _, e := range exitTexts {
		s.items = append(s.items, item{fmt.Sprint(e.code), e.text.In(m.lang)})
	}
	return []section{s}
}

func (m manual) examples(all []example) []section {
	if len(all) == 0 {
		return nil
	}
	s := section{title: show.T("EXAMPLES", "示例")}
	for _, e := range all {
		s.items = append(s.items, item{text: e.text.In(m.lang)}, item{term: e.command})
	}
	return []section{s}
}
