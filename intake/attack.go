package intake

import (
	"fmt"
	"strings"
	"time"

	"registratura/forms"
)

// burst is how long attempts of one kind are one burst: IT and the approver
// are written to about the first, and about the next one after it.
const burst = time.Hour

// Suspicion is one mail that was not taken as an answer because of who sent it.
type Suspicion struct {
	Request  int64 // 0: about none
	Mail     int64
	Why      SuspectWhy
	Approver string // address of the person whose answer it seemed to be
	From     string // as the mail says
	Told     bool   // IT was written to
	Warned   bool   // that person was written to
	At       time.Time
}

// noticed is what follows from one more suspicion.
type noticed struct {
	tell, warn bool // it is the first of a burst for IT, for the approver
	missed     int  // how many IT was not told of since the last time
}

// notice counts a mail that looks like an answer of the approver and is none,
// with the evidence: its bytes are kept, and named by their hash.
func (h *hand) notice(r *Request, address string, why SuspectWhy, detail string) (noticed, error) {
	from := fromOf(h.c.Message)
	s := Suspicion{Mail: h.mail.ID, Why: why, Approver: address, From: from, At: h.now}
	if r != nil {
		s.Request = r.ID
	}
	var n noticed
	told, missed, err := h.tx.LastTold(s.Request, why)
	if err != nil {
		return n, err
	}
	warned, _, err := h.tx.LastWarned(address, why)
	if err != nil {
		return n, err
	}
	n.tell, n.missed = h.now.Sub(told) >= burst, missed
	if told.IsZero() {
		n.missed = 0
	}
	n.warn = h.now.Sub(warned) >= burst
	s.Told, s.Warned = n.tell, n.warn
	if err := h.tx.AddSuspicion(s); err != nil {
		return n, err
	}
	return n, h.event(r, EventRefused, from, fmt.Sprintf("%s: %s; mail sha256 %s", why, detail, hashHex(h.mail.Raw)))
}

// suspect records an answer that looks like a decision of the approver and is
// none because of who sent it. Once per burst it tells the approver, at the
// address in the directory, and IT.
func (h *hand) suspect(r *Request, approver Approver, why SuspectWhy, detail string) error {
	n, err := h.notice(r, approver.Address, why, detail)
	if err != nil {
		return err
	}
	if n.warn {
		if err := h.warn(r, approver, why); err != nil {
			return err
		}
	}
	if !n.tell {
		return nil
	}
	letter := Suspect{Request: r, Approver: approver.Person, From: fromOf(h.c.Message), Why: why, Detail: detail, Missed: n.missed}
	return h.tellIT(letter, envelope{request: r, bounded: true})
}

// warn tells the approver of an answer in their name. If the request waits for
// a decision the question is put again, for the answer may have been honest.
// These letters don't count towards the approver's answers of the day: an
// attacker must not be able to use those up.
func (h *hand) warn(r *Request, approver Approver, why SuspectWhy) error {
	from := fromOf(h.c.Message)
	if r == nil || r.Status != StatusAwaitingApproval {
		return h.send(approver.Person, Warning{Request: r, Approver: approver, From: from, Why: why}, envelope{request: r})
	}
	r, err := h.lastShown(r, approver.Address)
	if err != nil {
		return err
	}
	if err := h.event(r, EventAskedAgain, "desk", "asked "+approver.Address+" again"); err != nil {
		return err
	}
	if r.Kind == forms.Close {
		again := ClosingQuestion{Again: true, Suspect: why, From: from}
		return h.putClosingQuestion(r, approver, again, Token{Purpose: Decides}, envelope{answers: true})
	}
	return h.send(approver.Person, AskAgain{Request: r, Approver: approver, Suspect: why, From: from}, envelope{
		request: r, answers: true,
		token: &Token{Purpose: Decides, Address: approver.Address, ExpiresAt: h.now.Add(h.Policy.TokenLife)},
	})
}

// doubled is how long after a decision its mail may come a second time, by
// another way, without anybody meaning harm.
const doubled = time.Hour

// replayed says what is wrong with an answer to a question that is spent;
// empty: an honest approver may have written it.
func (h *hand) replayed(r *Request, k Token) (why SuspectWhy, detail string) {
	d := r.Decision
	switch {
	case h.c.Origin.Refuted:
		return NotAuthentic, h.c.Origin.Why
	case k.SpentAt.IsZero() || d == nil:
		return "", ""
	case !h.c.Origin.Authentic && !strings.HasPrefix(d.Origin, "confirmation"):
		return Replayed, "nothing proves the sender this time: " + h.c.Origin.Why
	case h.now.Sub(d.At) < doubled || h.c.Message.MessageID == "":
		return "", ""
	}
	raw, err := h.Store.MailBytes(h.ctx, d.Mail)
	if err == nil && h.Parse(raw, false).MessageID == h.c.Message.MessageID {
		return Replayed, "it is the mail that decided, sent once more"
	}
	return "", ""
}

// claimedAnswer takes a mail that says in an approver's name, without token
// and without proof, what becomes of a request; false: it is none. It changes
// nothing. An approver whose mail program dropped the thread writes such a
// mail as well, so the letter to them asks for an answer.
func (h *hand) claimedAnswer() (Settlement, bool, error) {
	approver, ok := h.claimedApprover()
	if !ok || h.c.Origin.Authentic && h.cameFrom(approver.Address) {
		return Settlement{}, false, nil
	}
	r, err := h.requestNamed()
	if err != nil || r == nil || r.Kind == forms.Close { // of which an approver decides nothing
		return Settlement{}, false, err
	}
	if _, decides := verdictOf(h.readAnswer(r, approver)); !decides {
		return Settlement{}, false, nil
	}
	why := Unproven
	if h.c.Origin.Refuted {
		why = NotAuthentic
	}
	s := Settlement{Fate: FateAnswered, Request: r.ID, Note: "a decision without token and proof: " + h.c.Origin.Why}
	return s, true, h.suspect(r, approver, why, "it does not answer a question of ours; "+h.c.Origin.Why)
}

// claimedApprover is the approver that the mail names as its sender, also
// beside others or in one of several From fields.
func (h *hand) claimedApprover() (Approver, bool) {
	for _, a := range h.c.Message.From {
		if approver, ok := h.Directory.Approver(a.Address); ok {
			return approver, true
		}
	}
	return Approver{}, false
}

// requestNamed finds the request that the mail is about, by its text too.
func (h *hand) requestNamed() (*Request, error) {
	r, _, err := h.requestOfMail()
	if err != nil || r != nil {
		return r, err
	}
	number, ok := FindNumber(h.c.Message.Text)
	if !ok {
		return nil, nil
	}
	return h.requestOfNumber(number)
}

// suspectDelegation refuses a delegation that nothing proves to be the approver's.
func (h *hand) suspectDelegation(approver Approver, detail string) error {
	why := Unproven
	if h.c.Origin.Refuted {
		why = NotAuthentic
	}
	n, err := h.notice(nil, approver.Address, why, "a delegation: "+detail)
	if err != nil {
		return err
	}
	if n.warn {
		if err := h.send(approver.Person, DelegationRefused{Approver: approver, Why: DelegationUnproven}, envelope{answers: true}); err != nil {
			return err
		}
	}
	if !n.tell {
		return nil
	}
	return h.tellIT(Suspect{Approver: approver.Person, From: fromOf(h.c.Message), Why: why, Detail: detail, Missed: n.missed}, envelope{bounded: true})
}
