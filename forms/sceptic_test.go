package forms

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

// What a reader with a mind of their own found in forms that others sent.

func TestListsLaidOutInOtherWaysAreRead(t *testing.T) {
	const ana, both = "Ana Pop <ana@p.test> read,write", "Ana Pop <ana@p.test> read,write; Dan Ene <dan@p.test> read"
	same := "Ana Pop <ana@p.test> read,write; Dan Ene <dan@p.test> read,write"
	none := "Ana Pop <ana@p.test>; Dan Ene <dan@p.test>"
	for _, v := range []variant{
		{"people in columns", "internal_users", [][]any{{askInternal}, {"Nume și prenume", "Ana Pop", "Dan Ene"}, {"E-mail", "ana@p.test", "dan@p.test"}, {"Drepturi", "citire, scriere", "citire"}}, both, ""},
		{"people in columns, ticked", "internal_users", [][]any{{askInternal}, {"Nume", "Ana Pop", "Dan Ene"}, {"E-mail", "ana@p.test", "dan@p.test"}, {"Citire", "x", "x"}, {"Scriere", "x"}, {"Ștergere"}}, both, ""},
		{"a card for each person", "internal_users", [][]any{{askInternal}, {"Nume", "Ana Pop"}, {"E-mail", "ana@p.test"}, {"Drepturi", "citire, scriere"}, {"Nume", "Dan Ene"}, {"E-mail", "dan@p.test"}, {"Drepturi", "citire"}}, both, ""},
		{"people in columns, one without an address", "internal_users", [][]any{{askInternal}, {"Nume", "Ana Pop", "Dan Ene"}, {"E-mail", "ana@p.test"}, {"Drepturi", "citire", "citire"}},
			"Ana Pop <ana@p.test> read; Dan Ene <> read", "internal_users[1].email missing"},
		{"rights for all below", "internal_users", [][]any{{askInternal}, {"1. Ana Pop – ana@p.test"}, {"2. Dan Ene – dan@p.test"}, {"Toți utilizatorii vor avea drept de citire și scriere."}}, same, ""},
		{"rights for all above", "internal_users", [][]any{{askInternal}, {"Drepturi pentru toți utilizatorii: citire și scriere"}, {"1. Ana Pop – ana@p.test"}, {"2. Dan Ene – dan@p.test"}}, same, ""},
		{"rights for all below a table", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail"}, {"Ana Pop", "ana@p.test"}, {"Dan Ene", "dan@p.test"}, nil, {"Drepturi de acces: citire, scriere (toți)"}}, same, ""},
		{"one's own rights come before those of all", "internal_users", [][]any{{askInternal}, {"1. Ana Pop – ana@p.test"}, {"2. Dan Ene – dan@p.test – citire"}, {"Toți: citire, scriere"}}, both, ""},
		{"a wish about all is no right", "internal_users", [][]any{{askInternal}, {"1. Ana Pop – ana@p.test"}, {"2. Dan Ene – dan@p.test"}, {"Toți utilizatorii trebuie instruiți privind citirea"}}, none, "internal_users[0].rights missing; internal_users[1].rights invalid"},
		{"groups under headings", "internal_users", [][]any{{askInternal}, {"Citire și scriere:"}, {"Ana Pop – ana@p.test"}, {"Citire:"}, {"Dan Ene – dan@p.test"}}, both, ""},
		{"a title of all three rights gives none", "internal_users", [][]any{{askInternal}, {"Drepturi de citire, scriere, ștergere:"}, {"Ana Pop – ana@p.test"}}, "Ana Pop <ana@p.test>", "internal_users[0].rights missing"},
		{"ticks and crosses", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "Citire", "Scriere", "Ștergere"}, {"Ana Pop", "ana@p.test", "✓", "✓", "✗"}}, ana, ""},
		{"a tick here and an x there", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "Citire", "Scriere", "Ștergere"}, {"Ana Pop", "ana@p.test", "✓", "✓", "x"}}, "Ana Pop <ana@p.test>", "internal_users[0].rights invalid"},
		{"a dot ends the line", "partner_users", [][]any{{askPartners}, {"1. Ana Pop – ana@x.test."}, {"2. Dan Ene – dan@x.test. Citire"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test> read", ""},
		{"bullets and letters", "partner_users", [][]any{{askPartners}, {"• Ana Pop – ana@x.test"}, {"b) Dan Ene – dan@x.test"}, {"iii) Eva Ion – eva@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>; Eva Ion <eva@x.test>", ""},
		{"an address that lost its @", "partner_users", [][]any{{askPartners}, {"Ana Pop – ana.pop.x.test"}, {"Dan Ene – dan.ene (at) x.test"}}, "Ana Pop <>; Dan Ene <>", "partner_users[0].email invalid; partner_users[1].email invalid"},
		{"a label with a slip at its end", "partner_users", [][]any{{"Numele utilizatorilor din institutia partenera carora le vor fi eliberate user si parola de aces"}, {"1. Ana Pop – ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"people in numbered columns", "internal_users", [][]any{{askInternal}, {"Utilizator", 1, 2}, {"Nume", "Ana Pop", "Dan Ene"}, {"E-mail", "ana@p.test", "dan@p.test"}, {"Drepturi", "C/S", "C"}}, both, ""},
		{"people in columns with titles", "internal_users", [][]any{{askInternal}, {nil, "Utilizator 1", "Utilizator 2"}, {"Nume", "Ana Pop", "Dan Ene"}, {"E-mail", "ana@p.test", "dan@p.test"}, {"Drepturi", "C/S", "C"}}, both, ""},
		{"titled cards in one column", "partner_users", [][]any{{askPartners}, {"Utilizator 1"}, {"Nume: Ana Pop"}, {"E-mail: ana@x.test"}, {"Utilizator 2"}, {"Nume: Dan Ene"}, {"E-mail: dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"rights for both", "internal_users", [][]any{{askInternal}, {"Ana Pop – ana@p.test"}, {"Dan Ene – dan@p.test"}, {"Ambii utilizatori: citire, scriere"}}, same, ""},
		{"rights for all of those above", "internal_users", [][]any{{askInternal}, {"Ana Pop – ana@p.test"}, {"Dan Ene – dan@p.test"}, {"Drept de citire și scriere pentru toți cei de mai sus"}}, same, ""},
		{"rights for all in the label", "internal_users", [][]any{{"Utilizatori interni (toți cu drept de citire și scriere):"}, {"Ana Pop – ana@p.test"}, {"Dan Ene – dan@p.test"}}, same, ""},
		{"a question for the rights of all gives none", "internal_users", [][]any{{askInternal}, {"Drepturi pentru toți (citire, scriere, ștergere):"}, {"Ana Pop – ana@p.test"}}, "Ana Pop <ana@p.test>", "internal_users[0].rights missing"},
		{"rights in a sentence", "internal_users", [][]any{{askInternal}, {"Ana Pop – ana@p.test – are drept de citire și scriere"}}, ana, ""},
		{"the day and the signature under a list", "internal_users", [][]any{{askInternal}, {"Ana Pop – ana@p.test – citire, scriere"}, {"Data", nil, "Semnătura"}, {"20.11.2026", nil, "Popescu Ion"}}, ana, ""},
		{"a hyphen without spaces before the address", "partner_users", [][]any{{askPartners}, {"1.Ana Pop-ana.pop@x.test"}, {"2. Ana-Maria Pop - ana-maria@x.test"}}, "Ana Pop <ana.pop@x.test>; Ana-Maria Pop <ana-maria@x.test>", ""},
		{"words that lead to the address", "partner_users", [][]any{{askPartners}, {"Ana Pop având adresa ana@x.test"}}, "Ana Pop <ana@x.test>", ""},
		{"one address or another", "partner_users", [][]any{{askPartners}, {"Ana Pop – ana@x.test sau pop@x.test"}}, "Ana Pop <>", "partner_users[0].email ambiguous"},
		{"a pattern is nobody", "partner_users", [][]any{{askPartners}, {"Nume Prenume – adresa@institutie.ro"}}, "", "partner_users missing"},
		{"the name of the field as its answer", "requester", [][]any{{askRequester, "Numele și prenumele"}}, "", "requester missing"},
		{"a department and its service in one breath", "department", [][]any{{askDepartment, "Direcția Economică Birou Informatică"}}, "Direcția Economică Birou Informatică", ""},
		{"one department or another", "department", [][]any{{askDepartment, "Direcția Economică sau Direcția Tehnică"}}, "Direcția Economică sau Direcția Tehnică", "department ambiguous"},
		{"the head asked for in other words", "requester", [][]any{{"Nume și prenume șef departament:", "Ion Pop"}}, "Ion Pop", ""},
		{"information in other words", "info_types", [][]any{{"Categorii de documente partajate:", "Planuri"}}, "Planuri", ""},
		{"legal basis in other words", "legal_basis", [][]any{{"Act normativ / protocol:", "HCL 7"}}, "HCL 7", ""},
		{"whom to ask is no user", "internal_users", [][]any{{askInternal}, {"Ana Pop – ana@p.test – C, S"}, {"Pentru informații: Ion Stan, ion.stan@p.test"}}, ana, ""},
		{"titles again", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "Drepturi"}, {"Ana Pop", "ana@p.test", "C/S"}, {"Nume", "E-mail", "Drepturi"}, {"Dan Ene", "dan@p.test", "C"}}, both, ""},
		{"a legend under a table", "internal_users", [][]any{{askInternal}, {"Nume", "E-mail", "Drepturi"}, {"Ana Pop", "ana@p.test", "C/S"}, {"* se marchează cu X drepturile acordate"}}, ana, ""},
		{"an answer that begins like its question", "legal_basis", [][]any{{askBasis, "Temeiul legal: Legea 273/2006"}}, "Temeiul legal: Legea 273/2006", ""},
		{"a department in brackets", "department", [][]any{{askDepartment, "(Direcția Economică)"}}, "(Direcția Economică)", ""},
		{"a department by its head", "department", [][]any{{askDepartment, "Director executiv Direcția Tehnică"}}, "Director executiv Direcția Tehnică", ""},
		{"a head without a department", "department", [][]any{{askDepartment, "Director executiv"}}, "Director executiv", "department unknown"},
		{"a day without spaces", "activation_date", [][]any{{askDate, "15decembrie2026"}}, "2026-12-15", ""},
		{"numbers on dotted lines", "partner_users", [][]any{{askPartners}, {"1…… Ana Pop ……… ana@x.test"}, {"2______ Dan Ene, dan@x.test"}}, "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>", ""},
		{"a day with a beginning", "activation_date", [][]any{{askDate, "cu începere din 15.12.2026, dimineața"}}, "2026-12-15", ""},
		{"placeholders", "partner", [][]any{{askPartner, "(denumirea instituției)"}}, "", "partner missing"},
		{"placeholders in angle brackets", "info_types", [][]any{{askInfo, "<tipuri de informații>"}}, "", "info_types missing"},
		{"a name in brackets is an answer", "requester", [][]any{{askRequester, "(Ion Pop)"}}, "(Ion Pop)", ""},
		{"a slash", "legal_basis", [][]any{{askBasis, "/"}}, "", "legal_basis missing"},
		{"a department without its name", "department", [][]any{{askDepartment, "Direcția"}}, "Direcția", "department unknown"},
	} {
		t.Run(v.name, func(t *testing.T) {
			r := mustRead(t, sheetOf(t, formWith(v.field, v.rows...)))
			if got := said(r, v.field); got != v.want {
				t.Errorf("read %q, want %q", got, v.want)
			}
			if got := problemsText(r.Problems); got != v.problems {
				t.Errorf("problems %q, want %q", got, v.problems)
			}
		})
	}
}

func TestAPlaceholderIsWhereTheAnswerBelongs(t *testing.T) {
	r := mustRead(t, sheetOf(t, formWith("info_types", row(askInfo, "<tipuri de informații>"))))
	if len(r.Problems) != 1 || r.Problems[0].Cell != "B7" {
		t.Errorf("%v", r.Problems)
	}
}

func TestAnswersLeftOfTheirLabelsAreRead(t *testing.T) {
	var rows [][]any
	for _, line := range formWith("requester", row(askRequester, "Ion Pop")) {
		if len(line) == 2 {
			line = []any{line[1], line[0]}
		}
		rows = append(rows, line)
	}
	r := mustRead(t, sheetOf(t, rows))
	if s := r.Submission; s.Requester != "Ion Pop" || s.LegalBasis != "Protocol nr. 1204/2026" || len(r.Problems) > 0 {
		t.Errorf("%+v %v", s, r.Problems)
	}
}

func TestATableOfSitesIsNoForm(t *testing.T) {
	titles := row("Site", "Instituția parteneră", "Compartiment", "Data activării")
	rows := [][]any{{"Situația site-urilor"}, titles, row("spital", "Spitalul", "Direcția Economică", "01.02.2025"), row("muzeu", "Muzeul", "Arhitect Șef", "01.03.2025")}
	register := [][]any{{"Registru protocoale"}, {"Nr.", "Instituția parteneră", "Temei legal", "Data", "Compartiment"}, {1, "Spitalul", "Legea 1", "01.02.2026", "Economic"}}
	for _, table := range [][][]any{rows, register} {
		if r := mustRead(t, sheetOf(t, table)); r.Kind != "" {
			t.Errorf("%v: kind %q, %v", table[0], r.Kind, r.Problems)
		}
	}
}

func TestClosingFormsInOtherWords(t *testing.T) {
	want := Submission{Requester: "Ion Pop", Department: "Direcția Economică", Site: "Colaborare Spital", Reason: "A expirat protocolul", ArchiveTo: "serverul fs01"}
	for _, asks := range [][3]string{
		{"Site-ul care urmează să fie șters", "De ce nu mai este necesar", "Unde vor fi salvate fișierele din site"},
		{"Numele site-ului", "Justificare", "Locația de arhivare a documentelor"},
		{"Denumirea site-ului:", "Motivul pentru care nu mai este necesar:", "Locul unde vor fi salvate fișierele:"},
		{"Site:", "Motiv:", "Arhivare în:"},
		{"Site-ul pentru care se solicită închiderea", "Motivarea cererii", "Fișierele se vor salva la"},
		{"Adresa site-ului", "Motivul dezactivării", "Locația unde se arhivează fișierele"},
		{"Link site", "Motiv", "Salvarea datelor"},
		{"Denumire site", "Din ce motiv se închide", "Salvare fișiere"},
	} {
		rows := [][]any{{"Cerere ștergere site"}, {"Nume solicitant", want.Requester}, {"Compartimentul", want.Department}, {asks[0], want.Site}, {asks[1], want.Reason}, {asks[2], want.ArchiveTo}}
		r := wantSame(t, sheetOf(t, rows), want)
		if r.Kind != Close || len(r.Problems) > 0 {
			t.Errorf("%q: kind %q, %v", asks, r.Kind, r.Problems)
		}
	}
}

func TestRightsMergedOverSeveralRowsAreEachOnes(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range formWith("internal_users", row(askInternal), row("Nume", "E-mail", "Drepturi"), row("Ana Pop", "ana@p.test", "citire"), row("Dan Ene", "dan@p.test")) {
		for j, v := range row {
			cell, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if err := f.SetCellValue("Sheet1", cell, v); err != nil {
				t.Fatal(err)
			}
			if v == "citire" {
				under, _ := excelize.CoordinatesToCellName(j+1, i+2)
				if err := f.MergeCell("Sheet1", cell, under); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	r := mustRead(t, b.Bytes())
	if got := peopleText(r.Submission.InternalUsers); got != "Ana Pop <ana@p.test> read; Dan Ene <dan@p.test> read" || len(r.Problems) > 0 {
		t.Errorf("%s %v", got, r.Problems)
	}
}
