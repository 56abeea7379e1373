// Package cloudspec holds what the platform's specification says of the API 3.0
// actions this module has types for: cn.json (mainland site) and intl.json
// (international site). The command gen writes the types of package faceid from
// them: cloudtypes_cn.go and cloudtypes_intl.go.
//
// To add an action, copy it and the types it reaches into the file of its site,
// in the platform's names, and name it in gen/decisions.go. The generator says
// what it cannot decide by itself. In the files:
//
//   - result (of an action) is the table of package catalog that the member
//     Result belongs to; the result gets the methods of CheckResult
//   - encrypts are the members of the request that may be encrypted
//   - required (of a request) and nullable (of a result) are the platform's words
//   - base64 is "media" for pictures, videos and sound, which become bytes, and
//     "text" for other Base64, which stays text
//   - disabled marks what the platform has given up; the meaning begins with
//     what to use instead
//   - meaning, limits and default become the comment
package cloudspec

//go:generate go run ./gen
