package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"time"

	"registratura/intake"
	"registratura/intake/portal/extranet"
)

type accountCmd struct {
	Config    string       `required:"" placeholder:"FILE" env:"REGISTRATURA_CONFIG" help:"Configuration of the daemon."`
	ResetTOTP resetTOTPCmd `cmd:"" name:"reset-totp" help:"Turn off the codes at login of an account whose owner lost them, and end its sessions."`
}

type resetTOTPCmd struct {
	Email string `arg:"" help:"Address of the account."`
}

func (c *resetTOTPCmd) Run(ctx context.Context, parent *cli, std streams) error {
	s, cfg, err := openRecords(ctx, parent.Account.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	address := strings.ToLower(strings.TrimSpace(c.Email))
	desk := &intake.Desk{Store: s, Now: time.Now}
	err = extranet.ResetSecondFactor(cfg.SitesDir(), address, func() error { return desk.NoteCodesReset(ctx, address, whoInIT()) })
	switch {
	case errors.Is(err, intake.ErrNoSuchAccount):
		return fmt.Errorf("there is no account with the address %s", address)
	case errors.Is(err, extranet.ErrNoSecondFactor):
		return fmt.Errorf("the account %s asks for no codes at login", address)
	case err != nil:
		return err
	}
	fmt.Fprintf(std.out, "%s gets in with the password alone now; its sessions have ended\n", address)
	return nil
}

// whoInIT names whoever types a command, for the records.
func whoInIT() string {
	if u, err := user.Current(); err == nil {
		return "IT (" + u.Username + ")"
	}
	return "IT"
}
