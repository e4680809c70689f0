package workbook

import (
	"bytes"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// style is what of a cell's format matters: ECMA-376 part 1, 18.8.
type style struct{ date, struck bool }

type ooxml struct {
	pkg     *pkg
	book    *Workbook
	epoch   float64  // days from 1899-12-30 to the file's first day
	styles  []style  // by the index that cells quote
	strings [][]byte // <si> elements, not yet decoded
	budget  budget
}

func readOOXML(p *pkg) (*Workbook, error) {
	r := &ooxml{pkg: p, book: &Workbook{Format: OOXML}, budget: budget{maxCells, maxTotal}}
	main, err := r.mainPart()
	if err != nil {
		return nil, err
	}
	rels, err := r.relationships(main)
	if err != nil {
		return nil, err
	}
	paths, names, err := r.workbookPart(main, rels)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", main, err)
	}
	for _, rel := range rels {
		switch {
		case rel.external || !p.has(rel.target):
		case strings.HasSuffix(rel.kind, "/styles"):
			err = r.stylesPart(rel.target)
		case strings.HasSuffix(rel.kind, "/sharedStrings"):
			err = r.stringsPart(rel.target)
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", rel.target, err)
		}
	}
	for i, s := range r.book.Sheets {
		if err := r.sheetPart(paths[i], s); err != nil {
			return nil, fmt.Errorf("reading sheet %q: %w", s.Name, err)
		}
		s.finish()
	}
	for _, n := range names {
		if parsed, ok := parseName(n.name, n.formula); ok {
			r.book.Names = append(r.book.Names, parsed)
		}
	}
	return r.book, nil
}

// mainPart finds the workbook through the package's relationships, and tells
// other Office files apart.
func (r *ooxml) mainPart() (string, error) {
	rels, err := r.relationships("")
	if err != nil {
		return "", err
	}
	main := ""
	for _, rel := range rels {
		if strings.HasSuffix(rel.kind, "/officeDocument") {
			main = rel.target
		}
	}
	if main == "" {
		main = "xl/workbook.xml"
	}
	switch {
	case strings.HasSuffix(strings.ToLower(main), ".bin"):
		return "", fmt.Errorf("%w: .xlsb", ErrLegacy)
	case strings.HasPrefix(partName(main), "word/"), strings.HasPrefix(partName(main), "ppt/"),
		!r.pkg.has(main) && (r.pkg.has("word/document.xml") || r.pkg.has("ppt/presentation.xml")):
		return "", ErrNotSpreadsheet
	case !r.pkg.has(main):
		return "", damaged("there is no workbook part")
	}
	return main, nil
}

type relationship struct {
	id, kind, target string
	raw              string // the target as it stands there
	external         bool
}

// relationships of a part, or of the package where part is empty.
func (r *ooxml) relationships(part string) ([]relationship, error) {
	dir, base := path.Split(part)
	name := dir + "_rels/" + base + ".rels"
	if !r.pkg.has(name) {
		return nil, nil
	}
	data, err := r.pkg.read(name)
	if err != nil {
		return nil, err
	}
	var rels []relationship
	err = each(data, func(s *scanner) error {
		if string(s.name) != "Relationship" {
			return nil
		}
		target := strings.ReplaceAll(s.attr("Target"), `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = dir + target
		}
		rels = append(rels, relationship{
			id: s.attr("Id"), kind: s.attr("Type"), external: s.attr("TargetMode") == "External",
			raw:    s.attr("Target"),
			target: strings.TrimPrefix(path.Clean("/"+target), "/"),
		})
		if len(rels) > maxParts {
			return fmt.Errorf("%w: more than %d relationships", ErrTooLarge, maxParts)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return rels, nil
}

// each visits every element of a part and reads it to its end.
func each(data []byte, visit func(*scanner) error) error {
	s := newScanner(data)
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		switch t {
		case eof:
			return nil
		case start:
			if err := visit(s); err != nil {
				return err
			}
		}
	}
}

type rawName struct{ name, formula string }

func (r *ooxml) workbookPart(main string, rels []relationship) (paths []string, names []rawName, err error) {
	data, err := r.pkg.read(main)
	if err != nil {
		return nil, nil, err
	}
	r.book.Strict = bytes.Contains(data, []byte("http://purl.oclc.org/ooxml/"))
	err = each(data, func(s *scanner) error {
		switch string(s.name) {
		case "workbookPr":
			if s.flag("date1904", false) {
				r.book.Date1904, r.epoch = true, 1462
			}
		case "sheet":
			id := s.attr("id")
			for _, rel := range rels {
				if rel.id == id && strings.HasSuffix(rel.kind, "/worksheet") && !rel.external {
					state := s.attr("state")
					r.book.Sheets = append(r.book.Sheets, &Sheet{
						Name: s.attr("name"), Part: rel.target, Hidden: state == "hidden" || state == "veryHidden"})
					paths = append(paths, rel.target)
					break
				}
			}
			if len(paths) > maxSheets {
				return fmt.Errorf("%w: more than %d sheets", ErrTooLarge, maxSheets)
			}
		case "definedName":
			name := s.attr("name")
			formula, err := s.content()
			if err != nil {
				return err
			}
			if names = append(names, rawName{name, formula}); len(names) > maxNames {
				return fmt.Errorf("%w: more than %d names", ErrTooLarge, maxNames)
			}
		}
		return nil
	})
	return paths, names, err
}

// parseName reads a formula that is only a reference: 'Anexa 1'!$B$4:$D$8.
func parseName(name, formula string) (Name, bool) {
	i := strings.LastIndexByte(formula, '!')
	if i < 0 {
		return Name{}, false
	}
	sheet := formula[:i]
	if len(sheet) >= 2 && sheet[0] == '\'' && sheet[len(sheet)-1] == '\'' {
		sheet = strings.ReplaceAll(sheet[1:len(sheet)-1], "''", "'")
	}
	area, ok := ParseRange(formula[i+1:])
	return Name{Name: name, Sheet: sheet, Range: area}, ok
}

func (r *ooxml) stylesPart(name string) error {
	data, err := r.pkg.read(name)
	if err != nil {
		return err
	}
	codes := map[int]string{}
	var struck []bool
	return each(data, func(s *scanner) error {
		switch string(s.name) {
		case "numFmt":
			codes[s.number("numFmtId")] = s.attr("formatCode")
		case "fonts":
			return s.within(func() error {
				switch string(s.name) {
				case "font":
					struck = append(struck, false)
				case "strike":
					if len(struck) > 0 {
						struck[len(struck)-1] = s.flag("val", true)
					}
				}
				return nil
			})
		case "cellXfs":
			return s.within(func() error {
				if string(s.name) != "xf" {
					return nil
				}
				if len(r.styles) > 65_536 {
					return fmt.Errorf("%w: more than 65536 styles", ErrTooLarge)
				}
				format, font := s.number("numFmtId"), s.number("fontId")
				code, custom := codes[format]
				r.styles = append(r.styles, style{
					date:   custom && dateCode(code) || !custom && dateFormat(format),
					struck: font >= 0 && font < len(struck) && struck[font],
				})
				return nil
			})
		}
		return nil
	})
}

// dateFormat tells the built-in formats that show a day: ECMA-376 part 1, 18.8.30.
func dateFormat(id int) bool {
	return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 36 || id >= 50 && id <= 58
}

// dateCode reports whether a format code shows a day or a year, and not only
// an hour: "dd.mm.yyyy", "[$-418]d mmmm yyyy;@". Whatever the
// program's language, files hold the English letters.
func dateCode(code string) bool {
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			n := strings.IndexByte(code[i+1:], '"')
			if n < 0 {
				return false
			}
			i += n + 1
		case '[':
			n := strings.IndexByte(code[i:], ']')
			if n < 0 {
				return false
			}
			i += n
		case '\\', '_', '*':
			i++
		case 'd', 'D', 'y', 'Y':
			return true
		case 'S', 's':
			if len(code) >= i+8 && strings.EqualFold(code[i:i+8], "standard") {
				i += 7
			}
		}
	}
	return false
}

// stringsPart finds where each shared string begins and ends; most are labels
// and lists that are decoded once, when a cell quotes them.
func (r *ooxml) stringsPart(name string) error {
	data, err := r.pkg.read(name)
	if err != nil {
		return err
	}
	s := newScanner(data)
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		if t == eof {
			return nil
		}
		if t != start || string(s.name) != "si" {
			continue
		}
		from := s.at
		for depth := len(s.open); len(s.open) >= depth; {
			before := s.at
			if t, err = s.next(); err != nil {
				return err
			}
			if t == end && len(s.open) < depth {
				r.strings = append(r.strings, s.data[from:max(from, before)])
			}
		}
	}
}

// richText is the text of an <si> or <is> element (18.4), without phonetic hints
// and without the runs that are struck through.
func richText(inner []byte) (text string, struck bool, err error) {
	// The common case, one <t> and nothing else, needs no scanner.
	if rest, ok := bytes.CutPrefix(inner, []byte("<t>")); ok {
		if plain, ok := bytes.CutSuffix(rest, []byte("</t>")); ok && bytes.IndexByte(plain, '<') < 0 {
			return unquote(unescape(plain)), false, nil
		}
	}
	wrapped := make([]byte, 0, len(inner)+7)
	wrapped = append(append(append(wrapped, "<r>"...), inner...), "</r>"...)
	var b strings.Builder
	var strike, phonetic bool
	s := newScanner(wrapped)
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return "", false, err
		case t == eof:
			return unquote(b.String()), struck, nil
		case t == end && string(s.name) == "r":
			strike = false
		case t == end && string(s.name) == "rPh":
			phonetic = false
		case t == start:
			switch string(s.name) {
			case "rPh":
				phonetic = true
			case "strike":
				strike = s.flag("val", true)
			case "t":
				part, err := s.content()
				if err != nil {
					return "", false, err
				}
				switch {
				case phonetic:
				case strike && strings.TrimSpace(part) != "":
					struck = true
				default:
					b.WriteString(part)
				}
			}
		}
	}
}

// unquote resolves _x000D_ and the like, which stand for characters that XML
// does not have (22.9.2.19).
func unquote(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if len(s) >= i+7 && s[i] == '_' && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := strconv.ParseUint(s[i+2:i+6], 16, 32); err == nil {
				if r := rune(n); r >= ' ' && (r < 0xD800 || r > 0xDFFF) || r == '\n' || r == '\t' {
					b.WriteRune(r)
				}
				i += 7
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}
