// Package mailhost is a whole mail host on loopback: a submission server that
// authenticates, and an IMAP server with an account for everybody. The demo
// runs on the embedded one; tests run on that and, by the package realhost, on
// Dovecot and Postfix.
//
// It knows nothing of the rest of the project.
package mailhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Account is a mailbox that somebody may log in to. The address is the login.
type Account struct {
	Address  string // lower case
	Password string
}

// Host says how to reach a running mail host. Both servers speak plain text,
// and listen on loopback only.
type Host struct {
	IMAPAddr   string // host:port
	SMTPAddr   string // host:port of the submission server (RFC 6409)
	AuthservID string // in the Authentication-Results fields that it stamps (RFC 8601, 2.2)
	Accounts   []Account

	stop func() error
}

// NewHost describes servers that are running already; stop ends them.
func NewHost(imapAddr, smtpAddr, authservID string, accounts []Account, stop func() error) *Host {
	return &Host{IMAPAddr: imapAddr, SMTPAddr: smtpAddr, AuthservID: authservID, Accounts: accounts, stop: stop}
}

// Close ends both servers. Connections that are open are cut.
func (h *Host) Close() error { return h.stop() }

// Password is the password of the account; empty where there is no such account.
func (h *Host) Password(address string) string {
	for _, a := range h.Accounts {
		if a.Address == address {
			return a.Password
		}
	}
	return ""
}

// Mail is a mail in a mailbox.
type Mail struct {
	UID uint32
	Raw []byte
}

// Submit hands a mail in, logged in as the account from, which is the envelope
// sender as well. The error is a [*smtp.SMTPError] where the server refused.
func (h *Host) Submit(ctx context.Context, from string, to []string, raw []byte) error {
	return h.SubmitFrom(ctx, from, from, to, raw)
}

// SubmitFrom is Submit with another envelope sender; an empty one is the null
// sender <> of automatic mail.
func (h *Host) SubmitFrom(ctx context.Context, login, from string, to []string, raw []byte) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", h.SMTPAddr)
	if err != nil {
		return fmt.Errorf("connecting to the submission server: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	c := smtp.NewClient(conn)
	if err := c.Auth(sasl.NewPlainClient("", login, h.Password(login))); err != nil {
		return fmt.Errorf("logging in to the submission server as %s: %w", login, err)
	}
	if err := c.SendMail(from, to, bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("submitting as %s: %w", login, err)
	}
	return c.Quit()
}

// Inject puts a mail into the account's INBOX as it is, past the submission
// server and its stamps: what a forger could at most achieve.
func (h *Host) Inject(ctx context.Context, account string, raw []byte) error {
	return h.InjectInto(ctx, account, "INBOX", raw)
}

// InjectInto is Inject into another folder than INBOX.
func (h *Host) InjectInto(ctx context.Context, account, folder string, raws ...[]byte) error {
	return h.append(ctx, account, folder, nil, raws)
}

// InjectDeleted is InjectInto for a mail that is flagged \Deleted already, as
// by another mail program.
func (h *Host) InjectDeleted(ctx context.Context, account, folder string, raw []byte) error {
	return h.append(ctx, account, folder, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagDeleted}}, [][]byte{raw})
}

func (h *Host) append(ctx context.Context, account, folder string, options *imap.AppendOptions, raws [][]byte) error {
	return h.withIMAP(ctx, account, func(c *imapclient.Client) error {
		for _, raw := range raws {
			cmd := c.Append(native(c, folder), int64(len(raw)), options)
			if _, err := cmd.Write(raw); err != nil {
				return fmt.Errorf("appending to %s: %w", folder, err)
			}
			if err := cmd.Close(); err != nil {
				return fmt.Errorf("appending to %s: %w", folder, err)
			}
			if _, err := cmd.Wait(); err != nil {
				return fmt.Errorf("appending to %s: %w", folder, err)
			}
		}
		return nil
	})
}

// Folders lists the account's folders, sorted, with "/" between the levels.
func (h *Host) Folders(ctx context.Context, account string) ([]string, error) {
	var names []string
	err := h.withIMAP(ctx, account, func(c *imapclient.Client) error {
		list, err := c.List("", "*", nil).Collect()
		for _, l := range list {
			names = append(names, strings.ReplaceAll(l.Mailbox, string(l.Delim), "/"))
		}
		return err
	})
	slices.Sort(names)
	return names, err
}

// CreateFolder makes a folder in the account. As everywhere here, "/" separates
// the levels of its name.
func (h *Host) CreateFolder(ctx context.Context, account, folder string) error {
	return h.withIMAP(ctx, account, func(c *imapclient.Client) error {
		return c.Create(native(c, folder), nil).Wait()
	})
}

// DeleteFolder deletes a folder with all its mails.
func (h *Host) DeleteFolder(ctx context.Context, account, folder string) error {
	return h.withIMAP(ctx, account, func(c *imapclient.Client) error {
		return c.Delete(native(c, folder)).Wait()
	})
}

// Mails fetches every mail in the folder, in the order of their UIDs, without
// changing anything. A folder that does not exist has no mails.
func (h *Host) Mails(ctx context.Context, account, folder string) ([]Mail, error) {
	var mails []Mail
	err := h.withIMAP(ctx, account, func(c *imapclient.Client) error {
		selected, err := c.Select(native(c, folder), &imap.SelectOptions{ReadOnly: true}).Wait()
		var refused *imap.Error
		if errors.As(err, &refused) && refused.Type == imap.StatusResponseTypeNo {
			return nil
		}
		if err != nil {
			return fmt.Errorf("opening %s: %w", folder, err)
		}
		if selected.NumMessages == 0 {
			return nil
		}
		whole := &imap.FetchItemBodySection{Peek: true}
		fetched, err := c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
		if err != nil {
			return fmt.Errorf("fetching the mails of %s: %w", folder, err)
		}
		for _, f := range fetched {
			mails = append(mails, Mail{UID: uint32(f.UID), Raw: f.FindBodySection(whole)})
		}
		return nil
	})
	return mails, err
}

// Await waits until the folder holds a mail that match accepts, and returns the
// first one. It looks again every 20 milliseconds until ctx ends.
func (h *Host) Await(ctx context.Context, account, folder string, match func(raw []byte) bool) (Mail, error) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		mails, err := h.Mails(ctx, account, folder)
		if err != nil && ctx.Err() == nil {
			return Mail{}, err
		}
		for _, m := range mails {
			if match(m.Raw) {
				return m, nil
			}
		}
		select {
		case <-ctx.Done():
			return Mail{}, fmt.Errorf("waiting for a mail in %s of %s (it holds %d others): %w", folder, account, len(mails), ctx.Err())
		case <-ticker.C:
		}
	}
}

// native puts the server's own separator between the levels of a folder's name.
func native(c *imapclient.Client, folder string) string {
	if !strings.Contains(folder, "/") {
		return folder
	}
	list, err := c.List("", "", nil).Collect()
	if err != nil || len(list) == 0 || list[0].Delim == 0 {
		return folder
	}
	return strings.ReplaceAll(folder, "/", string(list[0].Delim))
}

func (h *Host) withIMAP(ctx context.Context, account string, do func(*imapclient.Client) error) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", h.IMAPAddr)
	if err != nil {
		return fmt.Errorf("connecting to the IMAP server: %w", err)
	}
	c := imapclient.New(conn, nil)
	defer c.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := c.Login(account, h.Password(account)).Wait(); err != nil {
		return fmt.Errorf("logging in to the IMAP server as %s: %w", account, err)
	}
	if err := do(c); err != nil {
		return err
	}
	return c.Logout().Wait()
}
