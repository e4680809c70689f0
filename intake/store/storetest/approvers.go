package storetest

import (
	"errors"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

const (
	mayorAddress = "primar@primaria.test"
	viceAddress  = "viceprimar@primaria.test"
)

func delegations(t *testing.T, s intake.Store) {
	mail := receive(t, s, mail(1, "deleg"))[0].ID
	november := func(day int) forms.Date { return forms.Date{Year: 2026, Month: time.November, Day: day} }
	first := intake.Delegation{Approver: mayorAddress, Delegate: viceAddress, Days: intake.Days{First: november(23), Last: november(27)}, Mail: mail, At: start}
	second := intake.Delegation{Approver: viceAddress, Delegate: mayorAddress, Days: intake.Days{First: november(29), Last: november(30)}, Mail: mail, At: start}
	transact(t, s, func(tx intake.Tx) error { return errors.Join(tx.AddDelegation(first), tx.AddDelegation(second)) })
	lasting := func(day int) []intake.Delegation {
		var list []intake.Delegation
		transact(t, s, func(tx intake.Tx) (err error) {
			list, err = tx.Delegations(november(day))
			return err
		})
		return list
	}
	same(t, "on the last day", lasting(27), []intake.Delegation{first, second})
	same(t, "the day after", lasting(28), []intake.Delegation{second})
	transact(t, s, func(tx intake.Tx) error { return tx.EndDelegations(mayorAddress, start) })
	same(t, "after the first one's end", lasting(23), []intake.Delegation{second})
}

func openQuestions(t *testing.T, s intake.Store) {
	var waiting, offered *intake.Request
	for serial := 1; serial <= 4; serial++ {
		r := registered(t, s, serial)
		transact(t, s, func(tx intake.Tx) error {
			k := intake.Token{Hash: r.Plan.Site.ID, Purpose: intake.Decides, Request: r.ID, Address: mayorAddress, PlanHash: r.PlanHash,
				CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
			switch serial {
			case 1:
				waiting = r
				again := k
				again.Hash = "again"
				must(t, tx.AddToken(again))
			case 2:
				k.Purpose = intake.ConfirmsDecision
			case 3:
				offered = r
				k.PlanHash = "another plan, that was offered"
			case 4:
				must(t, tx.AddToken(k))
				return nil // not waiting for a decision
			}
			must(t, tx.AddToken(k))
			return tx.Change(r, transition(t, intake.StatusReceived, intake.StatusAwaitingApproval), start)
		})
	}
	open := func(address string, at time.Time) []int64 {
		var ids []int64
		transact(t, s, func(tx intake.Tx) (err error) {
			ids, err = tx.OpenQuestions(address, at)
			return err
		})
		return ids
	}
	same(t, "the mayor's", open(mayorAddress, start), []int64{waiting.ID, offered.ID})
	same(t, "somebody else's", open(viceAddress, start), []int64(nil))
	same(t, "those after they expired", open(mayorAddress, start.Add(time.Hour)), []int64(nil))
	transact(t, s, func(tx intake.Tx) error { return tx.SpendTokens(waiting.ID, start) })
	same(t, "those after the answer to one", open(mayorAddress, start), []int64{offered.ID})
}

func approvals(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	yes := intake.Decision{Verdict: intake.Approve, Approver: intake.Person{Address: mayorAddress}, Mail: r.FormMail, Evidence: "Aprob.", PlanHash: r.PlanHash, At: start}
	other := yes
	other.PlanHash = "another plan"
	transact(t, s, func(tx intake.Tx) error { return errors.Join(tx.AddApproval(r.ID, yes), tx.AddApproval(r.ID, other)) })
	if err := s.Transact(t.Context(), func(tx intake.Tx) error { return tx.AddApproval(r.ID, yes) }); !errors.Is(err, intake.ErrDecided) {
		t.Errorf("a second approval: %v", err)
	}
	transact(t, s, func(tx intake.Tx) error {
		got, err := tx.Approvals(r.ID, r.PlanHash)
		same(t, "approvals", got, []intake.Decision{yes})
		return err
	})
}

func suspicions(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	add := func(told, warned bool, at time.Time) {
		transact(t, s, func(tx intake.Tx) error {
			return tx.AddSuspicion(intake.Suspicion{Request: r.ID, Mail: r.FormMail, Why: intake.Replayed, Approver: mayorAddress, From: "x@y", Told: told, Warned: warned, At: at})
		})
	}
	last := func(request int64, approver string, why intake.SuspectWhy) (list []any) {
		transact(t, s, func(tx intake.Tx) error {
			at, since, err := tx.LastTold(request, why)
			must(t, err)
			list = append(list, at.Sub(start), since)
			at, since, err = tx.LastWarned(approver, why)
			list = append(list, at.Sub(start), since)
			return err
		})
		return list
	}
	never := time.Time{}.Sub(start)
	same(t, "before the first", last(r.ID, mayorAddress, intake.Replayed), []any{never, 0, never, 0})
	add(true, true, start)
	add(false, false, start.Add(time.Minute))
	add(true, false, start.Add(2*time.Minute))
	add(false, false, start.Add(3*time.Minute))
	same(t, "after four", last(r.ID, mayorAddress, intake.Replayed), []any{2 * time.Minute, 1, time.Duration(0), 3})
	same(t, "of another kind", last(r.ID, mayorAddress, intake.OtherSender), []any{never, 0, never, 0})
	same(t, "about none, of another person", last(0, viceAddress, intake.Replayed), []any{never, 0, never, 0})
}
