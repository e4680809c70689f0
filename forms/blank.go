package forms

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"registratura/forms/workbook"
)

// Version of the blank workbooks. It is printed on the form and goes up when
// names of cells change their meaning; all earlier ones stay readable.
const Version = 1

// BlankOptions says what is particular to a city hall in a blank form.
type BlankOptions struct {
	Institution string       // for the header; empty: that of the procedure
	Departments []Department // to choose from, in this order
	Partners    []string     // institutions known so far, to choose from
}

// Blank makes the blank workbook of a form (.xlsx): Annex 1 of the procedure, or
// the request to close a site. Defined names mark its fields, so that rows and
// columns may be moved.
func Blank(kind Kind, opts BlankOptions) ([]byte, error) {
	return Fill(kind, Submission{}, opts)
}

// Fill makes the same workbook with a submission filled in.
func Fill(kind Kind, sub Submission, opts BlankOptions) ([]byte, error) {
	data, _, err := fillIn(kind, sub, opts)
	return data, err
}

// Refill is what goes back where the sender's own workbook can't be marked: a
// fresh form with what could be read, and the problems marked in it. The
// problems come back with the cells that they have there.
func Refill(r *Reading, problems []Problem, opts BlankOptions) ([]byte, []Problem, error) {
	data, cells, err := fillIn(r.Kind, r.Submission, opts)
	if err != nil {
		return nil, nil, err
	}
	fresh := &Reading{Kind: r.Kind, Version: Version, Sheet: sheetName(r.Kind), Submission: r.Submission, Cells: cells}
	moved := make([]Problem, len(problems))
	for i, p := range problems {
		moved[i] = fresh.Problem(p.Field, p.Why, p.Message)
	}
	marked, err := Mark(data, fresh, moved)
	return marked, moved, err
}

// fillIn also says where the fields are, as in [Reading].
func fillIn(kind Kind, sub Submission, opts BlankOptions) ([]byte, map[string]string, error) {
	if kind != Create && kind != Close {
		return nil, nil, fmt.Errorf("making a blank form: there is no form %q", kind)
	}
	f := excelize.NewFile()
	defer f.Close()
	b := &blank{f: f, kind: kind, sub: sub, opts: opts, cells: map[string]string{}}
	if b.opts.Institution == "" {
		b.opts.Institution = "PRIMĂRIA MUNICIPIULUI BUZĂU"
	}
	b.draw()
	if b.err != nil {
		return nil, nil, fmt.Errorf("making the %s form: %w", kind, b.err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, nil, fmt.Errorf("writing the %s form: %w", kind, err)
	}
	return out.Bytes(), b.cells, nil
}

const (
	linesPerList = 20 // users on each side; more can be inserted
	summaryRows  = 12 // kept free and hidden for what Mark has to say
	listsSheet   = "Liste"

	topText    = "Completați numai celulele galbene, apoi trimiteți fișierul prin e-mail la registratură. Explicațiile din dreapta nu se tipăresc."
	tickPrompt = "Marcați cu X dreptul acordat; lăsați gol dacă nu îl acordați."
)

// Columns of the form.
const (
	colNumber = 1 + iota
	colName
	colEmail
	colRead
	colWrite
	colDelete
	colHelp
)

// tableColumns are what the columns of our own lists of users hold.
var tableColumns = []role{numberRole, nameRole, emailRole, readRole, writeRole, deleteRole}

var tableTitles = []string{"Nr.", "Nume și prenume", "Adresă de e-mail", "Citire", "Scriere", "Ștergere"}

// foldOurTexts lists the texts printed on the form that nobody filled in, for
// copies whose defined names were lost.
func foldOurTexts() map[string]bool {
	texts := map[string]bool{fold(topText): true}
	for i := range fields {
		texts[fold(fields[i].help)] = true
	}
	return texts
}

func sheetName(kind Kind) string {
	if kind == Close {
		return "Cerere de închidere"
	}
	return "Anexa 1"
}

// blank draws a form from the top down. The first error sticks.
type blank struct {
	f     *excelize.File
	kind  Kind
	sub   Submission
	opts  BlankOptions
	sheet string
	row   int
	style map[string]int
	cells map[string]string // of fields, as in Reading
	err   error
}

func (b *blank) do(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *blank) draw() {
	b.sheet = sheetName(b.kind)
	b.do(b.f.SetSheetName("Sheet1", b.sheet))
	b.styles()
	b.lists()
	for col, width := range map[int]float64{colNumber: 5, colName: 34, colEmail: 36, colRead: 9.5, colWrite: 9.5, colDelete: 9.5, colHelp: 52} {
		name := workbook.ColumnName(col)
		b.do(b.f.SetColWidth(b.sheet, name, name, width))
	}
	b.header()
	number := 0
	for _, f := range fieldsOf(b.kind) {
		number++
		if f.users {
			b.users(f, number)
		} else {
			b.field(f, number)
		}
	}
	b.row++
	last := b.row
	b.text(b.row, colNumber, colDelete, fmt.Sprintf("DE-SPDI-02 · %s · formular versiunea %d", b.annex(), Version), "small")
	b.name(nameVersion, b.row, colNumber, b.row, colNumber)
	b.page(last)
}

func (b *blank) annex() string {
	if b.kind == Close {
		return "cerere de închidere"
	}
	return "Anexa 1"
}

func (b *blank) styles() {
	border := func(color string) []excelize.Border {
		var list []excelize.Border
		for _, side := range []string{"left", "right", "top", "bottom"} {
			list = append(list, excelize.Border{Type: side, Color: color, Style: 1})
		}
		return list
	}
	fill := func(color string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
	}
	font := func(size float64, bold bool) *excelize.Font {
		return &excelize.Font{Family: "Calibri", Size: size, Bold: bold}
	}
	align := func(horizontal, vertical string) *excelize.Alignment {
		return &excelize.Alignment{Horizontal: horizontal, Vertical: vertical, WrapText: true}
	}
	const input, line, head = "FFF8DC", "8C8C8C", "E6ECF3"
	inset := &excelize.Alignment{Horizontal: "left", Vertical: "center", WrapText: true, Indent: 1}
	open := &excelize.Protection{Locked: false}
	dateFormat := "dd.mm.yyyy"
	b.style = map[string]int{}
	for name, s := range map[string]*excelize.Style{
		"head":    {Font: font(10, true), Alignment: align("center", "center"), Border: border(line)},
		"title":   {Font: font(13, true), Alignment: align("center", "center")},
		"top":     {Font: &excelize.Font{Family: "Calibri", Size: 10, Italic: true, Color: "404040"}, Alignment: align("center", "center")},
		"label":   {Font: font(11, true), Alignment: inset, Border: border(line)},
		"table":   {Font: font(10, true), Alignment: align("center", "center"), Border: border(line), Fill: fill(head)},
		"number":  {Font: font(10, false), Alignment: align("center", "center"), Border: border(line)},
		"help":    {Font: &excelize.Font{Family: "Calibri", Size: 10, Italic: true, Color: "595959"}, Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "center", WrapText: true, Indent: 1}},
		"small":   {Font: &excelize.Font{Family: "Calibri", Size: 9, Color: "595959"}, Alignment: &excelize.Alignment{Vertical: "center"}},
		"summary": {Font: font(11, false), Alignment: &excelize.Alignment{Vertical: "center"}},
		"text":    {Font: font(11, false), Alignment: inset, Border: border(line), Fill: fill(input), Protection: open, NumFmt: 49},
		"tick":    {Font: font(11, true), Alignment: align("center", "center"), Border: border(line), Fill: fill(input), Protection: open},
		"date":    {Font: font(11, false), Alignment: inset, Border: border(line), Fill: fill(input), Protection: open, CustomNumFmt: &dateFormat},
	} {
		id, err := b.f.NewStyle(s)
		b.do(err)
		b.style[name] = id
	}
}

// text writes into a stretch of one row, merged where it has more than one column.
func (b *blank) text(row, col1, col2 int, text, style string) {
	b.block(row, col1, row, col2, text, style)
}

func (b *blank) block(row1, col1, row2, col2 int, text, style string) {
	first, last := workbook.Ref(row1, col1), workbook.Ref(row2, col2)
	if first != last {
		b.do(b.f.MergeCell(b.sheet, first, last))
	}
	b.do(b.f.SetCellStyle(b.sheet, first, last, b.style[style]))
	if text != "" {
		b.do(b.f.SetCellStr(b.sheet, first, text))
	}
}

func (b *blank) height(row int, points float64) {
	b.do(b.f.SetRowHeight(b.sheet, row, min(points, 400)))
}

func (b *blank) name(name string, row1, col1, row2, col2 int) {
	ref := func(row, col int) string { return fmt.Sprintf("$%s$%d", workbook.ColumnName(col), row) }
	to := fmt.Sprintf("'%s'!%s", b.sheet, ref(row1, col1))
	if row1 != row2 || col1 != col2 {
		to += ":" + ref(row2, col2)
	}
	b.do(b.f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: to}))
}

// header is the institution's, as on every page of the procedure.
func (b *blank) header() {
	b.block(1, colNumber, 3, colName, b.opts.Institution, "head")
	b.block(1, colEmail, 3, colEmail, "PROCEDURĂ OPERAȚIONALĂ\nSite-uri personalizate pentru activități comune de colaborare cu instituțiile partenere", "head")
	b.text(1, colRead, colDelete, "Cod: DE-SPDI-02", "head")
	b.text(2, colRead, colWrite, "Ed. 1", "head")
	b.text(2, colDelete, colDelete, "Rev. 0", "head")
	title := "Cerere creare site-uri personalizate pentru activități comune de colaborare cu instituții partenere"
	if b.kind == Close {
		title = "Cerere pentru închiderea (ștergerea) unui site partajat cu o instituție parteneră"
		b.text(3, colRead, colDelete, "Punctul 5.3", "head")
		b.text(4, colNumber, colDelete, "CERERE DE ÎNCHIDERE", "title")
	} else {
		b.text(3, colRead, colDelete, "Anexa 1", "head")
		b.text(4, colNumber, colDelete, "ANEXA 1", "title")
	}
	for row := 1; row <= 3; row++ {
		b.height(row, 20)
	}
	b.height(4, 26)
	b.text(5, colNumber, colDelete, title, "title")
	b.height(5, 36)
	b.text(6, colNumber, colDelete, topText, "top")
	b.height(6, 30)
	b.row = 6
	// Room for what Mark has to say, so that it never has to move a row.
	b.do(b.f.SetCellStyle(b.sheet, workbook.Ref(b.row+1, colNumber), workbook.Ref(b.row+summaryRows, colDelete), b.style["summary"]))
	b.name(nameSummary, b.row+1, colNumber, b.row+summaryRows, colDelete)
	for range summaryRows {
		b.row++
		b.do(b.f.MergeCell(b.sheet, workbook.Ref(b.row, colNumber), workbook.Ref(b.row, colDelete)))
		b.do(b.f.SetRowVisible(b.sheet, b.row, false))
	}
}

// lines estimates how many lines a text takes in a column of a width in characters.
func lines(text string, width int) int {
	n := 0
	for _, line := range strings.Split(text, "\n") {
		n += 1 + utf8.RuneCountInString(line)/width
	}
	return n
}

func (b *blank) field(f *field, number int) {
	b.row++
	label := fmt.Sprintf("%d. %s", number, f.labelIn(b.kind))
	b.text(b.row, colNumber, colName, label, "label")
	value, style := "", "text"
	if f.key == "activation_date" {
		style = "date"
	} else {
		value = *b.sub.text(f.key)
	}
	b.text(b.row, colEmail, colDelete, value, style)
	cell := workbook.Ref(b.row, colEmail)
	if day := b.sub.ActivationDate; style == "date" && !day.IsZero() {
		b.do(b.f.SetCellInt(b.sheet, cell, int64(day.In(time.UTC).Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours()/24)))
	}
	b.text(b.row, colHelp, colHelp, f.help, "help")
	b.name(namePrefix+f.key, b.row, colEmail, b.row, colEmail)
	b.cells[f.key] = cell
	height := max(lines(label, 34), lines(value, 58), lines(f.help, 52), 1)
	if f.long {
		height = max(height, 3)
	}
	b.height(b.row, float64(max(height*15+5, 24)))

	switch f.key {
	case "department":
		b.choose(cell, "A", departmentChoices(b.opts.Departments), "Compartiment", "Alegeți din listă sau scrieți denumirea completă.")
	case "partner":
		b.choose(cell, "B", b.opts.Partners, "Instituția parteneră", "Alegeți din listă sau scrieți o instituție nouă.")
	case "activation_date":
		dv := excelize.NewDataValidation(true)
		dv.SetSqref(cell)
		dv.Type, dv.Operator, dv.Formula1, dv.Formula2 = "date", "between", "TODAY()", "EDATE(TODAY(),24)"
		dv.SetError(excelize.DataValidationErrorStyleStop, "Data activării", "Scrieți o zi de astăzi înainte, cel mult peste doi ani, de exemplu 15.12.2026.")
		dv.SetInput("Data activării", "Scrieți ziua, de exemplu 15.12.2026.")
		b.do(b.f.AddDataValidation(b.sheet, dv))
	}
}

func departmentChoices(list []Department) []string {
	var names []string
	for _, d := range list {
		names = append(names, d.Name)
	}
	return names
}

// choose offers a list that stands on the hidden sheet; anything else may be written too.
func (b *blank) choose(cell, column string, choices []string, title, prompt string) {
	if len(choices) == 0 {
		return
	}
	dv := excelize.NewDataValidation(true)
	dv.SetSqref(cell)
	dv.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$1:$%s$%d", listsSheet, column, column, len(choices)))
	dv.SetInput(title, prompt)
	dv.ShowErrorMessage = false
	b.do(b.f.AddDataValidation(b.sheet, dv))
}

func (b *blank) lists() {
	_, err := b.f.NewSheet(listsSheet)
	b.do(err)
	for i, name := range departmentChoices(b.opts.Departments) {
		b.do(b.f.SetCellStr(listsSheet, workbook.Ref(i+1, 1), name))
	}
	for i, name := range b.opts.Partners {
		b.do(b.f.SetCellStr(listsSheet, workbook.Ref(i+1, 2), name))
	}
	b.do(b.f.SetSheetVisible(listsSheet, false))
	b.do(b.f.ProtectSheet(listsSheet, &excelize.SheetProtectionOptions{SelectLockedCells: true}))
}

func (b *blank) users(f *field, number int) {
	list := b.sub.PartnerUsers
	if f.key == "internal_users" {
		list = b.sub.InternalUsers
		b.row++
		b.height(b.row, 8)
		b.do(b.f.InsertPageBreak(b.sheet, workbook.Ref(b.row, colNumber)))
	}
	b.row++
	b.text(b.row, colNumber, colDelete, fmt.Sprintf("%d. %s", number, f.label), "label")
	b.height(b.row, 36)
	b.block(b.row, colHelp, b.row+4, colHelp, f.help, "help")
	b.row++
	for i, title := range tableTitles {
		b.text(b.row, colNumber+i, colNumber+i, title, "table")
	}
	b.height(b.row, 20)
	first := b.row + 1
	b.cells[f.key] = workbook.Ref(first, colName)
	count := max(linesPerList, len(list))
	for i := range count {
		b.row++
		b.height(b.row, 18)
		b.do(b.f.SetCellStyle(b.sheet, workbook.Ref(b.row, colNumber), workbook.Ref(b.row, colNumber), b.style["number"]))
		b.do(b.f.SetCellInt(b.sheet, workbook.Ref(b.row, colNumber), int64(i+1)))
		b.do(b.f.SetCellStyle(b.sheet, workbook.Ref(b.row, colName), workbook.Ref(b.row, colEmail), b.style["text"]))
		b.do(b.f.SetCellStyle(b.sheet, workbook.Ref(b.row, colRead), workbook.Ref(b.row, colDelete), b.style["tick"]))
		if i >= len(list) {
			continue
		}
		entry := fmt.Sprintf("%s[%d]", f.key, i)
		b.cells[entry], b.cells[entry+".email"] = workbook.Ref(b.row, colEmail), workbook.Ref(b.row, colEmail)
		b.cells[entry+".name"], b.cells[entry+".rights"] = workbook.Ref(b.row, colName), workbook.Ref(b.row, colRead)
		u := list[i]
		if u.Name != "" {
			b.do(b.f.SetCellStr(b.sheet, workbook.Ref(b.row, colName), u.Name))
		}
		if u.Email != "" {
			b.do(b.f.SetCellStr(b.sheet, workbook.Ref(b.row, colEmail), u.Email))
		}
		for n, right := range []Rights{RightRead, RightWrite, RightDelete} {
			if u.Rights.Has(right) {
				b.do(b.f.SetCellStr(b.sheet, workbook.Ref(b.row, colRead+n), "X"))
			}
		}
		b.height(b.row, float64(max(18, 15*max(lines(u.Name, 30), lines(u.Email, 34))+3)))
	}
	b.name(namePrefix+f.key, first, colNumber, b.row, colDelete)
	dv := excelize.NewDataValidation(true)
	dv.SetSqref(workbook.Ref(first, colRead) + ":" + workbook.Ref(b.row, colDelete))
	b.do(dv.SetDropList([]string{"X"}))
	dv.SetInput("Drepturi", tickPrompt)
	dv.ShowErrorMessage = false
	b.do(b.f.AddDataValidation(b.sheet, dv))
}

// page makes the form printable on A4 and locks what is not to be filled in.
func (b *blank) page(last int) {
	portrait, a4, wide, tall := "portrait", 9, 1, 0
	b.do(b.f.SetPageLayout(b.sheet, &excelize.PageLayoutOptions{Size: &a4, Orientation: &portrait, FitToWidth: &wide, FitToHeight: &tall}))
	fit := true
	b.do(b.f.SetSheetProps(b.sheet, &excelize.SheetPropsOptions{FitToPage: &fit}))
	b.do(b.f.SetSheetDimension(b.sheet, "A1:"+workbook.Ref(last, colHelp)))
	side, top, bottom, edge, middle := 0.55, 0.5, 0.7, 0.3, true
	b.do(b.f.SetPageMargins(b.sheet, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &top, Bottom: &bottom, Header: &edge, Footer: &edge, Horizontally: &middle}))
	b.do(b.f.SetHeaderFooter(b.sheet, &excelize.HeaderFooterOptions{OddFooter: "&L&9DE-SPDI-02, ed. 1, rev. 0&R&9Pagina &P din &N"}))
	b.do(b.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: fmt.Sprintf("'%s'!$A$1:$F$%d", b.sheet, last), Scope: b.sheet}))
	b.do(b.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$1:$3", b.sheet), Scope: b.sheet}))
	grid := false
	b.do(b.f.SetSheetView(b.sheet, 0, &excelize.ViewOptions{ShowGridLines: &grid}))
	b.do(b.f.ProtectSheet(b.sheet, &excelize.SheetProtectionOptions{
		SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true, FormatRows: true, InsertRows: true,
	}))
	b.do(b.f.SetDocProps(&excelize.DocProperties{Title: "DE-SPDI-02, " + b.annex(), Creator: b.opts.Institution, Language: "ro-RO", Version: fmt.Sprint(Version)}))
}
