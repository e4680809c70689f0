package templates

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// document is a mail between its markup and its two forms.
type document struct {
	subject string
	blocks  []block
}

// block is one paragraph, or something that stands in the place of one.
type block struct {
	kind  blockKind
	rows  []row // one for each line of a list, table, box or list of fields; else one
	label string
	url   string
}

type blockKind int

const (
	paragraph   blockKind = iota
	heading               // # Titlu
	bullets               // - element
	numbered              // 1. element
	fields                // Etichetă :: valoare
	usersTable            // | celulă | celulă |, the first row holds the headings
	answerBox             // ! cum se răspunde
	quotation             // > ce a scris cineva
	button                // => Etichetă | adresă
	smallPrint            // ~ text mărunt
	signatureAt           // -- : what follows is the signature
)

// row is a line of a block in its cells; most blocks have one cell.
type row [][]run

// run is a stretch of text that looks the same from end to end.
type run struct {
	text   string
	data   bool // typed by somebody: never read as markup
	strong bool
	br     bool // a line break; without text
	url    string
}

// linePrefixes are the marks with which a line begins, with what they make of it.
var linePrefixes = []struct {
	prefix string
	kind   blockKind
}{{"# ", heading}, {"- ", bullets}, {"! ", answerBox}, {"> ", quotation}, {"~ ", smallPrint}, {"| ", usersTable}, {"=> ", button}}

// subjectMark begins the first line of every mail template.
const subjectMark = "Subiect:"

// maxSubject is how many characters a subject may have. Mail programs show far
// fewer; the registration number stands at its beginning.
const maxSubject = 150

// parseMarkup reads a mail as mails/README.md describes it.
func parseMarkup(source string) (document, error) {
	var doc document
	first, rest, _ := strings.Cut(strings.TrimLeft(source, " \n"), "\n")
	subject, ok := strings.CutPrefix(first, subjectMark)
	if !ok {
		return doc, fmt.Errorf("the first line is not %q and the subject", subjectMark)
	}
	doc.subject = short(maxSubject, plain(lex(subject)))
	if doc.subject == "" {
		return doc, errors.New("the subject is empty")
	}

	open := false // the last block goes on as long as no other kind of line comes
	for line := range strings.SplitSeq(rest, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			open = false
			continue
		}
		kind, content := lineKind(line)
		last := len(doc.blocks) - 1
		switch {
		case kind == button:
			b, err := parseButton(content)
			if err != nil {
				return doc, err
			}
			doc.blocks = append(doc.blocks, b)
		case kind == paragraph && open && doc.blocks[last].kind != signatureAt:
			// a line without a mark continues the line before it
			rows := doc.blocks[last].rows
			cells := rows[len(rows)-1]
			cell := &cells[len(cells)-1]
			*cell = append(append(*cell, run{text: " "}), inline(lex(content))...)
		case open && doc.blocks[last].kind == kind && kind != paragraph && kind != heading:
			doc.blocks[last].rows = append(doc.blocks[last].rows, parseRow(kind, content))
		default:
			doc.blocks = append(doc.blocks, block{kind: kind, rows: []row{parseRow(kind, content)}})
		}
		open = kind != button && kind != heading
	}
	return doc, nil
}

// lineKind tells what a line is by its beginning, which data never is: data
// begins with its own mark.
func lineKind(line string) (blockKind, string) {
	if line == "--" {
		return signatureAt, ""
	}
	for _, p := range linePrefixes {
		if content, ok := strings.CutPrefix(line, p.prefix); ok {
			return p.kind, content
		}
	}
	digits := strings.IndexFunc(line, func(r rune) bool { return r < '0' || r > '9' })
	if content, ok := strings.CutPrefix(line[max(digits, 0):], ". "); ok && digits > 0 {
		return numbered, content
	}
	if len(split(lex(line), " :: ")) == 2 {
		return fields, line
	}
	return paragraph, line
}

func parseRow(kind blockKind, content string) row {
	var parts [][]run
	switch kind {
	case usersTable:
		parts = split(lex(strings.TrimSuffix(content, "|")), "|")
	case fields:
		parts = split(lex(content), " :: ")
	default:
		parts = [][]run{lex(content)}
	}
	cells := make(row, len(parts))
	for i, part := range parts {
		cells[i] = inline(trim(part))
	}
	return cells
}

// parseButton reads "Etichetă | adresă". The address may be data; it must be
// that of a web page.
func parseButton(content string) (block, error) {
	parts := split(lex(content), "|")
	if len(parts) != 2 {
		return block{}, fmt.Errorf("the link line has %d parts instead of a label and an address", len(parts))
	}
	address := plain(parts[1])
	if !webAddress(address) {
		return block{}, errors.New("the link line does not lead to a web page")
	}
	return block{kind: button, label: plain(parts[0]), url: address}, nil
}

// webAddress reports whether s is an absolute http or https address that can
// stand in an attribute and in a line of text as it is.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil &&
		!strings.ContainsAny(s, " \"'<>\\^`{|}")
}

// lex parts a line into what the template says and what is data.
func lex(line string) []run {
	var runs []run
	add := func(text string, data bool) {
		if text != "" || data { // data is data even if nothing was typed
			runs = append(runs, run{text: text, data: data})
		}
	}
	for {
		i := strings.IndexRune(line, dataStart)
		if i < 0 {
			add(line, false)
			return runs
		}
		add(line[:i], false)
		line = line[i+len(string(dataStart)):]
		j := strings.IndexRune(line, dataEnd)
		if j < 0 { // cannot happen: asData writes both
			j = len(line)
		}
		add(line[:j], true)
		line = strings.TrimPrefix(line[j:], string(dataEnd))
	}
}

// split parts runs at each sep that is not data.
func split(runs []run, sep string) [][]run {
	parts := [][]run{nil}
	for _, r := range runs {
		if r.data {
			parts[len(parts)-1] = append(parts[len(parts)-1], r)
			continue
		}
		for i, text := range strings.Split(r.text, sep) {
			if i > 0 {
				parts = append(parts, nil)
			}
			if text != "" {
				parts[len(parts)-1] = append(parts[len(parts)-1], run{text: text})
			}
		}
	}
	return parts
}

// trim takes the space off both ends of a cell.
func trim(runs []run) []run {
	if n := len(runs); n > 0 && !runs[0].data {
		runs[0].text = strings.TrimLeft(runs[0].text, " ")
	}
	if n := len(runs); n > 0 && !runs[n-1].data {
		runs[n-1].text = strings.TrimRight(runs[n-1].text, " ")
	}
	return runs
}

// inline reads the marks within a line: **strong**, " // " for a line break,
// and <address> for a link that shows where it leads.
func inline(runs []run) []run {
	var out []run
	strong := false
	for i, broken := range split(runs, " // ") {
		if i > 0 {
			out = append(out, run{br: true})
		}
		for j, part := range split(broken, "**") {
			if j > 0 {
				strong = !strong
			}
			for _, r := range part {
				r.strong = strong
				out = append(out, r)
			}
		}
	}
	return links(trimBreaks(out))
}

// trimBreaks takes away line breaks that have nothing visible before or after
// them, as when somebody's name is missing over their address.
func trimBreaks(runs []run) []run {
	blank := func(r run) bool { return r.br || strings.TrimSpace(r.text) == "" }
	for len(runs) > 0 && blank(runs[0]) {
		runs = runs[1:]
	}
	for len(runs) > 0 && blank(runs[len(runs)-1]) {
		runs = runs[:len(runs)-1]
	}
	return runs
}

// links makes a link of each "<", data, ">", where the data is an address.
func links(runs []run) []run {
	for i := 1; i+1 < len(runs); i++ {
		before, after := &runs[i-1], &runs[i+1]
		if runs[i].data && !before.data && !after.data &&
			strings.HasSuffix(before.text, "<") && strings.HasPrefix(after.text, ">") {
			before.text = strings.TrimSuffix(before.text, "<")
			after.text = strings.TrimPrefix(after.text, ">")
			if webAddress(runs[i].text) {
				runs[i].url = runs[i].text
			}
		}
	}
	return runs
}

// plain is the bare text of runs.
func plain(runs []run) string {
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(r.text)
	}
	return strings.TrimSpace(b.String())
}
