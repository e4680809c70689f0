package forms

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
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
		"returned_ours": func() ([]byte, error) { data := faulty(t); r := mustRead(t, data); return Mark(data, r, r.Problems) },
		"returned_theirs": func() ([]byte, error) {
			data, _ := os.ReadFile("testdata/corpus/d15_dubluri.xlsx")
			r := mustRead(t, data)
			return Mark(data, r, r.Problems)
		},
		"returned_lipsuri": func() ([]byte, error) {
			data, _ := os.ReadFile("testdata/corpus/d07_lipsuri.xlsx")
			r := mustRead(t, data)
			return Mark(data, r, r.Problems)
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
