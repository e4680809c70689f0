package storetest

import (
	"errors"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

func closings(t *testing.T, s intake.Store) {
	mail := receive(t, s, mail(1, "a"))[0]
	transact(t, s, func(tx intake.Tx) error {
		insert := func(serial int, kind forms.Kind, status intake.Status) *intake.Request {
			r := request(mail.ID, serial)
			r.Kind, r.Plan.Site.ID, r.Status = kind, "a", status
			must(t, tx.InsertRequest(r))
			return r
		}
		insert(1, forms.Create, intake.StatusClosing)
		first := insert(2, forms.Close, intake.StatusClosing)
		insert(3, forms.Close, intake.StatusReturned)
		insert(4, forms.Close, intake.StatusWithdrawn)
		second := insert(5, forms.Close, intake.StatusStuck)
		insert(6, forms.Close, intake.StatusClosed)
		list, err := tx.Closings()
		must(t, err)
		var ids []int64
		for _, r := range list {
			ids = append(ids, r.ID)
		}
		same(t, "open closings", ids, []int64{first.ID, second.ID})

		none, err := tx.Closing(first.ID)
		must(t, err)
		same(t, "of which nothing came yet", none, intake.Closing{})
		want := intake.Closing{Export: &intake.Export{Place: "Arhiva", Folder: "/srv/arhiva/a", Files: 3, Bytes: 1 << 40, ArchiveSHA256: "aa",
			ManifestSHA256: "bb", KeySHA256: "cc", At: start}, KeepUntil: forms.Date{Year: 2026, Month: time.December, Day: 23}, LinkHash: "dd", LinkUntil: start}
		must(t, tx.SetClosing(first.ID, want))
		got, err := tx.Closing(first.ID)
		must(t, err)
		same(t, "closing", got, want)
		id, err := tx.ClosingOfLink("dd")
		if err != nil || id != first.ID {
			t.Errorf("the link leads to %d (%v), want %d", id, err, first.ID)
		}
		want.LinkHash, want.Deleting = "", true
		must(t, tx.SetClosing(first.ID, want))
		got, err = tx.Closing(first.ID)
		must(t, err)
		same(t, "closing, changed", got, want)
		for _, hash := range []string{"dd", "", "x"} {
			if _, err := tx.ClosingOfLink(hash); !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("link %q: %v, want ErrNotFound", hash, err)
			}
		}
		return nil
	})
}
