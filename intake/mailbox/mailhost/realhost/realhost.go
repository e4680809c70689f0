// Package realhost runs a mail host on the servers that city halls use: Dovecot
// for IMAP and Maildir, Postfix for submission, in a folder of the test's own and
// on free ports of 127.0.0.1. Debian: dovecot-imapd, dovecot-lmtpd, postfix.
//
// Postfix's master has to be started by root. For anybody else the submission
// server is the embedded one, which delivers to Dovecot over LMTP as Postfix does.
package realhost

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"registratura/intake/mailbox/mailhost"
)

// Config is what the real host needs.
type Config struct {
	Hostname     string // the authserv-id as well
	Accounts     []mailhost.Account
	AllowAnyFrom bool // let people submit mail under envelope senders that are not theirs

	// Bounces are addresses that Postfix takes mail for, and Dovecot does not
	// know: it comes back with a notification. Their domains are those of accounts.
	Bounces []string
}

// Start starts both servers, and stops them at the end of the test. Where they
// are not installed, the test is skipped; where CI=true, it fails.
func Start(t testing.TB, config Config) *mailhost.Host {
	t.Helper()
	s, stopDovecot := start(t, config)
	startSMTP := s.startEmbeddedSubmission
	if s.root {
		s.need(postfixDaemons+"/master", "postfix")
		startSMTP = s.startPostfix
	}
	stop := startSMTP()
	t.Cleanup(stop)
	return mailhost.NewHost(s.imap, s.smtp, config.Hostname, config.Accounts, func() error {
		stop()
		stopDovecot()
		return nil
	})
}

// StartIMAP is Start without a submission server, for tests that only read.
func StartIMAP(t testing.TB, config Config) *mailhost.Host {
	t.Helper()
	s, stop := start(t, config)
	return mailhost.NewHost(s.imap, "", config.Hostname, config.Accounts, func() error {
		stop()
		return nil
	})
}

// start starts Dovecot.
func start(t testing.TB, config Config) (s *servers, stop func()) {
	t.Helper()
	s = &servers{t: t, config: config, root: os.Geteuid() == 0}
	s.need(dovecot, "dovecot-core")
	s.need("/usr/lib/dovecot/imap", "dovecot-imapd")
	s.need("/usr/lib/dovecot/lmtp", "dovecot-lmtpd")
	// Short, since paths of sockets are bounded; readable by the servers' own users.
	dir, err := os.MkdirTemp("", "mail")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.dir = dir
	s.imap, s.lmtp, s.auth, s.smtp = freePort(t), freePort(t), freePort(t), freePort(t)

	stop = s.startDovecot()
	t.Cleanup(stop)
	return s, stop
}

type servers struct {
	t      testing.TB
	config Config
	root   bool
	dir    string

	imap, lmtp, auth, smtp string // host:port
}

// need makes sure that a Debian package's server is there.
func (s *servers) need(file, pkg string) {
	s.t.Helper()
	_, err := os.Stat(file)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		s.t.Fatalf("%s is missing: apt-get install %s", file, pkg)
	default:
		s.t.Skipf("%s is missing: apt-get install %s", file, pkg)
	}
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

func port(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return port
}

// write writes a file of configuration.
func (s *servers) write(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// run starts a server in a process group of its own and waits until it answers
// at addr. The returned function ends the whole group.
func (s *servers) run(logFile, addr, greeting, command string, args ...string) (stop func()) {
	s.t.Helper()
	// A file, not a pipe: its children hold it open, too.
	output, err := os.Create(filepath.Join(s.dir, filepath.Base(command)+".out"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer output.Close()
	// With the limit of a million descriptors that Go programs give to their
	// children, Postfix's master closes every one of them first, in two seconds.
	cmd := exec.Command("sh", append([]string{"-c", `ulimit -n 8192 && exec "$0" "$@"`, command}, args...)...)
	cmd.Dir = s.dir
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = ownGroup()
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// The kernel sends Pdeathsig when the thread ends that started the child.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		s.t.Fatalf("starting %s: %v", command, err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
		}
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	}
	if err := awaitGreeting(addr, greeting, ended); err != nil {
		stop()
		said, _ := os.ReadFile(output.Name())
		log, _ := os.ReadFile(logFile)
		s.t.Fatalf("%s does not answer at %s: %v\n%s\n%s", command, addr, err, said, log)
	}
	return stop
}

// awaitGreeting connects until the server greets.
func awaitGreeting(addr, greeting string, ended <-chan struct{}) error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.SetDeadline(time.Now().Add(5 * time.Second))
			got := make([]byte, len(greeting))
			_, err = io.ReadFull(conn, got)
			conn.Close()
			if err == nil && string(got) == greeting {
				return nil
			}
			if err == nil {
				err = fmt.Errorf("it greets with %q", got)
			}
		}
		select {
		case <-ended:
			return errors.New("it has ended")
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}

const dovecot = "/usr/sbin/dovecot" // of Debian; not in everybody's PATH

// dovecotConf is made for tests: no fsync, no penalty for wrong passwords.
const dovecotConf = `
protocols = imap lmtp
listen = 127.0.0.1
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/dovecot.log
instance_name = INSTANCE
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_fsync = never
mail_max_userip_connections = 1000
recipient_delimiter = +
hostname = HOSTNAME
first_valid_uid = 1
mail_location = maildir:~/Maildir
namespace inbox {
  inbox = yes
  separator = .
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%Lu DIR/passwd
}
userdb {
  driver = static
  args = uid=UID gid=GID home=DIR/mail/%Lu
}
service imap-login {
  inet_listener imap {
    port = IMAP
  }
  inet_listener imaps {
    port = 0
  }
  service_count = 0
  client_limit = 1000
  CHROOT
}
service imap {
  process_limit = 1000
}
service lmtp {
  inet_listener lmtp {
    port = LMTP
  }
  unix_listener lmtp {
    mode = 0
  }
}
service auth {
  inet_listener {
    port = AUTH
  }
  unix_listener auth-userdb {
    mode = 0666
  }
  client_limit = 2000
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
  client_limit = 2000
  CHROOT
}
`

func (s *servers) startDovecot() (stop func()) {
	s.t.Helper()
	owner, err := user.Current()
	if err == nil && s.root {
		owner, err = user.Lookup("nobody") // Dovecot refuses to keep mail of root
	}
	if err != nil {
		s.t.Fatal(err)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	mail := filepath.Join(s.dir, "mail")
	if err := errors.Join(os.Mkdir(mail, 0o755), os.Chown(mail, uid, gid)); err != nil {
		s.t.Fatal(err)
	}
	var passwords strings.Builder
	for _, a := range s.config.Accounts {
		fmt.Fprintf(&passwords, "%s:%s\n", a.Address, a.Password)
	}
	s.write("passwd", passwords.String())
	conf, chroot := dovecotConf, ""
	if !s.root {
		group, err := user.LookupGroupId(owner.Gid)
		if err != nil {
			s.t.Fatal(err)
		}
		chroot = "chroot ="
		conf += fmt.Sprintf("default_internal_user = %s\ndefault_login_user = %s\ndefault_internal_group = %s\n", owner.Username, owner.Username, group.Name)
	}
	conf = strings.NewReplacer("DIR", s.dir, "INSTANCE", filepath.Base(s.dir), "HOSTNAME", s.config.Hostname, "UID", owner.Uid, "GID", owner.Gid,
		"IMAP", port(s.imap), "LMTP", port(s.lmtp), "AUTH", port(s.auth), "CHROOT", chroot).Replace(conf)
	return s.run(filepath.Join(s.dir, "dovecot.log"), s.imap, "* OK", dovecot, "-F", "-c", s.write("dovecot.conf", conf))
}
