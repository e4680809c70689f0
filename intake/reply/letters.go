package reply

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed letters.txt
var lettersText string

// passages are those of letters.txt, as folded words, by the first of them.
var passages = sync.OnceValue(func() map[string][][]string {
	byFirst := map[string][][]string{}
	for text := range strings.Lines(lettersText) {
		text, _, _ = strings.Cut(text, "#")
		if p := foldedWords([]string{text}); len(p) > 0 {
			byFirst[p[0]] = append(byFirst[p[0]], p)
		}
	}
	for _, list := range byFirst {
		slices.SortFunc(list, func(a, b []string) int { return len(b) - len(a) }) // the longest first
	}
	return byFirst
})

// foldedWords are the words of the lines, without any marks.
func foldedWords(lines []string) []string {
	var out []string
	for _, t := range words(lines) {
		if t.kind == word || t.kind == numeral {
			out = append(out, t.fold)
		}
	}
	return out
}

// ofOurLetters tells which of toks belong to a passage of the desk's own letters.
// Each passage is compared at most once with each place, so the work is linear.
func ofOurLetters(toks []token) []bool {
	known := make([]bool, len(toks))
	var at []int // where the words stand
	for i, t := range toks {
		if t.kind == word || t.kind == numeral {
			at = append(at, i)
		}
	}
	for k := 0; k < len(at); {
		n := 0
		for _, p := range passages()[toks[at[k]].fold] {
			same := len(p) <= len(at)-k
			for j := 0; same && j < len(p); j++ {
				same = toks[at[k+j]].fold == p[j]
			}
			if same {
				n = len(p)
				break
			}
		}
		for j := k; j < k+n; j++ {
			known[at[j]] = true
		}
		k += max(n, 1)
	}
	return known
}
