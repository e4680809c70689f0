package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/cmd/registratura/play"
	"registratura/forms"
	"registratura/intake"
	"registratura/intake/mailbox"
	"registratura/intake/mailbox/mailhost"
)

type demoCmd struct {
	Once bool   `help:"Play the whole procedure, check that all of it held, and end."`
	Dir  string `placeholder:"DIR" help:"Where to keep everything; without it, a folder that is thrown away at the end."`
}

// demoPatience bounds the whole road; it takes seconds.
const demoPatience = 3 * time.Minute

func (c *demoCmd) Run(ctx context.Context, std streams) error {
	dir := c.Dir
	if dir == "" {
		temp, err := os.MkdirTemp("", "registratura-demo-")
		if err != nil {
			return fmt.Errorf("making a folder for the demo: %w", err)
		}
		defer os.RemoveAll(temp)
		dir = temp
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("finding the folder for the demo: %w", err)
	}
	d, err := startDemo(ctx, dir, std.out)
	if err != nil {
		return err
	}
	defer d.stop()
	d.introduce()
	road, cancel := context.WithTimeout(ctx, demoPatience)
	err = d.town.Road(road)
	cancel()
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // somebody pressed Ctrl-C
	case err != nil:
		return fmt.Errorf("the demo did not go as it should: %w", err)
	}
	d.tell("\nToată procedura a mers, de la primul mesaj la ultimul.")
	if c.Once {
		return nil
	}
	return d.letPlay(ctx, std.in)
}

// demo is a whole city hall on this machine.
type demo struct {
	mu     sync.Mutex // for out
	out    io.Writer
	host   *mailhost.Host
	daemon *daemon
	town   *play.Town
	stop   func()

	// outcomes are the events that end the newcomer's turn.
	outcomes chan intake.EventKind
}

func (d *demo) tell(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.out, format+"\n", args...)
}

// startDemo starts the mail host, the daemon and the portal. dir may hold an
// earlier demo, which then goes on.
func startDemo(ctx context.Context, dir string, out io.Writer) (_ *demo, err error) {
	d := &demo{out: out, outcomes: make(chan intake.EventKind, 1)}
	d.host, err = mailhost.Embedded(mailhost.Config{
		Hostname: "mail.primaria.test", Accounts: play.Accounts(),
		OnDelivered: func(to, from, subject string) { d.tell("      ✉ %s → %s: %s", from, to, subject) },
	})
	if err != nil {
		return nil, fmt.Errorf("starting the mail servers: %w", err)
	}
	portal, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a port for the portal: %w", err)
	}
	cfg, err := demoConfig(dir, play.Setup{
		IMAP: d.host.IMAPAddr, SMTP: d.host.SMTPAddr, AuthservID: d.host.AuthservID,
		DataDir: filepath.Join(dir, "data"), Listen: portal.Addr().String(),
	})
	if err != nil {
		return nil, err
	}
	logFile, err := os.OpenFile(filepath.Join(dir, "registratura.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	if d.daemon, err = assemble(ctx, cfg, slog.New(cfg.Log.Handler(logFile)), time.Now); err != nil {
		return nil, err
	}
	d.daemon.desk.Watch = func(e intake.Event) {
		if e.Kind != intake.EventNoticeSent {
			d.tell("      ● %s (%s): %s", e.Kind, e.Actor, e.Detail)
		}
		switch e.Kind {
		case intake.EventActive, intake.EventRejected, intake.EventAskedAgain, intake.EventOffered, intake.EventStuck:
			select {
			case d.outcomes <- e.Kind:
			default: // nobody plays yet
			}
		}
	}
	d.town = &play.Town{Host: d.host, PortalURL: cfg.Portal.BaseURL, Now: time.Now, Tell: d.tell}

	running, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := d.daemon.run(running, portal); err != nil {
			d.tell("Demonul s-a oprit: %v", err)
		}
	}()
	d.stop = func() {
		cancel()
		<-ended
		d.daemon.close()
		logFile.Close()
		d.host.Close()
	}
	return d, nil
}

// demoConfig writes the configuration where newcomers can look at it, and
// loads it as the daemon would.
func demoConfig(dir string, s play.Setup) (*config.Config, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for the demo: %w", err)
	}
	file := filepath.Join(dir, "registratura.toml")
	if err := os.WriteFile(file, []byte(play.Config(s)), 0o600); err != nil {
		return nil, fmt.Errorf("writing the demo's configuration: %w", err)
	}
	return config.Load(file)
}

func (d *demo) introduce() {
	d.tell(`Registratura: demonstrație. Totul rulează pe acest calculator.

  IMAP     %s   (fără criptare)
  SMTP     %s   (fără criptare, cu autentificare)
  Extranet %s
  Parola tuturor căsuțelor: %s
  Căsuțe: %s

Procedura, jucată de toți cei implicați (✉ mesaje, ● ce face registratura):
`, d.host.IMAPAddr, d.host.SMTPAddr, d.daemon.cfg.Portal.BaseURL, play.Password, strings.Join(addresses(d.host.Accounts), ", "))
}

func addresses(accounts []mailhost.Account) []string {
	var list []string
	for _, a := range accounts {
		list = append(list, a.Address)
	}
	return list
}

// letPlay leaves a request with the mayor and lets the newcomer answer, in a
// mail program or right here, until Ctrl-C.
func (d *demo) letPlay(ctx context.Context, in io.Reader) error {
	d.tell(`
Acum e rândul dumneavoastră.
  Extranetul: deschideți %s în browser și intrați cu %s, parola „%s”.
  E-mail: legați un program de e-mail la oricare dintre căsuțele de mai sus.`, d.daemon.cfg.Portal.BaseURL, play.Carmen, play.SitePassword)
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	n := 1
	asked, err := d.newRequest(ctx, n)
	for err == nil {
		d.tell("\nPrimarul a primit: %s\nRăspundeți ca primar: scrieți aici răspunsul și apăsați Enter (de exemplu: Aprob), sau răspundeți din programul de e-mail ca %s. Ctrl-C încheie.", asked.Subject, play.Mayor)
		select {
		case <-d.outcomes: // of the road, or of the last answer
		default:
		}
		var outcome intake.EventKind
		for outcome == "" && err == nil {
			select {
			case <-ctx.Done():
				return nil
			case line, ok := <-lines:
				if !ok { // nobody at the keyboard: stay up for the mail programs
					lines = nil
					continue
				}
				err = d.town.Reply(ctx, play.Mayor, asked, line)
			case outcome = <-d.outcomes: // typed here, or sent by a mail program
			}
		}
		switch {
		case err != nil:
		case outcome == intake.EventAskedAgain, outcome == intake.EventOffered:
			asked, err = d.askedAgain(ctx, asked)
		default:
			n++
			asked, err = d.newRequest(ctx, n)
		}
	}
	return ignoreStop(ctx, err)
}

// askedAgain is the question that the mayor gets after an unclear answer, or
// the offer after one with a condition.
func (d *demo) askedAgain(ctx context.Context, before *intake.Message) (*intake.Message, error) {
	number, _ := intake.FindNumber(before.Subject)
	mail, err := d.host.Await(ctx, play.Mayor, "INBOX", func(raw []byte) bool {
		m := mailbox.Parse(raw, mailbox.Limits{})
		n, ok := intake.FindNumber(m.Subject)
		return ok && n == number && m.Date.After(before.Date)
	})
	return mailbox.Parse(mail.Raw, mailbox.Limits{}), err
}

func ignoreStop(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// newRequest has the head of a department ask for another site, and returns
// the question to the mayor.
func (d *demo) newRequest(ctx context.Context, n int) (*intake.Message, error) {
	s := play.Request(forms.DateOf(time.Now()))
	s.Partner = fmt.Sprintf("Grădinița Nr. %d din oraș", n)
	file, err := play.Form(s)
	if err != nil {
		return nil, err
	}
	if err := d.town.Write(ctx, play.Economist, "Cerere site nou", "Bună ziua,\n\nAtașez cererea.", file); err != nil {
		return nil, err
	}
	mail, err := d.host.Await(ctx, play.Mayor, "INBOX", func(raw []byte) bool {
		text := mailbox.Parse(raw, mailbox.Limits{}).Text
		return strings.Contains(strings.Join(strings.Fields(text), " "), s.Partner)
	})
	return mailbox.Parse(mail.Raw, mailbox.Limits{}), err
}
