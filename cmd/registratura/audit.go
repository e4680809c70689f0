package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/intake/store"
)

type auditCmd struct {
	Config string         `required:"" placeholder:"FILE" env:"REGISTRATURA_CONFIG" help:"Configuration of the daemon."`
	Verify verifyAuditCmd `cmd:"" help:"Prove that the record is whole, or name the first place where it is not."`
	Export exportAuditCmd `cmd:"" help:"Write all about a request into a folder that an auditor can check alone."`
}

// openRecords opens the daemon's database, which may be in use by the daemon.
func openRecords(ctx context.Context, configFile string) (*store.Store, *config.Config, error) {
	cfg, err := config.Load(configFile)
	if err != nil {
		return nil, nil, err
	}
	file := cfg.DatabaseFile()
	if _, err := os.Stat(file); err != nil {
		return nil, nil, fmt.Errorf("the daemon has no database yet: %w", err)
	}
	s, err := store.Open(ctx, file, slog.New(slog.DiscardHandler))
	return s, cfg, err
}

type verifyAuditCmd struct {
	Head string `placeholder:"HASH" help:"A head that was printed or logged earlier; the record must hold it."`
}

var isHead = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (c *verifyAuditCmd) Run(ctx context.Context, parent *cli, std streams) error {
	head := strings.ToLower(c.Head)
	if head != "" && !isHead.MatchString(head) {
		return fmt.Errorf("%q is no head: it has 64 hexadecimal digits", c.Head)
	}
	s, cfg, err := openRecords(ctx, parent.Audit.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	audit, err := s.Audit(ctx, head)
	if err != nil {
		return err
	}
	if len(audit.Faults) > 0 {
		printFaults(std.out, audit, cfg.Location())
		return errTold
	}
	fmt.Fprintf(std.out, "the record is whole: %d events, %d mails, %d decisions\n", audit.Events, audit.Mails, audit.Decisions)
	if p := audit.Purged; p != (store.Gone{}) {
		fmt.Fprintf(std.out, "purged when their time was over, as the record tells: the bytes of %d more mails; the words of %d of these events and %d of these decisions; the people in %d forms\n",
			p.Mails, p.Events, p.Decisions, p.Forms)
	}
	fmt.Fprintln(std.out, "head", audit.Head)
	return nil
}

// maxFaults are printed: the first one is what counts.
const maxFaults = 20

func printFaults(w io.Writer, audit *store.Audit, loc *time.Location) {
	for i, f := range audit.Faults {
		if i == maxFaults {
			fmt.Fprintf(w, "and %d more\n", len(audit.Faults)-i)
			break
		}
		where := "no event"
		if f.Event != 0 {
			where = fmt.Sprintf("event %d, %s, %s", f.Event, f.At.In(loc).Format("02.01.2006 15:04:05"), oneLine(f.Kind))
		}
		fmt.Fprintf(w, "%s: %s: %s\n", where, f.What, oneLine(f.Why))
	}
	fmt.Fprintf(w, "the record is not whole: %d faults in %d events, %d mails, %d decisions\n",
		len(audit.Faults), audit.Events, audit.Mails, audit.Decisions)
}
