package workbook

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ods reads content.xml of an OpenDocument spreadsheet (OpenDocument 1.3, part
// 3, chapter 9). Dates stand there as dates, so its epoch does not matter.
type ods struct {
	book   *Workbook
	budget budget
	struck map[string]bool // styles of text that is struck through
	hidden map[string]bool // styles of tables that are not shown
	names  []rawName
	link   string // the mailto link of the cell just read
}

func readODS(p *pkg) (*Workbook, error) {
	data, err := p.read("content.xml")
	if err != nil {
		return nil, err
	}
	r := &ods{book: &Workbook{Format: ODS}, budget: budget{maxCells, maxTotal}, struck: map[string]bool{}, hidden: map[string]bool{}}
	style := ""
	err = each(data, func(s *scanner) error {
		switch string(s.name) {
		case "style":
			style = s.attr("name")
		case "text-properties":
			if line := s.attr("text-line-through-style"); line != "" && line != "none" {
				r.struck[style] = true
			}
			if kind := s.attr("text-line-through-type"); kind != "" && kind != "none" {
				r.struck[style] = true
			}
		case "table-properties":
			if s.attr("display") == "false" {
				r.hidden[style] = true
			}
		case "table":
			if len(r.book.Sheets) >= maxSheets {
				return fmt.Errorf("%w: more than %d sheets", ErrTooLarge, maxSheets)
			}
			return r.table(s)
		case "named-range":
			if r.names = append(r.names, rawName{s.attr("name"), s.attr("cell-range-address")}); len(r.names) > maxNames {
				return fmt.Errorf("%w: more than %d names", ErrTooLarge, maxNames)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading content.xml: %w", err)
	}
	for _, n := range r.names {
		if parsed, ok := parseODSName(n.name, n.formula); ok {
			r.book.Names = append(r.book.Names, parsed)
		}
	}
	return r.book, nil
}

// parseODSName reads a cell range address (9.2.1): $'Anexa 1'.$B$4:.$D$8.
func parseODSName(name, address string) (Name, bool) {
	first, last, two := cutUnquoted(address, ':')
	sheet, ref, ok := cutUnquoted(first, '.')
	if !ok {
		return Name{}, false
	}
	sheet = strings.TrimPrefix(sheet, "$")
	if len(sheet) >= 2 && sheet[0] == '\'' && sheet[len(sheet)-1] == '\'' {
		sheet = strings.ReplaceAll(sheet[1:len(sheet)-1], "''", "'")
	}
	if two {
		if _, end, ok := cutUnquoted(last, '.'); ok {
			last = end
		}
		ref += ":" + last
	}
	area, ok := ParseRange(ref)
	return Name{Name: name, Sheet: sheet, Range: area}, ok
}

func cutUnquoted(s string, sep byte) (string, string, bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == sep && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// repeated is how often an element stands for itself; an absurd count is cut,
// since rows without content are often repeated to the end of the sheet.
func repeated(s *scanner, attr string) int {
	n := s.number(attr)
	return max(1, min(n, maxRow))
}

func (r *ods) table(s *scanner) error {
	sheet := &Sheet{Name: s.attr("name"), Hidden: r.hidden[s.attr("style-name")]}
	r.book.Sheets = append(r.book.Sheets, sheet)
	row, col := 1, 1
	err := s.within(func() error {
		switch string(s.name) {
		case "table-column":
			n := repeated(s, "number-columns-repeated")
			if v := s.attr("visibility"); v == "collapse" || v == "filter" {
				if err := sheet.hiddenCols.add(col, min(col+n-1, maxCol)); err != nil {
					return err
				}
			}
			col += n
		case "table-row":
			n := repeated(s, "number-rows-repeated")
			if v := s.attr("visibility"); v == "collapse" || v == "filter" {
				if err := sheet.hiddenRows.add(row, min(row+n-1, maxRow)); err != nil {
					return err
				}
			}
			if err := r.row(s, sheet, row, n); err != nil {
				return err
			}
			row += n
		case "named-range":
			r.names = append(r.names, rawName{s.attr("name"), s.attr("cell-range-address")})
		case "shapes":
			_, err := s.content() // drawings on the sheet, with their texts
			return err
		}
		if row > maxRow+1 {
			row = maxRow + 1
		}
		return nil
	})
	if err == nil {
		sheet.finish()
	}
	return err
}

func (r *ods) row(s *scanner, sheet *Sheet, row, times int) error {
	col := 1
	return s.within(func() error {
		name := string(s.name)
		if name != "table-cell" && name != "covered-table-cell" {
			return nil
		}
		n := repeated(s, "number-columns-repeated")
		cols, rows := s.number("number-columns-spanned"), s.number("number-rows-spanned")
		cell, err := r.cell(s)
		if err != nil {
			return err
		}
		if name == "table-cell" && (cols > 1 || rows > 1) {
			sheet.Merges = append(sheet.Merges, Range{row, col, min(row+max(rows, 1)-1, maxRow), min(col+max(cols, 1)-1, maxCol)})
			if len(sheet.Merges) > maxMerges {
				return fmt.Errorf("%w: more than %d merged ranges", ErrTooLarge, maxMerges)
			}
		}
		if name == "table-cell" && (cell.Text != "" || cell.Struck) && !sheet.Hidden {
			if row+times-1 > maxRow || col+n-1 > maxCol {
				return damaged("content beyond the last row or column")
			}
			for i := range times {
				for j := range n {
					c := cell
					c.Row, c.Col = row+i, col+j
					if err := r.book.add(sheet, c, &r.budget); err != nil {
						return err
					}
				}
			}
		}
		col = min(col+n, maxCol+1)
		return nil
	})
}

// cell reads a cell by its value type (9.1.4).
func (r *ods) cell(s *scanner) (Cell, error) {
	cell := Cell{Formula: s.attr("formula") != ""}
	kind, failed := s.attr("value-type"), false
	for _, a := range s.attrs {
		failed = failed || string(a.name) == "value-type" && string(a.value) == "error"
	}
	value, date, truth, text := s.attr("value"), s.attr("date-value"), s.attr("boolean-value"), s.attr("string-value")
	struck := r.struck[s.attr("style-name")]
	shown, partly, err := r.paragraphs(s)
	if err != nil {
		return cell, err
	}
	cell.Text, cell.Struck, cell.Mailto = shown, partly, r.link
	if cell.Text == "" && !partly {
		cell.Text = text
	}
	switch {
	case failed:
		cell.Kind = Error
		if cell.Text == "" {
			cell.Text = "#VALUE!"
		}
	case kind == "date":
		for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04:05.999999999"} {
			if t, err := time.Parse(layout, date); err == nil {
				cell.Kind, cell.Value, cell.Text = Date, serial(t), t.Format("02.01.2006")
			}
		}
	case kind == "float" || kind == "currency" || kind == "percentage":
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return cell, damaged("a number that is none")
		}
		cell.Kind, cell.Value, cell.Text = Number, v, formatNumber(v)
	case kind == "boolean":
		cell.Kind, cell.Text = Bool, strings.ToUpper(truth)
	}
	if struck && strings.TrimSpace(cell.Text) != "" {
		cell.Text, cell.Struck = "", true
	}
	return cell, nil
}

// paragraphs is the text of a cell, a line for each paragraph, without comments,
// drawings and struck-through spans.
func (r *ods) paragraphs(s *scanner) (text string, struck bool, err error) {
	var b strings.Builder
	r.link = ""
	depth, skip, strike := len(s.open), 0, 0
	first := true
	for {
		t, err := s.next()
		if err != nil {
			return "", false, err
		}
		inside := len(s.open)
		switch t {
		case start:
			switch {
			case skip > 0:
			case string(s.name) == "annotation" || string(s.name) == "frame" || strings.HasSuffix(string(s.name), "shape") || string(s.name) == "g":
				skip = inside
			case string(s.name) == "p":
				if !first {
					b.WriteByte('\n')
				}
				first = false
			case string(s.name) == "span":
				if strike == 0 && r.struck[s.attr("style-name")] {
					strike = inside
				}
			case string(s.name) == "a" && r.link == "":
				r.link = mailto(s.attr("href"))
			case string(s.name) == "line-break":
				b.WriteByte('\n')
			case string(s.name) == "tab":
				b.WriteByte('\t')
			case string(s.name) == "s":
				b.WriteString(strings.Repeat(" ", max(1, min(s.number("c"), 100))))
			}
		case chars:
			if skip > 0 || inside == depth {
				continue
			}
			part := string(s.appendText(nil))
			if strike > 0 {
				struck = struck || strings.TrimSpace(part) != ""
				continue
			}
			b.WriteString(strings.ToValidUTF8(part, "\uFFFD"))
			if b.Len() > maxTotal {
				return "", false, fmt.Errorf("%w: more than %d bytes of text", ErrTooLarge, maxTotal)
			}
		case end:
			if inside < depth {
				return b.String(), struck, nil
			}
			if inside < skip {
				skip = 0
			}
			if inside < strike {
				strike = 0
			}
		}
	}
}
