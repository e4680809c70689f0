package extranet

import (
	"path/filepath"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

func TestJournalAndAccountsWithoutASiteAreDeletedWhenTheirTimeIsOver(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.JournalKept, c.AccountsKept = intake.Period{Months: 12}, intake.Period{Months: 60}
		c.IT = []intake.Person{{Name: "Serviciul TIC", Address: "it@das.example"}}
		c.Registry = nil
	})
	w.site("alfa")
	w.member("alfa", "ana@das.example", forms.RightRead|forms.RightWrite)
	w.member("alfa", "dan@das.example", forms.RightRead)
	count := func(table string) (n int) {
		t.Helper()
		if err := w.db.reader.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	accounts := count("accounts")
	add := func() {
		t.Helper()
		if _, err := w.db.writer.Exec(`INSERT INTO journal (site_id, at, address, action, path) VALUES ('alfa', ?, 'ana@das.example', 'upload', '/a')`, millis(w.clock.now())); err != nil {
			t.Fatal(err)
		}
	}
	add()
	w.clock.advance(200 * 24 * time.Hour)
	add()
	if err := w.RemoveMember(t.Context(), "alfa", "dan@das.example"); err != nil {
		t.Fatal(err)
	}
	keep := func(wantEntries, wantAccounts int) {
		t.Helper()
		if err := w.Housekeep(); err != nil {
			t.Fatal(err)
		}
		if n := count("journal"); n != wantEntries {
			t.Errorf("%d entries of the journal are left, want %d", n, wantEntries)
		}
		if n := count("accounts"); n != wantAccounts {
			t.Errorf("%d accounts are left, want %d", n, wantAccounts)
		}
	}
	keep(2, accounts)
	w.clock.advance(200 * 24 * time.Hour)
	keep(1, accounts)
	w.clock.advance(5 * 366 * 24 * time.Hour)
	keep(0, accounts-1) // Dan's; Ana is on the list, and IT is IT
	var left int
	if err := w.db.reader.QueryRow(`SELECT count(*) FROM accounts WHERE address = 'dan@das.example'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("the account without a site is still there (%v)", err)
	}
}

func TestAPersonIsToldWhatIsHeldAboutThem(t *testing.T) {
	w := newWorld(t)
	w.site("alfa")
	w.site("beta")
	w.member("alfa", "ana@das.example", forms.RightRead|forms.RightWrite)
	w.member("beta", "dan@das.example", forms.RightRead)
	if _, err := w.db.writer.Exec(`INSERT INTO journal (site_id, at, address, action, path) VALUES ('beta', 5, 'ana@das.example', 'upload', '/a'), ('beta', 9, 'dan@das.example', 'upload', '/b')`); err != nil {
		t.Fatal(err)
	}
	d, err := ReadPerson(t.Context(), w.config.Dir, "ANA@das.example") // while it is open
	if err != nil {
		t.Fatal(err)
	}
	if d.Account == nil || d.Account.CreatedAt.IsZero() || d.Account.Sessions != 0 || d.Account.SecondFactor {
		t.Errorf("the account is %+v", d.Account)
	}
	if len(d.Sites) != 1 || d.Sites[0].ID != "alfa" || d.Sites[0].Rights != forms.RightRead|forms.RightWrite {
		t.Errorf("sites: %+v", d.Sites)
	}
	if len(d.Traces) != 1 || d.Traces[0].Site != "beta" || d.Traces[0].Entries != 1 || d.Traces[0].Last.UnixMilli() != 5 {
		t.Errorf("traces: %+v", d.Traces)
	}
	for name, dir := range map[string]string{"a stranger": w.config.Dir, "no extranet": filepath.Join(t.TempDir(), "none")} {
		if d, err := ReadPerson(t.Context(), dir, "nimeni@altundeva.test"); err != nil || d.Account != nil || len(d.Sites)+len(d.Traces) != 0 {
			t.Errorf("%s: %+v (%v)", name, d, err)
		}
	}
}
