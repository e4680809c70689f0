package storetest

import (
	"fmt"
	"testing"
	"time"

	"registratura/intake"
)

func purge(t *testing.T, s intake.Store) {
	var mails []intake.IncomingMail
	for uid := range uint32(5) {
		mails = append(mails, mail(uid, fmt.Sprint("mail ", uid)))
	}
	for i, m := range receive(t, s, mails...) {
		transact(t, s, func(tx intake.Tx) error {
			return tx.Settle(m.ID, intake.Settlement{Fate: intake.FateAnswered, At: start.Add(time.Duration(i) * time.Hour)})
		})
	}
	do := func(before time.Time) (done intake.Purged) {
		transact(t, s, func(tx intake.Tx) (err error) {
			done, err = tx.Purge(intake.Purge{At: start.AddDate(1, 0, 0), OtherMails: before, Most: 2})
			return err
		})
		return done
	}
	left := func() (n int) {
		for id := range int64(5) {
			raw, err := s.MailBytes(t.Context(), id+1)
			must(t, err)
			if len(raw) > 0 {
				n++
			}
		}
		return n
	}
	same(t, "before anything is over", do(start), intake.Purged{})
	first := do(start.Add(3 * time.Hour))
	if first.Mails != 2 || !first.More || first.ID == 0 || first.Left == "" || left() != 3 {
		t.Errorf("the first portion is %+v, of 5 mails are left %d", first, left())
	}
	if second := do(start.Add(3 * time.Hour)); second.Mails != 1 || second.More || second.ID == first.ID || left() != 2 {
		t.Errorf("the second portion is %+v, of 5 mails are left %d", second, left())
	}
	same(t, "when all is done", do(start.Add(3*time.Hour)), intake.Purged{})
	// What came once is known, also after it was purged.
	if pending := receive(t, s, mail(9, "mail 0")); len(pending) != 0 {
		t.Errorf("a purged mail that came again is handled again: %+v", pending)
	}
}
