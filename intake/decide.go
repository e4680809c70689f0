package intake

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake/reply"
)

// decide says what becomes of the mail in hand, and does it.
func (h *hand) decide() (Settlement, error) {
	switch h.c.Kind {
	case CaseAuto:
		return Settlement{Fate: FateAutomatic, Note: h.c.Message.Automatic}, nil
	case CaseBounce:
		return h.bounce()
	case CaseCreateForm, CaseCloseForm:
		if k, err := h.question(); err != nil || k == nil || !h.formIsReturnedWithAnswer(*k) {
			return h.registerForms()
		}
	case CaseOversized:
		return h.tooLarge()
	case CaseUnreadable:
		return h.unreadable()
	}
	if s, taken, err := h.delegation(); taken || err != nil {
		return s, err
	}
	k, err := h.question()
	if err != nil {
		return Settlement{}, err
	}
	if k == nil {
		if s, taken, err := h.claimedAnswer(); taken || err != nil {
			return s, err
		}
	}
	closing, err := h.asksAboutClosing(k)
	if err != nil {
		return Settlement{}, err
	}
	if k == nil || k.Purpose == ConfirmsRequest || closing && k.Purpose != DoesWork {
		if s, taken, err := h.command(); taken || err != nil {
			return s, err
		}
	}
	switch {
	case k != nil && k.Purpose == ConfirmsRequest:
		return h.senderAnswers(*k)
	case k != nil && k.Purpose == DoesWork:
		return h.workAnswered(*k)
	case k != nil && k.Purpose == Reviews:
		return h.reviewAnswered(*k)
	case k != nil:
		return h.approverAnswers(*k)
	case h.c.Command.Name == reply.CommandLog:
		return h.journal()
	case h.c.Command.Name == reply.CommandLink:
		return h.newLink()
	case h.c.Kind == CaseReply:
		return h.strayReply()
	}
	return h.other()
}

// formIsReturnedWithAnswer reports whether a mail with a form is an answer all
// the same: some mail programs send the files along that came with a question.
func (h *hand) formIsReturnedWithAnswer(k Token) bool {
	switch h.c.Command.Name {
	case reply.CommandConfirm, reply.CommandYes, reply.CommandDeny:
		return true
	}
	return k.Purpose != ConfirmsRequest && k.Purpose != Reviews
}

// question finds the question that the mail answers, by the token that came
// back with it (rule T1); nil: none.
func (h *hand) question() (*Token, error) {
	for _, hash := range h.c.Tokens {
		k, err := h.tx.Token(hash)
		if err == nil {
			return &k, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	return nil, nil
}

// approverAnswers reads an approver's answer. It decides only if all of the
// rules T1 to T6 hold; else nothing changes and the approver is written to.
func (h *hand) approverAnswers(k Token) (Settlement, error) {
	r, err := h.tx.Request(k.Request)
	if err != nil {
		return Settlement{}, err
	}
	asked := r
	if r, err = h.shown(asked, k); err != nil {
		return Settlement{}, err
	}
	answered := Settlement{Fate: FateAnswered, Request: r.ID}
	approver, ok := h.decider(r, k.Address)
	if !ok {
		return h.setAside(AsideNoApprover, k.Address+" was asked and is no approver any more")
	}
	if !h.cameFrom(k.Address) { // T2
		answered.Note = "the token came back from another sender"
		return answered, h.suspect(r, approver, OtherSender, "the question was sent to "+k.Address)
	}
	if why, detail := h.replayed(r, k); why != "" {
		answered.Note = "not the approver's answer: " + detail
		return answered, h.suspect(r, approver, why, detail)
	}
	if given, err := h.hasApproved(r, approver.Address); given || err != nil {
		answered.Note = "this approver has approved already"
		return answered, errors.Join(err, h.send(approver.Person, QuestionClosed{Request: r, Approver: approver, Given: true}, envelope{request: r, answers: true, bounded: true}))
	}
	superseded, err := h.superseded(r, k)
	if err != nil {
		return answered, err
	}
	if closed := h.closed(r, k); closed != nil && !superseded {
		answered.Note = "the question is closed"
		return answered, h.send(approver.Person, closed, envelope{request: r, answers: true, bounded: true})
	}
	read := h.readAnswer(r, approver)
	verdict, ok := verdictOf(read)
	proof := string(h.c.Origin.By)
	switch {
	case h.c.Origin.Authentic && h.signedBefore(k):
		answered.Note = "the signature is older than the question"
		return answered, h.suspect(r, approver, NotAuthentic, answered.Note)
	case h.c.Origin.Refuted:
		answered.Note = "the sender is not authentic: " + h.c.Origin.Why
		return answered, h.suspect(r, approver, NotAuthentic, h.c.Origin.Why)
	case superseded && verdict == Approve:
		answered.Note = "an approval of a plan instead of which another was offered since"
		return answered, h.askAgain(r, approver, AskAgain{Said: h.said(), Superseded: true})
	case h.c.Origin.Authentic: // T3
	case ok && k.Purpose != ConfirmsDecision:
		answered.Note = "the sender is not proven: confirmation asked"
		return answered, h.confirmDecision(r, approver, verdict)
	case ok && verdict != k.Verdict:
		answered.Note = "the confirmation says something else than the answer"
		return answered, h.askAgain(r, approver, AskAgain{Said: h.said()})
	default:
		proof = "confirmation"
	}
	if !ok { // T5
		answered.Note = fmt.Sprintf("%s: %s", h.c.Reply.Verdict, h.c.Reply.Why)
		if read.Verdict == reply.Conditional && r.Kind == forms.Create {
			return answered, h.answerConditions(asked, r, approver)
		}
		return answered, h.askAgain(r, approver, AskAgain{Weak: read.Weak, Said: h.said()})
	}
	if r.Kind == forms.Close && verdict == Approve {
		if changed, err := h.siteChanged(r, approver); changed || err != nil {
			answered.Note = "the site changed since the question: asked again"
			return answered, err
		}
	}
	if verdict == Reject {
		r = asked // the plan that was offered is not the request's
	}
	return Settlement{Fate: FateDecided, Request: r.ID, Note: string(verdict)}, h.conclude(r, approver, k, verdict, proof)
}

// cameFrom reports whether the mail in hand names address, and nobody else, as
// its sender; and what proves the origin, if anything does, proves that one.
func (h *hand) cameFrom(address string) bool {
	sender, ok := h.c.Message.Sender()
	return ok && sender.Address == address && (!h.c.Origin.Authentic || h.c.Origin.Address == address)
}

// clockSkew is how far the signer's clock may be behind ours.
const clockSkew = 10 * time.Minute

// signedBefore reports whether the answer bears a signature that was made
// before the question was asked: then it was made for something else.
func (h *hand) signedBefore(k Token) bool {
	at := h.c.Origin.SignedAt
	return !at.IsZero() && at.Before(k.CreatedAt.Add(-clockSkew))
}

// verdictOf is what an answer decides, if it does.
func verdictOf(read reply.Reading) (Verdict, bool) {
	switch read.Verdict {
	case reply.Approve:
		return Approve, true
	case reply.Reject:
		return Reject, true
	}
	return "", false
}

// maxSaid bounds how much of what somebody wrote is quoted back at them, in runes.
const maxSaid = 500

func (h *hand) said() string {
	return shorten(strings.TrimSpace(h.c.Reply.Evidence))
}

// closed is the letter for an answer to a question that is no longer open
// (rules T4, T6); nil: it is open.
func (h *hand) closed(r *Request, k Token) Letter {
	approver, _ := h.decider(r, k.Address)
	switch {
	case r.Decision != nil:
		return AlreadyDecided{Request: r, Approver: approver}
	case r.Status != StatusAwaitingApproval || !k.SpentAt.IsZero() || k.PlanHash != r.PlanHash:
		return QuestionClosed{Request: r, Approver: approver, Changed: true}
	case h.now.After(k.ExpiresAt):
		return QuestionClosed{Request: r, Approver: approver}
	}
	return nil
}

func fromOf(m *Message) string {
	var from []string
	for _, a := range m.From {
		from = append(from, a.Address)
	}
	return strings.Join(from, ", ")
}

// confirmDecision has the approver repeat an answer that nothing proves to be
// theirs (rule T3): only who reads their mailbox can do that. Once in a while
// is enough, or whoever has the token could fill that mailbox.
func (h *hand) confirmDecision(r *Request, approver Approver, verdict Verdict) error {
	open, err := h.tx.OpenTokens(r.ID)
	if err != nil {
		return err
	}
	for _, k := range open {
		if k.Purpose == ConfirmsDecision && k.Address == approver.Address && k.Verdict == verdict && k.PlanHash == r.PlanHash && h.now.Sub(k.CreatedAt) < burst {
			return h.event(r, EventMuted, "desk", "a confirmation of the same answer was asked of "+approver.Address+" a moment ago")
		}
	}
	if err := h.event(r, EventConfirmAsk, "desk", fmt.Sprintf("%s said %s; %s", approver.Address, verdict, h.c.Origin.Why)); err != nil {
		return err
	}
	expires := h.now.Add(h.Policy.TokenLife)
	if r.Kind == forms.Close {
		again := Token{Purpose: ConfirmsDecision, Verdict: verdict, Reason: h.c.Reply.Reason}
		return h.putClosingQuestion(r, approver, ClosingQuestion{Repeat: verdict}, again, envelope{answers: true, bounded: true})
	}
	letter := ConfirmDecision{Request: r, Approver: approver, Verdict: verdict, Reason: h.c.Reply.Reason, Expires: expires}
	return h.send(approver.Person, letter, envelope{
		request: r, answers: true, bounded: true,
		token: &Token{Purpose: ConfirmsDecision, Address: approver.Address, ExpiresAt: expires, Verdict: verdict, Reason: h.c.Reply.Reason},
	})
}

// conclude records the one decision on a request (rule D5) and what follows
// from it.
func (h *hand) conclude(r *Request, approver Approver, k Token, verdict Verdict, proof string) error {
	reason := h.c.Reply.Reason
	if reason == "" {
		reason = k.Reason // given with the answer that was then confirmed
	}
	decision := Decision{
		Verdict: verdict, Approver: approver.Person, Title: approver.Title,
		Mail: h.mail.ID, MailHash: hashHex(h.mail.Raw),
		Evidence: h.c.Reply.Evidence, Rule: h.c.Reply.Why, Trace: traceOf(h.c.Reply.Trace), Origin: proof + ": " + h.c.Origin.Why,
		TokenHash: k.Hash, PlanHash: k.PlanHash, At: h.now,
	}
	if verdict == Reject {
		decision.Reason = reason
	} else if r.Kind == forms.Create {
		decision.Changes = r.Changes()
		if enough, err := h.enough(r, &decision); !enough || err != nil {
			return err
		}
	}
	transition, kind := approve, EventApproved
	if verdict == Reject {
		transition, kind = reject, EventRejected
	}
	if err := h.tx.Decide(r, decision, transition); err != nil {
		return err
	}
	if err := h.tx.SpendTokens(r.ID, h.now); err != nil {
		return err
	}
	detail := fmt.Sprintf("%q, proven by %s", decision.Evidence, proof)
	if len(decision.Changes) > 0 {
		detail += "; with changes: " + ChangesForIT(decision.Changes)
	}
	if err := h.event(r, kind, approver.Address, detail); err != nil {
		return err
	}
	switch {
	case r.Kind == forms.Close && verdict == Reject:
		return h.closingDropped(r)
	case r.Kind == forms.Close:
		return h.closingConfirmed(r)
	case verdict == Reject:
		return h.send(r.From, Rejected{Request: r}, envelope{request: r})
	}
	return h.approved(r)
}

// approved gives IT its copy (5.2.2) and has the site made on its day.
func (h *hand) approved(r *Request) error {
	workbook, err := h.workbook(r)
	if err != nil {
		return err
	}
	_, byHand := h.Portal.(WorkPortal)
	letter := ApprovedForIT{Request: r, SiteURL: h.Portal.SiteURL(r.Plan.Site.ID), ByHand: byHand}
	if err := h.tellIT(letter, envelope{request: r, attachments: workbook}); err != nil {
		return err
	}
	if err := h.send(r.From, Approved{Request: r}, envelope{request: r}); err != nil {
		return err
	}
	at := h.activationTime(r.Plan, h.now)
	// What it rests on is looked at when its time comes; if that does not hold
	// any more on the day of the approval, it goes that way too.
	if at.After(h.now) || len(h.holds(r)) > 0 {
		if err := h.tx.Change(r, schedule, h.now); err != nil {
			return err
		}
		if err := h.event(r, EventScheduled, "desk", "for "+at.Format("2006-01-02 15:04 MST")); err != nil {
			return err
		}
		return h.tx.EnqueueProvision(r.ID, at)
	}
	if err := h.tx.Change(r, provisionAtOnce, h.now); err != nil {
		return err
	}
	if err := h.event(r, EventProvision, "desk", "the activation date has come"); err != nil {
		return err
	}
	return h.tx.EnqueueProvision(r.ID, time.Time{})
}

// senderAnswers reads the answer of a head of department who was asked whether
// a form is theirs.
func (h *hand) senderAnswers(k Token) (Settlement, error) {
	r, err := h.tx.Request(k.Request)
	if err != nil {
		return Settlement{}, err
	}
	s := Settlement{Fate: FateDecided, Request: r.ID}
	switch {
	case !h.cameFrom(k.Address):
		return h.notFromSender(r, OtherSender, "the question was sent to "+k.Address)
	case h.c.Origin.Refuted:
		return h.notFromSender(r, NotAuthentic, h.c.Origin.Why)
	case k.PlanHash != "":
		return h.senderAnswersCorrection(r, k)
	case r.Status != StatusReceived || !k.SpentAt.IsZero() || h.now.After(k.ExpiresAt):
		s, err := h.setAside(AsideReply, "the question whether the form is theirs is closed")
		s.Request = r.ID
		return s, err
	}
	switch confirmed, denied := h.confirms(); {
	case confirmed:
		if err := h.tx.SpendTokens(r.ID, h.now); err != nil {
			return s, err
		}
		r.Proven = "confirmation"
		if err := h.event(r, EventConfirmed, k.Address, "the form is theirs"); err != nil {
			return s, err
		}
		s.Note = "the sender confirmed the form"
		return s, h.examineConfirmed(r)
	case denied:
		if err := h.tx.SpendTokens(r.ID, h.now); err != nil {
			return s, err
		}
		if err := h.tx.Change(r, disown, h.now); err != nil {
			return s, err
		}
		if err := h.event(r, EventWithdrawn, k.Address, "the form is not theirs"); err != nil {
			return s, err
		}
		s.Note = "the sender says that the form is not theirs"
		return s, h.tellIT(Disowned{Request: r}, envelope{request: r})
	}
	s.Fate, s.Note = FateAnswered, "neither yes nor no: asked again"
	return s, h.askSender(r)
}

// confirms says whether the mail in hand confirms that a form is its sender's,
// or denies it.
func (h *hand) confirms() (confirmed, denied bool) {
	name := h.c.Command.Name
	return name == reply.CommandConfirm || name == reply.CommandYes, name == reply.CommandDeny
}

// notFromSender leaves an answer to [ConfirmRequest] to a person that did not
// come from whom was asked.
func (h *hand) notFromSender(r *Request, why SuspectWhy, detail string) (Settlement, error) {
	if _, err := h.notice(r, r.From.Address, why, detail); err != nil {
		return Settlement{}, err
	}
	s, err := h.setAside(AsideReply, fmt.Sprintf("%s: %s", why, detail))
	s.Request = r.ID
	return s, err
}
