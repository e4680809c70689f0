package config

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sound is the example on a machine where nothing is missing.
func sound(t *testing.T) *Config {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "imap"), "hunter2", 0o600)
	writeFile(t, filepath.Join(dir, "smtp"), "hunter2", 0o600)
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	c := Example()
	c.faults = nil // of the example's domains
	c.Desk.DataDir = filepath.Join(dir, "data")
	return c
}

func TestCheckOfASoundMachineFindsNothing(t *testing.T) {
	c := sound(t)
	if faults := Check(c, now); len(faults) > 0 {
		t.Errorf("got %v", faults)
	}
	if _, err := os.Stat(c.Desk.DataDir); !os.IsNotExist(err) {
		t.Errorf("Check made the folder: %v", err)
	}
}

func TestCheckKeepsWhatLoadFound(t *testing.T) {
	c, err := load(t, edited(t, `#poll = "1m"`, `poll = "1"`))
	f := one(t, err)
	found := Check(c, now)
	for _, again := range found {
		if again == f {
			return
		}
	}
	t.Errorf("%v is not among:\n%v", f, found)
}

func TestCheckOfAFileThatIsNotTOMLSaysOnlyThat(t *testing.T) {
	c, _ := load(t, "[desk")
	if faults := Check(c, now); len(faults) != 1 || !strings.Contains(faults[0].Reason, "is not TOML") {
		t.Errorf("got %v", faults)
	}
}

func TestCheckFinds(t *testing.T) {
	portalCertificate := func(t *testing.T, c *Config, edit func(*x509.Certificate)) {
		c.Portal.TLSCert, c.Portal.TLSKey = certificate(t, edit)
	}
	personal := func(t *testing.T, c *Config, edit func(*x509.Certificate)) {
		cert, _ := certificate(t, edit)
		c.Trust.SMIMECertificates = []string{cert}
	}
	asIs := func(*x509.Certificate) {}
	for name, tt := range map[string]struct {
		spoil       func(*testing.T, *Config)
		key, reason string // no key: nothing is found
		warning     bool
	}{
		"a data folder that is a file": {func(t *testing.T, c *Config) {
			c.Desk.DataDir = filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "imap")
			c.Portal.Dir = t.TempDir()
		}, "desk.data_dir", "is not a folder", false},
		"a folder below a file": {func(t *testing.T, c *Config) {
			c.Portal.Dir = filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "imap", "x")
		}, "portal.dir", "not a directory", false},
		"a folder that cannot be written": {func(t *testing.T, c *Config) {
			if os.Getuid() == 0 {
				t.Skip("root may write everywhere")
			}
			c.Portal.Dir = t.TempDir()
			if err := os.Chmod(c.Portal.Dir, 0o500); err != nil {
				t.Fatal(err)
			}
		}, "portal.dir", "is not writable for this user", false},
		"a password that is not there": {func(t *testing.T, c *Config) {
			c.IMAP.PasswordFile = "$CREDENTIALS_DIRECTORY/none"
		}, "imap.password_file", "no such file", false},
		"a credential without systemd": {func(t *testing.T, c *Config) {
			t.Setenv("CREDENTIALS_DIRECTORY", "")
			c.SMTP.Username = ""
		}, "imap.password_file", "not started by systemd with LoadCredential=imap", false},
		"a variable that is not set": {func(t *testing.T, c *Config) {
			c.SMTP.PasswordFile, c.SMTP.PasswordEnv = "", "REGISTRATURA_TEST_NONE"
		}, "smtp.password_env", "is not set", false},
		"a password that everybody can read": {func(t *testing.T, c *Config) {
			if err := os.Chmod(filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "smtp"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "smtp.password_file", "mode 0644", true},
		"no authorities in the file": {func(t *testing.T, c *Config) {
			c.IMAP.CAFile = filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "imap")
		}, "imap.ca_file", "no PEM certificate", false},
		"authorities that can be read": {func(t *testing.T, c *Config) {
			c.IMAP.CAFile, _ = certificate(t, asIs)
		}, "", "", false},
		"a certificate with the key of another": {func(t *testing.T, c *Config) {
			portalCertificate(t, c, asIs)
			_, c.Portal.TLSKey = certificate(t, asIs)
		}, "portal.tls_cert", "private key does not match", false},
		"a certificate that fits": {func(t *testing.T, c *Config) { portalCertificate(t, c, asIs) }, "", "", false},
		"an expired certificate": {func(t *testing.T, c *Config) {
			portalCertificate(t, c, func(x *x509.Certificate) { x.NotAfter = now.AddDate(0, 0, -1) })
		}, "portal.tls_cert", "expired on 2026-11-22", true},
		"a certificate of tomorrow": {func(t *testing.T, c *Config) {
			portalCertificate(t, c, func(x *x509.Certificate) { x.NotBefore = now.AddDate(0, 0, 1) })
		}, "portal.tls_cert", "valid from 2026-11-24 only", true},
		"a certificate for another name": {func(t *testing.T, c *Config) {
			portalCertificate(t, c, func(x *x509.Certificate) { x.DNSNames = []string{"www.primaria.test"} })
		}, "portal.tls_cert", "not a certificate for extranet.primaria.test", true},
		"a personal certificate": {func(t *testing.T, c *Config) {
			personal(t, c, func(x *x509.Certificate) { x.EmailAddresses = []string{"Primar@primaria.test"} })
		}, "", "", false},
		"a personal certificate of a stranger": {func(t *testing.T, c *Config) {
			personal(t, c, func(x *x509.Certificate) { x.EmailAddresses = []string{"primar@gmail.com"} })
		}, "trust.smime_certificates", "names no address of an approver", true},
		"an authority for personal certificates": {func(t *testing.T, c *Config) {
			file, _ := certificate(t, func(x *x509.Certificate) { x.IsCA, x.BasicConstraintsValid = true, true })
			c.Trust.SMIMEAuthorities = []string{file}
		}, "", "", false},
		"an authority that is none": {func(t *testing.T, c *Config) {
			file, _ := certificate(t, func(x *x509.Certificate) { x.IsCA, x.BasicConstraintsValid = false, true })
			c.Trust.SMIMEAuthorities = []string{file}
		}, "trust.smime_authorities", "no authority's", false},
		"an authority that is not there": {func(t *testing.T, c *Config) {
			c.Trust.SMIMEAuthorities = []string{"/none.pem"}
		}, "trust.smime_authorities", "no such file", false},
		"a personal certificate that is not there": {func(t *testing.T, c *Config) {
			c.Trust.SMIMECertificates = []string{"/none.pem"}
		}, "trust.smime_certificates", "no such file", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := sound(t)
			tt.spoil(t, c)
			faults := Check(c, now)
			switch {
			case tt.key == "" && len(faults) > 0:
				t.Errorf("got %v", faults)
			case tt.key == "":
			case len(faults) != 1 || faults[0].Key != tt.key || faults[0].Warning != tt.warning || !strings.Contains(faults[0].Reason, tt.reason):
				t.Errorf("got %v", faults)
			}
		})
	}
}
