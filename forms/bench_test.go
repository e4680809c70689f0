package forms

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/xuri/excelize/v2"
)

// benchForm is our own form with ten users.
func benchForm(b *testing.B) []byte {
	b.Helper()
	sub := sample()
	for i := range 4 {
		sub.PartnerUsers = append(sub.PartnerUsers, User{fmt.Sprintf("Partener Numărul %d", i), fmt.Sprintf("partener%d@spital.test", i), RightRead})
		sub.InternalUsers = append(sub.InternalUsers, User{fmt.Sprintf("Angajat Numărul %d", i), fmt.Sprintf("angajat%d@primaria.test", i), RightRead | RightWrite})
	}
	data, err := Fill(Create, sub, blankOptions())
	if err != nil {
		b.Fatal(err)
	}
	return data
}

func BenchmarkRead(b *testing.B) {
	data := benchForm(b)
	rules := corpusRules()
	b.Run("forms.Read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r, err := Read(data, rules); err != nil || len(r.Problems) > 0 {
				b.Fatal(r, err)
			}
		}
	})
	b.Run("excelize opens the same file", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := excelize.OpenReader(bytes.NewReader(data))
			if err != nil {
				b.Fatal(err)
			}
			rows, err := f.Rows("Anexa 1")
			if err != nil {
				b.Fatal(err)
			}
			for rows.Next() {
				if _, err := rows.Columns(); err != nil {
					b.Fatal(err)
				}
			}
			f.Close()
		}
	})
}

func BenchmarkMark(b *testing.B) {
	data := faulty(b)
	r := mustRead(b, data)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Mark(data, r, r.Problems); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFill(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Fill(Create, sample(), blankOptions()); err != nil {
			b.Fatal(err)
		}
	}
}
