package forms

import (
	"strings"
	"testing"
	"time"
)

func TestLegalBasisSaysWhenItEnds(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"Acord de colaborare nr. 215/2026, valabil până la 31.12.2027", "2027-12-31"},
		{"Acord nr. 215/2026 valabil pana la data de 31.12.2027.", "2027-12-31"},
		{"Protocol nr. 1204/03.02.2026, în vigoare până în 31 decembrie 2027", "2027-12-31"},
		{"Protocol nr. 1204/03.02.2026, în vigoare pana la data de: 1 martie 2028", "2028-03-01"},
		{"Protocol (expiră la 30.06.2027)", "2027-06-30"},
		{"Protocolul expiră pe data de 30-06-2027; Legea nr. 114/1996", "2027-06-30"},
		{"ACORD CARE ÎNCETEAZĂ LA 30 IUNIE 2027", "2027-06-30"},
		{"Acord 01.01.2026 - 31.12.2026", "2026-12-31"},
		{"Acord 01.01.2026–31.12.2026", "2026-12-31"},
		{"Acord valabil de la 01.01.2026 la 31.12.2026", "2026-12-31"},
		{"Acord, perioada 1 ianuarie 2026 — 31 decembrie 2028", "2028-12-31"},
		{"Acord în perioada de la 01.01.2026 până la 31.12.2026", "2026-12-31"},
		{"Acord de parteneriat pentru perioada 2026-2028", "2028-12-31"},
		{"Acord valabil 2026 – 2028", "2028-12-31"},
		{"Acord valabil până la sfârșitul anului 2027", "2027-12-31"},
		{"Valabilitate: 2027-12-31", "2027-12-31"},
		{"Acord valabil până la 31.12.2027, HCL 12; el expiră la 31.12.2027", "2027-12-31"},
		{"Data expirării: 05.05.2027", "2027-05-05"},

		{"", ""},
		{"Legea nr. 114/1996", ""},
		{"Legea locuinței nr. 114/11.10.1996", ""},
		{"Protocol nr. 1204/03.02.2026", ""},
		{"Acord de colaborare nr. 215 din 01.01.2026", ""},
		{"Legea nr. 198/2023, art. 12 alin. (3), publicată la 5 iulie 2023", ""},
		{"Legea nr. 114/1996, cu modificările și completările până la data de 01.01.2024", ""},
		{"Legea nr. 114/1996 actualizată până la 01.01.2024", ""},
		{"Acord valabil de la 01.01.2026", ""},
		{"Acord valabil pe perioadă nedeterminată", ""},
		{"Acord valabil trei ani", ""},
		{"Acord valabil până la 31.02.2027", ""},
		{"Acord valabil până la 31.12.1927", ""},
		{"Acord valabil până în decembrie 2027", ""},
		{"Acord valabil până la 31.12.2027; protocol valabil până la 30.06.2027", ""},
		{"Acord 31.12.2026 - 01.01.2026", ""},
		{"Hotărârea nr. 2026-2028", ""},
		{"OUG 57/2019, Legea 190/2018, HG 1-2-2020", ""},
		{"valabil până la revocare", ""},
		{strings.Repeat("Acord ", 1000) + "valabil până la 31.12.2027", ""},
	} {
		got, ok := BasisEnd(tt.text)
		text := ""
		if ok {
			text = got.String()
		}
		if text != tt.want || ok == got.IsZero() {
			t.Errorf("%q ends on %q, want %q", tt.text, text, tt.want)
		}
	}
}

func FuzzBasisEnd(f *testing.F) {
	for _, text := range []string{"Acord valabil până la 31.12.2027", "01.01.2026 – 31.12.2026", "perioada 2026-2028", "expiră la 1 mai 2027", "\xff până la 31.12.2027"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		d, ok := BasisEnd(text)
		if ok && (d.Year < 2000 || d.Year >= 2100 || DateOf(d.In(time.UTC)) != d) || !ok && !d.IsZero() {
			t.Errorf("%q ends on %v, %t", text, d, ok)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
