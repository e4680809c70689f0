package forms

import (
	"strings"

	"registratura/forms/workbook"
)

// headers are the words of a table's first row.
var headers = []struct {
	role  role
	texts []string
}{
	{numberRole, []string{"nr", "nr crt", "crt", "numar", "nrcrt", "numar curent", "#", "no"}},
	{nameRole, []string{"nume", "numele", "nume si prenume", "numele si prenumele", "nume prenume", "prenume", "prenumele", "utilizator", "utilizatori", "utilizatorul", "persoana", "nume utilizator", "numele utilizatorului",
		"nume complet", "angajat", "angajatul", "nume de familie", "nume si prenumele", "name"}},
	{emailRole, []string{"email", "mail", "adresa email", "adresa de email", "adresa mail", "adresa de mail", "adresa electronica", "adresa", "emailul", "adrese de email", "adresa de posta electronica", "posta electronica", "e mail", "adresa e mail", "adresa de e mail", "email address"}},
	{rightsRole, []string{"drepturi", "drepturi de acces", "drept", "drepturile", "drept de acces", "acces", "drepturi acces", "rights", "permisiuni", "nivel de acces", "tip acces", "drepturi scriere citire stergere", "drepturi de acces scriere citire stergere",
		"drepturi citire scriere stergere", "drepturi de acces citire scriere stergere", "drepturi c s s", "drepturi utilizator", "drepturile de acces"}},
	{readRole, []string{"citire", "c", "read", "citeste", "drept de citire", "drept citire", "cit", "r"}},
	{writeRole, []string{"scriere", "s", "write", "scrie", "drept de scriere", "drept scriere", "scr", "w", "editare", "modificare"}},
	{deleteRole, []string{"stergere", "delete", "sterge", "drept de stergere", "drept stergere", "st", "d"}},
	{otherRole, []string{"functia", "functie", "telefon", "tel", "institutia", "observatii", "obs", "compartiment", "compartimentul", "serviciul", "serviciu", "birou", "semnatura", "cnp", "departament", "data"}},
}

func headerRole(text string) (role, bool) {
	if len(text) > 80 {
		return anything, false
	}
	var parts []string
	for _, w := range words(text, false) {
		parts = append(parts, w.text)
	}
	joined := strings.Join(parts, " ")
	if joined == "" {
		joined = strings.TrimSpace(text)
	}
	if t := strings.TrimSpace(text); t == "Ș" || t == "Ş" {
		return deleteRole, true
	}
	for _, h := range headers {
		for _, t := range h.texts {
			if t == joined || len(t) >= 6 && alike(joined, t) {
				return h.role, true
			}
		}
	}
	return headerWords(parts)
}

// headerWords tells a column by single words of its title: "Scriere (S)",
// "Adresa de e-mail instituțională", "Drepturi (citire/scriere/ștergere)".
func headerWords(parts []string) (role, bool) {
	if len(parts) > 8 {
		return anything, false
	}
	var found Rights
	has := func(list ...string) bool {
		for _, p := range parts {
			if index(list, p, true) >= 0 {
				return true
			}
		}
		return false
	}
	for _, p := range parts {
		found |= rightOf(p)
	}
	switch {
	case has("drepturi", "drepturile", "drept") && found == 0, found != 0 && found&(found-1) != 0:
		return rightsRole, true
	case found == RightRead:
		return readRole, true
	case found == RightWrite:
		return writeRole, true
	case found == RightDelete:
		return deleteRole, true
	case has("email", "mail", "electronica"):
		return emailRole, true
	case has("functia", "functie", "telefon", "institutia", "compartiment", "observatii"):
		return otherRole, true
	case has("nume", "numele", "prenume", "prenumele"):
		return nameRole, true
	}
	return anything, false
}

// header finds the first rows of a table and what its columns hold; rows below
// the last of them are people. Without a header the map is empty.
func (p *place) header(reg region) (map[int]role, int) {
	columns := map[int]role{}
	last, seen := 0, 0
	for _, row := range reg.rows {
		cells := p.rowCells(reg, row)
		if len(cells) == 0 {
			continue
		}
		if seen++; seen > 5 {
			break
		}
		found := map[int]role{}
		known := true
		for _, c := range cells {
			r, ok := headerRole(c.Text)
			if !ok || c.Kind != workbook.Text {
				known = false
				continue
			}
			// A right's column has a second S for ștergere where diacritics are lost.
			if r == writeRole && hasRole(found, writeRole) {
				r = deleteRole
			}
			found[c.Col] = r
		}
		good := 0
		for _, r := range found {
			if r != anything {
				good++
			}
		}
		switch {
		case last == 0 && good >= 2 && (hasRole(found, nameRole) || hasRole(found, emailRole)) && !strings.Contains(rowText(cells), "@"):
		case last > 0 && known && good >= 1 && !strings.Contains(rowText(cells), "@"):
		default:
			if last > 0 {
				return columns, last
			}
			continue
		}
		for col, r := range found {
			if columns[col] == rightsRole || columns[col] == anything || r >= readRole {
				columns[col] = r
			}
		}
		last = row
	}
	return columns, last
}

func hasRole(columns map[int]role, want role) bool {
	for _, r := range columns {
		if r == want {
			return true
		}
	}
	return false
}
