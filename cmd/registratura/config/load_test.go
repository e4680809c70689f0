package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoadTellsLineAndColumnOfWhatIsNotTOML(t *testing.T) {
	for name, tt := range map[string]struct{ text, where, key string }{
		"a text without quotation marks": {"[desk]\nname = Registratura\n", "registratura.toml:2:8", "desk.name"},
		"a key twice":                    {"[desk]\nname = \"a\"\nname = \"b\"\n", "registratura.toml:3:12", "desk.name"},
		"a list that does not end":       {"[trust]\naccept = [\"dkim\"\n", "registratura.toml:2:17", "trust.accept"},
		"a binary file":                  {"\x00\x01\x02", "registratura.toml:1:1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.text)
			f := one(t, err)
			if f.Where != tt.where || f.Key != tt.key || !strings.HasPrefix(f.Reason, "is not TOML: ") {
				t.Errorf("got %#v", f)
			}
		})
	}
}

func TestLoadSaysWhereAFileIsNotUTF8(t *testing.T) {
	_, err := load(t, "[desk]\nname = \"Primăria � \xba\"\n")
	want := Fault{Where: "registratura.toml:2:23", Reason: "is not UTF-8 text", Instead: "save the file as UTF-8", syntax: true}
	if f := one(t, err); f != want {
		t.Errorf("got %#v", f)
	}
}

func TestLoadTellsAllFaultsAtOnce(t *testing.T) {
	text := edited(t,
		`#security = "tls"`, `security = "ssl"`,
		`#poll = "1m"`, `poll = 60`,
		`#answers_per_day = 20`, `answers_per_dya = 20`,
		`address = "primar@primaria.test"`, `address = "primar"`,
		`#timezone = "Europe/Bucharest"`, `timezone = "București"`,
	)
	_, err := load(t, text)
	// The example grows; where its approvers stand is counted, not known.
	before, _, _ := strings.Cut(text, `address = "primar"`)
	approver := fmt.Sprintf("registratura.toml:%d", strings.Count(before, "\n")+1)
	want := `registratura.toml:18: institution.timezone = "București": is not an IANA time zone; write "Europe/Bucharest"
registratura.toml:40: desk.answers_per_dya: there is no such key; did you mean "desk.answers_per_day"?
registratura.toml:51: imap.security = "ssl": is not one of the values that the key takes; write "tls" or "starttls" or "none"
registratura.toml:71: imap.poll = 60: is a number, not a text with a unit; write it like "30s", "5m", "2h" or "30d"
` + approver + `: approver[1].address = "primar": is not an address; write it like "nume@primarie.ro"`
	var got []string
	var faults Faults
	errors.As(err, &faults)
	for _, f := range faults {
		if !f.Warning {
			got = append(got, f.String())
		}
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadWarns(t *testing.T) {
	for name, tt := range map[string]struct {
		edits       []string
		key, reason string
	}{
		"of a domain for examples":         {nil, "institution.domains", "reserved for examples"},
		"of an approver at another domain": {[]string{`address = "primar@primaria.test"`, `address = "primar@gmail.com"`}, "approver[1].address", "none of the city hall's domains"},
		"of a head at another domain":      {[]string{`address = "evidenta@primaria.test"`, `address = "dep@gmail.com"`}, "department[7].address", "none of the city hall's domains"},
		"of a department without a head":   {[]string{`address = "evidenta@primaria.test"`, ``}, "department[7].address", `nobody can ask for a site for "Direcția Evidența Persoanelor"`},
		"of a service with half a head": {[]string{`name = "Birou Informatică"`, "name = \"Birou Informatică\"\nhead = \"Ana Pop\""},
			"department[20].address", "though there is a head"},
		"of a port that is another's":     {[]string{`address = "mail.primaria.test:993"`, `address = "mail.primaria.test:143"`}, "imap.security", "unusual on port 143"},
		"of a portal without TLS":         {[]string{`base_url = "https://extranet.primaria.test"`, `base_url = "http://extranet.primaria.test"`}, "portal.base_url", "plain text"},
		"of an open port without TLS":     {[]string{`#listen = "127.0.0.1:8080"`, `listen = ":8080"`}, "portal.listen", "without encryption"},
		"of mails that can prove nothing": {[]string{`#check_dkim = true`, `check_dkim = false`}, "trust", "no mail can prove its sender"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := load(t, edited(t, tt.edits...))
			if err != nil {
				t.Fatalf("a warning is no error: %v", err)
			}
			for _, f := range c.faults {
				if f.Key == tt.key && f.Warning && strings.Contains(f.Reason, tt.reason) {
					return
				}
			}
			t.Errorf("no such warning among:\n%v", c.faults)
		})
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.toml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestAnEmptyFileIsToldWhatItNeeds(t *testing.T) {
	_, err := load(t, "")
	for _, key := range []string{"institution.name", "institution.domains", "institution.it", "desk.address", "imap.address",
		"imap.username", "smtp.address", "portal.base_url", "approver", "department"} {
		if !strings.Contains(fmt.Sprint(err), " "+key+": is missing") {
			t.Errorf("%s is not said to be missing in:\n%v", key, err)
		}
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "registratura.toml")
	text := edited(t, `#data_dir = "/var/lib/registratura"`, `data_dir = "data"`, `#ca_file = ""`, `ca_file = "ca.pem"`,
		`#smime_certificates = []`, `smime_certificates = ["primar.pem", "/etc/p.pem"]`)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got := append([]string{c.Desk.DataDir, c.IMAP.CAFile, c.IMAP.PasswordFile, c.SitesDir(), c.DatabaseFile()}, c.Trust.SMIMECertificates...)
	want := []string{dir + "/data", dir + "/ca.pem", "$CREDENTIALS_DIRECTORY/imap", dir + "/data/extranet", dir + "/data/registratura.db", dir + "/primar.pem", "/etc/p.pem"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	// a text that the library quotes in its errors, for it begins as true does
	const secret = "trustme"
	imapPassword := func(line string) []string { return []string{`password_file = "$CREDENTIALS_DIRECTORY/imap"`, line} }
	for name, edits := range map[string][]string{
		"that stand without quotation marks":         imapPassword(`password = trustme`),
		"that are not closed":                        imapPassword(`password = "trustme`),
		"without quotation marks, in a misspelt key": imapPassword(`pasword = trustme`),
		"that stand without an equals sign":          imapPassword(`password: trustme`),
		"that stand in a line below":                 imapPassword("password = [\n\"x\", trustme]"),
		"that are followed by more":                  imapPassword(`password = "x"trustme`),
		"in a misspelt key":                          imapPassword(`pasword = "trustme"`),
		"in a key of another language":               imapPassword(`parola = trustme`),
		"in a list":                                  imapPassword(`password = ["trustme"]`),
		"in a file that others may read":             imapPassword(`password = "trustme"`),
		"in the address of the portal":               {`base_url = "https://extranet.primaria.test"`, `base_url = "https://a:trustme@primaria.test"`},
		"in the name of a variable":                  imapPassword(`password_env = "trustme = "`),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "registratura.toml")
			if err := os.WriteFile(path, []byte(edited(t, edits...)), 0o644); err != nil {
				t.Fatal(err)
			}
			c, err := Load(path)
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v, want faults", err)
			}
			faults = append(faults, Check(c, time.Now())...)
			if s := fmt.Sprintf("%v %+v %#v", err, []Fault(faults), []Fault(faults)); strings.Contains(s, secret) {
				t.Errorf("the secret stands in %s", s)
			}
		})
	}
}

func TestAnInlinePasswordNeedsAFileOfItsOwner(t *testing.T) {
	text := edited(t, `password_file = "$CREDENTIALS_DIRECTORY/imap"`, `password = "hunter2"`)
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false} {
		path := filepath.Join(t.TempDir(), "registratura.toml")
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path)
		if ok {
			if err != nil {
				t.Errorf("mode %04o: %v", mode, err)
			} else if p, err := c.IMAP.Password(); p != "hunter2" || err != nil {
				t.Errorf("mode %04o: the password is %q, %v", mode, p, err)
			}
			continue
		}
		if f := one(t, err); f.Key != "imap.password" || !strings.Contains(f.Instead, "chmod 0600") {
			t.Errorf("mode %04o: got %#v", mode, f)
		}
	}
}

func TestASecretIsHiddenHoweverItIsPrinted(t *testing.T) {
	s := Server{Inline: "hunter2"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "server", s, "password", s.Inline)
	if out := fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s.Inline, s.Inline) + log.String(); strings.Contains(out, "hunter2") {
		t.Errorf("it stands in %s", out)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "5m": 5 * time.Minute, "2h": 2 * time.Hour, "30d": 720 * time.Hour, "1d12h": 36 * time.Hour,
		" 90s ": 90 * time.Second, "1.5h": 90 * time.Minute, "0s": 0, "0d": -1, "36500d": 36500 * day,
		"": -1, "5": -1, "d": -1, "-5m": -1, "-1d": -1, "1d-1h": -1, "5 minute": -1, "36501d": -1, "99999999d": -1, "1.5d": -1, "1dd": -1, "9999999h": -1,
	} {
		var d Duration
		err := d.UnmarshalText([]byte(text))
		if (err != nil) != (want < 0) || err == nil && time.Duration(d) != want {
			t.Errorf("%q is %v, %v; want %v", text, time.Duration(d), err, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 90 * time.Second: "90s", 36 * time.Hour: "36h", 48 * time.Hour: "2d", time.Millisecond: "1ms"} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{
		"25 MB": 25e6, "25MB": 25e6, "25 mb": 25e6, "25 MiB": 25 << 20, "4 GB": 4e9, "1 TB": 1e12, "2 TiB": 2 << 40, "500 KB": 5e5, "3 KiB": 3072, "12 B": 12, "0 B": 0,
		"": -1, "25": -1, "MB": -1, "-1 MB": -1, "1.5 MB": -1, "25 M": -1, "9999999999 TB": -1, "18446744073709551616 B": -1,
	} {
		var z Size
		err := z.UnmarshalText([]byte(text))
		if (err != nil) != (want < 0) || err == nil && z != want {
			t.Errorf("%q is %d, %v; want %d", text, z, err, want)
		}
		if err == nil {
			var again Size
			if err := again.UnmarshalText([]byte(z.String())); err != nil || again != z {
				t.Errorf("%q is written %q, which is read as %d, %v", text, z, again, err)
			}
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(exampleText)
	f.Add("[imap]\npassword = hunter2\n[[department]]\nname=\"a\"\nparent=\"a\"\n")
	f.Add("[[department]]\nname=\"a\"\nparent=\"b\"\n[[department]]\nname=\"b\"\nparent=\"a\"\n")
	f.Add("department = [{name = \"x\"}]\n[log.x.y]\nz = 1979-05-27\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := parse("registratura.toml", text)
		err := c.judge()
		for _, fault := range c.faults {
			if fault.Reason == "" || fault.Where == "" {
				t.Errorf("a fault that says nothing: %#v", fault)
			}
		}
		if err != nil {
			return
		}
		c.Directory() // and what else the daemon asks for
		c.DeskPerson()
		c.Location()
		if _, err := c.Portal.Proxies(); err != nil {
			t.Errorf("proxies that were not refused: %v", err)
		}
	})
}
