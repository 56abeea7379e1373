// Command simulator serves the FaceID simulator on a port, for clients in any
// language and for hands: open a login URL and choose how the person ends.
//
//	go run ./examples/simulator -addr 127.0.0.1:18080
//
// The first line of output is JSON with the address, every key and every name that
// a client needs. Then comes one line per request, without secrets and persons.
// The flag -config takes apps, keys, RuleIds, dialects, endings and faults from a
// file. Package faceidtest describes the /sim/ paths. `faceid simulate` is the same.
//
// Whoever reaches the port decides how anybody ends. An address that others reach
// is served, because it was asked for by name, and a warning on the standard error
// says so.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/faceid-go/faceid/internal/simulate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := simulate.Run(ctx, "simulator", os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}
