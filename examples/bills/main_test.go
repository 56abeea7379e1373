package main

import (
	"maps"
	"strings"
	"testing"
)

// Whoever meant the real platform must not take the simulator's answers for its
// own, and no error may tell a secret.
func TestHalfOfTheSettingsIsRefusedByName(t *testing.T) {
	const secret = "a-secret-that-nobody-may-see"
	whole := map[string]string{
		"TENCENTCLOUD_SECRET_ID":  "id",
		"TENCENTCLOUD_SECRET_KEY": secret,
	}
	optional := map[string]string{"FACEID_DATE": "2026-01-02"}
	with := func(name, value string) map[string]string {
		env := maps.Clone(whole)
		env[name] = value
		return env
	}
	without := func(name string) map[string]string {
		env := maps.Clone(whole)
		delete(env, name)
		return env
	}
	settle := func(env map[string]string) (map[string]string, error) {
		return settings(func(name string) (string, bool) { value, set := env[name]; return value, set })
	}
	refused := func(part string, env map[string]string) {
		t.Helper()
		switch got, err := settle(env); {
		case err == nil:
			t.Errorf("%s: it was accepted, as %d settings", part, len(got))
		case !strings.Contains(err.Error(), part), strings.Contains(err.Error(), secret):
			t.Errorf("%s: %v", part, err)
		}
	}
	accepted := func(env map[string]string) {
		t.Helper()
		if got, err := settle(env); err != nil || !maps.Equal(got, env) {
			t.Errorf("%d of %d settings, %v", len(got), len(env), err)
		}
	}

	if env, err := settle(nil); env != nil || err != nil {
		t.Error("none is set:", len(env), err)
	}
	accepted(whole)
	for name, value := range whole {
		refused(name+" is not set", without(name))
		refused(name+" is set, but empty", with(name, ""))
		refused(name+" is set, but empty", map[string]string{name: ""})
		refused(" is not set, but "+name+" is", map[string]string{name: value})
		for _, damaged := range []string{value + "\n", "\r\n" + value, " " + value, "\ufeff" + value} {
			refused(name+" has a line break", with(name, damaged))
		}
	}
	for name, value := range optional {
		accepted(with(name, value))
		refused(" is not set, but "+name+" is", map[string]string{name: value})
		refused(name+" is set, but empty", with(name, ""))
		for _, damaged := range []string{value + "\n", "\r\n" + value, " " + value, "\ufeff" + value} {
			refused(name+" has a line break", with(name, damaged))
		}
	}
}
