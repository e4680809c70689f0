package store

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"registratura/intake"
)

// RecordDeviation implements [intake.Tx].
func (t *tx) RecordDeviation(request int64, a intake.Deviation) error {
	record, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encoding a deviation: %w", err)
	}
	_, err = t.q.ExecContext(t.ctx, `INSERT INTO deviations (request_id, number, record) VALUES ($1, $2, $3)
		ON CONFLICT (request_id, number) DO UPDATE SET record = excluded.record`, request, a.Number, string(record))
	if err != nil {
		return fmt.Errorf("recording a deviation: %w", err)
	}
	return nil
}

// RecordTrouble implements [intake.Tx].
func (t *tx) RecordTrouble(request int64, trouble intake.Trouble) error {
	record, err := json.Marshal(trouble)
	if err != nil {
		return fmt.Errorf("encoding what stopped a request: %w", err)
	}
	_, err = t.q.ExecContext(t.ctx, `INSERT INTO troubles (request_id, record) VALUES ($1, $2)
		ON CONFLICT (request_id) DO UPDATE SET record = excluded.record`, request, string(record))
	if err != nil {
		return fmt.Errorf("recording what stopped a request: %w", err)
	}
	return nil
}

// Trouble implements [intake.Tx].
func (t *tx) Trouble(request int64) (intake.Trouble, error) {
	var trouble intake.Trouble
	var record string
	err := t.q.QueryRowContext(t.ctx, `SELECT record FROM troubles WHERE request_id = $1`, request).Scan(&record)
	if err != nil {
		return trouble, fmt.Errorf("finding what stopped a request: %w", notFound(err))
	}
	if err := json.Unmarshal([]byte(record), &trouble); err != nil {
		return trouble, fmt.Errorf("decoding what stopped a request: %w", err)
	}
	return trouble, nil
}

// AddUndelivered implements [intake.Tx].
func (t *tx) AddUndelivered(u intake.UndeliveredMail) (first bool, err error) {
	res, err := t.q.ExecContext(t.ctx, `INSERT INTO undelivered (notice_id, request_id, kind, address, reason, sure, mail_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (notice_id) DO UPDATE SET sure = 1, reason = excluded.reason, mail_id = excluded.mail_id, at = excluded.at
			WHERE undelivered.sure < excluded.sure`,
		u.Notice, orNull(u.Request), u.Kind, u.Address, u.Reason, u.Sure, orNull(u.Mail), millis(u.At))
	if err != nil {
		return false, fmt.Errorf("recording a mail that did not arrive: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Undelivered implements [intake.Tx].
func (t *tx) Undelivered(request int64) ([]intake.UndeliveredMail, error) {
	rows, err := t.q.QueryContext(t.ctx, `SELECT notice_id, kind, address, reason, sure, COALESCE(mail_id, 0), at
		FROM undelivered WHERE request_id = $1 ORDER BY at, notice_id`, request)
	if err != nil {
		return nil, fmt.Errorf("listing mails that did not arrive: %w", err)
	}
	var list []intake.UndeliveredMail
	err = each(rows, func() error {
		u := intake.UndeliveredMail{Request: request}
		var at int64
		err := rows.Scan(&u.Notice, &u.Kind, &u.Address, &u.Reason, &u.Sure, &u.Mail, &at)
		u.At = fromMillis(at)
		list = append(list, u)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing mails that did not arrive: %w", err)
	}
	return list, nil
}

// LatestNotice implements [intake.Tx].
func (t *tx) LatestNotice(request int64, address string) (intake.OutgoingMail, error) {
	m, err := scanNotice(t.q.QueryRowContext(t.ctx, noticeColumns+` WHERE request_id = $1 AND to_address = $2 ORDER BY id DESC LIMIT 1`,
		request, address).Scan)
	if err != nil {
		return m, fmt.Errorf("finding the latest notice to an address: %w", err)
	}
	return m, nil
}

// decodeDeviations reads records joined by commas, in their order.
func decodeDeviations(records sql.NullString) (list []intake.Deviation, err error) {
	if !records.Valid {
		return nil, nil
	}
	err = json.Unmarshal([]byte("["+records.String+"]"), &list)
	return list, err
}
