package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// page is a Markdown file.
type page struct {
	path     string // relative to the root, with slashes
	prose    []line // without blocks and comments
	blocks   []block
	preamble string // Go that the page's blocks share
	faults   []string
}

type line struct {
	number int
	text   string
}

// block is a fenced block.
type block struct {
	lang   string
	number int    // of the first line inside
	text   string // without the fence's indentation
	in     string // the folder of the package that it is compiled in, "" for none
	test   bool   // it is compiled with the tests of that package
	from   string // the file that it is a copy of, "" for none
	pieces bool   // it may decide by hand: see checkDecisions
}

// readPages reads every Markdown file of the repository.
func readPages(root string) (map[string]*page, error) {
	pages := map[string]*page{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".git") && d.Name() != ".github" || d.Name() == "bin" || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		pages[name] = parsePage(name, string(text))
		return err
	})
	return pages, err
}

var (
	directive = regexp.MustCompile(`^<!-- doccheck: in (\S+)( test)? -->$`)
	copyOf    = regexp.MustCompile(`^<!-- doccheck: from (\S+) -->$`)
	item      = regexp.MustCompile(`^(?:[-*+]|\d+[.)]) `)
)

// parsePage parses a Markdown page.
func parsePage(path, text string) *page {
	p := &page{path: path}
	lines := strings.Split(text, "\n")
	var next block  // what the comments above say of the next block
	inList := false // indentation in a list is no code
	for i := 0; i < len(lines); i++ {
		trimmed := strings.TrimSpace(lines[i])
		indent := lines[i][:strings.Index(lines[i], trimmed)]
		switch {
		case strings.HasPrefix(trimmed, "```"):
			next.lang = strings.TrimPrefix(trimmed, "```")
			i = p.fenced(lines, i, indent, next)
			next = block{}
		case trimmed == "<!-- doccheck":
			for i++; i < len(lines) && strings.TrimSpace(lines[i]) != "-->"; i++ {
				p.preamble += lines[i] + "\n"
			}
		case trimmed == "<!-- doccheck: pieces -->":
			next.pieces = true
		case directive.MatchString(trimmed):
			m := directive.FindStringSubmatch(trimmed)
			next.in, next.test = m[1], m[2] != ""
		case copyOf.MatchString(trimmed):
			next.from = copyOf.FindStringSubmatch(trimmed)[1]
		case strings.HasPrefix(trimmed, "<!--") && strings.HasSuffix(trimmed, "-->"):
			if strings.Contains(trimmed, "doccheck") {
				p.fault(i+1, "a comment for doccheck that it does not know")
			}
		case strings.HasPrefix(trimmed, "~~~"):
			p.fault(i+1, "a fence of tildes, inside which nobody checks")
		default:
			if indent == "" && trimmed != "" {
				inList = item.MatchString(trimmed)
			}
			if !inList && trimmed != "" && (strings.HasPrefix(indent, "    ") || strings.HasPrefix(indent, "\t")) {
				p.fault(i+1, "code without a fence, which nobody checks")
			}
			p.prose = append(p.prose, line{i + 1, lines[i]})
		}
	}
	return p
}

// fenced adds the block whose fence opens at line begin, and returns the line where
// the fence closes.
func (p *page) fenced(lines []string, begin int, indent string, b block) (end int) {
	var body []string
	for end = begin + 1; end < len(lines) && strings.TrimSpace(lines[end]) != "```"; end++ {
		body = append(body, strings.TrimPrefix(lines[end], indent))
	}
	if end == len(lines) {
		p.fault(begin+1, "a block is never closed")
	}
	if b.pieces && b.lang != "go" {
		p.fault(begin+1, "a mark for Go before a block of something else")
	}
	b.number, b.text = begin+2, strings.Join(body, "\n")+"\n"
	p.blocks = append(p.blocks, b)
	return end
}

// fault notes what is wrong with a line of the page.
func (p *page) fault(number int, format string, args ...any) {
	p.faults = append(p.faults, p.at(number, format, args...))
}

// at writes a fault with its place.
func (p *page) at(number int, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", p.path, number, fmt.Sprintf(format, args...))
}

var span = regexp.MustCompile("``[^`]+``|`[^`]+`")

// spans calls yield for every piece of code inside a line.
func (p *page) spans(yield func(number int, code string)) {
	for _, l := range p.prose {
		for _, s := range span.FindAllString(l.text, -1) {
			yield(l.number, strings.TrimSpace(strings.Trim(s, "`")))
		}
	}
}

// sortedPages returns the pages in the order of their paths.
func sortedPages(pages map[string]*page) []*page {
	var all []*page
	for _, p := range pages {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *page) int { return strings.Compare(a.path, b.path) })
	return all
}
