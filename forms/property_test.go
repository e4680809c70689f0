package forms

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// anySubmission makes up a submission: texts with whatever people type.
func anySubmission(rng *rand.Rand, kind Kind) Submission {
	const alphabet = "aăâbcdefghiîjklmnopqrsștțuvwxyzABCȘȚĂÎ0123456789 .,:;-–/()„”\"'&<>=+*#%_xşţ\u00a0"
	runes := []rune(alphabet)
	text := func(most int) string {
		var b strings.Builder
		b.WriteRune([]rune("=+-@'<Aaș1")[rng.IntN(10)])
		b.WriteString("ab")
		for range rng.IntN(most) {
			b.WriteRune(runes[rng.IntN(len(runes))])
		}
		return tidy(b.String())
	}
	long := func() string {
		s := text(120)
		for range rng.IntN(3) {
			s += "\n" + text(60)
		}
		return s
	}
	word := func() string {
		w := []rune("aăâbcdeiîlmnoprsștțu")
		var b strings.Builder
		b.WriteRune([]rune("ABCDEȘȚI")[rng.IntN(8)])
		for range 2 + rng.IntN(8) {
			b.WriteRune(w[rng.IntN(len(w))])
		}
		return b.String()
	}
	people := func(rightless bool) []User {
		var list []User
		for i := range rng.IntN(28) {
			u := User{Name: word() + " " + word(), Email: fmt.Sprintf("u%d.%d@x%d.test", i, rng.IntN(1000), rng.IntN(5)), Rights: Rights(rng.IntN(8))}
			switch rng.IntN(6) {
			case 0:
				u.Name = "dr. " + word() + "-" + word() + ", " + word()
			case 1:
				u.Email = ""
			case 2:
				u.Name = ""
				u.Email = fmt.Sprintf("o'brien+%d@sub-d.x.test", i)
			}
			list = append(list, u)
		}
		return list
	}
	if kind == Close {
		return Submission{Requester: text(30), Department: text(50), Site: text(60), Reason: long(), ArchiveTo: long()}
	}
	return Submission{
		Requester: text(30), Department: text(50), Partner: text(60), InfoTypes: long(), LegalBasis: long(),
		ActivationDate: DateOf(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rng.IntN(4000)-2000)),
		PartnerUsers:   people(true), InternalUsers: people(false),
	}
}

func anyKind(i int) Kind {
	if i%4 == 3 {
		return Close
	}
	return Create
}

func TestAnySubmissionFilledInReadsBackTheSame(t *testing.T) {
	for i := range 200 {
		rng := rand.New(rand.NewPCG(uint64(i), 7))
		kind := anyKind(i)
		want := anySubmission(rng, kind)
		data, err := Fill(kind, want, blankOptions())
		if err != nil {
			t.Fatal(err)
		}
		r := mustRead(t, data)
		if diff := cmp.Diff(want, r.Submission); diff != "" || r.Kind != kind {
			t.Fatalf("seed %d: kind %q: %s", i, r.Kind, diff)
		}
	}
}

// The same after another program has saved the file, as a workbook and as .ods.
func TestAnySubmissionReadsBackTheSameThroughLibreOffice(t *testing.T) {
	needOffice(t)
	const n = 12
	for _, format := range []string{"xlsx", "ods"} {
		in, out := t.TempDir(), t.TempDir()
		want := map[string]Submission{}
		var files []string
		for i := range n {
			rng := rand.New(rand.NewPCG(uint64(i), 8))
			sub := anySubmission(rng, anyKind(i))
			data, err := Fill(anyKind(i), sub, blankOptions())
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("f%02d", i)
			want[name] = sub
			file := filepath.Join(in, name+".xlsx")
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		office(t, out, format, files...)
		for i := range n {
			name := fmt.Sprintf("f%02d", i)
			data, err := os.ReadFile(filepath.Join(out, name+"."+format))
			if err != nil {
				t.Fatal(err)
			}
			r := mustRead(t, data)
			if diff := cmp.Diff(want[name], r.Submission); diff != "" || r.Kind != anyKind(i) || r.Version != Version {
				t.Errorf("%s %s: kind %q, version %d: %s", name, format, r.Kind, r.Version, diff)
			}
		}
	}
}

// The corpus reads the same once LibreOffice has saved it, in either format.
func TestTheCorpusReadsTheSameThroughLibreOffice(t *testing.T) {
	needOffice(t)
	files, _ := filepath.Glob("testdata/corpus/*.xlsx")
	for _, format := range []string{"xlsx", "ods"} {
		out := t.TempDir()
		office(t, out, format, files...)
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			saved, err := os.ReadFile(filepath.Join(out, strings.TrimSuffix(filepath.Base(file), "xlsx")+format))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(mustRead(t, data), mustRead(t, saved)); diff != "" {
				t.Errorf("%s as %s: %s", filepath.Base(file), format, diff)
			}
		}
	}
}

// needOffice skips a test where LibreOffice is missing, except in CI.
func needOffice(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("soffice"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("LibreOffice (soffice) is not installed")
		}
		t.Skip("LibreOffice (soffice) is not installed")
	}
}

// office converts files with LibreOffice, with a profile of its own.
func office(t *testing.T, dir, format string, files ...string) {
	t.Helper()
	profile := filepath.Join(os.TempDir(), fmt.Sprintf("registratura-soffice-%d", os.Getuid()))
	args := slices.Concat([]string{"-env:UserInstallation=file://" + profile, "--headless", "--convert-to", format, "--outdir", dir}, files)
	if out, err := exec.Command("soffice", args...).CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v: %s", err, out)
	}
}
