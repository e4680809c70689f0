package main

import (
	"fmt"
	"os"

	"registratura/cmd/registratura/config"
	"registratura/forms"
)

type formCmd struct {
	Kind   string `arg:"" enum:"create,close" help:"Which form: create (Annex 1) or close."`
	Output string `short:"o" required:"" placeholder:"FILE" help:"Where to write the workbook (.xlsx)."`
	Config string `placeholder:"FILE" help:"Configuration with the institution and its departments; without it, the example's."`
}

func (c *formCmd) Run(std streams) error {
	cfg, err := loadOrExample(c.Config)
	if err != nil {
		return err
	}
	workbook, err := forms.Blank(forms.Kind(c.Kind), blankOptions(cfg))
	if err != nil {
		return fmt.Errorf("making the blank form: %w", err)
	}
	if err := os.WriteFile(c.Output, workbook, 0o644); err != nil {
		return fmt.Errorf("writing the blank form: %w", err)
	}
	fmt.Fprintf(std.out, "%s written\n", c.Output)
	return nil
}

// loadOrExample loads the configuration file, or the example where none is named.
func loadOrExample(file string) (*config.Config, error) {
	if file == "" {
		return config.Example(), nil
	}
	return config.Load(file)
}
