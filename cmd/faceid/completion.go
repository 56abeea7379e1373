package main

import (
	"flag"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
	"github.com/posener/complete"

	"github.com/faceid-go/faceid/internal/simulate"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is printed by --help and by the manual.
func (completionCmd) Help() string {
	return "Commands, flags and the values that a flag can have are completed. The code names the path of this program."
}

// Run prints the code that makes the shell ask this program for completions.
func (s completionCmd) Run(k *kong.Context) error {
	return (&kongcompletion.Completion{Shell: s.Shell, Code: true}).Run(k)
}

// answerShell answers the shell if it is the shell that asks, which it does by variables of its
// own, and ends the process then.
func answerShell(parser *kong.Kong) {
	kongcompletion.Register(parser, kongcompletion.WithPredictors(map[string]complete.Predictor{
		"file": complete.PredictFiles("*"), "dir": complete.PredictDirs("*"),
		"simulate": complete.PredictFunc(simulateFlags),
		"product":  complete.PredictSet(strings.Split(join(append(slices.Clone(products), checks()...)), ", ")...),
		"channel":  complete.PredictSet(strings.Split(join(channels), ", ")...),
		"command": complete.PredictFunc(func(complete.Args) (names []string) {
			for _, n := range parser.Model.Children {
				names = append(names, n.Name)
			}
			return names
		}),
	}))
}

// simulateFlags returns the flags of the simulator, which are not those of this program.
func simulateFlags(complete.Args) (names []string) {
	simulate.Flags(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
	return names
}
