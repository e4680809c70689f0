package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Check says everything that is wrong or doubtful in the configuration: what
// [Load] found, and what only this machine can tell, as the user whom the
// daemon runs under: whether files can be read, folders written, secrets found,
// and certificates fit at the time now. It changes nothing.
func Check(c *Config, now time.Time) Faults {
	probe := *c
	probe.faults = slices.Clone(c.faults)
	if probe.faults.fatal() {
		return probe.faults
	}
	probe.checkFolder("desk.data_dir", c.Desk.DataDir)
	probe.checkFolder("portal.dir", c.SitesDir())
	for _, a := range c.ArchiveFolders() {
		if _, err := os.Stat(a.Folder); err != nil {
			probe.fault("closing.folders", show(a.Folder), "cannot be used: "+err.Error(), "make the folder, or mount it")
			continue
		}
		probe.checkFolder("closing.folders", a.Folder)
	}
	probe.checkSecrets("imap", &c.IMAP.Server)
	probe.checkSecrets("smtp", &c.SMTP.Server)
	probe.checkPortalCertificate(now)
	probe.checkPersonalCertificates(now)
	probe.checkAuthorities(now)
	probe.sortFaults()
	return probe.faults
}

// checkFolder finds out whether the folder can be written to, or made.
func (c *Config) checkFolder(key, dir string) {
	if dir == "" {
		return // said already
	}
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if errors.Is(err, fs.ErrNotExist) && at != filepath.Dir(at) {
			continue // it will be made in the folder above
		}
		const write = 2 | 1 // W_OK|X_OK of access(2)
		switch {
		case err != nil:
			c.fault(key, show(dir), "cannot be used: "+err.Error(), "write a folder that the daemon may write to")
		case !info.IsDir():
			c.fault(key, show(dir), "cannot be used: "+at+" is not a folder", "write a folder")
		case syscall.Access(at, write) != nil:
			c.fault(key, show(dir), "cannot be used: "+at+" is not writable for this user", "write a folder that the daemon may write to")
		}
		return
	}
}

// checkSecrets reads what a connection to the server needs.
func (c *Config) checkSecrets(section string, s *Server) {
	if s.Username != "" {
		key := section + ".password_file"
		if s.PasswordFile == "" {
			key = section + ".password_env"
		}
		if _, err := s.Password(); err != nil {
			instead := "put the password there, in one line"
			if errors.Is(err, errNoCredentials) {
				instead = "to check by hand, set it to the folder of the credentials"
			}
			c.fault(key, "", err.Error(), instead)
		}
	}
	if path, err := expandCredential(s.PasswordFile); s.PasswordFile != "" && err == nil {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o007 != 0 {
			c.warn(section+".password_file", show(s.PasswordFile),
				fmt.Sprintf("everybody on this machine may read or change it (mode %04o)", info.Mode().Perm()), "chmod 0600 "+path)
		}
	}
	if s.CAFile != "" {
		if _, err := readCertificates(s.CAFile); err != nil {
			c.fault(section+".ca_file", show(s.CAFile), err.Error(), "write the path of a PEM file with certificates")
		}
	}
}

func (c *Config) checkPortalCertificate(now time.Time) {
	p := &c.Portal
	if p.TLSCert == "" || p.TLSKey == "" || p.Manual() {
		return
	}
	conf, err := p.TLSConfig()
	if err != nil {
		c.fault("portal.tls_cert", show(p.TLSCert), err.Error(), "write the paths of a certificate and its key, both PEM")
		return
	}
	leaf := conf.Certificates[0].Leaf
	c.checkValidity("portal.tls_cert", p.TLSCert, leaf, now)
	if u, err := url.Parse(p.BaseURL); err == nil && u.Hostname() != "" && leaf.VerifyHostname(u.Hostname()) != nil {
		c.warn("portal.tls_cert", show(p.TLSCert), "is not a certificate for "+u.Hostname(), "correct it, or portal.base_url")
	}
}

func (c *Config) checkValidity(key, file string, cert *x509.Certificate, now time.Time) {
	switch {
	case now.After(cert.NotAfter):
		c.warn(key, show(file), "expired on "+cert.NotAfter.Format(time.DateOnly), "renew it")
	case now.Before(cert.NotBefore):
		c.warn(key, show(file), "is valid from "+cert.NotBefore.Format(time.DateOnly)+" only", "check the clock of this machine")
	}
}

// checkAuthorities wants certificates of authorities.
func (c *Config) checkAuthorities(now time.Time) {
	const key = "trust.smime_authorities"
	for _, file := range c.Trust.SMIMEAuthorities {
		certs, err := readCertificates(file)
		if err != nil {
			c.fault(key, show(file), err.Error(), "write the path of a PEM file with certificates")
			continue
		}
		for _, cert := range certs {
			c.checkValidity(key, file, cert, now)
			if !cert.IsCA {
				c.fault(key, show(file), "holds a certificate that is no authority's", "name it in trust.smime_certificates if it is a person's")
			}
		}
	}
}

// checkPersonalCertificates wants every certificate to be somebody's who can
// ask or decide.
func (c *Config) checkPersonalCertificates(now time.Time) {
	const key = "trust.smime_certificates"
	directory := c.Directory()
	for _, file := range c.Trust.SMIMECertificates {
		certs, err := readCertificates(file)
		if err != nil {
			c.fault(key, show(file), err.Error(), "write the path of a PEM file with certificates")
			continue
		}
		for _, cert := range certs {
			c.checkValidity(key, file, cert, now)
			if !slices.ContainsFunc(cert.EmailAddresses, func(a string) bool { return directory.Knows(lower(a)) }) {
				c.warn(key, show(file), "names no address of an approver or head of department, so it proves nothing",
					"use a certificate that names the person's address")
			}
		}
	}
}
