package store

import (
	"fmt"

	"registratura/forms"
	"registratura/intake"
)

// Review implements [intake.Tx].
func (t *tx) Review(siteID string) (intake.ReviewRecord, error) {
	r := intake.ReviewRecord{Site: siteID}
	var reviewed, asked, suspend string
	err := t.q.QueryRowContext(t.ctx, `SELECT state, reviewed, asked_on, reminders, suspend_on FROM reviews WHERE site_id = $1`, siteID).
		Scan(&r.State, &reviewed, &asked, &r.Reminders, &suspend)
	if err != nil {
		return r, fmt.Errorf("finding the review of site %s: %w", siteID, notFound(err))
	}
	for _, day := range []struct {
		text string
		into *forms.Date
	}{{reviewed, &r.Reviewed}, {asked, &r.AskedOn}, {suspend, &r.SuspendOn}} {
		if day.text == "" {
			continue
		}
		if *day.into, err = forms.ParseDate(day.text); err != nil {
			return r, fmt.Errorf("reading the review of site %s: %w", siteID, err)
		}
	}
	return r, nil
}

// SaveReview implements [intake.Tx].
func (t *tx) SaveReview(r intake.ReviewRecord) error {
	_, err := t.q.ExecContext(t.ctx, `INSERT INTO reviews (site_id, state, reviewed, asked_on, reminders, suspend_on) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (site_id) DO UPDATE SET state = excluded.state, reviewed = excluded.reviewed, asked_on = excluded.asked_on,
			reminders = excluded.reminders, suspend_on = excluded.suspend_on`,
		r.Site, string(r.State), dayText(r.Reviewed), dayText(r.AskedOn), r.Reminders, dayText(r.SuspendOn))
	if err != nil {
		return fmt.Errorf("recording the review of site %s: %w", r.Site, err)
	}
	return nil
}

// dayText is the day as it is stored; empty for none.
func dayText(d forms.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}
