package forms

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// faulty is a filled form with something wrong in most of its fields.
func faulty(t testing.TB) []byte {
	t.Helper()
	sub := sample()
	sub.Requester = ""
	sub.Department = "Direcția Relații Internaționale"
	sub.ActivationDate = Date{2026, 11, 2}
	sub.PartnerUsers[0].Email = "marin.ionescu@spital"
	sub.PartnerUsers[1].Email = "elena.dobre@primariabuzau.test"
	sub.InternalUsers[1].Rights = 0
	return filled(t, Create, sub)
}

func mustRead(t testing.TB, data []byte) *Reading {
	t.Helper()
	r, err := Read(data, corpusRules())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustMark(t testing.TB, data []byte) ([]byte, *Reading) {
	t.Helper()
	r := mustRead(t, data)
	marked, err := Mark(data, r, r.Problems)
	if err != nil {
		t.Fatal(err)
	}
	return marked, r
}

func corpusFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/corpus", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// books are workbooks with a form in them: our own and those of the corpus.
func books(t testing.TB) map[string][]byte {
	files, _ := filepath.Glob("testdata/corpus/*.xlsx")
	list := map[string][]byte{"our own form": faulty(t)}
	for _, file := range files {
		if data := corpusFile(t, filepath.Base(file)); mustRead(t, data).Kind != "" {
			list[filepath.Base(file)] = data
		}
	}
	return list
}

// inspect opens a workbook to look at it.
func inspect(t testing.TB, data []byte, look func(f *excelize.File)) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	look(f)
}

func fill1(t testing.TB, f *excelize.File, sheet, cell string) string {
	t.Helper()
	id, err := f.GetCellStyle(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	if len(style.Fill.Color) == 0 {
		return ""
	}
	return style.Fill.Color[0]
}

func TestAMarkedWorkbookReadsBackTheSame(t *testing.T) {
	for name, data := range books(t) {
		marked, r := mustMark(t, data)
		if diff := cmp.Diff(r, mustRead(t, marked)); diff != "" {
			t.Errorf("%s: reads otherwise once marked: %s", name, diff)
		}
		clean, err := Unmark(marked)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(r, mustRead(t, clean)); diff != "" {
			t.Errorf("%s: reads otherwise once unmarked: %s", name, diff)
		}
	}
}

func TestEachCellInQuestionIsFilledAndCommented(t *testing.T) {
	for name, data := range books(t) {
		marked, r := mustMark(t, data)
		inspect(t, marked, func(f *excelize.File) {
			comments, err := f.GetComments(r.Sheet)
			if err != nil {
				t.Fatal(err)
			}
			wrong := map[string]bool{}
			for _, p := range r.Problems {
				wrong[p.Cell] = true
				if got := fill1(t, f, r.Sheet, p.Cell); got != markColor {
					t.Errorf("%s: %s is filled with %q", name, p.Cell, got)
				}
				found := false
				for _, c := range comments {
					found = found || c.Cell == p.Cell && strings.Contains(commentText(c), p.Message)
				}
				if !found {
					t.Errorf("%s: no comment at %s", name, p.Cell)
				}
				link := false
				for row := 1; row < 30; row++ {
					for col := 'A'; col < 'M'; col++ {
						cell := string(col) + itoa(row)
						if ok, target, _ := f.GetCellHyperLink(r.Sheet, cell); ok && target == "'"+r.Sheet+"'!"+p.Cell {
							link = true
						}
					}
				}
				if !link {
					t.Errorf("%s: no link to %s", name, p.Cell)
				}
			}
			if len(comments) != len(wrong) {
				t.Errorf("%s: %d comments for %d cells", name, len(comments), len(wrong))
			}
		})
	}
}

// Parts of the file that marks have no business in stay the same bytes.
func TestOtherSheetsAndPartsStayAsTheyWere(t *testing.T) {
	data := corpusFile(t, "d16_foi_ascunse.xlsx")
	r := mustRead(t, data)
	marked, err := Mark(data, r, []Problem{r.Problem("requester", Unknown, "Nu sunteți șef de departament.")})
	if err != nil {
		t.Fatal(err)
	}
	before, after := unzip(t, data), unzip(t, marked)
	for name, content := range before {
		switch name {
		case "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet2.xml", "_rels/.rels":
			continue
		}
		if after[name] != strings.Replace(content, ` tabSelected="1"`, "", 1) {
			t.Errorf("%s has changed", name)
		}
	}
}

func unzip(t *testing.T, data []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		parts[f.Name] = string(content)
	}
	return parts
}

func TestFormulasAndStylesSurviveTheMarks(t *testing.T) {
	data := corpusFile(t, "d14_libreoffice_formule.xlsx")
	r := mustRead(t, data)
	marked, err := Mark(data, r, []Problem{r.Problem("department", Unknown, "Nu există."), r.Problem("activation_date", Past, "A trecut."), r.Problem("internal_users[0].email", Invalid, "Greșită.")})
	if err != nil {
		t.Fatal(err)
	}
	clean, err := Unmark(marked)
	if err != nil {
		t.Fatal(err)
	}
	inspect(t, data, func(old *excelize.File) {
		for what, now := range map[string][]byte{"marked": marked, "unmarked": clean} {
			inspect(t, now, func(f *excelize.File) {
				for _, cell := range []string{"B5", "B10", "C14", "B4", "A12"} {
					was, _ := old.GetCellFormula("Anexa 1", cell)
					is, _ := f.GetCellFormula("Anexa 1", cell)
					if was != is {
						t.Errorf("%s: the formula of %s was %q, is %q", what, cell, was, is)
					}
					oldID, _ := old.GetCellStyle("Anexa 1", cell)
					newID, _ := f.GetCellStyle("Anexa 1", cell)
					before, _ := old.GetStyle(oldID)
					after, _ := f.GetStyle(newID)
					if what == "marked" {
						before.Fill, after.Fill = excelize.Fill{}, excelize.Fill{}
					}
					if diff := cmp.Diff(before, after); diff != "" {
						t.Errorf("%s: the style of %s: %s", what, cell, diff)
					}
				}
			})
		}
	})
}

func TestAMendedFormShowsNoOldMarks(t *testing.T) {
	marked, r := mustMark(t, faulty(t))
	mended := changed(t, marked, func(f *excelize.File) error {
		for cell, v := range map[string]string{r.Cells["requester"]: "Popescu Ion", r.Cells["department"]: "Direcția Economică", r.Cells["partner_users[0].email"]: "marin.ionescu@spital.test",
			r.Cells["partner_users[1].email"]: "elena.dobre@spital.test", r.Cells["internal_users[1].rights"]: "X"} {
			f.SetCellStr("Anexa 1", cell, v)
		}
		return f.SetCellInt("Anexa 1", r.Cells["activation_date"], 46371)
	})
	again := mustRead(t, mended)
	want := sample()
	if diff := cmp.Diff(want, again.Submission); diff != "" || len(again.Problems) > 0 {
		t.Fatalf("%s %v", diff, again.Problems)
	}
	clean, err := Unmark(mended)
	if err != nil {
		t.Fatal(err)
	}
	inspect(t, clean, func(f *excelize.File) {
		if comments, _ := f.GetComments("Anexa 1"); len(comments) > 0 {
			t.Errorf("comments are left: %v", comments)
		}
		for _, p := range r.Problems {
			if got := fill1(t, f, "Anexa 1", p.Cell); got != "FFF8DC" {
				t.Errorf("%s is filled with %q", p.Cell, got)
			}
		}
		for row := 7; row < 7+summaryRows; row++ {
			if v, _ := f.GetCellValue("Anexa 1", "A"+itoa(row)); v != "" {
				t.Errorf("the summary still says %q", v)
			}
			if visible, _ := f.GetRowVisible("Anexa 1", row); visible {
				t.Errorf("row %d of the summary is still shown", row)
			}
		}
		for _, n := range f.GetDefinedName() {
			if strings.HasPrefix(n.Name, nameMark) {
				t.Errorf("name %s is left", n.Name)
			}
		}
	})
	// Returned a second time for one thing, it is marked for that alone.
	second := changed(t, marked, func(f *excelize.File) error {
		return f.SetCellStr("Anexa 1", r.Cells["requester"], "Popescu Ion")
	})
	marked, r2 := mustMark(t, second)
	inspect(t, marked, func(f *excelize.File) {
		if comments, _ := f.GetComments("Anexa 1"); len(comments) != len(r.Problems)-1 {
			t.Errorf("%d comments, want %d", len(comments), len(r.Problems)-1)
		}
		if got := fill1(t, f, "Anexa 1", r.Cells["requester"]); got != "FFF8DC" {
			t.Errorf("the mended cell is filled with %q", got)
		}
	})
	if len(r2.Problems) != len(r.Problems)-1 {
		t.Errorf("%v", r2.Problems)
	}
}

func TestMarksComeOffAfterAnotherProgramSavedTheFile(t *testing.T) {
	needOffice(t)
	dir, out := t.TempDir(), t.TempDir()
	var files []string
	readings := map[string]*Reading{}
	for name, data := range map[string][]byte{"ours": faulty(t), "theirs": corpusFile(t, "d15_dubluri.xlsx"), "gaps": corpusFile(t, "d07_lipsuri.xlsx")} {
		marked, r := mustMark(t, data)
		file := filepath.Join(dir, name+".xlsx")
		if err := os.WriteFile(file, marked, 0o644); err != nil {
			t.Fatal(err)
		}
		files, readings[name] = append(files, file), r
	}
	office(t, out, "xlsx", files...)
	for name, r := range readings {
		saved, err := os.ReadFile(filepath.Join(out, name+".xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, mustRead(t, saved)); diff != "" {
			t.Errorf("%s: the marks count as content: %s", name, diff)
		}
		clean, err := Unmark(saved)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		inspect(t, clean, func(f *excelize.File) {
			if comments, _ := f.GetComments(r.Sheet); len(comments) > 0 {
				t.Errorf("%s: comments are left: %v", name, comments)
			}
			for _, p := range r.Problems {
				if got := fill1(t, f, r.Sheet, p.Cell); got == markColor {
					t.Errorf("%s: %s is still marked", name, p.Cell)
				}
			}
		})
	}
}

func TestTheSendersOwnCommentIsKept(t *testing.T) {
	data := changed(t, corpusFile(t, "d07_lipsuri.xlsx"), func(f *excelize.File) error {
		f.AddComment("Anexa 1", excelize.Comment{Cell: "B5", Author: "Maria", Text: "Verificat."})
		return f.AddComment("Anexa 1", excelize.Comment{Cell: "B10", Author: "Maria", Text: "Întreb la juridic."})
	})
	texts := func(data []byte) map[string]string {
		list := map[string]string{}
		inspect(t, data, func(f *excelize.File) {
			comments, _ := f.GetComments("Anexa 1")
			for _, c := range comments {
				list[c.Cell] = commentText(c)
			}
		})
		return list
	}
	marked, _ := mustMark(t, data)
	got := texts(marked)
	if !strings.HasSuffix(got["B10"], "Întreb la juridic.") || !strings.HasPrefix(got["B10"], markTitle) || got["B5"] != "Verificat." {
		t.Errorf("%q", got)
	}
	clean, err := Unmark(marked)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(texts(data), texts(clean)); diff != "" {
		t.Error(diff)
	}
}

func TestManyProblemsAreSummedUp(t *testing.T) {
	sub := sample()
	for i := range 15 {
		sub.InternalUsers = append(sub.InternalUsers, User{Name: "Angajat " + string(rune('A'+i))})
	}
	marked, r := mustMark(t, filled(t, Create, sub))
	if len(r.Problems) != 30 {
		t.Fatalf("%d problems", len(r.Problems))
	}
	inspect(t, marked, func(f *excelize.File) {
		last, _ := f.GetCellValue("Anexa 1", "A18")
		if last != "… și încă 20 de locuri, toate colorate în formular." {
			t.Errorf("%q", last)
		}
		if after, _ := f.GetCellValue("Anexa 1", "A19"); !strings.HasPrefix(after, "1. Nume") {
			t.Errorf("%q", after)
		}
	})
}

func TestWhatCannotBeMarkedSaysSo(t *testing.T) {
	data := corpusFile(t, "d12_buget.xlsx")
	if _, err := Mark(data, mustRead(t, data), nil); !errors.Is(err, ErrCannotMark) {
		t.Errorf("error %v", err)
	}
	if _, err := Mark([]byte("PK"), &Reading{Kind: Create}, nil); !errors.Is(err, ErrCannotMark) {
		t.Errorf("error %v", err)
	}
	if _, err := Mark(faulty(t), &Reading{Kind: Create, Sheet: "alta"}, nil); !errors.Is(err, ErrCannotMark) {
		t.Errorf("error %v", err)
	}
}

func TestAWorkbookWithoutMarksIsLeftAlone(t *testing.T) {
	data := faulty(t)
	if clean, err := Unmark(data); err != nil || !bytes.Equal(clean, data) {
		t.Errorf("%v", err)
	}
}

// Macros are never run, nor lost.
func TestMacrosStayInAMarkedWorkbook(t *testing.T) {
	data := corpusFile(t, "d07_lipsuri.xlsx")
	parts := unzip(t, data)
	parts["xl/vbaProject.bin"] = "not really a program"
	parts["[Content_Types].xml"] = strings.NewReplacer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
		"</Types>", `<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>`).Replace(parts["[Content_Types].xml"])
	parts["xl/_rels/workbook.xml.rels"] = strings.Replace(parts["xl/_rels/workbook.xml.rels"], "</Relationships>",
		`<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/></Relationships>`, 1)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range parts {
		w, _ := z.Create(name)
		w.Write([]byte(content))
	}
	z.Close()
	marked, _ := mustMark(t, b.Bytes())
	after := unzip(t, marked)
	if after["xl/vbaProject.bin"] != parts["xl/vbaProject.bin"] || !strings.Contains(after["[Content_Types].xml"], "macroEnabled.main") || !strings.Contains(after["xl/_rels/workbook.xml.rels"], "vbaProject") {
		t.Errorf("%v", after["[Content_Types].xml"])
	}
}

func TestAFreshFormGoesBackWhereTheOriginalCannotBeMarked(t *testing.T) {
	data, err := os.ReadFile("testdata/ods/d15_dubluri.ods")
	if err != nil {
		t.Fatal(err)
	}
	r := mustRead(t, data)
	if _, err := Mark(data, r, r.Problems); !errors.Is(err, ErrCannotMark) {
		t.Errorf("error %v", err)
	}
	fresh, moved, err := Refill(r, r.Problems, blankOptions())
	if err != nil {
		t.Fatal(err)
	}
	back := mustRead(t, fresh)
	if diff := cmp.Diff(r.Submission, back.Submission); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, p := range moved {
		got = append(got, p.Cell+" "+p.Field)
		inspect(t, fresh, func(f *excelize.File) {
			if fill1(t, f, back.Sheet, p.Cell) != markColor {
				t.Errorf("%s is not marked", p.Cell)
			}
		})
	}
	if diff := cmp.Diff([]string{"C26 partner_users[1].email", "C51 internal_users[1]"}, got); diff != "" {
		t.Error(diff)
	}
	// The cells that Fill knows are those that Read finds.
	again := filled(t, Create, sample())
	_, cells, err := fillIn(Create, sample(), blankOptions())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mustRead(t, again).Cells, cells); diff != "" {
		t.Error(diff)
	}
}
