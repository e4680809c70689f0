package intake

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake/reply"
)

// maxDelegation is the longest that an approver's word holds, in days; for
// longer there is the configuration.
const maxDelegation = 60

// maxDelegationAge bounds how old a mail with a delegation may be: one that was
// once honestly signed must not delegate again when somebody sends it a second time.
const maxDelegationAge = 72 * time.Hour

// DelegationFault says why a delegation was not taken.
type DelegationFault string

const (
	DelegationUnproven DelegationFault = "unproven" // nothing proves that the approver wrote the mail, or that it is new
	DelegateUnknown    DelegationFault = "unknown"  // the words name no other approver, or say more than that
	DelegateAmbiguous  DelegationFault = "ambiguous"
	DelegateSelf       DelegationFault = "self"
	DelegationNoEnd    DelegationFault = "no_end" // no last day was understood, or it could be two
	DelegationPast     DelegationFault = "past"
	DelegationTooLong  DelegationFault = "too_long"
	DelegationNone     DelegationFault = "none" // there is no delegation that could end
)

// delegation takes a mail in which an approver delegates, or decides again;
// false: it is not one. It needs no token, for it answers no question, but the
// same proof of who wrote it as a decision (rules T2, T3).
func (h *hand) delegation() (Settlement, bool, error) {
	name := h.c.Command.Name
	if name != reply.CommandDelegate && name != reply.CommandResume {
		return Settlement{}, false, nil
	}
	sender, ok := h.c.Message.Sender()
	approver, isApprover := h.Directory.Approver(sender.Address)
	if _, decides := verdictOf(h.c.Reply); !ok || !isApprover || decides {
		return Settlement{}, false, nil
	}
	answered := Settlement{Fate: FateAnswered, Note: "a delegation that was not taken"}
	if why := h.unprovenDelegation(approver); why != "" {
		err := h.suspectDelegation(approver, why)
		return answered, true, err
	}
	if name == reply.CommandResume {
		s, err := h.endDelegation(approver)
		return s, true, err
	}
	d, fault := h.readDelegation(approver)
	if fault != "" {
		answered.Note += ": " + string(fault)
		return answered, true, h.askDelegation(approver, fault)
	}
	s, err := h.takeDelegation(approver, d)
	return s, true, err
}

// unprovenDelegation says why the mail in hand does not prove that the
// approver delegates now; empty: it does.
func (h *hand) unprovenDelegation(approver Approver) string {
	fresh := func(at time.Time) bool {
		age := h.now.Sub(at)
		return age < maxDelegationAge && age > -maxDelegationAge
	}
	switch signed := h.c.Origin.SignedAt; {
	case !h.c.Origin.Authentic || !h.cameFrom(approver.Address):
		return h.c.Origin.Why
	case !signed.IsZero() && !fresh(signed):
		return "the signature is from " + signed.Format(time.DateTime)
	case !fresh(h.c.Message.Date):
		return "the mail is from " + h.c.Message.Date.Format(time.DateTime)
	}
	return ""
}

// readDelegation understands to whom and until when.
func (h *hand) readDelegation(approver Approver) (Delegation, DelegationFault) {
	var candidates []reply.Candidate
	for _, a := range h.Directory.Approvers {
		candidates = append(candidates, reply.Candidate{Name: a.Name, Title: a.Title, Address: a.Address})
	}
	read := reply.ReadDelegation(h.c.Command.Words, candidates, h.now.In(h.Policy.Location))
	switch len(read.Who) {
	case 0:
		return Delegation{}, DelegateUnknown
	case 1:
	default:
		return Delegation{}, DelegateAmbiguous
	}
	d := Delegation{Approver: approver.Address, Delegate: h.Directory.Approvers[read.Who[0]].Address, Mail: h.mail.ID, At: h.now}
	today := h.today()
	d.Days.First = today
	if !read.From.IsZero() {
		d.Days.First = forms.DateOf(read.From)
	}
	d.Days.Last = forms.DateOf(read.Until)
	switch {
	case d.Delegate == approver.Address:
		return d, DelegateSelf
	case read.Until.IsZero():
		return d, DelegationNoEnd
	case d.Days.First.Before(today) || d.Days.Last.Before(d.Days.First):
		return d, DelegationPast
	case forms.DateOf(today.In(time.UTC).AddDate(0, 0, maxDelegation)).Before(d.Days.Last):
		return d, DelegationTooLong
	}
	return d, ""
}

// takeDelegation records the delegation in place of an earlier one, tells
// everybody whom it concerns, and puts the open questions to the delegate.
func (h *hand) takeDelegation(approver Approver, d Delegation) (Settlement, error) {
	s := Settlement{Fate: FateDecided, Note: fmt.Sprintf("delegated to %s from %s to %s", d.Delegate, d.Days.First, d.Days.Last)}
	delegate, _ := h.Directory.Approver(d.Delegate)
	if err := h.tx.EndDelegations(approver.Address, h.now); err != nil {
		return s, err
	}
	if err := h.tx.AddDelegation(d); err != nil {
		return s, err
	}
	if err := h.event(nil, EventDelegated, approver.Address, fmt.Sprintf("to %s from %s to %s, %q, proven by %s: %s",
		d.Delegate, d.Days.First, d.Days.Last, h.c.Command.Words, h.c.Origin.By, h.c.Origin.Why)); err != nil {
		return s, err
	}
	var open []int64
	if d.Days.Contain(h.today()) {
		var err error
		if open, err = h.tx.OpenQuestions(approver.Address, h.now); err != nil {
			return s, err
		}
	}
	letter := Delegated{Approver: approver, Delegate: delegate, Days: d.Days, Open: len(open)}
	if err := h.tellDelegation(letter); err != nil {
		return s, err
	}
	for _, id := range open {
		if err := h.passOn(id, approver, delegate); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (h *hand) endDelegation(approver Approver) (Settlement, error) {
	s := Settlement{Fate: FateDecided, Note: "the delegation ended"}
	running, err := h.tx.Delegations(h.today())
	if err != nil {
		return s, err
	}
	for _, d := range running {
		if d.Approver != approver.Address {
			continue
		}
		if err := h.tx.EndDelegations(approver.Address, h.now); err != nil {
			return s, err
		}
		if err := h.event(nil, EventDelegationEnded, approver.Address, fmt.Sprintf("to %s; proven by %s: %s", d.Delegate, h.c.Origin.By, h.c.Origin.Why)); err != nil {
			return s, err
		}
		delegate, ok := h.Directory.Approver(d.Delegate)
		if !ok {
			delegate.Person = Person{Address: d.Delegate}
		}
		return s, h.tellDelegation(Delegated{Approver: approver, Delegate: delegate, Days: d.Days, Ended: true})
	}
	s.Fate, s.Note = FateAnswered, "there is no delegation that could end"
	return s, h.askDelegation(approver, DelegationNone)
}

// tellDelegation tells the approver, the delegate and IT.
func (h *hand) tellDelegation(letter Delegated) error {
	letter.Reader = ReaderApprover
	err := h.send(letter.Approver.Person, letter, envelope{answers: true})
	letter.Reader = ReaderDelegate
	if _, known := h.Directory.Approver(letter.Delegate.Address); known {
		err = errors.Join(err, h.send(letter.Delegate.Person, letter, envelope{}))
	}
	letter.Reader = ReaderIT
	return errors.Join(err, h.tellIT(letter, envelope{}))
}

// askDelegation tells the approver what was not understood.
func (h *hand) askDelegation(approver Approver, fault DelegationFault) error {
	letter := DelegationRefused{Approver: approver, Why: fault, Said: shorten(strings.TrimSpace(h.c.Command.Words)), MaxDays: maxDelegation}
	for _, a := range h.Directory.Approvers {
		if a.Address != approver.Address {
			letter.Others = append(letter.Others, a)
		}
	}
	return h.send(approver.Person, letter, envelope{answers: true, bounded: true})
}
