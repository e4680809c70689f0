package store

import (
	"fmt"
	"time"

	"registratura/intake"
)

// TokensFor implements [intake.Tx].
func (t *tx) TokensFor(request int64, p intake.Purpose) ([]intake.Token, error) {
	rows, err := t.q.QueryContext(t.ctx, tokenColumns+` WHERE request_id = $1 AND spent_at IS NULL AND purpose = $2 ORDER BY created_at, hash`, request, string(p))
	if err != nil {
		return nil, fmt.Errorf("listing the tokens of request %d that ask for %s: %w", request, p, err)
	}
	var tokens []intake.Token
	err = each(rows, func() error {
		k, err := scanToken(rows.Scan)
		tokens = append(tokens, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the tokens of request %d that ask for %s: %w", request, p, err)
	}
	return tokens, nil
}

// SpendPurpose implements [intake.Tx].
func (t *tx) SpendPurpose(request int64, p intake.Purpose, at time.Time) error {
	_, err := t.q.ExecContext(t.ctx, `UPDATE tokens SET spent_at = $1 WHERE request_id = $2 AND purpose = $3 AND spent_at IS NULL`,
		millis(at), request, string(p))
	if err != nil {
		return fmt.Errorf("spending the tokens of request %d that ask for %s: %w", request, p, err)
	}
	return nil
}

// RequestsAsked implements [intake.Tx].
func (t *tx) RequestsAsked(p intake.Purpose) ([]int64, error) {
	rows, err := t.q.QueryContext(t.ctx, `SELECT DISTINCT request_id FROM tokens WHERE purpose = $1 AND spent_at IS NULL ORDER BY request_id`, string(p))
	if err != nil {
		return nil, fmt.Errorf("listing the requests with open questions: %w", err)
	}
	var ids []int64
	err = each(rows, func() error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the requests with open questions: %w", err)
	}
	return ids, nil
}
