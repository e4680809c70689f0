package mailhost

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Submission is a submission server (RFC 6409): it takes mail from people who
// logged in, stamps who they were, and delivers to the local accounts. There is
// no road out of it.
type Submission struct {
	Hostname     string // of the server; its authserv-id as well
	Accounts     []Account
	Bounces      []string                             // addresses that are no accounts: mail to them is taken, and comes back
	AllowAnyFrom bool                                 // accept senders that are not the login's own address
	Now          func() time.Time                     // for the Received field
	Deliver      func(Delivery) error                 // stores the mail
	Delivered    func(Delivery)                       // told after each delivery; may be nil
	Refuse       func(from string, to []string) error // asked before each delivery; may be nil
	Habits       Habits
}

// Habits are those of servers that are less careful than this one, for tests of
// what finds them out.
type Habits struct {
	NoPlus bool                                  // knows no plus-addresses
	Loses  func(to string, raw []byte) bool      // takes a mail and delivers it nowhere; nil: never
	Strip  func(raw []byte) []byte               // removes what the sender stamped; nil: every Authentication-Results
	Stamp  func(login string, raw []byte) []byte // the server's own stamps, header lines; nil: auth=pass
}

// Delivery is a mail for one recipient.
type Delivery struct {
	Account string // whose mailbox it is
	To      string // the envelope's recipient: the account's address or a plus-address of it
	From    string // the envelope's sender; empty is the null sender
	Raw     []byte // stamped; without the fields that the final delivery adds
}

// NewServer makes the SMTP server of s; it still has to be given a listener.
func (s *Submission) NewServer() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &submission{server: s, conn: c}, nil
	}))
	server.Domain = s.Hostname
	server.AllowInsecureAuth = true // loopback only
	server.MaxMessageBytes = 64 << 20
	server.MaxLineLength = 10_000 // real mail breaks the limit of 1,000 octets
	server.ReadTimeout = 5 * time.Minute
	server.WriteTimeout = time.Minute
	return server
}

// account finds whose mailbox an address means; what follows a "+" in the local
// part is the account's own business.
func (s *Submission) account(address string) (Account, bool) {
	address = strings.ToLower(address)
	if local, domain, ok := cutAddress(address); ok && !s.Habits.NoPlus {
		local, _, _ = strings.Cut(local, "+")
		address = local + "@" + domain
	}
	i := slices.IndexFunc(s.Accounts, func(a Account) bool { return a.Address == address })
	if i < 0 {
		return Account{}, false
	}
	return s.Accounts[i], true
}

func cutAddress(address string) (local, domain string, ok bool) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return "", "", false
	}
	return address[:i], address[i+1:], true
}

// submission is one connection.
type submission struct {
	server *Submission
	conn   *smtp.Conn
	login  string // empty: nobody yet
	from   string
	to     []string
}

func (s *submission) Reset()                   { s.from, s.to = "", nil }
func (s *submission) Logout() error            { return nil }
func (s *submission) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *submission) Auth(mechanism string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(identity, username, password string) error {
		username = strings.ToLower(username)
		i := slices.IndexFunc(s.server.Accounts, func(a Account) bool { return a.Address == username })
		if i < 0 || (identity != "" && strings.ToLower(identity) != username) ||
			subtle.ConstantTimeCompare([]byte(s.server.Accounts[i].Password), []byte(password)) != 1 {
			return smtp.ErrAuthFailed
		}
		s.login = username
		return nil
	}), nil
}

func (s *submission) Mail(from string, _ *smtp.MailOptions) error {
	if s.login == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	if from != "" && !s.mayBe(from) { // the null sender is everybody's, RFC 5321, 4.5.5
		return notYours("envelope sender")
	}
	s.from = from
	return nil
}

func (s *submission) mayBe(address string) bool {
	if s.server.AllowAnyFrom {
		return true
	}
	account, ok := s.server.account(address)
	return ok && account.Address == s.login
}

func notYours(what string) error {
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "The " + what + " is not an address of the account logged in"}
}

func (s *submission) Rcpt(to string, _ *smtp.RcptOptions) error {
	if _, ok := s.server.account(to); !ok && !s.server.bounces(to) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such recipient here"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *submission) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("reading the mail: %w", err)
	}
	if !s.server.AllowAnyFrom && !s.ownFrom(raw) {
		return notYours("From field")
	}
	if s.server.Refuse != nil {
		if err := s.server.Refuse(s.from, s.to); err != nil {
			return err
		}
	}
	strip := s.server.Habits.Strip
	if strip == nil {
		strip = func(raw []byte) []byte { return withoutFields(raw, "Authentication-Results") }
	}
	stamped := s.stamp(strip(withoutFields(raw, "Return-Path", "Bcc")))
	for _, to := range s.to {
		if s.server.Habits.Loses != nil && s.server.Habits.Loses(to, raw) {
			continue
		}
		if s.server.bounces(to) {
			if err := s.server.returnToSender(s.from, to, stamped); err != nil {
				return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The notification could not be stored"}
			}
			continue
		}
		account, _ := s.server.account(to)
		delivery := Delivery{Account: account.Address, To: to, From: s.from, Raw: stamped}
		if err := s.server.Deliver(delivery); err != nil {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail could not be stored"}
		}
		if s.server.Delivered != nil {
			s.server.Delivered(delivery)
		}
	}
	return nil
}

// ownFrom reports whether the mail has exactly one From field with exactly one
// address, which is one of the login's.
func (s *submission) ownFrom(raw []byte) bool {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || len(m.Header["From"]) != 1 {
		return false
	}
	from, err := m.Header.AddressList("From")
	return err == nil && len(from) == 1 && s.mayBe(from[0].Address)
}

// stamp puts on top of the mail what the server knows of its origin. All
// incoming Authentication-Results must have been removed before: this host is
// where the trust begins (RFC 8601, section 5).
func (s *submission) stamp(raw []byte) []byte {
	ip := "127.0.0.1"
	if host, _, err := net.SplitHostPort(s.conn.Conn().RemoteAddr().String()); err == nil {
		ip = host
	}
	results := fmt.Appendf(nil, "Authentication-Results: %s; auth=pass smtp.auth=%s\r\n", s.server.Hostname, s.login)
	if s.server.Habits.Stamp != nil {
		results = s.server.Habits.Stamp(s.login, raw)
	}
	received := fmt.Appendf(nil, "Received: from %s ([%s]) by %s with ESMTPA; %s\r\n",
		s.conn.Hostname(), ip, s.server.Hostname, s.server.Now().Format(time.RFC1123Z))
	return slices.Concat(results, received, raw)
}

// withoutFields removes header fields by name, with their continuation lines.
func withoutFields(raw []byte, names ...string) []byte {
	out := make([]byte, 0, len(raw))
	dropping := false
	for len(raw) > 0 {
		line := raw
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			line = raw[:i+1]
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 { // the end of the header
			return append(out, raw...)
		}
		raw = raw[len(line):]
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(line, []byte(":"))
			dropping = slices.ContainsFunc(names, func(n string) bool {
				return strings.EqualFold(n, string(bytes.TrimRight(name, " \t")))
			})
		}
		if !dropping {
			out = append(out, line...)
		}
	}
	return out
}
