package templates

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"registratura/intake"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestEveryLetterReadsAsInItsGoldenFiles(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			m, err := Render(s.letter, sampleContext())
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "mails", s.name+".txt"), "Subiect: "+m.Subject+"\n\n"+m.Text)
			golden(t, filepath.Join("testdata", "mails", s.name+".html"), m.HTML)
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is rendered now (run with -update, then look at the difference):\n%s", file, got)
	}
}

var _ = slices.Sort[[]string]
var _ = fs.Glob
var _ = html.Parse
var _ = unicode.IsSpace
var _ = strings.Contains
var _ intake.Letter
