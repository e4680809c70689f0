package forms

import (
	"slices"
	"strings"
	"unicode"
)

// Rights are also marked beside their names: "citire: da, scriere: nu", "☑ citire
// ☐ scriere", "citire X, ștergere -". There a right's name alone grants nothing.

type markKind uint8

const (
	aRight markKind = iota
	yes
	no
	unmarked // a line that was drawn to be marked and was not
	another  // something else
)

type markToken struct {
	kind  markKind
	right Rights
	from  int
	apart bool // a comma or the like stands before it
}

var (
	yesWords = []string{"x", "da", "yes", "v", "1", "true"}
	nopeWord = []string{"nu", "no", "0", "false"}
)

// markTokens takes a text apart into names of rights, marks and the rest.
func markTokens(s string) []markToken {
	var list []markToken
	word := func(text string, from int) {
		if text == "" {
			return
		}
		folded := fold(text)
		t := markToken{kind: another, from: from}
		switch {
		case rightOf(folded) != 0:
			t.kind, t.right = aRight, rightOf(folded)
		case index(yesWords, folded, true) >= 0:
			t.kind = yes
		case index(nopeWord, folded, true) >= 0:
			t.kind = no
		case folded != "poate" && index(rightNoise, folded, true) >= 0:
			return
		}
		list = append(list, t)
	}
	apart := false
	// A token is apart if a separator came after the one before it.
	separate := func(n int) {
		if len(list) > n {
			list[len(list)-1].apart = apart
			apart = false
		}
	}
	from := -1
	runes := []rune(s)
	at := 0
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		size := len(string(r))
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if from < 0 {
				from = at
			}
			at += size
			continue
		}
		n := len(list)
		if from >= 0 {
			word(s[from:at], from)
			from = -1
			separate(n)
			n = len(list)
		}
		apart = apart || strings.ContainsRune(",;/|\n", r)
		rest := strings.TrimLeft(string(runes[i+1:min(len(runes), i+4)]), " ")
		switch {
		case strings.ContainsRune("✓✔√☑☒✅■●", r):
			list = append(list, markToken{kind: yes, from: at})
		case strings.ContainsRune("☐□○✗✘❌", r):
			list = append(list, markToken{kind: no, from: at})
		case r == '[' && strings.HasPrefix(rest, "]"), r == '(' && strings.HasPrefix(rest, ")"):
			list = append(list, markToken{kind: no, from: at})
		case strings.ContainsRune("-–—", r) && (strings.Trim(string(runes[i+1:]), " ") == "" || rest != "" && strings.ContainsRune(",;|/)\n", []rune(rest)[0])):
			list = append(list, markToken{kind: no, from: at})
		case r == '_' || r == '…' || r == '.' && strings.HasPrefix(string(runes[i:]), "..."):
			list = append(list, markToken{kind: unmarked, from: at})
			for i+1 < len(runes) && strings.ContainsRune("_….", runes[i+1]) {
				at += size
				i++
				size = len(string(runes[i]))
			}
		}
		separate(n)
		at += size
	}
	if from >= 0 {
		n := len(list)
		word(s[from:], from)
		separate(n)
	}
	return list
}

// joinBlanks makes one mark of "_X_", which was written on a line.
func joinBlanks(list []markToken) []markToken {
	var joined []markToken
	for _, t := range list {
		n := len(joined) - 1
		switch {
		case n >= 0 && t.kind == yes && joined[n].kind == unmarked:
			joined[n] = t
		case n >= 0 && t.kind == unmarked && joined[n].kind == yes:
		default:
			joined = append(joined, t)
		}
	}
	return joined
}

// markedRights reads rights that are marked beside their names. used is false
// where nothing is marked so; begin is where the marks begin in the text.
func markedRights(s string) (rights Rights, begin int, used, ok bool) {
	if len(s) > 2000 {
		return 0, 0, false, false
	}
	list := markTokens(s)
	first := slices.IndexFunc(list, func(t markToken) bool { return t.kind == aRight })
	if first < 0 {
		return 0, 0, false, false
	}
	// A mark just before the first name belongs to it.
	if first > 0 && list[first-1].kind != another && !(list[first-1].kind == no && list[first-1].from == 0) {
		if t := list[first-1]; t.kind != unmarked && strings.TrimFunc(s[t.from:list[first].from], func(r rune) bool { return !unicode.IsLetter(r) || r == 'x' || r == 'X' }) == "" {
			first--
		}
	}
	list = joinBlanks(list[first:])
	begin = len(strings.TrimRight(s[:list[0].from], " ([_"))
	// A dotted line after the last name is only the end of the line.
	if n := len(list) - 1; list[n].kind == unmarked && !slices.ContainsFunc(list[:n], func(t markToken) bool { return t.kind == yes || t.kind == no || t.kind == unmarked }) {
		list = list[:n]
	}
	counts := map[markKind]int{}
	for _, t := range list {
		counts[t.kind]++
	}
	marks := counts[yes] + counts[no] + counts[unmarked]
	if marks == 0 {
		return 0, 0, false, false
	}
	// "citire, nu scriere" says it in words; that is for readRights.
	if counts[yes] == 0 && counts[unmarked] == 0 && counts[no] == 1 && list[len(list)-1].kind == aRight && list[0].kind == aRight {
		return 0, 0, false, false
	}
	if counts[another] > 0 {
		return 0, begin, true, false
	}
	before := list[0].kind != aRight
	for i := 0; i < len(list); i++ {
		t := list[i]
		if t.kind != aRight {
			// Two marks in a row, or one that belongs to no name.
			if before && (i+1 >= len(list) || list[i+1].kind != aRight || list[i+1].apart) || !before && (i == 0 || list[i-1].kind != aRight || t.apart) {
				return 0, begin, true, false
			}
			continue
		}
		granted := counts[yes] == 0 && counts[unmarked] == 0
		if before && i > 0 && list[i-1].kind != aRight {
			granted = list[i-1].kind == yes
		} else if !before && i+1 < len(list) && list[i+1].kind != aRight {
			granted = list[i+1].kind == yes
		}
		if granted {
			rights |= t.right
		}
	}
	return rights, begin, true, true
}

// apartCrosses settles what a cross means in the columns of a list that has ticks
// too: "✗" beside "✓" is a no; "x" may be either, and is asked about.
func apartCrosses(entries [][]piece) {
	column := func(pc piece) bool { return pc.role == readRole || pc.role == writeRole || pc.role == deleteRole }
	ticks := false
	for _, e := range entries {
		for _, pc := range e {
			ticks = ticks || column(pc) && strings.ContainsAny(pc.text, "✓✔☑✅√")
		}
	}
	if !ticks {
		return
	}
	for _, e := range entries {
		for i, pc := range e {
			if !column(pc) {
				continue
			}
			switch t := strings.TrimSpace(pc.text); {
			case t != "" && strings.Trim(t, "✗✘❌\ufe0f") == "":
				e[i].text = "nu"
			case fold(t) == "x" || t == "☒":
				e[i].text = "?"
			}
		}
	}
}
