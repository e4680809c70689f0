package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"registratura/cmd/registratura/play"
)

// checkClosing closes a site with files in it on the real daemon and extranet,
// has IT undo it beside the running daemon, and closes it again: the requests
// nr. 3 and 4.
func checkClosing(ctx context.Context, t *testing.T, p *program, people *play.Town, site string) {
	t.Helper()
	exports := func(want int) {
		t.Helper()
		list, err := filepath.Glob(filepath.Join(filepath.Dir(p.config), "data", "exports", "*", "manifest.json.sig"))
		if err != nil || len(list) != want {
			t.Errorf("exports %v, %v", list, err)
		}
	}
	link, err := people.Closed(ctx, site)
	if err != nil {
		t.Fatal(err)
	}
	exports(1)
	if out := p.output("requests", "--config", p.config, "undo", "3"); !strings.Contains(out, "will open the site again") {
		t.Errorf("requests undo: %s", out)
	}
	if err := people.Reopened(ctx, site, link); err != nil {
		t.Fatal(err)
	}
	cmd := p.command("requests", "--config", p.config, "undo", "3")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "withdrawn; only one that is closing or stuck can be undone") {
		t.Errorf("undone again: %v, %s", err, out)
	}
	cmd = p.command("requests", "--config", p.config, "undo", "1")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "name the request that closed it") {
		t.Errorf("undoing a request for a site: %v, %s", err, out)
	}
	again, err := people.Closed(ctx, site)
	if err != nil {
		t.Fatalf("closing it again: %v", err)
	}
	if again == link {
		t.Error("the link to the files is the one that ended")
	}
	exports(2)
	for _, l := range []string{link, again} {
		if strings.Contains(p.log.String(), strings.Split(l, "/fisiere/")[1]) {
			t.Error("the log holds the link")
		}
	}
	if info, err := os.Stat(filepath.Join(filepath.Dir(p.config), "data", "desk-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the desk's key: %v, %v", info, err)
	}
}
