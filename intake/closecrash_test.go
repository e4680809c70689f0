package intake_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/intake"
)

// fusedArchive can crash before and after it saves or verifies.
type fusedArchive struct {
	intake.Archive
	*fuse
}

func (a fusedArchive) Save(ctx context.Context, o intake.ExportOrder, write func(io.Writer) ([]intake.ExportedFile, error)) (intake.Export, error) {
	a.point("before saving the files")
	e, err := a.Archive.Save(ctx, o, write)
	a.point("after saving the files")
	return e, err
}

func (a fusedArchive) Verify(ctx context.Context, e intake.Export) error {
	a.point("before verifying the files")
	err := a.Archive.Verify(ctx, e)
	a.point("after verifying the files")
	return err
}

// calm is where the count of crashes begins, which the random source is made of.
const calm = 100

// TestClosingThatCrashesAnywhereEndsTheSame closes a site, and deletes it or
// opens it again, with a crash at each point in turn.
func TestClosingThatCrashesAnywhereEndsTheSame(t *testing.T) {
	for _, undone := range []bool{false, true} {
		whole := playClosing(t, 0, undone)
		points := whole.fuse.passed
		if whole.crashes != calm || len(points) < 30 {
			t.Fatalf("%d crashes and %d points without a fuse", whole.crashes-calm, len(points))
		}
		step := 1
		if testing.Short() {
			step = 7
		}
		for at := 1; at <= len(points); at += step {
			t.Run(fmt.Sprintf("undone %v: %d %s", undone, at, points[at-1]), func(t *testing.T) {
				t.Parallel()
				if w := playClosing(t, at, undone); w.crashes != calm+1 && !strings.Contains(points[at-1], "usage") { // asked while a mail is handled, which is then put off
					t.Errorf("%d crashes", w.crashes-calm)
				}
			})
		}
	}
}

// playClosing plays the life of a closing; the daemon crashes at that point of
// it, counted from the form.
func playClosing(t *testing.T, at int, undone bool) *town {
	t.Helper()
	o := newOffice(t)
	site := o.standing()
	w := &town{office: o, fuse: &fuse{}, read: map[string]bool{}, crashes: calm} // random otherwise than the office before
	o.portal.before = func(call string) error { w.fuse.point("before the portal's " + call); return nil }
	o.portal.after = func(call string) error { w.fuse.point("after the portal's " + call); return nil }
	archive := o.desk.Archive
	start := func() {
		w.start()
		w.desk.Archive = fusedArchive{archive, w.fuse}
	}
	start()
	w.fuse.passed, w.fuse.at = nil, at
	before := len(w.post.delivered)
	// daemon does the work, and then does all of it that is due a minute later.
	daemon := func(do func()) {
		w.Helper()
		for range 2 {
			for crashing(func() { do(); w.run() }) {
				w.crashes++
				start()
			}
			w.clock.pass(time.Minute)
		}
	}
	mail := func(l letter) {
		w.uid++
		raw, uid := w.write(l), w.uid
		daemon(func() {
			known, err := w.desk.Known(w.Context(), "INBOX", 1, []uint32{uid})
			w.must(err)
			if _, ok := known[uid]; !ok {
				w.must(w.desk.Receive(w.Context(), []intake.IncomingMail{{
					Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 1, UID: uid}, Raw: raw, Size: int64(len(raw)), ReceivedAt: w.clock.Now(),
				}}))
			}
		})
	}
	mail(letter{from: economist, subject: "Închidere", files: []file{closeForm(o)}})
	question := w.mailTo(economist, "closing_question")
	mail(letter{from: economist, answers: question, text: "CONFIRM"})
	mail(letter{from: economist, answers: question, text: "Confirm."}) // sent twice
	id := site + 1
	w.is(id, intake.StatusClosing)
	folder := w.closing(id).Export.Folder
	if undone {
		daemon(func() {
			if r := w.request(id); r.Status == intake.StatusClosing {
				w.must(w.desk.Undo(w.Context(), r, "IT"))
			}
		})
		w.is(id, intake.StatusWithdrawn)
		w.is(site, intake.StatusActive)
		w.granted(site)
	}
	for _, days := range []int{29, 2, 1} {
		w.clock.pass(time.Duration(days) * 24 * time.Hour)
		daemon(func() { w.must(w.desk.Daily(w.Context())) })
	}
	want := append([]string{"already_decided ion.popescu", "closing_question ion.popescu"}, told...)
	if undone {
		want = append(want, "access_resumed carmen.vlad", "access_resumed dan.oprea", "access_resumed elena.dobre", "access_resumed marin.ionescu",
			"closing_undone ion.popescu", "closing_undone it")
	} else {
		want = append(want, "closing_done ion.popescu", "closing_done it")
		w.is(id, intake.StatusClosed)
		w.is(site, intake.StatusClosed)
		if len(w.portal.sites) != 0 {
			t.Errorf("the portal has %v", w.portal.sites)
		}
	}
	slices.Sort(want)
	seen, letters := map[string]bool{}, []string{}
	for _, d := range w.post.delivered[before:] {
		if m := parse(d.raw, false).MessageID; !seen[m] {
			seen[m] = true
			letters = append(letters, w.kind(d.raw)+" "+d.to[:len(d.to)-len("@"+domainOf(d.to))])
		}
	}
	slices.Sort(letters)
	if d := cmp.Diff(want, letters); d != "" {
		t.Errorf("mails sent (-want +got):\n%s", d)
	}
	w.must(archive.Verify(t.Context(), *w.closing(id).Export))
	if entries, err := os.ReadDir(folder + "/.."); err != nil || len(entries) != 1 {
		t.Errorf("beside the export are %v, %v", entries, err)
	}
	if n := w.count(`SELECT COUNT(*) FROM decisions`); n != 2 {
		t.Errorf("%d decisions", n)
	}
	return w
}

func domainOf(address string) string {
	for i := range address {
		if address[i] == '@' {
			return address[i+1:]
		}
	}
	return ""
}
