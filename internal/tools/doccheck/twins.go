package main

import (
	"fmt"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// checkTwins compares every page with its .zh-CN.md twin. Both must have the same
// headings, tables, lists, code, links, names and numbers, and each must link to the other
// at its top. A Chinese page links to the Chinese twin of another page, if there is one.
// checkTwins cannot compare what the sentences say.
func checkTwins(pages map[string]*page) (faults []string) {
	for _, zh := range sortedPages(pages) {
		base, ok := strings.CutSuffix(zh.path, ".zh-CN.md")
		if !ok {
			continue
		}
		en := pages[base+".md"]
		if en == nil {
			faults = append(faults, zh.at(1, "there is no %s.md", base))
			continue
		}
		faults = append(faults, zh.checkLinksToTwins(en, pages)...)
		for from, to := range map[*page]*page{en: zh, zh: en} {
			if !from.linksAtTop(to) {
				faults = append(faults, from.at(1, "its first %d lines do not link to %s", top, path.Base(to.path)))
			}
		}
		a, b := en.shape(), zh.shape()
		for _, part := range []string{"headings", "tables", "list items", "code", "links", "names", "numbers"} {
			if reason := differ(a[part], b[part]); reason != "" {
				faults = append(faults, fmt.Sprintf("%s and %s differ in their %s: %s", en.path, zh.path, part, reason))
			}
		}
	}
	return faults
}

// top is how many lines of a page a reader sees at once.
const top = 8

// linksAtTop reports whether a page links to another page of its folder in its first lines.
func (p *page) linksAtTop(to *page) (found bool) {
	p.targets(func(number int, target string) { found = found || number <= top && target == path.Base(to.path) })
	return found
}

// checkLinksToTwins returns the links of a Chinese page to English pages that have a Chinese
// twin. The page may link to its own twin.
func (p *page) checkLinksToTwins(twin *page, pages map[string]*page) (faults []string) {
	p.targets(func(number int, target string) {
		name, _, _ := strings.Cut(target, "#")
		name = path.Join(path.Dir(p.path), name)
		if base, ok := strings.CutSuffix(name, ".md"); ok && name != twin.path && pages[base+".zh-CN.md"] != nil {
			faults = append(faults, p.at(number, "the link %s leads to an English page that has a Chinese twin", target))
		}
	})
	return faults
}

// index is the page that lists all other documents.
const index = "docs/README.md"

// checkIndex returns what is missing in the index. Every page of its folder stands in a line
// there. The line links to the Chinese twin, too, or it says that there is none.
func checkIndex(pages map[string]*page) (faults []string) {
	list := pages[index]
	if list == nil {
		return nil
	}
	links := map[int][]string{} // by line
	list.targets(func(number int, target string) {
		links[number] = append(links[number], path.Join(path.Dir(index), target))
	})
	listed := map[string]bool{}
	for _, l := range list.prose {
		for _, name := range links[l.number] {
			listed[name] = true
			base, ok := strings.CutSuffix(name, ".md")
			switch {
			case !ok || strings.HasSuffix(base, ".zh-CN") || !strings.HasPrefix(l.text, "|"):
			case pages[base+".zh-CN.md"] == nil:
				if !strings.Contains(l.text, "English only") {
					faults = append(faults, list.at(l.number, "%s has no Chinese twin, and the line does not say so", name))
				}
			case !slices.Contains(links[l.number], base+".zh-CN.md"):
				faults = append(faults, list.at(l.number, "there is no link to the Chinese twin of %s", name))
			}
		}
	}
	for _, p := range sortedPages(pages) {
		if path.Dir(p.path) == path.Dir(index) && p != list && !listed[p.path] {
			faults = append(faults, list.at(1, "%s is not listed", p.path))
		}
	}
	return faults
}

var number = regexp.MustCompile(`\d+(?:[.,:]\d+)*`)

// shape returns what a page and its twin must have in common, by its kind.
func (p *page) shape() map[string][]string {
	s := map[string][]string{}
	rows, columns := 0, 0
	for _, l := range p.prose {
		if m := heading.FindStringSubmatch(l.text); m != nil {
			s["headings"] = append(s["headings"], m[1])
		}
		text := strings.TrimSpace(l.text)
		if strings.HasPrefix(text, "- ") || len(text) > 2 && text[0] >= '0' && text[0] <= '9' && strings.HasPrefix(text[1:], ". ") {
			s["list items"] = append(s["list items"], text[:2])
		}
		if strings.HasPrefix(text, "|") {
			rows, columns = rows+1, strings.Count(span.ReplaceAllString(text, ""), "|")-1
		} else if rows > 0 {
			s["tables"] = append(s["tables"], fmt.Sprintf("%dx%d", rows, columns))
			rows = 0
		}
	}
	if rows > 0 {
		s["tables"] = append(s["tables"], fmt.Sprintf("%dx%d", rows, columns))
	}
	for _, b := range p.blocks {
		s["code"] = append(s["code"], b.lang+": "+withoutComments(b))
	}
	p.targets(func(_ int, target string) {
		target, _, _ = strings.Cut(target, "#")
		s["links"] = append(s["links"], strings.Replace(target, ".zh-CN.md", ".md", 1))
	})
	slices.Sort(s["links"])
	for _, l := range p.prose {
		text := link.ReplaceAllStringFunc(span.ReplaceAllString(l.text, ""), func(s string) string { return s[:strings.LastIndex(s, "](")] })
		s["numbers"] = append(s["numbers"], number.FindAllString(text, -1)...)
	}
	slices.Sort(s["numbers"]) // a translated sentence may have them in another order
	p.spans(func(_ int, code string) { s["names"] = append(s["names"], code) })
	slices.Sort(s["names"])
	s["names"] = slices.Compact(s["names"])
	return s
}

// withoutComments returns what a block and its translation share: the code without
// its comments, and the arrows of a drawing.
func withoutComments(b block) string {
	if b.lang == "mermaid" {
		var arrows []string
		for _, l := range strings.Split(strings.TrimSpace(b.text), "\n") {
			arrow, _, _ := strings.Cut(strings.TrimSpace(l), ":")
			if word, _, ok := strings.Cut(arrow, " "); ok && (word == "participant" || word == "Note" || word == "actor") {
				arrow = word
			}
			arrows = append(arrows, arrow)
		}
		return strings.Join(arrows, " ")
	}
	if b.lang != "go" {
		var lines []string
		for _, l := range strings.Split(b.text, "\n") {
			l, _, _ = strings.Cut(l, " #")
			lines = append(lines, strings.TrimSpace(l))
		}
		return strings.TrimSpace(strings.Join(lines, "\n"))
	}
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", fset.Base(), len(b.text)), []byte(b.text), nil, 0)
	var tokens []string
	for {
		_, tok, text := s.Scan()
		if tok == token.EOF {
			return strings.Join(tokens, " ")
		}
		if tok == token.SEMICOLON {
			text = ";"
		}
		if text == "" {
			text = tok.String()
		}
		tokens = append(tokens, text)
	}
}

// differ names the first difference between two lists. It returns "" if there is
// none.
func differ(a, b []string) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return fmt.Sprintf("the second has %q more", b[i])
		case i >= len(b):
			return fmt.Sprintf("the first has %q more", a[i])
		case a[i] != b[i]:
			return fmt.Sprintf("number %d is %q and %q", i+1, a[i], b[i])
		}
	}
	return ""
}
