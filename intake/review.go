package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake/reply"
)

// Reviewing says how sites are kept in order: how often each head of department
// is asked who still needs access, and what happens without an answer.
type Reviewing struct {
	EveryMonths int // after the site was opened, changed or last reviewed; 0: never
	Remind      int // working days after which is reminded, and again after as many; 0: never
	Warn        int // working days after which it is announced that access will be suspended; 0: never
	Suspend     int // working days between that and the suspension
	BasisDays   int // before the end of a legal basis IT is told; 0: never, nor of any other
}

// ReviewState says where the review of a site stands.
type ReviewState string

const (
	// ReviewIdle: nobody is asked. Ended by the desk, when it is time again.
	ReviewIdle ReviewState = ""
	// ReviewAsked: the head of the department is asked. Ended by an answer, or by
	// the desk, which suspends access.
	ReviewAsked ReviewState = "asked"
	// ReviewSuspended: access is suspended for want of an answer. Ended by one.
	ReviewSuspended ReviewState = "suspended"
	// ReviewResuming: answered after the suspension; access is being given back.
	// Ended by the desk, once the portal has done that.
	ReviewResuming ReviewState = "resuming"
	// ReviewChanging: answered after the suspension by a changed form. Ended by the
	// desk, when that was approved and is carried out, or by a late yes.
	ReviewChanging ReviewState = "changing"
)

// ReviewRecord is what is recorded of the review of a site.
type ReviewRecord struct {
	Site      string
	State     ReviewState
	Reviewed  forms.Date // the last day of an answer; zero: never
	AskedOn   forms.Date // zero: is not asked
	Reminders int        // since then
	SuspendOn forms.Date // as it was announced; zero: it was not
}

// suspended reports whether the review has suspended access.
func (r ReviewRecord) suspended() bool {
	return r.State == ReviewSuspended || r.State == ReviewResuming || r.State == ReviewChanging
}

// ReviewStage says which of the letters about a review one is.
type ReviewStage string

const (
	StageAsk       ReviewStage = "ask"
	StageRemind    ReviewStage = "remind"
	StageWarn      ReviewStage = "warn"      // access will be suspended
	StageSuspended ReviewStage = "suspended" // it is
	StageUnclear   ReviewStage = "unclear"   // the answer was not understood
	StageResumed   ReviewStage = "resumed"   // access is given back
)

// Review asks the head of a department whether those who have access to a site
// still need it.
type Review struct {
	Request   *Request // by whose plan the site stands
	To        Person
	Stage     ReviewStage
	SiteURL   string
	Members   []Member // who has access; before the suspension, if it is suspended
	Since     forms.Date
	SuspendOn forms.Date // zero: it is not announced
	ForIT     bool       // IT is asked, because the directory knows no head
	Said      string     // with StageUnclear
}

// Reviewed thanks who answered a review.
type Reviewed struct {
	Request *Request
	To      Person
	Resumed bool // access, which was suspended, is being given back
	Before  bool // it was answered already
}

// ReviewForOthers tells IT, and the head above, that a review goes unanswered.
type ReviewForOthers struct {
	Request   *Request
	Stage     ReviewStage // StageWarn, StageSuspended or StageResumed
	Asked     []Person
	Since     forms.Date
	SuspendOn forms.Date
}

// SiteSuspended tells a member that access is suspended, or given back.
type SiteSuspended struct {
	Request *Request
	Member  Member
	SiteURL string
	Back    bool
}

func (Review) Name() string          { return "review" }
func (Reviewed) Name() string        { return "reviewed" }
func (ReviewForOthers) Name() string { return "review_others" }
func (SiteSuspended) Name() string   { return "site_suspended" }

// Events of reviews.
const (
	EventReviewAsked     EventKind = "review_asked"
	EventReviewReminded  EventKind = "review_reminded"
	EventReviewWarned    EventKind = "review_warned"
	EventReviewSuspended EventKind = "review_suspended"
	EventReviewResumed   EventKind = "review_resumed"
	EventReviewed        EventKind = "reviewed"
)

// reviewSites is a daily chore.
func (d *Desk) reviewSites(ctx context.Context, today forms.Date) error {
	var standing []*Request
	err := d.transact(ctx, func(h *hand) (err error) {
		standing, err = h.tx.StandingSites()
		return err
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range standing {
		if err := d.reviewSite(ctx, r.ID, today); err != nil { // the other sites must not wait for this one
			errs = append(errs, fmt.Errorf("reviewing site %s: %w", r.Plan.Site.ID, err))
		}
	}
	return errors.Join(errs...)
}

// reviewSite does what is due for one site today. What it asks of the portal
// may be asked again after a crash.
func (d *Desk) reviewSite(ctx context.Context, id int64, today forms.Date) error {
	var r *Request
	var rv ReviewRecord
	var stage ReviewStage
	err := d.transact(ctx, func(h *hand) (err error) {
		if r, err = h.tx.Request(id); err != nil || r.Status != StatusActive {
			return err
		}
		if rv, err = h.reviewOf(r); err != nil {
			return err
		}
		stage = h.reviewDue(r, &rv, today)
		return nil
	})
	if err != nil || stage == "" {
		return err
	}
	members, err := d.reviewedMembers(ctx, r, rv)
	if err == nil {
		switch stage {
		case StageSuspended:
			err = d.Portal.SuspendSite(ctx, r.Plan.Site.ID)
		case StageResumed:
			err = d.Portal.ResumeSite(ctx, r.Plan.Site.ID)
		}
	}
	if errors.Is(err, ErrAwaitsIT) {
		return d.orderWork(ctx, r) // and tomorrow it is looked at again
	}
	if err != nil {
		return err
	}
	return d.transact(ctx, func(h *hand) error {
		// Somebody may have answered meanwhile.
		if again, err := h.reviewOf(r); err != nil || again != rv {
			return err
		}
		return h.reviewStage(r, rv, stage, members, today)
	})
}

// reviewOf is the record of the site's review, an idle one if there is none.
func (h *hand) reviewOf(r *Request) (ReviewRecord, error) {
	rv, err := h.tx.Review(r.Plan.Site.ID)
	if errors.Is(err, ErrNotFound) {
		return ReviewRecord{Site: r.Plan.Site.ID}, nil
	}
	if opened := h.day(r.ChangedAt); !rv.AskedOn.IsZero() && !opened.Before(rv.AskedOn) {
		if rv.suspended() {
			events, err := h.tx.Events(r.ID)
			if err != nil || slices.ContainsFunc(events, func(e Event) bool { return e.Kind == EventReopened && e.At.Equal(r.ChangedAt) }) {
				return rv, err // a closing was undone: it is suspended as before
			}
		}
		// A change of access was carried out since: who is on the list was approved
		// anew, and has access.
		rv = ReviewRecord{Site: rv.Site, Reviewed: opened}
	}
	return rv, err
}

// reviewDue is what is due for the site today; empty: nothing.
func (h *hand) reviewDue(r *Request, rv *ReviewRecord, today forms.Date) ReviewStage {
	p := h.Policy.Review
	opened := h.day(r.ChangedAt)
	switch rv.State {
	case ReviewResuming:
		return StageResumed
	case ReviewSuspended, ReviewChanging:
		return ""
	case ReviewAsked:
		passed := h.Policy.workdays(rv.AskedOn, today)
		switch {
		case !rv.SuspendOn.IsZero() && !today.Before(rv.SuspendOn):
			return StageSuspended
		case rv.SuspendOn.IsZero() && p.Warn > 0 && passed >= p.Warn:
			return StageWarn
		case rv.SuspendOn.IsZero() && p.Remind > 0 && passed >= (rv.Reminders+1)*p.Remind && (p.Warn > 0 || rv.Reminders < maxReminders):
			return StageRemind
		}
		return ""
	}
	last := opened // who is on the list was approved then
	if last.Before(rv.Reviewed) {
		last = rv.Reviewed
	}
	if p.EveryMonths == 0 || today.Before(forms.DateOf(last.In(time.UTC).AddDate(0, p.EveryMonths, 0))) {
		return ""
	}
	return StageAsk
}

// reviewedMembers is who has access; on a suspended site, who had.
func (d *Desk) reviewedMembers(ctx context.Context, r *Request, rv ReviewRecord) ([]Member, error) {
	if rv.suspended() {
		return r.Members(), nil
	}
	members, err := d.Portal.Members(ctx, r.Plan.Site.ID)
	if err != nil {
		return nil, fmt.Errorf("listing who has access to site %s: %w", r.Plan.Site.ID, err)
	}
	if len(members) == 0 { // suspended by an attempt that was interrupted
		return r.Members(), nil
	}
	return members, nil
}

// reviewStage writes to those concerned, and records the review's new state.
func (h *hand) reviewStage(r *Request, rv ReviewRecord, stage ReviewStage, members []Member, today forms.Date) error {
	kind := EventReviewAsked
	switch stage {
	case StageAsk:
		rv = ReviewRecord{Site: rv.Site, State: ReviewAsked, Reviewed: rv.Reviewed, AskedOn: today}
		if err := h.tx.SpendPurpose(r.ID, Reviews, h.now); err != nil {
			return err
		}
	case StageRemind:
		kind = EventReviewReminded
		// Of several that are late one is enough.
		rv.Reminders = max(rv.Reminders+1, h.Policy.workdays(rv.AskedOn, today)/h.Policy.Review.Remind)
	case StageWarn:
		kind = EventReviewWarned
		rv.SuspendOn = h.Policy.afterWorkdays(today, max(1, h.Policy.Review.Suspend))
	case StageSuspended:
		kind = EventReviewSuspended
		rv.State = ReviewSuspended
	case StageResumed:
		return h.accessIsBack(r, rv)
	}
	asked, forIT := h.reviewers(r)
	if err := h.event(r, kind, "desk", "asked "+addressesOf(asked)); err != nil {
		return err
	}
	if err := h.tx.SaveReview(rv); err != nil {
		return err
	}
	for _, p := range asked {
		letter := Review{Request: r, To: p, Stage: stage, SiteURL: h.Portal.SiteURL(rv.Site), Members: members, Since: rv.AskedOn, SuspendOn: rv.SuspendOn, ForIT: forIT}
		if err := h.askReview(letter, false); err != nil {
			return err
		}
	}
	if stage == StageWarn || stage == StageSuspended {
		if err := h.tellOfReview(r, rv, stage, asked); err != nil {
			return err
		}
	}
	if stage != StageSuspended {
		return nil
	}
	return h.tellMembers(r, members, false)
}

// reviewers are who is asked about a site: the head of its department; IT,
// where the directory knows none any more.
func (h *hand) reviewers(r *Request) (people []Person, it bool) {
	if head, ok := h.Directory.ResponsibleFor(r.Department); ok {
		return []Person{head}, false
	}
	return h.Directory.IT, true
}

func addressesOf(people []Person) string {
	var list []string
	for _, p := range people {
		list = append(list, p.Address)
	}
	return strings.Join(list, ", ")
}

// lateAnswer is how long after a review is asked for it can be answered.
const lateAnswer = 366 * 24 * time.Hour

// askReview sends the question with the form, as it was filled in, to be
// changed; but for the day, which the head of the department must choose anew.
func (h *hand) askReview(letter Review, answers bool) error {
	blank := *letter.Request
	blank.Submission.ActivationDate = forms.Date{}
	form, err := h.refilled(&blank)
	if err != nil {
		return err
	}
	return h.send(letter.To, letter, envelope{request: letter.Request, answers: answers, bounded: answers, attachments: []Attachment{form},
		token: &Token{Purpose: Reviews, Address: letter.To.Address, ExpiresAt: h.now.Add(lateAnswer)}})
}

// tellOfReview tells IT, and the heads above the one who was asked.
func (h *hand) tellOfReview(r *Request, rv ReviewRecord, stage ReviewStage, asked []Person) error {
	letter := ReviewForOthers{Request: r, Stage: stage, Asked: asked, Since: rv.AskedOn, SuspendOn: rv.SuspendOn}
	others := slices.Clone(h.Directory.IT)
	if dep, ok := h.Directory.Department(r.Department); ok {
		if above, ok := h.Directory.ResponsibleFor(dep.Parent); ok {
			others = append(others, above)
		}
	}
	for i, p := range others {
		same := func(o Person) bool { return o.Address == p.Address }
		if slices.ContainsFunc(asked, same) || slices.ContainsFunc(others[:i], same) {
			continue
		}
		if err := h.send(p, letter, envelope{request: r}); err != nil {
			return err
		}
	}
	return nil
}

func (h *hand) tellMembers(r *Request, members []Member, back bool) error {
	for _, m := range members {
		letter := SiteSuspended{Request: r, Member: m, SiteURL: h.Portal.SiteURL(r.Plan.Site.ID), Back: back}
		if err := h.send(Person{m.Name, m.Address}, letter, envelope{request: r}); err != nil {
			return err
		}
	}
	return nil
}

// reviewAnswered reads the answer to a review. It needs the proof that a form
// needs: that the mail proves its sender, or that it brings the token back from
// the address that got it.
func (h *hand) reviewAnswered(k Token) (Settlement, error) {
	r, err := h.tx.Request(k.Request)
	if err != nil {
		return Settlement{}, err
	}
	s := Settlement{Fate: FateAnswered, Request: r.ID}
	switch {
	case !h.cameFrom(k.Address):
		return h.notTheirs(r, k, OtherSender, "the question was sent to "+k.Address)
	case h.c.Origin.Refuted:
		return h.notTheirs(r, k, NotAuthentic, h.c.Origin.Why)
	case h.c.Origin.Authentic && h.signedBefore(k):
		return h.notTheirs(r, k, NotAuthentic, "the signature is older than the question")
	}
	to, isIT := h.Directory.ITPerson(k.Address)
	if !isIT {
		head, isHead := h.Directory.Head(k.Address)
		if !isHead || !h.Directory.HeadOf(k.Address, r.Department) {
			return h.setAside(AsideReply, k.Address+" was asked about a site and answers for its department no more")
		}
		to = head
	}
	rv, err := h.reviewOf(r)
	if err != nil {
		return s, err
	}
	open := rv.State == ReviewAsked || rv.State == ReviewSuspended || rv.State == ReviewChanging
	if !open || !k.SpentAt.IsZero() || r.Status != StatusActive {
		s.Note = "the review was answered already"
		return s, h.send(to, Reviewed{Request: r, To: to, Before: true}, envelope{request: r, answers: true, bounded: true})
	}
	yes := h.c.Command.Name == reply.CommandYes || h.c.Command.Name == reply.CommandConfirm || h.readAnswer(r, Approver{Person: to}).Verdict == reply.Approve
	if !yes {
		s.Note = "no clear yes: asked again"
		members, err := h.reviewedMembers(h.ctx, r, rv)
		if err != nil {
			return s, err
		}
		return s, h.askReview(Review{Request: r, To: to, Stage: StageUnclear, SiteURL: h.Portal.SiteURL(rv.Site), Members: members,
			Since: rv.AskedOn, SuspendOn: rv.SuspendOn, ForIT: isIT, Said: h.said()}, true)
	}
	s.Fate, s.Note = FateDecided, "the list of who has access is confirmed"
	return s, h.endReview(r, rv, to, fmt.Sprintf("%q", h.said()))
}

// endReview records that the list was confirmed, and gives access back if it was
// suspended.
func (h *hand) endReview(r *Request, rv ReviewRecord, by Person, detail string) error {
	if err := h.tx.SpendPurpose(r.ID, Reviews, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventReviewed, by.Address, detail); err != nil {
		return err
	}
	resume := rv.suspended()
	if err := h.send(by, Reviewed{Request: r, To: by, Resumed: resume}, envelope{request: r, answers: true, bounded: true}); err != nil {
		return err
	}
	rv = ReviewRecord{Site: rv.Site, Reviewed: h.today()}
	if resume {
		rv.State = ReviewResuming
		err := h.Portal.ResumeSite(h.ctx, rv.Site) // again after a crash: it changes nothing
		if err == nil {
			return h.accessIsBack(r, rv)
		}
		if !errors.Is(err, ErrAwaitsIT) {
			return fmt.Errorf("resuming site %s: %w", rv.Site, err)
		}
		work, err := h.work(h.ctx, r)
		if err != nil {
			return err
		}
		if err := h.order(r, work); err != nil {
			return err
		}
	}
	return h.tx.SaveReview(rv)
}

// accessIsBack tells everybody that the site is open again.
func (h *hand) accessIsBack(r *Request, rv ReviewRecord) error {
	rv.State = ReviewIdle
	if err := h.tx.SaveReview(rv); err != nil {
		return err
	}
	if err := h.event(r, EventReviewResumed, "desk", "site "+rv.Site); err != nil {
		return err
	}
	if err := h.tellIT(ReviewForOthers{Request: r, Stage: StageResumed}, envelope{request: r}); err != nil {
		return err
	}
	return h.tellMembers(r, r.Members(), true)
}

// reviewedByForm notes that a form for the site that stands by r, registered and
// proven, answers its review. A form that asks for what stands is a yes. Access
// that was suspended comes back with the change, once it is approved.
func (h *hand) reviewedByForm(r *Request, from Person, same bool) error {
	rv, err := h.reviewOf(r)
	if err != nil || rv.State != ReviewAsked && rv.State != ReviewSuspended {
		return err
	}
	if same {
		return h.endReview(r, rv, from, "by a form that changes nothing")
	}
	if rv.State == ReviewSuspended {
		rv.State = ReviewChanging
	} else {
		rv = ReviewRecord{Site: rv.Site, Reviewed: h.today()}
		if err := h.tx.SpendPurpose(r.ID, Reviews, h.now); err != nil {
			return err
		}
	}
	if err := h.event(r, EventReviewed, from.Address, "by a changed form"); err != nil {
		return err
	}
	return h.tx.SaveReview(rv)
}
