package forms

import (
	"strings"

	"registratura/forms/workbook"
)

// crossed reads a list of users that lies on its side: the titles below each
// other in one column, "Nume", "E-mail", "Drepturi", and each person in a column
// of their own. Where a title comes again, the next people begin. It is nil
// where the list is not of that kind.
func (p *place) crossed(reg region) [][]piece {
	type line struct {
		row  int
		role role
		at   map[int]*workbook.Cell
	}
	var entries [][]piece
	var block []line
	titles := 0 // the column they stand in
	finish := func() bool {
		seen := map[role]bool{}
		var columns []int
		there := map[int]bool{}
		for _, l := range block {
			seen[l.role] = true
			for col := range l.at {
				if l.role == nameRole || l.role == emailRole {
					there[col] = true
				}
			}
		}
		if !seen[nameRole] || !seen[emailRole] {
			return false
		}
		for col := titles + 1; len(columns) < len(there); col++ {
			if there[col] {
				columns = append(columns, col)
			}
		}
		for _, col := range columns {
			var e []piece
			for _, l := range block {
				text := ""
				if c := l.at[col]; c != nil {
					text = strings.ReplaceAll(withLink(c), "\n", " ")
				}
				e = append(e, piece{text, workbook.Ref(l.row, col), l.role})
			}
			entries = append(entries, e)
		}
		block = nil
		return len(entries) <= maxPeople
	}
	for _, row := range reg.rows {
		cells := p.rowCells(reg, row)
		if len(cells) == 0 {
			continue
		}
		if counts(cells) {
			continue
		}
		r, ok := headerRole(cells[0].Text)
		if !ok || titles > 0 && cells[0].Col != titles {
			if titles > 0 {
				break
			}
			return nil
		}
		titles = cells[0].Col
		one := line{row, r, map[int]*workbook.Cell{}}
		for _, c := range cells[1:] {
			if _, title := headerRole(c.Text); title && (r == nameRole || r == emailRole) {
				return nil // the titles stand beside each other
			}
			one.at[c.Col] = c
		}
		for _, l := range block {
			if l.role == r && r != otherRole {
				if !finish() {
					return nil
				}
				break
			}
		}
		block = append(block, one)
	}
	if titles == 0 || !finish() {
		return nil
	}
	return entries
}
