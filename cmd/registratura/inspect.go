package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/trust"
)

type inspectCmd struct {
	Files  []string `arg:"" name:"file" help:"Mails (.eml) or spreadsheets."`
	Config string   `placeholder:"FILE" help:"Configuration; without it, the example's."`
	Now    string   `placeholder:"DATE" help:"The day to judge dates by (YYYY-MM-DD); without it, today."`
	JSON   bool     `help:"One JSON object a line."`
}

// inspection is what the desk would make of one file. Scripts rely on its names.
type inspection struct {
	File     string             `json:"file"`
	Kind     intake.CaseKind    `json:"kind"`
	Sender   *inspectedSender   `json:"sender,omitempty"`
	Decision *inspectedDecision `json:"decision,omitempty"`
	Form     *inspectedForm     `json:"form,omitempty"`
	Problems []forms.Problem    `json:"problems,omitempty"`
}

type inspectedSender struct {
	Address   string `json:"address"`
	Authentic bool   `json:"authentic"`
	By        string `json:"by"`
	Why       string `json:"why"`
}

type inspectedDecision struct {
	Verdict  string `json:"verdict"`
	Evidence string `json:"evidence"`
	Why      string `json:"why"`
}

type inspectedForm struct {
	Kind   forms.Kind       `json:"kind"`
	Fields forms.Submission `json:"fields"`
}

func (c *inspectCmd) Run(ctx context.Context, std streams) error {
	cfg, err := loadOrExample(c.Config)
	if err != nil {
		return err
	}
	now := time.Now
	if c.Now != "" {
		day, err := forms.ParseDate(c.Now)
		if err != nil {
			return fmt.Errorf("--now: %w", err)
		}
		noon := day.In(cfg.Location()).Add(12 * time.Hour)
		now = func() time.Time { return noon }
	}
	readers := newFormChildren(1)
	defer readers.Close()
	desk, err := examiningDesk(cfg, now, readers)
	if err != nil {
		return err
	}
	for _, file := range c.Files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		found, err := inspect(ctx, desk, file, data)
		if err != nil {
			return fmt.Errorf("inspecting %s: %w", file, err)
		}
		if c.JSON {
			err = json.NewEncoder(std.out).Encode(found)
		} else {
			err = found.print(std.out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inspect judges a file by its name: .eml is a mail, all else is what somebody
// might have attached to one.
func inspect(ctx context.Context, desk *intake.Desk, file string, data []byte) (inspection, error) {
	found := inspection{File: file}
	if !strings.EqualFold(filepath.Ext(file), ".eml") {
		reading, err := desk.Forms.ReadForm(ctx, filepath.Base(file), data, desk.Rules())
		switch {
		case ctx.Err() != nil:
			return found, ctx.Err()
		case err != nil:
			found.Kind = intake.CaseUnreadable
			found.Problems = []forms.Problem{{Why: forms.Unreadable, Message: err.Error()}}
		default:
			found.addForm(reading)
		}
		return found, nil
	}

	mail, err := desk.Examine(ctx, data, int64(len(data)) > desk.Policy.MaxMailSize)
	if errors.Is(err, intake.ErrLater) {
		err = fmt.Errorf("%w (is there a network?)", err)
	}
	if err != nil {
		return found, err
	}
	found.Kind = mail.Kind
	address := ""
	if sender, ok := mail.Message.Sender(); ok {
		address = sender.Address
	}
	// Automatic mails are not asked for their origin.
	by := cmp.Or(string(mail.Origin.By), string(trust.ByNone))
	found.Sender = &inspectedSender{address, mail.Origin.Authentic, by, mail.Origin.Why}
	switch mail.Kind {
	case intake.CaseReply:
		found.Decision = &inspectedDecision{string(mail.Reply.Verdict), mail.Reply.Evidence, mail.Reply.Why}
	case intake.CaseCreateForm, intake.CaseCloseForm:
		found.addForm(mail.Forms[0].Reading)
	case intake.CaseAuto:
		found.Sender.Why = mail.Message.Automatic
	}
	for _, fault := range mail.Faults {
		found.Problems = append(found.Problems, forms.Problem{Field: fault.Name, Why: forms.Unreadable, Message: string(fault.Why)})
	}
	return found, nil
}

func (f *inspection) addForm(r *forms.Reading) {
	switch r.Kind {
	case forms.Create:
		f.Kind = intake.CaseCreateForm
	case forms.Close:
		f.Kind = intake.CaseCloseForm
	default:
		f.Kind = intake.CaseOther
		return
	}
	f.Form = &inspectedForm{r.Kind, r.Submission}
	f.Problems = r.Problems
}

// print tells the same to a person.
func (f *inspection) print(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s\n", f.File, f.Kind)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if s := f.Sender; s != nil {
		fmt.Fprintf(t, "  sender\t%s\tauthentic: %v (%s) %s\n", s.Address, s.Authentic, s.By, s.Why)
	}
	if d := f.Decision; d != nil {
		fmt.Fprintf(t, "  decision\t%s\t%q, because %s\n", d.Verdict, d.Evidence, d.Why)
	}
	if f.Form != nil {
		s := f.Form.Fields
		for _, row := range [][2]string{
			{"requester", s.Requester}, {"department", s.Department}, {"partner", s.Partner}, {"info_types", s.InfoTypes},
			{"activation_date", s.ActivationDate.String()}, {"legal_basis", s.LegalBasis}, {"site", s.Site},
			{"reason", s.Reason}, {"archive_to", s.ArchiveTo},
		} {
			if row[1] != "" {
				fmt.Fprintf(t, "  %s\t%s\n", row[0], row[1])
			}
		}
		for _, side := range []struct {
			name  string
			users []forms.User
		}{{"partner_users", s.PartnerUsers}, {"internal_users", s.InternalUsers}} {
			for _, u := range side.users {
				fmt.Fprintf(t, "  %s\t%s <%s>\t%s\n", side.name, u.Name, u.Email, u.Rights)
			}
		}
	}
	for _, p := range f.Problems {
		fmt.Fprintf(t, "  problem\t%s %s\t%s: %s\n", p.Field, p.Cell, p.Why, p.Message)
	}
	return t.Flush()
}
