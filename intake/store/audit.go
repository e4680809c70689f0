package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// Audit is what an examination of the whole record found.
type Audit struct {
	Events    int
	Head      string // hash of the last event
	Mails     int    // stored mails whose bytes were hashed anew
	Decisions int
	Purged    Gone
	Faults    []Fault // in the order of the chain; those that no event tells of last
}

// Gone counts what was purged because its time was over.
type Gone struct {
	Mails     int // whose bytes are not kept any more
	Events    int // of which it is not kept any more who did what
	Forms     int // without the people in them, so that plans can't be compared with decisions
	Decisions int // of which only the entry in the register is kept
}

// Fault is a place where the record is not what was written.
type Fault struct {
	Event int64 // 0: no event tells of what differs
	At    time.Time
	Kind  string // of the event
	What  FaultKind
	Why   string
}

// FaultKind says what differs.
type FaultKind string

const (
	EventChanged    FaultKind = "event changed"
	EventMissing    FaultKind = "event missing"
	MailChanged     FaultKind = "mail bytes changed"
	DecisionChanged FaultKind = "decision changed"
	RequestChanged  FaultKind = "request changed"
	PurgeChanged    FaultKind = "purge changed"
)

// Audit proves that the record is whole: the chain of events; the bytes of
// every mail against their SHA-256; and every decision, with the form and plan
// that were decided. What was purged is held against the event of the purge:
// that nothing else is missing, and that nothing of what was left was changed.
// If head is not empty, it must be the hash of an event:
// one that was printed earlier shows that nothing up to there was rewritten.
func (s *Store) Audit(ctx context.Context, head string) (*Audit, error) {
	// One transaction, so that the daemon may go on writing.
	q, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("examining the record: %w", err)
	}
	defer q.Rollback()
	a := auditor{ctx: ctx, q: q, lastEvent: s.dialect.lastEvent, mails: map[int64]string{}, decisions: map[int64]*auditedDecision{}, purges: map[int64]toldPurge{}, Audit: &Audit{Head: chainStart}}
	for _, step := range []func() error{a.hashMails, a.readDecisions, func() error { return a.followChain(head) }, a.followPurges, a.lookBehind} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("examining the record: %w", err)
		}
	}
	for _, id := range a.mailOrder {
		if why, ok := a.mails[id]; ok {
			a.fault(nil, MailChanged, why)
		}
	}
	a.unfounded()
	return a.Audit, nil
}

type auditor struct {
	*Audit
	ctx       context.Context
	q         *sql.Tx
	lastEvent string // see dialect

	mails     map[int64]string // what is wrong with them, until it is told
	mailOrder []int64

	decisions     map[int64]*auditedDecision // by request
	decisionOrder []int64

	purges map[int64]toldPurge // by their number
}

// toldPurge is what the event of a purge tells.
type toldPurge struct {
	event Link
	left  string // SHA-256 of what was left of its rows
}

type auditedDecision struct {
	number string // of the request
	hash   string
	what   FaultKind // "": it is what was written
	why    string
	told   bool            // an event tells of it
	unseen map[string]bool // hashes of the mails that decided, of which no event told yet
}

func (a *auditor) fault(l *Link, what FaultKind, why string) {
	f := Fault{What: what, Why: why}
	if l != nil {
		f.Event, f.At, f.Kind = l.ID, l.At, l.Kind
	}
	a.Faults = append(a.Faults, f)
}

func (a *auditor) hashMails() error {
	// Of an oversized mail only the beginning is known, and its hash is that
	// of its place (see receive).
	rows, err := a.q.QueryContext(a.ctx, `SELECT m.id, m.sha256, m.raw, m.raw IS NULL, p.purge_id IS NOT NULL
		FROM mails m LEFT JOIN purged p ON p.kind = 'mail' AND p.row_id = m.id WHERE m.same_as IS NULL AND m.oversized = 0 ORDER BY m.id`)
	if err != nil {
		return err
	}
	return each(rows, func() error {
		var id int64
		var sum string
		var raw sql.RawBytes // one mail in memory at a time
		var gone, purged bool
		if err := rows.Scan(&id, &sum, &raw, &gone, &purged); err != nil {
			return err
		}
		switch {
		case gone && purged:
			a.Purged.Mails++
			return nil
		case gone:
			a.mails[id] = fmt.Sprintf("the bytes of mail %d are gone, and no purge tells of it", id)
			a.mailOrder = append(a.mailOrder, id)
			return nil
		}
		a.Mails++
		if now := hash(raw); now != sum {
			a.mails[id] = fmt.Sprintf("mail %d has the SHA-256 %s, received was %s", id, now, sum)
			a.mailOrder = append(a.mailOrder, id)
		}
		return nil
	})
}

func (a *auditor) readDecisions() error {
	rows, err := a.q.QueryContext(a.ctx, `SELECT d.request_id, d.record, d.sha256, d.verdict, d.mail_id, d.at, m.sha256,
		r.serial, r.registered_on, r.submission, r.plan, p.purge_id IS NOT NULL, f.purge_id IS NOT NULL
		FROM decisions d JOIN mails m ON m.id = d.mail_id JOIN requests r ON r.id = d.request_id
		LEFT JOIN purged p ON p.kind = 'decision' AND p.row_id = d.request_id LEFT JOIN purged f ON f.kind = 'form' AND f.row_id = d.request_id
		ORDER BY d.request_id`)
	if err != nil {
		return err
	}
	return each(rows, func() error {
		var request, mail, at int64
		var record, verdict, mailHash, date, submission, plan string
		var serial int
		var purged, formPurged bool
		d := &auditedDecision{}
		if err := rows.Scan(&request, &record, &d.hash, &verdict, &mail, &at, &mailHash, &serial, &date, &submission, &plan, &purged, &formPurged); err != nil {
			return err
		}
		var err error
		if d.number, err = numberText(serial, date); err != nil {
			return err
		}
		a.Decisions++
		a.decisions[request] = d
		a.decisionOrder = append(a.decisionOrder, request)
		changed := func(what FaultKind, format string, args ...any) error {
			d.what, d.why = what, fmt.Sprintf("request nr. %s: ", d.number)+fmt.Sprintf(format, args...)
			return nil
		}
		if purged {
			a.Purged.Decisions++ // what is left of it is held against the purge
		} else if now := hash([]byte(record)); now != d.hash {
			return changed(DecisionChanged, "the decision's record has the SHA-256 %s, written was %s", now, d.hash)
		}
		var told intake.Decision
		if err := json.Unmarshal([]byte(record), &told); err != nil {
			return changed(DecisionChanged, "the decision's record cannot be read: %v", err)
		}
		if string(told.Verdict) != verdict || told.Mail != mail || told.At.UnixMilli() != at || told.MailHash != mailHash {
			return changed(DecisionChanged, "the decision's row says something else than its record")
		}
		d.unseen = map[string]bool{told.MailHash: true}
		for _, earlier := range told.Earlier {
			d.unseen[earlier.MailHash] = true
		}
		if told.Verdict != intake.Approve || formPurged {
			return nil // what was refused may be another plan, which was only offered
		}
		var shownForm forms.Submission
		var shownPlan intake.Plan
		if json.Unmarshal([]byte(submission), &shownForm) != nil || json.Unmarshal([]byte(plan), &shownPlan) != nil {
			return changed(RequestChanged, "its form or plan cannot be read")
		}
		now, err := intake.HashPlan(shownForm, shownPlan)
		if err != nil {
			return err
		}
		if now != told.PlanHash {
			return changed(RequestChanged, "form and plan have the SHA-256 %s, decided was %s", now, told.PlanHash)
		}
		return nil
	})
}

// followChain holds every event against the one before it, and against the
// mail, request and decision that it tells of.
func (a *auditor) followChain(head string) error {
	rows, err := a.q.QueryContext(a.ctx, linkColumns+`, COALESCE(m.sha256, ''), COALESCE(r.serial, 0), COALESCE(r.registered_on, '')`+
		linkTables+` LEFT JOIN mails m ON m.id = e.mail_id LEFT JOIN requests r ON r.id = e.request_id ORDER BY e.id`)
	if err != nil {
		return err
	}
	found := head == "" || head == chainStart
	err = each(rows, func() error {
		var l Link
		var mailHash, date string
		var serial int
		if err := rows.Scan(append(l.fields(), &mailHash, &serial, &date)...); err != nil {
			return err
		}
		number, err := numberText(serial, date)
		if err != nil {
			return err
		}
		a.Events++
		if l.Prev != a.Head {
			a.fault(&l, EventMissing, "it does not follow the event before it: one was taken out, put in, moved or rewritten")
		}
		if l.seal() != l.Hash || l.Number != number {
			a.fault(&l, EventChanged, "its content is not what was written")
		}
		if l.Purge != 0 {
			a.Purged.Events++
		}
		if m := purgeTold.FindStringSubmatch(l.Detail); m != nil && l.Kind == string(intake.EventPurged) {
			id, _ := strconv.ParseInt(m[1], 10, 64)
			a.purges[id] = toldPurge{l, m[2]}
		}
		if why, ok := a.mails[l.Mail]; ok {
			a.fault(&l, MailChanged, why)
			delete(a.mails, l.Mail)
		} else if l.MailHash != mailHash {
			a.fault(&l, MailChanged, fmt.Sprintf("mail %d has the SHA-256 %s, the event tells of %s", l.Mail, mailHash, l.MailHash))
		}
		if d := a.decisions[l.Request]; d != nil {
			delete(d.unseen, l.MailHash)
		}
		a.compareDecision(&l)
		a.Head = l.Hash
		found = found || l.Hash == head
		return nil
	})
	if err == nil && !found {
		a.fault(nil, EventMissing, "the record does not hold the head "+head+": its end was cut off, or it was written anew")
	}
	return err
}

func (a *auditor) compareDecision(l *Link) {
	if l.Decision == "" {
		return
	}
	d := a.decisions[l.Request]
	if d == nil {
		d = &auditedDecision{hash: l.Decision, what: DecisionChanged, why: "request nr. " + l.Number + ": its decision is gone"}
		a.decisions[l.Request] = d
	}
	if d.what == "" && d.hash != l.Decision {
		d.what, d.why = DecisionChanged, fmt.Sprintf("request nr. %s: the decision has the SHA-256 %s, the event tells of %s", l.Number, d.hash, l.Decision)
	}
	if d.what != "" && !d.told {
		a.fault(l, d.what, d.why)
	}
	d.told = true
}

// unfounded names what decided and is not in the chain.
func (a *auditor) unfounded() {
	for _, request := range a.decisionOrder {
		switch d := a.decisions[request]; {
		case !d.told:
			a.fault(nil, DecisionChanged, fmt.Sprintf("request nr. %s: no event tells of its decision; the end of the record may be cut off", d.number))
		case len(d.unseen) > 0:
			a.fault(nil, DecisionChanged, fmt.Sprintf("request nr. %s: no event tells of the mail with the SHA-256 %s, which is said to have decided",
				d.number, slices.Sorted(maps.Keys(d.unseen))[0]))
		}
	}
}

// followPurges holds what was left by each purge against what its event tells.
func (a *auditor) followPurges() error {
	err := a.q.QueryRowContext(a.ctx, `SELECT COUNT(*) FROM purged WHERE kind = 'form'`).Scan(&a.Purged.Forms)
	if err != nil {
		return err
	}
	ids := slices.Collect(maps.Keys(a.purges))
	rows, err := a.q.QueryContext(a.ctx, `SELECT id FROM purges UNION SELECT purge_id FROM purged`)
	if err != nil {
		return err
	}
	err = each(rows, func() error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		told, ok := a.purges[id]
		if !ok {
			a.fault(nil, PurgeChanged, fmt.Sprintf("no event tells of purge %d", id))
			continue
		}
		left, err := leftBy(a.ctx, a.q, id)
		if err != nil {
			return err
		}
		if left != told.left {
			a.fault(&told.event, PurgeChanged, fmt.Sprintf("what is left of the rows of purge %d is not what it left", id))
		}
	}
	return nil
}

// lookBehind asks the database whether it ever had events after the last.
func (a *auditor) lookBehind() error {
	if a.lastEvent == "" {
		return nil
	}
	var last, ever int64
	err := a.q.QueryRowContext(a.ctx, `SELECT COALESCE(MAX(id), 0) FROM events`).Scan(&last)
	if err == nil {
		err = a.q.QueryRowContext(a.ctx, a.lastEvent).Scan(&ever)
	}
	if err == nil && ever > last {
		a.fault(nil, EventMissing, fmt.Sprintf("events after %d are missing, up to %d", last, ever))
	}
	return err
}
