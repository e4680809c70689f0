package store

import (
	"encoding/json"
	"fmt"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// AddDelegation implements [intake.Tx].
func (t *tx) AddDelegation(d intake.Delegation) error {
	_, err := t.q.ExecContext(t.ctx, `INSERT INTO delegations (approver, delegate, first_day, last_day, mail_id, at)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		d.Approver, d.Delegate, d.Days.First.String(), d.Days.Last.String(), d.Mail, millis(d.At))
	if err != nil {
		return fmt.Errorf("recording a delegation: %w", err)
	}
	return nil
}

// EndDelegations implements [intake.Tx].
func (t *tx) EndDelegations(approver string, at time.Time) error {
	_, err := t.q.ExecContext(t.ctx, `UPDATE delegations SET ended_at = $1 WHERE approver = $2 AND ended_at IS NULL`, millis(at), approver)
	if err != nil {
		return fmt.Errorf("ending the delegations of %s: %w", approver, err)
	}
	return nil
}

// Delegations implements [intake.Tx].
func (t *tx) Delegations(from forms.Date) ([]intake.Delegation, error) {
	rows, err := t.q.QueryContext(t.ctx, `SELECT approver, delegate, first_day, last_day, mail_id, at FROM delegations
		WHERE ended_at IS NULL AND last_day >= $1 ORDER BY id`, from.String())
	if err != nil {
		return nil, fmt.Errorf("listing delegations: %w", err)
	}
	var list []intake.Delegation
	err = each(rows, func() error {
		var d intake.Delegation
		var first, last string
		var at int64
		err := rows.Scan(&d.Approver, &d.Delegate, &first, &last, &d.Mail, &at)
		if err != nil {
			return err
		}
		d.At = fromMillis(at)
		if d.Days.First, err = forms.ParseDate(first); err != nil {
			return err
		}
		d.Days.Last, err = forms.ParseDate(last)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing delegations: %w", err)
	}
	return list, nil
}

// OpenQuestions implements [intake.Tx].
func (t *tx) OpenQuestions(address string, at time.Time) ([]int64, error) {
	rows, err := t.q.QueryContext(t.ctx, `SELECT DISTINCT r.id FROM tokens k JOIN requests r ON r.id = k.request_id
		WHERE k.address = $1 AND k.purpose = $2 AND k.spent_at IS NULL AND k.expires_at > $3
		AND r.status = $4 ORDER BY r.id`,
		address, string(intake.Decides), millis(at), string(intake.StatusAwaitingApproval))
	if err != nil {
		return nil, fmt.Errorf("listing the open questions of %s: %w", address, err)
	}
	var ids []int64
	err = each(rows, func() error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the open questions of %s: %w", address, err)
	}
	return ids, nil
}

// AddApproval implements [intake.Tx].
func (t *tx) AddApproval(request int64, d intake.Decision) error {
	record, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encoding an approval: %w", err)
	}
	err = t.exec(intake.ErrDecided, `INSERT INTO approvals (request_id, approver, plan_hash, mail_id, record, at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (request_id, plan_hash, approver) DO NOTHING`,
		request, d.Approver.Address, d.PlanHash, d.Mail, string(record), millis(d.At))
	if err != nil {
		return fmt.Errorf("recording an approval of request %d: %w", request, err)
	}
	return nil
}

// Approvals implements [intake.Tx].
func (t *tx) Approvals(request int64, planHash string) ([]intake.Decision, error) {
	rows, err := t.q.QueryContext(t.ctx, `SELECT record FROM approvals WHERE request_id = $1 AND plan_hash = $2 ORDER BY at, mail_id`, request, planHash)
	if err != nil {
		return nil, fmt.Errorf("listing the approvals of request %d: %w", request, err)
	}
	var list []intake.Decision
	err = each(rows, func() error {
		var record string
		var d intake.Decision
		if err := rows.Scan(&record); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(record), &d)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the approvals of request %d: %w", request, err)
	}
	return list, nil
}

// AddSuspicion implements [intake.Tx].
func (t *tx) AddSuspicion(s intake.Suspicion) error {
	_, err := t.q.ExecContext(t.ctx, `INSERT INTO suspicions (request_id, mail_id, why, approver, from_addresses, told, warned, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		orNull(s.Request), s.Mail, string(s.Why), s.Approver, s.From, s.Told, s.Warned, millis(s.At))
	if err != nil {
		return fmt.Errorf("recording a suspicion: %w", err)
	}
	return nil
}

// LastTold implements [intake.Tx].
func (t *tx) LastTold(request int64, why intake.SuspectWhy) (at time.Time, since int, err error) {
	return t.lastSuspicion(`SELECT COALESCE(MAX(at), 0), COALESCE(MAX(id), 0) FROM suspicions WHERE COALESCE(request_id, 0) = $1 AND why = $2 AND told = 1`,
		`SELECT COUNT(*) FROM suspicions WHERE COALESCE(request_id, 0) = $1 AND why = $2 AND id > $3`, request, string(why))
}

// LastWarned implements [intake.Tx].
func (t *tx) LastWarned(approver string, why intake.SuspectWhy) (at time.Time, since int, err error) {
	return t.lastSuspicion(`SELECT COALESCE(MAX(at), 0), COALESCE(MAX(id), 0) FROM suspicions WHERE approver = $1 AND why = $2 AND warned = 1`,
		`SELECT COUNT(*) FROM suspicions WHERE approver = $1 AND why = $2 AND id > $3`, approver, string(why))
}

func (t *tx) lastSuspicion(last, count string, args ...any) (at time.Time, since int, err error) {
	var ms, id int64
	if err = t.q.QueryRowContext(t.ctx, last, args...).Scan(&ms, &id); err == nil {
		err = t.q.QueryRowContext(t.ctx, count, append(args, id)...).Scan(&since)
	}
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("looking for earlier suspicions: %w", err)
	}
	return fromMillis(ms), since, nil
}
