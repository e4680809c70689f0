package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"registratura/forms"
)

// chore is something that the desk does once a day. It is done late rather than
// not at all, and once however many days were missed; if it fails it is tried
// again within the hour, and what it has done by then must not be done twice.
type chore struct {
	name string // in the records: never changed
	do   func(d *Desk, ctx context.Context, today forms.Date) error
}

// chores are done in this order.
var chores = []chore{
	{"attendance", (*Desk).passOnQuestions},
	{purgeChore, (*Desk).purge},
	{"work", (*Desk).remindOfWork},
	{"reviews", (*Desk).reviewSites},
	{basesChore, (*Desk).listLegalBases},
	{"deletions", (*Desk).deleteClosed},
}

// Keep does what is due once a day, at [waitingHour], until ctx ends.
func (d *Desk) Keep(ctx context.Context) error {
	for {
		if err := d.Daily(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error("the day's chores failed", "error", err)
		}
		// Once an hour: the clock may have been set, or a chore may have failed.
		timer := time.NewTimer(min(time.Hour, d.untilNextRound()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// untilNextRound is how long it is until the next day's [waitingHour].
func (d *Desk) untilNextRound() time.Duration {
	now := d.Now().In(d.Policy.Location)
	next := time.Date(now.Year(), now.Month(), now.Day(), waitingHour, 0, 0, 0, d.Policy.Location)
	if !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	return next.Sub(now)
}

// Daily does the chores of today that were not done yet, from [waitingHour] on.
func (d *Desk) Daily(ctx context.Context) error { return d.daily(ctx, chores) }

func (d *Desk) daily(ctx context.Context, chores []chore) error {
	now := d.Now().In(d.Policy.Location)
	if now.Hour() < waitingHour {
		return nil
	}
	today := forms.DateOf(now)
	var errs []error
	for _, c := range chores {
		if err := d.doChore(ctx, c, today); err != nil {
			errs = append(errs, fmt.Errorf("the daily chore %s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

func (d *Desk) doChore(ctx context.Context, c chore, today forms.Date) error {
	var done forms.Date
	err := d.transact(ctx, func(h *hand) (err error) {
		done, err = h.tx.ChoreDone(c.name)
		return err
	})
	// A day that was done is not done again when the clock is set back.
	if err != nil || !done.Before(today) {
		return err
	}
	if err := c.do(d, ctx, today); err != nil {
		return err
	}
	return d.transact(ctx, func(h *hand) error { return h.tx.SetChoreDone(c.name, today) })
}
