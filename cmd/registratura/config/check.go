package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkValues puts addresses into one shape and finds what is wrong in the
// values, without looking at the machine.
func (c *Config) checkValues() {
	c.normalise()
	c.checkInstitution()
	c.checkDesk()
	c.checkIMAP()
	c.checkSMTP()
	c.checkTrust()
	for _, wait := range []struct {
		key   string
		value int
	}{{"remind_after", c.Approval.RemindAfter}, {"next_after", c.Approval.NextAfter}, {"tell_after", c.Approval.TellAfter}, {"expire_after", c.Approval.ExpireAfter}} {
		c.checkNumber("approval."+wait.key, wait.value, 0, 250)
	}
	c.checkRange("approval.token_life", c.Approval.TokenLife, time.Hour, 365*day)
	c.checkPortal()
	c.checkNumber("review.every_months", c.Review.EveryMonths, 0, 120)
	c.checkNumber("review.remind_after", c.Review.RemindAfter, 0, 250)
	c.checkNumber("review.warn_after", c.Review.WarnAfter, 0, 250)
	c.checkNumber("review.suspend_after", c.Review.SuspendAfter, 1, 250)
	c.checkNumber("review.basis_warning_days", c.Review.BasisWarningDays, 0, 365)
	c.checkRetention()
	c.checkClosing()
	c.checkMonitor()
	c.checkApprovers()
	c.checkDepartments()
}

func (c *Config) normalise() {
	for i, d := range c.Institution.Domains {
		c.Institution.Domains[i] = strings.TrimPrefix(lower(d), "@")
	}
	c.Desk.Address = lower(c.Desk.Address)
	c.Portal.BaseURL = strings.TrimRight(c.Portal.BaseURL, "/")
	for i := range c.Approvers {
		c.Approvers[i].Address = lower(c.Approvers[i].Address)
		c.Approvers[i].StandIn = lower(c.Approvers[i].StandIn)
	}
	for i := range c.Departments {
		d := &c.Departments[i]
		d.Address = lower(d.Address)
		d.Name, d.Parent = oneLine(d.Name), oneLine(d.Parent)
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// required reports a value that is missing.
func (c *Config) required(key, value, instead string) bool {
	if strings.TrimSpace(value) == "" {
		c.fault(key, "", "is missing", instead)
		return false
	}
	return true
}

const writeAddress = `write it like "nume@primarie.ro"`

// address checks an addr-spec that must be there.
func (c *Config) address(key, value string) bool {
	if err := checkAddress(value); err != nil {
		shown := ""
		if value != "" {
			shown = show(value)
		}
		c.fault(key, shown, err.Error(), writeAddress)
		return false
	}
	return true
}

// ownAddress checks an address that should be the city hall's.
func (c *Config) ownAddress(key, value string) bool {
	if !c.address(key, value) {
		return false
	}
	if len(c.Institution.Domains) > 0 && !inDomains(value, c.Institution.Domains) {
		c.warn(key, show(value), "is in none of the city hall's domains", "correct it, or add its domain to institution.domains")
	}
	return true
}

func (c *Config) checkRange(key string, value Duration, least, most time.Duration) {
	if d := time.Duration(value); d < least || d > most {
		c.fault(key, show(value.String()), "is out of range",
			fmt.Sprintf("write at least %s and at most %s", Duration(least), Duration(most)))
	}
}

func (c *Config) checkNumber(key string, value, least, most int) {
	if value < least || value > most {
		c.fault(key, strconv.Itoa(value), "is out of range", fmt.Sprintf("write at least %d and at most %d", least, most))
	}
}

func (c *Config) checkSize(key string, value, least, most Size) {
	if value < least || value > most {
		c.fault(key, show(value.String()), "is out of range", fmt.Sprintf("write at least %s and at most %s", least, most))
	}
}

func (c *Config) checkInstitution() {
	in := &c.Institution
	c.required("institution.name", in.Name, `write the name of the city hall, "Primăria ..."`)
	if len(in.Domains) == 0 {
		c.fault("institution.domains", "", "is missing", `write the city hall's mail domains, ["primarie.ro"]`)
	}
	for i, d := range in.Domains {
		if err := checkDomain(d); err != nil {
			c.fault("institution.domains", show(d), "is not a mail domain", `write it like "primarie.ro"`)
		} else if slices.Contains(in.Domains[:i], d) {
			c.fault("institution.domains", show(d), "stands there twice", "leave one out")
		} else if top := d[strings.LastIndexByte(d, '.')+1:]; slices.Contains([]string{"test", "example", "invalid"}, top) {
			// RFC 2606, 2
			c.warn("institution.domains", show(d), "is reserved for examples: no mail arrives there", "write the city hall's own domain")
		}
	}
	if _, err := time.LoadLocation(in.Timezone); err != nil || in.Timezone == "" || in.Timezone == "Local" {
		c.fault("institution.timezone", show(in.Timezone), "is not an IANA time zone", `write "Europe/Bucharest"`)
	}
	if len(in.IT) == 0 {
		c.fault("institution.it", "", "is missing", `write the addresses of the IT service, ["it@primarie.ro"]`)
	}
	var seen []string
	for _, s := range in.IT {
		p := person(s)
		if !c.ownAddress("institution.it", p.Address) {
			continue
		}
		if slices.Contains(seen, p.Address) {
			c.fault("institution.it", show(s), "stands there twice", "leave one out")
		}
		seen = append(seen, p.Address)
		c.notDesk("institution.it", p.Address)
	}
}

// notDesk refuses the desk's own address, since the desk would write to itself.
func (c *Config) notDesk(key, address string) {
	if address == c.Desk.Address {
		c.fault(key, show(address), "is the address of the desk itself", "write a person's address")
	}
}

func (c *Config) checkDesk() {
	d := &c.Desk
	c.required("desk.name", d.Name, "write the name that stands beside the desk's address")
	if c.ownAddress("desk.address", d.Address) {
		local, _, _ := cutLast(d.Address, "@")
		if d.PlusAddressing && strings.Contains(local, "+") {
			c.fault("desk.address", show(d.Address), "already has a plus part, which plus_addressing adds to it",
				"write the address without it, or plus_addressing = false")
		}
	}
	c.checkNumber("desk.answers_per_day", d.AnswersPerDay, 1, 1_000_000)
	c.required("desk.data_dir", d.DataDir, `write a folder, "/var/lib/registratura"`)
}

func (c *Config) checkIMAP() {
	m := &c.IMAP
	c.checkServer("imap", &m.Server, `write server and port, "mail.primarie.ro:993"`)
	c.required("imap.username", m.Username, "write the account of the mailbox")
	c.required("imap.folder", m.Folder, `write "INBOX"`)
	c.checkRange("imap.poll", m.Poll, 5*time.Second, 9*time.Minute)
	c.checkSize("imap.max_size", m.MaxSize, megabyte, gigabyte)

	folders := map[string]string{strings.ToLower(m.Folder): "imap.folder"}
	for _, f := range []struct{ key, name string }{
		{"registered", m.Folders.Registered}, {"decided", m.Folders.Decided}, {"answered", m.Folders.Answered},
		{"automatic", m.Folders.Automatic}, {"set_aside", m.Folders.SetAside},
	} {
		key := "imap.folders." + f.key
		if !c.required(key, f.name, "write the name of a folder") {
			continue
		}
		if other, ok := folders[strings.ToLower(f.name)]; ok {
			c.fault(key, show(f.name), "is the folder of "+other+" too", "write a folder of its own")
		}
		folders[strings.ToLower(f.name)] = key
	}
}

func (c *Config) checkSMTP() {
	s := &c.SMTP
	c.checkServer("smtp", &s.Server, `write server and port, "mail.primarie.ro:587"`)
	c.checkNumber("smtp.per_minute", s.PerMinute, 0, 100000)
}

// checkServer judges the keys that IMAP and SMTP share.
func (c *Config) checkServer(section string, s *Server, writeServer string) {
	key := func(name string) string { return section + "." + name }
	host, port, ok := c.hostPort(key("address"), s.Address, writeServer)
	if ok && host == "" {
		c.fault(key("address"), show(s.Address), "names no server", writeServer)
	}
	if ok && s.Security == "none" && !s.AllowPlaintext && !isLoopback(host) {
		c.fault(key("security"), show(s.Security), "would send the password in plain text to "+host,
			`write "tls" or "starttls"; if it must be, allow_plaintext = true`)
	}
	usual := map[string]string{"993": "tls", "465": "tls", "143": "starttls", "587": "starttls", "25": "starttls"}
	if want := usual[port]; ok && want != "" && s.Security != "none" && s.Security != want {
		c.warn(key("security"), show(s.Security), "is unusual on port "+port, fmt.Sprintf("%q is usual there", want))
	}

	var given []string
	for _, way := range []struct{ key, value string }{
		{"password_file", s.PasswordFile}, {"password_env", s.PasswordEnv}, {"password", string(s.Inline)},
	} {
		if way.value != "" {
			given = append(given, way.key)
		}
	}
	switch {
	case len(given) > 1:
		c.fault(key(given[1]), "", "the password is also given by "+key(given[0]), "keep one of them")
	case len(given) == 0 && s.Username != "":
		c.fault(key("password_file"), "", "is missing: the account has no password",
			`write the path of a file that holds it, "$CREDENTIALS_DIRECTORY/`+section+`"`)
	case len(given) == 1 && s.Username == "" && section == "smtp":
		c.fault(key("username"), "", "is missing, though there is a password", "write the account on the server")
	}
	if s.Inline != "" && c.mode.Perm()&0o077 != 0 {
		c.fault(key("password"), "", fmt.Sprintf("others may read this file (mode %04o)", c.mode.Perm()),
			"use password_file, or chmod 0600 "+c.file)
	}
	if strings.ContainsAny(s.PasswordEnv, "=$ ") {
		c.fault(key("password_env"), "", "is not the name of an environment variable", `write the name alone, like "IMAP_PASSWORD"`)
	}
}

// hostPort checks "host:port"; the host may be empty.
func (c *Config) hostPort(key, value, instead string) (host, port string, ok bool) {
	if !c.required(key, value, instead) {
		return "", "", false
	}
	host, port, err := net.SplitHostPort(value)
	n, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil || n == 0 || strings.ContainsAny(host, "/@ ") {
		c.fault(key, show(value), "is not host:port", instead)
		return "", "", false
	}
	return host, port, true
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (c *Config) checkTrust() {
	t := &c.Trust
	if strings.ContainsAny(t.AuthservID, " \t\";()") {
		c.fault("trust.authserv_id", show(t.AuthservID), "is not the name of a mail server", `write the name alone, like "mx.primarie.ro"`)
	}
	if t.AuthservID != "" && len(t.Accept) == 0 {
		c.fault("trust.accept", "", "is empty: nothing that "+t.AuthservID+" finds would count", `write ["dmarc", "dkim", "auth"], or leave authserv_id empty`)
	}
	if t.AuthservID == "" && !t.CheckDKIM && len(t.SMIMECertificates)+len(t.SMIMEAuthorities) == 0 {
		c.warn("trust", "", "no mail can prove its sender, so every decision is asked for twice", "set authserv_id or check_dkim")
	}
	if t.Resolver != "" {
		c.hostPort("trust.resolver", t.Resolver, `write address and port, "127.0.0.1:53"`)
	}
}

func (c *Config) checkPortal() {
	p := &c.Portal
	c.checkNumber("portal.activation_hour", p.ActivationHour, 0, 23)
	c.checkNumber("portal.remind_after", p.RemindAfter, 0, 250)
	if p.Manual() {
		return // nothing of it runs here
	}
	listenHost, _, listens := c.hostPort("portal.listen", p.Listen, `write address and port, "127.0.0.1:8080"`)

	const writeURL = `write it like "https://extranet.primarie.ro"`
	if c.required("portal.base_url", p.BaseURL, writeURL) {
		u, err := url.Parse(p.BaseURL)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
			c.fault("portal.base_url", show(p.BaseURL), "is not a complete web address", writeURL)
		case u.User != nil:
			c.fault("portal.base_url", "", "holds a user name", writeURL)
		case strings.Trim(u.Path, "/") != "":
			c.fault("portal.base_url", show(p.BaseURL), "has a path", writeURL)
		case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
			c.fault("portal.base_url", show(p.BaseURL), "has a query or a fragment", writeURL)
		case u.Scheme == "http" && p.TLSCert != "":
			c.fault("portal.base_url", show(p.BaseURL), "is http, though tls_cert is set", `write "https://..."`)
		case u.Scheme == "http" && !isLoopback(u.Hostname()):
			c.warn("portal.base_url", show(p.BaseURL), "passwords would cross the network in plain text", `write "https://..."`)
		case u.Scheme == "https" && p.TLSCert == "" && listens && !isLoopback(listenHost) && len(p.TrustedProxies) == 0:
			c.warn("portal.listen", show(p.Listen), "is open to the network without encryption, and no proxy is named",
				"set tls_cert and tls_key, or listen on a loopback address behind a proxy")
		}
	}
	if (p.TLSCert == "") != (p.TLSKey == "") {
		key := "portal.tls_key"
		if p.TLSCert == "" {
			key = "portal.tls_cert"
		}
		c.fault(key, "", "is missing: certificate and key go together", "write the path of the PEM file")
	}
	c.checkRange("portal.link_life", p.LinkLife, time.Hour, 90*day)
	c.checkSize("portal.max_upload", p.MaxUpload, megabyte, 1000*gigabyte)
	c.checkSize("portal.site_quota", p.SiteQuota, p.MaxUpload, 1000*1000*gigabyte)
	for _, s := range p.TrustedProxies {
		if n, err := parseNetwork(s); err != nil {
			c.fault("portal.trusted_proxies", show(s), err.Error(), `write it like "127.0.0.1" or "10.0.0.0/8"`)
		} else if n.Bits() == 0 {
			c.fault("portal.trusted_proxies", show(s), "trusts the whole world", "name the proxies")
		}
	}
}

func (c *Config) checkClosing() {
	c.checkNumber("closing.grace_days", c.Closing.GraceDays, 1, 365)
	c.checkNumber("closing.link_days", c.Closing.LinkDays, 1, 365)
	var seen []string
	for _, text := range c.Closing.Folders {
		name, _, ok := cutFolder(text)
		if !ok {
			c.fault("closing.folders", show(text), "is not a name and a folder", `write "Arhiva electronică = /srv/arhiva"`)
			continue
		}
		if slices.Contains(seen, lower(name)) {
			c.fault("closing.folders", show(text), "has the name of another folder", "write a name of its own")
		}
		seen = append(seen, lower(name))
	}
}

func (c *Config) checkMonitor() {
	if c.Monitor.Listen == "" {
		return
	}
	const instead = `write a loopback address and port, "127.0.0.1:9090"`
	host, _, ok := c.hostPort("monitor.listen", c.Monitor.Listen, instead)
	switch {
	case !ok:
	case !isLoopback(host):
		c.fault("monitor.listen", show(c.Monitor.Listen), "is not a loopback address", instead)
	case c.Monitor.Listen == c.Portal.Listen && !c.Portal.Manual():
		c.fault("monitor.listen", show(c.Monitor.Listen), "is the address of portal.listen too", "write another port")
	}
}
