package realhost

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"registratura/intake/mailbox/mailhost"
)

const postfixDaemons = "/usr/lib/postfix/sbin" // of Debian

// mainCf lets in those who logged in by Dovecot's SASL, holds them to their own
// envelope senders, and delivers to Dovecot only. The stamp is prepended under a
// secret name: header_checks, which drop every Authentication-Results that comes
// in from outside, see the prepended fields, too, and give the stamp its name.
const mainCf = `
compatibility_level = 3.6
queue_directory = DIR/postfix/queue
data_directory = DIR/postfix/data
daemon_directory = DAEMONS
mail_owner = postfix
setgid_group = postdrop
maillog_file = DIR/postfix.log
maillog_file_prefixes = DIR
myhostname = HOSTNAME
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
mynetworks_style = host
disable_dns_lookups = yes
smtputf8_enable = no
in_flow_delay = 0
message_size_limit = 67108864
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:AUTH
smtpd_sasl_security_options = noanonymous
smtpd_sender_login_maps = texthash:DIR/postfix/logins
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_sender_restrictions = SENDERS
smtpd_relay_restrictions = reject_unauth_destination
smtpd_data_restrictions = check_sasl_access texthash:DIR/postfix/stamps
smtpd_client_connection_count_limit = 0
virtual_mailbox_domains = DOMAINS
virtual_mailbox_maps = texthash:DIR/postfix/mailboxes
virtual_transport = lmtp:inet:LMTP
recipient_delimiter = +
header_checks = regexp:DIR/postfix/header_checks
nested_header_checks =
mime_header_checks =
`

const masterCf = `
SMTP     inet       n  -  n  -     -  smtpd
cleanup  unix       n  -  n  -     0  cleanup
qmgr     unix       n  -  n  300   1  qmgr
rewrite  unix       -  -  n  -     -  trivial-rewrite
bounce   unix       -  -  n  -     0  bounce
defer    unix       -  -  n  -     0  bounce
trace    unix       -  -  n  -     0  bounce
verify   unix       -  -  n  -     1  verify
flush    unix       n  -  n  1000? 0  flush
proxymap unix       -  -  n  -     -  proxymap
showq    unix       n  -  n  -     -  showq
error    unix       -  -  n  -     -  error
retry    unix       -  -  n  -     -  error
discard  unix       -  -  n  -     -  discard
lmtp     unix       -  -  n  -     -  lmtp
anvil    unix       -  -  n  -     1  anvil
scache   unix       -  -  n  -     1  scache
postlog  unix-dgram n  -  n  -     1  postlogd
`

func (s *servers) startPostfix() (stop func()) {
	s.t.Helper()
	owner, err := user.Lookup("postfix")
	if err != nil {
		s.t.Fatal(err)
	}
	group, err := user.LookupGroup("postdrop")
	if err != nil {
		s.t.Fatal(err)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	drop, _ := strconv.Atoi(group.Gid)
	makeDir := func(path string, mode os.FileMode, uid, gid int) {
		path = filepath.Join(s.dir, "postfix", path)
		if err := errors.Join(os.MkdirAll(path, mode), os.Chown(path, uid, gid), os.Chmod(path, mode)); err != nil {
			s.t.Fatal(err)
		}
	}
	// What "postfix check" would make, in a second and more.
	makeDir("queue", 0o755, 0, 0)
	makeDir("queue/pid", 0o755, 0, 0)
	for _, d := range []string{"active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"} {
		makeDir("queue/"+d, 0o700, uid, 0)
	}
	makeDir("queue/maildrop", 0o730, uid, drop)
	makeDir("queue/public", 0o710, uid, drop)
	makeDir("data", 0o700, uid, 0)

	var logins, mailboxes, stamps strings.Builder
	var domains []string
	secret := "X-Stamp-" + rand.Text()
	for _, a := range s.config.Accounts {
		fmt.Fprintf(&logins, "%s %s\n", a.Address, a.Address)
		fmt.Fprintf(&mailboxes, "%s x\n", a.Address)
		fmt.Fprintf(&stamps, "%s PREPEND %s: %s; auth=pass smtp.auth=%s\n", a.Address, secret, s.config.Hostname, a.Address)
		_, domain, _ := strings.Cut(a.Address, "@")
		domains = append(domains, domain)
	}
	for _, address := range s.config.Bounces {
		fmt.Fprintf(&mailboxes, "%s x\n", address)
	}
	slices.Sort(domains)
	senders := "reject_sender_login_mismatch"
	if s.config.AllowAnyFrom {
		senders = ""
	}
	fill := strings.NewReplacer("DIR", s.dir, "DAEMONS", postfixDaemons, "HOSTNAME", s.config.Hostname, "AUTH", s.auth, "LMTP", s.lmtp,
		"SMTP", s.smtp, "SENDERS", senders, "DOMAINS", strings.Join(slices.Compact(domains), ", "))
	s.write("postfix/logins", logins.String())
	s.write("postfix/mailboxes", mailboxes.String())
	s.write("postfix/stamps", stamps.String())
	s.write("postfix/header_checks", fmt.Sprintf("/^%s:[[:space:]]*(.*)$/ REPLACE Authentication-Results: ${1}\n/^Authentication-Results[[:space:]]*:/ IGNORE\n", secret))
	s.write("postfix/main.cf", fill.Replace(mainCf))
	s.write("postfix/master.cf", fill.Replace(masterCf))
	return s.run(filepath.Join(s.dir, "postfix.log"), s.smtp, "220", postfixDaemons+"/master", "-d", "-c", filepath.Join(s.dir, "postfix"))
}

// startEmbeddedSubmission is what takes Postfix's place where nobody is root.
func (s *servers) startEmbeddedSubmission() (stop func()) {
	s.t.Helper()
	submission := &mailhost.Submission{
		Hostname: s.config.Hostname, Accounts: s.config.Accounts, Bounces: s.config.Bounces, AllowAnyFrom: s.config.AllowAnyFrom, Now: time.Now,
		Deliver: func(d mailhost.Delivery) error {
			conn, err := net.Dial("tcp", s.lmtp)
			if err != nil {
				return err
			}
			defer conn.Close()
			return smtp.NewClientLMTP(conn).SendMail(d.From, []string{d.To}, strings.NewReader(string(d.Raw)))
		},
	}
	server := submission.NewServer()
	l, err := net.Listen("tcp", s.smtp)
	if err != nil {
		s.t.Fatal(err)
	}
	go server.Serve(l)
	return func() { server.Close() }
}
