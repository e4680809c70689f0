package store

import (
	"log/slog"
	"path/filepath"
	"testing"
)

func TestTablesThatAreMadeAnewKeepTheirRowsAndReferences(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registry.db")
	write, read, err := openSQLite(file)
	if err != nil {
		t.Fatal(err)
	}
	old := &Store{write: write, read: read, dialect: sqliteDialect, log: slog.New(slog.DiscardHandler)}
	provider, err := old.migrator()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	for _, insert := range []string{
		`INSERT INTO mails (id, mailbox, uid_validity, uid, received_at, size, sha256) VALUES (1, 'INBOX', 1, 1, 0, 0, 'x')`,
		`INSERT INTO requests (id, year, serial, registered_on, kind, status, from_name, from_address, department, partner, proven,
			submission, plan, plan_hash, purpose, site_id, form_name, form_mail, created_at, changed_at)
			VALUES (7, 2026, 42, '2026-11-23', 'create', 'active', 'n', 'a', 'd', 'p', 'dmarc', '{}', '{}', 'h', 'u', 's', 'f', 1, 5, 6)`,
		`INSERT INTO tokens (hash, purpose, request_id, address, plan_hash, verdict, reason, created_at, expires_at) VALUES ('t', 'decides', 7, 'a', 'h', '', '', 1, 2)`,
		`INSERT INTO offers (request_id, plan_hash, instead_of, plan, created_at) VALUES (7, 'h', 'i', '{}', 1)`,
	} {
		if _, err := write.Exec(insert); err != nil {
			t.Fatalf("%s: %v", insert, err)
		}
	}
	read.Close()
	write.Close()

	s, err := Open(t.Context(), file, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := s.RequestByNumber(t.Context(), 2026, 42)
	if err != nil || r.ID != 7 || r.Status != "active" || r.CreatedAt.UnixMilli() != 5 {
		t.Errorf("the request is now %+v (%v)", r, err)
	}
	var tokens int
	if err := s.write.QueryRow(`SELECT COUNT(*) FROM tokens WHERE hash = 't' AND request_id = 7 AND spent_at IS NULL`).Scan(&tokens); err != nil || tokens != 1 {
		t.Errorf("%d tokens are kept (%v)", tokens, err)
	}
	for _, insert := range []string{
		`INSERT INTO tokens (hash, purpose, request_id, address, plan_hash, verdict, reason, created_at, expires_at) VALUES ('u', 'reviews', 8, 'a', 'h', '', '', 1, 2)`,
		`INSERT INTO offers (request_id, plan_hash, instead_of, plan, created_at) VALUES (8, 'h', 'i', '{}', 1)`,
	} {
		if _, err := s.write.Exec(insert); err == nil {
			t.Errorf("a row refers to a request that is not there: %s", insert)
		}
	}
}
