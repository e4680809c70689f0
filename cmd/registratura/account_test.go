package main

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // the test looks into the extranet's database

	"registratura/cmd/registratura/config"
	"registratura/cmd/registratura/play"
)

func TestCodesAtLoginAreTurnedOffBesideTheRunningDaemon(t *testing.T) {
	host := embeddedHost(t, nil)
	p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
	p.start()
	ctx := testContext(t, time.Minute)
	await(t, ctx, "the extranet answers", func() bool {
		resp, err := http.Get(p.url + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	cfg, err := config.Load(p.config)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(cfg.SitesDir(), "extranet.db")+"?_foreign_keys=on&_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	reset := func() (int, string, string) {
		return command(t, "account", "reset-totp", strings.ToUpper(play.IT), "--config", p.config)
	}
	if code, _, errs := reset(); code != 1 || !strings.Contains(errs, "asks for no codes") {
		t.Errorf("of an account without codes: exit code %d, %s", code, errs)
	}
	if code, _, errs := command(t, "account", "reset-totp", "nimeni@altundeva.test", "--config", p.config); code != 1 || !strings.Contains(errs, "no account") {
		t.Errorf("of no account: exit code %d, %s", code, errs)
	}
	for _, insert := range []string{
		`INSERT INTO second_factors (address, secret, confirmed_at) VALUES (?, x'00', 1)`,
		`INSERT INTO recovery_codes (address, hash) VALUES (?, x'01')`,
		`INSERT INTO sessions (hash, address, created_at, seen_at, expires_at) VALUES (x'02', ?, 1, 1, 1)`,
	} {
		if _, err := db.Exec(insert, play.IT); err != nil {
			t.Fatal(err)
		}
	}
	if code, out, errs := reset(); code != 0 || !strings.Contains(out, "password alone") {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	var left int
	err = db.QueryRow(`SELECT (SELECT count(*) FROM second_factors) + (SELECT count(*) FROM recovery_codes) + (SELECT count(*) FROM sessions)`).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("%d rows are left (%v)", left, err)
	}
	registry, err := sql.Open("sqlite3", "file:"+cfg.DatabaseFile()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer registry.Close()
	var actor, detail string
	err = registry.QueryRow(`SELECT actor, detail FROM events WHERE kind = 'codes_reset'`).Scan(&actor, &detail)
	if err != nil || !strings.HasPrefix(actor, "IT") || !strings.Contains(detail, play.IT) {
		t.Errorf("the event log says %q, %q (%v)", actor, detail, err)
	}
	if out := p.output("audit", "verify", "--config", p.config); !strings.Contains(out, "is whole") {
		t.Errorf("audit verify: %s", out)
	}
	p.stop()
}
