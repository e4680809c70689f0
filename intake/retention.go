package intake

import (
	"context"
	"fmt"
	"strings"
	"time"

	"registratura/forms"
)

// Retention says how long personal data are kept, by kind. What a request that
// is open, a site that stands, a mail that waits or one that is to be sent
// needs is kept in any case: the time begins when it is needed no more.
//
// The register itself (number, date, department, partner, site, status,
// verdict) is kept for ever.
type Retention struct {
	OtherMails     Period // mails that belong to no request, and the events about them
	FailedRequests Period // mails and forms of requests that were rejected, withdrawn or expired
	ClosedRequests Period // mails of requests whose site is closed, or that a later one replaced
	AccessData     Period // who had access to such sites: names, addresses
	Notices        Period // the desk's own mails
	Suspicions     Period // answers that were not taken for their sender's
	Registry       Period // of ended requests: requester, decision, events; delegations
}

// Period is a length of time by the calendar. The zero Period is endless.
type Period struct{ Months, Days int }

// Before is the time before which something must have ended for the period to
// be over at now; for an endless one the zero time. The day after a short month
// is not counted as one of it: a month before 31 March is the end of February.
func (p Period) Before(now time.Time) time.Time {
	if p == (Period{}) {
		return time.Time{}
	}
	before := now.AddDate(0, -p.Months, 0)
	if before.Day() != now.Day() { // 31 February has become 3 March
		before = before.AddDate(0, 0, -before.Day())
	}
	return before.AddDate(0, 0, -p.Days)
}

// CameToNothing are the statuses in which a request ended without a site.
var CameToNothing = []Status{StatusRejected, StatusWithdrawn, StatusExpired}

// SiteEnded are the statuses in which a request's plan stands no more.
var SiteEnded = []Status{StatusReplaced, StatusClosed}

// EvidenceEvents tell who asked and who decided, and what was saved of a site
// that was closed; they are kept with the registry entry. All other events may
// name those who got access, or prove nothing.
var EvidenceEvents = []EventKind{EventRegistered, EventCorrected, EventCorrectionHeld, EventCorrectionDropped, EventReturned,
	EventConfirmAsk, EventConfirmed, EventAsked, EventAskedAgain, EventNextAsked,
	EventApproved, EventPartlyApproved, EventRejected, EventWithdrawn, EventExpired, EventRefused, EventDelegated, EventDelegationEnded,
	EventStands, EventCancelled, EventReplaced, EventReviewed, EventClosing, EventUndoAsked, EventReopened, EventClosed}

// Purge is what is to be purged: what ended before each of these times. The
// zero time: nothing of the kind.
type Purge struct {
	At time.Time
	OtherMails, FailedRequests, ClosedRequests, AccessData,
	Notices, Suspicions, Registry time.Time

	Most int // rows of each kind, so that no transaction takes long
}

// Purged counts what was purged.
type Purged struct {
	ID                                                  int64 // of the purge; 0: there was nothing to do
	Mails, Notices, Forms, Requests, Events, Suspicions int
	Delegations                                         int
	More                                                bool   // there may be more: a limit was reached
	Left                                                string // SHA-256 of what was left of the rows, hex; the store recomputes it
}

// Detail is what the event of the purge says. The store's audit reads number
// and hash from it, so that nobody can add to a purge afterwards.
func (p Purged) Detail() string {
	var counts []string
	for _, c := range []struct {
		n    int
		what string
	}{{p.Mails, "mails"}, {p.Notices, "notices"}, {p.Forms, "forms"}, {p.Requests, "requests"},
		{p.Events, "events"}, {p.Suspicions, "suspicions"}, {p.Delegations, "delegations"}} {
		if c.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return fmt.Sprintf("purge %d: %s; what is left has the SHA-256 %s", p.ID, strings.Join(counts, ", "), p.Left)
}

// EventPurged: personal data were purged because their time was over. It is
// never purged itself.
const EventPurged EventKind = "purged"

// purgeMost bounds one transaction of a purge.
const purgeMost = 100

// purgeChore is the chore's name in the records.
const purgeChore = "purge"

// clockDoubt is how far the clock may have gone since the last purge without
// being doubted.
const clockDoubt = 31

// purge purges what is past its time, in portions. What it did by a crash is
// done, and the rest is found again.
//
// Purging cannot be undone, and a clock that was set wrong would purge what is
// needed. So after a long jump a day is let pass, for somebody to notice.
func (d *Desk) purge(ctx context.Context, today forms.Date) error {
	var last forms.Date
	err := d.transact(ctx, func(h *hand) (err error) {
		last, err = h.tx.ChoreDone(purgeChore)
		return err
	})
	if err != nil {
		return err
	}
	if last != (forms.Date{}) && forms.DateOf(last.In(time.UTC).AddDate(0, 0, clockDoubt)).Before(today) {
		d.Log.Warn("nothing is purged today, because the last time was long ago: is the clock right?", "last", last.String())
		return nil
	}
	keep, now := d.Policy.Retention, d.Now().In(d.Policy.Location)
	p := Purge{At: now, OtherMails: keep.OtherMails.Before(now), FailedRequests: keep.FailedRequests.Before(now),
		ClosedRequests: keep.ClosedRequests.Before(now), AccessData: keep.AccessData.Before(now), Notices: keep.Notices.Before(now),
		Suspicions: keep.Suspicions.Before(now), Registry: keep.Registry.Before(now), Most: purgeMost}
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := d.transact(ctx, func(h *hand) error {
			done, err := h.tx.Purge(p)
			if err != nil || done.ID == 0 {
				more = false
				return err
			}
			more = done.More
			d.Log.Info("personal data purged", "purge", done.ID, "mails", done.Mails, "notices", done.Notices, "forms", done.Forms,
				"requests", done.Requests, "events", done.Events)
			return h.event(nil, EventPurged, "desk", done.Detail())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// WithoutUsers is what is left of a form and its plan when it is no longer kept
// who was to have access: how many, and with which rights.
func WithoutUsers(s forms.Submission, p Plan) (forms.Submission, Plan) {
	nameless := func(users []forms.User) (left []forms.User) {
		for _, u := range users {
			left = append(left, forms.User{Rights: u.Rights})
		}
		return left
	}
	s.PartnerUsers, s.InternalUsers = nameless(s.PartnerUsers), nameless(s.InternalUsers)
	// Field by field, so that one that is added later is not kept by mistake.
	left := Plan{Site: p.Site, ActivateOn: p.ActivateOn}
	for _, m := range p.Members {
		left.Members = append(left.Members, Member{Side: m.Side, Rights: m.Rights})
	}
	return s, left
}

// RegisterEntry is what the register keeps of a form and its plan for ever.
// What people wrote in their own words may name somebody, so it is not.
func RegisterEntry(s forms.Submission, p Plan) (forms.Submission, Plan) {
	s, p = WithoutUsers(s, p)
	s = forms.Submission{Department: s.Department, Partner: s.Partner, ActivationDate: s.ActivationDate, Site: s.Site,
		PartnerUsers: s.PartnerUsers, InternalUsers: s.InternalUsers}
	p.Site = Site{ID: p.Site.ID, Title: p.Site.Title, Partner: p.Site.Partner, Department: p.Site.Department, Request: p.Site.Request, Until: p.Site.Until}
	return s, p
}

// RegisterEntry is what the register keeps of a decision for ever: what was
// decided, in which office, and the hashes that tie it to the chain of events.
func (d Decision) RegisterEntry() Decision {
	left := Decision{Verdict: d.Verdict, Title: d.Title, Mail: d.Mail, MailHash: d.MailHash, TokenHash: d.TokenHash, PlanHash: d.PlanHash, At: d.At}
	for _, e := range d.Earlier {
		left.Earlier = append(left.Earlier, e.RegisterEntry())
	}
	return left
}
