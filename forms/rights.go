package forms

import (
	"strings"
	"unicode"
)

// rightWords are the words that name a right. Whole words: there are people
// called Scripcaru, Citirigă and Stergiu.
var rightWords = []struct {
	right Rights
	full  string // may be abbreviated from three letters on, or misspelt
	words []string
}{
	{RightRead, "citire", []string{"citirea", "citirii", "citit", "citeste", "citesc", "citeasca", "vizualizare", "vizualizarea", "vizualiza", "vizualizeze", "vizualizeaza", "vizionare", "consultare", "consulta", "read", "reading", "view"}},
	{RightWrite, "scriere", []string{"scrierea", "scrierii", "scris", "scriu", "editare", "editarea", "edita", "editeze", "editeaza", "modificare", "modificarea", "modifica", "modifice", "incarcare", "incarca", "adaugare", "adauga", "write", "writing", "edit"}},
	{RightDelete, "stergere", []string{"stergerea", "stergerii", "stergeri", "sters", "stearga", "eliminare", "elimina", "delete", "deleting", "deletion", "remove"}},
}

var rightShort = map[string]Rights{
	"cit": RightRead, "cit.": RightRead, "scr": RightWrite, "scr.": RightWrite, "st": RightDelete, "ster": RightDelete, "stg": RightDelete, "rw": RightRead | RightWrite,
	"rwd": RightRead | RightWrite | RightDelete, "r": RightRead, "w": RightWrite, "d": RightDelete, "c": RightRead, "s": RightWrite,
}

const allRights = RightRead | RightWrite | RightDelete

var (
	allWords = []string{"toate", "toata", "complet", "complete", "completa", "total", "totale", "full", "all", "depline", "integral", "integrale"}
	noWords  = []string{"fara", "nu", "exceptia", "except", "exceptand", "minus", "without", "no", "not", "putin", "nici"}
	// rightNoise says nothing by itself.
	rightNoise = []string{"drept", "drepturi", "drepturile", "dreptul", "dr", "de", "acces", "accesul", "access", "si", "doar", "numai", "exclusiv", "only", "cu", "la", "the", "and", "poate", "pot",
		"trei", "cele", "sa", "a", "al", "in", "pe", "site", "siteul", "siteului", "fisiere", "fisierele", "fisierelor", "documente", "documentele", "documentelor", "mai", "control", "rights", "permisiuni", "plus", "tot", "simpla", "are", "avea", "va", "vor", "au", "acorda", "acordat", "se", "3"}
)

// rightOf is the right that a folded word names.
func rightOf(w string) Rights {
	for _, r := range rightWords {
		if len(w) >= 3 && strings.HasPrefix(r.full, w) || len(w) >= 5 && alike(w, r.full) || index(r.words, w, true) >= 0 {
			return r.right
		}
	}
	return 0
}

// namesRights reports whether a piece of text says something about rights.
func namesRights(text string) bool {
	if _, ok := rightLetters(text); ok {
		return true
	}
	list := words(text, true)
	for i, w := range list {
		if rightOf(w.text) != 0 {
			return true
		}
		if index(allWords, w.text, true) >= 0 && (len(list) == 1 || i+1 < len(list) && (strings.HasPrefix(list[i+1].text, "drept") || index(noWords, list[i+1].text, true) >= 0 ||
			index([]string{"cele", "trei", "mai", "control", "acces", "access"}, list[i+1].text, true) >= 0)) {
			return true
		}
		if strings.HasPrefix(w.text, "drept") || w.text == "control" || w.text == "acces" {
			return true
		}
		if _, ok := rightShort[w.text]; ok && len(w.text) > 1 && len(list) <= 4 {
			return true
		}
	}
	return false
}

// readRights reads rights in words or letters. The answer is not ok where
// anything is left that was not understood: a restriction, a question.
func readRights(text string) (rights Rights, ok bool) {
	if r, ok := rightLetters(text); ok {
		return r, true
	}
	var denied Rights
	no := false
	found := false
	for _, w := range words(text, true) {
		r := rightOf(w.text)
		switch {
		case r != 0:
		case index(allWords, w.text, true) >= 0:
			r = allRights
			if no {
				return 0, false
			}
		case index(noWords, w.text, true) >= 0:
			no = true
			continue
		case rightShort[w.text] != 0:
			r = rightShort[w.text]
		case index(rightNoise, w.text, true) >= 0:
			continue
		default:
			return 0, false
		}
		found = true
		if no {
			denied |= r
		} else {
			rights |= r
		}
	}
	// "nu are ștergere" alone leaves open what there is.
	if !found || rights == 0 || denied != 0 && rights&denied != 0 && rights != allRights {
		return 0, false
	}
	return rights &^ denied, true
}

// rightLetters reads "C/S/Ș", "CSȘ", "C, S", "R/W/D". Without diacritics the
// second of two S is ștergere, as in the order that the procedure's terms have.
func rightLetters(text string) (Rights, bool) {
	var r Rights
	n := 0
	for _, c := range text {
		if unicode.IsSpace(c) || strings.ContainsRune("/,;.+-–|&", c) {
			continue
		}
		var one Rights
		switch unicode.ToUpper(c) {
		case 'C':
			one = RightRead
		case 'R':
			one = RightRead
		case 'W':
			one = RightWrite
		case 'S':
			one = RightWrite
			if r.Has(RightWrite) {
				one = RightDelete
			}
		case 'Ș', 'Ş':
			one = RightDelete
		case 'D':
			one = RightDelete
		default:
			return 0, false
		}
		if r.Has(one) {
			return 0, false
		}
		r |= one
		n++
	}
	return r, n > 0 && n <= 3
}

// tick reads a cell of a column that stands for one right.
func tick(text string, right Rights) (set, ok bool) {
	t := strings.Trim(fold(text), " .!")
	switch t {
	case "x", "xx", "✓", "✔", "☑", "☒", "✅", "√", "da", "yes", "y", "1", "true", "adevarat", "v", "*", "+", "•", "●", "■", "ok", "are", "ü", "þ", "\uf0fc", "\uf0fe", "х", "[x]", "(x)":
		return true, true
	case "u": // folded ü: a tick in Wingdings
		return true, true
	case "", "-", "–", "—", "nu", "no", "n", "0", "false", "fals", "☐", "□", "/", "\\", "n/a", "[ ]", "()", "[]", "fara", "_":
		return false, true
	}
	if filler(text) {
		return false, true
	}
	if r, ok := readRights(text); ok && r == right {
		return true, true
	}
	return false, false
}
