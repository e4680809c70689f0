package forms

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testdata/ods holds forms of the corpus as LibreOffice 7.4 saves them.
func TestOpenDocumentFormsReadLikeTheirOriginals(t *testing.T) {
	files, err := filepath.Glob("testdata/ods/*.ods")
	if err != nil || len(files) == 0 {
		t.Fatal("no .ods files", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		original := corpusFile(t, strings.TrimSuffix(filepath.Base(file), "ods")+"xlsx")
		if diff := cmp.Diff(mustRead(t, original), mustRead(t, data)); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}
