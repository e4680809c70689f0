package intake_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"time"

	"registratura/forms"
	"registratura/intake"
)

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"Școala nr. 11":                     "scoala-nr-11",
		"  Spitalul Județean – Buzău! ":     "spitalul-judetean-buzau",
		"Ţinutul şi cedila":                 "tinutul-si-cedila", // cedilla below
		"../../etc/passwd":                  "etc-passwd",
		"Больница":                          "site",
		"":                                  "site",
		"---":                               "site",
		strings.Repeat("a", 100):            strings.Repeat("a", 40),
		strings.Repeat("cuvânt ", 20):       "cuvant-cuvant-cuvant-cuvant-cuvant",
		"x" + strings.Repeat("-", 50) + "y": "x-y",
	} {
		if got := intake.Slug(name); got != want {
			t.Errorf("Slug(%q) is %q, want %q", name, got, want)
		}
	}
}

func FuzzSlugIsFitForAnAddress(f *testing.F) {
	for _, seed := range []string{"Școala nr. 11", "../..", "İİİ", "\xff\x00", strings.Repeat("ab ", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		slug := intake.Slug(name)
		if slug == "" || len(slug) > 40 || strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			strings.HasPrefix(slug, "-") || strings.HasSuffix(slug, "-") || strings.Contains(slug, "--") {
			t.Errorf("Slug(%q) is %q", name, slug)
		}
	})
}

func TestFindNumber(t *testing.T) {
	n := func(serial, year, month, day int) intake.Number {
		return intake.Number{Serial: serial, Date: forms.Date{Year: year, Month: time.Month(month), Day: day}}
	}
	tests := []struct {
		text string
		want intake.Number
		ok   bool
	}{
		{"Re: [nr. 42/23.11.2026] Cerere", n(42, 2026, 11, 23), true},
		{"NR 7 / 1.2.2027", n(7, 2027, 2, 1), true},
		{"nr.42/23.11.2026 și nr. 43/24.11.2026", n(42, 2026, 11, 23), true},
		{"Protocol 42/23.11.2026", intake.Number{}, false},
		{"nr. 42", intake.Number{}, false},
		{"nr. 1234567890/23.11.2026", intake.Number{}, false},
		{"onr. 42/23.11.2026", intake.Number{}, false},
		{"", intake.Number{}, false},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			got, ok := intake.FindNumber(test.text)
			if got != test.want || ok != test.ok {
				t.Errorf("got %v %v, want %v %v", got, ok, test.want, test.ok)
			}
			if again, ok := intake.FindNumber("nr. " + got.String()); test.ok && (!ok || again != got) {
				t.Errorf("%v is not found in its own words: %v", got, again)
			}
		})
	}
}

func TestHeadOfADepartmentAnswersForItsServices(t *testing.T) {
	service := department("Serviciul Buget", "", "")
	service.Parent = "Direcția Economică"
	own := department("Serviciul Taxe", "Ana Pop", "ana.pop@primaria.test")
	own.Parent = "Direcția Economică"
	circle := department("Cerc", "", "")
	circle.Parent = "Cerc"
	lost := department("Fără părinte", "", "")
	lost.Parent = "Nicăieri"
	d := intake.Directory{Departments: []intake.Department{
		department("Direcția Economică", "Ion Popescu", economist), service, own, circle, lost,
	}}
	tests := []struct {
		name, address, department string
		want                      bool
	}{
		{"of its own department", economist, "Direcția Economică", true},
		{"of its own department, in other letters", strings.ToUpper(economist), "Direcția Economică", true},
		{"of a service without a head", economist, "Serviciul Buget", true},
		{"of a service with a head", economist, "Serviciul Taxe", true},
		{"a service's head of the service", "ana.pop@primaria.test", "Serviciul Taxe", true},
		{"a service's head of the department", "ana.pop@primaria.test", "Direcția Economică", false},
		{"nobody", "", "Serviciul Buget", false},
		{"of an unknown department", economist, "Alta", false},
		{"of none", economist, "", false},
		{"where the directory goes in a circle", economist, "Cerc", false},
		{"where the parent is not listed", economist, "Fără părinte", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := d.HeadOf(test.address, test.department); got != test.want {
				t.Errorf("HeadOf(%q, %q) is %v", test.address, test.department, got)
			}
		})
	}
	if _, ok := d.Head(""); ok {
		t.Error("the empty address heads a department")
	}
}

func TestSenderIsToldWhatIsWrongWithTheFile(t *testing.T) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	if _, err := w.Create("cerere.docx"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		file func(o *office) file
		says string
	}{
		{"an archive", func(*office) file { return file{"cereri.zip", archive.Bytes()} }, "este o arhivă"},
		{"a text", func(*office) file { return file{"cerere.txt", []byte("Vreau un site")} }, "nu este un tabel"},
		{"a form cut off", func(o *office) file { return file{"cerere.xlsx", annex(o, submission()).data[:3000]} }, "este deteriorat sau incomplet"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			got := o.handle(o.write(letter{from: economist, subject: "Cerere", files: []file{test.file(o)}}))
			if got.Fate != intake.FateAnswered {
				t.Errorf("the mail is %+v", got)
			}
			o.wantSent("cannot_read ion.popescu")
			o.says(o.mailTo(economist, "cannot_read"), test.says)
		})
	}
}
