package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/forms"
	"registratura/intake"
	"registratura/intake/archive"
	"registratura/intake/mailbox"
	"registratura/intake/portal/extranet"
	"registratura/intake/portal/manual"
	"registratura/intake/store"
	"registratura/intake/trust"
	"registratura/mailer"
	"registratura/templates"
)

// procedure is the code that every paper of the procedure bears.
const procedure = "DE-SPDI-02"

// daemon is everything that runs, wired together.
type daemon struct {
	cfg      *config.Config
	log      *slog.Logger
	store    *store.Store
	extranet *extranet.Extranet // nil where people of IT do the portal's work
	manual   *manual.Portal     // nil elsewhere
	sender   *mailer.Sender
	follower *mailbox.Follower
	desk     *intake.Desk
	readers  *formChildren
	lock     io.Closer
}

// assemble opens everything that the configuration names. It listens on
// nothing and connects to nothing yet.
func assemble(ctx context.Context, cfg *config.Config, log *slog.Logger, now func() time.Time) (_ *daemon, err error) {
	d := &daemon{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.lock, err = lockDataDir(cfg.Desk.DataDir); err != nil {
		return nil, err
	}
	d.readers = newFormChildren(1) // reads several hundred workbooks a second
	if d.store, err = store.Open(ctx, cfg.DatabaseFile(), log); err != nil {
		return nil, err
	}
	if d.desk, err = examiningDesk(cfg, now, d.readers); err != nil {
		return nil, err
	}
	if err := d.openPortal(ctx, now); err != nil {
		return nil, err
	}
	if d.sender, err = newSender(cfg); err != nil {
		return nil, err
	}
	desk := d.desk
	desk.Log, desk.Store = log, d.store
	desk.Post = post{d.sender, newPace(cfg.SMTP.PerMinute, now)}
	desk.Composer = &mailer.Composer{Context: templates.Context{
		Institution: cfg.Institution.Name, Name: desk.Policy.Desk.Name, Address: desk.Policy.Desk.Address,
		Procedure: procedure, Location: desk.Policy.Location, WebDAV: d.extranet != nil,
	}}
	desk.Blank = (&blankForms{cfg: cfg}).make
	desk.Archive = openArchive(cfg)
	if d.extranet != nil { // which serves them
		desk.DownloadURL = d.extranet.DownloadURL
	}
	desk.Open()
	if d.follower, err = newFollower(cfg, log, now, desk); err != nil {
		return nil, err
	}
	return d, nil
}

func openArchive(cfg *config.Config) *archive.Archive {
	a := &archive.Archive{Own: cfg.ExportsDir(), KeyFile: cfg.DeskKeyFile()}
	for _, folder := range cfg.ArchiveFolders() {
		a.Folders = append(a.Folders, archive.Place{Name: folder.Name, Folder: folder.Folder})
	}
	return a
}

// blankForms makes the blank workbooks, anew only when the partners changed.
type blankForms struct {
	cfg *config.Config

	mu       sync.Mutex
	partners []string
	made     []intake.Attachment
}

func (b *blankForms) make(partners []string) ([]intake.Attachment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.made != nil && slices.Equal(partners, b.partners) {
		return b.made, nil
	}
	options := blankOptions(b.cfg)
	options.Partners = partners
	var made []intake.Attachment
	for _, form := range []struct {
		kind forms.Kind
		name string
	}{{forms.Create, "Anexa 1 - cerere creare site.xlsx"}, {forms.Close, "Cerere inchidere site.xlsx"}} {
		workbook, err := forms.Blank(form.kind, options)
		if err != nil {
			return nil, fmt.Errorf("making the blank forms: %w", err)
		}
		made = append(made, intake.Attachment{Name: form.name, MediaType: intake.WorkbookType, Data: workbook})
	}
	b.partners, b.made = partners, made
	return made, nil
}

func blankOptions(cfg *config.Config) forms.BlankOptions {
	directory := cfg.Directory()
	return forms.BlankOptions{Institution: cfg.Institution.Name, Departments: directory.FormDepartments()}
}

// requestLink has a new one-time link mailed to somebody who asked for it on
// the portal's page. It returns at once, so that the page's time does not tell
// which addresses have an account.
func (d *daemon) requestLink(ctx context.Context, address string) error {
	go func() {
		if err := d.desk.SendLink(context.WithoutCancel(ctx), address); err != nil {
			d.log.Error("mailing a new link failed", "to", address, "error", err)
		}
	}()
	return nil
}

// close releases what assemble opened.
func (d *daemon) close() {
	var errs []error
	if d.readers != nil {
		errs = append(errs, d.readers.Close())
	}
	if d.sender != nil {
		errs = append(errs, d.sender.Close())
	}
	if d.extranet != nil {
		errs = append(errs, d.extranet.Close())
	}
	if d.manual != nil {
		errs = append(errs, d.manual.Close())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	if d.lock != nil {
		errs = append(errs, d.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		d.log.Error("closing failed", "error", err)
	}
}

// examiningDesk is a desk that can examine mails, and nothing else: it has no
// database, sends nothing, and knows no portal.
func examiningDesk(cfg *config.Config, now func() time.Time, reader intake.FormReader) (*intake.Desk, error) {
	policy, err := trustPolicy(cfg)
	if err != nil {
		return nil, err
	}
	resolver := cfg.Trust.DNS()
	_, domain, _ := strings.Cut(cfg.Desk.Address, "@")
	return &intake.Desk{
		Policy: intake.Policy{
			Desk: cfg.DeskPerson(), Domain: domain, PlusAddressing: cfg.Desk.PlusAddressing, Location: cfg.Location(),
			Waiting: intake.Waiting{
				Remind: cfg.Approval.RemindAfter, Next: cfg.Approval.NextAfter, Tell: cfg.Approval.TellAfter, Expire: cfg.Approval.ExpireAfter,
				Work: cfg.Portal.RemindAfter,
			},
			Review: intake.Reviewing{
				EveryMonths: cfg.Review.EveryMonths, Remind: cfg.Review.RemindAfter, Warn: cfg.Review.WarnAfter, Suspend: cfg.Review.SuspendAfter,
				BasisDays: cfg.Review.BasisWarningDays,
			},
			Workday:        romanianWorkday(),
			Retention:      cfg.Retention.Periods(),
			Closing:        intake.ClosingPolicy{GraceDays: cfg.Closing.GraceDays, LinkDays: cfg.Closing.LinkDays},
			ActivationHour: cfg.Portal.ActivationHour, TokenLife: time.Duration(cfg.Approval.TokenLife), AnswersPerDay: cfg.Desk.AnswersPerDay,
			AcceptWeak: cfg.Approval.AcceptWeak, Rule: intake.ApprovalRule(cfg.Approval.Rule), UnprovenForms: cfg.Trust.Forms == "any",
			MaxMailSize: int64(cfg.IMAP.MaxSize), Folders: cfg.IMAP.Folders.ByFate(),
		},
		Directory: cfg.Directory(),
		Parse: func(raw []byte, oversized bool) *intake.Message {
			m := mailbox.Parse(trust.Open(raw), mailbox.Limits{})
			m.Raw, m.Oversized = raw, oversized
			return m
		},
		Forms: reader,
		Origin: func(ctx context.Context, raw []byte) trust.Origin {
			p := policy
			p.Now = now()
			return trust.Check(ctx, raw, p, resolver)
		},
		Now: now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	}, nil
}

func trustPolicy(cfg *config.Config) (trust.Policy, error) {
	p := trust.Policy{
		AuthservID: cfg.Trust.AuthservID, OwnDKIM: cfg.Trust.CheckDKIM,
		StrictAlignment: cfg.Trust.Alignment == "strict",
	}
	for _, method := range cfg.Trust.Accept {
		switch method {
		case "dmarc":
			p.AcceptDMARC = true
		case "dkim":
			p.AcceptDKIM = true
		case "auth":
			p.AcceptAuth = true
		}
	}
	var err error
	if p.Authorities, err = cfg.Trust.Authorities(); err != nil {
		return p, err
	}
	certificates, err := cfg.Trust.Certificates()
	if err != nil {
		return p, err
	}
	for _, c := range certificates {
		for _, address := range c.EmailAddresses {
			p.Certificates = append(p.Certificates, trust.Certificate{Address: strings.ToLower(address), Certificate: c})
		}
	}
	return p, nil
}

// openPortal opens the portal of the kind that is configured, for the desk.
func (d *daemon) openPortal(ctx context.Context, now func() time.Time) (err error) {
	if d.cfg.Portal.Manual() {
		if d.manual, err = manual.Open(ctx, d.cfg.ManualPortalFile()); err != nil {
			return err
		}
		d.desk.Portal = d.manual
		return nil
	}
	if d.extranet, err = openExtranet(d.cfg, d.log, now, d.requestLink, registry{d}, registry{d}); err != nil {
		return err
	}
	d.desk.Portal = d.extranet
	return nil
}

func openExtranet(cfg *config.Config, log *slog.Logger, now func() time.Time, requestLink func(context.Context, string) error, registry extranet.Registry, downloads extranet.Downloads) (*extranet.Extranet, error) {
	var proxies []netip.Prefix
	proxies, err := cfg.Portal.Proxies()
	if err != nil {
		return nil, fmt.Errorf("portal.trusted_proxies: %w", err)
	}
	help := ""
	if it := cfg.Directory().IT; len(it) > 0 {
		help = it[0].Address
	}
	return extranet.Open(extranet.Config{
		Dir: cfg.SitesDir(), BaseURL: cfg.Portal.BaseURL, Institution: cfg.Institution.Name, Pages: templates.Pages(),
		HelpAddress: help, MailAddress: cfg.Desk.Address, Now: now, Logger: log, LinkLifetime: time.Duration(cfg.Portal.LinkLife),
		MaxFile: int64(cfg.Portal.MaxUpload), SiteQuota: int64(cfg.Portal.SiteQuota), Location: cfg.Location(), RequestLink: requestLink, TrustedProxies: proxies,
		JournalKept: cfg.Retention.AccessJournal.Length(), AccountsKept: cfg.Retention.AccessData.Length(),
		Downloads: downloads,
		IT:        cfg.Directory().IT, Registry: registry, StatusInWords: templates.StatusInWords,
	})
}

func newSender(cfg *config.Config) (*mailer.Sender, error) {
	c, err := senderConfig(cfg)
	if err != nil {
		return nil, err
	}
	return mailer.NewSender(c)
}

func senderConfig(cfg *config.Config) (c mailer.Config, err error) {
	host, portText, err := net.SplitHostPort(cfg.SMTP.Address)
	if err != nil {
		return c, fmt.Errorf("smtp.address: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return c, fmt.Errorf("smtp.address: %w", err)
	}
	password, err := cfg.SMTP.Password()
	if err != nil {
		return c, fmt.Errorf("smtp: %w", err)
	}
	tls, err := cfg.SMTP.TLSConfig()
	if err != nil {
		return c, fmt.Errorf("smtp: %w", err)
	}
	return mailer.Config{
		Host: host, Port: port, Security: mailer.Security(cfg.SMTP.Security), TLS: tls,
		Username: cfg.SMTP.Username, Password: password,
	}, nil
}

func newFollower(cfg *config.Config, log *slog.Logger, now func() time.Time, registry mailbox.Registry) (*mailbox.Follower, error) {
	password, err := cfg.IMAP.Password()
	if err != nil {
		return nil, fmt.Errorf("imap: %w", err)
	}
	tls, err := cfg.IMAP.TLSConfig()
	if err != nil {
		return nil, fmt.Errorf("imap: %w", err)
	}
	security := mailbox.Security(cfg.IMAP.Security)
	if cfg.IMAP.Security == "none" {
		security = mailbox.PlainText
	}
	return mailbox.NewFollower(mailbox.Config{
		Addr: cfg.IMAP.Address, Security: security, TLS: tls, User: cfg.IMAP.Username, Password: password,
		Folder: cfg.IMAP.Folder, Folders: cfg.IMAP.Folders.ByFate(), MaxSize: int64(cfg.IMAP.MaxSize),
		Poll: time.Duration(cfg.IMAP.Poll), Now: now, Log: log,
	}, registry), nil
}

// post is the SMTP server as the desk sees it, at its allowed pace.
type post struct {
	sender *mailer.Sender
	pace   *pace
}

func (p post) Send(ctx context.Context, from, to string, raw []byte) error {
	if wait := p.pace.take(); wait > 0 {
		return intake.LaterError{After: wait}
	}
	return refusable(p.sender.Send(ctx, from, to, bytes.Clone(raw)))
}

// refusable lets the desk ask a failure of the sender whether it is final.
func refusable(err error) error {
	var failure *mailer.SendError
	if errors.As(err, &failure) {
		return sendFailure{failure}
	}
	return err
}

type sendFailure struct{ *mailer.SendError }

func (f sendFailure) Refused() bool { return f.Permanent }
func (f sendFailure) Unwrap() error { return f.SendError }
