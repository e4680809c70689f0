package config

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// ownDepartments finds the departments of the example.
var ownDepartments = regexp.MustCompile(`(?s)\n# The departments and.*`)

// loadDirectory loads the example with a directory file in place of its departments.
func loadDirectory(t *testing.T, name string, data []byte) (*Config, error) {
	t.Helper()
	text := edited(t, `#directory_file = ""`, `directory_file = "`+name+`"`)
	return loadWith(t, ownDepartments.ReplaceAllString(text, "\n"), name, data)
}

func loadWith(t *testing.T, text, name string, data []byte) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string][]byte{"registratura.toml": []byte(text), name: data} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(filepath.Join(dir, "registratura.toml"))
}

// workbook makes an .xlsx with the rows on its second sheet; the first is empty.
func workbook(t *testing.T, rows [][]any, merged ...string) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	if _, err := book.NewSheet("Șefi"); err != nil {
		t.Fatal(err)
	}
	for i, cells := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := book.SetSheetRow("Șefi", cell, &cells); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(merged); i += 2 {
		if err := book.MergeCell("Șefi", merged[i], merged[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encoded(t *testing.T, text string, enc interface{ String(string) (string, error) }) []byte {
	t.Helper()
	out, err := enc.String(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

func TestDirectoryFileInTheShapesOfCityHalls(t *testing.T) {
	plain := []Department{
		{Name: "Direcția Economică", Head: "Ana Pop", Address: "ana@primaria.test", Aliases: []string{"DE", "Economic"}},
		{Name: "Birou Informatică", Parent: "Direcția Economică"},
		{Name: "Direcția Tehnică", Head: "Ion Țiriac-Pop", Address: "ion@primaria.test"},
	}
	const semicolons = "Departament;Face parte din;Șef departament;Adresă de e-mail;Prescurtări\n" +
		"Direcția Economică;;Ana Pop;Ana@primaria.test;\"DE; Economic\"\n" +
		"Birou Informatică;Direcția Economică;;;\n" +
		"\n" +
		"Direcția Tehnică;;Ion Țiriac-Pop;ion@primaria.test;\n"

	for name, tt := range map[string]struct {
		file string
		data []byte
		want []Department
	}{
		"semicolons":                 {"d.csv", []byte(semicolons), plain},
		"a byte order mark":          {"d.CSV", []byte("\ufeff" + semicolons), plain},
		"windows line ends":          {"d.csv", []byte(strings.ReplaceAll(semicolons, "\n", "\r\n")), plain},
		"windows-1250 with cedillas": {"d.csv", encoded(t, strings.NewReplacer("ș", "ş", "Ș", "Ş", "ț", "ţ", "Ț", "Ţ").Replace(semicolons), charmap.Windows1250.NewEncoder()), plain},
		"UTF-16, as Excel's Unicode text": {"d.csv", encoded(t, strings.ReplaceAll(semicolons, ";", "\t"),
			unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()), []Department{
			{Name: "Direcția Economică", Head: "Ana Pop", Address: "ana@primaria.test", Aliases: []string{"DE Economic"}}, plain[1], plain[2]}},
		"commas, other headings, other order": {"d.csv", []byte("\"Nr. crt.\",EMAIL,Nume și prenume,Compartiment,Direcția superioară,Cod\n" +
			"1,ana@primaria.test,Ana Pop,Direcția Economică,,\"DE, Economic\"\n2,,,Birou Informatică,direcţia economică,\n3,ion@primaria.test,Ion Țiriac-Pop,Direcția Tehnică,,\n"), plain},
		"a title above and Excel's line": {"d.csv", []byte("sep=;\nLista șefilor de departamente;;\n;;\nDenumire;Conducător;E-mail *\nDirecția Tehnică;Ion Țiriac-Pop;mailto:ion@primaria.test;\n"), plain[2:]},
		"the name in the address":        {"d.csv", []byte("Departament;E-mail\nDirecția Tehnică;\"Ion Țiriac-Pop <ion@primaria.test>;\"\n"), plain[2:]},
		"two columns of names, the first repeated": {"d.csv", []byte("Direcția;Serviciul;Șef;E-mail;Prescurtare\n" +
			"Direcția Economică;;Ana Pop;ana@primaria.test;DE|Economic\nDirecția Economică;Birou Informatică;;;\nDirecția Tehnică;;Ion Țiriac-Pop;ion@primaria.test;\n"), plain},
		"a workbook with merged cells, as the procedure's list": {"d.xlsx", workbook(t, [][]any{
			{"Lista cuprinzând persoanele"},
			{"Nr. crt.", "DENUMIRE DIRECȚIE", "DENUMIRE SERVICIU/funcția", "Nume și prenume", "E-mail", "Cod"},
			{1, "Direcția Economică", "Director executiv", "Ana Pop", "ana@primaria.test", "DE, Economic"},
			{nil, nil, "Birou Informatică"},
			{},
			{2, "Direcția Tehnică", "Director executiv", "Ion Țiriac-Pop", "ion@primaria.test"},
		}, "B3", "B5", "A3", "A5"), plain},
		"services above the row of their department": {"d.csv", []byte("Direcție,Birou,Șef,E-mail\nDirecția Tehnică,Administrativ,,\nDirecția Tehnică,Director executiv,Ion Țiriac-Pop,ion@primaria.test\n"),
			[]Department{plain[2], {Name: "Administrativ", Parent: "Direcția Tehnică"}}},
		"a department that has no row of its own": {"d.csv", []byte("Direcție,Serviciu,Șef,E-mail\nDirecția Tehnică,Administrativ,Ana Pop,ana@primaria.test\n"),
			[]Department{{Name: "Direcția Tehnică"}, {Name: "Administrativ", Parent: "Direcția Tehnică", Head: "Ana Pop", Address: "ana@primaria.test"}}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := loadDirectory(t, tt.file, tt.data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, c.Departments, values); diff != "" {
				t.Errorf("departments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDirectoryFileStandsBesideTheSections(t *testing.T) {
	text := edited(t, `#directory_file = ""`, `directory_file = "d.csv"`)
	c, err := loadWith(t, text, "d.csv", []byte("Departament;Face parte din;E-mail\nBirou Presă;Direcția Tehnică;presa@primaria.test\n"))
	if err != nil {
		t.Fatal(err)
	}
	last := c.Departments[len(c.Departments)-1]
	if len(c.Departments) != len(Example().Departments)+1 || last.Name != "Birou Presă" || last.Parent != "Direcția Tehnică" {
		t.Errorf("%d departments, the last is %+v", len(c.Departments), last)
	}
}

func TestDirectoryFileFaultsNameFileRowAndColumn(t *testing.T) {
	const head = "Departament;Face parte din;Șef;E-mail;Prescurtare\nDirecția Economică;;Ana Pop;ana@primaria.test;DE\n"
	for name, tt := range map[string]struct {
		file               string
		data               []byte
		where, key, reason string
	}{
		"an address that is none": {"d.csv", []byte(head + "\nDirecția Tehnică;;Ion Pop;ion.primaria.test;\n"),
			"d.csv, row 4, column E-mail", "address", "is not an address"},
		"two addresses": {"d.csv", []byte(head + "Direcția Tehnică;;Ion Pop;ion@primaria.test / ana@primaria.test;\n"),
			"d.csv, row 3, column E-mail", "address", "not one plain address"},
		"an unknown parent": {"d.csv", []byte(head + "Birou;Direcția Economica Mare;;;\n"),
			"d.csv, row 3, column Face parte din", "parent", "is not a department"},
		"a department twice": {"d.csv", []byte(head + "DIRECTIA ECONOMICA;;;;\n"),
			"d.csv, row 3, column Departament", "name", "stands in d.csv, row 2, column Departament too"},
		"a row without a name": {"d.csv", []byte(head + ";;Ion Pop;ion@primaria.test;\n"),
			"d.csv, row 3, column Departament", "name", "is missing"},
		"an alias twice": {"d.csv", []byte(head + "Direcția Tehnică;;Ion Pop;ion@primaria.test;de\n"),
			"d.csv, row 3, column Prescurtare", "aliases", `names "Direcția Economică" too`},
		"a cell of a workbook": {"d.xlsx", workbook(t, [][]any{{"Departament", "E-mail"}, {}, {"Direcția Tehnică", "ion@"}}),
			"d.xlsx, sheet Șefi, row 3, column E-mail", "address", "no complete domain"},

		"a name that is a novel": {"d.csv", []byte("Departament;E-mail;Face parte din\n" + strings.Repeat("a", 1<<20) + ";a@primaria.test;" + strings.Repeat("b", 1<<20) + "\n"),
			"d.csv, row 2, column Departament", "name", "is longer than 250 bytes"},
		"more departments than any city has": {"d.csv", []byte("Departament;E-mail\n" + strings.Repeat("a;a@primaria.test\n", 2001)),
			"registratura.toml", "department", "there are 2001 departments, more than 2000"},

		"no headings":          {"d.csv", []byte("Direcția Tehnică;ion@primaria.test\n"), "", "", "no row with the headings"},
		"no addresses":         {"d.csv", []byte("Departament;Șef\nDirecția Tehnică;Ion\n"), "", "", "no row with the headings"},
		"an empty file":        {"d.csv", nil, "", "", "no row with the headings"},
		"an empty workbook":    {"d.xlsx", workbook(t, nil), "", "", "no row with the headings"},
		"an old workbook":      {"d.xls", []byte("\xd0\xcf\x11\xe0"), "", "", "neither a .csv nor a .xlsx"},
		"a renamed .xls":       {"d.xlsx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "", "", "is not an .xlsx workbook"},
		"a damaged workbook":   {"d.xlsx", truncatedSheet(t), "", "", "is damaged in xl/worksheets/sheet2.xml"},
		"a workbook of zeros":  {"d.xlsx", hugeSheet(t), "", "", "unpacks to more than 50 MiB"},
		"a file far too large": {"d.csv", bytes.Repeat([]byte("a;b\n"), 3<<20), "", "", "is larger than 10 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadDirectory(t, tt.file, tt.data)
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v, want faults", err)
			}
			if tt.key == "" {
				tt.key, tt.where = "institution.directory_file", "registratura.toml:27"
			}
			for _, f := range faults {
				if !f.Warning && f.Key == tt.key && f.Where == tt.where && strings.Contains(f.Reason, tt.reason) {
					return
				}
			}
			t.Errorf("no such fault among:\n%v", err)
		})
	}
}

func TestDirectoryFileThatIsNotThere(t *testing.T) {
	_, err := load(t, edited(t, `#directory_file = ""`, `directory_file = "none.csv"`))
	if f := one(t, err); f.Key != "institution.directory_file" || !strings.Contains(f.Reason, "no such file") {
		t.Errorf("got %#v", f)
	}
}

func TestDepartmentsInTheFileAndInTheSectionsAreToldOnce(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("Departament;E-mail\n")
	for _, d := range Example().Departments {
		rows.WriteString(`"` + d.Name + "\";\n")
	}
	text := edited(t, `#directory_file = ""`, `directory_file = "d.csv"`)
	_, err := loadWith(t, text, "d.csv", []byte(rows.String()))
	f := one(t, err)
	if f.Key != "institution.directory_file" || !strings.HasPrefix(f.Reason, "32 departments stand in the file and in [[department]] sections too") {
		t.Errorf("got %#v", f)
	}
}

// truncatedSheet is a workbook whose sheet ends in the middle, in a sound archive.
func truncatedSheet(t *testing.T) []byte {
	return rewriteSheet(t, func(w io.Writer, sheet []byte) error {
		_, err := w.Write(sheet[:bytes.Index(sheet, []byte("</sheetData>"))])
		return err
	})
}

// hugeSheet is a workbook whose sheet is followed by 60 MB of blanks.
func hugeSheet(t *testing.T) []byte {
	return rewriteSheet(t, func(w io.Writer, sheet []byte) error {
		_, err := w.Write(append(sheet, bytes.Repeat([]byte{' '}, 60<<20)...))
		return err
	})
}

func rewriteSheet(t *testing.T, write func(io.Writer, []byte) error) []byte {
	t.Helper()
	data := workbook(t, [][]any{{"Departament", "E-mail"}, {"Direcția Tehnică", "ion@primaria.test"}, {"Direcția Economică", "ana@primaria.test"}})
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	out := zip.NewWriter(&buf)
	for _, part := range in.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		w, err := out.Create(part.Name)
		if err != nil {
			t.Fatal(err)
		}
		if part.Name == "xl/worksheets/sheet2.xml" {
			err = write(w, content)
		} else {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func FuzzDirectoryCSV(f *testing.F) {
	f.Add([]byte("Departament;Face parte din;Șef;E-mail;Prescurtare\nA;;Ana;ana@primaria.test;\"a;b\"\nB;A;;;\n"))
	f.Add([]byte("Direcție,Serviciu,E-mail\nA,,a@primaria.test\n,B,\n,Director,\n"))
	f.Add([]byte("\xff\xfeD\x00"))
	f.Add([]byte("Departament\tE-mail\n\"\xba"))
	example := Example()
	f.Fuzz(func(t *testing.T, data []byte) {
		departments, err := departmentsFromCSV("d.csv", data)
		if err != nil {
			return
		}
		c := *example
		c.Departments = departments
		c.checkDepartments()
		for _, fault := range c.faults {
			if fault.Reason == "" || fault.Where == "" {
				t.Errorf("a fault that says nothing: %#v", fault)
			}
		}
	})
}
