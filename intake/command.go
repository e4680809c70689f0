package intake

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"registratura/forms"
	"registratura/intake/reply"
)

// StatusReport tells somebody entitled to know where a request stands.
type StatusReport struct {
	Request *Request
	Events  []Event // what happened to it that people care about, in order; the latest few
}

// Withdrawn tells the requester that their request was withdrawn.
type Withdrawn struct {
	Request *Request
}

// WithdrawnForOthers tells those who had been asked, or told, about a request
// that it was withdrawn.
type WithdrawnForOthers struct {
	Request *Request
}

// TooLateToWithdraw tells the requester that the site is there already, and how
// to have it closed.
type TooLateToWithdraw struct {
	Request *Request
}

func (StatusReport) Name() string       { return "status_report" }
func (Withdrawn) Name() string          { return "withdrawn" }
func (WithdrawnForOthers) Name() string { return "withdrawn_others" }
func (TooLateToWithdraw) Name() string  { return "too_late_to_withdraw" }

// command does what a person asks for by a word about a request ("stadiu",
// "retrag"). taken says that the mail is dealt with.
func (h *hand) command() (s Settlement, taken bool, err error) {
	var do func(*Request, Address) (Settlement, bool, error)
	switch h.c.Command.Name {
	case reply.CommandStatus:
		do = h.reportStatus
	case reply.CommandWithdraw:
		do = h.withdraw
	case reply.CommandCorrect:
		do = h.mend
	case reply.CommandDone, reply.CommandFailed:
		do = h.workWithoutToken
	default:
		return s, false, nil
	}
	sender, ok := h.c.Message.Sender()
	if !ok || !h.mayAnswer(sender) {
		return s, false, nil
	}
	// The request that is named, whatever mail was taken to answer.
	var r *Request
	if h.c.Command.Number != "" {
		r, err = h.requestOfWords(h.c.Command.Number)
	} else {
		r, _, err = h.requestOfMail()
	}
	if err != nil || r == nil {
		return s, false, err
	}
	return do(r, sender)
}

// requestOfWords finds a request by the number that somebody wrote: with the
// date, or the serial of this year alone; nil: there is none.
func (h *hand) requestOfWords(words string) (*Request, error) {
	if number, ok := FindNumber("nr. " + words); ok {
		return h.requestOfNumber(number)
	}
	serial, err := strconv.Atoi(strings.TrimSpace(words))
	if err != nil {
		return nil, nil
	}
	r, err := h.tx.RequestByNumber(Number{serial, h.today()})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return r, err
}

// maxReported bounds the history in a status report.
const maxReported = 5

// reported are the events that a status report tells.
var reported = []EventKind{EventRegistered, EventReturned, EventCorrected, EventConfirmed, EventAsked, EventApproved, EventRejected,
	EventReminded, EventScheduled, EventStuck, EventSkipped, EventActive, EventClosing, EventReopened, EventDeletionHeld, EventClosed, EventWithdrawn, EventCancelled,
	EventAddressMended, EventExpired}

// reportStatus tells the requester, the head of the department, an approver or
// IT how a request stands; others are told nothing, not even that there is one.
func (h *hand) reportStatus(r *Request, sender Address) (Settlement, bool, error) {
	if !h.mayKnow(r, sender.Address) {
		return Settlement{}, false, nil
	}
	events, err := h.tx.Events(r.ID)
	if err != nil {
		return Settlement{}, true, err
	}
	events = slices.DeleteFunc(events, func(e Event) bool { return !slices.Contains(reported, e.Kind) })
	events = events[max(0, len(events)-maxReported):]
	err = h.send(Person{sender.Name, sender.Address}, StatusReport{Request: r, Events: events}, envelope{request: r, answers: true, bounded: true})
	return Settlement{Fate: FateAnswered, Request: r.ID, Note: "the status was told"}, true, err
}

func (h *hand) mayKnow(r *Request, address string) bool {
	if address == r.From.Address || h.Directory.HeadOf(address, r.Department) {
		return true
	}
	if _, ok := h.Directory.Approver(address); ok {
		return true
	}
	return slices.ContainsFunc(h.Directory.IT, func(p Person) bool { return p.Address == address })
}

// withdrawals are the changes by which a request is withdrawn.
var withdrawals = []Transition{withdrawReturned, withdrawAsked, withdrawApproved, withdrawDated}

// withdraw ends a request on the word of the one who made it, as long as no
// site is being made. The mail must prove its sender: by its origin, or by
// answering a mail that only they got.
func (h *hand) withdraw(r *Request, _ Address) (Settlement, bool, error) {
	s := Settlement{Fate: FateDecided, Request: r.ID, Note: "withdrawn"}
	if theirs, err := h.isTheirs(r, r.From.Address); !theirs || err != nil {
		return s, false, err
	}
	at := slices.IndexFunc(withdrawals, func(t Transition) bool { return t.From() == r.Status })
	if at < 0 {
		return h.tooLateToWithdraw(r)
	}
	others, err := h.askedPeople(r)
	if err != nil {
		return s, true, err
	}
	if r.Decision != nil {
		others = append(append(others, r.Decision.Approver), h.Directory.IT...)
	}
	if err := h.tx.Change(r, withdrawals[at], h.now); err != nil {
		return s, true, err
	}
	if err := h.tx.SpendTokens(r.ID, h.now); err != nil {
		return s, true, err
	}
	if err := h.event(r, EventWithdrawn, r.From.Address, "by the requester"); err != nil {
		return s, true, err
	}
	for _, p := range others {
		if p.Address == r.From.Address {
			continue
		}
		if err := h.send(p, WithdrawnForOthers{Request: r}, envelope{request: r}); err != nil {
			return s, true, err
		}
	}
	return s, true, h.send(r.From, Withdrawn{Request: r}, envelope{request: r, answers: true, bounded: true})
}

// tooLateToWithdraw points to the closing form where there is a site, or will be.
func (h *hand) tooLateToWithdraw(r *Request) (Settlement, bool, error) {
	s := Settlement{Fate: FateAnswered, Request: r.ID, Note: fmt.Sprintf("too late to withdraw: it is %s", r.Status)}
	if r.Kind == forms.Close && !r.Status.Final() {
		return s, true, h.send(r.From, TooLateToWithdraw{Request: r}, envelope{request: r, answers: true, bounded: true})
	}
	switch r.Status {
	case StatusProvisioning, StatusStuck, StatusActive:
		blanks, err := h.blanks()
		if err != nil {
			return s, true, err
		}
		return s, true, h.send(r.From, TooLateToWithdraw{Request: r},
			envelope{request: r, answers: true, bounded: true, attachments: blanks[1:]})
	}
	// It has ended, or it was not confirmed yet: its status says all.
	return h.reportStatus(r, Address{Name: r.From.Name, Address: r.From.Address})
}

// askedPeople are those who have an open question about the request.
func (h *hand) askedPeople(r *Request) ([]Person, error) {
	addresses, err := h.asked(r)
	var people []Person
	for _, address := range addresses {
		if a, ok := h.Directory.Approver(address); ok {
			people = append(people, a.Person)
		}
	}
	return people, err
}
