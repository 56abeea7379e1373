package main

import (
	"errors"

	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
	"github.com/faceid-go/faceid/internal/simulate"
)

// simulateCmd hands its arguments to the simulator, whose flags are its own: examples/simulator
// has the same. Its -secret is an invented one of the simulator, and no secret of the platform.
type simulateCmd struct {
	Flags []string `arg:"" optional:"" passthrough:"" predictor:"simulate" help:"The flags of the simulator, as in -addr 127.0.0.1:18080; -help lists them."`
}

func (simulateCmd) Help() string {
	return `The first line of output is JSON with the address, every key and every name; then comes one line
per request, without secrets and persons. The flags are the simulator's own, and stand behind
simulate. Its -secret is an invented one: never give a secret of the platform. Whoever reaches the
port decides how anybody ends.`
}

func (s simulateCmd) Run(c *command) error {
	err := simulate.Run(c.ctx, "faceid simulate", s.Flags, c.Out, c.Err)
	if errors.Is(err, simulate.ErrUsage) {
		return &usageError{show.T(err.Error(), err.Error())}
	}
	return err
}
