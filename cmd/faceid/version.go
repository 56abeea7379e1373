package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// version is what `faceid version` prints.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // the commit that it was built from
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (versionCmd) Run(c *command) error {
	v := version{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			v.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Revision = s.Value
			}
		}
	}
	if c.JSON {
		return c.Value(v)
	}
	_, err := fmt.Fprintf(c.Out, "faceid %s (%s, %s)\n", v.Version, v.Go, v.Platform)
	return err
}
