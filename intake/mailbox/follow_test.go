package mailbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"registratura/intake"
	"registratura/intake/mailbox"
	"registratura/intake/mailbox/mailhost"
	"registratura/intake/mailbox/mailhost/hosttest"
	"registratura/intake/mailbox/mailhost/realhost"
)

const desk = "registratura@primaria.test"

// onEachHost runs a test on the embedded servers and on the real ones.
func onEachHost(t *testing.T, test func(t *testing.T, h *mailhost.Host)) {
	t.Run("embedded", func(t *testing.T) {
		h, err := mailhost.Embedded(mailhost.Config{Hostname: "mail.primaria.test", Accounts: hosttest.Accounts})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { h.Close() })
		test(t, h)
	})
	t.Run("dovecot", func(t *testing.T) {
		if testing.Short() {
			t.Skip("starts Dovecot")
		}
		test(t, realhost.StartIMAP(t, realhost.Config{Hostname: "mail.primaria.test", Accounts: hosttest.Accounts}))
	})
}

// registry is a Registry in memory. Each mail gets the fate that its subject
// names, at once unless hold is set.
type registry struct {
	mu      sync.Mutex
	mails   map[intake.MailRef]intake.IncomingMail
	fates   map[intake.MailRef]intake.Fate
	twice   []intake.MailRef
	batches []int // how many mails came at once
	octets  []int // likewise
	hold    bool
	fail    error
	handled chan struct{}
	changed chan struct{} // closed and replaced at each change
}

func newRegistry() *registry {
	return &registry{mails: map[intake.MailRef]intake.IncomingMail{}, fates: map[intake.MailRef]intake.Fate{},
		handled: make(chan struct{}, 1), changed: make(chan struct{})}
}

func (r *registry) Receive(_ context.Context, mails []intake.IncomingMail) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	octets := 0
	for _, m := range mails {
		if _, ok := r.mails[m.Ref]; ok {
			r.twice = append(r.twice, m.Ref)
		}
		m.Raw = bytes.Clone(m.Raw)
		r.mails[m.Ref] = m
		r.fates[m.Ref] = ""
		if !r.hold {
			r.fates[m.Ref] = fateOf(m.Raw)
		}
		octets += len(m.Raw)
	}
	r.batches, r.octets = append(r.batches, len(mails)), append(r.octets, octets)
	r.signal()
	return nil
}

func fateOf(raw []byte) intake.Fate {
	for _, fate := range intake.Fates {
		if bytes.Contains(raw, []byte("Subject: "+string(fate)+" ")) {
			return fate
		}
	}
	return intake.FateSetAside
}

func (r *registry) signal() {
	select {
	case r.handled <- struct{}{}:
	default:
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// handle gives every mail its fate that has none yet.
func (r *registry) handle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hold = false
	for ref, m := range r.mails {
		r.fates[ref] = fateOf(m.Raw)
	}
	r.signal()
}

func (r *registry) Known(_ context.Context, mailbox string, uidValidity uint32, uids []uint32) (map[uint32]intake.Fate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := map[uint32]intake.Fate{}
	for _, uid := range uids {
		if fate, ok := r.fates[intake.MailRef{Mailbox: mailbox, UIDValidity: uidValidity, UID: uid}]; ok {
			known[uid] = fate
		}
	}
	return known, nil
}

func (r *registry) Handled() <-chan struct{} { return r.handled }

func (r *registry) setFail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
}

// subjects lists the subjects of the mails received, sorted.
func (r *registry) subjects() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, m := range r.mails {
		list = append(list, subject(m.Raw))
	}
	slices.Sort(list)
	return list
}

func subject(raw []byte) string {
	_, after, _ := bytes.Cut(raw, []byte("Subject: "))
	line, _, _ := bytes.Cut(after, []byte("\r\n"))
	return string(line)
}

// until waits until n mails have been received.
func (r *registry) until(t *testing.T, n int) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		r.mu.Lock()
		got, changed := len(r.mails), r.changed
		r.mu.Unlock()
		if got >= n {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("got %d mails, want %d", got, n)
		}
	}
}

var folders = map[intake.Fate]string{
	intake.FateRegistered: "Registratura/Inregistrate",
	intake.FateDecided:    "Registratura/Decizii",
	intake.FateAnswered:   "Registratura/Raspunse",
	intake.FateAutomatic:  "Registratura/Automate",
	intake.FateSetAside:   "Registratura/De văzut",
}

func configFor(h *mailhost.Host) mailbox.Config {
	return mailbox.Config{
		Addr: h.IMAPAddr, Security: mailbox.PlainText, User: desk, Password: h.Password(desk), Folders: folders,
		Poll: time.Hour, CommandTimeout: 10 * time.Second,
		// Waiting between attempts is not what these tests are about.
		After: func(d time.Duration) <-chan time.Time { return time.After(min(d, 20*time.Millisecond)) },
	}
}

// follow runs a Follower until the test ends, or until stop is called.
func follow(t *testing.T, config mailbox.Config, r mailbox.Registry) (f *mailbox.Follower, stop func()) {
	t.Helper()
	if testing.Verbose() {
		config.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	f = mailbox.NewFollower(config, r)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Run returned %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Run did not return")
		}
	})
	t.Cleanup(stop)
	return f, stop
}

func testMail(subject string) []byte {
	return []byte("From: ana.pop@spital.test\r\nSubject: " + subject + "\r\nMessage-ID: <acelasi@spital.test>\r\n\r\nBună ziua.\r\n")
}

func inject(t *testing.T, h *mailhost.Host, folder string, subjects ...string) {
	t.Helper()
	var raws [][]byte
	for _, s := range subjects {
		raws = append(raws, testMail(s))
	}
	if err := h.InjectInto(t.Context(), desk, folder, raws...); err != nil {
		t.Fatal(err)
	}
}

// inFolders lists the subjects in every folder, sorted.
func inFolders(t *testing.T, h *mailhost.Host) map[string][]string {
	t.Helper()
	names, err := h.Folders(t.Context(), desk)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, name := range names {
		mails, err := h.Mails(t.Context(), desk, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mails {
			all[name] = append(all[name], subject(m.Raw))
		}
		slices.Sort(all[name])
	}
	return all
}

// untilFiled waits until the folders hold exactly these subjects.
func untilFiled(t *testing.T, h *mailhost.Host, want map[string][]string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		got := inFolders(t, h)
		if maps.EqualFunc(got, want, slices.Equal) {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("the folders hold %v\nwant %v", got, want)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

var oneOfEach = []string{"registered 1", "decided 1", "answered 1", "automatic 1", "set_aside 1"}

var oneOfEachFiled = map[string][]string{
	"Registratura/Inregistrate": {"registered 1"}, "Registratura/Decizii": {"decided 1"}, "Registratura/Raspunse": {"answered 1"},
	"Registratura/Automate": {"automatic 1"}, "Registratura/De văzut": {"set_aside 1"},
}

func TestWaitingMailsAreStoredAndFiledAwayByFate(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		inject(t, h, "INBOX", oneOfEach...)
		r := newRegistry()
		f, _ := follow(t, configFor(h), r)
		r.until(t, 5)
		untilFiled(t, h, oneOfEachFiled)
		r.mu.Lock()
		defer r.mu.Unlock()
		for ref, m := range r.mails {
			if ref.Mailbox != "INBOX" || ref.UIDValidity == 0 || ref.UID == 0 || m.Oversized || m.Size != int64(len(m.Raw)) || m.ReceivedAt.IsZero() {
				t.Errorf("got %+v", m)
			}
			if string(m.Raw) != string(testMail(subject(m.Raw))) {
				t.Errorf("the mail was changed on the way:\n%q", m.Raw)
			}
		}
		if s := f.Status(); s.ConnectedSince.IsZero() || s.LastPoll.IsZero() || s.LastError != "" || s.Unreadable != 0 {
			t.Errorf("the status is %+v", s)
		}
	})
}

// A connection that has a folder open knows only those mails that it was told
// of: Dovecot answers OK to a MOVE of others, and moves nothing.
func TestMailsThatArriveAfterTheFilingHasBegunAreFiledAwayAsWell(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		r := newRegistry()
		f, _ := follow(t, configFor(h), r)
		var want []string
		for i := range 5 {
			want = append(want, fmt.Sprintf("registered %d", i))
			inject(t, h, "INBOX", want[i])
			untilFiled(t, h, map[string][]string{"Registratura/Inregistrate": want})
		}
		waitFor(t, "nothing to be left", func() bool { return f.Status().Waiting == 0 })
	})
}

func TestNothingChangesOnTheServerBeforeTheMailIsHandled(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		inject(t, h, "INBOX", oneOfEach...)
		r := newRegistry()
		r.hold = true
		var commands []string
		var mu sync.Mutex
		p := (&proxy{command: func(line string) (string, bool, bool) {
			mu.Lock()
			defer mu.Unlock()
			commands = append(commands, line)
			return "", false, false
		}}).start(t, h.IMAPAddr)
		config := configFor(h)
		config.Addr = p.addr
		follow(t, config, r)
		r.until(t, 5)
		untilFiled(t, h, map[string][]string{"INBOX": slices.Sorted(slices.Values(oneOfEach))})
		mu.Lock()
		for _, line := range commands {
			for _, verb := range []string{" SELECT ", " STORE ", " MOVE ", " COPY ", "EXPUNGE", " BODY[", " CREATE "} {
				if strings.Contains(line, verb) {
					t.Errorf("sent %q", line)
				}
			}
		}
		mu.Unlock()
		r.handle()
		untilFiled(t, h, oneOfEachFiled)
	})
}

func TestANewMailIsFetchedAsSoonAsItIsAnnounced(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		r := newRegistry()
		config := configFor(h)
		config.After = func(time.Duration) <-chan time.Time { return nil } // no polling: IDLE alone
		follow(t, config, r)
		var took []time.Duration
		for i := range 10 {
			inject(t, h, "INBOX", fmt.Sprintf("registered %d", i))
			start := time.Now()
			r.until(t, i+1)
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		t.Logf("from APPEND's OK to the commit: median %v, longest %v", took[5], took[9])
		if took[5] > time.Second {
			t.Errorf("the median is %v, want well under a second", took[5])
		}
	})
}

func TestServersWithoutExtensionsAreFollowedAsWell(t *testing.T) {
	for _, hide := range [][]string{{"MOVE"}, {"MOVE", "UIDPLUS"}, {"IDLE"}, {"MOVE", "UIDPLUS", "IDLE", "NAMESPACE", "AUTH=PLAIN", "SASL-IR"}} {
		t.Run("without "+strings.Join(hide, " "), func(t *testing.T) {
			onEachHost(t, func(t *testing.T, h *mailhost.Host) {
				inject(t, h, "INBOX", oneOfEach[:3]...)
				config := configFor(h)
				config.Addr = (&proxy{hide: hide}).start(t, h.IMAPAddr).addr
				r := newRegistry()
				follow(t, config, r)
				r.until(t, 3)
				inject(t, h, "INBOX", oneOfEach[3:]...)
				r.until(t, 5)
				untilFiled(t, h, oneOfEachFiled)
			})
		})
	}
}

func TestACopyThatFailsLeavesTheMailWhereItIs(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		inject(t, h, "INBOX", oneOfEach...)
		var refusing atomic.Bool
		refusing.Store(true)
		var refused atomic.Int32
		p := (&proxy{hide: []string{"MOVE", "UIDPLUS"}, command: func(line string) (string, bool, bool) {
			if strings.Contains(line, "UID COPY") && refusing.Load() {
				refused.Add(1)
				return "TAG NO [OVERQUOTA] Quota exceeded", true, false
			}
			return "", false, false
		}}).start(t, h.IMAPAddr)
		config := configFor(h)
		config.Addr = p.addr
		r := newRegistry()
		follow(t, config, r)
		r.until(t, 5)
		waitFor(t, "some refusals", func() bool { return refused.Load() > 5 })
		untilFiled(t, h, map[string][]string{"INBOX": slices.Sorted(slices.Values(oneOfEach))})
		refusing.Store(false)
		untilFiled(t, h, oneOfEachFiled)
	})
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestOneMailThatTheServerDoesNotGiveHoldsUpNoOther(t *testing.T) {
	for _, c := range []struct {
		why, answer string
		cut         bool
	}{
		{"the server says no", "TAG NO [SERVERBUG] Internal error", false},
		{"the server answers without a body", "* 3 FETCH (UID 3 RFC822.SIZE 10 BODY[] NIL)\r\nTAG OK done", false},
		{"the server's answer cannot be parsed", "* 3 FETCH (UID 3 BODY[ ((((\r\nTAG OK done", false},
		{"the server closes the connection", "", true},
	} {
		t.Run(c.why, func(t *testing.T) {
			onEachHost(t, func(t *testing.T, h *mailhost.Host) {
				var want []string
				for i := range 7 {
					want = append(want, fmt.Sprintf("registered %d", i))
				}
				inject(t, h, "INBOX", want...)
				p := (&proxy{command: func(line string) (string, bool, bool) {
					if strings.Contains(line, "BODY.PEEK") && fetchesUID(line, 3) {
						return c.answer, !c.cut, c.cut
					}
					return "", false, false
				}}).start(t, h.IMAPAddr)
				config := configFor(h)
				config.Addr, config.Poll = p.addr, time.Millisecond
				r := newRegistry()
				f, _ := follow(t, config, r)
				r.until(t, 7)
				r.mu.Lock()
				for ref, m := range r.mails {
					if unreadable := m.Oversized && len(m.Raw) == 0 && m.Size > 0; unreadable != (ref.UID == 3) {
						t.Errorf("mail %d: got %d octets, oversized %v", ref.UID, len(m.Raw), m.Oversized)
					}
				}
				r.mu.Unlock()
				waitFor(t, "the status", func() bool { return f.Status().Unreadable == 0 })
				inject(t, h, "INBOX", "registered 7")
				r.until(t, 8)
			})
		})
	}
}

// fetchesUID reports whether a UID FETCH line asks for the UID.
func fetchesUID(line string, uid int) bool {
	_, after, _ := strings.Cut(line, "UID FETCH ")
	set, _, _ := strings.Cut(after, " ")
	for r := range strings.SplitSeq(set, ",") {
		var a, b int
		if n, _ := fmt.Sscanf(r, "%d:%d", &a, &b); n == 1 {
			b = a
		}
		if a <= uid && uid <= b {
			return true
		}
	}
	return false
}

func TestAConnectionCutInMidFetchLosesAndDoublesNothing(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		var want []string
		for i := range 40 {
			want = append(want, fmt.Sprintf("registered %02d", i))
		}
		inject(t, h, "INBOX", want...)
		var connections atomic.Int32
		p := (&proxy{cutAfter: func() int { // the first ones are cut at ever later octets
			if n := int(connections.Add(1)); n < 25 {
				return 400 * n
			}
			return 0
		}}).start(t, h.IMAPAddr)
		config := configFor(h)
		config.Addr, config.BatchMails, config.Poll = p.addr, 7, time.Millisecond
		r := newRegistry()
		follow(t, config, r)
		r.until(t, 40)
		untilFiled(t, h, map[string][]string{"Registratura/Inregistrate": want})
		if got := r.subjects(); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
		for _, m := range r.mails {
			if string(m.Raw) != string(testMail(subject(m.Raw))) || m.Oversized {
				t.Errorf("a mail was cut: %q", m.Raw)
			}
		}
		if len(r.twice) > 0 {
			t.Errorf("received twice: %v", r.twice)
		}
	})
}

func TestADeadConnectionIsNoticedAndReplaced(t *testing.T) {
	for _, verb := range []string{"AUTHENTICATE", "EXAMINE", "UID SEARCH", "UID FETCH", "IDLE", "DONE", "UID MOVE", "LIST", "SELECT"} {
		t.Run("no answer to "+verb, func(t *testing.T) {
			onEachHost(t, func(t *testing.T, h *mailhost.Host) {
				var once atomic.Bool
				p := (&proxy{command: func(line string) (string, bool, bool) {
					silent := strings.Contains(line, verb) && !once.Swap(strings.Contains(line, verb) || once.Load())
					return "", silent, false
				}}).start(t, h.IMAPAddr)
				config := configFor(h)
				config.Addr, config.CommandTimeout = p.addr, 300*time.Millisecond
				r := newRegistry()
				follow(t, config, r)
				inject(t, h, "INBOX", oneOfEach...)
				r.until(t, 5)
				untilFiled(t, h, oneOfEachFiled)
				waitFor(t, verb+" to be sent", once.Load)
				inject(t, h, "INBOX", "registered 2")
				r.until(t, 6)
			})
		})
	}
}

func TestAfterAChangeOfUIDValidityTheSameUIDsAreOtherMails(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		ctx := t.Context()
		if err := h.CreateFolder(ctx, desk, "Cereri"); err != nil {
			t.Fatal(err)
		}
		inject(t, h, "Cereri", "registered 1", "registered 2")
		p := (&proxy{}).start(t, h.IMAPAddr)
		config := configFor(h)
		config.Addr, config.Folder = p.addr, "Cereri"
		r := newRegistry()
		r.hold = true
		follow(t, config, r)
		r.until(t, 2)
		if err := h.DeleteFolder(ctx, desk, "Cereri"); err != nil {
			t.Fatal(err)
		}
		if err := h.CreateFolder(ctx, desk, "Cereri"); err != nil {
			t.Fatal(err)
		}
		inject(t, h, "Cereri", "decided 1", "decided 2")
		p.cutAll() // as a server does that notices
		r.until(t, 4)
		if got, want := r.subjects(), []string{"decided 1", "decided 2", "registered 1", "registered 2"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		r.handle()
		untilFiled(t, h, map[string][]string{"Registratura/Decizii": {"decided 1", "decided 2"}})
	})
}

func TestOfAMailThatIsTooLargeOnlyTheBeginningIsFetched(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		large := append(testMail("registered mare"), bytes.Repeat([]byte("0123456789abcdef0123456789abcdef\r\n"), 10_000)...)
		if err := h.InjectInto(t.Context(), desk, "INBOX", testMail("registered 1"), large, testMail("registered 2")); err != nil {
			t.Fatal(err)
		}
		config := configFor(h)
		config.MaxSize = 100_000
		r := newRegistry()
		follow(t, config, r)
		r.until(t, 3)
		for _, m := range r.mails {
			if bytes.HasPrefix(large, m.Raw) {
				if !m.Oversized || len(m.Raw) != 64<<10 || m.Size != int64(len(large)) {
					t.Errorf("of %d octets got %d, size %d, oversized %v", len(large), len(m.Raw), m.Size, m.Oversized)
				}
			} else if m.Oversized {
				t.Errorf("%q is called oversized", subject(m.Raw))
			}
		}
	})
}

func TestThousandsOfWaitingMailsComeInBoundedBatches(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		const n = 3000
		var raws [][]byte
		for i := range n {
			raws = append(raws, append(testMail(fmt.Sprintf("automatic %04d", i)), bytes.Repeat([]byte("x"), i%3000)...))
		}
		if err := h.InjectInto(t.Context(), desk, "INBOX", raws...); err != nil {
			t.Fatal(err)
		}
		config := configFor(h)
		config.BatchMails, config.BatchBytes = 50, 40_000
		r := newRegistry()
		start := time.Now()
		follow(t, config, r)
		r.until(t, n)
		t.Logf("%d mails in %v", n, time.Since(start))
		if most := slices.Max(r.batches); most > 50 {
			t.Errorf("%d mails came at once", most)
		}
		if most := slices.Max(r.octets); most > 40_000 {
			t.Errorf("%d octets came at once", most)
		}
		waitFor(t, "an empty INBOX", func() bool {
			left, err := h.Mails(t.Context(), desk, "INBOX")
			return err == nil && len(left) == 0
		})
		filed, err := h.Mails(t.Context(), desk, folders[intake.FateAutomatic])
		if err != nil || len(filed) != n || len(r.twice) > 0 {
			t.Errorf("%d mails were filed away, %d came twice, error %v", len(filed), len(r.twice), err)
		}
	})
}

func TestMailsThatCannotBeStoredStayOnTheServer(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		inject(t, h, "INBOX", oneOfEach...)
		r := newRegistry()
		r.setFail(errors.New("disk full"))
		f, _ := follow(t, configFor(h), r)
		waitFor(t, "the error to show", func() bool { return strings.Contains(f.Status().LastError, "disk full") })
		untilFiled(t, h, map[string][]string{"INBOX": slices.Sorted(slices.Values(oneOfEach))})
		r.setFail(nil)
		r.until(t, 5)
		untilFiled(t, h, oneOfEachFiled)
	})
}

func TestMailsThatOthersDeletedAreNotExpungedBeforeTheyAreStored(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		inject(t, h, "INBOX", "registered 1")
		r := newRegistry()
		config := configFor(h)
		// The second mail arrives flagged between the reading and the filing of the first.
		var flagged atomic.Bool
		p := (&proxy{hide: []string{"MOVE", "UIDPLUS"}, command: func(line string) (string, bool, bool) {
			if strings.Contains(line, "UID COPY") && !flagged.Swap(true) {
				if err := h.InjectDeleted(context.Background(), desk, "INBOX", testMail("decided 1")); err != nil {
					t.Error(err)
				}
			}
			return "", false, false
		}}).start(t, h.IMAPAddr)
		config.Addr = p.addr
		follow(t, config, r)
		r.until(t, 2)
		if got, want := r.subjects(), []string{"decided 1", "registered 1"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		waitFor(t, "an empty INBOX", func() bool {
			left, err := h.Mails(t.Context(), desk, "INBOX")
			return err == nil && len(left) == 0
		})
	})
}

// Every command is once the last one before a crash. Whatever had been done by
// then, the next life finishes it.
func TestACrashAtAnyCommandLosesNoMail(t *testing.T) {
	for _, hide := range [][]string{nil, {"MOVE"}, {"MOVE", "UIDPLUS"}} {
		t.Run("hiding "+strings.Join(hide, " "), func(t *testing.T) {
			onEachHost(t, func(t *testing.T, h *mailhost.Host) {
				crashes := 0
				for n := 1; ; n++ {
					sent, crashed := crashAt(t, h, hide, n)
					crashes += crashed
					if sent < n {
						break
					}
				}
				t.Logf("crashed at %d commands", crashes)
				if crashes < 15 {
					t.Errorf("crashed at %d commands only", crashes)
				}
			})
		})
	}
}

func crashAt(t *testing.T, h *mailhost.Host, hide []string, n int) (sent, crashed int) {
	t.Helper()
	subjects := []string{fmt.Sprintf("registered %d", n), fmt.Sprintf("decided %d", n)}
	inject(t, h, "INBOX", subjects...)
	r := newRegistry()
	var count atomic.Int32
	crash := make(chan struct{})
	p := (&proxy{hide: hide, command: func(line string) (string, bool, bool) {
		if int(count.Add(1)) == n {
			close(crash)
			return "", false, n%2 == 0 // the command is sent, or it is not
		}
		return "", false, false
	}}).start(t, h.IMAPAddr)
	config := configFor(h)
	config.Addr = p.addr
	_, stop := follow(t, config, r)
	finished := func() bool {
		left, err := h.Mails(t.Context(), desk, "INBOX")
		r.mu.Lock()
		defer r.mu.Unlock()
		return err == nil && len(left) == 0 && len(r.mails) >= 2
	}
	waitFor(t, "the crash, or the end", func() bool {
		select {
		case <-crash:
			return true
		default:
			return finished()
		}
	})
	stop()
	select {
	case <-crash:
		crashed = 1
	default:
	}
	sent = int(count.Load())
	if crashed == 1 {
		config.Addr = (&proxy{hide: hide}).start(t, h.IMAPAddr).addr
		_, stop = follow(t, config, r)
		waitFor(t, fmt.Sprintf("the end after a crash at command %d", n), finished)
		stop()
	}
	all := inFolders(t, h)
	for i, folder := range []string{folders[intake.FateRegistered], folders[intake.FateDecided]} {
		copies := 0
		for _, s := range all[folder] {
			if s == subjects[i] {
				copies++
			}
		}
		// Without MOVE a crash after COPY may leave two; never none.
		if copies == 0 || copies > 1 && len(hide) == 0 {
			t.Errorf("crash at command %d: %q is %d times in %s", n, subjects[i], copies, folder)
		}
	}
	if len(r.mails) != 2 {
		t.Errorf("crash at command %d: %d mails were received", n, len(r.mails))
	}
	return sent, crashed
}

func TestOneMailThatCannotBeMovedHoldsUpNoOther(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		inject(t, h, "INBOX", "decided 1", "decided 2", "decided 3", "decided 4", "registered 1")
		p := (&proxy{command: func(line string) (string, bool, bool) {
			refuse := strings.Contains(line, "UID MOVE") && fetchesUID(strings.Replace(line, "UID MOVE", "UID FETCH", 1), 2)
			return "TAG NO [SERVERBUG] Internal error", refuse, false
		}}).start(t, h.IMAPAddr)
		config := configFor(h)
		config.Addr = p.addr
		follow(t, config, newRegistry())
		untilFiled(t, h, map[string][]string{
			"INBOX": {"decided 2"}, "Registratura/Decizii": {"decided 1", "decided 3", "decided 4"}, "Registratura/Inregistrate": {"registered 1"},
		})
	})
}

func TestAFolderThatDisappearsIsMadeAgain(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		inject(t, h, "INBOX", "decided 1")
		f, _ := follow(t, configFor(h), newRegistry())
		untilFiled(t, h, map[string][]string{"Registratura/Decizii": {"decided 1"}})
		if err := h.DeleteFolder(t.Context(), desk, "Registratura/Decizii"); err != nil {
			t.Fatal(err)
		}
		inject(t, h, "INBOX", "decided 2")
		untilFiled(t, h, map[string][]string{"Registratura/Decizii": {"decided 2"}})
		waitFor(t, "nothing to be left", func() bool { return f.Status().Waiting == 0 })
	})
}

func TestAServerThatMisstatesTheSizeGivesABeginningAsWell(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		large := append(testMail("registered mare"), bytes.Repeat([]byte("0123456789abcdef0123456789abcdef\r\n"), 10_000)...)
		if err := h.InjectInto(t.Context(), desk, "INBOX", large, testMail("registered 1")); err != nil {
			t.Fatal(err)
		}
		p := (&proxy{command: func(line string) (string, bool, bool) {
			onlySizes := strings.Contains(line, "RFC822.SIZE") && !strings.Contains(line, "BODY")
			return "* 1 FETCH (UID 1 RFC822.SIZE 10)\r\n* 2 FETCH (UID 2 RFC822.SIZE 10)\r\nTAG OK done", onlySizes, false
		}}).start(t, h.IMAPAddr)
		config := configFor(h)
		config.Addr, config.MaxSize = p.addr, 100_000
		r := newRegistry()
		follow(t, config, r)
		r.until(t, 2)
		for ref, m := range r.mails {
			if ref.UID == 1 && (!m.Oversized || len(m.Raw) != 64<<10) || ref.UID == 2 && m.Oversized {
				t.Errorf("mail %d: got %d octets, oversized %v", ref.UID, len(m.Raw), m.Oversized)
			}
		}
	})
}

func TestMailsThatWereHandledBeforeTheStartAreFiledAway(t *testing.T) {
	onEachHost(t, func(t *testing.T, h *mailhost.Host) {
		inject(t, h, "INBOX", oneOfEach...)
		config := configFor(h)
		config.After = func(time.Duration) <-chan time.Time { return nil } // no polling, no second attempt
		r := newRegistry()
		r.hold = true
		_, stop := follow(t, config, r)
		r.until(t, 5)
		stop()
		r.handle()
		<-r.handled // nobody was there to hear it
		follow(t, config, r)
		untilFiled(t, h, oneOfEachFiled)
	})
}
