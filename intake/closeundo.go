package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"registratura/forms"
)

// ErrDeleting: the closing can't be undone any more.
var ErrDeleting = errors.New("the site is being deleted or is deleted already")

// Undo has a site opened again whose closing is in its grace period, or stuck.
// The portal is left to [Desk.Provision], so that this can be done beside a
// running daemon. It returns ErrStatus or ErrDeleting if it is not, or no
// longer, to be undone.
func (d *Desk) Undo(ctx context.Context, r *Request, who string) error {
	return d.transact(ctx, func(h *hand) error {
		current, err := h.tx.Request(r.ID)
		if err != nil {
			return err
		}
		return h.undo(current, who, "site "+r.Plan.Site.ID+" is to be opened again")
	})
}

func (h *hand) undo(r *Request, who, why string) error {
	closing, err := h.tx.Closing(r.ID)
	switch {
	case err != nil:
		return err
	case closing.Deleting, r.Kind == forms.Close && r.Status == StatusClosed:
		return ErrDeleting
	case r.Kind != forms.Close, r.Status != StatusClosing && r.Status != StatusStuck:
		return ErrStatus
	}
	closing.UndoBy = who
	if err := h.tx.SetClosing(r.ID, closing); err != nil {
		return err
	}
	if err := h.event(r, EventUndoAsked, who, why); err != nil {
		return err
	}
	return h.tx.EnqueueProvision(r.ID, time.Time{})
}

// reopen opens a site again whose closing IT undid.
func (d *Desk) reopen(ctx context.Context, r *Request, closing Closing, last bool) error {
	switch r.Status {
	case StatusClosing, StatusStuck:
	case StatusProvisioning: // IT retried it as well
		if err := d.transact(ctx, func(h *hand) error { return h.tx.Change(r, getStuck, h.now) }); err != nil {
			return err
		}
	default:
		return nil
	}
	site := r.Plan.Site.ID
	if err := d.keepSuspended(ctx, r, &closing); err != nil {
		return err
	}
	err := d.Portal.ResumeSite(ctx, site)
	if closing.Suspended && (err == nil || errors.Is(err, ErrAwaitsIT)) {
		err = d.Portal.SuspendSite(ctx, site)
	}
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err()
		}
		if errors.Is(err, ErrAwaitsIT) {
			return d.orderWork(ctx, r)
		}
		err = fmt.Errorf("opening site %s again: %w", site, err)
		if !last {
			return err
		}
		d.Log.Error("a closing could not be undone", "request", r.Number.String(), "error", err)
		return d.transact(ctx, func(h *hand) error {
			if err := h.event(r, EventProvFailed, "desk", oneLine(err)); err != nil {
				return err
			}
			return h.tellIT(ClosingStuck{Request: r, Err: oneLine(err), Undo: true}, envelope{request: r})
		})
	}
	err = d.transact(ctx, func(h *hand) error {
		standing, err := h.tx.Standing(site)
		if err != nil {
			return err
		}
		if err := h.tx.SpendPurpose(r.ID, DoesWork, h.now); err != nil {
			return err
		}
		transition := withdrawClosing
		if r.Status == StatusStuck {
			transition = cancelStuck
		}
		if err := h.tx.Change(r, transition, h.now); err != nil {
			return err
		}
		if standing.Status == StatusClosing {
			if err := h.tx.Change(standing, undoClosing, h.now); err != nil {
				return err
			}
		}
		what := " is open again"
		if closing.Suspended {
			what = " is suspended, as it was before"
		}
		if err := h.both(r, standing, EventReopened, closing.UndoBy, "site "+site+what); err != nil {
			return err
		}
		url := h.Portal.SiteURL(site)
		for _, m := range standing.Members() {
			if closing.KeepUntil.IsZero() || closing.Suspended {
				break // nobody was told that it was closed, or it is not open
			}
			if err := h.send(Person{m.Name, m.Address}, AccessResumed{Request: r, Member: m, SiteURL: url}, envelope{request: r}); err != nil {
				return err
			}
		}
		letter := ClosingUndone{Request: r, SiteURL: url, Closing: closing}
		e := envelope{request: r}
		if closing.Suspended { // a yes in reply gives access back
			e = envelope{request: standing, token: &Token{Purpose: Reviews, Address: r.From.Address, ExpiresAt: h.now.Add(lateAnswer)}}
		}
		if err := h.send(r.From, letter, e); err != nil {
			return err
		}
		letter.ForIT = true
		return h.tellIT(letter, envelope{request: r})
	})
	if errors.Is(err, ErrStatus) {
		return nil // another attempt was faster
	}
	return err
}

// keepSuspended notes whether the review had suspended the site, of a closing
// that did not come far enough to record it.
func (d *Desk) keepSuspended(ctx context.Context, r *Request, closing *Closing) error {
	return d.transact(ctx, func(h *hand) error {
		standing, err := h.tx.Standing(r.Plan.Site.ID)
		if err != nil || standing.Status != StatusActive {
			return err
		}
		review, err := h.reviewOf(standing)
		closing.Suspended = review.suspended()
		return err
	})
}
