package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"registratura/cmd/registratura/play"
	"registratura/intake/mailbox/mailhost"
)

// asProgram makes the test binary behave as the program itself, so that tests
// run and kill the real thing in a process of its own.
const asProgram = "REGISTRATURA_TEST_AS_PROGRAM"

// profileTo names a file for the CPU profile of the program.
const profileTo = "REGISTRATURA_TEST_PROFILE"

func interruptible() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	return ctx
}

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" || len(os.Args) > 1 && os.Args[1] == readFormsName {
		if file := os.Getenv(profileTo); file != "" {
			f, err := os.Create(file)
			if err != nil {
				panic(err)
			}
			pprof.StartCPUProfile(f)
			run(interruptible(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
			pprof.StopCPUProfile()
			os.Exit(0)
		}
		main()
	}
	os.Exit(m.Run())
}

// program is the daemon in a process of its own, which can be killed and
// started again.
type program struct {
	t      testing.TB
	config string
	cmd    *exec.Cmd
	log    *lockedBuffer
	url    string
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newProgram writes a configuration for the host; imap and smtp are where the
// daemon finds it, which may be a proxy.
func newProgram(t testing.TB, host *mailhost.Host, imap, smtp, extra string) *program {
	t.Helper()
	dir := t.TempDir()
	listen := freePort(t)
	p := &program{t: t, config: filepath.Join(dir, "registratura.toml"), log: &lockedBuffer{}, url: "http://" + listen}
	text := play.Config(play.Setup{IMAP: imap, SMTP: smtp, AuthservID: host.AuthservID,
		DataDir: filepath.Join(dir, "data"), Listen: listen, Extra: extra})
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			log := p.log.String()
			t.Logf("the daemon's log:\n%s", log[max(0, len(log)-8000):])
		}
	})
	return p
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (p *program) start() {
	p.t.Helper()
	p.cmd = p.command("serve", "--config", p.config)
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// kill kills the daemon as a power cut would, if it runs.
func (p *program) kill() {
	if p.cmd != nil {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		p.cmd = nil
	}
}

// stop asks the daemon to stop, and fails the test if it does not end well.
func (p *program) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the daemon ended with: %v", err)
	}
	p.cmd = nil
}

// output runs another command of the program and returns what it prints.
func (p *program) output(args ...string) string {
	p.t.Helper()
	cmd := p.command(args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return string(out)
}

// embeddedHost is the demo's mail host, with the town's accounts.
func embeddedHost(t testing.TB, delivered func(to, from, subject string)) *mailhost.Host {
	t.Helper()
	host, err := mailhost.Embedded(mailhost.Config{Hostname: "mail.primaria.test", Accounts: play.Accounts(), Bounces: []string{play.Lost}, OnDelivered: delivered})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	return host
}

func town(t testing.TB, host *mailhost.Host, p *program) *play.Town {
	return &play.Town{Host: host, PortalURL: p.url, Now: time.Now, Tell: func(format string, args ...any) { t.Logf(format, args...) }}
}

func testContext(t testing.TB, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
