package intake

import (
	"errors"
	"fmt"

	"registratura/forms"
	"registratura/intake/reply"
)

// AsideWhy says why a mail was left to a person.
type AsideWhy string

const (
	AsideFailed     AsideWhy = "failed"      // handling it failed again and again
	AsideNoSender   AsideWhy = "no_sender"   // its From names no single address
	AsideStranger   AsideWhy = "stranger"    // from an unproven address that the directory does not list
	AsideNoApprover AsideWhy = "no_approver" // an answer of somebody who is no approver any more
	AsideReply      AsideWhy = "reply"       // an answer to no question of ours
	AsideNotTheirs  AsideWhy = "not_theirs"  // an answer in the name of somebody else
	AsideTooLarge   AsideWhy = "too_large"   // beyond the size limit
	AsideMuted      AsideWhy = "muted"       // a question to it was not put: the address got its answers for the day
	AsideUnfetched  AsideWhy = "unfetched"   // the IMAP server could not give it
	AsideNoAccount  AsideWhy = "no_account"  // it asks for a new link, from an address without an account
	AsideNoLinks    AsideWhy = "no_links"    // it asks for a new link, and the portal makes none
)

// strayReply is an answer to one of our mails that puts no question, or to none.
func (h *hand) strayReply() (Settlement, error) {
	r, _, err := h.requestOfMail()
	if err != nil {
		return Settlement{}, err
	}
	sender, ok := h.c.Message.Sender()
	if r != nil && ok && r.Status == StatusAwaitingApproval {
		// An approver whose mail program dropped the thread: T1 fails, so the
		// question is put again.
		if approver, ok := h.decider(r, sender.Address); ok {
			s := Settlement{Fate: FateAnswered, Request: r.ID, Note: "an approver's answer without the token"}
			r, err := h.lastShown(r, approver.Address)
			if err != nil {
				return s, err
			}
			return s, h.askAgain(r, approver, AskAgain{NoToken: true})
		}
	}
	if r == nil {
		return h.other()
	}
	if ok {
		if s, taken, err := h.helpCorrect(r, sender); taken || err != nil {
			return s, err
		}
	}
	s, err := h.setAside(AsideReply, "an answer that puts no question the desk knows")
	s.Request = r.ID
	return s, err
}

// other answers a mail that holds nothing to work on with the blank forms.
func (h *hand) other() (Settlement, error) {
	sender, ok := h.c.Message.Sender()
	if !ok {
		return h.setAside(AsideNoSender, "the From field does not name exactly one address")
	}
	if !h.mayAnswer(sender) {
		return h.setAside(AsideStranger, "from an unproven address that the directory doesn't list")
	}
	blanks, err := h.blanks()
	if err != nil {
		return Settlement{}, err
	}
	letter := BlankForms{Asked: h.c.Command.Name == reply.CommandForm}
	err = h.send(Person{sender.Name, sender.Address}, letter, envelope{answers: true, bounded: true, attachments: blanks})
	return Settlement{Fate: FateAnswered, Note: "blank forms sent"}, err
}

// mayAnswer reports whether an answer would go to the person who wrote: their
// address is proven, or it is one that the directory lists anyway.
func (h *hand) mayAnswer(sender Address) bool {
	return h.c.Origin.Authentic || h.Directory.Knows(sender.Address)
}

func (h *hand) blanks() ([]Attachment, error) {
	partners, err := h.Store.Partners(h.ctx)
	if err != nil {
		return nil, err
	}
	return h.Blank(partners)
}

// unreadable answers a mail whose attachments are not forms that can be read.
func (h *hand) unreadable() (Settlement, error) {
	sender, ok := h.c.Message.Sender()
	if !ok {
		return h.setAside(AsideNoSender, "the From field does not name exactly one address")
	}
	if !h.mayAnswer(sender) {
		return h.setAside(AsideStranger, "from an unproven address that the directory doesn't list")
	}
	blanks, err := h.blanks()
	if err != nil {
		return Settlement{}, err
	}
	err = h.send(Person{sender.Name, sender.Address}, CannotRead{Files: h.c.Faults},
		envelope{answers: true, bounded: true, attachments: blanks})
	return Settlement{Fate: FateAnswered, Note: "no form in the attachments"}, err
}

// tooLarge answers a mail beyond the size limit, of which only the beginning
// was read, and leaves it to a person.
func (h *hand) tooLarge() (Settlement, error) {
	if len(h.mail.Raw) == 0 {
		return h.setAside(AsideUnfetched, "the IMAP server could not give the mail")
	}
	sender, ok := h.c.Message.Sender()
	if ok && h.mayAnswer(sender) {
		letter := TooLarge{Subject: h.c.Message.Subject, Size: h.mail.Size, Limit: h.Policy.MaxMailSize}
		if err := h.send(Person{sender.Name, sender.Address}, letter, envelope{answers: true, bounded: true}); err != nil {
			return Settlement{}, err
		}
	}
	return h.setAside(AsideTooLarge, fmt.Sprintf("%d octets, the limit is %d", h.mail.Size, h.Policy.MaxMailSize))
}

// setAside leaves the mail to a person, and tells IT.
func (h *hand) setAside(why AsideWhy, note string) (Settlement, error) {
	s := Settlement{Fate: FateSetAside, Note: note}
	if err := h.event(nil, EventSetAside, "desk", note); err != nil {
		return s, err
	}
	letter := SetAside{From: fromOf(h.c.Message), Subject: h.c.Message.Subject, Why: why, Folder: h.Policy.Folders[FateSetAside]}
	return s, h.tellIT(letter, envelope{bounded: true})
}

// faultOf says what is wrong with a file, for the mail to its sender.
func faultOf(err error) FileFault {
	switch {
	case errors.Is(err, forms.ErrLegacy):
		return FaultLegacy
	case errors.Is(err, forms.ErrEncrypted):
		return FaultEncrypted
	case errors.Is(err, forms.ErrArchive):
		return FaultArchive
	case errors.Is(err, forms.ErrTooLarge):
		return FaultTooLarge
	case errors.Is(err, forms.ErrNotSpreadsheet):
		return FaultNotSheet
	}
	return FaultBroken
}
