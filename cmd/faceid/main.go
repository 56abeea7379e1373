// Command faceid is for people who operate a merchant's backend. It finds out why nothing
// works (doctor), explains a code (explain), shows what was signed (sign), verifies a
// callback (callback), queries one order (record), fetches the evidence of many orders
// (fetch), sums up a bill (bill), and serves the simulator (simulate).
//
//	go install github.com/faceid-go/faceid/cmd/faceid@latest
//	faceid doctor
//
// `faceid help` describes the commands, the variables that they read, and the exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/faceid-go/faceid/cmd/faceid/internal/orders"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

// These are the exit codes. `faceid help` documents them.
const (
	exitOK          = 0
	exitNo          = 1   // the answer is no: a fault was found, a signature differs, a person did not pass, something is not there
	exitUsage       = 2   // the arguments or the configuration cannot be used
	exitTrouble     = 3   // there is no answer: network, service, credentials, account or store; or the output could not be written
	exitInterrupted = 130 // Ctrl-C
)

// errNo ends a command whose answer is no, and which has told why.
var errNo = errors.New("the answer is no")

// usageError is an argument that cannot be used.
type usageError struct{ text show.Text }

func (e *usageError) Error() string { return e.text.EN }

// troubleError ends a command that has no answer, and says why in both languages.
type troubleError struct{ text show.Text }

func (e *troubleError) Error() string { return e.text.EN }

// commands is the command line.
type commands struct {
	JSON   bool   `name:"json" help:"Write JSON for machines instead of text for people."`
	Lang   string `name:"lang" enum:"auto,en,zh" default:"auto" help:"Language of the text: en, zh, or auto, which follows LC_ALL, LC_MESSAGES and LANG."`
	Config string `name:"config" placeholder:"FILE" help:"A file of NAME=value lines beside the environment."`

	Doctor     doctorCmd     `cmd:"" help:"Find out why nothing works, without harming the fleet."`
	Explain    explainCmd    `cmd:"" help:"Tell what a code of the platform means, and what to do."`
	Sign       signCmd       `cmd:"" help:"Show what a signature is made of, and where another one differs."`
	Callback   callbackCmd   `cmd:"" help:"Verify a callback, and tell what it claims."`
	Record     recordCmd     `cmd:"" help:"Look at the result of one order, without the person."`
	Fetch      fetchCmd      `cmd:"" help:"Fetch the evidence of many orders into a folder or a bucket."`
	Bill       billCmd       `cmd:"" help:"Sum up a day's bill of the flows in WeChat."`
	Simulate   simulateCmd   `cmd:"" passthrough:"" help:"Serve the simulator of the platform, with all its switches."`
	Completion completionCmd `cmd:"" help:"Print the code that completes commands in a shell."`
	Help       helpCmd       `cmd:"" help:"Show the manual: of the program or of a command, in English or in Chinese."`
	Version    versionCmd    `cmd:"" help:"Print the version of this command."`
}

// command is what every command runs with.
type command struct {
	*show.Printer
	ctx context.Context
	in  io.Reader
	env *setup.Env
}

func main() {
	signal.Ignore(syscall.SIGPIPE) // writes report that nobody reads, and fetch ends without leaving a half
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	code := run(ctx, os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs one command and returns the exit code. Output that did not arrive whole is an
// exit code of its own, so that nobody takes half a result for the result.
func run(ctx context.Context, args []string, lookup func(string) (string, bool), in io.Reader, out, errOut io.Writer) int {
	written := show.NewOutput(out)
	code := runOn(ctx, args, lookup, in, written, errOut)
	failed := written.Failed()
	if failed == nil || code >= exitTrouble {
		return code
	}
	if !errors.Is(failed, syscall.EPIPE) { // whoever closed a pipe knows that it did
		fmt.Fprintln(errOut, "faceid: the output cannot be written:", failed)
	}
	return exitTrouble
}

// runOn runs one command on its output and returns the exit code.
func runOn(ctx context.Context, args []string, lookup func(string) (string, bool), in io.Reader, out *show.Output, errOut io.Writer) int {
	var c commands
	ended := -1 // the exit code that the parser asks for, after it has printed help
	parser, err := kong.New(&c,
		kong.Name("faceid"), kong.Description(description), kong.Writers(out, errOut),
		kong.Vars{"products": join(products), "channels": join(channels), "kinds": join(orders.Products), "flowToken": setup.FlowToken}, kong.ShortUsageOnError(), kong.Exit(func(code int) { ended = code }),
	)
	if err != nil {
		fmt.Fprintln(errOut, "faceid:", err)
		return exitUsage
	}
	answerShell(parser)
	parsed, err := parser.Parse(spelled(args))
	if ended >= 0 {
		return ended
	}
	if err != nil {
		fmt.Fprintln(errOut, "faceid:", show.CleanLines(err.Error())) // it repeats the argument
		return exitUsage
	}
	lang := show.Lang(c.Lang)
	if c.Lang == "auto" {
		lang = show.LangOf(lookup)
	}
	env, err := setup.Read(lookup, c.Config)
	p := show.New(out, errOut, c.JSON, lang, lookup)
	if err == nil {
		err = parsed.Run(&command{Printer: p, ctx: ctx, in: in, env: env})
	}
	return report(ctx, p, err)
}

// report tells people of an error and returns the exit code.
func report(ctx context.Context, p *show.Printer, err error) int {
	var usage *usageError
	var trouble *troubleError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errNo):
		return exitNo
	case ctx.Err() != nil:
		fmt.Fprintln(p.Err, "faceid:", show.T("interrupted", "已中断").In(p.Lang))
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintln(p.Err, "faceid:", show.CleanLines(usage.text.In(p.Lang)))
		return exitUsage
	case errors.As(err, &trouble):
		fmt.Fprintln(p.Err, "faceid:", show.CleanLines(trouble.text.In(p.Lang)))
		return exitTrouble
	case errors.Is(err, setup.ErrSetup):
		fmt.Fprintln(p.Err, "faceid:", show.CleanLines(err.Error()))
		return exitUsage
	}
	fmt.Fprintln(p.Err, "faceid:", show.CleanLines(strings.TrimPrefix(err.Error(), "faceid: ")))
	return exitTrouble
}

// spelled rewrites arguments for the parser. -json, as Go programs spell a flag, becomes
// --json, and a negative number, which is a code and no flag, goes to the end behind "--".
func spelled(args []string) []string {
	var all, numbers []string
	for i, a := range args {
		if a == "--" {
			return slices.Concat(all, []string{"--"}, numbers, args[i+1:])
		}
		switch {
		case len(a) < 2 || a[0] != '-':
		case a[1] >= '0' && a[1] <= '9':
			numbers = append(numbers, a)
			continue
		case len(a) > 2 && a[1] >= 'a' && a[1] <= 'z':
			a = "-" + a
		}
		all = append(all, a)
	}
	if numbers == nil {
		return all
	}
	return slices.Concat(all, []string{"--"}, numbers)
}
