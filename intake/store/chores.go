package store

import (
	"database/sql"
	"errors"
	"fmt"

	"registratura/forms"
)

// ChoreDone implements [intake.Tx].
func (t *tx) ChoreDone(chore string) (forms.Date, error) {
	var day string
	err := t.q.QueryRowContext(t.ctx, `SELECT done_on FROM chores WHERE name = $1`, chore).Scan(&day)
	if errors.Is(err, sql.ErrNoRows) {
		return forms.Date{}, nil
	}
	if err != nil {
		return forms.Date{}, fmt.Errorf("looking up when %s was done: %w", chore, err)
	}
	return forms.ParseDate(day)
}

// SetChoreDone implements [intake.Tx].
func (t *tx) SetChoreDone(chore string, day forms.Date) error {
	_, err := t.q.ExecContext(t.ctx, `INSERT INTO chores (name, done_on) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET done_on = excluded.done_on`, chore, day.String())
	if err != nil {
		return fmt.Errorf("recording that %s was done: %w", chore, err)
	}
	return nil
}
