package extranet

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWritesThatAreCommittedTogetherAreEachAllOrNothing holds the committer up
// with one write, so that all the others are one batch.
func TestWritesThatAreCommittedTogetherAreEachAllOrNothing(t *testing.T) {
	var synced []string
	db, err := openDatabase(t.TempDir(), func(dir string) error {
		synced = append(synced, dir)
		if dir == "broken" {
			return errors.New("the disk is broken")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	account := func(address string) func(tx *sql.Tx) error {
		return func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT INTO accounts (address, name, created_at) VALUES (?, '', 0)`, address)
			return err
		}
	}
	holding, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := db.write(func(*sql.Tx) error { close(holding); <-release; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-holding
	writes := []struct {
		dir   string
		f     func(tx *sql.Tx) error
		fails bool
	}{
		{"", account("a@x"), false},
		{"", func(tx *sql.Tx) error { account("half@x")(tx); return errors.New("no") }, true},
		{"one", account("b@x"), false},
		{"", func(tx *sql.Tx) error { account("panic@x")(tx); panic("no") }, true},
		{"broken", account("unsynced@x"), true},
		{"", func(tx *sql.Tx) error { return errors.Join(account("twice@x")(tx), account("twice@x")(tx)) }, true},
		{"one", account("c@x"), false},
	}
	for i, w := range writes {
		all.Go(func() {
			if err := db.writeAfterSync(w.dir, w.f); (err != nil) != w.fails {
				t.Errorf("write %d: %v", i, err)
			}
		})
		waitUntil(t, func() bool { return len(db.commits.queue) == i+1 })
	}
	close(release)
	all.Wait()
	if diff := cmp.Diff([]string{"one", "broken"}, synced); diff != "" {
		t.Errorf("folders synced (-want +got):\n%s", diff)
	}
	var accounts string
	if err := db.reader.QueryRow(`SELECT group_concat(address, ' ') FROM (SELECT address FROM accounts ORDER BY address)`).Scan(&accounts); err != nil {
		t.Fatal(err)
	}
	if accounts != "a@x b@x c@x" {
		t.Errorf("there are the accounts %s", accounts)
	}

	// Those who come while it is closed, or after, are told, and wait for nothing.
	for i := range 20 {
		all.Go(func() {
			if err := db.write(account(fmt.Sprintf("late%d@x", i))); err != nil && !errors.Is(err, errClosed) {
				t.Error(err)
			}
		})
	}
	if err := db.close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if err := db.write(account("after@x")); !errors.Is(err, errClosed) {
		t.Errorf("after it was closed: %v", err)
	}
}
