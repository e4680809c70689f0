package intake

import (
	"context"
	"time"

	"registratura/forms"
)

// LegalBases lists to IT the sites whose legal basis ends, has ended, or names
// no end, so that somebody looks at them.
type LegalBases struct {
	Monthly bool // the list of all; else only what is new
	Days    int  // "soon" is within so many days
	Soon    []*Request
	Today   []*Request // the last day
	Ended   []*Request
	NoEnd   []*Request
}

func (LegalBases) Name() string { return "legal_bases" }

// basesChore is the name of [Desk.listLegalBases] in the records.
const basesChore = "legal bases"

// listLegalBases is a daily chore. Once a month IT gets the whole list; on other
// days only what came to its time since the day before: so many days before the
// end of a legal basis, and on its last day.
func (d *Desk) listLegalBases(ctx context.Context, today forms.Date) error {
	if d.Policy.Review.BasisDays == 0 {
		return nil
	}
	return d.transact(ctx, func(h *hand) error {
		last, err := h.tx.ChoreDone(basesChore)
		if err != nil || !last.Before(today) {
			return err
		}
		// With the letters, so that they are not sent twice.
		if err := h.tx.SetChoreDone(basesChore, today); err != nil {
			return err
		}
		standing, err := h.tx.StandingSites()
		if err != nil {
			return err
		}
		letter := LegalBases{Days: h.Policy.Review.BasisDays, Monthly: last.Year != today.Year || last.Month != today.Month}
		for _, r := range standing {
			letter.add(r, last, today)
		}
		if len(letter.Soon)+len(letter.Today)+len(letter.Ended)+len(letter.NoEnd) == 0 {
			return nil
		}
		return h.tellIT(letter, envelope{})
	})
}

// add puts the request where it belongs; last is the day that was looked at before.
func (l *LegalBases) add(r *Request, last, today forms.Date) {
	until := r.Plan.Site.Until
	// since reports whether the day came after the last look, today included.
	since := func(day forms.Date) bool { return l.Monthly || last.Before(day) && !today.Before(day) }
	warnOn := forms.DateOf(until.In(time.UTC).AddDate(0, 0, -l.Days))
	switch {
	case until.IsZero():
		if l.Monthly {
			l.NoEnd = append(l.NoEnd, r)
		}
	case until.Before(today):
		if since(until) {
			l.Ended = append(l.Ended, r)
		}
	case until == today:
		l.Today = append(l.Today, r)
	case !today.Before(warnOn):
		if since(warnOn) {
			l.Soon = append(l.Soon, r)
		}
	}
}
