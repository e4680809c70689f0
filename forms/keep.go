package forms

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"registratura/forms/workbook"
)

// keepParts puts the sender's own bytes back for every part that marks have no
// business in: the library writes anew whatever it has read.
func (m *marker) keepParts(before, after []byte) ([]byte, error) {
	old, err := zip.NewReader(bytes.NewReader(before), int64(len(before)))
	if err != nil {
		return nil, err
	}
	written, err := zip.NewReader(bytes.NewReader(after), int64(len(after)))
	if err != nil {
		return nil, err
	}
	theirs := map[string]*zip.File{}
	for _, f := range old.File {
		theirs[f.Name] = f
	}
	touched := map[string]bool{}
	for _, s := range m.book.Sheets {
		if m.touched[s.Name] {
			touched[s.Part] = true
			touched[path.Dir(s.Part)+"/_rels/"+path.Base(s.Part)+".rels"] = true
		}
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range written.File {
		own := theirs[f.Name]
		if own == nil || touched[f.Name] || bookkeeping(f.Name) {
			if err := z.Copy(f); err != nil {
				return nil, err
			}
			continue
		}
		if m.front != "" && strings.HasPrefix(f.Name, "xl/worksheets/sheet") {
			// Two sheets shown at once would both be typed into.
			if err := copyUnselected(z, own); err != nil {
				return nil, err
			}
			continue
		}
		if err := z.Copy(own); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// bookkeeping are the parts that say what other parts there are, and those that
// styles, texts and comments of all sheets share.
func bookkeeping(part string) bool {
	base := path.Base(part)
	return part == "[Content_Types].xml" || strings.HasPrefix(base, "workbook.xml") || base == "styles.xml" || base == "sharedStrings.xml" ||
		strings.HasPrefix(base, "comments") || strings.HasPrefix(base, "vmlDrawing")
}

func copyUnselected(z *zip.Writer, f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, workbook.MaxUnpacked))
	if err != nil {
		return err
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: f.Modified})
	if err != nil {
		return err
	}
	_, err = w.Write(selected.ReplaceAll(content, nil))
	return err
}

var selected = regexp.MustCompile(` tabSelected="(1|true)"`)

// unchanged compares what the sender wrote with what goes back.
func unchanged(before, after []byte) error {
	old, err := workbook.Open(before)
	if err != nil {
		return err
	}
	marked, err := workbook.Open(after)
	if err != nil {
		return fmt.Errorf("reading it back: %w", err)
	}
	if len(old.Sheets) != len(marked.Sheets) {
		return fmt.Errorf("%d sheets became %d", len(old.Sheets), len(marked.Sheets))
	}
	for i, s := range old.Sheets {
		t := marked.Sheets[i]
		for _, n := range old.Names {
			if n.Name == nameSummary && n.Sheet == s.Name {
				s.Drop(n.Range)
			}
		}
		for _, n := range marked.Names {
			if n.Name == nameSummary && n.Sheet == t.Name {
				t.Drop(n.Range)
			}
		}
		if s.Name != t.Name || s.Hidden != t.Hidden || !slices.Equal(s.Cells, t.Cells) || !slices.Equal(s.Merges, t.Merges) {
			return fmt.Errorf("sheet %q does not read back the same", s.Name)
		}
	}
	return nil
}
