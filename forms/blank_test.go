package forms

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"registratura/forms/workbook"
)

func sample() Submission {
	return Submission{
		Requester: "Popescu Ion", Department: "Direcția Economică", Partner: "Spitalul Județean de Urgență Buzău",
		InfoTypes: "Situații financiare lunare, rapoarte de execuție bugetară", ActivationDate: Date{2026, 12, 15},
		LegalBasis:    "Protocol de colaborare nr. 1204/03.02.2026",
		PartnerUsers:  []User{{"Marin Ionescu", "marin.ionescu@spital.test", 0}, {"Elena Dobre", "elena.dobre@spital.test", RightRead | RightWrite}},
		InternalUsers: []User{{"Carmen Vlad", "carmen.vlad@primariabuzau.test", RightRead | RightWrite | RightDelete}, {"Dan Oprea", "dan.oprea@primariabuzau.test", RightRead}},
	}
}

func sampleClose() Submission {
	return Submission{Requester: "Popescu Ion", Department: "Direcția Economică", Site: "Colaborare Spitalul Județean", Reason: "Protocolul a expirat la 30.10.2026.", ArchiveTo: `\\fs01\economic\arhiva`}
}

func blankOptions() BlankOptions {
	return BlankOptions{Departments: ProcedureDepartments(), Partners: []string{"Spitalul Județean de Urgență Buzău", "Muzeul Județean Buzău"}}
}

func TestAFilledFormReadsBackTheSame(t *testing.T) {
	for kind, sub := range map[Kind]Submission{Create: sample(), Close: sampleClose()} {
		data, err := Fill(kind, sub, blankOptions())
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(data, corpusRules())
		if err != nil {
			t.Fatal(err)
		}
		if r.Kind != kind || r.Version != Version {
			t.Errorf("kind %q, version %d", r.Kind, r.Version)
		}
		if diff := cmp.Diff(sub, r.Submission); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		if len(r.Problems) != 0 || r.Department != "Direcția Economică" {
			t.Errorf("%s: %v %q", kind, r.Problems, r.Department)
		}
	}
}

func TestABlankFormLacksEveryField(t *testing.T) {
	for _, kind := range []Kind{Create, Close} {
		data, err := Blank(kind, blankOptions())
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(data, corpusRules())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(r.Problems), len(fieldsOf(kind)); got != want || r.Kind != kind {
			t.Errorf("%s: kind %q, %d problems, want %d: %v", kind, r.Kind, got, want, r.Problems)
		}
		for _, p := range r.Problems {
			if p.Why != Missing || p.Cell == "" {
				t.Errorf("%+v", p)
			}
		}
	}
}

func TestOnlyTheInputCellsOfABlankFormAreOpen(t *testing.T) {
	for _, kind := range []Kind{Create, Close} {
		data, err := Blank(kind, blankOptions())
		if err != nil {
			t.Fatal(err)
		}
		sheet := sheetName(kind)
		inspect(t, data, func(f *excelize.File) {
			protection, err := f.GetSheetProtection(sheet)
			if err != nil || protection.Password != "" || !protection.InsertRows {
				t.Errorf("%s: protection %+v %v", kind, protection, err)
			}
			inputs := map[string]bool{}
			for _, n := range f.GetDefinedName() {
				key, ok := strings.CutPrefix(n.Name, namePrefix)
				if ok && fieldByKey(key) != nil {
					inputs[key] = true
				}
			}
			if len(inputs) != len(fieldsOf(kind)) {
				t.Errorf("%s: names for %v", kind, inputs)
			}
			open := 0
			for row := 1; row <= 75; row++ {
				for col := 1; col <= colHelp; col++ {
					cell := workbook.Ref(row, col)
					id, _ := f.GetCellStyle(sheet, cell)
					style, err := f.GetStyle(id)
					if err != nil {
						t.Fatal(err)
					}
					unlocked := style.Protection != nil && !style.Protection.Locked
					yellow := len(style.Fill.Color) > 0 && style.Fill.Color[0] == "FFF8DC"
					if unlocked != yellow {
						t.Errorf("%s: %s is open %v, coloured %v", kind, cell, unlocked, yellow)
					}
					if unlocked {
						open++
					}
				}
			}
			// four columns for each answer, five of each line of a list
			want := map[Kind]int{Create: 6*4 + 2*linesPerList*5, Close: 5 * 4}[kind]
			if open != want {
				t.Errorf("%s: %d cells are open, want %d", kind, open, want)
			}
			layout, err := f.GetPageLayout(sheet)
			if err != nil || *layout.Size != 9 || *layout.FitToWidth != 1 {
				t.Errorf("%s: page %+v %v", kind, layout, err)
			}
			validations, err := f.GetDataValidations(sheet)
			if want := map[Kind]int{Create: 5, Close: 1}[kind]; err != nil || len(validations) != want {
				t.Errorf("%s: %d validations, want %d", kind, len(validations), want)
			}
			for _, v := range validations {
				// Excel repairs a workbook with longer texts.
				for _, text := range []*string{v.Prompt, v.PromptTitle, v.Error, v.ErrorTitle} {
					if text != nil && (len([]rune(*text)) > 225 || text == v.PromptTitle && len([]rune(*text)) > 32) {
						t.Errorf("%q is too long", *text)
					}
				}
			}
		})
	}
}

func TestTextsThatLookLikeFormulasStayTexts(t *testing.T) {
	sub := sample()
	sub.Partner, sub.PartnerUsers[0].Name = `=HYPERLINK("http://x.test","Spital")`, "+cmd|' /C calc'!A0"
	data := filled(t, Create, sub)
	inspect(t, data, func(f *excelize.File) {
		for row := 1; row < 75; row++ {
			for col := 1; col <= colHelp; col++ {
				if formula, _ := f.GetCellFormula("Anexa 1", workbook.Ref(row, col)); formula != "" {
					t.Errorf("a formula: %s", formula)
				}
			}
		}
	})
	wantSame(t, data, sub)
}

func TestThereIsNoThirdForm(t *testing.T) {
	if _, err := Blank("other", BlankOptions{}); err == nil {
		t.Error("no error")
	}
}
