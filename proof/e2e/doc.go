// Package e2e holds a browser that clicks through the merchant demo, as a
// person with a phone and one at a desk would. Its tests run when they are asked
// to, because they take minutes and want Chromium:
//
//	FACEID_TEST_E2E=1 go test ./proof/e2e
package e2e
