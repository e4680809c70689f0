package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"registratura/cmd/registratura/config"
	"registratura/intake/trust"
	"registratura/mailer"
)

// mailCheck sends mails from the desk to itself through the real servers, and
// looks at what the servers make of them. The mails call themselves automatic,
// so that a running daemon ignores them.
type mailCheck struct {
	cfg         *config.Config
	out         io.Writer
	judge       judge
	wait        time.Duration // for each step
	waitOutside time.Duration // zero: no mail from outside is asked for
	every       time.Duration // between two looks into the mailbox
	now         func() time.Time
	mark        func() string // a new word that is nowhere else: lower case letters and digits

	box    *testMailbox
	sender *mailer.Sender
	sent   []string // marks of our own mails that the server took
}

func (c *checkCmd) runMail(ctx context.Context, cfg *config.Config, std streams) error {
	if c.WriteTrust != "" && sameFile(c.WriteTrust, c.Config) {
		return errors.New("--write-trust: this is the configuration, which is never changed; name another file")
	}
	m := &mailCheck{
		cfg: cfg, out: std.out, wait: c.Wait, waitOutside: c.WaitOutside, every: 2 * time.Second, now: time.Now, mark: randomMark,
		judge: judge{configured: cfg.Trust, resolver: cfg.Trust.DNS(), now: time.Now()},
	}
	p, err := m.run(ctx)
	if err != nil {
		return err
	}
	section := p.section(cfg.Trust, fmt.Sprintf("As seen by registratura check --mail on %s, with %s.", m.now().Format(time.DateOnly), cfg.SMTP.Address))
	m.say("\nThe section that fits:\n\n%s", section)
	if c.WriteTrust != "" {
		if err := os.WriteFile(c.WriteTrust, []byte(section), 0o644); err != nil {
			return fmt.Errorf("writing the proposed section: %w", err)
		}
		m.say("It is written to %s; put it into the configuration in place of [trust].", c.WriteTrust)
	}
	return m.conclude(p)
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// randomMark is unguessable, so that nobody's mail is taken for one of ours.
func randomMark() string { return "proba" + strings.ToLower(rand.Text()[:16]) }

func (m *mailCheck) say(format string, args ...any) { fmt.Fprintf(m.out, format+"\n", args...) }

// conclude tells what it means. Everything but evidence without danger is a failure.
func (m *mailCheck) conclude(p proposal) error {
	for _, danger := range p.dangers {
		m.say("\nDANGER: %s", danger)
	}
	if !p.evidence {
		m.say("\nNothing seen proves who sent a mail. As long as that is so, the desk asks for every decision once more: it writes to the " +
			"approver's address in the configuration, and only the answer to that mail counts (the confirmation round).")
	}
	if !p.evidence || len(p.dangers) > 0 {
		return errTold
	}
	m.say("\nIn order. Whoever's mail proves nothing is asked once more at the address in the configuration (the confirmation round).")
	return nil
}

// run has no error where the servers can be judged, whatever the judgement is.
func (m *mailCheck) run(ctx context.Context) (p proposal, err error) {
	if m.box, err = openTestMailbox(ctx, m.cfg); err != nil {
		return p, err
	}
	defer m.box.close()
	m.say("IMAP  %s reached: %s", m.cfg.IMAP.Address, tlsInWords(m.box.secured))
	for _, c := range []struct {
		cap     imap.Cap
		without string
	}{
		{imap.CapIdle, "new mail is seen only every imap.poll"},
		{imap.CapMove, "mails are filed away by copying and deleting"},
		{imap.CapUIDPlus, "single mails cannot be removed for good"},
	} {
		if m.box.caps.Has(c.cap) || m.box.caps.Has(imap.CapIMAP4rev2) {
			m.say("      %s", c.cap)
		} else {
			m.say("      no %s: %s", c.cap, c.without)
		}
	}

	smtp, err := senderConfig(m.cfg)
	if err != nil {
		return p, err
	}
	var secured *tls.ConnectionState
	if smtp.TLS != nil {
		smtp.TLS.VerifyConnection = func(state tls.ConnectionState) error {
			secured = &state
			return nil
		}
	}
	if m.sender, err = mailer.NewSender(smtp); err != nil {
		return p, err
	}
	defer m.sender.Close()
	defer m.tidy(ctx)

	plain := m.mark()
	if err := m.send(ctx, plain, m.cfg.Desk.Address, m.cfg.Desk.Address, ""); err != nil {
		return p, fmt.Errorf("sending a test mail to the desk itself: %w", err)
	}
	m.say("SMTP  %s reached: %s", m.cfg.SMTP.Address, tlsInWords(secured))
	var s sightings
	if s.inside, err = m.lookAtInside(ctx, plain); err != nil {
		return p, err
	}
	plusFault, err := m.tryPlus(ctx)
	if err != nil {
		return p, err
	}
	if m.waitOutside > 0 {
		if s.outside, err = m.askForOutside(ctx); err != nil {
			return p, err
		}
	}
	if err := m.tryForgeries(ctx, &s); err != nil {
		return p, err
	}
	p = m.judge.propose(ctx, s)
	if plusFault != "" {
		p.dangers = append(p.dangers, plusFault)
	}
	return p, nil
}

// send hands over a mail that ends in the mailbox. extra is more header lines.
func (m *mailCheck) send(ctx context.Context, mark, from, to, extra string) error {
	_, domain, _ := strings.Cut(m.cfg.Desk.Address, "@")
	raw := extra + "From: <" + from + ">\r\nTo: <" + to + ">\r\nSubject: Registratura: test mail " + mark + "\r\n" +
		"Date: " + m.now().Format("Mon, 02 Jan 2006 15:04:05 -0700") + "\r\nMessage-ID: <" + mark + "@" + domain + ">\r\n" +
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" +
		"Sent by \"registratura check --mail\", which removes it again. It can be deleted.\r\n"
	err := m.sender.Send(ctx, m.cfg.Desk.Address, to, []byte(raw))
	if refusal(err) == "" { // also where nobody knows whether it was taken
		m.sent = append(m.sent, mark)
	}
	return err
}

// await waits until mails with all the marks have arrived, or the time is over.
func (m *mailCheck) await(ctx context.Context, limit time.Duration, marks ...string) (map[string]arrived, error) {
	found := map[string]arrived{}
	over := time.NewTimer(limit)
	defer over.Stop()
	look := time.NewTicker(m.every)
	defer look.Stop()
	for {
		mails, err := m.box.find(ctx, marks)
		if ctx.Err() != nil { // which closed the connection
			err = fmt.Errorf("waiting for the test mails: %w", ctx.Err())
		}
		if err != nil {
			return nil, err
		}
		for _, mail := range mails {
			if _, ok := found[mail.mark]; !ok {
				found[mail.mark] = mail
			}
		}
		if len(found) == len(marks) {
			return found, nil
		}
		select {
		case <-ctx.Done():
		case <-over.C:
			return found, nil
		case <-look.C:
		}
	}
}

func (m *mailCheck) lookAtInside(ctx context.Context, mark string) ([]byte, error) {
	found, err := m.await(ctx, m.wait, mark)
	if err != nil {
		return nil, err
	}
	mail, ok := found[mark]
	if !ok {
		return nil, fmt.Errorf("the server took a mail to %s, but none arrived within %v in %s: is this the mailbox of that address? If the server is slow, set --wait",
			m.cfg.Desk.Address, m.wait, strings.Join(m.box.folders, ", "))
	}
	m.say("\nMail from inside (sent by the desk's own account) arrived in %s:", mail.folder)
	m.sayStamps(mail.raw)
	return mail.raw, nil
}

// sayStamps shows every Authentication-Results field of a mail.
func (m *mailCheck) sayStamps(raw []byte) {
	stamps, err := trust.Stamps(raw)
	if err != nil {
		m.say("      its header cannot be read: %v", err)
	}
	if err == nil && len(stamps) == 0 {
		m.say("      no Authentication-Results")
	}
	for i, stamp := range stamps {
		place := "topmost"
		if i > 0 {
			place = "further down, never believed"
		}
		if stamp.Err != nil {
			m.say("      Authentication-Results that cannot be used: %v (%s)", stamp.Err, place)
			continue
		}
		m.say("      Authentication-Results by %q (%s; %d Received above it)", stamp.AuthservID, place, stamp.ReceivedAbove)
		for _, result := range stamp.Results {
			m.say("          %s", result)
		}
	}
}

// tryPlus finds out whether desk+anything@ arrives. What it returns is wrong
// with the configuration.
func (m *mailCheck) tryPlus(ctx context.Context) (fault string, err error) {
	local, domain, _ := strings.Cut(m.cfg.Desk.Address, "@")
	mark := m.mark()
	why := ""
	switch err := m.send(ctx, mark, m.cfg.Desk.Address, local+"+"+mark+"@"+domain, ""); {
	case refusal(err) != "":
		why = "refused: " + refusal(err)
	case err != nil:
		return "", fmt.Errorf("sending a test mail to a plus-address: %w", err)
	default:
		found, err := m.await(ctx, m.wait, mark)
		if err != nil {
			return "", err
		}
		if _, ok := found[mark]; !ok {
			why = fmt.Sprintf("taken, but not there after %v", m.wait)
		}
	}
	configured := m.cfg.Desk.PlusAddressing
	switch {
	case why == "" && configured:
		m.say("\nPlus-addressing works (desk.plus_addressing = true).")
	case why == "":
		m.say("\nPlus-addressing works: desk.plus_addressing = true would recognise answers also when a mail program drops the thread.")
	case configured:
		m.say("\nPlus-addressing does NOT work: %s", why)
		return fmt.Sprintf("Mail to %s+...@%s does not arrive (%s), but desk.plus_addressing is true: answers to the desk would be lost. Set it to false.", local, domain, why), nil
	default:
		m.say("\nPlus-addressing does not work (%s); desk.plus_addressing is false, as it must be.", why)
	}
	return "", nil
}

// refusal is what the server said when it refused a mail for good.
func refusal(err error) string {
	var failed *mailer.SendError
	if !errors.As(err, &failed) || !failed.Permanent || failed.Code == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", failed.Code, failed.Reply))
}

func (m *mailCheck) askForOutside(ctx context.Context) ([]byte, error) {
	mark := m.mark()
	m.say("\nNow send a mail from an OUTSIDE account (a private mailbox) to %s, within %v, with this word in the subject:\n\n      %s\n",
		m.cfg.Desk.Address, m.waitOutside, mark)
	found, err := m.await(ctx, m.waitOutside, mark)
	if err != nil {
		return nil, err
	}
	mail, ok := found[mark]
	if !ok {
		m.say("No such mail arrived.")
		return nil, nil
	}
	m.say("Mail from outside arrived in %s; it stays there:", mail.folder)
	m.sayStamps(mail.raw)
	return mail.raw, nil
}

// tryForgeries sends what an attacker with an account would send.
func (m *mailCheck) tryForgeries(ctx context.Context, s *sightings) error {
	ids := m.namesToForge(s)
	s.forged.mark, s.foreign.mark = m.mark(), m.mark()
	_, domain, _ := strings.Cut(m.cfg.Desk.Address, "@")
	var marks []string
	for _, t := range []struct {
		*trial
		from, extra string
	}{
		{&s.forged, m.cfg.Desk.Address, forgedFields(ids, s.forged.mark)},
		{&s.foreign, s.foreign.mark + "@" + domain, ""},
	} {
		err := m.send(ctx, t.mark, t.from, m.cfg.Desk.Address, t.extra)
		if t.refused = refusal(err); t.refused != "" {
			continue
		}
		if err != nil {
			return fmt.Errorf("sending a test mail with a forged header: %w", err)
		}
		marks = append(marks, t.mark)
	}
	found, err := m.await(ctx, m.wait, marks...)
	if err != nil {
		return err
	}
	s.forged.raw, s.foreign.raw = found[s.forged.mark].raw, found[s.foreign.mark].raw

	m.say("\nAuthentication-Results written by the sender, under the name %s: %s", strings.Join(ids, ", "),
		s.forged.fate(m.wait, func() string {
			survivors := s.forged.survivors()
			if len(survivors) == 0 {
				return "removed, as they must be"
			}
			var words []string
			for _, id := range ids {
				if ways := survivors[id]; len(ways) > 0 {
					words = append(words, fmt.Sprintf("NOT REMOVED under %s (%s)", id, strings.Join(ways, "; ")))
				}
			}
			return strings.Join(words, ", ")
		}))
	m.say("Another address of %s in From: %s", domain, s.foreign.fate(m.wait, func() string {
		id, _ := topmost(s.foreign.raw)
		proven := m.judge.provenBy(ctx, id, s.foreign.raw)
		if origin, _ := m.judge.ownCheck(ctx, s.foreign.raw); origin.Authentic {
			proven = append(proven, "a DKIM signature")
		}
		if len(proven) == 0 {
			return "taken, and nothing vouched for it"
		}
		return "taken, and VOUCHED FOR by " + strings.Join(proven, ", ")
	}))
	return nil
}

// fate is what became of the mail, in words.
func (t trial) fate(wait time.Duration, found func() string) string {
	switch {
	case t.refused != "":
		return "refused (" + t.refused + ")"
	case t.raw == nil:
		return fmt.Sprintf("taken, but not there after %v", wait)
	}
	return found()
}

// namesToForge are the names that the server seems to stamp under, and the one
// that is configured. Where there is none, the names of the servers do.
func (m *mailCheck) namesToForge(s *sightings) []string {
	var ids []string
	add := func(id string) {
		if id = strings.ToLower(id); pinnable(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(m.cfg.Trust.AuthservID)
	for _, raw := range [][]byte{s.inside, s.outside} {
		if raw == nil {
			continue
		}
		id, _ := topmost(raw)
		add(id)
	}
	if len(ids) == 0 {
		for _, address := range []string{m.cfg.SMTP.Address, m.cfg.IMAP.Address} {
			host, _, _ := net.SplitHostPort(address)
			add(host)
		}
	}
	return ids
}

// tidyPatience is how long removing the test mails may take, also after the
// operator pressed Ctrl-C.
const tidyPatience = 30 * time.Second

// tidy removes the test mails. Where it cannot, the operator is told, and the
// rest of the check is none the worse.
func (m *mailCheck) tidy(ctx context.Context) {
	if len(m.sent) == 0 {
		return
	}
	tidying, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyPatience)
	defer cancel()
	removed, err := m.remove(tidying, ctx.Err() != nil)
	switch {
	case err != nil:
		m.say("\n%d of %d test mails removed: %v. The subjects of the others begin with \"Registratura: test mail\".", removed, len(m.sent), err)
	case removed < len(m.sent):
		m.say("\n%d of %d test mails removed. The others did not arrive; if they do, delete them: their subjects begin with \"Registratura: test mail\".", removed, len(m.sent))
	default:
		m.say("\n%d test mails removed.", removed)
	}
}

func (m *mailCheck) remove(ctx context.Context, reconnect bool) (removed int, err error) {
	box := m.box
	if reconnect {
		if box, err = openTestMailbox(ctx, m.cfg); err != nil {
			return 0, err
		}
		defer box.close()
		box.first = m.box.first
	}
	return box.remove(ctx, m.sent)
}

func tlsInWords(state *tls.ConnectionState) string {
	if state == nil {
		return "plain text"
	}
	words := tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		leaf := state.PeerCertificates[0]
		names := slices.Clone(leaf.DNSNames)
		for _, ip := range leaf.IPAddresses {
			names = append(names, ip.String())
		}
		words += fmt.Sprintf(", certificate for %s, valid until %s", strings.Join(names, ", "), leaf.NotAfter.Format(time.DateOnly))
	}
	return words
}
