package mailer

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	from = "registratura@primariabuzau.ro"
	to   = "primar@primariabuzau.ro"
)

// sampleRaw has what a careless sender would change: dots at the beginnings of
// lines, spaces at their ends, empty lines at the end, lines of 998 octets.
var sampleRaw = []byte("Subject: proba\r\n\r\n.\r\n..\r\n.x\r\n spatii  \r\n\t\r\n" + strings.Repeat("a", 998) + "\r\nFrom x\r\n\r\n\r\n")

func newSender(t testing.TB, addr net.Addr, change func(*Config)) *Sender {
	t.Helper()
	cfg := Config{Host: "127.0.0.1", Port: addr.(*net.TCPAddr).Port, Security: NoTLS, Hello: "registratura.primariabuzau.ro"}
	if change != nil {
		change(&cfg)
	}
	s, err := NewSender(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func sendError(t *testing.T, err error) *SendError {
	t.Helper()
	var e *SendError
	if !errors.As(err, &e) {
		t.Fatalf("the error is %v, a %T", err, err)
	}
	return e
}

func TestEveryRefusalIsClassifiedByItsStageAndCode(t *testing.T) {
	for _, c := range []struct {
		name      string
		script    script
		stage     Stage
		permanent bool
		code      int
		enhanced  string
	}{
		{"greeting says try later", script{"greeting": "421 4.3.2 prea multe"}, StageConnect, false, 421, "4.3.2"},
		{"greeting refuses", script{"greeting": "554 5.7.1 nu de la tine"}, StageConnect, false, 554, "5.7.1"},
		{"greeting is cut", script{"greeting": cut}, StageConnect, false, 0, ""},
		{"EHLO and HELO refused", script{"EHLO": "550 5.7.1 nu", "HELO": "550 5.7.1 nu"}, StageConnect, false, 550, "5.7.1"},
		{"EHLO is cut", script{"EHLO": cut}, StageConnect, false, 0, ""},
		{"login refused", script{"AUTH": "535 5.7.8 parola"}, StageAuth, false, 535, "5.7.8"},
		{"login is cut", script{"AUTH": cut}, StageAuth, false, 0, ""},
		{"MAIL 4xx", script{"MAIL": "451 4.3.0 mai târziu"}, StageMail, false, 451, "4.3.0"},
		{"MAIL 5xx", script{"MAIL": "553 5.1.8 expeditor"}, StageMail, true, 553, "5.1.8"},
		{"MAIL wants a login", script{"MAIL": "530 5.7.0 autentificare"}, StageMail, false, 530, "5.7.0"},
		{"MAIL is cut", script{"MAIL": cut}, StageMail, false, 0, ""},
		{"RCPT 4xx", script{"RCPT": "450 4.2.1 greylisting"}, StageRcpt, false, 450, "4.2.1"},
		{"RCPT 5xx", script{"RCPT": "550 5.1.1 necunoscut"}, StageRcpt, true, 550, "5.1.1"},
		{"RCPT 5xx without enhanced code", script{"RCPT": "550 User unknown 5.1.1"}, StageRcpt, true, 550, ""},
		{"RCPT 5xx in several lines", script{"RCPT": "550-5.7.1 prima\r\n550 5.7.1 a doua"}, StageRcpt, true, 550, "5.7.1"},
		{"RCPT is cut", script{"RCPT": cut}, StageRcpt, false, 0, ""},
		{"DATA 4xx", script{"DATA": "451 4.3.1 disc"}, StageData, false, 451, "4.3.1"},
		{"DATA 5xx", script{"DATA": "554 5.5.1 nu"}, StageData, true, 554, "5.5.1"},
		{"DATA is cut", script{"DATA": cut}, StageData, false, 0, ""},
		{"content is cut", script{"content": cut}, StageMessage, false, 0, ""},
		{"message 4xx", script{".": "452 4.3.1 disc"}, StageMessage, false, 452, "4.3.1"},
		{"message 5xx", script{".": "554 5.7.1 spam"}, StageMessage, true, 554, "5.7.1"},
		{"message's answer is cut", script{".": cut}, StageMessage, false, 0, ""},
		{"shutting down at RCPT", script{"RCPT": "421 4.3.2 oprire"}, StageRcpt, false, 421, "4.3.2"},
		{"nonsense at RCPT", script{"RCPT": "ce?"}, StageRcpt, false, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := serve(t, c.script)
			s := newSender(t, server.Addr(), func(cfg *Config) { cfg.Username, cfg.Password = "registratura", "parola secretă" })
			err := s.Send(t.Context(), from, to, sampleRaw)
			e := sendError(t, err)
			if e.Stage != c.stage || e.Permanent != c.permanent || e.Code != c.code || e.Enhanced != c.enhanced {
				t.Errorf("it is %+v", *e)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
			if e.Code != 0 && e.Reply == "" {
				t.Error("the server's words are lost")
			}
		})
	}
}

func TestSilentServerIsGivenUpAtEveryStage(t *testing.T) {
	for stage, where := range map[Stage]string{StageConnect: "greeting", StageAuth: "AUTH", StageMail: "MAIL",
		StageRcpt: "RCPT", StageData: "DATA", StageMessage: "."} {
		t.Run(string(stage), func(t *testing.T) {
			server := serve(t, script{where: silent})
			s := newSender(t, server.Addr(), func(cfg *Config) {
				cfg.Username, cfg.Password = "u", "p"
				cfg.DialTimeout, cfg.CommandTimeout, cfg.DataTimeout = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
			})
			e := sendError(t, s.Send(t.Context(), from, to, sampleRaw))
			if e.Stage != stage || e.Permanent || e.Code != 0 {
				t.Errorf("it is %+v", *e)
			}
		})
	}
}

func TestCancelledContextEndsTheWaiting(t *testing.T) {
	for _, where := range []string{"greeting", "RCPT", "."} {
		t.Run(where, func(t *testing.T) {
			server := serve(t, script{where: silent})
			s := newSender(t, server.Addr(), nil)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := s.Send(ctx, from, to, sampleRaw)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the error is %v", err)
			}
			var e *SendError
			if errors.As(err, &e) {
				t.Errorf("a stop is counted as a failure: %v", err)
			}
		})
	}
	t.Run("while every connection is in use", func(t *testing.T) {
		server := serve(t, script{"RCPT": silent})
		s := newSender(t, server.Addr(), func(cfg *Config) { cfg.MaxConnections = 1 })
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error)
		go func() { first <- s.Send(ctx, from, to, sampleRaw) }()
		waitFor(t, server.events, func() bool {
			sessions, _ := server.seen()
			return len(sessions) > 0 && strings.HasSuffix(strings.Join(sessions[0], " "), "RCPT")
		})
		short, stop := context.WithTimeout(ctx, 10*time.Millisecond)
		defer stop()
		if err := s.Send(short, from, to, sampleRaw); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("the first error is %v", err)
		}
	})
}

func TestNobodyListensIsTemporary(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	e := sendError(t, newSender(t, l.Addr(), nil).Send(t.Context(), from, to, sampleRaw))
	if e.Stage != StageConnect || e.Permanent || e.Code != 0 {
		t.Errorf("it is %+v", *e)
	}
}

func TestConnectionIsUsedAgain(t *testing.T) {
	server := serve(t, script{})
	s := newSender(t, server.Addr(), nil)
	for range 5 {
		if err := s.Send(t.Context(), from, to, sampleRaw); err != nil {
			t.Fatal(err)
		}
	}
	sessions, messages := server.seen()
	if len(sessions) != 1 || len(messages) != 5 {
		t.Errorf("%d connections for %d messages", len(sessions), len(messages))
	}
}

func TestRefusedMailIsFollowedByResetOnTheSameConnection(t *testing.T) {
	server := serve(t, script{"RCPT": "550 5.1.1 necunoscut"})
	s := newSender(t, server.Addr(), nil)
	for range 2 {
		if e := sendError(t, s.Send(t.Context(), from, to, sampleRaw)); !e.Permanent {
			t.Errorf("it is %+v", *e)
		}
	}
	sessions, _ := server.seen()
	want := "greeting EHLO MAIL RCPT RSET MAIL RCPT RSET"
	if len(sessions) != 1 || strings.Join(sessions[0], " ") != want {
		t.Errorf("the sessions are %v", sessions)
	}
}

func TestDeadKeptConnectionIsReplacedWithoutAFailure(t *testing.T) {
	for name, second := range map[string]string{"cut": cut, "421": "421 4.4.2 ai tăcut prea mult", "silent": silent} {
		t.Run(name, func(t *testing.T) {
			// the first connection takes one mail, and dies at the second MAIL
			first := script{}
			server := serve(t, first, script{})
			s := newSender(t, server.Addr(), func(cfg *Config) { cfg.CommandTimeout = 200 * time.Millisecond })
			if err := s.Send(t.Context(), from, to, sampleRaw); err != nil {
				t.Fatal(err)
			}
			server.change(first, "MAIL", second)
			if err := s.Send(t.Context(), from, to, sampleRaw); err != nil {
				t.Fatal(err)
			}
			sessions, messages := server.seen()
			if len(sessions) != 2 || len(messages) != 2 {
				t.Errorf("%d messages in %v", len(messages), sessions)
			}
		})
	}
}

func TestLongIdleConnectionIsTriedBeforeItIsUsed(t *testing.T) {
	for name, dead := range map[string]bool{"alive": false, "dead": true} {
		t.Run(name, func(t *testing.T) {
			first := script{}
			server := serve(t, first, script{})
			s := newSender(t, server.Addr(), nil)
			if err := s.Send(t.Context(), from, to, sampleRaw); err != nil {
				t.Fatal(err)
			}
			s.mu.Lock()
			s.idle[0].idleSince = time.Now().Add(-2 * staleAfter)
			s.mu.Unlock()
			want := 1
			if dead {
				server.change(first, "RSET", cut)
				want = 2
			}
			if err := s.Send(t.Context(), from, to, sampleRaw); err != nil {
				t.Fatal(err)
			}
			sessions, messages := server.seen()
			if len(sessions) != want || len(messages) != 2 || !strings.Contains(strings.Join(sessions[0], " "), ". RSET") {
				t.Errorf("%d messages in %v", len(messages), sessions)
			}
		})
	}
}

func TestFreshConnectionThatFailsIsAFailure(t *testing.T) {
	server := serve(t, script{"MAIL": cut})
	s := newSender(t, server.Addr(), nil)
	sendError(t, s.Send(t.Context(), from, to, sampleRaw))
	if sessions, _ := server.seen(); len(sessions) != 1 {
		t.Errorf("%d connections for one attempt", len(sessions))
	}
}

func TestIdleConnectionIsClosed(t *testing.T) {
	server := serve(t, script{})
	s := newSender(t, server.Addr(), func(cfg *Config) { cfg.IdleTimeout = time.Millisecond })
	if err := s.Send(t.Context(), from, to, sampleRaw); err != nil {
		t.Fatal(err)
	}
	waitFor(t, server.events, func() bool {
		sessions, _ := server.seen()
		return strings.HasSuffix(strings.Join(sessions[0], " "), "QUIT")
	})
}

func TestCloseEndsIdleConnections(t *testing.T) {
	server := serve(t, script{})
	s := newSender(t, server.Addr(), nil)
	if err := s.Send(t.Context(), from, to, sampleRaw); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, server.events, func() bool {
		sessions, _ := server.seen()
		return strings.HasSuffix(strings.Join(sessions[0], " "), "QUIT")
	})
	// a mail that was still on its way when the sender was closed leaves nothing open
	if err := s.Send(t.Context(), from, to, sampleRaw); err != nil {
		t.Fatal(err)
	}
	if len(s.idle) != 0 {
		t.Error("a connection is kept after Close")
	}
}

// waitFor looks again at every event until what holds.
func waitFor(t *testing.T, events <-chan struct{}, what func() bool) {
	t.Helper()
	deadline := time.After(5 * time.Second)
	for !what() {
		select {
		case <-events:
		case <-deadline:
			t.Fatal("it did not come about within 5 s")
		}
	}
}

func TestNoMoreConnectionsThanAllowed(t *testing.T) {
	server := serve(t, script{})
	s := newSender(t, server.Addr(), func(cfg *Config) { cfg.MaxConnections = 3 })
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			if err := s.Send(t.Context(), from, to, sampleRaw); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	sessions, messages := server.seen()
	if len(sessions) > 3 || len(messages) != 60 {
		t.Errorf("%d connections for %d messages", len(sessions), len(messages))
	}
}

func TestUnfitMessagesAndAddressesAreNotSent(t *testing.T) {
	server := serve(t, script{})
	s := newSender(t, server.Addr(), nil)
	for name, c := range map[string]struct {
		from, to string
		raw      string
	}{
		"a recipient with a command":   {from, "a@b.ro>\r\nRCPT TO:<c@d.ro", string(sampleRaw)},
		"a recipient with a parameter": {from, "a@b.ro> NOTIFY=NEVER", string(sampleRaw)},
		"a quoted recipient":           {from, `"a b"@c.ro`, string(sampleRaw)},
		"a quoted sender":              {`"a b"@c.ro`, to, string(sampleRaw)},
		"an empty sender":              {"", to, string(sampleRaw)},
		"an empty message":             {from, to, ""},
		"no line end at the end":       {from, to, "Subject: x\r\n\r\ny"},
		"a bare LF":                    {from, to, "Subject: x\r\n\r\ny\n.\nMAIL FROM:<x@y.ro>\r\n"},
		"a bare CR":                    {from, to, "Subject: x\r\n\r\ny\rz\r\n"},
		"a CR before CRLF":             {from, to, "Subject: x\r\n\r\ny\r\r\n"},
		"a NUL":                        {from, to, "Subject: x\r\n\r\ny\x00\r\n"},
		"a line of 999":                {from, to, "Subject: x\r\n\r\n" + strings.Repeat("a", 999) + "\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			e := sendError(t, s.Send(t.Context(), c.from, c.to, []byte(c.raw)))
			if e.Stage != StageCheck || !e.Permanent {
				t.Errorf("it is %+v", *e)
			}
		})
	}
	if sessions, _ := server.seen(); len(sessions) != 0 {
		t.Errorf("the server was spoken to: %v", sessions)
	}
}

func TestServerReceivesExactlyTheBytesGiven(t *testing.T) {
	composed, err := sampleComposer(t).Compose(sampleNotice())
	if err != nil {
		t.Fatal(err)
	}
	large := append([]byte("Subject: mare\r\n\r\n"), bytes.Repeat([]byte(strings.Repeat("b", 76)+"\r\n.\r\n"), 20000)...)
	for _, security := range []Security{NoTLS, STARTTLS, ImplicitTLS} {
		t.Run(string(security), func(t *testing.T) {
			b := &backend{accounts: map[string]string{"registratura": "parola secretă"}}
			addr, pool := serveWhole(t, b, security)
			s := newSender(t, addr, func(cfg *Config) {
				cfg.Security, cfg.TLS = security, &tls.Config{RootCAs: pool}
				cfg.Username, cfg.Password = "registratura", "parola secretă"
			})
			messages := [][]byte{sampleRaw, composed, large, composed}
			for _, raw := range messages {
				if err := s.Send(t.Context(), from, to, raw); err != nil {
					t.Fatal(err)
				}
			}
			if len(b.received) != len(messages) {
				t.Fatalf("%d messages", len(b.received))
			}
			for i, got := range b.received {
				if !bytes.Equal(got.raw, messages[i]) {
					t.Errorf("message %d was changed on the way", i)
				}
				if got.from != from || got.to != to || got.user != "registratura" || got.tls != (security != NoTLS) {
					t.Errorf("message %d came as %+v", i, got)
				}
			}
		})
	}
}

func TestConnectionThatIsNotSafeIsNotUsed(t *testing.T) {
	for name, c := range map[string]struct {
		server Security
		change func(*Config, *x509.CertPool)
		stage  Stage
	}{
		"STARTTLS is not offered": {NoTLS, func(cfg *Config, _ *x509.CertPool) { cfg.Security = STARTTLS }, StageTLS},
		"unknown authority at STARTTLS": {STARTTLS, func(cfg *Config, _ *x509.CertPool) {
			cfg.Security = STARTTLS
		}, StageTLS},
		"unknown authority at implicit TLS": {ImplicitTLS, func(cfg *Config, _ *x509.CertPool) {
			cfg.Security = ImplicitTLS
		}, StageTLS},
		"certificate of another name": {ImplicitTLS, func(cfg *Config, pool *x509.CertPool) {
			cfg.Security, cfg.TLS = ImplicitTLS, &tls.Config{RootCAs: pool, ServerName: "mail.primariabuzau.ro"}
		}, StageTLS},
		"certificate of another name at STARTTLS": {STARTTLS, func(cfg *Config, pool *x509.CertPool) {
			cfg.Security, cfg.TLS = STARTTLS, &tls.Config{RootCAs: pool, ServerName: "mail.primariabuzau.ro"}
		}, StageTLS},
		"no TLS where it is implicit": {NoTLS, func(cfg *Config, _ *x509.CertPool) { cfg.Security = ImplicitTLS }, StageTLS},
		"a wrong password": {ImplicitTLS, func(cfg *Config, pool *x509.CertPool) {
			cfg.Security, cfg.TLS, cfg.Password = ImplicitTLS, &tls.Config{RootCAs: pool}, "alta"
		}, StageAuth},
	} {
		t.Run(name, func(t *testing.T) {
			b := &backend{accounts: map[string]string{"registratura": "parola"}}
			addr, pool := serveWhole(t, b, c.server)
			s := newSender(t, addr, func(cfg *Config) {
				cfg.Username, cfg.Password, cfg.DialTimeout = "registratura", "parola", 2*time.Second
				c.change(cfg, pool)
			})
			e := sendError(t, s.Send(t.Context(), from, to, sampleRaw))
			if e.Stage != c.stage || e.Permanent {
				t.Errorf("it is %+v", *e)
			}
			if len(b.received) != 0 {
				t.Error("the mail was sent nevertheless")
			}
		})
	}
}

func TestLoginIsNotTriedWhereNoneIsOffered(t *testing.T) {
	b := &backend{}
	addr, _ := serveWhole(t, b, NoTLS)
	s := newSender(t, addr, func(cfg *Config) { cfg.Username, cfg.Password = "registratura", "parola" })
	if e := sendError(t, s.Send(t.Context(), from, to, sampleRaw)); e.Stage != StageAuth || e.Permanent {
		t.Errorf("it is %+v", *e)
	}
}

func TestFailedSessionsLeaveNoConnectionOpen(t *testing.T) {
	b := &backend{}
	addr, _ := serveWhole(t, b, NoTLS)
	proxy := countingProxy(t, addr.String())
	s := newSender(t, proxy.Addr(), func(cfg *Config) { cfg.Username, cfg.Password = "registratura", "parola" })
	for range 5 {
		sendError(t, s.Send(t.Context(), from, to, sampleRaw))
	}
	waitFor(t, proxy.events, func() bool {
		proxy.mu.Lock()
		defer proxy.mu.Unlock()
		return proxy.opened == 5 && proxy.open == 0
	})
}

func TestConfigurationMistakesAreNamed(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{Port: 25, Security: NoTLS}, "host"},
		{Config{Host: "x", Security: NoTLS}, "port 0"},
		{Config{Host: "x", Port: 70000, Security: NoTLS}, "port 70000"},
		{Config{Host: "x", Port: 25}, `security ""`},
	} {
		if _, err := NewSender(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	raw, err := sampleComposer(b).Compose(sampleNotice())
	if err != nil {
		b.Fatal(err)
	}
	for _, connections := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			addr, _ := serveWhole(b, &backend{}, NoTLS)
			s := newSender(b, addr, func(cfg *Config) { cfg.MaxConnections = connections })
			b.SetBytes(int64(len(raw)))
			b.SetParallelism(connections)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := s.Send(b.Context(), from, to, raw); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
		})
	}
}
