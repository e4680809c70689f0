// Package extranet is the embedded portal: sites that employees and partner
// users share, each with exactly the rights that were approved, in a browser
// and over WebDAV (RFC 4918) at the same address.
//
// The tree of files and folders, accounts, rights and sessions are in a SQLite
// database of its own; the contents of files lie beside it under names that we
// choose. What people name a file is never a path on disk. So a rename, a
// delete, or an upload that takes the place of another file is one
// transaction, and nothing half-written is ever visible.
package extranet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"registratura/intake"
)

// Config is what an extranet needs to know. Dir, BaseURL, Institution and
// Pages are required.
type Config struct {
	Dir         string // where everything is kept; made if it is not there
	BaseURL     string // "https://extranet.primarie.ro", without a path; https makes cookies Secure
	Institution string // "Primăria Municipiului Buzău", on every page
	Pages       fs.FS  // the templates of the pages, and static/ with what they need
	HelpAddress string // whom people who cannot get in write to; empty: no address is shown
	MailAddress string // to which "link nou" may be written for a new one-time link; empty: only the page is told of

	Now    func() time.Time // default time.Now
	Rand   io.Reader        // default crypto/rand.Reader; used by one goroutine at a time
	Logger *slog.Logger     // default: discards

	LinkLifetime time.Duration  // of a one-time link; default 7 days
	SessionIdle  time.Duration  // a session ends after this long unused; default 12 hours
	SessionMax   time.Duration  // a session ends after this long; default 7 days
	BinLifetime  time.Duration  // what was deleted can be put back for this long; default 30 days
	JournalKept  intake.Period  // entries of the journal are deleted after it; zero: never
	AccountsKept intake.Period  // accounts that are on no site's list and unused for as long are deleted; zero: never
	SiteQuota    int64          // bytes a site may hold, its bin included; default 20 GB
	MaxFile      int64          // bytes of one file; default 8 GB
	Location     *time.Location // in which pages tell the time; default time.Local

	// RequestLink is called when somebody asks on the page for a new one-time
	// link for an account that exists. It must return at once; whoever mails the
	// link gets it from [Extranet.NewLink] then. Default: the page says whom to ask.
	RequestLink func(ctx context.Context, address string) error

	// IT are the people whom the pages for IT are for, which show what Registry
	// tells. Each gets an account at start. Registry nil: there are no such pages.
	IT            []intake.Person
	Registry      Registry
	StatusInWords func(intake.Status) string // for people; default: the bare status

	// Downloads finds what a link to saved files leads to; nil: there are none.
	Downloads Downloads

	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
}

// Extranet is a running portal. It implements [intake.Portal].
type Extranet struct {
	config Config
	base   *url.URL
	log    *slog.Logger
	db     *database
	blobs  *blobStore
	pages  *pageSet
	lock   *os.File
	it     map[string]bool // by address

	randMutex     sync.Mutex
	passwords     *passwordHasher
	verified      *verifiedCache
	logins        *loginGuard
	codes         *loginGuard
	half          *halfLogins
	requests      *limiter // of new links, by address
	requestPlaces *limiter // of new links, by where from
	locks         lockSystems
	parts         partUploads
	reads         *readJournal
}

var _ intake.Portal = (*Extranet)(nil)

// Open opens the extranet in c.Dir, or makes it there. One process at a time
// can have it open.
func Open(c Config) (_ *Extranet, err error) {
	base, err := checkConfig(&c)
	if err != nil {
		return nil, fmt.Errorf("opening the extranet: %w", err)
	}
	x := &Extranet{config: c, base: base, log: c.Logger}
	defer func() {
		if err != nil {
			x.Close()
		}
	}()
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the extranet's folder: %w", err)
	}
	if x.lock, err = lockDir(c.Dir); err != nil {
		return nil, err
	}
	if x.pages, err = loadPages(c); err != nil {
		return nil, fmt.Errorf("reading the extranet's pages: %w", err)
	}
	if x.blobs, err = openBlobs(c.Dir); err != nil {
		return nil, err
	}
	if x.db, err = openDatabase(c.Dir, x.blobs.syncDir); err != nil {
		return nil, err
	}
	x.passwords = newPasswordHasher(x.random)
	x.verified = newVerifiedCache(x.random(32), c.Now)
	x.logins = newLoginGuard(c.Now)
	x.codes, x.half = newCodeGuard(c.Now), newHalfLogins(c.Now)
	x.requests = newLimiter(c.Now, 3, 20*time.Minute)
	x.requestPlaces = newLimiter(c.Now, 20, time.Minute)
	x.reads = newReadJournal(x.db, c.Logger)
	if err := x.makeITAccounts(); err != nil {
		return nil, err
	}
	if err := x.sweep(); err != nil {
		return nil, err
	}
	return x, nil
}

func checkConfig(c *Config) (*url.URL, error) {
	if c.Dir == "" || c.Institution == "" || c.Pages == nil {
		return nil, errors.New("Dir, Institution and Pages are required")
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("reading BaseURL: %w", err)
	}
	if base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || strings.Trim(base.Path, "/") != "" || base.RawQuery != "" {
		return nil, fmt.Errorf("BaseURL %q is not http:// or https://, a host, and nothing more", c.BaseURL)
	}
	base.Path = ""
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Location == nil {
		c.Location = time.Local
	}
	for _, d := range []struct {
		value        *time.Duration
		defaultValue time.Duration
	}{
		{&c.LinkLifetime, 7 * 24 * time.Hour}, {&c.SessionIdle, 12 * time.Hour},
		{&c.SessionMax, 7 * 24 * time.Hour}, {&c.BinLifetime, 30 * 24 * time.Hour},
	} {
		if *d.value == 0 {
			*d.value = d.defaultValue
		}
	}
	if c.SiteQuota == 0 {
		c.SiteQuota = 20e9
	}
	if c.MaxFile == 0 {
		c.MaxFile = 8e9
	}
	return base, nil
}

// lockDir keeps a second process away: the sweep at start takes files that
// another process is just writing for leftovers of a crash.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "extranet.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the extranet's folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("locking %s: another process has this extranet open: %w", dir, err)
	}
	return f, nil
}

// Close ends it. Requests that are still running fail.
func (x *Extranet) Close() error {
	x.closeParts()
	var errs []error
	if x.reads != nil {
		errs = append(errs, x.reads.close())
	}
	if x.db != nil {
		errs = append(errs, x.db.close())
	}
	if x.blobs != nil {
		errs = append(errs, x.blobs.close())
	}
	if x.lock != nil {
		errs = append(errs, x.lock.Close())
	}
	return errors.Join(errs...)
}

// random gives n bytes of Config.Rand. Without randomness nothing here is
// safe, so a reader that fails is not something to go on from.
func (x *Extranet) random(n int) []byte {
	x.randMutex.Lock()
	defer x.randMutex.Unlock()
	b := make([]byte, n)
	if _, err := io.ReadFull(x.config.Rand, b); err != nil {
		panic(fmt.Sprintf("extranet: reading random bytes: %v", err))
	}
	return b
}

func (x *Extranet) secure() bool { return x.base.Scheme == "https" }

func (x *Extranet) now() time.Time { return x.config.Now() }

func millis(t time.Time) int64 { return t.UnixMilli() }

func (x *Extranet) timeOf(ms int64) time.Time {
	return time.UnixMilli(ms).In(x.config.Location)
}
