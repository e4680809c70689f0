package forms

import (
	"slices"
	"strings"
	"unicode"

	"registratura/forms/workbook"
)

// Defined names of our own workbooks: namePrefix and the field's key.
const (
	namePrefix  = "f_"
	nameVersion = "f_version"
	nameSummary = "f_summary"
)

// maxLabels of one sheet are looked at; a form has eight.
const maxLabels = 500

// labelAt is a label and where it stands.
type labelAt struct {
	label
	row, col int
	area     workbook.Range
}

// place is where one form stands on a sheet: its labels, or the names of its cells.
type place struct {
	sheet   *workbook.Sheet
	kind    Kind
	version int
	labels  map[string]*labelAt
	named   map[string]workbook.Range
	all     []*labelAt // every label on the sheet, of this form or another
	layout  layout
}

// layout is where the answers of a form stand to their labels.
type layout uint8

const (
	unknownLayout layout = iota
	sameCell
	toTheRight
	below
	toTheLeft // only where no answer stands elsewhere
)

// locate finds the forms of a sheet.
func locate(book *workbook.Workbook, sheet *workbook.Sheet, r *recogniser, ours map[string]bool) []*place {
	named := map[string]workbook.Range{}
	version := 0
	for _, n := range book.Names {
		key, ok := strings.CutPrefix(n.Name, namePrefix)
		if !ok || n.Sheet != sheet.Name {
			continue
		}
		switch {
		case n.Name == nameSummary:
			sheet.Drop(n.Range) // what Mark said, not the sender
		case n.Name == nameVersion:
			if c := sheet.At(n.Range.Row1, n.Range.Col1); c != nil {
				version = versionIn(c.Text)
			}
		case fieldByKey(key) != nil:
			named[key] = n.Range
		}
	}
	var all []*labelAt
	for i := range sheet.Cells {
		c := &sheet.Cells[i]
		if c.Kind != workbook.Text || ours[fold(c.Text)] || holdsNamed(named, c) || placeholder(c.Text) {
			continue
		}
		if l, ok := r.match(c.Text); ok {
			all = append(all, &labelAt{label: l, row: c.Row, col: c.Col, area: sheet.Merge(c.Row, c.Col)})
			if len(all) == maxLabels {
				break
			}
		}
	}
	all = slices.DeleteFunc(slices.Clone(all), func(l *labelAt) bool { return inTableHeader(sheet, l, all) || echoes(l, all) })
	if kind := kindOfKeys(func(key string) bool { _, ok := named[key]; return ok }); kind != "" {
		p := &place{sheet: sheet, kind: kind, version: max(version, 1), named: named, labels: map[string]*labelAt{}, all: all, layout: toTheRight}
		for _, l := range all {
			if p.labels[l.field.key] == nil {
				p.labels[l.field.key] = l
			}
		}
		return []*place{p}
	}
	return byLabels(sheet, append(all, byKeywords(sheet, all)...))
}

// inTableHeader tells "Compartiment" or "Nume utilizator intern" above a column
// of a list of users from the questions of the form.
func inTableHeader(sheet *workbook.Sheet, l *labelAt, all []*labelAt) bool {
	above := func(other *labelAt) bool {
		return other.field == l.field && other.row < l.row && other.row >= l.row-3
	}
	if l.words > 1 && !(l.field.users && slices.ContainsFunc(all, above)) {
		return false
	}
	n := 0
	row := sheet.Row(l.row)
	for _, c := range row[:min(len(row), 40)] {
		isLabel := slices.ContainsFunc(all, func(other *labelAt) bool { return other.row == c.Row && other.col == c.Col })
		if r, ok := headerRole(c.Text); ok && r >= nameRole && r != otherRole && !isLabel {
			n++
		}
	}
	return n >= 2
}

// echoes tells an answer that begins like its question: "Direcția" or
// "Compartimentul: Direcția Tehnică" beside "Compartimentul care solicită".
func echoes(l *labelAt, all []*labelAt) bool {
	return !l.dots && slices.ContainsFunc(all, func(other *labelAt) bool {
		return other.field == l.field && other.row == l.row && other.area.Col2+1 == l.col && other.words > 1 && other.rest == ""
	})
}

func holdsNamed(named map[string]workbook.Range, c *workbook.Cell) bool {
	for _, area := range named {
		if area.Contains(c.Row, c.Col) {
			return true
		}
	}
	return false
}

func versionIn(text string) int {
	n := 0
	for _, r := range text[strings.LastIndexByte(text, ' ')+1:] {
		if r >= '0' && r <= '9' && n < 1000 {
			n = n*10 + int(r-'0')
		}
	}
	return n
}

// kindOfKeys says which form has these fields: at least two that only it has,
// and three in all.
func kindOfKeys(has func(key string) bool) Kind {
	best, most := Kind(""), 0
	for _, kind := range []Kind{Create, Close} {
		own, all := 0, 0
		for _, f := range fieldsOf(kind) {
			if has(f.key) {
				all++
				if len(f.kinds) == 1 {
					own++
				}
			}
		}
		if own >= 2 && all >= 3 && own > most {
			best, most = kind, own
		}
	}
	return best
}

// byLabels groups the labels into forms. A label that is there twice begins a
// second form only if most of the others are there twice too; else the surer one counts.
func byLabels(sheet *workbook.Sheet, all []*labelAt) []*place {
	perField := map[string][]*labelAt{}
	for _, l := range all {
		perField[l.field.key] = append(perField[l.field.key], l)
	}
	count := 1
	for n := 2; n <= 8; n++ {
		several := kindOfKeys(func(key string) bool { return len(sure(perField[key])) >= n })
		if several == "" {
			break
		}
		count = n
	}
	var places []*place
	for i := range count {
		p := &place{sheet: sheet, labels: map[string]*labelAt{}, all: all}
		for key, list := range perField {
			switch {
			case count == 1:
				p.labels[key] = surest(list)
			case i < len(sure(list)):
				p.labels[key] = sure(list)[i]
			}
		}
		p.kind = kindOfKeys(func(key string) bool { return p.labels[key] != nil })
		if p.kind == "" || p.kind == Create && p.table() {
			continue
		}
		for key := range p.labels {
			if !fieldByKey(key).of(p.kind) {
				delete(p.labels, key)
			}
		}
		p.layout = p.commonLayout()
		places = append(places, p)
	}
	return places
}

// table tells a table of many sites or requests, its titles those of the form,
// from the form: all in one row, with several rows below them, and no users.
func (p *place) table() bool {
	row := 0
	for key, l := range p.labels {
		if l == nil {
			continue
		}
		if fieldByKey(key).users || row > 0 && l.row != row {
			return false
		}
		row = l.row
	}
	lines := 0
	for next := p.nextRow(row); next > 0 && next <= row+3; next = p.nextRow(next) {
		filled := 0
		for _, l := range p.labels {
			if l == nil {
				continue
			}
			if c := p.sheet.At(next, l.col); c != nil && p.answer(c) {
				filled++
			}
		}
		if filled >= 2 {
			lines++
		}
	}
	return lines >= 2 || lines == 1 && len(p.labels) < 5
}

func sure(list []*labelAt) []*labelAt {
	return slices.DeleteFunc(slices.Clone(list), func(l *labelAt) bool { return !l.sure })
}

// surest is the label that is most like a label; the first of equals.
func surest(list []*labelAt) *labelAt {
	best := list[0]
	for _, l := range list[1:] {
		if l.sure && !best.sure || l.sure == best.sure && l.words > best.words+2 {
			best = l
		}
	}
	return best
}

// commonLayout is where most of the form's answers stand.
func (p *place) commonLayout() layout {
	var votes [5]int
	for key, l := range p.labels {
		if fieldByKey(key).users {
			continue
		}
		_, _, at := p.find(l)
		votes[at]++
	}
	best := unknownLayout
	for _, at := range []layout{toTheRight, below, sameCell} {
		if votes[at] > votes[best] || best == unknownLayout && votes[at] > 0 {
			best = at
		}
	}
	if best == unknownLayout {
		left := 0
		for key, l := range p.labels {
			if !fieldByKey(key).users && p.left(l) != nil {
				left++
			}
		}
		if left >= 3 {
			return toTheLeft
		}
	}
	return best
}

// left is the answer that stands right before its label.
func (p *place) left(l *labelAt) *workbook.Cell {
	if c := p.sheet.At(l.area.Row1, l.area.Col1-1); c != nil && p.answer(c) && p.labelIn(c.Row, c.Col) == nil && !numberOnly(c.Text) {
		return c
	}
	return nil
}

// labelIn is a label that stands in the cell, of whatever form.
func (p *place) labelIn(row, col int) *labelAt {
	for _, l := range p.all {
		if l.area.Contains(row, col) {
			return l
		}
	}
	return nil
}

// maxRight is how many columns from its label an answer may stand.
const maxRight = 8

// find looks for the answer to a label: in the same cell, to the right, below.
// The cell is nil if there is none, except in the label's own cell.
func (p *place) find(l *labelAt) (c *workbook.Cell, text string, at layout) {
	if l.rest != "" && !filler(l.rest) && !hint(l.rest) {
		// Small letters after a label, and an answer beside it: the label goes on
		// in words of the sender's own.
		if first, _ := firstRune(l.rest); !l.sure && unicode.IsLower(first) {
			if c := p.right(l); c != nil {
				return c, c.Text, toTheRight
			}
		}
		return p.sheet.At(l.row, l.col), l.rest, sameCell
	}
	if c := p.right(l); c != nil {
		return c, c.Text, toTheRight
	}
	if c := p.under(l); c != nil {
		return c, c.Text, below
	}
	if p.layout == toTheLeft {
		if c := p.left(l); c != nil {
			return c, c.Text, toTheLeft
		}
	}
	return nil, "", unknownLayout
}

func (p *place) right(l *labelAt) *workbook.Cell {
	for col := l.area.Col2 + 1; col <= l.area.Col2+maxRight; col++ {
		for row := l.area.Row1; row <= min(l.area.Row2, l.area.Row1+3); row++ {
			if p.labelIn(row, col) != nil {
				return nil
			}
			if c := p.sheet.At(row, col); c != nil && p.answer(c) {
				return c
			}
		}
	}
	return nil
}

func (p *place) under(l *labelAt) *workbook.Cell {
	row := l.area.Row2
	for range 3 {
		if row = p.nextRow(row); row == 0 {
			return nil
		}
		drawn := false
		for col := l.area.Col1; col <= l.area.Col2; col++ {
			if p.labelIn(row, col) != nil {
				return nil
			}
			c := p.sheet.At(row, col)
			if c == nil {
				continue
			}
			if p.answer(c) {
				if signed(c.Text) || strings.HasSuffix(strings.TrimSpace(c.Text), ":") {
					return nil
				}
				return c
			}
			drawn = true
		}
		if !drawn {
			return nil
		}
	}
	return nil
}

// nextRow is the next row that is shown; 0 at the end of the sheet's content.
func (p *place) nextRow(row int) int {
	cells := p.sheet.Cells
	if len(cells) == 0 {
		return 0
	}
	for row++; row <= cells[len(cells)-1].Row; row++ {
		if !p.sheet.RowHidden(row) {
			return row
		}
	}
	return 0
}

// asks reports whether the form has the question at all.
func (p *place) asks(key string) bool {
	_, named := p.named[key]
	return named || p.labels[key] != nil
}

// answer: whether somebody wrote something there.
func (p *place) answer(c *workbook.Cell) bool {
	return c.Kind != workbook.Text || !filler(c.Text) && !hint(c.Text)
}

// missingCell is where an answer that is not there belongs.
func (p *place) missingCell(l *labelAt) string {
	if l == nil {
		return ""
	}
	right := workbook.Ref(l.area.Row1, l.area.Col2+1)
	own := workbook.Ref(l.row, l.col)
	under := func() string {
		if row := p.nextRow(l.area.Row2); row > 0 {
			return workbook.Ref(row, l.area.Col1)
		}
		return workbook.Ref(l.area.Row2+1, l.area.Col1)
	}
	// "(zz.ll.aaaa)" stands where the answer belongs as well as beside it, where
	// it is no reason to look away from the line drawn for the answer.
	if c := p.sheet.At(l.area.Row1, l.area.Col2+1); c != nil && (filler(c.Text) || !p.answer(c) && !ourText(c.Text)) {
		return right
	}
	if row := p.nextRow(l.area.Row2); row > 0 {
		if c := p.sheet.At(row, l.area.Col1); c != nil && (filler(c.Text) || placeholder(c.Text)) {
			return under()
		}
	}
	switch {
	case p.layout == toTheRight && p.labelIn(l.area.Row1, l.area.Col2+1) == nil:
		return right
	case p.layout == below:
		if row := p.nextRow(l.area.Row2); row == 0 || p.labelIn(row, l.area.Col1) == nil {
			return under()
		}
		return own
	case p.layout == sameCell, l.dots:
		return own
	case p.labelIn(l.area.Row1, l.area.Col2+1) != nil:
		return under()
	}
	return right
}
