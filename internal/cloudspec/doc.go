// Package cloudspec holds the platform's specification of the API 3.0 actions for which
// this module has types: cn.json (mainland site) and intl.json (international site). The
// command gen writes the types of package faceid from them: cloudtypes_cn.go and
// cloudtypes_intl.go.
//
// To add an action, copy the action and the types that it uses into the file of its site,
// with the platform's names, and name the action in gen/decisions.go. The generator
// reports what it cannot decide by itself. The members in the files are:
//
//   - shared (of the international site) lists the actions that have the types of the China
//     site, with the members of theirs that the international site does not have
//   - retired lists the actions that the platform has given up and that have no types,
//     with what replaces them
//   - result (of an action) is the table of package catalog to which the member Result
//     belongs; the result gets the methods of Result
//   - charge is "unknown" for a result whose charges no document tells
//   - encrypts lists the members of the request that may be encrypted
//   - required (of a request) and nullable (of a result) are the platform's words
//   - base64 is "media" for pictures, videos and sound, which become bytes, and
//     "text" for other Base64, which stays text
//   - disabled marks a field that the platform has given up; its meaning begins with
//     the field to use instead
//   - meaning, limits and default become the comment of the field
package cloudspec

//go:generate go run ./gen
