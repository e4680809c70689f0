package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-msgauth/dkim"

	"registratura/cmd/registratura/config"
	"registratura/cmd/registratura/play"
	"registratura/intake/mailbox/mailhost"
)

// checkHost runs the check of mail against a host, with a [trust] section that
// is still empty.
func checkHost(t *testing.T, host *mailhost.Host, change func(*mailCheck)) (p proposal, section, out string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "registratura.toml")
	write(t, file, play.Config(play.Setup{IMAP: host.IMAPAddr, SMTP: host.SMTPAddr, DataDir: t.TempDir(), Listen: "127.0.0.1:8080"}))
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	said := &lockedBuffer{}
	m := &mailCheck{cfg: cfg, out: said, wait: 10 * time.Second, every: 10 * time.Millisecond, now: time.Now, mark: randomMark}
	if change != nil {
		change(m)
	}
	m.judge.configured, m.judge.now = cfg.Trust, time.Now()
	p, err = m.run(testContext(t, time.Minute))
	if err == nil {
		section = p.section(cfg.Trust, "Seen in a test.")
		err = m.conclude(p)
	}
	return p, section, said.String(), err
}

// wantNoTestMails makes sure that the check left nothing behind.
func wantNoTestMails(t *testing.T, host *mailhost.Host) {
	t.Helper()
	folders, err := host.Folders(t.Context(), play.Desk)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		mails, err := host.Mails(t.Context(), play.Desk, folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, mail := range mails {
			if bytes.Contains(mail.Raw, []byte("Registratura: test mail")) {
				t.Errorf("a test mail is left in %s:\n%s", folder, mail.Raw)
			}
		}
	}
}

// wantFits loads the configuration with the proposed section in its place.
func wantFits(t *testing.T, section string) *config.Config {
	t.Helper()
	text := play.Config(play.Setup{IMAP: "127.0.0.1:143", SMTP: "127.0.0.1:25", DataDir: t.TempDir(), Listen: "127.0.0.1:8080"})
	begin, end := strings.Index(text, "[trust]"), strings.Index(text, "[portal]")
	file := filepath.Join(t.TempDir(), "registratura.toml")
	write(t, file, text[:begin]+section+text[end:])
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatalf("the section does not fit: %v\n%s", err, section)
	}
	return cfg
}

func TestACarefulServerIsTrustedForWhatItStamps(t *testing.T) {
	onHosts(t, func(t *testing.T, host *mailhost.Host) {
		p, section, out, err := checkHost(t, host, nil)
		if err != nil || !p.evidence || p.authservID != host.AuthservID || !slices.Equal(p.accept, []string{"auth"}) {
			t.Errorf("%+v, error %v", p, err)
		}
		for _, want := range []string{
			"IMAP  " + host.IMAPAddr + " reached: plain text", "SMTP  " + host.SMTPAddr + " reached: plain text", "      MOVE\n", "      UIDPLUS\n",
			`Authentication-Results by "mail.primaria.test" (topmost; `, "auth=pass smtp.auth=" + play.Desk,
			"Plus-addressing works", "removed, as they must be", "test mails removed.", "In order.",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("it does not say %q:\n%s", want, out)
			}
		}
		if got := wantFits(t, section).Trust; got.AuthservID != host.AuthservID || !slices.Equal(got.Accept, []string{"auth"}) {
			t.Errorf("the section says %+v", got)
		}
		wantNoTestMails(t, host)
	})
}

// addLine is a habit of servers: they put a field on top.
func addLine(line string) func(string, []byte) []byte {
	return func(string, []byte) []byte { return []byte(line + "\r\n") }
}

func TestWhatOtherServersDoIsFoundOut(t *testing.T) {
	keep := func(raw []byte) []byte { return raw }
	has := func(word string) func(string, []byte) bool {
		return func(to string, raw []byte) bool {
			return strings.Contains(to, word) || bytes.Contains(raw, []byte(word))
		}
	}
	signing := newDKIMSigner(t)
	quick := func(m *mailCheck) { m.wait = 300 * time.Millisecond }
	for _, c := range []struct {
		name    string
		habits  mailhost.Habits
		anyFrom bool
		change  func(*mailCheck)

		id       string
		accept   []string
		dkim     bool
		evidence bool
		danger   string // part of one; empty: there must be none
		says     string // part of what is printed or proposed
	}{
		{name: "a server that leaves forged fields in place is not trusted",
			habits: mailhost.Habits{Strip: keep}, danger: "in place that the SENDER wrote", says: "NOT REMOVED under mail.primaria.test (written plainly; name in capitals; after a comment; name in quotes; on the next line)"},
		{name: "a server that removes forged fields only as it writes them itself is not trusted",
			habits: mailhost.Habits{Strip: func(raw []byte) []byte {
				return regexp.MustCompile(`(?m)^Authentication-Results: mail\.primaria\.test;.*\r\n`).ReplaceAll(raw, nil)
			}}, danger: "name in capitals", says: "NOT REMOVED under mail.primaria.test (name in capitals; after a comment; name in quotes; on the next line)"},
		{name: "a server that stamps nothing proves nothing",
			habits: mailhost.Habits{Stamp: addLine("X-Spam: no")}, says: "confirmation round"},
		{name: "a server that stamps nothing and leaves forged fields in place is a danger to whoever configured its name",
			habits: mailhost.Habits{Stamp: addLine("X-Spam: no"), Strip: keep},
			change: func(m *mailCheck) {
				m.cfg.Trust.AuthservID, m.cfg.Trust.Accept = "Mail.Primaria.test", []string{"dmarc"}
			}, danger: `"mail.primaria.test"`, says: "no Authentication-Results"},
		{name: "a stamp without a name cannot be pinned",
			habits: mailhost.Habits{Stamp: addLine("Authentication-Results: dmarc=pass header.from=primaria.test")}, says: "there is no authserv-id"},
		{name: "a stamp for another login than the address proves nothing",
			habits: mailhost.Habits{Stamp: addLine("Authentication-Results: mail.primaria.test; auth=pass smtp.auth=registratura")}, says: "auth=pass for another login"},
		{name: "of two stamps the topmost counts",
			habits: mailhost.Habits{Stamp: addLine("Authentication-Results: a.test; auth=pass smtp.auth=" + play.Desk + "\r\nAuthentication-Results: b.test; dmarc=pass header.from=primaria.test")},
			id:     "a.test", accept: []string{"auth"}, evidence: true, says: `by "b.test" (further down, never believed`},
		{name: "where plus-addresses are refused, a configuration that uses them is wrong",
			habits: mailhost.Habits{NoPlus: true}, id: "mail.primaria.test", accept: []string{"auth"}, evidence: true, danger: "answers to the desk would be lost", says: "refused: 550"},
		{name: "where plus-addresses are lost, a configuration that uses them is wrong",
			habits: mailhost.Habits{Loses: has("registratura+")}, change: quick, id: "mail.primaria.test", accept: []string{"auth"}, evidence: true, danger: "answers to the desk would be lost", says: "does NOT work"},
		{name: "where plus-addresses are refused and not used, all is well",
			habits: mailhost.Habits{NoPlus: true}, change: func(m *mailCheck) { m.cfg.Desk.PlusAddressing = false },
			id: "mail.primaria.test", accept: []string{"auth"}, evidence: true, says: "as it must be"},
		{name: "mails that were refused are not missed at the end",
			habits: mailhost.Habits{NoPlus: true}, change: func(m *mailCheck) { m.cfg.Desk.PlusAddressing = false },
			id: "mail.primaria.test", accept: []string{"auth"}, evidence: true, says: "\n2 test mails removed."},
		{name: "a forged mail that got lost shows nothing",
			habits: mailhost.Habits{Loses: has("(x) ")}, change: quick, danger: "it is not known whether", says: "The others did not arrive"},
		{name: "a server that vouches for whatever address its users write is not trusted for that",
			habits:  mailhost.Habits{Stamp: addLine("Authentication-Results: mail.primaria.test; dmarc=pass header.from=primaria.test; auth=pass smtp.auth=" + play.Desk)},
			anyFrom: true, id: "mail.primaria.test", accept: []string{"auth"}, evidence: true, danger: "vouched for that address by dmarc", says: "VOUCHED FOR by dmarc"},
		{name: "a server that refuses foreign addresses may vouch for its own",
			habits: mailhost.Habits{Stamp: addLine("Authentication-Results: mail.primaria.test; dmarc=pass header.from=primaria.test; auth=pass smtp.auth=" + play.Desk)},
			id:     "mail.primaria.test", accept: []string{"auth", "dmarc"}, evidence: true, says: "refused (550"},
		{name: "a server that lets foreign addresses pass and vouches for none",
			anyFrom: true, id: "mail.primaria.test", accept: []string{"auth"}, evidence: true, says: "taken, and nothing vouched for it"},
		{name: "a server that signs what its users write proves by its signature",
			habits: mailhost.Habits{Stamp: signing.sign}, change: signing.use, dkim: true, evidence: true, says: "own check: DKIM signature of primaria.test"},
		{name: "a server that signs whatever address its users write proves nothing by it",
			habits: mailhost.Habits{Stamp: signing.sign}, anyFrom: true, change: signing.use, danger: "check_dkim must be false", says: "VOUCHED FOR by a DKIM signature"},
		{name: "without a name server, signatures are not waited for",
			habits: mailhost.Habits{Stamp: signing.sign}, change: func(m *mailCheck) { signing.use(m); m.judge.resolver = noDNS{} }, says: "no name server answered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			host, err := mailhost.Embedded(mailhost.Config{Hostname: "mail.primaria.test", Accounts: play.Accounts(), Habits: c.habits, AllowAnyFrom: c.anyFrom})
			if err != nil {
				t.Fatal(err)
			}
			defer host.Close()
			p, section, out, err := checkHost(t, host, c.change)
			if p.authservID != c.id || !slices.Equal(p.accept, c.accept) || p.checkDKIM != c.dkim || p.evidence != c.evidence {
				t.Errorf("got %q, %q, check_dkim %v, evidence %v; want %q, %q, %v, %v\n%s", p.authservID, p.accept, p.checkDKIM, p.evidence, c.id, c.accept, c.dkim, c.evidence, out)
			}
			if dangers := strings.Join(p.dangers, "\n"); (c.danger == "") != (dangers == "") || !strings.Contains(dangers, c.danger) {
				t.Errorf("the dangers are %q, want %q", dangers, c.danger)
			}
			if !strings.Contains(out+section, c.says) {
				t.Errorf("it does not say %q:\n%s\n%s", c.says, out, section)
			}
			if well := c.evidence && c.danger == ""; well != (err == nil) || !well && !errors.Is(err, errTold) {
				t.Errorf("it ends with %v", err)
			}
			if got := wantFits(t, section).Trust; got.AuthservID != c.id || !slices.Equal(got.Accept, c.accept) && len(c.accept) > 0 || got.CheckDKIM != c.dkim {
				t.Errorf("the section says %+v", got)
			}
			wantNoTestMails(t, host)
		})
	}
}

// dkimSigner signs as the mail server of the town.
type dkimSigner struct {
	t   *testing.T
	key ed25519.PrivateKey
	txt string
}

func newDKIMSigner(t *testing.T) *dkimSigner {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &dkimSigner{t, private, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}
}

func (s *dkimSigner) sign(_ string, raw []byte) []byte {
	var signed bytes.Buffer
	err := dkim.Sign(&signed, bytes.NewReader(raw), &dkim.SignOptions{Domain: "primaria.test", Selector: "s", Signer: s.key})
	if err != nil {
		s.t.Error(err)
	}
	return signed.Bytes()[:signed.Len()-len(raw)]
}

func (s *dkimSigner) use(m *mailCheck) { m.judge.resolver = s }

func (s *dkimSigner) LookupTXT(context.Context, string) ([]string, error) {
	return []string{s.txt}, nil
}

type noDNS struct{}

func (noDNS) LookupTXT(_ context.Context, name string) ([]string, error) {
	return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
}

// onMark calls do with the word that the operator is asked to put into the subject.
type onMark struct {
	lockedBuffer
	do func(mark string)
}

var askedMark = regexp.MustCompile(`\n\n      (proba\w+)\n`)

func (o *onMark) Write(p []byte) (int, error) {
	if found := askedMark.FindSubmatch(p); found != nil {
		o.do(string(found[1]))
	}
	return o.lockedBuffer.Write(p)
}

func TestMailFromOutsideIsLookedAt(t *testing.T) {
	for _, c := range []struct {
		name, stamp string
		accept      []string
		says        string
	}{
		{"a stamp of DMARC is accepted beside that of a login", "Authentication-Results: mail.primaria.test; dkim=pass header.d=acasa.test; dmarc=pass header.from=acasa.test\r\n",
			[]string{"auth", "dkim", "dmarc"}, "mail from outside proved its sender by dmarc, dkim"},
		{"no stamp", "", []string{"auth"}, "mail from outside proved nothing: our server stamped no Authentication-Results"},
		{"the stamp of another server", "Authentication-Results: mx.acasa.test; dmarc=pass header.from=acasa.test\r\n", []string{"auth"}, `of mail from outside is by "mx.acasa.test"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			host := embeddedHost(t, nil)
			operator := &onMark{do: func(mark string) {
				raw := c.stamp + "From: Ana <ana@acasa.test>\r\nTo: " + play.Desk + "\r\nSubject: =?utf-8?b?" +
					base64.StdEncoding.EncodeToString([]byte("Probă "+strings.ToUpper(mark))) + "?=\r\n\r\nBună ziua\r\n"
				if err := host.Inject(t.Context(), play.Desk, []byte(raw)); err != nil {
					t.Error(err)
				}
			}}
			p, section, _, err := checkHost(t, host, func(m *mailCheck) { m.out, m.waitOutside = operator, 10*time.Second })
			if err != nil || p.authservID != host.AuthservID || !slices.Equal(p.accept, c.accept) {
				t.Errorf("%+v, error %v", p, err)
			}
			if !strings.Contains(section, c.says) || strings.Contains(section, "not looked at") {
				t.Errorf("no %q in\n%s", c.says, section)
			}
			if mails, err := host.Mails(t.Context(), play.Desk, "INBOX"); err != nil || len(mails) != 1 {
				t.Errorf("%d mails are left, want the one from outside (%v)", len(mails), err)
			}
		})
	}
	t.Run("when none comes, that is told", func(t *testing.T) {
		p, _, out, err := checkHost(t, embeddedHost(t, nil), func(m *mailCheck) { m.waitOutside = 50 * time.Millisecond })
		if err != nil || !p.evidence || !strings.Contains(out, "No such mail arrived.") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

func TestTheTestMailsAreRemovedAlsoAfterAnInterruption(t *testing.T) {
	host := embeddedHost(t, nil)
	file := filepath.Join(t.TempDir(), "registratura.toml")
	write(t, file, play.Config(play.Setup{IMAP: host.IMAPAddr, SMTP: host.SMTPAddr, DataDir: t.TempDir(), Listen: "127.0.0.1:8080"}))
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(testContext(t, time.Minute))
	asked := false
	m := &mailCheck{cfg: cfg, wait: 10 * time.Second, waitOutside: time.Minute, every: 10 * time.Millisecond, now: time.Now, mark: randomMark,
		out: &onMark{do: func(string) { asked = true; interrupt() }}}
	if _, err := m.run(ctx); !errors.Is(err, context.Canceled) || !asked {
		t.Errorf("asked %v, ended with %v", asked, err)
	}
	wantNoTestMails(t, host)
}

// The command, beside a daemon that runs: it files the test mails away as
// automatic, answers none of them, and they are found and removed there.
func TestCheckMailBesideARunningDaemon(t *testing.T) {
	onHosts(t, func(t *testing.T, host *mailhost.Host) {
		p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
		p.start()
		await(t, testContext(t, time.Minute), "the daemon follows the mailbox", func() bool {
			return strings.Contains(p.log.String(), "mailbox connected")
		})
		proposed := filepath.Join(t.TempDir(), "trust.toml")
		before, err := os.ReadFile(p.config)
		if err != nil {
			t.Fatal(err)
		}
		out := p.output("check", "--config", p.config, "--mail", "--write-trust", proposed)
		if !strings.Contains(out, "In order.") {
			t.Errorf("it does not say that all is in order:\n%s", out)
		}
		section, err := os.ReadFile(proposed)
		if err != nil || !strings.Contains(out, string(section)) {
			t.Errorf("%v: the file holds\n%s", err, section)
		}
		wantFits(t, string(section))
		if after, err := os.ReadFile(p.config); err != nil || !bytes.Equal(before, after) {
			t.Errorf("the configuration was changed (%v)", err)
		}
		p.stop()
		wantNoTestMails(t, host)
		if log := p.log.String(); strings.Contains(log, "notice sent") || strings.Contains(log, "set_aside") {
			t.Errorf("the daemon did not ignore the test mails:\n%s", log)
		}
	})
}

func TestCheckMailTellsWhatKeepsItFromTheServers(t *testing.T) {
	host := embeddedHost(t, nil)
	dir := t.TempDir()
	file := filepath.Join(dir, "registratura.toml")
	good := play.Config(play.Setup{IMAP: host.IMAPAddr, SMTP: host.SMTPAddr, DataDir: filepath.Join(dir, "data"), Listen: "127.0.0.1:8080"})
	nobody := freePort(t)
	for _, c := range []struct {
		name, old, new string
		args           []string
		errs           string
	}{
		{"nothing listens for IMAP", host.IMAPAddr, nobody, nil, "connecting to the IMAP server"},
		{"nothing listens for SMTP", host.SMTPAddr, nobody, nil, "failed at connect"},
		{"a wrong password", `password = "` + play.Password, `password = "alta`, nil, "logging in to the IMAP server"},
		{"a folder that is not there", `poll = "10s"`, "poll = \"10s\"\nfolder = \"Intrare\"", nil, "no folder Intrare"},
		{"a fault elsewhere in the configuration", `title = "Primar"`, `title = ""`, nil, "approver[1].title"},
		{"the configuration as the file to write", "same", "same", []string{"--write-trust", file}, "never changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, file, strings.NewReplacer(c.old, c.new).Replace(good))
			code, out, errs := command(t, append([]string{"check", "--config", file, "--mail", "--wait", "200ms"}, c.args...)...)
			if code != 1 || !strings.Contains(errs, c.errs) {
				t.Errorf("exit code %d\n%s\n%s", code, out, errs)
			}
		})
	}
	if code, _, errs := command(t, "check", "--config", file, "--write-trust", filepath.Join(dir, "x")); code != 1 || !strings.Contains(errs, "belong to --mail") {
		t.Errorf("exit code %d, %s", code, errs)
	}
	wantNoTestMails(t, host)
}

func TestWithoutUIDPLUSTheTestMailsAreFlaggedAndTheOthersLeftAlone(t *testing.T) {
	host, err := mailhost.Embedded(mailhost.Config{Hostname: "mail.primaria.test", Accounts: play.Accounts(), Lacks: []imap.Cap{imap.CapUIDPlus, imap.CapMove}})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	other := []byte("From: " + play.IT + "\r\nSubject: another mail\r\n\r\nx\r\n")
	if err := host.InjectDeleted(t.Context(), play.Desk, "INBOX", other); err != nil {
		t.Fatal(err)
	}
	_, _, out, err := checkHost(t, host, nil)
	if err != nil || !strings.Contains(out, "no UIDPLUS: ") || !strings.Contains(out, "no MOVE: ") || !strings.Contains(out, "only flagged as deleted") {
		t.Errorf("%v\n%s", err, out)
	}
	mails, err := host.Mails(t.Context(), play.Desk, "INBOX")
	if err != nil || !slices.ContainsFunc(mails, func(m mailhost.Mail) bool { return bytes.Equal(m.Raw, other) }) {
		t.Errorf("the other mail is gone (%v)", err)
	}
}

func TestAMailboxThatIsNotTheDesksIsTold(t *testing.T) {
	host := embeddedHost(t, nil)
	_, _, _, err := checkHost(t, host, func(m *mailCheck) { m.cfg.IMAP.Username, m.wait = play.IT, 200*time.Millisecond })
	if err == nil || !strings.Contains(err.Error(), "is this the mailbox of that address?") {
		t.Errorf("got %v", err)
	}
}

func TestTheCertificatesOfTheServersAreTold(t *testing.T) {
	host := embeddedHost(t, nil)
	certificate, file := selfSigned(t)
	secured := *host
	secured.IMAPAddr, secured.SMTPAddr = overTLS(t, host.IMAPAddr, certificate), overTLS(t, host.SMTPAddr, certificate)
	secure := func(m *mailCheck) {
		for _, s := range []*config.Server{&m.cfg.IMAP.Server, &m.cfg.SMTP.Server} {
			s.Security, s.CAFile = "tls", file
		}
	}
	_, _, out, err := checkHost(t, &secured, secure)
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []string{"IMAP  " + secured.IMAPAddr, "SMTP  " + secured.SMTPAddr} {
		if want := server + " reached: TLS 1.3, certificate for mail.primaria.test, 127.0.0.1, valid until 20"; !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if _, _, _, err := checkHost(t, &secured, func(m *mailCheck) { secure(m); m.cfg.IMAP.CAFile = "" }); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody is taken: %v", err)
	}
}

// selfSigned makes a certificate for this machine, and a file with it.
func selfSigned(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.primaria.test"},
		DNSNames: []string{"mail.primaria.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// overTLS listens with TLS in front of a server that speaks plain text.
func overTLS(t *testing.T, server string, certificate tls.Certificate) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			go func() { io.Copy(behind, client); behind.Close() }()
			go func() { io.Copy(client, behind); client.Close() }()
		}
	}()
	return l.Addr().String()
}
