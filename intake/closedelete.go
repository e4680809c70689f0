package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"registratura/forms"
)

// deleteClosed deletes the sites whose grace period is over. It is a daily chore.
func (d *Desk) deleteClosed(ctx context.Context, today forms.Date) error {
	var list []*Request
	err := d.transact(ctx, func(h *hand) (err error) {
		list, err = h.tx.Closings()
		return err
	})
	errs := []error{err}
	for _, r := range list {
		if r.Status != StatusClosing {
			continue
		}
		if err := d.deleteSite(ctx, r, today); err != nil {
			errs = append(errs, fmt.Errorf("deleting site %s: %w", r.Plan.Site.ID, err))
		}
	}
	return errors.Join(errs...)
}

// deleteSite deletes one site, if it is time and its saved files are, right
// now, what they were. Else IT is told, and it is tried again the next day.
func (d *Desk) deleteSite(ctx context.Context, r *Request, today forms.Date) error {
	closing, err := d.closingOf(ctx, r)
	if err != nil || closing.KeepUntil.IsZero() || closing.UndoBy != "" || !closing.KeepUntil.Before(today) {
		return err
	}
	site := r.Plan.Site.ID
	if !closing.Deleting || !d.isGone(ctx, site) {
		if closing.Export != nil {
			if err := d.Archive.Verify(ctx, *closing.Export); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return d.holdDeletion(ctx, r, false, err)
			}
		}
		if begun, err := d.beginDeletion(ctx, r); err != nil || !begun {
			return err
		}
		if err := d.Portal.DeleteSite(ctx, site); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if errors.Is(err, ErrAwaitsIT) {
				return d.orderWork(ctx, r)
			}
			return d.holdDeletion(ctx, r, true, err)
		}
	}
	if err := d.recordDeletion(ctx, r); !errors.Is(err, ErrStatus) { // another attempt was faster
		return err
	}
	return nil
}

// isGone reports whether the portal has no such site any more.
func (d *Desk) isGone(ctx context.Context, site string) bool {
	_, err := d.Portal.Usage(ctx, site)
	return errors.Is(err, ErrNoSuchSite)
}

// beginDeletion marks the point from which there is no way back; false: IT was
// faster, and undid the closing.
func (d *Desk) beginDeletion(ctx context.Context, r *Request) (begun bool, err error) {
	err = d.transact(ctx, func(h *hand) error {
		now, err := h.tx.Request(r.ID)
		if err != nil {
			return err
		}
		closing, err := h.tx.Closing(r.ID)
		if err != nil || closing.UndoBy != "" || now.Status != StatusClosing {
			return err
		}
		begun, closing.Deleting = true, true
		return h.tx.SetClosing(r.ID, closing)
	})
	return begun && err == nil, err
}

// heldAgain is how long after word of a deletion that is held IT is told again.
const heldAgain = 7 * 24 * time.Hour

// holdDeletion tells IT, once a week, that a site is not deleted.
func (d *Desk) holdDeletion(ctx context.Context, r *Request, begun bool, cause error) error {
	d.Log.Error("a closed site is not deleted", "request", r.Number.String(), "error", cause)
	return d.transact(ctx, func(h *hand) error {
		closing, err := h.tx.Closing(r.ID)
		if err != nil {
			return err
		}
		closing.Deleting = begun
		if err := h.tx.SetClosing(r.ID, closing); err != nil {
			return err
		}
		events, err := h.tx.Events(r.ID)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Kind == EventDeletionHeld && h.now.Sub(e.At) < heldAgain {
				return nil
			}
		}
		if err := h.event(r, EventDeletionHeld, "desk", oneLine(cause)); err != nil {
			return err
		}
		return h.tellIT(ClosingHeld{Request: r, Closing: closing, Err: oneLine(cause)}, envelope{request: r})
	})
}

// recordDeletion records that the site is deleted, and tells of it.
func (d *Desk) recordDeletion(ctx context.Context, r *Request) error {
	return d.transact(ctx, func(h *hand) error {
		standing, err := h.tx.Standing(r.Plan.Site.ID)
		if err != nil {
			return err
		}
		closing, err := h.tx.Closing(r.ID)
		if err != nil {
			return err
		}
		closing.DeletedAt = h.now
		if err := h.tx.SetClosing(r.ID, closing); err != nil {
			return err
		}
		for _, closed := range []*Request{r, standing} {
			if err := h.tx.Change(closed, finishClosing, h.now); err != nil {
				return err
			}
		}
		detail := "site " + r.Plan.Site.ID + " is deleted; "
		if closing.Export != nil {
			detail += "its files are in " + closing.Export.Folder
		} else {
			detail += "its files were saved by " + closing.ByHand.By.Address
		}
		if err := h.both(r, standing, EventClosed, "desk", detail); err != nil {
			return err
		}
		letter := ClosingDone{Request: r, Closing: closing}
		if err := h.send(r.From, letter, envelope{request: r}); err != nil {
			return err
		}
		letter.ForIT = true
		return h.tellIT(letter, envelope{request: r})
	})
}
