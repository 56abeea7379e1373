package main

import (
	"fmt"
	"strings"

	"github.com/faceid-go/faceid/cmd/faceid/internal/doctor"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

type doctorCmd struct {
	Mint  bool `help:"Fetch credentials through the store if it has none that work, or if they are due to be renewed. Everyone who shares the store gets them."`
	Probe bool `help:"Open a verification of an invented person for FACEID_PRODUCT. Nobody enters it, and it costs nothing."`
}

func (doctorCmd) Help() string {
	return `Looks at one thing after the other: proxy, address, TLS, what answers, the clock, the credential
store, its record, the access token, the SIGN ticket, and for API 3.0 the key with its permission and
region. Each line says what was seen; a fault has its cause and its cure.

Run it as the user of the backend, with the backend's environment. It reads the shared store, and
fetches no token unless --mint is given: a token that is fetched past the store would kill the
tokens of all others. The exit code is 1 if there is a fault.`
}

func (cmd doctorCmd) Run(c *command) error {
	app, err := c.env.App()
	if err != nil {
		return err
	}
	clouds, err := c.env.Cloud()
	if err != nil {
		return err
	}
	if app == nil && len(clouds) == 0 {
		return &usageError{show.F("nothing to look at: set %s and %s, or %s and %s", "没有可检查的对象：请设置 %s 和 %s，或 %s 和 %s",
			setup.AppID, setup.Secret, setup.CloudID, setup.CloudKey)}
	}
	d := &doctor.Doctor{App: app, Cloud: clouds, OpenStore: c.env.Store, Mint: cmd.Mint, Probe: cmd.Probe}
	if !c.JSON {
		d.Tell = c.finding()
	}
	findings := d.Run(c.ctx)
	if c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	worst := doctor.Worst(findings)
	if err := c.Value(map[string]any{"status": worst, "findings": findings}); err != nil {
		return err
	}
	c.verdict(findings)
	if worst == doctor.Fault {
		return errNo
	}
	return nil
}

// marks are how a status is shown.
var marks = map[doctor.Status]struct {
	mark  string
	style show.Style
}{
	doctor.OK: {"✓", show.Good}, doctor.Note: {"•", show.Plain}, doctor.Warning: {"!", show.Warn}, doctor.Fault: {"✗", show.Bad}, doctor.Skipped: {"-", show.Dim},
}

// checkNames are the names of checks for people.
var checkNames = map[doctor.Check]show.Text{
	doctor.CheckConfig: show.T("config", "配置"), doctor.CheckProxy: show.T("proxy", "代理"), doctor.CheckAddress: show.T("address", "地址"), doctor.CheckTLS: show.T("TLS", "TLS"),
	doctor.CheckAnswer: show.T("answer", "应答"), doctor.CheckClock: show.T("clock", "时钟"), doctor.CheckStore: show.T("store", "存储"),
	doctor.CheckRecord: show.T("record", "记录"), doctor.CheckToken: show.T("token", "token"), doctor.CheckTicket: show.T("SIGN ticket", "SIGN ticket"),
	doctor.CheckProduct: show.T("product", "产品"), doctor.CheckKey: show.T("key", "密钥"),
}

// finding returns a function that writes each finding below the host that it is about.
func (c *command) finding() func(doctor.Finding) {
	door := ""
	return func(f doctor.Finding) {
		if f.Door != door {
			if door != "" {
				fmt.Fprintln(c.Out)
			}
			door = f.Door
			fmt.Fprintln(c.Out, c.Paint(show.Bold, door))
		}
		m := marks[f.Status]
		name := checkNames[f.Check].In(c.Lang)
		fmt.Fprintf(c.Out, "  %s %s%s  %s\n", c.Paint(m.style, m.mark), name, strings.Repeat(" ", max(0, 11-show.Width(name))), f.Saw.In(c.Lang))
		if f.Cause != "" {
			fmt.Fprintf(c.Out, "      %s  %s\n", c.Paint(m.style, string(f.Cause)), f.Why.In(c.Lang))
			fmt.Fprintf(c.Out, "      %s %s\n", c.Paint(show.Bold, show.T("Cure:", "处理：").In(c.Lang)), f.Cure.In(c.Lang))
		}
	}
}

// verdict writes the last line.
func (c *command) verdict(findings []doctor.Finding) {
	faults, warnings := 0, 0
	for _, f := range findings {
		switch f.Status {
		case doctor.Fault:
			faults++
		case doctor.Warning:
			warnings++
		}
	}
	if !c.JSON {
		fmt.Fprintln(c.Out)
	}
	switch {
	case faults > 0:
		c.Say(show.F("Faults: %d, warnings: %d. Begin with the first fault.", "故障 %d 个，警告 %d 个。请从第一个故障开始处理。", faults, warnings))
	case warnings > 0:
		c.Say(show.F("No fault. Warnings: %d.", "没有故障。警告 %d 个。", warnings))
	default:
		c.Say(show.T("No fault.", "没有故障。"))
	}
}
