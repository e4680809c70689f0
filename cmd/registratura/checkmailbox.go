package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"registratura/cmd/registratura/config"
)

// imapPatience bounds each IMAP command; the library has no deadline of its own.
const imapPatience = time.Minute

// testMailbox is the desk's mailbox, as far as the mails of the check go: those
// that come after it was opened, into the inbox or the folder that a running
// daemon files them away to.
type testMailbox struct {
	client    *imapclient.Client
	conn      net.Conn
	secured   *tls.ConnectionState // nil: plain text
	caps      imap.CapSet
	folders   []string            // as configured; those that there are not yet may be made meanwhile
	delimiter string              // between the levels of a folder's name
	prefix    string              // of one's own folders (RFC 2342)
	first     map[string]imap.UID // by the server's name: mails before it are older than the check
}

// arrived is a mail that was found.
type arrived struct {
	mark   string
	folder string // the server's name
	uid    imap.UID
	raw    []byte
}

func openTestMailbox(ctx context.Context, cfg *config.Config) (_ *testMailbox, err error) {
	password, err := cfg.IMAP.Password()
	if err != nil {
		return nil, fmt.Errorf("imap: %w", err)
	}
	security, err := cfg.IMAP.TLSConfig()
	if err != nil {
		return nil, fmt.Errorf("imap: %w", err)
	}
	conn, err := (&net.Dialer{Timeout: imapPatience}).DialContext(ctx, "tcp", cfg.IMAP.Address)
	if err != nil {
		return nil, fmt.Errorf("connecting to the IMAP server: %w", err)
	}
	b := &testMailbox{conn: conn, first: map[string]imap.UID{}}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	defer b.watch(ctx)()
	if security != nil {
		security.VerifyConnection = func(state tls.ConnectionState) error {
			b.secured = &state
			return nil
		}
	}
	options := &imapclient.Options{TLSConfig: security}
	switch cfg.IMAP.Security {
	case "starttls":
		if b.client, err = imapclient.NewStartTLS(conn, options); err != nil {
			return nil, fmt.Errorf("securing the connection to the IMAP server: %w", err)
		}
	case "tls":
		secured := tls.Client(conn, security)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("securing the connection to the IMAP server: %w", err)
		}
		b.client = imapclient.New(secured, options)
	default:
		b.client = imapclient.New(conn, options)
	}
	if err := b.client.WaitGreeting(); err != nil {
		return nil, fmt.Errorf("waiting for the IMAP server's greeting: %w", err)
	}
	if b.client.Caps().Has(imap.AuthCap(sasl.Plain)) {
		err = b.client.Authenticate(sasl.NewPlainClient("", cfg.IMAP.Username, password))
	} else {
		err = b.client.Login(cfg.IMAP.Username, password).Wait()
	}
	if err != nil {
		return nil, fmt.Errorf("logging in to the IMAP server as %s: %w", cfg.IMAP.Username, err)
	}
	b.caps = b.client.Caps()
	if err := b.readNamespace(); err != nil {
		return nil, err
	}
	b.folders = []string{cfg.IMAP.Folder}
	for _, folder := range cfg.IMAP.Folders.ByFate() {
		b.folders = append(b.folders, folder)
	}
	slices.Sort(b.folders[1:])
	names, err := b.existing()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 || names[0] != b.native(cfg.IMAP.Folder) {
		return nil, fmt.Errorf("the mailbox has no folder %s", cfg.IMAP.Folder)
	}
	for _, name := range names {
		selected, err := b.client.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", name, err)
		}
		b.first[name] = selected.UIDNext
	}
	return b, nil
}

// watch closes the connection when ctx ends, or the server does not answer.
func (b *testMailbox) watch(ctx context.Context) (stop func()) {
	timer := time.AfterFunc(imapPatience, func() { b.conn.Close() })
	stopContext := context.AfterFunc(ctx, func() { b.conn.Close() })
	return func() { timer.Stop(); stopContext() }
}

func (b *testMailbox) close() { b.conn.Close() }

func (b *testMailbox) readNamespace() error {
	if b.caps.Has(imap.CapNamespace) {
		if data, err := b.client.Namespace().Wait(); err == nil && len(data.Personal) > 0 {
			b.prefix = data.Personal[0].Prefix
		}
	}
	list, err := b.client.List("", "", nil).Collect()
	if err != nil {
		return fmt.Errorf("asking how folders are named: %w", err)
	}
	if len(list) > 0 && list[0].Delim != 0 {
		b.delimiter = string(list[0].Delim)
	}
	return nil
}

// native is a configured folder's name as the server has it.
func (b *testMailbox) native(folder string) string {
	if strings.EqualFold(folder, "INBOX") {
		return "INBOX"
	}
	if b.delimiter != "" {
		folder = strings.ReplaceAll(folder, "/", b.delimiter)
	}
	if !strings.HasPrefix(folder, b.prefix) {
		folder = b.prefix + folder
	}
	return folder
}

// existing lists those of the configured folders that there are, the inbox first.
func (b *testMailbox) existing() ([]string, error) {
	list, err := b.client.List("", "*", nil).Collect()
	if err != nil {
		return nil, fmt.Errorf("listing the folders: %w", err)
	}
	var names []string
	for _, folder := range b.folders {
		name := b.native(folder)
		if slices.ContainsFunc(list, func(l *imap.ListData) bool {
			return l.Mailbox == name && !slices.Contains(l.Attrs, imap.MailboxAttrNoSelect)
		}) {
			names = append(names, name)
		}
	}
	return names, nil
}

var subjectOnly = &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Subject"}, Peek: true}

// find looks for new mails with one of the marks in the subject. A mail may be
// found twice, when a daemon moves it meanwhile.
func (b *testMailbox) find(ctx context.Context, marks []string) ([]arrived, error) {
	defer b.watch(ctx)()
	names, err := b.existing()
	if err != nil {
		return nil, err
	}
	var found []arrived
	for _, name := range names {
		selected, err := b.client.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", name, err)
		}
		if selected.NumMessages == 0 {
			continue
		}
		first := max(b.first[name], 1)
		headers, err := b.client.Fetch(imap.UIDSet{{Start: first, Stop: 0}},
			&imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{subjectOnly}}).Collect()
		if err != nil {
			return nil, fmt.Errorf("reading the subjects in %s: %w", name, err)
		}
		for _, h := range headers {
			subject := string(h.FindBodySection(subjectOnly))
			if decoded, err := new(mime.WordDecoder).DecodeHeader(subject); err == nil {
				subject = decoded
			}
			i := slices.IndexFunc(marks, func(mark string) bool { return strings.Contains(strings.ToLower(subject), mark) })
			if i < 0 { // N:* gives the last mail, too, even if it is before N
				continue
			}
			whole := &imap.FetchItemBodySection{Peek: true}
			mails, err := b.client.Fetch(imap.UIDSetNum(h.UID), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
			if err != nil {
				return nil, fmt.Errorf("fetching a test mail from %s: %w", name, err)
			}
			for _, m := range mails { // none: it was moved away just now
				found = append(found, arrived{mark: marks[i], folder: name, uid: m.UID, raw: m.FindBodySection(whole)})
			}
		}
	}
	return found, nil
}

// errOnlyFlagged: the server cannot remove single mails.
var errOnlyFlagged = errors.New("the server has no UIDPLUS, so they are only flagged as deleted")

func (b *testMailbox) canExpunge() bool {
	return b.caps.Has(imap.CapUIDPlus) || b.caps.Has(imap.CapIMAP4rev2)
}

// remove removes the mails with these marks, and says how many. A daemon may
// move one from folder to folder meanwhile; hence it looks until none is left.
func (b *testMailbox) remove(ctx context.Context, marks []string) (removed int, err error) {
	for range 5 {
		found, err := b.find(ctx, marks)
		if err != nil || len(found) == 0 {
			return removed, err
		}
		for _, m := range found {
			if err := b.removeOne(ctx, m); err != nil {
				return removed, err
			}
			if b.canExpunge() {
				removed++
			}
		}
		if !b.canExpunge() {
			return 0, errOnlyFlagged
		}
	}
	return removed, nil
}

func (b *testMailbox) removeOne(ctx context.Context, m arrived) error {
	defer b.watch(ctx)()
	if _, err := b.client.Select(m.folder, nil).Wait(); err != nil {
		return fmt.Errorf("opening %s: %w", m.folder, err)
	}
	uids := imap.UIDSetNum(m.uid)
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := b.client.Store(uids, deleted, nil).Close(); err != nil {
		return fmt.Errorf("flagging a test mail in %s: %w", m.folder, err)
	}
	if !b.canExpunge() {
		return nil // EXPUNGE alone would remove what others flagged
	}
	if err := b.client.UIDExpunge(uids).Close(); err != nil {
		return fmt.Errorf("removing a test mail from %s: %w", m.folder, err)
	}
	return nil
}
