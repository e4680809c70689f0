package forms

import (
	"strings"

	"registratura/forms/workbook"
)

// keywords recognise a question that is asked in words of the sender's own,
// "Persoane cu acces din partea partenerului:", where the source's are nowhere
// on the sheet. A word of each group must be there, by how it begins.
var keywords = []struct {
	key    string
	groups [][]string
	not    []string
}{
	{"partner_users", [][]string{{"utilizator", "persoan", "user", "angajat", "reprezentant"}, {"partener", "extern"}}, []string{"intern"}},
	{"internal_users", [][]string{{"utilizator", "persoan", "user", "angajat", "salariat", "functionar"}, {"intern", "primari", "propri"}}, []string{"partener", "extern"}},
	{"activation_date", [][]string{{"data", "termen", "ziua"}, {"activ", "deschi", "functiun", "incep", "necesar", "disponibil"}}, []string{"semn", "nast", "expir"}},
	{"legal_basis", [][]string{{"temei", "legal", "juridic", "normativ"}, {"temei", "baza", "act", "legal", "document"}}, []string{"serviciul", "compartiment"}},
	{"requester", [][]string{{"nume"}, {"sef", "conducator", "solicit", "director"}}, []string{"partener", "semn", "compartiment", "utilizator"}},
	{"info_types", [][]string{{"informati", "document", "date"}, {"partaj", "schimb", "comun", "categori", "tip"}}, []string{"temei", "baza", "utilizator", "persoan"}},
}

// byKeywords looks for the questions that no label asks, on a sheet that has
// enough of a form to be one.
func byKeywords(sheet *workbook.Sheet, all []*labelAt) []*labelAt {
	found := map[string]bool{}
	columns := map[int]bool{}
	taken := map[[2]int]bool{}
	for _, l := range all {
		found[l.field.key] = true
		columns[l.col] = true
		taken[[2]int{l.row, l.col}] = true
	}
	if len(found) < 3 || len(found) >= len(fieldsOf(Create)) || kindOfKeys(func(key string) bool { return found[key] }) == Close {
		return nil
	}
	var more []*labelAt
	for i := range sheet.Cells {
		c := &sheet.Cells[i]
		if c.Kind != workbook.Text || len(c.Text) > 400 || taken[[2]int{c.Row, c.Col}] || ourText(c.Text) {
			continue
		}
		asked, rest, colon := strings.Cut(c.Text, ":")
		list := words(asked, false)
		if strings.Contains(c.Text, "@") && !colon || len(list) < 2 || len(list) > 25 {
			continue
		}
		for _, k := range keywords {
			// Questions stand below each other; what stands beside them are answers.
			if found[k.key] || !columns[c.Col] || !hasKeywords(list, k.groups) || hasKeywords(list, [][]string{k.not}) {
				continue
			}
			found[k.key] = true
			more = append(more, &labelAt{row: c.Row, col: c.Col, area: sheet.Merge(c.Row, c.Col),
				label: label{field: fieldByKey(k.key), words: len(list), sure: true, rest: trimLine(rest), dots: drawn(c.Text)}})
			break
		}
	}
	return more
}

func hasKeywords(list []word, groups [][]string) bool {
	for _, group := range groups {
		there := false
		for _, w := range list {
			for _, begin := range group {
				there = there || strings.HasPrefix(w.text, begin)
			}
		}
		if !there {
			return false
		}
	}
	return true
}
