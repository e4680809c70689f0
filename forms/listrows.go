package forms

import (
	"slices"
	"strings"

	"registratura/forms/workbook"
)

// Rows of a list of users that name nobody.

// example tells a line that shows how to fill in the others.
func example(text string) bool {
	t := strings.TrimLeft(fold(stripNumber(strings.TrimSpace(text))), "(*[ ")
	for _, begin := range []string{"exemplu", "ex.", "ex:", "ex ", "de ex", "model:", "model "} {
		if strings.HasPrefix(t, begin) {
			return true
		}
	}
	// "Nume Prenume – adresa@institutie.ro"
	if before, _, ok := strings.Cut(t, "@"); ok {
		list := words(before, false)
		if len(list) > 1 && list[0].text == "nume" && !slices.ContainsFunc(list, func(w word) bool { return w.text != "si" && index(labelWords, w.text, true) < 0 }) {
			return true
		}
	}
	return strings.HasSuffix(strings.TrimRight(t, ")]. "), "exemplu") && strings.Contains(t, "(")
}

// signatureRow tells "Data | | Semnătura" under a form.
func signatureRow(cells []*workbook.Cell, text string) bool {
	return !strings.Contains(text, "@") && slices.ContainsFunc(cells, func(c *workbook.Cell) bool { return c.Kind == workbook.Text && signed(c.Text) })
}

// aDay tells the day of signing, beside the signature, from a number.
func aDay(c *workbook.Cell) bool {
	_, why := parseDay(c.Text, Date{})
	return c.Kind == workbook.Date || why == ""
}

// titlesAgain tells the titles of a table that are repeated, as on a new page.
func titlesAgain(cells []*workbook.Cell) bool {
	named, addressed := false, false
	for _, c := range cells {
		r, ok := headerRole(c.Text)
		if !ok || c.Kind != workbook.Text {
			return false
		}
		named, addressed = named || r == nameRole, addressed || r == emailRole
	}
	return named && addressed
}

// counts tells a row that only counts the people: "Utilizator 1", "Utilizator | 1 | 2".
func counts(cells []*workbook.Cell) bool {
	numbered := false
	for i, c := range cells {
		n := 0
		for _, w := range words(c.Text, false) {
			if onlyDigits(w.text) {
				n++
			} else if index([]string{"nr", "crt", "utilizator", "utilizatorul", "utilizatorii", "persoana", "angajat", "angajatul", "user", "membru"}, w.text, true) < 0 {
				return false
			}
		}
		if n > 1 || n == 0 && (i > 0 || len(cells) == 1) {
			return false
		}
		numbered = numbered || n == 1
	}
	return numbered
}
