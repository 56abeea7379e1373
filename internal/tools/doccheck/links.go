package main

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

var (
	link    = regexp.MustCompile(`!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(\s*<?([^)\s>]*)>?[^)]*\)`)
	source  = regexp.MustCompile(`(?:src|srcset|href)=["']([^"']*)["']`)
	label   = regexp.MustCompile(`^\s*\[[^\]]+\]:\s*<?([^\s>]+)`) // [label]: target
	heading = regexp.MustCompile(`^(#{1,6})\s+(.*?)\s*#*$`)
)

// targets calls yield for the target of each link and each source of a page.
func (p *page) targets(yield func(number int, target string)) {
	for _, l := range p.prose {
		text := span.ReplaceAllString(l.text, "`")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			yield(l.number, m[1])
		}
		if m := label.FindStringSubmatch(text); m != nil {
			yield(l.number, m[1])
		}
		if strings.Contains(link.ReplaceAllString(text, ""), "](") { // a link that began on the line before
			yield(l.number, "")
		}
		for _, m := range source.FindAllStringSubmatch(text, -1) {
			yield(l.number, m[1])
		}
	}
}

// checkLinks follows every link inside the repository, to its file and its
// heading. It does not follow links to other hosts: a build must not need a network.
func (p *page) checkLinks(root string, pages map[string]*page) (faults []string) {
	p.targets(func(number int, target string) {
		u, err := url.Parse(target)
		switch {
		case err != nil || target == "":
			faults = append(faults, p.at(number, "a link that cannot be read: %q", target))
			return
		case u.Scheme == "https" || u.Scheme == "http" && strings.HasPrefix(u.Host, "127.0.0.1"):
			return
		case u.Scheme != "" || u.Host != "":
			faults = append(faults, p.at(number, "a link of the scheme %q", u.Scheme))
			return
		}
		name := p.path
		if u.Path != "" {
			name = path.Join(path.Dir(p.path), u.Path)
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
				faults = append(faults, p.at(number, "the link %s leads nowhere", target))
				return
			}
		}
		if u.Fragment == "" {
			return
		}
		if to := pages[name]; to == nil || !to.anchors()[u.Fragment] {
			faults = append(faults, p.at(number, "the link %s leads to no heading", target))
		}
	})
	return faults
}

// anchors returns the anchors that GitHub gives to the headings of a page.
func (p *page) anchors() map[string]bool {
	all := map[string]bool{}
	for _, l := range p.prose {
		m := heading.FindStringSubmatch(l.text)
		if m == nil {
			continue
		}
		name := slug(m[2])
		for n := 1; all[name]; n++ {
			name = slug(m[2]) + "-" + string(rune('0'+n))
		}
		all[name] = true
	}
	return all
}

// slug returns the anchor that GitHub makes of a heading.
func slug(title string) string {
	title = link.ReplaceAllStringFunc(title, func(s string) string { return s[strings.Index(s, "[")+1 : strings.LastIndex(s, "](")] })
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsNumber(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
