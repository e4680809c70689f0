package mailbox_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"registratura/intake/mailbox"
	"registratura/intake/mailbox/mailhost"
)

// secureServer is an IMAP server with a certificate for "mail.primaria.test"
// that only roots trust.
func secureServer(t *testing.T, implicit bool) (addr string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.primaria.test"}, DNSNames: []string{"mail.primaria.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(certificate)
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}

	user := imapmemserver.NewUser(desk, "parola")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := user.Append("INBOX", strings.NewReader(string(testMail("registered 1"))), &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	options := &imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		TLSConfig: config,
	}
	server := imapserver.New(options)
	if implicit {
		l = tls.NewListener(l, config)
	}
	addr = l.Addr().String()
	t.Cleanup(func() { l.Close(); server.Close() })
	go server.Serve(l)
	return addr, roots
}

func TestTheServersCertificateIsVerified(t *testing.T) {
	for _, security := range []mailbox.Security{mailbox.ImplicitTLS, mailbox.StartTLS} {
		t.Run(string(security), func(t *testing.T) {
			addr, roots := secureServer(t, security == mailbox.ImplicitTLS)
			config := mailbox.Config{Addr: addr, Security: security, User: desk, Password: "parola", CommandTimeout: 5 * time.Second,
				After: func(time.Duration) <-chan time.Time { return time.After(time.Millisecond) }}
			for _, c := range []struct {
				why   string
				tls   *tls.Config
				fails string
			}{
				{"an unknown authority", &tls.Config{ServerName: "mail.primaria.test"}, "unknown authority"},
				{"another name", &tls.Config{RootCAs: roots}, "127.0.0.1"},
			} {
				config.TLS = c.tls
				r := newRegistry()
				f, stop := follow(t, config, r)
				waitFor(t, c.why, func() bool { return strings.Contains(f.Status().LastError, c.fails) })
				stop()
				if len(r.mails) > 0 {
					t.Errorf("%s: the mail was fetched", c.why)
				}
			}
			config.TLS = &tls.Config{RootCAs: roots, ServerName: "mail.primaria.test"}
			r := newRegistry()
			follow(t, config, r)
			r.until(t, 1)
		})
	}
}

func TestAServerWithoutSTARTTLSGetsNoPassword(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		var lines []string
		var mu sync.Mutex
		p := (&proxy{command: func(line string) (string, bool, bool) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, line)
			return "", false, false
		}}).start(t, h.IMAPAddr)
		config := configFor(h)
		config.Addr, config.Security = p.addr, mailbox.StartTLS
		f, stop := follow(t, config, newRegistry())
		waitFor(t, "the refusal", func() bool { return strings.Contains(f.Status().LastError, "STARTTLS") })
		stop()
		for _, line := range lines {
			if strings.Contains(line, "LOGIN") || strings.Contains(line, "AUTHENTICATE") {
				t.Errorf("sent %q", line)
			}
		}
	})
}

func TestAWrongPasswordShowsInTheStatus(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		config := configFor(h)
		config.Password = "gresita"
		f, _ := follow(t, config, newRegistry())
		waitFor(t, "the error", func() bool { return strings.HasPrefix(f.Status().LastError, "logging in: ") })
		if s := f.Status(); !s.ConnectedSince.IsZero() || !s.LastPoll.IsZero() || strings.Contains(s.LastError, "gresita") {
			t.Errorf("the status is %+v", s)
		}
	})
}

func TestThePausesBetweenConnectionsGrowAndAreBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // nobody will answer there
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	var pauses []time.Duration
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var jitter atomic.Bool // the extremes in turn
	r := newRegistry()
	f := mailbox.NewFollower(mailbox.Config{
		Addr: addr, Security: mailbox.PlainText, CommandTimeout: time.Second, Poll: time.Hour,
		Random: func() float64 {
			if jitter.Swap(!jitter.Load()) {
				return 0.999
			}
			return 0
		},
		After: func(d time.Duration) <-chan time.Time {
			if d == time.Hour { // the filing connection waits for work
				return nil
			}
			if pauses = append(pauses, d); len(pauses) == 14 {
				cancel()
			}
			now := make(chan time.Time, 1)
			now <- time.Time{}
			return now
		},
	}, r)
	f.Run(ctx)
	want := time.Second
	for i, pause := range pauses {
		if pause < want/2 || pause > want {
			t.Errorf("pause %d is %v, want between %v and %v", i, pause, want/2, want)
		}
		want = min(2*want, 5*time.Minute)
	}
	if len(pauses) < 14 {
		t.Errorf("there were %d pauses", len(pauses))
	}
}
