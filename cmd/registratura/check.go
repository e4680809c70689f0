package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"registratura/cmd/registratura/config"
)

type checkCmd struct {
	Config string `required:"" placeholder:"FILE" env:"REGISTRATURA_CONFIG" help:"Configuration."`

	Mail        bool          `help:"Also send test mails from the desk to itself through the real servers, show how they vouch for senders, and propose the [trust] section. The test mails are removed again."`
	Wait        time.Duration `default:"2m" help:"How long a test mail may take to arrive."`
	WaitOutside time.Duration `default:"0" help:"How long to wait for a mail that you send from an outside account; 0: none is asked for."`
	WriteTrust  string        `placeholder:"FILE" help:"Write the proposed [trust] section to this file; the configuration itself is never changed."`
}

func (c *checkCmd) Run(ctx context.Context, std streams) error {
	if !c.Mail && (c.WriteTrust != "" || c.WaitOutside != 0) {
		return errors.New("--write-trust and --wait-outside belong to --mail")
	}
	cfg, err := config.Load(c.Config)
	if cfg == nil {
		return err
	}
	// Load's faults are among those of Check.
	faults := config.Check(cfg, time.Now())
	for _, fault := range faults {
		fmt.Fprintln(std.err, fault)
	}
	if c.Mail {
		for _, fault := range faults {
			// [trust] is what this is to find out.
			if !fault.Warning && !strings.HasPrefix(fault.Key, "trust") {
				return errTold
			}
		}
		return c.runMail(ctx, cfg, std)
	}
	if faults.Err() != nil {
		return errTold
	}
	fmt.Fprintf(std.out, "%s is in order: %d departments, %d approvers\n", c.Config, len(cfg.Departments), len(cfg.Approvers))
	return nil
}
