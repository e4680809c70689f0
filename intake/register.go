package intake

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"registratura/forms"
)

// registerForms registers every form that the mail carries, or continues the
// request that it corrects (procedure 5.2.2, 5.2.3).
func (h *hand) registerForms() (Settlement, error) {
	sender, ok := h.c.Message.Sender()
	if !ok {
		return h.setAside(AsideNoSender, "the From field does not name exactly one address")
	}
	head, ok := h.Directory.Head(sender.Address)
	if !ok {
		return h.notEntitled(sender)
	}
	s := Settlement{Fate: FateAnswered, Note: "a form that changes nothing"}
	for _, found := range h.c.Forms {
		r, taken, err := h.registerForm(head, found)
		if err != nil {
			return s, err
		}
		if taken {
			s.Fate, s.Note = FateRegistered, ""
		}
		s.Request = r.ID
	}
	return s, nil
}

// registerForm takes one form; taken says that it was not merely answered.
func (h *hand) registerForm(head Person, found FormFound) (r *Request, taken bool, err error) {
	if r, err = h.continued(head, found); err != nil {
		return nil, false, err
	}
	switch {
	case r == nil:
		if r, err = h.newRequest(head, found); err != nil {
			return nil, false, err
		}
		return r, true, h.examineForm(r, found)
	case r.Status == StatusReturned:
		return r, true, h.correctReturned(r, found)
	}
	taken, err = h.correctRunning(r, found)
	return r, taken, err
}

// examineForm says what becomes of a request that was just received: its form
// goes back, its sender is asked, or the approvers are.
func (h *hand) examineForm(r *Request, found FormFound) error {
	if err := h.checkOpen(r, &found); err != nil {
		return err
	}
	switch {
	case len(found.Reading.Problems) > 0:
		return h.returnForm(r, found)
	case r.Kind == forms.Close: // which is confirmed by mail, whatever the form's mail proves
		return h.askHead(r)
	case h.unproven(r.Proven):
		return h.askSender(r)
	}
	return h.askApproval(r)
}

// examineConfirmed goes on with a form that its sender has confirmed: what the
// records show may have changed since. The form itself was in order, and does
// not have to be so again.
func (h *hand) examineConfirmed(r *Request) error {
	c, err := h.caseOf(r.FormMail)
	if err != nil {
		return err
	}
	for _, found := range c.Forms {
		if found.Attachment.Name == r.FormName && reflect.DeepEqual(found.Reading.Submission, r.Submission) {
			found.Reading.Problems = nil
			return h.examineForm(r, found)
		}
	}
	return h.askApproval(r)
}

// proof says what proves the sender of the mail in hand; empty: nothing.
func (h *hand) proof() string {
	if h.c.Origin.Authentic {
		return string(h.c.Origin.By)
	}
	return ""
}

// unproven reports whether a form with this proof of its sender must be
// confirmed before it has an effect.
func (h *hand) unproven(proof string) bool {
	return proof == "" && (h.c.Origin.Refuted || !h.Policy.UnprovenForms)
}

func (h *hand) newRequest(head Person, found FormFound) (*Request, error) {
	today := forms.DateOf(h.now.In(h.Policy.Location))
	serial, err := h.tx.NextSerial(today.Year)
	if err != nil {
		return nil, err
	}
	r := &Request{
		Number: Number{serial, today}, Kind: found.Reading.Kind, Status: StatusReceived, From: head,
		CreatedAt: h.now, ChangedAt: h.now,
	}
	h.fillIn(r, found, h.mail.ID, h.proof())
	if err := h.tx.InsertRequest(r); err != nil {
		return nil, err
	}
	return r, h.event(r, EventRegistered, head.Address, fmt.Sprintf("nr. %s, form %q", r.Number, found.Attachment.Name))
}

// fillIn takes over what the form says that came with the mail.
func (h *hand) fillIn(r *Request, found FormFound, mail int64, proof string) {
	r.Submission, r.Department = found.Reading.Submission, found.Reading.Department
	r.FormName, r.FormMail, r.Proven = found.Attachment.Name, mail, proof
}

// checkOpen adds the problem that only the records can show: the site that is
// meant cannot be changed now, or another request asks for a site with the same
// partner for the same purpose, or there is one.
func (h *hand) checkOpen(r *Request, found *FormFound) error {
	if r.Kind == forms.Close {
		return h.checkClosing(r, found)
	}
	c, err := h.caseOf(r.FormMail)
	if err != nil {
		return err
	}
	message, err := h.findSite(r, c)
	if err != nil || len(found.Reading.Problems) > 0 {
		return err
	}
	if message == "" {
		if message, err = h.duplicate(r); err != nil || message == "" {
			return err
		}
	}
	reading := *found.Reading
	reading.Problems = []forms.Problem{reading.Problem("partner", forms.Duplicate, message)}
	found.Reading = &reading
	found.Marked = h.mark(h.ctx, found.Attachment, &reading)
	return nil
}

// duplicate says in Romanian that there is another request for the same purpose.
func (h *hand) duplicate(r *Request) (string, error) {
	other, err := found(h.tx.OpenRequest(r.Purpose(), r.ID))
	if other == nil || err != nil {
		return "", err
	}
	if r.Plan.Replaces != nil && other.Plan.Site.ID == r.Plan.Replaces.Site.ID {
		return "", nil // it is the site that is to be changed
	}
	return fmt.Sprintf("Pentru această instituție și aceleași informații există deja cererea nr. %s. "+
		"Dacă este nevoie de alt site, scrieți la tipurile de informații prin ce se deosebește.", other.Number), nil
}

// requestOfMail finds the request that the mail in hand is about, see [hand.requestAbout].
func (h *hand) requestOfMail() (r *Request, answers bool, err error) {
	return h.requestAbout(h.c.Message)
}

// requestAbout finds the request that a mail is about, by the mail of ours that it
// answers or by the number in its subject. nil: it names none. That a mail names
// a request proves nothing about its sender.
func (h *hand) requestAbout(m *Message) (r *Request, answers bool, err error) {
	for _, id := range m.Threads() {
		notice, err := h.tx.NoticeOfMessage(id)
		if err == nil && notice.Request != 0 {
			r, err := h.tx.Request(notice.Request)
			return r, true, err
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, false, err
		}
	}
	number, ok := FindNumber(m.Subject)
	if !ok {
		return nil, false, nil
	}
	r, err = h.requestOfNumber(number)
	return r, false, err
}

// requestOfNumber is nil where there is none of that number and date.
func (h *hand) requestOfNumber(number Number) (*Request, error) {
	r, err := h.tx.RequestByNumber(number)
	if errors.Is(err, ErrNotFound) || err == nil && r.Number != number {
		return nil, nil
	}
	return r, err
}

var numberPattern = regexp.MustCompile(`(?i)\bnr\.?\s*(\d{1,9})\s*/\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\b`)

// FindNumber finds a registration number such as "nr. 42/23.11.2026" in a text.
func FindNumber(text string) (Number, bool) {
	m := numberPattern.FindStringSubmatch(text)
	if m == nil {
		return Number{}, false
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // digits, few enough to fit
	}
	return Number{n[0], forms.Date{Year: n[3], Month: time.Month(n[2]), Day: n[1]}}, true
}

// returnForm sends the form back with its problems (rule F2).
func (h *hand) returnForm(r *Request, found FormFound) error {
	if err := h.tx.Change(r, returnToSender, h.now); err != nil {
		return err
	}
	if err := h.wait(r); err != nil {
		return err
	}
	problems := found.Reading.Problems
	if err := h.event(r, EventReturned, "desk", fmt.Sprintf("%d problems", len(problems))); err != nil {
		return err
	}
	workbook := found.Attachment
	workbook.Data = found.Marked
	if found.Marked == nil {
		var err error
		if workbook.Data, problems, err = forms.Refill(found.Reading, problems, h.formOptions()); err != nil {
			return fmt.Errorf("filling in a form to return: %w", err)
		}
		workbook.Name, workbook.MediaType = xlsxName(workbook.Name), WorkbookType
	}
	return h.send(r.From, Returned{Request: r, Problems: problems, Marked: found.Marked != nil},
		envelope{request: r, answers: true, bounded: true, attachments: []Attachment{workbook}})
}

// askSender has the head of department confirm a form whose mail did not prove
// that it is theirs.
func (h *hand) askSender(r *Request) error {
	if err := h.wait(r); err != nil {
		return err
	}
	expires := h.now.Add(h.Policy.TokenLife)
	if err := h.event(r, EventConfirmAsk, "desk", "the mail does not prove its sender: "+h.c.Origin.Why); err != nil {
		return err
	}
	return h.send(r.From, ConfirmRequest{Request: r, Expires: expires}, envelope{
		request: r, answers: true, bounded: true,
		token: &Token{Purpose: ConfirmsRequest, Address: r.From.Address, ExpiresAt: expires},
	})
}

// notEntitled answers somebody who sent a form and is no head of department.
// Whoever is not proven gets no answer: the address may be anybody's.
func (h *hand) notEntitled(sender Address) (Settlement, error) {
	if !h.c.Origin.Authentic && !h.Directory.Knows(sender.Address) {
		return h.setAside(AsideStranger, "a form from an unproven address that the directory doesn't list")
	}
	err := h.send(Person{sender.Name, sender.Address}, NotEntitled{Address: sender.Address}, envelope{answers: true, bounded: true})
	return Settlement{Fate: FateAnswered, Note: "a form from somebody who is no head of department"}, err
}
