package forms

import "strings"

// What is printed on forms around the answers: help, placeholders, signatures.

// hint tells what was printed on a form to help: "(zz.ll.aaaa)", "Exemplu: …",
// and the help of our own blank form where its names were lost.
func hint(text string) bool {
	t := strings.TrimLeft(fold(text), "(*[ ")
	for _, begin := range []string{"exemplu", "ex.", "ex:", "de exemplu", "de ex.", "model:", "zz.ll", "zz/ll", "zz-ll", "completati ", "se completeaza", "se va completa", "alegeti din", "se alege "} {
		if strings.HasPrefix(t, begin) {
			return true
		}
	}
	switch t {
	case "nume prenume", "nume si prenume", "numele si prenumele", "nume, prenume":
		return true
	}
	return placeholder(text) || ourText(text)
}

// placeholder tells what a form shows where an answer belongs: all of it in
// brackets, "<tipuri de informații>", "[completați]", "(denumirea instituției)".
func placeholder(text string) bool {
	t := strings.TrimSpace(text)
	if len(t) < 5 {
		return false
	}
	inside := t[1 : len(t)-1]
	switch t[:1] + t[len(t)-1:] {
	case "<>", "[]", "{}":
		return letters(inside) >= 3 && !strings.ContainsAny(inside, "@<>[]{}")
	case "()":
		list := words(inside, false)
		return len(list) > 0 && !strings.ContainsAny(inside, "@()") && index(placeholderWords, list[0].text, true) >= 0
	}
	return false
}

var placeholderWords = []string{"nume", "numele", "prenume", "prenumele", "denumire", "denumirea", "data", "ziua", "zi", "tip", "tipul", "tipuri", "tipurile", "numar", "numarul", "nr", "lege", "legea",
	"temei", "temeiul", "motiv", "motivul", "adresa", "email", "functia", "institutia", "drepturi", "drepturile", "zz", "dd"}

// footer tells what stands under a form, or between its lists: signatures, the
// day of signing, notes, whom to ask. Whole words: there are people called
// Notaru and Primaru.
func footer(text string) bool {
	if signed(text) {
		return true
	}
	list := words(text, false)
	if len(list) == 0 {
		return false
	}
	first, second := list[0].text, ""
	if len(list) > 1 {
		second = list[1].text
	}
	switch first {
	case "contact", "trimiteti", "formularul", "informatii":
		return true
	case "persoana", "persoane":
		if second == "de" {
			return true
		}
	case "pentru":
		return index([]string{"informatii", "detalii", "relatii", "nelamuriri", "intrebari", "lamuriri"}, second, true) >= 0
	case "se":
		return second == "marcheaza" || second == "bifeaza" || second == "noteaza" || second == "trimite" || second == "transmite" || second == "completeaza" || second == "va" || second == "vor"
	}
	if strings.Contains(text, "@") {
		return false
	}
	return index(footerWords, first, true) >= 0
}

var footerWords = []string{"nota", "note", "aprob", "aprobat", "avizat", "aviz", "intocmit", "verificat", "total", "atentie", "observatii", "obs", "sef", "director", "directorul", "primar", "primarul",
	"viceprimar", "stampila", "pagina", "page", "formular", "va"}

// signed tells a line for the signature or the day of signing.
func signed(text string) bool {
	t := strings.TrimLeft(fold(text), "*( ")
	for _, begin := range []string{"semnatur", "semnat ", "l.s.", "l. s."} {
		if strings.HasPrefix(t, begin) {
			return true
		}
	}
	rest, ok := strings.CutPrefix(t, "data")
	rest = strings.TrimLeft(rest, " ")
	return ok && (rest == "" || strings.ContainsRune(":._…0123456789", []rune(rest)[0]))
}
