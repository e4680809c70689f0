package forms

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"registratura/forms/workbook"
)

// ErrCannotMark says that a workbook can't be marked without risk to what is in
// it. The answer is a form made by [Fill] with what could be read.
var ErrCannotMark = errors.New("the workbook cannot be marked safely")

const (
	markColor   = "FFB3AB"
	nameMark    = "f_mark_" // and a number, and the fill that was there before
	noFill      = "none"
	markTitle   = "De corectat (registratură):"
	theirTitle  = "Comentariul dumneavoastră:"
	maxSummary  = 40 // lines beside a form that is not ours
	summaryWide = 95
)

// Mark returns the sender's own workbook with each cell in question filled and
// commented, and a summary at the top of the sheet that links to the cells. It
// changes nothing else: no row moves, so that cells keep the names that the mail
// calls them by. Marks of an earlier return are taken off first. The errors
// wrap [ErrCannotMark].
func Mark(data []byte, reading *Reading, problems []Problem) ([]byte, error) {
	if reading == nil || reading.Kind == "" {
		return nil, fmt.Errorf("%w: there is no form in it", ErrCannotMark)
	}
	return annotate(data, func(m *marker) error { return m.mark(reading, problems) })
}

// Unmark takes the marks of [Mark] off a workbook. One without marks comes back
// as the same bytes.
func Unmark(data []byte) ([]byte, error) {
	book, err := workbook.Open(data)
	if err != nil {
		return nil, fmt.Errorf("opening the workbook: %w", err)
	}
	if !slices.ContainsFunc(book.Names, func(n workbook.Name) bool { return strings.HasPrefix(n.Name, nameMark) }) {
		return data, nil
	}
	return annotate(data, func(*marker) error { return nil })
}

// annotate takes old marks off, lets draw put new ones on, and checks that
// nothing else has changed.
func annotate(data []byte, draw func(*marker) error) ([]byte, error) {
	before, err := workbook.Open(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotMark, err)
	}
	if before.Format != workbook.OOXML || before.Strict {
		return nil, fmt.Errorf("%w: only transitional OOXML is written", ErrCannotMark)
	}
	if err := modest(data, before); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotMark, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: workbook.MaxUnpacked, UnzipXMLSizeLimit: workbook.MaxUnpacked})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotMark, err)
	}
	defer f.Close()
	m := &marker{f: f, book: before, fills: map[string]int{}, touched: map[string]bool{}}
	if err := m.clean(); err != nil {
		return nil, fmt.Errorf("%w: taking off the old marks: %w", ErrCannotMark, err)
	}
	if err := draw(m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotMark, err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotMark, err)
	}
	marked, err := m.keepParts(data, out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotMark, err)
	}
	if err := unchanged(data, marked); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotMark, err)
	}
	return marked, nil
}

// Limits of what is handed to the library that writes, which holds a sheet as a
// whole and fills it up to the cell that is asked for.
const (
	maxMarkedBytes = 4 << 20 // of all sheets and their texts, unpacked
	maxMarkedRow   = 5000    // of a cell that is marked
	maxMarkedCol   = 200     //
	maxMarkedRows  = 20_000  // of a sheet
	maxMarkedCells = 200_000 // of all sheets, empty ones between others included
	maxMarkedMerge = 1000
)

func modest(data []byte, book *workbook.Workbook) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	var total uint64
	for _, f := range z.File {
		if strings.HasPrefix(f.Name, "xl/") && strings.HasSuffix(f.Name, ".xml") {
			total += f.UncompressedSize64
		}
	}
	if total > maxMarkedBytes {
		return fmt.Errorf("its sheets take %d bytes", total)
	}
	cells := 0
	for _, s := range book.Sheets {
		if len(s.Merges) > maxMarkedMerge {
			return fmt.Errorf("sheet %q has %d merged ranges", s.Name, len(s.Merges))
		}
		if cells += s.LastRow * s.LastCol; cells > maxMarkedCells || s.LastRow > maxMarkedRows {
			return fmt.Errorf("sheet %q has %d rows and %d columns", s.Name, s.LastRow, s.LastCol)
		}
	}
	return nil
}

type marker struct {
	f     *excelize.File
	book  *workbook.Workbook
	fills map[string]int // fill identifiers by color

	touched map[string]bool // sheets with marks put on or taken off
	front   string          // the sheet to show when the file is opened, if not the one that was
}

func (m *marker) sheet(name string) *workbook.Sheet {
	for _, s := range m.book.Sheets {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// mark puts the problems on their sheets.
func (m *marker) mark(reading *Reading, problems []Problem) error {
	sheet := m.sheet(reading.Sheet)
	if sheet == nil {
		return fmt.Errorf("there is no sheet %q", reading.Sheet)
	}
	m.touched[sheet.Name] = true
	// What concerns one cell is said there together.
	messages := map[string][]string{}
	var cells []string
	for _, p := range problems {
		if p.Cell == "" || p.Sheet != reading.Sheet {
			continue
		}
		row, col, ok := workbook.ParseRef(p.Cell)
		if !ok {
			return fmt.Errorf("%q is no cell", p.Cell)
		}
		if row > maxMarkedRow || col > maxMarkedCol {
			return fmt.Errorf("%s is too far out", p.Cell)
		}
		area := sheet.Merge(row, col)
		cell := workbook.Ref(area.Row1, area.Col1)
		if messages[cell] == nil {
			cells = append(cells, cell)
		}
		messages[cell] = append(messages[cell], p.Message)
	}
	for i, cell := range cells {
		row, col, _ := workbook.ParseRef(cell)
		if err := m.cell(sheet, i+1, sheet.Merge(row, col), strings.Join(messages[cell], "\n")); err != nil {
			return fmt.Errorf("marking %s: %w", cell, err)
		}
	}
	if err := m.summary(reading, sheet, problems); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	if i, err := m.f.GetSheetIndex(sheet.Name); err == nil && i >= 0 && i != m.f.GetActiveSheetIndex() {
		m.f.SetActiveSheet(i)
		m.front = sheet.Name
	}
	return nil
}

func (m *marker) cell(sheet *workbook.Sheet, number int, area workbook.Range, message string) error {
	first := workbook.Ref(area.Row1, area.Col1)
	old, known, err := m.fillOf(sheet.Name, first)
	if err != nil {
		return err
	}
	if known {
		for row := area.Row1; row <= min(area.Row2, area.Row1+200); row++ {
			for col := area.Col1; col <= min(area.Col2, area.Col1+50); col++ {
				if err := m.setFill(sheet.Name, workbook.Ref(row, col), markColor); err != nil {
					return err
				}
			}
		}
	}
	name := fmt.Sprintf("%s%d_%s", nameMark, number, old)
	if err := m.f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: absolute(sheet.Name, area)}); err != nil {
		return err
	}
	return m.comment(sheet.Name, first, message)
}

func absolute(sheet string, area workbook.Range) string {
	ref := func(row, col int) string { return fmt.Sprintf("$%s$%d", workbook.ColumnName(col), row) }
	to := "'" + strings.ReplaceAll(sheet, "'", "''") + "'!" + ref(area.Row1, area.Col1)
	if area.Row1 != area.Row2 || area.Col1 != area.Col2 {
		to += ":" + ref(area.Row2, area.Col2)
	}
	return to
}

// fillOf is the color that a cell is filled with. It is not known where the
// filling is more than a color and could not be put back.
func (m *marker) fillOf(sheet, cell string) (color string, known bool, err error) {
	id, err := m.f.GetCellStyle(sheet, cell)
	if err != nil {
		return "", false, err
	}
	styles := m.f.Styles
	if styles == nil || styles.CellXfs == nil || id < 0 || id >= len(styles.CellXfs.Xf) || styles.Fills == nil {
		return noFill, true, nil
	}
	fill := styles.CellXfs.Xf[id].FillID
	if fill == nil || *fill < 0 || *fill >= len(styles.Fills.Fill) {
		return noFill, true, nil
	}
	switch pattern := styles.Fills.Fill[*fill].PatternFill; {
	case pattern == nil && styles.Fills.Fill[*fill].GradientFill == nil, pattern != nil && (pattern.PatternType == "" || pattern.PatternType == noFill):
		return noFill, true, nil
	case pattern == nil || pattern.PatternType != "solid" || pattern.FgColor == nil:
		return noFill, false, nil
	default:
		c := pattern.FgColor
		color := m.f.GetBaseColor(c.RGB, c.Indexed, c.Theme)
		if c.Tint != 0 {
			color = strings.TrimPrefix(excelize.ThemeColor(color, c.Tint), "FF")
		}
		if !hexColor.MatchString(color) {
			return noFill, false, nil
		}
		return strings.ToUpper(color), true, nil
	}
}

var hexColor = regexp.MustCompile(`^[0-9A-Fa-f]{6}$`)

// setFill gives a cell another filling and leaves the rest of its style alone.
func (m *marker) setFill(sheet, cell, color string) error {
	fill, ok := m.fills[color]
	if !ok && color != noFill {
		id, err := m.f.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}})
		if err != nil {
			return err
		}
		if p := m.f.Styles.CellXfs.Xf[id].FillID; p != nil {
			fill = *p
		}
		m.fills[color] = fill
	}
	id, err := m.f.GetCellStyle(sheet, cell)
	if err != nil {
		return err
	}
	xfs := m.f.Styles.CellXfs
	if id < 0 || id >= len(xfs.Xf) {
		return fmt.Errorf("cell %s has style %d of %d", cell, id, len(xfs.Xf))
	}
	styled := xfs.Xf[id]
	apply := true
	styled.FillID, styled.ApplyFill = &fill, &apply
	at := len(xfs.Xf)
	for i := range xfs.Xf {
		if reflect.DeepEqual(xfs.Xf[i], styled) {
			at = i
			break
		}
	}
	if at == len(xfs.Xf) {
		xfs.Xf = append(xfs.Xf, styled)
		xfs.Count = len(xfs.Xf)
	}
	return m.f.SetCellStyle(sheet, cell, cell, at)
}

// comment says on a cell what is wrong. A comment of the sender's stays, below ours.
func (m *marker) comment(sheet, cell, message string) error {
	text := markTitle + "\n" + message
	existing, err := m.f.GetComments(sheet)
	if err != nil {
		return err
	}
	for _, c := range existing {
		if c.Cell == cell {
			text += "\n\n" + theirTitle + "\n" + commentText(c)
			if err := m.f.DeleteComment(sheet, cell); err != nil {
				return err
			}
		}
	}
	return m.f.AddComment(sheet, excelize.Comment{
		Cell: cell, Author: "Registratura", Text: text, Width: 300, Height: uint(24 + 17*lines(text, 42)),
	})
}

func commentText(c excelize.Comment) string {
	var b strings.Builder
	b.WriteString(c.Text)
	for _, run := range c.Paragraph {
		b.WriteString(run.Text)
	}
	return b.String()
}

// summary lists the problems at the top of the sheet: in the rows that our own
// form keeps free, else in the first free column beside the form.
func (m *marker) summary(reading *Reading, sheet *workbook.Sheet, problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	area, own := workbook.Range{}, false
	for _, n := range m.book.Names {
		if n.Name == nameSummary && n.Sheet == sheet.Name && reading.Version > 0 {
			area, own = n.Range, true
		}
	}
	title := fmt.Sprintf("De corectat: %s. Corectați celulele colorate în roșu și trimiteți fișierul din nou.", count(len(problems)))
	texts := []string{title}
	for i, p := range problems {
		if room := len(problems) - i; own && room > 1 && len(texts)+1 == area.Row2-area.Row1+1 || !own && len(texts) > maxSummary {
			texts = append(texts, fmt.Sprintf("… și încă %s, toate colorate în formular.", count(room)))
			break
		}
		texts = append(texts, inShort(p))
	}
	if !own {
		area = m.besideForm(reading, sheet, len(texts))
		name := workbook.ColumnName(area.Col1)
		if err := m.f.SetColWidth(sheet.Name, name, name, 80); err != nil {
			return err
		}
	}
	head, err := m.f.NewStyle(&excelize.Style{
		Font: &excelize.Font{Family: "Calibri", Bold: true, Color: "A61B0F", Size: 11}, Alignment: &excelize.Alignment{Vertical: "center", WrapText: own},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FDE9E7"}},
	})
	if err != nil {
		return err
	}
	link, err := m.f.NewStyle(&excelize.Style{
		Font: &excelize.Font{Family: "Calibri", Color: "0B4F9E", Underline: "single", Size: 10}, Alignment: &excelize.Alignment{Vertical: "center", Indent: 1},
	})
	if err != nil {
		return err
	}
	row := area.Row1
	for i, text := range texts {
		for !own && sheet.RowHidden(row) {
			row++
		}
		cell := workbook.Ref(row, area.Col1)
		style := head
		if i > 0 {
			style = link
			if p := problems[i-1]; p.Cell != "" && inShort(p) == text {
				to := "'" + strings.ReplaceAll(p.Sheet, "'", "''") + "'!" + p.Cell
				if err := m.f.SetCellHyperLink(sheet.Name, cell, to, "Location"); err != nil {
					return err
				}
			}
		}
		if err := m.f.SetCellStr(sheet.Name, cell, text); err != nil {
			return err
		}
		if err := m.f.SetCellStyle(sheet.Name, cell, workbook.Ref(row, area.Col2), style); err != nil {
			return err
		}
		if own {
			if err := m.f.SetRowVisible(sheet.Name, row, true); err != nil {
				return err
			}
			if err := m.f.SetRowHeight(sheet.Name, row, 19); err != nil {
				return err
			}
		}
		row++
	}
	if own {
		return nil
	}
	area.Row2 = row - 1
	return m.f.SetDefinedName(&excelize.DefinedName{Name: nameSummary, RefersTo: absolute(sheet.Name, area)})
}

// inShort is a problem on one line: the cell and the first sentence, since not
// every program wraps the text of a link.
func inShort(p Problem) string {
	text, quoted := p.Message, false
	for i, r := range text {
		switch r {
		case '„':
			quoted = true
		case '”':
			quoted = false
		case '.':
			if !quoted && strings.HasPrefix(text[i:], ". ") {
				text = text[:i+1]
			}
		}
		if len(text) <= i+1 {
			break
		}
	}
	if runes := []rune(text); len(runes) > summaryWide {
		text = string(runes[:summaryWide-1]) + "…"
	}
	if p.Cell == "" {
		return text
	}
	return p.Cell + ": " + text
}

func count(n int) string {
	if n == 1 {
		return "un loc"
	}
	if n%100 == 0 || n%100 >= 20 {
		return fmt.Sprintf("%d de locuri", n)
	}
	return fmt.Sprintf("%d locuri", n)
}

// besideForm is the first free column to the right of the form where three more
// are free too, so that nothing of the sender's is covered.
func (m *marker) besideForm(reading *Reading, sheet *workbook.Sheet, rows int) workbook.Range {
	col := 1
	for _, cell := range reading.Cells {
		if _, c, ok := workbook.ParseRef(cell); ok {
			col = max(col, c)
		}
	}
	for {
		col++
		free := true
		for next := col; next < col+4; next++ {
			free = free && !sheet.ColUsed(next) && !sheet.ColHidden(next)
		}
		if free || col > maxMarkedCol {
			return workbook.Range{Row1: 1, Col1: col, Row2: rows, Col2: col}
		}
	}
}
