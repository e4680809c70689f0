package workbook

import (
	"errors"
	"testing"
)

func openODS(t *testing.T, styles, body string) *Workbook {
	t.Helper()
	return open(t, map[string]string{
		"mimetype": "application/vnd.oasis.opendocument.spreadsheet",
		"content.xml": `<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s"><office:automatic-styles>` + styles +
			`</office:automatic-styles><office:body><office:spreadsheet>` + body + `</office:spreadsheet></office:body></office:document-content>`,
	})
}

func TestOpenDocumentCellsAreReadAsAPersonSeesThem(t *testing.T) {
	const styles = `<style:style style:name="gone" style:family="table-cell"><style:text-properties style:text-line-through-style="solid"/></style:style>` +
		`<style:style style:name="kept" style:family="text"><style:text-properties style:text-line-through-style="none"/></style:style>`
	for name, c := range map[string]struct {
		cell, text string
		kind       Kind
	}{
		"a text":                      {`<table:table-cell office:value-type="string"><text:p>Ion <text:span text:style-name="kept">Popescu</text:span></text:p></table:table-cell>`, "Ion Popescu", Text},
		"two paragraphs":              {`<table:table-cell office:value-type="string"><text:p>Ion</text:p><text:p>Ana</text:p></table:table-cell>`, "Ion\nAna", Text},
		"spaces and breaks":           {`<table:table-cell office:value-type="string"><text:p>a<text:s text:c="2"/>b<text:line-break/>c</text:p></table:table-cell>`, "a  b\nc", Text},
		"a link":                      {`<table:table-cell office:value-type="string"><text:p><text:a href="mailto:a@b.ro">a@b.ro</text:a></text:p></table:table-cell>`, "a@b.ro", Text},
		"a comment is no text":        {`<table:table-cell office:value-type="string"><office:annotation><text:p>notă</text:p></office:annotation><text:p>Ion</text:p></table:table-cell>`, "Ion", Text},
		"a drawing is no text":        {`<table:table-cell office:value-type="string"><text:p>Ion</text:p><draw:custom-shape><text:p>casetă</text:p></draw:custom-shape></table:table-cell>`, "Ion", Text},
		"a struck span":               {`<table:table-cell office:value-type="string"><text:p>Ion<text:span text:style-name="gone"> Ana</text:span></text:p></table:table-cell>`, "Ion", Text},
		"a date":                      {`<table:table-cell office:value-type="date" office:date-value="2026-12-15"><text:p>15 dec. 26</text:p></table:table-cell>`, "15.12.2026", Date},
		"a number":                    {`<table:table-cell office:value-type="float" office:value="155"><text:p>155,00</text:p></table:table-cell>`, "155", Number},
		"true":                        {`<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>ADEVĂRAT</text:p></table:table-cell>`, "TRUE", Bool},
		"an error":                    {`<table:table-cell table:formula="of:=[.X1]" office:value-type="string" calcext:value-type="error"><text:p>#REF!</text:p></table:table-cell>`, "#REF!", Error},
		"a value without a paragraph": {`<table:table-cell office:value-type="string" office:string-value="Ion"/>`, "Ion", Text},
	} {
		t.Run(name, func(t *testing.T) {
			book := openODS(t, styles, `<table:table table:name="a"><table:table-row>`+c.cell+`</table:table-row></table:table>`)
			got := book.Sheets[0].At(1, 1)
			if got == nil || got.Text != c.text || got.Kind != c.kind {
				t.Errorf("%+v, want %q of kind %d", got, c.text, c.kind)
			}
		})
	}
	struck := openODS(t, styles, `<table:table table:name="a"><table:table-row><table:table-cell table:style-name="gone" office:value-type="string"><text:p>Ion</text:p></table:table-cell></table:table-row></table:table>`)
	if c := struck.Sheets[0].At(1, 1); c == nil || c.Text != "" || !c.Struck {
		t.Errorf("a struck cell: %+v", c)
	}
}

func TestOpenDocumentPlacesAreCounted(t *testing.T) {
	book := openODS(t, `<style:style style:name="off" style:family="table"><style:table-properties table:display="false"/></style:style>`,
		`<table:table table:name="L'Anexa"><table:table-column/><table:table-column table:visibility="collapse"/><table:table-column table:number-columns-repeated="3"/>`+
			`<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>`+
			`<table:table-row><table:table-cell table:number-columns-spanned="2" table:number-rows-spanned="2"><text:p>A4</text:p></table:table-cell><table:covered-table-cell/><table:table-cell table:number-columns-repeated="2"><text:p>C4 D4</text:p></table:table-cell></table:table-row>`+
			`<table:table-row table:visibility="filter"><table:table-cell/><table:table-cell/><table:table-cell><text:p>C5</text:p></table:table-cell></table:table-row>`+
			`<table:table-row><table:table-cell/><table:table-cell><text:p>B6</text:p></table:table-cell><table:table-cell><text:p>C6</text:p></table:table-cell></table:table-row></table:table>`+
			`<table:table table:name="ascunsă" table:style-name="off"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>`+
			`<table:named-expressions><table:named-range table:name="n" table:cell-range-address="$'L''Anexa'.$B$4:.$C$6"/></table:named-expressions>`)
	got := ""
	for _, c := range book.Sheets[0].Cells {
		got += c.Ref() + "=" + c.Text + " "
	}
	if want := "A4=A4 C4=C4 D4 D4=C4 D4 C6=C6 "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if m := book.Sheets[0].Merge(5, 2); m.String() != "A4:B5" {
		t.Errorf("merged %v", m)
	}
	if !book.Sheets[1].Hidden || len(book.Sheets[1].Cells) > 0 {
		t.Error("the hidden sheet is not hidden")
	}
	if len(book.Names) != 1 || book.Names[0] != (Name{"n", "L'Anexa", Range{4, 2, 6, 3}}) {
		t.Errorf("%v", book.Names)
	}
}

func TestAnEncryptedOpenDocumentSaysSo(t *testing.T) {
	_, err := Open(pack(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "\x00\x01", "META-INF/manifest.xml": `<manifest><file-entry><encryption-data/></file-entry></manifest>`}))
	if !errors.Is(err, ErrEncrypted) {
		t.Errorf("%v", err)
	}
}
