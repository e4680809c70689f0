package reply

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// wording is a line of testdata/wordings: what an answer may be taken for, the
// best first, and its text.
type wording struct {
	file, text string
	verdicts   []Verdict
}

func wordingFiles(t *testing.T) []wording {
	files, err := filepath.Glob("testdata/wordings/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var list []wording
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			labels, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if !ok {
				t.Fatalf("%s: %q", file, line)
			}
			l := wording{file: filepath.Base(file), text: strings.ReplaceAll(text, "⏎", "\n")}
			for v := range strings.SplitSeq(labels, " or ") {
				l.verdicts = append(l.verdicts, Verdict(v))
			}
			list = append(list, l)
		}
	}
	return list
}

// input is the answer as it comes to the desk, to the request that it is about.
func (l wording) input() Input {
	in := Input{Text: l.text, Names: []string{"Constantin Popa", "primar"}, Requester: "Maria Ionescu", Today: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC),
		RequestNumber: "42/23.11.2026", Subjects: []string{"Spitalul Județean de Urgență Buzău", "Direcția Economică"},
		People: []string{"Ion Popescu", "Elena Marin", "Maria Ionescu", "Mihai Țuțea"}}
	if l.file != "mayor.txt" {
		in.RequestNumber, in.Subjects, in.People = "SC-2026-0147", []string{"Avize urbanism", "Serviciul Urbanism"}, []string{"Maria Ionescu", "Andrei Dobre"}
	}
	return in
}

func TestAnswersInPeoplesOwnWordsAreTakenForWhatTheyAre(t *testing.T) {
	type share struct{ first, of int }
	shares := map[Verdict]*share{}
	for _, l := range wordingFiles(t) {
		want := l.verdicts[0]
		if shares[want] == nil {
			shares[want] = &share{}
		}
		shares[want].of++
		got := Read(l.input())
		switch {
		case got.Verdict == want:
			shares[want].first++
		case got.Verdict == Approve && !slices.Contains(l.verdicts, Approve):
			t.Errorf("FALSE APPROVAL: %s: %q: %s", l.file, l.text, got.Why)
		case !slices.Contains(l.verdicts, got.Verdict):
			t.Errorf("%s: %q is %s (%s), want %s", l.file, l.text, got.Verdict, got.Why, l.verdicts)
		}
		// Nothing that helps to understand may be needed to be safe.
		if got := Read(Input{Text: l.text}); got.Verdict == Approve && !slices.Contains(l.verdicts, Approve) {
			t.Errorf("FALSE APPROVAL, nothing known: %q: %s", l.text, got.Why)
		}
	}
	for v, s := range shares {
		t.Logf("%s: %d of %d at the first try", v, s.first, s.of)
	}
}
