package main

import (
	"maps"
	"strings"
	"testing"
)

// secret must appear in no error.
const secret = "a-secret-that-nobody-may-see"

// with returns the variables with one more, or with another value of one.
func with(env map[string]string, name, value string) map[string]string {
	env = maps.Clone(env)
	env[name] = value
	return env
}

// without returns the variables without one of them.
func without(env map[string]string, name string) map[string]string {
	env = maps.Clone(env)
	delete(env, name)
	return env
}

func settle(env map[string]string) (map[string]string, error) {
	return settings(func(name string) (string, bool) { value, set := env[name]; return value, set })
}

// refused checks that these variables are refused with this part of an error.
func refused(t *testing.T, part string, env map[string]string) {
	t.Helper()
	switch got, err := settle(env); {
	case err == nil:
		t.Errorf("%s: it was accepted, as %d settings", part, len(got))
	case !strings.Contains(err.Error(), part), strings.Contains(err.Error(), secret):
		t.Errorf("%s: %v", part, err)
	}
}

// accepted checks that these variables are accepted, each with its value.
func accepted(t *testing.T, env map[string]string) {
	t.Helper()
	if got, err := settle(env); err != nil || !maps.Equal(got, env) {
		t.Errorf("%d of %d settings, %v", len(got), len(env), err)
	}
}

// Somebody who meant the real platform must not take the simulator's answers for its
// own, and no error may show a secret.
func TestSettingsRefuseHalfOfThemByName(t *testing.T) {
	whole := map[string]string{
		"TENCENTCLOUD_SECRET_ID":  "id",
		"TENCENTCLOUD_SECRET_KEY": secret,
		"FACEID_RULE_ID":          "1",
		"FACEID_NAME":             "李测试",
		"FACEID_ID_NO":            "110101199003074477",
	}
	optional := map[string]string{"FACEID_BIZ_TOKEN": "token"}
	if env, err := settle(nil); env != nil || err != nil {
		t.Error("none is set:", len(env), err)
	}
	accepted(t, whole)
	for name, value := range whole {
		refused(t, name+" is not set", without(whole, name))
		refused(t, name+" is set, but empty", with(whole, name, ""))
		refused(t, name+" is set, but empty", map[string]string{name: ""})
		refused(t, " is not set, but "+name+" is", map[string]string{name: value})
		for _, damaged := range []string{value + "\n", "\r\n" + value, " " + value, "\ufeff" + value} {
			refused(t, name+" has a line break", with(whole, name, damaged))
		}
	}
	for name, value := range optional {
		accepted(t, with(whole, name, value))
		refused(t, " is not set, but "+name+" is", map[string]string{name: value})
		refused(t, name+" is set, but empty", with(whole, name, ""))
		for _, damaged := range []string{value + "\n", "\r\n" + value, " " + value, "\ufeff" + value} {
			refused(t, name+" has a line break", with(whole, name, damaged))
		}
	}
}
