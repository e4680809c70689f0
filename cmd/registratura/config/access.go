package config

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // the daemon may run where the system has no time zones

	"registratura/forms"
	"registratura/intake"
)

// Directory is who is who in the city hall.
func (c *Config) Directory() intake.Directory {
	d := intake.Directory{Institution: c.Institution.Name, Domains: c.Institution.Domains}
	for _, dep := range c.Departments {
		d.Departments = append(d.Departments, intake.Department{
			Department: forms.Department{Name: dep.Name, Parent: dep.Parent, Aliases: dep.Aliases},
			Head:       intake.Person{Name: dep.Head, Address: dep.Address},
		})
	}
	for _, a := range c.Approvers {
		name := a.Name
		if name == "" {
			name = a.Title
		}
		d.Approvers = append(d.Approvers, intake.Approver{
			Person: intake.Person{Name: name, Address: a.Address}, Title: a.Title, Salutation: a.Salutation,
			Absent: a.absent(), StandIn: a.StandIn,
		})
	}
	for _, s := range c.Institution.IT {
		d.IT = append(d.IT, person(s))
	}
	return d
}

// DeskPerson is the desk as a sender and a recipient of mails.
func (c *Config) DeskPerson() intake.Person {
	return intake.Person{Name: c.Desk.Name, Address: c.Desk.Address}
}

// Location is the city hall's time zone. Load has made sure that there is one.
func (c *Config) Location() *time.Location {
	loc, err := time.LoadLocation(c.Institution.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// DatabaseFile is the path of the database.
func (c *Config) DatabaseFile() string { return filepath.Join(c.Desk.DataDir, "registratura.db") }

// ManualPortalFile is the path of the manual portal's database.
func (c *Config) ManualPortalFile() string { return filepath.Join(c.Desk.DataDir, "manual.db") }

// Manual reports whether people of IT do the portal's work.
func (p *Portal) Manual() bool { return p.Kind == "manual" }

// SitesDir is the folder of the sites' files.
func (c *Config) SitesDir() string {
	if c.Portal.Dir != "" {
		return c.Portal.Dir
	}
	return filepath.Join(c.Desk.DataDir, "extranet")
}

// ArchiveFolder is a folder that a closing form can name.
type ArchiveFolder struct{ Name, Folder string }

// ArchiveFolders lists them.
func (c *Config) ArchiveFolders() []ArchiveFolder {
	var list []ArchiveFolder
	for _, text := range c.Closing.Folders {
		if name, folder, ok := cutFolder(text); ok {
			list = append(list, ArchiveFolder{name, folder})
		}
	}
	return list
}

// cutFolder takes "name = folder" apart.
func cutFolder(text string) (name, folder string, ok bool) {
	name, folder, ok = strings.Cut(text, "=")
	name, folder = oneLine(name), strings.TrimSpace(folder)
	return name, folder, ok && name != "" && folder != ""
}

// ExportsDir is the folder of the files of closed sites that are fetched by a link.
func (c *Config) ExportsDir() string { return filepath.Join(c.Desk.DataDir, "exports") }

// DeskKeyFile is the file of the key by which the desk signs exports.
func (c *Config) DeskKeyFile() string { return filepath.Join(c.Desk.DataDir, "desk-key.pem") }

// ByFate names the folder of each fate of a mail.
func (f *Folders) ByFate() map[intake.Fate]string {
	return map[intake.Fate]string{
		intake.FateRegistered: f.Registered,
		intake.FateDecided:    f.Decided,
		intake.FateAnswered:   f.Answered,
		intake.FateAutomatic:  f.Automatic,
		intake.FateSetAside:   f.SetAside,
	}
}

// Password reads the password of the account; empty if there is none.
func (s *Server) Password() (string, error) {
	switch {
	case s.PasswordFile != "":
		path, err := expandCredential(s.PasswordFile)
		if err != nil {
			return "", err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		password := strings.TrimRight(string(data), "\r\n")
		if password == "" || strings.ContainsAny(password, "\r\n\x00") {
			return "", fmt.Errorf("reading the password: %s does not hold exactly one line", path)
		}
		return password, nil
	case s.PasswordEnv != "":
		password := os.Getenv(s.PasswordEnv)
		if password == "" {
			// Its name is not said: it may be the password, put in the wrong place.
			return "", errors.New("reading the password: the environment variable that password_env names is not set")
		}
		return password, nil
	default:
		return string(s.Inline), nil
	}
}

// credentials is the variable in which systemd names the folder of the
// credentials that it passes to a service (systemd.exec(5)).
const credentials = "CREDENTIALS_DIRECTORY"

var errNoCredentials = errors.New(credentials + " is not set: the daemon was not started by systemd")

// expandCredential puts the folder of systemd's credentials into a path. Other
// variables are not known.
func expandCredential(path string) (string, error) {
	for _, prefix := range []string{"$" + credentials, "${" + credentials + "}"} {
		if rest, ok := strings.CutPrefix(path, prefix+"/"); ok {
			dir := os.Getenv(credentials)
			if dir == "" {
				return "", fmt.Errorf("%w with LoadCredential=%s", errNoCredentials, rest)
			}
			return filepath.Join(dir, rest), nil
		}
	}
	return path, nil
}

// TLSConfig is what a connection to the server must meet; nil where it is not
// encrypted.
func (s *Server) TLSConfig() (*tls.Config, error) {
	if s.Security == "none" {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, fmt.Errorf("reading the address of the server: %w", err)
	}
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if s.CAFile == "" {
		return conf, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // no authorities on this system: those of the file alone
	}
	data, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authorities: %w", err)
	}
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("reading the certificate authorities: %s holds no PEM certificate", s.CAFile)
	}
	conf.RootCAs = pool
	return conf, nil
}

// TLSConfig serves HTTPS; nil where a proxy in front does.
func (p *Portal) TLSConfig() (*tls.Config, error) {
	if p.TLSCert == "" {
		return nil, nil
	}
	var paths [2]string
	for i, path := range []string{p.TLSCert, p.TLSKey} {
		var err error
		if paths[i], err = expandCredential(path); err != nil {
			return nil, fmt.Errorf("reading the portal's certificate: %w", err)
		}
	}
	cert, err := tls.LoadX509KeyPair(paths[0], paths[1])
	if err != nil {
		return nil, fmt.Errorf("reading the portal's certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}

// Proxies is TrustedProxies, a single address as a network of one.
func (p *Portal) Proxies() ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for _, s := range p.TrustedProxies {
		n, err := parseNetwork(s)
		if err != nil {
			return nil, err
		}
		nets = append(nets, n)
	}
	return nets, nil
}

func parseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	n, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, errors.New("is neither an address nor a network")
	}
	return n, nil
}

// Certificates reads the S/MIME certificates of people.
func (t *Trust) Certificates() ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for _, path := range t.SMIMECertificates {
		certs, err := readCertificates(path)
		if err != nil {
			return nil, err
		}
		all = append(all, certs...)
	}
	return all, nil
}

// Authorities reads the S/MIME certificate authorities; nil if none is named.
func (t *Trust) Authorities() (*x509.CertPool, error) {
	if len(t.SMIMEAuthorities) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	for _, path := range t.SMIMEAuthorities {
		certs, err := readCertificates(path)
		if err != nil {
			return nil, err
		}
		for _, cert := range certs {
			pool.AddCert(cert)
		}
	}
	return pool, nil
}

func readCertificates(path string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading certificates: %w", err)
	}
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading certificates: %s: %w", path, err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, fmt.Errorf("reading certificates: %s holds no PEM certificate", path)
	}
	return certs, nil
}

// DNS is the resolver for checking DKIM signatures.
func (t *Trust) DNS() *net.Resolver {
	if t.Resolver == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, t.Resolver)
		},
	}
}

// Handler writes log records to w as the operator wants them.
func (l *Log) Handler(w io.Writer) slog.Handler {
	var opts slog.HandlerOptions
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err == nil {
		opts.Level = level
	}
	if l.Format == "json" {
		return slog.NewJSONHandler(w, &opts)
	}
	return slog.NewTextHandler(w, &opts)
}
