package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/intake"
)

// fuse crashes the daemon at one of the points that it passes, counted from 1;
// at 0 never.
type fuse struct {
	at     int
	passed []string
}

func (f *fuse) point(name string) {
	f.passed = append(f.passed, name)
	if len(f.passed) == f.at {
		panic(crash{})
	}
}

// fusedStore can crash before and after each of its writes, also among several
// that were to be committed together.
type fusedStore struct {
	intake.Store
	*fuse
}

func (s fusedStore) Receive(ctx context.Context, mails []intake.IncomingMail) error {
	s.point("before storing mails")
	err := s.Store.Receive(ctx, mails)
	s.point("after storing mails")
	return err
}

func (s fusedStore) Transact(ctx context.Context, fn func(intake.Tx) error) error {
	return s.TransactEach(ctx, []func(intake.Tx) error{fn})[0]
}

func (s fusedStore) TransactEach(ctx context.Context, fns []func(intake.Tx) error) []error {
	var errs []error
	for _, fn := range fns {
		s.point("before a transaction")
		errs = append(errs, s.Store.Transact(ctx, fn))
		s.point("after a transaction")
	}
	return errs
}

// fusedPost can crash before a mail is handed over, and after that, before the
// daemon could write it down.
type fusedPost struct {
	*post
	*fuse
}

func (p fusedPost) Send(ctx context.Context, from, to string, raw []byte) error {
	p.point("before a mail is sent")
	err := p.post.Send(ctx, from, to, raw)
	p.point("after a mail was sent")
	return err
}

// town is the mail server and the people around an office whose daemon
// crashes: mails wait until the daemon takes them, and people answer what they
// get, once.
type town struct {
	*office
	fuse    *fuse
	inbox   [][]byte
	read    map[string]bool // by Message-ID
	crashes int
}

func newTown(t *testing.T, at int) *town {
	o := newOffice(t)
	w := &town{office: o, fuse: &fuse{at: at}, read: map[string]bool{}}
	o.thinks(mayor, unproven)     // answers in two rounds
	o.thinks(economist, unproven) // so does the requester
	o.portal.before = func(call string) error { w.fuse.point("before the portal's " + call); return nil }
	o.portal.after = func(call string) error { w.fuse.point("after the portal's " + call); return nil }
	w.start()
	return w
}

// start starts the daemon, with the same database and no memory.
func (w *town) start() {
	w.desk = w.newDesk(&dice{source: rand.NewChaCha8([32]byte{byte(w.crashes)})})
	w.desk.Store = fusedStore{w.store, w.fuse}
	w.desk.Post = fusedPost{w.post, w.fuse}
}

// daemon lets the daemon do all that there is to do, starting it again when it
// crashes.
func (w *town) daemon() {
	w.Helper()
	for crashing(w.once) {
		w.crashes++
		w.start()
	}
}

func (w *town) once() {
	for i, raw := range w.inbox {
		uid := uint32(i + 1)
		known, err := w.desk.Known(w.Context(), "INBOX", 1, []uint32{uid})
		w.must(err)
		if _, ok := known[uid]; !ok {
			w.must(w.desk.Receive(w.Context(), []intake.IncomingMail{{
				Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 1, UID: uid}, Raw: raw, Size: int64(len(raw)), ReceivedAt: w.clock.Now(),
			}}))
		}
	}
	w.run()
}

// mail puts a mail into the desk's mailbox.
func (w *town) mail(l letter) {
	w.Helper()
	w.uid++
	w.inbox = append(w.inbox, w.write(l))
}

// people read their new mails and answer them, and report whether anybody did.
func (w *town) people() (wrote bool) {
	w.Helper()
	before := len(w.inbox)
	for _, d := range w.post.delivered {
		m := parse(d.raw, false)
		if w.read[m.MessageID] {
			continue
		}
		w.read[m.MessageID] = true
		switch w.kind(d.raw) {
		case "returned":
			w.mail(letter{from: economist, answers: m, text: "Am completat.", files: []file{annex(w.office, submission())}})
		case "confirm_request":
			w.mail(letter{from: economist, answers: m, text: "CONFIRM"})
		case "approval":
			w.mail(letter{from: secretary, answers: m, text: "Aprob."}) // who may not
			w.mail(letter{from: mayor, answers: m, text: "Aprob."})
		case "confirm_decision":
			w.mail(letter{from: mayor, answers: m, text: "Aprob."})
			w.mail(letter{from: mayor, answers: m, text: "Aprob!"}) // sent twice
		}
	}
	return len(w.inbox) > before
}

// TestDaemonThatCrashesAnywhereEndsTheSame plays the whole road, with a crash
// at each point in turn at which something has been or is to be recorded, made
// or sent.
func TestDaemonThatCrashesAnywhereEndsTheSame(t *testing.T) {
	whole := playTown(t, 0)
	points := whole.fuse.passed
	if whole.crashes != 0 || len(points) < 80 {
		t.Fatalf("%d crashes and %d points without a fuse", whole.crashes, len(points))
	}
	step := 1
	if testing.Short() {
		step = 7
	}
	for at := 1; at <= len(points); at += step {
		t.Run(fmt.Sprintf("%d %s", at, points[at-1]), func(t *testing.T) {
			t.Parallel()
			if w := playTown(t, at); w.crashes != 1 {
				t.Errorf("%d crashes", w.crashes)
			}
		})
	}
}

func playTown(t *testing.T, at int) *town {
	t.Helper()
	w := newTown(t, at)
	w.mail(letter{from: economist, subject: "Cerere", files: []file{annex(w.office, incomplete())}})
	for more := true; more; {
		w.daemon()
		w.clock.pass(time.Minute) // a job that was interrupted is due again
		w.daemon()
		more = w.people()
	}

	if n := w.count(`SELECT COUNT(*) FROM mails WHERE fate IS NOT NULL`); n != len(w.inbox) {
		t.Errorf("%d of %d mails have a fate", n, len(w.inbox))
	}
	for table, want := range map[string]int{"requests": 1, "decisions": 1} {
		if n := w.count(`SELECT COUNT(*) FROM ` + table); n != want {
			t.Errorf("%d %s, want %d", n, table, want)
		}
	}
	w.is(1, intake.StatusActive)
	w.granted(1)

	// What was sent, each mail once however often it was handed over.
	first := map[string][]byte{}
	var letters []string
	for _, d := range w.post.delivered {
		id := parse(d.raw, false).MessageID
		if before, ok := first[id]; ok {
			if !bytes.Equal(before, d.raw) {
				t.Errorf("the mail %s was sent again with other bytes", w.kind(d.raw))
			}
			continue
		}
		first[id] = d.raw
		letters = append(letters, w.kind(d.raw)+" "+d.to)
	}
	slices.Sort(letters)
	want := []string{
		"access " + carmen, "access " + dan, "access " + elena, "access " + marin, "access_list " + economist,
		"already_decided " + mayor, "approval " + mayor, "approved " + economist, "approved_it " + it, "ask_again " + mayor,
		"confirm_decision " + mayor, "confirm_request " + economist, "registered " + economist, "returned " + economist, "suspect " + it,
	}
	if d := cmp.Diff(want, letters); d != "" {
		t.Errorf("mails sent (-want +got):\n%s", d)
	}
	for address, link := range w.portal.links {
		if !bytes.Contains([]byte(w.mailTo(address, "access").Text), []byte(link)) {
			t.Errorf("the link that %s got does not work", address)
		}
	}
	if n := w.count(`SELECT COUNT(*) FROM notices WHERE state <> 'sent'`); n != 0 {
		t.Errorf("%d notices were not sent", n)
	}
	return w
}
