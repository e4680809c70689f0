package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"registratura/intake"
)

// KeptMail is a mail that came in, as the record has it.
type KeptMail struct {
	ID         int64
	ReceivedAt time.Time
	Size       int64 // octets, as it was received
	Oversized  bool  // not read, and only its beginning kept
	Hash       string
	Fate       intake.Fate
	Note       string
	Raw        []byte // empty: not kept any more
}

// MailsOf lists the mails that belong to a request: those that were filed under
// it, that an event of it tells of, that brought its form or decided it.
func (s *Store) MailsOf(ctx context.Context, request int64) ([]KeptMail, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, received_at, size, oversized, sha256, COALESCE(fate, ''), note, raw FROM mails
		WHERE same_as IS NULL AND (request_id = $1
			OR id IN (SELECT mail_id FROM events WHERE request_id = $1)
			OR id IN (SELECT form_mail FROM requests WHERE id = $1)
			OR id IN (SELECT mail_id FROM decisions WHERE request_id = $1)) ORDER BY id`, request)
	if err != nil {
		return nil, fmt.Errorf("listing the mails of request %d: %w", request, err)
	}
	var mails []KeptMail
	err = each(rows, func() error {
		var m KeptMail
		err := rows.Scan(&m.ID, (*millisTime)(&m.ReceivedAt), &m.Size, &m.Oversized, &m.Hash, &m.Fate, &m.Note, &m.Raw)
		mails = append(mails, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the mails of request %d: %w", request, err)
	}
	return mails, nil
}

// DecisionRecord is the decision on a request, in the very bytes that the
// record has the SHA-256 of; nil: it is not decided.
func (s *Store) DecisionRecord(ctx context.Context, request int64) ([]byte, error) {
	var record []byte
	err := s.read.QueryRowContext(ctx, `SELECT record FROM decisions WHERE request_id = $1`, request).Scan(&record)
	if err != nil && err != sql.ErrNoRows {
		return nil, fmt.Errorf("reading the decision on request %d: %w", request, err)
	}
	return record, nil
}

// TokenIsOpen reports whether the token with this hash can still answer a
// question of the desk's.
func (s *Store) TokenIsOpen(ctx context.Context, hash string, now time.Time) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM tokens WHERE hash = $1 AND spent_at IS NULL AND expires_at >= $2`,
		hash, millis(now)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("looking for a token: %w", err)
	}
	return n > 0, nil
}

// PurgedAt is when parts of a request were purged; zero times: they were not.
type PurgedAt struct {
	Form         time.Time // the users in form and plan
	Request      time.Time // all but the entry in the register
	Decision     time.Time
	DecisionHash string // of the record, as the chain has it; empty: there is no decision
}

// PurgedOf tells what was purged of a request.
func (s *Store) PurgedOf(ctx context.Context, request int64) (PurgedAt, error) {
	var at PurgedAt
	when := func(kind string) string {
		return `COALESCE((SELECT g.at FROM purged p JOIN purges g ON g.id = p.purge_id WHERE p.kind = '` + kind + `' AND p.row_id = $1), 0)`
	}
	err := s.read.QueryRowContext(ctx, `SELECT `+when(purgedForm)+`, `+when(purgedRequest)+`, `+when(purgedDecision)+`,
		COALESCE((SELECT sha256 FROM decisions WHERE request_id = $1), '')`, request).
		Scan((*millisTime)(&at.Form), (*millisTime)(&at.Request), (*millisTime)(&at.Decision), &at.DecisionHash)
	if err != nil {
		return at, fmt.Errorf("looking for what was purged of request %d: %w", request, err)
	}
	return at, nil
}
