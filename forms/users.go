package forms

import (
	"strings"

	"registratura/forms/workbook"
)

// region is the part of a sheet that a list of users may fill.
type region struct {
	rows       []int // those shown, from the label's own
	col1, col2 int
	label      *labelAt
}

const maxPeople = 1000 // of one list; nobody fills in more

// users reads the list that belongs to a field, and says where an entry would
// have stood if there is none.
func (p *place) users(key string) (list []person, first string, tooMany bool) {
	l := p.labels[key]
	area, named := p.named[key]
	if l == nil && !named {
		return nil, "", false
	}
	reg := p.region(l, area, named)
	if !named {
		for _, e := range p.crossed(reg) {
			if one, ok := readPerson(e); ok {
				one.place(e)
				list = append(list, one)
			}
		}
		if len(list) > 0 {
			return list, list[0].cell, false
		}
	}
	header, headerRow := p.header(reg)
	if named && len(header) == 0 {
		header = map[int]role{}
		for i, r := range tableColumns {
			header[area.Col1+i] = r
		}
		headerRow = area.Row1 - 1
	}
	var entries [][]piece
	if l != nil && l.rest != "" && !named && (l.sure || strings.Contains(l.rest, "@") || looksNamed(l.rest)) {
		for _, line := range strings.Split(tidy(l.rest), "\n") {
			entries = append(entries, splitLine(piece{text: line, cell: workbook.Ref(l.row, l.col)})...)
		}
	}
	blank := false
	for _, row := range reg.rows {
		if row <= headerRow {
			continue
		}
		cells := p.rowCells(reg, row)
		if first == "" && len(cells) == 0 && headerRow > 0 {
			first = workbook.Ref(row, emptyColumn(header, reg.col1))
		}
		if len(cells) == 0 {
			if !p.drawn(reg, row) {
				blank = true
			}
			continue
		}
		if first == "" {
			first = cells[0].Ref()
			if headerRow > 0 {
				first = workbook.Ref(row, emptyColumn(header, reg.col1))
			}
		}
		if len(header) == 0 && counts(cells) {
			continue
		}
		if len(header) > 0 && titlesAgain(cells) {
			continue
		}
		text := rowText(cells)
		if hint(cells[0].Text) && !strings.Contains(text, "@") || example(text) {
			continue
		}
		if footer(text) || signatureRow(cells, text) {
			if blank {
				break
			}
			blank = len(list)+len(entries) > 0 // what goes on below it must be plainly a user
			continue
		}
		// After a gap, only what is plainly a user still is one.
		_, forAll := rightsOfAll(text)
		if blank && !named && !forAll && !strings.Contains(text, "@") && !(len(header) > 0 && numbered(cells)) && (stripNumber(cells[0].Text) == cells[0].Text || aDay(cells[0])) {
			continue
		}
		if len(header) > 0 {
			more := tableRow(cells, header)
			p.mergedRights(more, row, header)
			entries = append(entries, more...)
		} else {
			entries = append(entries, freeRow(cells)...)
		}
		if len(entries) > maxPeople {
			return list, first, true
		}
	}
	if l != nil && !named {
		if c := p.sheet.At(l.row, l.col); c != nil {
			entries = append(entries, inBrackets(c)...)
		}
	}
	entries = shareRights(entries)
	apartCrosses(entries)
	if len(header) == 0 {
		entries = joinLines(entries)
	}
	for _, e := range entries {
		if one, ok := readPerson(e); ok {
			one.place(e)
			list = append(list, one)
		}
	}
	if first == "" {
		first = p.firstLine(l, reg)
	}
	return list, first, false
}

// place fills in the cells of what was not found in an entry.
func (one *person) place(e []piece) {
	byRole := func(r role) string {
		for _, pc := range e {
			if pc.role == r {
				return pc.cell
			}
		}
		return ""
	}
	fallback := e[0].cell
	for _, pc := range e {
		if pc.role != numberRole && !onlyDigits(strings.Trim(pc.text, " .)")) {
			fallback = pc.cell
			break
		}
	}
	or := func(cells ...string) string {
		for _, c := range cells {
			if c != "" {
				return c
			}
		}
		return fallback
	}
	one.nameCell = or(one.nameCell, byRole(nameRole))
	one.emailCell = or(one.emailCell, byRole(emailRole))
	one.rightsCell = or(one.rightsCell, byRole(rightsRole), byRole(readRole), byRole(writeRole), byRole(deleteRole))
	one.cell = or(one.emailCell)
}

// region bounds the list: down to the next label, right to the next label of the same row.
func (p *place) region(l *labelAt, area workbook.Range, named bool) region {
	reg := region{label: l, col1: 1, col2: 1 << 14}
	from, to := 0, 1<<20
	if named {
		from, reg.col1, reg.col2 = area.Row1-2, area.Col1, area.Col2
		if l != nil && l.row >= from {
			from = l.area.Row2 + 1
		}
		from = max(from, 1)
	} else {
		from = l.area.Row1
		for _, other := range p.all {
			if other == l || other.row != l.row {
				continue
			}
			if other.col > l.area.Col2 {
				reg.col2 = min(reg.col2, other.col-1)
			} else if other.col < l.col {
				reg.col1 = l.col
			}
		}
	}
	last := area.Row2
	for _, other := range p.all {
		if other == l || other.area.Col1 > reg.col2 || other.area.Col2 < reg.col1 {
			continue
		}
		if other.row > from && (l == nil || other.row > l.row) && (!named || other.row > last) {
			to = min(to, other.row-1)
		}
	}
	for row := p.nextRow(from - 1); row > 0 && row <= to; row = p.nextRow(row) {
		if named && row > last && p.namedElsewhere(row) {
			break
		}
		reg.rows = append(reg.rows, row)
		if len(reg.rows) > 5000 {
			break
		}
	}
	return reg
}

func (p *place) namedElsewhere(row int) bool {
	for _, area := range p.named {
		if row >= area.Row1 && row <= area.Row2 {
			return true
		}
	}
	return false
}

// rowCells are the cells of a row that somebody may have filled in.
func (p *place) rowCells(reg region, row int) []*workbook.Cell {
	var list []*workbook.Cell
	for _, c := range p.sheet.Row(row) {
		if c.Col < reg.col1 || c.Col > reg.col2 || p.labelIn(c.Row, c.Col) != nil || filler(c.Text) {
			continue
		}
		if c.Kind == workbook.Text && ourText(c.Text) {
			continue
		}
		list = append(list, c)
	}
	// A number alone is a line that nobody filled in.
	if len(list) == 1 && filler(strings.TrimLeft(list[0].Text, "0123456789 ")) {
		return nil
	}
	return list
}

// drawn reports whether a line was drawn there to write on, or numbered.
func (p *place) drawn(reg region, row int) bool {
	for _, c := range p.sheet.Row(row) {
		if c.Col >= reg.col1 && c.Col <= reg.col2 {
			return true
		}
	}
	return false
}

func numbered(cells []*workbook.Cell) bool {
	return filler(strings.TrimLeft(cells[0].Text, "0123456789"))
}

// mergedRights fills in rights that stand once in a cell merged over several rows.
func (p *place) mergedRights(entries [][]piece, row int, header map[int]role) {
	for _, r := range []role{rightsRole, readRole, writeRole, deleteRole} {
		col := columnOf(header, r)
		if col == 0 {
			continue
		}
		area := p.sheet.Merge(row, col)
		if area.Row1 >= row || area.Col1 != area.Col2 {
			continue
		}
		c := p.sheet.At(area.Row1, area.Col1)
		for _, e := range entries {
			for i, pc := range e {
				if c != nil && pc.role == r && pc.text == "" {
					e[i] = piece{c.Text, c.Ref(), r}
				}
			}
		}
	}
}

func rowText(cells []*workbook.Cell) string {
	var b strings.Builder
	for _, c := range cells {
		b.WriteString(c.Text)
		b.WriteByte(' ')
	}
	return b.String()
}

// firstLine is where the first user would have been written.
func (p *place) firstLine(l *labelAt, reg region) string {
	if l == nil {
		if len(reg.rows) > 0 {
			return workbook.Ref(reg.rows[0], reg.col1)
		}
		return ""
	}
	for _, row := range reg.rows {
		if row > l.area.Row2 {
			for _, c := range p.sheet.Row(row) {
				if c.Col >= reg.col1 && c.Col <= reg.col2 {
					return c.Ref()
				}
			}
			break
		}
	}
	if p.labelIn(l.area.Row2+1, l.area.Col1) != nil {
		if l.dots || p.labelIn(l.row, l.area.Col2+1) != nil {
			return workbook.Ref(l.row, l.col)
		}
		return workbook.Ref(l.row, l.area.Col2+1)
	}
	if l.dots {
		return workbook.Ref(l.row, l.col)
	}
	return workbook.Ref(l.area.Row2+1, l.area.Col1)
}

func emptyColumn(header map[int]role, otherwise int) int {
	for _, want := range []role{nameRole, emailRole} {
		col := 0
		for c, r := range header {
			if r == want && (col == 0 || c < col) {
				col = c
			}
		}
		if col > 0 {
			return col
		}
	}
	return otherwise
}

// tableRow reads a row by its columns. Cells of several lines hold several
// people if names and addresses have as many.
func tableRow(cells []*workbook.Cell, header map[int]role) [][]piece {
	lines := 1
	for _, c := range cells {
		if r := header[c.Col]; r == nameRole || r == emailRole {
			lines = max(lines, strings.Count(tidy(c.Text), "\n")+1)
		}
	}
	split := lines > 1
	for _, c := range cells {
		n := strings.Count(tidy(c.Text), "\n") + 1
		if r := header[c.Col]; (r == nameRole || r == emailRole) && n != lines {
			split = false
		}
	}
	if !split {
		lines = 1
	}
	entries := make([][]piece, lines)
	row := cells[0].Row
	for i := range entries {
		filled := map[int]bool{}
		for _, c := range cells {
			text := strings.ReplaceAll(withLink(c), "\n", " ")
			if split {
				parts := strings.Split(tidy(c.Text), "\n")
				text = parts[min(i, len(parts)-1)]
			}
			r, ok := header[c.Col]
			if !ok {
				r = otherRole
			}
			if c.Kind == workbook.Error && r == nameRole {
				text = ""
			}
			entries[i] = append(entries[i], piece{text, c.Ref(), r})
			filled[c.Col] = true
		}
		// Empty cells too: a problem is shown where the answer belongs.
		for _, want := range []role{nameRole, emailRole, rightsRole, readRole, writeRole, deleteRole} {
			if col := columnOf(header, want); col > 0 && !filled[col] {
				entries[i] = append(entries[i], piece{"", workbook.Ref(row, col), want})
			}
		}
	}
	return entries
}

func columnOf(header map[int]role, want role) int {
	col := 0
	for c, r := range header {
		if r == want && (col == 0 || c < col) {
			col = c
		}
	}
	return col
}

// freeRow reads a row without a header: one person, or one a line where all is
// in one cell, or as many as the cells beside each other have lines.
func freeRow(cells []*workbook.Cell) [][]piece {
	lines, with := 1, 0
	for _, c := range cells {
		if n := strings.Count(tidy(c.Text), "\n") + 1; n > 1 {
			lines = max(lines, n)
			with++
		}
	}
	if len(cells) == 1 || with <= 1 && lines > 1 {
		var entries [][]piece
		for _, c := range cells {
			if numberOnly(c.Text) {
				continue
			}
			for _, line := range strings.Split(withLink(c), "\n") {
				entries = append(entries, splitLine(piece{text: line, cell: c.Ref()})...)
			}
		}
		return entries
	}
	entries := make([][]piece, lines)
	for i := range entries {
		for _, c := range cells {
			parts := strings.Split(withLink(c), "\n")
			if len(parts) != lines && len(parts) > 1 {
				parts = []string{strings.Join(parts, " ")}
			}
			if text := parts[min(i, len(parts)-1)]; !numberOnly(text) {
				entries[i] = append(entries[i], piece{text: text, cell: c.Ref()})
			}
		}
	}
	return entries
}

// withLink is a cell's text, with the address that a link on it writes to where
// the text shows only a name, as mail programs paste it.
func withLink(c *workbook.Cell) string {
	text := tidy(c.Text)
	if c.Mailto != "" && !strings.ContainsAny(text, "@\n") {
		text += " <" + c.Mailto + ">"
	}
	return text
}

func numberOnly(text string) bool {
	return filler(strings.TrimLeft(strings.TrimSpace(text), "0123456789"))
}

// splitLine parts a line that names several people: "1. Ana – ana@… 2. Dan –
// dan@…", "Ana ana@…; Dan dan@…".
func splitLine(pc piece) [][]piece {
	if strings.Count(pc.text, "@") < 2 {
		return [][]piece{{pc}}
	}
	if parts := atNumbers(pc.text); len(parts) > 1 {
		return asPieces(parts, pc)
	}
	for _, sep := range []string{";", ","} {
		var parts []string
		ok := true
		withName := 0
		for _, part := range strings.Split(pc.text, sep) {
			if filler(part) {
				continue
			}
			if strings.Count(part, "@") == 0 && len(parts) > 0 && namesRights(part) {
				parts[len(parts)-1] += sep + part
				continue
			}
			ok = ok && strings.Count(part, "@") == 1
			if from, _ := addressIn(part); from > 0 && letters(dropLabels(stripNumber(part[:from]))) > 1 {
				withName++
			}
			parts = append(parts, part)
		}
		if ok && len(parts) > 1 && (withName == len(parts) || withName == 0) {
			return asPieces(parts, pc)
		}
	}
	return [][]piece{{pc}}
}

func asPieces(parts []string, pc piece) [][]piece {
	var entries [][]piece
	for _, part := range parts {
		entries = append(entries, []piece{{part, pc.cell, pc.role}})
	}
	return entries
}

// atNumbers parts a line before "2." and the like.
func atNumbers(s string) []string {
	var parts []string
	from := 0
	for i := 1; i+2 < len(s); i++ {
		if !strings.ContainsRune(" ;,", rune(s[i-1])) || s[i] < '0' || s[i] > '9' {
			continue
		}
		j := i
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		if j-i <= 2 && j+1 < len(s) && (s[j] == '.' || s[j] == ')') && strings.Contains(s[from:i], "@") {
			parts = append(parts, s[from:i])
			from = i
		}
		i = j
	}
	return append(parts, s[from:])
}

// joinLines puts together what stands on lines of its own: a name, below it the
// address, below it the rights.
func joinLines(entries [][]piece) [][]piece {
	var joined [][]piece
	for _, e := range entries {
		if len(joined) == 0 || len(joined[len(joined)-1]) > 8 {
			joined = append(joined, e)
			continue
		}
		last := joined[len(joined)-1]
		one, ok := readPerson(e)
		before, was := readPerson(last)
		hasAddress := func(p person) bool { return p.Email != "" || p.emailWhy != "" }
		switch {
		case !ok && len(e) > 0 && was && before.Rights == 0 && namesRights(e[0].text):
			joined[len(joined)-1] = append(last, e...)
		case ok && was && one.Name == "" && hasAddress(one) && !hasAddress(before) && before.Name != "":
			joined[len(joined)-1] = append(last, e...)
		default:
			joined = append(joined, e)
		}
	}
	return joined
}
