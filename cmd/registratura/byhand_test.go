package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"registratura/cmd/registratura/play"
	"registratura/forms"
	"registratura/intake"
)

// newProgramByHand is the daemon of a city hall whose extranet has no interface
// for programs.
func newProgramByHand(t *testing.T) (*program, *play.Town) {
	host := embeddedHost(t, nil)
	p := newProgram(t, host, host.IMAPAddr, host.SMTPAddr, "")
	text, err := os.ReadFile(p.config)
	if err != nil {
		t.Fatal(err)
	}
	portal := regexp.MustCompile(`(?s)\[portal\]\n.*?\n\n`)
	text = portal.ReplaceAll(text, []byte("[portal]\nkind = \"manual\"\n\n"))
	if err := os.WriteFile(p.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return p, town(t, host, p)
}

func TestTheRoadByHand(t *testing.T) {
	p, people := newProgramByHand(t)
	p.output("check", "--config", p.config) // fails the test if it finds a fault
	p.start()
	ctx := testContext(t, time.Minute)
	s := play.Request(forms.DateOf(time.Now()))
	file, err := play.Form(s)
	if err != nil {
		t.Fatal(err)
	}
	about := func(m *intake.Message) bool {
		return strings.Contains(strings.Join(strings.Fields(m.Text), " "), s.Partner)
	}
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	step(people.Write(ctx, play.Economist, "Cerere", "Atașez cererea.", file))
	asked, err := people.Await(ctx, play.Mayor, "the question", about)
	step(err)
	step(people.Reply(ctx, play.Mayor, asked, "Aprob."))
	order := func(m *intake.Message) bool { return strings.Contains(m.Subject, "Comandă de lucru") && about(m) }
	work, err := people.Await(ctx, play.IT, "the work order", order)
	step(err)
	// The daemon is stopped in between, and nobody is told anything before IT answers.
	p.stop()
	p.start()
	step(people.Reply(ctx, play.IT, work, "Gata, site-ul este la https://extranet.primaria.test/das."))
	for _, user := range []string{play.Marin, play.Elena, play.Carmen, play.Dan, play.Economist} {
		opened := func(m *intake.Message) bool {
			return about(m) && strings.Contains(m.Text, "https://extranet.primaria.test/das\n")
		}
		_, err := people.Await(ctx, user, "word that the site is open", opened)
		step(err)
	}
	p.stop()
	if got := p.output("requests", "--config", p.config, "list", "--json"); !strings.Contains(got, `"active"`) {
		t.Errorf("the request is not active: %s", got)
	}
	p.output("audit", "verify", "--config", p.config) // fails the test if the record is not whole
}
