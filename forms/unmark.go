package forms

import (
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"registratura/forms/workbook"
)

// clean takes off what an earlier Mark put on.
func (m *marker) clean() error {
	for _, n := range m.book.Names {
		fill, ok := strings.CutPrefix(n.Name, nameMark)
		sheet := m.sheet(n.Sheet)
		if !ok || sheet == nil || n.Range.Row2 > maxMarkedRow || n.Range.Col2 > maxMarkedCol {
			continue
		}
		m.touched[n.Sheet] = true
		_, fill, _ = strings.Cut(fill, "_")
		if fill != noFill && !hexColor.MatchString(fill) {
			fill = noFill
		}
		for row := n.Range.Row1; row <= min(n.Range.Row2, n.Range.Row1+200); row++ {
			for col := n.Range.Col1; col <= min(n.Range.Col2, n.Range.Col1+50); col++ {
				cell := workbook.Ref(row, col)
				if now, known, err := m.fillOf(n.Sheet, cell); err != nil {
					return err
				} else if known && now == markColor {
					if err := m.setFill(n.Sheet, cell, fill); err != nil {
						return err
					}
				}
			}
		}
		if err := m.uncomment(n.Sheet); err != nil {
			return err
		}
	}
	for _, n := range m.f.GetDefinedName() {
		if strings.HasPrefix(n.Name, nameMark) {
			n.Scope = strings.TrimSuffix(n.Scope, "Workbook")
			if err := m.f.DeleteDefinedName(&n); err != nil {
				return err
			}
		}
	}
	return m.unsummarise()
}

// uncomment removes our comments from a sheet and puts the sender's back.
func (m *marker) uncomment(sheet string) error {
	comments, err := m.f.GetComments(sheet)
	if err != nil {
		return err
	}
	for _, c := range comments {
		text := commentText(c)
		if !strings.Contains(text[:min(len(text), 200)], markTitle) {
			continue
		}
		if err := m.f.DeleteComment(sheet, c.Cell); err != nil {
			return err
		}
		if _, theirs, ok := strings.Cut(text, "\n\n"+theirTitle+"\n"); ok {
			if err := m.f.AddComment(sheet, excelize.Comment{Cell: c.Cell, Author: c.Author, Text: theirs}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *marker) unsummarise() error {
	own := slices.ContainsFunc(m.book.Names, func(n workbook.Name) bool { return n.Name == nameVersion })
	for _, n := range m.book.Names {
		if n.Name != nameSummary || m.sheet(n.Sheet) == nil || n.Range.Row1 > maxMarkedRow || n.Range.Col2 > maxMarkedCol {
			continue
		}
		m.touched[n.Sheet] = true
		for row := n.Range.Row1; row <= min(n.Range.Row2, n.Range.Row1+200); row++ {
			cell := workbook.Ref(row, n.Range.Col1)
			if own {
				if err := m.f.SetRowVisible(n.Sheet, row, false); err != nil {
					return err
				}
			}
			if err := m.f.SetCellHyperLink(n.Sheet, cell, "", "None"); err != nil {
				return err
			}
			if err := m.f.SetCellStr(n.Sheet, cell, ""); err != nil {
				return err
			}
			if err := m.f.SetCellValue(n.Sheet, cell, nil); err != nil {
				return err
			}
			if err := m.f.SetCellStyle(n.Sheet, cell, workbook.Ref(row, n.Range.Col2), 0); err != nil {
				return err
			}
		}
		if !own {
			if err := m.f.DeleteDefinedName(&excelize.DefinedName{Name: nameSummary}); err != nil {
				return err
			}
		}
	}
	return nil
}
