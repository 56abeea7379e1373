package node

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// These are the lines of a client that declare a method: of a .d.ts file, as the China
// site's SDK has, and of a .js file, as the international site's SDK has.
var (
	tsMethod = regexp.MustCompile(`(?m)^    ([A-Z]\w*)\(req\??: `)
	jsMethod = regexp.MustCompile(`(?m)^    ([A-Z]\w*)\(req, cb\) \{$`)
)

// readMethods returns the actions of an official client, sorted by name.
func readMethods(text string) []string {
	var names []string
	for _, form := range []*regexp.Regexp{tsMethod, jsMethod} {
		for _, m := range form.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// A specification is what this project says of the actions of a site.
type specification struct {
	Actions map[string]json.RawMessage // the actions with types
	Shared  map[string][]string        // the actions whose types another site has
	Retired map[string]string          // the actions that the platform has given up, with what replaces them
}

// These are the states of an action.
const (
	notTyped = "not typed"                      // the client has it, and the specification does not
	revived  = "retired here, and in the SDK"   // the specification calls it retired, and the client has it
	gone     = "typed here, and not in the SDK" // the client does not have it, or not yet
)

// coverage compares the actions of an official client with a specification. It returns a
// row for every action in which the two differ: its name and its state.
func coverage(upstream []string, spec specification) (rows []string) {
	states := map[string]string{}
	for name := range spec.Actions {
		if !slices.Contains(upstream, name) {
			states[name] = gone
		}
	}
	for _, name := range upstream {
		_, typed := spec.Actions[name]
		_, shared := spec.Shared[name]
		_, retired := spec.Retired[name]
		switch {
		case retired:
			states[name] = revived
		case !typed && !shared:
			states[name] = notTyped
		}
	}
	for _, name := range slices.Sorted(maps.Keys(states)) {
		rows = append(rows, fmt.Sprintf("%s: %s", name, states[name]))
	}
	return rows
}
