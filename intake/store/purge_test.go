package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
	"registratura/intake/store"
)

// later is when everything in the records of these tests is long past.
var later = morning.AddDate(20, 0, 0)

// everything is a purge of all that may be purged.
var everything = intake.Purge{At: later, OtherMails: later, FailedRequests: later, ClosedRequests: later, AccessData: later,
	Notices: later, Suspicions: later, Registry: later, Most: 1000}

// purge purges as the desk does, and returns what was purged at first.
func (r *record) purge(p intake.Purge) (first intake.Purged) {
	r.Helper()
	for n := 0; ; n++ {
		var done intake.Purged
		r.must(r.store.Transact(r.Context(), func(tx intake.Tx) (err error) {
			if done, err = tx.Purge(p); err != nil || done.ID == 0 {
				return err
			}
			return tx.AddEvent(intake.Event{At: p.At, Kind: intake.EventPurged, Actor: "desk", Detail: done.Detail()})
		}))
		if n == 0 {
			first = done
		}
		if !done.More {
			return first
		}
		if n > 1000 {
			r.Fatal("purging does not end")
		}
	}
}

// end puts a request into a status, as nothing but a test can.
func (r *record) end(id int64, status intake.Status) {
	r.Helper()
	r.tamper(fmt.Sprintf(`UPDATE requests SET status = '%s' WHERE id = %d`, status, id))
}

// settle gives every mail a fate.
func (r *record) settle() {
	r.Helper()
	r.tamper(fmt.Sprintf(`UPDATE mails SET fate = 'registered', handled_at = %d`, morning.UnixMilli()))
}

func (r *record) whole(head string) *store.Audit {
	r.Helper()
	a := r.audit(head)
	if len(a.Faults) > 0 {
		r.Errorf("the record is not whole: %+v", a.Faults)
	}
	return a
}

func TestPurgedRecordIsWhole(t *testing.T) {
	r := newRecord(t)
	r.settle()
	r.end(1, intake.StatusClosed)
	head := r.audit("").Head
	// Request 2 is open: its mail stays, as do its form and its event.
	if got := r.purge(everything); got.Mails != 3 || got.Forms != 1 || got.Requests != 1 || got.Events != 3 {
		t.Errorf("purged: %+v", got)
	}
	if a := r.whole(head); a.Purged != (store.Gone{Mails: 3, Events: 3, Forms: 1, Decisions: 1}) || a.Mails != 1 || a.Events != 6 {
		t.Errorf("audit: %+v", a)
	}
	q := r.requestByID(1)
	if q.From != (intake.Person{}) || q.Decision == nil || q.Decision.Evidence != "" || q.Decision.Verdict != intake.Approve || q.Plan.Site.ID != "site-1" {
		t.Errorf("of the request is left: %+v, %+v", q, q.Decision)
	}
	for _, m := range q.Plan.Members {
		if m.Address != "" || m.Name != "" || m.Rights != forms.RightRead {
			t.Errorf("of a member is left %+v", m)
		}
	}
	if other := r.requestByID(2); other.From.Address == "" || other.Submission.PartnerUsers[0].Email == "" {
		t.Errorf("the open request is now %+v", other)
	}
	if got := r.purge(everything); got.ID != 0 {
		t.Errorf("purged again: %+v", got)
	}
}

func TestWhatWasSettledAboutUsersIsPurgedWithThem(t *testing.T) {
	r := newRecord(t)
	r.settle()
	r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
		notice, err := tx.AddNotice(intake.OutgoingMail{Request: 1, Kind: "access", To: "ana@spital.test", MessageID: "1", Raw: []byte("x"), CreatedAt: morning})
		if err != nil {
			return err
		}
		_, err = tx.AddUndelivered(intake.UndeliveredMail{Notice: notice, Request: 1, Kind: "access", Address: "ana@spital.test", Reason: "ana@spital.test?", Sure: true, At: morning})
		member := intake.Member{Name: "Ana", Address: "ana@spital.test"}
		return errors.Join(err, tx.MarkSent(notice, morning), tx.RecordDeviation(1, intake.Deviation{Address: "ana@spital.test", At: morning}),
			tx.RecordTrouble(1, intake.Trouble{Failures: []intake.Failure{{Member: &member, Err: "503"}}, At: morning}))
	}))
	rows := func() string {
		db, err := sql.Open("sqlite3", "file:"+r.file)
		r.must(err)
		defer db.Close()
		var d, u, n int
		r.must(db.QueryRow(`SELECT (SELECT COUNT(*) FROM deviations), (SELECT COUNT(*) FROM troubles), (SELECT COUNT(*) FROM undelivered)`).Scan(&d, &u, &n))
		return fmt.Sprint(d, u, n)
	}
	r.purge(everything)
	if got := rows(); got != "1 1 1" && got != "1 1 0" {
		t.Errorf("of an open request is left %s", got)
	}
	r.end(1, intake.StatusClosed)
	r.purge(everything)
	if got := rows(); got != "0 0 0" {
		t.Errorf("after the end is left %s", got)
	}
	r.whole("")
}

// Whoever hides something by calling it purged is found, unless they write an
// event of a purge as well, which everybody sees.
func TestTamperingThatPretendsToBeAPurgeIsFound(t *testing.T) {
	content := func(r *record, id int64) string {
		var found string
		r.must(r.store.Chain(r.Context(), func(l *store.Link) error {
			if l.ID == id {
				found = l.ContentHash()
			}
			return nil
		}))
		return found
	}
	for _, test := range []struct {
		name string
		sql  func(*record) []string
		what store.FaultKind
	}{
		{"an event blanked and put to the purge that was", func(r *record) []string {
			return []string{`INSERT INTO purged VALUES ('event', 2, 1, '` + content(r, 2) + `')`, `UPDATE events SET actor = '', detail = '' WHERE id = 2`}
		}, store.PurgeChanged},
		{"an event blanked by a purge that no event tells of", func(r *record) []string {
			return []string{`INSERT INTO purges VALUES (7, 0, '')`, `INSERT INTO purged VALUES ('event', 2, 7, '` + content(r, 2) + `')`, `UPDATE events SET actor = '', detail = '' WHERE id = 2`}
		}, store.PurgeChanged},
		{"an event blanked by no purge", func(r *record) []string { return []string{`UPDATE events SET actor = '', detail = '' WHERE id = 2`} }, store.EventChanged},
		{"a mail wiped and put to the purge that was", func(*record) []string {
			return []string{`INSERT INTO purged VALUES ('mail', 2, 1, '')`, `UPDATE mails SET raw = NULL WHERE id = 2`}
		}, store.PurgeChanged},
		{"a mail wiped by no purge", func(*record) []string { return []string{`UPDATE mails SET raw = NULL WHERE id = 2`} }, store.MailChanged},
		{"another kind of a purged event", func(*record) []string { return []string{`UPDATE events SET kind = 'rejected' WHERE id = 4`} }, store.PurgeChanged},
		{"another time of a purged event", func(*record) []string { return []string{`UPDATE events SET at = 0 WHERE id = 4`} }, store.PurgeChanged},
		{"words put into a purged event", func(*record) []string { return []string{`UPDATE events SET detail = '"Nu aprob."' WHERE id = 4`} }, store.PurgeChanged},
		{"another hash of what a purged event said", func(*record) []string {
			return []string{`UPDATE purged SET content_sha256 = '` + strings.Repeat("0", 64) + `' WHERE kind = 'event' AND row_id = 4`}
		}, store.EventChanged},
		{"a purged event deleted", func(*record) []string { return []string{`DELETE FROM events WHERE id = 4`} }, store.EventMissing},
		{"another verdict of a purged decision", func(*record) []string {
			return []string{`UPDATE decisions SET verdict = 'reject', record = replace(record, 'approve', 'reject')`}
		}, store.PurgeChanged},
		{"another hash of a purged mail", func(*record) []string { return []string{`UPDATE mails SET sha256 = 'x' WHERE id = 3`} }, store.MailChanged},
		{"a purge forgotten", func(*record) []string { return []string{`DELETE FROM purged WHERE kind = 'mail' AND row_id = 4`} }, store.MailChanged},
		{"the event of the purge changed", func(*record) []string {
			return []string{`UPDATE events SET detail = replace(detail, '3 mails', '4 mails') WHERE kind = 'purged'`}
		}, store.EventChanged},
		{"the event of the purge deleted", func(*record) []string {
			return []string{`DELETE FROM events WHERE kind = 'purged'`, `UPDATE sqlite_sequence SET seq = 5 WHERE name = 'events'`}
		}, store.PurgeChanged},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRecord(t)
			r.settle()
			r.end(1, intake.StatusClosed)
			r.purge(everything)
			r.whole("")
			r.tamper(test.sql(r)...)
			if a := r.audit(""); !slices.ContainsFunc(a.Faults, func(f store.Fault) bool { return f.What == test.what }) {
				t.Errorf("faults: %+v, want %s", a.Faults, test.what)
			}
		})
	}
}

// A purge does not make right what was wrong before it.
func TestPurgeDoesNotHideWhatWasChangedBefore(t *testing.T) {
	r := newRecord(t)
	r.settle()
	r.end(1, intake.StatusClosed)
	r.tamper(`UPDATE events SET detail = '"Nu aprob."' WHERE id = 4`)
	r.purge(everything)
	if a := r.audit(""); len(a.Faults) == 0 || a.Faults[0].Event != 4 || a.Faults[0].What != store.EventChanged {
		t.Errorf("faults: %+v", a.Faults)
	}
}

// What is needed is not purged, whatever the periods are.
func TestWhatIsNeededIsNotPurged(t *testing.T) {
	for _, status := range intake.Statuses {
		ends := slices.Contains(intake.CameToNothing, status) || slices.Contains(intake.SiteEnded, status)
		if ends != status.Final() {
			t.Errorf("%s is final: %v, and may be purged: %v", status, status.Final(), ends)
		}
		t.Run(string(status), func(t *testing.T) {
			r := newRecord(t)
			r.settle()
			r.end(1, status)
			r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
				_, err := tx.AddNotice(intake.OutgoingMail{Request: 1, Kind: "approval", To: "primar@primaria.test", MessageID: "x", Raw: []byte("x"), CreatedAt: morning})
				return errors.Join(err, tx.AddToken(intake.Token{Hash: "h", Purpose: intake.Decides, Request: 1, Address: "primar@primaria.test", CreatedAt: morning, ExpiresAt: morning}))
			}))
			got := r.purge(everything)
			if ends && (got.Mails != 3 || got.Requests != 1) || !ends && (got.Mails != 1 || got.Requests+got.Forms+got.Events != 0) {
				t.Errorf("purged: %+v", got)
			}
			if got.Notices != 0 {
				t.Error("a notice that is not sent yet was purged")
			}
			if q := r.requestByID(1); (q.Submission.PartnerUsers[0].Email == "") != ends || (q.Decision.Evidence == "") != ends {
				t.Errorf("the request is now %+v, %+v", q, q.Decision)
			}
			r.whole("")
		})
	}
	t.Run("mails that wait", func(t *testing.T) {
		r := newRecord(t)
		r.end(1, intake.StatusClosed)
		if got := r.purge(everything); got.Mails != 0 {
			t.Errorf("purged: %+v", got)
		}
	})
	t.Run("a mail that an open request has, too", func(t *testing.T) {
		r := newRecord(t)
		r.settle()
		r.end(1, intake.StatusClosed)
		r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
			return tx.AddEvent(intake.Event{Request: 2, Mail: 3, At: morning, Kind: intake.EventRefused, Actor: "desk"})
		}))
		if got := r.purge(everything); got.Mails != 2 {
			t.Errorf("purged: %+v", got)
		}
	})
	t.Run("the mail of a delegation or a suspicion that is kept", func(t *testing.T) {
		r := newRecord(t)
		r.settle()
		november := forms.Date{Year: 2026, Month: 11, Day: 23}
		r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
			return errors.Join(tx.AddDelegation(intake.Delegation{Approver: "a@b", Delegate: "c@d", Days: intake.Days{First: november, Last: november}, Mail: 4, At: morning}),
				tx.AddSuspicion(intake.Suspicion{Mail: 4, Why: intake.Unproven, Approver: "a@b", From: "x@y", At: morning}))
		}))
		p := everything
		p.Registry, p.Suspicions = time.Time{}, time.Time{}
		if got := r.purge(p); got.Mails != 0 {
			t.Errorf("purged: %+v", got)
		}
		p.Suspicions = later
		if got := r.purge(p); got.Mails != 0 || got.Suspicions != 1 {
			t.Errorf("purged: %+v", got)
		}
		if got := r.purge(everything); got.Mails != 1 || got.Delegations != 1 {
			t.Errorf("purged: %+v", got)
		}
	})
}

func TestNothingIsPurgedBeforeItsTime(t *testing.T) {
	r := newRecord(t)
	r.settle()
	r.end(1, intake.StatusClosed)
	if got := r.purge(intake.Purge{At: later, Most: 100}); got.ID != 0 {
		t.Errorf("without any period there was purged %+v", got)
	}
	p := intake.Purge{At: later, OtherMails: morning, FailedRequests: morning, ClosedRequests: morning, AccessData: morning, Notices: morning,
		Suspicions: morning, Registry: morning, Most: 100}
	if got := r.purge(p); got.ID != 0 {
		t.Errorf("what ended at that very time was purged: %+v", got)
	}
	p.AccessData = later
	if got := r.purge(p); got.Forms != 1 || got.Mails+got.Events+got.Requests != 0 {
		t.Errorf("of access data alone there was purged %+v", got)
	}
	if q := r.requestByID(1); q.From.Address == "" || q.Decision.Evidence == "" || q.Plan.Members[0].Address != "" {
		t.Errorf("the request is now %+v", q)
	}
	r.whole("")
}

// Whenever what is purged, and in portions of whatever size: the record stays
// whole against every earlier head, and what is open stays as it was.
func TestPurgingAtAnyPointKeepsTheRecordWhole(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			r := newRecord(t)
			var heads []string
			now := morning
			for step := range 30 {
				now = now.Add(time.Duration(random.IntN(400)) * 24 * time.Hour)
				switch random.IntN(4) {
				case 0: // something happens to one of the requests
					raw := fmt.Sprintf("mail %d", step)
					r.must(r.store.Receive(t.Context(), []intake.IncomingMail{{Raw: []byte(raw), Size: int64(len(raw)), ReceivedAt: now,
						Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 2, UID: uint32(step)}}}))
					pending, err := r.store.Pending(t.Context(), now, 1000)
					r.must(err)
					m := pending[len(pending)-1].ID
					request := int64(random.IntN(3))
					r.must(r.store.Transact(t.Context(), func(tx intake.Tx) error {
						return errors.Join(tx.AddEvent(intake.Event{Request: request, Mail: m, At: now, Kind: intake.EventRefused, Actor: "ana@spital.test", Detail: "x"}),
							tx.Settle(m, intake.Settlement{Fate: intake.FateAnswered, Request: request, At: now}))
					}))
				case 1:
					if id := int64(1 + random.IntN(2)); !r.requestByID(id).Status.Final() {
						r.tamper(fmt.Sprintf(`UPDATE requests SET status = '%s', changed_at = %d WHERE id = %d`,
							intake.Statuses[random.IntN(len(intake.Statuses))], now.UnixMilli(), id))
					}
				default:
					before := func() time.Time { return now.AddDate(0, 0, -random.IntN(1000)) }
					p := intake.Purge{At: now, OtherMails: before(), FailedRequests: before(), ClosedRequests: before(), AccessData: before(),
						Notices: before(), Suspicions: before(), Registry: before(), Most: 1 + random.IntN(4)}
					r.purge(p)
				}
				for id := int64(1); id <= 2; id++ {
					q := r.requestByID(id)
					if !q.Status.Final() && (q.From.Address == "" || q.Submission.PartnerUsers[0].Email == "") {
						t.Fatalf("step %d: request %d is %s and was purged", step, id, q.Status)
					}
				}
				for _, head := range heads {
					r.whole(head)
				}
				heads = append(heads, r.whole("").Head)
				if t.Failed() {
					t.Fatalf("at step %d", step)
				}
			}
		})
	}
}

// retained says of every column that can hold text which rule of retention it
// falls under. A column that is not in it fails the test: whoever adds one
// decides what becomes of it.
var retained = map[string]string{
	"mails.mailbox": "not personal", "mails.sha256": "kept: ties the mail to the chain", "mails.raw": "wiped with the mail",
	"mails.fate": "not personal", "mails.note": "wiped with the mail",

	"requests.registered_on": "register", "requests.kind": "register", "requests.status": "register", "requests.department": "register",
	"requests.partner": "register", "requests.proven": "not personal", "requests.plan_hash": "kept: ties the decision to what was shown",
	"requests.site_id": "register", "requests.from_name": "registry", "requests.from_address": "registry", "requests.purpose": "registry",
	"requests.form_name": "registry", "requests.submission": "users with access_data, the rest with registry", "requests.plan": "users with access_data, the rest with registry",

	"decisions.verdict": "register", "decisions.record": "registry", "decisions.sha256": "kept: ties the decision to the chain",

	"tokens.hash": "deleted with registry", "tokens.purpose": "deleted with registry", "tokens.address": "deleted with registry",
	"tokens.plan_hash": "deleted with registry", "tokens.verdict": "deleted with registry", "tokens.reason": "deleted with registry",

	"events.kind": "kept: the chain", "events.actor": "blanked: registry, access_data, suspicions or other_mails", "events.detail": "as actor",
	"events.number": "register", "events.mail_sha256": "kept: the chain", "events.decision_sha256": "kept: the chain",
	"events.prev_sha256": "kept: the chain", "events.sha256": "kept: the chain",

	"notices.kind": "not personal", "notices.to_address": "notices", "notices.message_id_sha256": "not personal", "notices.sha256": "not personal",
	"notices.raw": "notices", "notices.text": "notices", "notices.state": "not personal", "notices.reason": "notices",

	"offers.plan_hash": "deleted with the users", "offers.instead_of": "deleted with the users", "offers.plan": "deleted with the users",

	"closings.link_hash": "deleted with registry", "closings.record": "deleted with registry",
	"deviations.record": "deleted with the users", "troubles.record": "deleted with the users",
	"undelivered.kind": "deleted with notices", "undelivered.address": "deleted with notices", "undelivered.reason": "deleted with notices",

	"delegations.approver": "deleted with registry", "delegations.delegate": "deleted with registry",
	"delegations.first_day": "deleted with registry", "delegations.last_day": "deleted with registry",
	"approvals.approver": "deleted with registry", "approvals.plan_hash": "deleted with registry", "approvals.record": "deleted with registry",
	"suspicions.why": "not personal", "suspicions.approver": "suspicions", "suspicions.from_addresses": "suspicions",

	"reviews.site_id": "register", "reviews.state": "not personal", "reviews.reviewed": "not personal",
	"reviews.asked_on": "not personal", "reviews.suspend_on": "not personal",
	"chores.name": "not personal", "chores.done_on": "not personal",
	"purges.sha256": "kept: the chain", "purged.kind": "not personal", "purged.content_sha256": "kept: the chain",
}

func TestEveryColumnFallsUnderARuleOfRetention(t *testing.T) {
	r := newRecord(t)
	db, err := sql.Open("sqlite3", "file:"+r.file)
	r.must(err)
	defer db.Close()
	// River keeps numbers of rows, and deletes jobs that are done; goose keeps
	// the numbers of migrations.
	rows, err := db.Query(`SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'river%' AND m.name NOT LIKE 'goose%' AND c.type IN ('TEXT', 'BLOB', '')`)
	r.must(err)
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var column string
		r.must(rows.Scan(&column))
		found[column] = true
		if retained[column] == "" {
			t.Errorf("%s falls under no rule of retention", column)
		}
	}
	r.must(rows.Err())
	for column := range retained {
		if !found[column] {
			t.Errorf("%s is not there any more", column)
		}
	}
}
