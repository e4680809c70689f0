package intake_test

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/intake"
	"registratura/intake/trust"
)

// opened is an office in which a site is open, with something in its log.
func opened(t *testing.T) (*office, *intake.Request) {
	t.Helper()
	o := newOffice(t)
	id := o.approve()
	o.work()
	o.is(id, intake.StatusActive)
	o.sent()
	at := o.clock.Now()
	o.portal.journal = []intake.JournalEntry{
		{At: at.AddDate(0, 0, -91), Address: dan, Action: "upload", Path: "/prea vechi.pdf", Detail: "1"},
		{At: at.AddDate(0, 0, -89), Address: marin, Action: "upload", Path: "/Situație; lunară \"iulie\".pdf", Detail: "1200"},
		{At: at.Add(-time.Hour), Address: elena, Action: "move", Path: "/=HYPERLINK(\"https://rau.example\")", Detail: "=1+1"},
		{At: at.Add(-time.Minute), Address: "-2+3@spital.test", Action: "something new", Path: "\t@sum(A1)\nAPROB"},
	}
	return o, o.request(id)
}

func TestHeadOfDepartmentGetsTheAccessLogOfTheirSite(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"jurnal nr. 1/23.11.2026", "Bună ziua,\n\nVă rog jurnalul site-ului Spitalul Județean\n\nIon Popescu",
		"jurnal https://extranet.test/s/spitalul-judetean/", "jurnal cererea nr. 1",
		"Vă rog jurnalul de acces pentru site-ul spitalul-judetean. Mulțumesc!"} {
		o, r := opened(t)
		got := o.handle(o.write(letter{from: economist, subject: "Jurnal", text: text}))
		if got.Fate != intake.FateAnswered || got.Request != r.ID {
			t.Errorf("%q became %+v", text, got)
		}
		o.wantSent("journal ion.popescu")
		m := o.mailTo(economist, "journal")
		o.says(m, "Spitalul Județean", "ultimele 90 de zile", "Înregistrări: 3")
		if len(m.Attachments) != 1 || m.Attachments[0].Name != "jurnal-spitalul-judetean-2026-11-23.csv" {
			t.Fatalf("attachments: %+v", m.Attachments)
		}
		table, marked := strings.CutPrefix(string(m.Attachments[0].Data), "\ufeff")
		if !marked || !strings.HasPrefix(table, "Data și ora;Cine;Ce a făcut;") || !strings.Contains(table, "\r\n") {
			t.Errorf("the table is not one that Excel opens:\n%q", table)
		}
		reader := csv.NewReader(strings.NewReader(table))
		reader.Comma = ';'
		rows, err := reader.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{
			{"26.08.2026 10:00:00", marin, "a încărcat", "/Situație; lunară \"iulie\".pdf", "1200"},
			{"23.11.2026 09:00:00", elena, "a mutat sau redenumit", "/=HYPERLINK(\"https://rau.example\")", "'=1+1"},
			{"23.11.2026 09:59:00", "'-2+3@spital.test", "something new", "' @sum(A1) APROB", ""},
		}
		if d := cmp.Diff(want, rows[1:]); d != "" {
			t.Errorf("the table (-want +got):\n%s", d)
		}
		if n := o.count(`SELECT COUNT(*) FROM notices WHERE kind = 'journal' AND length(COALESCE(raw, '')) > 0`); n != 0 {
			t.Error("the access log stays in the records after it was sent")
		}
		if o.happened(intake.EventJournal) != 1 {
			t.Error("the story does not tell that the log was sent")
		}
	}
}

func TestAnAnswerToAMailAboutTheSiteCanAskForItsLog(t *testing.T) {
	t.Parallel()
	o, r := opened(t)
	got := o.handle(o.write(letter{from: economist, answers: o.mailTo(economist, "access_list"), text: "Jurnal"}))
	if got.Fate != intake.FateAnswered || got.Request != r.ID {
		t.Errorf("it became %+v", got)
	}
	o.wantSent("journal ion.popescu")
}

func TestAccessLogIsForTheHeadWhoAskedForTheSiteAlone(t *testing.T) {
	t.Parallel()
	const ask = "jurnal nr. 1/23.11.2026"
	for _, c := range []struct {
		name, from, text string
		origin           trust.Origin
		want             []string
		fate             intake.Fate
	}{
		{"the head of another department", engineer, ask, proven, []string{"no_journal gabriela.dumitru"}, intake.FateAnswered},
		{"the head, unproven", economist, ask, unproven, []string{"no_journal ion.popescu"}, intake.FateAnswered},
		{"the head, forged", economist, ask, refuted, []string{"set_aside it"}, intake.FateSetAside},
		{"a member of the site", elena, ask, proven, []string{"set_aside it"}, intake.FateSetAside},
		{"IT", it, ask, proven, []string{"set_aside it"}, intake.FateSetAside},
		{"the mayor", mayor, ask, proven, []string{"set_aside it"}, intake.FateSetAside},
		{"the head, of a site that is not there", economist, "jurnal nr. 7/23.11.2026", proven, []string{"no_journal ion.popescu"}, intake.FateAnswered},
		{"the head, of no site", economist, "jurnal", proven, []string{"no_journal ion.popescu"}, intake.FateAnswered},
		{"the head, with another year", economist, "jurnal nr. 1/23.11.2025", proven, []string{"no_journal ion.popescu"}, intake.FateAnswered},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, _ := opened(t)
			o.thinks(c.from, c.origin)
			got := o.handle(o.write(letter{from: c.from, subject: "Cerere", text: c.text}))
			if got.Fate != c.fate {
				t.Errorf("it became %+v", got)
			}
			o.wantSent(c.want...)
			for _, d := range o.post.delivered {
				if strings.Contains(string(d.raw), "jurnal-spitalul") {
					t.Errorf("the log went to %s", d.to)
				}
			}
		})
	}
}

func TestPortalsWithoutAnAccessLogOrThatFailForAWhile(t *testing.T) {
	t.Parallel()
	o, _ := opened(t)
	o.portal.before = func(string) error { return errors.ErrUnsupported }
	o.handle(o.write(letter{from: economist, subject: "Jurnal", text: "jurnal nr. 1/23.11.2026"}))
	o.wantSent("no_journal ion.popescu")
	o.says(o.mailTo(economist, "no_journal"), "nu se ține un jurnal")

	o.portal.before = failFor("journal")
	uid := o.receive(o.write(letter{from: economist, subject: "Jurnal", text: "jurnal nr. 1/23.11.2026"}))
	o.run()
	o.wantSent()
	o.portal.before = nil
	o.pass(time.Minute)
	o.wantSent("journal ion.popescu")
	if got := o.fate(uid); got.Fate != intake.FateAnswered {
		t.Errorf("it became %+v", got)
	}
}
