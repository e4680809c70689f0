package forms

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// faulty is a filled form with something wrong in most of its fields.
func faulty(t testing.TB) []byte {
	t.Helper()
	sub := sample()
	sub.Requester = ""
	sub.Department = "Direcția Relații Internaționale"
	sub.ActivationDate = Date{2026, 11, 2}
	sub.PartnerUsers[0].Email = "marin.ionescu@spital"
	sub.PartnerUsers[1].Email = "elena.dobre@primariabuzau.test"
	sub.InternalUsers[1].Rights = 0
	data, err := Fill(Create, sub, blankOptions())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustRead(t testing.TB, data []byte) *Reading {
	t.Helper()
	r, err := Read(data, corpusRules())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAMarkedWorkbookReadsBackTheSame(t *testing.T) {
	files, _ := filepath.Glob("testdata/corpus/*.xlsx")
	books := map[string][]byte{"our own form": faulty(t)}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		books[filepath.Base(file)] = data
	}
	for name, data := range books {
		r := mustRead(t, data)
		if r.Kind == "" {
			continue
		}
		marked, err := Mark(data, r, r.Problems)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(r, mustRead(t, marked)); diff != "" {
			t.Errorf("%s: reads otherwise once marked: %s", name, diff)
		}
		clean, err := Unmark(marked)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(r, mustRead(t, clean)); diff != "" {
			t.Errorf("%s: reads otherwise once unmarked: %s", name, diff)
		}
	}
}
