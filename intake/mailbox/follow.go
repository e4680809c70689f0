// Package mailbox is the desk's side of IMAP and MIME: it follows one folder,
// hands every mail to the registry whole, and files the handled ones away
// ([Follower]); and it takes the octets of a mail apart ([Parse]).
package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"registratura/intake"
)

// Registry is where mails are kept, and where it is known what became of them.
type Registry interface {
	// Receive commits the mails whole, and returns only after that. Mails that
	// are stored already are no error (rules D1 and D2).
	Receive(ctx context.Context, mails []intake.IncomingMail) error
	// Known says which of the mails are stored, and their fates. A mail that is
	// stored and not handled yet has the empty fate; others are not in the map.
	Known(ctx context.Context, mailbox string, uidValidity uint32, uids []uint32) (map[uint32]intake.Fate, error)
	// Handled signals that fates have become known. One signal may stand for many.
	Handled() <-chan struct{}
}

// Security is how the connection to the IMAP server is protected.
type Security string

const (
	ImplicitTLS Security = "tls"      // RFC 8314, 3.2
	StartTLS    Security = "starttls" // RFC 9051, 6.2.1; never falls back to plain text
	PlainText   Security = "plain"    // for loopback
)

// Config is what a Follower needs. Zero fields that say "default" have one.
type Config struct {
	Addr     string // host:port
	Security Security
	TLS      *tls.Config // roots and the like; the server's name is that of Addr if none is set
	User     string
	Password string

	Folder  string                 // the folder to follow; default "INBOX"
	Folders map[intake.Fate]string // where handled mails go, levels separated by "/"; mails of other fates stay
	MaxSize int64                  // octets; of larger mails only the beginning is fetched; default 25 MiB

	Poll           time.Duration // the longest time between two looks, with or without IDLE; default 1 minute
	CommandTimeout time.Duration // without an answer; then the connection is closed; default 1 minute
	BatchMails     int           // fetched and committed at once, at most; default 100
	BatchBytes     int64         // likewise, in octets; default 8 MiB

	Now    func() time.Time                     // nil: time.Now
	After  func(time.Duration) <-chan time.Time // nil: time.After
	Random func() float64                       // in [0,1), for the jitter of waiting times; nil: math/rand
	Log    *slog.Logger                         // nil: nothing is logged
}

// beginning is how much is fetched of a mail that is too large, in octets.
const beginning = 64 << 10

func (c Config) withDefaults() Config {
	c.Folder = cmp.Or(c.Folder, "INBOX")
	c.MaxSize = cmp.Or(c.MaxSize, 25<<20)
	c.Poll = cmp.Or(c.Poll, time.Minute)
	c.CommandTimeout = cmp.Or(c.CommandTimeout, time.Minute)
	c.BatchMails = cmp.Or(c.BatchMails, 100)
	c.BatchBytes = cmp.Or(c.BatchBytes, 8<<20)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.After == nil {
		c.After = time.After
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Status is how a Follower is doing, for /healthz.
type Status struct {
	ConnectedSince time.Time // zero while there is no connection
	LastPoll       time.Time // when the folder was last looked at with success
	LastError      string    // what ended the last connection; empty after a success
	Waiting        int       // mails that are stored and not filed away yet
	Unreadable     int       // mails that the server does not give
}

// Follower follows one IMAP folder.
//
// It works on two connections. One reads: it opens the folder read-only, so that
// nothing that goes wrong there can change the server. The other one files the
// handled mails away, so that filing never holds up reading.
type Follower struct {
	config   Config
	registry Registry
	waiting  waiting

	trouble map[uint32]trouble // of the reading connection only: mails that could not be fetched

	mu     sync.Mutex
	status Status
}

// NewFollower makes a Follower; Run sets it to work.
func NewFollower(config Config, registry Registry) *Follower {
	return &Follower{config: config.withDefaults(), registry: registry, trouble: map[uint32]trouble{},
		waiting: waiting{handled: make(chan struct{}, 1)}}
}

// Status is how the Follower is doing now.
func (f *Follower) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.Waiting = f.waiting.count()
	return s
}

func (f *Follower) setStatus(change func(*Status)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.status)
}

// Run follows the folder until ctx ends, whose error it returns. Whatever goes
// wrong in between is logged and tried again.
func (f *Follower) Run(ctx context.Context) error {
	var both sync.WaitGroup
	both.Go(func() {
		f.keep(ctx, "reading", f.read)
	})
	both.Go(func() {
		f.keep(ctx, "filing", f.file)
	})
	both.Wait()
	return ctx.Err()
}

const (
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
)

// keep runs one connection after the other until ctx ends. The time between two
// doubles, up to lastRetry, until one of them got something done.
func (f *Follower) keep(ctx context.Context, doing string, session func(context.Context) (worked bool, err error)) {
	delay := firstRetry
	for ctx.Err() == nil {
		worked, err := session(ctx)
		if ctx.Err() != nil {
			return
		}
		if worked {
			delay = firstRetry
		}
		pause := delay/2 + time.Duration(f.config.Random()*float64(delay/2))
		f.config.Log.Warn("mailbox connection ended", "connection", doing, "error", err, "again_in", pause)
		select {
		case <-ctx.Done():
		case <-f.config.After(pause):
		}
		delay = min(2*delay, lastRetry)
	}
}

// errUIDValidity ends a connection that speaks of other mails than the rest of
// the Follower (RFC 9051, 2.3.1.1).
var errUIDValidity = errors.New("the folder's UIDVALIDITY is another than before")
