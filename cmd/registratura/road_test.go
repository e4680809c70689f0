package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"registratura/cmd/registratura/play"
	"registratura/intake/mailbox/mailhost"
	"registratura/intake/mailbox/mailhost/realhost"
)

// onHosts runs a test on the embedded mail servers, and on Dovecot and Postfix.
func onHosts(t *testing.T, test func(t *testing.T, host *mailhost.Host)) {
	t.Run("on the embedded servers", func(t *testing.T) { test(t, embeddedHost(t, nil)) })
	t.Run("on Dovecot and Postfix", func(t *testing.T) {
		test(t, realhost.Start(t, realhost.Config{Hostname: "mail.primaria.test", Accounts: play.Accounts(), Bounces: []string{play.Lost}}))
	})
}

func TestTheWholeRoad(t *testing.T) {
	onHosts(t, func(t *testing.T, host *mailhost.Host) {
		p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
		p.start()
		if err := town(t, host, p).Road(testContext(t, 2*time.Minute)); err != nil {
			t.Fatal(err)
		}
		checkRequestsCommands(t, p)
		checkAuditCommands(t, p)
		checkPersonCommand(t, p)
		p.stop()
		if log := p.log.String(); strings.Count(log, "head=") != 2 {
			t.Error("the log does not tell the head of the record at the start and at the stop")
		}
	})
}

// wantStatuses checks what requests list says of each, the newest first.
func wantStatuses(t *testing.T, p *program, want string) {
	t.Helper()
	var statuses []string
	for line := range strings.Lines(p.output("requests", "--config", p.config, "list", "--json")) {
		var r struct{ Number, Status string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		serial, _, _ := strings.Cut(r.Number, "/")
		statuses = append(statuses, serial+" "+r.Status)
	}
	if got := strings.Join(statuses, ", "); got != want {
		t.Errorf("requests list: %s, want %s", got, want)
	}
}

// checkRequestsCommands looks at the road as IT does, while the daemon runs.
func checkRequestsCommands(t *testing.T, p *program) {
	t.Helper()
	wantStatuses(t, p, "3 active, 2 rejected, 1 active")
	story := p.output("requests", "--config", p.config, "show", "1")
	last := -1
	for _, want := range []string{"registered", "returned", "corrected", "approval_asked", "refused", "asked_again", "approved", "provisioning", "active"} {
		at := strings.Index(story[max(last, strings.Index(story, "Story")):], " "+want+" ")
		if at < 0 {
			t.Errorf("requests show does not tell of %q in its place:\n%s", want, story)
			break
		}
		last = max(last, strings.Index(story, "Story")) + at
	}
	var told struct {
		Decision struct{ Verdict, Evidence string }
		Plan     struct{ Members []any }
	}
	if err := json.NewDecoder(bytes.NewReader([]byte(p.output("requests", "--config", p.config, "show", "--json", "1")))).Decode(&told); err != nil {
		t.Fatal(err)
	}
	if told.Decision.Verdict != "approve" || told.Decision.Evidence != "Aprob." || len(told.Plan.Members) != 4 {
		t.Errorf("requests show --json: %+v", told)
	}
}
