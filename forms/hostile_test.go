package forms

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Well-formed workbooks made to keep the reader busy.
func TestHostileContentsCostLittle(t *testing.T) {
	base := "Nume solicitant\tIon\nCompartimentul care solicită crearea site-ului\tX\nNumele instituției partenere\tY\nData cu care este necesară activarea site-ului\t15.12.2026\nTemeiul legal\tZ\n"
	users := base + askPartners + "\n"
	for name, text := range map[string]string{
		"labels everywhere":              strings.Repeat("Nume solicitant\tCompartimentul care solicită crearea site-ului\tNumele instituției partenere\t"+askInfo+"\n", 20_000),
		"nearly labels everywhere":       strings.Repeat("Nume solicitat de altcineva\tCompartimente care solicită\tNumirea instituțiilor\tTipurile din informații\n", 20_000),
		"users to the last column":       users + strings.Repeat("ana@x.test\t", 16_000),
		"names to the last column":       users + strings.Repeat("Ana Pop\t", 16_000),
		"users to the last row":          users + strings.Repeat("Ana Pop – ana@x.test\n", 80_000),
		"lines of rights only":           users + "Ana Pop ana@x.test\n" + strings.Repeat("citire sau nu\n", 80_000),
		"one cell of addresses":          users + strings.Repeat("a@b.ro ", 4_600),
		"one cell of addresses in lines": users + strings.Repeat("a@b.ro\r", 4_600),
		"one cell of at signs":           users + strings.Repeat("@", 32_000),
		"one cell of numbers":            users + strings.Repeat("1. @ ", 6_000),
		"one cell of rights":             users + "Ana ana@x.test " + strings.Repeat("citire ☐ ", 3_000),
		"a department without end":       strings.Replace(base, "\tX", "\t"+strings.Repeat("Direcția, ", 3_000), 1) + users,
		"a date without end":             strings.Replace(users, "15.12.2026", strings.Repeat("15.12.2026 ", 2_900), 1),
		"a label without end":            users + strings.Repeat("Care dintre utilizatorii interni ai primăriei ", 600),
		"rows between":                   users + strings.Repeat("\n", 200_000) + "1. Ana Pop – ana@x.test",
	} {
		t.Run(name, func(t *testing.T) {
			data := sheetXML(text)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			r, err := Read(data, corpusRules())
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			used := (after.TotalAlloc - before.TotalAlloc) >> 20
			n := 0
			if r != nil {
				n = len(r.Problems)
			}
			t.Logf("%v, %d MB allocated in all, error %v, %d problems", took.Round(time.Millisecond), used, err, n)
			if took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if used > 256 {
				t.Errorf("%d MB allocated", used)
			}
		})
	}
}

func TestHostileWorkbooksAreNotMarked(t *testing.T) {
	form := "Nume solicitant\t\nCompartimentul care solicită crearea site-ului\tX\nNumele instituției partenere\tY\nTemeiul legal\tZ\n"
	for name, text := range map[string]string{
		"a form far below":              strings.Repeat("\n", 60_000) + form,
		"a form beside the last column": form + strings.Repeat(strings.Repeat("\t", 1500)+"\n", 200),
		"a form far to the right":       "x" + strings.ReplaceAll("\n"+form, "\n", "\n"+strings.Repeat("\t", 9_000)),
		"a form in a large sheet":       form + strings.Repeat(strings.Repeat("x\t", 100)+"\n", 900),
	} {
		t.Run(name, func(t *testing.T) {
			data := sheetXML(text)
			r := mustRead(t, data)
			began := time.Now()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Mark(data, r, r.Problems)
			runtime.ReadMemStats(&after)
			if took, used := time.Since(began), (after.TotalAlloc-before.TotalAlloc)>>20; took > 5*time.Second || used > 256 {
				t.Errorf("%v, %d MB, error %v", took, used, err)
			}
			if r.Kind != "" && !errors.Is(err, ErrCannotMark) {
				t.Errorf("kind %q, error %v", r.Kind, err)
			}
		})
	}
}
