package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"text/tabwriter"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/forms"
	"registratura/intake"
	"registratura/intake/store"
)

type requestsCmd struct {
	Config string           `required:"" placeholder:"FILE" env:"REGISTRATURA_CONFIG" help:"Configuration of the daemon."`
	List   listRequestsCmd  `cmd:"" help:"List requests, the newest first."`
	Show   showRequestCmd   `cmd:"" help:"Tell the whole story of a request."`
	Retry  retryRequestCmd  `cmd:"" help:"Have a stuck request provisioned again."`
	Skip   skipRequestCmd   `cmd:"" help:"Have a stuck request go on without the members for whom it failed."`
	Cancel cancelRequestCmd `cmd:"" help:"Give a stuck request up, and take back what it granted."`
	Undo   undoRequestCmd   `cmd:"" help:"Open a site again that was closed by this request and is not deleted yet."`
}

type listRequestsCmd struct {
	Status string `help:"Only those with this status, such as stuck or awaiting_approval."`
	Limit  int    `default:"50" help:"At most so many."`
	JSON   bool   `help:"One JSON object a line."`
}

func (c *listRequestsCmd) Run(ctx context.Context, parent *cli, std streams) error {
	s, cfg, err := openRecords(ctx, parent.Requests.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Requests(ctx, intake.Status(c.Status), c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(std.out)
		for _, r := range list {
			if err := encoder.Encode(summaryOf(r)); err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NUMBER\tSTATUS\tSINCE\tKIND\tFROM\tPARTNER OR SITE")
	for _, r := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Number, r.Status, r.ChangedAt.In(cfg.Location()).Format("02.01.2006 15:04"),
			r.Kind, r.From.Address, oneLine(r.Submission.Partner+r.Submission.Site))
	}
	return t.Flush()
}

// requestSummary is a request in the JSON of requests list and show.
type requestSummary struct {
	Number     string           `json:"number"`
	Serial     int              `json:"serial"`
	Date       forms.Date       `json:"date"`
	Kind       forms.Kind       `json:"kind"`
	Status     intake.Status    `json:"status"`
	Since      time.Time        `json:"since"`
	From       intake.Person    `json:"from"`
	Proven     string           `json:"proven"`
	Department string           `json:"department"`
	Form       forms.Submission `json:"form"`
	Plan       *intake.Plan     `json:"plan,omitempty"`

	Deviations []intake.Deviation `json:"deviations,omitempty"`

	Decision *intake.Decision `json:"decision,omitempty"`
}

func summaryOf(r *intake.Request) requestSummary {
	s := requestSummary{
		Number: r.Number.String(), Serial: r.Number.Serial, Date: r.Number.Date, Kind: r.Kind, Status: r.Status, Since: r.ChangedAt,
		From: r.From, Proven: r.Proven, Department: r.Department, Form: r.Submission, Decision: r.Decision, Deviations: r.Deviations,
	}
	if r.PlanHash != "" {
		s.Plan = &r.Plan
	}
	return s
}

type showRequestCmd struct {
	Number string `arg:"" help:"Number of the request: 42, 42/2026 or 42/23.11.2026."`
	JSON   bool   `help:"As one JSON object."`
}

// requestStory is the JSON of requests show.
type requestStory struct {
	requestSummary
	Story []store.StoryLine `json:"story"`
}

func (c *showRequestCmd) Run(ctx context.Context, parent *cli, std streams) error {
	s, cfg, err := openRecords(ctx, parent.Requests.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := findRequest(ctx, s, cfg, c.Number)
	if err != nil {
		return err
	}
	story, err := s.Story(ctx, r.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(std.out).Encode(requestStory{summaryOf(r), story})
	}
	return printStory(std.out, r, story, cfg.Location())
}

func printStory(w io.Writer, r *intake.Request, story []store.StoryLine, loc *time.Location) error {
	fmt.Fprintf(w, "Request nr. %s: %s since %s\n\n", r.Number, r.Status, r.ChangedAt.In(loc).Format("02.01.2006 15:04"))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, oneLine(value))
		}
	}
	row("from", r.From.Name+" <"+r.From.Address+">")
	row("sender proven by", r.Proven)
	row("department", r.Department)
	row("partner", r.Submission.Partner)
	row("information", r.Submission.InfoTypes)
	row("legal basis", r.Submission.LegalBasis)
	row("activation", r.Submission.ActivationDate.String())
	row("site to close", r.Submission.Site)
	row("reason", r.Submission.Reason)
	row("files to", r.Submission.ArchiveTo)
	if r.PlanHash != "" {
		row("site", r.Plan.Site.ID)
	}
	if f := r.Plan.Replaces; f != nil {
		row("changes access by", "nr. "+f.Number.String())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(r.Plan.Members) > 0 {
		fmt.Fprintln(w, "\nMembers")
		for _, m := range r.Plan.Members {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", m.Side, m.Name, m.Address, m.Rights)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if len(r.Deviations) > 0 {
		fmt.Fprintln(w, "\nSettled since the approval")
		for _, d := range r.Deviations {
			what := "is left out, without access"
			if !d.LeavesOut() {
				what = "is now " + d.NewAddress
			}
			if d.Pending() {
				what += " (the access is not moved yet)"
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s: %s\n", d.At.In(loc).Format("02.01.2006 15:04"), d.Address, what, d.By, oneLine(d.Why))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if changes := r.AccessChanges(); len(changes) > 0 {
		fmt.Fprintln(w, "\nChanges of access")
		for _, a := range changes {
			switch a.Kind {
			case intake.Reworded:
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", a.Kind, a.Field, oneLine(a.From), oneLine(a.To))
			case intake.Altered:
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", a.Kind, a.Member.Address, a.Was.Rights, a.Member.Rights)
			default:
				fmt.Fprintf(t, "  %s\t%s\t%s\t\n", a.Kind, a.Member.Address, a.Member.Rights)
			}
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if d := r.Decision; d != nil {
		fmt.Fprintln(w, "\nDecision")
		row("  verdict", string(d.Verdict))
		row("  by", fmt.Sprintf("%s <%s>, %s", d.Approver.Name, d.Approver.Address, d.Title))
		row("  at", d.At.In(loc).Format("02.01.2006 15:04:05"))
		row("  words", fmt.Sprintf("%q", d.Evidence))
		row("  rule", d.Rule)
		row("  reason", d.Reason)
		if len(d.Changes) > 0 {
			row("  changes to the form", intake.ChangesForIT(d.Changes))
		}
		row("  origin", d.Origin)
		row("  mail", fmt.Sprintf("%d, SHA-256 %s", d.Mail, d.MailHash))
		row("  shown", "SHA-256 "+d.PlanHash)
		row("  token", "SHA-256 "+d.TokenHash)
		for _, e := range d.Earlier {
			row("  approved before by", fmt.Sprintf("%s <%s>, %s: %q; %s; mail %d, SHA-256 %s",
				e.Approver.Name, e.Approver.Address, e.At.In(loc).Format("02.01.2006 15:04:05"), e.Evidence, oneLine(e.Origin), e.Mail, e.MailHash))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		if len(d.Trace) > 0 {
			fmt.Fprintln(w, "\nReading of the answer")
			for _, step := range d.Trace {
				fmt.Fprintf(t, "  %s, line %d\t%q\t%s\n", step.Part, step.Line, step.Text, oneLine(step.Rule))
			}
			if err := t.Flush(); err != nil {
				return err
			}
		}
	}
	fmt.Fprintln(w, "\nStory")
	for _, line := range story {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", line.At.In(loc).Format("02.01.2006 15:04:05"), line.What, line.Who, oneLine(line.Detail))
	}
	return t.Flush()
}

type retryRequestCmd struct {
	Number string `arg:"" help:"Number of the request: 42, 42/2026 or 42/23.11.2026."`
	Anyway string `placeholder:"REASON" help:"It stands, for this reason, although who approved or asked for it has left. The reason is kept."`
}

func (c *retryRequestCmd) Run(ctx context.Context, parent *cli, std streams) error {
	return parent.Requests.settle(ctx, c.Number, func(desk *intake.Desk, r *intake.Request, who string) error {
		if r.Status == intake.StatusProvisioning {
			fmt.Fprintf(std.out, "request %s: the daemon is at it already\n", r.Number)
			return nil
		}
		var err error
		if c.Anyway != "" {
			err = desk.RetryAnyway(ctx, r, who, c.Anyway)
		} else {
			err = desk.Retry(ctx, r, who)
		}
		var held *intake.NotNowError
		if errors.As(err, &held) && len(held.Holds) > 0 && c.Anyway == "" {
			return fmt.Errorf("%w\nmend the directory in the configuration and try again, say that it stands with --anyway REASON, or cancel it", err)
		}
		if err == nil {
			fmt.Fprintf(std.out, "request %s: the daemon will try again\n", r.Number)
		}
		return err
	})
}

type skipRequestCmd struct {
	Number string `arg:"" help:"Number of the request: 42, 42/2026 or 42/23.11.2026."`
	Reason string `required:"" help:"Why; the requester reads it, so in Romanian."`
}

func (c *skipRequestCmd) Run(ctx context.Context, parent *cli, std streams) error {
	return parent.Requests.settle(ctx, c.Number, func(desk *intake.Desk, r *intake.Request, who string) error {
		left, err := desk.Skip(ctx, r, who, c.Reason)
		if err != nil {
			return err
		}
		for _, m := range left {
			fmt.Fprintf(std.out, "request %s: %s is left out and gets no access\n", r.Number, m.Address)
		}
		fmt.Fprintf(std.out, "request %s: the daemon goes on with the others\n", r.Number)
		return nil
	})
}

type cancelRequestCmd struct {
	Number string `arg:"" help:"Number of the request: 42, 42/2026 or 42/23.11.2026."`
	Reason string `required:"" help:"Why; requester and approver read it, so in Romanian."`
}

func (c *cancelRequestCmd) Run(ctx context.Context, parent *cli, std streams) error {
	return parent.Requests.settle(ctx, c.Number, func(desk *intake.Desk, r *intake.Request, who string) error {
		news, err := desk.Cancel(ctx, r, who, c.Reason)
		switch {
		case err != nil:
			return err
		case news:
			fmt.Fprintf(std.out, "request %s is cancelled: the daemon takes back what it granted, and tells requester, approver and IT\n", r.Number)
		default:
			fmt.Fprintf(std.out, "request %s was cancelled before; nothing is done\n", r.Number)
		}
		return nil
	})
}

// settle does to a request what somebody of IT decided, beside the daemon: it
// only records it, and leaves the rest to the daemon's queue.
func (c *requestsCmd) settle(ctx context.Context, number string, do func(desk *intake.Desk, r *intake.Request, who string) error) error {
	s, cfg, err := openRecords(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := findRequest(ctx, s, cfg, number)
	if err != nil {
		return err
	}
	return do(&intake.Desk{Store: s, Directory: cfg.Directory(), Now: time.Now}, r, whoInIT())
}

type undoRequestCmd struct {
	Number string `arg:"" help:"Number of the request to close: 42, 42/2026 or 42/23.11.2026."`
}

func (c *undoRequestCmd) Run(ctx context.Context, parent *cli, std streams) error {
	s, cfg, err := openRecords(ctx, parent.Requests.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := findRequest(ctx, s, cfg, c.Number)
	if err != nil {
		return err
	}
	desk := &intake.Desk{Store: s, Now: time.Now}
	switch err := desk.Undo(ctx, r, whoInIT()); {
	case errors.Is(err, intake.ErrStatus) && r.Kind != forms.Close:
		return fmt.Errorf("request %s asks for a site; name the request that closed it", r.Number)
	case errors.Is(err, intake.ErrStatus):
		return fmt.Errorf("request %s is %s; only one that is closing or stuck can be undone", r.Number, r.Status)
	case errors.Is(err, intake.ErrDeleting):
		return fmt.Errorf("request %s: it is too late, %w", r.Number, err)
	case err != nil:
		return err
	}
	fmt.Fprintf(std.out, "request %s: the daemon will open the site again\n", r.Number)
	return nil
}

var numberArg = regexp.MustCompile(`^(\d{1,9})(?:/(?:\d{1,2}\.\d{1,2}\.)?(\d{4}))?$`)

// findRequest finds a request by its number; without a year, this year's.
func findRequest(ctx context.Context, s *store.Store, cfg *config.Config, number string) (*intake.Request, error) {
	m := numberArg.FindStringSubmatch(number)
	if m == nil {
		return nil, fmt.Errorf("%q is not a registration number: write 42, 42/2026 or 42/23.11.2026", number)
	}
	serial, _ := strconv.Atoi(m[1])
	year := time.Now().In(cfg.Location()).Year()
	if m[2] != "" {
		year, _ = strconv.Atoi(m[2])
	}
	r, err := s.RequestByNumber(ctx, year, serial)
	if errors.Is(err, intake.ErrNotFound) {
		return nil, fmt.Errorf("there is no request nr. %d in %d", serial, year)
	}
	return r, err
}

// oneLine keeps what people typed from breaking a table, or the terminal.
func oneLine(s string) string {
	line := []rune(s)
	for i, r := range line {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			line[i] = ' '
		}
	}
	return string(line)
}
