package store

import (
	"encoding/json"
	"fmt"

	"registratura/intake"
)

// AddOffer implements [intake.Tx].
func (t *tx) AddOffer(o intake.OfferedPlan) error {
	plan, err := json.Marshal(o.Plan)
	if err != nil {
		return fmt.Errorf("encoding an offered plan: %w", err)
	}
	_, err = t.q.ExecContext(t.ctx, `INSERT INTO offers (request_id, plan_hash, instead_of, plan, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (request_id, plan_hash) DO UPDATE SET instead_of = excluded.instead_of`,
		o.Request, o.PlanHash, o.InsteadOf, string(plan), millis(o.At))
	if err != nil {
		return fmt.Errorf("recording an offered plan: %w", err)
	}
	return nil
}

// Offer implements [intake.Tx].
func (t *tx) Offer(request int64, planHash string) (intake.OfferedPlan, error) {
	o := intake.OfferedPlan{Request: request, PlanHash: planHash}
	var plan string
	var created int64
	err := t.q.QueryRowContext(t.ctx, `SELECT instead_of, plan, created_at FROM offers WHERE request_id = $1 AND plan_hash = $2`, request, planHash).
		Scan(&o.InsteadOf, &plan, &created)
	if err != nil {
		return o, fmt.Errorf("finding an offered plan: %w", notFound(err))
	}
	o.At = fromMillis(created)
	if err := json.Unmarshal([]byte(plan), &o.Plan); err != nil {
		return o, fmt.Errorf("decoding an offered plan: %w", err)
	}
	return o, nil
}
