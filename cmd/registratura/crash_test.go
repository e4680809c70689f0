package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/cmd/registratura/play"
	"registratura/forms"
	"registratura/intake"
	"registratura/intake/mailbox"
	"registratura/intake/mailbox/mailhost"
)

// crashes is how often the daemon is killed on the road.
const crashes = 200

// TestTheRoadSurvivesKilling kills the real daemon again and again while people
// go on writing and answering, and starts it again each time. In the end nobody
// must be able to tell: no mail lost, every request decided once, one site
// with the right members, and every mail of the desk delivered; one delivered
// twice has the same Message-ID and the same bytes (rules D1 to D6). The record
// is whole.
//
// The moments are spread over all that the daemon does: it is killed when it
// has said or heard so many things on the network, counted from its start, or
// so much later, while it works on its own.
func TestTheRoadSurvivesKilling(t *testing.T) {
	host := embeddedHost(t, nil)
	ctx := testContext(t, 8*time.Minute)
	var traffic traffic
	imap := traffic.proxy(t, host.IMAPAddr)
	smtp := traffic.proxy(t, host.SMTPAddr)
	p := newProgram(t, host, imap, smtp, "")

	// The people: one request after the other until the killing is over.
	var killed atomic.Int64
	var requests int
	played := make(chan error, 1)
	go func() {
		people := town(t, host, p)
		for requests < 3 || killed.Load() < crashes {
			requests++
			if err := oneRequest(ctx, people, requests); err != nil {
				played <- fmt.Errorf("request %d: %w", requests, err)
				return
			}
		}
		played <- nil
	}()

	random := rand.New(rand.NewPCG(2026, 11))
	for killed.Load() < crashes {
		p.start()
		select {
		case <-traffic.after(1 + random.IntN(120)):
		case <-time.After(2 * time.Second): // all is quiet: the people are waiting
		case err := <-played:
			t.Fatalf("after %d crashes: %v", killed.Load(), err)
		}
		// Now, or in the middle of what the daemon does next.
		time.Sleep(time.Duration(random.IntN(4000)) * time.Microsecond)
		p.kill()
		killed.Add(1)
	}
	p.start()
	if err := <-played; err != nil {
		t.Fatalf("after %d crashes: %v", killed.Load(), err)
	}
	if err := town(t, host, p).Filed(ctx); err != nil {
		t.Fatal(err)
	}
	p.stop()
	t.Logf("%d crashes, %d requests", killed.Load(), requests)
	checkNothingLost(t, ctx, host, p, requests)
	p.output("audit", "verify", "--config", p.config) // fails the test if the record is not whole
}

// oneRequest plays one request from the form to the access mails.
func oneRequest(ctx context.Context, people *play.Town, n int) error {
	s := play.Request(forms.DateOf(time.Now()))
	s.Partner = fmt.Sprintf("Școala Gimnazială Nr. %d", 100+n)
	file, err := play.Form(s)
	if err != nil {
		return err
	}
	if err := people.Write(ctx, play.Economist, fmt.Sprintf("Cererea %d", n), "Atașez cererea.", file); err != nil {
		return err
	}
	about := func(m *intake.Message) bool {
		return strings.Contains(strings.Join(strings.Fields(m.Text), " "), s.Partner)
	}
	asked, err := people.Await(ctx, play.Mayor, "the question", about)
	if err != nil {
		return err
	}
	if err := people.Reply(ctx, play.Mayor, asked, "Aprob."); err != nil {
		return err
	}
	for _, user := range []string{play.Marin, play.Elena, play.Carmen, play.Dan} {
		if _, err := people.Await(ctx, user, "the access mail", about); err != nil {
			return err
		}
	}
	return nil
}

func checkNothingLost(t *testing.T, ctx context.Context, host *mailhost.Host, p *program, requests int) {
	t.Helper()
	// Every mail that was written is in the folder of its fate.
	for folder, want := range map[string]int{"Înregistrate": requests, "Decizii": requests, "Cu răspuns": 0, "Automate": 0, "De văzut": 0} {
		mails, err := host.Mails(ctx, play.Desk, folder)
		if err != nil {
			t.Fatal(err)
		}
		if len(mails) != want {
			t.Errorf("%d mails are in the folder %s, want %d", len(mails), folder, want)
		}
	}
	// Every notice came once, or again with the same bytes.
	again := 0
	for account, perRequest := range map[string]int{
		play.Economist: 3, // registered, approved, list of access
		play.Mayor:     1, play.IT: 1, play.Marin: 1, play.Elena: 1, play.Carmen: 1, play.Dan: 1,
	} {
		mails, err := host.Mails(ctx, account, "INBOX")
		if err != nil {
			t.Fatal(err)
		}
		byID := map[string][]byte{}
		for _, m := range mails {
			id := mailbox.Parse(m.Raw, mailbox.Limits{}).MessageID
			sent := withoutTrace(m.Raw)
			if before, ok := byID[id]; ok {
				again++
				if !bytes.Equal(before, sent) {
					t.Errorf("%s got mail %s twice with other bytes", account, id)
				}
			}
			byID[id] = sent
		}
		if len(byID) != perRequest*requests {
			t.Errorf("%s got %d different mails about %d requests, want %d", account, len(byID), requests, perRequest*requests)
		}
	}
	t.Logf("%d mails were delivered again with the same bytes", again)
	// Every request is active, with one decision and one site.
	list := strings.TrimSpace(p.output("requests", "--config", p.config, "list", "--json", "--status", "active", "--limit", "100000"))
	if n := strings.Count(list, "\n") + 1; n != requests {
		t.Errorf("%d requests are active, want %d", n, requests)
	}
	cfg, err := config.Load(p.config)
	if err != nil {
		t.Fatal(err)
	}
	portal, err := openExtranet(cfg, slog.New(slog.DiscardHandler), time.Now, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer portal.Close()
	for line := range strings.Lines(list) {
		var r struct{ Plan intake.Plan }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		members, err := portal.Members(ctx, r.Plan.Site.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := intake.Compare(r.Plan.Members, members); len(d) > 0 {
			t.Errorf("site %s: %+v", r.Plan.Site.ID, d)
		}
	}
}

// withoutTrace drops the fields that servers put on top of a mail each time
// they carry it (RFC 5321, 4.4).
func withoutTrace(raw []byte) []byte {
	from := bytes.Index(raw, []byte("\r\nFrom:"))
	if bytes.HasPrefix(raw, []byte("From:")) || from < 0 {
		return raw
	}
	head, rest := raw[:from+2], raw[from+2:]
	var kept [][]byte
	for _, line := range bytes.SplitAfter(head, []byte("\r\n")) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		if !slices.Contains([]string{"Return-Path", "Received", "Delivered-To", "Authentication-Results"}, string(name)) && !bytes.HasPrefix(line, []byte("\t")) && !bytes.HasPrefix(line, []byte(" ")) {
			kept = append(kept, line)
		}
	}
	return append(bytes.Join(kept, nil), rest...)
}

// traffic counts what passes between the daemon and the mail servers.
type traffic struct {
	mu      sync.Mutex
	passed  int
	waiting []waiter
}

type waiter struct {
	at   int
	done chan struct{}
}

// after is closed when n more things have been said or heard.
func (tr *traffic) after(n int) <-chan struct{} {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	w := waiter{tr.passed + n, make(chan struct{})}
	tr.waiting = append(tr.waiting, w)
	return w.done
}

func (tr *traffic) count() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.passed++
	tr.waiting = slices.DeleteFunc(tr.waiting, func(w waiter) bool {
		if tr.passed >= w.at {
			close(w.done)
		}
		return tr.passed >= w.at
	})
}

// proxy passes connections on to target, and counts.
func (tr *traffic) proxy(t *testing.T, target string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				near.Close()
				continue
			}
			go tr.pass(near, far)
			go tr.pass(far, near)
		}
	}()
	return l.Addr().String()
}

func (tr *traffic) pass(to io.WriteCloser, from io.Reader) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			tr.count()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
