package node

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A declaration is what an SDK says of a structure: the type of each field, as
// "string", "number", "boolean", the name of a structure, or one of these behind
// "[]".
type declaration map[string]string

var (
	tsInterface = regexp.MustCompile(`(?ms)^export interface (\w+) \{\n(.*?)^\}`)
	tsField     = regexp.MustCompile(`(?m)^    (\w+)\??: (?:(\w+)|Array<(\w+)(?: \| bigint)?>);$`)
	jsClass     = regexp.MustCompile(`(?ms)^class (\w+) extends +AbstractModel \{\n(.*?)\n    \}\n`)
	jsField     = regexp.MustCompile(`@type \{(?:Array\.<(\w+)>|(\w+)) \|\| null\}\n\s*\*/\n\s*this\.(\w+) = null;`)
)

// readTypeScript reads the declarations of a .d.ts file, as the China site's SDK has.
func readTypeScript(text string) map[string]declaration {
	all := map[string]declaration{}
	for _, m := range tsInterface.FindAllStringSubmatch(text, -1) {
		all[m[1]] = declaration{}
		for _, f := range tsField.FindAllStringSubmatch(m[2], -1) {
			all[m[1]][f[1]] = typeOf(f[2], f[3])
		}
	}
	return all
}

// readJavaScript reads the declarations in the comments of a models.js, as the
// international site's SDK has.
func readJavaScript(text string) map[string]declaration {
	all := map[string]declaration{}
	for _, m := range jsClass.FindAllStringSubmatch(text, -1) {
		all[m[1]] = declaration{}
		for _, f := range jsField.FindAllStringSubmatch(m[2], -1) {
			all[m[1]][f[3]] = typeOf(f[2], f[1])
		}
	}
	return all
}

func typeOf(one, many string) string {
	if many != "" {
		return "[]" + many
	}
	return one
}

// compare returns what of a value its declared type does not allow: a field that is
// not declared, and a value of another type. null is allowed everywhere, as the
// SDKs do.
func compare(declared map[string]declaration, kind, path string, value any) (faults []string) {
	if value == nil {
		return nil
	}
	wrong := []string{fmt.Sprintf("%s is a %T, declared is %s", path, value, kind)}
	if element, ok := strings.CutPrefix(kind, "[]"); ok {
		list, ok := value.([]any)
		if !ok {
			return wrong
		}
		for i, v := range list {
			faults = append(faults, compare(declared, element, fmt.Sprintf("%s[%d]", path, i), v)...)
		}
		return faults
	}
	switch v := value.(type) {
	case string:
		if kind == "string" {
			return nil
		}
	case json.Number:
		if kind == "number" {
			return nil
		}
	case bool:
		if kind == "boolean" {
			return nil
		}
	case map[string]any:
		fields, known := declared[kind]
		if !known {
			return wrong
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if fields[name] == "" {
				faults = append(faults, path+"."+name+" is not declared")
				continue
			}
			faults = append(faults, compare(declared, fields[name], path+"."+name, v[name])...)
		}
		return faults
	}
	return wrong
}

// present returns the value without what is null, because one SDK writes null for
// what did not come. Numbers lose their spelling: 97.00 is 97.
func present(value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, inner := range v {
			if inner != nil {
				kept[name] = present(inner)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, inner := range v {
			kept[i] = present(inner)
		}
		return kept
	case json.Number:
		number, err := v.Float64()
		if err == nil {
			return number
		}
	}
	return value
}
