package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"registratura/intake"
)

// AddNotice implements [intake.Tx].
func (t *tx) AddNotice(m intake.OutgoingMail) (id int64, err error) {
	err = t.q.QueryRowContext(t.ctx, `INSERT INTO notices
		(request_id, kind, to_address, message_id_sha256, sha256, raw, secret, bounded, text, state, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', $10) RETURNING id`,
		orNull(m.Request), m.Kind, m.To, hash([]byte(m.MessageID)), hash(m.Raw), m.Raw, m.Secret, m.Bounded, m.Text, millis(m.CreatedAt)).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("recording a notice: %w", err)
	}
	return id, t.enqueueSend(id)
}

const noticeColumns = `SELECT id, COALESCE(request_id, 0), kind, to_address, raw, secret, bounded, text, state, created_at, COALESCE(sent_at, 0) FROM notices`

func scanNotice(scan func(...any) error) (intake.OutgoingMail, error) {
	var m intake.OutgoingMail
	var created, sent int64
	err := scan(&m.ID, &m.Request, &m.Kind, &m.To, &m.Raw, &m.Secret, &m.Bounded, &m.Text, &m.State, &created, &sent)
	m.CreatedAt, m.SentAt = fromMillis(created), fromMillis(sent)
	return m, notFound(err)
}

// Outgoing implements [intake.Store].
func (s *Store) Outgoing(ctx context.Context, id int64) (intake.OutgoingMail, error) {
	m, err := scanNotice(s.read.QueryRowContext(ctx, noticeColumns+` WHERE id = $1`, id).Scan)
	if err != nil {
		return m, fmt.Errorf("finding notice %d: %w", id, err)
	}
	return m, nil
}

// NoticeOfMessage implements [intake.Tx].
func (t *tx) NoticeOfMessage(messageID string) (intake.OutgoingMail, error) {
	m, err := scanNotice(t.q.QueryRowContext(t.ctx, noticeColumns+` WHERE message_id_sha256 = $1`, hash([]byte(messageID))).Scan)
	if err != nil {
		return m, fmt.Errorf("finding a notice by its Message-ID: %w", err)
	}
	m.MessageID = messageID
	return m, nil
}

// CountAnswers implements [intake.Tx].
func (t *tx) CountAnswers(address string, since time.Time) (n int, err error) {
	err = t.q.QueryRowContext(t.ctx, `SELECT COUNT(*) FROM notices WHERE to_address = $1 AND bounded = 1 AND created_at > $2`,
		address, millis(since)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting answers: %w", err)
	}
	return n, nil
}

// CountNotices implements [intake.Tx].
func (t *tx) CountNotices(kind, address string, since time.Time) (n int, err error) {
	err = t.q.QueryRowContext(t.ctx, `SELECT COUNT(*) FROM notices WHERE to_address = $1 AND kind = $2 AND created_at > $3`,
		address, kind, millis(since)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting notices: %w", err)
	}
	return n, nil
}

// MarkSent implements [intake.Tx].
func (t *tx) MarkSent(id int64, at time.Time) error {
	return t.finishNotice(id, intake.OutgoingSent, at, "")
}

// MarkFailed implements [intake.Tx].
func (t *tx) MarkFailed(id int64, at time.Time, reason string) error {
	return t.finishNotice(id, intake.OutgoingFailed, at, reason)
}

// finishNotice wipes what is secret: the mail is gone, or never will be.
func (t *tx) finishNotice(id int64, state intake.OutgoingState, at time.Time, reason string) error {
	err := t.exec(intake.ErrNotFound, `UPDATE notices SET state = $1, reason = $2, sent_at = $3,
		raw = CASE WHEN secret = 1 THEN NULL ELSE raw END WHERE id = $4 AND state = 'queued'`,
		string(state), reason, millis(at), id)
	if err != nil {
		return fmt.Errorf("marking notice %d %s: %w", id, state, err)
	}
	return nil
}

// AddToken implements [intake.Tx].
func (t *tx) AddToken(k intake.Token) error {
	_, err := t.q.ExecContext(t.ctx, `INSERT INTO tokens
		(hash, purpose, request_id, address, plan_hash, verdict, reason, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		k.Hash, string(k.Purpose), k.Request, k.Address, k.PlanHash, string(k.Verdict), k.Reason, millis(k.CreatedAt), millis(k.ExpiresAt))
	if err != nil {
		return fmt.Errorf("recording a token: %w", err)
	}
	return nil
}

const tokenColumns = `SELECT hash, purpose, request_id, address, plan_hash, verdict, reason, created_at, expires_at, spent_at FROM tokens`

func scanToken(scan func(...any) error) (k intake.Token, err error) {
	var created, expires int64
	var spent sql.NullInt64
	err = scan(&k.Hash, &k.Purpose, &k.Request, &k.Address, &k.PlanHash, &k.Verdict, &k.Reason, &created, &expires, &spent)
	k.CreatedAt, k.ExpiresAt, k.SpentAt = fromMillis(created), fromMillis(expires), fromMillis(spent.Int64)
	return k, notFound(err)
}

// Token implements [intake.Tx].
func (t *tx) Token(hash string) (intake.Token, error) {
	k, err := scanToken(t.q.QueryRowContext(t.ctx, tokenColumns+` WHERE hash = $1`, hash).Scan)
	if err != nil {
		return k, fmt.Errorf("finding a token: %w", err)
	}
	return k, nil
}

// OpenTokens implements [intake.Tx].
func (t *tx) OpenTokens(request int64) ([]intake.Token, error) {
	rows, err := t.q.QueryContext(t.ctx, tokenColumns+` WHERE request_id = $1 AND spent_at IS NULL AND purpose IN ($2, $3) ORDER BY created_at, hash`,
		request, string(intake.Decides), string(intake.ConfirmsDecision))
	if err != nil {
		return nil, fmt.Errorf("listing the open questions about request %d: %w", request, err)
	}
	var tokens []intake.Token
	err = each(rows, func() error {
		k, err := scanToken(rows.Scan)
		tokens = append(tokens, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the open questions about request %d: %w", request, err)
	}
	return tokens, nil
}

// Supersede implements [intake.Tx].
func (t *tx) Supersede(request int64, address, planHash string, at time.Time) error {
	_, err := t.q.ExecContext(t.ctx, `UPDATE tokens SET spent_at = $1 WHERE request_id = $2 AND address = $3 AND plan_hash <> $4
		AND spent_at IS NULL AND purpose IN ($5, $6)`,
		millis(at), request, address, planHash, string(intake.Decides), string(intake.ConfirmsDecision))
	if err != nil {
		return fmt.Errorf("spending the earlier questions about request %d: %w", request, err)
	}
	return nil
}

// SpendTokens implements [intake.Tx].
func (t *tx) SpendTokens(request int64, at time.Time) error {
	_, err := t.q.ExecContext(t.ctx, `UPDATE tokens SET spent_at = $1 WHERE request_id = $2 AND spent_at IS NULL`, millis(at), request)
	if err != nil {
		return fmt.Errorf("spending tokens: %w", err)
	}
	return nil
}
