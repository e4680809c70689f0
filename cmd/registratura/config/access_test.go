package config

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
)

var now = time.Date(2026, time.November, 23, 10, 0, 0, 0, time.UTC)

func TestDirectoryIsWhoIsWho(t *testing.T) {
	c := Example()
	c.Approvers[1].Name = ""
	d := c.Directory()
	if d.Institution != "Primăria Municipiului Buzău" || len(d.Departments) != 32 {
		t.Errorf("%s with %d departments", d.Institution, len(d.Departments))
	}
	for _, tt := range []struct {
		address, department string
		want                bool
	}{
		{"economic@primaria.test", "Direcția Economică", true},
		{"economic@primaria.test", "Birou Informatică", true},
		{"economic@primaria.test", "Direcția Tehnică", false},
		{"primar@primaria.test", "Direcția Economică", false},
	} {
		if got := d.HeadOf(tt.address, tt.department); got != tt.want {
			t.Errorf("HeadOf(%s, %s) is %v", tt.address, tt.department, got)
		}
	}
	want := []intake.Approver{
		{Person: intake.Person{Name: "Constantin Popa", Address: "primar@primaria.test"}, Title: "Primar", Salutation: "Stimate domnule primar"},
		{Person: intake.Person{Name: "Viceprimar", Address: "viceprimar1@primaria.test"}, Title: "Viceprimar", Salutation: "Stimată doamnă viceprimar"},
		{Person: intake.Person{Name: "Mihai Dumitrescu", Address: "viceprimar2@primaria.test"}, Title: "Viceprimar", Salutation: "Stimate domnule viceprimar"},
	}
	if diff := cmp.Diff(want, d.Approvers); diff != "" {
		t.Errorf("approvers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]intake.Person{{Name: "Serviciul TIC", Address: "it@primaria.test"}}, d.IT); diff != "" {
		t.Errorf("IT (-want +got):\n%s", diff)
	}
}

func TestEveryFateHasItsFolder(t *testing.T) {
	folders := Default().IMAP.Folders.ByFate()
	for _, fate := range intake.Fates {
		if folders[fate] == "" {
			t.Errorf("no folder for %s", fate)
		}
	}
	if len(folders) != len(intake.Fates) {
		t.Errorf("%d folders for %d fates", len(folders), len(intake.Fates))
	}
}

func TestLocationKnowsSummerTime(t *testing.T) {
	july := time.Date(2026, time.July, 1, 0, 0, 0, 0, Example().Location())
	if _, offset := july.Zone(); offset != 3*3600 {
		t.Errorf("in July the offset is %d s", offset)
	}
}

func TestPasswords(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"imap": "hunter2\n", "spaces": " a b \r\n", "empty": "\n", "two": "a\nb\n"} {
		writeFile(t, filepath.Join(dir, name), content, 0o600)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	t.Setenv("REGISTRATURA_TEST_PASSWORD", "from the environment")
	for name, tt := range map[string]struct {
		server Server
		want   string
		err    string
	}{
		"a file":                          {Server{PasswordFile: dir + "/imap"}, "hunter2", ""},
		"a credential of systemd":         {Server{PasswordFile: "$CREDENTIALS_DIRECTORY/imap"}, "hunter2", ""},
		"a credential in braces":          {Server{PasswordFile: "${CREDENTIALS_DIRECTORY}/imap"}, "hunter2", ""},
		"spaces are part of a password":   {Server{PasswordFile: dir + "/spaces"}, " a b ", ""},
		"the environment":                 {Server{PasswordEnv: "REGISTRATURA_TEST_PASSWORD"}, "from the environment", ""},
		"inline":                          {Server{Inline: "x"}, "x", ""},
		"none":                            {Server{}, "", ""},
		"a file that is not there":        {Server{PasswordFile: dir + "/none"}, "", "no such file"},
		"an empty file":                   {Server{PasswordFile: dir + "/empty"}, "", "does not hold exactly one line"},
		"a file of two lines":             {Server{PasswordFile: dir + "/two"}, "", "does not hold exactly one line"},
		"a variable that is not set":      {Server{PasswordEnv: "REGISTRATURA_TEST_NONE"}, "", "is not set"},
		"another variable is no path":     {Server{PasswordFile: "$HOME/imap"}, "", "no such file"},
		"a longer name is not the folder": {Server{PasswordFile: "$CREDENTIALS_DIRECTORYX/imap"}, "", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.server.Password()
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	s := Server{PasswordFile: "$CREDENTIALS_DIRECTORY/imap"}
	if _, err := s.Password(); err == nil || !strings.Contains(err.Error(), "LoadCredential=imap") {
		t.Errorf("without systemd: %v", err)
	}
}

func writeFile(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

// certificate writes a self-signed certificate, valid for a year around now,
// and its key; it returns their paths.
func certificate(t *testing.T, edit func(*x509.Certificate)) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: now.AddDate(0, -6, 0), NotAfter: now.AddDate(0, 6, 0),
		DNSNames: []string{"localhost", "extranet.primaria.test"}, IsCA: true, BasicConstraintsValid: true,
	}
	edit(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeFile(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o600)
	writeFile(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})), 0o600)
	return cert, key
}

func TestCertificatesOfMailServersAreVerified(t *testing.T) {
	cert, key := certificate(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	})
	other, _ := certificate(t, func(*x509.Certificate) {})
	served, err := (&Portal{TLSCert: cert, TLSKey: key}).TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		host, ca string
		ok       bool
	}{
		"by an authority of the file":     {"localhost", cert, true},
		"not by one of another file":      {"localhost", other, false},
		"not by those of the system":      {"localhost", "", false},
		"not for a server of other names": {"127.0.0.1", cert, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := Server{Address: net.JoinHostPort(tt.host, "993"), Security: "tls", CAFile: tt.ca}
			conf, err := server.TLSConfig()
			if err != nil {
				t.Fatal(err)
			}
			if conf.MinVersion != tls.VersionTLS12 {
				t.Errorf("the oldest version taken is %s", tls.VersionName(conf.MinVersion))
			}
			listener, err := tls.Listen("tcp", "127.0.0.1:0", served)
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				_ = conn.(*tls.Conn).Handshake() // fails when the client refuses
			}()
			ours, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer ours.Close()
			if err := tls.Client(ours, conf).Handshake(); (err == nil) != tt.ok {
				t.Errorf("the handshake says %v", err)
			}
		})
	}
}

func TestTLSConfigWhereThereIsNone(t *testing.T) {
	if conf, err := (&Server{Address: "localhost:143", Security: "none"}).TLSConfig(); conf != nil || err != nil {
		t.Errorf("plain text: %v, %v", conf, err)
	}
	if conf, err := (&Portal{}).TLSConfig(); conf != nil || err != nil {
		t.Errorf("a portal behind a proxy: %v, %v", conf, err)
	}
}

func TestProxies(t *testing.T) {
	p := Portal{TrustedProxies: []string{"127.0.0.1", "::1", "10.0.0.0/8", "::ffff:192.0.2.1"}}
	nets, err := p.Proxies()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range nets {
		got = append(got, n.String())
	}
	if diff := cmp.Diff([]string{"127.0.0.1/32", "::1/128", "10.0.0.0/8", "192.0.2.1/32"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLogHandler(t *testing.T) {
	var out bytes.Buffer
	log := slog.New((&Log{Format: "json", Level: "warn"}).Handler(&out))
	log.Info("not this")
	log.Warn("this")
	if s := out.String(); !strings.HasPrefix(s, "{") || strings.Contains(s, "not this") || !strings.Contains(s, `"msg":"this"`) {
		t.Errorf("got %s", s)
	}
	out.Reset()
	slog.New((&Log{Format: "text", Level: "debug"}).Handler(&out)).Debug("this")
	if s := out.String(); !strings.Contains(s, "level=DEBUG msg=this") {
		t.Errorf("got %s", s)
	}
}

func TestPlainTextIsAllowedToThisMachineOnly(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:143": true, "127.8.9.10:143": true, "[::1]:143": true, "localhost:143": true, "[::ffff:127.0.0.1]:143": true,
		"10.0.0.1:143": false, "mail.primaria.test:143": false, "localhost.primaria.test:143": false, "0.0.0.0:143": false,
	} {
		_, err := load(t, edited(t, `address = "mail.primaria.test:993"`, `address = "`+address+`"`, `#security = "tls"`, `security = "none"`))
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	_, err := load(t, edited(t, `address = "mail.primaria.test:993"`, `address = "10.0.0.1:143"`, `#security = "tls"`, `security = "none"`,
		`#allow_plaintext = false`, `allow_plaintext = true`))
	if err != nil {
		t.Errorf("with allow_plaintext: %v", err)
	}
}

func TestAbsencesAndStandInsReachTheDirectory(t *testing.T) {
	c := parse("", strings.Replace(exampleText, "#absent = []\n", "absent = [\"2026-12-20/2027-01-05\", \"2026-11-30\"]\nstand_in = \"Viceprimar2@primaria.test\"\n", 1))
	if err := c.judge(); err != nil {
		t.Fatal(err)
	}
	day := func(y int, m time.Month, d int) forms.Date { return forms.Date{Year: y, Month: m, Day: d} }
	got := c.Directory().Approvers[0]
	want := []intake.Days{{First: day(2026, 12, 20), Last: day(2027, 1, 5)}, {First: day(2026, 11, 30), Last: day(2026, 11, 30)}}
	if diff := cmp.Diff(want, got.Absent); diff != "" || got.StandIn != "viceprimar2@primaria.test" {
		t.Errorf("absent %s, stand-in %q", diff, got.StandIn)
	}
}
