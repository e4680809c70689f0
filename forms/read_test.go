package forms

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"registratura/forms/workbook"
)

var update = flag.Bool("update", false, "rewrite the filled forms of the current version in testdata/versions")

// Forms made by earlier versions stay readable: testdata/versions holds a filled
// one of each, which is never changed.
func TestFormsOfEveryVersionAreRead(t *testing.T) {
	for version := 1; version <= Version; version++ {
		for kind, want := range map[Kind]Submission{Create: sample(), Close: sampleClose()} {
			file := filepath.Join("testdata/versions", fmt.Sprintf("v%d_%s.xlsx", version, kind))
			if *update && version == Version {
				if err := os.WriteFile(file, filled(t, kind, want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if r := wantSame(t, data, want); r.Version != version || len(r.Problems) > 0 {
				t.Errorf("%s: version %d, %v", file, r.Version, r.Problems)
			}
		}
	}
}

func TestAReadingSurvivesJSON(t *testing.T) {
	for name, data := range books(t) {
		r := mustRead(t, data)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back Reading
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, &back); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAFileThatIsNoWorkbookSaysWhatItIs(t *testing.T) {
	whole := filled(t, Create, sample())
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"a PDF":       {[]byte("%PDF-1.7"), ErrNotSpreadsheet},
		"an .xls":     {append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 1000)...), ErrLegacy},
		"a .7z":       {[]byte("7z\xBC\xAF\x27\x1C"), ErrArchive},
		"a truncated": {whole[:len(whole)/2], ErrDamaged},
		"too large":   {append([]byte("PK\x03\x04"), make([]byte, workbook.MaxFile)...), ErrTooLarge},
	} {
		if _, err := Read(c.data, corpusRules()); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

func TestProblemFindsTheCellOfAField(t *testing.T) {
	r := mustRead(t, corpusFile(t, "d15_dubluri.xlsx"))
	for name, cell := range map[string]string{"requester": "B4", "partner_users[1].email": "C11", "internal_users[0].rights": "D17", "internal_users[1]": "C18", "internal_users[77].email": "B17", "nonsense": ""} {
		if p := r.Problem(name, Unknown, "x"); p.Cell != cell || p.Sheet != "Anexa 1" {
			t.Errorf("%s is in %q of %q, want %q", name, p.Cell, p.Sheet, cell)
		}
	}
}

func TestAProblemFromOutsideTakesItsPlace(t *testing.T) {
	r := mustRead(t, faulty(t))
	r.AddProblem("department", Unknown, "Nu conduceți acest compartiment.")
	r.AddProblem("partner", Duplicate, "Există deja un site.")
	r.AddProblem("internal_users[0].email", Unknown, "Adresa nu există.")
	var got []string
	for _, p := range r.Problems {
		got = append(got, p.Cell+" "+p.Field)
	}
	want := []string{"C19 requester", "C20 department", "C20 department", "C21 partner", "C25 partner_users[0].email", "C26 partner_users[1].email", "C45 activation_date", "C50 internal_users[0].email", "D51 internal_users[1].rights"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProblemsSpeakToTheSender(t *testing.T) {
	r := mustRead(t, faulty(t))
	var got []string
	for _, p := range r.Problems {
		got = append(got, p.Cell+" "+p.Message)
	}
	want := []string{
		"C19 Nu ați completat numele solicitantului. Scrieți numele și prenumele șefului de departament.",
		"C20 „Direcția Relații Internaționale” nu este între compartimentele primăriei. Scrieți denumirea completă a direcției sau a serviciului, ca în organigramă.",
		"C25 Adresa de e-mail a lui Marin Ionescu, „marin.ionescu@spital”, nu este corectă. Scrieți adresa întreagă, de exemplu nume.prenume@institutie.ro.",
		"C26 Adresa elena.dobre@primariabuzau.test este a primăriei, nu a instituției partenere. Scrieți adresa lui Elena Dobre de la instituția parteneră sau mutați persoana la utilizatorii interni.",
		"C45 Data activării, 02.11.2026, a trecut. Scrieți ziua de astăzi (23.11.2026) sau una viitoare.",
		"D51 Pentru Dan Oprea nu ați marcat niciun drept. Scrieți citire, scriere, ștergere sau marcați cu X în coloana fiecărui drept.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// sheetXML makes a workbook of lines with tab-separated cells, quickly.
func sheetXML(text string) []byte {
	var sheet bytes.Buffer
	sheet.WriteString(`<worksheet><sheetData>`)
	for _, line := range strings.Split(text, "\n") {
		sheet.WriteString("<row>")
		for _, cell := range strings.Split(line, "\t") {
			sheet.WriteString(`<c t="inlineStr"><is><t>`)
			xml.EscapeText(&sheet, []byte(strings.ReplaceAll(cell, "\r", "\n")))
			sheet.WriteString(`</t></is></c>`)
		}
		sheet.WriteString("</row>")
	}
	sheet.WriteString(`</sheetData></worksheet>`)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types/>`},
		{"xl/workbook.xml", `<workbook><sheets><sheet name="Foaie" id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", sheet.String()},
	} {
		w, _ := z.CreateHeader(&zip.FileHeader{Name: part[0], Method: zip.Store})
		w.Write([]byte(part[1]))
	}
	z.Close()
	return b.Bytes()
}

// sound are the things that hold for any reading of anything.
func sound(t *testing.T, r *Reading) {
	t.Helper()
	for _, p := range r.Problems {
		if p.Message == "" || p.Why == "" || p.Sheet == "" || len(p.Message) > 2000 {
			t.Fatalf("%+v", p)
		}
		if p.Cell != "" {
			if _, _, ok := workbook.ParseRef(p.Cell); !ok {
				t.Fatalf("%q is no cell", p.Cell)
			}
		}
	}
	for _, list := range [][]User{r.Submission.PartnerUsers, r.Submission.InternalUsers} {
		for _, u := range list {
			if u.Email != "" && !plausible(u.Email) {
				t.Fatalf("nobody could write to %q", u.Email)
			}
			if u.Rights > allRights {
				t.Fatalf("rights %d", u.Rights)
			}
		}
	}
}

// FuzzRead reads forms with anything in their cells.
func FuzzRead(f *testing.F) {
	for _, rows := range [][][]any{
		formWith("requester", row(askRequester, "Ion Pop")),
		formWith("internal_users", row(askInternal), row("Nume", "E-mail", "Citire", "Scriere"), row("Ana Pop", "ana@p.test", "x", "-")),
		formWith("partner_users", row(askPartners, "1. Ana Pop – ana@x.test; 2) Dan Ene <dan@x.test> (☑ citire ☐ scriere)")),
	} {
		var text strings.Builder
		for _, row := range rows {
			for _, cell := range row {
				fmt.Fprintf(&text, "%v\t", cell)
			}
			text.WriteByte('\n')
		}
		f.Add(text.String())
	}
	rules := corpusRules()
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Read(sheetXML(text), rules)
		if err != nil {
			if errors.Is(err, ErrTooLarge) || errors.Is(err, ErrDamaged) {
				return
			}
			t.Fatal(err)
		}
		sound(t, r)
	})
}

// FuzzReadFile reads whole files that were tampered with.
func FuzzReadFile(f *testing.F) {
	f.Add(sheetXML("Nume solicitant\tIon"))
	small, err := os.ReadFile("testdata/corpus/d13_inchidere.xlsx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	rules := corpusRules()
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(data, rules)
		if err != nil {
			for _, known := range []error{ErrNotSpreadsheet, ErrLegacy, ErrEncrypted, ErrArchive, ErrTooLarge, ErrDamaged} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("an error without a name: %v", err)
		}
		sound(t, r)
	})
}
