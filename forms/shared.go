package forms

import (
	"strings"

	"registratura/forms/workbook"
)

// sharedNoise are the words around rights that are stated for several people.
var sharedNoise = []string{"toti", "tuturor", "toata", "lumea", "persoanele", "persoanelor", "persoane", "utilizatorii", "utilizatorilor", "utilizatori", "angajatii", "angajatilor", "pentru", "vor", "va", "avea", "au",
	"aibe", "aiba", "primi", "primesc", "acorda", "li", "le", "se", "lor", "interni", "internii", "parteneri", "mai", "sus", "jos", "acestia", "lista", "din", "cei", "ambii", "ambilor", "ambele", "amandoi", "aceleasi", "acelasi", "solicitam", "solicita", "rugam"}

// rightsOfAll reads rights that are stated once for everybody: "Drepturi pentru
// toți: citire și scriere".
func rightsOfAll(text string) (Rights, bool) {
	// "Drepturi pentru toți (citire, scriere, ștergere):" is a question.
	if strings.Contains(text, "@") || len(text) > 200 || strings.HasSuffix(strings.TrimSpace(text), ":") {
		return 0, false
	}
	if _, in, ok := strings.Cut(text, "("); ok {
		if r, _ := readRights(strings.TrimRight(in, ") .")); r == allRights && len(words(in, true)) >= 3 {
			return 0, false
		}
	}
	list := words(text, true)
	everybody := false
	var rest []string
	for i, w := range list {
		next := ""
		if i+1 < len(list) {
			next = list[i+1].text
		}
		switch {
		case w.text == "toti" || w.text == "tuturor" || w.text == "ambii" || w.text == "ambilor" || w.text == "amandoi" || w.text == "toata" && next == "lumea":
			everybody = true
		case w.text == "toate" && strings.HasPrefix(next, "persoane"):
			everybody = true
		case index(sharedNoise, w.text, true) < 0:
			rest = append(rest, w.text)
		}
	}
	if !everybody {
		return 0, false
	}
	return readRights(strings.Join(rest, " "))
}

// rightsHeading reads a line above those who have the same rights: "Citire și scriere:".
func rightsHeading(text string) (Rights, bool) {
	text, colon := strings.CutSuffix(strings.TrimSpace(text), ":")
	if !colon || strings.ContainsAny(text, "@:(/") || len(text) > 120 {
		return 0, false
	}
	var rest []string
	for _, w := range words(text, true) {
		if index(sharedNoise, w.text, true) < 0 {
			rest = append(rest, w.text)
		}
	}
	return readRights(strings.Join(rest, " "))
}

// shareRights takes out of a list the lines that state rights for several people
// and gives what they say to those meant, as a piece of each one's own entry. A
// single heading could as well be the title of a column: only where two of them
// differ they part the list into groups.
func shareRights(entries [][]piece) [][]piece {
	if len(entries) == 0 {
		return nil
	}
	headings := map[Rights]bool{}
	special := false
	for _, e := range entries {
		text := textOf(e)
		if r, ok := rightsHeading(text); ok {
			headings[r] = true
			special = special || len(headings) > 1
		} else if _, ok := rightsOfAll(text); ok {
			special = true
		}
	}
	if !special {
		return entries
	}
	var people [][]piece
	var group, all *piece
	for _, e := range entries {
		text := textOf(e)
		if r, ok := rightsOfAll(text); ok {
			all = &piece{r.String(), cellOf(e), sharedRole}
			continue
		}
		if r, ok := rightsHeading(text); ok && len(headings) > 1 {
			group = &piece{r.String(), cellOf(e), sharedRole}
			continue
		}
		if group != nil {
			e = append(e, *group)
		}
		people = append(people, e)
	}
	if all != nil {
		for i := range people {
			people[i] = append(people[i], *all)
		}
	}
	return people
}

func textOf(e []piece) string {
	var parts []string
	for _, pc := range e {
		if pc.text != "" && pc.role != numberRole {
			parts = append(parts, pc.text)
		}
	}
	return strings.Join(parts, " ")
}

func cellOf(e []piece) string {
	for _, pc := range e {
		if pc.text != "" && pc.role != numberRole {
			return pc.cell
		}
	}
	return e[0].cell
}

// inBrackets is what a label says of everybody: "Utilizatori interni (toți cu
// drept de citire):".
func inBrackets(c *workbook.Cell) [][]piece {
	_, in, ok := strings.Cut(c.Text, "(")
	in, _, closed := strings.Cut(in, ")")
	if _, says := rightsOfAll(in); !ok || !closed || !says {
		return nil
	}
	return [][]piece{{{text: in, cell: c.Ref()}}}
}
