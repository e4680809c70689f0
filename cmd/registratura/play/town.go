// Package play plays the people of a small town: the heads of department, the
// mayor, the users. They know nothing of the daemon but its address, and do
// what people do: write mails, answer them, open links, put files on a site.
// The demo shows them at it; the tests run the same road on other servers.
package play

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/mailbox"
	"registratura/intake/mailbox/mailhost"
)

// The people of the town. Their passwords are all the same: [Password].
const (
	Desk      = "registratura@primaria.test"
	Mayor     = "primar@primaria.test"
	ViceMayor = "viceprimar@primaria.test"
	IT        = "it@primaria.test"
	Economist = "ion.popescu@primaria.test"      // head of Direcția Economică
	Engineer  = "gabriela.dumitru@primaria.test" // head of Direcția Tehnică
	Secretary = "secretara.primar@primaria.test" // reads the mayor's mail, decides nothing
	Carmen    = "carmen.vlad@primaria.test"      // internal user, all rights
	Dan       = "dan.oprea@primaria.test"        // internal user, reads only
	Marin     = "marin.ionescu@spital.test"      // partner user, reads only
	Elena     = "elena.dobre@spital.test"        // partner user, reads and writes
	Lost      = "elena.dobra@spital.test"        // Elena's, mistyped: no mailbox
	Password  = "parola-demonstrației"           // of every mailbox
	// SitePassword is what users choose when they open their link.
	SitePassword = "un cal verde pe perete"
)

// Accounts are the mailboxes of the town.
func Accounts() []mailhost.Account {
	var accounts []mailhost.Account
	for _, address := range []string{Desk, Mayor, ViceMayor, IT, Economist, Engineer, Secretary, Carmen, Dan, Marin, Elena} {
		accounts = append(accounts, mailhost.Account{Address: address, Password: Password})
	}
	return accounts
}

// Setup is what the daemon's configuration must say to run in the town.
type Setup struct {
	IMAP, SMTP string // host:port, plain text on loopback
	AuthservID string // empty: the server stamps nothing
	DataDir    string
	Listen     string // host:port of the portal
	Monitor    string // host:port, or empty
	Extra      string // more lines of TOML
}

// Config is the daemon's configuration for the town, as TOML.
func Config(s Setup) string {
	accept := `["auth"]`
	if s.AuthservID == "" {
		accept = `[]`
	}
	return fmt.Sprintf(`# The configuration of the demonstration town.

[institution]
name = "Primăria Municipiului Test"
domains = ["primaria.test"]
it = ["Serviciul TIC <%[1]s>"]

[desk]
name = "Registratura site-uri de colaborare"
address = %[2]q
plus_addressing = true
answers_per_day = 100
data_dir = %[3]q

[imap]
address = %[4]q
security = "none"
username = %[2]q
password = %[5]q
poll = "10s"

[smtp]
address = %[6]q
security = "none"
username = %[2]q
password = %[5]q

[trust]
authserv_id = %[7]q
accept = %[8]s
check_dkim = false

[portal]
listen = %[9]q
base_url = %[10]q

[monitor]
listen = %[11]q

[log]
level = "info"

[[approver]]
title = "Primar"
name = "Constantin Popa"
address = %[12]q
salutation = "Stimate domnule primar"

[[approver]]
title = "Viceprimar"
name = "Elena Marin"
address = %[13]q
salutation = "Stimată doamnă viceprimar"

[[department]]
name = "Direcția Economică"
head = "Ion Popescu"
address = %[14]q
aliases = ["DE"]

[[department]]
name = "Direcția Tehnică"
head = "Gabriela Dumitru"
address = %[15]q
aliases = ["DT"]
%[16]s`, IT, Desk, s.DataDir, s.IMAP, Password, s.SMTP, s.AuthservID, accept, s.Listen, "http://"+s.Listen, s.Monitor,
		Mayor, ViceMayor, Economist, Engineer, s.Extra)
}

// Town is the people at their mail programs and browsers.
type Town struct {
	Host      *mailhost.Host
	PortalURL string
	Now       func() time.Time
	Tell      func(format string, args ...any) // what happens, step by step

	seen     map[string]map[uint32]bool // by account: mails that were read
	returned *intake.Message            // the form that came back
}

// Await waits for a mail to the account that match accepts and nobody has read yet.
func (t *Town) Await(ctx context.Context, account, what string, match func(*intake.Message) bool) (*intake.Message, error) {
	if t.seen == nil {
		t.seen = map[string]map[uint32]bool{}
	}
	if t.seen[account] == nil {
		t.seen[account] = map[uint32]bool{}
	}
	for {
		mails, err := t.Host.Mails(ctx, account, "INBOX")
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		for _, m := range mails {
			if t.seen[account][m.UID] {
				continue
			}
			message := mailbox.Parse(m.Raw, mailbox.Limits{})
			if match(message) {
				t.seen[account][m.UID] = true
				return message, nil
			}
		}
		if err := t.pause(ctx); err != nil {
			return nil, fmt.Errorf("waiting for %s to %s: %w", what, account, err)
		}
	}
}

// pause waits a moment before a mailbox is looked at again.
func (t *Town) pause(ctx context.Context) error {
	timer := time.NewTimer(50 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// subjectHas matches mails of the desk by words in their subject.
func subjectHas(words ...string) func(*intake.Message) bool {
	return func(m *intake.Message) bool {
		for _, w := range words {
			if !strings.Contains(m.Subject, w) {
				return false
			}
		}
		sender, ok := m.Sender()
		return ok && sender.Address == Desk
	}
}

// Request is what a head of department asks for. The day is that of the
// activation.
func Request(day forms.Date) forms.Submission {
	return forms.Submission{
		Requester: "Ion Popescu", Department: "Dir. Economica", Partner: "Spitalul Județean de Urgență",
		InfoTypes:      "Situații financiare lunare, rapoarte de execuție bugetară",
		ActivationDate: day, LegalBasis: "Protocol de colaborare nr. 1204/03.02.2026",
		PartnerUsers: []forms.User{
			{Name: "Marin Ionescu", Email: Marin},
			{Name: "Elena Dobre", Email: Elena, Rights: forms.RightRead | forms.RightWrite},
		},
		InternalUsers: []forms.User{
			{Name: "Carmen Vlad", Email: Carmen, Rights: forms.RightRead | forms.RightWrite | forms.RightDelete},
			{Name: "Dan Oprea", Email: Dan, Rights: forms.RightRead},
		},
	}
}

// browser is a user's browser, with cookies of its own.
func browser() (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &http.Client{Jar: jar, Timeout: 30 * time.Second}, nil
}
