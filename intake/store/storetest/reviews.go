package storetest

import (
	"errors"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

func reviews(t *testing.T, s intake.Store) {
	day := func(d int) forms.Date { return forms.Date{Year: 2027, Month: time.November, Day: d} }
	read := func(site string) (r intake.ReviewRecord, err error) {
		transact(t, s, func(tx intake.Tx) error {
			r, err = tx.Review(site)
			return nil
		})
		return r, err
	}
	if _, err := read("spital"); !errors.Is(err, intake.ErrNotFound) {
		t.Errorf("before there is one: %v, want ErrNotFound", err)
	}
	for _, r := range []intake.ReviewRecord{
		{Site: "spital", State: intake.ReviewAsked, AskedOn: day(23), Reminders: 2, SuspendOn: day(30)},
		{Site: "spital", State: intake.ReviewSuspended, Reviewed: day(1), AskedOn: day(23), SuspendOn: day(30)},
		{Site: "spital", State: intake.ReviewResuming, Reviewed: day(30)},
		{Site: "spital", State: intake.ReviewChanging, Reviewed: day(30)},
		{Site: "spital", Reviewed: day(30)},
	} {
		other := r
		other.Site, other.Reminders = "alt", 7
		transact(t, s, func(tx intake.Tx) error { return errors.Join(tx.SaveReview(r), tx.SaveReview(other)) })
		got, err := read("spital")
		must(t, err)
		same(t, "review", got, r)
	}
}
