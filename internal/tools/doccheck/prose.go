package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// checkCommands returns the commands and the pictures of a page that cannot be right. It
// looks at the blocks of sh and mermaid, and at the code inside a line that begins like a command of this
// repository.
func (p *page) checkCommands(r *repo) (faults []string) {
	try := func(number int, command string) {
		if reason := r.refuses(command); reason != "" {
			faults = append(faults, p.at(number, "%s: %s", command, reason))
		}
	}
	for _, b := range p.blocks {
		switch b.lang {
		case "go", "json", "text", "diff":
		case "mermaid":
			for i, l := range strings.Split(b.text, "\n") {
				if strings.Contains(l, ";") {
					faults = append(faults, p.at(b.number+i, "a semicolon ends a line of mermaid, and what follows it is no picture"))
				}
			}
		case "sh":
			for i, l := range strings.Split(b.text, "\n") {
				if l, _, _ = strings.Cut(l, " #"); strings.TrimSpace(l) != "" && !strings.HasPrefix(l, "#") {
					for _, command := range strings.Split(l, "&&") {
						try(b.number+i, strings.TrimSpace(command))
					}
				}
			}
		case "":
			faults = append(faults, p.at(b.number, "a block without a language"))
		default:
			if b.lang == "sql" && strings.HasPrefix(p.path, "sqlstore/README.") { // the tests of sqlstore run these
				continue
			}
			faults = append(faults, p.at(b.number, "a block of %s, which nobody checks", b.lang))
		}
	}
	p.spans(func(number int, code string) {
		if ours.MatchString(code) {
			try(number, code)
		}
	})
	return faults
}

var (
	assignment = regexp.MustCompile(`^[A-Z_]+=\S*\s+`)
	ours       = regexp.MustCompile(`^(?:[A-Z_]+=\S*\s+)*(?:go (?:run|test|generate|vet|build|install|get) |make |\.ci/)`)
)

// refuses says why a command cannot be right. It returns "" if the command can be
// right.
func (r *repo) refuses(command string) string {
	for assignment.MatchString(command) {
		command = assignment.ReplaceAllString(command, "")
	}
	words := strings.Fields(command)
	if len(words) == 0 {
		return "there is no command"
	}
	switch words[0] {
	case "make":
		for _, w := range words[1:] {
			if !strings.Contains(w, "=") && !r.targets[w] {
				return "the Makefile has no target " + w
			}
		}
		return ""
	case "go":
		return r.refusesGo(words[1:])
	case "bash":
		return r.refusesScript(words[min(1, len(words)-1)])
	case "cd":
		return r.refusesPath(words[len(words)-1])
	case "faceid":
		return r.refusesFaceid(words[1:])
	case "git", "gh", "curl", "ACL": // these act outside this repository
		return ""
	}
	if strings.HasPrefix(words[0], ".ci/") {
		return r.refusesScript(words[0])
	}
	return "nobody knows this command"
}

// refusesGo says why the arguments of the go command cannot be right.
func (r *repo) refusesGo(words []string) string {
	if len(words) < 2 {
		return "go needs a command and a package"
	}
	switch words[0] {
	case "get", "install", "run", "test", "vet", "build", "generate":
	default:
		return "go has no such command here"
	}
	for i, w := range words[1:] {
		switch {
		case strings.HasPrefix(w, "./"):
			if reason := r.refusesPath(w); reason != "" {
				return reason
			}
			if name, ok := strings.CutPrefix(w, "./examples/"); ok && words[0] == "run" {
				if !regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(r.ciExamples) {
					return ".ci/examples does not run it"
				}
				return r.refusesFlags(w, words[i+2:])
			}
		case i == 0 && (words[0] == "install" || words[0] == "run") && strings.Contains(w, ".") && strings.Contains(w, "/") && !strings.Contains(w, "@") && !strings.HasPrefix(w, "-"):
			return "a tool without a version"
		}
	}
	return ""
}

// commandField is a field of the struct of commands of cmd/faceid.
var commandField = regexp.MustCompile(`(?m)^\t([A-Z]\w*)\s+\w+Cmd\s+`)

// refusesFaceid says why the words behind faceid cannot be right: the command must be one,
// and its flags must be named in its source.
func (r *repo) refusesFaceid(words []string) string {
	source := r.sourceOf("cmd/faceid")
	known := map[string]bool{}
	for _, m := range commandField.FindAllStringSubmatch(source, -1) {
		known[strings.ToLower(m[1])] = true
	}
	for _, w := range words {
		if !strings.HasPrefix(w, "-") {
			if !known[w] {
				return "faceid has no command " + w
			}
			return r.refusesFlags("cmd/faceid", words)
		}
	}
	return "faceid needs a command"
}

// importOfOurs is an import of an internal package of the root.
var importOfOurs = regexp.MustCompile(`"github\.com/faceid-go/faceid/(internal/\w+)"`)

// sourceOf returns the source of a program, with that of the internal packages of the root
// that it imports, because the flags may be there.
func (r *repo) sourceOf(dir string) string {
	read := func(dir string) string {
		files, _ := filepath.Glob(filepath.Join(r.root, filepath.FromSlash(dir), "*.go"))
		var source strings.Builder
		for _, file := range files {
			text, _ := os.ReadFile(file) // readRepo would have failed if it could not be read
			source.Write(text)
		}
		return source.String()
	}
	source := read(dir)
	for _, m := range importOfOurs.FindAllStringSubmatch(source, -1) {
		source += read(m[1])
	}
	return source
}

// refusesFlags says why the flags of a program cannot be right: each must be named
// in its source.
func (r *repo) refusesFlags(dir string, words []string) string {
	source := r.sourceOf(dir)
	for _, w := range words {
		name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
		if strings.HasPrefix(w, "-") && name != "" && !strings.Contains(source, `"`+name+`"`) {
			return dir + " has no flag " + w
		}
	}
	return ""
}

// refusesPath says why a package path cannot be right: its folder must exist.
func (r *repo) refusesPath(path string) string {
	path = strings.TrimSuffix(path, "/...")
	if info, err := os.Stat(filepath.Join(r.root, filepath.FromSlash(path))); err != nil || !info.IsDir() {
		return "there is no folder " + path
	}
	return ""
}

// refusesScript says why a script cannot be run.
func (r *repo) refusesScript(path string) string {
	if info, err := os.Stat(filepath.Join(r.root, filepath.FromSlash(path))); err != nil || info.Mode()&0o100 == 0 {
		return "there is no such script, or it may not be run"
	}
	return ""
}

var (
	qualified = regexp.MustCompile(`^(?:\*|&)?(faceid|faceidtest|redisstore|sqlstore|evidence|sqlledger|otelfaceid)\.([A-Z]\w*(?:\.[A-Z]\w*)?)`)
	bare      = regexp.MustCompile(`^(?:With|Err|Family|Code|Remedy|Product|Start|Open|Confirm|Wait)[A-Z]\w*$`)
	member    = regexp.MustCompile(`^(client|callback|record|launch|login|flow|result|platform|sim)\.([A-Z]\w*)`)
	camel     = regexp.MustCompile(`^[A-Z][a-z0-9]+[A-Z]\w*$`)
)

// owners are the types of the variables that the documents call by these names. A
// variable of another name may be of any type.
var owners = map[string]string{"client": "Client.", "callback": "Callback.", "platform": "Server.", "sim": "Server."}

// checkNames returns the names of the API and of environment variables that do not
// exist.
func (p *page) checkNames(r *repo) (faults []string) {
	p.spans(func(number int, code string) {
		if m := qualified.FindStringSubmatch(code); m != nil && !r.names[m[1]][m[2]] {
			faults = append(faults, p.at(number, "%s has no %s", m[1], m[2]))
		}
		if bare.MatchString(code) && !r.names["faceid"][code] && !r.names["faceidtest"][code] && !r.names["redisstore"][code] && !r.names["sqlstore"][code] && !r.names["otelfaceid"][code] {
			faults = append(faults, p.at(number, "no package has %s", code))
		} else if camel.MatchString(code) && !r.words[code] {
			faults = append(faults, p.at(number, "nothing here is called %s", code))
		}
		if m := member.FindStringSubmatch(code); m != nil && !r.names["faceid"][owners[m[1]]+m[2]] && !r.names["faceidtest"][owners[m[1]]+m[2]] {
			faults = append(faults, p.at(number, "%s has no %s", m[1], m[2]))
		}
	})
	look := func(number int, text string) {
		for _, v := range variable.FindAllString(text, -1) {
			if !r.variables[v] {
				faults = append(faults, p.at(number, "nobody reads the variable %s", v))
			}
		}
	}
	for _, l := range p.prose {
		look(l.number, l.text)
	}
	for _, b := range p.blocks {
		look(b.number, b.text)
	}
	return faults
}
