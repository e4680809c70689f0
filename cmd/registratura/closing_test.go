package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestClosingOnTheRoad closes a site with files in it on the real daemon and
// extranet, and has IT undo it beside the running daemon.
func TestClosingOnTheRoad(t *testing.T) {
	host := embeddedHost(t, nil)
	p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
	p.start()
	people := town(t, host, p)
	ctx := testContext(t, 2*time.Minute)
	if err := people.Road(ctx); err != nil {
		t.Fatal(err)
	}
	site := p.url + "/s/spitalul-judetean-de-urgenta/"
	link, err := people.Closed(ctx, site)
	if err != nil {
		t.Fatal(err)
	}
	exports, err := filepath.Glob(filepath.Join(filepath.Dir(p.config), "data", "exports", "*", "manifest.json.sig"))
	if err != nil || len(exports) != 1 {
		t.Errorf("exports %v, %v", exports, err)
	}
	if out := p.output("requests", "--config", p.config, "undo", "4"); !strings.Contains(out, "will open the site again") {
		t.Errorf("requests undo: %s", out)
	}
	if err := people.Reopened(ctx, site, link); err != nil {
		t.Fatal(err)
	}
	cmd := p.command("requests", "--config", p.config, "undo", "4")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "withdrawn; only one that is closing or stuck can be undone") {
		t.Errorf("undone again: %v, %s", err, out)
	}
	cmd = p.command("requests", "--config", p.config, "undo", "1")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "name the request that closed it") {
		t.Errorf("undoing a request for a site: %v, %s", err, out)
	}
	if log := p.log.String(); strings.Contains(log, strings.Split(link, "/fisiere/")[1]) {
		t.Error("the log holds the link")
	}
	if info, err := os.Stat(filepath.Join(filepath.Dir(p.config), "data", "desk-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the desk's key: %v, %v", info, err)
	}
	p.stop()
}
