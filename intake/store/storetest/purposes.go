package storetest

import (
	"errors"
	"testing"
	"time"

	"registratura/intake"
)

// otherQuestions looks at tokens that are no questions to approvers; in the end none
// of them is open.
func otherQuestions(t *testing.T, s intake.Store, r *intake.Request) {
	work := intake.Token{Hash: "w2", Purpose: intake.DoesWork, Request: r.ID, Address: "it@primaria.test", PlanHash: "work", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	again := work
	again.Hash, again.CreatedAt = "w1", start.Add(time.Second)
	review := work
	review.Hash, review.Purpose = "r1", intake.Reviews
	open := func(what string, p intake.Purpose, wantIDs []int64, want ...intake.Token) {
		t.Helper()
		transact(t, s, func(tx intake.Tx) error {
			got, err := tx.TokensFor(r.ID, p)
			must(t, err)
			same(t, what, got, want)
			ids, err := tx.RequestsAsked(p)
			same(t, what+", the requests", ids, wantIDs)
			return err
		})
	}
	open("before there are any", intake.DoesWork, nil)
	transact(t, s, func(tx intake.Tx) error {
		return errors.Join(tx.AddToken(work), tx.AddToken(again), tx.AddToken(review))
	})
	open("work", intake.DoesWork, []int64{r.ID}, work, again)
	open("reviews", intake.Reviews, []int64{r.ID}, review)
	transact(t, s, func(tx intake.Tx) error { return tx.SpendPurpose(r.ID, intake.DoesWork, start) })
	open("work, after it is spent", intake.DoesWork, nil)
	open("reviews, after the work is spent", intake.Reviews, []int64{r.ID}, review)
	transact(t, s, func(tx intake.Tx) error { return tx.SpendPurpose(r.ID, intake.Reviews, start) })
}
