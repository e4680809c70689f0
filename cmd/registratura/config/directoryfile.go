package config

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	maxDirectoryFile = 10 << 20 // octets
	maxUnzipped      = 50 << 20 // octets
	maxHeadingRow    = 20       // the headings stand in one of the first rows
	maxColumns       = 100      // and of the first columns
	maxHeading       = 100      // octets
)

// row is where a department stands in the directory file.
type row struct {
	file    string
	sheet   string // empty in a .csv
	number  int    // counted from 1
	columns map[string]string
}

// place names the cell of the key: "departamente.xlsx, sheet Foaie1, row 5, column E-mail".
func (r *row) place(key string) string {
	s := r.file
	if r.sheet != "" {
		s += ", sheet " + r.sheet
	}
	s += fmt.Sprintf(", row %d", r.number)
	if heading := r.columns[key]; heading != "" {
		s += ", column " + heading
	}
	return s
}

// tableRow is one row of the file, with its number in it.
type tableRow struct {
	number int
	cells  []string
}

func (r tableRow) cell(column int) string {
	if column < 0 || column >= len(r.cells) {
		return ""
	}
	return cedilla.Replace(oneLine(r.cells[column]))
}

// cedilla mends the letters that old keyboards and windows-1250 have in place
// of those with a comma below.
var cedilla = strings.NewReplacer("ş", "ș", "Ş", "Ș", "ţ", "ț", "Ţ", "Ț")

// readDirectoryFile puts the departments of the directory file behind those of
// the configuration.
func (c *Config) readDirectoryFile() {
	file := c.Institution.DirectoryFile
	if file == "" {
		return
	}
	departments, err := readDepartments(file)
	if err != nil {
		instead := "write the path of a .csv or .xlsx file with the columns Departament, Șef and E-mail"
		c.fault("institution.directory_file", show(file), err.Error(), instead)
		return
	}
	c.Departments = append(c.Departments, departments...)
}

func readDepartments(file string) ([]Department, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("cannot be opened: %w", errors.Unwrap(err)) // the path is shown beside it
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxDirectoryFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if len(data) > maxDirectoryFile {
		return nil, fmt.Errorf("is larger than %s", Size(maxDirectoryFile))
	}
	name := filepath.Base(file)
	switch strings.ToLower(filepath.Ext(file)) {
	case ".csv":
		return departmentsFromCSV(name, data)
	case ".xlsx":
		return departmentsFromWorkbook(name, data)
	default:
		return nil, errors.New("is neither a .csv nor a .xlsx file")
	}
}

var errNoHeadings = errors.New("has no row with the headings of its columns")

// departmentsFromCSV tries each separator and takes the one that tells the
// most columns apart.
func departmentsFromCSV(file string, data []byte) ([]Department, error) {
	text, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	var best *table
	var failed error
	for _, separator := range []rune{';', ',', '\t'} {
		rows, err := readCSV(text, separator)
		if err != nil {
			failed = err
			continue
		}
		if t := findTable(file, "", rows); t != nil && (best == nil || len(t.columns) > len(best.columns)) {
			best = t
		}
	}
	switch {
	case best != nil:
		return best.departments(), nil
	case failed != nil:
		return nil, fmt.Errorf("is not a table: %w", failed)
	default:
		return nil, errNoHeadings
	}
}

// decodeText reads UTF-8 or UTF-16 as its byte order mark says, and without
// one UTF-8, or else windows-1250, in which Romanian Windows saves .csv files.
func decodeText(data []byte) (string, error) {
	var fallback encoding.Encoding = charmap.Windows1250
	if utf8.Valid(data) {
		fallback = encoding.Nop
	}
	text, _, err := transform.String(unicode.BOMOverride(fallback.NewDecoder()), string(data))
	if err != nil {
		return "", fmt.Errorf("has letters that cannot be read: %w", err)
	}
	return text, nil
}

func readCSV(text string, separator rune) ([]tableRow, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	var rows []tableRow
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, tableRow{line, cells})
	}
}

func departmentsFromWorkbook(file string, data []byte) (departments []Department, err error) {
	if err := checkSheets(data); err != nil {
		return nil, err
	}
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		return nil, fmt.Errorf("is not a workbook: %w", err)
	}
	defer func() {
		if cerr := book.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("closing it: %w", cerr)
		}
	}()
	for _, sheet := range book.GetSheetList() {
		rows, err := readSheet(book, sheet)
		if err != nil {
			return nil, fmt.Errorf("cannot be read, sheet %s: %w", sheet, err)
		}
		if t := findTable(file, sheet, rows); t != nil {
			return t.departments(), nil
		}
	}
	return nil, errNoHeadings
}

// checkSheets reads every sheet to its end, because excelize takes a damaged
// one for a shorter one.
func checkSheets(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return errors.New("is not an .xlsx workbook, whatever its name says")
	}
	left := int64(maxUnzipped)
	for _, part := range archive.File {
		if ok, _ := path.Match("xl/worksheets/*.xml", part.Name); !ok {
			continue
		}
		r, err := part.Open()
		if err != nil {
			return fmt.Errorf("is damaged: %w", err)
		}
		limited := &io.LimitedReader{R: r, N: left}
		decoder := xml.NewDecoder(limited)
		for err == nil {
			_, err = decoder.Token()
		}
		r.Close()
		if left = limited.N; left <= 0 {
			return fmt.Errorf("unpacks to more than %s", Size(maxUnzipped))
		}
		if err != io.EOF {
			return fmt.Errorf("is damaged in %s: %w", part.Name, err)
		}
	}
	return nil
}

func readSheet(book *excelize.File, sheet string) ([]tableRow, error) {
	rows, err := book.Rows(sheet)
	if err != nil {
		return nil, err
	}
	var table []tableRow
	for number := 1; rows.Next(); number++ {
		cells, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		if len(cells) > 0 {
			table = append(table, tableRow{number, cells})
		}
	}
	return table, rows.Close()
}

// headings tells what a column holds by its heading, folded. The first that
// fits is taken: "Departament superior" is a parent, not a name.
var headings = []struct {
	key     string
	heading *regexp.Regexp
}{
	{"address", regexp.MustCompile(`\be-?mail|^mail$|(posta|adresa) electronica|^adresa$`)},
	{"parent", regexp.MustCompile(`face parte|superio|subordon|din cadrul|^parinte`)},
	{"aliases", regexp.MustCompile(`prescurt|abrevi|acronim|^alias|^cod\b|^sigla|alte denumiri|denumire scurta`)},
	{"head", regexp.MustCompile(`^(numele )?sef|conducat|^director|responsabil|^nume( si prenume)?$|^numele`)},
	{"name", regexp.MustCompile(`departament|compartiment|structura|^denumire$`)},
	{"direction", regexp.MustCompile(`directi[ea]`)},
	{"service", regexp.MustCompile(`serviciu|birou`)},
}

// table is what was found in a file: its columns, and the rows below them.
type table struct {
	file, sheet string
	columns     map[string]int    // by key of [Department]; "direction" and "name" where there are two
	headings    map[string]string // as they stand in the file
	rows        []tableRow
}

// findTable looks for the row of headings; nil if there is none.
func findTable(file, sheet string, rows []tableRow) *table {
	for i, r := range rows {
		if r.number > maxHeadingRow {
			break
		}
		t := &table{file: file, sheet: sheet, columns: map[string]int{}, headings: map[string]string{}, rows: rows[i+1:]}
		for column := range min(len(r.cells), maxColumns) {
			t.addColumn(r.cell(column), column)
		}
		t.nameColumns()
		_, name := t.columns["name"]
		_, address := t.columns["address"]
		if name && address {
			return t
		}
	}
	return nil
}

func (t *table) addColumn(heading string, column int) {
	if len(heading) > maxHeading {
		return
	}
	for _, h := range headings {
		if h.heading.MatchString(strings.Trim(fold(heading), " :.*")) {
			if _, taken := t.columns[h.key]; !taken {
				t.columns[h.key], t.headings[h.key] = column, heading
			}
			return
		}
	}
}

// nameColumns makes "name" the column of the department or service itself, and
// leaves "direction" only where it is a second one, of the department above.
func (t *table) nameColumns() {
	for _, key := range []string{"service", "direction"} {
		if _, named := t.columns["name"]; named {
			break
		}
		if column, ok := t.columns[key]; ok {
			t.columns["name"], t.headings["name"] = column, t.headings[key]
			delete(t.columns, key)
		}
	}
	delete(t.columns, "service")
	if _, ok := t.columns["parent"]; ok {
		delete(t.columns, "direction")
	}
}

func (t *table) get(r tableRow, key string) string {
	column, ok := t.columns[key]
	if !ok {
		return ""
	}
	return r.cell(column)
}

// function finds offices that stand where a service's name is expected, as in
// the procedure's own list: such a row is about the department itself.
var function = regexp.MustCompile(`^(director( executiv| general)?|sef( (serviciu|birou|compartiment|directie))?)$`)

// departments reads the rows. With two columns of names a blank direction is
// the one above it, as merged cells are.
func (t *table) departments() []Department {
	var deps []Department
	_, twoColumns := t.columns["direction"]
	direction := ""           // of the rows above
	above := map[string]int{} // directions met so far
	implied := map[int]bool{} // of them, those without a row of their own yet
	for _, r := range t.rows {
		d := t.department(r)
		if d.Name == "" && d.Address == "" && d.Head == "" && t.get(r, "direction") == "" {
			continue // blank, or notes beside the table
		}
		if !twoColumns {
			deps = append(deps, d)
			continue
		}
		given := t.get(r, "direction")
		if given != "" {
			direction = given
		}
		if (d.Name == "" && given != "") || function.MatchString(fold(d.Name)) || fold(d.Name) == fold(direction) {
			d.Name = direction
			if i, ok := above[fold(direction)]; ok && implied[i] {
				deps[i] = d
				delete(implied, i)
			} else {
				above[fold(direction)] = len(deps)
				deps = append(deps, d)
			}
			continue
		}
		if _, ok := above[fold(direction)]; direction != "" && !ok {
			above[fold(direction)], implied[len(deps)] = len(deps), true
			deps = append(deps, Department{Name: direction, row: d.row})
		}
		d.Parent = direction
		deps = append(deps, d)
	}
	return deps
}

// department reads what stands in one row.
func (t *table) department(r tableRow) Department {
	head := person(strings.TrimPrefix(strings.TrimRight(t.get(r, "address"), "; ,"), "mailto:"))
	d := Department{
		Name:    t.get(r, "name"),
		Parent:  t.get(r, "parent"),
		Head:    t.get(r, "head"),
		Address: head.Address,
		row:     &row{file: t.file, sheet: t.sheet, number: r.number, columns: t.headings},
	}
	if d.Head == "" {
		d.Head = head.Name
	}
	for _, alias := range strings.FieldsFunc(t.get(r, "aliases"), func(r rune) bool { return r == ';' || r == ',' || r == '|' }) {
		if alias = strings.TrimSpace(alias); alias != "" {
			d.Aliases = append(d.Aliases, alias)
		}
	}
	return d
}
