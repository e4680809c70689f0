package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/store"
)

var morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// record is a store with a request that was decided, and its file.
type record struct {
	*testing.T
	file  string
	store *store.Store
}

// newRecord records two requests. The first one's events have the IDs 1
// (registered), 3 (asked), 4 (approved) and 5 (active), and the mails 1 (form)
// and 3 (answer); the second's is 2, its form is mail 2. Mail 4 is in no event.
func newRecord(t *testing.T) *record {
	t.Helper()
	r := &record{T: t, file: filepath.Join(t.TempDir(), "registry.db")}
	var err error
	if r.store, err = store.Open(t.Context(), r.file, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.store.Close() })
	var mails []intake.IncomingMail
	for i, text := range []string{"the form", "another form", "Aprob.", "spam"} {
		mails = append(mails, intake.IncomingMail{Raw: []byte(text), Size: int64(len(text)), ReceivedAt: morning,
			Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 1, UID: uint32(i + 1)}})
	}
	r.must(r.store.Receive(t.Context(), mails))
	request := r.request(1)
	r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
		return errors.Join(tx.InsertRequest(request), tx.AddEvent(r.event(request, 1, intake.EventRegistered, "ion.popescu@primaria.test", "line one\nline \\two \xff")))
	}))
	other := r.request(2)
	r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
		return errors.Join(tx.InsertRequest(other), tx.AddEvent(r.event(other, 2, intake.EventRegistered, "ion.popescu@primaria.test", "nr. 2")))
	}))
	r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
		return errors.Join(tx.Change(request, transition(t, intake.StatusReceived, intake.StatusAwaitingApproval), morning),
			tx.AddEvent(r.event(request, 0, intake.EventAsked, "desk", "asked primar@primaria.test")))
	}))
	// A transaction that fails leaves no link.
	if err := r.store.Transact(t.Context(), func(tx intake.Tx) error {
		return errors.Join(tx.AddEvent(r.event(request, 0, intake.EventMuted, "desk", "")), errors.New("boom"))
	}); err == nil {
		t.Fatal("the transaction did not fail")
	}
	raw, err := r.store.MailBytes(t.Context(), 3)
	r.must(err)
	decision := intake.Decision{Verdict: intake.Approve, Approver: intake.Person{Name: "C. Popa", Address: "primar@primaria.test"},
		Mail: 3, MailHash: store.Hash(raw), Evidence: "Aprob.", PlanHash: request.PlanHash, At: morning}
	r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
		return errors.Join(tx.Decide(request, decision, transition(t, intake.StatusAwaitingApproval, intake.StatusApproved)),
			tx.AddEvent(r.event(request, 3, intake.EventApproved, "primar@primaria.test", `"Aprob."`)))
	}))
	r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
		return tx.AddEvent(r.event(request, 0, intake.EventActive, "desk", ""))
	}))
	return r
}

func (r *record) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *record) request(serial int) *intake.Request {
	r.Helper()
	day := forms.Date{Year: 2026, Month: time.November, Day: 23}
	q := &intake.Request{
		Number: intake.Number{Serial: serial, Date: day}, Kind: forms.Create, Status: intake.StatusReceived,
		From: intake.Person{Address: "ion.popescu@primaria.test"}, FormMail: int64(serial), CreatedAt: morning, ChangedAt: morning,
		Submission: forms.Submission{Partner: "Spitalul", PartnerUsers: []forms.User{{Name: "Ana", Email: "ana@spital.test"}}},
		Plan:       intake.Plan{Site: intake.Site{ID: fmt.Sprint("site-", serial)}, Members: []intake.Member{{Address: "ana@spital.test", Rights: forms.RightRead}}},
	}
	var err error
	q.PlanHash, err = intake.HashPlan(q.Submission, q.Plan)
	r.must(err)
	return q
}

func (r *record) requestByID(id int64) *intake.Request {
	r.Helper()
	q, err := r.store.Request(r.Context(), id)
	r.must(err)
	return q
}

func (r *record) event(q *intake.Request, mail int64, kind intake.EventKind, actor, detail string) intake.Event {
	return intake.Event{Request: q.ID, Mail: mail, At: morning, Kind: kind, Actor: actor, Detail: detail}
}

func transition(t *testing.T, from, to intake.Status) intake.Transition {
	t.Helper()
	for _, tr := range intake.Transitions {
		if tr.From() == from && tr.To() == to {
			return tr
		}
	}
	t.Fatalf("no transition from %s to %s", from, to)
	return intake.Transition{}
}

// tamper changes the database file from outside, as somebody with access to
// the machine can.
func (r *record) tamper(statements ...string) {
	r.Helper()
	db, err := sql.Open("sqlite3", "file:"+r.file+"?_foreign_keys=off")
	r.must(err)
	defer db.Close()
	for _, s := range statements {
		res, err := db.Exec(s)
		r.must(err)
		if n, _ := res.RowsAffected(); n == 0 {
			r.Fatalf("%s changed nothing", s)
		}
	}
}

func (r *record) audit(head string) *store.Audit {
	r.Helper()
	a, err := r.store.Audit(r.Context(), head)
	r.must(err)
	return a
}

func TestUntouchedRecordIsWhole(t *testing.T) {
	r := newRecord(t)
	head, err := r.store.Head(t.Context())
	r.must(err)
	a := r.audit(head)
	if len(a.Faults) != 0 || a.Events != 5 || a.Mails != 4 || a.Purged != (store.Gone{}) || a.Decisions != 1 || a.Head != head {
		t.Errorf("audit: %+v, head %s", a, head)
	}
}

func TestEmptyRecordIsWhole(t *testing.T) {
	s := open(t)
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Audit(t.Context(), head)
	if err != nil || len(a.Faults) != 0 || a.Head != strings.Repeat("0", 64) {
		t.Errorf("audit: %+v, %v", a, err)
	}
}

func TestTamperingIsNamed(t *testing.T) {
	// swap makes two events change places, with all that they say.
	swap := func(a, b int) []string {
		return []string{
			fmt.Sprintf(`UPDATE events SET id = -1 WHERE id = %d`, a), fmt.Sprintf(`UPDATE events SET id = %d WHERE id = %d`, a, b),
			fmt.Sprintf(`UPDATE events SET id = %d WHERE id = -1`, b),
		}
	}
	tests := []struct {
		name  string
		sql   []string
		event int64 // where the first fault is
		what  store.FaultKind
		more  int // faults after it
	}{
		{"a changed detail", []string{`UPDATE events SET detail = '"Nu aprob."' WHERE id = 4`}, 4, store.EventChanged, 0},
		{"a changed actor", []string{`UPDATE events SET actor = 'viceprimar@primaria.test' WHERE id = 4`}, 4, store.EventChanged, 0},
		{"a changed kind", []string{`UPDATE events SET kind = 'rejected' WHERE id = 4`}, 4, store.EventChanged, 0},
		{"a changed time", []string{`UPDATE events SET at = at + 1 WHERE id = 2`}, 2, store.EventChanged, 0},
		{"an event given to another request", []string{`UPDATE events SET request_id = 2 WHERE id = 3`}, 3, store.EventChanged, 0},
		{"an event given to another request by its number too", []string{`UPDATE events SET request_id = 2, number = '2/23.11.2026' WHERE id = 3`}, 3, store.EventChanged, 0},
		{"another number of a request", []string{`UPDATE requests SET serial = 7 WHERE id = 2`}, 2, store.EventChanged, 0},
		{"a line feed moved from one field to the next", []string{`UPDATE events SET actor = actor || char(10) || 'detail line one', detail = substr(detail, 10) WHERE id = 1`}, 1, store.EventChanged, 0},
		{"a rewritten hash", []string{`UPDATE events SET sha256 = prev_sha256 WHERE id = 2`}, 2, store.EventChanged, 1},
		{"a deleted event", []string{`DELETE FROM events WHERE id = 3`}, 4, store.EventMissing, 0},
		{"the first event deleted", []string{`DELETE FROM events WHERE id = 1`}, 2, store.EventMissing, 0},
		{"two events swapped", swap(2, 3), 2, store.EventMissing, 2},
		{"an event put in", []string{`INSERT INTO events (id, at, kind, actor, detail, number, mail_sha256, decision_sha256, prev_sha256, sha256)
			SELECT 6, at, kind, actor, detail, number, mail_sha256, decision_sha256, prev_sha256, sha256 FROM events WHERE id = 2`}, 6, store.EventMissing, 2},
		{"the end cut off", []string{`DELETE FROM events WHERE id = 5`}, 0, store.EventMissing, 0},
		{"the end cut off with its trail, where a decision is among it",
			[]string{`DELETE FROM events WHERE id >= 4`, `UPDATE sqlite_sequence SET seq = 3 WHERE name = 'events'`}, 0, store.DecisionChanged, 0},
		{"changed bytes of the mail that decided", []string{`UPDATE mails SET raw = CAST('Nu aprob.' AS BLOB) WHERE id = 3`}, 4, store.MailChanged, 0},
		{"one byte more in a form", []string{`UPDATE mails SET raw = CAST('the form ' AS BLOB) WHERE id = 1`}, 1, store.MailChanged, 0},
		{"a mail's bytes and SHA-256 changed together", []string{`UPDATE mails SET raw = CAST('x' AS BLOB),
			sha256 = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881' WHERE id = 1`}, 1, store.MailChanged, 0},
		{"changed bytes of a mail that no event tells of", []string{`UPDATE mails SET raw = CAST('x' AS BLOB) WHERE id = 4`}, 0, store.MailChanged, 0},
		{"a changed decision", []string{`UPDATE decisions SET record = replace(record, 'approve', 'reject')`}, 4, store.DecisionChanged, 0},
		{"a decision whose row says something else than its record", []string{`UPDATE decisions SET verdict = 'reject'`}, 4, store.DecisionChanged, 0},
		{"a decision of another time", []string{`UPDATE decisions SET at = at + 1`}, 4, store.DecisionChanged, 0},
		{"a deleted decision", []string{`DELETE FROM decisions`}, 4, store.DecisionChanged, 0},
		{"rights added to the plan that was approved", []string{`UPDATE requests SET plan = replace(plan, 'ana@', 'eva@') WHERE id = 1`}, 4, store.RequestChanged, 0},
		{"a plan that is none any more", []string{`UPDATE requests SET plan = '' WHERE id = 1`}, 4, store.RequestChanged, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRecord(t)
			r.tamper(test.sql...)
			a := r.audit("")
			if len(a.Faults) != test.more+1 || a.Faults[0].Event != test.event || a.Faults[0].What != test.what {
				t.Errorf("faults: %+v, want %s at event %d first, and %d more", a.Faults, test.what, test.event, test.more)
			}
		})
	}
}

// A decision rewritten with its own hash is given away by the event.
func TestDecisionRewrittenWithItsHashIsFound(t *testing.T) {
	r := newRecord(t)
	var text string
	db, err := sql.Open("sqlite3", "file:"+r.file)
	r.must(err)
	defer db.Close()
	r.must(db.QueryRow(`SELECT record FROM decisions`).Scan(&text))
	text = strings.ReplaceAll(text, "C. Popa", "X. Popa")
	_, err = db.Exec(`UPDATE decisions SET record = ?, sha256 = ?`, text, store.Hash([]byte(text)))
	r.must(err)
	a := r.audit("")
	if len(a.Faults) != 1 || a.Faults[0].Event != 4 || a.Faults[0].What != store.DecisionChanged {
		t.Errorf("faults: %+v", a.Faults)
	}
}

// Where several must approve, the decision holds the approvals before it. One
// that was put into the database is of a mail that no event tells of.
func TestApprovalOfNoMailIsFound(t *testing.T) {
	r := newRecord(t)
	other := r.requestByID(2)
	raw, err := r.store.MailBytes(t.Context(), 2)
	r.must(err)
	earlier := intake.Decision{Verdict: intake.Approve, Mail: 4, MailHash: store.Hash([]byte("spam"))}
	d := intake.Decision{Verdict: intake.Approve, Mail: 2, MailHash: store.Hash(raw), PlanHash: other.PlanHash, At: morning, Earlier: []intake.Decision{earlier}}
	r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
		return errors.Join(tx.Change(other, transition(t, intake.StatusReceived, intake.StatusAwaitingApproval), morning),
			tx.Decide(other, d, transition(t, intake.StatusAwaitingApproval, intake.StatusApproved)),
			tx.AddEvent(r.event(other, 2, intake.EventApproved, "primar@primaria.test", "")))
	}))
	if a := r.audit(""); len(a.Faults) != 1 || a.Faults[0].What != store.DecisionChanged || !strings.Contains(a.Faults[0].Why, "nr. 2/23.11.2026: no event tells of the mail") {
		t.Errorf("faults: %+v", a.Faults)
	}
}

// What the chain cannot show by itself, a head that was kept elsewhere does.
func TestHeadKeptElsewhereShowsACutEnd(t *testing.T) {
	r := newRecord(t)
	head := r.audit("").Head
	r.tamper(`DELETE FROM events WHERE id = 5`, `UPDATE sqlite_sequence SET seq = 4 WHERE name = 'events'`)
	if a := r.audit(""); len(a.Faults) != 0 {
		t.Fatalf("without a head: %+v", a.Faults)
	}
	if a := r.audit(head); len(a.Faults) != 1 || a.Faults[0].What != store.EventMissing {
		t.Errorf("with the head: %+v", a.Faults)
	}
}

func TestEarlierHeadIsInALongerRecord(t *testing.T) {
	r := newRecord(t)
	head := r.audit("").Head
	r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
		return tx.AddEvent(intake.Event{At: morning, Kind: intake.EventSetAside, Actor: "desk"})
	}))
	if a := r.audit(head); len(a.Faults) != 0 || a.Head == head || a.Events != 6 {
		t.Errorf("audit: %+v", a)
	}
}

func TestMailThatIsGoneWithoutAPurgeIsFound(t *testing.T) {
	r := newRecord(t)
	r.tamper(`UPDATE mails SET raw = NULL WHERE id = 3`)
	if a := r.audit(""); len(a.Faults) != 1 || a.Faults[0].Event != 4 || a.Faults[0].What != store.MailChanged || a.Mails != 3 {
		t.Errorf("audit: %+v", a)
	}
}

func TestOversizedMailIsNoFault(t *testing.T) {
	s := open(t)
	if err := s.Receive(t.Context(), []intake.IncomingMail{{Raw: []byte("beginning"), Size: 1 << 30, Oversized: true, ReceivedAt: morning}}); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Audit(t.Context(), ""); err != nil || len(a.Faults) != 0 {
		t.Errorf("audit: %+v, %v", a, err)
	}
}

// The encoding is what an auditor relies on: it never changes.
func TestContentOfAnEventIsFixed(t *testing.T) {
	r := newRecord(t)
	var links []store.Link
	r.must(r.store.Chain(t.Context(), func(l *store.Link) error {
		links = append(links, *l)
		return nil
	}))
	want := "at 2026-11-23T08:00:00.000Z\nkind registered\nactor ion.popescu@primaria.test\ndetail line one\\nline \\\\two \uFFFD\n" +
		"request 1/23.11.2026\nmail " + store.Hash([]byte("the form")) + "\ndecision \n"
	if got := links[0].Content(); got != want {
		t.Errorf("content:\n%s\nwant:\n%s", got, want)
	}
	prev := strings.Repeat("0", 64)
	for _, l := range links {
		if seal := store.Hash([]byte(prev + store.Hash([]byte(l.Content())))); l.Prev != prev || l.Hash != seal {
			t.Errorf("event %d follows %s and is %s, want %s and %s", l.ID, l.Prev, l.Hash, prev, seal)
		}
		prev = l.Hash
	}
}

func BenchmarkAddEvent(b *testing.B) {
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "registry.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	e := intake.Event{At: morning, Kind: intake.EventNoticeSent, Actor: "desk", Detail: "registered to ion.popescu@primaria.test"}
	// One transaction: what is measured is the event, not the disk.
	err = s.Transact(b.Context(), func(tx intake.Tx) error {
		for b.Loop() {
			if err := tx.AddEvent(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
