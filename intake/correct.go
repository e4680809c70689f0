package intake

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"registratura/forms"
)

// QuestionWithdrawn tells somebody who had been asked to decide a request that
// it was corrected, and that they need not answer now.
type QuestionWithdrawn struct {
	Request  *Request
	Approver Approver
	Returned bool // the corrected form has problems; else others are asked
}

// CorrectionNotTaken tells the sender of a corrected form that it changed
// nothing, and what they can do.
type CorrectionNotTaken struct {
	Request *Request
	Same    bool // it says what the earlier one says; else the request is decided
}

func (QuestionWithdrawn) Name() string  { return "question_withdrawn" }
func (CorrectionNotTaken) Name() string { return "correction_not_taken" }

const (
	// EventCorrectionHeld: a corrected form waits for its sender to confirm it.
	EventCorrectionHeld EventKind = "correction_held"
	// EventCorrectionDropped: its sender denies having sent it.
	EventCorrectionDropped EventKind = "correction_dropped"
)

// continued finds the request that a form corrects: the mail answers one of
// our mails about it or quotes its number, and comes from the same head of
// department. nil: there is none, or it has ended.
func (h *hand) continued(head Person, found FormFound) (*Request, error) {
	r, answers, err := h.requestOfMail()
	if err != nil || r == nil {
		return nil, err
	}
	// Whoever answers our mail has it, and only its addressee got it; a number
	// anybody can quote.
	if !answers && !h.c.Origin.Authentic || r.From.Address != head.Address || r.Kind != found.Reading.Kind {
		return nil, nil
	}
	switch r.Status {
	case StatusReturned:
		return r, nil
	case StatusAwaitingApproval, StatusApproved, StatusScheduled, StatusProvisioning, StatusStuck:
		if r.Kind == forms.Create && len(h.c.Forms) == 1 && !says(h.c, newWords) && r.resembles(found.Reading.Submission) {
			return r, nil
		}
	}
	return nil, nil
}

// newWords are what somebody writes who answers an old mail and wants something new.
var newWords = []string{"site-nou", "cerere-noua"}

// says reports whether the subject or the newly written text holds one of the
// words, which are as [letters] makes them.
func says(c *Case, list []string) bool {
	for _, text := range []string{c.Message.Subject, c.Reply.Evidence} {
		words := "-" + letters(text) + "-"
		if slices.ContainsFunc(list, func(w string) bool { return strings.Contains(words, "-"+w+"-") }) {
			return true
		}
	}
	return false
}

// resembles reports whether a form can be a corrected form of the request, and
// not another one for which somebody took an old mail to answer: it has the
// partner, the information or one of the partner's people in common with it.
func (r *Request) resembles(s forms.Submission) bool {
	return letters(r.Submission.Partner) == letters(s.Partner) || letters(r.Submission.InfoTypes) == letters(s.InfoTypes) ||
		slices.ContainsFunc(s.PartnerUsers, func(u forms.User) bool {
			return slices.ContainsFunc(r.Submission.PartnerUsers, func(other forms.User) bool { return strings.EqualFold(u.Email, other.Email) })
		})
}

// correctReturned takes a corrected form of a request that went back.
func (h *hand) correctReturned(r *Request, found FormFound) error {
	h.fillIn(r, found, h.mail.ID, h.proof())
	if err := h.tx.Change(r, correct, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventCorrected, r.From.Address, fmt.Sprintf("form %q", found.Attachment.Name)); err != nil {
		return err
	}
	return h.examineForm(r, found)
}

// correctRunning answers a corrected form of a request that went to the
// approvers. While they are asked, the form voids their question; afterwards
// it changes nothing. taken says that it did, or that it will when its sender
// has confirmed it.
func (h *hand) correctRunning(r *Request, found FormFound) (taken bool, err error) {
	// That its day has passed meanwhile does not make it another form.
	inOrder := !slices.ContainsFunc(found.Reading.Problems, func(p forms.Problem) bool { return p.Why != forms.Past })
	same := inOrder && found.Reading.Department == r.Department && reflect.DeepEqual(found.Reading.Submission, r.Submission)
	switch {
	case r.Status != StatusAwaitingApproval, same:
		return false, h.notCorrected(r)
	case h.unproven(h.proof()):
		return true, h.holdCorrection(r, found)
	}
	return true, h.correctAsked(r, found, h.mail.ID, h.proof())
}

func (h *hand) notCorrected(r *Request) error {
	return h.send(r.From, CorrectionNotTaken{Request: r, Same: r.Status == StatusAwaitingApproval}, envelope{request: r, answers: true, bounded: true})
}

// correctAsked voids the question that the approvers were asked, and examines
// the corrected form instead.
func (h *hand) correctAsked(r *Request, found FormFound, mail int64, proof string) error {
	asked, err := h.troubled(r)
	if err != nil {
		return err
	}
	if err := h.tx.SpendTokens(r.ID, h.now); err != nil {
		return err
	}
	before := r.Plan
	before.Corrects, before.Replaces = nil, nil
	// The round makes the plan another one than any that was shown before, so
	// that no earlier answer counts for it (rule T6).
	r.Plan, r.PlanHash = Plan{Corrects: &before, Round: before.Round + 1, Replaces: r.Plan.Replaces, Separate: r.Plan.Separate}, ""
	h.fillIn(r, found, mail, proof)
	if err := h.tx.Change(r, correctAsked, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventCorrected, r.From.Address, fmt.Sprintf("form %q; the question to the approvers is void", found.Attachment.Name)); err != nil {
		return err
	}
	if err := h.examineForm(r, found); err != nil {
		return err
	}
	now, err := h.asked(r)
	if err != nil {
		return err
	}
	for _, approver := range asked {
		if slices.Contains(now, approver.Address) {
			continue
		}
		letter := QuestionWithdrawn{Request: r, Approver: approver, Returned: r.Status == StatusReturned}
		if err := h.send(approver.Person, letter, envelope{request: r}); err != nil {
			return err
		}
	}
	return nil
}

// troubled are the approvers who have an open question about the request, or
// have approved it where all must.
func (h *hand) troubled(r *Request) ([]Approver, error) {
	addresses, err := h.asked(r)
	if err != nil {
		return nil, err
	}
	var list []Approver
	for _, address := range addresses {
		if approver, ok := h.Directory.Approver(address); ok {
			list = append(list, approver)
		}
	}
	approved, err := h.tx.Approvals(r.ID, r.PlanHash)
	for _, d := range approved {
		known := slices.ContainsFunc(list, func(a Approver) bool { return a.Address == d.Approver.Address })
		if approver, ok := h.Directory.Approver(d.Approver.Address); ok && !known {
			list = append(list, approver)
		}
	}
	return list, err
}

// holdCorrection has the head of department confirm a corrected form that
// nothing proves to be theirs. Until then the approvers' question stands:
// nobody else is to be able to stop it.
func (h *hand) holdCorrection(r *Request, found FormFound) error {
	hash, err := HashPlan(found.Reading.Submission, Plan{})
	if err != nil {
		return err
	}
	if err := h.event(r, EventCorrectionHeld, "desk", "form sha256 "+hash+"; "+h.c.Origin.Why); err != nil {
		return err
	}
	return h.askCorrection(r, found, hash)
}

// askCorrection puts the question whether a corrected form is theirs. Its
// token is bound to what the form says (rule T6).
func (h *hand) askCorrection(r *Request, found FormFound, hash string) error {
	plan := MakePlan(found.Reading, r.Number, r.Plan.Site.ID)
	plan.Corrects = &r.Plan
	held := r.with(plan, hash)
	held.Submission, held.Department = found.Reading.Submission, found.Reading.Department
	expires := h.now.Add(h.Policy.TokenLife)
	return h.send(r.From, ConfirmRequest{Request: held, Expires: expires, Correction: true}, envelope{
		request: held, answers: true, bounded: true,
		token: &Token{Purpose: ConfirmsRequest, Address: r.From.Address, ExpiresAt: expires},
	})
}

// heldForm finds the form that a token of [hand.askCorrection] is bound to,
// and the mail that brought it; false: it was taken or denied already, or
// cannot be read now. (That the token is spent says nothing: an approver's
// answer spends it too.)
func (h *hand) heldForm(r *Request, hash string) (found FormFound, mail int64, ok bool, err error) {
	events, err := h.tx.Events(r.ID)
	if err != nil {
		return found, 0, false, err
	}
	for _, e := range events {
		switch {
		case e.Kind == EventCorrectionHeld && strings.HasPrefix(e.Detail, "form sha256 "+hash):
			mail = e.Mail
		case e.Kind == EventCorrectionDropped && strings.HasPrefix(e.Detail, "form sha256 "+hash):
			mail = 0
		case e.Kind == EventCorrected:
			mail = 0 // it was taken, or a later one was
		}
	}
	if mail == 0 {
		return found, 0, false, nil
	}
	c, err := h.caseOf(mail)
	if err != nil {
		return found, 0, false, err
	}
	for _, found := range c.Forms {
		if is, err := HashPlan(found.Reading.Submission, Plan{}); err == nil && is == hash {
			return found, mail, true, nil
		}
	}
	return found, 0, false, nil
}

// senderAnswersCorrection reads the answer of a head of department who was
// asked whether a corrected form is theirs.
func (h *hand) senderAnswersCorrection(r *Request, k Token) (Settlement, error) {
	s := Settlement{Fate: FateDecided, Request: r.ID}
	found, mail, ok, err := h.heldForm(r, k.PlanHash)
	if err != nil {
		return s, err
	}
	if !ok || h.now.After(k.ExpiresAt) {
		s, err := h.setAside(AsideReply, "the question whether the corrected form is theirs is closed")
		s.Request = r.ID
		return s, err
	}
	switch confirmed, denied := h.confirms(); {
	case confirmed && r.Status != StatusAwaitingApproval:
		s.Fate, s.Note = FateAnswered, "the corrected form comes too late"
		return s, h.notCorrected(r)
	case confirmed:
		s.Note = "the sender confirmed the corrected form"
		if err := h.event(r, EventConfirmed, k.Address, "the corrected form is theirs"); err != nil {
			return s, err
		}
		return s, h.correctAsked(r, found, mail, "confirmation")
	case denied:
		s.Note = "the sender says that the corrected form is not theirs"
		if err := h.event(r, EventCorrectionDropped, k.Address, "form sha256 "+k.PlanHash+" is not theirs"); err != nil {
			return s, err
		}
		return s, h.tellIT(Disowned{Request: r, Correction: true}, envelope{request: r})
	}
	s.Fate, s.Note = FateAnswered, "neither yes nor no: asked again"
	return s, h.askCorrection(r, found, k.PlanHash)
}
