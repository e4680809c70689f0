package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"registratura/cmd/registratura/play"
	"registratura/forms"
	"registratura/intake/mailbox/mailhost"
)

// TestBenchRoad measures the road of a form from the mailbox to the SMTP
// server. It is no test: it runs with BENCH=1 only, by make bench.
func TestBenchRoad(t *testing.T) {
	if os.Getenv("BENCH") == "" {
		t.Skip("a benchmark: make bench runs it")
	}
	t.Run("1000 forms", func(t *testing.T) { benchThroughput(t, 1000) })
	t.Run("latency", func(t *testing.T) { benchLatency(t, 100) })
}

// benchMails are n mails with a form each, from the head of a department, as
// our own server stamps them.
func benchMails(t *testing.T, n int) [][]byte {
	t.Helper()
	var workbooks []play.File
	for i := range n {
		s := play.Request(forms.DateOf(time.Now().AddDate(0, 0, 30)))
		s.Partner = fmt.Sprintf("Școala Gimnazială Nr. %d", i+1)
		file, err := play.Form(s)
		if err != nil {
			t.Fatal(err)
		}
		workbooks = append(workbooks, file)
	}
	mails := make([][]byte, n)
	for i := range mails {
		raw, err := play.Compose(play.Economist, fmt.Sprintf("Cererea %d", i), "Bună ziua,\n\nAtașez cererea.", time.Now(), workbooks[i])
		if err != nil {
			t.Fatal(err)
		}
		mails[i] = append([]byte("Authentication-Results: mail.primaria.test; auth=pass smtp.auth="+play.Economist+"\r\n"), raw...)
	}
	return mails
}

func benchThroughput(t *testing.T, n int) {
	var approvals atomic.Int64
	done := make(chan struct{})
	host := embeddedHost(t, func(to, _, _ string) {
		if to == play.Mayor && approvals.Add(1) == int64(n) {
			close(done)
		}
	})
	mails := benchMails(t, n)
	size := 0
	for _, m := range mails {
		size += len(m)
	}
	ctx := testContext(t, 5*time.Minute)
	if err := host.InjectInto(ctx, play.Desk, "INBOX", mails...); err != nil {
		t.Fatal(err)
	}
	floor := benchFloor(t, ctx, host, n)

	p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
	config, err := os.ReadFile(p.config)
	if err != nil {
		t.Fatal(err)
	}
	config = bytes.Replace(config, []byte("answers_per_day = 100"), []byte("answers_per_day = 100000"), 1)
	if err := os.WriteFile(p.config, config, 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	p.start()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatalf("%d of %d approval mails arrived", approvals.Load(), n)
	}
	took := time.Since(began)
	peak := peakMemory(t, p.cmd.Process.Pid)
	var readers []string
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range threads {
		children, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, pid := range strings.Fields(string(children)) {
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			readers = append(readers, peakMemory(t, n))
		}
	}
	proc := p.cmd
	p.stop()
	cpu := proc.ProcessState.SystemTime() + proc.ProcessState.UserTime()
	t.Logf("%d forms (%d KB each): %.0f/s (%.2f s), CPU %.2f s, peak memory %s, of the form readers %s",
		n, size/n/1000, float64(n)/took.Seconds(), took.Seconds(), cpu.Seconds(), peak, strings.Join(readers, " and "))
	t.Logf("floor (one FETCH of all, one SMTP connection): %.0f/s (%.2f s)", float64(n)/floor.Seconds(), floor.Seconds())
}

// peakMemory is the largest resident size that a process has had.
func peakMemory(t *testing.T, pid int) string {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM:") {
			return strings.Join(strings.Fields(line)[1:], " ")
		}
	}
	return "unknown"
}

// benchFloor is what the mail servers and the machine allow at most: the same
// mails fetched in one command, and as many mails sent over one connection.
func benchFloor(t *testing.T, ctx context.Context, host *mailhost.Host, n int) time.Duration {
	t.Helper()
	letter, err := play.Compose(play.Desk, "Spre aprobare", strings.Repeat("Un rând de scrisoare, ca acesta.\n", 100), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	conn, err := net.Dial("tcp", host.IMAPAddr)
	if err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	defer c.Close()
	if err := c.Login(play.Desk, play.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	fetch := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	for m := fetch.Next(); m != nil; m = fetch.Next() {
		for item := m.Next(); item != nil; item = m.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
				io.Copy(io.Discard, body.Literal)
			}
		}
	}
	if err := fetch.Close(); err != nil {
		t.Fatal(err)
	}
	smtpConn, err := smtp.Dial(host.SMTPAddr)
	if err != nil {
		t.Fatal(err)
	}
	defer smtpConn.Close()
	if err := smtpConn.Auth(sasl.NewPlainClient("", play.Desk, play.Password)); err != nil {
		t.Fatal(err)
	}
	for range n {
		if err := smtpConn.SendMail(play.Desk, []string{play.ViceMayor}, bytes.NewReader(letter)); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(began)
}

// benchLatency measures the time from a mail's arrival to the hand-over of the
// approval mail, one mail after the other.
func benchLatency(t *testing.T, n int) {
	arrived := make(chan time.Time, 1)
	host := embeddedHost(t, func(to, _, _ string) {
		if to == play.Mayor {
			arrived <- time.Now()
		}
	})
	mails := benchMails(t, n+1)
	p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
	config, _ := os.ReadFile(p.config)
	os.WriteFile(p.config, bytes.Replace(config, []byte("answers_per_day = 100"), []byte("answers_per_day = 100000"), 1), 0o600)
	p.start()
	ctx := testContext(t, 5*time.Minute)
	var times []time.Duration
	for i, raw := range mails {
		began := time.Now()
		if err := host.Inject(ctx, play.Desk, raw); err != nil {
			t.Fatal(err)
		}
		select {
		case at := <-arrived:
			if i > 0 { // the first one waits for the daemon to start
				times = append(times, at.Sub(began))
			}
		case <-ctx.Done():
			t.Fatal("an approval mail did not come")
		}
	}
	slices.Sort(times)
	t.Logf("arrival to hand-over, %d mails: p50 %v, p90 %v, p99 %v, max %v", n,
		times[n/2].Round(time.Millisecond/10), times[n*9/10].Round(time.Millisecond/10), times[n*99/100].Round(time.Millisecond/10), times[n-1].Round(time.Millisecond/10))
}
