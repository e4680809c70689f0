package main

import (
	"fmt"
	"time"

	"registratura/cmd/registratura/config"
)

type checkCmd struct {
	Config string `required:"" placeholder:"FILE" env:"REGISTRATURA_CONFIG" help:"Configuration."`
}

func (c *checkCmd) Run(std streams) error {
	cfg, err := config.Load(c.Config)
	if cfg == nil {
		return err
	}
	// Load's faults are among those of Check.
	faults := config.Check(cfg, time.Now())
	for _, fault := range faults {
		fmt.Fprintln(std.err, fault)
	}
	if faults.Err() != nil {
		return errTold
	}
	fmt.Fprintf(std.out, "%s is in order: %d departments, %d approvers\n", c.Config, len(cfg.Departments), len(cfg.Approvers))
	return nil
}
