package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"registratura/cmd/registratura/play"
	"registratura/forms"
)

// command runs a command line in this process.
func command(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, streams{strings.NewReader(""), &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}

func TestCommandLines(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.toml")
	write(t, good, play.Config(play.Setup{IMAP: "127.0.0.1:143", SMTP: "127.0.0.1:25", AuthservID: "mx", DataDir: filepath.Join(dir, "data"), Listen: "127.0.0.1:8080"}))
	bad := filepath.Join(dir, "bad.toml")
	write(t, bad, strings.NewReplacer(`security = "none"`, `security = "maybe"`, `address = "primar@primaria.test"`, `address = "primar"`).Replace(play.Config(play.Setup{
		IMAP: "127.0.0.1:143", SMTP: "127.0.0.1:25", DataDir: dir, Listen: "127.0.0.1:8080"})))
	for _, c := range []struct {
		name      string
		args      []string
		code      int
		out, errs string // parts of what is printed
	}{
		{"help is help", []string{"--help"}, 0, "The registry desk", ""},
		{"no command is a mistake, with a hint", nil, 2, "", "Try: registratura --help"},
		{"an unknown command is a mistake", []string{"dance"}, 2, "", "dance"},
		{"version prints one", []string{"version"}, 0, "registratura ", ""},
		{"config prints the example", []string{"config"}, 0, "[institution]", ""},
		{"check says that all is in order", []string{"check", "--config", good}, 0, "is in order", ""},
		{"check tells a wrong word", []string{"check", "--config", bad}, 1, "", `imap.security = "maybe"`},
		{"check tells every fault at once", []string{"check", "--config", bad}, 1, "", `approver[1].address`},
		{"check needs a file that is there", []string{"check", "--config", filepath.Join(dir, "none.toml")}, 1, "", "none.toml"},
		{"form knows two forms", []string{"form", "other", "-o", filepath.Join(dir, "x.xlsx")}, 2, "", "create"},
		{"form writes Annex 1", []string{"form", "create", "-o", filepath.Join(dir, "a.xlsx")}, 0, "a.xlsx written", ""},
		{"form writes the closing form", []string{"form", "close", "-o", filepath.Join(dir, "b.xlsx")}, 0, "b.xlsx written", ""},
		{"inspect needs a day it can read", []string{"inspect", "--now", "mâine", good}, 1, "", "YYYY-MM-DD"},
		{"requests needs a daemon that ran", []string{"requests", "--config", good, "list"}, 1, "", "no database yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := command(t, c.args...)
			if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) {
				t.Errorf("exit code %d, want %d\nout: %s\nerr: %s", code, c.code, out, errs)
			}
		})
	}
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The names in the JSON of inspect are fixed: scripts rely on them.
func TestInspectTellsWhatItFound(t *testing.T) {
	dir := t.TempDir()
	day := forms.Date{Year: 2026, Month: time.November, Day: 23}
	s := play.Request(day)
	s.LegalBasis = ""
	file, err := play.Form(s)
	if err != nil {
		t.Fatal(err)
	}
	form := filepath.Join(dir, "cerere.xlsx")
	write(t, form, string(file.Data))
	mail := filepath.Join(dir, "cerere.eml")
	raw, err := play.Compose(play.Economist, "Cerere", "Bună ziua", time.Now(), file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, mail, string(raw))
	reply := filepath.Join(dir, "raspuns.eml")
	write(t, reply, "From: primar@primaria.test\r\nTo: desk@primaria.test\r\nSubject: Re: x\r\nIn-Reply-To: <a@b>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nNu aprob.\r\n")
	junk := filepath.Join(dir, "poza.xlsx")
	write(t, junk, "\x89PNG\r\n\x1a\n not a workbook")
	code, out, errs := command(t, "inspect", "--json", "--now", "2026-11-23", form, mail, reply, junk)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines, want one for each file:\n%s", len(lines), out)
	}
	for i, want := range []map[string]any{
		{"kind": "create_form", "form.kind": "create", "form.fields.partner": s.Partner, "form.fields.activation_date": "2026-11-23",
			"problems.0.field": "legal_basis", "problems.0.why": "missing"},
		{"kind": "create_form", "sender.address": play.Economist, "sender.authentic": false, "sender.by": "none"},
		{"kind": "reply", "decision.verdict": "reject", "decision.evidence": "Nu aprob."},
		{"kind": "unreadable", "problems.0.why": "unreadable"},
	} {
		var got any
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		for path, value := range want {
			if v := lookUp(got, path); v != value {
				t.Errorf("line %d: %s is %v, want %v\n%s", i+1, path, v, value, lines[i])
			}
		}
	}
}

func lookUp(v any, path string) any {
	for _, key := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[key]
		case []any:
			if len(at) == 0 {
				return nil
			}
			v = at[0]
		}
	}
	return v
}

func TestMonitoringAndSystemdAreTold(t *testing.T) {
	host := embeddedHost(t, nil)
	monitor := freePort(t)
	p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
	text, err := os.ReadFile(p.config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, p.config, strings.Replace(string(text), "[monitor]\nlisten = \"\"", "[monitor]\nlisten = \""+monitor+"\"", 1))
	socket := filepath.Join(t.TempDir(), "notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "100000")
	p.start()
	ctx := testContext(t, time.Minute)
	hear := func(want string) {
		t.Helper()
		buf := make([]byte, 100)
		systemd.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, err := systemd.Read(buf)
		if err != nil || string(buf[:n]) != want {
			t.Fatalf("systemd was told %q (%v), want %q", buf[:n], err, want)
		}
	}
	hear("READY=1")
	hear("WATCHDOG=1")

	get := func(path string) (int, string) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+monitor+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
	await(t, ctx, "the daemon is healthy", func() bool { code, _ := get("/healthz"); return code == http.StatusOK })
	if _, metrics := get("/metrics"); !strings.Contains(metrics, `registratura_requests{status="active"} 0`) {
		t.Errorf("metrics:\n%s", metrics)
	}
	host.Close()
	p.stop()
}

// await waits until done says so.
func await(t *testing.T, ctx context.Context, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("waiting until %s: %v", what, ctx.Err())
		case <-ticker.C:
		}
	}
}

func TestTwoDaemonsNeverShareAFolder(t *testing.T) {
	dir := t.TempDir()
	lock, err := lockDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDataDir(dir); err == nil || !strings.Contains(err.Error(), "another daemon") {
		t.Errorf("got %v, want a word of the other daemon", err)
	}
	lock.Close()
	again, err := lockDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestPaceBoundsAMinute(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	p := newPace(30, func() time.Time { return now })
	sent := 0
	for range 600 { // a minute, in tenths of a second
		if p.take() == 0 {
			sent++
		}
		now = now.Add(100 * time.Millisecond)
	}
	if sent < 30 || sent > 33 {
		t.Errorf("%d mails in a minute, want 30 and at most the burst more", sent)
	}
	if wait := newPace(0, time.Now).take(); wait != 0 {
		t.Errorf("without a bound a mail waits %v", wait)
	}
}

func TestDemoPlaysTheWholeProcedure(t *testing.T) {
	code, out, errs := command(t, "demo", "--once", "--dir", t.TempDir())
	if code != 0 || !strings.Contains(out, "Toată procedura a mers") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
}
