package main

import (
	"fmt"
	"log"
	"strings"
)

func newStruct(name, doc string, fields []field, names map[string]string) goStruct {
	st := goStruct{name: name, doc: doc}
	twins := map[string]*field{} // the fields by their names in lower case
	for i := range fields {
		f := &fields[i]
		low := strings.ToLower(f.Name)
		if twin := twins[low]; twin != nil && f.Disabled == twin.Disabled {
			log.Fatalf("%s: %s and %s differ by case, and none or both are disabled", name, f.Name, twin.Name)
		}
		if twins[low] == nil || !f.Disabled {
			twins[low] = f
		}
	}
	used := map[string]bool{}
	for i := range fields {
		f := &fields[i]
		gf, goName := f.render(name, twins[strings.ToLower(f.Name)], names)
		if used[goName] {
			log.Fatalf("%s: two fields are named %s", name, goName)
		}
		used[goName] = true
		st.fields = append(st.fields, gf)
		st.shape += gf.line + "\n"
	}
	own, _ := decided(ownFields, name)
	st.fields = append(st.fields, own...)
	if names, ok := decided(mediaTo, name); ok {
		st.fields = append(st.fields, goField{
			comment: wrapComment(fmt.Sprintf(mediaToDoc, names)),
			line:    "MediaTo func(name string) io.Writer `json:\"-\"`",
		})
	}
	return st
}

const mediaToDoc = `MediaTo, if set, returns the writer that receives the named file while it arrives, decoded, or nil to keep it in the result. ` +
	`A name has the platform's names from the result down: %s and so on. A file that went to a writer is nil in the result. ` +
	`A person who did not pass has files, too. ` +
	`An error of a writer ends the call. If a result comes, the written files are whole, whatever error comes with it; without a result they must be thrown away. After a byte was written the action is not repeated.`

var scalars = set("string", "bool", "int64", "uint64", "float64")

// render returns the field of the struct in, and its Go name. twin is the field
// itself, or the field to use instead, whose name differs by case only.
func (f *field) render(in string, twin *field, names map[string]string) (goField, string) {
	base, list := strings.CutPrefix(f.Type, "[]")
	object := !scalars[base]
	fatal := func(format string, args ...any) {
		log.Fatalf("%s.%s: %s", in, f.Name, fmt.Sprintf(format, args...))
	}
	hint := strings.Contains(f.Name+f.Meaning+f.Limits, "Base64")
	if hint && f.Base64 == "" && !object && base == "string" {
		fatal("say base64: media or text")
	}
	goType := base
	name := goName(f.Name)
	switch {
	case object:
		goType = names[base]
	case f.Base64 == "media" && base == "string":
		goType = "[]byte"
		name = strings.TrimSuffix(name, "Base64")
	case f.Base64 != "" && f.Base64 != "text":
		fatal("base64 is %q", f.Base64)
	}
	own, isNamed := decided(named, in+"."+name)
	if isNamed {
		goType = own
	}
	absent, _ := decided(absentMatters, in+"."+name)
	switch {
	case list:
		goType = "[]" + goType
	case object, absent, f.zeroMatters(in+"."+name, base, fatal):
		goType = "*" + goType
	}
	if f.Meaning == "" {
		fatal("no meaning")
	}
	if f.Disabled && twin != f {
		name = goName(twin.Name) + "Deprecated"
	}
	tag := f.Name
	if f.Required != nil && !*f.Required {
		tag += ",omitempty"
	}
	return goField{
		comment: f.comment(twin),
		line:    fmt.Sprintf("%s %s `json:%q`", name, goType, tag),
		show:    func() fact { return factOf(name, strings.TrimPrefix(goType, "*"), list, object, f.Base64 != "") },
	}, name
}

// comment returns the comment of a field: what the field means, whether it is required,
// its limits and its default.
func (f *field) comment(twin *field) string {
	parts := []string{f.Meaning}
	switch {
	case f.Disabled && twin != f:
		parts[0] = "Deprecated: use " + goName(twin.Name) + " (this is its " + lower(f.Meaning) + ")"
	case f.Disabled:
		parts[0] = "Deprecated: " + lower(f.Meaning)
	}
	if f.Required != nil && *f.Required {
		parts = append(parts, "Required")
	}
	if f.Limits != "" {
		parts = append(parts, upper(f.Limits))
	}
	if f.Default != "" {
		parts = append(parts, "The default is "+f.Default)
	}
	return wrapComment(strings.Join(parts, ". ") + ".")
}

// zeroMatters reports whether an absent number or bool means something else than its
// zero value.
func (f *field) zeroMatters(path, base string, fatal func(string, ...any)) bool {
	if base == "string" {
		return false
	}
	if f.Required != nil && !*f.Required && f.Default != "" && f.Default != "0" && f.Default != "false" {
		if base == "bool" {
			return true
		}
		yes, known := decided(zeroIsAValue, path)
		if !known {
			fatal("default %s: decide in zeroIsAValue", f.Default)
		}
		return yes
	}
	if f.Nullable != nil && *f.Nullable {
		none, _ := decided(zeroIsNone, path)
		return !none
	}
	return false
}

// factOf returns how a field prints. Personal data do not print.
func factOf(name, goType string, list, object, encoded bool) fact {
	value, of, decisions := "v."+name, "", shownScalars
	switch {
	case list:
		value, decisions = "len("+value+")", shownLengths
	case encoded:
		return fact{}
	case object:
		value, of, decisions = "factsIn("+value+")", goType, shownObjects
	}
	if yes, _ := decided(decisions, name); !yes {
		return fact{}
	}
	return fact{fmt.Sprintf("{%q, %s}", name, value), of}
}
