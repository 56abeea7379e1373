package main

import (
	"flag"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// environment returns the variables that are set, or nil if none is set. A variable
// that is empty, has a line break, or is set without all those that are required is
// an error, which names the variable and quotes no value. Otherwise a secret that
// failed to mount would put visitors before the simulator.
func environment(lookup func(string) (string, bool), required []string, optional ...string) (map[string]string, error) {
	var env map[string]string
	set := "" // the name of one that is set
	for _, name := range slices.Concat(required, optional) {
		value, there, err := variable(lookup, name)
		switch {
		case err != nil:
			return nil, err
		case !there:
			continue
		case env == nil:
			env, set = map[string]string{}, name
		}
		env[name] = value
	}
	for _, name := range required {
		if env != nil && env[name] == "" {
			return nil, fmt.Errorf("%s is not set, but %s is", name, set)
		}
	}
	return env, nil
}

// variable returns one variable, if it is set. The error quotes no value.
func variable(lookup func(string) (string, bool), name string) (value string, there bool, err error) {
	value, there = lookup(name)
	switch {
	case !there:
		return "", false, nil
	case value == "":
		return "", true, fmt.Errorf("%s is set, but empty", name)
	case strings.TrimSpace(value) != value, strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", true, fmt.Errorf("%s has a line break in it, a blank at an end, or what cannot be printed", name)
	}
	return value, true, nil
}

// private reports whether only this machine reaches the service: by the address that
// it listens on, and by the URL that browsers are given, which a proxy may serve.
func private(listens net.Addr, public string) bool {
	a, ok := listens.(*net.TCPAddr)
	u, err := url.Parse(public)
	if !ok || !a.IP.IsLoopback() || err != nil {
		return false
	}
	return strings.EqualFold(u.Hostname(), "localhost") || net.ParseIP(u.Hostname()).IsLoopback()
}

// emptyFlag returns the name of a flag that was given without a value, or "" if there
// is none.
func emptyFlag(flags *flag.FlagSet, names ...string) (empty string) {
	flags.Visit(func(f *flag.Flag) {
		if slices.Contains(names, f.Name) && strings.TrimSpace(f.Value.String()) == "" {
			empty = f.Name
		}
	})
	return empty
}
