package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"registratura/forms"
)

// Trouble is what stopped a request: it is stuck until somebody of IT says how
// it goes on, by [Desk.Retry], [Desk.Skip] or [Desk.Cancel].
type Trouble struct {
	Holds       []Hold       `json:"holds,omitempty"`
	Failures    []Failure    `json:"failures,omitempty"`
	Differences []Difference `json:"differences,omitempty"`
	At          time.Time    `json:"at"`
}

// Hold is something that a request rests on and that no longer holds on its day.
type Hold struct {
	Why  HoldWhy `json:"why"`
	Name string  `json:"name"` // of the person or the department
}

// HoldWhy says what no longer holds.
type HoldWhy string

const (
	HoldApprover   HoldWhy = "approver"   // who approved it is no approver any more
	HoldDepartment HoldWhy = "department" // the directory doesn't list the department any more
	HoldHead       HoldWhy = "head"       // who asked for it is no longer the department's head
	HoldPlan       HoldWhy = "plan"       // it is not what was approved (rule T6)
	HoldStanding   HoldWhy = "standing"   // what it is to change is no longer so, or is being closed (rule T6)
)

// HoldWhys lists all of them.
var HoldWhys = []HoldWhy{HoldApprover, HoldDepartment, HoldHead, HoldPlan, HoldStanding}

// holds lists what an approved request rests on and no longer holds.
func (d *Desk) holds(r *Request) []Hold {
	var holds []Hold
	for _, decision := range r.decisions() {
		// A closing is approved by the head who asks for it, who is looked at below.
		if _, ok := d.Directory.Approver(decision.Approver.Address); !ok && r.Kind == forms.Create {
			holds = append(holds, Hold{HoldApprover, decision.Approver.Name + " <" + decision.Approver.Address + ">"})
		}
		if hash, err := HashPlan(r.Submission, r.Plan); r.Kind == forms.Create && (err != nil || hash != decision.PlanHash || decision.Verdict != Approve) {
			holds = append(holds, Hold{HoldPlan, r.Number.String()})
		}
	}
	if len(r.decisions()) == 0 {
		holds = append(holds, Hold{HoldPlan, r.Number.String()})
	}
	if _, ok := d.Directory.Department(r.Department); !ok {
		return append(holds, Hold{HoldDepartment, r.Department})
	}
	if !d.Directory.HeadOf(r.From.Address, r.Department) {
		holds = append(holds, Hold{HoldHead, r.From.Name + " <" + r.From.Address + ">"})
	}
	return holds
}

// decisions are the request's decision and, where several had to approve, the
// approvals before it.
func (r *Request) decisions() []Decision {
	if r.Decision == nil {
		return nil
	}
	return append(slices.Clone(r.Decision.Earlier), *r.Decision)
}

// hold stops a request on its day, before anything is done, and hands it to IT.
func (d *Desk) hold(ctx context.Context, r *Request, holds []Hold) error {
	d.Log.Warn("a request is held on its day", "request", r.Number.String(), "why", holdsInShort(holds))
	return d.transact(ctx, func(h *hand) error {
		stop := holdDated
		if r.Status == StatusProvisioning {
			stop = getStuck
		}
		if err := h.tx.Change(r, stop, h.now); err != nil {
			return err
		}
		if err := h.event(r, EventStuck, "desk", "on its day: "+holdsInShort(holds)); err != nil {
			return err
		}
		if err := h.tx.RecordTrouble(r.ID, Trouble{Holds: holds, At: h.now}); err != nil {
			return err
		}
		return h.tellIT(Stuck{Request: r, Holds: holds}, envelope{request: r})
	})
}

func holdsInShort(holds []Hold) string {
	var list []string
	for _, x := range holds {
		switch x.Why {
		case HoldApprover:
			list = append(list, x.Name+" is no approver any more")
		case HoldDepartment:
			list = append(list, "the directory no longer lists "+x.Name)
		case HoldHead:
			list = append(list, x.Name+" no longer heads the department")
		case HoldPlan:
			list = append(list, "the plan is not what was approved")
		case HoldStanding:
			list = append(list, "what stands is no longer as nr. "+x.Name+" left it")
		}
	}
	return strings.Join(list, "; ")
}

// stuck hands the request to IT, and says what there is by now: what the portal
// itself says, not what it was asked to do.
func (d *Desk) stuck(ctx context.Context, r *Request, failures []Failure, differences []Difference) error {
	letter := Stuck{Request: r, Failures: failures, Differences: differences, SiteURL: d.Portal.SiteURL(r.Plan.Site.ID)}
	granted, err := d.Portal.Members(ctx, r.Plan.Site.ID)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err() // the daemon is stopping: it will be done again
	case errors.Is(err, ErrNoSuchSite):
		letter.NoSite = true
	case err != nil:
		letter.Unread = err.Error()
	}
	for _, m := range r.Members() {
		if slices.ContainsFunc(granted, func(g Member) bool { return strings.EqualFold(g.Address, m.Address) && g.Rights == m.Rights }) {
			letter.Done = append(letter.Done, m)
		}
	}
	trouble := Trouble{Failures: failures, Differences: differences}
	if left, err := skippable(r, trouble); err == nil {
		letter.Skip = left
	}
	return d.transact(ctx, func(h *hand) error {
		if err := h.tx.Change(r, getStuck, h.now); err != nil {
			return err
		}
		detail := fmt.Sprintf("%d failures, %d differences from what was approved", len(failures), len(differences))
		if err := h.event(r, EventStuck, "desk", detail); err != nil {
			return err
		}
		trouble.At = h.now
		if err := h.tx.RecordTrouble(r.ID, trouble); err != nil {
			return err
		}
		return h.tellIT(letter, envelope{request: r})
	})
}

// NotNowError says why something that IT asked for cannot be done to a request.
type NotNowError struct {
	Request *Request
	Why     string // for IT, in English
	Holds   []Hold // that still stand in the way
}

func (e *NotNowError) Error() string {
	return fmt.Sprintf("request %s is %s: %s", e.Request.Number, e.Request.Status, e.Why)
}

// Unwrap makes it an [ErrStatus].
func (e *NotNowError) Unwrap() error { return ErrStatus }

// Retry has a stuck request provisioned again, or a move to a mended address
// that failed. who is the one of IT who asked. What the request rests on is
// looked at again if that had stopped it; [Desk.RetryAnyway] is the way past it.
func (d *Desk) Retry(ctx context.Context, r *Request, who string) error {
	return d.retry(ctx, r, who, "")
}

// RetryAnyway is Retry for a request that stands, as somebody of IT knows,
// although what it rests on has changed: an approver who left office after
// approving, say. why is kept as evidence.
func (d *Desk) RetryAnyway(ctx context.Context, r *Request, who, why string) error {
	return d.retry(ctx, r, who, why)
}

func (d *Desk) retry(ctx context.Context, r *Request, who, anyway string) error {
	return d.transact(ctx, func(h *hand) error {
		current, err := h.tx.Request(r.ID)
		if err != nil {
			return err
		}
		*r = *current
		if r.Status == StatusActive && slices.ContainsFunc(r.Deviations, Deviation.Pending) {
			if err := h.event(r, EventRetried, who, "moving to a mended address is tried again"); err != nil {
				return err
			}
			return h.tx.EnqueueProvision(r.ID, time.Time{})
		}
		if r.Status != StatusStuck {
			return &NotNowError{Request: r, Why: "only a stuck one can be tried again"}
		}
		trouble, err := h.trouble(r)
		if err != nil {
			return err
		}
		if len(trouble.Holds) > 0 {
			holds := h.holds(r)
			switch {
			case len(holds) == 0:
			case anyway == "" || slices.ContainsFunc(holds, func(x Hold) bool { return x.Why == HoldPlan }):
				return &NotNowError{Request: r, Why: holdsInShort(holds), Holds: holds}
			default:
				if err := h.event(r, EventStands, who, anyway+" ("+holdsInShort(holds)+")"); err != nil {
					return err
				}
			}
		}
		if err := h.tx.Change(r, retryStuck, h.now); err != nil {
			return err
		}
		if err := h.event(r, EventRetried, who, "provisioning is tried again"); err != nil {
			return err
		}
		return h.tx.EnqueueProvision(r.ID, time.Time{})
	})
}

// trouble is what stopped the request; nothing is known of one that was stopped
// before this was recorded.
func (h *hand) trouble(r *Request) (Trouble, error) {
	t, err := h.tx.Trouble(r.ID)
	if errors.Is(err, ErrNotFound) {
		return t, nil
	}
	return t, err
}

// skippable lists the members without whom a stuck request can go on; the error
// says why it cannot.
func skippable(r *Request, t Trouble) ([]Member, error) {
	no := func(why string) ([]Member, error) { return nil, &NotNowError{Request: r, Why: why} }
	switch {
	case r.Kind != forms.Create:
		return no("only single members can be skipped, not a closing")
	case len(t.Holds) > 0:
		return no("what it rests on has changed; there is nobody to skip")
	case len(t.Failures)+len(t.Differences) == 0:
		return no("it is not known who failed; try it again first")
	}
	failed := map[string]bool{}
	for _, f := range t.Failures {
		if f.Member == nil {
			return no("the site itself failed; it can only be tried again or cancelled")
		}
		failed[f.Member.Address] = true
	}
	for _, x := range t.Differences {
		if x.Granted&^x.Approved != 0 {
			return no(x.Address + " has more than was approved; mend that in the portal and try it again, or cancel it")
		}
		failed[x.Address] = true
	}
	var left []Member
	members := r.Members()
	for _, m := range members {
		if failed[m.Address] {
			left = append(left, m)
		}
	}
	switch len(left) {
	case 0:
		return no("it is not known who failed; try it again first")
	case len(members):
		return no("nobody would be left; it can only be tried again or cancelled")
	}
	return left, nil
}

// Skip has a stuck request go on without the members for whom it failed, and
// returns them. They have no access: the portal is told so, and what it then
// says is compared with the plan less these. who is the one of IT who asked,
// why is what the requester reads.
func (d *Desk) Skip(ctx context.Context, r *Request, who, why string) (left []Member, err error) {
	err = d.transact(ctx, func(h *hand) error {
		current, err := h.tx.Request(r.ID)
		if err != nil {
			return err
		}
		*r = *current
		if r.Status != StatusStuck {
			return &NotNowError{Request: r, Why: "only in a stuck one members can be skipped"}
		}
		trouble, err := h.trouble(r)
		if err != nil {
			return err
		}
		if left, err = skippable(r, trouble); err != nil {
			return err
		}
		var names []string
		for _, m := range left {
			names = append(names, m.Address)
			if err := h.deviate(r, Deviation{Address: m.Address, By: who, Why: why}); err != nil {
				return err
			}
		}
		if err := h.event(r, EventSkipped, who, strings.Join(names, ", ")+": "+why); err != nil {
			return err
		}
		if err := h.tx.Change(r, retryStuck, h.now); err != nil {
			return err
		}
		return h.tx.EnqueueProvision(r.ID, time.Time{})
	})
	return left, err
}

// leaveOut takes the access of those who are left out, whom an earlier attempt
// may have given it.
func (d *Desk) leaveOut(ctx context.Context, r *Request) []Failure {
	var failures []Failure
	for _, left := range r.LeftOut() {
		if err := d.Portal.RemoveMember(ctx, r.Plan.Site.ID, left.Member.Address); err != nil {
			failures = append(failures, Failure{Err: fmt.Sprintf("ending the access of %s: %v", left.Member.Address, err)})
		}
	}
	return failures
}

// Cancel ends a stuck request. What it had granted is taken back by the daemon,
// which then tells requester, approver and IT. It reports whether that is news:
// a request that was cancelled is not cancelled again.
func (d *Desk) Cancel(ctx context.Context, r *Request, who, why string) (news bool, err error) {
	err = d.transact(ctx, func(h *hand) error {
		current, err := h.tx.Request(r.ID)
		if err != nil {
			return err
		}
		*r = *current
		if r.Status == StatusWithdrawn {
			c, err := h.cancellation(r)
			if err != nil || c.cancelled {
				return err
			}
		}
		if r.Status != StatusStuck {
			return &NotNowError{Request: r, Why: "only a stuck one can be cancelled"}
		}
		news = true
		if r.Kind == forms.Close { // its site is opened again, which the daemon must do first
			return h.undo(r, who, why)
		}
		if err := h.tx.Change(r, cancelStuck, h.now); err != nil {
			return err
		}
		if err := h.tx.SpendTokens(r.ID, h.now); err != nil {
			return err
		}
		if err := h.event(r, EventCancelled, who, why); err != nil {
			return err
		}
		return h.tx.EnqueueProvision(r.ID, time.Time{})
	})
	return news, err
}

// cancellation is how far cancelling a request has come, as its events tell.
type cancellation struct {
	cancelled, done bool
	why             string
}

func (h *hand) cancellation(r *Request) (c cancellation, err error) {
	events, err := h.tx.Events(r.ID)
	for _, e := range events {
		switch e.Kind {
		case EventCancelled:
			c.cancelled, c.why = true, e.Detail
		case EventTakenBack:
			c.done = true
		}
	}
	return c, err
}

// takeBack undoes what a cancelled request had granted, and tells everybody.
func (d *Desk) takeBack(ctx context.Context, r *Request, last bool) error {
	var c cancellation
	err := d.transact(ctx, func(h *hand) (err error) {
		c, err = h.cancellation(r)
		return err
	})
	if err != nil || !c.cancelled || c.done {
		return err
	}
	left, err := d.undo(ctx, r)
	switch {
	case err == nil:
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.Is(err, ErrAwaitsIT):
		return d.orderWork(ctx, r)
	case !last:
		d.Log.Warn("taking back what a cancelled request granted failed, will be tried again", "request", r.Number.String(), "error", err)
		return err
	default:
		d.Log.Error("taking back what a cancelled request granted failed for good", "request", r.Number.String(), "error", err)
		left.Failed = err.Error()
	}
	return d.transact(ctx, func(h *hand) error {
		detail := string(left.State)
		if left.Failed != "" {
			detail = "failed, left to IT: " + oneLine(errors.New(left.Failed))
		}
		if err := h.event(r, EventTakenBack, "desk", detail); err != nil {
			return err
		}
		letter := Cancelled{Request: r, Why: c.why, Left: left}
		if err := h.send(r.From, letter, envelope{request: r}); err != nil {
			return err
		}
		for _, p := range r.deciders() {
			if p.Address == r.From.Address {
				continue
			}
			if err := h.send(p, letter, envelope{request: r}); err != nil {
				return err
			}
		}
		letter.ForIT = true
		return h.tellIT(letter, envelope{request: r})
	})
}

// deciders are those who approved the request.
func (r *Request) deciders() []Person {
	var people []Person
	for _, decision := range r.decisions() {
		people = append(people, decision.Approver)
	}
	return people
}

// Remains is what there is in the portal after a request was cancelled.
type Remains struct {
	State       RemainsState
	SiteURL     string
	Differences []Difference // with SiteStands: from what is approved for the site
	Failed      string       // why what was granted could not be taken back; empty: it was
}

// RemainsState says in what state the site is.
type RemainsState string

const (
	NoSite      RemainsState = "no_site"      // none was made
	SiteClosed  RemainsState = "site_closed"  // it is there, and nobody has access
	SiteStands  RemainsState = "site_stands"  // it stands by an earlier request, of which this one was a change
	SiteResumed RemainsState = "site_resumed" // it was to be closed, and is open again
)

// RemainsStates lists all of them.
var RemainsStates = []RemainsState{NoSite, SiteClosed, SiteStands, SiteResumed}

// undo takes back what a request had granted. It may be done again.
func (d *Desk) undo(ctx context.Context, r *Request) (Remains, error) {
	if r.Plan.Site.ID == "" {
		return Remains{State: NoSite}, nil
	}
	left := Remains{State: SiteClosed, SiteURL: d.Portal.SiteURL(r.Plan.Site.ID)}
	var standing *Request
	err := d.transact(ctx, func(h *hand) (err error) {
		standing, err = found(h.tx.Standing(r.Plan.Site.ID))
		return err
	})
	if err != nil {
		return left, err
	}
	switch {
	case r.Kind == forms.Close:
		left.State = SiteResumed
		err = d.Portal.ResumeSite(ctx, r.Plan.Site.ID)
	case standing != nil:
		left.State = SiteStands
		if err = d.restore(ctx, r, standing); err != nil {
			break
		}
		var granted []Member
		if granted, err = d.Portal.Members(ctx, r.Plan.Site.ID); err == nil {
			left.Differences = Compare(standing.Members(), granted)
		}
	default:
		err = d.closeToAll(ctx, r.Plan.Site.ID)
	}
	if errors.Is(err, ErrNoSuchSite) {
		return Remains{State: NoSite}, nil
	}
	if err != nil {
		return left, fmt.Errorf("taking back what request %s granted: %w", r.Number, err)
	}
	return left, nil
}

// closeToAll closes a site and makes sure that nobody has access.
func (d *Desk) closeToAll(ctx context.Context, siteID string) error {
	if err := d.Portal.CloseSite(ctx, siteID); err != nil {
		return err
	}
	granted, err := d.Portal.Members(ctx, siteID)
	if err == nil && len(granted) > 0 {
		err = fmt.Errorf("the site is closed and %d people still have access", len(granted))
	}
	return err
}
