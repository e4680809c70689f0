package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"registratura/intake/trust"
)

// envelope is what a letter needs beside its words.
type envelope struct {
	request     *Request
	answers     bool   // it answers the mail in hand
	bounded     bool   // it counts towards the answers that an address gets a day
	secret      bool   // it holds a link; a token makes it secret anyway
	token       *Token // the answer is to carry it; what is missing in it is filled in
	attachments []Attachment
}

// send composes a letter and records it with the work of sending it. Its bytes
// are fixed here (rule D4).
func (h *hand) send(to Person, letter Letter, e envelope) error {
	if e.bounded {
		muted, err := h.muted(to, letter, e)
		if err != nil {
			return err
		}
		if muted && e.token != nil && h.c != nil {
			// A question that is not put leaves a request waiting: a person must know.
			letter := SetAside{From: fromOf(h.c.Message), Subject: h.c.Message.Subject, Why: AsideMuted, Folder: h.Policy.Folders[FateAnswered]}
			return h.tellIT(letter, envelope{request: e.request, bounded: true})
		}
		if muted {
			return nil
		}
	}
	secret, err := trust.NewToken(h.Rand)
	if err != nil {
		return fmt.Errorf("making a token: %w", err)
	}
	n := Notice{To: to, Letter: letter, Date: h.now.In(h.Policy.Location), Attachments: e.attachments, Answers: e.answers,
		MessageID: trust.MessageID(secret, h.Policy.Domain)}
	record := OutgoingMail{Kind: letter.Name(), To: to.Address, MessageID: n.MessageID, Bounded: e.bounded,
		Secret: e.secret || e.token != nil, CreatedAt: h.now}
	if e.request != nil {
		record.Request = e.request.ID
		n.References = append(n.References, h.thread(e.request))
	}
	if e.answers && h.c != nil && h.c.Message.MessageID != "" {
		n.InReplyTo = h.c.Message.MessageID
		n.References = append(n.References, n.InReplyTo)
	}
	if e.token != nil {
		k := *e.token
		k.Hash, k.Request, k.CreatedAt = trust.HashToken(secret), e.request.ID, h.now
		if k.PlanHash == "" {
			k.PlanHash = e.request.PlanHash
		}
		if err := h.tx.AddToken(k); err != nil {
			return err
		}
		if h.Policy.PlusAddressing {
			n.ReplyTo = trust.PlusAddress(h.Policy.Desk.Address, secret)
		}
	}
	if record.Raw, err = h.Composer.Compose(n); err != nil {
		return fmt.Errorf("composing the letter %s: %w", letter.Name(), err)
	}
	if e.token != nil {
		record.Text = saidBy(h.Parse(record.Raw, false))
	}
	_, err = h.tx.AddNotice(record)
	return err
}

// thread is a message identifier that no mail has: the common root of all
// mails about a request, which keeps them together in people's mail programs.
func (h *hand) thread(r *Request) string {
	return fmt.Sprintf("cerere.%d.%d@%s", r.Number.Serial, r.Number.Date.Year, h.Policy.Domain)
}

// muted reports whether the address got its answers for the day.
func (h *hand) muted(to Person, letter Letter, e envelope) (bool, error) {
	n, err := h.tx.CountAnswers(to.Address, h.now.Add(-24*time.Hour))
	if err != nil || n < h.Policy.AnswersPerDay {
		return false, err
	}
	return true, h.event(e.request, EventMuted, "desk",
		fmt.Sprintf("%s to %s not sent: it got %d answers in 24 hours", letter.Name(), to.Address, n))
}

// tellIT sends a letter to everybody in IT.
func (h *hand) tellIT(letter Letter, e envelope) error {
	for _, p := range h.Directory.IT {
		if err := h.send(p, letter, e); err != nil {
			return err
		}
	}
	return nil
}

// Send hands a recorded notice to the SMTP server. An error asks for another
// attempt; a refusal, or the failure of the last attempt, goes to IT.
func (d *Desk) Send(ctx context.Context, id int64, last bool) error {
	m, err := d.Store.Outgoing(ctx, id)
	if err != nil {
		return err
	}
	if m.State != OutgoingQueued {
		return nil // sent by an attempt that was interrupted before it could say so
	}
	err = d.Post.Send(ctx, d.Policy.Desk.Address, m.To, m.Raw)
	if err == nil {
		return d.transact(ctx, func(h *hand) error {
			if err := h.tx.MarkSent(id, h.now); err != nil {
				return err
			}
			return h.event(h.requestOf(m), EventNoticeSent, "desk", m.Kind+" to "+m.To)
		})
	}
	var later LaterError
	switch {
	case errors.As(err, &later):
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		// The daemon is stopping: that is no failure, not of the last attempt
		// either. A server that let the job's time run out is one.
		return errors.Join(ctx.Err(), err)
	}
	var refused RefusedError
	if final := errors.As(err, &refused) && refused.Refused(); !final && !last {
		d.Log.Warn("sending failed, will be tried again", "notice", id, "kind", m.Kind, "to", m.To, "error", err)
		return err
	}
	d.Log.Error("sending failed for good", "notice", id, "kind", m.Kind, "to", m.To, "error", err)
	return d.transact(ctx, func(h *hand) error {
		if err2 := h.tx.MarkFailed(id, h.now, err.Error()); err2 != nil {
			return err2
		}
		return h.undelivered(m, err.Error(), false, true)
	})
}

// requestOf is a request of which only the ID is known, for events.
func (h *hand) requestOf(m OutgoingMail) *Request {
	if m.Request == 0 {
		return nil
	}
	return &Request{ID: m.Request}
}
