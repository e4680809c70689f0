package workbook

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func (r *ooxml) sheetPart(name string, sheet *Sheet) error {
	data, err := r.pkg.read(name)
	if err != nil {
		return err
	}
	row := 0
	links := map[string]string{} // relationship to cell
	err = each(data, func(s *scanner) error {
		switch string(s.name) {
		case "col":
			if s.flag("hidden", false) || s.attr("width") == "0" {
				return sheet.hiddenCols.add(s.number("min"), min(s.number("max"), maxCol))
			}
		case "sheetData":
			return s.within(func() error {
				if string(s.name) != "row" {
					return nil
				}
				return r.row(s, sheet, &row)
			})
		case "mergeCell":
			area, ok := ParseRange(s.attr("ref"))
			if !ok {
				return damaged("a merged range that is none")
			}
			if sheet.Merges = append(sheet.Merges, area); len(sheet.Merges) > maxMerges {
				return fmt.Errorf("%w: more than %d merged ranges", ErrTooLarge, maxMerges)
			}
		case "hyperlink":
			if id := s.attr("id"); id != "" && len(links) < maxLinks {
				links[id] = s.attr("ref")
			}
		}
		return nil
	})
	if err != nil || len(links) == 0 || sheet.Hidden {
		return err
	}
	rels, err := r.relationships(name)
	if err != nil {
		return err
	}
	for _, rel := range rels {
		area, ok := ParseRange(links[rel.id])
		if address := mailto(rel.raw); ok && address != "" {
			for i := range sheet.Cells {
				if c := &sheet.Cells[i]; c.Row == area.Row1 && c.Col == area.Col1 {
					c.Mailto = address
				}
			}
		}
	}
	return nil
}

// mailto is the address of a mailto link (RFC 6068); empty for any other.
func mailto(link string) string {
	u, err := url.Parse(link)
	if err != nil || !strings.EqualFold(u.Scheme, "mailto") {
		return ""
	}
	address, err := url.PathUnescape(u.Opaque)
	if err != nil || strings.Count(address, "@") != 1 || len(address) > 254 {
		return ""
	}
	return strings.TrimSpace(address)
}

func (r *ooxml) row(s *scanner, sheet *Sheet, row *int) error {
	*row++
	if n := s.number("r"); n > 0 {
		*row = n
	}
	if *row > maxRow {
		return damaged("row %d", *row)
	}
	sheet.LastRow = max(sheet.LastRow, *row)
	if s.flag("hidden", false) || s.attr("ht") == "0" {
		if err := sheet.hiddenRows.add(*row, *row); err != nil {
			return err
		}
	}
	col := 0
	return s.within(func() error {
		if string(s.name) != "c" {
			return nil
		}
		col++
		at := *row
		if ref := s.attr("r"); ref != "" {
			var ok bool
			if at, col, ok = ParseRef(ref); !ok {
				return damaged("cell %q", clip([]byte(ref)))
			}
		}
		if col > maxCol {
			return damaged("column %d", col)
		}
		sheet.LastRow, sheet.LastCol = max(sheet.LastRow, at), max(sheet.LastCol, col)
		return r.cell(s, sheet, at, col)
	})
}

func (r *ooxml) cell(s *scanner, sheet *Sheet, row, col int) error {
	cell := Cell{Row: row, Col: col}
	kind := s.attr("t")
	var st style
	if i := s.number("s"); i >= 0 && i < len(r.styles) {
		st = r.styles[i]
	}
	var value string
	var valued bool
	err := s.within(func() (err error) {
		switch string(s.name) {
		case "v":
			value, err = s.content()
			valued = true
		case "f":
			cell.Formula = true
		case "is":
			from := s.at
			for depth := len(s.open); len(s.open) >= depth; {
				before := s.at
				t, err := s.next()
				if err != nil {
					return err
				}
				if t == end && len(s.open) < depth {
					cell.Text, cell.Struck, err = richText(s.data[from:max(from, before)])
					if err != nil {
						return err
					}
				}
			}
		}
		return err
	})
	if err != nil || sheet.Hidden {
		return err
	}
	if err := r.value(&cell, kind, value, valued, st); err != nil {
		return err
	}
	if st.struck && strings.TrimSpace(cell.Text) != "" {
		cell.Text, cell.Struck = "", true
	}
	return r.book.add(sheet, cell, &r.budget)
}

// value decodes what a cell holds by its type (18.18.11).
func (r *ooxml) value(cell *Cell, kind, value string, valued bool, st style) error {
	if cell.Formula && !valued {
		// Saved by a program that does not compute: nobody can say what stands here.
		cell.Kind, cell.Text = Error, "#VALUE!"
		return nil
	}
	switch kind {
	case "s":
		if !valued || value == "" {
			return nil
		}
		i, err := strconv.Atoi(value)
		if err != nil || i < 0 || i >= len(r.strings) {
			return damaged("cell %s quotes a text that is not there", cell.Ref())
		}
		cell.Text, cell.Struck, err = richText(r.strings[i])
		return err
	case "str":
		cell.Text = unquote(value)
	case "inlineStr":
	case "b":
		cell.Kind, cell.Text = Bool, "FALSE"
		if value == "1" || value == "true" {
			cell.Text = "TRUE"
		}
	case "e":
		cell.Kind, cell.Text = Error, value
	case "d":
		for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", time.RFC3339, "2006-01-02T15:04"} {
			if t, err := time.Parse(layout, value); err == nil {
				cell.Kind, cell.Value, cell.Text = Date, serial(t), t.Format("02.01.2006")
				return nil
			}
		}
		cell.Text = value
	default:
		if !valued || value == "" {
			return nil
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return damaged("cell %s holds a number that is none", cell.Ref())
		}
		cell.Kind, cell.Value, cell.Text = Number, v, formatNumber(v)
		if st.date && v >= 0 && v < 2_958_466-r.epoch {
			cell.Kind, cell.Value = Date, v+r.epoch
			cell.Text = Day(cell.Value).Format("02.01.2006")
		}
	}
	return nil
}

// The day that serial numbers count from, as they are since 1 March 1900.
var dayZero = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// Day is the day, at midnight UTC, that a cell of kind [Date] shows.
func Day(value float64) time.Time { return dayZero.AddDate(0, 0, int(math.Floor(value))) }

func serial(t time.Time) float64 { return math.Floor(t.Sub(dayZero).Hours() / 24) }
