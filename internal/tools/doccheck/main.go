// Command doccheck checks the documents. Run it from the root of the repository:
//
//	go run ./internal/tools/doccheck
//
// It checks that
//
//   - every block of Go in a Markdown file compiles, and whole programs and tests pass,
//   - every command exists,
//   - every link inside the repository leads somewhere,
//   - every name of the API and every environment variable that a document mentions exists,
//   - a page and its .zh-CN.md twin have the same structure, names and numbers, and link to
//     each other,
//   - docs/README.md lists every page of its folder, and links to its twin,
//   - every exported name of the published packages has a comment,
//   - every sample that lets a browser in decides by ConfirmReturn or ConfirmWillReturn.
//
// The declarations that the blocks of a page share stand in a comment of the page,
// which readers do not see:
//
//	<!-- doccheck
//	var client *faceid.Client
//	-->
//
// A comment right before a block names the package of the repository that the
// block is compiled in. With "test" the block is compiled with the package's tests:
//
//	<!-- doccheck: in faceidtest -->
//	<!-- doccheck: in . test -->
//
// A block may be a copy of lines of a file that is compiled and tested elsewhere, as in
// a module that the workspace leaves out. Then the lines must stand in that file one
// after the other, however they are indented there:
//
//	<!-- doccheck: from examples/frameworks/gin.go -->
//
// A comment before a block lets it decide by hand, where a page explains the
// pieces of ConfirmReturn (see decide.go):
//
//	<!-- doccheck: pieces -->
package main

import (
	"fmt"
	"os"
	"slices"
)

func main() {
	faults, err := check(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "doccheck:", err)
		os.Exit(1)
	}
	for _, f := range faults {
		fmt.Println(f)
	}
	if len(faults) > 0 {
		fmt.Printf("doccheck: %d faults\n", len(faults))
		os.Exit(1)
	}
	fmt.Println("doccheck: ok")
}

// check returns what is wrong with the documents of the repository at root.
func check(root string) ([]string, error) {
	pages, err := readPages(root)
	if err != nil {
		return nil, err
	}
	faults, err := checkWords(root, pages)
	if err != nil {
		return nil, err
	}
	code, err := checkCode(root, pages)
	return append(faults, code...), err
}

// checkWords returns the faults that are found without a compiler.
func checkWords(root string, pages map[string]*page) ([]string, error) {
	repo, err := readRepo(root)
	if err != nil {
		return nil, err
	}
	faults := slices.Clone(repo.undocumented)
	for _, p := range sortedPages(pages) {
		faults = append(faults, p.faults...)
		faults = append(faults, p.checkLinks(root, pages)...)
		faults = append(faults, p.checkCommands(repo)...)
		faults = append(faults, p.checkNames(repo)...)
	}
	decisions, err := checkDecisions(root, pages)
	if err != nil {
		return nil, err
	}
	faults = append(append(faults, checkTwins(pages)...), checkIndex(pages)...)
	return append(faults, decisions...), nil
}
