// Package workbook reads spreadsheet files as a person sees them: what stands
// in the visible cells, struck-through text left out, formulas by the values
// they had when the file was saved. It reads OOXML (.xlsx, .xlsm, .xltx, strict
// or transitional; ECMA-376) and OpenDocument (.ods; OpenDocument 1.3), and
// knows nothing of what the cells mean.
//
// The files come from outside. Sizes are checked before anything is unpacked,
// every part is read to its end, and no document type declaration is accepted,
// so neither a bomb, nor a truncated file, nor an external entity gets through.
package workbook

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// What a file can be that is no readable workbook. Each asks for another answer.
var (
	// ErrNotSpreadsheet: not a workbook at all: a document, an image, a program.
	ErrNotSpreadsheet = errors.New("not a spreadsheet")
	// ErrLegacy: a workbook of a format that is not read, .xls or .xlsb.
	ErrLegacy = errors.New("a spreadsheet in an old or binary format")
	// ErrEncrypted: locked with a password.
	ErrEncrypted = errors.New("the file is encrypted")
	// ErrArchive: an archive of other files.
	ErrArchive = errors.New("an archive, not a spreadsheet")
	// ErrTooLarge: over one of the limits of this package.
	ErrTooLarge = errors.New("the spreadsheet is too large")
	// ErrDamaged: truncated, or not well-formed inside.
	ErrDamaged = errors.New("the spreadsheet is damaged")
)

// Limits, far above any form and far below what would hurt.
const (
	MaxFile     = 20 << 20  // bytes of the file
	MaxUnpacked = 48 << 20  // bytes of all its parts, unpacked
	maxPart     = 32 << 20  // bytes of one part, unpacked
	maxParts    = 4096      // entries of the ZIP directory
	maxCells    = 100_000   // cells with something in them, all sheets together
	maxMerges   = 10_000    // merged ranges of one sheet
	maxSheets   = 256       //
	maxText     = 32_767    // characters of one cell, as in the file format
	maxTotal    = 16 << 20  // bytes of text in all cells together
	maxRow      = 1_048_576 // rows of a sheet
	maxCol      = 16_384    // columns of a sheet: XFD
	maxDepth    = 256       // XML elements inside each other
	maxHidden   = 10_000    // stretches of hidden rows, or of hidden columns
	maxNames    = 10_000    // defined names
	maxLinks    = 1000      // links of one sheet
)

// Format is a file format.
type Format string

const (
	OOXML Format = "ooxml"
	ODS   Format = "ods"
)

// Workbook is what a file holds.
type Workbook struct {
	Format Format
	Sheets []*Sheet // in the order of their tabs
	Names  []Name   // those that stand for cells

	// Strict says that the file keeps to ISO/IEC 29500 strict, whose namespaces are others.
	Strict bool

	// Date1904 says that plain numbers, where they are meant as days, count from
	// 1904-01-01. Cells of kind [Date] already count alike.
	Date1904 bool
}

// Sheet is one sheet with its visible cells.
type Sheet struct {
	Name   string
	Hidden bool   // such a sheet is checked to its end, but has no Cells
	Part   string // the part of the package that holds it; empty in .ods
	Cells  []Cell
	Merges []Range

	// The last row and column that the file mentions, be it for an empty cell;
	// not counted in .ods.
	LastRow, LastCol int

	hiddenRows, hiddenCols spans
	index                  map[pos]int
	used                   map[int]bool // columns with anything in them, shown or not
}

// Kind is what a cell holds.
type Kind uint8

const (
	Text   Kind = iota
	Number      // Value holds it
	Date        // Value holds days since 1899-12-30, whatever the file's epoch
	Bool        // Text is "TRUE" or "FALSE"
	Error       // Text is "#REF!" and the like; or a formula that was never computed
)

// Cell is a visible cell with something in it.
type Cell struct {
	Row, Col int // from 1
	Kind     Kind
	Text     string
	Value    float64
	Struck   bool // something in it was struck through, and left out of Text
	Formula  bool
	Mailto   string // the address that a link on the cell writes to
}

// Ref is the cell's place: "B12".
func (c *Cell) Ref() string { return Ref(c.Row, c.Col) }

// Range is a rectangle of cells, its corners included.
type Range struct{ Row1, Col1, Row2, Col2 int }

// Contains reports whether the cell is in r.
func (r Range) Contains(row, col int) bool {
	return row >= r.Row1 && row <= r.Row2 && col >= r.Col1 && col <= r.Col2
}

// String is "B12" or "B12:D14".
func (r Range) String() string {
	first := Ref(r.Row1, r.Col1)
	if r.Row1 == r.Row2 && r.Col1 == r.Col2 {
		return first
	}
	return first + ":" + Ref(r.Row2, r.Col2)
}

// Name is a defined name that stands for cells of one sheet.
type Name struct {
	Name  string
	Sheet string
	Range Range
}

type pos struct{ row, col int }

// At is the visible cell at a place, nil if nothing stands there. Of a merged
// range only the first cell holds anything.
func (s *Sheet) At(row, col int) *Cell {
	if i, ok := s.index[pos{row, col}]; ok {
		return &s.Cells[i]
	}
	return nil
}

// Merge is the merged range that a cell belongs to, or the cell alone.
func (s *Sheet) Merge(row, col int) Range {
	for _, m := range s.Merges {
		if m.Contains(row, col) {
			return m
		}
	}
	return Range{row, col, row, col}
}

// RowHidden reports whether a row is not shown.
func (s *Sheet) RowHidden(row int) bool { return s.hiddenRows.has(row) }

// ColHidden reports whether a column is not shown.
func (s *Sheet) ColHidden(col int) bool { return s.hiddenCols.has(col) }

// ColUsed reports whether anything stands in a column, shown or hidden.
func (s *Sheet) ColUsed(col int) bool {
	return s.used[col] || slices.ContainsFunc(s.Merges, func(m Range) bool { return col >= m.Col1 && col <= m.Col2 })
}

// finish drops what nobody sees and makes the sheet ready to be asked. A merged
// cell shows as long as any row and any column of it does.
func (s *Sheet) finish() {
	if s.Hidden {
		s.Cells = nil
		return
	}
	s.used = map[int]bool{}
	for _, c := range s.Cells {
		s.used[c.Col] = true
	}
	anchors := make(map[pos]Range, len(s.Merges))
	for _, m := range s.Merges {
		anchors[pos{m.Row1, m.Col1}] = m
	}
	kept := s.Cells[:0]
	for _, c := range s.Cells {
		area, merged := anchors[pos{c.Row, c.Col}]
		if !merged {
			area = Range{c.Row, c.Col, c.Row, c.Col}
		}
		if s.hiddenRows.covers(area.Row1, area.Row2) || s.hiddenCols.covers(area.Col1, area.Col2) {
			continue
		}
		kept = append(kept, c)
	}
	s.Cells = kept
	slices.SortStableFunc(s.Cells, func(a, b Cell) int { return cmp.Or(a.Row-b.Row, a.Col-b.Col) })
	s.index = make(map[pos]int, len(kept))
	for i, c := range kept {
		s.index[pos{c.Row, c.Col}] = i
	}
}

// spans are stretches of hidden rows or columns, in ascending order.
type spans [][2]int

func (s spans) has(n int) bool { return s.covers(n, n) }

func (s spans) covers(from, to int) bool {
	for _, span := range s {
		if span[0] > from {
			return false
		}
		if from <= span[1] {
			if to <= span[1] {
				return true
			}
			from = span[1] + 1
		}
	}
	return false
}

func (s *spans) add(from, to int) error {
	if n := len(*s); n > 0 && (*s)[n-1][1]+1 == from {
		(*s)[n-1][1] = to
		return nil
	}
	if len(*s) >= maxHidden {
		return fmt.Errorf("%w: more than %d hidden stretches", ErrTooLarge, maxHidden)
	}
	*s = append(*s, [2]int{from, to})
	return nil
}

// Ref writes a place as people do: row 12, column 2 is "B12".
func Ref(row, col int) string { return ColumnName(col) + strconv.Itoa(row) }

// ColumnName is the letters of a column, from 1: "A", …, "XFD".
func ColumnName(col int) string {
	var b [8]byte
	i := len(b)
	for col > 0 {
		col--
		i--
		b[i] = byte('A' + col%26)
		col /= 26
	}
	return string(b[i:])
}

// ParseRef reads "B12" or "$B$12".
func ParseRef(ref string) (row, col int, ok bool) {
	i := 0
	skip := func() {
		if i < len(ref) && ref[i] == '$' {
			i++
		}
	}
	skip()
	for ; i < len(ref) && col <= maxCol; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		col = col*26 + int(c-'A') + 1
	}
	skip()
	for ; i < len(ref) && row <= maxRow; i++ {
		c := ref[i]
		if c < '0' || c > '9' {
			break
		}
		row = row*10 + int(c-'0')
	}
	return row, col, i == len(ref) && row >= 1 && row <= maxRow && col >= 1 && col <= maxCol
}

// ParseRange reads "B12" or "B12:D14", with or without "$".
func ParseRange(ref string) (Range, bool) {
	first, last, two := strings.Cut(ref, ":")
	r1, c1, ok := ParseRef(first)
	if !ok {
		return Range{}, false
	}
	if !two {
		return Range{r1, c1, r1, c1}, true
	}
	r2, c2, ok := ParseRef(last)
	if !ok {
		return Range{}, false
	}
	return Range{min(r1, r2), min(c1, c2), max(r1, r2), max(c1, c2)}, true
}

// formatNumber writes a number as a cell in the general format shows it.
func formatNumber(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', 11, 64)
}

// add appends a cell, within the limits.
func (w *Workbook) add(s *Sheet, c Cell, budget *budget) error {
	if s.Hidden || (c.Text == "" && !c.Struck) {
		return nil
	}
	if len(c.Text) > maxText {
		if runes := []rune(c.Text); len(runes) > maxText {
			c.Text = string(runes[:maxText])
		}
	}
	budget.cells--
	budget.text -= len(c.Text)
	if budget.cells < 0 || budget.text < 0 {
		return fmt.Errorf("%w: more than %d cells or %d bytes of text", ErrTooLarge, maxCells, maxTotal)
	}
	s.Cells = append(s.Cells, c)
	return nil
}

// budget is what of the limits is left.
type budget struct{ cells, text int }

// Row lists the visible cells of a row that hold something, from the left.
func (s *Sheet) Row(row int) []*Cell {
	i, _ := slices.BinarySearchFunc(s.Cells, row, func(c Cell, row int) int { return c.Row - row })
	var list []*Cell
	for ; i < len(s.Cells) && s.Cells[i].Row == row; i++ {
		list = append(list, &s.Cells[i])
	}
	return list
}

// Within lists the visible cells of a range that hold something, row by row.
func (s *Sheet) Within(area Range) []*Cell {
	i, _ := slices.BinarySearchFunc(s.Cells, area.Row1, func(c Cell, row int) int { return c.Row - row })
	var list []*Cell
	for ; i < len(s.Cells) && s.Cells[i].Row <= area.Row2; i++ {
		if area.Contains(s.Cells[i].Row, s.Cells[i].Col) {
			list = append(list, &s.Cells[i])
		}
	}
	return list
}

// Drop forgets the cells of a range.
func (s *Sheet) Drop(area Range) {
	if s.Hidden {
		return
	}
	s.Cells = slices.DeleteFunc(s.Cells, func(c Cell) bool { return area.Contains(c.Row, c.Col) })
	clear(s.index)
	for i, c := range s.Cells {
		s.index[pos{c.Row, c.Col}] = i
	}
}
