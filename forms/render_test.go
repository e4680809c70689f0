package forms

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestRenderPictures renders blank, filled and returned forms to PNG for people
// to look at; it needs LibreOffice and poppler-utils:
//
//	FORMS_PICTURES=/tmp/pictures go test -run TestRenderPictures ./forms
func TestRenderPictures(t *testing.T) {
	dir := os.Getenv("FORMS_PICTURES")
	if dir == "" {
		t.Skip("FORMS_PICTURES names no folder")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string]func() ([]byte, error){
		"blank_create":  func() ([]byte, error) { return Blank(Create, blankOptions()) },
		"blank_close":   func() ([]byte, error) { return Blank(Close, blankOptions()) },
		"filled_create": func() ([]byte, error) { return Fill(Create, sample(), blankOptions()) },
		"filled_long": func() ([]byte, error) {
			sub := sample()
			sub.InfoTypes = strings.Repeat("Situații financiare lunare, rapoarte de execuție bugetară, liste de plată; ", 6)
			sub.LegalBasis = "Legea nr. 273/2006 privind finanțele publice locale\nProtocol de colaborare nr. 1204/03.02.2026\nHCL nr. 77/2024"
			sub.Department = "Direcția Cadastru, Administrare Patrimoniu, Fond Locativ, Transporturi Locale"
			for i := range 24 {
				sub.PartnerUsers = append(sub.PartnerUsers, User{fmt.Sprintf("Conf. univ. dr. Ana-Maria Popescu-Ionescu %d", i), fmt.Sprintf("ana-maria.popescu-ionescu%d@institutie-partenera.test", i), RightRead})
			}
			return Fill(Create, sub, blankOptions())
		},
		"returned_ours":   func() ([]byte, error) { return faultyMarked(t), nil },
		"returned_theirs": func() ([]byte, error) { m, _ := mustMark(t, corpusFile(t, "d15_dubluri.xlsx")); return m, nil },
		"returned_gaps":   func() ([]byte, error) { m, _ := mustMark(t, corpusFile(t, "d07_lipsuri.xlsx")); return m, nil },
		// with the explanations on the right, which are not printed
		"screen_create": func() ([]byte, error) {
			return changed(t, faultyMarked(t), func(f *excelize.File) error {
				landscape := "landscape"
				if err := f.SetPageLayout("Anexa 1", &excelize.PageLayoutOptions{Orientation: &landscape}); err != nil {
					return err
				}
				return f.DeleteDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", Scope: "Anexa 1"})
			}), nil
		},
		"filled_close": func() ([]byte, error) { return Fill(Close, sampleClose(), blankOptions()) },
	}
	for name, make := range files {
		data, err := make()
		if err != nil {
			t.Fatal(err)
		}
		book := filepath.Join(dir, name+".xlsx")
		if err := os.WriteFile(book, data, 0o644); err != nil {
			t.Fatal(err)
		}
		office(t, dir, "pdf", book)
		if out, err := exec.Command("pdftoppm", "-r", "80", "-png", filepath.Join(dir, name+".pdf"), filepath.Join(dir, name)).CombinedOutput(); err != nil {
			t.Fatalf("pdftoppm: %v: %s", err, out)
		}
	}
}

func faultyMarked(t *testing.T) []byte {
	marked, _ := mustMark(t, faulty(t))
	return marked
}
