package forms

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// changed opens a workbook, lets change work on it and saves it.
func changed(t testing.TB, data []byte, change func(f *excelize.File) error) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := change(f); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func filled(t testing.TB, kind Kind, sub Submission) []byte {
	t.Helper()
	data, err := Fill(kind, sub, blankOptions())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// copied is a workbook with the cells of another, and nothing else of it: what
// is left when somebody copies a form into a new file.
func copied(t testing.TB, data []byte, sheets ...string) []byte {
	t.Helper()
	from, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to := excelize.NewFile()
	defer to.Close()
	for i, sheet := range sheets {
		name := "Foaie" + strings.Repeat("a", i)
		if _, err := to.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		rows, err := from.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, v := range row {
				if v != "" {
					cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
					to.SetCellStr(name, cell, v)
				}
			}
		}
		merges, _ := from.GetMergeCells(sheet)
		for _, m := range merges {
			to.MergeCell(name, m.GetStartAxis(), m.GetEndAxis())
		}
	}
	var b bytes.Buffer
	if err := to.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func wantSame(t *testing.T, data []byte, want Submission) *Reading {
	t.Helper()
	r := mustRead(t, data)
	if diff := cmp.Diff(want, r.Submission); diff != "" {
		t.Errorf("kind %q: %s", r.Kind, diff)
	}
	return r
}

func TestOurFormIsReadWhereverItsCellsWereMoved(t *testing.T) {
	data := filled(t, Create, sample())
	moved := changed(t, data, func(f *excelize.File) error {
		for _, err := range []error{f.InsertRows("Anexa 1", 20, 3), f.InsertCols("Anexa 1", "B", 2), f.InsertRows("Anexa 1", 2, 1)} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	r := wantSame(t, moved, sample())
	if len(r.Problems) > 0 || r.Version != 1 {
		t.Errorf("version %d, %v", r.Version, r.Problems)
	}
}

func TestOurFormIsReadWithoutItsNames(t *testing.T) {
	r := wantSame(t, copied(t, filled(t, Create, sample()), "Anexa 1"), sample())
	if len(r.Problems) > 0 || r.Version != 0 {
		t.Errorf("version %d, %v", r.Version, r.Problems)
	}
	r = wantSame(t, copied(t, filled(t, Close, sampleClose()), "Cerere de închidere"), sampleClose())
	if len(r.Problems) > 0 || r.Kind != Close {
		t.Errorf("kind %q, %v", r.Kind, r.Problems)
	}
	r = mustRead(t, copied(t, filled(t, Create, Submission{}), "Anexa 1"))
	if got := problemsText(r.Problems); strings.Count(got, "missing") != 8 || len(r.Problems) != 8 {
		t.Errorf("a blank copy has %s", got)
	}
}

func TestUsersInInsertedRowsAreRead(t *testing.T) {
	sub := sample()
	data := changed(t, filled(t, Create, sub), func(f *excelize.File) error {
		// between the first and the second partner user
		if err := f.InsertRows("Anexa 1", 26, 1); err != nil {
			return err
		}
		f.SetCellStr("Anexa 1", "B26", "Radu Nica")
		return f.SetCellStr("Anexa 1", "C26", "radu.nica@spital.test")
	})
	sub.PartnerUsers = []User{sub.PartnerUsers[0], {"Radu Nica", "radu.nica@spital.test", 0}, sub.PartnerUsers[1]}
	wantSame(t, data, sub)
}

func TestUsersBelowTheLastLineAreRead(t *testing.T) {
	sub := sample()
	data := changed(t, filled(t, Create, sub), func(f *excelize.File) error {
		// 20 lines of internal users end at row 69 or so: the next rows after them
		rows, err := f.GetRows("Anexa 1")
		if err != nil {
			return err
		}
		last := 0
		for i, row := range rows {
			if len(row) > 0 && row[0] == "20" {
				last = i + 1
			}
		}
		if err := f.InsertRows("Anexa 1", last+1, 2); err != nil {
			return err
		}
		cell := func(col string, row int) string { return col + string(rune('0'+row/10)) + string(rune('0'+row%10)) }
		f.SetCellStr("Anexa 1", cell("B", last+1), "Sorin Matei")
		f.SetCellStr("Anexa 1", cell("C", last+1), "sorin.matei@primaria.test")
		return f.SetCellStr("Anexa 1", cell("D", last+1), "x")
	})
	sub.InternalUsers = append(sub.InternalUsers, User{"Sorin Matei", "sorin.matei@primaria.test", RightRead})
	wantSame(t, data, sub)
}

func TestOfSeveralSheetsTheFilledFormIsRead(t *testing.T) {
	data := changed(t, filled(t, Create, sample()), func(f *excelize.File) error {
		for _, name := range []string{"Instrucțiuni", "Angajați"} {
			if _, err := f.NewSheet(name); err != nil {
				return err
			}
		}
		f.SetCellStr("Instrucțiuni", "A1", "Nume solicitant: se scrie numele șefului de departament.")
		f.SetCellStr("Instrucțiuni", "A2", "Data se scrie zz.ll.aaaa.")
		f.SetSheetRow("Angajați", "A1", &[]any{"Nume", "E-mail"})
		return f.SetSheetRow("Angajați", "A2", &[]any{"Cineva", "cineva@primaria.test"})
	})
	if r := wantSame(t, data, sample()); len(r.Problems) > 0 {
		t.Error(r.Problems)
	}
}

func TestTwoFormsInOneWorkbookAreAskedAbout(t *testing.T) {
	other := sample()
	other.Partner = "Muzeul Județean Buzău"
	one, two := filled(t, Create, sample()), filled(t, Create, other)
	join := func(second []byte) []byte {
		from, err := excelize.OpenReader(bytes.NewReader(second))
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		return changed(t, copied(t, one, "Anexa 1"), func(f *excelize.File) error {
			f.NewSheet("Cererea 2")
			rows, err := from.GetRows("Anexa 1")
			for i, row := range rows {
				f.SetSheetRow("Cererea 2", "A"+itoa(i+1), &row)
			}
			return err
		})
	}
	r := mustRead(t, join(two))
	if got := problemsText(r.Problems); got != " ambiguous" {
		t.Errorf("two forms: %q", got)
	}
	if r := wantSame(t, join(one), sample()); len(r.Problems) > 0 {
		t.Errorf("the same form twice: %v", r.Problems)
	}
	if r := wantSame(t, join(filled(t, Create, Submission{})), sample()); len(r.Problems) > 0 {
		t.Errorf("a filled and a blank form: %v", r.Problems)
	}
}

func TestTwoFormsOnOneSheetAreAskedAbout(t *testing.T) {
	rows := formWith("partner", []any{askPartner, "Spitalul Județean"})
	r := mustRead(t, sheetOf(t, append(append(rows, nil, nil), formWith("partner", []any{askPartner, "Muzeul Județean"})...)))
	if got := problemsText(r.Problems); got != " ambiguous" || r.Submission.Partner != "Spitalul Județean" {
		t.Errorf("%q: %+v", got, r.Submission)
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func TestWhoIsStruckThroughOrHiddenGetsNoAccess(t *testing.T) {
	sub := sample()
	data := changed(t, filled(t, Create, sub), func(f *excelize.File) error {
		strike, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Strike: true}})
		if err != nil {
			return err
		}
		return f.SetCellStyle("Anexa 1", "B25", "C25", strike) // Marin Ionescu
	})
	sub.PartnerUsers = sub.PartnerUsers[1:]
	wantSame(t, data, sub)

	data = changed(t, data, func(f *excelize.File) error { return f.SetRowVisible("Anexa 1", 26, false) })
	sub.PartnerUsers = nil
	if r := wantSame(t, data, sub); problemsText(r.Problems) != "partner_users missing" {
		t.Error(r.Problems)
	}

	rich := changed(t, sheetOf(t, formWith("partner_users", row(askPartners), row("x"), row("2. Dan Ene – dan@x.test"))), func(f *excelize.File) error {
		return f.SetCellRichText("Sheet1", "A9", []excelize.RichTextRun{{Text: "1. "}, {Text: "Ana Pop – ana@x.test", Font: &excelize.Font{Strike: true}}})
	})
	if got := peopleText(mustRead(t, rich).Submission.PartnerUsers); got != "Dan Ene <dan@x.test>" {
		t.Errorf("%q", got)
	}
}

func TestAHiddenRowBetweenLabelAndValueIsNoObstacle(t *testing.T) {
	rows := formWith("requester", row("Nume solicitant"), row("ascuns"), row("Ion Pop"))
	data := changed(t, sheetOf(t, rows), func(f *excelize.File) error { return f.SetRowVisible("Sheet1", 5, false) })
	if r := mustRead(t, data); r.Submission.Requester != "Ion Pop" || len(r.Problems) > 0 {
		t.Errorf("%q %v", r.Submission.Requester, r.Problems)
	}
}

func TestAnAddressBehindALinkIsRead(t *testing.T) {
	rows := formWith("partner_users", row(askPartners), row("Nume", "E-mail"), row("Ana Pop", "scrie-i Anei"), row("Dan Ene", "dan@x.test"))
	data := changed(t, sheetOf(t, rows), func(f *excelize.File) error {
		f.SetCellHyperLink("Sheet1", "B10", "mailto:ana@x.test?subject=a", "External")
		return f.SetCellHyperLink("Sheet1", "B11", "mailto:vechi@x.test", "External") // what is shown counts
	})
	if got := peopleText(mustRead(t, data).Submission.PartnerUsers); got != "Ana Pop <ana@x.test>; Dan Ene <dan@x.test>" {
		t.Errorf("%q", got)
	}
	rows = formWith("partner_users", row(askPartners), row("1. Ana Pop"))
	data = changed(t, sheetOf(t, rows), func(f *excelize.File) error {
		return f.SetCellHyperLink("Sheet1", "A9", "mailto:ana@x.test", "External")
	})
	if got := peopleText(mustRead(t, data).Submission.PartnerUsers); got != "Ana Pop <ana@x.test>" {
		t.Errorf("%q", got)
	}
}

func TestAFormWithNumbersInAColumnOfTheirOwnIsRead(t *testing.T) {
	r := mustRead(t, sheetOf(t, [][]any{
		{"Nr.", "Câmp", "Valoare"}, {1, "Nume solicitant", "Ion Pop"}, {2, "Compartimentul care solicită crearea site-ului", "Direcția Economică"}, {3, "Numele instituției partenere", "Spital"},
		{4, "Tipuri de informații care se dorește a fi partajate", "rapoarte"}, {5, "Numele utilizatorilor din instituția parteneră", "Ana Pop – ana@x.test\nDan Ene – dan@x.test"}, {6, "Data cu care este necesară activarea site-ului", "15.12.2026"},
		{7, "Temeiul legal", "HCL 77/2024"}, {8, "Care dintre utilizatorii interni ai primăriei au acces la site", "Eva Ene – eva@primaria.test – citire"},
	}))
	if got := peopleText(r.Submission.PartnerUsers) + " | " + peopleText(r.Submission.InternalUsers); got != "Ana Pop <ana@x.test>; Dan Ene <dan@x.test> | Eva Ene <eva@primaria.test> read" || len(r.Problems) > 0 {
		t.Errorf("%q %v", got, r.Problems)
	}
}

func TestErrorsInCellsGoBack(t *testing.T) {
	data := changed(t, sheetOf(t, formWith("internal_users", row(askInternal), row("Nume", "E-mail", "Citire"), row("Ana Pop", "ana@p.test", "x"))), func(f *excelize.File) error {
		// excelize writes formulas without a value, as programs do that do not compute
		f.SetCellValue("Sheet1", "B5", nil)
		f.SetCellFormula("Sheet1", "B5", "X1&Y1")
		f.SetCellValue("Sheet1", "C14", nil)
		return f.SetCellFormula("Sheet1", "C14", "X1")
	})
	r := mustRead(t, data)
	if got := problemsText(r.Problems); got != "department invalid; internal_users[0].rights invalid" {
		t.Errorf("%q %+v", got, r.Submission)
	}
}

func TestMergedLabelsAndValuesAreRead(t *testing.T) {
	rows := formWith("requester", row("Nume solicitant", nil, nil, "Ion Pop"))
	data := changed(t, sheetOf(t, rows), func(f *excelize.File) error {
		f.MergeCell("Sheet1", "A4", "C4")
		return f.MergeCell("Sheet1", "D4", "G4")
	})
	if r := mustRead(t, data); r.Submission.Requester != "Ion Pop" || len(r.Problems) > 0 {
		t.Errorf("%q %v", r.Submission.Requester, r.Problems)
	}
}

func TestClosingFormsAsPeopleWriteThem(t *testing.T) {
	want := Submission{Requester: "Ion Pop", Department: "Direcția Economică", Site: "Colaborare Spital", Reason: "A expirat protocolul", ArchiveTo: "serverul fs01"}
	for name, rows := range map[string][][]any{
		"right": {{"Cerere pentru stergere site"}, nil, {"Nume solicitant:", "Ion Pop"}, {"Compartimentul care solicita stergerea site-ului:", "Direcția Economică"}, {"Numele site-ului:", "Colaborare Spital"},
			{"Motivul pentru care nu mai este necesar:", "A expirat protocolul"}, {"Unde se vor salva fisierele existente in site:", "serverul fs01"}},
		"short labels": {{"CERERE ÎNCHIDERE SITE"}, {"Solicitant", "Ion Pop"}, {"Compartiment", "Direcția Economică"}, {"Site", "Colaborare Spital"}, {"Motiv", "A expirat protocolul"}, {"Locul salvării fișierelor", "serverul fs01"}},
		"same cell": {{"Cerere ștergere site"}, {"Nume solicitant..... Ion Pop"}, {"Compartimentul..... Direcția Economică"}, {"Denumirea site-ului: Colaborare Spital"}, {"Motivul închiderii: A expirat protocolul"},
			{"Unde se salvează fișierele: serverul fs01"}},
		"below": {{"Nume solicitant"}, {"Ion Pop"}, nil, {"Compartimentul solicitant"}, {"Direcția Economică"}, nil, {"Numele site-ului"}, {"Colaborare Spital"}, nil, {"Motivul pentru care nu mai este necesar site-ul"}, {"A expirat protocolul"}, nil,
			{"Unde se vor salva fișierele"}, {"serverul fs01"}},
		"a table": {{"Nume solicitant", "Compartiment", "Numele site-ului", "Motivul", "Unde se vor salva fișierele"}, {"Ion Pop", "Direcția Economică", "Colaborare Spital", "A expirat protocolul", "serverul fs01"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := wantSame(t, sheetOf(t, rows), want)
			if r.Kind != Close || len(r.Problems) > 0 {
				t.Errorf("kind %q, %v", r.Kind, r.Problems)
			}
		})
	}
}

func TestWhatIsNoFormIsNoForm(t *testing.T) {
	for name, rows := range map[string][][]any{
		"an empty sheet":  {{}},
		"a list of staff": {{"Nr. crt.", "Nume și prenume", "E-mail", "Compartiment"}, {1, "Ana Pop", "ana@p.test", "Direcția Economică"}},
		"a budget":        {{"Cod", "Denumire indicator", "Total"}, {"51.02", "Autorități publice", 8400}},
		"a leave request": {{"Cerere de concediu"}, {"Nume solicitant:", "Ion Pop"}, {"Compartimentul:", "Direcția Economică"}, {"Data:", "15.12.2026"}, {"Motivul:", "personal"}},
	} {
		t.Run(name, func(t *testing.T) {
			if r := mustRead(t, sheetOf(t, rows)); r.Kind != "" || len(r.Problems) > 0 {
				t.Errorf("kind %q, %v", r.Kind, r.Problems)
			}
		})
	}
}
