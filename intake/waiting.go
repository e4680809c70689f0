package intake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"registratura/forms"
)

// Waiting says what happens to a request that nobody answers, in working days
// since it began to wait. 0: never.
type Waiting struct {
	Remind int // the approver is reminded, and again after as many, three times at most
	Next   int // the next approver is asked too
	Tell   int // the requester and IT are told
	Expire int // the request expires
	Work   int // IT is reminded of a work order, and again after as many
}

// maxReminders bounds how often somebody is reminded of one question.
const maxReminders = 3

// waitingHour is the hour of the day at which people are written to.
const waitingHour = 9

// Reminder asks an approver once more. It is the same question: the first
// answer to either decides.
type Reminder struct {
	Request  *Request
	Approver Approver
	SiteURL  string
	Since    forms.Date // when it began to wait
	Expires  time.Time
}

// StillWaiting tells the requester and IT that no approver has answered yet.
type StillWaiting struct {
	Request *Request
	Asked   []string // addresses of those who were asked
	Since   forms.Date
}

// Expired tells the requester and IT that the request ended without an answer.
type Expired struct {
	Request *Request
	Waited  Status // what it was waiting for
}

func (Reminder) Name() string     { return "reminder" }
func (StillWaiting) Name() string { return "still_waiting" }
func (Expired) Name() string      { return "expired" }

// wait has the request looked at again on the day when something falls due.
// Call it after each change to a status in which somebody is waited for.
func (h *hand) wait(r *Request) error {
	since := h.day(r.ChangedAt)
	passed := h.Policy.workdays(since, h.today())
	next := 0
	for _, s := range h.steps(r) {
		if s.after > passed && (next == 0 || s.after < next) {
			next = s.after
		}
	}
	if next == 0 {
		return nil
	}
	day := h.Policy.afterWorkdays(since, next)
	at := time.Date(day.Year, day.Month, day.Day, waitingHour, 0, 0, 0, h.Policy.Location)
	return h.tx.EnqueueWait(r.ID, r.ChangedAt, at)
}

func (h *hand) day(t time.Time) forms.Date { return forms.DateOf(t.In(h.Policy.Location)) }

// step is something that falls due so many working days after a request began
// to wait. How often it was done already, its events tell.
type step struct {
	after int
	kind  EventKind
	do    func(*Request) error
}

// steps are what falls due for a request in its status, in their order.
func (h *hand) steps(r *Request) []step {
	w := h.Policy.Waiting
	var steps []step
	add := func(after int, kind EventKind, do func(*Request) error) {
		if after > 0 {
			steps = append(steps, step{after, kind, do})
		}
	}
	switch {
	case r.Status == StatusAwaitingApproval && r.Kind == forms.Close:
		// Nobody but the head of department can confirm it.
		for n := range maxReminders {
			add((n+1)*w.Remind, EventReminded, h.remind)
		}
		add(w.Expire, EventExpired, h.expire)
	case r.Status == StatusAwaitingApproval:
		for n := range maxReminders {
			add((n+1)*w.Remind, EventReminded, h.remind)
		}
		add(w.Next, EventNextAsked, h.askNext)
		add(w.Tell, EventToldWaiting, h.tellWaiting)
		add(w.Expire, EventExpired, h.expire)
	case r.Status == StatusReturned, r.Status == StatusReceived && r.Proven == "":
		add(w.Expire, EventExpired, h.expire)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.after - b.after })
	return steps
}

// Wait does what has fallen due for a request that waits since that time, each
// thing once and in order, however late it is; then it waits for the next.
func (d *Desk) Wait(ctx context.Context, id int64, since time.Time, _ bool) error {
	return d.transact(ctx, func(h *hand) error {
		r, err := h.tx.Request(id)
		if err != nil {
			return err
		}
		if !r.ChangedAt.Equal(since) {
			return nil // it waits no more, or for something else
		}
		events, err := h.tx.Events(id)
		if err != nil {
			return err
		}
		done := map[EventKind]int{}
		for _, e := range events {
			if !e.At.Before(since) {
				done[e.Kind]++
			}
		}
		passed := h.Policy.workdays(h.day(since), h.today())
		due := map[EventKind]int{}
		for _, s := range h.steps(r) {
			if s.after > passed {
				continue
			}
			due[s.kind]++
			if due[s.kind] <= done[s.kind] {
				continue
			}
			if due[s.kind] == done[s.kind]+1 { // of several that are late one is enough
				if err := s.do(r); err != nil {
					return err
				}
			}
			if err := h.event(r, s.kind, "desk", fmt.Sprintf("after %d working days", passed)); err != nil {
				return err
			}
			if r.Status.Final() {
				return nil
			}
		}
		return h.wait(r)
	})
}

func (h *hand) remind(r *Request) error {
	list, err := h.openQuestions(r)
	if err != nil {
		return err
	}
	expires := h.now.Add(h.Policy.TokenLife)
	for _, q := range list {
		approver, ok := h.decider(r, q.Token.Address)
		if !ok {
			continue
		}
		if r.Kind == forms.Close {
			letter := ClosingQuestion{Since: h.day(r.ChangedAt)}
			if err := h.putClosingQuestion(r, approver, letter, Token{Purpose: Decides}, envelope{}); err != nil {
				return err
			}
			continue
		}
		letter := Reminder{Request: q.Shown, Approver: approver, SiteURL: h.Portal.SiteURL(r.Plan.Site.ID), Since: h.day(r.ChangedAt), Expires: expires}
		err := h.send(approver.Person, letter, envelope{
			request: q.Shown, token: &Token{Purpose: Decides, Address: approver.Address, ExpiresAt: expires},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// askNext asks the first approver who was not asked yet. Where all must
// approve, each is asked in turn anyway.
func (h *hand) askNext(r *Request) error {
	if h.Policy.Rule == AllApprove {
		return nil
	}
	next, ok, err := h.nextApprover(r)
	if err != nil || !ok {
		return err
	}
	return h.putQuestion(r, next, nil)
}

// nextApprover is the first approver who was not asked yet.
func (h *hand) nextApprover(r *Request) (next Approver, ok bool, err error) {
	asked, err := h.asked(r)
	if err != nil {
		return next, false, err
	}
	list, err := h.approversToAsk()
	if err != nil {
		return next, false, err
	}
	for _, approver := range list {
		if !slices.Contains(asked, approver.Address) {
			return approver, true, nil
		}
	}
	return next, false, nil
}

func (h *hand) tellWaiting(r *Request) error {
	asked, err := h.asked(r)
	if err != nil {
		return err
	}
	letter := StillWaiting{Request: r, Asked: asked, Since: h.day(r.ChangedAt)}
	if err := h.send(r.From, letter, envelope{request: r}); err != nil {
		return err
	}
	return h.tellIT(letter, envelope{request: r})
}

// expirations are the changes by which a request ends that nobody answers.
var expirations = []Transition{expireUnproven, expireReturned, expireAsked}

func (h *hand) expire(r *Request) error {
	at := slices.IndexFunc(expirations, func(t Transition) bool { return t.From() == r.Status })
	letter := Expired{Request: r, Waited: r.Status}
	if err := h.tx.Change(r, expirations[at], h.now); err != nil {
		return err
	}
	if err := h.tx.SpendTokens(r.ID, h.now); err != nil {
		return err
	}
	if err := h.send(r.From, letter, envelope{request: r}); err != nil {
		return err
	}
	if letter.Waited != StatusAwaitingApproval {
		return nil // IT can do nothing about a form that its sender left lying
	}
	return h.tellIT(letter, envelope{request: r})
}

// asked lists the addresses of those who have an open question about the request.
func (h *hand) asked(r *Request) ([]string, error) {
	list, err := h.openQuestions(r)
	var addresses []string
	for _, q := range list {
		addresses = append(addresses, q.Token.Address)
	}
	return addresses, err
}

// isWorkday reports whether people are at work on the day.
func (p *Policy) isWorkday(day forms.Date) bool {
	if p.Workday != nil {
		return p.Workday(day)
	}
	weekday := day.In(time.UTC).Weekday()
	return weekday != time.Saturday && weekday != time.Sunday
}

// maxWait bounds how many days are counted.
const maxWait = 1000

// workdays counts the working days after from, up to to.
func (p *Policy) workdays(from, to forms.Date) int {
	n := 0
	for i := 0; i < maxWait && from.Before(to); i++ {
		from = nextDay(from)
		if p.isWorkday(from) {
			n++
		}
	}
	return n
}

// afterWorkdays is the n-th working day after from.
func (p *Policy) afterWorkdays(from forms.Date, n int) forms.Date {
	for i := 0; i < maxWait && n > 0; i++ {
		from = nextDay(from)
		if p.isWorkday(from) {
			n--
		}
	}
	return from
}

func nextDay(d forms.Date) forms.Date { return forms.DateOf(d.In(time.UTC).AddDate(0, 0, 1)) }
