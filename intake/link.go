package intake

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// One address gets so many one-time links, however they are asked for. They are
// counted by themselves and not with the answers of a day, so that whoever asks in
// somebody's name takes no answers from them; and what they are not sent any more
// is no loss, because the link in the last mail works.
const (
	linksAnHour = 3
	linksADay   = 10
)

// newLink answers somebody who asks for a new one-time link ("link nou"). It goes
// to the address of the account and nowhere else, so it takes no more proof than
// the page of the portal, on which everybody can ask: that the mail is not known
// to be forged. Who has no account is answered by nothing.
func (h *hand) newLink() (Settlement, error) {
	sender, ok := h.c.Message.Sender()
	if !ok {
		return h.setAside(AsideNoSender, "the From field does not name exactly one address")
	}
	if h.c.Origin.Refuted || !h.cameFrom(sender.Address) {
		return h.setAside(AsideStranger, "somebody who is provenly not the sender asks for a new link")
	}
	sent, err := h.sendLink(sender.Address, envelope{answers: true})
	switch {
	case errors.Is(err, ErrNoSuchAccount):
		return h.setAside(AsideNoAccount, "a new link is asked for by an address without an account")
	case errors.Is(err, errors.ErrUnsupported):
		return h.setAside(AsideNoLinks, "a new link is asked for, and the portal makes none")
	case err != nil:
		return Settlement{}, err
	case !sent:
		return Settlement{Fate: FateAnswered, Note: "the address got its links for now"}, nil
	}
	return Settlement{Fate: FateAnswered, Note: "a new link was sent"}, nil
}

// SendLink mails a new one-time link to the owner of an account, who asked for it
// on the portal.
func (d *Desk) SendLink(ctx context.Context, address string) error {
	return d.transact(ctx, func(h *hand) error {
		_, err := h.sendLink(address, envelope{})
		return err
	})
}

// sendLink makes a new link and mails it to the owner of the account, unless the
// address got enough of them.
func (h *hand) sendLink(address string, e envelope) (sent bool, err error) {
	// This is asked first, because a new link ends the one in the last mail.
	for _, limit := range []struct {
		links int
		in    time.Duration
	}{{linksAnHour, time.Hour}, {linksADay, 24 * time.Hour}} {
		n, err := h.tx.CountNotices(NewLink{}.Name(), address, h.now.Add(-limit.in))
		if err != nil {
			return false, err
		}
		if n >= limit.links {
			return false, h.event(nil, EventMuted, "desk", fmt.Sprintf("%s to %s not sent: it got %d in %v", NewLink{}.Name(), address, n, limit.in))
		}
	}
	invitation, err := h.Portal.NewLink(h.ctx, address)
	if err != nil {
		return false, fmt.Errorf("making a new link: %w", err)
	}
	e.secret = true
	return true, h.send(Person{Address: address}, NewLink{Invitation: invitation}, e)
}
