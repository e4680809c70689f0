package intake_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/trust"
)

func TestSameBytesTwiceAreOneRequest(t *testing.T) {
	tests := []struct {
		name    string
		between func(o *office) // the two arrivals
	}{
		{"when both wait", func(*office) {}},
		{"when the first was handled", func(o *office) { o.run() }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			raw := o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}})
			first := o.receive(raw)
			test.between(o)
			second := o.receive(raw)
			o.run()
			if n := o.count(`SELECT COUNT(*) FROM requests`); n != 1 {
				t.Errorf("%d requests", n)
			}
			known, err := o.desk.Known(t.Context(), "INBOX", 1, []uint32{first, second})
			o.must(err)
			want := map[uint32]intake.Fate{first: intake.FateRegistered, second: intake.FateRegistered}
			if d := cmp.Diff(want, known); d != "" {
				t.Errorf("fates (-want +got):\n%s", d)
			}
			o.wantSent("approval primar", "registered ion.popescu")
		})
	}
}

func TestSameMessageIDIsNotTheSameMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	raw := o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}})
	o.handle(raw)
	o.handle(bytes.Replace(raw, []byte("Subject: Cerere"), []byte("Subject: Alta"), 1))
	if n := o.count(`SELECT COUNT(*) FROM requests`); n != 2 {
		t.Errorf("%d requests, want 2: senders choose the Message-ID", n)
	}
}

func TestSecondAnswerIsToldOfTheFirst(t *testing.T) {
	tests := []struct {
		name, first, second string
		status              intake.Status
		sent                []string
	}{
		{"refused after it was approved", "Aprob.", "Resping.", intake.StatusScheduled, []string{"approved ion.popescu", "approved_it it"}},
		{"approved after it was refused", "Resping.", "Aprob.", intake.StatusRejected, []string{"rejected ion.popescu"}},
		{"approved twice", "Aprob.", "Aprob!", intake.StatusScheduled, []string{"approved ion.popescu", "approved_it it"}},
	}
	for _, together := range []bool{false, true} {
		for _, test := range tests {
			name := test.name
			if together {
				name += ", both answers waiting at once"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				o := newOffice(t)
				s := submission()
				s.ActivationDate.Year++
				id, question := o.askedFor(s)
				first := o.receive(o.answer(mayor, question, test.first))
				if !together {
					o.run()
				}
				second := o.receive(o.answer(mayor, question, test.second))
				o.run()
				o.is(id, test.status)
				if got := o.fate(first).Fate; got != intake.FateDecided {
					t.Errorf("the first answer is %s", got)
				}
				if got := o.fate(second).Fate; got != intake.FateAnswered {
					t.Errorf("the second answer is %s", got)
				}
				o.wantSent(append(test.sent, "already_decided primar")...)
				if n := o.count(`SELECT COUNT(*) FROM decisions`); n != 1 {
					t.Errorf("%d decisions", n)
				}
				if r := o.request(id); r.Decision.Evidence != test.first {
					t.Errorf("decided by %q", r.Decision.Evidence)
				}
			})
		}
	}
}

// brokenComposer fails at the n-th letter from now.
type brokenComposer struct {
	intake.Composer
	n int
}

func (c *brokenComposer) Compose(n intake.Notice) ([]byte, error) {
	c.n--
	if c.n == 0 {
		return nil, errors.New("no ink")
	}
	return c.Composer.Compose(n)
}

// brokenDice fails at the n-th throw from now.
type brokenDice struct {
	io.Reader
	n int
}

func (d *brokenDice) Read(p []byte) (int, error) {
	d.n--
	if d.n == 0 {
		return 0, errors.New("no randomness")
	}
	return d.Reader.Read(p)
}

// records counts the rows of everything that handling a mail may add to.
func (o *office) records() map[string]int {
	o.Helper()
	all := map[string]int{}
	for _, table := range []string{"requests", "serials", "decisions", "tokens", "events", "notices", "river_job"} {
		all[table] = o.count(`SELECT COUNT(*) FROM ` + table)
	}
	all["spent"] = o.count(`SELECT COUNT(*) FROM tokens WHERE spent_at IS NOT NULL`)
	return all
}

func TestHandlingThatFailsLeavesNothingBehind(t *testing.T) {
	form := func(o *office) []byte {
		return o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}})
	}
	approval := func(o *office) []byte {
		_, question := o.asked()
		return o.answer(mayor, question, "Aprob.")
	}
	refusal := func(o *office) []byte {
		_, question := o.asked()
		return o.answer(mayor, question, "Resping.")
	}
	tests := []struct {
		name   string
		mail   func(*office) []byte
		breaks func(*office)
		fate   intake.Fate
	}{
		{"a form, at the question to the mayor", form, func(o *office) { o.desk.Composer = &brokenComposer{o.desk.Composer, 1} }, intake.FateRegistered},
		{"a form, at the answer to its sender", form, func(o *office) { o.desk.Composer = &brokenComposer{o.desk.Composer, 2} }, intake.FateRegistered},
		{"a form, at the second random number", form, func(o *office) { o.desk.Rand = &brokenDice{o.desk.Rand, 2} }, intake.FateRegistered},
		{"an approval, at the copy for IT", approval, func(o *office) { o.desk.Composer = &brokenComposer{o.desk.Composer, 1} }, intake.FateDecided},
		{"an approval, at the word to the requester", approval, func(o *office) { o.desk.Composer = &brokenComposer{o.desk.Composer, 2} }, intake.FateDecided},
		{"a refusal, at the word to the requester", refusal, func(o *office) { o.desk.Composer = &brokenComposer{o.desk.Composer, 1} }, intake.FateDecided},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			raw := test.mail(o)
			o.sent()
			before, events := o.records(), len(o.events)
			test.breaks(o)
			uid := o.receive(raw)
			o.must(o.desk.HandleDue(t.Context()))
			if d := cmp.Diff(before, o.records()); d != "" {
				t.Errorf("records before and after (-before +after):\n%s", d)
			}
			if got := o.fate(uid).Fate; got != "" {
				t.Errorf("the mail is %s", got)
			}
			if len(o.events) != events {
				t.Errorf("the watcher was told of %v", o.events[events:])
			}
			o.pass(time.Minute) // what broke works again
			if got := o.fate(uid).Fate; got != test.fate {
				t.Errorf("the mail is %s in the end, want %s", got, test.fate)
			}
		})
	}
}

// panicky reads every form but the one with the name.
type panicky struct {
	intake.FormReader
	name string
}

func (p panicky) ReadForm(ctx context.Context, name string, data []byte, rules forms.Rules) (*forms.Reading, error) {
	if name == p.name {
		panic("a bug in the reader")
	}
	return p.FormReader.ReadForm(ctx, name, data, rules)
}

func TestMailThatCannotBeHandledIsSetAsideInTheEnd(t *testing.T) {
	tests := []struct {
		name   string
		breaks func(o *office)
	}{
		{"because reading its form panics", func(o *office) { o.desk.Forms = panicky{o.desk.Forms, "rau.xlsx"} }},
		{"because taking it apart panics", func(o *office) {
			o.desk.Parse = func(raw []byte, oversized bool) *intake.Message {
				if bytes.Contains(raw, []byte("rau.xlsx")) {
					panic("a bug in the parser")
				}
				return parse(raw, oversized)
			}
		}},
		{"because asking who sent it panics", func(o *office) {
			origin := o.desk.Origin
			o.desk.Origin = originFunc(func(ctx context.Context, raw []byte) (ok bool) { return !bytes.Contains(raw, []byte("rau.xlsx")) }, origin)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			test.breaks(o)
			bad := o.receive(o.write(letter{from: economist, subject: "Cerere", files: []file{{"rau.xlsx", annex(o, submission()).data}}}))
			behind := o.receive(o.write(letter{from: engineer, subject: "formular", text: "formular"}))
			o.run()
			if got := o.fate(behind).Fate; got != intake.FateAnswered {
				t.Errorf("the mail behind it is %q", got)
			}
			o.wantSent("blank_forms gabriela.dumitru")
			for attempt := 2; attempt < intake.Patience; attempt++ {
				o.pass(time.Hour)
				if got := o.fate(bad).Fate; got != "" {
					t.Fatalf("it is %s after %d attempts", got, attempt)
				}
			}
			o.wantSent()
			o.pass(time.Hour)
			if got := o.fate(bad).Fate; got != intake.FateSetAside {
				t.Errorf("it is %q after %d attempts", got, intake.Patience)
			}
			o.wantSent("set_aside it")
			var detail string
			o.must(o.db.QueryRow(`SELECT detail FROM events WHERE kind = 'set_aside'`).Scan(&detail))
			if !strings.Contains(detail, "a bug in") || strings.Contains(detail, "\n") {
				t.Errorf("the event says %q, want the reason on one line", detail)
			}
			o.pass(time.Hour)
			o.wantSent()
		})
	}
}

func TestNameServerThatDoesNotAnswerPutsTheMailOff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, question := o.asked()
	o.thinks(mayor, temporary)
	uid := o.receive(o.answer(mayor, question, "Aprob."))
	for range 3 {
		o.pass(time.Minute)
		o.is(id, intake.StatusAwaitingApproval)
		if got := o.fate(uid).Fate; got != "" {
			t.Fatalf("the mail is %s", got)
		}
	}
	o.wantSent()
	o.thinks(mayor, proven)
	o.pass(time.Minute)
	o.is(id, intake.StatusActive)
	if got := o.fate(uid).Fate; got != intake.FateDecided {
		t.Errorf("the mail is %s", got)
	}
}

// disk is all that stands in the database's files.
func (o *office) disk() string {
	o.Helper()
	rw, err := sql.Open("sqlite3", "file:"+o.file+"?_busy_timeout=5000")
	o.must(err)
	var busy, log, moved int
	o.must(rw.QueryRow(`PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved))
	o.must(rw.Close())
	if busy != 0 {
		o.Fatal("the log was not written back")
	}
	var all []byte
	for _, suffix := range []string{"", "-wal", "-journal"} {
		data, err := os.ReadFile(o.file + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			o.Fatal(err)
		}
		all = append(all, data...)
	}
	return string(all)
}

func TestSecretsAreGoneFromTheDiskOnceTheyAreSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	down := true
	o.post.refuse = func(string, []byte) error {
		if down {
			return errors.New("connection refused")
		}
		return nil
	}
	o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}}))
	var question string
	for _, a := range o.post.attempts {
		if a.to == mayor {
			question = tokenOf(o, parse(a.raw, false))
		}
	}
	if !strings.Contains(o.disk(), question) {
		t.Fatal("the token of a question that waits is not on the disk: this test looks in the wrong place")
	}
	down = false
	o.pass(time.Minute)
	o.wantSent("approval primar", "registered ion.popescu")
	if strings.Contains(o.disk(), question) {
		t.Error("the token is on the disk after the question was sent")
	}

	down = true
	o.handle(o.answer(mayor, o.mailTo(mayor, "approval"), "Aprob."))
	links := o.portal.links
	if len(links) != 4 {
		t.Fatalf("%d links", len(links))
	}
	written := o.disk()
	for _, link := range links {
		if !strings.Contains(written, link) {
			t.Errorf("the link %s is not on the disk while its mail waits: this test looks in the wrong place", link)
		}
	}
	down = false
	o.pass(time.Minute)
	written = o.disk()
	for address, link := range links {
		if !strings.Contains(o.mailTo(address, "access").Text, link) {
			t.Errorf("%s did not get the link", address)
		}
		if strings.Contains(written, link) {
			t.Errorf("the link %s is on the disk after it was sent", link)
		}
	}
}

func TestSecretsAreGoneFromTheDiskWhenTheirMailIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.post.refuse = func(to string, raw []byte) error {
		if to == mayor {
			return smtpReply(550)
		}
		return nil
	}
	o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{annex(o, submission())}}))
	var token string
	for _, a := range o.post.attempts {
		if a.to == mayor {
			token = tokenOf(o, parse(a.raw, false))
		}
	}
	if strings.Contains(o.disk(), token) {
		t.Error("the token of a mail that never will arrive is on the disk")
	}
}

// TestWorkWakesUpForWhatItPutOff runs the real loop on a clock that jumps to
// the next thing due whenever nothing else is to be done.
func TestWorkWakesUpForWhatItPutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.desk.Now = time.Now
		attempts := 0
		origin := o.desk.Origin
		o.desk.Origin = originFunc(func(context.Context, []byte) bool {
			attempts++
			return attempts > 3
		}, origin)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		start := time.Now()
		go func() { ended <- o.desk.Work(ctx) }()
		synctest.Wait()
		uid := o.receive(o.write(letter{from: engineer, subject: "formular", text: "formular"}))
		<-o.desk.Handled()
		for o.fate(uid).Fate == "" {
			<-o.desk.Handled()
		}
		if waited := time.Since(start); waited != 35*time.Second {
			t.Errorf("handled after %v, want 5 s + 10 s + 20 s", waited)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		o.db.Close()
		o.store.Close()
	})
}

// originFunc panics on mails that are not fine, and else asks next.
func originFunc(fine func(context.Context, []byte) bool, next func(context.Context, []byte) trust.Origin) func(context.Context, []byte) trust.Origin {
	return func(ctx context.Context, raw []byte) trust.Origin {
		if !fine(ctx, raw) {
			panic("a bug in the check of the origin")
		}
		return next(ctx, raw)
	}
}
