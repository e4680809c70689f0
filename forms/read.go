package forms

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"registratura/forms/workbook"
)

// Why a file cannot be read. Each asks for another answer to the sender.
var (
	ErrNotSpreadsheet = workbook.ErrNotSpreadsheet // a document, an image, a program
	ErrLegacy         = workbook.ErrLegacy         // .xls or .xlsb
	ErrEncrypted      = workbook.ErrEncrypted      // locked with a password
	ErrArchive        = workbook.ErrArchive        // .zip, .rar, .7z
	ErrTooLarge       = workbook.ErrTooLarge       // over the limits: a bomb, or no form
	ErrDamaged        = workbook.ErrDamaged        // truncated, or not well-formed inside
)

// Read reads a workbook and judges the form in it. A workbook without a form is
// no error: its reading has no Kind. Errors wrap one of those above.
func Read(data []byte, rules Rules) (*Reading, error) {
	book, err := workbook.Open(data)
	if err != nil {
		return nil, fmt.Errorf("opening the workbook: %w", err)
	}
	return read(book, rules), nil
}

// The labels and the texts of our own form never change; taking them apart for
// each file would cost more than reading it.
var (
	theRecogniser = sync.OnceValue(newRecogniser)
	ourTexts      = sync.OnceValue(foldOurTexts)
)

// ourText reports whether a text is printed on our own blank form.
func ourText(text string) bool { return ourTexts()[fold(text)] }

// draft is a form as read, before it is judged.
type draft struct {
	place *place
	sub   Submission
	why   map[string]Why // of fields that could not be read, or only in two ways
	cells map[string]string
	lists map[string][]person
	texts map[string]string // as written, where the submission cannot hold it
}

func read(book *workbook.Workbook, rules Rules) *Reading {
	var drafts []*draft
	for _, sheet := range book.Sheets {
		if sheet.Hidden {
			continue
		}
		for _, p := range locate(book, sheet, theRecogniser(), ourTexts()) {
			drafts = append(drafts, fill(p, book.Date1904, rules.Today))
		}
	}
	if len(drafts) == 0 {
		return &Reading{}
	}
	// The sheet that somebody filled in, where a workbook has blank ones too.
	filled := slices.DeleteFunc(slices.Clone(drafts), func(d *draft) bool { return d.blank() })
	chosen := drafts[0]
	if len(filled) > 0 {
		chosen = filled[0]
	}
	r := judge(chosen, rules)
	for _, other := range filled[min(1, len(filled)):] {
		if !other.same(chosen) {
			r.Problems = slices.Insert(r.Problems, 0, Problem{
				Sheet: other.place.sheet.Name, Why: Ambiguous, Message: twoForms(chosen, other),
			})
			break
		}
	}
	return r
}

func twoForms(a, b *draft) string {
	where := fmt.Sprintf("în foile „%s” și „%s”", a.place.sheet.Name, b.place.sheet.Name)
	if a.place.sheet == b.place.sheet {
		where = fmt.Sprintf("în foaia „%s”", a.place.sheet.Name)
	}
	return "Fișierul conține două formulare completate, " + where + ". Trimiteți câte un fișier pentru fiecare cerere."
}

func (d *draft) blank() bool {
	s := d.sub
	return s.Requester == "" && s.Department == "" && s.Partner == "" && s.InfoTypes == "" && s.ActivationDate.IsZero() && s.LegalBasis == "" &&
		len(s.PartnerUsers) == 0 && len(s.InternalUsers) == 0 && s.Site == "" && s.Reason == "" && s.ArchiveTo == "" && len(d.texts) == 0
}

func (d *draft) same(other *draft) bool {
	return d.place.kind == other.place.kind && fmt.Sprint(d.sub) == fmt.Sprint(other.sub)
}

// fill reads every field of a form.
func fill(p *place, date1904 bool, today Date) *draft {
	d := &draft{place: p, why: map[string]Why{}, cells: map[string]string{}, lists: map[string][]person{}, texts: map[string]string{}}
	for _, f := range fieldsOf(p.kind) {
		if f.users {
			d.users(f)
			continue
		}
		cell, text, ref := p.value(f)
		d.cells[f.key] = ref
		switch {
		case f.key == "activation_date":
			day, why := readDate(cell, text, date1904, today)
			d.sub.ActivationDate = day
			if why != "" {
				d.why[f.key] = why
			}
			if why != "" && why != Missing {
				d.texts[f.key] = text
			}
		case cell != nil && cell.Kind == workbook.Error:
			d.why[f.key] = Invalid
			d.texts[f.key] = text
		default:
			*d.sub.text(f.key) = text
			if text == "" {
				d.why[f.key] = Missing
			}
		}
	}
	return d
}

// text is a text field of a submission.
func (s *Submission) text(key string) *string {
	switch key {
	case "requester":
		return &s.Requester
	case "department":
		return &s.Department
	case "partner":
		return &s.Partner
	case "info_types":
		return &s.InfoTypes
	case "legal_basis":
		return &s.LegalBasis
	case "site":
		return &s.Site
	case "reason":
		return &s.Reason
	case "archive_to":
		return &s.ArchiveTo
	}
	panic("forms: no text field " + key)
}

// value reads what stands in a field, and where it stands or belongs.
func (p *place) value(f *field) (c *workbook.Cell, text, ref string) {
	if area, ok := p.named[f.key]; ok {
		ref = workbook.Ref(area.Row1, area.Col1)
		var lines []string
		for _, cell := range p.sheet.Within(area) {
			if cell.Kind != workbook.Text || !filler(cell.Text) {
				if c == nil {
					c, ref = cell, cell.Ref()
				}
				lines = append(lines, cell.Text)
			}
		}
		return c, tidy(strings.Join(lines, "\n")), ref
	}
	l := p.labels[f.key]
	if l == nil {
		return nil, "", ""
	}
	c, text, at := p.find(l)
	if at == unknownLayout {
		return nil, "", p.missingCell(l)
	}
	lines := []string{text}
	if (f.long || f.key == "department") && c != nil && at != sameCell {
		lines = append(lines, p.continued(c, l)...)
	}
	if at == sameCell {
		c = nil // its type is the label's
	}
	ref = workbook.Ref(l.row, l.col)
	if c != nil {
		ref = c.Ref()
	}
	return c, cleaned(strings.Join(lines, "\n")), ref
}

// cleaned is a text without the lines that were drawn to write on.
func cleaned(text string) string {
	var lines []string
	for _, line := range strings.Split(tidy(text), "\n") {
		if t := line; !filler(t) {
			if strings.ContainsAny(t, "_…") || strings.Contains(t, "...") {
				t = trimLine(t)
			}
			lines = append(lines, t)
		}
	}
	return strings.Join(lines, "\n")
}

// continued reads on below an answer that runs over several rows: as long as
// nothing stands beside it that could be a question.
func (p *place) continued(c *workbook.Cell, l *labelAt) []string {
	var lines []string
	for row := p.nextRow(p.sheet.Merge(c.Row, c.Col).Row2); row > 0 && len(lines) < 20; row = p.nextRow(row) {
		next := p.sheet.At(row, c.Col)
		if next == nil || next.Kind != workbook.Text || filler(next.Text) || signed(next.Text) || hint(next.Text) || ourText(next.Text) {
			break
		}
		alone := !strings.HasSuffix(strings.TrimSpace(next.Text), ":")
		for _, other := range p.sheet.Row(row) {
			if p.labelIn(other.Row, other.Col) != nil || other.Col < c.Col && !filler(other.Text) {
				alone = false
			}
		}
		if !alone {
			break
		}
		lines = append(lines, next.Text)
	}
	return lines
}

func (d *draft) users(f *field) {
	list, first, tooMany := d.place.users(f.key)
	d.cells[f.key] = first
	if tooMany {
		d.why[f.key] = Invalid
	} else if len(list) == 0 {
		d.why[f.key] = Missing
	}
	d.lists[f.key] = list
	var users []User
	for i, one := range list {
		users = append(users, one.User)
		entry := fmt.Sprintf("%s[%d]", f.key, i)
		d.cells[entry] = one.cell
		d.cells[entry+".name"] = one.nameCell
		d.cells[entry+".email"] = one.emailCell
		d.cells[entry+".rights"] = one.rightsCell
	}
	if f.key == "partner_users" {
		d.sub.PartnerUsers = users
	} else {
		d.sub.InternalUsers = users
	}
}
