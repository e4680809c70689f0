package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// NextSerial implements [intake.Tx].
func (t *tx) NextSerial(year int) (serial int, err error) {
	err = t.q.QueryRowContext(t.ctx, `INSERT INTO serials (year, last) VALUES ($1, 1)
		ON CONFLICT (year) DO UPDATE SET last = serials.last + 1 RETURNING last`, year).Scan(&serial)
	if err != nil {
		return 0, fmt.Errorf("taking a registration number: %w", err)
	}
	return serial, nil
}

// SiteIDTaken implements [intake.Tx].
func (t *tx) SiteIDTaken(id string) (bool, error) {
	var n int
	err := t.q.QueryRowContext(t.ctx, `SELECT COUNT(*) FROM requests WHERE site_id = $1`, id).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("looking for site %s: %w", id, err)
	}
	return n > 0, nil
}

// InsertRequest implements [intake.Tx].
func (t *tx) InsertRequest(r *intake.Request) error {
	submission, plan, err := encode(r)
	if err != nil {
		return err
	}
	err = t.q.QueryRowContext(t.ctx, `INSERT INTO requests
		(year, serial, registered_on, kind, status, from_name, from_address, department, partner, proven,
		 submission, plan, plan_hash, purpose, site_id, form_name, form_mail, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING id`,
		r.Number.Date.Year, r.Number.Serial, r.Number.Date.String(), string(r.Kind), string(r.Status),
		r.From.Name, r.From.Address, r.Department, r.Submission.Partner, r.Proven,
		submission, plan, r.PlanHash, r.Purpose(), r.Plan.Site.ID, r.FormName, r.FormMail, millis(r.CreatedAt), millis(r.ChangedAt)).Scan(&r.ID)
	if err != nil {
		return fmt.Errorf("registering request %s: %w", r.Number, err)
	}
	return nil
}

func encode(r *intake.Request) (submission, plan string, err error) {
	s, err := json.Marshal(r.Submission)
	if err != nil {
		return "", "", fmt.Errorf("encoding the form of request %s: %w", r.Number, err)
	}
	p, err := json.Marshal(r.Plan)
	if err != nil {
		return "", "", fmt.Errorf("encoding the plan of request %s: %w", r.Number, err)
	}
	return string(s), string(p), nil
}

// UpdateRequest implements [intake.Tx].
func (t *tx) UpdateRequest(r *intake.Request) error {
	submission, plan, err := encode(r)
	if err != nil {
		return err
	}
	err = t.exec(intake.ErrNotFound, `UPDATE requests SET department = $1, partner = $2, proven = $3, submission = $4,
		plan = $5, plan_hash = $6, purpose = $7, site_id = $8, form_name = $9, form_mail = $10 WHERE id = $11`,
		r.Department, r.Submission.Partner, r.Proven, submission, plan, r.PlanHash, r.Purpose(), r.Plan.Site.ID, r.FormName, r.FormMail, r.ID)
	if err != nil {
		return fmt.Errorf("updating request %s: %w", r.Number, err)
	}
	return nil
}

// Change implements [intake.Tx].
func (t *tx) Change(r *intake.Request, tr intake.Transition, at time.Time) error {
	if err := t.UpdateRequest(r); err != nil {
		return err
	}
	err := t.exec(intake.ErrStatus, `UPDATE requests SET status = $1, changed_at = $2 WHERE id = $3 AND status = $4`,
		string(tr.To()), millis(at), r.ID, string(tr.From()))
	if err != nil {
		return fmt.Errorf("request %s from %s to %s: %w", r.Number, tr.From(), tr.To(), err)
	}
	r.Status, r.ChangedAt = tr.To(), at
	return nil
}

// Decide implements [intake.Tx].
func (t *tx) Decide(r *intake.Request, d intake.Decision, tr intake.Transition) error {
	record, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encoding the decision on request %s: %w", r.Number, err)
	}
	err = t.exec(intake.ErrDecided, `INSERT INTO decisions (request_id, mail_id, verdict, record, sha256, at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (request_id) DO NOTHING`,
		r.ID, d.Mail, string(d.Verdict), string(record), hash(record), millis(d.At))
	if err != nil {
		return fmt.Errorf("deciding request %s: %w", r.Number, err)
	}
	r.Decision = &d
	return t.Change(r, tr, d.At)
}

const requestColumns = `SELECT r.id, r.serial, r.registered_on, r.kind, r.status, r.from_name, r.from_address, r.department,
	r.proven, r.submission, r.plan, r.plan_hash, r.form_name, r.form_mail, r.created_at, r.changed_at, d.record,
	(SELECT string_agg(a.record, ',' ORDER BY a.number) FROM deviations a WHERE a.request_id = r.id)
	FROM requests r LEFT JOIN decisions d ON d.request_id = r.id`

func scanRequest(scan func(...any) error) (*intake.Request, error) {
	var r intake.Request
	var date, submission, plan string
	var record, deviations sql.NullString
	var created, changed int64
	err := scan(&r.ID, &r.Number.Serial, &date, &r.Kind, &r.Status, &r.From.Name, &r.From.Address, &r.Department,
		&r.Proven, &submission, &plan, &r.PlanHash, &r.FormName, &r.FormMail, &created, &changed, &record, &deviations)
	if err != nil {
		return nil, notFound(err)
	}
	r.CreatedAt, r.ChangedAt = fromMillis(created), fromMillis(changed)
	var errs []error
	r.Number.Date, err = forms.ParseDate(date)
	errs = append(errs, err, json.Unmarshal([]byte(submission), &r.Submission), json.Unmarshal([]byte(plan), &r.Plan))
	r.Deviations, err = decodeDeviations(deviations)
	errs = append(errs, err)
	if record.Valid {
		r.Decision = new(intake.Decision)
		errs = append(errs, json.Unmarshal([]byte(record.String), r.Decision))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("decoding request %s: %w", r.Number, err)
	}
	return &r, nil
}

func findRequest(ctx context.Context, q querier, where string, args ...any) (*intake.Request, error) {
	r, err := scanRequest(q.QueryRowContext(ctx, requestColumns+where, args...).Scan)
	if err != nil {
		return nil, fmt.Errorf("finding a request: %w", err)
	}
	return r, nil
}

// Request implements [intake.Tx].
func (t *tx) Request(id int64) (*intake.Request, error) {
	return findRequest(t.ctx, t.q, ` WHERE r.id = $1`, id)
}

// RequestByNumber implements [intake.Tx].
func (t *tx) RequestByNumber(n intake.Number) (*intake.Request, error) {
	return findRequest(t.ctx, t.q, ` WHERE r.year = $1 AND r.serial = $2`, n.Date.Year, n.Serial)
}

// SiteRequest implements [intake.Tx].
func (t *tx) SiteRequest(id string) (*intake.Request, error) {
	return findRequest(t.ctx, t.q, ` WHERE r.site_id = $1 AND r.site_id <> '' AND r.kind = 'create' ORDER BY r.id DESC LIMIT 1`, id)
}

// Standing implements [intake.Tx].
func (t *tx) Standing(siteID string) (*intake.Request, error) {
	return findRequest(t.ctx, t.q, ` WHERE r.site_id = $1 AND r.site_id <> '' AND r.kind = 'create' AND r.status IN ('active', 'closing')
		ORDER BY r.id DESC LIMIT 1`, siteID)
}

// StandingSites implements [intake.Tx].
func (t *tx) StandingSites() ([]*intake.Request, error) {
	return listRequests(t.ctx, t.q, ` WHERE r.kind = 'create' AND r.status = 'active' ORDER BY r.site_id`)
}

// RunningRequest implements [intake.Tx].
func (t *tx) RunningRequest(siteID string, except int64) (*intake.Request, error) {
	return findRequest(t.ctx, t.q, ` WHERE r.site_id = $1 AND r.site_id <> '' AND r.kind = 'create' AND r.id <> $2 AND r.status IN
		('awaiting_approval', 'approved', 'scheduled', 'provisioning', 'stuck') ORDER BY r.id LIMIT 1`, siteID, except)
}

// OpenRequest implements [intake.Tx].
func (t *tx) OpenRequest(purpose string, except int64) (*intake.Request, error) {
	return findRequest(t.ctx, t.q, ` WHERE r.purpose = $1 AND r.purpose <> '' AND r.id <> $2 AND r.status IN
		('awaiting_approval', 'approved', 'scheduled', 'provisioning', 'stuck', 'active') ORDER BY r.id LIMIT 1`, purpose, except)
}

// Partners implements [intake.Store].
func (s *Store) Partners(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT DISTINCT r.partner FROM requests r JOIN decisions d ON d.request_id = r.id
		WHERE d.verdict = 'approve' AND r.kind = 'create' ORDER BY r.partner`)
	if err != nil {
		return nil, fmt.Errorf("listing partners: %w", err)
	}
	var partners []string
	err = each(rows, func() error {
		var name string
		err := rows.Scan(&name)
		partners = append(partners, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing partners: %w", err)
	}
	return partners, nil
}

// Request implements [intake.Store].
func (s *Store) Request(ctx context.Context, id int64) (*intake.Request, error) {
	return findRequest(ctx, s.read, ` WHERE r.id = $1`, id)
}

// RequestByNumber finds a request by its serial in a year.
func (s *Store) RequestByNumber(ctx context.Context, year, serial int) (*intake.Request, error) {
	return findRequest(ctx, s.read, ` WHERE r.year = $1 AND r.serial = $2`, year, serial)
}

// Requests lists requests, the newest first; status "" means all.
func (s *Store) Requests(ctx context.Context, status intake.Status, limit int) ([]*intake.Request, error) {
	return listRequests(ctx, s.read, ` WHERE $1 = '' OR r.status = $1 ORDER BY r.id DESC LIMIT $2`, string(status), limit)
}

func listRequests(ctx context.Context, q querier, where string, args ...any) ([]*intake.Request, error) {
	rows, err := q.QueryContext(ctx, requestColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("listing requests: %w", err)
	}
	var list []*intake.Request
	err = each(rows, func() error {
		r, err := scanRequest(rows.Scan)
		list = append(list, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing requests: %w", err)
	}
	return list, nil
}
