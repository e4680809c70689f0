// Package storetest is the conformance suite that every [intake.Store] passes.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
)

// Run runs the suite; open gives each test an empty store.
func Run(t *testing.T, open func(t *testing.T) intake.Store) {
	tests := []struct {
		name string
		run  func(*testing.T, intake.Store)
	}{
		{"a mail is kept whole and is pending until it is settled", mailIsKept},
		{"a mail at the same place is stored once", samePlace},
		{"the same bytes elsewhere are linked to the first and share its fate", sameBytes},
		{"mails of which only the beginning is known are never taken for the same", sameBeginnings},
		{"a mail gets one fate", oneFate},
		{"a postponed mail comes back when it is due", postponed},
		{"what is recorded in a failed transaction is gone whole", allOrNothing},
		{"of several transactions one that fails leaves nothing and the others stand, in order", eachOnItsOwn},
		{"a panic in a transaction is its error and harms no other", panicIsAnError},
		{"a cancelled context does not end a transaction in the middle", cancelled},
		{"serials leave no gap and start anew each year", serials},
		{"a request is read back as it was written", requestRoundTrip},
		{"a request changes only from the expected status", guardedChange},
		{"every legal transition can be recorded", everyTransition},
		{"a request is decided once", decidedOnce},
		{"a site stands by the plan of the request that is active", standing},
		{"a closing is read back as it was written, and found by its link", closings},
		{"every purpose of a token can be recorded", purposes},
		{"what is past its time is purged in portions, and only that", purge},
		{"a chore is done on the last day that was recorded", choreDone},
		{"a token is found by its hash and spent with its request", tokens},
		{"an offered plan is read back by its hash, and may be offered again", offers},
		{"a notice is found by its Message-ID and keeps its bytes", noticeRoundTrip},
		{"a secret notice is wiped once it is sent", secretWiped},
		{"answers are counted by address and time", answersCounted},
		{"an open request is found by its purpose, and one that came to nothing is not", openByPurpose},
		{"partners are those of approved requests", partners},
		{"a site ID is taken by the request that uses it", siteTaken},
		{"a delegation lasts until its last day or until it is ended", delegations},
		{"the open questions of a person are those that can still be answered", openQuestions},
		{"an approver approves a plan once", approvals},
		{"deviations are read back with their request, in their order", deviations},
		{"what stopped a request is what stopped it last", troubles},
		{"a mail that did not arrive is recorded once, and once more when it is sure", undelivered},
		{"suspicions are counted since somebody was written to", suspicions},
		{"a review reads back as it was recorded", reviews},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

var start = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

func mail(uid uint32, text string) intake.IncomingMail {
	return intake.IncomingMail{
		Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 7, UID: uid},
		Raw: []byte(text), Size: int64(len(text)), ReceivedAt: start,
	}
}

// must fails the test at once.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, s intake.Store, mails ...intake.IncomingMail) []intake.StoredMail {
	t.Helper()
	must(t, s.Receive(t.Context(), mails))
	pending, err := s.Pending(t.Context(), start, 100)
	must(t, err)
	return pending
}

func transact(t *testing.T, s intake.Store, fn func(intake.Tx) error) {
	t.Helper()
	must(t, s.Transact(t.Context(), fn))
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func known(t *testing.T, s intake.Store, uids ...uint32) map[uint32]intake.Fate {
	t.Helper()
	m, err := s.Known(t.Context(), "INBOX", 7, uids)
	must(t, err)
	return m
}

func mailIsKept(t *testing.T, s intake.Store) {
	raw := "From: a@b\r\n\r\n\x00\xff bytes as they are"
	pending := receive(t, s, mail(1, raw))
	if len(pending) != 1 || string(pending[0].Raw) != raw || pending[0].Ref.UID != 1 || !pending[0].ReceivedAt.Equal(start) {
		t.Fatalf("pending: %+v", pending)
	}
	same(t, "known", known(t, s, 1, 2), map[uint32]intake.Fate{1: ""})
	transact(t, s, func(tx intake.Tx) error {
		return tx.Settle(pending[0].ID, intake.Settlement{Fate: intake.FateAnswered, At: start})
	})
	same(t, "known", known(t, s, 1), map[uint32]intake.Fate{1: intake.FateAnswered})
	if left := receive(t, s); len(left) != 0 {
		t.Errorf("still pending: %+v", left)
	}
	got, err := s.MailBytes(t.Context(), pending[0].ID)
	must(t, err)
	same(t, "bytes", string(got), raw)
}

func samePlace(t *testing.T, s intake.Store) {
	first := receive(t, s, mail(1, "one"))
	again := receive(t, s, mail(1, "one"), mail(2, "two"))
	if len(again) != 2 || again[0].ID != first[0].ID {
		t.Errorf("pending: %+v", again)
	}
}

func sameBytes(t *testing.T, s intake.Store) {
	pending := receive(t, s, mail(1, "one"), mail(2, "one"))
	if len(pending) != 1 {
		t.Fatalf("%d mails are pending, want only the first", len(pending))
	}
	transact(t, s, func(tx intake.Tx) error {
		return tx.Settle(pending[0].ID, intake.Settlement{Fate: intake.FateRegistered, At: start})
	})
	receive(t, s, mail(3, "one"))
	same(t, "known", known(t, s, 1, 2, 3),
		map[uint32]intake.Fate{1: intake.FateRegistered, 2: intake.FateRegistered, 3: intake.FateRegistered})
	if left := receive(t, s); len(left) != 0 {
		t.Errorf("handled again: %+v", left)
	}
}

func sameBeginnings(t *testing.T, s intake.Store) {
	a, b := mail(1, ""), mail(2, "")
	a.Oversized, b.Oversized = true, true
	if pending := receive(t, s, a, b); len(pending) != 2 {
		t.Errorf("%d mails are pending, want both", len(pending))
	}
}

func oneFate(t *testing.T, s intake.Store) {
	id := receive(t, s, mail(1, "one"))[0].ID
	settle := func(tx intake.Tx) error {
		return tx.Settle(id, intake.Settlement{Fate: intake.FateSetAside, At: start})
	}
	transact(t, s, settle)
	if err := s.Transact(t.Context(), settle); err == nil {
		t.Error("the mail was settled twice")
	}
}

func postponed(t *testing.T, s intake.Store) {
	id := receive(t, s, mail(1, "one"), mail(2, "two"))[0].ID
	due := start.Add(time.Minute)
	transact(t, s, func(tx intake.Tx) error { return tx.Postpone(id, due, "DNS") })
	if pending := receive(t, s); len(pending) != 1 || pending[0].Ref.UID != 2 {
		t.Errorf("pending before it is due: %+v", pending)
	}
	next, ok, err := s.NextDue(t.Context(), start)
	must(t, err)
	if !ok || !next.Equal(due) {
		t.Errorf("next due %v %v, want %v", next, ok, due)
	}
	pending, err := s.Pending(t.Context(), due, 100)
	must(t, err)
	if len(pending) != 2 || pending[0].ID != id || pending[0].Attempts != 1 {
		t.Errorf("pending when due: %+v", pending)
	}
}

func allOrNothing(t *testing.T, s intake.Store) {
	id := receive(t, s, mail(1, "one"))[0].ID
	boom := errors.New("boom")
	var notice int64
	err := s.Transact(t.Context(), func(tx intake.Tx) error {
		r := request(id, 1)
		must(t, tx.InsertRequest(r))
		must(t, tx.Settle(id, intake.Settlement{Fate: intake.FateRegistered, Request: r.ID, At: start}))
		var err error
		notice, err = tx.AddNotice(notice1(r.ID))
		must(t, err)
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v, want the error of the function", err)
	}
	same(t, "known", known(t, s, 1), map[uint32]intake.Fate{1: ""})
	if _, err := s.Outgoing(t.Context(), notice); !errors.Is(err, intake.ErrNotFound) {
		t.Errorf("the notice is there: %v", err)
	}
}

func eachOnItsOwn(t *testing.T, s intake.Store) {
	boom := errors.New("boom")
	var got []int
	take := func(tx intake.Tx) error {
		n, err := tx.NextSerial(2026)
		got = append(got, n)
		return err
	}
	errs := s.TransactEach(t.Context(), []func(intake.Tx) error{
		take,
		func(tx intake.Tx) error { return errors.Join(take(tx), boom) },
		take,
	})
	if errs[0] != nil || !errors.Is(errs[1], boom) || errs[2] != nil {
		t.Errorf("errors: %v", errs)
	}
	same(t, "serials seen", got, []int{1, 2, 2})
}

func panicIsAnError(t *testing.T, s intake.Store) {
	errs := s.TransactEach(t.Context(), []func(intake.Tx) error{
		func(tx intake.Tx) error {
			tx.NextSerial(2026)
			panic("boom")
		},
		func(tx intake.Tx) error {
			n, err := tx.NextSerial(2026)
			same(t, "serial after the panic", n, 1)
			return err
		},
	})
	if errs[0] == nil || errs[1] != nil {
		t.Errorf("errors: %v", errs)
	}
}

func cancelled(t *testing.T, s intake.Store) {
	id := receive(t, s, mail(1, "one"))[0].ID
	ctx, cancel := context.WithCancel(t.Context())
	must(t, s.Transact(ctx, func(tx intake.Tx) error {
		r := request(id, 1)
		must(t, tx.InsertRequest(r))
		cancel()
		return tx.Settle(id, intake.Settlement{Fate: intake.FateRegistered, Request: r.ID, At: start})
	}))
	same(t, "known", known(t, s, 1), map[uint32]intake.Fate{1: intake.FateRegistered})
}

func serials(t *testing.T, s intake.Store) {
	var got []int
	for _, year := range []int{2026, 2026, 2027, 2026} {
		transact(t, s, func(tx intake.Tx) error {
			n, err := tx.NextSerial(year)
			got = append(got, n)
			return err
		})
		s.Transact(t.Context(), func(tx intake.Tx) error { // leaves no gap
			_, err := tx.NextSerial(year)
			return errors.Join(err, errors.New("rolled back"))
		})
	}
	same(t, "serials", got, []int{1, 2, 1, 3})
}

func request(mail int64, serial int) *intake.Request {
	day := forms.Date{Year: 2026, Month: time.December, Day: 15}
	return &intake.Request{
		Number: intake.Number{Serial: serial, Date: forms.Date{Year: 2026, Month: time.November, Day: 23}},
		Kind:   forms.Create, Status: intake.StatusReceived,
		From:       intake.Person{Name: "Ion Popescu", Address: "ion.popescu@primaria.test"},
		Department: "Direcția Economică", Proven: "dmarc",
		Submission: forms.Submission{
			Requester: "Popescu Ion", Department: "Dir. Economică", Partner: "Spitalul Județean", InfoTypes: "Rapoarte",
			ActivationDate: day, LegalBasis: "Protocol nr. 1",
			PartnerUsers:  []forms.User{{Name: "Ana", Email: "ana@spital.test"}},
			InternalUsers: []forms.User{{Name: "Dan", Email: "dan@primaria.test", Rights: forms.RightRead | forms.RightDelete}},
		},
		Plan: intake.Plan{
			Site:       intake.Site{ID: fmt.Sprintf("spitalul-judetean-%d", serial), Title: "Spitalul Județean"},
			Members:    []intake.Member{{Name: "Ana", Address: "ana@spital.test", Side: intake.PartnerSide, Rights: forms.RightRead}},
			ActivateOn: day,
		},
		PlanHash: "abc", FormName: "cerere.xlsx", FormMail: mail, CreatedAt: start, ChangedAt: start,
	}
}

// registered stores a mail and a request made from it.
func registered(t *testing.T, s intake.Store, serial int) *intake.Request {
	t.Helper()
	pending := receive(t, s, mail(uint32(serial), fmt.Sprintf("mail %d", serial)))
	r := request(pending[len(pending)-1].ID, serial)
	transact(t, s, func(tx intake.Tx) error { return tx.InsertRequest(r) })
	return r
}

func requestRoundTrip(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	got, err := s.Request(t.Context(), r.ID)
	must(t, err)
	same(t, "request", got, r)
	transact(t, s, func(tx intake.Tx) error {
		byNumber, err := tx.RequestByNumber(r.Number)
		same(t, "request by number", byNumber, r)
		must(t, err)
		r.Proven, r.Submission.Reason = "confirmation", "x"
		return tx.UpdateRequest(r)
	})
	got, err = s.Request(t.Context(), r.ID)
	must(t, err)
	same(t, "updated request", got, r)
	if _, err := s.Request(t.Context(), 999); !errors.Is(err, intake.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// transition finds a legal one.
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

func guardedChange(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	ask := transition(t, intake.StatusReceived, intake.StatusAwaitingApproval)
	transact(t, s, func(tx intake.Tx) error { return tx.Change(r, ask, start.Add(time.Hour)) })
	if r.Status != intake.StatusAwaitingApproval || !r.ChangedAt.Equal(start.Add(time.Hour)) {
		t.Errorf("request after the change: %s at %v", r.Status, r.ChangedAt)
	}
	err := s.Transact(t.Context(), func(tx intake.Tx) error { return tx.Change(r, ask, start) })
	if !errors.Is(err, intake.ErrStatus) {
		t.Errorf("got %v, want ErrStatus", err)
	}
	got, err := s.Request(t.Context(), r.ID)
	must(t, err)
	same(t, "request", got, r)
}

func everyTransition(t *testing.T, s intake.Store) {
	serial := 0
	// A request reaches every status by some path from received.
	paths := map[intake.Status][]intake.Transition{intake.StatusReceived: nil}
	for range intake.Statuses {
		for _, tr := range intake.Transitions {
			if before, ok := paths[tr.From()]; ok && paths[tr.To()] == nil && tr.To() != intake.StatusReceived {
				paths[tr.To()] = append(append([]intake.Transition{}, before...), tr)
			}
		}
	}
	for _, tr := range intake.Transitions {
		serial++
		r := registered(t, s, serial)
		transact(t, s, func(tx intake.Tx) error {
			for _, step := range append(append([]intake.Transition{}, paths[tr.From()]...), tr) {
				if err := tx.Change(r, step, start); err != nil {
					return err
				}
			}
			return nil
		})
		if r.Status != tr.To() {
			t.Errorf("%s to %s: the request is %s", tr.From(), tr.To(), r.Status)
		}
	}
}

func decidedOnce(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	transact(t, s, func(tx intake.Tx) error {
		return tx.Change(r, transition(t, intake.StatusReceived, intake.StatusAwaitingApproval), start)
	})
	yes := intake.Decision{Verdict: intake.Approve, Approver: intake.Person{Name: "C. Popa", Address: "primar@primaria.test"},
		Mail: r.FormMail, Evidence: "Aprob.", At: start}
	transact(t, s, func(tx intake.Tx) error {
		return tx.Decide(r, yes, transition(t, intake.StatusAwaitingApproval, intake.StatusApproved))
	})
	got, err := s.Request(t.Context(), r.ID)
	must(t, err)
	same(t, "decision", got.Decision, &yes)
	again := *got
	no := yes
	no.Verdict = intake.Reject
	err = s.Transact(t.Context(), func(tx intake.Tx) error {
		return tx.Decide(&again, no, transition(t, intake.StatusAwaitingApproval, intake.StatusRejected))
	})
	if !errors.Is(err, intake.ErrDecided) {
		t.Errorf("got %v, want ErrDecided", err)
	}
}

func tokens(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	k := intake.Token{Hash: "h1", Purpose: intake.ConfirmsDecision, Request: r.ID, Address: "primar@primaria.test",
		PlanHash: "abc", Verdict: intake.Reject, Reason: "nu", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	transact(t, s, func(tx intake.Tx) error { return tx.AddToken(k) })
	later := intake.Token{Hash: "h0", Purpose: intake.Decides, Request: r.ID, Address: "vice@primaria.test", PlanHash: "abc", CreatedAt: start.Add(time.Second), ExpiresAt: start.Add(time.Hour)}
	sender := later
	sender.Hash, sender.Purpose = "h2", intake.ConfirmsRequest
	transact(t, s, func(tx intake.Tx) error { return errors.Join(tx.AddToken(later), tx.AddToken(sender)) })
	open := func(what string, want ...intake.Token) {
		t.Helper()
		transact(t, s, func(tx intake.Tx) error {
			got, err := tx.OpenTokens(r.ID)
			same(t, what, got, want)
			return err
		})
	}
	open("open questions", k, later)
	otherQuestions(t, s, r)
	transact(t, s, func(tx intake.Tx) error {
		return errors.Join(tx.Supersede(r.ID, later.Address, "abc", start), tx.Supersede(r.ID, "nobody@primaria.test", "other", start))
	})
	open("open questions, of which none was superseded", k, later)
	transact(t, s, func(tx intake.Tx) error { return tx.Supersede(r.ID, later.Address, "other", start) })
	open("open questions, of which one was superseded", k)
	transact(t, s, func(tx intake.Tx) error {
		got, err := tx.Token("h1")
		must(t, err)
		same(t, "token", got, k)
		if _, err := tx.Token("other"); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		return tx.SpendTokens(r.ID, start.Add(time.Minute))
	})
	open("open questions, after all are spent")
	transact(t, s, func(tx intake.Tx) error {
		got, err := tx.Token("h1")
		if !got.SpentAt.Equal(start.Add(time.Minute)) {
			t.Errorf("spent at %v", got.SpentAt)
		}
		return err
	})
}

func offers(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	o := intake.OfferedPlan{Request: r.ID, Plan: r.Plan, PlanHash: "offered", InsteadOf: "asked", At: start}
	o.Plan.ActivateOn.Day++
	transact(t, s, func(tx intake.Tx) error { return tx.AddOffer(o) })
	o.InsteadOf = "corrected"
	transact(t, s, func(tx intake.Tx) error { return tx.AddOffer(o) })
	transact(t, s, func(tx intake.Tx) error {
		got, err := tx.Offer(r.ID, "offered")
		must(t, err)
		same(t, "offer", got, o)
		for _, other := range []struct {
			request int64
			hash    string
		}{{r.ID, "asked"}, {r.ID + 1, "offered"}} {
			if _, err := tx.Offer(other.request, other.hash); !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("offer %+v: got %v, want ErrNotFound", other, err)
			}
		}
		return nil
	})
}

func notice1(request int64) intake.OutgoingMail {
	return intake.OutgoingMail{Request: request, Kind: "approval", To: "primar@primaria.test", MessageID: "x.1@primaria.test",
		Raw: []byte("the bytes"), Text: "the words", CreatedAt: start}
}

func noticeRoundTrip(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	var id int64
	transact(t, s, func(tx intake.Tx) (err error) {
		id, err = tx.AddNotice(notice1(r.ID))
		return err
	})
	got, err := s.Outgoing(t.Context(), id)
	must(t, err)
	if string(got.Raw) != "the bytes" || got.Text != "the words" || got.State != intake.OutgoingQueued || got.Request != r.ID || got.To != "primar@primaria.test" {
		t.Errorf("notice: %+v", got)
	}
	transact(t, s, func(tx intake.Tx) error {
		found, err := tx.NoticeOfMessage("x.1@primaria.test")
		if found.ID != id {
			t.Errorf("found notice %d, want %d", found.ID, id)
		}
		must(t, err)
		if _, err := tx.NoticeOfMessage("y"); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		return tx.MarkSent(id, start)
	})
	got, err = s.Outgoing(t.Context(), id)
	must(t, err)
	if string(got.Raw) != "the bytes" || got.State != intake.OutgoingSent || !got.SentAt.Equal(start) {
		t.Errorf("notice after sending: %+v", got)
	}
}

func secretWiped(t *testing.T, s intake.Store) {
	for i, mark := range []func(intake.Tx, int64) error{
		func(tx intake.Tx, id int64) error { return tx.MarkSent(id, start) },
		func(tx intake.Tx, id int64) error { return tx.MarkFailed(id, start, "550") },
	} {
		var id int64
		transact(t, s, func(tx intake.Tx) (err error) {
			n := notice1(0)
			n.Secret, n.MessageID = true, fmt.Sprint(i)
			id, err = tx.AddNotice(n)
			return err
		})
		transact(t, s, func(tx intake.Tx) error { return mark(tx, id) })
		got, err := s.Outgoing(t.Context(), id)
		must(t, err)
		if len(got.Raw) != 0 {
			t.Errorf("the bytes are still there: %q", got.Raw)
		}
	}
}

func answersCounted(t *testing.T, s intake.Store) {
	transact(t, s, func(tx intake.Tx) error {
		for i, at := range []time.Time{start.Add(-25 * time.Hour), start.Add(-time.Hour), start} {
			n := notice1(0)
			n.Bounded, n.CreatedAt, n.MessageID = true, at, fmt.Sprint(i)
			_, err := tx.AddNotice(n)
			must(t, err)
		}
		free := notice1(0)
		free.MessageID = "free"
		_, err := tx.AddNotice(free)
		must(t, err)
		n, err := tx.CountAnswers("primar@primaria.test", start.Add(-24*time.Hour))
		same(t, "answers", n, 2)
		return err
	})
	transact(t, s, func(tx intake.Tx) error {
		of := notice1(0)
		for _, c := range []struct {
			kind, address string
			since         time.Time
			want          int
		}{
			{of.Kind, of.To, start.Add(-48 * time.Hour), 4}, {of.Kind, of.To, start.Add(-24 * time.Hour), 3}, {of.Kind, of.To, start, 0},
			{"new_link", of.To, time.Time{}, 0}, {of.Kind, "viceprimar@primaria.test", time.Time{}, 0},
		} {
			n, err := tx.CountNotices(c.kind, c.address, c.since)
			must(t, err)
			same(t, fmt.Sprintf("notices %s to %s since %v", c.kind, c.address, c.since), n, c.want)
		}
		return nil
	})
}

func openByPurpose(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	find := func(want error) {
		t.Helper()
		transact(t, s, func(tx intake.Tx) error {
			got, err := tx.OpenRequest(r.Purpose(), 0)
			if !errors.Is(err, want) || err == nil && got.ID != r.ID {
				t.Errorf("while it is %s: got %v, %v", r.Status, got, err)
			}
			if _, err := tx.OpenRequest(r.Purpose(), r.ID); !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("the request itself is found: %v", err)
			}
			if _, err := tx.OpenRequest("", 0); !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("no purpose is a purpose: %v", err)
			}
			return nil
		})
	}
	find(intake.ErrNotFound) // received: nobody has proven yet that it is meant
	change := func(to intake.Status) {
		t.Helper()
		transact(t, s, func(tx intake.Tx) error { return tx.Change(r, transition(t, r.Status, to), start) })
	}
	change(intake.StatusAwaitingApproval)
	find(nil)
	change(intake.StatusWithdrawn)
	find(intake.ErrNotFound)
}

func partners(t *testing.T, s intake.Store) {
	approved, asked := registered(t, s, 1), registered(t, s, 2)
	asked.Submission.Partner = "Muzeul Județean"
	transact(t, s, func(tx intake.Tx) error {
		must(t, tx.Change(asked, transition(t, intake.StatusReceived, intake.StatusAwaitingApproval), start))
		must(t, tx.Change(approved, transition(t, intake.StatusReceived, intake.StatusAwaitingApproval), start))
		return tx.Decide(approved, intake.Decision{Verdict: intake.Approve, Mail: approved.FormMail, At: start},
			transition(t, intake.StatusAwaitingApproval, intake.StatusApproved))
	})
	got, err := s.Partners(t.Context())
	must(t, err)
	same(t, "partners", got, []string{"Spitalul Județean"})
}

func siteTaken(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	transact(t, s, func(tx intake.Tx) error {
		taken, err := tx.SiteIDTaken(r.Plan.Site.ID)
		must(t, err)
		free, err := tx.SiteIDTaken("another")
		must(t, err)
		asked, err := tx.SiteRequest(r.Plan.Site.ID)
		must(t, err)
		same(t, "the request of the site", asked.ID, r.ID)
		for _, id := range []string{"another", ""} {
			if _, err := tx.SiteRequest(id); !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("the request of site %q: %v", id, err)
			}
		}
		same(t, "taken", []bool{taken, free}, []bool{true, false})
		return nil
	})
}

func standing(t *testing.T, s intake.Store) {
	mail := receive(t, s, mail(1, "a"))[0]
	must(t, s.Transact(t.Context(), func(tx intake.Tx) error {
		insert := func(serial int, site string, status intake.Status) *intake.Request {
			r := request(mail.ID, serial)
			r.Plan.Site.ID, r.Status = site, status
			must(t, tx.InsertRequest(r))
			return r
		}
		insert(1, "b", intake.StatusReplaced)
		active := insert(2, "b", intake.StatusActive)
		insert(3, "b", intake.StatusAwaitingApproval)
		closing := insert(4, "a", intake.StatusClosing)
		insert(5, "c", intake.StatusClosed)
		for site, want := range map[string]*intake.Request{"a": closing, "b": active} {
			if r, err := tx.Standing(site); err != nil || r.ID != want.ID {
				t.Errorf("site %s stands by %v (%v), want %s", site, r, err, want.Number)
			}
		}
		for _, site := range []string{"c", "d", ""} {
			if _, err := tx.Standing(site); !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("site %q: %v, want ErrNotFound", site, err)
			}
		}
		// Of those for a site, the one that has not come so far yet.
		asked, err := tx.RunningRequest("b", active.ID)
		if err != nil || asked.Status != intake.StatusAwaitingApproval {
			t.Errorf("running for site b is %v (%v)", asked, err)
		}
		for _, q := range []struct {
			site   string
			except int64
		}{{"b", asked.ID}, {"a", 0}, {"c", 0}, {"", 0}} {
			if r, err := tx.RunningRequest(q.site, q.except); !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("running for site %q: %v (%v), want ErrNotFound", q.site, r, err)
			}
		}
		list, err := tx.StandingSites()
		if err != nil || len(list) != 1 || list[0].ID != active.ID {
			t.Errorf("the standing sites are %v (%v), want that of %s alone", list, err, active.Number)
		}
		return nil
	}))
}

func purposes(t *testing.T, s intake.Store) {
	mail := receive(t, s, mail(1, "a"))[0]
	must(t, s.Transact(t.Context(), func(tx intake.Tx) error {
		r := request(mail.ID, 1)
		must(t, tx.InsertRequest(r))
		for _, p := range intake.Purposes {
			must(t, tx.AddToken(intake.Token{Hash: string(p), Purpose: p, Request: r.ID, CreatedAt: start, ExpiresAt: start}))
			k, err := tx.Token(string(p))
			must(t, err)
			if k.Purpose != p {
				t.Errorf("the purpose %s is read back as %s", p, k.Purpose)
			}
		}
		return nil
	}))
}

func choreDone(t *testing.T, s intake.Store) {
	day := forms.Date{Year: 2026, Month: time.November, Day: 23}
	must(t, s.Transact(t.Context(), func(tx intake.Tx) error {
		if d, err := tx.ChoreDone("reviews"); err != nil || !d.IsZero() {
			t.Errorf("a chore that was never done: %v (%v)", d, err)
		}
		for range 2 {
			must(t, tx.SetChoreDone("reviews", day))
			day.Day++
		}
		day.Day--
		if d, err := tx.ChoreDone("reviews"); err != nil || d != day {
			t.Errorf("the chore was done on %v (%v), want %v", d, err, day)
		}
		return nil
	}))
}
