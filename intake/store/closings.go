package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"registratura/intake"
)

// Closings implements [intake.Tx].
func (t *tx) Closings() ([]*intake.Request, error) {
	return listRequests(t.ctx, t.q, ` WHERE r.kind = 'close' AND r.status IN
		('awaiting_approval', 'approved', 'provisioning', 'stuck', 'closing') ORDER BY r.id`)
}

// Closing implements [intake.Tx].
func (t *tx) Closing(request int64) (c intake.Closing, err error) {
	var record string
	err = t.q.QueryRowContext(t.ctx, `SELECT record FROM closings WHERE request_id = $1`, request).Scan(&record)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(record), &c)
	}
	if err != nil {
		return c, fmt.Errorf("reading the closing by request %d: %w", request, err)
	}
	return c, nil
}

// SetClosing implements [intake.Tx].
func (t *tx) SetClosing(request int64, c intake.Closing) error {
	record, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encoding the closing by request %d: %w", request, err)
	}
	_, err = t.q.ExecContext(t.ctx, `INSERT INTO closings (request_id, link_hash, record) VALUES ($1, $2, $3)
		ON CONFLICT (request_id) DO UPDATE SET link_hash = excluded.link_hash, record = excluded.record`, request, c.LinkHash, string(record))
	if err != nil {
		return fmt.Errorf("recording the closing by request %d: %w", request, err)
	}
	return nil
}

// ClosingOfLink implements [intake.Tx].
func (t *tx) ClosingOfLink(hash string) (request int64, err error) {
	err = t.q.QueryRowContext(t.ctx, `SELECT request_id FROM closings WHERE link_hash = $1 AND link_hash <> ''`, hash).Scan(&request)
	if err != nil {
		return 0, fmt.Errorf("finding a closing by its link: %w", notFound(err))
	}
	return request, nil
}
