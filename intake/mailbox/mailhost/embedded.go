package mailhost

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// Config is what the embedded host needs.
type Config struct {
	Hostname string    // "mail.primaria.test"; the authserv-id as well
	Accounts []Account // at any domains: a partner's account is one like any other

	// Bounces are addresses without an account: mail to them is taken, and comes
	// back with a notification as Postfix writes it.
	Bounces []string

	IMAPAddr string // to listen on; empty: a free port of 127.0.0.1
	SMTPAddr string // to listen on; empty: a free port of 127.0.0.1

	AllowAnyFrom bool             // let people submit mail under addresses that are not theirs
	Now          func() time.Time // nil: time.Now
	Log          *slog.Logger     // nil: what the servers have to say is dropped

	// OnDelivered is told of each mail after it was delivered, with the decoded
	// subject; nil: nobody is told. It must not block.
	OnDelivered func(to, from, subject string)

	// Refuse may turn a submitted mail away after its DATA, as a real server
	// would, by a *smtp.SMTPError; nil: everything is taken.
	Refuse func(from string, to []string) error

	Habits Habits
	Lacks  []imap.Cap // what the IMAP server can't do
}

// Embedded starts both servers in this process. The mails are kept in memory,
// and are gone when the host is closed.
func Embedded(config Config) (*Host, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	mailboxes := make(map[string]*imapmemserver.User, len(config.Accounts))
	for _, a := range config.Accounts {
		if a.Address != strings.ToLower(a.Address) || strings.Count(a.Address, "@") != 1 || strings.ContainsAny(a.Address, " +<>\r\n") {
			return nil, fmt.Errorf("the account %q is not a plain address in lower case", a.Address)
		}
		user := imapmemserver.NewUser(a.Address, a.Password)
		if err := user.Create("INBOX", nil); err != nil {
			return nil, fmt.Errorf("creating the INBOX of %s: %w", a.Address, err)
		}
		mailboxes[a.Address] = user
	}

	// Another life of the host has other mails under the same UIDs, which
	// clients are told by another UIDVALIDITY (RFC 9051, 2.3.1.1).
	life := uint32(config.Now().Unix())
	caps := imap.CapSet{
		imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapUIDPlus: {}, imap.CapMove: {},
		imap.CapESearch: {}, imap.CapListExtended: {}, imap.CapListStatus: {},
	}
	for _, c := range config.Lacks {
		delete(caps, c)
	}
	imapServer := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{mailboxes: mailboxes, life: life}, nil, nil
		},
		Caps:         caps,
		InsecureAuth: true, // loopback only
		Logger:       slog.NewLogLogger(config.Log.Handler(), slog.LevelDebug),
	})

	submission := &Submission{
		Hostname:     config.Hostname,
		Accounts:     slices.Clone(config.Accounts),
		Bounces:      config.Bounces,
		AllowAnyFrom: config.AllowAnyFrom,
		Now:          config.Now,
		Refuse:       config.Refuse,
		Habits:       config.Habits,
		Deliver: func(d Delivery) error {
			whole := fmt.Appendf(nil, "Return-Path: <%s>\r\nDelivered-To: %s\r\n%s", d.From, d.To, d.Raw)
			_, err := mailboxes[d.Account].Append("INBOX", bytes.NewReader(whole), &imap.AppendOptions{Time: config.Now()})
			return err
		},
	}
	if config.OnDelivered != nil {
		submission.Delivered = func(d Delivery) { config.OnDelivered(d.To, d.From, subjectOf(d.Raw)) }
	}
	smtpServer := submission.NewServer()
	smtpServer.ErrorLog = slog.NewLogLogger(config.Log.Handler(), slog.LevelDebug)

	imapListener, err := listen(config.IMAPAddr)
	if err != nil {
		return nil, fmt.Errorf("listening for IMAP: %w", err)
	}
	smtpListener, err := listen(config.SMTPAddr)
	if err != nil {
		imapListener.Close()
		return nil, fmt.Errorf("listening for SMTP: %w", err)
	}
	go imapServer.Serve(imapListener)
	go smtpServer.Serve(smtpListener)
	stop := func() error {
		// The listeners as well: a server that has not begun to serve yet does not
		// know them.
		imapListener.Close()
		smtpListener.Close()
		return errors.Join(smtpServer.Close(), imapServer.Close())
	}
	return NewHost(imapListener.Addr().String(), smtpListener.Addr().String(), config.Hostname, submission.Accounts, stop), nil
}

func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s is not a loopback address, and passwords would cross the network in plain text", addr)
	}
	return net.Listen("tcp", addr)
}

func subjectOf(raw []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return ""
	}
	subject := m.Header.Get("Subject")
	if decoded, err := new(mime.WordDecoder).DecodeHeader(subject); err == nil {
		return decoded
	}
	return subject
}

// imapSession is a session of the in-memory server whose UIDVALIDITY differs
// from one life of the host to the next.
type imapSession struct {
	*imapmemserver.UserSession // nil before the login
	mailboxes                  map[string]*imapmemserver.User
	life                       uint32
}

func (s *imapSession) Login(username, password string) error {
	user := s.mailboxes[strings.ToLower(username)]
	if user == nil || user.Login(strings.ToLower(username), password) != nil {
		return imapserver.ErrAuthFailed
	}
	s.UserSession = imapmemserver.NewUserSession(user)
	return nil
}

// Idle tells of what happens in the mailbox until stop is closed. The library's
// own Idle says nothing of what happened between the last command and its
// beginning until something else happens.
func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		if err := s.UserSession.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-ticker.C:
		}
	}
}

func (s *imapSession) Select(mailbox string, options *imap.SelectOptions) (*imap.SelectData, error) {
	data, err := s.UserSession.Select(mailbox, options)
	if err == nil {
		data.UIDValidity += s.life
	}
	return data, err
}

func (s *imapSession) Status(mailbox string, options *imap.StatusOptions) (*imap.StatusData, error) {
	data, err := s.UserSession.Status(mailbox, options)
	if err == nil && data.UIDValidity != 0 {
		data.UIDValidity += s.life
	}
	return data, err
}

func (s *imapSession) Append(mailbox string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	data, err := s.UserSession.Append(mailbox, r, options)
	if err == nil {
		data.UIDValidity += s.life
	}
	return data, err
}

var _ interface {
	imapserver.SessionMove
	imapserver.SessionNamespace
} = (*imapSession)(nil)
