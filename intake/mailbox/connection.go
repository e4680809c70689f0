package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// connection is a connection to the IMAP server on which somebody is logged in.
type connection struct {
	client    *imapclient.Client
	conn      net.Conn
	timeout   time.Duration
	caps      imap.CapSet
	announced chan struct{} // the server spoke of new mails; holds one signal

	delimiter string // between the levels of a folder's name
	prefix    string // of folders of one's own (RFC 2342)

	uidValidity uint32      // of the folder that is open
	copied      uidsFlagged // of its mails, those that this connection filed away without MOVE
}

// connect opens a connection and logs in.
func (f *Follower) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, f.config.CommandTimeout)
	defer cancel()
	host, _, err := net.SplitHostPort(f.config.Addr)
	if err != nil {
		return nil, fmt.Errorf("reading the IMAP server's address: %w", err)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", f.config.Addr)
	if err != nil {
		return nil, fmt.Errorf("connecting to the IMAP server: %w", err)
	}
	c := &connection{conn: conn, timeout: f.config.CommandTimeout, announced: make(chan struct{}, 1), copied: uidsFlagged{}}
	if err := c.open(ctx, f.config, host); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *connection) open(ctx context.Context, config Config, host string) error {
	security := config.TLS.Clone()
	if security == nil {
		security = &tls.Config{}
	}
	if security.ServerName == "" {
		security.ServerName = host
	}
	options := &imapclient.Options{
		TLSConfig: security,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			// Called by the goroutine that reads: whatever blocks here deadlocks
			// the client (go-imap issue 668).
			Mailbox: func(data *imapclient.UnilateralDataMailbox) {
				if data.NumMessages != nil {
					select {
					case c.announced <- struct{}{}:
					default:
					}
				}
			},
		},
	}
	var err error
	switch config.Security {
	case ImplicitTLS:
		conn := tls.Client(c.conn, security)
		if err := conn.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("securing the connection to the IMAP server: %w", err)
		}
		c.client = imapclient.New(conn, options)
	case StartTLS:
		c.client, err = do(ctx, c, "STARTTLS", func(func()) (*imapclient.Client, error) {
			return imapclient.NewStartTLS(c.conn, options)
		})
		if err != nil {
			return err
		}
	case PlainText:
		c.client = imapclient.New(c.conn, options)
	default:
		return fmt.Errorf("the security %q is none of tls, starttls, plain", config.Security)
	}
	c.caps, err = do(ctx, c, "waiting for the server's greeting", func(func()) (imap.CapSet, error) {
		return c.client.Caps(), c.client.WaitGreeting()
	})
	if err != nil {
		return err
	}
	if c.client.State() == imap.ConnStateNotAuthenticated {
		_, err := do(ctx, c, "logging in", func(func()) (struct{}, error) {
			switch {
			case c.caps.Has(imap.AuthCap(sasl.Plain)):
				return struct{}{}, c.client.Authenticate(sasl.NewPlainClient("", config.User, config.Password))
			case c.caps.Has(imap.CapLoginDisabled):
				return struct{}{}, errors.New("the server allows no login by password on this connection")
			}
			return struct{}{}, c.client.Login(config.User, config.Password).Wait()
		})
		if err != nil {
			return err
		}
	}
	c.caps, err = do(ctx, c, "CAPABILITY", func(func()) (imap.CapSet, error) {
		if caps := c.client.Caps(); caps != nil { // they change with the login
			return caps, nil
		}
		return nil, errors.New("the server does not say what it can do")
	})
	if err != nil {
		return err
	}
	return c.readNamespace(ctx)
}

// readNamespace asks how folders are named here.
func (c *connection) readNamespace(ctx context.Context) error {
	if c.caps.Has(imap.CapNamespace) {
		data, err := do(ctx, c, "NAMESPACE", func(func()) (*imap.NamespaceData, error) { return c.client.Namespace().Wait() })
		if err == nil && len(data.Personal) > 0 {
			c.prefix = data.Personal[0].Prefix
			if d := data.Personal[0].Delim; d != 0 {
				c.delimiter = string(d)
			}
			return nil
		}
		if err != nil && !refused(err) {
			return err
		}
	}
	list, err := do(ctx, c, "LIST", func(func()) ([]*imap.ListData, error) { return c.client.List("", "", nil).Collect() })
	if len(list) > 0 && list[0].Delim != 0 {
		c.delimiter = string(list[0].Delim)
	}
	return err
}

// folderName turns a name of the configuration into the server's own.
func (c *connection) folderName(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	if c.delimiter != "" {
		name = strings.ReplaceAll(name, "/", c.delimiter)
	}
	if !strings.HasPrefix(name, c.prefix) {
		name = c.prefix + name
	}
	return name
}

// openFolder selects the folder to follow.
func (c *connection) openFolder(ctx context.Context, name string, readOnly bool) (*imap.SelectData, error) {
	data, err := do(ctx, c, "opening "+name, func(func()) (*imap.SelectData, error) {
		return c.client.Select(c.folderName(name), &imap.SelectOptions{ReadOnly: readOnly}).Wait()
	})
	if err != nil {
		return nil, err
	}
	if data.UIDValidity == 0 {
		return nil, fmt.Errorf("opening %s: the server gives no UIDVALIDITY, without which mails cannot be told apart", name)
	}
	c.uidValidity = data.UIDValidity
	return data, nil
}

// close ends the connection, politely if ctx has not ended.
func (c *connection) close(ctx context.Context) {
	if ctx.Err() == nil {
		select {
		case <-c.client.Closed():
		default:
			short := *c
			short.timeout = min(c.timeout, 2*time.Second)
			do(ctx, &short, "LOGOUT", func(func()) (struct{}, error) { return struct{}{}, c.client.Logout().Wait() })
		}
	}
	c.conn.Close()
}

// do runs one command under a watchdog: when the server neither answers nor
// calls progress for the connection's timeout, or ctx ends, the connection is
// closed and the command given up. The client itself sets no deadline between
// responses, and has been seen to hang for good (go-imap issues 602, 668);
// hence a command that does not return even then is left behind.
func do[T any](ctx context.Context, c *connection, what string, command func(progress func()) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var nothing T
	done := make(chan outcome, 1)
	watchdog := time.NewTimer(c.timeout)
	defer watchdog.Stop()
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- outcome{nothing, fmt.Errorf("the IMAP client panicked: %v\n%s", v, debug.Stack())}
			}
		}()
		value, err := command(func() { watchdog.Reset(c.timeout) })
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return o.value, fmt.Errorf("%s: %w", what, o.err)
		}
		return o.value, nil
	case <-watchdog.C:
		c.conn.Close()
		return nothing, fmt.Errorf("%s: no answer from the IMAP server in %v", what, c.timeout)
	case <-ctx.Done():
		c.conn.Close()
		return nothing, fmt.Errorf("%s: %w", what, ctx.Err())
	}
}

// refused reports whether the server understood the command and said no, so
// that the connection can still be used.
func refused(err error) bool {
	var answer *imap.Error
	return errors.As(err, &answer) && answer.Type != imap.StatusResponseTypeBye
}
