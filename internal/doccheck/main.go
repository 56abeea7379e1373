// Command doccheck keeps the documents true. From the root of the repository:
//
//	go run ./internal/doccheck
//
// Every block of Go in a Markdown file is compiled, whole programs and tests are
// run; every command is one that exists; every link inside the repository leads
// somewhere; every name of the API that a document mentions is there, and so is
// every environment variable; a page and its .zh-CN.md twin have the same
// structure, names and numbers; every exported name of the published packages has a comment.
//
// What a block of Go needs beside itself stands in a comment of the page, which
// readers do not see:
//
//	<!-- doccheck
//	var client *faceid.Client
//	-->
//
// and a comment right before a block says where it is compiled, if that is
// inside a package of the repository ("test": with its tests):
//
//	<!-- doccheck: in faceidtest -->
//	<!-- doccheck: in . test -->
//
// A block, an example program or a godoc Example that decides on a person who
// comes back in a browser does so by ConfirmReturn or ConfirmWillReturn; a page
// that explains the pieces marks the block: see decide.go.
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

// checkWords is all that needs no compiler.
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
	return append(append(faults, checkTwins(pages)...), decisions...), nil
}
