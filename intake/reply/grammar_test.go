package reply

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestFaultsInTheGrammarAreNamedByLine(t *testing.T) {
	for text, want := range map[string]string{
		"aprob":                "line 1: a phrase before the first [list]",
		"[a]\n[a]":             "line 2: the list [a] is there twice",
		"[a]\n(x|y":            "line 2",
		"[a]\nx)":              "line 2",
		"[a]\n(|x)":            "empty alternative",
		"[a]\n{b":              "line 2",
		"[a]\n{b}":             "no list [b]",
		"[a]\n{a}":             "contains itself",
		"[a]\n{b}\n[b]\nx {a}": "contains itself",
		"[a]\nx ? y":           "line 2",
	} {
		if _, err := parseGrammar(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestPhrasesReachAsFarAsTheyCan(t *testing.T) {
	g, err := parseGrammar("[a]\nunu (doi|doi trei)? {b}? # a remark\n[b]\npatru cinci?\n:)\n[c]\n(x y|z)? w")
	if err != nil {
		t.Fatal(err)
	}
	m := &matcher{grammar: g}
	for _, c := range []struct {
		list, text string
		want       int
	}{
		{"a", "unu", 1}, {"a", "UNU doi", 2}, {"a", "unu doi trei patru cinci șase", 5}, {"a", "unu trei", 1}, {"a", "doi", 0}, {"a", "unu, doi", 1},
		{"a", "unu\ndoi", 2}, {"a", "unu\n\ndoi", 1}, {"b", ":)", 1}, {"c", "x y w", 3}, {"c", "w", 1}, {"c", "x w", 0}, {"c", "z w", 2}, {"a", "", 0},
	} {
		if got, _ := m.longest(c.list, words(strings.Split(c.text, "\n")), 0); got != c.want {
			t.Errorf("[%s] in %q: %d, want %d", c.list, c.text, got, c.want)
		}
	}
}

// A list that is asked for by a wrong name would be silently empty.
func TestEveryListThatTheCodeNamesIsInTheGrammar(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	named := regexp.MustCompile(`(?:words\[|lists\[|candidates\(|longest\(|find\(|named\()"([a-z ]+)"|"(command [a-z ]+)"`)
	found := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range named.FindAllStringSubmatch(string(source), -1) {
			found++
			if _, ok := rules().lists[m[1]+m[2]]; !ok {
				t.Errorf("%s: there is no list [%s]", file, m[1]+m[2])
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d names found", found)
	}
	sig := signatureReader{matcher: &matcher{grammar: rules()}}
	if !sig.spoken("sterge") && !sig.spoken("stergere") {
		t.Error("[right delete] is not looked at")
	}
}

func TestWordsAreComparedAsPeopleReadThem(t *testing.T) {
	for _, same := range [][]string{
		{"aprobă", "aproba", "APROBĂ", "aprobǎ", "aprobã", "aprobb\u0103", "a\u00adproba", "aprobă\u200b", "aproba\u0306"},
		{"ștergere", "ştergere", "stergere", "ȘTERGERE", "șștergere", "s\u0326tergere", "ºtergere"},
		{"mulțumesc", "mulţumesc", "multumesc", "mulþumesc"},
		{"site-ului", "site‑ului", "site‐ului"},
	} {
		for _, s := range same {
			if fold(s) != fold(same[0]) {
				t.Errorf("%q is %q, %q is %q", s, fold(s), same[0], fold(same[0]))
			}
		}
	}
	for _, other := range []string{"аproba", "a\u0336proba", "apr0ba", "aprob", "a proba", "ａｐｒｏｂａ"} {
		if fold(other) == fold("aproba") {
			t.Errorf("%q is taken for aproba", other)
		}
	}
}
