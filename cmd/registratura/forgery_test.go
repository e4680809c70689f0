package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/cmd/registratura/play"
	"registratura/forms"
	"registratura/intake"
	"registratura/intake/mailbox"
	"registratura/intake/mailbox/mailhost"
)

// forgery is an answer in the mayor's name that an attacker who knows the
// question, token and all, got into the desk's mailbox.
type forgery struct {
	name   string
	fields []string // on top of the mail, as servers and forgers put them
	from   []string // From fields; nil: the mayor's
	text   string
}

// forgedAnswers are a sample of what trust and intake are tested with one by one.
// ours is our own server's authserv-id.
func forgedAnswers(ours string) []forgery {
	const mayor = "<" + play.Mayor + ">"
	stamp := func(id, results string) string { return "Authentication-Results: " + id + "; " + results }
	loggedIn := "auth=pass smtp.auth=" + play.Mayor
	return []forgery{
		{"no stamp at all", nil, nil, "Aprob."},
		{"a forged stamp below ours", []string{stamp(ours, "auth=none"), stamp(ours, loggedIn)}, nil, "Aprob."},
		{"the stamp of another server", []string{stamp("mail.rau.test", loggedIn)}, nil, "Aprob."},
		{"a server whose name begins like ours", []string{stamp(ours+".rau.test", loggedIn)}, nil, "Aprob."},
		{"a result in a quoted string", []string{stamp(ours, `spf=fail smtp.mailfrom="x; `+loggedIn+` "@rau.test`)}, nil, "Aprob."},
		{"a result in a comment", []string{stamp(ours, "spf=fail (x; "+loggedIn+") smtp.mailfrom=rau.test")}, nil, "Aprob."},
		{"the stamp of another account", []string{stamp(ours, "auth=pass smtp.auth="+play.Secretary)}, nil, "Aprob."},
		{"DMARC that failed", []string{stamp(ours, "dmarc=fail header.from=primaria.test")}, nil, "Aprob."},
		{"two From fields, the mayor's first", []string{stamp(ours, loggedIn)}, []string{mayor, "<atacator@rau.test>"}, "Aprob."},
		{"two From fields, the mayor's last", []string{stamp(ours, loggedIn)}, []string{"<atacator@rau.test>", mayor}, "Aprob."},
		{"two addresses in From", []string{stamp(ours, loggedIn)}, []string{mayor + ", <atacator@rau.test>"}, "Aprob."},
		{"the mayor as a display name", []string{stamp(ours, "auth=pass smtp.auth=atacator@rau.test")}, []string{`"` + play.Mayor + `" <atacator@rau.test>`}, "Aprob."},
		{"a domain that looks the same", []string{stamp(ours, "dmarc=pass header.from=prirnaria.test")}, []string{"<primar@prirnaria.test>"}, "Aprob."},
		{"a domain with a Cyrillic letter", []string{stamp(ours, "dmarc=pass header.from=xn--primria-4ng.test")}, []string{"<primar@prim\u0430ria.test>"}, "Aprob."},
		{"an absence note of the mayor's own", []string{stamp(ours, loggedIn), "Auto-Submitted: auto-replied"}, nil, "Aprob."},
		{"a delegation", []string{stamp("mail.rau.test", loggedIn)}, nil, "Deleg viceprimarului până vineri."},
	}
}

func (f forgery) mail(asked *intake.Message, n int) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	for _, field := range f.fields {
		line("%s", field)
	}
	if f.from == nil {
		f.from = []string{"<" + play.Mayor + ">"}
	}
	for _, from := range f.from {
		line("From: %s", from)
	}
	line("To: <%s>", asked.ReplyTo[0].Address)
	line("Subject: Re: %s", asked.Subject)
	line("Date: %s", time.Now().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	line("Message-ID: <fals-%d@rau.test>", n)
	line("In-Reply-To: <%s>", asked.MessageID)
	line("References: <%s>", asked.MessageID)
	line("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s", f.text)
	return b.Bytes()
}

func TestForgedAnswersChangeNothingAndTheHonestOneIsTaken(t *testing.T) {
	onHosts(t, func(t *testing.T, host *mailhost.Host) {
		p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
		p.start()
		ctx := testContext(t, 2*time.Minute)
		town := town(t, host, p)

		first := askMayor(ctx, t, town, "Spitalul Județean")
		forged := forgedAnswers(host.AuthservID)
		var raws [][]byte
		for n, f := range forged {
			raws = append(raws, f.mail(first, n))
		}
		inject(ctx, t, town, raws...)
		if got := p.status(1); got != "awaiting_approval" {
			t.Fatalf("after the forgeries the request is %s", got)
		}
		fates := map[string]int{}
		for _, folder := range []string{"Decizii", "Cu răspuns", "Automate", "De văzut"} {
			mails, err := host.Mails(ctx, play.Desk, folder)
			if err != nil {
				t.Fatal(err)
			}
			fates[folder] = len(mails)
		}
		if d := cmp.Diff(map[string]int{"Decizii": 0, "Cu răspuns": len(forged) - 1, "Automate": 1, "De văzut": 0}, fates); d != "" {
			t.Errorf("fates of the forgeries (-want +got):\n%s", d)
		}
		story := p.output("requests", "--config", p.config, "show", "1")
		for _, want := range []string{"refused", "confirmation_asked"} {
			if !strings.Contains(story, " "+want+" ") {
				t.Errorf("requests show does not tell of %q:\n%s", want, story)
			}
		}
		mails, err := host.Mails(ctx, play.IT, "INBOX")
		if err != nil {
			t.Fatal(err)
		}
		var about []string
		for _, m := range mails {
			about = append(about, mailbox.Parse(m.Raw, mailbox.Limits{}).Subject)
		}
		// One for each kind: another sender, and unproven (the delegation). Where only
		// the sender is unproven, the mayor is asked to confirm.
		if len(about) != 2 {
			t.Errorf("IT got %d mails about %d forgeries, want 2, one for each kind: %q", len(about), len(forged), about)
		}

		// The mayor's honest answer, to the first question of all.
		if err := town.Reply(ctx, play.Mayor, first, "Aprob.\n\nConstantin Popa"); err != nil {
			t.Fatal(err)
		}
		awaitStatus(ctx, t, p, 1, "active")

		// The very mail that approved comes again: as it is, without the stamp that
		// our server would take off, and as an answer to another question.
		honest := approvalOf(ctx, t, host)
		second := askMayor(ctx, t, town, "Școala Gimnazială Nr. 11")
		unstamped := honest[bytes.Index(honest, []byte("From:")):]
		inject(ctx, t, town, append([]byte("Received: from rau.test\r\n"), honest...), append([]byte("Received: from rau.test\r\n"), unstamped...),
			bytes.ReplaceAll(unstamped, []byte("In-Reply-To: <"+first.MessageID), []byte("In-Reply-To: <"+second.MessageID)),
			forgery{text: "Resping."}.mail(first, 99), forgery{text: "Aprob."}.mail(second, 100))
		if one, two := p.status(1), p.status(2); one != "active" || two != "awaiting_approval" {
			t.Errorf("after the replays the requests are %s and %s", one, two)
		}
		if err := town.Reply(ctx, play.Mayor, second, "Aprob."); err != nil {
			t.Fatal(err)
		}
		awaitStatus(ctx, t, p, 2, "active")
		p.stop()
	})
}

// askMayor has a head of department send a form, and returns the question.
func askMayor(ctx context.Context, t *testing.T, town *play.Town, partner string) *intake.Message {
	t.Helper()
	s := play.Request(forms.DateOf(time.Now()))
	s.Partner = partner
	file, err := play.Form(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := town.Write(ctx, play.Economist, "Cerere", "Atașez cererea.", file); err != nil {
		t.Fatal(err)
	}
	m, err := town.Await(ctx, play.Mayor, "the question", func(m *intake.Message) bool {
		return strings.Contains(strings.Join(strings.Fields(m.Text), " "), partner) && len(m.Attachments) == 1
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// inject puts mails into the desk's mailbox and waits until they have their fates.
func inject(ctx context.Context, t *testing.T, town *play.Town, raws ...[]byte) {
	t.Helper()
	if err := town.Host.InjectInto(ctx, play.Desk, "INBOX", raws...); err != nil {
		t.Fatal(err)
	}
	if err := town.Filed(ctx); err != nil {
		t.Fatal(err)
	}
}

// approvalOf is the mail that decided, as the desk filed it away.
func approvalOf(ctx context.Context, t *testing.T, host *mailhost.Host) []byte {
	t.Helper()
	m, err := host.Await(ctx, play.Desk, "Decizii", func(raw []byte) bool {
		sender, ok := mailbox.Parse(raw, mailbox.Limits{}).Sender()
		return ok && sender.Address == play.Mayor
	})
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// status is what IT sees of a request.
func (p *program) status(serial int) string {
	p.t.Helper()
	for line := range strings.Lines(p.output("requests", "--config", p.config, "list", "--json")) {
		var r struct{ Number, Status string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			p.t.Fatal(err)
		}
		if strings.HasPrefix(r.Number, fmt.Sprintf("%d/", serial)) {
			return r.Status
		}
	}
	return ""
}

func awaitStatus(ctx context.Context, t *testing.T, p *program, serial int, want string) {
	t.Helper()
	for p.status(serial) != want {
		select {
		case <-ctx.Done():
			t.Fatalf("request %d is %s, want %s", serial, p.status(serial), want)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
