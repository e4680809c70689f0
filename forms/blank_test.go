package forms

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		if dir := os.Getenv("FORMS_OUT"); dir != "" {
			os.WriteFile(dir+"/filled_"+string(kind)+".xlsx", data, 0o644)
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
