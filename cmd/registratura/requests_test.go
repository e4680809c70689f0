package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"registratura/cmd/registratura/play"
	"registratura/forms"
	"registratura/intake"
	"registratura/intake/store"
)

// stuckRequests makes a database as the daemon leaves it, with requests that
// are stuck for these reasons, and returns the configuration.
func stuckRequests(t *testing.T, troubles ...intake.Trouble) (config string, s *store.Store) {
	t.Helper()
	dir := t.TempDir()
	config = filepath.Join(dir, "registratura.toml")
	data := filepath.Join(dir, "data")
	write(t, config, play.Config(play.Setup{IMAP: "127.0.0.1:143", SMTP: "127.0.0.1:25", AuthservID: "mx", DataDir: data, Listen: "127.0.0.1:8080"}))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(data, 0o700))
	s, err := store.Open(t.Context(), filepath.Join(data, "registratura.db"), slog.New(slog.DiscardHandler))
	must(err)
	t.Cleanup(func() { s.Close() })
	must(s.Receive(t.Context(), []intake.IncomingMail{{Ref: intake.MailRef{Mailbox: "INBOX", UIDValidity: 1, UID: 1}, Raw: []byte("form"), Size: 4, ReceivedAt: time.Now()}}))
	mails, err := s.Pending(t.Context(), time.Now().Add(time.Hour), 1)
	must(err)
	for i, trouble := range troubles {
		r := &intake.Request{Number: intake.Number{Serial: i + 1, Date: forms.DateOf(time.Now())}, Kind: forms.Create, Status: intake.StatusStuck,
			From: intake.Person{Name: "Ion", Address: "ion@primaria.test"}, Department: "Direcția de altădată", FormMail: mails[0].ID,
			Plan: intake.Plan{Site: intake.Site{ID: "s" + string(rune('a'+i))}, Members: []intake.Member{{Name: "Ana", Address: "ana@x.test"}, {Name: "Dan", Address: "dan@x.test"}}}}
		hash, err := intake.HashPlan(r.Submission, r.Plan)
		must(err)
		r.PlanHash = hash
		must(s.Transact(t.Context(), func(tx intake.Tx) error {
			if err := tx.InsertRequest(r); err != nil {
				return err
			}
			return tx.RecordTrouble(r.ID, trouble)
		}))
	}
	return config, s
}

func TestWhatITCanDoWithAStuckRequest(t *testing.T) {
	ana := intake.Member{Name: "Ana", Address: "ana@x.test"}
	config, _ := stuckRequests(t,
		intake.Trouble{Failures: []intake.Failure{{Member: &ana, Err: "503"}}},
		intake.Trouble{Failures: []intake.Failure{{Err: "disk full"}}},
		intake.Trouble{Holds: []intake.Hold{{Why: intake.HoldDepartment, Name: "Direcția de altădată"}}})
	for _, c := range []struct {
		name      string
		args      []string
		code      int
		out, errs string
	}{
		{"skipping needs a reason", []string{"skip", "1"}, 2, "", "--reason"},
		{"who failed is skipped", []string{"skip", "1", "--reason", "nu se poate"}, 0, "ana@x.test is left out and gets no access", ""},
		{"who was skipped is shown", []string{"show", "1"}, 0, "ana@x.test  is left out, without access", ""},
		{"who was skipped is shown to scripts", []string{"show", "1", "--json"}, 0, `"deviations":[{"number":0,"address":"ana@x.test"`, ""},
		{"a second time it says why not", []string{"skip", "1", "--reason", "nu se poate"}, 1, "", "is provisioning: only in a stuck one"},
		{"a site is not skipped", []string{"skip", "2", "--reason", "nu se poate"}, 1, "", "the site itself failed"},
		{"trying again while it is tried is no mistake", []string{"retry", "1"}, 0, "at it already", ""},
		{"it is tried again", []string{"retry", "2"}, 0, "will try again", ""},
		{"what is held is not tried again before it is mended", []string{"retry", "3"}, 1, "", "--anyway REASON"},
		{"cancelling needs a reason", []string{"cancel", "3"}, 2, "", "--reason"},
		{"it is cancelled", []string{"cancel", "3", "--reason", "nu mai trebuie"}, 0, "request 3/", ""},
		{"it is cancelled once", []string{"cancel", "3", "--reason", "nu mai trebuie"}, 0, "was cancelled before", ""},
		{"what is cancelled is not tried again", []string{"retry", "3", "--anyway", "da"}, 1, "", "is withdrawn"},
		{"only a number is one", []string{"cancel", "x", "--reason", "da"}, 1, "", "is not a registration number"},
		{"there must be such a request", []string{"cancel", "9", "--reason", "da"}, 1, "", "there is no request nr. 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := command(t, append([]string{"requests", "--config", config}, c.args...)...)
			if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) {
				t.Errorf("exit code %d, want %d\nout: %s\nerr: %s", code, c.code, out, errs)
			}
		})
	}
	if code, out, errs := command(t, "audit", "--config", config, "verify"); code != 0 {
		t.Errorf("audit verify after it: %d\n%s%s", code, out, errs)
	}
}
