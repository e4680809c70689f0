package intake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"registratura/forms"
)

// ApprovalRule says how many of the approvers it takes.
type ApprovalRule string

const (
	// AnyApproves: one decides for all.
	AnyApproves ApprovalRule = "any"
	// AllApprove: each must approve, and the refusal of one is the decision.
	// They are asked one after the other, in the directory's order: nobody is
	// troubled with what another has refused, and each sees who approved before.
	AllApprove ApprovalRule = "all"
)

// Days are the days from First to Last, both included.
type Days struct{ First, Last forms.Date }

// Contain reports whether day is one of the days.
func (d Days) Contain(day forms.Date) bool { return !day.Before(d.First) && !d.Last.Before(day) }

// Delegation is an approver's word that another one decides for some days.
type Delegation struct {
	Approver string // address
	Delegate string // address
	Days     Days
	Mail     int64 // that said so
	At       time.Time
}

func (h *hand) today() forms.Date { return forms.DateOf(h.now.In(h.Policy.Location)) }

// attendance is who decides in whose place today.
type attendance struct {
	directory *Directory
	today     forms.Date
	delegate  map[string]string // by approver
}

func (h *hand) attendance() (attendance, error) {
	a := attendance{directory: &h.Directory, today: h.today(), delegate: map[string]string{}}
	delegations, err := h.tx.Delegations(a.today)
	for _, d := range delegations {
		if d.Days.Contain(a.today) {
			a.delegate[d.Approver] = d.Delegate
		}
	}
	return a, err
}

// inPlaceOf is who is asked when it is the approver's turn: the delegate, as
// long as there is one; else the approver, unless absent; else the stand-in;
// else the next approver who is there. Where nobody is, the approver is asked
// all the same, and the question waits.
func (a attendance) inPlaceOf(approver Approver) Approver {
	if who, ok := a.follow(approver); ok {
		return who
	}
	list := a.directory.Approvers
	at := slices.IndexFunc(list, func(o Approver) bool { return o.Address == approver.Address })
	for i := range list {
		if who, ok := a.follow(list[(at+1+i)%len(list)]); ok {
			return who
		}
	}
	return approver
}

// follow goes from an approver to the delegate or stand-in, and on to theirs,
// until it finds somebody who is there.
func (a attendance) follow(approver Approver) (Approver, bool) {
	for range a.directory.Approvers { // who stands in for each other is a circle
		next := a.delegate[approver.Address]
		if next == "" {
			if !slices.ContainsFunc(approver.Absent, func(d Days) bool { return d.Contain(a.today) }) {
				return approver, true
			}
			next = approver.StandIn
		}
		var ok bool
		if approver, ok = a.directory.Approver(next); !ok {
			return Approver{}, false
		}
	}
	return Approver{}, false
}

// approversToAsk lists who is asked today, in order, each once. If one decides
// for all, the first is asked first, and the next ones when no answer comes.
func (h *hand) approversToAsk() ([]Approver, error) {
	a, err := h.attendance()
	if err != nil {
		return nil, err
	}
	var list []Approver
	for _, approver := range h.Directory.Approvers {
		who := a.inPlaceOf(approver)
		if !slices.ContainsFunc(list, func(o Approver) bool { return o.Address == who.Address }) {
			list = append(list, who)
		}
	}
	return list, nil
}

// nextToApprove is who must still approve after those who have, where all
// must; false: nobody. An approval given in somebody's place counts for them
// too while the reason for it lasts: whoever is back is asked.
func (h *hand) nextToApprove(approved []Decision) (Approver, bool, error) {
	a, err := h.attendance()
	if err != nil {
		return Approver{}, false, err
	}
	has := func(approver Approver) bool {
		return slices.ContainsFunc(approved, func(d Decision) bool { return d.Approver.Address == approver.Address })
	}
	for _, approver := range h.Directory.Approvers {
		if who := a.inPlaceOf(approver); !has(approver) && !has(who) {
			return who, true, nil
		}
	}
	return Approver{}, false, nil
}

// askFirst asks the first approver whose turn it is, and says who that is.
func (h *hand) askFirst(r *Request) (Approver, error) {
	list, err := h.approversToAsk()
	if err != nil {
		return Approver{}, err
	}
	return list[0], h.putQuestion(r, list[0], nil)
}

// putQuestion asks an approver to decide; approved are those who have approved
// already, where all must.
func (h *hand) putQuestion(r *Request, approver Approver, approved []Decision) error {
	if err := h.event(r, EventAsked, "desk", "asked "+approver.Address); err != nil {
		return err
	}
	workbook, err := h.workbook(r)
	if err != nil {
		return err
	}
	expires := h.now.Add(h.Policy.TokenLife)
	letter := Approval{Request: r, Approver: approver, SiteURL: h.Portal.SiteURL(r.Plan.Site.ID), Expires: expires, Approved: approved}
	return h.send(approver.Person, letter, envelope{
		request: r, attachments: workbook,
		token: &Token{Purpose: Decides, Address: approver.Address, ExpiresAt: expires},
	})
}

// enough reports whether an approval concludes the request. If others must
// approve too, it is recorded and the next one is asked; else the approvals
// before it become part of the decision's record (rule D5).
func (h *hand) enough(r *Request, d *Decision) (bool, error) {
	if h.Policy.Rule != AllApprove {
		return true, nil
	}
	earlier, err := h.tx.Approvals(r.ID, r.PlanHash)
	if err != nil {
		return false, err
	}
	approved := append(slices.Clone(earlier), *d)
	next, more, err := h.nextToApprove(approved)
	if err != nil {
		return false, err
	}
	if !more {
		d.Earlier = earlier
		return true, nil
	}
	if err := h.tx.AddApproval(r.ID, *d); err != nil {
		return false, err
	}
	if err := h.tx.SpendTokens(r.ID, h.now); err != nil {
		return false, err
	}
	if err := h.event(r, EventPartlyApproved, d.Approver.Address, fmt.Sprintf("%q, proven by %s; %s must approve too", d.Evidence, d.Origin, next.Address)); err != nil {
		return false, err
	}
	return false, h.putQuestion(r, next, approved)
}

// hasApproved reports whether the approver has approved the request as it is
// now, while others are still asked.
func (h *hand) hasApproved(r *Request, address string) (bool, error) {
	if h.Policy.Rule != AllApprove || r.Status != StatusAwaitingApproval {
		return false, nil
	}
	approved, err := h.tx.Approvals(r.ID, r.PlanHash)
	return slices.ContainsFunc(approved, func(d Decision) bool { return strings.EqualFold(d.Approver.Address, address) }), err
}
