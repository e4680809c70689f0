package mailer

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// The servers in this file are what the tests of Sender speak to: one that
// fails on demand, a whole one, and a proxy that counts connections.

// script says how a scripted server answers: by verb ("greeting" and "." stand
// for the beginning of the session and the end of the message). What it does
// not name is answered as a server does that takes every mail.
type script map[string]string

const (
	cut    = "cut"    // the connection is closed instead of an answer
	silent = "silent" // no answer is ever given
)

// scripted is a server that fails on demand.
type scripted struct {
	net.Listener
	mu       sync.Mutex
	scripts  []script // of the connections in their order; the last one stays
	sessions [][]string
	messages [][]byte
	events   chan struct{} // holds something when anything has happened since it was last looked at
	done     chan struct{}
	serving  sync.WaitGroup
}

func serve(t testing.TB, scripts ...script) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{Listener: l, scripts: scripts, events: make(chan struct{}, 1), done: make(chan struct{})}
	s.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			n := len(s.sessions)
			s.sessions = append(s.sessions, nil)
			sc := s.scripts[min(n, len(s.scripts)-1)]
			s.mu.Unlock()
			s.serving.Go(func() { s.session(n, conn, sc) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		close(s.done)
		s.serving.Wait()
	})
	return s
}

func (s *scripted) session(n int, conn net.Conn, sc script) {
	defer conn.Close()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-s.done:
			conn.Close()
		case <-stop:
		}
	}()
	r := bufio.NewReader(conn)
	answer := func(verb, standard string) bool {
		s.mu.Lock()
		s.sessions[n] = append(s.sessions[n], verb)
		reply, ok := sc[verb]
		s.mu.Unlock()
		tell(s.events)
		if !ok {
			reply = standard
		}
		switch reply {
		case cut:
			return false
		case silent:
			<-s.done
			return false
		}
		_, err := io.WriteString(conn, reply+"\r\n")
		return err == nil
	}
	if !answer("greeting", "220 proba") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch verb {
		case "EHLO":
			if !answer(verb, "250-proba\r\n250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN") {
				return
			}
		case "QUIT":
			answer(verb, "221 la revedere")
			return
		case "AUTH":
			if !answer(verb, "235 2.7.0 bine") {
				return
			}
		case "DATA":
			s.mu.Lock()
			refused, cutAfter := sc[verb] != "", sc["content"] == cut
			s.mu.Unlock()
			if !answer(verb, "354 da") {
				return
			}
			if refused {
				continue
			}
			if cutAfter {
				_, _ = r.ReadString('\n')
				return
			}
			var message bytes.Buffer
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				message.WriteString(strings.TrimPrefix(line, "."))
			}
			s.mu.Lock()
			s.messages = append(s.messages, message.Bytes())
			s.mu.Unlock()
			if !answer(".", "250 2.0.0 primit") {
				return
			}
		default:
			if !answer(verb, "250 2.0.0 bine") {
				return
			}
		}
	}
}

// tell leaves word in events that there is something new.
func tell(events chan<- struct{}) {
	select {
	case events <- struct{}{}:
	default:
	}
}

// change alters a script whose session is running.
func (s *scripted) change(sc script, verb, reply string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sc[verb] = reply
}

func (s *scripted) seen() (sessions [][]string, messages [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]string(nil), s.sessions...), append([][]byte(nil), s.messages...)
}

// backend is go-smtp's side of the tests with a whole server.
type backend struct {
	mu       sync.Mutex
	received []received
	accounts map[string]string
}

type received struct {
	from, to, user string
	raw            []byte
	tls            bool
}

func (b *backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, secured := c.TLSConnectionState()
	return &session{backend: b, current: received{tls: secured}}, nil
}

type session struct {
	backend *backend
	current received
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.current.from = from
	return nil
}
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.current.to = to
	return nil
}
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.current.raw = raw
	s.backend.mu.Lock()
	defer s.backend.mu.Unlock()
	s.backend.received = append(s.backend.received, s.current)
	return nil
}
func (s *session) AuthMechanisms() []string {
	if s.backend.accounts == nil {
		return nil
	}
	return []string{sasl.Plain}
}
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if want, ok := s.backend.accounts[username]; !ok || want != password {
			return smtp.ErrAuthFailed
		}
		s.current.user = username
		return nil
	}), nil
}

// certificate is one for 127.0.0.1, with the pool that knows it.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	pool := x509.NewCertPool()
	pool.AddCert(web.Certificate())
	return web.TLS.Certificates[0], pool
}

// serveWhole starts go-smtp, a server that had no hand in the client.
func serveWhole(t testing.TB, b *backend, security Security) (net.Addr, *x509.CertPool) {
	t.Helper()
	cert, pool := certificate(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(b)
	server.Domain, server.AllowInsecureAuth = "proba", security == NoTLS
	server.ErrorLog = quiet{}
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	served := l
	switch security {
	case STARTTLS:
		server.TLSConfig = config
	case ImplicitTLS:
		served = tls.NewListener(l, config)
	}
	go server.Serve(served)
	t.Cleanup(func() { server.Close() })
	return l.Addr(), pool
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// counting passes bytes on to a server and counts the client's connections.
type counting struct {
	net.Listener
	events       chan struct{}
	mu           sync.Mutex
	opened, open int
}

func countingProxy(t *testing.T, server string) *counting {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &counting{Listener: l, events: make(chan struct{}, 1)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.opened++
			p.open++
			p.mu.Unlock()
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				return
			}
			go io.Copy(client, upstream)
			go func() {
				io.Copy(upstream, client) // ends when the client closes, and only then
				upstream.Close()
				p.mu.Lock()
				p.open--
				p.mu.Unlock()
				tell(p.events)
			}()
		}
	}()
	return p
}
