package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"registratura/intake"
)

// Receive implements [intake.Store].
func (s *Store) Receive(ctx context.Context, mails []intake.IncomingMail) error {
	err := s.transact(ctx, func(t *tx) error {
		for _, m := range mails {
			if err := t.receive(m); err != nil {
				return fmt.Errorf("UID %d: %w", m.Ref.UID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("storing mails: %w", err)
	}
	return nil
}

func (t *tx) receive(m intake.IncomingMail) error {
	sum := hash(m.Raw)
	if m.Oversized {
		// Not the whole mail: equal beginnings do not make equal mails.
		sum = hash(fmt.Appendf(nil, "%s %d %d", m.Ref.Mailbox, m.Ref.UIDValidity, m.Ref.UID))
	}
	raw := m.Raw
	var first sql.NullInt64
	err := t.q.QueryRowContext(t.ctx, `SELECT id FROM mails WHERE sha256 = $1 AND same_as IS NULL`, sum).Scan(&first.Int64)
	switch {
	case err == nil:
		first.Valid, raw = true, nil
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	_, err = t.q.ExecContext(t.ctx, `INSERT INTO mails
		(mailbox, uid_validity, uid, received_at, size, oversized, sha256, raw, same_as)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (mailbox, uid_validity, uid) DO NOTHING`,
		m.Ref.Mailbox, int64(m.Ref.UIDValidity), int64(m.Ref.UID), millis(m.ReceivedAt), m.Size, m.Oversized, sum, raw, first)
	return err
}

// Known implements [intake.Store].
func (s *Store) Known(ctx context.Context, mailbox string, uidValidity uint32, uids []uint32) (map[uint32]intake.Fate, error) {
	known := make(map[uint32]intake.Fate, len(uids))
	// In portions, because the number of placeholders in a statement is limited.
	for start := 0; start < len(uids); start += 500 {
		part := uids[start:min(start+500, len(uids))]
		args := []any{mailbox, int64(uidValidity)}
		marks := make([]string, len(part))
		for i, uid := range part {
			args = append(args, int64(uid))
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		rows, err := s.read.QueryContext(ctx, `SELECT m.uid, COALESCE(m.fate, first.fate, '')
			FROM mails m LEFT JOIN mails first ON first.id = m.same_as
			WHERE m.mailbox = $1 AND m.uid_validity = $2 AND m.uid IN (`+strings.Join(marks, ", ")+`)`, args...)
		if err != nil {
			return nil, fmt.Errorf("looking mails up: %w", err)
		}
		err = each(rows, func() error {
			var uid int64
			var fate string
			if err := rows.Scan(&uid, &fate); err != nil {
				return err
			}
			known[uint32(uid)] = intake.Fate(fate)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("looking mails up: %w", err)
		}
	}
	return known, nil
}

const pendingWhere = ` FROM mails WHERE fate IS NULL AND same_as IS NULL`

// Pending implements [intake.Store].
func (s *Store) Pending(ctx context.Context, now time.Time, limit int) ([]intake.StoredMail, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, mailbox, uid_validity, uid, received_at, size, oversized, raw, attempts`+
		pendingWhere+` AND due_at <= $1 ORDER BY id LIMIT $2`, millis(now), limit)
	if err != nil {
		return nil, fmt.Errorf("listing unhandled mails: %w", err)
	}
	var mails []intake.StoredMail
	err = each(rows, func() error {
		var m intake.StoredMail
		var received int64
		err := rows.Scan(&m.ID, &m.Ref.Mailbox, &m.Ref.UIDValidity, &m.Ref.UID, &received, &m.Size, &m.Oversized, &m.Raw, &m.Attempts)
		m.ReceivedAt = fromMillis(received)
		mails = append(mails, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing unhandled mails: %w", err)
	}
	return mails, nil
}

// NextDue implements [intake.Store].
func (s *Store) NextDue(ctx context.Context, now time.Time) (time.Time, bool, error) {
	var due sql.NullInt64
	err := s.read.QueryRowContext(ctx, `SELECT MIN(due_at)`+pendingWhere+` AND due_at > $1`, millis(now)).Scan(&due)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("looking for postponed mails: %w", err)
	}
	return fromMillis(due.Int64), due.Valid, nil
}

// MailBytes implements [intake.Store].
func (s *Store) MailBytes(ctx context.Context, id int64) (raw []byte, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT COALESCE(m.raw, first.raw) FROM mails m LEFT JOIN mails first ON first.id = m.same_as
		WHERE m.id = $1`, id).Scan(&raw)
	if err != nil {
		return nil, fmt.Errorf("fetching mail %d: %w", id, notFound(err))
	}
	return raw, nil
}

// Settle implements [intake.Tx].
func (t *tx) Settle(mail int64, s intake.Settlement) error {
	err := t.exec(fmt.Errorf("mail %d has its fate already", mail),
		`UPDATE mails SET fate = $1, note = $2, request_id = $3, handled_at = $4 WHERE id = $5 AND fate IS NULL`,
		string(s.Fate), s.Note, orNull(s.Request), millis(s.At), mail)
	if err != nil {
		return fmt.Errorf("settling mail %d: %w", mail, err)
	}
	return nil
}

// Postpone implements [intake.Tx].
func (t *tx) Postpone(mail int64, until time.Time, reason string) error {
	err := t.exec(intake.ErrNotFound,
		`UPDATE mails SET attempts = attempts + 1, due_at = $1, note = $2 WHERE id = $3 AND fate IS NULL`,
		millis(until), reason, mail)
	if err != nil {
		return fmt.Errorf("postponing mail %d: %w", mail, err)
	}
	return nil
}

// each calls fn for every row and closes rows.
func each(rows *sql.Rows, fn func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := fn(); err != nil {
			return err
		}
	}
	return rows.Err()
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
