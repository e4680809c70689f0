package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	transitional = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	strict       = "http://purl.oclc.org/ooxml/spreadsheetml/main"
)

// parts are the parts of a workbook with one sheet; a test changes what it is about.
func parts(sheet string) map[string]string {
	return map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
		"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="` + transitional + `" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
			`<sheets><sheet name="Foaie" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>` +
			`<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": `<worksheet xmlns="` + transitional + `">` + sheet + `</worksheet>`,
		"xl/styles.xml": `<styleSheet xmlns="` + transitional + `"><numFmts count="2"><numFmt numFmtId="164" formatCode="[$-418]d mmmm yyyy;@"/><numFmt numFmtId="165" formatCode="#,##0.00&quot;d&quot;"/></numFmts>` +
			`<fonts count="2"><font><sz val="11"/></font><font><strike/><sz val="11"/></font></fonts>` +
			`<cellXfs count="5"><xf numFmtId="0" fontId="0"/><xf numFmtId="14" fontId="0"/><xf numFmtId="164" fontId="0"/><xf numFmtId="0" fontId="1"/><xf numFmtId="165" fontId="0"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml": `<sst xmlns="` + transitional + `"><si><t>Popescu Ion</t></si><si><r><t>Ana </t></r><r><rPr><strike/></rPr><t>Maria</t></r><r><rPr><strike val="0"/></rPr><t>Dobre</t></r><rPh sb="0" eb="1"><t>fonetic</t></rPh></si><si/></sst>`,
	}
}

func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t *testing.T, parts map[string]string) *Workbook {
	t.Helper()
	book, err := Open(pack(t, parts))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func data(cells string) string { return `<sheetData><row r="1">` + cells + `</row></sheetData>` }

func TestCellsAreReadAsAPersonSeesThem(t *testing.T) {
	for name, c := range map[string]struct {
		cell, text string
		kind       Kind
	}{
		"a shared text":                         {`<c r="A1" t="s"><v>0</v></c>`, "Popescu Ion", Text},
		"rich text without its struck run":      {`<c r="A1" t="s"><v>1</v></c>`, "Ana Dobre", Text},
		"a text in the cell":                    {`<c r="A1" t="inlineStr"><is><t xml:space="preserve"> Ion &amp; Ana&#10;Dan</t></is></c>`, " Ion & Ana\nDan", Text},
		"a text in the cell with runs":          {`<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><rPr><strike/></rPr><t>b</t></r></is></c>`, "a", Text},
		"an escaped line feed":                  {`<c r="A1" t="str"><v>Ion_x000a_Ana_x005F_</v></c>`, "Ion\nAna_", Text},
		"a formula by its value":                {`<c r="A1" t="str"><f>B1&amp;C1</f><v>Direcția</v></c>`, "Direcția", Text},
		"a formula that was never computed":     {`<c r="A1"><f>B1</f></c>`, "#VALUE!", Error},
		"an error":                              {`<c r="A1" t="e"><v>#REF!</v></c>`, "#REF!", Error},
		"a number":                              {`<c r="A1"><v>155</v></c>`, "155", Number},
		"a fraction":                            {`<c r="A1"><v>1204.5</v></c>`, "1204.5", Number},
		"true":                                  {`<c r="A1" t="b"><v>1</v></c>`, "TRUE", Bool},
		"a date of a built-in format":           {`<c r="A1" s="1"><v>46371</v></c>`, "15.12.2026", Date},
		"a date of a format of its own":         {`<c r="A1" s="2"><v>46371.75</v></c>`, "15.12.2026", Date},
		"a number with a letter d in quotes":    {`<c r="A1" s="4"><v>46371</v></c>`, "46371", Number},
		"an ISO date":                           {`<c r="A1" t="d"><v>2026-12-15T00:00:00</v></c>`, "15.12.2026", Date},
		"a cell that does not say where it is":  {`<c t="s"><v>0</v></c>`, "Popescu Ion", Text},
		"character data in a section":           {`<c r="A1" t="str"><v><![CDATA[a<b]]></v></c>`, "a<b", Text},
		"a comment in the middle of the markup": {`<c r="A1" t="str"><!-- x --><v>a<!-- y -->b</v></c>`, "ab", Text},
	} {
		t.Run(name, func(t *testing.T) {
			sheet := open(t, parts(data(c.cell))).Sheets[0]
			got := sheet.At(1, 1)
			if got == nil || got.Text != c.text || got.Kind != c.kind {
				t.Errorf("%+v, want %q of kind %d", got, c.text, c.kind)
			}
		})
	}
}

func TestWhatNobodySeesIsLeftOut(t *testing.T) {
	all := func(s *Sheet) string {
		var texts []string
		for _, c := range s.Cells {
			texts = append(texts, c.Ref()+"="+c.Text)
		}
		return strings.Join(texts, " ")
	}
	text := func(ref string) string { return `<c r="` + ref + `" t="str"><v>` + ref + `</v></c>` }
	for name, c := range map[string]struct{ sheet, want string }{
		"hidden rows": {`<sheetData><row r="1">` + text("A1") + `</row><row r="2" hidden="1">` + text("A2") + `</row><row r="3" ht="0" customHeight="1">` + text("A3") + `</row></sheetData>`, "A1=A1"},
		"hidden columns": {`<cols><col min="2" max="3" hidden="true" width="9"/></cols><sheetData><row r="1">` + text("A1") + text("B1") + text("C1") + text("D1") + `</row></sheetData>`,
			"A1=A1 D1=D1"},
		"merged cells show by what is left of them": {`<sheetData><row r="1" hidden="1">` + text("A1") + text("B1") + `</row><row r="2">` + text("C2") + `</row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells>`,
			"A1=A1 C2=C2"},
		"struck cells": {`<sheetData><row r="1"><c r="A1" s="3" t="s"><v>0</v></c>` + text("B1") + `</row></sheetData>`, "A1= B1=B1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := all(open(t, parts(c.sheet)).Sheets[0]); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	hidden := parts(data(text("A1")))
	hidden["xl/workbook.xml"] = strings.Replace(hidden["xl/workbook.xml"], "<sheet ", `<sheet state="veryHidden" `, 1)
	if s := open(t, hidden).Sheets[0]; !s.Hidden || len(s.Cells) > 0 {
		t.Errorf("a hidden sheet has cells: %v", s.Cells)
	}
}

func TestBothEpochsBothNamespacesAndBothUnicodes(t *testing.T) {
	p := parts(data(`<c r="A1" s="1"><v>44909</v></c>`))
	p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], "<sheets>", `<workbookPr date1904="1"/><sheets>`, 1)
	book := open(t, p)
	if c := book.Sheets[0].At(1, 1); c.Text != "15.12.2026" || !book.Date1904 {
		t.Errorf("%+v", c)
	}

	p = parts("")
	for name := range p {
		p[name] = strings.NewReplacer(transitional, strict, "http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships").Replace(p[name])
	}
	p["xl/worksheets/sheet1.xml"] = `<x:worksheet xmlns:x="` + strict + `"><x:sheetData><x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c></x:row></x:sheetData></x:worksheet>`
	if c := open(t, p).Sheets[0].At(1, 1); c == nil || c.Text != "Popescu Ion" {
		t.Errorf("%+v", c)
	}

	p = parts("")
	wide := []byte{0xFF, 0xFE}
	for _, r := range `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>ș</v></c></row></sheetData></worksheet>` {
		wide = append(wide, byte(r), byte(r>>8))
	}
	p["xl/worksheets/sheet1.xml"] = string(wide)
	if c := open(t, p).Sheets[0].At(1, 1); c == nil || c.Text != "ș" {
		t.Errorf("%+v", c)
	}
}

func TestDefinedNamesStandForCells(t *testing.T) {
	p := parts("")
	p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], "</workbook>",
		`<definedNames><definedName name="a">Foaie!$B$4</definedName><definedName name="b">'L''Anexa 1'!$A$2:$C$9</definedName><definedName name="c">#REF!</definedName><definedName name="d">SUM(Foaie!$A$1)</definedName></definedNames></workbook>`, 1)
	got := open(t, p).Names
	want := []Name{{"a", "Foaie", Range{4, 2, 4, 2}}, {"b", "L'Anexa 1", Range{2, 1, 9, 3}}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v", got)
	}
}

// hostile files are each refused with the right error, at little cost.
func TestHostileFilesAreRefusedCheaply(t *testing.T) {
	whole := pack(t, parts(data(`<c r="A1" t="s"><v>0</v></c>`)))
	with := func(name, content string) []byte {
		p := parts("")
		p[name] = content
		return pack(t, p)
	}
	without := func(name string) []byte {
		p := parts("")
		delete(p, name)
		return pack(t, p)
	}
	compound := func(stream string) []byte {
		return append(append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 600)...), utf16le(stream)...)
	}
	damagedZip := bytes.Replace(whole, []byte("PK\x01\x02"), []byte("PK\x01\x03"), 1)
	wide := strings.Builder{}
	for row := 1; row <= 700; row++ {
		fmt.Fprintf(&wide, `<row r="%d"><c r="A%d" t="str"><v>x</v></c><c r="XFD%d" t="str"><v>x</v></c></row>`, row, row, row)
	}
	merges := `<mergeCells>` + strings.Repeat(`<mergeCell ref="A1:XFD1048576"/>`, maxMerges+1) + `</mergeCells>`
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"an empty file":                       {nil, ErrDamaged},
		"a program":                           {append([]byte("MZ\x90\x00"), make([]byte, 5000)...), ErrNotSpreadsheet},
		"a PDF":                               {[]byte("%PDF-1.7\n"), ErrNotSpreadsheet},
		"a text":                              {[]byte("Nume solicitant: Popescu"), ErrNotSpreadsheet},
		"an .xls":                             {compound("Workbook"), ErrLegacy},
		"a .doc":                              {compound("WordDocument"), ErrNotSpreadsheet},
		"an encrypted .xlsx":                  {compound("EncryptedPackage"), ErrEncrypted},
		"a .zip":                              {pack(t, map[string]string{"cerere.xlsx": "x"}), ErrArchive},
		"a .rar":                              {[]byte("Rar!\x1A\x07\x00"), ErrArchive},
		"a .docx":                             {pack(t, map[string]string{"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"}), ErrNotSpreadsheet},
		"an .odt":                             {pack(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}), ErrNotSpreadsheet},
		"an .xlsb":                            {with("_rels/.rels", `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>`), ErrLegacy},
		"a truncated file":                    {whole[:len(whole)-30], ErrDamaged},
		"a broken directory":                  {damagedZip, ErrDamaged},
		"a sheet that is not there":           {without("xl/worksheets/sheet1.xml"), ErrDamaged},
		"a sheet cut in the middle":           {with("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row>`), ErrDamaged},
		"a sheet with crossed elements":       {with("xl/worksheets/sheet1.xml", `<worksheet><sheetData></worksheet></sheetData>`), ErrDamaged},
		"a sheet with two roots":              {with("xl/worksheets/sheet1.xml", `<worksheet/><worksheet/>`), ErrDamaged},
		"a cell out of the sheet":             {with("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1"><c r="ZZZZ1"><v>1</v></c></row></sheetData></worksheet>`), ErrDamaged},
		"a text that is not there":            {with("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>77</v></c></row></sheetData></worksheet>`), ErrDamaged},
		"entities that multiply":              {with("xl/sharedStrings.xml", `<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><sst><si><t>&c;</t></si></sst>`), ErrDamaged},
		"an external entity":                  {with("xl/workbook.xml", `<!DOCTYPE a SYSTEM "file:///etc/passwd"><workbook/>`), ErrDamaged},
		"elements without end":                {with("xl/worksheets/sheet1.xml", strings.Repeat("<a>", 2_000_000)), ErrDamaged},
		"a bomb":                              {with("xl/worksheets/sheet1.xml", strings.Repeat(" ", MaxUnpacked+1)), ErrTooLarge},
		"a bomb in a part that nobody reads":  {with("xl/media/image1.png", strings.Repeat(" ", MaxUnpacked+1)), ErrTooLarge},
		"cells to the last column":            {with("xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+wide.String()+`</sheetData></worksheet>`), nil},
		"more cells than a form can have":     {with("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row>`+strings.Repeat(`<c t="str"><v>x</v></c>`, 16_000)+`</row>`+strings.Repeat(`<row>`+strings.Repeat(`<c t="str"><v>x</v></c>`, 1000)+`</row>`, 100)+`</sheetData></worksheet>`), ErrTooLarge},
		"ten thousand merged ranges":          {with("xl/worksheets/sheet1.xml", `<worksheet>`+merges+`</worksheet>`), ErrTooLarge},
		"every second row hidden to the last": {with("xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+strings.Repeat(`<row/><row hidden="1"/>`, maxHidden+1)+`</sheetData></worksheet>`), ErrTooLarge},
		"an .ods repeated without end":        {pack(t, map[string]string{"content.xml": `<d><table name="a"><table-row number-rows-repeated="1048576"><table-cell number-columns-repeated="16384"><p>x</p></table-cell></table-row></table></d>`}), ErrTooLarge},
		"an .ods cut in the middle":           {pack(t, map[string]string{"content.xml": `<d><table name="a"><table-row>`}), ErrDamaged},
		"a file of more than the limit":       {append([]byte("PK\x03\x04"), make([]byte, MaxFile)...), ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			_, err := Open(c.data)
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.want) || c.want != nil && err == nil {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 256<<20 {
				t.Errorf("%d MB allocated", used>>20)
			}
			if took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// A part whose bytes were changed no longer has the checksum of the directory.
func TestAChangedPartIsNoticed(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range parts(data(`<c r="A1" t="str"><v>citire</v></c>`)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(content))
	}
	z.Close()
	if _, err := Open(bytes.Replace(b.Bytes(), []byte("citire"), []byte("cicire"), 1)); !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
}

func TestAPartThatIsThereTwiceIsRefused(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for range 2 {
		for name, content := range parts("") {
			w, _ := z.Create(name)
			w.Write([]byte(content))
		}
	}
	z.Close()
	if _, err := Open(b.Bytes()); !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
}

func TestPlacesAreWrittenAndRead(t *testing.T) {
	for ref, at := range map[string][2]int{"A1": {1, 1}, "Z9": {9, 26}, "AA10": {10, 27}, "XFD1048576": {1048576, 16384}} {
		if row, col, ok := ParseRef(ref); !ok || row != at[0] || col != at[1] || Ref(row, col) != ref {
			t.Errorf("%s: %d %d %v", ref, row, col, ok)
		}
	}
	for _, ref := range []string{"", "1", "A", "A0", "XFE1", "A1048577", "A1B", "-A1", "AAAAAAAAAAAAAAAAAAAAAAA1"} {
		if _, _, ok := ParseRef(ref); ok {
			t.Errorf("%q is taken for a cell", ref)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>`), []byte(`<sst><si><t>a</t></si></sst>`))
	f.Add([]byte(`<worksheet><cols><col min="1" max="3" hidden="1"/></cols><sheetData><row hidden="1"><c t="inlineStr"><is><r><t>a</t></r></is></c></row></sheetData></worksheet>`), []byte(`<sst><si/></sst>`))
	f.Fuzz(func(t *testing.T, sheet, strs []byte) {
		p := parts("")
		p["xl/worksheets/sheet1.xml"], p["xl/sharedStrings.xml"] = string(sheet), string(strs)
		book, err := Open(pack(t, p))
		if err != nil {
			for _, known := range []error{ErrDamaged, ErrTooLarge} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("another error: %v", err)
		}
		for _, s := range book.Sheets {
			for _, c := range s.Cells {
				if s.At(c.Row, c.Col) == nil {
					t.Fatalf("%s is not where it is", c.Ref())
				}
			}
		}
	})
}
