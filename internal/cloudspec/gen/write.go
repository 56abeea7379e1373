package main

import (
	"bytes"
	"fmt"
	"log"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// parts holds the types of the objects that print inside a result. Results are written
// before them.
var parts = map[string]bool{}

// write writes a type with its methods, unless the other site has it.
func (st goStruct) write(out *bytes.Buffer, written map[string]string) {
	if _, ok := written[st.name]; ok {
		return // the other site has the same type
	}
	written[st.name] = st.shape
	fmt.Fprintf(out, "// %s\ntype %s struct {\n", strings.ReplaceAll(wrap(st.doc), "\n", "\n// "), st.name)
	if !st.returned {
		fmt.Fprintf(out, "hidden[%s]\n\n", st.name)
	}
	for _, f := range st.fields {
		fmt.Fprintf(out, "// %s\n%s\n", f.comment, f.line)
	}
	fmt.Fprintf(out, "}\n\n")
	if st.returned {
		fmt.Fprintf(out, printingMethods, st.name)
	}
	if st.returned || parts[st.name] {
		fmt.Fprintf(out, "func (v %s) shown() shown {\nreturn shown{%s}\n}\n\n", st.name, st.facts())
	}
	out.WriteString(st.methods)
}

// writeShared writes which actions of the first site this site has, too. It ends the
// generator if the first site does not have one of them, or a member that is named.
func (s *site) writeShared(out *bytes.Buffer) {
	if len(s.spec.Shared) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(s.spec.Shared))
	for _, name := range names {
		first, ok := sites[0].spec.Actions[name]
		if !ok {
			log.Fatalf("%s.json: the first site has no action %s to share", s.name, name)
		}
		for _, member := range s.spec.Shared[name] {
			if !slices.ContainsFunc(slices.Concat(first.Request, first.Response), func(f field) bool { return f.Name == member }) {
				log.Fatalf("%s.json: the first site has no %s.%s to leave out", s.name, name, member)
			}
		}
	}
	fmt.Fprintf(out, "// offeredAbroad reports whether the international site has an action of the China site,\n// too.\nfunc offeredAbroad(action string) bool {\nswitch action {\ncase ")
	for i, name := range names {
		if i > 0 {
			out.WriteString(",\n")
		}
		fmt.Fprintf(out, "%q", name)
	}
	out.WriteString(":\nreturn true\n}\nreturn false\n}\n\n")
}

// printingMethods are the methods of a result.
const printingMethods = `// Format prints codes and ids, with any verb.
func (v %[1]s) Format(f fmt.State, _ rune) { printShown(f, v) }

// LogValue returns the same as a group for a log.
func (v %[1]s) LogValue() slog.Value { return logShown(v) }

`

// facts returns the code of all facts of a result.
func (st goStruct) facts() string {
	var all []string
	for _, f := range st.fields {
		if f.show == nil {
			continue
		}
		if fact := f.show(); fact.code != "" {
			all = append(all, fact.code)
			parts[fact.of] = true
		}
	}
	return strings.Join(all, ", ")
}

// wrap breaks lines at 80 columns.
func wrap(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		for len(line) > 77 {
			at := strings.LastIndex(line[:78], " ")
			if at < 0 {
				break
			}
			lines = append(lines, line[:at])
			line = line[at+1:]
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

var word = regexp.MustCompile(`[A-Z][a-z0-9]*`)

// goName spells a name of the platform as Go does.
func goName(name string) string {
	return word.ReplaceAllStringFunc(name, func(w string) string {
		if better, ok := words[w]; ok {
			return better
		}
		return w
	})
}

// lower makes the first letter small, unless the whole word is in capitals.
func lower(text string) string {
	r := []rune(text)
	if len(r) > 1 && unicode.IsLower(r[1]) {
		r[0] = unicode.ToLower(r[0])
	}
	return string(r)
}

// upper makes the first letter a capital.
func upper(text string) string {
	r := []rune(text)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}
