// Command gen writes the types of the API 3.0 actions, cloudtypes_cn.go and
// cloudtypes_intl.go of package faceid, from cn.json and intl.json. It runs in the
// folder of package cloudspec: go generate ./internal/cloudspec.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
)

// A site is one of the two sites of the platform, with the actions to generate.
type site struct {
	name    string
	page    string // address of a page of the site's documents
	actions []string
	spec    spec
}

type spec struct {
	Actions map[string]action
	Types   map[string]object
	Shared  map[string][]string // actions whose types the first site has, with the members that this site does not have
	Retired map[string]string   // actions without types, with what replaces them
}

type action struct {
	DocID             int `json:"doc_id"`
	Summary, Lifetime string
	Result            string   // the table of package catalog that the member Result belongs to
	Charge            string   // "unknown" if no document tells what is charged
	Encrypts          []string // the members of the request that may be encrypted
	Request, Response []field
}

type object struct {
	Meaning string
	Fields  []field
}

type field struct {
	Name, Type                       string
	Required, Nullable               *bool
	Meaning, Limits, Default, Base64 string
	Disabled                         bool
}

// A goStruct is the Go type of an object. Two with the same shape are the same type.
type goStruct struct {
	name, doc string
	fields    []goField
	shape     string
	methods   string
	returned  bool // the result of a call, which prints more than its name
}

type goField struct {
	comment, line string
	show          func() fact // how the field prints in the print of a result, nil if it never does
}

// A fact is the code that prints a field, "" if the field does not print. If the field
// is an object, of is its type, whose own facts print.
type fact struct{ code, of string }

func main() {
	log.SetFlags(0)
	root, err := os.OpenRoot("../..")
	must(err)
	written := map[string]string{} // the shapes of the types that were written, by name
	for i := range sites {
		s := &sites[i]
		s.read(root)
		source, err := format.Source(s.source(written))
		must(err)
		must(root.WriteFile("cloudtypes_"+s.name+".go", source, 0o644))
	}
	expectAsked(mediaTo)
	expectAsked(absentMatters)
	expectAsked(ownFields)
	expectAsked(named)
	expectAsked(renamed)
	for _, decisions := range []map[string]bool{refutable, zeroIsAValue, zeroIsNone, shownScalars, shownLengths, shownObjects} {
		expectAsked(decisions)
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// asked holds the names for which a decision was looked up and found.
var asked = map[string]bool{}

// decided returns the decision for a name, and whether there is one.

func decided[V any](decisions map[string]V, name string) (decision V, known bool) {
	decision, known = decisions[name]
	asked[name] = asked[name] || known
	return decision, known
}

// expectAsked ends the generator if a decision was never looked up.
func expectAsked[V any](decisions map[string]V) {
	for _, name := range slices.Sorted(maps.Keys(decisions)) {
		if !asked[name] {
			log.Fatalf("decisions.go: there is no %s any more", name)
		}
	}
}

// read reads the specification of a site. It ends the generator if a retired action has
// types.
func (s *site) read(root *os.Root) {
	data, err := root.ReadFile("internal/cloudspec/" + s.name + ".json")
	must(err)
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s.spec); err != nil {
		log.Fatalf("%s.json: %v", s.name, err)
	}
	for name := range s.spec.Retired {
		if _, typed := s.spec.Actions[name]; typed {
			log.Fatalf("%s.json: %s is retired and has types", s.name, name)
		}
	}
}

// reachedTypes returns the types that the actions of a site use, sorted by name. It
// ends the generator if the specification has others.
func (s *site) reachedTypes() []string {
	reached := map[string]bool{}
	var types []string
	reach := func(f field) {
		if t := strings.TrimPrefix(f.Type, "[]"); !reached[t] && !scalars[t] {
			reached[t] = true
			types = append(types, t)
		}
	}
	for _, a := range s.actions {
		for _, f := range slices.Concat(s.spec.Actions[a].Request, s.spec.Actions[a].Response) {
			reach(f)
		}
	}
	for i := 0; i < len(types); i++ { // reach appends to types
		for _, f := range s.spec.Types[types[i]].Fields {
			reach(f)
		}
	}
	if len(s.actions) != len(s.spec.Actions) || len(types) != len(s.spec.Types) {
		log.Fatalf("%s.json: %d actions and %d types, %d and %d are wanted", s.name, len(s.spec.Actions), len(s.spec.Types), len(s.actions), len(types))
	}
	slices.Sort(types)
	return types
}

// source returns the Go file of a site, and adds its types to written. A type that
// both sites have is written once. A type that they have in different forms has Intl
// in its name for the second site.
func (s *site) source(written map[string]string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "// Code generated by internal/cloudspec/gen from %s.json; DO NOT EDIT.\n\n", s.name)
	fmt.Fprintf(&out, "package faceid\n\nimport (\n\"fmt\"\n\"io\"\n\"log/slog\"\n)\n\n")

	types := s.reachedTypes()
	names := s.names(types, written)
	for _, a := range s.actions {
		for _, st := range s.callOf(a, "", names) { // the suffix "" gives the name of the first site
			if other, ok := written[st.name]; ok && other != st.shape {
				names[a] = "Intl"
			}
		}
		for _, st := range s.callOf(a, names[a], names) {
			st.write(&out, written)
		}
	}
	for _, t := range types {
		s.structOf(t, names).write(&out, written)
	}
	s.writeShared(&out)
	return out.Bytes()
}

// names returns the Go names of types. A name has Intl if another type of the first
// site has the plain name.
func (s *site) names(types []string, written map[string]string) map[string]string {
	names := map[string]string{}
	for _, t := range types {
		if s.spec.Types[t].Fields == nil {
			log.Fatalf("%s.json: there is no type %s", s.name, t)
		}
		names[t] = goName(t)
		if better, ok := decided(renamed, t); ok {
			names[t] = better
		}
	}
	for again := true; again; { // a type that contains a renamed type has another shape, too
		again = false
		for _, t := range types {
			other, ok := written[names[t]]
			if ok && other != s.structOf(t, names).shape {
				names[t] += "Intl"
				again = true
			}
		}
	}
	return names
}

// callOf returns the request and the result of an action.
func (s *site) callOf(name, suffix string, names map[string]string) []goStruct {
	a, ok := s.spec.Actions[name]
	if !ok || a.Summary == "" {
		log.Fatalf("%s.json: there is no action %s, or not all of it", s.name, name)
	}
	page := ""
	if a.DocID != 0 {
		page = "\n\nAPI: " + fmt.Sprintf(s.page, a.DocID)
	}
	lifetime := ""
	if a.Lifetime != "" {
		lifetime = "\nLifetime: " + a.Lifetime + "."
	}
	request, result := name+suffix+"Request", name+suffix+"Result"
	sent := newStruct(request, request+" is sent to "+name+", which "+a.Summary+"."+lifetime+page, a.Request, names)
	got := newStruct(result, result+" is the answer of "+name+", which "+a.Summary+"."+lifetime+page, a.Response, names)
	sent.methods = a.encryption(request)
	got.returned = true
	if a.Result != "" {
		sim := ""
		if slices.ContainsFunc(a.Response, func(f field) bool { return f.Name == "Sim" }) {
			sim = ", sim: &v.Sim"
		}
		switch a.Charge {
		case "":
		case "unknown":
			sim += ", unpriced: true"
		default:
			log.Fatalf("%s.json: %s: charge is %q", s.name, name, a.Charge)
		}
		if ok, _ := decided(refutable, result); ok {
			sim += ", refuted: v.refuted()"
		}
		got.methods = fmt.Sprintf(endingMethods, result, name, a.Result, sim)
	}
	return []goStruct{sent, got}
}

// encryption returns the method that lists the members of a request that may be
// encrypted, and the place where the request says how they are encrypted.
func (a action) encryption(request string) string {
	if len(a.Encrypts) == 0 {
		return ""
	}
	place := "flatEncryption{&v.CiphertextBlob, &v.EncryptList, &v.IV}"
	if slices.ContainsFunc(a.Request, func(f field) bool { return f.Name == "Encryption" }) {
		place = "encryptionMember{&v.Encryption}"
	}
	members := ""
	for _, name := range a.Encrypts {
		if !slices.ContainsFunc(a.Request, func(f field) bool { return f.Name == name && f.Type == "string" && f.Base64 != "media" }) {
			log.Fatalf("%s: encrypts names %s, which is not a text of the request", request, name)
		}
		members += fmt.Sprintf("{%q, &v.%s}, ", name, goName(name))
	}
	return fmt.Sprintf("func (v *%s) encryption() requestEncryption {\nreturn encryptedFields{%s, []SealedField{%s}}\n}\n\n", request, place, strings.TrimSuffix(members, ", "))
}

// endingMethods are the methods of a result whose member Result is a code.
const endingMethods = `func (v *%[1]s) ending() ending {
	if v == nil {
		return ending{op: %[2]q, table: %[3]q}
	}
	return ending{op: %[2]q, table: %[3]q, result: &v.Result, description: &v.Description, requestID: &v.RequestID%[4]s}
}

// Code returns how the check ended, and "" if the answer does not say it.
func (v *%[1]s) Code() Code { return v.ending().code() }

// Family returns what the code means to the caller.
func (v *%[1]s) Family() Family { return v.ending().family() }

// Passed reports whether the check passed.
func (v *%[1]s) Passed() bool { return v.ending().passed() }

// Charged returns whether the platform charges for the check.
func (v *%[1]s) Charged() Charged { return v.ending().charged() }

// Err returns nil if the check passed, and otherwise the reason, see Result.
func (v *%[1]s) Err() error { return v.ending().err() }

`

func (s *site) structOf(t string, names map[string]string) goStruct {
	o := s.spec.Types[t]
	if o.Meaning == "" {
		log.Fatalf("%s.json: type %s has no meaning", s.name, t)
	}
	return newStruct(names[t], names[t]+" "+o.Meaning+".", o.Fields, names)
}
