package mailer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// Security says how the connection to the SMTP server is protected.
type Security string

const (
	// ImplicitTLS speaks TLS from the first byte (RFC 8314, 3.3; port 465).
	ImplicitTLS Security = "tls"
	// STARTTLS requires the server to offer it, and then changes to TLS
	// (RFC 3207; ports 587 and 25).
	STARTTLS Security = "starttls"
	// NoTLS speaks plain text. It is for loopback; whoever configures a sender
	// decides whether it is allowed elsewhere.
	NoTLS Security = "none"
)

// Config is what a [Sender] must know about its server. Zero durations and
// counts take the defaults named.
type Config struct {
	Host     string // name or IP address; also what its certificate must be for
	Port     int    // 1 to 65535
	Security Security
	TLS      *tls.Config // nil: the system's authorities; ServerName is set to Host if empty
	Hello    string      // the name given in EHLO (RFC 5321, 4.1.1.1); empty: "localhost"
	Username string      // empty: no authentication
	Password string

	DialTimeout    time.Duration // for connection, greeting, TLS and authentication together; 30 s
	CommandTimeout time.Duration // for each command and each 64 KiB of a message; 2 min
	DataTimeout    time.Duration // for the answer to the whole message; 10 min (RFC 5321, 4.5.3.2.6)
	IdleTimeout    time.Duration // after which an unused connection is closed; 30 s
	MaxConnections int           // open at the same time; 2
}

// Sender hands finished messages to one SMTP server. It keeps connections open
// for a while and may be used by several goroutines at once.
type Sender struct {
	cfg   Config
	slots chan struct{} // one for each connection that may be open and in use

	mu     sync.Mutex
	idle   []*connection // the most recently used last
	closed bool
}

// connection is one session with the server.
type connection struct {
	*smtp.Client
	raw       net.Conn
	idleSince time.Time
	expiry    *time.Timer
	reused    bool
}

// staleAfter is how long a connection may have been idle before it is tried
// with RSET. A server that went away is noticed at once in any case; one behind
// a firewall that forgot the connection would cost a whole command timeout.
const (
	staleAfter   = 5 * time.Second
	resetTimeout = 5 * time.Second
)

// NewSender makes a sender. It opens no connection yet.
func NewSender(cfg Config) (*Sender, error) {
	switch {
	case cfg.Host == "":
		return nil, errors.New("making an SMTP sender: the host is empty")
	case cfg.Port < 1 || cfg.Port > 65535:
		return nil, fmt.Errorf("making an SMTP sender: port %d is not between 1 and 65535", cfg.Port)
	case !slices.Contains([]Security{ImplicitTLS, STARTTLS, NoTLS}, cfg.Security):
		return nil, fmt.Errorf("making an SMTP sender: security %q is none of tls, starttls, none", cfg.Security)
	}
	setDefault(&cfg.DialTimeout, 30*time.Second)
	setDefault(&cfg.CommandTimeout, 2*time.Minute)
	setDefault(&cfg.DataTimeout, 10*time.Minute)
	setDefault(&cfg.IdleTimeout, 30*time.Second)
	setDefault(&cfg.MaxConnections, 2)
	setDefault(&cfg.Hello, "localhost")
	if cfg.TLS == nil {
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	cfg.TLS = cfg.TLS.Clone()
	if cfg.TLS.ServerName == "" {
		cfg.TLS.ServerName = cfg.Host
	}
	return &Sender{cfg: cfg, slots: make(chan struct{}, cfg.MaxConnections)}, nil
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// Send hands raw over for delivery from from to to, as it is: raw must be lines
// that end in CRLF, the last one too. An error is a *[SendError] unless ctx was
// cancelled. Send waits for a free connection, and ends early when ctx does.
//
// When the connection is cut after the message was handed over and before the
// server answered, nobody knows whether it will be delivered. That is a
// temporary error too: the same bytes are sent again, and are recognisable as
// the same mail by their Message-ID (rule D4).
func (s *Sender) Send(ctx context.Context, from, to string, raw []byte) error {
	for _, address := range []string{from, to} {
		if err := CheckAddress(address); err != nil {
			return &SendError{Permanent: true, Stage: StageCheck, Err: err}
		}
	}
	if err := checkLines(raw); err != nil {
		return &SendError{Permanent: true, Stage: StageCheck, Err: err}
	}

	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return fmt.Errorf("waiting for an SMTP connection: %w", ctx.Err())
	}
	for {
		c, err := s.connect(ctx)
		if err != nil {
			return s.failed(ctx, err)
		}
		stage, err := s.transact(ctx, c, from, to, raw)
		if err == nil {
			s.keep(c)
			return nil
		}
		sendErr := newSendError(stage, err)
		if sendErr.Code >= 400 && sendErr.Code != 421 && ctx.Err() == nil && s.reset(c) == nil {
			s.keep(c)
		} else {
			c.discard()
		}
		// A kept connection that turns out to be dead, or is closed by the
		// server with 421 (RFC 5321, 3.8), says nothing about the mail.
		if c.reused && stage == StageMail && (sendErr.Code == 0 || sendErr.Code == 421) && ctx.Err() == nil {
			continue
		}
		return s.failed(ctx, sendErr)
	}
}

// failed prefers the context's own error, so that a stop is not counted as a
// failed attempt.
func (s *Sender) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("handing over a mail: %w", ctx.Err())
	}
	return err
}

// transact is one mail transaction (RFC 5321, 3.3). It says how far it came.
func (s *Sender) transact(ctx context.Context, c *connection, from, to string, raw []byte) (Stage, error) {
	stop := c.closeWhenDone(ctx)
	defer stop()

	if err := c.UpdateDeadline(s.cfg.CommandTimeout); err != nil {
		return StageMail, err
	}
	if err := c.Mail("<" + from + ">"); err != nil {
		return StageMail, err
	}
	if err := c.UpdateDeadline(s.cfg.CommandTimeout); err != nil {
		return StageRcpt, err
	}
	if err := c.Rcpt("<" + to + ">"); err != nil {
		return StageRcpt, err
	}
	if err := c.UpdateDeadline(s.cfg.CommandTimeout); err != nil {
		return StageData, err
	}
	w, err := c.Data()
	if err != nil {
		return StageData, err
	}
	if err := s.write(c, w, raw); err != nil {
		return StageMessage, err
	}
	if err := c.UpdateDeadline(s.cfg.DataTimeout); err != nil {
		return StageMessage, err
	}
	if err := w.Close(); err != nil {
		return StageMessage, err
	}
	return "", nil
}

// write sends the message in pieces, each with its own deadline, so that a
// large one may take its time as long as it moves.
func (s *Sender) write(c *connection, w io.Writer, raw []byte) error {
	const piece = 64 << 10
	for p := range slices.Chunk(raw, piece) {
		if err := c.UpdateDeadline(s.cfg.CommandTimeout); err != nil {
			return err
		}
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// connect takes a kept connection, or opens one.
func (s *Sender) connect(ctx context.Context) (*connection, error) {
	for {
		c := s.takeIdle()
		if c == nil {
			return s.dial(ctx)
		}
		if time.Since(c.idleSince) > staleAfter {
			stop := c.closeWhenDone(ctx)
			err := s.reset(c)
			stop()
			if err != nil {
				c.discard()
				continue
			}
		}
		return c, nil
	}
}

func (s *Sender) takeIdle() *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.idle) > 0 {
		c := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		c.expiry.Stop()
		c.reused = true
		return c
	}
	return nil
}

// keep puts a connection by for the next mail.
func (s *Sender) keep(c *connection) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		c.quit()
		return
	}
	defer s.mu.Unlock()
	c.idleSince = time.Now()
	c.expiry = time.AfterFunc(s.cfg.IdleTimeout, func() {
		s.mu.Lock()
		i := slices.Index(s.idle, c)
		if i >= 0 {
			s.idle = slices.Delete(s.idle, i, i+1)
		}
		s.mu.Unlock()
		if i >= 0 {
			c.quit()
		}
	})
	s.idle = append(s.idle, c)
}

// Close ends the connections that are not in use; those in use end with their
// mail. It may be called more than once.
func (s *Sender) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, c := range idle {
		c.expiry.Stop()
		c.quit()
	}
	return nil
}

// dial opens a session, up to where the server takes mails.
func (s *Sender) dial(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.DialTimeout)
	defer cancel()
	address := net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port))
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, newSendError(StageConnect, err)
	}
	// Whatever happens until the session stands, the dial timeout and the
	// caller's context end it by closing the connection under it.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	c, stage, err := s.greet(ctx, conn)
	if !stop() && err == nil {
		stage, err = StageConnect, ctx.Err()
	}
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		return nil, newSendError(stage, err)
	}
	return c, nil
}

func (s *Sender) greet(ctx context.Context, conn net.Conn) (*connection, Stage, error) {
	raw := conn
	if s.cfg.Security == ImplicitTLS {
		secured := tls.Client(conn, s.cfg.TLS)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, StageTLS, err
		}
		conn = secured
	}
	client, err := smtp.NewClient(conn, s.cfg.Host)
	if err != nil {
		return nil, StageConnect, err
	}
	client.SkipSMTPUTF8(true) // every address is ASCII
	if err := client.Hello(s.cfg.Hello); err != nil {
		return nil, StageConnect, err
	}
	if s.cfg.Security == STARTTLS {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			return nil, StageTLS, errors.New("the server does not offer STARTTLS")
		}
		if err := client.StartTLS(s.cfg.TLS); err != nil {
			return nil, StageTLS, err
		}
	}
	if s.cfg.Username != "" {
		if err := s.authenticate(client); err != nil {
			return nil, StageAuth, err
		}
	}
	return &connection{Client: client, raw: raw}, "", nil
}

// authenticate uses the strongest mechanism that both sides know. PLAIN and
// LOGIN show the password to whoever listens, so they come last; without TLS
// they are used only where [NoTLS] was chosen, which is for loopback.
func (s *Sender) authenticate(client *smtp.Client) error {
	offered, mechanisms := client.Extension("AUTH")
	if !offered {
		return errors.New("the server does not offer AUTH")
	}
	cfg, plainText := s.cfg, s.cfg.Security == NoTLS
	for _, m := range []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(cfg.Username, cfg.Password)},
		{"PLAIN", smtp.PlainAuth("", cfg.Username, cfg.Password, cfg.Host, plainText)},
		{"LOGIN", smtp.LoginAuth(cfg.Username, cfg.Password, cfg.Host, plainText)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(cfg.Username, cfg.Password)},
	} {
		if slices.Contains(strings.Fields(strings.ToUpper(mechanisms)), m.name) {
			return client.Auth(m.auth)
		}
	}
	return fmt.Errorf("the server offers none of SCRAM-SHA-256, PLAIN, LOGIN, CRAM-MD5 but %q", mechanisms)
}

// closeWhenDone closes the connection under whatever is going on when ctx ends.
func (c *connection) closeWhenDone(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { c.raw.Close() })
}

// reset ends a transaction that was refused half-way, or shows that the
// connection still stands (RFC 5321, 4.1.1.5).
func (s *Sender) reset(c *connection) error {
	if err := c.UpdateDeadline(min(resetTimeout, s.cfg.CommandTimeout)); err != nil {
		return err
	}
	return c.Reset()
}

// quit says goodbye, but does not wait for long (RFC 5321, 4.1.1.10).
func (c *connection) quit() {
	if err := c.UpdateDeadline(resetTimeout); err == nil {
		_ = c.Quit() // the server may have closed already
	}
	c.raw.Close()
}

func (c *connection) discard() { c.raw.Close() }

// checkLines refuses what SMTP could not carry unchanged: a bare CR or LF
// (RFC 5321, 2.3.8), which is also what smuggled mails are made of, a NUL, a
// line of more than 998 octets (RFC 5322, 2.1.1), or no line end at the end.
func checkLines(raw []byte) error {
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		return errors.New("the message does not end in CRLF")
	}
	for n := 1; len(raw) > 0; n++ {
		i := bytes.Index(raw, []byte("\r\n"))
		line := raw[:i]
		raw = raw[i+2:]
		switch {
		case bytes.ContainsAny(line, "\r\n\x00"):
			return fmt.Errorf("line %d of the message has a bare CR, LF or NUL", n)
		case len(line) > 998:
			return fmt.Errorf("line %d of the message has %d octets", n, len(line))
		}
	}
	return nil
}
