// Package config is the configuration of the daemon: one TOML file, whose
// complete commented example is made from the definitions in this file.
//
// The comments on the exported fields are what the operator reads in the
// example; TestExample writes them there when run with -update. After a change
// here:
//
//	go test ./cmd/registratura/config -run TestExample -update
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Config is everything that the operator can set.
type Config struct {
	Institution Institution  `toml:"institution"`
	Desk        Desk         `toml:"desk"`
	IMAP        IMAP         `toml:"imap"`
	SMTP        SMTP         `toml:"smtp"`
	Trust       Trust        `toml:"trust"`
	Approval    Approval     `toml:"approval"`
	Portal      Portal       `toml:"portal"`
	Review      Review       `toml:"review"`
	Retention   Retention    `toml:"retention"`
	Log         Log          `toml:"log"`
	Monitor     Monitor      `toml:"monitor"`
	Closing     Closing      `toml:"closing"`
	Approvers   []Approver   `toml:"approver"`
	Departments []Department `toml:"department"` // after Load: those of the directory file too

	file   string         // the file that was read; empty: the example
	mode   os.FileMode    // of the file
	lines  map[string]int // where each key stands
	faults Faults         // found while loading

	misread map[string]bool // keys whose values could not be decoded
}

// The city hall.
type Institution struct {
	// Name of the institution, as the mails give it.
	Name string `toml:"name"`
	// The mail domains of the city hall's own people. A partner user with an
	// address in one of them is a mistake in the form.
	Domains []string `toml:"domains"`
	// Time zone in which days begin and end, by its IANA name.
	Timezone string `toml:"timezone"`
	// Addresses of the IT service. It gets a copy of every approved request and
	// word of every failure. "it@..." or "Serviciul TIC <it@...>".
	IT []string `toml:"it"`
	// A .csv or .xlsx file with departments, their heads and addresses, used
	// beside the [[department]] sections below. The first row names the columns:
	// Departament (or Direcție and Serviciu), Face parte din, Șef, E-mail,
	// Prescurtare. Columns of a .csv are separated by ; or , or tabs; its text is
	// UTF-8 or windows-1250. Empty: no such file.
	DirectoryFile string `toml:"directory_file"`
}

// The registry desk: the mailbox that people write to.
type Desk struct {
	// Name that stands beside the address in the mails.
	Name string `toml:"name"`
	// Address of the mailbox.
	Address string `toml:"address"`
	// Whether the mail server delivers desk+anything@ to the mailbox of desk@.
	// If so, answers are recognised also when a mail program drops the thread.
	PlusAddressing bool `toml:"plus_addressing"`
	// How many answers one address gets in a day at most, 1 to 1000, so that two
	// programs never write to each other without end.
	AnswersPerDay int `toml:"answers_per_day"`
	// Folder of the database, writable by the daemon only.
	DataDir string `toml:"data_dir"`
}

// Server is how a mail server is reached; IMAP and SMTP share it.
type Server struct {
	// Server and port.
	Address string `toml:"address"`
	// "tls": encrypted from the first byte; "starttls": encrypted before anything
	// is said, or not at all; "none": plain text, only to this very machine.
	// Certificates are always verified.
	Security string `toml:"security" one:"tls starttls none"`
	// Allows security = "none" to another machine. Passwords and forms can then be
	// read and changed on the way.
	AllowPlaintext bool `toml:"allow_plaintext"`
	// PEM file with certificate authorities to trust beside those of the system.
	CAFile string `toml:"ca_file"`
	// Account on the server.
	Username string `toml:"username"`
	// File that holds the password, in one line. "$CREDENTIALS_DIRECTORY/..."
	// names a credential that systemd passes (LoadCredential=).
	PasswordFile string `toml:"password_file"`
	// Environment variable that holds the password, instead of a file.
	PasswordEnv string `toml:"password_env"`
	// The password itself, instead of a file. Accepted only while nobody but the
	// owner may read this configuration file (mode 0600).
	Inline Secret `toml:"password"`
}

// The mailbox, read over IMAP.
type IMAP struct {
	Server
	// Folder where new mail arrives.
	Folder string `toml:"folder"`
	// How often to look for new mail and begin IDLE anew even if the server
	// announced nothing, 5s to 9m; some servers end IDLE silently after 10 minutes.
	Poll Duration `toml:"poll"`
	// Mails larger than this are answered without being read; 1 MB to 1 GB.
	MaxSize Size    `toml:"max_size"`
	Folders Folders `toml:"folders"`
}

// Where a mail is moved to once it is dealt with; missing folders are made.
// Levels are separated by "/".
type Folders struct {
	// Forms that got a registration number.
	Registered string `toml:"registered"`
	// Replies that decided a request.
	Decided string `toml:"decided"`
	// Mails that were answered in any other way.
	Answered string `toml:"answered"`
	// Automatic mails: out of office, receipts, bounces.
	Automatic string `toml:"automatic"`
	// Mails that wait for a person; IT is told of each.
	SetAside string `toml:"set_aside"`
}

// The server that takes the desk's mails.
type SMTP struct {
	Server
	// How many mails to send in a minute at most. 0: no limit.
	PerMinute int `toml:"per_minute"`
}

// How a mail proves who sent it. A From line alone proves nothing.
type Trust struct {
	// Name that our own mail server gives in its Authentication-Results
	// (RFC 8601). Only the topmost such header with this name is believed.
	// Empty: none is.
	AuthservID string `toml:"authserv_id"`
	// Which results of that header count: "dmarc", "dkim" (of an aligned domain),
	// "auth" (sent by the same account, logged in on our server).
	Accept []string `toml:"accept" one:"dmarc dkim auth"`
	// Whether the desk checks DKIM signatures itself; needs DNS.
	CheckDKIM bool `toml:"check_dkim"`
	// DNS server for that, as address and port. Empty: that of the system.
	Resolver string `toml:"resolver"`
	// "relaxed": a signature of the same organisation's domain counts;
	// "strict": of the very same domain only.
	Alignment string `toml:"alignment" one:"relaxed strict"`
	// PEM files with certificates of approvers and heads of department. A mail
	// signed (S/MIME) with one proves the addresses that are named in it.
	SMIMECertificates []string `toml:"smime_certificates"`
	// PEM files with certificate authorities. A mail signed (S/MIME) with a
	// certificate that one of them issued proves the addresses named in it.
	SMIMEAuthorities []string `toml:"smime_authorities"`
	// What to do with a form whose mail does not prove its sender. "confirm": the
	// head of department is asked by mail whether it is theirs; "any": it is taken
	// as it is, since the approver decides anyway and is told.
	Forms string `toml:"forms" one:"confirm any"`
}

// How requests are approved.
type Approval struct {
	// "any": one approver decides; "all": each must approve, one after the other
	// in the order of the sections [[approver]], and the refusal of one rejects.
	Rule string `toml:"rule" one:"any all"`
	// How long a question to an approver can be answered, 1h to 365d.
	TokenLife Duration `toml:"token_life"`
	// Working days (Monday to Friday, without Romanian public holidays) after which
	// an approver who has not answered is reminded, again after as many, and a
	// third time. 0: never.
	RemindAfter int `toml:"remind_after"`
	// Working days after which the next approver is asked too. 0: never.
	NextAfter int `toml:"next_after"`
	// Working days after which the requester and IT are told that nobody has
	// answered. 0: never.
	TellAfter int `toml:"tell_after"`
	// Working days after which a request that nobody answers, corrects or confirms
	// is closed. 0: never.
	ExpireAfter int `toml:"expire_after"`
	// Whether a bare "da" or "ok" is an approval. If not, the desk asks back.
	AcceptWeak bool `toml:"accept_weak"`
}

// The portal where the shared sites are.
type Portal struct {
	// "extranet": the one that is built in; "manual": an extranet of the city hall
	// on which people of IT make the sites, accounts and rights. They get a work
	// order by mail and answer "gata https://...". Of the keys below only
	// activation_hour and remind_after mean something then.
	Kind string `toml:"kind" one:"extranet manual"`
	// With kind = "manual": working days after which IT is reminded of a work order
	// that nobody has answered, and again after as many. 0: never.
	RemindAfter int `toml:"remind_after"`
	// Address and port to listen on.
	Listen string `toml:"listen"`
	// Address of the portal as people open it, without a path; links in mails
	// begin with it.
	BaseURL string `toml:"base_url"`
	// Folder of the sites' files. Empty: "extranet" in desk.data_dir.
	Dir string `toml:"dir"`
	// PEM files of certificate (with its chain) and key, for HTTPS without a proxy.
	// Restart the daemon after renewing them. Empty: a proxy in front does it.
	TLSCert string `toml:"tls_cert"`
	TLSKey  string `toml:"tls_key"`
	// How long the link works with which a user sets a password, 1h to 90d.
	LinkLife Duration `toml:"link_life"`
	// Largest file that can be uploaded, 1 MB to 1 TB.
	MaxUpload Size `toml:"max_upload"`
	// How much one site may hold, deleted files that can be put back included.
	SiteQuota Size `toml:"site_quota"`
	// Hour at which sites open on their activation date, 0 to 23.
	ActivationHour int `toml:"activation_hour"`
	// Addresses or networks (CIDR) of proxies whose X-Forwarded-For is believed.
	TrustedProxies []string `toml:"trusted_proxies"`
}

// How long personal data are kept, by kind: "90 days", "6 months", "5 years";
// "0" is for ever. The time begins when the data are needed no more: what an open
// request or a standing site needs is kept in any case. Once a day the desk
// purges what is past its time, for good. The register itself (number, date,
// department, partner, status, verdict) is kept for ever, as the law wants it of a
// register. Choose the periods by your own archive nomenclature (Law 16/1996).
type Retention struct {
	// Mails that belong to no request, after they were handled, and what the
	// record says of them.
	OtherMails Period `toml:"other_mails"`
	// Mails and forms of requests that were rejected, withdrawn or expired. Three
	// years are the general limitation period (Civil Code, art. 2517).
	FailedRequests Period `toml:"failed_requests"`
	// Mails of requests whose site is closed, or that a change of access
	// replaced, after that.
	ClosedRequests Period `toml:"closed_requests"`
	// Names and addresses of those who had access to such sites, in the record;
	// and accounts of the portal that are on no site's list any more.
	AccessData Period `toml:"access_data"`
	// The desk's own mails, after they were sent. The record still says that they
	// were, and to whom.
	Notices Period `toml:"notices"`
	// Addresses and mails of answers that were refused because of who sent them:
	// the evidence of an attack.
	Suspicions Period `toml:"suspicions"`
	// Who did what on a site, after they did. "jurnal" by mail tells of the last 90
	// days.
	AccessJournal Period `toml:"access_journal"`
	// Requester, decision and events of requests that ended, beyond the register;
	// delegations. At least as long as all the others of a request.
	Registry Period `toml:"registry"`
}

// How sites that stand are kept in order.
type Review struct {
	// Months after which the head of department is asked who still needs access:
	// after a site was opened, after its access was changed, after the last answer.
	// 0: never.
	EveryMonths int `toml:"every_months"`
	// Working days after which is reminded of that, and again after as many. 0: never.
	RemindAfter int `toml:"remind_after"`
	// Working days after which the head of department and IT are told that access
	// will be suspended. 0: never, and it never is.
	WarnAfter int `toml:"warn_after"`
	// Working days between that and the suspension. Nothing is deleted by it, and
	// a late answer gives access back.
	SuspendAfter int `toml:"suspend_after"`
	// How many days before the end of a legal basis IT is told; on the day itself
	// they are told again, and once a month they get the list of all. 0: none of it.
	BasisWarningDays int `toml:"basis_warning_days"`
}

// How sites are closed. The head of department confirms it by mail; then access
// ends, the files are saved and verified, and after some days the site is deleted.
type Closing struct {
	// Days between the end of access and the deletion, in which IT can undo it:
	// "registratura requests undo N". 1 to 365.
	GraceDays int `toml:"grace_days"`
	// Days for which the head of department can fetch the files by a link, if the
	// form names no archive folder. 1 to 365.
	LinkDays int `toml:"link_days"`
	// Archive folders that a closing form can name, each as "name = folder":
	// ["Arhiva electronică = /srv/arhiva"]. People write the name in the form, in
	// their own spelling. The folder must be there and be writable by the daemon;
	// it may be one of a file server that is mounted. Who may look into it may look
	// into the saved files.
	Folders []string `toml:"folders"`
}

// What the daemon writes to its standard error.
type Log struct {
	// "text": for people; "json": for log collectors.
	Format string `toml:"format" one:"text json"`
	// The least severe messages to write.
	Level string `toml:"level" one:"debug info warn error"`
}

// Answers for monitoring.
type Monitor struct {
	// Loopback address and port for /healthz and /metrics. Empty: neither.
	Listen string `toml:"listen"`
}

// Who may approve requests, one section each, in the order in which they are asked.
type Approver struct {
	// Office, as the mails give it.
	Title string `toml:"title"`
	// Name of the person.
	Name string `toml:"name"`
	// Address. Questions go there, and only answers from there count.
	Address string `toml:"address"`
	// How the mails address the person.
	Salutation string `toml:"salutation"`
	// When the person is away, first and last day: ["2026-12-20/2027-01-05"].
	// Restart the daemon after a change. An approver can also delegate by mail,
	// "deleg viceprimarului până vineri", for 60 days at most.
	Absent []string `toml:"absent"`
	// Address of the approver who is asked meanwhile. Empty: the next one.
	StandIn string `toml:"stand_in"`
}

// The departments and the services in them, one section each. Only their
// heads may ask for sites.
type Department struct {
	// Full name.
	Name string `toml:"name"`
	// For a service: the name of its department.
	Parent string `toml:"parent"`
	// Name of the head of the department.
	Head string `toml:"head"`
	// Address of the head. For a service it may be left out: then only the head
	// of its department answers for it.
	Address string `toml:"address"`
	// Other names that people write in the form.
	Aliases []string `toml:"aliases"`

	row *row // of the directory file; nil: it stands in the configuration
}

// Default is the configuration with nothing but its defaults.
func Default() *Config {
	return &Config{
		Institution: Institution{Timezone: "Europe/Bucharest"},
		Desk: Desk{
			Name:          "Registratura site-uri de colaborare",
			AnswersPerDay: 20,
			DataDir:       "/var/lib/registratura",
		},
		IMAP: IMAP{
			Server:  Server{Security: "tls"},
			Folder:  "INBOX",
			Poll:    Duration(time.Minute),
			MaxSize: 25 * megabyte,
			Folders: Folders{
				Registered: "Înregistrate", Decided: "Decizii", Answered: "Cu răspuns",
				Automatic: "Automate", SetAside: "De văzut",
			},
		},
		SMTP:     SMTP{Server: Server{Security: "starttls"}},
		Trust:    Trust{Accept: []string{"dmarc", "dkim", "auth"}, CheckDKIM: true, Alignment: "relaxed", Forms: "confirm"},
		Approval: Approval{Rule: "any", TokenLife: Duration(30 * day), RemindAfter: 3, NextAfter: 5, TellAfter: 8, ExpireAfter: 20},
		Portal: Portal{
			Kind: "extranet", Listen: "127.0.0.1:8080",
			LinkLife: Duration(7 * day), MaxUpload: 4 * gigabyte, SiteQuota: 20 * gigabyte, ActivationHour: 7, RemindAfter: 2,
		},
		Retention: Retention{
			OtherMails: "1 year", FailedRequests: "3 years", ClosedRequests: "3 years", AccessData: "5 years", Notices: "1 year", Suspicions: "3 years",
			AccessJournal: "1 year", Registry: "10 years",
		},
		Review:  Review{EveryMonths: 12, RemindAfter: 5, WarnAfter: 15, SuspendAfter: 10, BasisWarningDays: 30},
		Closing: Closing{GraceDays: 30, LinkDays: 60},
		Log:     Log{Format: "text", Level: "info"},
	}
}

// Load reads the configuration file and the directory file that it names. If
// anything in them is wrong the error is a [Faults] with everything that is.
// What only the machine can tell (files, secrets, folders) is left to [Check].
// Paths in the file are relative to its folder.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	c := parse(path, string(data))
	c.mode = info.Mode()
	c.resolvePaths(filepath.Dir(path))
	c.readDirectoryFile()
	return c, c.judge()
}

// judge adds what can be said from the values alone, and fails on errors.
func (c *Config) judge() error {
	if c.faults.fatal() {
		return c.faults // not even TOML: nothing else can be said
	}
	c.checkValues()
	c.sortFaults()
	return c.faults.Err()
}

// resolvePaths makes the paths in c relative to dir.
func (c *Config) resolvePaths(dir string) {
	paths := []*string{
		&c.Institution.DirectoryFile, &c.Desk.DataDir, &c.Portal.Dir, &c.Portal.TLSCert, &c.Portal.TLSKey,
		&c.IMAP.CAFile, &c.IMAP.PasswordFile, &c.SMTP.CAFile, &c.SMTP.PasswordFile,
	}
	for i := range c.Trust.SMIMECertificates {
		paths = append(paths, &c.Trust.SMIMECertificates[i])
	}
	for i := range c.Trust.SMIMEAuthorities {
		paths = append(paths, &c.Trust.SMIMEAuthorities[i])
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) && !strings.HasPrefix(*p, "$") {
			*p = filepath.Join(dir, *p)
		}
	}
	for i, text := range c.Closing.Folders {
		if name, folder, ok := cutFolder(text); ok && !filepath.IsAbs(folder) {
			c.Closing.Folders[i] = name + " = " + filepath.Join(dir, folder)
		}
	}
}
