package storetest

import (
	"errors"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

func deviations(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	other := registered(t, s, 2)
	out := intake.Deviation{Number: 0, Address: "a@b.test", By: "IT", Why: "fiindcă, „nu”", At: start}
	moved := intake.Deviation{Number: 1, Address: "c@b.test", NewAddress: "d@b.test", By: "x@y.test", Mail: 3, At: start.Add(time.Minute)}
	transact(t, s, func(tx intake.Tx) error {
		return errors.Join(tx.RecordDeviation(r.ID, moved), tx.RecordDeviation(r.ID, out), // in another order
			tx.RecordDeviation(other.ID, intake.Deviation{Address: "e@b.test", At: start}))
	})
	got, err := s.Request(t.Context(), r.ID)
	must(t, err)
	same(t, "deviations", got.Deviations, []intake.Deviation{out, moved})
	moved.DoneAt = start.Add(time.Hour)
	transact(t, s, func(tx intake.Tx) error { return tx.RecordDeviation(r.ID, moved) })
	transact(t, s, func(tx intake.Tx) error {
		got, err := tx.Request(r.ID)
		must(t, err)
		same(t, "deviations after one is done", got.Deviations, []intake.Deviation{out, moved})
		if got.PlanHash != r.PlanHash {
			t.Error("the plan was changed")
		}
		return nil
	})
}

func troubles(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	transact(t, s, func(tx intake.Tx) error {
		if _, err := tx.Trouble(r.ID); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("before the first: %v", err)
		}
		must(t, tx.RecordTrouble(r.ID, intake.Trouble{Holds: []intake.Hold{{Why: intake.HoldHead, Name: "Ană"}}, At: start}))
		last := intake.Trouble{At: start.Add(time.Hour),
			Failures:    []intake.Failure{{Err: "site"}, {Member: &intake.Member{Name: "Ană", Address: "a@b", Side: intake.PartnerSide, Rights: forms.RightRead}, Err: "503"}},
			Differences: []intake.Difference{{Address: "x@y", Granted: forms.RightRead | forms.RightWrite}}}
		must(t, tx.RecordTrouble(r.ID, last))
		got, err := tx.Trouble(r.ID)
		same(t, "the latest trouble", got, last)
		return err
	})
}

func undelivered(t *testing.T, s intake.Store) {
	r := registered(t, s, 1)
	mail := receive(t, s, mail(90, "bounce"))[0].ID
	notice := func(tx intake.Tx, request int64, to, id string) int64 {
		n, err := tx.AddNotice(intake.OutgoingMail{Request: request, Kind: "access", To: to, MessageID: id, Raw: []byte(id), CreatedAt: start})
		must(t, err)
		return n
	}
	transact(t, s, func(tx intake.Tx) error {
		first, second := notice(tx, r.ID, "a@b", "1"), notice(tx, r.ID, "a@b", "2")
		notice(tx, r.ID, "c@d", "3")
		about := notice(tx, 0, "a@b", "4")
		latest, err := tx.LatestNotice(r.ID, "a@b")
		must(t, err)
		same(t, "the latest notice", latest.ID, second)
		if _, err := tx.LatestNotice(r.ID, "x@y"); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("a notice to nobody: %v", err)
		}
		add := func(u intake.UndeliveredMail, want bool) {
			t.Helper()
			news, err := tx.AddUndelivered(u)
			must(t, err)
			same(t, "is news", news, want)
		}
		guessed := intake.UndeliveredMail{Notice: second, Request: r.ID, Kind: "access", Address: "a@b", Reason: "?", Mail: mail, At: start}
		add(guessed, true)
		add(guessed, false)
		sure := guessed
		sure.Sure, sure.Reason, sure.At = true, "5.1.1 no such user", start.Add(time.Minute)
		add(sure, true)
		add(sure, false)
		add(guessed, false)
		refused := intake.UndeliveredMail{Notice: first, Request: r.ID, Kind: "access", Address: "a@b", Reason: "550", Sure: true, At: start}
		add(refused, true)
		add(intake.UndeliveredMail{Notice: about, Kind: "blank_forms", Address: "a@b", Sure: true, At: start}, true)
		list, err := tx.Undelivered(r.ID)
		same(t, "undelivered", list, []intake.UndeliveredMail{refused, sure})
		return err
	})
}
