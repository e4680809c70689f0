package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"registratura/cmd/registratura/config"
	"registratura/cmd/registratura/play"
	"registratura/forms"
	"registratura/intake"
)

// checkPersonCommand asks after the people of the road while the daemon runs.
func checkPersonCommand(t *testing.T, p *program) {
	t.Helper()
	out := p.output("person", strings.ToUpper(play.Economist), "--config", p.config)
	out += p.output("person", play.Carmen, "--config", p.config)
	for _, want := range []string{"DATE CU CARACTER PERSONAL DESPRE " + play.Economist, "solicitant", "Mesaje trimise de registratură", "șef de compartiment",
		"utilizator, din instituție", "Contul din extranet", "Site-uri pe lista cărora este", "Evenimente"} {
		if !strings.Contains(out, want) {
			t.Errorf("person does not tell %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, play.Mayor) {
		t.Errorf("person tells of the mayor:\n%s", out)
	}
	var report struct {
		Requests []struct{ Roles []string }
		Portal   struct{ Account *struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(p.output("person", play.Carmen, "--json", "--config", p.config)), &report); err != nil || len(report.Requests) == 0 || report.Portal.Account == nil {
		t.Errorf("as JSON: %+v (%v)", report, err)
	}
	if out := p.output("person", "nimeni@altundeva.test", "--config", p.config); out != "Registratura nu deține date despre adresa nimeni@altundeva.test.\n" {
		t.Errorf("of a stranger: %s", out)
	}
}

func TestPersonIsToldWhatIsHeldAboutThemAndNothingOfOthers(t *testing.T) {
	a := newArchive(t)
	a.decide()
	partner := a.request.Submission.PartnerUsers[0]
	a.answered("From: \"Cineva\" <CINEVA@altundeva.test>\nTo: cereri@primaria.test\nSubject: Intrebare\n\nLa " + partner.Email + " nu merge, nici la alt" + partner.Email + "\n")
	monday := forms.Date{Year: 2026, Month: 11, Day: 23}
	a.must(a.store.Transact(t.Context(), func(tx intake.Tx) error {
		id, err := tx.AddNotice(intake.OutgoingMail{Request: a.request.ID, Kind: "approval", To: play.Mayor, MessageID: "x", Raw: []byte("To: " + play.Mayor + "\r\n\r\nLink /link/secret"),
			Secret: true, CreatedAt: time.Now()})
		_, err2 := tx.AddUndelivered(intake.UndeliveredMail{Notice: id, Request: a.request.ID, Kind: "access", Address: partner.Email, Reason: "no such user, ask " + play.ViceMayor, At: time.Now()})
		return errors.Join(err, err2, tx.MarkSent(id, time.Now()), tx.SetClosing(a.request.ID, intake.Closing{UndoBy: "radu@primaria.test"}),
			tx.AddDelegation(intake.Delegation{Approver: play.Mayor, Delegate: play.ViceMayor, Days: intake.Days{First: monday, Last: monday}, Mail: 1, At: time.Now()}),
			tx.AddSuspicion(intake.Suspicion{Mail: 1, Why: intake.OtherSender, Approver: play.Mayor, From: "cineva@altundeva.test", At: time.Now()}),
			tx.AddEvent(intake.Event{Request: a.request.ID, At: time.Now(), Kind: intake.EventNoticeSent, Actor: "desk", Detail: "access to " + partner.Email + ", " + play.Mayor}))
	}))
	person := func(who string) string {
		t.Helper()
		code, out, errs := command(t, "person", who, "--config", a.config)
		if code != 0 || errs != "" {
			t.Errorf("person %s: exit code %d, %s", who, code, errs)
		}
		return out
	}
	for _, test := range []struct {
		who       string
		has, hasn []string
	}{
		{partner.Email, []string{"numit în cerere, fără acces, din instituția parteneră", partner.Name, "3 ani", "10 ani", "access to " + partner.Email + ", (altă adresă)", "numit în mesaj", "Mesaje care nu au ajuns", "no such user, ask (altă adresă)"},
			[]string{play.Mayor, play.Economist, "cineva@", "Intrebare"}},
		{play.Economist, []string{"solicitant, utilizator", "citire"}, []string{play.Mayor, partner.Name}},
		{play.Mayor, []string{"a decis", "Aprob.", "Întrebări primite", "să aprobe sau să respingă", "a delegat", "în numele persoanei", "întrebarea către cel care aprobă", "23 noiembrie 2026",
			"aprobă cereri: Primar"}, []string{partner.Email, play.ViceMayor, "secret", a.token}},
		{strings.ToUpper(play.ViceMayor), []string{"a aprobat, cu alții", "a fost delegată", "expeditor", "Mesaje care nu au ajuns", "no such user, ask"}, []string{play.Mayor}},
		{"cineva@altundeva.test", []string{"Intrebare", "de la adresa persoanei", "un an"}, []string{"Cereri\n", play.Mayor, partner.Email}},
		{"radu@primaria.test", []string{"Cereri\n", "numit"}, []string{play.Mayor, partner.Email}},
		{"alt" + partner.Email, []string{"numit în mesaj"}, []string{"Cereri\n"}},
	} {
		out := person(test.who)
		for _, want := range test.has {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is not told:\n%s", test.who, want, out)
			}
		}
		for _, no := range test.hasn {
			if strings.Contains(strings.ReplaceAll(out, strings.ToLower(test.who), ""), no) {
				t.Errorf("%s is told %q:\n%s", test.who, no, out)
			}
		}
	}
	if out := person("x" + play.Mayor); out != "Registratura nu deține date despre adresa x"+play.Mayor+".\n" {
		t.Errorf("of a longer address: %s", out)
	}
	for _, bad := range []string{"primar", "a b@c", "@", "Ion <ion@x.test>"} {
		if code, _, errs := command(t, "person", bad, "--config", a.config); code != 1 || !strings.Contains(errs, "not a mail address") {
			t.Errorf("person %q: exit code %d, %s", bad, code, errs)
		}
	}

	// Nothing is told of what was purged.
	over := time.Now().Add(time.Hour)
	a.purge(intake.Purge{OtherMails: over, FailedRequests: over, ClosedRequests: over, AccessData: over, Notices: over, Suspicions: over, Registry: over})
	a.purge(intake.Purge{OtherMails: over, FailedRequests: over, ClosedRequests: over, AccessData: over, Notices: over, Suspicions: over, Registry: over})
	if out := person(partner.Email); !strings.HasPrefix(out, "Registratura nu deține date") {
		t.Errorf("after purging everything: %s", out)
	}
}

func TestPeriodsInWords(t *testing.T) {
	for p, want := range map[config.Period]string{
		"0": "fără termen", "1 day": "o zi", "90 days": "90 de zile", "19 days": "19 zile", "101 days": "101 zile", "100 days": "100 de zile",
		"1 month": "o lună", "6 months": "6 luni", "12 months": "un an", "1 year": "un an", "10 years": "10 ani", "20 years": "20 de ani",
	} {
		if got := periodInWords(p); got != want {
			t.Errorf("%s is %q, want %q", p, got, want)
		}
	}
}
